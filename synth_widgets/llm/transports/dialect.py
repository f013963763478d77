"""What an endpoint takes less of a request than OpenAI's does: found out once, known to the whole process."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal

from synth_widgets.llm.completer import Request
from synth_widgets.llm.providers import Endpoint
from synth_widgets.messages import SYSTEM_ROLES
from synth_widgets.text.shown import shown

log = logging.getLogger(__name__)

Part = Literal["stream_options", "system", "stream"]
"""A part of a request that can be done without: the count of a stream's tokens, words of the system's own, a stream."""

IN_WORDS: Mapping[Part, str] = {
    "stream_options": "does not take stream_options; how many tokens a list took is not told",
    "system": "takes no system message; its text stands before the first message of the user",
    "stream": "does not stream; lists come whole",
}
"""What a person reads of what is done without."""

IN_VAIN = 2
"""Requests that were refused with less of them too, after which no more is left out by trial."""
DOUBTED_AGAIN = 8
"""Refusals in a row after which what was taken once is doubted again: another server may stand at the address."""
_SEEN = {True: 1, False: 2}
"""Requests that passed with less after which it is known, by whether the refusal was sure to be about the request."""


class Dialect:
    """What is known of one model at one endpoint. All its completers share it.

    Attributes:
        left_out: names of parameters that it does not take.
        limit: how it calls the limit of an answer's length, where that is known from its words.
        without: parts of a request that it does not take.
        notes: sentences for a person on all of this.
    """

    def __init__(self) -> None:
        self.left_out: set[str] = set()
        self.limit: str | None = None
        self.without: frozenset[Part] = frozenset()
        self.notes: list[str] = []
        self._taken: set[Part] = set()
        self._passed: Counter[Part] = Counter()
        self._in_vain = 0
        self._refused = 0

    def leave_out(self, param: str, name: str) -> None:
        """Note that a parameter is not taken by the model of this name."""
        self.left_out.add(param)
        self._say(f"{name} does not take {param}; it is left out.")

    def took(self, parts: Iterable[Part]) -> None:
        """Note that a request with these parts had an answer: they are not doubted for a single refusal."""
        self._taken.update(parts)
        self._refused = 0

    def refused(self) -> None:
        """Note that a request was refused for no clear reason."""
        self._refused += 1
        if self._refused % DOUBTED_AGAIN == 0:
            self._taken.clear()
            self._in_vain = 0

    def to_try(self, parts: Iterable[Part], said: str) -> list[frozenset[Part]]:
        """Return what to do without after a refusal, in the order to try it: one part, then all that may be it.

        Args:
            parts: those that the request had.
            said: the refusal's words; a part that they speak of is first.

        >>> Dialect().to_try(["system", "stream"], "Streaming is not available.") == [{"stream"}, {"system"},
        ...     {"system", "stream"}]
        True
        """
        doubted = [part for part in parts if part not in self._taken]
        if not doubted or self._in_vain >= IN_VAIN:
            return []
        doubted.sort(key=lambda part: part not in said.lower())
        one = [frozenset({part}) for part in doubted]
        every = frozenset(doubted) - ({"stream_options"} if "stream" in doubted else set())  # a whole answer is counted
        return one if len(every) == 1 else [*one, every]

    def passed(self, without: Iterable[Part], name: str, *, sure: bool) -> None:
        """Note that a request passed without these parts, after it was refused with them.

        Args:
            without: the parts.
            name: how the model is called where people see it.
            sure: whether the refusal was about the request; an error of the server may have passed meanwhile.
        """
        for part in without:
            self._passed[part] += 1
            if self._passed[part] >= _SEEN[sure] and part not in self.without:
                self.without |= {part}
                self._say(f"{name} {IN_WORDS[part]}.")
                log.info("%s %s", shown(name), IN_WORDS[part])

    def in_vain(self) -> None:
        """Note that a request was refused with less of it, too."""
        self._in_vain += 1

    def _say(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)


def parts_of(request: Request, *, streams: bool, counts: bool) -> list[Part]:
    """Return the parts of a request that could be done without; ``counts``: a stream is asked for its tokens."""
    parts: list[Part] = ["stream_options"] if streams and counts else []
    for message in request.messages:
        if message.get("role") in SYSTEM_ROLES:
            parts.append("system")
            break
    if streams:
        parts.append("stream")
    return parts


def without_count(request: Request) -> Request:
    """Return a request that does not ask for a count of a streamed answer's tokens."""
    return replace(request, params={**request.params, "stream_options": None})


def without_system(request: Request) -> Request:
    r"""Return a request whose system text stands before the first words of the user.

    >>> told = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello"}]
    >>> without_system(Request(told)).messages
    [{'role': 'user', 'content': 'Be kind.\n\nHello'}]
    """
    return replace(request, messages=request.conversation.without_system().to_json())


_known: dict[tuple[str, str], Dialect] = {}


def dialect_of(endpoint: Endpoint) -> Dialect:
    """Return what this process knows of a model at an endpoint."""
    return _known.setdefault((endpoint.base or endpoint.provider.name, endpoint.model), Dialect())
