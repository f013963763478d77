"""The ``$ref``s of a schema. They point to places inside the schema itself: nothing is ever fetched."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from synth_widgets.errors import SchemaError
from synth_widgets.schema.subschemas import walk

_OTHER_BASE = frozenset("$anchor $dynamicAnchor $dynamicRef $recursiveRef $recursiveAnchor".split())
"""Keywords that change what a reference means; what writes schemas for people does not use them."""


def check(schema: dict[str, Any], where: str) -> None:
    """Raise a `SchemaError` unless every reference points to a place that is there; ``where`` names the schema."""
    for place, node in walk(schema):
        if (word := next((k for k in node if k in _OTHER_BASE or (k == "$id" and place)), None)) is not None:
            raise SchemaError(f"{where}{place} has {word} ({node[word]!r}). Only $ref to '#/$defs/…' is understood.")
    for place, node in _nodes_with_refs(schema):
        ref = node["$ref"]
        if ref != "#" and not ref.startswith("#/"):
            raise SchemaError(
                f"{where}{place} refers to {ref!r}. Only places inside the schema ('#/$defs/…') are allowed."
            )
        if pointed(schema, ref) is None:
            raise SchemaError(f"{where}{place} refers to {ref!r}, which is not there.")


def _nodes_with_refs(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((place, node) for place, node in walk(schema) if isinstance(node.get("$ref"), str))


def pointed(schema: Any, ref: str) -> Any:
    """Return the part of a schema that a reference such as ``"#/$defs/line"`` points to, or ``None``."""
    node = schema
    for part in ref[1:].split("/")[1:] if ref != "#" else []:
        key = unquote(part).replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict) and key in node:
            node = node[key]
        elif isinstance(node, list) and key.isdigit() and int(key) < len(node):
            node = node[int(key)]
        else:
            return None
    return node


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
