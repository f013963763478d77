"""The ``$ref``s of a schema. They point to places inside the schema itself: nothing is ever fetched."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator, Mapping
from typing import Any

from synth_widgets.errors import SchemaError
from synth_widgets.schema.subschemas import walk

MAX_CHAIN = 60
"""References to references that are followed; one that leads to itself has no end."""

_OTHER_BASE = frozenset("$anchor $dynamicAnchor $dynamicRef $recursiveRef $recursiveAnchor".split())
"""Keywords that change what a reference means; what writes schemas for people does not use them."""


class References:
    """What the references of one schema point to.

    Args:
        schema: the whole schema, in which they are looked up.

    >>> references = References({"$defs": {"size": {"type": "integer", "minimum": 0}}})
    >>> references.target("#/$defs/size"), references.target("#/$defs/weight")
    ({'type': 'integer', 'minimum': 0}, None)
    >>> references.resolved({"$ref": "#/$defs/size", "minimum": 1})
    {'type': 'integer', 'minimum': 1}
    """

    def __init__(self, schema: Any) -> None:
        self._schema = schema
        self._targets: dict[str, Any] = {}

    def target(self, ref: str) -> Any:
        """Return the schema that a reference points to; ``None`` where there is none."""
        if ref not in self._targets:
            self._targets[ref] = self._looked_up(ref)
        return self._targets[ref]

    def resolved(self, node: Any) -> Mapping[str, Any]:
        """Return a part of the schema with its references followed: an object that stands for itself.

        What stands beside a reference is kept, and counts before what the reference points to. A part that is no
        object, such as ``true``, is ``{}``.
        """
        part: Mapping[str, Any] = node if isinstance(node, Mapping) else {}
        for _ in range(MAX_CHAIN):
            if not isinstance(ref := part.get("$ref"), str):
                break
            beside = {key: value for key, value in part.items() if key != "$ref"}
            target = self.target(ref)
            part = {**target, **beside} if isinstance(target, Mapping) else beside
        return part

    def _looked_up(self, ref: str) -> Any:
        from referencing.exceptions import Unresolvable

        try:
            target = self._resolver.lookup(ref).contents
        except (Unresolvable, TypeError, ValueError):  # the last two: a name where a list or a number is
            return None
        return target if isinstance(target, Mapping | bool) else None

    @functools.cached_property
    def _resolver(self) -> Any:
        from referencing import Registry  # as late as jsonschema, which loads it too
        from referencing.jsonschema import DRAFT202012

        return Registry[Any]().resolver_with_root(DRAFT202012.create_resource(self._schema))


def check(schema: dict[str, Any], where: str) -> None:
    """Raise a `SchemaError` unless every reference points to a schema inside the schema; ``where`` names the schema."""
    for place, node in walk(schema):
        if (word := next((k for k in node if k in _OTHER_BASE or (k == "$id" and place)), None)) is not None:
            raise SchemaError(f"{where}{place} has {word} ({node[word]!r}). Only $ref to '#/$defs/…' is understood.")
    references = References(schema)
    for place, node in _nodes_with_refs(schema):
        ref = node["$ref"]
        if ref != "#" and not ref.startswith("#/"):
            raise SchemaError(
                f"{where}{place} refers to {ref!r}. Only places inside the schema ('#/$defs/…') are allowed."
            )
        if references.target(ref) is None:
            raise SchemaError(f"{where}{place} refers to {ref!r}, which is not there.")


def _nodes_with_refs(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((place, node) for place, node in walk(schema) if isinstance(node.get("$ref"), str))


def lifted(schema: Mapping[str, Any], name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a whole schema as a part of another one, and the ``$defs`` that its references then need there.

    >>> lifted({"type": "string"}, "item")
    ({'type': 'string'}, {})
    >>> lifted({"type": "array", "items": {"$ref": "#"}}, "item")
    ({'$ref': '#/$defs/item'}, {'item': {'type': 'array', 'items': {'$ref': '#/$defs/item'}}})
    """
    part: dict[str, Any] = {k: v for k, v in copy.deepcopy(dict(schema)).items() if k not in {"$schema", "$id"}}
    refs = [node for _place, node in _nodes_with_refs(part)]
    for node in refs:
        node["$ref"] = f"#/$defs/{name}{node['$ref'][1:]}"
    return ({"$ref": f"#/$defs/{name}"}, {name: part}) if refs else (part, {})
