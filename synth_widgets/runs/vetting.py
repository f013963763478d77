"""What a person's pydantic class says of the items of one call: asked on a worker, never on the engine's thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from synth_widgets.engine import Engine
from synth_widgets.records import Json
from synth_widgets.schemas import Schema

Settle = Callable[[str | None], None]


class Vetting:
    """Asks the class about each item as it comes, while the call goes on.

    Args:
        engine: whose workers are asked.
        schema: of the items; ``None`` where there is none.
    """

    def __init__(self, engine: Engine, schema: Schema | None) -> None:
        self._engine = engine
        self._schema = schema
        self._asked: list[asyncio.Task[None]] = []

    def ask(self, value: Json, settle: Settle) -> None:
        """Tell ``settle`` what the class objects to in a value, or ``None``: at once where there is no class."""
        if self._schema is None or self._schema.model is None:
            settle(None)
        else:
            self._asked.append(self._engine.spawn(self._tell(partial(self._schema.model_problem, value), settle)))

    async def done(self) -> None:
        """Wait until all that was asked is settled."""
        await asyncio.gather(*self._asked)

    def give_up(self) -> None:
        """Settle nothing more."""
        for asked in self._asked:
            asked.cancel()

    async def _tell(self, problem: Callable[[], str | None], settle: Settle) -> None:
        settle(await self._engine.on_worker(problem))
