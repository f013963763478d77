"""The changes: the only way the state changes.

Each change can be applied, taken back and done again (`synth_widgets.store.undo`). Nothing is ever deleted: what was
added is marked removed, and versions and calls stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from synth_widgets.errors import StudioError
from synth_widgets.records import Call, JobRecord, Json, Sample, Session, Topic, Version, WorkItem
from synth_widgets.store.batch import Batch
from synth_widgets.store.columns import MOST_LEVELS
from synth_widgets.store.items import OpenItems
from synth_widgets.store.record_factories import replacer
from synth_widgets.store.state import State
from synth_widgets.task import Task
from synth_widgets.text.normal import same

_changed = replacer(Sample)


@dataclass(slots=True)
class Change:
    """One edit. Subclasses say what of. Nobody changes one once it is made; that Python refuses it, too, costs time."""

    kind: ClassVar[str] = ""
    table: ClassVar[str] = ""
    """The mapping of `State` that the record stands in."""

    @property
    def ident(self) -> str:
        """The record's key in its table."""
        raise NotImplementedError(self.kind)

    def apply(self, state: State, batch: Batch) -> None:
        """Make the edit, and say in the batch what must be written and who must hear of it."""
        raise NotImplementedError(self.kind)

    def held(self, state: State) -> Any:
        """Return what the edit will overwrite, for `put_back`."""
        return getattr(state, self.table).get(self.ident)

    def put_back(self, state: State, held: Any) -> None:
        """Take the edit back, made or half made, where the step that it is a part of failed; indexes are made anew."""
        table = getattr(state, self.table)
        if held is None:
            table.pop(self.ident, None)
        else:
            table[self.ident] = held

    def entry(self) -> list[Json] | None:
        """Return what the log must hold to take this back, or ``None`` when nothing can be."""
        return None


@dataclass(slots=True)
class TopicAdded(Change):
    """A topic came into being."""

    kind: ClassVar[str] = "topic+"
    table: ClassVar[str] = "topics"
    topic: Topic

    @property
    def ident(self) -> str:
        return self.topic.id

    def apply(self, state: State, batch: Batch) -> None:
        _check_levels(state, self.topic)
        state.put_topic(self.topic)
        batch.topics[self.topic.id] = self.topic

    def entry(self) -> list[Json]:
        return [TopicChanged.kind, self.topic.id, {"removed": True}, {"removed": False}]


@dataclass(slots=True)
class TopicChanged(Change):
    """Fields of a topic: what they were and what they are."""

    kind: ClassVar[str] = "topic"
    table: ClassVar[str] = "topics"
    id: str
    before: Mapping[str, Json]
    after: Mapping[str, Json]

    @property
    def ident(self) -> str:
        return self.id

    def apply(self, state: State, batch: Batch) -> None:
        was_hidden = self.id in state.hidden
        topic = replace(state.topics[self.id], **self.after)
        if "parent" in self.after:
            _check_levels(state, topic)
        state.put_topic(topic)
        batch.topics[self.id] = topic
        if (self.id in state.hidden) != was_hidden:
            batch.subtrees += (self.id,)

    def entry(self) -> list[Json]:
        return [self.kind, self.id, dict(self.before), dict(self.after)]


@dataclass(slots=True)
class SampleAdded(Change):
    """A sample came into being, with its first version."""

    kind: ClassVar[str] = "sample+"
    table: ClassVar[str] = "samples"
    sample: Sample

    @property
    def ident(self) -> str:
        return self.sample.id

    def apply(self, state: State, batch: Batch) -> None:
        state.put_sample(self.sample)
        batch.samples[self.sample.id] = self.sample
        batch.versions += [(self.sample.id, version) for version in self.sample.versions]

    def entry(self) -> list[Json]:
        return [SampleChanged.kind, self.sample.id, {"removed": True}, {"removed": False}]


@dataclass(slots=True)
class SampleChanged(Change):
    """Fields of a sample; a new version comes along with the change of ``current`` that shows it."""

    kind: ClassVar[str] = "sample"
    table: ClassVar[str] = "samples"
    id: str
    before: Mapping[str, Json]
    after: Mapping[str, Json]
    version: Version | None = None

    @property
    def ident(self) -> str:
        return self.id

    def apply(self, state: State, batch: Batch) -> None:
        sample = state.samples[self.id]
        fields: dict[str, Any] = dict(self.after)
        if "tags" in fields:
            fields["tags"] = tuple(fields["tags"])
        if self.version is not None:
            fields["versions"] = (*sample.versions, self.version)
            batch.versions.append((self.id, self.version))
        sample = _changed(sample, **fields)
        state.put_sample(sample)
        batch.samples[self.id] = sample

    def entry(self) -> list[Json]:
        return [self.kind, self.id, dict(self.before), dict(self.after)]


@dataclass(slots=True)
class SettingChanged(Change):
    """One of the studio's own settings, such as its guidance."""

    kind: ClassVar[str] = "setting"
    table: ClassVar[str] = "settings"
    key: str
    before: Json
    after: Json

    @property
    def ident(self) -> str:
        return self.key

    def apply(self, state: State, batch: Batch) -> None:
        state.settings[self.key] = batch.settings[self.key] = self.after
        batch.studio = True

    def entry(self) -> list[Json]:
        return [self.kind, self.key, {"value": self.before}, {"value": self.after}]


@dataclass(slots=True)
class TaskChanged(Change):
    """A new version of the task."""

    kind: ClassVar[str] = "task"
    task: Task

    def apply(self, state: State, batch: Batch) -> None:
        state.tasks.append(self.task)
        batch.tasks += ((len(state.tasks), self.task),)
        batch.studio = True

    def held(self, state: State) -> int:
        return len(state.tasks)

    def put_back(self, state: State, held: int) -> None:
        del state.tasks[held:]


@dataclass(slots=True)
class SessionAdded(Change):
    """A sitting began."""

    kind: ClassVar[str] = "session"
    table: ClassVar[str] = "sessions"
    session: Session

    @property
    def ident(self) -> str:
        return self.session.id

    def apply(self, state: State, batch: Batch) -> None:
        state.sessions[self.session.id] = self.session
        batch.sessions += (self.session,)
        batch.studio = True


@dataclass(slots=True)
class JobChanged(Change):
    """A job began, ended, or counted on; items it planned and items it finished go along.

    Attributes:
        owes_nothing: whether all items that are still open are given up: a million of them as quickly as one.
    """

    kind: ClassVar[str] = "job"
    table: ClassVar[str] = "jobs"
    job: JobRecord
    planned: tuple[WorkItem, ...] = ()
    finished: tuple[WorkItem, ...] = ()
    owes_nothing: bool = False

    @property
    def ident(self) -> str:
        return self.job.id

    def apply(self, state: State, batch: Batch) -> None:
        before = state.jobs.get(self.job.id)
        state.jobs[self.job.id] = batch.jobs[self.job.id] = self.job
        if before is None or before.status != self.job.status:  # what was spent, and what undo would do, is told anew
            batch.studio = True
        batch.planned += self.planned
        batch.finished += self.finished
        items = state.open_items(self.job.id)
        for item in self.planned:
            items.put(item)
        for item in self.finished:
            items.drop(item)
        if self.owes_nothing:
            state.items[self.job.id] = OpenItems()
            batch.settled += (self.job.id,)

    def held(self, state: State) -> tuple[JobRecord | None, OpenItems | None, list[WorkItem]]:
        items = state.items.get(self.job.id)
        touched = (*self.planned, *self.finished) if items is not None else ()
        found = [old for item in touched if items is not None and (old := items.get(item.key)) is not None]
        return state.jobs.get(self.job.id), items, found

    def put_back(self, state: State, held: tuple[JobRecord | None, OpenItems | None, list[WorkItem]]) -> None:
        job, items, found = held
        Change.put_back(self, state, job)
        if items is None:
            state.items.pop(self.job.id, None)
            return
        state.items[self.job.id] = items
        for item in self.planned:
            items.drop(item)
        for item in found:
            items.put(item)


@dataclass(slots=True)
class CallAdded(Change):
    """A model was asked: a line of the ledger. The state keeps it without its raw text.

    Attributes:
        is_open: whether its answer still comes; what it took counts when the line is written for the last time.
    """

    kind: ClassVar[str] = "call"
    table: ClassVar[str] = "calls"
    call: Call
    is_open: bool = False

    @property
    def ident(self) -> str:
        return self.call.id

    def apply(self, state: State, batch: Batch) -> None:
        state.put_call(self.call, is_open=self.is_open)
        batch.calls.append(self.call)

    def held(self, state: State) -> Any:
        return Change.held(self, state), state.ledger.held(self.call)

    def put_back(self, state: State, held: Any) -> None:
        Change.put_back(self, state, held[0])
        state.ledger.put_back(self.call, held[1])


def sample_change(sample: Sample, *, version: Version | None = None, **after: Json) -> SampleChanged | None:
    """Return the change that gives a sample these fields, or ``None`` when it has them already."""
    before: dict[str, Json] = {}
    fields: dict[str, Json] = {}
    for name, value in after.items():
        old = getattr(sample, name)
        if old is not value and not same(old := plain(old), plain(value)):
            before[name], fields[name] = old, value
    return SampleChanged(sample.id, before, fields, version) if fields or version is not None else None


def topic_change(topic: Topic, **after: Json) -> TopicChanged | None:
    """Return the change that gives a topic these fields, or ``None`` when it has them already."""
    fields = {k: v for k, v in after.items() if getattr(topic, k) != v}
    return TopicChanged(topic.id, {k: plain(getattr(topic, k)) for k in fields}, fields) if fields else None


def _check_levels(state: State, topic: Topic) -> None:
    """Raise where a topic would stand, or what is below it, deeper than a file may have topics."""
    if topic.parent is not None and len(state.lineage(topic.parent)) + state.levels_below(topic.id) > MOST_LEVELS:
        raise StudioError(f"{topic.name!r} would bring topics more than {MOST_LEVELS} levels below one another.")


def plain(value: Json) -> Json:
    """Return tuples as lists and mappings as dicts, as JSON would give them back."""
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value
