"""What takes too long for the engine's thread: a person's pydantic class, and the reading of long answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from synth_widgets.engine import Engine
from synth_widgets.errors import OwnCodeError
from synth_widgets.llm.structured.extract import SLOW
from synth_widgets.own_code import OwnCode
from synth_widgets.records import Json
from synth_widgets.schema.schema import Schema

Settle = Callable[[str | None], None]
T = TypeVar("T")


async def patiently(engine: Engine, size: int, function: Callable[[], T]) -> T:
    """Return what a pure function makes of so many characters: at once if they are few, else on a worker."""
    return function() if size <= SLOW else await engine.on_worker(function)


class Vetting:
    """Asks the class about each item as it comes, while the call goes on.

    Args:
        engine: whose loop waits.
        own_code: runs the class.
        schema: of the items; ``None`` where there is none.

    Attributes:
        complied: values that were asked about: those that comply with the schema.
    """

    def __init__(self, engine: Engine, own_code: OwnCode, schema: Schema | None) -> None:
        self._engine = engine
        self._own_code = own_code
        self._schema = schema
        self.complied = 0
        self._asked: list[asyncio.Task[None]] = []

    def ask(self, value: Json, settle: Settle) -> None:
        """Tell ``settle`` what the class objects to in a value, or ``None``: at once where there is no class."""
        self.complied += 1
        if self._schema is None or self._schema.model is None:
            settle(None)
        else:
            self._asked.append(self._engine.spawn(self._tell(partial(self._schema.model_problem, value), settle)))

    def read(self, size: int, function: Callable[[], T], then: Callable[[T], None]) -> None:
        """Tell ``then`` what a pure function makes of so many characters: at once, or from a worker."""
        if size <= SLOW:
            then(function())
        else:
            self._asked.append(self._engine.spawn(self._pass_on(function, then)))

    async def done(self) -> None:
        """Wait until all that was asked is settled."""
        while asked := [task for task in self._asked if not task.done()]:  # what was read may be asked about
            await asyncio.gather(*asked)

    def give_up(self) -> None:
        """Settle nothing more."""
        for asked in self._asked:
            asked.cancel()

    async def _pass_on(self, function: Callable[[], T], then: Callable[[T], None]) -> None:
        then(await self._engine.on_worker(function))

    async def _tell(self, problem: Callable[[], str | None], settle: Settle) -> None:
        try:
            said = await self._own_code.run(problem)
        except OwnCodeError as error:
            said = str(error)
        settle(said)
