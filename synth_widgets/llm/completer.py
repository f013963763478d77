"""What turns messages and a schema into a model's answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, Protocol, get_args, runtime_checkable

from synth_widgets.messages import ChatMessages, Conversation, Message, ToolCall
from synth_widgets.records import Usage
from synth_widgets.text.normal import head
from synth_widgets.text.shown import short_repr

Mode = Literal["json_schema", "tools", "json_object", "text"]
"""How JSON is asked for: by the provider's schema mode, by a tool that must be called, by its JSON mode, or by words.

With ``json_object`` and ``text`` the schema, if there is one, already stands in the messages.
"""

MODES: tuple[Mode, ...] = get_args(Mode)
"""All of them, in the order to try them."""

Verdict = Literal["complied", "passed over", "refused"]
"""What became of a structured output mode: an answer complied; it never brings what complies, where another does; a
request was refused in it and passed in the next."""

Finish = Literal["stop", "length", "tool_calls", "refusal", "filter", "other"]
OnText = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model.

    Attributes:
        messages: chat messages, each a dict with ``role`` and ``content``, as clients of chat completions take them.
        schema: JSON Schema of the answer, or ``None`` for free text.
        mode: how the schema is enforced.
        params: sampling parameters of this call; they win over the model's own. ``tools`` offers the model tools, as
            its endpoint's format has them, unless ``mode`` is ``tools``.
        step: ``topics``, ``inputs`` or ``outputs``: for a completer that answers by step.
        seed: differs between calls that must not repeat one another; endpoints may ignore it.

    >>> Request([{"role": "user", "content": "I am Ada."}]).messages[-1]["content"]
    'I am Ada.'
    """

    messages: ChatMessages
    schema: Mapping[str, Any] | None = None
    mode: Mode = "text"
    params: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    step: str = "outputs"
    seed: int | None = None

    __repr__ = short_repr

    @property
    def conversation(self) -> Conversation:
        """The messages as values.

        Raises:
            ValueError: one of them has no role, or calls what is no function.
        """
        return Conversation.from_json(self.messages)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said.

    Attributes:
        text: the whole content.
        finish: why it ended; ``length`` means that it was cut, ``tool_calls`` that it calls tools which the request
            offered and waits for their results, ``refusal`` that the model would not answer, ``filter`` that its
            provider kept the answer back.
        reasoning: a reasoning model's thoughts, where the endpoint tells them apart.
        usage: as the endpoint counted; zeros where it does not say.
        seconds: from sending to the last byte, retries' waits not counted.
        tool_calls: the calls of those tools; where JSON is asked for by a tool, its arguments are the text instead.

    >>> answer = Answer("Hello, Ada!", usage=Usage(12, 4))
    >>> answer.finish, answer.usage.total
    ('stop', 16)
    """

    text: str
    finish: Finish = "stop"
    reasoning: str | None = None
    usage: Usage = Usage()
    seconds: float = 0.0
    tool_calls: tuple[ToolCall, ...] = ()

    __repr__ = short_repr

    @property
    def message(self) -> Message:
        """The answer as a message, with which a conversation goes on.

        >>> answer = Answer("", "tool_calls", tool_calls=(ToolCall("call_1", "weather", '{"city": "Bern"}'),))
        >>> talk = Conversation().user("How cold is it in Bern?").add([answer.message])
        >>> talk.tool(answer.tool_calls[0], "12 °C").to_json()[-1]
        {'role': 'tool', 'content': '12 °C', 'tool_call_id': 'call_1'}
        """
        return Message("assistant", (self.text or None) if self.tool_calls else self.text, self.tool_calls)

    @property
    def called(self) -> str | None:
        """Which tools it calls where an answer is wanted, in words for a person; ``None``: it calls none.

        >>> Answer("", "tool_calls", tool_calls=(ToolCall("call_1", "weather"),)).called
        'the model called a tool (weather) instead of answering'
        """
        if self.finish != "tool_calls":
            return None
        names = dict.fromkeys(call.name for call in self.tool_calls)
        return f"the model called {'a tool' if len(names) == 1 else 'tools'} ({', '.join(names)}) instead of answering"

    @property
    def withheld(self) -> str | None:
        """Why there is nothing to use, in words for a person, where the model or its provider says so; else ``None``.

        >>> Answer("I'd rather not.", finish="refusal").withheld
        "the model refused to answer: I'd rather not."
        """
        if self.finish == "refusal":
            said = " ".join(self.text.split())
            return f"the model refused to answer{f': {head(said, SAID)}' if said else ''}"
        return "the provider's content filter kept the answer back" if self.finish == "filter" else None


SAID = 200
"""Characters of a model's refusal that are told."""
ITEMS_PER_CALL = 8
"""Topics or inputs that are asked for in one call, unless a completer says otherwise."""


@runtime_checkable
class Completer(Protocol):
    """Anything that can answer a `Request`. All of it runs on the engine's loop.

    Attributes:
        name: how the model is called where people see it.
        concurrency: pieces of work to have under way at once; a completer that limits its calls by itself asks for more
            than it sends, so that one always waits for a free place.
        items_per_call: topics or inputs to ask for in one call.
        modes: the structured output modes, in the order to try them.

    It may have more: ``price``, a `synth_widgets.money.Price` (without one its price is unknown); ``waiting``, what it
    waits for, in words for a person, or ``None``; ``is_small``, see `is_small`; ``notes``, sentences for a person on
    what is left out for its endpoint; ``probe()``, which asks at once what was waited for, because a person wants to
    know; and ``judged(mode, verdict)``, which is told what became of the modes in ``modes``.

    >>> import synth_widgets as sw
    >>> class Polite:
    ...     name, concurrency, items_per_call, modes = "polite", 4, 1, ("text",)
    ...     async def complete(self, request, on_text=None):
    ...         return Answer("Hello!")
    ...     async def close(self):
    ...         pass
    >>> studio = sw.Studio(sw.Task("Greeter", "Greet."), path=":memory:", model=Polite())
    >>> _ = studio.add_samples([{"input": "I am Ada."}], status="pending")
    >>> studio.generate_outputs().wait().added, studio.samples[0].output
    (1, 'Hello!')
    >>> studio.close()
    """

    name: str
    items_per_call: int

    @property
    def concurrency(self) -> int:
        """See above."""
        ...

    @property
    def modes(self) -> tuple[Mode, ...]:
        """See above; their order may change with what is found out."""
        ...

    async def complete(self, request: Request, on_text: OnText | None = None) -> Answer:
        """Answer one request; with ``on_text``, stream: call it with each piece of text as it comes.

        Retries refusals (429), server errors and broken connections by itself, but only as long as no
        text has been handed out.

        Raises:
            CallError: there is no answer; the subclass says what follows from it.
        """
        ...

    async def close(self) -> None:
        """Free what this completer holds (its process, its connections)."""
        ...


def is_small(completer: Completer) -> bool:
    """Whether a completer's model is too small for the ordinary prompts, as it says by ``is_small = True``.

    It then gets prompts of its own: one short item a call, examples as turns, little else. Of the completers here only
    the embedded model with the weights of its package says so; that one asks for single items tells nothing of it.
    """
    return bool(getattr(completer, "is_small", False))
