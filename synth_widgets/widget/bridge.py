"""Inbox and outbox: the only file that touches the comm, besides the routing override in ``widget.py``.

What comes from the browser is untrusted: it is bounded, checked against the protocol and the command table, and
posted to the engine at once, because the thread that hears it may be busy with a cell. What goes to the browser
follows the commit to disk.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, is_dataclass
from operator import attrgetter
from typing import Any

import pydantic

from synth_widgets.errors import FileError, SynthError
from synth_widgets.records import JobRecord, Sample
from synth_widgets.text.normal import storable
from synth_widgets.widget import rows
from synth_widgets.widget.commands import BY_NAME, Command, TopicPath
from synth_widgets.widget.host import CommitLike, Host, JobLike, StateLike
from synth_widgets.widget.protocol import PROTOCOL, Delta, JobRow, Progress, Reply, Snapshot, StudioView, TaskView

log = logging.getLogger(__name__)

PAGE_ROWS = 400
"""Samples a page of a snapshot: about 250 kB."""
DELTA_BYTES = 256_000
BODIES = 100
JOBS = 50
"""Jobs that the list of them shows."""
CLOSED = "This studio is closed. Run the cell again."

Send = Callable[[Any], None]


class Bridge:
    """Carries one widget model's messages between the browser and the engine.

    Args:
        host: what lives behind the studio.
        studio: the object whose methods the command table names.
        send: sends one message to every view of the model.
    """

    def __init__(self, host: Host, studio: Any, send: Send) -> None:
        self.host = host
        self.studio = studio
        self._send = send
        self._rev = 0
        """Revision that the browser has, or will have when all that was sent has arrived."""
        self._attached = False
        self._paging = 0
        self._one_snapshot = asyncio.Lock()
        self._held: list[CommitLike] = []
        self._commands: asyncio.Queue[tuple[str, Command, dict[str, Any]]] = asyncio.Queue()
        self._studio_view: StudioView | None = None
        self._task_view: TaskView | None = None
        self._cells = (host.task, rows.Cells(host.task.input), rows.Cells(host.task.output))
        self._ends = [host.store.listen(self._committed)]
        host.on_progress.append(self._progressed)
        host.on_close.append(self._host_closed)
        self._working = host.engine.spawn(self._work(), name="widget-commands")

    # ------------------------------------------------------------ inbox
    def receive(self, message: Any) -> None:
        """Take a message from the browser, on whatever thread it arrives, and return at once."""
        if isinstance(message, dict):
            self.host.engine.post(lambda: self._receive(message))

    def _receive(self, message: dict[str, Any]) -> None:
        match message.get("t"):
            case "hello":
                self._hello(message.get("epoch"), message.get("rev"))
            case "resync":
                self._hello(self.host.store.epoch, message.get("rev"))
            case "cmd":
                self._command(message)
            case "body" if isinstance(ids := message.get("ids"), list):
                self.host.engine.spawn(self._bodies([i for i in ids[:BODIES] if isinstance(i, str)]))
            case other:
                log.warning("A message of the unknown kind %r came from the browser.", other)

    def _hello(self, epoch: Any, rev: Any) -> None:
        """Bring a front end up to date: with nothing if it is, with a snapshot otherwise."""
        if self._attached and not self._paging and epoch == self.host.store.epoch and rev == self._rev:
            self._say(self._delta(rev, rev, []))
        else:
            self._paging += 1
            self.host.engine.spawn(self._snapshot())

    def _command(self, message: dict[str, Any]) -> None:
        rid, name, given = message.get("rid"), message.get("name"), message.get("args")
        if not isinstance(rid, str) or len(rid) > 100:
            return
        if self.host.closed:
            self._fail(rid, CLOSED, "ClosedError")
            return
        command = BY_NAME.get(str(name))
        if command is None or command.method is None or command.args is None:
            self._fail(rid, f"There is no command {name!r}.", "UnknownCommand")
            return
        try:
            args = command.args.model_validate(storable(given or {}))
        except RecursionError:
            self._fail(rid, f"{command.label}: the arguments are nested too deeply", "BadArguments")
            return
        except pydantic.ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"]))
            self._fail(rid, f"{command.label}: {place} {first['msg']}", "BadArguments")
            return
        arguments = args.model_dump(exclude_unset=True)
        if command.reads:
            self.host.engine.spawn(self._carry_out(rid, command, arguments))
        else:
            self._commands.put_nowait((rid, command, arguments))

    async def _work(self) -> None:
        """Carry commands out one after another, in the order in which they came."""
        while True:
            rid, command, args = await self._commands.get()
            await self._carry_out(rid, command, args)

    async def _carry_out(self, rid: str, command: Command, args: dict[str, Any]) -> None:
        try:
            result = _call(attrgetter(command.method or "")(self.studio), command, args)
            if inspect.iscoroutine(result):
                result = await result
        except SynthError as error:
            self._fail(rid, str(error), type(error).__name__)
        except Exception as error:
            log.exception("The command %s failed.", command.name)
            self._fail(rid, f"{command.label} failed inside: {type(error).__name__}: {error}", "Internal")
        else:
            self.host.engine.spawn(self._reply(rid, result))

    async def _reply(self, rid: str, result: Any) -> None:
        """Answer when what the command changed is on disk; its delta has gone out by then."""
        try:
            if not self.host.closed:
                await asyncio.wrap_future(self.host.store.saved())
        except SynthError as error:
            self._fail(rid, str(error), type(error).__name__)
        else:
            reply: Reply = {"t": "reply", "rid": rid, "ok": _plain(result)}
            self._say(reply)

    def _fail(self, rid: str, message: str, kind: str) -> None:
        reply: Reply = {"t": "reply", "rid": rid, "error": {"message": message, "kind": kind}}
        self._say(reply)

    # ------------------------------------------------------------ outbox
    def _put(self, message: Any) -> None:
        """Send a message; a line that fails must stop neither commands nor commits."""
        try:
            self._send(message)
        except Exception:
            log.exception("A message of the kind %r could not be sent.", message["t"])

    def _say(self, message: Any) -> None:
        """Send a message. A view that cannot be reached must not stop the engine: it asks again when it is back."""
        try:
            self._put(message)
        except Exception:
            log.exception("A message did not go out to the browser.")

    def _committed(self, commits: Sequence[CommitLike]) -> None:
        if not self._attached:
            return
        if self._paging:
            self._held.extend(commits)
        else:
            self._send_commits(commits)

    def _send_commits(self, commits: Sequence[CommitLike]) -> None:
        """Send what commits touched: each record once, as it stood after the last of them."""
        fresh = [c for c in commits if c.rev > self._rev]
        ops = list(self._operations(fresh, studio=any(c.studio for c in commits)))
        if not fresh and not ops:
            return
        rev = fresh[-1].rev if fresh else self._rev
        chunks = list(_chunks(ops))
        for chunk in chunks[:-1]:
            self._say(self._delta(self._rev, self._rev, chunk))
        self._say(self._delta(self._rev, rev, chunks[-1] if chunks else []))
        self._rev = rev

    def _operations(self, commits: Sequence[CommitLike], *, studio: bool) -> Iterator[Any]:
        topics: dict[str, Any] = {}
        samples: dict[str, Sample | None] = {}
        jobs: dict[str, Any] = {}
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

    def _delta(self, base: int, rev: int, ops: list[Any]) -> Delta:
        return {"t": "delta", "epoch": self.host.store.epoch, "base": base, "rev": rev, "ops": ops}

    async def _snapshot(self) -> None:
        """Send everything as it is at one revision that is on disk, in pages, then what came meanwhile."""
        self._attached = True
        try:
            async with self._one_snapshot:
                await self._send_snapshot()
        finally:
            self._paging -= 1
            if not self._paging:
                held, self._held = self._held, []
                self._send_commits(held)

    async def _send_snapshot(self) -> None:
        store = self.host.store
        state = store.state
        rev = state.rev
        samples = state.visible_samples()
        topics = [rows.topic_row(t) for t in state.topics.values() if t.id not in state.hidden]
        jobs = [self._job(j, len(state.items.get(j.id, ()))) for j in _jobs_shown(state)]
        view = self._studio_view = rows.studio_view(self.host)
        task = self._task_view = self._task()
        self._held.clear()
        if not self.host.closed:
            with suppress(FileError):  # what the file does not take is shown too, and that it is not saved
                await asyncio.wrap_future(store.saved(rev))
        pages = max(1, -(-len(samples) // PAGE_ROWS))
        for page in range(pages):
            part = samples[page * PAGE_ROWS : (page + 1) * PAGE_ROWS]
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
            await asyncio.sleep(0)
        self._rev = rev

    async def _bodies(self, ids: list[str]) -> None:
        state = self.host.store.state
        found = [s for i in ids if (s := state.samples.get(i)) is not None and state.is_visible(s)]
        rev = self._rev
        calls = [c for s in found for v in s.versions for c in v.calls]
        try:
            raws = await asyncio.wrap_future(self.host.store.raw(calls))
        except SynthError:
            raws = {}  # the file is closed or cannot be read; what memory holds is shown all the same
        bodies = [rows.body(sample, state.calls, raws) for sample in found]
        self._say({"t": "bodies", "rev": rev, "samples": bodies})

    def _progressed(self, job: JobLike) -> None:
        if not self._attached:
            return
        progress = job.progress
        message: Progress = {
            "t": "progress",
            "job": job.id,
            "step": progress.step,
            "done": progress.done,
            "total": progress.total,
            "failed": progress.failed,
            "tokens": progress.usage.total,
            "rate": progress.rate,
            "eta": progress.eta,
            "topics": list(progress.topics[:200]),
            "waiting": progress.waiting,
        }
        self._say(message)

    def _host_closed(self) -> None:
        """Tell the views that the studio is closed, and let go of it. Commands still get their error."""
        if self._attached:
            self._put(self._delta(self._rev, self._rev, [{"op": "studio", "row": rows.studio_view(self.host)}]))
        for end in self._ends:
            end()
        self._held.clear()
        self._working.cancel()
        while not self._commands.empty():
            self._fail(self._commands.get_nowait()[0], CLOSED, "ClosedError")

    def _job(self, job: JobRecord, owed: int) -> JobRow:
        return rows.job_row(job, owed, self.host.store.state.sessions.get(job.session))

    def _task(self) -> TaskView:
        return rows.task_view(self.host.task, len(self.host.store.state.tasks), self.host.task_change)

    def _row(self, sample: Sample) -> Any:
        task, inputs, outputs = self._cells
        if task is not self.host.task:
            task = self.host.task
            inputs, outputs = rows.Cells(task.input), rows.Cells(task.output)
            self._cells = (task, inputs, outputs)
        return rows.sample_row(sample, inputs, outputs)


def _call(method: Callable[..., Any], command: Command, args: dict[str, Any]) -> Any:
    """Call a method with a command's arguments: paths of the topics go where the method takes them."""
    if command.method == "topics.add":
        return method(*map(tuple, args["paths"]))
    if command.args is not None and issubclass(command.args, TopicPath):
        return method(tuple(args.pop("path")), *([args.pop("name")] if command.name == "rename_topic" else []), **args)
    return method(**args)


def _jobs_shown(state: StateLike) -> list[JobRecord]:
    """Return the newest jobs, and those before them that run or are owed something."""
    jobs = list(state.jobs.values())
    older = jobs[:-JOBS]
    return [j for j in older if j.status == "running" or state.items.get(j.id)] + jobs[-JOBS:]


def _chunks(ops: list[Any]) -> Iterator[list[Any]]:
    """Cut operations into lists of at most `DELTA_BYTES` of JSON, one at least in each."""
    chunk: list[Any] = []
    size = 0
    for op in ops:
        length = len(json.dumps(op))
        if chunk and size + length > DELTA_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(op)
        size += length
    if chunk:
        yield chunk


def _plain(value: Any) -> Any:
    """Return a method's result as JSON: a job by its id, a record by its fields."""
    if hasattr(value, "progress") and hasattr(value, "id"):
        return {"job": value.id, "status": value.status}
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value
