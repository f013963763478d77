"""What a person changed in a frame of `to_pandas`, as changes of the samples: edits, verdicts, stars, tags, topics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from synth_widgets.curation import edits, verdicts
from synth_widgets.curation.sample_action import Criteria
from synth_widgets.exchange.edited_frames import Fields, RowEdit
from synth_widgets.exchange.own_samples import TopicPlan
from synth_widgets.records import Path, Sample, Version
from synth_widgets.store.changes import Change, SampleChanged, sample_change
from synth_widgets.store.state import State
from synth_widgets.task import Task


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the edit of a row comes to.

    Attributes:
        sample: the sample that it was worked out for.
        changes: all of them but the move to another topic.
        reason: why something of it was not done, or ``None``.
        topic: the path to move to, or ``None``.
    """

    sample: Sample
    changes: tuple[SampleChanged, ...]
    reason: str | None
    topic: Path | None


def outcome_of(sample: Sample, row: RowEdit, task: Task, *, task_version: int, created: float) -> Outcome:
    """Work out the changes that a row's edit is: first the new values, then the verdict on them. Runs validators."""
    changes: list[SampleChanged] = []

    def take(change: SampleChanged | None) -> None:
        nonlocal sample
        if change is not None:
            changes.append(change)
            sample = _after(sample, change)

    before, reason = sample, row.problem
    if row.parts:
        values = {part: v.on(getattr(sample, part)) if isinstance(v, Fields) else v for part, v in row.parts.items()}
        if missing := [part for part, value in values.items() if value is None]:
            reason = f"{missing[0]}: it is missing"
        else:
            edit = edits.edit_of(sample, **values)
            reason = edits.problem_of(edit, task)
            take(edits.edit_change(sample, edit, reason, task_version=task_version, created=created))
    if "status" in row.metadata:
        change, refused = _verdict(sample, row.metadata["status"], task, task_version)
        take(change)
        reason = reason or refused
    own = {name: row.metadata[name] for name in ("stars", "tags", "split") if name in row.metadata}
    take(sample_change(sample, **own))
    return Outcome(before, tuple(changes), reason, row.metadata.get("topic"))


def changes_of(outcomes: Sequence[Outcome], state: State) -> list[Change]:
    """Return the changes of all outcomes, moves and the topics that they need included."""
    plan = TopicPlan(state)
    changes: list[Change] = []
    for outcome in outcomes:
        changes += outcome.changes
        if outcome.topic is not None:
            moved = sample_change(outcome.sample, topic=plan.id_of(outcome.topic))
            changes += [moved] if moved is not None else []
    return [*plan.changes, *changes]


def _verdict(sample: Sample, status: str, task: Task, task_version: int) -> tuple[SampleChanged | None, str | None]:
    def objection(version: Version) -> str | None:
        return task.model_problem(version.input, version.output)

    criteria = Criteria(task, task_version, objection)
    if status == "kept":
        decision = verdicts.keep([sample], criteria)
        return next(iter(decision.changes), None), decision.refused.get(sample.id)
    if status == "rejected":
        return verdicts.reject([sample], criteria, reason=None).changes[0], None
    change = next(iter(verdicts.restore([sample], criteria).changes), None)
    reached = sample.status if change is None else change.after.get("status", sample.status)
    return change, None if reached == "draft" else f"status: it is {reached} without a verdict"


def _after(sample: Sample, change: SampleChanged) -> Sample:
    fields: dict[str, Any] = {k: tuple(v) if k == "tags" else v for k, v in change.after.items()}
    if change.version is not None:
        fields["versions"] = (*sample.versions, change.version)
    return replace(sample, **fields)
