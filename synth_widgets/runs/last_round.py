"""The last round: items that failed by chance get three answers more, once, when all else of their job is made.

With three answers an item and one in ten of them bad, one item in a thousand fails although nothing is wrong with it.
Where most items of a step came, those that did not are asked for once more; where they did not come, something is wrong
that more answers would not mend. Until then such an item stays pending.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from synth_widgets.records import Call, Sample, Step, WorkItem
from synth_widgets.runs.pending_call import PendingCall

ONE_IN = 5
"""One item in so many of a step may fail for it to be chance: at least 80 % came."""


@dataclass(frozen=True, slots=True)
class Held:
    """What waits for the last round.

    Attributes:
        pending: the piece of work that it would be.
        note: what the job says at its end of each item that gets no such round, where no row says it; else empty.
    """

    pending: PendingCall
    note: str = ""


class LastRound:
    """Counts what came of a job's items, step by step, and holds those that may be asked for once more.

    >>> from collections import deque
    >>> last = LastRound()
    >>> last.came["outputs"] = 4
    >>> slot = WorkItem("a job", "outputs", "a sample", 0)
    >>> last.hold(PendingCall("outputs", "a sample", deque([slot])))
    >>> again, lost = last.begin()
    >>> [pending.target for pending in again], lost, len(last)
    (['a sample'], [], 1)
    >>> last.settle([slot])
    >>> len(last)
    0
    """

    def __init__(self) -> None:
        self.came: Counter[Step] = Counter()
        self.failed: Counter[Step] = Counter()
        self._held: list[Held] = []
        self._open: dict[tuple[str, str, int], WorkItem] = {}

    def __len__(self) -> int:
        """How many items had their three answers and are not settled."""
        return len(self._open)

    @property
    def open(self) -> tuple[WorkItem, ...]:
        """Those items: they wait for their last round, or are in it."""
        return tuple(self._open.values())

    def hold(self, pending: PendingCall, note: str = "") -> None:
        """Keep a piece of work for the last round."""
        self._held.append(Held(pending, note))
        self._open.update((slot.key, slot) for slot in pending.slots)

    def settle(self, items: Iterable[WorkItem]) -> None:
        """Note that items are finished, whatever came of them."""
        for item in items:
            self._open.pop(item.key, None)

    def begin(self) -> tuple[list[PendingCall], list[Held]]:
        """Return what is to be asked for once more, and what has failed for good: nothing else is left to do."""
        held, self._held = self._held, []
        failed = Counter(self.failed)
        for each in held:
            failed[each.pending.step] += len(each.pending.slots)
        by_chance = {step for step, bad in failed.items() if ONE_IN * bad <= bad + self.came[step]}
        again = [each.pending for each in held if each.pending.step in by_chance]
        return again, [each for each in held if each.pending.step not in by_chance]


def outcomes(
    samples: Iterable[Sample], calls: Mapping[str, Call], job: str, still_open: Container[str]
) -> tuple[Counter[Step], Counter[Step]]:
    """Return how many inputs and outputs a job made, and how many failed, as a file has them: for one that goes on.

    Args:
        samples: all of them, so not for the engine's thread.
        calls: all of them, by id.
        job: the job's id.
        still_open: the samples with pending items of it; their failures are not counted.
    """
    came: Counter[Step] = Counter()
    failed: Counter[Step] = Counter()
    for sample in samples:
        latest: dict[Step, bool] = {}
        for version in sample.versions:
            call = calls.get(version.calls[-1]) if version.calls else None
            if call is not None and call.job == job:
                latest[call.step] = version.problem is None
        for step, is_good in latest.items():
            if is_good:
                came[step] += 1
            elif sample.id not in still_open:
                failed[step] += 1
    return came, failed
