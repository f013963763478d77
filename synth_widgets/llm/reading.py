"""An answer while it arrives, in whichever format, and what is raised where none can be read. Pure."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import Any

from synth_widgets.llm.completer import Finish
from synth_widgets.records import Usage

MOST_TOKENS = 2**40
"""More tokens than this no answer has; an endpoint that says so is not believed."""


class StreamError(Exception):
    """The endpoint sent an error instead of an answer, in a body or an event that says 200.

    Attributes:
        status: the HTTP status that it names, or 500.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


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
        return json.loads(text)
    except (ValueError, RecursionError):
        raise NoAnswerError("not JSON", is_json=False) from None


def tokens(count: object) -> int:
    """Return a count of tokens as an endpoint told it; 0 for what cannot be one.

    >>> tokens(12.0), tokens(-1), tokens(None), tokens("12")
    (12, 0, 0, 0)
    """
    return int(count) if isinstance(count, int | float) and 0 < count < MOST_TOKENS else 0


class Reading(ABC):
    """An answer while it arrives, whether whole or in events. A format says how its bodies and events are read.

    Attributes:
        finish: why the model ended, or ``None`` as long as the endpoint has not said.
        usage: as the endpoint counted.
        is_over: whether the endpoint said that no more events come.
    """

    def __init__(self) -> None:
        self.finish: Finish | None = None
        self.usage = Usage()
        self.is_over = False
        self._text: list[str] = []
        self._arguments: list[str] = []
        self._reasoning: list[str] = []
        self._refusal: list[str] = []

    @property
    def text(self) -> str:
        """The arguments of a tool call so far, else the content; the words of a refusal where there is neither."""
        return "".join(self._arguments) or "".join(self._text) or "".join(self._refusal)

    @property
    def reasoning(self) -> str | None:
        """The reasoning so far, or ``None``."""
        return "".join(self._reasoning) or None

    @property
    def outcome(self) -> Finish:
        """Why it ended."""
        return "refusal" if self._refusal else (self.finish or "other")

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
        """Read the data of one server-sent event as it came; see `event`."""
        return self.event(read_json(data))
