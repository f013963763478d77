"""What each sample should be after what a person decided: plain Python, with an undo of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Want:
    """What a sample should be. `new` is the output of a version that waits for a choice."""

    status: str
    input: Any
    output: Any
    stars: int | None
    complies: bool
    new: Any = None

    def told(self) -> list[Any]:
        """Return it as the frame tells it."""
        return [self.status, self.input, self.output, self.stars]


Step = tuple[str, dict[str, Want]]


class Plan:
    """What the person decided so far, and what undo would take back."""

    def __init__(self, rows: Mapping[str, list[Any]]) -> None:
        self.want = {i: Want(*row, complies=row[0] != "failed") for i, row in rows.items()}
        self.order = list(rows)
        self.at = {ident: n for n, ident in enumerate(self.order)}
        self.undos: list[Step] = []
        self.redos: list[Step] = []

    def do(self, label: str, changes: Mapping[str, Want], *, by_job: bool = False) -> None:
        """Take one step, which undo takes back; what changes nothing is none."""
        before = {i: self.want[i] for i, now in changes.items() if now != self.want[i]}
        if not before:
            return
        self.want.update(changes)
        self.undos.append((label, before))
        if not by_job:
            self.redos.clear()

    def turn(self, source: list[Step], target: list[Step]) -> str | None:
        """Undo or redo the newest step; return the sample that it was about, if it was one."""
        label, then = source.pop()
        target.append((label, {i: self.want[i] for i in then}))
        self.want.update(then)
        return next(iter(then)) if len(then) == 1 else None

    def changed(self, ids: Iterable[str], **fields: Any) -> dict[str, Want]:
        """Return these samples with other fields."""
        return {i: replace(self.want[i], **fields) for i in ids}

    def keepable(self, ids: Iterable[str]) -> list[str]:
        """Return those that comply and have an output."""
        return [i for i in ids if self.want[i].complies and self.want[i].output is not None]

    def judged(self, ids: Sequence[str]) -> Sequence[str]:
        """Return those that a verdict on several at once is about: the undecided ones, if there are any."""
        return [i for i in ids if self.want[i].status not in {"kept", "rejected"}] or ids

    def next_draft(self, ident: str) -> str:
        """Return the next sample that waits for a verdict, from the top again after the last; else the same one."""
        start, many = self.at[ident], len(self.order)
        around = (self.order[(start + step) % many] for step in range(1, many))
        return next((i for i in around if self.want[i].status == "draft"), ident)

    def counts(self) -> dict[str, int]:
        """Return how many samples have which status, as the tabs tell it."""
        found = dict.fromkeys(("All", "Draft", "Kept", "Rejected", "Failed", "Pending"), 0)
        for each in self.want.values():
            found[each.status.capitalize()] += 1
        return {**found, "All": len(self.want)}
