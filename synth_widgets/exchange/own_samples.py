"""A person's own rows as samples: read, checked against the task, and placed under their topics."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from synth_widgets.exchange import metadata
from synth_widgets.exchange.columns import Columns
from synth_widgets.exchange.rows import Row, Rows
from synth_widgets.records import ROOT, Json, Path, Sample, Status, Topic, Version, new_id
from synth_widgets.sample_status import Event, status_after
from synth_widgets.store.changes import Change, SampleAdded, TopicAdded
from synth_widgets.store.state import State
from synth_widgets.task import Task, normalised_name
from synth_widgets.text.normal import head, normal_form

RAW_KEPT = 65_536
"""Characters of a row that does not comply which its sample keeps as its raw text."""
METADATA: tuple[str, ...] = ("topic", "tags", "stars", "split")
"""The columns besides input and output that are taken by name."""


@dataclass(frozen=True, slots=True)
class Reader:
    """How rows become samples.

    Attributes:
        task, task_version: what they must comply with.
        input, output: their columns; ``output`` is ``None`` where no column has any.
        status: of the samples that comply and have an output.
        topic, tags: for all rows; a topic stands in for the column.
        created: seconds since the epoch.
        is_topic: see `metadata.IsTopic`.
    """

    task: Task
    task_version: int
    input: Columns
    output: Columns | None
    status: Status
    topic: Path | None
    tags: tuple[str, ...]
    created: float
    is_topic: metadata.IsTopic

    def read(self, rows: Rows) -> list[tuple[Path, Sample]]:
        """Return a sample with its topic's path for each row. Runs the person's validators.

        A row that does not comply becomes a failed sample with its reason, whose unfinished edit holds its values.

        Raises:
            StudioError: a topic, tag, star or split of a row is none; it names the row.
        """
        data_columns = self.input.names | (self.output.names if self.output else frozenset())
        own = {name for name in METADATA if name in rows.columns and name not in data_columns}
        return [self._sample(row, label, own) for row, label in zip(rows.rows, rows.labels, strict=True)]

    def _sample(self, row: Row, label: Any, own: set[str]) -> tuple[Path, Sample]:
        said = {name: metadata.read(name, row, label, self.is_topic) for name in METADATA if name in own}
        path: Path = said.get("topic", ()) if self.topic is None else self.topic
        version, unfinished = self._version(row)
        sample = Sample(
            new_id(), ROOT, "", "own", **status_after(Event.OWN_ROW_ADDED, None, version),
            tags=tuple(dict.fromkeys((*said.get("tags", ()), *self.tags))), stars=said.get("stars"),
            split=said.get("split"), current=1, unfinished=unfinished, created=self.created, versions=(version,),
        )  # fmt: skip
        if self.status == "kept" and sample.status == "draft":
            sample = replace(sample, **status_after(Event.KEPT, sample, version))
        return path, sample

    def _version(self, row: Row) -> tuple[Version, Json]:
        """Return a version of what the row holds; with a problem and an unfinished edit where it does not comply."""
        version = Version(1, "own", task_version=self.task_version, created=self.created)
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
            return replace(version, **found), None
        complies = found["input"] is not None and complaint(self.task, found["input"], None) is None
        version = replace(
            version,
            input=found["input"] if complies else None,
            problem=problem,
            raw=head(json.dumps(found, ensure_ascii=False), RAW_KEPT),
        )
        return version, {**found, "problem": problem}


def complaint(task: Task, input: Json, output: Json) -> str | None:
    """Say why values do not comply with a task, or ``None``; an output may be missing. Runs the person's validators."""
    if input is None:
        return "input: it is missing"
    for part, value, schema, check in (
        ("input", input, task.input, task.input_problem),
        ("output", output, task.output, task.output_problem),
    ):
        if value is not None and (problem := check(value) or (schema.model_problem(value) if schema else None)):
            return f"{part}: {problem}"
    return None


def _shown(columns: Columns | None, row: Row) -> str:
    """Return the words of cells that are no JSON, so that they are not lost."""
    cells = {str(name): row.get(name) for name in sorted(columns.names if columns else (), key=str)}
    try:
        return repr(cells)
    except Exception as error:  # noqa: BLE001 - a person's class may raise anything
        return f"what cannot be shown ({type(error).__name__})"


def repeats(state: State, samples: Iterable[Sample]) -> int:
    """Return how many of the samples have an input that is there before, in the studio or further up."""
    forms = {normal_form(s.input) for s in state.visible_samples() if s.input is not None}
    count = 0
    for sample in samples:
        if sample.input is not None:
            form = normal_form(sample.input)
            count += form in forms
            forms.add(form)
    return count


def placed(state: State, samples: Iterable[tuple[Path, Sample]]) -> list[Change]:
    """Return the changes that add samples under their topics, and before them the topics that are not there yet."""
    plan = TopicPlan(state)
    added = [
        SampleAdded(replace(sample, topic=plan.id_of(path), seq=seq))
        for seq, (path, sample) in enumerate(samples, state.seq + 1)
    ]
    return [*plan.changes, *added]


class TopicPlan:
    """Finds the topics of paths, and plans those that are not there yet.

    Attributes:
        changes: what adds the new topics, ancestors first; to be committed before anything is put under them.
    """

    def __init__(self, state: State) -> None:
        self.changes: list[Change] = []
        self._state = state
        self._known: dict[Path, str] = {(): ROOT}
        self._new: dict[tuple[str, str], str] = {}

    def id_of(self, path: Path) -> str:
        """Return the id of a path's topic."""
        if path not in self._known:
            parent = self.id_of(path[:-1])
            key = (parent, normalised_name(path[-1]))
            topic = self._state.child(parent, path[-1])
            ident = topic.id if topic is not None else self._new.get(key)
            if ident is None:
                ident = self._new[key] = new_id()
                self.changes.append(TopicAdded(Topic(ident, parent, path[-1])))
            self._known[path] = ident
        return self._known[path]
