"""A frame of `to_pandas` that was edited with pandas: what a person changed in it, and the changes it becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from synth_widgets.curation import edits, verdicts
from synth_widgets.curation.edits import ABSENT
from synth_widgets.errors import StudioError
from synth_widgets.exchange import metadata
from synth_widgets.exchange.columns import Columns, Row
from synth_widgets.exchange.topics import Places
from synth_widgets.jsonable import is_missing
from synth_widgets.records import Json, Path, Sample, Version
from synth_widgets.store.changes import Change, SampleChanged, sample_change
from synth_widgets.store.state import State
from synth_widgets.task import Task

METADATA = ("topic", "status", "stars", "tags", "split")
PROVENANCE = ("session", "model", "created", "cost", "tokens")
"""Columns that tell where a sample came from: nothing that a person could change."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields of an object that got other values; ``ABSENT`` for those that were taken away."""

    changed: Mapping[str, Json]

    def on(self, value: Json) -> Json:
        """Return an object with these fields; ``None`` when nothing is left of it."""
        whole = dict(value) if isinstance(value, dict) else {}
        for name, new in self.changed.items():
            if new is ABSENT:
                whole.pop(name, None)
            else:
                whole[name] = new
        return whole or None


@dataclass(frozen=True, slots=True)
class RowEdit:
    """What a person changed in one row.

    Attributes:
        parts: new values of ``input`` and ``output``, by field where the frame had a column for each.
        metadata: new topic, status, stars, tags and split.
        problem: a cell that is no JSON, in words.
    """

    id: str
    parts: Mapping[str, Json | Fields] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None


def edit_of_row(
    ident: str, touched: Row, base: Row, parts: Mapping[str, Columns], is_topic: metadata.IsTopic
) -> RowEdit | None:
    """Compare a row with what it was when it was taken; ``None`` where nothing differs.

    Args:
        ident: the sample's id.
        touched: the cells that are not `untouched`.
        base: all cells as they were.
        parts: the columns of input and output.
        is_topic: see `metadata.IsTopic`.

    Raises:
        StudioError: a topic, status, star, tag or split is none; it names the row.
    """
    values: dict[str, Json | Fields] = {}
    given = {**base, **touched}
    try:
        for part, columns in parts.items():
            if columns.names.isdisjoint(touched):
                continue
            if (new := _changed(columns, given, base)) is not ABSENT:
                values[part] = new
    except ValueError as error:
        return RowEdit(ident, problem=str(error))
    said = {}
    for name in METADATA:
        if name not in touched:
            continue
        new = metadata.read(name, given, ident, is_topic)
        if new != metadata.read(name, base, ident, is_topic):
            said[name] = new
    if said.get("status") in {"pending", "failed"} or ("status" in said and said["status"] is None):
        raise StudioError(
            f"Row {ident!r}, column 'status': a person's verdicts are kept, rejected and draft (which takes a verdict "
            f"back), not {said['status']!r}."
        )
    return RowEdit(ident, values, said) if values or said else None


def _changed(columns: Columns, given: Row, base: Row) -> Json | Fields:
    """Return what a part became: a whole value, some fields, or ``ABSENT`` where it did not change."""
    if columns.whole is not None:
        new, old = columns.read(given), columns.read(base)
        return ABSENT if alike(new, old) else new
    new, old = columns.cells(given), columns.cells(base)
    extra, known = columns.undeclared(given), columns.undeclared(base)
    before = {**old, **known}
    changed = {n: v for n, v in {**new, **extra}.items() if not alike(v, before.get(n, ABSENT))}
    for name in [n for n, v in changed.items() if v == "" and before.get(n, ABSENT) is ABSENT]:
        del changed[name]  # a cell that was missing comes back from CSV as an empty one
    changed |= {n: ABSENT for n in known if n not in extra and n not in new}
    return Fields(changed) if changed else ABSENT


def untouched(new: Any, old: Any) -> bool:
    """Whether two cells are the same at a glance; others are read to know."""
    if new is old:
        return True
    if type(new) is not type(old):
        return type(old) is int and type(new) is float and _is_as_float(new, old)
    return bool(new == old) if isinstance(old, str | int | float | tuple) else is_missing(old)


def _is_as_float(new: float, old: int) -> bool:
    """Whether a whole number became this float, which may have lost digits."""
    try:
        return new == float(old)
    except OverflowError:
        return False


def alike(a: Json, b: Json) -> bool:
    """Whether two values are the same but for what a frame's types do to numbers: 3 is 3.0, and True is not 1."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, int | float) and isinstance(b, int | float):
        whole, other = (a, b) if isinstance(a, int) else (b, a)
        return a == b or (isinstance(whole, int) and isinstance(other, float) and _is_as_float(other, whole))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(value, b[key]) for key, value in a.items())
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(alike, a, b))
    return type(a) is type(b) and bool(a == b)


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
    places = Places(state)
    found: list[Change] = []
    for outcome in outcomes:
        found += outcome.changes
        if outcome.topic is not None:
            moved = sample_change(outcome.sample, topic=places.topic(outcome.topic))
            found += [moved] if moved is not None else []
    return [*places.changes, *found]


def _verdict(sample: Sample, status: str, task: Task, task_version: int) -> tuple[SampleChanged | None, str | None]:
    def objection(version: Version) -> str | None:
        return task.model_problem(version.input, version.output)

    if status == "kept":
        changes, refused = verdicts.keep([sample], task, task_version, objection)
        return next(iter(changes), None), refused.get(sample.id)
    if status == "rejected":
        return verdicts.reject([sample], None)[0], None
    change = next(iter(verdicts.restore([sample], task, task_version, objection)), None)
    reached = sample.status if change is None else change.after.get("status", sample.status)
    return change, None if reached == "draft" else f"status: it is {reached} without a verdict"


def _after(sample: Sample, change: SampleChanged) -> Sample:
    fields: dict[str, Any] = {k: tuple(v) if k == "tags" else v for k, v in change.after.items()}
    if change.version is not None:
        fields["versions"] = (*sample.versions, change.version)
    return replace(sample, **fields)
