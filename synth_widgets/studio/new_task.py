"""A changed task: it becomes a new version of the file's, and its samples are revalidated."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING

from synth_widgets import task_changes
from synth_widgets.curation import revalidation
from synth_widgets.curation.revalidation import Validation
from synth_widgets.errors import OwnCodeError, StudioError, warn
from synth_widgets.records import Sample
from synth_widgets.store.changes import TaskChanged
from synth_widgets.store.store import SLICE, Action
from synth_widgets.task import Task

if TYPE_CHECKING:
    from synth_widgets.studio.core import Core


def take_over(core: Core, task: Task) -> None:
    """Take a task over: as it is, or as a new version of the file's. Not on the engine's thread.

    Raises:
        StudioError: the file belongs to another task.
    """
    tasks = core.state.tasks
    if tasks and tasks[-1].name != task.name:
        raise _of_another_task(core, tasks[-1], task)
    is_same = bool(tasks) and tasks[-1] == task
    if is_same or core.store.read_only is not None:
        core.act(lambda: setattr(core, "task", task))  # the same, perhaps with its pydantic classes
        return
    differences = task_changes.differences(tasks[-1], task) if tasks else []
    must_revalidate = any(part.startswith(("input", "output")) for part in differences)
    seen = {sample.id: sample for sample in tuple(core.state.samples.values())}
    validations = revalidation.revalidate(seen.values(), task) if must_revalidate else {}

    async def act() -> None:
        core.task = task
        if differences:
            core.task_change = said(len(tasks) + 1, differences, validations)
        core.store.commit([TaskChanged(task)], actor="system")
        if must_revalidate:
            await _revalidate_late_ones(core, task, seen, validations)
            core.task_change = said(len(tasks), differences, validations)
            await _commit(core, validations)

    core.act(act)
    if any(validation.problem for validation in validations.values()):
        warn(f"{core.task_change} studio.undo() takes that back.")


def _of_another_task(core: Core, old: Task, new: Task) -> StudioError:
    """Say that a file belongs to another task, and which one this task may have."""
    default = f"{new.slug}.synth"
    if core.path is None or core.path.name != default:
        advice = f"Give the new task a file of its own with path=, or leave path= out: then it is {default}."
    else:
        names = (f"{new.slug}-{n}.synth" for n in itertools.count(2))
        free = next(name for name in names if not core.path.with_name(name).exists())
        advice = f"Both names give this file name. Give the new task one of its own: sw.Studio(task, path={free!r})."
    return StudioError(f"{core.path or 'This studio'} belongs to the task {old.name!r}, not {new.name!r}. {advice}")


async def _revalidate_late_ones(
    core: Core, task: Task, seen: Mapping[str, Sample], validations: dict[str, Validation]
) -> None:
    """Revalidate what was made or changed while the others were checked."""
    now = tuple(core.state.samples.values())
    late = await core.engine.on_worker(lambda: [sample for sample in now if seen.get(sample.id) is not sample])
    results = await core.own_code.each(lambda sample: revalidation.revalidate([sample], task), late)
    for sample, result in zip(late, results, strict=True):
        validations.pop(sample.id, None)
        validations |= (
            {sample.id: Validation(sample.version, str(result))} if isinstance(result, OwnCodeError) else result
        )


async def _commit(core: Core, validations: Mapping[str, Validation]) -> None:
    async with core.turning:
        action, found = Action(), list(validations.items())
        for start in range(0, len(found), SLICE):
            part = found[start : start + SLICE]
            changes = [
                revalidation.status_change(core.state.samples[ident], validation, core.task)
                for ident, validation in part
            ]
            core.store.commit(changes, label=f"Task changed: {len(validations)} checked anew", action=action)
            await asyncio.sleep(0)


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
