"""An answer while it arrives, in whichever format, and what is raised where none can be read. Pure."""

from __future__ import annotations

import functools
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from synth_widgets.llm.completer import Finish
from synth_widgets.llm.structured.json_text import loads
from synth_widgets.messages import ToolCall
from synth_widgets.records import Usage

_ENDS: Mapping[Finish, frozenset[str]] = {
    "stop": frozenset(
        "stop stop_sequence stop_token stop_str eos eos_token eot end end_turn end_of_turn complete completed done "
        "finished tool_call tool_calls tool_use function_call".split()
    ),
    "length": frozenset(
        "length max_length max_tokens max_output_tokens max_completion_tokens model_length token_limit length_limit "
        "error_limit context_length context_length_exceeded context_window_exceeded model_context_window_exceeded "
        "truncated incomplete continuation compaction".split()
    ),
    "filter": frozenset(
        "content_filter content_filtered content_blocked safety image_safety recitation blocklist prohibited_content "
        "spii sensitive language escalation guardrail_intervened guardrails moderation error_toxic".split()
    ),
    "refusal": frozenset({"refusal", "refused"}),
    "other": frozenset(
        "null none unspecified malformed_function_call function_call_filter unexpected_tool_call "
        "too_many_tool_calls".split()
    )
    | {""},
}
"""How endpoints say that an answer has ended: well, cut, withheld; or nothing, or that the model could not call a tool,
which is no fault of the endpoint's: that answer is asked for in another mode."""
_ENUM = re.compile(r"^(?:finish_?reason[._])+")


_MOST_SHOWN = 80
_LONGEST_END = 200


@functools.lru_cache(64)  # asked of each answer
def _end_of(word: str) -> Finish | None:
    """Return what a word for the end of an answer means, or ``None`` where it is no good end."""
    plain = _ENUM.sub("", word.strip().lower().partition(":")[0].replace("-", "_").replace(" ", "_"))
    return next((finish for finish, words in _ENDS.items() if plain in words), None)


def end_of(word: object) -> Finish:
    """Return what an endpoint's word for the end of an answer means; ``other`` where it says nothing.

    Raises:
        StreamError: it is no good end, and what came is no whole answer: ``error``, ``abort``, ``network_error``, and
            whatever word is not known.

    >>> end_of("STOP"), end_of("model_context_window_exceeded"), end_of("sensitive"), end_of(None)
    ('stop', 'length', 'filter', 'other')
    """
    said = "" if word is None else str(word)
    if (finish := _end_of(said[:_LONGEST_END])) is None:
        raise StreamError(f"the answer ended with {said[:_MOST_SHOWN]!r}", 502)
    return finish


class StreamError(Exception):
    """The endpoint sent an error instead of an answer, in a body or an event that says 200.

    Attributes:
        status: the HTTP status that it names, or 500.
        generation: the model's answer that the error hands back, or ``None``.
    """

    def __init__(self, message: str, status: int, generation: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.generation = generation


class NoAnswerError(Exception):
    """The endpoint sent something that is no answer in its format.

    Attributes:
        is_json: whether it was JSON at least.
    """

    def __init__(self, message: str, *, is_json: bool = True) -> None:
        super().__init__(message)
        self.is_json = is_json


def read_json(text: str | bytes) -> Any:
    """Parse what an endpoint sent.

    Raises:
        NoAnswerError: it is not JSON.
    """
    try:
        return loads(text if isinstance(text, str) else text.decode(json.detect_encoding(text), "surrogatepass"))
    except (ValueError, RecursionError):
        raise NoAnswerError("not JSON", is_json=False) from None


_NO_ARGUMENTS = frozenset({"", "{}", "null"})
"""What a model sends that calls the tool and answers beside it."""


@dataclass(slots=True)
class _Call:
    """A call of a tool while it arrives."""

    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class Reading(ABC):
    """An answer while it arrives, whether whole or in events. A format says how its bodies and events are read.

    Args:
        offers_tools: whether the request offers tools of its own; else the arguments of a call are the answer.

    Attributes:
        finish: why the model ended, or ``None`` as long as the endpoint has not said.
        usage: as the endpoint counted.
        is_over: whether the endpoint said that no more events come.
    """

    def __init__(self, *, offers_tools: bool = False) -> None:
        self.offers_tools = offers_tools
        self.finish: Finish | None = None
        self.usage = Usage()
        self.is_over = False
        self._text: list[str] = []
        self._calls: dict[object, _Call] = {}
        self._reasoning: list[str] = []
        self._refusal: list[str] = []

    @property
    def text(self) -> str:
        """The content so far, or the words of a refusal; where calls are the answer, their arguments before both."""
        said = "".join(self._text)
        if self.offers_tools or not self._calls:
            return said or "".join(self._refusal)
        calls = dict.fromkeys("".join(call.arguments) for call in self._calls.values())
        called = "\n".join(call for call in calls if call.strip() not in _NO_ARGUMENTS)
        return called or (said if said.strip() else "".join(calls) or said) or "".join(self._refusal)

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The calls so far of the tools that the request offers. One without an id gets its number for one."""
        if not self.offers_tools:
            return ()
        return tuple(
            ToolCall(call.id or f"call_{number}", call.name, "".join(call.arguments) or "{}")
            for number, call in enumerate(self._calls.values(), 1)
        )

    @property
    def reasoning(self) -> str | None:
        """The reasoning so far, or ``None``."""
        return "".join(self._reasoning) or None

    @property
    def outcome(self) -> Finish:
        """Why it ended."""
        if self._refusal:
            return "refusal"
        if self.offers_tools and self._calls and self.finish in {"stop", None}:
            return "tool_calls"  # endpoints say stop, too, or nothing
        return self.finish or "other"

    def _called(self, which: object, arguments: str, id: object = None, name: object = None) -> str:
        """Note what a part adds to a call of a tool; return what it adds to the answer.

        Where calls are the answer, that is what it adds to the first: another call is another answer.
        """
        if (call := self._calls.get(which)) is None:
            call = self._calls[which] = _Call()
        call.id = call.id or (id if isinstance(id, str) else "")
        call.name = call.name or (name if isinstance(name, str) else "")
        call.arguments.append(arguments)
        return arguments if not self.offers_tools and which == next(iter(self._calls)) else ""

    @abstractmethod
    def whole(self, data: Any) -> str:
        """Read a body that holds the whole answer; return its content, or the arguments of a tool call.

        Raises:
            StreamError: the body is an error.
            NoAnswerError: the body is no answer.
        """

    @abstractmethod
    def event(self, data: Any) -> str:
        """Read one event of a streamed answer; return the content or arguments it adds, which may be empty.

        Raises:
            StreamError: the event is an error.
            NoAnswerError: the event is no part of an answer.
        """

    def raw_event(self, data: str) -> str:
        """Read the data of one server-sent event as it came; see `event`.

        What is no object, such as ``ping``, is a sign of life that proxies send: it is passed over.
        """
        if not data.lstrip().startswith("{"):
            return ""
        try:
            value = read_json(data)
        except NoAnswerError:
            raise StreamError("an event of the stream is no JSON", 502) from None
        return self.event(value) if value else ""
