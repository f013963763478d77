"""Which parts of a schema are schemas themselves, and which are names or data. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

NAMED = frozenset("properties patternProperties $defs definitions dependentSchemas".split())
"""Keywords whose value holds schemas under names of the person's choice."""
DATA = frozenset("const enum default examples example".split())
"""Keywords whose value is no schema."""


def walk(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every object in a schema that may be a schema itself, with its place."""
    stack: list[tuple[str, Any, bool]] = [("", schema, False)]
    while stack:
        place, here, named = stack.pop()
        if isinstance(here, dict):
            if not named:
                yield place, here
            kept = here.items() if named else ((k, v) for k, v in here.items() if k not in DATA)
            stack.extend((f"{place}.{k}", v, not named and k in NAMED) for k, v in kept)
        elif isinstance(here, list):
            stack.extend((f"{place}.{n}", v, False) for n, v in enumerate(here))


def without(schema: Any, keyword: str, *, named: bool = False) -> Any:
    """Return a schema without a keyword, wherever it stands in it; ``named``: what is given holds schemas by name.

    >>> without({"$schema": "…", "properties": {"$schema": {"$schema": "…", "type": "string"}}}, "$schema")
    {'properties': {'$schema': {'type': 'string'}}}
    """
    if isinstance(schema, list):
        return [without(part, keyword) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: part if key in DATA and not named else without(part, keyword, named=key in NAMED and not named)
        for key, part in schema.items()
        if named or key != keyword
    }
