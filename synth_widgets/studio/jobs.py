"""The jobs of one studio file: what starts them, resumes what is pending of them, steers and ends them."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from typing import Any, Protocol

from synth_widgets.engine import Engine
from synth_widgets.errors import ClosedError, FileError
from synth_widgets.llm.completer import Completer, is_small
from synth_widgets.money import Budget, Cost
from synth_widgets.own_code import OwnCode
from synth_widgets.records import STEPS, JobRecord, Step, WorkItem, new_id
from synth_widgets.runs import plan
from synth_widgets.runs.job import Job
from synth_widgets.runs.plan import Plan, Recipe
from synth_widgets.runs.repeats import Repeats
from synth_widgets.runs.request_builder import RequestBuilder
from synth_widgets.runs.run import LABELS, Run
from synth_widgets.store.changes import JobChanged
from synth_widgets.store.journal import now
from synth_widgets.store.state import State
from synth_widgets.store.store import Action, Store
from synth_widgets.studio.accounts import Accounts
from synth_widgets.studio.actions import Actions
from synth_widgets.studio.chosen_models import ModelLike
from synth_widgets.studio.current_task import CurrentTask
from synth_widgets.studio.facade import Facade
from synth_widgets.studio.models import Models
from synth_widgets.studio.repeating import repeated
from synth_widgets.studio.sessions import Sessions
from synth_widgets.studio.spending_gate import Confirmation, SpendingGate, Work


@dataclass(frozen=True, slots=True)
class Passed:
    """What lets works begin.

    Attributes:
        completers: who answers each of them, by step; none where nobody had to look.
        allowed: US dollars that they may cost together, beside their budgets; ``None`` for no such cap.
    """

    completers: list[dict[Step, Completer]] = field(default_factory=list)
    allowed: Budget | None = None


class Owner(Protocol):
    """What jobs belong to. Who holds a job's handle holds it, and so does a job that runs."""

    @property
    def jobs(self) -> Jobs:
        """Its jobs."""

    def left(self) -> None:
        """Hear that a job has ended."""


class Jobs:
    """The jobs of one studio file. On the engine's thread, but for what is said to be for any.

    Attributes:
        handles: those of this process, by id.
        runs: those at work, by id.
        on_progress: who hears how far each is.
        cancellations: how often all jobs were cancelled: what is looked up, or waits for a plan, then does not begin.
    """

    def __init__(
        self,
        owner: Owner,
        *,
        store: Store,
        engine: Engine,
        facade: Facade,
        own_code: OwnCode,
        actions: Actions,
        models: Models,
        sessions: Sessions,
        accounts: Accounts,
        task: CurrentTask,
    ) -> None:
        self._owner = weakref.ref(owner)
        self._store = store
        self._engine = engine
        self._facade = facade
        self._own_code = own_code
        self._actions = actions
        self._models = models
        self._sessions = sessions
        self._accounts = accounts
        self._task = task
        self.handles: dict[str, Job] = {}
        self.runs: dict[str, Run] = {}
        self.on_progress: list[Callable[[Job], None]] = []
        self.cancellations = 0
        self._repeats = Repeats()
        self.gate = SpendingGate(engine, models, accounts)
        self._planning = asyncio.Lock()
        """Held by what plans a job in many parts. What begins or resumes a job waits for it: what two jobs find
        missing, or one finds missing what is pending of another, would be made twice."""
        self._driving: set[asyncio.Task[None]] = set()
        self._overrides: dict[str, ModelLike] = {}
        """Models that jobs were started with, also of those that have ended or had nothing to make: whoever repeats one
        asks its model again."""

    @property
    def _state(self) -> State:
        return self._store.state

    # ------------------------------------------------------------ start
    async def start(self, work: Work, confirmation: Confirmation, *, cancellations: int | None = None) -> Job:
        """Start a job. One that has nothing to make is done at once, and the file knows nothing of it.

        Args:
            work: what it makes.
            confirmation: what a person has confirmed of it.
            cancellations: how often all had been cancelled when the job was asked for; ``None``: it is asked for now.

        Raises:
            UnconfirmedError: it would send much, and nobody has confirmed that.
        """
        self._store.check_writable()
        recipe, samples = work.recipe, work.samples
        cancellations = self.cancellations if cancellations is None else cancellations
        passed = await self._passed(lambda: [work], confirmation)
        record = JobRecord(new_id(), recipe.kind, recipe.to_json(), status="done", started=now())
        if self.cancellations != cancellations:
            return self._ended(replace(record, status="cancelled"))
        if work.model is not None and not work.is_model_of_file:
            self._overrides[record.id] = work.model
        parts = plan.parts(self._state, recipe, record.id, samples)
        if not self._planning.locked() and not any(run.planner.is_busy for run in self.runs.values()):
            first, is_whole = next(parts, Plan()), next(parts, None) is None
            if is_whole:
                return self._begin(record, work, first, passed) if first.items else self._nothing(record, first)
        return await self._start_in_parts(record, work, passed, cancellations)

    async def _passed(self, look: Callable[[], list[Work]], confirmation: Confirmation) -> Passed:
        """Return what lets works begin, once a person need not be asked, or has confirmed.

        A model may be set while a worker counts: then it counts again, so that who was looked at is who is asked.
        """
        while self.gate.looks_at(works := look(), confirmation):
            completers = [self._completers_for(work.recipe, work.model) for work in works]
            allowed = await self.gate.check(works, confirmation)
            now = look()
            if now == works and [self._completers_for(work.recipe, work.model) for work in now] == completers:
                return Passed(completers, allowed)
        return Passed()

    async def _start_in_parts(self, record: JobRecord, work: Work, passed: Passed, cancellations: int) -> Job:
        """Start a job whose plan takes long: it is worked on, and can be cancelled, as soon as something is planned."""
        async with self._planning:
            for run in tuple(self.runs.values()):  # what is on its way is not missing
                await run.planner.done()
            before: list[Plan] = []  # what has no items
            for part in (parts := plan.parts(self._state, work.recipe, record.id, work.samples)):
                if self.cancellations != cancellations:
                    return self._ended(replace(record, status="cancelled"))
                if part.items:
                    job = self._begin(record, work, part, passed)
                    planner = self.runs[job.id].planner
                    planner.add(chain(before, parts))
                    await planner.done()
                    return job
                if part.targets or part.taken_over:
                    before.append(part)
                await asyncio.sleep(0)
            action = Action()
            async with self._actions.lock:
                for part in before:
                    self._nothing(record, part, action)
                    await asyncio.sleep(0)
            return self._ended(record)

    def _begin(self, record: JobRecord, work: Work, first: Plan, passed: Passed) -> Job:
        """Begin a job with the first part of its plan, in one commit."""
        recipe = work.recipe
        completers = passed.completers[0] if passed.completers else self._completers_for(recipe, work.model)
        self._accounts.check(recipe, completers)
        session = self._sessions.current or self._sessions.begin({}, ())
        planned = plan.expected(recipe, first.items)
        record = replace(record, status="running", session=session.id, planned=planned)
        changes = [*first.targets, *self._taken_over(first), JobChanged(record, planned=tuple(first.items))]
        self._store.commit(changes, actor="job", job=record.id, label=LABELS[recipe.kind])
        return self._run(record, recipe, completers, first.items, allowed=passed.allowed)

    def _nothing(self, record: JobRecord, part: Plan, action: Action | None = None) -> Job:
        """Do what is left of a plan, or of a part of one, where nothing is to be made."""
        self._store.commit(self._taken_over(part), actor="system")  # nothing that a person could undo
        self._store.commit(part.targets, label="Set targets", action=action)
        return self._ended(record)

    def _taken_over(self, part: Plan) -> list[JobChanged]:
        return [JobChanged(self._state.jobs[job], finished=tuple(items)) for job, items in part.taken_over.items()]

    def _ended(self, record: JobRecord) -> Job:
        """Return a handle on a job that had nothing to do."""
        job = self._handle(lambda: record)
        job._end()  # noqa: SLF001 - its handles are made here
        return job

    # ------------------------------------------------------------ steer
    def cancel(self, job: str | None = None) -> int:
        """Cancel one running job, or all and what is about to begin; return how many run."""
        if job is None:
            self.cancellations += 1
        chosen = self._running(job)
        for run in chosen:
            run.cancel()
        return len(chosen)

    def pause(self, job: str | None, *, on: bool) -> int:
        """Pause one running job, or all, or let them go on; return how many."""
        chosen = self._running(job)
        for run in chosen:
            run.pause(on=on)
            if not on:
                _probe(run.completers.values())
        return len(chosen)

    def _running(self, job: str | None) -> list[Run]:
        return [run for ident, run in self.runs.items() if job in {None, ident}]

    # ------------------------------------------------------------ once more
    def repeat(self, record: JobRecord, n: int, confirmation: Confirmation) -> Job:
        """Start a job once more, with n times as many; not when all jobs are cancelled meanwhile. On any thread."""

        async def act() -> Job:
            cancellations = self.cancellations
            work = await self._engine.on_worker(lambda: self.work_of_repeat(record, n))
            return await self.start(work, confirmation, cancellations=cancellations)

        return self._facade.act(act)

    def work_of_repeat(self, record: JobRecord, n: int) -> Work:
        """Return what a job, with n times as many, makes once more. Looks through all samples; see `repeated`."""
        recipe, samples = repeated(self._state, record, n)
        return self._of_job(record, Work(recipe, samples))

    def work_of_resume(self) -> list[Work]:
        """Return what is pending of interrupted and stopped jobs, but for those whose arguments cannot be read."""
        works = []
        for record in self._unfinished():
            with suppress(FileError):
                works.append(self._of_job(record, Work(plan.recipe_of(record, self._state), pending_of=record.id)))
        return works

    def _of_job(self, record: JobRecord, work: Work) -> Work:
        """Return work of a job with the model that the job asks."""
        model, name = self.override(record.id, work.recipe), work.recipe.model
        is_of_file = bool(name) and record.id not in self._overrides and not self._models.is_given(name)
        return replace(work, model=model, is_model_of_file=is_of_file)

    async def resume(self, budget: float | None, confirmation: Confirmation) -> Job:
        """Start what is pending of interrupted and stopped jobs, let paused ones go on; return the newest of them.

        A ``budget`` takes the place of each one's own, but for the paused. What is pending waits for a plan in the
        making, which may see to it.

        Raises:
            UnconfirmedError: it would send much, and nobody has confirmed that. Paused jobs go on all the same.
        """
        self._store.check_writable()
        paused = [run for run in self.runs.values() if run.record.paused]
        for run in paused:
            run.pause(on=False)
        for run in self.runs.values():
            _probe(run.completers.values())
        cancellations = self.cancellations
        async with self._planning if self._unfinished() and self._planning.locked() else nullcontext():
            passed = await self._passed(self.work_of_resume, confirmation)
            if self.cancellations != cancellations:
                return self._ended(JobRecord(new_id(), "grow", status="cancelled"))
            return self._resume(paused, budget, passed.allowed)

    def _resume(self, paused: list[Run], budget: float | None, allowed: Budget | None) -> Job:
        if not (unfinished := self._unfinished()):
            return paused[-1].job if paused else self._ended(JobRecord(new_id(), "grow", status="done"))
        unfinished, recipes = self._readable(unfinished)
        completers = [
            self._completers_for(recipe, self.override(record.id, recipe))
            for record, recipe in zip(unfinished, recipes, strict=True)
        ]
        if budget is not None:
            recipes = [replace(recipe, budget=budget) for recipe in recipes]
            unfinished = [replace(job, args=recipe.to_json()) for job, recipe in zip(unfinished, recipes, strict=True)]
        for recipe, those in zip(recipes, completers, strict=True):
            self._accounts.check(recipe, those)
        parts = zip(unfinished, recipes, completers, strict=True)
        jobs = [self._go_on(record, recipe, those, allowed) for record, recipe, those in parts]
        return jobs[-1]

    def _unfinished(self) -> list[JobRecord]:
        """Return the jobs that do not run and have pending items."""
        return [j for j in tuple(self._state.jobs.values()) if self._state.items.get(j.id) and j.id not in self.runs]

    def _readable(self, unfinished: list[JobRecord]) -> tuple[list[JobRecord], list[Recipe]]:
        """Return the jobs whose arguments can be read, with their recipes; the others say why they do not go on.

        Raises:
            FileError: none of them can.
        """
        readable: list[tuple[JobRecord, Recipe]] = []
        wrong: list[tuple[JobRecord, FileError]] = []
        for record in unfinished:
            try:
                readable.append((record, plan.recipe_of(record, self._state)))
            except FileError as error:
                wrong.append((record, error))
        said = [JobChanged(replace(record, note=f"It cannot go on. {error}")) for record, error in wrong]
        self._store.commit(said, actor="system")
        if not readable:
            raise wrong[0][1]
        return [record for record, _ in readable], [recipe for _, recipe in readable]

    def _go_on(
        self, record: JobRecord, recipe: Recipe, completers: dict[Step, Completer], allowed: Budget | None
    ) -> Job:
        """Let a job that is known to the file go on."""
        record = replace(record, status="running", note=None, ended=None)
        self._store.commit([JobChanged(record)], actor="job", job=record.id, label=LABELS[recipe.kind])
        _probe(completers.values())
        return self._run(record, recipe, completers, allowed=allowed)

    def override(self, job: str, recipe: Recipe) -> ModelLike | None:
        """Return the model that a job was started with, when it was not the studio's.

        Raises:
            ModelError: the file names it, nobody has given it in this process, and only code can.
        """
        if job in self._overrides or not recipe.model:
            return self._overrides.get(job)
        return self._models.named_by_file(recipe.model, in_code=recipe.in_code)

    def _completers_for(self, recipe: Recipe, model: ModelLike | None) -> dict[Step, Completer]:
        if recipe.kind == "topics":
            return {"topics": self._models.completer("topics", model)}
        steps: tuple[Step, ...] = ("inputs", "outputs") if recipe.depth == 0 or recipe.kind != "grow" else STEPS
        return {step: self._models.completer(step, model) for step in steps if step != "outputs" or recipe.outputs}

    def _run(
        self,
        record: JobRecord,
        recipe: Recipe,
        completers: dict[Step, Completer],
        first: Sequence[WorkItem] | None = None,
        *,
        allowed: Budget | None,
    ) -> Job:
        """Set a job to work that the file knows as running.

        Args:
            record: the job's.
            recipe: what it makes.
            completers: who answers.
            first: the first items of a new job; ``None``: it is resumed, and takes up its pending ones.
            allowed: what it may cost beside its budgets; jobs that are resumed together share it.
        """
        session = self._state.sessions[record.session]
        ident = record.id
        job = self._handle(lambda: self._state.jobs[ident], lambda: self._state.ledger.of(jobs=(ident,)))
        size = {step: completer.items_per_call for step, completer in completers.items()}
        small = frozenset(step for step, completer in completers.items() if is_small(completer))
        defaults = frozenset(step for step in completers if not recipe.model and self._models.is_default(step))
        builder = RequestBuilder(
            self._state, self._task.value, self._task.version, recipe, session.guidance, size, small
        )
        run = Run(
            self._store,
            self._engine,
            self._own_code,
            job,
            record=record,
            completers=completers,
            builder=builder,
            repeats=self._repeats,
            spending=self._accounts.spending(record, completers, builder, allowed),
            instead=partial(self._models.instead, defaults),
            on_progress=self._tell,
        )
        self.handles[record.id], self.runs[record.id] = job, run
        job._began(run)  # noqa: SLF001 - the handle learns how to steer what it stands for
        if first is not None:
            run.take_up(first)
        driven = self._drive(run, job, self._owner(), is_resumed=first is None)
        driving = self._engine.spawn(driven, name=f"job-{record.id}")
        self._driving.add(driving)
        driving.add_done_callback(self._driving.discard)
        return job

    async def _drive(self, run: Run, job: Job, owner: Owner | None, *, is_resumed: bool) -> None:
        """See a job to its end. The owner is held till then."""
        try:
            await self._engine.spawn(run.main(is_resumed=is_resumed))
            self._models.keep_modes(run.completers.values())
            await asyncio.wrap_future(self._store.saved())
        except (FileError, ClosedError):
            pass  # said by the store's own trouble, which every view shows; the job is marked as stopped
        finally:
            self.runs.pop(job.id, None)
            job._end()  # noqa: SLF001 - see `_run`
            self._tell(job)
            used = [completer for run in self.runs.values() for completer in run.completers.values()]
            await self._models.keep(used)
            if owner is not None:
                owner.left()

    def _tell(self, job: Job) -> None:
        if job.id in self.runs:
            self._models.keep_modes(self.runs[job.id].completers.values())
        for listener in tuple(self.on_progress):
            listener(job)

    def mark_interrupted(self) -> None:
        """Say of the jobs that the file knows as running that they are not: their process is gone."""
        if self._store.read_only is not None:
            return
        left = [j for j in tuple(self._state.jobs.values()) if j.status == "running"]
        self._store.commit([JobChanged(replace(j, status="interrupted")) for j in left], actor="system")

    async def end(self) -> None:
        """Interrupt what runs, which stays pending; wait two seconds at most until it has ended."""
        self.cancellations += 1  # what waits for a plan does not begin
        for run in tuple(self.runs.values()):
            run.cancel(interrupted=True)
        if self._driving:
            await asyncio.wait(tuple(self._driving), timeout=2)

    def _handle(self, record: Callable[[], JobRecord], cost: Callable[[], Cost] = Cost) -> Job:
        return Job(self._engine, record, cost, repeat=partial(_repeat, self._owner()))


def _probe(completers: Iterable[Completer]) -> None:
    """Have endpoints asked at once that asked to wait, or are away: a person lets the job go on."""
    for completer in completers:
        if (probe := getattr(completer, "probe", None)) is not None:
            probe()


def _repeat(owner: Owner | None, record: JobRecord, n: int, confirmed: Any) -> Job:
    if owner is None:
        raise ClosedError("This studio is closed. Make it again: studio = sw.Studio(…).")
    return owner.jobs.repeat(record, n, Confirmation.of(confirmed))
