"""A job: one running piece of generation, as a person holds it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import sys
import weakref
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from synth_widgets.engine import Engine
from synth_widgets.errors import RunStoppedError, StudioError, warn
from synth_widgets.money import Cost
from synth_widgets.records import JobRecord, JobStatus, Step, Usage
from synth_widgets.runs.estimate import Estimate
from synth_widgets.text.shown import short_repr, shown

NOTICE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is.

    Attributes:
        step: what it works on now.
        done, total: results that are there (failed ones too), and those expected in the end.
        failed: results that did not comply after all attempts.
        usage: tokens so far.
        cost: what its calls took so far.
        rate: results a second, over the last ten seconds.
        eta: seconds left, or ``None`` while unknown.
        topics: ids of the topics being worked on.
        waiting: what it waits for (a refusing endpoint, a model that loads, you: ``"Paused"``), or ``None``; at the
            end, that it asks once more for what failed.
        again: results that did not comply in three answers, as their rows say, and are asked for once more at the end
            if at least 80 % of their step came. Until then they are neither done nor failed.
    """

    step: Step = "topics"
    done: int = 0
    total: int = 0
    failed: int = 0
    usage: Usage = Usage()
    cost: Cost = Cost()
    rate: float = 0.0
    eta: float | None = None
    topics: tuple[str, ...] = ()
    waiting: str | None = None
    again: int = 0

    __repr__ = short_repr

    @property
    def expected(self) -> float | None:
        """US dollars that it will have cost in the end, estimated from what is done; ``None`` while unknown.

        >>> Progress(done=50, total=200, cost=Cost(0.05)).expected
        0.2
        """
        return None if self.cost.total is None or not self.done else self.cost.total / self.done * self.total

    def __str__(self) -> str:
        left = "" if self.eta is None else f", about {max(1, round(self.eta))} s left"
        failed = f", {self.failed} failed" if self.failed else ""
        again = f", {self.again} to be asked for once more" if self.again else ""
        return f"{self.step}: {self.done} of {self.total}{failed}{again}{left}"


@dataclass(frozen=True, slots=True)
class Result:
    """What a job made.

    Attributes:
        added: samples completed (or topics, or inputs, where the job made only those).
        failed: results that did not comply after all attempts; for samples, rows with the reason.
        dropped: repeats, and results that the model did not come up with in three rounds.
        usage: tokens of all calls.
        cost: US dollars, or ``None`` where that of some call is not known; `Job.cost` tells what is known of it.
        stopped: why it ended early, or ``None``.
        note: what else there is to say, such as why topics could not be made, which leave no failed rows; or ``None``.

    >>> result = Result(added=6, failed=0, dropped=1, usage=Usage(900, 100), cost=0.002)
    >>> result.usage.total, result.stopped is None
    (1000, True)
    """

    added: int
    failed: int
    dropped: int
    usage: Usage
    cost: float | None = None
    stopped: str | None = None
    note: str | None = None

    __repr__ = short_repr


class Control(Protocol):
    """A run, as far as its handle steers it."""

    def cancel(self) -> None:
        """End it now."""

    def pause(self, *, on: bool) -> None:
        """Send nothing new, or go on."""


class Job(Coroutine[Any, Any, Result]):
    """A handle on a job. Made by the methods of a studio that generate.

    In a notebook cell say ``await job``; in a script, ``job.wait()``. Either can be left out: the job runs by itself.
    It may also be given to whatever takes a coroutine, such as ``asyncio.create_task(job)`` or ``asyncio.run(job)``.

    Attributes:
        id: ten letters and digits, by which a studio takes it too.

    >>> import synth_widgets as sw
    >>> from synth_widgets.testing import ScriptedCompleter
    >>> studio = sw.Studio(sw.Task("Greeter", "Greet."), path=":memory:", model=ScriptedCompleter())
    >>> job = studio.grow(depth=0, samples=3)
    >>> job.wait().added, job.status, job.progress.done
    (3, 'done', 3)
    >>> studio.close()
    """

    def __init__(
        self,
        engine: Engine,
        record: Callable[[], JobRecord],
        cost: Callable[[], Cost] = Cost,
        *,
        repeat: Callable[[JobRecord, int, Any], Job],
    ) -> None:
        self._engine = engine
        self._record = record
        self._cost = cost
        self._repeat = repeat
        self._is_spent = False
        self._ended: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._control: Control | None = None
        self._progress = Progress()
        self._waits: weakref.WeakKeyDictionary[asyncio.Task[Any], Coroutine[Any, Any, Result]] = (
            weakref.WeakKeyDictionary()
        )
        self.id = record().id

    # ------------------------------------------------------------ what a person asks
    @property
    def kind(self) -> str:
        """The method that started it: ``grow``, ``topics``, ``inputs`` or ``outputs``."""
        return self._record().kind

    @property
    def status(self) -> JobStatus | Literal["paused"]:
        """``running``, ``paused``, ``done``, ``cancelled``, ``stopped`` (see `Result.stopped`) or ``interrupted``."""
        record = self._record()
        return "paused" if record.paused else record.status

    @property
    def progress(self) -> Progress:
        """How far it is, now."""
        return self._progress

    @property
    def cost(self) -> Cost:
        """What its calls took so far, those before it was resumed too."""
        return self._cost()

    @property
    def result(self) -> Result:
        """What it made so far, or in the end."""
        record = self._record()
        is_early = record.status not in {"running", "done"}
        stopped = record.note or record.status if is_early else None
        note = None if is_early else record.note
        return Result(record.added, record.failed, record.dropped, record.usage, self.cost.total, stopped, note)

    def cancel(self) -> None:
        """Stop it within half a second. Whatever is finished stays; what is under way is given up."""
        self._engine.call(lambda: self._control.cancel() if self._control else None)

    def pause(self) -> None:
        """Send nothing new until `resume`. What is under way is finished; a job that is over stays as it is.

        A job that is paused when its kernel ends is interrupted: `Studio.resume` makes its pending items.
        """
        self._engine.call(lambda: self._control.pause(on=True) if self._control else None)

    def resume(self) -> None:
        """Go on after `pause`.

        Raises:
            StudioError: it is over; what is pending of it is for `Studio.resume`.
        """

        def act() -> None:
            if self._control is None:
                raise StudioError(f"This job is {self.status}, not paused. studio.resume() makes what is pending.")
            self._control.pause(on=False)

        self._engine.call(act)

    def repeat(self, n: int = 1, *, confirmed: Estimate | None = None) -> Job:
        """Start it once more, with the same arguments: ``n`` times as many on top of what is there now.

        See `Studio.repeat`.
        """
        return self._repeat(self._record(), n, confirmed)

    def wait(self, timeout: float | None = None) -> Result:
        """Wait for the end and return what was made. A job that stopped at its budget says so in ``.stopped``.

        Args:
            timeout: seconds to wait at most.

        Raises:
            TimeoutError: it still runs.
            RunStoppedError: it could not go on (no access, full disk); what was made is in ``.result``.
            StudioError: called where waiting would block the job itself.
        """
        if self._engine.is_current:
            raise StudioError("job.wait() on the engine's own thread would wait for ever; use `await job`.")
        try:
            self._ended.result(timeout)
        except concurrent.futures.TimeoutError:
            raise TimeoutError(f"The job still runs after {timeout} s ({self._progress}).") from None
        except KeyboardInterrupt:
            self._say_it_goes_on()
            raise
        return self._outcome()

    def __await__(self) -> Generator[Any, None, Result]:
        return self._until_ended().__await__()

    def send(self, value: Any) -> Any:
        """Wait on: for the event loop, which takes a job for a coroutine."""
        return self._wait_of_task().send(value)

    def throw(self, *error: Any) -> Any:
        """Stop waiting with an error: for the event loop."""
        return self._wait_of_task().throw(*error)

    def close(self) -> None:
        """Do nothing: for the event loop. `cancel` stops a job."""

    def _wait_of_task(self) -> Coroutine[Any, Any, Result]:
        """Return what waits in the current task: any number of tasks may wait for one job."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("A job is awaited in a task: asyncio.create_task(job), or job.wait() in a script.")
        if task not in self._waits:
            self._waits[task] = self._until_ended()
        return self._waits[task]

    async def _until_ended(self) -> Result:
        try:
            ended = asyncio.wrap_future(self._ended)
            while not ended.done():  # a loop that sleeps through would not notice Ctrl+C before the end
                await asyncio.wait({ended}, timeout=NOTICE_SECONDS)
        except (asyncio.CancelledError, KeyboardInterrupt):
            self._say_it_goes_on()
            raise
        return self._outcome()

    def _outcome(self) -> Result:
        result = self.result
        if self.status == "stopped" and not self._is_spent:
            raise RunStoppedError(f"The job stopped: {result.stopped}", result)
        if self.kind in {"grow", "topics"} and not result.added and result.failed and result.note:
            # Topics that could not be made leave no rows that say why.
            warn(f"Nothing was made: {result.note}.")
        return result

    def _say_it_goes_on(self) -> None:
        if not self._ended.done():
            print(  # noqa: T201 - on the caller's own thread, as an answer to Ctrl+C
                "Stopped waiting. The job goes on; job.cancel() stops it, `await job` waits again.", file=sys.stderr
            )

    def __repr__(self) -> str:
        return f"<Job {shown(self.kind)}: {self.status}, {self._progress.done} of {self._progress.total}>"

    # ------------------------------------------------------------ what the run tells
    def _began(self, control: Control) -> None:
        self._control = control

    def _tell(self, progress: Progress) -> None:
        self._progress = progress

    def _end(self) -> None:
        self._control = None
        if not self._ended.done():
            self._ended.set_result(None)
