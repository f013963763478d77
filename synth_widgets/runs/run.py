"""The pipeline: work items -> completer -> changes.

All steps overlap: inputs start as soon as a leaf exists, outputs as soon as an input does. What is ready is started
in the order topics, outputs, inputs, so that finished samples come early and few are half made.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import random
import weakref
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from synth_widgets.collector import collector_off, let_go
from synth_widgets.curation.new_versions import without_output
from synth_widgets.engine import Engine
from synth_widgets.errors import (
    AccessError,
    FileError,
    ModelError,
    ModelGoneError,
    ModeRefusedError,
    SynthError,
    UnreachableError,
)
from synth_widgets.llm.completer import Answer, Completer
from synth_widgets.own_code import OwnCode
from synth_widgets.records import STEPS, JobRecord, JobStatus, Step, WorkItem
from synth_widgets.runs import plan
from synth_widgets.runs.effect import Effect
from synth_widgets.runs.inputs_step import InputsStep
from synth_widgets.runs.job import Job
from synth_widgets.runs.last_round import Held, LastRound, outcomes
from synth_widgets.runs.outputs_step import OutputsStep
from synth_widgets.runs.pending_call import BROKEN_OFF, UNREACHED, CallQueue, PendingCall
from synth_widgets.runs.plan import SLICE, Plan, Recipe
from synth_widgets.runs.planner import Planner
from synth_widgets.runs.progress import ProgressMeter
from synth_widgets.runs.repeats import Repeats
from synth_widgets.runs.request_builder import RequestBuilder
from synth_widgets.runs.spending import Spending
from synth_widgets.runs.step import StepContext, StepOfRun
from synth_widgets.runs.step_models import Instead, StepModels
from synth_widgets.runs.topics_step import TopicsStep
from synth_widgets.store.changes import Change, JobChanged
from synth_widgets.store.journal import now
from synth_widgets.store.record_factories import replacer
from synth_widgets.store.store import Store
from synth_widgets.text.shown import MOST_OF_A_MESSAGE, shown

log = logging.getLogger(__name__)

ORDER: tuple[Step, ...] = ("topics", "outputs", "inputs")
_changed = replacer(JobRecord)
LOOK_UP_SECONDS = 0.5
LABELS = {
    "grow": "Generate",
    "topics": "Generate topics",
    "inputs": "Generate inputs",
    "outputs": "Generate outputs",
    "regenerate": "Regenerate",
}
LAST_ROUND = "Asking once more for {} that failed"


class StopRunError(SynthError):
    """The whole job must stop; the message says why."""


class BudgetSpentError(StopRunError):
    """The next call would pass a budget: what is left remains pending."""


@dataclass(slots=True)
class _InFlight:
    """A call that a task makes now.

    Attributes:
        is_counted: whether it counts among the calls that its completer has under way.
    """

    pending: PendingCall
    completer: Completer
    is_counted: bool = True


class Run:
    """One job at work. Everything here happens on the engine's thread."""

    def __init__(
        self,
        store: Store,
        engine: Engine,
        own_code: OwnCode,
        job: Job,
        *,
        record: JobRecord,
        completers: dict[Step, Completer],
        builder: RequestBuilder,
        repeats: Repeats,
        spending: Spending,
        instead: Instead,
        on_progress: Callable[[Job], None],
    ) -> None:
        self.store = store
        self.state = store.state
        self.engine = engine
        self.own_code = own_code
        self.job = job
        self.record = record
        self.recipe: Recipe = builder.recipe
        self.completers = completers
        self.builder = builder
        self.spending = spending
        self.models = StepModels(completers, instead, spending.changed)
        self.last_round = LastRound()
        self.repeats = repeats
        self.seeds = itertools.count(random.randrange(1_000_000))  # noqa: S311 - for variety, not for secrets
        context = StepContext(
            self.state,
            record,
            builder,
            self.models,
            self.seeds,
            run=weakref.proxy(self),  # which holds its steps: an ended run goes at once, with what it holds
            on_worker=engine.on_worker,
            own_code=own_code.run,
        )
        self.steps: dict[Step, StepOfRun] = {
            "topics": TopicsStep(context),
            "inputs": InputsStep(context, repeats),
            "outputs": OutputsStep(context),
        }
        loop = engine.loop
        self.progress = ProgressMeter(
            job,
            record,
            clock=loop.time,
            later=loop.call_later,
            tell=lambda: on_progress(job),
            run=weakref.proxy(self),
        )
        self._ready: dict[Step, CallQueue] = {step: CallQueue(step) for step in ORDER}
        self._calls: dict[asyncio.Task[Any], _InFlight] = {}
        """The call that each task makes now."""
        self._taken: Counter[int] = Counter()
        """How many calls are counted for each completer, by its identity."""
        self._wake = asyncio.Event()
        self._fault: BaseException | None = None
        self._notes: dict[str, int] = {}
        self._silent = 0
        """Calls without an answer since the last one that had one."""
        self._aside: list[tuple[int, str]] = []
        """Work that was given up for now: its open slots, which stay pending, and why."""
        self._reached = 0
        self._visibility_changes = self.state.visibility_changes
        self._is_over = False
        self.planner = Planner(engine, weakref.proxy(self))
        self._has_moot = False
        """Whether work that is to be given up may still wait."""
        self._ended: JobStatus | None = None
        """What a person, or the end of the studio, made of the job before it was done."""

    # ------------------------------------------------------------ from start to end
    async def main(self, *, is_resumed: bool) -> None:
        """Work to the end, and say how it ended; a job that is resumed takes up its pending items first."""
        status: JobStatus = "done"
        note: str | None = None
        try:
            self.repeats.begin()
            if is_resumed:
                await self._unless_ended(self._recall())
                await self._unless_ended(self._take_up_all())
            await self._work()
        except BudgetSpentError as error:
            status, note = "stopped", str(error)
            self.job._is_spent = True  # noqa: SLF001 - the handle is told what it need not raise for
        except (ModelError, StopRunError, FileError) as error:
            status, note = "stopped", str(error)
        except Exception as error:
            log.exception("The job %s ended with an error that nobody foresaw.", self.record.id)
            status, note = "stopped", f"{type(error).__name__}: {error}"
        await self._land()
        await self._unless_ended(self.planner.done())  # what it does not come to stays pending, all of it
        if status == "done" and self._aside:
            count = sum(slots for slots, _ in self._aside)
            status, note = "stopped", f"{count} got no answer and can be resumed: {self._aside[-1][1]}"
        self._finish(self._ended or status, note)
        self.repeats.forget(self.engine)

    async def _recall(self) -> None:
        """Take in what came of the job before it was interrupted or stopped."""
        state, ident = self.state, self.record.id
        if not state.ledger.of(jobs=(ident,)).calls:
            return

        def look() -> tuple[Counter[Step], Counter[Step]]:
            pending = {item.target for item in tuple(state.open_items(ident).values())}
            return outcomes(tuple(state.samples.values()), state.calls, ident, pending)

        self.last_round.came, self.last_round.failed = await self.engine.on_worker(look)

    async def _unless_ended(self, doing: Coroutine[Any, Any, object]) -> None:
        """Wait until something is done, or a person ends the job."""
        task = self.engine.spawn(doing)
        while not task.done() and self._ended is None:
            self._wake.clear()
            waking = self.engine.spawn(self._wake.wait())
            await asyncio.wait({task, waking}, return_when=asyncio.FIRST_COMPLETED)
            waking.cancel()
        if task.done():
            await task
        else:
            task.cancel()

    def take_up(self, items: Sequence[WorkItem]) -> None:
        """Work on open items that the job has in the state already."""
        self.progress.expect(plan.expected(self.recipe, items))
        self._queue(items)

    async def _take_up_all(self) -> None:
        items_left = iter(self.state.open_items(self.record.id).values())  # only the job's own work changes them
        while items := list(itertools.islice(items_left, SLICE)):
            with collector_off(stays=True):
                self.take_up(items)
            await asyncio.sleep(0)

    @property
    def has_ended(self) -> bool:
        """Whether nothing more is to be planned."""
        return self._ended is not None or self._is_over

    def plan(self, part: Plan, *, is_expected: bool) -> Future[None]:
        """Take up a part of a plan; return what is done once it is on disk."""
        coming = -plan.expected(self.recipe, part.items) if is_expected else 0
        self.commit([*part.targets, *self._taken_over(part)], planned=part.items, coming=coming)
        return self.store.saved()

    def fail(self, error: BaseException) -> None:
        """End the job by an error, unless another one came before."""
        self._fault = self._fault or error

    def wake(self) -> None:
        """Look what is to be done next."""
        self._wake.set()

    def _taken_over(self, part: Plan) -> list[Change]:
        return [JobChanged(self.state.jobs[job], finished=tuple(items)) for job, items in part.taken_over.items()]

    async def _work(self) -> None:
        while self._ended is None:
            self._wake.clear()
            self._drop_moot()
            if self._ready["inputs"] and not self.repeats.are_read:
                await self._unless_ended(self.repeats.learn(self.engine, self.state))
                continue
            self._launch()
            if not self._calls and not self._is_waiting():
                if self.spending.short:
                    raise BudgetSpentError(self.spending.short)
                if not await self._begin_last_round():
                    return
            await asyncio.sleep(0)  # where there is nothing to wait for, others have their turn
            with contextlib.suppress(TimeoutError):  # look up now and then: what is waited for changes by itself
                await asyncio.wait_for(self._wake.wait(), LOOK_UP_SECONDS)
            if self._fault is not None:
                raise self._fault
            if self.store.trouble is not None:
                raise FileError(f"the file is not saved: {self.store.trouble}")

    def _is_waiting(self) -> bool:
        """Whether something is left to send, but not now."""
        held = self.record.paused and any(self._ready.values())
        return (
            held
            or self.planner.is_busy
            or self._has_moot
            or (self.spending.short is not None and self.spending.is_waiting)
        )

    async def _begin_last_round(self) -> bool:
        """Ask once more for what failed by chance, and settle what has failed for good. Return whether work is left."""
        again, lost = self.last_round.begin()
        for pending in again:
            self.again(pending)
        for at in range(0, len(lost), SLICE):
            self._give_up(lost[at : at + SLICE])
            await asyncio.sleep(0)
        return bool(again)

    def _give_up(self, lost: Iterable[Held]) -> None:
        slots: list[WorkItem] = []
        moot: list[WorkItem] = []
        changes: list[Change | None] = []
        for held in lost:
            changes.append(without_output(self.state.samples.get(held.pending.target)))
            if self._is_moot(held.pending):
                moot += held.pending.slots
                continue
            slots += held.pending.slots
            self.last_round.failed[held.pending.step] += len(held.pending.slots)
            if held.note:
                self.note(held.note, len(held.pending.slots))
        self.commit(changes, finished=[*slots, *moot], kind="failed" if slots else None, count=len(slots))

    def _launch(self) -> None:
        self._has_moot = False
        while (found := self._next()) is not None:
            pending, completer = found
            task = self.engine.spawn(self._go_on(pending, completer))
            self._calls[task] = _InFlight(pending, completer)
            task.add_done_callback(self._landed)
        self.progress.look()

    def _next(self) -> tuple[PendingCall, Completer] | None:
        """Take the next call for which there is room, and count it."""
        moot: list[WorkItem] = []
        self.spending.short = None
        if self.record.paused:
            return None
        found: tuple[PendingCall, Completer] | None = None
        for step in ORDER:
            if step == "inputs" and not self.repeats.are_read:
                continue
            completer = self.completers.get(step)
            ready = self._ready[step]
            while found is None and ready and completer and self._taken[id(completer)] < completer.concurrency:
                if len(moot) >= SLICE:  # the rest at the next turn
                    self._has_moot = True
                    self._wake.set()
                    break
                pending = ready.take(1 if step == "outputs" else completer.items_per_call)
                if not pending.slots or self._is_moot(pending):
                    moot += pending.slots
                elif not self.spending.reserve(pending):
                    ready.put_back(pending)
                    break
                else:
                    found = pending, completer
                    self._taken[id(completer)] += 1
        if moot:
            self.commit([], finished=moot)
        return found

    async def _go_on(self, pending: PendingCall, completer: Completer) -> None:
        """Do one piece of work after another.

        An answer is read and the next call sent in one step of the loop: so calls that were begun together do not stay
        together, each wave waiting for all answers of the last to be read.
        """
        task = asyncio.current_task()
        while task is not None:
            self._calls[task] = _InFlight(pending, completer)
            try:
                await self._call(pending, completer)
            finally:
                self.spending.given_up(pending)  # nothing, once it was answered
            self._leave(task)
            del self._calls[task]  # it may be another task's by the time this one has ended
            if self._ended is not None or self.store.trouble is not None or (found := self._next()) is None:
                return
            pending, completer = found
            if self._taken[id(completer)] < completer.concurrency:
                self._wake.set()  # the endpoint takes more than it did

    def _drop_moot(self) -> None:
        """Give up the calls whose topic or sample was removed since they were begun."""
        if self.state.visibility_changes == self._visibility_changes:
            return
        self._visibility_changes = self.state.visibility_changes
        for task, call in tuple(self._calls.items()):
            if call.pending.slots and call.is_counted and self._is_gone(call.pending):
                task.cancel()
                slots = tuple(call.pending.slots)
                call.pending.slots.clear()  # the call may take its time to end: they are given up once
                self.commit([], finished=slots)

    def _leave(self, task: asyncio.Task[Any] | None) -> None:
        """Make room for another call in the place of a task's."""
        if task is not None and (call := self._calls.get(task)) is not None and call.is_counted:
            call.is_counted = False
            self._taken[id(call.completer)] -= 1

    def release(self) -> None:
        """Make room for another call although the running task has something left to do: it holds nobody up."""
        self._leave(asyncio.current_task())
        self._wake.set()

    @property
    def to_ask_again(self) -> int:
        """How many items had their answers, all no good, and wait for their last round or are in it."""
        return len(self.last_round)

    def where(self) -> tuple[Step, list[str], str | None]:
        """Return the farthest step that was reached, the targets of the calls under way, and what they wait for."""
        told = (text for c in self.completers.values() if (text := getattr(c, "waiting", None)))
        waiting = "Paused" if self.record.paused else next(told, self._says_last())
        steps = {call.pending.step for call in self._calls.values()}
        # Steps overlap: going back and forth between them would tell nothing.
        self._reached = max([self._reached, *(STEPS.index(step) for step in steps)])
        return STEPS[self._reached], [call.pending.target for call in self._calls.values()], waiting

    def _says_last(self) -> str | None:
        """Say that nothing but the last round is left, or ``None``."""
        left = itertools.chain((call.pending for call in self._calls.values()), *self._ready.values())
        is_all = bool(self._calls) and all(isinstance(each, PendingCall) and each.in_last_round for each in left)
        return LAST_ROUND.format(len(self.last_round)) if is_all else None

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._leave(task)
        if (call := self._calls.pop(task, None)) is not None:
            self.spending.refused(call.pending)  # nothing, unless it was cancelled before it was sent
        if not task.cancelled() and (error := task.exception()) is not None:
            self.fail(error)
        self._wake.set()

    async def _land(self) -> None:
        """Give up the calls under way; what has been answered is still taken in."""
        self._hang_up()
        for patience in (0.3, 0.1):
            if self._calls:
                await asyncio.wait(tuple(self._calls), timeout=patience)
            for task in tuple(self._calls):
                task.cancel()

    def _hang_up(self) -> None:
        for task, call in tuple(self._calls.items()):
            if call.is_counted:
                task.cancel()

    def _finish(self, status: JobStatus, note: str | None) -> None:
        owes_nothing = status in {"done", "cancelled"}
        if owes_nothing and (left := self.last_round.open):  # it was cancelled before their last round, or in it
            lost = sum(not self._is_moot(item) for item in left)
            self.commit([], finished=left, kind="failed" if lost else None, count=lost)
        given_up = self.state.open_items(self.record.id).parts if owes_nothing else []
        counted = (f"{count} {what}" for what, count in self._notes.items())
        said = [*self.models.said, *counted, *self.spending.said]
        if (self.planner.is_busy or self.planner.was_cut_short) and status == "interrupted":
            said.append("it was interrupted before all of it was planned; start it again for the rest")
        note = (
            shown("; ".join([note, *said] if note else said), MOST_OF_A_MESSAGE) or None
        )  # an endpoint may say anything
        self.record = _changed(self.record, status=status, note=note, ended=now(), paused=False)
        if owes_nothing:
            self.progress.settle()
        self.progress.end()
        self.commit([], ends=True, owes_nothing=owes_nothing)
        self._is_over = True
        self.store.settle()
        rest: list[Any] = [*given_up, *(waiting.emptied() for waiting in self._ready.values())]
        if sum(map(len, rest)) > SLICE:
            self.engine.spawn(self.engine.on_worker(partial(let_go, *rest)))

    def cancel(self, *, interrupted: bool = False) -> None:
        """End the job now. ``interrupted``: the studio closes, and what is left remains pending."""
        self._ended = self._ended or ("interrupted" if interrupted else "cancelled")
        self._hang_up()  # at once: the loop may have much to do before the job's own turn
        self._wake.set()

    def pause(self, *, on: bool) -> None:
        """Send nothing new, or go on. What is under way is finished."""
        if self.record.paused != on and not self._is_over:
            self.record = _changed(self.record, paused=on)
            self.progress.restart()
            self.commit([])
            self._wake.set()

    # ------------------------------------------------------------ one call
    async def _call(self, pending: PendingCall, completer: Completer) -> None:
        try:
            if await self.steps[pending.step].ask(pending, completer):
                self._silent = 0
        except ModeRefusedError as error:  # no other mode is left
            self.spending.refused(pending)
            raise StopRunError(str(error)) from error
        except ModelGoneError as error:
            self.spending.refused(pending)
            self.models.gone(pending.step, completer, error)
            self._ready[pending.step].put_back(pending)
        except AccessError:
            self.spending.refused(pending)
            raise
        except UnreachableError as error:
            if not error.partial:
                self.spending.refused(pending)
            self._unanswered(pending, error)

    def _unanswered(self, pending: PendingCall, error: UnreachableError) -> None:
        """Ask once more; then stop if nobody is answered, and set this piece of work aside if only it is not."""
        if not pending.slots:  # all of it had come before the answer broke off
            return
        pending.unreached += 1
        self._silent = 0 if error.partial else self._silent + 1  # what breaks off in the middle is alive
        if pending.unreached < (BROKEN_OFF if error.partial else UNREACHED):
            self._ready[pending.step].append(pending)
        elif self._silent >= UNREACHED:
            raise StopRunError(str(error)) from error
        else:
            self._aside.append((len(pending.slots), str(error)))

    # ------------------------------------------------------------ what calls lead to
    def charge(self, pending: PendingCall, answer: Answer, slots: int) -> float | None:
        """Count what an answer took, for so many items; return what it cost, ``None`` when unknown."""
        self.progress.spend(answer.usage)
        return self.spending.answered(pending, answer.usage, slots=slots)

    def waive(self, pending: PendingCall) -> None:
        """Take in that the endpoint did not take a call: it costs nothing."""
        self.spending.refused(pending)

    def apply(self, effect: Effect) -> None:
        """Do what an answer means, unless the job is over: a call that would not be cancelled came in after the end."""
        if self._is_over:
            return
        self.last_round.came[effect.step] += effect.came
        self.last_round.failed[effect.step] += effect.failed
        if effect.changes or effect.planned or effect.reopened or effect.finished or effect.kind:
            self.commit(
                effect.changes,
                planned=effect.planned,
                reopened=effect.reopened,
                finished=effect.finished,
                coming=effect.coming,
                kind=effect.kind,
                count=effect.count,
            )
        if effect.held is not None:
            self._hold(effect.held, effect.held_slots, effect.note)
        elif effect.note:
            self.note(effect.note, effect.noted)
        if effect.again is not None:
            self.again(effect.again, first=effect.is_first)
        if effect.below is not None:
            self.planner.add(effect.below.parts(self.record.id), is_expected=True)

    def commit(
        self,
        changes: Iterable[Change | None],
        *,
        planned: Iterable[WorkItem] = (),
        reopened: Iterable[WorkItem] = (),
        finished: Iterable[WorkItem] = (),
        coming: int = 0,
        kind: Literal["added", "failed", "dropped"] | None = None,
        count: int = 1,
        ends: bool = False,
        owes_nothing: bool = False,
    ) -> None:
        """Commit changes together with what they mean for the job: items, counts, progress.

        ``reopened``: items that were finished and are open again, in the hands of whoever says so. ``coming``: results
        of items that are planned next; less than 0 when they are.
        """
        if self._is_over:
            return  # a call that would not be cancelled came in after the end
        open_items = self.state.open_items(self.record.id)
        planned, finished = tuple(planned), tuple([item for item in finished if item.key in open_items])
        opened = (*planned, *reopened)
        counted = {kind: max(0, getattr(self.record, kind) + count)} if kind else {}
        self.progress.expect(plan.expected(self.recipe, opened) - plan.expected(self.recipe, finished) + coming)
        if kind in {"added", "failed"}:
            self.progress.finished(count, failed=kind == "failed")
        self.last_round.settle(finished)
        self.record = _changed(self.record, planned=max(0, self.progress.total), usage=self.progress.usage, **counted)
        news = [*changes, JobChanged(self.record, opened, finished, owes_nothing)]
        self.store.commit(news, actor="job", label=LABELS[self.recipe.kind], job=self.record.id, ends=ends)
        self._queue(planned)

    def again(self, pending: PendingCall, *, first: bool = False) -> None:
        """Ask anew for the slots that are still open, ``first`` or after what waits."""
        ready = self._ready[pending.step]
        (ready.put_back if first else ready.append)(pending)
        self._wake.set()

    def _hold(self, pending: PendingCall, slots: Iterable[WorkItem], note: str = "") -> None:
        """Keep slots whose answers are used up open for the last round; ``note`` is said of each that gets none."""
        self.last_round.hold(PendingCall(pending.step, pending.target, deque(slots), in_last_round=True), note)
        self.progress.look()

    def note(self, text: str, count: int = 1) -> None:
        """Remember something that the job has to say at its end."""
        self._notes[text] = self._notes.get(text, 0) + count

    def _queue(self, items: Iterable[WorkItem]) -> None:
        by_step: dict[Step, list[WorkItem]] = {}
        for item in items:
            if self._has_failed(item):
                self.last_round.hold(PendingCall(item.step, item.target, deque([item]), in_last_round=True))
            else:
                by_step.setdefault(item.step, []).append(item)
        for step, some in by_step.items():
            self._ready[step].add(some)
        if by_step:
            self._wake.set()

    def _has_failed(self, item: WorkItem) -> bool:
        """Whether an item's sample has had its answers in this job, so that only its last round is left."""
        sample = self.state.samples.get(item.target)
        if sample is None or sample.status != "failed" or not sample.version.calls:
            return False
        call = self.state.calls.get(sample.version.calls[-1])
        return call is not None and call.job == self.record.id and call.step == item.step

    def _is_moot(self, pending: PendingCall | WorkItem) -> bool:
        """Whether the work's target was removed, or was completed by somebody else, since it was planned."""
        sample = self.state.samples.get(pending.target)
        is_done = sample is not None and sample.status not in {"pending", "failed"} and not self.recipe.anew
        return is_done or self._is_gone(pending)

    def _is_gone(self, pending: PendingCall | WorkItem) -> bool:
        """Whether the work's target was removed."""
        sample = self.state.samples.get(pending.target)
        return pending.target in self.state.hidden if sample is None else not self.state.is_visible(sample)
