"""What all `Studio`s of one file share: the store, the models, the jobs. Lives on the engine's thread."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path as FilePath
from typing import Any

from synth_widgets.collector import let_go
from synth_widgets.engine import Engine, engine
from synth_widgets.errors import ClosedError, StudioError
from synth_widgets.exchange.frame_history import FrameHistory
from synth_widgets.own_code import OwnCode
from synth_widgets.records import Guidance, Session
from synth_widgets.runs.job import Job
from synth_widgets.store.changes import SettingChanged
from synth_widgets.store.journal import CLOSE_SECONDS
from synth_widgets.store.state import Actor, State
from synth_widgets.store.store import Store
from synth_widgets.studio.accounts import Accounts
from synth_widgets.studio.actions import Actions
from synth_widgets.studio.current_task import CurrentTask
from synth_widgets.studio.facade import Facade
from synth_widgets.studio.jobs import Jobs
from synth_widgets.studio.models import Models
from synth_widgets.studio.sample_actions import SampleActions
from synth_widgets.studio.sessions import Sessions
from synth_widgets.task import Task

OWN_THREADS, JOB_THREADS = 2, 4
"""Threads for the person's code: in what a person does, and in what jobs check."""
ACTION_SECONDS = 10.0
"""How long closing waits for an action that is under way."""


class Core:
    """One open studio file in this process. Made by ``registry.attach``.

    Attributes:
        act: runs work on the engine for a caller who is not async; see `Facade.act`.
        apart: runs slow work that changes nothing; see `Facade.apart`.
    """

    def __init__(self, path: FilePath | None, task: Task | None) -> None:
        self.engine: Engine = engine()
        self.path = path
        self.own_code = OwnCode(self.engine, threads=OWN_THREADS)
        """Runs the person's code for what a person does: an edit does not wait for what jobs check."""
        job_code = OwnCode(self.engine, threads=JOB_THREADS)
        self.handles: weakref.WeakSet[Any] = weakref.WeakSet()
        self.on_close: list[Callable[[], None]] = []
        self.widget: Any = None
        self.frame_history = FrameHistory()
        self.store = Store(path, self.engine.post)  # on the caller's thread: opening takes time
        self.facade = Facade(self.engine, self.store, self.own_code)
        self.act, self.apart = self.facade.act, self.facade.apart
        self.actions = Actions(self.store, self.engine)
        self.models = Models(self.store, self.facade)
        self.sessions = Sessions(self.store, self.models)
        try:
            self.current_task = CurrentTask(
                task,
                path,
                store=self.store,
                engine=self.engine,
                own_code=self.own_code,
                actions=self.actions,
                facade=self.facade,
            )
            self.sample_actions = SampleActions(self.state, self.actions, self.current_task, self.own_code)
            self.accounts = Accounts(self.state, self.engine, self.models, self.sessions, self.current_task)
            self.jobs = Jobs(
                self,
                store=self.store,
                engine=self.engine,
                facade=self.facade,
                own_code=job_code,
                actions=self.actions,
                models=self.models,
                sessions=self.sessions,
                accounts=self.accounts,
                task=self.current_task,
            )
            self.act(self.jobs.mark_interrupted)
        except BaseException:
            self.store.close()  # on the caller's thread: nobody else knows of it yet
            raise
        self._code = (self.own_code, job_code)
        held = [self.store, self.models.completers, *self._code]
        self._forgotten = weakref.finalize(self, _forgotten, self.engine, held)
        """One in memory ends when nobody holds it. One with a file is held by the registry until it is closed."""
        self._forgotten.atexit = False

    @property
    def state(self) -> State:
        """The store's state; read only."""
        return self.store.state

    @property
    def task(self) -> Task:
        """The newest version of the task."""
        return self.current_task.value

    def change_task(self, task: Task) -> None:
        """Take a task over: as it is, or as a new version of the file's. Not on the engine's thread."""
        self.current_task.take_over(task)

    @property
    def closed(self) -> bool:
        """Whether it is closed, or about to be."""
        return self.facade.closed

    # ------------------------------------------------------------ what the widget shows
    @property
    def task_change(self) -> str | None:
        """What the newest version of the task changed in this process, in words."""
        return self.current_task.change

    @property
    def session(self) -> Session | None:
        """The sitting that is on."""
        return self.sessions.current

    @property
    def on_progress(self) -> list[Callable[[Job], None]]:
        """Who hears how far jobs are."""
        return self.jobs.on_progress

    @property
    def model_reason(self) -> str | None:
        """Why the studio's model is what it is; see `Models.reason`."""
        return self.models.reason

    @property
    def model_mode(self) -> str | None:
        """How the studio's model gives JSON; see `Models.mode`."""
        return self.models.mode

    def model_name(self, step: str = "default") -> str:
        """Return the name of a step's model, for display."""
        return self.models.name(step)

    # ------------------------------------------------------------ settings and the file
    def set_guidance(self, wanted: Guidance, *, actor: Actor) -> None:
        """Set the studio's guidance; what is left out keeps its text, and an empty text takes it away."""
        before = self.state.settings.get("guidance") or {}
        after = {step: text for step, text in {**before, **wanted}.items() if text}
        if after != before:
            self.store.commit([SettingChanged("guidance", before, after)], actor=actor, label="Change guidance")

    async def check(self) -> None:
        """Wait until all is on disk, under the file's name; raise `FileError` where it is not."""
        await asyncio.wrap_future(self.store.check())

    async def backup(self, target: FilePath) -> None:
        """Write all there is as another file; see `Store.backup`."""
        async with self.actions.lock:  # not the half of an action
            await asyncio.wrap_future(self.store.backup(target))

    # ------------------------------------------------------------ end
    def left(self) -> None:
        """Let go of the jobs' handles, which hold the core, once nobody is left who could ask for them."""
        if self.path is None and not self.jobs.runs and not list(self.handles):
            self.jobs.handles.clear()

    def close(self) -> None:
        """Stop what runs (it stays pending), write what is queued, free the models and the file."""
        if self.engine.is_current:
            raise StudioError("close() waits for the engine, so it cannot be called on the engine's own thread.")
        self.begin_close().result()

    def begin_close(self) -> Future[None]:
        """Begin to close; what comes back is done when it is closed."""
        if self.closed:
            done: Future[None] = Future()
            done.set_result(None)
            return done
        self.facade.closed = True
        return self.engine.begin(self._close)

    async def _close(self) -> None:
        await self.jobs.end()
        is_whole = await self._until_whole()
        try:
            await self.models.completers.close()
        finally:
            for code in self._code:
                code.close()
            try:
                await _close_store(self.store)
            finally:
                if is_whole:
                    self.actions.lock.release()  # whoever waits still hears that it is closed
                for listener in tuple(self.on_close):
                    listener()

    async def _until_whole(self) -> bool:
        """Wait for an action of many commits that is under way, and keep others from beginning."""
        try:
            return await asyncio.wait_for(self.actions.lock.acquire(), ACTION_SECONDS)
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
