"""What a studio holds now: topics, samples, jobs, settings, and the indexes over them.

One thread owns a `State` and only changes alter it. Other threads may read: records are frozen, and a read takes
one reference (``tuple(state.samples.values())``).
"""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from synth_widgets.records import (
    ROOT,
    Call,
    JobRecord,
    Json,
    Path,
    Sample,
    Session,
    Topic,
)
from synth_widgets.store.items import OpenItems
from synth_widgets.store.ledger import Ledger
from synth_widgets.store.record_factories import replacer
from synth_widgets.task import Task, normalised_name

_changed = replacer(Call)

Actor = Literal["person", "job", "system"]


@dataclass(frozen=True, slots=True)
class Group:
    """Changes that are undone together: one action of a person, or one job.

    Attributes:
        label: what it was, for the undo button ("Reject 3").
        made: the revision at which it was begun, or last redone: what was made last is undone first.
        undone: the revision at which it was undone, or ``None``.
        dead: undone, and can no longer be redone.
    """

    id: int
    actor: Actor
    label: str
    job: str | None = None
    made: int = 0
    undone: int | None = None
    dead: bool = False


@dataclass
class State:
    """Current values of everything, with the indexes that reads need."""

    topics: dict[str, Topic] = field(default_factory=lambda: {ROOT: Topic(ROOT, None, "")})
    samples: dict[str, Sample] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    jobs: dict[str, JobRecord] = field(default_factory=dict)
    items: dict[str, OpenItems] = field(default_factory=dict)
    """Open work items, by job."""
    ledger: Ledger = field(default_factory=Ledger)
    settings: dict[str, Json] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    """All versions of the task, the newest last."""
    groups: dict[int, Group] = field(default_factory=dict)
    group_of_job: dict[str, int] = field(default_factory=dict)
    newest_group: int = 0
    """The highest number of a group."""
    rev: int = 0

    by_topic: dict[str, dict[str, None]] = field(default_factory=dict)
    children: dict[str, dict[str, None]] = field(default_factory=dict)
    named: dict[tuple[str, str], dict[str, None]] = field(default_factory=dict)
    """Ids of topics by parent and normalised name; of several, one at most is visible."""
    hidden: set[str] = field(default_factory=set)
    """Ids of topics that are removed, or below one that is."""
    visibility_changes: int = 0
    """How often a topic or a sample was hidden or shown again. It only grows: who asks whether something was removed
    meanwhile compares it, not sizes, which are the same again once something else was brought back."""
    seq: int = 0
    undo_stack: list[int] = field(default_factory=list)
    redo_stack: list[int] = field(default_factory=list)

    # ------------------------------------------------------------ topics
    def path(self, topic: str) -> Path:
        """Return the path of a topic's id."""
        names: list[str] = []
        node = self.topics[topic]
        while node.parent is not None:
            names.append(node.name)
            node = self.topics[node.parent]
        return tuple(reversed(names))

    def lineage(self, topic: str) -> list[Topic]:
        """Return the topics from the root down to this one."""
        nodes = [self.topics[topic]]
        while nodes[-1].parent is not None:
            nodes.append(self.topics[nodes[-1].parent])
        return nodes[::-1]

    def levels_below(self, topic: str) -> int:
        """Return how many levels of topics, removed ones too, stand below one."""
        levels, level = 0, tuple(self.children.get(topic, ()))
        while level:
            levels, level = levels + 1, tuple([child for i in level for child in self.children.get(i, ())])
        return levels

    def child(self, parent: str, name: str) -> Topic | None:
        """Return the visible child of this name (after NFC and case folding), or ``None``."""
        found = tuple(self.named.get((parent, normalised_name(name)), ()))
        return next((self.topics[i] for i in found if i not in self.hidden), None)

    def namesake(self, parent: str, name: str) -> Topic | None:
        """Return the child of this name that is not removed itself, seen or below something that is."""
        found = tuple(self.named.get((parent, normalised_name(name)), ()))
        return next((topic for i in found if not (topic := self.topics[i]).removed), None)

    def find(self, path: Path) -> Topic | None:
        """Return the visible topic of a path, or ``None``."""
        node: Topic | None = self.topics[ROOT]
        for name in path:
            node = self.child(node.id, name) if node else None
        return node

    def visible_children(self, parent: str) -> list[Topic]:
        """Return the children that are not removed, in the order they were made."""
        return [self.topics[i] for i in tuple(self.children.get(parent, ())) if i not in self.hidden]

    def subtree(self, topic: str) -> Iterator[Topic]:
        """Yield the visible topics at and below one, each before its children."""
        stack = [topic]
        while stack:
            here = stack.pop()
            if here not in self.hidden:
                yield self.topics[here]
                stack.extend(reversed(tuple(self.children.get(here, ()))))

    def iter_leaves(self, topic: str) -> Iterator[Topic]:
        """Yield the visible topics at or below one that have no visible children, each as it is at its turn."""
        return (t for t in self.subtree(topic) if not self.visible_children(t.id))

    # ------------------------------------------------------------ samples
    def is_visible(self, sample: Sample) -> bool:
        """Whether neither the sample nor a topic above it is removed."""
        return not sample.removed and sample.topic not in self.hidden

    def visible_samples(self) -> list[Sample]:
        """Return the samples that are not removed, in the order they were made."""
        return [s for s in tuple(self.samples.values()) if not s.removed and s.topic not in self.hidden]

    def samples_at(self, topic: str) -> list[Sample]:
        """Return the visible samples right at one topic."""
        if topic in self.hidden:
            return []
        samples = self.samples
        return [s for i in tuple(self.by_topic.get(topic, ())) if not (s := samples[i]).removed]

    def counts(self, topic: str) -> Counter[str]:
        """Return how many visible samples of each status stand at or below a topic."""
        return Counter(s.status for t in self.subtree(topic) for s in self.samples_at(t.id))

    # ------------------------------------------------------------ writes, for changes and loading only
    def put_topic(self, topic: Topic) -> None:
        """Insert or replace a topic and mend the indexes."""
        old = self.topics.get(topic.id)
        self.topics[topic.id] = topic
        if old is not None and old.parent is not None and old.parent != topic.parent:
            self.children[old.parent].pop(topic.id, None)
        if old is not None and old.parent is not None:
            self.named[old.parent, normalised_name(old.name)].pop(topic.id, None)
        if topic.parent is not None:
            self.children.setdefault(topic.parent, {})[topic.id] = None
            self.named.setdefault((topic.parent, normalised_name(topic.name)), {})[topic.id] = None
        if old is None or old.removed != topic.removed or old.parent != topic.parent:
            self._mark_hidden(topic.id)
            self.visibility_changes += 1

    def _mark_hidden(self, topic: str) -> None:
        parent = self.topics[topic].parent
        stack = [(topic, parent in self.hidden)]
        while stack:
            here, above = stack.pop()
            gone = above or self.topics[here].removed
            (self.hidden.add if gone else self.hidden.discard)(here)
            stack.extend((child, gone) for child in self.children.get(here, ()))

    def put_sample(self, sample: Sample) -> None:
        """Insert or replace a sample and mend the indexes."""
        old = self.samples.get(sample.id)
        if old is None:
            self.seq = max(self.seq, sample.seq)
        elif old.topic != sample.topic:
            self.by_topic[old.topic].pop(sample.id, None)
        if old is not None and (old.removed != sample.removed or old.topic != sample.topic):
            self.visibility_changes += 1
        self.samples[sample.id] = sample
        if old is None or old.topic != sample.topic:
            self.by_topic.setdefault(sample.topic, {})[sample.id] = None

    def open_items(self, job: str) -> OpenItems:
        """Return the open items of a job, to put some in or take some out."""
        found = self.items.get(job)
        if found is None:
            found = self.items[job] = OpenItems()
        return found

    def put_call(self, call: Call, *, is_open: bool = False) -> None:
        """Insert or replace a call, without its raw text, and count it; see `Ledger.put`."""
        self.ledger.put(call, self.calls.get(call.id), is_open=is_open)
        self.calls[call.id] = call if call.raw is None else _changed(call, raw=None)

    def put_group(self, group: Group) -> None:
        """Insert or replace a group and mend the undo and redo stacks."""
        old = self.groups.get(group.id)
        if old is not None and not old.dead:
            stack = self.undo_stack if old.undone is None else self.redo_stack
            if group.id in stack:
                stack.remove(group.id)
        self.groups[group.id] = group
        self.newest_group = max(self.newest_group, group.id)
        if group.job is not None:
            self.group_of_job[group.job] = group.id
        if group.actor == "system" or group.dead:
            return
        if group.undone is None:
            insort(self.undo_stack, group.id, key=lambda g: self.groups[g].made)
        else:
            insort(self.redo_stack, group.id, key=lambda g: self.groups[g].undone or 0)

    def without_redo(self) -> list[Group]:
        """Return every undone group as a dead one, which it becomes when a person goes another way."""
        return [replace(self.groups[i], dead=True) for i in self.redo_stack]

    def reindex(self) -> None:
        """Make the indexes anew from the records, where a step that failed half-way was taken back."""
        children: dict[str, dict[str, None]] = {}
        named: dict[tuple[str, str], dict[str, None]] = {}
        for topic in self.topics.values():
            if topic.parent is not None:
                children.setdefault(topic.parent, {})[topic.id] = None
                named.setdefault((topic.parent, normalised_name(topic.name)), {})[topic.id] = None
        by_topic: dict[str, dict[str, None]] = {}
        for sample in self.samples.values():
            by_topic.setdefault(sample.topic, {})[sample.id] = None
        self.children, self.named, self.by_topic = children, named, by_topic
        self.seq = max((sample.seq for sample in self.samples.values()), default=0)
        self.hidden.intersection_update(self.topics)
        self._mark_hidden(ROOT)

    # ------------------------------------------------------------ undo
    def next_undo(self) -> Group | None:
        """Return the group that undo would take back: the newest that is not a running job."""
        for number in reversed(self.undo_stack):
            if self.can_step(number, is_undo=True):
                return self.groups[number]
        return None

    def next_redo(self) -> Group | None:
        """Return the group that redo would bring back: the last one undone."""
        newest = self.redo_stack[-1:]  # one look: it may be asked on another thread
        return self.groups[newest[0]] if newest else None

    def can_step(self, group: int, *, is_undo: bool) -> bool:
        """Whether a group can be undone, or redone, as things are now."""
        found = self.groups[group]
        if found.dead or (found.undone is None) != is_undo:
            return False
        return not is_undo or found.job is None or self.jobs[found.job].status != "running"

    @property
    def task(self) -> Task:
        """The newest version of the task."""
        return self.tasks[-1]
