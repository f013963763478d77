"""One request sent once: what comes is read piece by piece into an answer, or into why there is none."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from synth_widgets.errors import UnreachableError
from synth_widgets.llm.completer import Answer, OnText, Request
from synth_widgets.llm.structured.extract import SLOW, is_json
from synth_widgets.llm.structured.reasoning import apart
from synth_widgets.llm.transports.failures import Failure
from synth_widgets.llm.transports.reading import Reading

T = TypeVar("T")

MAX_ANSWER = 8 * 2**20
"""Bytes that an endpoint may send for one answer."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long to wait and how often to try. All times are in seconds.

    Attributes:
        tries: attempts for one request at most.
        first: the wait after the first failure is a random part of this; it doubles with each failure.
        most: such a wait is never longer.
        longest: a ``Retry-After`` above this is not waited for.
        connect: to open a connection.
        silence: between two pieces of an answer, and before the first.
        total: for one attempt.
        patient: whether an endpoint that has answered before is waited for, however long it is away.
        passed_by: how often one request may be refused while others are answered; then it is the one that is meant.
    """

    tries: int = 6
    first: float = 1.0
    most: float = 20.0
    longest: float = 120.0
    connect: float = 15.0
    silence: float = 300.0
    total: float = 900.0
    patient: bool = True
    passed_by: int = 12


async def aside(size: int, function: Callable[[], T]) -> T:
    """Return what a function does: at once where it has little to read, else on a thread of its own.

    Args:
        size: characters or bytes that it reads.
        function: reads them; pure, or the only one to touch what it touches.
    """
    return function() if size <= SLOW else await asyncio.to_thread(function)


class Attempt(ABC):
    """One request sent once, over whichever transport.

    Args:
        request: what is asked.
        on_text: takes each piece of text as it comes; ``None``: the answer is asked for whole.
        reading: takes what comes, in the endpoint's format.

    Attributes:
        heard: when it was sent, or last brought text, on the monotonic clock.
        has_spoken: whether it brought text.
    """

    def __init__(self, request: Request, on_text: OnText | None, reading: Reading) -> None:
        self._request = request
        self._on_text = on_text
        self._reading = reading
        self.heard = time.monotonic()
        self.has_spoken = False
        self._not_ours: Exception | None = None

    @abstractmethod
    async def receive(self) -> Failure | None:
        """Send the request, read what comes and `hand_out` its text; raise what the transport raises.

        Returns:
            Why there is no answer, where the endpoint says so itself.
        """

    @abstractmethod
    def failure(self, error: Exception) -> Failure | None:
        """Say what an exception of the transport means; ``None`` if it is none of its failures."""

    def hand_out(self, piece: str) -> None:
        """Hand on a piece of the answer's text as it comes, if anybody takes it."""
        if self._on_text is None or not piece:
            return
        self.has_spoken, self.heard = True, time.monotonic()
        try:
            self._on_text(piece)
        except Exception as error:
            self._not_ours = error
            raise

    async def run(self) -> Answer | Failure:
        """Return the answer, or why there is none. Only cancelling, `on_text` and slips of ours raise."""
        began = time.perf_counter()
        try:
            failure = await self.receive()
        except Exception as error:
            if error is self._not_ours:
                raise
            failure = self._lost(error)
        if failure is not None and failure.salvage is None:
            return self._after_text(failure)
        read = self._reading
        came = read.text if failure is None or failure.salvage is None else failure.salvage
        text, reasoning = await aside(len(came), partial(self._said, came, read.reasoning))
        seconds = time.perf_counter() - began
        return Answer(text, read.outcome, reasoning, read.usage, seconds, read.tool_calls)

    def _said(self, came: str, reasoning: str | None) -> tuple[str, str | None]:
        """Return the answer and the thoughts."""
        text, thought = apart(came, self._request)
        if (
            not text.strip()
            and reasoning
            and self._request.schema is not None
            and self._reading.outcome not in {"length", "tool_calls"}
        ):
            instead = apart(reasoning, self._request)[0]
            if is_json(instead):  # a server that takes all of a model's words for thoughts
                return instead, thought
        return text, reasoning if thought is None else "\n\n".join(filter(None, (reasoning, thought)))

    def _lost(self, error: Exception) -> Failure:
        failure = self.failure(error)
        if failure is None:
            raise error
        if self._reading.finish is not None and failure.again:
            return replace(failure, salvage=self._reading.text)  # whole but for its usage
        return failure

    def _after_text(self, failure: Failure) -> Failure:
        """Once text was handed out nothing is tried again: the caller has used it."""
        if not self.has_spoken:
            return failure
        error = UnreachableError(str(failure.error), self._reading.text)
        return replace(failure, error=error, again=False, param=None, unexplained=False)
