"""Commit, journal, listeners; undo and redo.

A `Store` is owned by one thread. Its state changes at `Store.commit`; listeners hear of a commit, and waiting
callers go on, only when the journal has it on disk.
"""

from __future__ import annotations

import logging
import secrets
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path

from synth_widgets.collector import made
from synth_widgets.errors import ClosedError, FileError, ReadOnlyError, warn
from synth_widgets.records import JobRecord, Sample, Topic
from synth_widgets.store.batch import Batch
from synth_widgets.store.changes import Change
from synth_widgets.store.journal import CLOSE_SECONDS, Journal, not_saved, now
from synth_widgets.store.open_file import Trouble
from synth_widgets.store.state import Actor, Group, State
from synth_widgets.store.undo import Reversal, repeat, reverse

log = logging.getLogger(__name__)
Listener = Callable[[Sequence["Commit"]], None]
SLICE = 200
"""Records that one commit of a great action changes: a few milliseconds."""


@dataclass(slots=True)
class Commit:
    """What one commit touched, as it stood right after it; nobody changes it. ``None``: no longer visible.

    Attributes:
        rev: the revision that it made.
        studio: whether something besides topics, samples and jobs may be another: settings, the task, what undo would
            do, which a new group changes, and a job that begins or ends.
        owed: open work items of the touched jobs.
    """

    rev: int
    topics: dict[str, Topic | None] = field(default_factory=dict)
    samples: dict[str, Sample | None] = field(default_factory=dict)
    jobs: dict[str, JobRecord] = field(default_factory=dict)
    owed: dict[str, int] = field(default_factory=dict)
    studio: bool = False


@dataclass(slots=True)
class Action:
    """A person's action that takes several commits: its group, once it has begun."""

    group: int | None = None


class Store:
    """The state with its journal.

    Args:
        path: the studio file, made if it is not there; ``None`` keeps everything in memory.
        post: brings a call to the thread that owns the store; the journal's thread uses it.

    Attributes:
        state: the current state. Read it freely; only `commit` changes it.
        epoch: random text that differs between any two openings.
        read_only: why this store may only read the file, such as who holds it; else ``None``.
        trouble: why the file does not take what was changed, or ``None``.
        closed: whether nothing is taken any more.

    Raises:
        FileError: the file cannot be opened, or is no studio file.
    """

    def __init__(self, path: Path | None, post: Callable[[Callable[[], None]], object]) -> None:
        self.path = path
        self.epoch = secrets.token_hex(8)
        self.trouble: str | None = None
        self._trouble: Trouble | None = None
        self._post = post
        self._listeners: list[Listener] = []
        self._unpublished: deque[Commit] = deque()
        self._waiting: deque[tuple[int, Future[None]]] = deque()
        self.closed = False
        self._empty: set[int] = set()
        """Groups that have changed nothing so far."""
        me = weakref.ref(self)  # else the journal's thread would keep a store, and its state, that nobody holds

        def to_owner(do: Callable[[Store], None]) -> None:
            store = me()
            if store is not None and not store.closed:
                store._post(lambda: do(store))  # noqa: SLF001

        def whole() -> Batch | None:
            store = me()
            return None if store is None else store._whole()  # noqa: SLF001

        self._journal = Journal(
            path,
            on_saved=lambda rev: to_owner(lambda store: store._publish(rev)),  # noqa: SLF001
            on_trouble=lambda trouble: to_owner(lambda store: store._set_trouble(trouble)),  # noqa: SLF001
            whole=whole,
        )
        self.state: State = self._journal.load()
        self.read_only = self._journal.read_only
        for note in self._journal.notes:
            warn(f"{path}: {note}")
        self.saved_rev = self.state.rev

    # ------------------------------------------------------------ changes
    def commit(
        self,
        changes: Iterable[Change | None],
        *,
        actor: Actor = "person",
        label: str = "",
        job: str | None = None,
        ends: bool = False,
        action: Action | None = None,
    ) -> int:
        """Apply changes as one step and queue them for the file; return the revision they made.

        Args:
            changes: what to do; ``None`` among them is passed over. Nothing at all makes no revision.
            actor: a person's step is written at once and clears redo; a job's steps are gathered.
            label: what it was, for the undo button.
            job: the job's id, for ``actor="job"``.
            ends: whether this is the job's last step; when it changed nothing, there is nothing to undo.
            action: the person's action that this is a part of; the newest label names the whole.

        Raises:
            ReadOnlyError: another process holds the file.
            ClosedError: the store was closed.
        """
        wanted = [change for change in changes if change is not None]
        self.check_writable()
        begun = self.state.groups.get(action.group or -1) if action is not None else None
        if not wanted and (begun is None or begun.label == label):
            return self.state.rev
        group, groups = self._group(actor, label, job) if begun is None else self._go_on(begun, label)
        is_empty = (group in self._empty or group not in self.state.groups) and all(c.entry() is None for c in wanted)
        if ends and is_empty and group is not None:
            made = next((each for each in groups if each.id == group), None) or self.state.groups[group]
            groups += (replace(made, dead=True),)
        rev = self._apply(wanted, group, groups, urgent=actor != "job")
        if group is not None:
            (self._empty.add if is_empty else self._empty.discard)(group)
        if action is not None:
            action.group = group
        return rev

    def check_writable(self) -> None:
        """Raise when nothing may be changed here."""
        if self.closed:
            raise ClosedError("This studio is closed. Make it again: studio = sw.Studio(…).")
        if self.read_only is not None:
            is_held = self.read_only.startswith("open in another kernel")
            raise ReadOnlyError(
                f"{self.path} is {self.read_only}, so this one can only read it. Close it there (studio.close(), or "
                "shut that kernel down), then run the cell again."
                if is_held
                else f"{self.path} can only be read: {self.read_only}. Mend that and run the cell again, or copy it: "
                "studio.backup('another place.synth') writes a copy that can be opened and changed."
            )

    def undo(self, entries: list[list[object]], group: Group) -> Reversal:
        """Take a group back, given its log entries, or all those of some of its records; see `entries`."""
        return self._step(group, reverse(entries, self.state), undone=self.state.rev + 1)

    def redo(self, entries: list[list[object]], group: Group) -> Reversal:
        """Make an undone group again, given its log entries, or all those of some of its records."""
        return self._step(group, repeat(entries, self.state), undone=None)

    def entries(self, group: Group) -> Future[list[list[object]]]:
        """Read a group's log entries from the file."""
        return self._journal.entries(group.id)

    def raw(self, calls: Iterable[str]) -> Future[dict[str, str | None]]:
        """Read the raw answers of calls from the file."""
        return self._journal.raw(calls)

    def _step(self, group: Group, reversal: Reversal, *, undone: int | None) -> Reversal:
        self.check_writable()
        now_is = self.state.groups[group.id]
        stepped: tuple[Group, ...] = ()
        if (now_is.undone is None) != (undone is None):  # else only this part of it is left
            stepped = (replace(now_is, undone=undone, made=now_is.made if undone else self.state.rev + 1),)
        self._apply(list(reversal.changes), None, stepped, urgent=True)
        return reversal

    def _go_on(self, group: Group, label: str) -> tuple[int, tuple[Group, ...]]:
        """Return the group of an action that goes on, and what must be written of it."""
        return group.id, () if group.label == label else (replace(group, label=label),)

    def _group(self, actor: Actor, label: str, job: str | None) -> tuple[int | None, tuple[Group, ...]]:
        """Return the group to log under, and the groups that must be written."""
        if actor == "system":
            return None, ()
        known = self.state.groups.get(self.state.group_of_job.get(job or "", -1))
        if known is not None and known.undone is None:
            return known.id, ()  # a job that was undone and goes on gets a group of its own
        dropped = self.state.without_redo() if actor == "person" else ()
        group = Group(self.state.newest_group + 1, actor, label, job, made=self.state.rev + 1)
        return group.id, (*dropped, group)

    def _apply(self, changes: list[Change], group: int | None, groups: tuple[Group, ...], *, urgent: bool) -> int:
        state = self.state
        batch = Batch(state.rev + 1, now(), urgent, group, groups=groups)
        applied: list[tuple[Change, object]] = []
        try:
            for change in changes:
                applied.append((change, change.held(state)))
                change.apply(state, batch)
                if group is not None and (entry := change.entry()) is not None:
                    batch.entries.append(entry)
        except BaseException:  # memory must not hold a part of a step that the file will never hear of
            for change, held in reversed(applied):
                change.put_back(state, held)
            state.reindex()
            raise
        rev = state.rev = batch.rev
        for each in groups:
            state.put_group(each)
        self._unpublished.append(self._told(batch))
        self._journal.write(batch)
        made(len(changes))
        return rev

    def _told(self, batch: Batch) -> Commit:
        """Return what listeners hear of a commit."""
        state = self.state
        topics: dict[str, Topic | None] = {i: None if i in state.hidden else t for i, t in batch.topics.items()}
        samples: dict[str, Sample | None] = {i: s if state.is_visible(s) else None for i, s in batch.samples.items()}
        for root in batch.subtrees:
            self._touch_below(root, topics, samples)
        owed = {i: len(state.items.get(i, ())) for i in batch.jobs}
        return Commit(batch.rev, topics, samples, batch.jobs, owed, batch.studio or bool(batch.groups))

    def _touch_below(self, topic: str, topics: dict[str, Topic | None], samples: dict[str, Sample | None]) -> None:
        """Add all topics and samples at and below one to what was touched."""
        state, stack = self.state, [topic]
        while stack:
            here = stack.pop()
            topics[here] = None if here in state.hidden else state.topics[here]
            for ident in state.by_topic.get(here, ()):
                samples[ident] = s if state.is_visible(s := state.samples[ident]) else None
            stack.extend(state.children.get(here, ()))

    # ------------------------------------------------------------ the file
    def saved(self, rev: int | None = None) -> Future[None]:
        """Return a future that is done when a revision (the newest, without one) is on disk.

        It fails with `FileError` when the file refuses; what was changed stays queued and is tried again.
        """
        wanted = self.state.rev if rev is None else rev
        future: Future[None] = Future()
        if wanted <= self.saved_rev:
            future.set_result(None)
        elif self._trouble is not None:
            future.set_exception(not_saved(self.path, self._trouble))
        else:
            self._waiting.append((wanted, future))
        return future

    def settle(self) -> None:
        """Empty the WAL once what is queued is written, so that a copied file is whole."""
        if not self.closed:
            self._journal.settle()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call a listener on the owner's thread with commits that are on disk; return what ends it."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def check(self) -> Future[None]:
        """Return a future that is done when all is on disk, under the file's name; it fails with `FileError`.

        Unlike `saved`, it looks at the file though nothing may have changed.
        """
        return self._journal.check() if self.path is not None and not self.closed else self.saved()

    def backup(self, target: Path) -> Future[None]:
        """Write all that is in memory as another file; return a future that is done when it is there.

        The name of the store's own file, when it leads nowhere any more, may be given too: it is written there anew,
        and the store goes on with it. The future fails with `FileError` when there is a file of that name, or when it
        cannot be written.
        """
        return self._journal.copy(target, self._whole())

    def _whole(self) -> Batch:
        """Return all that is in memory as one batch, but for versions, which its samples have, and what undo needs.

        On the owner's thread, or when it is closed.
        """
        state = self.state
        batch = Batch(state.rev, now(), urgent=True)
        batch.topics, batch.samples = dict(state.topics), dict(state.samples)
        batch.jobs, batch.settings = dict(state.jobs), dict(state.settings)
        batch.sessions, batch.calls = tuple(state.sessions.values()), list(state.calls.values())
        batch.planned = tuple([item for items in tuple(state.items.values()) for item in tuple(items.values())])
        batch.tasks = tuple(enumerate(state.tasks, start=1))
        batch.groups = tuple([replace(group, dead=True) for group in tuple(state.groups.values())])
        return batch

    def close(self) -> None:
        """Write what is queued and give the file free. Waits for the disk.

        Raises:
            FileError: something could not be written.
        """
        if not self.closed:
            wait([self.begin_close()], CLOSE_SECONDS)
            self.end_close()

    def begin_close(self) -> Future[None]:
        """Take nothing more, and write what is queued. When what comes back is done, or late, call `end_close`."""
        self.closed = True
        return self._journal.begin_close()

    def end_close(self) -> None:
        """Tell who waits what was written.

        Raises:
            FileError: something could not be written.
        """
        lost = self._journal.lost()
        self._publish(self.state.rev if lost is None else self.saved_rev)
        if lost is not None:
            error = FileError(f"{self.path} did not take the last changes: {lost}.")
            self._disappoint(error)
            raise error

    def _publish(self, rev: int) -> None:
        self.saved_rev = max(self.saved_rev, rev)
        ready: list[Commit] = []
        while self._unpublished and self._unpublished[0].rev <= rev:
            ready.append(self._unpublished.popleft())
        if ready:
            self._tell(ready)
        while self._waiting and self._waiting[0][0] <= rev:
            future = self._waiting.popleft()[1]
            if future.set_running_or_notify_cancel():
                future.set_result(None)

    def _set_trouble(self, trouble: Trouble | None) -> None:
        changed = trouble != self._trouble
        self._trouble, self.trouble = trouble, trouble.text if trouble is not None else None
        if trouble is not None:
            self._disappoint(not_saved(self.path, trouble))
        if changed:
            self.tell_studio()
            self._journal.was_told()

    def tell_studio(self) -> None:
        """Tell every listener that something is another now which no commit says, such as a budget."""
        self._tell([Commit(self.saved_rev, studio=True)])

    def _disappoint(self, error: FileError) -> None:
        """Tell all who wait for the disk that they wait in vain."""
        while self._waiting:
            future = self._waiting.popleft()[1]
            if future.set_running_or_notify_cancel():
                future.set_exception(error)

    def _tell(self, commits: Sequence[Commit]) -> None:
        """Tell every listener; one that fails must not keep callers waiting for what is on disk."""
        for listener in tuple(self._listeners):
            try:
                listener(commits)
            except Exception:
                log.exception("A listener failed.")
