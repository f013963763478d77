"""How many calls an endpoint takes at once, learnt from how it answers. Pure: the clock is given.

Answers are judged in windows, never singly: one 429 says nothing, a share of them does. Up to `SOME` refusals in a
window are sporadic: the refused call waits, nobody else. More means a wall: the limit is cut by their share, but not
below what got through at once. More than half means that nearly nothing passes: everything waits as long as the
endpoint asked, too. Servers that queue instead of refusing show it by latency that rises while no more gets done: then
the limit goes back to where it did not. Answers to calls that began before a cut tell of the older limit and do not
count again.

Additive growth after the first cut and multiplicative cuts are those of TCP's congestion avoidance (RFC 5681); taking
latency as a signal is TCP Vegas' idea (Brakmo and Peterson, 1995); what got through at once follows from throughput and
latency by Little's law (1961).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

SOME = 0.15
"""Share of refusals that counts as sporadic."""
MANY = 0.5
"""Share of refusals above which nearly nothing passes."""
FIRST = 32
"""Calls in flight at the start; doubled per window until something says stop."""
WINDOW = 50
"""Answers in a window, at least."""
SLOWER = 1.5
FASTER = 1.1
"""A window whose median latency is `SLOWER` times the best one's without `FASTER` times its throughput: a queue."""
HELD = 8
"""Windows for which the limit stays after a queue was seen, before more is tried."""
SURE = 2.0
"""Standard deviations by which a share must be above `SOME` to be no accident."""
CLOSED = 120.0
"""Seconds for which nothing goes out at most, however long the endpoint asked to wait; then it is asked again."""
LONGEST = 4
"""Windows' lengths after which a share that is still not sure counts as it is."""


@dataclass(slots=True)
class Ticket:
    """A call that began: when, and at which limit."""

    began: float
    limit: int


@dataclass(slots=True)
class _Window:
    """Answers to calls that began under the limit that holds."""

    first: float | None = None
    passed: int = 0
    refused: int = 0
    after: float = 0.0
    seconds: list[float] = field(default_factory=list)

    @property
    def answers(self) -> int:
        return self.passed + self.refused

    @property
    def share(self) -> float:
        return self.refused / max(1, self.answers)

    def is_sure(self) -> bool:
        """Whether the share of refusals is surely below or above `SOME`."""
        deviation = (SOME * (1 - SOME) / max(1, self.answers)) ** 0.5
        return self.share <= SOME or self.share > SOME + SURE * deviation

    def throughput(self, now: float) -> float:
        """Answers a second that were no refusals."""
        return self.passed / (now - self.first) if self.first is not None and now > self.first else 0.0


class AdaptiveLimit:
    """A limit of calls in flight that follows what the endpoint takes.

    Args:
        most: the limit is never above this.

    Attributes:
        limit: calls that may be in flight now.
        closed_until: time until which no call may begin; in the past when all is well.
        pace: seconds that a call takes, as far as is known. The place of a refused call stays taken for as long, lest
            calls that are refused at once come faster than those that pass.

    >>> limit = AdaptiveLimit(256)
    >>> limit.limit
    32
    >>> for _ in range(50):
    ...     limit.passed(limit.begin(0.0), 0.1)
    >>> limit.limit
    64
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = min(FIRST, most)
        self.closed_until = float("-inf")
        self.pace = 0.0
        self._window = _Window()
        self._is_starting = True
        self._held = 0
        self._above = 0
        """What the limit was before a lower ceiling came over it; 0 where it is not above."""
        self._best: tuple[float, float, int] | None = None
        """Median latency, throughput and limit of the best window that was no queue."""

    def set_most(self, most: int) -> None:
        """Change the ceiling at once. Once it is higher again, what was learnt before holds again."""
        self.most = most
        learnt = max(self.limit, self._above, FIRST if self._is_starting else 1)
        self.limit = min(learnt, most)
        self._above = learnt if learnt > most else 0

    def reopen(self) -> None:
        """Let calls begin at once, whatever the endpoint asked."""
        self.closed_until = float("-inf")

    def begin(self, now: float) -> Ticket:
        """Note that a call begins."""
        return Ticket(now, self.limit)

    def passed(self, ticket: Ticket, now: float, *, timed: bool = True) -> None:
        """Note an answer. ``timed``: its latency may be compared with others' (it was not streamed)."""
        if timed:
            seconds = now - ticket.began
            self.pace += (seconds - self.pace) * (0.1 if self.pace else 1.0)
        if ticket.limit == self.limit:
            self._window.passed += 1
            if timed:
                self._window.seconds.append(seconds)
            self._look(now)

    def refused(self, ticket: Ticket, now: float, after: float | None = None) -> None:
        """Note a refusal: 429, or 503 and 529 of an overloaded server; ``after`` is what it asked to wait."""
        if ticket.limit == self.limit:
            self._window.refused += 1
            self._window.after = max(self._window.after, after or 0.0)
            self._look(now)

    def _look(self, now: float) -> None:
        window, size = self._window, max(WINDOW, self.limit)
        if window.first is None:
            window.first = now
        if window.answers < size and window.refused <= MANY * size:
            return
        if not window.is_sure() and window.answers < LONGEST * size:
            return
        if window.share > SOME:
            self._cut(now)
        elif not self._queues(now):
            self._grow()
        self._window = _Window()

    def _cut(self, now: float) -> None:
        window = self._window
        if window.share > MANY:
            self.closed_until = now + min(window.after, CLOSED)
        at_once = window.throughput(now) * median(window.seconds or [0.0])
        wanted = max(self.limit * (1 - min(window.share, MANY)), min(at_once, 0.9 * self.limit))
        self.limit = max(1, int(wanted))
        self._above = 0
        self._is_starting = False
        self._best = None

    def _grow(self) -> None:
        if self._held:
            self._held -= 1
            return
        step = self.limit if self._is_starting else 1 + self.limit // 64
        self.limit = min(self.most, self.limit + step)

    def _queues(self, now: float) -> bool:
        """Whether the server only queued what came on top; if so, go back to where it did not."""
        window, best = self._window, self._best
        if not window.seconds:
            return False
        latency, throughput = median(window.seconds), window.throughput(now)
        if best is None or latency < SLOWER * best[0] or throughput > FASTER * best[1]:
            if best is None or throughput > best[1] or latency < best[0]:
                self._best = (latency, throughput, self.limit)
            return False
        if self.limit > best[2]:
            self.limit, self._is_starting, self._held, self._above = best[2], False, HELD, 0
        return True
