"""What calls took, summed by job and step as they come in: a sum is told without walking a hundred thousand calls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from synth_widgets.money import Cost
from synth_widgets.records import Call, Step, Usage

_NOTHING = Cost()


class Ledger:
    """Sums over all calls of a file. A call counts once, however often its line is written anew."""

    def __init__(self) -> None:
        self._parts: dict[tuple[str, Step], Cost] = {}
        self._open: set[str] = set()
        """Calls whose answers still come: what they take is not known yet."""

    def put(self, call: Call, old: Call | None, *, is_open: bool = False) -> None:
        """Count a call in the place of its older line, or note that its answer still comes."""
        if is_open:
            self._open.add(call.id)
            return
        part = self._parts.get((call.job, call.step), _NOTHING)
        if old is not None and old.id not in self._open:
            part = _without(part, old)
        self._open.discard(call.id)
        self._parts[call.job, call.step] = Cost(
            part.dollars + (call.cost or 0.0),
            part.unknown + (call.cost is None),
            part.usage + call.usage,
            part.calls + 1,
        )

    def held(self, call: Call) -> tuple[Cost | None, bool]:
        """Return what `put` of a call will change, for `put_back`."""
        return self._parts.get((call.job, call.step)), call.id in self._open

    def put_back(self, call: Call, held: tuple[Cost | None, bool]) -> None:
        """Take `put` of a call back."""
        part, was_open = held
        if part is None:
            self._parts.pop((call.job, call.step), None)
        else:
            self._parts[call.job, call.step] = part
        (self._open.add if was_open else self._open.discard)(call.id)

    def load(self, job: str, step: Step, cost: Cost) -> None:
        """Take over the sum of a job's step from the file."""
        self._parts[job, step] = cost

    def of(self, *, jobs: Iterable[str] | None = None, step: Step | None = None) -> Cost:
        """Return what the calls of all jobs, or of some, and of all steps, or of one, took together."""
        wanted = None if jobs is None else set(jobs)
        total = _NOTHING
        for (job, at), part in tuple(self._parts.items()):
            if (wanted is None or job in wanted) and step in {None, at}:
                total += part
        return total

    def by(self, what: Literal["job", "step"]) -> dict[str, Cost]:
        """Return the sums by job, or by step."""
        found: dict[str, Cost] = {}
        for (job, step), part in tuple(self._parts.items()):
            key = job if what == "job" else step
            found[key] = found.get(key, _NOTHING) + part
        return found


def _without(part: Cost, call: Call) -> Cost:
    usage = Usage(
        part.usage.prompt_tokens - call.usage.prompt_tokens, part.usage.completion_tokens - call.usage.completion_tokens
    )
    return Cost(part.dollars - (call.cost or 0.0), part.unknown - (call.cost is None), usage, part.calls - 1)
