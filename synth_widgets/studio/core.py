"""What all `Studio`s of one file share: the store, the models, the jobs. Lives on the engine's thread."""

from __future__ import annotations

import asyncio
import inspect
import logging
import weakref
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path as FilePath
from typing import Any, TypeVar, cast, overload

from synth_widgets.collector import let_go
from synth_widgets.engine import Engine, engine
from synth_widgets.errors import ClosedError, FileError, ModelError, OwnCodeError, StudioError
from synth_widgets.exchange.frame_history import FrameHistory
from synth_widgets.llm.completer import Completer, is_small
from synth_widgets.models import Model
from synth_widgets.own_code import OwnCode
from synth_widgets.records import STEPS, Guidance, JobRecord, Session, Step, WorkItem, new_id, new_session_id
from synth_widgets.runs import plan
from synth_widgets.runs.job import Job
from synth_widgets.runs.plan import Plan, Recipe
from synth_widgets.runs.repeats import Repeats
from synth_widgets.runs.request_builder import RequestBuilder
from synth_widgets.runs.run import LABELS, Run
from synth_widgets.store.changes import JobChanged, SessionAdded, SettingChanged
from synth_widgets.store.journal import CLOSE_SECONDS, now
from synth_widgets.store.state import Actor, State
from synth_widgets.store.store import Action, Store
from synth_widgets.studio import known_ways, new_task, repeating
from synth_widgets.studio.accounts import Accounts
from synth_widgets.studio.chosen_models import (
    Completers,
    ModelLike,
    given_in_code,
    is_in_code,
    model_name,
)
from synth_widgets.studio.default_model import DefaultModel
from synth_widgets.task import Task

log = logging.getLogger(__name__)
T = TypeVar("T")

OWN_THREADS, JOB_THREADS = 2, 4
"""Threads for the person's code: in what a person does, and in what jobs check."""
ACTION_SECONDS = 10.0
"""How long closing waits for an action that is under way."""
HOW_TO_WRITE_A_TASK = """A studio needs a task, or a file that has one. For example:

    task = sw.Task("Support triage", "Read a customer's message; return its category and urgency.")
    studio = sw.Studio(task)"""


@dataclass(frozen=True, slots=True)
class Undone:
    """What undo or redo did.

    Attributes:
        label: the action's.
        skipped: fields that later changes had taken over.
        sample: the id of the sample that the action was about; ``None`` where it was about several, or about none.
    """

    label: str
    skipped: tuple[str, ...] = ()
    sample: str | None = None


class Core:
    """One open studio file in this process. Made by ``registry.attach``."""

    def __init__(self, path: FilePath | None, task: Task | None) -> None:
        self.engine: Engine = engine()
        self.path = path
        self.own_code = OwnCode(self.engine, threads=OWN_THREADS)
        """Runs the person's code for what a person does: an edit does not wait for what jobs check."""
        self.job_code = OwnCode(self.engine, threads=JOB_THREADS)
        self.handles: weakref.WeakSet[Any] = weakref.WeakSet()
        self.jobs: dict[str, Job] = {}
        self.runs: dict[str, Run] = {}
        self.session: Session | None = None
        self.task_change: str | None = None
        """What the newest version of the task changed in this process, in words."""
        self.on_progress: list[Callable[[Job], None]] = []
        self.on_close: list[Callable[[], None]] = []
        self.widget: Any = None
        self.frame_history = FrameHistory()
        self.accounts = Accounts(self)
        self.closed = False
        self._models: dict[str, ModelLike] = {}
        self.default_model = DefaultModel(self)
        self._completers = Completers()
        self._repeats = Repeats()
        self.turning = asyncio.Lock()
        """Held by what turns or makes a step of many commits."""
        self._planning = asyncio.Lock()
        """Held by what plans a job in many parts. What begins or resumes a job waits for it: what two jobs find
        missing, or one finds missing that another still owes, would be made twice."""
        self.stops = 0
        """How often everything was stopped: what is looked up, or waits for a plan, by then does not begin."""
        self._driving: set[asyncio.Task[None]] = set()
        self._overrides: dict[str, ModelLike] = {}
        """Models that jobs were started with, also of those that have ended or had nothing to make: whoever repeats one
        asks its model again."""
        self.store = Store(path, self.engine.post)  # on the caller's thread: opening takes time
        try:
            self.task = self._adopt(task)
            self.act(self._mark_interrupted)
        except BaseException:
            self.store.close()  # on the caller's thread: nobody else knows of it yet
            raise
        held = [self.store, self._completers, self.own_code, self.job_code]
        self._forgotten = weakref.finalize(self, _forgotten, self.engine, held)
        """One in memory ends when nobody holds it. One with a file is held by the registry until it is closed."""
        self._forgotten.atexit = False

    @property
    def state(self) -> State:
        """The store's state; read only."""
        return self.store.state

    @overload
    def act(self, function: Callable[[], Job]) -> Job: ...  # which is a coroutine too, but nothing to wait for
    @overload
    def act(self, function: Callable[[], Coroutine[Any, Any, T]]) -> T: ...
    @overload
    def act(self, function: Callable[[], T]) -> T: ...
    def act(self, function: Callable[[], Any]) -> Any:
        """Run a function on the engine's thread and return when what it changed is on disk.

        On the engine's thread it runs at once; what it returns, a coroutine too, comes back as it is, and the
        caller sees to the waiting.
        """
        if self.engine.is_current:
            return function()

        async def run() -> Any:
            result = function()
            value = await result if inspect.iscoroutine(result) else result
            if not self.closed:
                await asyncio.wrap_future(self.store.saved())
            return value

        return self.engine.call(run)

    async def check(self) -> None:
        """Wait until all is on disk, under the file's name; raise `FileError` where it is not."""
        await asyncio.wrap_future(self.store.check())

    async def backup(self, target: FilePath) -> None:
        """Write all there is as another file; see `Store.backup`."""
        async with self.turning:  # not the half of an action
            await asyncio.wrap_future(self.store.backup(target))

    def apart(self, function: Callable[[], T], *, by: Task | None = None) -> T:
        """Run slow work that changes nothing: on the caller's thread, but never on the engine's.

        There a worker does it, and what comes back is a coroutine, as with `act`.

        Args:
            function: the work.
            by: the task whose classes it asks, if it does.
        """
        if not self.engine.is_current:
            return function()
        is_own = by is not None and by.has_models
        return cast(T, self.own_code.run(function) if is_own else self.engine.on_worker(function))

    async def problem(self, task: Task, look: Callable[[], str | None]) -> str | None:
        """Return what a look at values, which asks the task's classes, finds wrong; not on the engine's thread."""
        if not task.has_models:
            return await self.engine.on_worker(look)
        try:
            return await self.own_code.run(look)
        except OwnCodeError as error:
            return str(error)

    # ------------------------------------------------------------ task and models
    def _adopt(self, task: Task | None) -> Task:
        tasks = self.store.state.tasks
        if task is None:
            if not tasks:
                raise StudioError(f"{self.path} has no task yet.\n{HOW_TO_WRITE_A_TASK}")
            return tasks[-1]
        self.change_task(task)
        return task

    def change_task(self, task: Task) -> None:
        """Take a task over: as it is, or as a new version of the file's."""
        new_task.take_over(self, task)

    def set_models(self, models: Mapping[str, Model | Completer]) -> None:
        """Set the models by step; the key ``default`` is for the steps that have none of their own."""
        for key, model in models.items():
            current = self._models.get(key)
            if current is not None and model_name(current) == model.name and not is_in_code(model):
                continue  # the same name, with an address or key given in code
            self._models[key] = model
            self._remember(key, model)

    def _remember(self, key: str, model: Model | Completer) -> None:
        if self.store.read_only is not None:
            return

        def remember() -> None:
            known = dict(self.state.settings.get("models") or {})
            wanted = {**known, key: {"name": model.name, "in_code": is_in_code(model)}}
            if wanted != known:
                self.store.commit([SettingChanged("models", known, wanted)], actor="system")

        self.act(remember)

    def model(self, step: str = "default") -> ModelLike:
        """Return the model of a step: given in this process, else the file's last, else the chosen one."""
        for key in (step, "default"):
            if key in self._models:
                return self._models[key]
            if (saved := (self.store.state.settings.get("models") or {}).get(key)) is not None:
                if saved["in_code"]:
                    raise given_in_code(saved["name"])
                return Model(saved["name"])
        return self.default_model.choice.model

    def is_default(self, step: str = "default") -> bool:
        """Whether nobody gave the model of a step."""
        return {step, "default"}.isdisjoint({*self._models, *(self.state.settings.get("models") or {})})

    def choose_model(self) -> None:
        """Begin to choose a model if nobody gave one, so that it is known when it is needed."""
        if self.is_default():
            self.default_model.choose()

    @property
    def model_reason(self) -> str | None:
        """Why the studio's model is what it is, for a person; ``None`` when it was given in this process."""
        if "default" in self._models:
            return None
        if "default" in (self.store.state.settings.get("models") or {}):
            return "the file's last"
        return self.default_model.choice.reason

    @property
    def model_way(self) -> str | None:
        """How the studio's model gives JSON, for a person; ``None`` as long as nobody knows."""
        try:
            return known_ways.in_words(self.store.state.settings, self.model())
        except ModelError:
            return None

    def _keep_ways(self, completers: Iterable[Completer]) -> None:
        """Keep in the file how models give JSON, as soon as it is found out."""
        changed = known_ways.learned(self.state.settings, completers)
        if changed is not None and self.store.trouble is None and not self.closed:
            self.store.commit([SettingChanged(known_ways.SETTING, *changed)], actor="system")

    def model_name(self, step: str = "default") -> str:
        """Return the name of a step's model, for display."""
        try:
            model = self.model(step)
        except ModelError:
            saved = self.store.state.settings["models"]
            return str((saved.get(step) or saved["default"])["name"])
        return model_name(model)

    def completer(self, step: Step, override: ModelLike | None = None) -> Completer:
        """Return what answers a step's requests. Runs on the engine's thread."""
        found = self._completers.of(self.model(step) if override is None else override)
        known_ways.recall(self.state.settings, found)
        return found

    def set_guidance(self, wanted: Guidance, *, actor: Actor) -> None:
        """Set the studio's guidance; what is left out keeps its text, and an empty text takes it away."""
        before = self.state.settings.get("guidance") or {}
        after = {step: text for step, text in {**before, **wanted}.items() if text}
        if after != before:
            self.store.commit([SettingChanged("guidance", before, after)], actor=actor, label="Change guidance")

    # ------------------------------------------------------------ sessions and jobs
    def new_session(self, guidance: Guidance, tags: tuple[str, ...]) -> Session:
        """Begin a sitting now."""
        models: dict[str, str] = {step: self.model_name(step) for step in STEPS}
        session = Session(new_session_id(), guidance, tags, models, now())
        self.store.commit([SessionAdded(session)], actor="system")
        self.session = session
        return session

    def start(
        self,
        recipe: Recipe,
        *,
        samples: tuple[str, ...] = (),
        model: ModelLike | None = None,
        stops: int | None = None,
    ) -> Job:
        """Start a job. One that has nothing to make is done at once, and the file knows nothing of it.

        Args:
            recipe: what it makes.
            samples: for which samples, where it is for some.
            model: another model than the studio's.
            stops: how often everything had been stopped when the job was asked for; ``None``: it is asked for now.
        """
        self.store.check_writable()
        record = JobRecord(new_id(), recipe.kind, recipe.to_json(), status="done", started=now())
        stops = self.stops if stops is None else stops
        if self.stops != stops:
            return self._ended(replace(record, status="cancelled"))
        if model is not None:
            self._overrides[record.id] = model
        parts = plan.parts(self.state, recipe, record.id, samples)
        if not self._planning.locked() and not any(run.planner.is_busy for run in self.runs.values()):
            first, is_whole = next(parts, Plan()), next(parts, None) is None
            if is_whole:
                return self._begin(record, recipe, first, model) if first.items else self._nothing(record, first)
        return cast(Job, self._start_in_parts(record, recipe, samples, model, stops))

    async def _start_in_parts(
        self, record: JobRecord, recipe: Recipe, samples: tuple[str, ...], model: ModelLike | None, stops: int
    ) -> Job:
        """Start a job whose plan takes long: it is worked on, and can be stopped, as soon as something is planned."""
        async with self._planning:
            for run in tuple(self.runs.values()):  # what is on its way is not missing
                await run.planner.done()
            before: list[Plan] = []  # what has no items
            for part in (parts := plan.parts(self.state, recipe, record.id, samples)):
                if self.stops != stops:
                    return self._ended(replace(record, status="cancelled"))
                if part.items:
                    job = self._begin(record, recipe, part, model)
                    planner = self.runs[job.id].planner
                    planner.add(chain(before, parts))
                    await planner.done()
                    return job
                if part.targets or part.taken_over:
                    before.append(part)
                await asyncio.sleep(0)
            action = Action()
            async with self.turning:
                for part in before:
                    self._nothing(record, part, action)
                    await asyncio.sleep(0)
            return self._ended(record)

    def _begin(self, record: JobRecord, recipe: Recipe, first: Plan, model: ModelLike | None) -> Job:
        """Begin a job with the first part of its plan, in one commit."""
        completers = self._completers_for(recipe, model)
        self.accounts.check(recipe, completers)
        session = self.session or self.new_session({}, ())
        planned = plan.expected(recipe, first.items)
        record = replace(record, status="running", session=session.id, planned=planned)
        changes = [*first.targets, *self._taken_over(first), JobChanged(record, planned=tuple(first.items))]
        self.store.commit(changes, actor="job", job=record.id, label=LABELS[recipe.kind])
        return self._run(record, recipe, completers, first.items)

    def _nothing(self, record: JobRecord, part: Plan, action: Action | None = None) -> Job:
        """Do what is left of a plan, or of a part of one, where nothing is to be made."""
        self.store.commit(self._taken_over(part), actor="system")  # nothing that a person could undo
        self.store.commit(part.targets, label="Set targets", action=action)
        return self._ended(record)

    def _taken_over(self, part: Plan) -> list[JobChanged]:
        return [JobChanged(self.state.jobs[job], finished=tuple(items)) for job, items in part.taken_over.items()]

    def _ended(self, record: JobRecord) -> Job:
        """Return a handle on a job that had nothing to do."""
        job = Job(self.engine, lambda: record, repeat=self.repeat)
        job._end()  # noqa: SLF001 - the core makes its handles
        return job

    def stop(self, job: str | None = None) -> int:
        """Cancel one running job, or all and what is about to begin; return how many run."""
        if job is None:
            self.stops += 1
        found = [run for ident, run in self.runs.items() if job in {None, ident}]
        for run in found:
            run.cancel()
        return len(found)

    def pause(self, job: str | None, *, on: bool) -> int:
        """Pause one running job, or all, or let them go on; return how many."""
        found = [run for ident, run in self.runs.items() if job in {None, ident}]
        for run in found:
            run.pause(on=on)
        return len(found)

    def resume(self, budget: float | None = None) -> Job:
        """Start what interrupted and stopped jobs still owe, let paused ones go on; return the newest of them.

        A ``budget`` takes the place of each one's own, but for the paused. What is owed waits for a plan in the making,
        which may see to it.
        """
        self.store.check_writable()
        paused = [run for run in self.runs.values() if run.record.paused]
        for run in paused:
            run.pause(on=False)
        if self._owing() and self._planning.locked():
            return cast(Job, self._resume_in_turn(paused, budget, self.stops))
        return self._resume(paused, budget)

    async def _resume_in_turn(self, paused: list[Run], budget: float | None, stops: int) -> Job:
        """Resume what is still owed once no plan is in the making."""
        async with self._planning:
            if self.stops != stops:
                return self._ended(JobRecord(new_id(), "grow", status="cancelled"))
            return self._resume(paused, budget)

    def _resume(self, paused: list[Run], budget: float | None) -> Job:
        if not (owing := self._owing()):
            return paused[-1].job if paused else self._ended(JobRecord(new_id(), "grow", status="done"))
        owing, recipes = self._readable(owing)
        completers = [
            self._completers_for(recipe, self.override(record.id, recipe))
            for record, recipe in zip(owing, recipes, strict=True)
        ]
        if budget is not None:
            recipes = [replace(recipe, budget=budget) for recipe in recipes]
            owing = [replace(job, args=recipe.to_json()) for job, recipe in zip(owing, recipes, strict=True)]
        for recipe, those in zip(recipes, completers, strict=True):
            self.accounts.check(recipe, those)
        jobs = [self._go_on(*parts) for parts in zip(owing, recipes, completers, strict=True)]
        return jobs[-1]

    def _owing(self) -> list[JobRecord]:
        """Return the jobs that do not run and still owe something."""
        return [j for j in tuple(self.state.jobs.values()) if self.state.items.get(j.id) and j.id not in self.runs]

    def _readable(self, owing: list[JobRecord]) -> tuple[list[JobRecord], list[Recipe]]:
        """Return the jobs whose arguments can be read, with their recipes; the others say why they do not go on.

        Raises:
            FileError: none of them can.
        """
        found: list[tuple[JobRecord, Recipe]] = []
        wrong: list[tuple[JobRecord, FileError]] = []
        for record in owing:
            try:
                found.append((record, plan.recipe_of(record, self.state)))
            except FileError as error:
                wrong.append((record, error))
        said = [JobChanged(replace(record, note=f"It cannot go on. {error}")) for record, error in wrong]
        self.store.commit(said, actor="system")
        if not found:
            raise wrong[0][1]
        return [record for record, _ in found], [recipe for _, recipe in found]

    def _go_on(self, record: JobRecord, recipe: Recipe, completers: dict[Step, Completer]) -> Job:
        """Let a job that is known to the file go on."""
        record = replace(record, status="running", note=None, ended=None)
        self.store.commit([JobChanged(record)], actor="job", job=record.id, label=LABELS[recipe.kind])
        return self._run(record, recipe, completers)

    def repeat(self, record: JobRecord, n: int) -> Job:
        """Start a job once more, with n times as many; see `repeating`."""
        return self.act(lambda: repeating.repeat(self, record, n, self.stops))

    def override(self, job: str, recipe: Recipe) -> ModelLike | None:
        """Return the model that a job was started with, when it was not the studio's."""
        if job in self._overrides or not recipe.model:
            return self._overrides.get(job)
        if recipe.in_code:
            raise given_in_code(recipe.model)
        return Model(recipe.model)

    def _completers_for(self, recipe: Recipe, model: ModelLike | None) -> dict[Step, Completer]:
        if recipe.kind == "topics":
            return {"topics": self.completer("topics", model)}
        steps: tuple[Step, ...] = ("inputs", "outputs") if recipe.depth == 0 or recipe.kind != "grow" else STEPS
        return {step: self.completer(step, model) for step in steps if step != "outputs" or recipe.outputs}

    def _run(
        self,
        record: JobRecord,
        recipe: Recipe,
        completers: dict[Step, Completer],
        first: Sequence[WorkItem] | None = None,
    ) -> Job:
        """Set a job to work that the file knows as running.

        Args:
            record: the job's.
            recipe: what it makes.
            completers: who answers.
            first: the first items of a new job; ``None``: it is resumed, and takes up those that it owes.
        """
        session = self.state.sessions[record.session]
        ident = record.id
        job = Job(
            self.engine,
            lambda: self.state.jobs[ident],
            lambda: self.state.ledger.of(jobs=(ident,)),
            repeat=self.repeat,
        )
        size = {step: completer.items_per_call for step, completer in completers.items()}
        small = frozenset(step for step, completer in completers.items() if is_small(completer))
        defaults = frozenset(step for step in completers if not recipe.model and self.is_default(step))
        builder = RequestBuilder(self.state, self.task, len(self.state.tasks), recipe, session.guidance, size, small)
        run = Run(
            self.store,
            self.engine,
            self.job_code,
            job,
            record=record,
            completers=completers,
            builder=builder,
            repeats=self._repeats,
            spending=self.accounts.spending(record, recipe, completers, builder),
            instead=partial(self.default_model.instead, defaults),
            on_progress=self._tell,
        )
        self.jobs[record.id], self.runs[record.id] = job, run
        job._began(run)  # noqa: SLF001 - the handle learns how to steer what it stands for
        if first is not None:
            run.take_up(first)
        driving = self.engine.spawn(self._drive(run, job, is_resumed=first is None), name=f"job-{record.id}")
        self._driving.add(driving)
        driving.add_done_callback(self._driving.discard)
        return job

    async def _drive(self, run: Run, job: Job, *, is_resumed: bool) -> None:
        try:
            await self.engine.spawn(run.main(is_resumed=is_resumed))
            self._keep_ways(run.completers.values())
            await asyncio.wrap_future(self.store.saved())
        except (FileError, ClosedError):
            pass  # said by the store's own trouble, which every view shows; the job is marked as stopped
        finally:
            self.runs.pop(job.id, None)
            job._end()  # noqa: SLF001 - see `_run`
            self._tell(job)
            used = [completer for run in self.runs.values() for completer in run.completers.values()]
            await self._completers.keep(self._models.values(), used)
            self.left()

    def _tell(self, job: Job) -> None:
        if job.id in self.runs:
            self._keep_ways(self.runs[job.id].completers.values())
        for listener in tuple(self.on_progress):
            listener(job)

    def _mark_interrupted(self) -> None:
        if self.store.read_only is not None:
            return
        left = [j for j in tuple(self.state.jobs.values()) if j.status == "running"]
        self.store.commit([JobChanged(replace(j, status="interrupted")) for j in left], actor="system")

    # ------------------------------------------------------------ end
    def left(self) -> None:
        """Let go of the jobs' handles, which hold the core, once nobody is left who could ask for them."""
        if self.path is None and not self.runs and not list(self.handles):
            self.jobs.clear()

    def close(self) -> None:
        """Stop what runs (it stays owed), write what is queued, free the models and the file."""
        if self.engine.is_current:
            raise StudioError("close() waits for the engine, so it cannot be called on the engine's own thread.")
        self.begin_close().result()

    def begin_close(self) -> Future[None]:
        """Begin to close; what comes back is done when it is closed."""
        if self.closed:
            done: Future[None] = Future()
            done.set_result(None)
            return done
        self.closed = True
        return self.engine.begin(self._close)

    async def _close(self) -> None:
        self.stops += 1  # what waits for a plan does not begin
        for run in tuple(self.runs.values()):
            run.cancel(interrupted=True)
        if self._driving:
            await asyncio.wait(tuple(self._driving), timeout=2)
        is_whole = await self._until_whole()
        try:
            await self._completers.close()
        finally:
            self.own_code.close()
            self.job_code.close()
            try:
                await _close_store(self.store)
            finally:
                if is_whole:
                    self.turning.release()  # whoever waits still hears that it is closed
                for listener in tuple(self.on_close):
                    listener()

    async def _until_whole(self) -> bool:
        """Wait for an action of many commits that is under way, and keep others from beginning."""
        try:
            return await asyncio.wait_for(self.turning.acquire(), ACTION_SECONDS)
        except TimeoutError:
            return False


async def _close_store(store: Store) -> None:
    """Close a store while the engine goes on: others do not wait for this one's disk."""
    await asyncio.wait({asyncio.wrap_future(store.begin_close())}, timeout=CLOSE_SECONDS)
    store.end_close()


def _forgotten(engine: Engine, held: list[Any]) -> None:
    """End what a core leaves behind when nobody holds it any more. On whatever thread that is noticed."""
    with suppress(ClosedError):  # in a forked child: the threads are the parent's
        engine.post(lambda: engine.spawn(_end(engine, held)))


async def _end(engine: Engine, held: list[Any]) -> None:
    store: Store
    store, completers, *own_code = held
    held.clear()
    if not store.closed:  # it was in memory, and nobody closed it
        for code in own_code:
            code.close()
        await completers.close()
        await _close_store(store)
    held.append(store.state)
    del store
    with suppress(RuntimeError):  # the interpreter ends, and has no workers any more
        await engine.on_worker(partial(_free, held))


def _free(held: list[State]) -> None:
    """Let go of a state whose core is gone; who still reads samples keeps those."""
    state = held.pop()
    items = [part for open_items in tuple(state.items.values()) for part in open_items.parts]
    records = [list(part.values()) for part in (state.samples, state.calls, state.topics)]
    del state
    let_go(*items, *records)
