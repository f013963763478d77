"""The widget's two ends of the wire: the only file that touches the comm, besides the routing in ``widget.py``.

What comes from the browser is untrusted: it is bounded, checked against the protocol and the command table, and
posted to the engine at once, because the thread that hears it may be busy with a cell. What goes to the browser
follows the commit to disk.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import asdict, dataclass, is_dataclass
from operator import attrgetter
from typing import Any

import pydantic

from synth_widgets.errors import SynthError, UnconfirmedError
from synth_widgets.money import Cost, in_dollars
from synth_widgets.records import Sample
from synth_widgets.text.normal import storable
from synth_widgets.text.shown import MOST_OF_A_MESSAGE, shown, value_shown
from synth_widgets.widget import rows
from synth_widgets.widget.commands import BY_NAME, COMMANDS, Command, Spends, TopicPath
from synth_widgets.widget.figures import figures
from synth_widgets.widget.host import EstimateLike, Host, JobLike
from synth_widgets.widget.numbers import as_held
from synth_widgets.widget.outbox import Outbox
from synth_widgets.widget.protocol import EstimateView, Progress, Reply, WireError
from synth_widgets.widget.snapshot import Shown, saved_state

log = logging.getLogger(__name__)

BODIES = 100
MOST_WAITING = 1_000
"""Commands that may wait for those before them."""
MOST_READING = 100
"""Questions (searches, estimates) that may be worked on at once."""
CLOSED = "This studio is closed. Run the cell again."
STOPPED = "Stopped before it began."
STARTS = frozenset(each.name for each in COMMANDS if each.args and issubclass(each.args, Spends) and not each.reads)
"""Commands that set jobs to work. One that still waits when everything is stopped does not begin."""
ESTIMATES = frozenset({"estimate", "estimate_repeat", "estimate_resume"})

Send = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """A command that came from the browser, checked against the table."""

    rid: str
    command: Command
    args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """A command that is none: what its reply says."""

    rid: str
    message: str
    kind: str


class Bridge:
    """Carries one widget model's messages between the browser and the engine.

    Commands that change something are carried out one after another, in the order in which they came. Two kinds do not
    wait for those: what only reads, and what steers jobs, for a person who presses Stop does not mean "when that edit
    is checked".

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
        self._commands: deque[Asked] = deque()
        self._under_way: Asked | None = None
        self._has_come = asyncio.Event()
        self._reading = 0
        self._ends = [host.store.listen(self.outbox.committed)]
        host.on_progress.append(self._progressed)
        host.on_close.append(self._host_closed)
        self._working = host.engine.spawn(self._work(), name="widget-commands")

    # ------------------------------------------------------------ inbox
    def receive(self, message: Any) -> None:
        """Take a message from the browser, on whatever thread it arrives, and return at once.

        A command is checked right here: two hundred thousand ids would hold the engine.
        """
        if isinstance(message, dict):
            asked = _checked(message) if message.get("t") == "cmd" else None
            self.host.engine.post(lambda: self._receive(message, asked))

    def _receive(self, message: dict[str, Any], asked: Asked | Refused | None = None) -> None:
        match message.get("t"):
            case "hello":
                self.outbox.hello(message.get("epoch"), message.get("rev"))
            case "resync":
                self.outbox.hello(self.host.store.epoch, message.get("rev"))
            case "cmd":
                self._command(asked)
            case "body" if isinstance(ids := message.get("ids"), list):
                self.host.engine.spawn(self._bodies([i for i in ids[:BODIES] if isinstance(i, str)]))
            case "save":
                self.host.engine.spawn(self._save())
            case other:
                log.warning("A message of the unknown kind %s came from the browser.", value_shown(other))

    def _command(self, asked: Asked | Refused | None) -> None:
        if asked is None:
            return
        if self.host.closed:
            self._fail(asked.rid, CLOSED, "ClosedError")
        elif isinstance(asked, Refused):
            self._fail(asked.rid, asked.message, asked.kind)
        elif asked.command.steers and not self._needs_turn(asked):
            if asked.command.name == "cancel":  # at once; what began just now is cancelled when this has its turn
                with suppress(SynthError):
                    _call(self.studio.cancel, asked.command, dict(asked.args))
            self.host.engine.spawn(self._steer(asked))
        elif asked.command.reads and not asked.command.in_turn:
            if not self._read(self._carry_out(asked)):
                self._fail(asked.rid, _busy(MOST_READING, "questions"), "Busy")
        elif len(self._commands) < MOST_WAITING:
            self._commands.append(asked)
            self._has_come.set()
        else:
            self._fail(asked.rid, _busy(MOST_WAITING, "actions"), "Busy")

    async def _steer(self, asked: Asked) -> None:
        if asked.command.name == "cancel" and asked.args.get("job") is None:
            self._drop_starts()
        await self._carry_out(asked)

    def _needs_turn(self, asked: Asked) -> bool:
        """Whether it depends on what comes before: jobs are not resumed by a model that a person has just changed."""
        before = (self._under_way, *self._commands)
        return asked.command.name == "resume" and any(b is not None and b.command.name == "set_model" for b in before)

    def _drop_starts(self) -> None:
        """Let no job begin that was asked for before a person stopped everything."""
        waiting, self._commands = self._commands, deque()
        for asked in waiting:
            if asked.command.name in STARTS:
                self._fail(asked.rid, STOPPED, "Stopped")
            else:
                self._commands.append(asked)

    def _read(self, reading: Coroutine[Any, Any, None]) -> bool:
        """Work on a question beside everything else; ``False`` when too many are being worked on."""
        if self._reading >= MOST_READING:
            reading.close()
            return False
        self._reading += 1
        self.host.engine.spawn(reading).add_done_callback(self._has_read)
        return True

    def _has_read(self, _task: asyncio.Task[None]) -> None:
        self._reading -= 1

    async def _work(self) -> None:
        """Carry commands out one after another, in the order in which they came."""
        while True:
            while self._commands:
                asked = self._commands.popleft()
                if asked.command.reads:  # it had its turn; those behind it need not wait until a file is written
                    self.host.engine.spawn(self._carry_out(asked))
                else:
                    self._under_way = asked
                    await self._carry_out(asked)
                    self._under_way = None
            self._has_come.clear()
            await self._has_come.wait()

    async def _carry_out(self, asked: Asked) -> None:
        """Do what a command says and see that it is answered, whatever happens: the ones behind it wait for it."""
        command, rev = asked.command, self.host.store.state.rev
        try:
            args = self._exact(asked.args) if command.name == "edit" else dict(asked.args)
            if command.name in STARTS:
                args["confirmed"] = args.get("confirmed") or {}  # which says that a person can be asked
            makes_outputs = args.get("outputs", True)
            result = _call(attrgetter(command.method or "")(self.studio), command, args)
            if inspect.iscoroutine(result):
                result = await result
            told = _estimate(result, outputs=makes_outputs) if command.name in ESTIMATES else _plain(result)
        except asyncio.CancelledError:
            if self._is_ending():
                self._fail(asked.rid, CLOSED, "ClosedError")
                raise
            self._fail(asked.rid, f"{command.label} was given up.", "Cancelled")  # by what it waited for
        except UnconfirmedError as error:
            self._fail(asked.rid, str(error), "UnconfirmedError", _estimate(error.estimate, outputs=makes_outputs))
        except SynthError as error:
            self._fail(asked.rid, str(error), type(error).__name__)
        except Exception as error:
            log.exception("The command %s failed.", command.name)
            self._fail(asked.rid, f"{command.label} failed inside: {type(error).__name__}: {error}", "Internal")
        else:
            has_changed = not command.reads and not (command.steers and self.host.store.state.rev == rev)
            self.host.engine.spawn(self._reply(asked.rid, told, has_changed=has_changed))

    def _is_ending(self) -> bool:
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0

    def _exact(self, args: dict[str, Any]) -> dict[str, Any]:
        """Return an edit with what its numbers lost in the browser."""
        args = dict(args)
        sample = self.host.store.state.samples.get(args["id"])
        if sample is None:
            return args
        parts = {"input": sample.input, "output": sample.output}
        for held in (parts, sample.unfinished or {}):
            args |= {part: as_held(args[part], held.get(part)) for part in parts if part in args}
        return args

    async def _reply(self, rid: str, told: Any, *, has_changed: bool) -> None:
        """Answer, and where something changed only when it is on disk; its delta has gone out by then."""
        try:
            if has_changed:
                if not self.host.closed:
                    await asyncio.wrap_future(self.host.store.saved())
                await self.outbox.told()
        except SynthError as error:
            self._fail(rid, str(error), type(error).__name__)
        else:
            reply: Reply = {"t": "reply", "rid": rid, "ok": told}
            self._say(reply)

    def _fail(self, rid: str, message: str, kind: str, estimate: EstimateView | None = None) -> None:
        error: WireError = {"message": shown(message, MOST_OF_A_MESSAGE), "kind": kind}
        if estimate is not None:
            error["estimate"] = estimate
        reply: Reply = {"t": "reply", "rid": rid, "error": error}
        self._say(reply)

    # ------------------------------------------------------------ outbox
    def _say(self, message: Any) -> None:
        """Send a message. A view that cannot be reached must not stop the engine: it asks again when it is back."""
        try:
            self._send(message)
        except Exception:
            log.exception("A message of the kind %r did not go out to the browser.", message["t"])

    async def _bodies(self, ids: list[str]) -> None:
        """Send samples whole, as they are when they go out: none may be older than a row that went out before it."""
        state = self.host.store.state
        raws: dict[str, str | None] = {}

        def found() -> list[Sample]:
            return [s for i in ids if (s := state.samples.get(i)) is not None and state.is_visible(s)]

        while unread := {c for s in found() for v in s.versions for c in v.calls} - raws.keys():
            raws |= dict.fromkeys(unread)
            with suppress(SynthError):  # the file is closed or cannot be read; what memory holds is shown all the same
                read = await asyncio.wrap_future(self.host.store.raw(unread))
                raws |= read
        bodies = [rows.body(sample, state.calls, raws) for sample in found()]
        self._say({"t": "bodies", "rev": self.outbox.rev, "samples": bodies})

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

    def end(self) -> None:
        """Hear nothing more of the studio, and carry nothing more out: the widget is closed."""
        for end in self._ends:
            end()
        if self._progressed in self.host.on_progress:
            self.host.on_progress.remove(self._progressed)
            self.host.on_close.remove(self._host_closed)
        self._working.cancel()

    def _host_closed(self) -> None:
        """Tell the views that the studio is closed, and let go of it. Commands still get their error."""
        self.outbox.closed()
        self.end()
        while self._commands:
            self._fail(self._commands.popleft().rid, CLOSED, "ClosedError")


def _checked(message: dict[str, Any]) -> Asked | Refused | None:
    """Check a command against the table; ``None`` where it has no name to answer it by."""
    rid, name, given = message.get("rid"), message.get("name"), message.get("args")
    if not isinstance(rid, str) or len(rid) > 100:
        return None
    command = BY_NAME.get(str(name))
    if command is None or command.method is None or command.args is None:
        return Refused(rid, f"There is no command {name!r}.", "UnknownCommand")
    try:
        args = command.args.model_validate(storable(given or {}))
    except RecursionError:
        return Refused(rid, f"{command.label}: the arguments are nested too deeply", "BadArguments")
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        return Refused(rid, f"{command.label}: {place} {first['msg']}", "BadArguments")
    except Exception as error:
        log.exception("The arguments of the command %s could not be checked.", name)
        return Refused(rid, f"{command.label} failed inside: {type(error).__name__}: {error}", "Internal")
    return Asked(rid, command, args.model_dump(exclude_unset=True))


def _busy(most: int, what: str) -> str:
    return f"{most:,} {what} wait to be worked on already. Try again when they are through."


def _call(method: Callable[..., Any], command: Command, args: dict[str, Any]) -> Any:
    """Call a method with a command's arguments: paths of the topics go where the method takes them."""
    if command.method == "topics.add":
        return method(*map(tuple, args["paths"]))
    if command.args is not None and issubclass(command.args, TopicPath):
        where = [args.pop(name) for name in ("path", "name", "to") if name in args]
        return method(*where, **args)
    return method(**args)


def _estimate(estimate: EstimateLike, *, outputs: bool) -> EstimateView:
    """Return an estimate as the browser gets it."""
    return {
        "calls": list(estimate.calls),
        "prompt_tokens": list(estimate.prompt_tokens),
        "completion_tokens": list(estimate.completion_tokens),
        "cost": None if estimate.cost is None else list(estimate.cost),
        "topics": estimate.topics,
        "samples": estimate.samples,
        "models": list(estimate.models),
        "figures": figures(estimate, outputs=outputs),
    }


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
