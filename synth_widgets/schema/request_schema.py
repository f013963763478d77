"""A JSON Schema as requests carry it, and the way back from their answers to what the person's own schema asks for."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synth_widgets.records import Json
from synth_widgets.schema.references import References, lifted
from synth_widgets.schema.strict import ANTHROPIC, WRAP, strict_schema
from synth_widgets.text.normal import same

if TYPE_CHECKING:
    from synth_widgets.schema.validation import Compiled

_MOST_WORK = 20_000
"""Values that are looked at on the way back: alternatives inside alternatives would take for ever."""


@dataclass(frozen=True, eq=False)
class RequestSchema:
    """A person's schema, and the schemas that requests carry for it.

    Attributes:
        own: the person's schema.
        strict: what OpenAI's strict mode takes of it, or ``None`` where it cannot say the same: optional properties are
            required and may be null, alternatives are ``anyOf``, all objects are closed.
        full: the schema as it is, under a property where it is no object at the top.

    >>> own = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}
    >>> request_schema = RequestSchema.of(own)
    >>> request_schema.strict["required"], request_schema.strict["properties"]["b"]
    (['a', 'b'], {'anyOf': [{'type': 'string'}, {'type': 'null'}]})
    >>> request_schema.restored({"a": 1, "b": None})
    {'a': 1}
    """

    own: Mapping[str, Any]
    strict: dict[str, Any] | None
    full: dict[str, Any]

    @classmethod
    def of(cls, schema: Mapping[str, Any]) -> RequestSchema:
        """Return what requests carry for a schema. Thousands of them have the same few, which are kept."""
        for known in tuple(_recent):
            if known.own is schema or same(known.own, schema):
                return known
        request_schema = cls(schema, strict_schema(schema), _full(schema))
        _recent.append(request_schema)
        return request_schema

    @functools.cached_property
    def anthropic(self) -> dict[str, Any] | None:
        """What Anthropic's structured outputs take of it, or ``None`` where they cannot say the same."""
        return strict_schema(self.own, ANTHROPIC)

    def read(self, value: Json, problem: Callable[[Json], str | None]) -> tuple[Json, str | None]:
        """Return an answer as the person's schema has it, and what is wrong with it, or ``None``.

        What complies as it came is left alone.

        Args:
            value: the JSON that came.
            problem: says what is wrong with a value.
        """
        whole = self._checked(value, problem)
        if isinstance(value, dict) and value.keys() == {WRAP} and not _is_object(self._references.resolved(self.own)):
            held = self._checked(value[WRAP], problem)
            return whole if whole[1] is None and held[1] is not None else held
        return whole

    def _checked(self, value: Json, problem: Callable[[Json], str | None]) -> tuple[Json, str | None]:
        fault = problem(value)
        if fault is None:
            return value, None
        other = self.restored(value)
        return (value, fault) if other == value else (other, problem(other))

    def restored(self, value: Json) -> Json:
        """Return a value without null where the strict schema has it for what is not there.

        Null stays where the person's schema allows it, or where a value must be.
        """
        try:
            return _WayBack(self._compiled).value(value, self._compiled.schema)
        except (_TooMuchError, RecursionError):
            return value

    @functools.cached_property
    def _references(self) -> References:
        return References(self.own)

    @functools.cached_property
    def _compiled(self) -> Compiled:
        from synth_widgets.schema.validation import (
            Compiled,  # jsonschema loads slowly, and most answers need no way back
        )

        return Compiled(self.own, of_class=True)  # whether formats are kept is for whoever checks the answer


class _TooMuchError(Exception):
    """The way back would take too long."""


class _WayBack:
    """Walks down a value and its schema, and leaves out null where there should be nothing."""

    def __init__(self, compiled: Compiled) -> None:
        self._references = compiled.references
        self._compiled = compiled
        self._left = _MOST_WORK

    def value(self, value: Json, node: Any) -> Json:
        """Return a value as a part of the schema has it."""
        self._left -= 1
        if self._left < 0:
            raise _TooMuchError
        if not isinstance(value, dict | list):
            return value
        node = self._references.resolved(node)
        value = self._object(value, node) if isinstance(value, dict) else self._array(value, node)
        for part in node.get("allOf", ()):
            value = self.value(value, part)
        for options in (node.get("anyOf"), node.get("oneOf")):
            value = self._one_of(value, options or ())
        return value

    def _object(self, value: dict[str, Json], node: Mapping[str, Any]) -> Json:
        restored = dict(value)
        required = node.get("required", ())
        for name, part in node.get("properties", {}).items():
            if name not in value:
                continue
            if value[name] is None and name not in required and not self._compiled.accepts(None, part):
                del restored[name]
            else:
                restored[name] = self.value(value[name], part)
        return restored

    def _array(self, value: list[Json], node: Mapping[str, Any]) -> Json:
        first = list(node.get("prefixItems", ()))[: len(value)]
        parts = [*first, *[node.get("items")] * (len(value) - len(first))]
        return [self.value(each, part) for each, part in zip(value, parts, strict=True)]

    def _one_of(self, value: Json, options: Any) -> Json:
        """Return the value as the first alternative has it with which it then complies."""
        for option in options:
            other = self.value(value, option)
            self._left -= _count(other)
            if self._compiled.accepts(other, option):
                return other
        return value


def _is_object(top: Mapping[str, Any]) -> bool:
    return top.get("type", "object") == "object" and ("type" in top or "properties" in top)


def _count(value: Json) -> int:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(_count, parts))


_recent: deque[RequestSchema] = deque(maxlen=8)


def _full(schema: Mapping[str, Any]) -> dict[str, Any]:
    top = References(schema).resolved(schema)
    if _is_object(top):
        return {**top, "type": "object"}
    part, defs = lifted(schema, WRAP)
    whole = {"type": "object", "properties": {WRAP: part}, "required": [WRAP], "additionalProperties": False}
    return {**whole, "$defs": defs} if defs else whole
