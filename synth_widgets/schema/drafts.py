"""What other drafts of JSON Schema and other tools write, turned into draft 2020-12. Pure.

A schema is taken out of what it was pasted with (a ``response_format``, a tool), and where an older draft or OpenAPI
has another form for something that 2020-12 can say, that is said instead. What is 2020-12 already is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from synth_widgets.schema.subschemas import DATA, NAMED

CURRENT = "https://json-schema.org/draft/2020-12/schema"

_WRAPPINGS = (
    "response_format text_format output_config output_format text format json_schema function generation_config "
    "generationConfig response_schema responseSchema response_json_schema responseJsonSchema schema parameters "
    "input_schema inputSchema"
).split()
"""Where a request to a model holds a schema, or what holds one: OpenAI's, Anthropic's, Gemini's and MCP's forms."""
_OWN = frozenset(
    "properties patternProperties items prefixItems enum const anyOf oneOf allOf not if $ref $defs definitions".split()
)
"""Keywords with which something is a schema itself and not what one was pasted with."""
_MOST_WRAPPINGS = 5

TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
_TYPES_ELSEWHERE = {
    "array": "array list tuple set sequence",
    "boolean": "bool",
    "integer": "int int32 int64 long",
    "null": "none nonetype nil",
    "number": "float double decimal",
    "object": "dict map record struct",
    "string": "str text char varchar",
}
_TYPE_FOR = {other: kind for kind, others in _TYPES_ELSEWHERE.items() for other in others.split()}
_FORMAT_FOR = {"date": "date", "datetime": "date-time", "timestamp": "date-time", "time": "time", "uuid": "uuid"}


def unwrapped(pasted: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema in what was pasted: in a ``response_format``, a tool, or a whole request's field for them.

    >>> schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    >>> unwrapped({"type": "json_schema", "json_schema": {"name": "n", "strict": True, "schema": schema}}) == schema
    True
    >>> unwrapped(schema) is schema
    True
    """
    for _ in range(_MOST_WRAPPINGS):
        if _OWN & pasted.keys() or pasted.get("type") in TYPES:
            break
        inner = next((pasted[name] for name in _WRAPPINGS if isinstance(pasted.get(name), Mapping)), None)
        if inner is None:
            break
        pasted = inner
    return pasted


def current(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema of an older draft, or with OpenAPI's forms, in draft 2020-12.

    Turned are ``nullable``; ``exclusiveMinimum`` and ``exclusiveMaximum`` with true or false; ``items`` as a list, with
    ``additionalItems``; ``dependencies``; ``required`` with true or false at a property; ``$recursiveRef``; types in
    capitals.

    >>> current({"type": "string", "nullable": True})
    {'type': ['string', 'null']}
    >>> current({"type": "number", "minimum": 0, "exclusiveMinimum": True})
    {'type': 'number', 'exclusiveMinimum': 0}
    >>> current({"items": [{"type": "string"}], "additionalItems": False})
    {'prefixItems': [{'type': 'string'}], 'items': False}
    """
    turned: dict[str, Any] = _schema(schema)
    return {**turned, "$schema": CURRENT} if "json-schema.org" in str(turned.get("$schema")) else turned


def _schema(node: Any) -> Any:
    """Return what may be a schema, or a list of some, with all that is inside it."""
    if isinstance(node, list):
        return [_schema(each) for each in node]
    if not isinstance(node, dict):
        return node
    converted = {key: _inside(key, value) for key, value in node.items()}
    for turn in (_type, _reference, _bounds, _items, _dependencies, _required, _nullable):
        converted = turn(converted)
    return converted


def _inside(key: str, value: Any) -> Any:
    if key in DATA or key == "dependentRequired":
        return value
    if key in NAMED | {"dependencies"} and isinstance(value, dict):
        return {name: _schema(part) for name, part in value.items()}
    return _schema(value)


def _type(node: dict[str, Any]) -> dict[str, Any]:
    """Write types small: Gemini has them in capitals."""
    kind = node.get("type")
    if isinstance(kind, list):
        return {**node, "type": [_small(each) for each in kind]}
    return {**node, "type": _small(kind)} if isinstance(kind, str) else node


def _small(kind: Any) -> Any:
    return kind.lower() if isinstance(kind, str) and kind.isupper() and kind.lower() in TYPES else kind


def _reference(node: dict[str, Any]) -> dict[str, Any]:
    """Turn the reference of draft 2019-09 to the whole schema."""
    if node.get("$recursiveRef") == "#" and "$ref" not in node:
        node = {"$ref" if key == "$recursiveRef" else key: value for key, value in node.items()}
    return {key: value for key, value in node.items() if key != "$recursiveAnchor" or not isinstance(value, bool)}


def _bounds(node: dict[str, Any]) -> dict[str, Any]:
    """Turn draft 4's ``exclusiveMinimum: true``, which speaks of the ``minimum`` beside it."""
    for name in ("minimum", "maximum"):
        exclusive = f"exclusive{name.capitalize()}"
        if not isinstance(node.get(exclusive), bool):
            continue
        is_so = node[exclusive] and name in node
        node = {exclusive if is_so and key == name else key: value for key, value in node.items() if key != exclusive}
    return node


def _items(node: dict[str, Any]) -> dict[str, Any]:
    """Turn the items of a tuple, each with a schema of its own."""
    if not isinstance(node.get("items"), list):
        return node
    converted = {}
    for key, value in node.items():
        if key == "items" and value:
            converted["prefixItems"] = value
        elif key == "additionalItems":
            converted["items"] = value
        elif key != "items":
            converted[key] = value
    return converted


def _dependencies(node: dict[str, Any]) -> dict[str, Any]:
    dependencies = node.get("dependencies")
    if not isinstance(dependencies, dict):
        return node
    converted = {key: value for key, value in node.items() if key != "dependencies"}
    names = {name: value for name, value in dependencies.items() if isinstance(value, list)}
    schemas = {name: value for name, value in dependencies.items() if not isinstance(value, list)}
    for key, part in (("dependentRequired", names), ("dependentSchemas", schemas)):
        if part:
            converted[key] = {**part, **converted.get(key, {})}
    return converted


def _required(node: dict[str, Any]) -> dict[str, Any]:
    """Turn draft 3's ``required: true`` at a property."""
    parts = node.get("properties")
    if not isinstance(parts, dict):
        return node
    flags = {name: part["required"] for name, part in parts.items() if isinstance(part, dict) and "required" in part}
    flags = {name: value for name, value in flags.items() if isinstance(value, bool)}
    if not flags:
        return node
    properties = {
        name: {key: value for key, value in part.items() if key != "required"} if name in flags else part
        for name, part in parts.items()
    }
    names = node["required"] if isinstance(node.get("required"), list) else []
    required = [*names, *(name for name, is_so in flags.items() if is_so and name not in names)]
    return {**node, "properties": properties, **({"required": required} if required else {})}


def _nullable(node: dict[str, Any]) -> dict[str, Any]:
    """Turn OpenAPI's ``nullable: true``."""
    if not isinstance(node.get("nullable"), bool):
        return node
    converted = {key: value for key, value in node.items() if key != "nullable"}
    if not node["nullable"]:
        return converted
    null = {"type": "null"}
    if "const" in converted:
        converted["enum"] = [converted.pop("const"), None]
    elif isinstance(converted.get("enum"), list) and None not in converted["enum"]:
        converted["enum"] = [*converted["enum"], None]
    if isinstance(converted.get("type"), str):
        converted["type"] = converted["type"] if converted["type"] == "null" else [converted["type"], "null"]
    elif isinstance(converted.get("type"), list):
        converted["type"] = [*converted["type"], *(["null"] if "null" not in converted["type"] else [])]
    choice = next((key for key in ("anyOf", "oneOf") if isinstance(converted.get(key), list)), None)
    if choice is not None:
        converted[choice] = converted[choice] if null in converted[choice] else [*converted[choice], null]
    elif "$ref" in converted or "allOf" in converted:
        annotations: dict[str, Any] = {
            key: converted.pop(key) for key in ("title", "description", "default") if key in converted
        }
        converted = {**annotations, "anyOf": [converted, null]}
    return converted


def type_for(kind: object) -> str | None:
    """Return what to write where a type of Python, SQL or another language was written, or ``None``.

    >>> type_for("int"), type_for("datetime"), type_for("strnig")
    ("'integer'", "'string' with 'format': 'date-time'", None)
    """
    name = str(kind).casefold()
    if name in _FORMAT_FOR:
        return f"'string' with 'format': {_FORMAT_FOR[name]!r}"
    if name in {"enum", "literal", "choice"}:
        return "'enum': [the values] in its place"
    known = _TYPE_FOR.get(name, name if name in TYPES else None)
    return None if known is None else repr(known)
