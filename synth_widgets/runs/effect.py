"""What an answer means for a job, as a value: changes of the state, and what is left to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from synth_widgets.records import Step, WorkItem
from synth_widgets.runs.pending_call import PendingCall
from synth_widgets.runs.plan import Slots
from synth_widgets.store.changes import Change

Kind = Literal["added", "failed", "dropped"]
"""As what results are counted."""


@dataclass(slots=True)
class Effect:
    """What is to become of the state and of the job, all at once.

    Attributes:
        changes: of the state.
        planned: new work items.
        reopened: items that were finished and are open again, in the hands of whoever says so.
        finished: items of which nothing more will come.
        coming: results of items that are planned next; less than 0 when they are.
        kind: as what results are counted, ``count`` of them.
        step: whose items ``came`` or ``failed``, as the last round counts them.
        again: calls to be made next; ``is_first``: before all others.
        held: whose answers are used up: its ``held_slots`` stay open for the last round.
        note: what the job has to say at its end, for each of ``noted`` items; of held ones only if they get no answer.
        below: what follows from a new topic and is planned in parts.
    """

    changes: Sequence[Change | None] = ()
    planned: Iterable[WorkItem] = ()
    reopened: Iterable[WorkItem] = ()
    finished: Iterable[WorkItem] = ()
    coming: int = 0
    kind: Kind | None = None
    count: int = 1
    step: Step = "outputs"
    came: int = 0
    failed: int = 0
    again: PendingCall | None = None
    is_first: bool = False
    held: PendingCall | None = None
    held_slots: Sequence[WorkItem] = ()
    note: str = ""
    noted: int = 1
    below: Slots | None = None
