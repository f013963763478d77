"""A JSON Schema in the subset that a provider's schema mode takes. Pure.

In each of them every object is closed, alternatives are ``anyOf``, references point to ``#/$defs/<name>`` and stand
alone, and the top is an object. So ``oneOf`` turns into ``anyOf``, ``allOf`` is merged, definitions move to the top.
OpenAI's wants all properties required, too: what is optional may be null instead. Keywords that only narrow a value and
that the mode does not know go into the description, for the model; answers are validated against the whole schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from synth_widgets.schema.references import References
from synth_widgets.text.normal import identity, same

WRAP = "answer"
"""The property that holds an answer whose schema is no object at the top."""

MOST_PROPERTIES = 5000
MOST_ENUM_VALUES = 1000
MOST_LEVELS = 10
MOST_PARTS = 20_000
"""Parts that are gone into: what refers to itself, or twice to what refers twice, has no end."""

_ANNOTATIONS = frozenset(
    "title description default examples $schema $id $comment deprecated readOnly writeOnly $defs definitions".split()
)
_NARROWING = frozenset(
    "minLength maxLength uniqueItems minProperties maxProperties not contains minContains maxContains "
    "dependentRequired propertyNames unevaluatedProperties unevaluatedItems contentEncoding contentMediaType".split()
)
_UNFIT = frozenset(
    "if then else dependentSchemas dependencies prefixItems additionalItems $dynamicRef $recursiveRef".split()
)
_OF_TYPE = {
    "string": frozenset({"pattern", "format"}),
    "number": frozenset("minimum maximum exclusiveMinimum exclusiveMaximum multipleOf".split()),
    "array": frozenset({"minItems", "maxItems"}),
}
"""Keywords that only narrow a value of one type, and that some mode knows; whole numbers are numbers."""
_FORMATS = frozenset("date-time time date duration email hostname ipv4 ipv6 uuid".split())


@dataclass(frozen=True, slots=True)
class Subset:
    """What a provider's schema mode takes of JSON Schema.

    Attributes:
        keywords: those it takes that only narrow a value.
        formats: the values of ``format`` that it takes.
        optional: whether an object may leave a property out; else each is required.
        fewest: the values of ``minItems`` that it takes; ``None``: any.
        typed: whether an enumeration of several types says which they are.
    """

    keywords: frozenset[str]
    formats: frozenset[str]
    optional: bool = False
    fewest: frozenset[int] | None = None
    typed: bool = True

    def takes(self, key: str, value: Any) -> bool:
        """Whether a keyword that narrows may stand there with this value."""
        if key not in self.keywords:
            return False
        if key == "format":
            return value in self.formats
        if key == "minItems":
            return self.fewest is None or value in self.fewest
        return not (key == "pattern" and _OWN_SIGNS.search(value))


_OWN_SIGNS = re.compile(r"\(\?|\\[AZzpPkGXRN]|\[\[:|&&|\\[ux]\{")
"""Signs in a pattern that not every engine knows; looking ahead is one of them."""

OPENAI = Subset(frozenset[str]().union(*_OF_TYPE.values()), _FORMATS)
"""https://platform.openai.com/docs/guides/structured-outputs#supported-schemas"""
ANTHROPIC = Subset(
    frozenset({"format", "minItems"}),
    _FORMATS | {"uri"},
    optional=True,
    fewest=frozenset({0, 1}),
    typed=False,
)
"""https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations"""
_TELLING = {
    "object": ("properties", "required", "additionalProperties"),
    "array": ("items", "minItems", "maxItems"),
    "string": ("pattern", "format", "minLength", "maxLength"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
"""Keywords that tell the type of a schema that does not name it."""


def strict_schema(schema: Mapping[str, Any], subset: Subset = OPENAI) -> dict[str, Any] | None:
    """Return the schema as a provider's schema mode takes it, or ``None`` if it cannot be said there.

    What cannot be said: maps with names of the model's choice (a schema for ``additionalProperties``,
    ``patternProperties``, objects without properties), values of any kind, tuples, conditions.

    >>> strict_schema({"type": "object", "properties": {"a": {"type": "string", "maxLength": 9}}, "required": ["a"]})
    ... # doctest: +NORMALIZE_WHITESPACE
    {'type': 'object',
     'properties': {'a': {'type': 'string', 'description': 'Complies with {"maxLength": 9}.'}},
     'required': ['a'], 'additionalProperties': False}
    >>> strict_schema({"type": "object"}) is None
    True
    >>> strict_schema({"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}}, ANTHROPIC)
    ... # doctest: +NORMALIZE_WHITESPACE
    {'type': 'object',
     'properties': {'a': {'type': 'integer', 'description': 'Complies with {"minimum": 1}.'}},
     'required': [], 'additionalProperties': False}
    """
    try:
        return _Converter(schema, subset).whole()
    except (_UnfitError, RecursionError):
        return None


class _UnfitError(Exception):
    """A schema cannot be said in the subset."""


class _Converter:
    """Converts one schema; holds what its references point to, under the names that they get."""

    def __init__(self, root: Mapping[str, Any], subset: Subset) -> None:
        self._root = root
        self._references = References(root)
        self._subset = subset
        self._defs: dict[str, Any] = {}
        self._names: dict[str, str] = {}
        self._properties = 0
        self._values = 0
        self._parts = 0

    def whole(self) -> dict[str, Any]:
        top = self._converted(self._resolved(self._root), 0)
        if top.get("type") != "object":
            top = {"type": "object", "properties": {WRAP: top}, "required": [WRAP], "additionalProperties": False}
        if any(_levels(part) > MOST_LEVELS for part in (top, *self._defs.values())):
            raise _UnfitError
        return {**top, "$defs": self._defs} if self._defs else top

    def _converted(self, node: Any, level: int) -> dict[str, Any]:
        node = self._merged(node)
        if level > MOST_LEVELS:
            raise _UnfitError
        if "$ref" in node:
            return {"$ref": f"#/$defs/{self._name(node['$ref'])}"}
        if (choice := node.get("anyOf") or node.get("oneOf")) is not None:
            return self._choice(node, choice, level)
        if "enum" in node or "const" in node:
            return self._values_of(node)
        return self._plain(node, level)

    def _choice(self, node: Mapping[str, Any], options: Iterable[Any], level: int) -> dict[str, Any]:
        if node.get("anyOf") and node.get("oneOf"):
            raise _UnfitError
        base = {key: value for key, value in node.items() if key not in {"anyOf", "oneOf", *_ANNOTATIONS}}
        if base:
            options = [_both(base, self._resolved(option)) for option in options]
        return {**_described(node), "anyOf": [self._converted(option, level) for option in options]}

    def _values_of(self, node: Mapping[str, Any]) -> dict[str, Any]:
        values = [node["const"]] if "const" in node else list(node["enum"])
        types = list(dict.fromkeys(_type_of(value) for value in values))
        self._values += len(values)
        if not values or self._values > MOST_ENUM_VALUES or {"object", "array"} & set(types):
            raise _UnfitError
        type_keyword = {"type": types[0] if len(types) == 1 else types} if len(types) == 1 or self._subset.typed else {}
        return {**type_keyword, **_described(node), "enum": values}

    def _plain(self, node: Mapping[str, Any], level: int) -> dict[str, Any]:
        types = _types(node)
        if _UNFIT & node.keys():
            raise _UnfitError
        kept: dict[str, Any] = {}
        described: dict[str, Any] = {}
        for key, value in node.items():
            if any(key in _OF_TYPE.get("number" if kind == "integer" else kind, ()) for kind in types):
                (kept if self._subset.takes(key, value) else described)[key] = value
            elif key in _NARROWING:
                described[key] = value
        schema = {"type": types[0] if len(types) == 1 else types, **_described(node, described), **kept}
        if "array" in types:
            schema["items"] = self._converted(node.get("items"), level + 1)
        return schema | self._members(node, level) if "object" in types else schema

    def _members(self, node: Mapping[str, Any], level: int) -> dict[str, Any]:
        properties, required = node.get("properties") or {}, set(node.get("required", ()))
        others = node.get("additionalProperties", True)
        is_map = bool(node.get("patternProperties")) or (isinstance(others, Mapping) and others)
        if is_map or required - properties.keys() or (not properties and others is not False):
            raise _UnfitError
        self._properties += len(properties)
        if self._properties > MOST_PROPERTIES:
            raise _UnfitError
        parts = {name: self._converted(part, level + 1) for name, part in properties.items()}
        if self._subset.optional:
            left = [name for name in properties if name in required]
            return {"properties": parts, "required": left, "additionalProperties": False}
        return {
            "properties": {name: part if name in required else _nullable(part) for name, part in parts.items()},
            "required": list(properties),
            "additionalProperties": False,
        }

    def _merged(self, node: Any) -> Mapping[str, Any]:
        """Return a schema without ``allOf``, whose ``$ref``, if it has one, stands alone."""
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise _UnfitError
        if not isinstance(node, Mapping):
            raise _UnfitError  # true: a value of any kind; false: none
        parts = [*([{"$ref": node["$ref"]}] if "$ref" in node else []), *node.get("allOf", ())]
        if not parts:
            return node
        rest = {key: value for key, value in node.items() if key not in {"$ref", "allOf"}}
        if len(parts) == 1 and isinstance(parts[0], Mapping) and not rest.keys() - _ANNOTATIONS:
            return parts[0] if parts[0].keys() == {"$ref"} else self._merged({**rest, **parts[0]})
        for part in parts:
            rest = _both(rest, self._resolved(part))
        return rest

    def _resolved(self, node: Any) -> Mapping[str, Any]:
        """Return a schema with its reference followed and merged in."""
        for _ in range(MOST_LEVELS):
            merged = self._merged(node)
            if "$ref" not in merged:
                return merged
            node = self._references.target(merged["$ref"])
        raise _UnfitError

    def _name(self, ref: str) -> str:
        """Return the name of what a reference points to; the first time, convert it."""
        if ref not in self._names:
            last = re.sub(r"[^A-Za-z0-9_-]", "_", ref.rpartition("/")[2]).strip("_#") or WRAP
            name, more = last, 1
            while name in self._names.values():
                more += 1
                name = f"{last}_{more}"
            self._names[ref] = name
            self._defs[name] = {}  # it may refer to itself
            self._defs[name] = self._converted(self._resolved({"$ref": ref}), 0)
        return self._names[ref]


def _levels(schema: Mapping[str, Any]) -> int:
    """Return how deep a converted schema is nested: each alternative and each list is counted, as some may do."""
    parts = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    parts += [schema["items"]] if "items" in schema else []
    return 1 + max(map(_levels, parts), default=0)


def _both(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of what complies with both."""
    for closed, open_ in ((one, other), (other, one)):
        strange = open_.get("properties", {}).keys() - closed.get("properties", {}).keys()
        if closed.get("additionalProperties") is False and strange:
            raise _UnfitError
    merged = dict(one)
    for key, value in other.items():
        if key not in merged or same(merged[key], value):
            merged[key] = value
        elif key == "additionalProperties" and False in (merged[key], value):
            merged[key] = False
        elif key not in _ANNOTATIONS:
            merged[key] = _joined(key, merged[key], value)
    return merged


def _joined(key: str, one: Any, other: Any) -> Any:
    """Return what two values of a keyword say together."""
    if key == "properties":
        shared = {name: {"allOf": [one[name], other[name]]} for name in one if name in other}
        return {**one, **other, **shared}
    if key in {"type", "enum"}:
        return _shared(key, one, other)
    if key.startswith(("min", "exclusiveMin")):
        return max(one, other)
    if key.startswith(("max", "exclusiveMax")):
        return min(one, other)
    if key == "items":
        return {"allOf": [one, other]}
    if key == "required":
        return list(dict.fromkeys([*one, *other]))
    raise _UnfitError


def _shared(key: str, one: Any, other: Any) -> list[Any]:
    """Return the types or values that stand in both; a whole number is a number."""
    one, other = ([each] if isinstance(each, str) else list(each) for each in (one, other))
    theirs = set(map(identity, other))
    both = [each for each in one if identity(each) in theirs]
    if key == "type" and "integer" not in both and {"integer", "number"} <= {*one, *other}:
        both.append("integer")
    if not both:
        raise _UnfitError
    return both


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a property that may also be null."""
    null = {"type": "null"}
    if "anyOf" in schema:
        return schema if null in schema["anyOf"] else {**schema, "anyOf": [*schema["anyOf"], null]}
    return schema if "null" in schema.get("type", ()) else {"anyOf": [schema, null]}


def _types(node: Mapping[str, Any]) -> list[str]:
    declared = node.get("type")
    if declared is not None:
        return [declared] if isinstance(declared, str) else list(declared)
    implied = next((kind for kind, keys in _TELLING.items() if any(key in node for key in keys)), None)
    if implied is None:
        raise _UnfitError
    return [implied]


def _type_of(value: Any) -> str:
    kinds = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    return "null" if value is None else kinds.get(type(value), "object")


def _described(node: Mapping[str, Any], keywords: Mapping[str, Any] = {}) -> dict[str, Any]:
    """Return the description of a schema, with the keywords that only words can say."""
    sentence = f"Complies with {json.dumps(keywords, ensure_ascii=False)}." if keywords else ""
    text = " ".join(filter(None, (node.get("description"), sentence)))
    return {"description": text} if text else {}
