"""The person's own code, such as the validators of a pydantic class: on threads of its own, with a time limit.

It may sleep, ask a server, or never come back. So nothing of the package waits in one line with it, and no studio waits
for another one's.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from synth_widgets.engine import Engine
from synth_widgets.errors import OwnCodeError

T = TypeVar("T")
V = TypeVar("V")
R = TypeVar("R")

SECONDS = 30.0
"""How long one value may take."""
MOST_STUCK = 8
"""Calls that never came back, each on a thread that nothing can end, after which no other is made."""


@dataclass(slots=True, eq=False)
class _Work(Generic[V, R]):
    """Values to go through on one thread.

    Attributes:
        began: when the one under way was begun, in seconds of the monotonic clock.
        is_off: whether nobody waits for it any more: it ends after the value under way.
        error: what the function itself raised.
    """

    function: Callable[[V], R]
    values: Sequence[V]
    began: float = 0.0
    is_off: bool = False
    found: list[R | OwnCodeError] = field(default_factory=list)
    error: BaseException | None = None
    ended: Future[None] = field(default_factory=Future)

    def do(self) -> None:
        try:
            for value in self.values:
                self.began = time.monotonic()
                if self.is_off:
                    break
                self.found.append(self._one(value))
        except BaseException as error:  # noqa: BLE001 - handed to the caller, who waits for it
            self.error = error
        finally:
            self.ended.set_result(None)

    def _one(self, value: V) -> R | OwnCodeError:
        try:
            return self.function(value)
        except Exception:
            raise
        except BaseException as error:  # noqa: BLE001 - own code may raise what would end a thread, or a job
            return OwnCodeError(f"Your code raised {type(error).__name__}: {error}")


@dataclass(slots=True, eq=False)
class _Order(Generic[V, R]):
    """What a caller wants done, in one part or, where a value takes too long, in several."""

    function: Callable[[V], R]
    values: Sequence[V]
    part: _Work[V, R] | None = None
    is_off: bool = False

    def give_up(self) -> None:
        self.is_off = True
        if self.part is not None:
            self.part.is_off = True


class _Thread:
    """A thread that does one work after another, until it is told to end."""

    def __init__(self) -> None:
        self._works: queue.SimpleQueue[_Work[Any, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._main, name="synth-worker-own", daemon=True).start()

    def take(self, work: _Work[Any, Any] | None) -> None:
        """Do a work; ``None``: end."""
        self._works.put(work)

    def _main(self) -> None:
        while (work := self._works.get()) is not None:
            work.do()
            del work  # and the values with it


class OwnCode:
    """Runs functions that call a person's code, a few at a time. Used on the engine's thread.

    What takes too long is given up and told as an `OwnCodeError`: its thread goes on until the code returns, and
    another one takes its place.

    Args:
        engine: whose loop waits.
        threads: how many run at once.
        seconds: how long one value may take; by default `SECONDS`.

    >>> from synth_widgets.engine import engine
    >>> own_code = engine().call(lambda: OwnCode(engine(), threads=1, seconds=0.05))
    >>> engine().call(lambda: own_code.each(time.sleep, [0.0, 5.0, 0.0]))
    [None, OwnCodeError('Your code took longer than 0.05 s and was given up.'), None]
    """

    def __init__(self, engine: Engine, *, threads: int, seconds: float | None = None) -> None:
        self._engine = engine
        self._seconds = seconds
        self._places = asyncio.Semaphore(threads)
        self._idle: list[_Thread] = []
        self._stuck = 0
        self._is_closed = False

    async def run(self, function: Callable[[], T]) -> T:
        """Run one function and return what it returns.

        Raises:
            OwnCodeError: it took too long, or others before it never came back.
        """
        (found,) = await self.each(lambda call: call(), [function])
        if isinstance(found, OwnCodeError):
            raise found
        return found

    async def each(self, function: Callable[[V], R], values: Sequence[V]) -> list[R | OwnCodeError]:
        """Return what a function returns for each value, in order; an error for each that took too long.

        When the caller is cancelled, the value under way is the last one.
        """
        order = _Order(function, values)
        try:
            return await asyncio.shield(self._engine.spawn(self._through(order)))
        except asyncio.CancelledError:
            order.give_up()
            raise

    def close(self) -> None:
        """Let the threads end, those that are busy when they have come back."""
        self._is_closed = True
        while self._idle:
            self._idle.pop().take(None)

    # ------------------------------------------------------------ inside
    async def _through(self, order: _Order[V, R]) -> list[R | OwnCodeError]:
        found: list[R | OwnCodeError] = []
        async with self._places:
            while len(found) < len(order.values) and not order.is_off:
                if self._stuck >= MOST_STUCK:
                    refused = OwnCodeError(f"Your code is not run: {MOST_STUCK} calls of it before never came back.")
                    return found + [refused] * (len(order.values) - len(found))
                part = order.part = _Work(order.function, order.values[len(found) :] if found else order.values)
                has_ended = await self._done(part)
                found += part.found[:]
                if part.error is not None:
                    raise part.error
                if not has_ended:
                    found.append(OwnCodeError(f"Your code took longer than {self._limit:g} s and was given up."))
        return found

    async def _done(self, part: _Work[V, R]) -> bool:
        """Do a part; return whether it came to its end, and not to the limit of one of its values."""
        thread = self._idle.pop() if self._idle else _Thread()
        part.began = time.monotonic()
        thread.take(part)
        ended = asyncio.wrap_future(part.ended)
        while not part.ended.done() and (left := self._limit - (time.monotonic() - part.began)) > 0:
            await asyncio.wait({ended}, timeout=left)
        if part.ended.done():
            self._is_free(thread)
            return True
        part.is_off = True
        self._stuck += 1
        part.ended.add_done_callback(lambda _ended: self._engine.post(lambda: self._came_back(thread)))
        return False

    @property
    def _limit(self) -> float:
        return SECONDS if self._seconds is None else self._seconds

    def _came_back(self, thread: _Thread) -> None:
        self._stuck -= 1
        self._is_free(thread)

    def _is_free(self, thread: _Thread) -> None:
        if self._is_closed:
            thread.take(None)
        else:
            self._idle.append(thread)
