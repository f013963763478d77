"""What it costs to check an answer that complies, over what jsonschema's own yes or no costs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema

from synth_widgets.fake_values import FakeValues
from synth_widgets.schema.schema import Schema
from tests.bench.table import Row, run

PAIRS = 15
TIMES = 300
LIMIT = 0.2
LINE = {
    "type": "object",
    "properties": {"sku": {"type": "string"}, "count": {"type": "integer"}},
    "required": ["sku", "count"],
    "additionalProperties": False,
}
FIELDS: dict[str, Any] = {
    "name": {"type": "string"},
    "urgency": {"enum": ["low", "middle", "high"]},
    "count": {"type": "integer"},
    "summary": {"type": "string", "minLength": 1, "maxLength": 200},
    "reply": {"type": "string", "minLength": 1, "maxLength": 2000},
    "language": {"type": "string", "enum": ["de", "en", "fr"]},
    "stars": {"type": "integer", "minimum": 1, "maximum": 5},
    "score": {"type": "number"},
    "is_late": {"type": "boolean"},
    "order": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 5},
    "line": {"$ref": "#/$defs/line"},
}


def schema_of(count: int) -> dict[str, Any]:
    """Return a schema with so many fields, all required."""
    properties = dict(list(FIELDS.items())[:count])
    whole = {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}
    return {**whole, "$defs": {"line": LINE}}


def cost(check: Callable[[Any], object], value: Any) -> float:
    """Return the microseconds of CPU that a check takes."""
    started = time.process_time()
    for _ in range(TIMES):
        check(value)
    return (time.process_time() - started) / TIMES * 1e6


def measure() -> Iterator[Row]:
    """Measure both in turn."""
    for count in (3, 12):
        schema = schema_of(count)
        value, ours = FakeValues(1).value(schema), Schema(schema).problem
        theirs = jsonschema.Draft202012Validator(schema).is_valid
        assert ours(value) is None
        assert theirs(value)
        pairs = [(cost(ours, value), cost(theirs, value)) for _ in range(PAIRS)]
        mine, peers = (statistics.median(column) for column in zip(*pairs, strict=True))
        yield Row(f"a check of {count} fields", mine, peers, LIMIT, "µs", "jsonschema is_valid")


if __name__ == "__main__":
    run(measure)
