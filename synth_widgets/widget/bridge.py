"""The widget's two ends of the wire: the only file that touches the comm, besides the routing in ``widget.py``.

What comes from the browser is untrusted: it is bounded, checked against the protocol and the command table, and
posted to the engine at once, because the thread that hears it may be busy with a cell. What goes to the browser
follows the commit to disk.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from operator import attrgetter
from typing import Any

import pydantic

from synth_widgets.errors import SynthError
from synth_widgets.money import Cost, in_dollars
from synth_widgets.text.normal import storable
from synth_widgets.widget import rows
from synth_widgets.widget.commands import BY_NAME, Command, TopicPath
from synth_widgets.widget.figures import figures
from synth_widgets.widget.host import Host, JobLike
from synth_widgets.widget.numbers import as_held
from synth_widgets.widget.outbox import Outbox
from synth_widgets.widget.protocol import Progress, Reply
from synth_widgets.widget.snapshot import Shown, saved_state

log = logging.getLogger(__name__)

BODIES = 100
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
        self.outbox = Outbox(host, self._say)
        self._commands: asyncio.Queue[tuple[str, Command, dict[str, Any]]] = asyncio.Queue()
        self._ends = [host.store.listen(self.outbox.committed)]
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
                self.outbox.hello(message.get("epoch"), message.get("rev"))
            case "resync":
                self.outbox.hello(self.host.store.epoch, message.get("rev"))
            case "cmd":
                self._command(message)
            case "body" if isinstance(ids := message.get("ids"), list):
                self.host.engine.spawn(self._bodies([i for i in ids[:BODIES] if isinstance(i, str)]))
            case "save":
                self.host.engine.spawn(self._save())
            case other:
                log.warning("A message of the unknown kind %r came from the browser.", other)

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
        if command.reads and not command.in_turn:
            self.host.engine.spawn(self._carry_out(rid, command, arguments))
        else:
            self._commands.put_nowait((rid, command, arguments))

    async def _work(self) -> None:
        """Carry commands out one after another, in the order in which they came."""
        while True:
            rid, command, args = await self._commands.get()
            carrying_out = self._carry_out(rid, command, args)
            if command.reads:  # it had its turn; those behind it need not wait until a file is written
                self.host.engine.spawn(carrying_out)
            else:
                await carrying_out

    async def _carry_out(self, rid: str, command: Command, args: dict[str, Any]) -> None:
        if command.name == "edit":
            args = self._exact(args)
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
            if command.name in {"estimate", "estimate_repeat"}:
                result = {**asdict(result), "figures": figures(result, outputs=args.get("outputs", True))}
            self.host.engine.spawn(self._reply(rid, result))

    def _exact(self, args: dict[str, Any]) -> dict[str, Any]:
        """Give an edit's numbers back what they lost in the browser."""
        sample = self.host.store.state.samples.get(args["id"])
        if sample is None:
            return args
        parts = {"input": sample.input, "output": sample.output}
        for held in (parts, sample.unfinished or {}):
            args |= {part: as_held(args[part], held.get(part)) for part in parts if part in args}
        return args

    async def _reply(self, rid: str, result: Any) -> None:
        """Answer when what the command changed is on disk; its delta has gone out by then."""
        try:
            if not self.host.closed:
                await asyncio.wrap_future(self.host.store.saved())
            await self.outbox.told()
        except SynthError as error:
            self._fail(rid, str(error), type(error).__name__)
        else:
            reply: Reply = {"t": "reply", "rid": rid, "ok": _plain(result)}
            self._say(reply)

    def _fail(self, rid: str, message: str, kind: str) -> None:
        reply: Reply = {"t": "reply", "rid": rid, "error": {"message": message, "kind": kind}}
        self._say(reply)

    # ------------------------------------------------------------ outbox
    def _say(self, message: Any) -> None:
        """Send a message. A view that cannot be reached must not stop the engine: it asks again when it is back."""
        try:
            self._send(message)
        except Exception:
            log.exception("A message of the kind %r did not go out to the browser.", message["t"])

    async def _bodies(self, ids: list[str]) -> None:
        state = self.host.store.state
        found = [s for i in ids if (s := state.samples.get(i)) is not None and state.is_visible(s)]
        rev = self.outbox.rev
        calls = [c for s in found for v in s.versions for c in v.calls]
        try:
            raws = await asyncio.wrap_future(self.host.store.raw(calls))
        except SynthError:
            raws = {}  # the file is closed or cannot be read; what memory holds is shown all the same
        bodies = [rows.body(sample, state.calls, raws) for sample in found]
        self._say({"t": "bodies", "rev": rev, "samples": bodies})

    async def _save(self) -> None:
        """Send what a saved notebook would show. It is counted and chosen on a worker: there may be many samples."""
        host = self.host
        self._say(await host.engine.on_worker(lambda: saved_state(host, Shown.of(host.store.state))))

    def _progressed(self, job: JobLike) -> None:
        if not self.outbox.attached:
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
            "cost": _of_about(progress.cost, progress.expected),
            "spent": self.host.accounts.spent(),
            "share": self.host.accounts.share(),
            "rate": progress.rate,
            "eta": progress.eta,
            "topics": list(progress.topics[:200]),
            "waiting": progress.waiting,
        }
        self._say(message)

    def _host_closed(self) -> None:
        """Tell the views that the studio is closed, and let go of it. Commands still get their error."""
        self.outbox.closed()
        for end in self._ends:
            end()
        self._working.cancel()
        while not self._commands.empty():
            self._fail(self._commands.get_nowait()[0], CLOSED, "ClosedError")


def _call(method: Callable[..., Any], command: Command, args: dict[str, Any]) -> Any:
    """Call a method with a command's arguments: paths of the topics go where the method takes them."""
    if command.method == "topics.add":
        return method(*map(tuple, args["paths"]))
    if command.args is not None and issubclass(command.args, TopicPath):
        where = [args.pop(name) for name in ("path", "name", "to") if name in args]
        return method(*where, **args)
    return method(**args)


def _of_about(cost: Cost, expected: float | None) -> str:
    """Say what a job cost so far, and will have cost in the end as far as that is known."""
    return f"{cost.words} of about {in_dollars(expected)}" if cost.words and expected else cost.words


def _plain(value: Any) -> Any:
    """Return a method's result as JSON: a job by its id, a record by its fields."""
    if hasattr(value, "progress") and hasattr(value, "id"):
        return {"job": value.id, "status": value.status}
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value
