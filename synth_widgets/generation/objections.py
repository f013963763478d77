"""What a person's pydantic class has against a value that complies with its schema; asked where it holds nobody up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from synth_widgets.records import Json
from synth_widgets.schema.schema import Schema

Elsewhere = Callable[[Callable[[], Any]], Awaitable[Any]]
"""Runs a function where it holds nobody up, and returns what it returns."""
Objection = Callable[[Json], Awaitable[str | None]]
"""Says what is wrong with a value, or returns ``None``."""


def objection_of(schema: Schema | None, elsewhere: Elsewhere) -> Objection | None:
    """Return what asks the class of a schema about a value; ``None`` where there is no class.

    >>> import asyncio
    >>> objection_of(Schema({"type": "string"}), asyncio.to_thread) is None
    True
    """
    if schema is None or schema.model is None:
        return None
    return lambda value: elsewhere(partial(schema.model_problem, value))
