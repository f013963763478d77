"""How many calls to one model may be in flight at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary


class Gate:
    """Lets at most ``limit`` calls through at once, first come, first served.

    Attributes:
        limit: calls at most; `set_limit` changes it.
        in_flight: calls inside now.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def set_limit(self, limit: int) -> None:
        """Change the limit at once. A lower one lets the calls inside finish."""
        self.limit = limit
        self._admit()

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait for a place and hold it for the length of the ``async with`` block."""
        if self.in_flight >= self.limit or self._waiting:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            self._admit()
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._leave()
                elif turn in self._waiting:
                    self._waiting.remove(turn)
                raise
        else:
            self.in_flight += 1
        try:
            yield
        finally:
            self._leave()

    def _leave(self) -> None:
        self.in_flight -= 1
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self.in_flight < self.limit:
            turn = self._waiting.popleft()
            if not turn.done():
                self.in_flight += 1
                turn.set_result(None)


_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, str], Gate]] = WeakKeyDictionary()


def gate(endpoint: str, model: str, limit: int) -> Gate:
    """Return the running loop's gate of one model at one endpoint; the latest ``limit`` holds for all its users."""
    gates = _gates.setdefault(asyncio.get_running_loop(), {})
    found = gates.get((endpoint, model))
    if found is None:
        found = gates[endpoint, model] = Gate(limit)
    found.set_limit(limit)
    return found
