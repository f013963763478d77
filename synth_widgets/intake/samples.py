"""A person's own rows as samples: read, checked against the task, and placed under their topics."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from synth_widgets.errors import StudioError
from synth_widgets.intake.cells import is_missing, parsed, plain
from synth_widgets.intake.columns import Columns, Row
from synth_widgets.intake.rows import Rows
from synth_widgets.records import ROOT, Json, Path, Sample, Status, Topic, Version, new_id
from synth_widgets.store.changes import Change, SampleAdded, TopicAdded
from synth_widgets.store.state import State
from synth_widgets.task import Task, normalised_name
from synth_widgets.text.normal import head

RAW_KEPT = 65_536
"""Characters of a row that does not comply which its sample keeps as its raw text."""
OWN: tuple[str, ...] = ("topic", "tags", "stars", "split")
"""The columns besides input and output that are taken by name."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reader:
    """How rows become samples.

    Attributes:
        task, task_version: what they must comply with.
        input, output: their columns; ``output`` is ``None`` where no column has any.
        status: of the samples that comply and have an output.
        path: turns a cell of the column ``topic`` into a path.
        words: turns a cell's texts into tags.
        topic, tags: for all rows; a topic stands in for the column.
        created: seconds since the epoch.
    """

    task: Task
    task_version: int
    input: Columns
    output: Columns | None
    status: Status
    path: Callable[[Any], Path]
    words: Callable[[Sequence[str]], tuple[str, ...]]
    topic: Path | None
    tags: tuple[str, ...]
    created: float

    def read(self, rows: Rows) -> list[tuple[Path, Sample]]:
        """Return a sample with its topic's path for each row. Runs the person's validators.

        A row that does not comply becomes a failed sample with its reason, whose unfinished edit holds its values.

        Raises:
            StudioError: a topic, tag, star or split of a row is none; it names the row.
        """
        taken = self.input.names | (self.output.names if self.output else set())
        own = {name for name in OWN if name in rows.columns and name not in taken}
        return [self._sample(row, label, own) for row, label in zip(rows.rows, rows.labels, strict=True)]

    def _sample(self, row: Row, label: Any, own: set[str]) -> tuple[Path, Sample]:
        def cell(name: str, turn: Callable[[Any], T], otherwise: T) -> T:
            given = row.get(name) if name in own else None
            if is_missing(given) or given == "":
                return otherwise
            try:
                return turn(given)
            except (StudioError, ValueError) as error:
                raise StudioError(f"Row {label!r}, column {name!r}: {error}") from None

        nothing: tuple[str, ...] = ()
        path = self.topic if self.topic is not None else cell("topic", lambda c: self.path(_names(c)), nothing)
        tags = cell("tags", lambda c: self._tags(_names(c)), nothing)
        version = Version(1, "own", task_version=self.task_version, created=self.created)
        sample = Sample(
            new_id(), ROOT, "", source="own", tags=tuple(dict.fromkeys((*tags, *self.tags))),
            stars=cell("stars", _stars, None), split=cell("split", _text, None), current=1, created=self.created,
        )  # fmt: skip
        return path, self._filled(sample, version, row)

    def _tags(self, names: Any) -> tuple[str, ...]:
        words = (names,) if isinstance(names, str) else tuple(names)
        return self.words(words) if words else ()

    def _filled(self, sample: Sample, version: Version, row: Row) -> Sample:
        """Return the sample with what the row holds of it, or failed with the reason."""
        found: dict[str, Json] = {"input": None, "output": None}
        problem: str | None = None
        for part, columns in (("input", self.input), ("output", self.output)):
            try:
                found[part] = columns.read(row) if columns is not None else None
            except ValueError as error:
                problem = problem or f"{part}: {error}"
                found[part] = _shown(columns, row)
        problem = problem or complaint(self.task, **found)
        if problem is None:
            status = "pending" if found["output"] is None else self.status
            return replace(sample, status=status, versions=(replace(version, **found),))
        complies = found["input"] is not None and complaint(self.task, found["input"], None) is None
        version = replace(
            version,
            input=found["input"] if complies else None,
            problem=problem,
            raw=head(json.dumps(found, ensure_ascii=False), RAW_KEPT),
        )
        return replace(
            sample, status="failed", reason=problem, versions=(version,), unfinished={**found, "problem": problem}
        )


def complaint(task: Task, input: Json, output: Json) -> str | None:
    """Say why values do not comply with a task, or ``None``; an output may be missing. Runs the person's validators."""
    if input is None:
        return "input: it is missing"
    for part, value, schema, check in (
        ("input", input, task.input, task.input_problem),
        ("output", output, task.output, task.output_problem),
    ):
        if value is not None and (said := check(value) or (schema.model_problem(value) if schema else None)):
            return f"{part}: {said}"
    return None


def placed(state: State, samples: Iterable[tuple[Path, Sample]]) -> list[Change]:
    """Return the changes that add samples under their topics, and before them the topics that are not there yet."""
    changes: list[Change] = []
    topics: dict[Path, str] = {(): ROOT}
    new: dict[tuple[str, str], str] = {}

    def topic_at(path: Path) -> str:
        if path not in topics:
            parent = topic_at(path[:-1])
            key = (parent, normalised_name(path[-1]))
            known = state.child(parent, path[-1])
            topics[path] = new.get(key) or (known.id if known else new_id())
            if known is None and key not in new:
                new[key] = topics[path]
                changes.append(TopicAdded(Topic(topics[path], parent, path[-1])))
        return topics[path]

    added: list[Change] = []
    for seq, (path, sample) in enumerate(samples, state.seq + 1):
        added.append(SampleAdded(replace(sample, topic=topic_at(path), seq=seq)))
    return changes + added


def _names(cell: Any) -> Any:
    """Return a cell's names: one text, or a list of them; JSON text of a list, as CSV holds it, counts as one."""
    if isinstance(cell, str):
        value = parsed(cell) if cell.startswith("[") else cell
        return value if isinstance(value, list) else cell
    return plain(cell)


def _stars(cell: Any) -> int:
    value = parsed(cell) if isinstance(cell, str) else plain(cell)
    if isinstance(value, bool) or not isinstance(value, int | float) or value not in {1, 2, 3, 4, 5}:
        raise ValueError(f"stars are 1 to 5, not {cell!r}")
    return int(value)


def _text(cell: Any) -> str:
    value = plain(cell)
    if not isinstance(value, str):
        raise ValueError(f"text is wanted, not {cell!r}")  # noqa: TRY004 - told as any other unfit value
    return value


def _shown(columns: Columns | None, row: Row) -> str:
    """Return the words of cells that are no JSON, so that they are not lost."""
    cells = {str(name): row.get(name) for name in sorted(columns.names if columns else (), key=str)}
    return repr(cells)
