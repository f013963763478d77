"""How many calls to one model may be in flight at once: permits, handed out first come, first served."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from typing import Self
from weakref import WeakKeyDictionary

from synth_widgets.llm.adaptive import AdaptiveLimit, Ticket

DOWN_SECONDS = 60.0
"""An endpoint where every call failed for so long is down: one call at a time asks whether it is back."""
PROBE_SECONDS = 15.0
"""How long it is left alone between two such calls."""
LINGER_SECONDS = 5.0
"""How long a ceiling holds after the last call under it: between two calls of a job nobody goes above it."""


class Permit:
    """One call's permit, waited for and held by ``async with``; it says how the endpoint took the call."""

    __slots__ = ("_first", "_gate", "_ticket", "_timed")

    def __init__(self, gate: Gate, *, timed: bool, first: bool) -> None:
        self._gate = gate
        self._timed = timed
        self._first = first

    async def __aenter__(self) -> Self:
        if not self._gate.try_enter():
            await self._gate.enter(first=self._first)
        self._ticket = self._gate.begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._gate.leave()

    def passed(self) -> None:
        """There was an answer."""
        self._gate.heard(self._ticket, timed=self._timed)

    async def refused(self, after: float | None) -> None:
        """The endpoint took too much: 429, or 503 and 529. Keeps the permit as long as a call would have taken it."""
        pace = self._gate.refused(self._ticket, after)
        await asyncio.sleep(pace if after is None else min(pace, after))

    def failed(self) -> None:
        """There was no answer for another reason: an error of the server, a lost connection."""
        self._gate.failed()


class Ceiling:
    """Holds all calls to ``most`` in flight for the length of a ``with`` block, of many at once; see `Gate.under`."""

    __slots__ = ("_gate", "_most")

    def __init__(self, gate: Gate, most: int) -> None:
        self._gate = gate
        self._most = most

    def __enter__(self) -> None:
        self._gate.lower(self._most)

    def __exit__(self, *_: object) -> None:
        self._gate.linger(self._most)


class Gate:
    """Lets as many calls through at once as the endpoint takes, learnt from how it answers.

    Args:
        most: calls at most, as long as nobody asks under a ceiling of their own; see `under`.

    Attributes:
        in_flight: calls inside now.
        answered: calls that had an answer so far.
        loop: the loop that it is of.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._ceilings: Counter[int] = Counter()
        """Calls under each ceiling, those between two tries too; 0 for one that lingers."""
        self._lingering: dict[int, asyncio.TimerHandle] = {}
        self.in_flight = 0
        self.answered = 0
        self._limit = AdaptiveLimit(most)
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.loop = asyncio.get_running_loop()
        self._opening: asyncio.TimerHandle | None = None
        self._failing_since: float | None = None
        self._failed = float("-inf")
        self._probed = float("-inf")
        self._resting: set[asyncio.Future[None]] = set()

    @property
    def limit(self) -> int:
        """Calls at most, for now."""
        return self._limit.limit

    @property
    def closed_for(self) -> float:
        """Seconds for which no call goes out, because the endpoint took nearly none; 0 when all is well."""
        return max(0.0, self._limit.closed_until - self.loop.time())

    @property
    def is_well(self) -> bool:
        """Whether the endpoint answers as far as is known, and has not asked to wait: calls go out."""
        return self._failing_since is None and self._limit.closed_until <= self.loop.time()

    @property
    def is_down(self) -> bool:
        """Whether an endpoint that answered before has failed at every call for a minute. An idle one has not."""
        since = self._failing_since
        if since is None or self.answered == 0 or self._is_forgotten():
            return False
        return self._failed - since > DOWN_SECONDS

    def _is_forgotten(self) -> bool:
        """Whether nobody has asked for so long that nothing is known of how the endpoint is."""
        is_idle = self.in_flight == 0 and not self._waiting
        return is_idle and self.loop.time() - self._failed > DOWN_SECONDS

    def under(self, most: int) -> Ceiling:
        """Hold all calls to ``most`` in flight for the length of the ``with`` block, and shortly after.

        The lowest ceiling of those who ask holds for all of them. A new one lets the calls inside finish.
        """
        return Ceiling(self, most)

    def lower(self, most: int) -> None:
        """Begin to hold all calls to ``most`` in flight."""
        self._ceilings[most] += 1
        if self._ceilings[most] > 1:
            return
        if (timer := self._lingering.pop(most, None)) is not None:
            timer.cancel()
        self._set_most()

    def linger(self, most: int) -> None:
        """Hold them no longer, but for a while: nobody else may ask under this ceiling now."""
        self._ceilings[most] -= 1
        if self._ceilings[most] == 0:
            self._lingering[most] = self.loop.call_later(LINGER_SECONDS, self._lift, most)

    def _lift(self, most: int) -> None:
        del self._lingering[most], self._ceilings[most]
        self._set_most()

    def _set_most(self) -> None:
        most = min(self._ceilings, default=self._most)
        if most != self._limit.most:
            self._limit.set_most(most)
            self._admit()

    async def rest(self, seconds: float) -> None:
        """Wait so long, or until the endpoint is to be asked at once; see `probe`."""
        woken = self.loop.create_future()
        timer = self.loop.call_later(seconds, _wake, woken)
        self._resting.add(woken)
        try:
            await woken
        finally:
            timer.cancel()
            self._resting.discard(woken)

    def probe(self) -> None:
        """Ask at once, although the endpoint asked to wait, or is down: a person wants to know."""
        self._limit.reopen()
        self._probed = float("-inf")
        for woken in self._resting:
            _wake(woken)
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
        self._admit()

    def permit(self, *, timed: bool = True, first: bool = False) -> Permit:
        """Return a permit, to be waited for and held by ``async with``.

        Args:
            timed: whether the call's length may be compared with others'.
            first: whether it goes before those that wait: it waited before.
        """
        return Permit(self, timed=timed, first=first)

    def try_enter(self) -> bool:
        """Let one more call go out, if there is room and nobody waits; whoever was let in must `leave`."""
        if self._failing_since is not None and self._is_forgotten():
            self._failing_since = None
        if self._waiting or not self._has_room():
            return False
        self._enter()
        return True

    async def enter(self, *, first: bool) -> None:
        """Wait until one more call may go out; who calls this must `leave`. ``first``: before those that wait."""
        turn = self.loop.create_future()
        (self._waiting.appendleft if first else self._waiting.append)(turn)
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            elif turn in self._waiting:
                self._waiting.remove(turn)
            raise

    def begin(self) -> Ticket:
        """Note that a call goes out."""
        return self._limit.begin(self.loop.time())

    def leave(self) -> None:
        """Let the next call go out in the place of this one."""
        self.in_flight -= 1
        if self._waiting:
            self._admit()

    def heard(self, ticket: Ticket, *, timed: bool) -> None:
        """Count an answer."""
        self.answered += 1
        self._failing_since = None
        self._limit.passed(ticket, self.loop.time(), timed=timed)

    def refused(self, ticket: Ticket, after: float | None) -> float:
        """Count a refusal; return the seconds for which its permit stays taken."""
        self.failed()
        self._limit.refused(ticket, self.loop.time(), after)
        return self._limit.pace

    def failed(self) -> None:
        """Count a call without an answer."""
        self._failed = self.loop.time()
        if self._failing_since is None:
            self._failing_since = self._failed

    def _has_room(self) -> bool:
        if self.in_flight >= self._limit.limit or self._limit.closed_until > self.loop.time():
            return False
        return not self.is_down or (self.in_flight == 0 and self.loop.time() - self._probed >= PROBE_SECONDS)

    def _enter(self) -> None:
        if self.is_down:
            self._probed = self.loop.time()
        self.in_flight += 1

    def _admit(self) -> None:
        while self._waiting and self._has_room():
            turn = self._waiting.popleft()
            if not turn.done():
                self._enter()
                turn.set_result(None)
        if self._waiting and self._opening is None and (wait := self._opens_in()) > 0:
            self._opening = self.loop.call_later(wait, self._opened)

    def _opens_in(self) -> float:
        """Seconds until waiting calls may go on although no call ends; 0 where one of them will wake the next."""
        if self.closed_for > 0:
            return self.closed_for
        if self.is_down and self.in_flight == 0:
            return max(0.01, self._probed + PROBE_SECONDS - self.loop.time())
        return 0.0

    def _opened(self) -> None:
        self._opening = None
        self._admit()


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)


_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, str], Gate]] = WeakKeyDictionary()


def gate_of(endpoint: str, model: str, most: int) -> Gate:
    """Return the running loop's gate of one model at one endpoint, which all its users share; see `Gate.under`."""
    gates = _gates.setdefault(asyncio.get_running_loop(), {})
    found = gates.get((endpoint, model))
    if found is None:
        found = gates[endpoint, model] = Gate(most)
    return found
