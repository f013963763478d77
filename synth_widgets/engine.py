"""The one background thread and its loop: jobs, commits and messages to the browser happen there."""

from __future__ import annotations

import asyncio
import inspect
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar, overload

from synth_widgets.errors import ClosedError

T = TypeVar("T")

WORKERS = 8
"""Threads for slow work of the package's own, shared by all studios."""


class Engine:
    """One daemon thread that runs one asyncio loop.

    It never prints, never sets a trait, and never runs anything over 10 ms: that is cut in slices, or goes to a worker
    (`Engine.on_worker`). The person's code, which may never come back, has threads of its own (``own_code.py``).
    """

    def __init__(self) -> None:
        self._pid = os.getpid()
        self.loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._workers: ThreadPoolExecutor | None = None
        started = threading.Event()
        self._thread = threading.Thread(target=self._main, args=(started,), name="synth-engine", daemon=True)
        self._thread.start()
        started.wait()

    def _main(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.call_soon(started.set)
        self.loop.run_forever()

    @property
    def is_current(self) -> bool:
        """Whether the caller is on the engine's thread."""
        return threading.current_thread() is self._thread

    def post(self, call: Callable[[], Any]) -> None:
        """Run a call on the engine's thread, soon; do not wait for it."""
        self._check()
        self.loop.call_soon_threadsafe(call)

    @overload
    def call(self, function: Callable[[], Coroutine[Any, Any, T]]) -> T: ...
    @overload
    def call(self, function: Callable[[], T]) -> T: ...
    def call(self, function: Callable[[], Any]) -> Any:
        """Run a function on the engine's thread and return what it returns.

        On the engine's thread it runs at once, and a coroutine comes back as it is. Elsewhere the caller waits;
        a coroutine is awaited there, and an exception is raised here.
        """
        return function() if self.is_current else self.begin(function).result()

    @overload
    def begin(self, function: Callable[[], Coroutine[Any, Any, T]]) -> Future[T]: ...
    @overload
    def begin(self, function: Callable[[], T]) -> Future[T]: ...
    def begin(self, function: Callable[[], Any]) -> Future[Any]:
        """Do what `call` does from another thread, and return at once what will hold the result."""
        self._check()

        async def run() -> Any:
            result = function()
            return await result if inspect.iscoroutine(result) else result

        return asyncio.run_coroutine_threadsafe(run(), self.loop)

    def spawn(self, coroutine: Coroutine[Any, Any, T], *, name: str | None = None) -> asyncio.Task[T]:
        """Start a task on the loop and hold on to it until it ends. Only on the engine's thread."""
        task = self.loop.create_task(coroutine, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def on_worker(self, function: Callable[[], T]) -> T:
        """Run slow work on a worker thread: such as ends by itself. The person's code may not."""
        if self._workers is None:
            self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="synth-worker")
        return await self.loop.run_in_executor(self._workers, function)

    def _check(self) -> None:
        if os.getpid() != self._pid:
            raise ClosedError(
                "This studio belongs to the process that forked this one. Make a new one here: sw.Studio(…)."
            )


_engine: Engine | None = None
_guard = threading.Lock()


def engine() -> Engine:
    """Return this process's engine, started on first use and anew after a fork."""
    global _engine  # noqa: PLW0603 - one engine a process is the design
    with _guard:
        if _engine is None or _engine._pid != os.getpid():  # noqa: SLF001 - its own module
            _engine = Engine()
        return _engine
