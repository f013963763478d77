"""Plans a job in parts, while what is planned is worked on already."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Protocol

from synth_widgets.collector import collector_off
from synth_widgets.engine import Engine
from synth_widgets.runs.plan import Plan

AHEAD = 20
"""Parts of a plan that may wait for the disk."""


class Planned(Protocol):
    """A run, as far as its planner needs it."""

    @property
    def has_ended(self) -> bool:
        """Whether nothing more is to be planned."""
        ...

    def plan(self, part: Plan, *, is_expected: bool) -> Future[None]:
        """Take up a part of a plan; return what is done once it is on disk."""
        ...

    def fail(self, error: BaseException) -> None:
        """End by an error."""
        ...

    def wake(self) -> None:
        """Look what is to be done next."""
        ...


class Planner:
    """Takes one part after another from the plans that are added, one plan after another.

    Args:
        engine: on whose loop the plans have their turns.
        run: takes the parts up.

    Attributes:
        was_cut_short: whether a part was left out because the job had ended.
    """

    def __init__(self, engine: Engine, run: Planned) -> None:
        self.was_cut_short = False
        self._engine = engine
        self._run = run
        self._plans: deque[tuple[Iterator[Plan], bool]] = deque()
        self._is_done = asyncio.Event()
        self._is_done.set()

    @property
    def is_busy(self) -> bool:
        """Whether something is left to plan of what can be planned now."""
        return not self._is_done.is_set()

    def add(self, parts: Iterator[Plan], *, is_expected: bool = False) -> None:
        """Plan more; ``is_expected``: its results are counted among those to come already."""
        self._plans.append((parts, is_expected))
        if not self.is_busy:
            self._is_done.clear()
            self._engine.spawn(self._plan())

    async def done(self) -> None:
        """Wait until all that can be planned now is."""
        await self._is_done.wait()

    async def _plan(self) -> None:
        unsaved: deque[Future[None]] = deque()
        try:
            while self._plans:
                parts, is_expected = self._plans.popleft()
                with collector_off(stays=True):
                    if (part := next(parts, None)) is None:
                        continue
                    if self._run.has_ended:
                        self.was_cut_short = True
                        break
                    unsaved.append(self._run.plan(part, is_expected=is_expected))
                self._plans.appendleft((parts, is_expected))
                if len(unsaved) > AHEAD:  # who stops it waits for what the disk has been handed
                    await asyncio.wrap_future(unsaved.popleft())
                await asyncio.sleep(0)
        except Exception as error:  # noqa: BLE001 - whatever it is, the job ends by it and says so
            self._run.fail(error)
        finally:
            self._plans.clear()
            self._is_done.set()
            self._run.wake()
