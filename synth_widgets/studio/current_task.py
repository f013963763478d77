"""The task of one studio file. A changed one becomes a new version, and the samples are revalidated."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from pathlib import Path as FilePath

from synth_widgets import task_differences
from synth_widgets.curation import revalidation
from synth_widgets.curation.revalidation import Validation
from synth_widgets.engine import Engine
from synth_widgets.errors import OwnCodeError, StudioError, warn
from synth_widgets.own_code import OwnCode
from synth_widgets.records import Sample
from synth_widgets.store.changes import TaskChanged
from synth_widgets.store.state import State
from synth_widgets.store.store import SLICE, Action, Store
from synth_widgets.studio.actions import Actions
from synth_widgets.studio.facade import Facade
from synth_widgets.task import Task

HOW_TO_WRITE_A_TASK = (
    "A studio needs a task, or a file that has one. For example:",
    "",
    """    task = sw.Task("Support triage", "Read a customer's message; return its category and urgency.")""",
    "    studio = sw.Studio(task)",
)
"""Lines of an error."""


class CurrentTask:
    """The newest version of the task of one studio file.

    Args:
        task: the one to begin with; ``None``: the file's.
        path: the file, for messages.

    Attributes:
        value: the task, with the pydantic classes that this process gave it.
        change: what the newest version changed in this process, in words.

    Raises:
        StudioError: there is none, or the file belongs to another one.
    """

    def __init__(
        self,
        task: Task | None,
        path: FilePath | None,
        *,
        store: Store,
        engine: Engine,
        own_code: OwnCode,
        actions: Actions,
        facade: Facade,
    ) -> None:
        self._path = path
        self._store = store
        self._engine = engine
        self._own_code = own_code
        self._actions = actions
        self._facade = facade
        self.change: str | None = None
        if task is not None:
            self.value = task
            self.take_over(task)
        elif tasks := store.state.tasks:
            self.value = tasks[-1]
        else:
            raise StudioError(f"{path} has no task yet.", *HOW_TO_WRITE_A_TASK)

    @property
    def _state(self) -> State:
        return self._store.state

    @property
    def version(self) -> int:
        """Its number, 1 for the first one."""
        return len(self._state.tasks)

    def take_over(self, task: Task) -> None:
        """Take a task over: as it is, or as a new version of the file's. Not on the engine's thread.

        Raises:
            StudioError: the file belongs to another task.
        """
        tasks = self._state.tasks
        if tasks and tasks[-1].name != task.name:
            raise _of_another_task(self._path, tasks[-1], task)
        is_same = bool(tasks) and tasks[-1] == task
        if is_same or self._store.read_only is not None:
            self._facade.act(lambda: setattr(self, "value", task))  # the same, perhaps with its pydantic classes
            return
        differences = task_differences.differences(tasks[-1], task) if tasks else []
        must_revalidate = any(part.startswith(("input", "output")) for part in differences)
        seen = {sample.id: sample for sample in tuple(self._state.samples.values())}
        validations = revalidation.revalidate(seen.values(), task) if must_revalidate else {}

        async def act() -> None:
            self.value = task
            if differences:
                self.change = said(len(tasks) + 1, differences, validations)
            self._store.commit([TaskChanged(task)], actor="system")
            if must_revalidate:
                await self._revalidate_late_ones(task, seen, validations)
                self.change = said(len(tasks), differences, validations)
                await self._commit(validations)

        self._facade.act(act)
        if any(validation.problem for validation in validations.values()):
            warn(f"{self.change} studio.undo() takes that back.")

    async def _revalidate_late_ones(
        self, task: Task, seen: Mapping[str, Sample], validations: dict[str, Validation]
    ) -> None:
        """Revalidate what was made or changed while the others were checked."""
        now = tuple(self._state.samples.values())
        late = await self._engine.on_worker(lambda: [sample for sample in now if seen.get(sample.id) is not sample])
        results = await self._own_code.each(lambda sample: revalidation.revalidate([sample], task), late)
        for sample, result in zip(late, results, strict=True):
            validations.pop(sample.id, None)
            validations |= (
                {sample.id: Validation(sample.version, str(result))} if isinstance(result, OwnCodeError) else result
            )

    async def _commit(self, validations: Mapping[str, Validation]) -> None:
        async with self._actions.lock:
            action, found = Action(), list(validations.items())
            for start in range(0, len(found), SLICE):
                part = found[start : start + SLICE]
                changes = [
                    revalidation.status_change(self._state.samples[ident], validation, self.value)
                    for ident, validation in part
                ]
                self._store.commit(changes, label=f"Task changed: {len(validations)} checked anew", action=action)
                await asyncio.sleep(0)


def _of_another_task(path: FilePath | None, old: Task, new: Task) -> StudioError:
    """Say that a file belongs to another task, and which one this task may have."""
    default = f"{new.slug}.synth"
    if path is None or path.name != default:
        advice = f"Give the new task a file of its own with path=, or leave path= out: then it is {default}."
    else:
        names = (f"{new.slug}-{n}.synth" for n in itertools.count(2))
        free = next(name for name in names if not path.with_name(name).exists())
        advice = f"Both names give this file name. Give the new task one of its own: sw.Studio(task, path={free!r})."
    return StudioError(f"{path or 'This studio'} belongs to the task {old.name!r}, not {new.name!r}. {advice}")


def said(version: int, differences: list[str], validations: Mapping[str, Validation]) -> str:
    """Say what a new version of the task changed, and what that did to the samples."""
    text = f"The task changed (version {version}: {', '.join(differences)})."
    failed = sum(validation.problem is not None for validation in validations.values())
    again = len(validations) - failed
    if failed:
        text += (
            f" {failed} {'sample no longer complies' if failed == 1 else 'samples no longer comply'} and failed now."
        )
    return text + (f" {again} {'complies' if again == 1 else 'comply'} again." if again else "")
