"""The one way from methods that a person calls to the engine, where what takes several turns is async."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar, overload

from synth_widgets.engine import Engine
from synth_widgets.own_code import OwnCode
from synth_widgets.store.store import Store
from synth_widgets.task import Task

T = TypeVar("T")


class Facade:
    """Runs work for a caller who is not async: a cell, a script, a command of the widget.

    Args:
        engine: where it runs.
        store: whose disk a caller waits for.
        own_code: the threads for the person's code.

    Attributes:
        closed: whether nothing comes to disk any more, so that nobody waits for it.
    """

    def __init__(self, engine: Engine, store: Store, own_code: OwnCode) -> None:
        self._engine = engine
        self._store = store
        self._own_code = own_code
        self.closed = False

    @overload
    def act(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T: ...
    @overload
    def act(self, work: Callable[[], T]) -> T: ...
    def act(self, work: Callable[[], Any]) -> Any:
        """Run a function, or a coroutine function, on the engine; return when what it changed is on disk.

        On the engine's own thread nobody can wait. There it is begun at once, and what needs no other's turn is
        returned as ever; else a coroutine of the rest, which the widget's commands await.
        """
        if self._engine.is_current:
            return begun(work())

        async def run() -> Any:
            result = work()
            value = await result if inspect.iscoroutine(result) else result
            if not self.closed:
                await asyncio.wrap_future(self._store.saved())
            return value

        return self._engine.call(run)

    def apart(self, function: Callable[[], T], *, by: Task | None = None) -> T:
        """Run slow work that changes nothing: on the caller's thread, but never on the engine's, where `beside` does.

        Args:
            function: the work.
            by: the task whose classes it asks, if it does.
        """
        if not self._engine.is_current:
            return function()
        return self.act(lambda: self.beside(function, by=by))

    async def beside(self, function: Callable[[], T], *, by: Task | None = None) -> T:
        """Run slow work on a worker; what asks classes of a task, on a thread for the person's code.

        Raises:
            OwnCodeError: the person's code took too long.
        """
        is_own = by is not None and by.has_models
        return await (self._own_code.run(function) if is_own else self._engine.on_worker(function))


def begun(result: Any) -> Any:
    """Run a coroutine up to where it has to wait; return what it returned by then, or a coroutine of the rest.

    What is no coroutine comes back as it is.
    """
    if not inspect.iscoroutine(result):
        return result
    try:
        awaited = result.send(None)
    except StopIteration as end:
        return end.value
    return _rest(_Begun(result, awaited))


async def _rest(work: _Begun) -> Any:
    return await work


class _Begun:
    """A coroutine that waits for something already. Whoever awaits it goes on with it."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], awaited: Any) -> None:
        self._coroutine = coroutine
        self._awaited = awaited

    def __await__(self) -> Generator[Any, Any, Any]:
        awaited = self._awaited
        try:
            while True:
                try:
                    sent = yield awaited
                except GeneratorExit:
                    self._coroutine.close()
                    raise
                except BaseException as error:  # noqa: BLE001 - a cancellation too is the coroutine's to answer
                    awaited = self._coroutine.throw(error)
                else:
                    awaited = self._coroutine.send(sent)
        except StopIteration as end:
            return end.value
