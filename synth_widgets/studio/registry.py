"""One core a file: who opens a file that is open in this process gets the living core."""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
import weakref
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path as FilePath

from synth_widgets.arguments import file_path_of
from synth_widgets.errors import FileError, StudioError, SynthError
from synth_widgets.studio.core import Core
from synth_widgets.studio.current_task import HOW_TO_WRITE_A_TASK
from synth_widgets.task import Task
from synth_widgets.text.shown import shown

log = logging.getLogger(__name__)

_cores: dict[FilePath, Core] = {}
_memory_cores: weakref.WeakSet[Core] = weakref.WeakSet()
_doors: dict[FilePath, threading.RLock] = {}
"""Held by who opens or closes a file: others who open or close that one wait, and nobody else."""
_guard = threading.Lock()


def _door(path: FilePath) -> threading.RLock:
    with _guard:
        return _doors.setdefault(path, threading.RLock())


def file_of(task: Task | None, path: str | os.PathLike[str] | None) -> FilePath | None:
    """Return the real path of a studio's file, or ``None`` for memory.

    Raises:
        StudioError: there is neither a task nor a file that has one, or the path is none.
        FileError: no file can be there.
    """
    if task is None and (path is None or path == ":memory:"):
        raise StudioError(*HOW_TO_WRITE_A_TASK)
    if path is None:
        path = f"{task.slug if task is not None else ''}.synth"
    if path == ":memory:":
        return None
    example = "data/triage.synth"
    file = file_path_of(path, example)
    try:
        if file.is_dir():
            raise FileError(f"{file} is a folder. Name a file in it, such as {str(file / 'triage.synth')!r}.")
        if task is None and not file.exists():
            raise StudioError(f"There is no file {file} to take a task from.", *HOW_TO_WRITE_A_TASK)
        return file.resolve()
    except OSError as error:
        if isinstance(error, SynthError):
            raise
        raise FileError(f"{file} cannot be opened: {error.strerror or error}. Choose another path.") from None


def attach(path: FilePath | None, task: Task | None, handle: object) -> Core:
    """Return the core of a file for a handle, opened on first use; ``None`` makes a new one in memory."""
    if path is None:
        core = Core(None, task)
        core.handles.add(handle)
        _memory_cores.add(core)
        return core
    with _door(path):
        found = _cores.get(path)
        if found is None:
            found = _cores[path] = Core(path, task)
        elif task is not None:
            found.change_task(task)
        found.handles.add(handle)
        return found


def release(core: Core, is_held: Callable[[], bool]) -> None:
    """Close a core unless somebody holds it. Who opens its file meanwhile waits until it is free."""
    with nullcontext() if core.path is None else _door(core.path):
        if is_held():
            return
        if core.path is not None and _cores.get(core.path) is core:
            del _cores[core.path]
        core.close()


def _close_all() -> None:
    cores = (*_cores.values(), *_memory_cores)
    for core in cores:
        if core.jobs.runs and core.path is not None:
            print(  # noqa: T201 - on the main thread, to who ends a script before its job
                f"A job was still running; what it made is in {shown(core.path.name)}, and studio.resume() makes the "
                "rest. In a script, job.wait() waits for it.",
                file=sys.stderr,
            )
    for closed in [core.begin_close() for core in cores]:  # side by side: none waits for another one's disk
        try:
            closed.result()
        except SynthError as error:
            log.warning("A studio could not be closed: %s", error)


def _leave_to_parent() -> None:
    """Forget the cores in a forked child: their threads and their locks are the parent's."""
    global _guard  # noqa: PLW0603 - another thread of the parent may have held it
    _guard = threading.Lock()
    _doors.clear()
    _cores.clear()
    _memory_cores.clear()


# Before the interpreter ends its thread pools, which closing a model needs; atexit's turn comes later.
getattr(threading, "_register_atexit", atexit.register)(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)
