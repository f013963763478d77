"""What the browser's replica is told: snapshots in pages, then deltas. All follows the commit to disk.

The engine's thread never computes more rows in one go than a page has; between two pages others have their turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any

from synth_widgets.collector import collector_off
from synth_widgets.errors import FileError
from synth_widgets.records import ROOT, JobRecord, Sample, Topic
from synth_widgets.widget import rows
from synth_widgets.widget.host import CommitLike, Host, StateLike
from synth_widgets.widget.protocol import PROTOCOL, Delta, Snapshot
from synth_widgets.widget.replica import JobRow, StudioView, TaskView

PAGE_ROWS = 320
"""Samples a page of a snapshot, and operations a delta: about 250 kB."""
DELTA_BYTES = 256_000
SCANNED = 5_000
"""Samples that are looked at in one go."""
JOBS = 50
"""Jobs that the list of them shows."""
ROW_BYTES = 400
"""JSON of a row without its texts."""


class Outbox:
    """Keeps the replica of one widget model true.

    Args:
        host: what lives behind the studio.
        say: sends one message to every view of the model.
    """

    def __init__(self, host: Host, say: Callable[[Any], None]) -> None:
        self.host = host
        self.attached = False
        """Whether a browser has said hello."""
        self.rev = 0
        """Revision that the browser has, or will have when all that was sent has arrived."""
        self._say = say
        self._busy = 0
        """Snapshots and long deltas that are on their way or wait for it; what is committed meanwhile is held."""
        self._is_asked = False
        """Whether a snapshot is still to begin."""
        self._held: list[CommitLike] = []
        self._one_at_a_time = asyncio.Lock()
        self._telling: asyncio.Task[None] | None = None
        self._studio_view: StudioView | None = None
        self._task_view: TaskView | None = None
        self._cells = (host.task, rows.Cells(host.task.input), rows.Cells(host.task.output))

    def hello(self, epoch: Any, rev: Any) -> None:
        """Bring a front end up to date: with nothing if it is, with a snapshot otherwise."""
        if self.attached and not self._busy and epoch == self.host.store.epoch and rev == self.rev:
            self._delta(rev, [])
            return
        self.attached = True
        if not self._is_asked:  # one that is still to begin is for all who asked for it
            self._is_asked = True
            self._busy += 1
            self.host.engine.spawn(self._snapshot())

    def committed(self, commits: Sequence[CommitLike]) -> None:
        """Tell of commits that are on disk, or will be told when what is on its way has gone out."""
        if self.attached:
            self._held.extend(commits)
            self._flush()

    async def told(self) -> None:
        """Return when no long delta is on its way any more."""
        while self._telling is not None:
            await asyncio.wait([self._telling])

    def closed(self) -> None:
        """Tell the views that the studio is closed."""
        if self.attached:
            self._delta(self.rev, [{"op": "studio", "row": rows.studio_view(self.host)}])
        self._held.clear()

    # ------------------------------------------------------------ deltas
    def _flush(self) -> None:
        if self._busy or not self._held:
            return
        commits, self._held = self._held, []
        fresh = [c for c in commits if c.rev > self.rev]
        rev = fresh[-1].rev if fresh else self.rev
        parts = _parts(self._operations(fresh, studio=any(c.studio for c in commits)))
        part, following = next(parts, []), next(parts, None)
        if following is not None:
            self._busy += 1
            self._telling = self.host.engine.spawn(self._tell(chain([part, following], parts), rev))
        elif fresh or part:
            self._delta(rev, part)

    async def _tell(self, parts: Iterable[list[Any]], rev: int) -> None:
        """Send a long delta in parts; the last of them raises the revision."""
        try:
            async with self._one_at_a_time:
                last: list[Any] = []
                for part in parts:
                    if last:
                        self._delta(self.rev, last)
                        await asyncio.sleep(0)
                    last = part
                self._delta(rev, last)
        finally:
            self._telling = None
            self._busy -= 1
            self._flush()

    def _operations(self, commits: Sequence[CommitLike], *, studio: bool) -> Iterator[Any]:
        """Yield what commits touched: each record once, as it stood after the last of them."""
        topics: dict[str, Topic | None] = {}
        samples: dict[str, Sample | None] = {}
        jobs: dict[str, tuple[JobRecord, int]] = {}
        for commit in commits:
            topics |= commit.topics
            samples |= commit.samples
            jobs |= {i: (job, commit.owed.get(i, 0)) for i, job in commit.jobs.items()}
        for ident, topic in topics.items():
            yield {"op": "topic", "row": rows.topic_row(topic)} if topic else {"op": "-topic", "id": ident}
        for ident, sample in samples.items():
            yield {"op": "sample", "row": self._row(sample)} if sample else {"op": "-sample", "id": ident}
        for job, owed in jobs.values():
            yield {"op": "job", "row": self._job(job, owed)}
        if studio and self._task_view != (task := self._task()):
            self._task_view = task
            yield {"op": "task", "row": task}
        if studio:
            view = rows.studio_view(self.host)
            if view != self._studio_view:
                self._studio_view = view
                yield {"op": "studio", "row": view}

    def _delta(self, rev: int, ops: list[Any]) -> None:
        delta: Delta = {"t": "delta", "epoch": self.host.store.epoch, "base": self.rev, "rev": rev, "ops": ops}
        self.rev = rev
        self._say(delta)

    # ------------------------------------------------------------ snapshots
    async def _snapshot(self) -> None:
        """Send everything as it is at one revision that is on disk, in pages, then what came meanwhile."""
        try:
            async with self._one_at_a_time:
                self._is_asked = False
                await self._send_snapshot()
        finally:
            self._busy -= 1
            self._flush()

    async def _send_snapshot(self) -> None:
        store = self.host.store
        state = store.state
        rev = state.rev
        everything = tuple(state.samples.values())
        shown = list(state.subtree(ROOT))
        topics = [rows.topic_row(t) for t in tuple(state.topics.values()) if t.id not in state.hidden]
        jobs = [self._job(j, len(state.items.get(j.id, ()))) for j in _jobs_shown(state)]
        view = self._studio_view = rows.studio_view(self.host)
        task = self._task_view = self._task()
        self._held.clear()
        samples = await _as_listed(everything, shown)
        if not self.host.closed:
            with suppress(FileError):  # what the file does not take is shown too, and that it is not saved
                await asyncio.wrap_future(store.saved(rev))
        pages = max(1, -(-len(samples) // PAGE_ROWS))
        for page in range(pages):
            part = samples[page * PAGE_ROWS : (page + 1) * PAGE_ROWS]
            with collector_off(stays=False):
                message: Snapshot = {
                    "t": "snapshot",
                    "protocol": PROTOCOL,
                    "epoch": store.epoch,
                    "rev": rev,
                    "page": page,
                    "pages": pages,
                    "samples": [self._row(s) for s in part],
                }
                if page == 0:
                    message |= {"studio": view, "task": task, "topics": topics, "jobs": jobs}
                self._say(message)
                del message
            await asyncio.sleep(0)
        self.rev = rev

    # ------------------------------------------------------------ rows
    def _job(self, job: JobRecord, owed: int) -> JobRow:
        state = self.host.store.state
        return rows.job_row(job, owed, state.sessions.get(job.session), state.ledger.of(jobs=(job.id,)))

    def _task(self) -> TaskView:
        return rows.task_view(self.host.task, len(self.host.store.state.tasks), self.host.task_change)

    def _row(self, sample: Sample) -> Any:
        task, inputs, outputs = self._cells
        if task is not self.host.task:
            task = self.host.task
            inputs, outputs = rows.Cells(task.input), rows.Cells(task.output)
            self._cells = (task, inputs, outputs)
        return rows.sample_row(sample, inputs, outputs, self.host.store.state.calls)


async def _as_listed(samples: Sequence[Sample], topics: Sequence[Topic]) -> list[Sample]:
    """Return the samples that these topics show, topic by topic: the first page is what a person sees first."""
    by_topic: Mapping[str, list[Sample]] = {topic.id: [] for topic in topics}
    for start in range(0, len(samples), SCANNED):
        for sample in samples[start : start + SCANNED]:
            if not sample.removed and (rows_here := by_topic.get(sample.topic)) is not None:
                rows_here.append(sample)
        await asyncio.sleep(0)
    return list(chain.from_iterable(by_topic.values()))


def _jobs_shown(state: StateLike) -> list[JobRecord]:
    """Return the newest jobs, and those before them that run or have pending items."""
    jobs = list(state.jobs.values())
    older = jobs[:-JOBS]
    return [j for j in older if j.status == "running" or state.items.get(j.id)] + jobs[-JOBS:]


def _parts(ops: Iterable[Any]) -> Iterator[list[Any]]:
    """Cut operations into lists of at most `PAGE_ROWS` and about `DELTA_BYTES` of JSON, one at least in each."""
    part: list[Any] = []
    size = 0
    for op in ops:
        length = _sample_size(op["row"]) if op["op"] == "sample" else _size(op.get("row"))
        if part and (len(part) == PAGE_ROWS or size + length > DELTA_BYTES):
            yield part
            part, size = [], 0
        part.append(op)
        size += length
    if part:
        yield part


def _sample_size(row: Any) -> int:
    """Return the same of a sample's row, of which thousands come a second: its tags are short."""
    cells = [cell["text"] for cell in (row["input"], row["output"]) if cell is not None]
    return 4 * ROW_BYTES + sum(map(_size, cells)) + _size(row["reason"])


def _size(value: Any) -> int:
    """Return about how many bytes of JSON a row has: those of its texts, and a lump for the rest."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode("utf-8", "replace"))
    if isinstance(value, dict):
        return ROW_BYTES + sum(_size(inner) for inner in value.values())
    return sum(_size(inner) for inner in value) if isinstance(value, list) else 0
