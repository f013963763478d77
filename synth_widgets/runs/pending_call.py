"""A piece of work, what one call is for, and the work that waits."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from synth_widgets.generation.attempts import Attempts
from synth_widgets.money import Price
from synth_widgets.records import Step, Usage, WorkItem

ROUNDS = 3
"""How often what is missing or repeated is asked for anew."""
UNREACHED = 2
"""Calls of one piece of work without any answer, each tried often, after which it is not asked for again."""
BROKEN_OFF = 5
"""The same where the answer breaks off in the middle: what had come by then is kept."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a step's calls go out. They change when another model takes over; calls under way keep theirs.

    Attributes:
        price: what a token costs, or ``None`` when unknown.
        kind: the kind of the calls, as the averages tell them apart.
    """

    price: Price | None
    kind: Hashable


@dataclass(slots=True)
class PendingCall:
    """What one call is for: open slots of one step and one target.

    Attributes:
        attempts: the answers so far, and which is asked for next.
        round: how often the slots were asked for because too few came.
        unreached: calls that got no answer.
        in_last_round: whether this is its last round, of those that get one; see `last_round`.
        part: which of how many calls for this target.
        usage: tokens of the answers so far that were no good; ``cost``, ``seconds`` and ``raws`` are theirs too.
        call: id of the call that these answers make together, once there is one.
        terms: those of the call under way.
        reserved: US dollars set aside for it.
    """

    step: Step
    target: str
    slots: deque[WorkItem]
    attempts: Attempts = field(default_factory=Attempts)
    round: int = 1
    unreached: int = 0
    in_last_round: bool = False
    part: tuple[int, int] = (1, 1)
    usage: Usage = Usage()
    cost: float | None = 0.0
    seconds: float = 0.0
    call: str = ""
    terms: Terms = Terms(None, None)
    reserved: float = 0.0
    raws: list[str] = field(default_factory=list)

    @property
    def may_come(self) -> bool:
        """Whether it may get a last round, now that its answers are used up."""
        return self.attempts.by_chance and not self.in_last_round


@dataclass(slots=True)
class _Group:
    """Open slots of one target, from which calls are cut: so many slots ``at`` the front are, by so many calls."""

    slots: list[WorkItem]
    at: int = 0
    cut: int = 0


class CallQueue:
    """The work of one step that waits to be sent, in order.

    What one call is for is cut out when its turn has come: a million slots that wait take no more room than the slots.

    >>> queue = CallQueue("inputs")
    >>> queue.add(WorkItem("job", "inputs", "topic", n) for n in range(3))
    >>> [(len(pending.slots), pending.part) for pending in (queue.take(2), queue.take(2))], bool(queue)
    ([(2, (1, 2)), (1, (2, 2))], False)
    """

    def __init__(self, step: Step) -> None:
        self._step = step
        self._queue: deque[PendingCall | WorkItem | _Group] = deque()

    def __bool__(self) -> bool:
        return bool(self._queue)

    def __iter__(self) -> Iterator[object]:
        """Yield what waits: pieces of work, and what calls are yet to be cut from."""
        return iter(self._queue)

    def add(self, items: Iterable[WorkItem]) -> None:
        """Put open slots at the end, those of one target together."""
        if self._step == "outputs":  # one a target
            self._queue.extend(items)
            return
        for item in items:
            last = self._queue[-1] if self._queue else None
            if isinstance(last, _Group) and last.slots[0].target == item.target:
                last.slots.append(item)
            else:
                self._queue.append(_Group([item]))

    def take(self, size: int) -> PendingCall:
        """Take what comes first: a piece of work that was put back, or at most so many slots of one target."""
        first = self._queue[0]
        if isinstance(first, _Group):
            slots = first.slots[first.at : first.at + size]
            first.at, first.cut = first.at + size, first.cut + 1
            left = max(0, len(first.slots) - first.at)
            if not left:
                self._queue.popleft()
            return PendingCall(
                self._step, slots[0].target, deque(slots), part=(first.cut, first.cut + ceil(left / size))
            )
        self._queue.popleft()
        return first if isinstance(first, PendingCall) else PendingCall(self._step, first.target, deque((first,)))

    def put_back(self, pending: PendingCall) -> None:
        """Put a piece of work before all others."""
        self._queue.appendleft(pending)

    def append(self, pending: PendingCall) -> None:
        """Put a piece of work after all others."""
        self._queue.append(pending)

    def emptied(self) -> deque[Any]:
        """Return what waits, and wait for nothing any more."""
        queue, self._queue = self._queue, deque()
        return queue
