"""A conversation with a model: its messages by role, and the calls of tools in them.

The plain form is that of chat completions, https://platform.openai.com/docs/api-reference/chat/create (parameter
``messages``); other formats are made of it by their transport.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Literal, TypeAlias, overload

from synth_widgets.text.shown import short_repr, value_shown

Role = Literal["system", "developer", "user", "assistant", "tool"]
SYSTEM_ROLES = frozenset({"system", "developer"})
"""Roles whose words are the system's: newer models of OpenAI call it the developer."""
Content: TypeAlias = str | tuple[Mapping[str, Any], ...] | None
"""A text, or parts, each with a ``type`` (``text``, ``image_url`` …), or nothing, where a message only calls tools."""
ChatMessages: TypeAlias = Sequence[Mapping[str, Any]]
"""Messages in their plain form."""
_FIELDS = frozenset({"role", "content", "tool_calls", "tool_call_id"})


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's call of a tool.

    Attributes:
        id: what the tool's result refers to.
        name: the tool's name.
        arguments: JSON as the model wrote it, which may not comply with the tool's schema, or may be no JSON.
    """

    id: str
    name: str
    arguments: str = "{}"

    __repr__ = short_repr

    def to_json(self) -> dict[str, Any]:
        """Return the call in its plain form.

        >>> ToolCall("call_1", "weather", '{"city": "Bern"}').to_json()["function"]
        {'name': 'weather', 'arguments': '{"city": "Bern"}'}
        """
        return {"id": self.id, "type": "function", "function": {"name": self.name, "arguments": self.arguments}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ToolCall:
        """Build a call from its plain form.

        Raises:
            ValueError: it is no call of a function with an id.
        """
        match data:
            case {"id": str(id), "function": {"name": str(name), **function}}:
                return cls(id, name, str(function.get("arguments", "{}")))
            case _:
                raise ValueError(f"a call of a tool has an id and a function, unlike {value_shown(data)}")


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation.

    Attributes:
        role: whose it is.
        content: its text, or its parts, or ``None``.
        tool_calls: the calls of tools that an assistant's message ends with.
        tool_call_id: the call whose result a tool's message is.
        extra: what else its plain form has, such as ``name``; ``None`` for nothing.
    """

    role: Role
    content: Content = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    extra: Mapping[str, Any] | None = field(default=None, hash=False)

    __repr__ = short_repr

    @property
    def text(self) -> str:
        """The words of its content, its parts' texts one after another.

        >>> Message("user", ({"type": "text", "text": "Hello, "}, {"type": "text", "text": "Ada."})).text
        'Hello, Ada.'
        """
        if isinstance(self.content, tuple):
            return "".join(str(part.get("text", "")) for part in self.content if isinstance(part, Mapping))
        return self.content if isinstance(self.content, str) else ""

    def to_json(self) -> dict[str, Any]:
        """Return the message in its plain form.

        >>> Message("tool", "12 °C", tool_call_id="call_1").to_json()
        {'role': 'tool', 'content': '12 °C', 'tool_call_id': 'call_1'}
        """
        content = self.content
        plain = {"role": self.role, "content": list(content) if isinstance(content, tuple) else content}
        if self.tool_calls:
            plain["tool_calls"] = [call.to_json() for call in self.tool_calls]
        if self.tool_call_id is not None:
            plain["tool_call_id"] = self.tool_call_id
        return plain if self.extra is None else plain | dict(self.extra)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Message:
        """Build a message from its plain form.

        Raises:
            ValueError: it has no role, or calls what is no function.
        """
        role, content, calls = data.get("role"), data.get("content"), data.get("tool_calls")
        if not role:
            raise ValueError(f"a message has a role, unlike {value_shown(data)}")
        return cls(
            role,
            tuple(content) if isinstance(content, list) else content,
            tuple(map(ToolCall.from_json, calls)) if calls else (),
            data.get("tool_call_id"),
            None if _FIELDS.issuperset(data) else {name: data[name] for name in data if name not in _FIELDS},
        )


@dataclass(frozen=True, slots=True)
class Conversation(Sequence[Message]):
    """The messages between a person and a model, from first to last.

    Args:
        messages: the messages.

    >>> talk = Conversation().system("Be kind.").user("I am Ada.").assistant("Hello, Ada!")
    >>> talk.system_text, [turn.role for turn in talk.turns]
    ('Be kind.', ['user', 'assistant'])
    >>> talk.user("Bye.").to_json()[-1]
    {'role': 'user', 'content': 'Bye.'}
    """

    messages: tuple[Message, ...] = ()

    __repr__ = short_repr

    def __len__(self) -> int:
        return len(self.messages)

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)

    @overload
    def __getitem__(self, at: int) -> Message: ...
    @overload
    def __getitem__(self, at: slice) -> Conversation: ...
    def __getitem__(self, at: int | slice) -> Message | Conversation:
        return Conversation(self.messages[at]) if isinstance(at, slice) else self.messages[at]

    def add(self, messages: Iterable[Message]) -> Conversation:
        """Return the conversation with more messages at its end."""
        return Conversation((*self.messages, *messages))

    def system(self, text: str) -> Conversation:
        """Return the conversation with a message of the system's at its end."""
        return Conversation((*self.messages, Message("system", text)))

    def user(self, text: str) -> Conversation:
        """Return the conversation with a message of the user's at its end."""
        return Conversation((*self.messages, Message("user", text)))

    def assistant(self, text: str) -> Conversation:
        """Return the conversation with a message of the model's at its end."""
        return Conversation((*self.messages, Message("assistant", text)))

    def tool(self, call: ToolCall, result: str) -> Conversation:
        """Return the conversation with the result of a tool's call at its end.

        >>> call = ToolCall("call_1", "weather", '{"city": "Bern"}')
        >>> asked = Conversation().user("Is it cold in Bern?").add([Message("assistant", tool_calls=(call,))])
        >>> [message["role"] for message in asked.tool(call, "12 °C").to_json()]
        ['user', 'assistant', 'tool']
        """
        return Conversation((*self.messages, Message("tool", result, tool_call_id=call.id)))

    @property
    def system_text(self) -> str:
        """The system's words, wherever they stand."""
        texts = [message.text for message in self.messages if message.role in SYSTEM_ROLES]
        return "\n\n".join([text for text in texts if text.strip()])

    @property
    def turns(self) -> tuple[Message, ...]:
        """The messages that are not the system's."""
        return tuple([message for message in self.messages if message.role not in SYSTEM_ROLES])

    def without_system(self) -> Conversation:
        r"""Return it for an endpoint that takes no system's words: they stand before the first words of the user.

        >>> Conversation().system("Be kind.").user("Hello").without_system().to_json()
        [{'role': 'user', 'content': 'Be kind.\n\nHello'}]
        """
        system = [message.content for message in self.messages if message.role in SYSTEM_ROLES]
        if not system:
            return self
        turns = self.turns
        if not turns or turns[0].role != "user":
            turns = (Message("user"), *turns)
        first = replace(turns[0], content=_joined([*system, turns[0].content]))
        return Conversation((first, *turns[1:]))

    def to_json(self) -> list[dict[str, Any]]:
        """Return the messages in their plain form, each a dict of its own, as clients of chat completions take them."""
        return [message.to_json() for message in self.messages]

    @classmethod
    def from_json(cls, messages: ChatMessages) -> Conversation:
        """Build a conversation from its plain form.

        Raises:
            ValueError: a message has no role, or calls what is no function.

        >>> Conversation.from_json([{"role": "user", "content": [{"type": "text", "text": "Hello"}]}])[0].text
        'Hello'
        """
        return cls(tuple(map(Message.from_json, messages)))


def _joined(contents: Sequence[Content]) -> Content:
    """Return contents as one: a text, or parts where one of them has parts."""
    if not any(isinstance(content, tuple) for content in contents):
        return "\n\n".join(str(content) for content in contents if content)
    parts = [({"type": "text", "text": each},) if isinstance(each, str) else each for each in contents if each]
    return tuple(chain.from_iterable(parts))
