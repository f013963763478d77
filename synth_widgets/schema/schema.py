"""JSON Schema: checked once, compiled once, and answered in words.

Draft 2020-12 (https://json-schema.org/draft/2020-12); what other drafts and tools write is turned into it. No ``$ref``
is ever fetched: only places inside the schema itself resolve. Patterns run under a time limit, because a schema may
come from a file.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeGuard

from synth_widgets.deferred import deferring
from synth_widgets.errors import SchemaError, nearest, warn
from synth_widgets.records import Json
from synth_widgets.schema import drafts, lint, patterns, references
from synth_widgets.schema.references import References, lifted
from synth_widgets.schema.subschemas import NAMED, walk
from synth_widgets.text.normal import compact, head, same, storable

if TYPE_CHECKING:
    from types import ModuleType

    import pydantic

    from synth_widgets.schema.validation import Compiled

MAX_BYTES = 200_000
MAX_DEPTH = 60
MOST_PATTERN_SIGNS = 60_000
"""What all patterns of a schema may cost, as `synth_widgets.schema.patterns.cost` counts it."""


def _raised(error: Exception) -> str:
    """Return the name and the words of an error, which may have none that can be had."""
    try:
        return f"{type(error).__name__}: {head(str(error), MOST_SHOWN)}"
    except Exception:  # noqa: BLE001 - an error of the person's own
        return type(error).__name__


def is_model_class(given: object) -> TypeGuard[type[pydantic.BaseModel]]:
    """Whether this is a pydantic model class. Where nobody imported pydantic, nothing is."""
    module = sys.modules.get("pydantic")
    return module is not None and isinstance(given, type) and issubclass(given, module.BaseModel)


class Schema:
    """A checked JSON Schema with its compiled validator.

    Args:
        given: a schema as a dict, of this draft or an older one, alone or in the ``response_format`` or tool that it
            was pasted with; or a pydantic model class.
        where: the argument's name, for error messages.

    Attributes:
        json: the schema as plain JSON, in draft 2020-12.
        model: the pydantic class, when one was given; it is run on each answer as well.
        of_class: whether formats are read as pydantic reads them, because the schema came from a class and has some in
            which that makes a difference: then a time without an offset is one, as it is for the class.

    Raises:
        SchemaError: naming the place that is wrong.

    Warns:
        UserWarning: a keyword seems to be misspelt, or a required property is not declared.

    >>> schema = Schema({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})
    >>> schema.problem({"n": "x"})
    'n: "x" is not of type integer'
    >>> schema.problem({"n": 3}) is None
    True
    """

    __slots__ = ("_compiled", "_properties", "_references", "json", "model", "of_class")

    def __init__(self, given: Any, *, where: str = "schema") -> None:
        self.model: type[pydantic.BaseModel] | None = given if is_model_class(given) else None
        self.json: dict[str, Any] = _plain(given, where)
        _check(self.json, where)
        self.of_class = self.model is not None and _has_formats_of_classes(self.json)
        self._compiled: Compiled | None = None
        self._properties: Mapping[str, Mapping[str, Any]] | None = None
        self._references = References(self.json)
        self._compiled = self._checker  # here, and not with the first value, for which others may wait
        if self.model is None:
            for finding in lint.findings(self.json):
                warn(where + finding)

    @classmethod
    def stored(cls, data: Mapping[str, Any], *, of_class: bool, where: str) -> Schema:
        """Build a schema as a studio file holds it: `json` and `of_class`. Nothing in it is turned, nothing warned of.

        Raises:
            SchemaError: the file holds what is none.
        """
        schema = cls.__new__(cls)
        schema.model, schema.of_class = None, of_class
        schema._compiled, schema._properties = None, None  # noqa: SLF001 - it is one of them
        schema.json = _as_json(data, where)
        schema._references = References(schema.json)  # noqa: SLF001
        _check(schema.json, where)
        schema._compiled = schema._checker  # noqa: SLF001
        return schema

    def check_object(self, where: str) -> None:
        """Raise a `SchemaError` unless values are objects."""
        if not _is_object(self.resolve(self.json)):
            raise SchemaError(
                f"{where} must describe an object ('type': 'object'), because the answer's fields become columns; "
                f"it has type {self.json.get('type')!r}. Wrap it: {{'type': 'object', 'properties': "
                "{'answer': …}, 'required': ['answer']}."
            )

    def problem(self, value: Json) -> str | None:
        """Say what is wrong with a value in one line, or return ``None`` when it complies."""
        return self._checker.problem(value)

    def problems(self, value: Json) -> dict[str, str]:
        """Say what is wrong with a value, by field; empty when it complies, with the pydantic class too.

        Runs the person's code: call it on a worker.

        >>> schema = Schema({"properties": {"n": {"type": "integer"}, "m": {}}, "required": ["n", "m"]})
        >>> schema.problems({"n": "x"})
        {'n': '"x" is not of type integer', 'm': 'is missing'}
        """
        problems = self._checker.problems(value)
        if not problems and (fault := self.model_fault(value)):
            problems[fault[0]] = fault[1]
        return problems

    @property
    def may_be_long(self) -> bool:
        """Whether a check may take long, so that it is made on a worker."""
        return self._checker.may_be_long

    @property
    def _checker(self) -> Compiled:
        if self._compiled is None:
            self._compiled = _validation().Compiled(self.json, of_class=self.of_class)
        return self._compiled

    def model_problem(self, value: Json) -> str | None:
        """Say what the pydantic class objects to, or ``None``. Runs the person's code: call it on a worker."""
        fault = self.model_fault(value)
        return None if fault is None else ": ".join(part for part in fault if part)

    def model_fault(self, value: Json) -> tuple[str, str] | None:
        """Return the place and the words of what the pydantic class objects to, or ``None``."""
        if self.model is None:
            return None
        import pydantic

        try:
            self.model.model_validate_json(json.dumps(value))
        except pydantic.ValidationError as error:
            try:
                first = error.errors(include_url=False)[0]
                return ".".join(str(part) for part in first["loc"]), head(str(first["msg"]), MOST_SHOWN)
            except Exception as unsaid:  # noqa: BLE001 - what it says is the person's code too
                return "", f"{self.model.__name__} does not take it ({_raised(unsaid)})"
        except Exception as error:  # noqa: BLE001 - the person's validator may raise anything; it is shown as the reason
            return "", f"{self.model.__name__} raised {_raised(error)}"
        return None

    def properties(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the declared top-level properties, in order; empty where the top is no object. Not to be changed."""
        if self._properties is None:
            found = self.resolve(self.json).get("properties")
            declared = found.items() if isinstance(found, dict) else ()
            self._properties = {name: self.resolve(node) for name, node in declared}
        return self._properties

    def required(self) -> frozenset[str]:
        """Return the names of the top-level properties that must be there."""
        return frozenset(self.resolve(self.json).get("required", ()))

    def resolve(self, node: Any) -> Mapping[str, Any]:
        """Return a part of the schema with its references followed; see `References.resolved`."""
        return self._references.resolved(node)

    def items(self) -> dict[str, Any]:
        """Return the schema of ``{"items": [value, …]}``, with this one's references still right."""
        item, defs = lifted(self.json, "item")
        wrapper: dict[str, Any] = {
            "type": "object",
            "properties": {"items": {"type": "array", "items": item}},
            "required": ["items"],
            "additionalProperties": False,
        }
        return {**wrapper, "$defs": defs} if defs else wrapper

    def describe(self, name: str) -> str:
        """Describe one property for a person: its values, bounds or type.

        >>> Schema({"type": "object", "properties": {"u": {"enum": ["low", "high"]}}}).describe("u")
        'low, high'
        """
        return describe(self.properties().get(name, {}), self.resolve)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and self.of_class == other.of_class and same(self.json, other.json)

    def __hash__(self) -> int:
        return hash(json.dumps(self.json, sort_keys=True))

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        """Leave the validator out, which is compiled anew where it is needed."""
        state = {"json": self.json, "model": self.model, "of_class": self.of_class}
        return None, {**state, "_compiled": None, "_properties": None, "_references": References(self.json)}


MOST_DESCRIBED = 200
"""Parts of a schema that are gone into to describe one; it may contain itself."""
MOST_SHOWN = 2_000
"""Characters of a description."""


def describe(node: Mapping[str, Any], resolve: Callable[[Any], Mapping[str, Any]] = dict) -> str:
    """Describe a schema node in a few words; ``resolve`` follows its references."""
    return head(_described(node, resolve, itertools.count()), MOST_SHOWN)


def _described(node: Mapping[str, Any], resolve: Callable[[Any], Mapping[str, Any]], seen: Iterator[int]) -> str:
    if next(seen) >= MOST_DESCRIBED:
        return "…"
    if "const" in node:
        return compact(node["const"])
    if isinstance(node.get("enum"), list):
        return ", ".join(v if isinstance(v, str) else compact(v) for v in node["enum"])
    for options in (node.get("anyOf"), node.get("oneOf")):
        if isinstance(options, list):
            resolved = [resolve(option) for option in options[:MOST_DESCRIBED]]
            return " or ".join(_described(option, resolve, seen) for option in resolved if option.get("type") != "null")
    kind = node.get("type")
    if isinstance(kind, list):
        kind = " or ".join(k for k in kind if k != "null")
    words = {"string": "text", "boolean": "true or false", "integer": "whole number", "number": "number"}
    says = words.get(str(kind), str(kind or "any value"))
    if kind == "array":
        items = node.get("items")
        says = f"list of {_described(resolve(items), resolve, seen)}" if isinstance(items, dict) and items else "list"
    elif kind == "object":
        names = list(node.get("properties") or {})
        says = f"({', '.join(names)})" if 0 < len(names) <= 4 else f"{len(names)} fields"
    return says + _bounds(node)


def _bounds(node: Mapping[str, Any]) -> str:
    low, high = node.get("minimum"), node.get("maximum")
    length = f", at most {node['maxLength']} characters" if "maxLength" in node else ""
    if low is not None and high is not None:
        return f"{length}, {low} to {high}"
    return length + (f", from {low}" if low is not None else f", to {high}" if high is not None else "")


def _plain(given: Any, where: str) -> dict[str, Any]:
    if is_model_class(given):
        return _as_json(given.model_json_schema(), where)
    if isinstance(given, str):
        raise SchemaError(f"{where} is text. Give a dict (json.loads(…) if it is JSON), a pydantic model, or None.")
    if not isinstance(given, Mapping):
        raise SchemaError(f"{where} must be a JSON Schema as a dict, or a pydantic model class, not {given!r}.")
    return drafts.current(_as_json(drafts.unwrapped(given), where))


def _as_json(given: Mapping[str, Any], where: str) -> dict[str, Any]:
    if _has_more_parts(given, MAX_BYTES):
        raise SchemaError(f"{where} has more than {MAX_BYTES:,} parts; at most {MAX_BYTES:,} bytes are taken.")
    try:
        text = json.dumps(given, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise SchemaError(f"{where} is not plain JSON: {error}.") from None
    if len(text) > MAX_BYTES:
        raise SchemaError(f"{where} has {len(text):,} bytes; at most {MAX_BYTES:,} are taken.")
    plain: dict[str, Any] = storable(json.loads(text))
    if _depth(plain) > MAX_DEPTH:
        raise SchemaError(f"{where} is nested deeper than {MAX_DEPTH} levels.")
    return plain


def _validation() -> ModuleType:
    """Return the module that checks. It is loaded when it is needed first: not every process checks anything."""
    with deferring("rfc3987_syntax", "is_valid_syntax", until_loaded="jsonschema"):
        from synth_widgets.schema import validation
    return validation


def _check(schema: dict[str, Any], where: str) -> None:
    if not isinstance(schema, dict):
        raise SchemaError(f"{where} must be a JSON Schema, not {schema!r}.")
    if not schema or not (_KEYWORDS & schema.keys()):
        raise SchemaError(
            f"{where} is not a JSON Schema: none of its keys ({', '.join(map(repr, schema)) or 'it is empty'}) is a "
            "keyword. Write {'type': 'object', 'properties': {…}, 'required': […]}."
        )
    if fault := _validation().fault(schema):
        raise SchemaError(f"{'.'.join([where, *fault[0]])} is not valid JSON Schema: {_said(schema, *fault)}")
    references.check(schema, where)
    places = {pattern: place for place, pattern in _patterns(schema)}
    if sum(patterns.cost(pattern) for pattern in places) > MOST_PATTERN_SIGNS:
        raise SchemaError(
            f"{where} has {len(places):,} patterns, which take too long to read. Take some of them out, make them "
            "shorter, or let them repeat less: 'x{1000}' counts as a thousand signs."
        )
    for pattern, place in places.items():
        if unread := patterns.fault(pattern):
            shown = head(pattern, 200) + ("…" if len(pattern) > 200 else "")
            raise SchemaError(f"{where}{place} has the pattern {shown!r}, which cannot be read: {unread}.")


def _said(schema: dict[str, Any], path: list[str], words: str) -> str:
    """Say why a part of a schema is wrong, and what to write where that is known."""
    part: Any = schema
    for key in path:
        part = part[int(key)] if isinstance(part, list) else part[key]
    if path and "type" in {path[-1], *path[-2:-1]} and path[-2:-1] != ["properties"]:
        part = next((kind for kind in part if kind not in drafts.TYPES), part) if isinstance(part, list) else part
        if part in ("json_object", "json_schema"):
            return f"{part!r} asks an endpoint for JSON and says nothing of its fields. Give the schema itself."
        instead = drafts.type_for(part)
        hint = f" Write {instead}." if instead else nearest(part, drafts.TYPES)
        return f"{part!r} is none of the types {', '.join(drafts.TYPES)}.{hint}"
    if isinstance(part, str) and path[-2:-1] and path[-2] in NAMED:
        return f"{part!r} stands where a schema belongs. Write {{'type': {drafts.type_for(part) or '…'}}}."
    return f"{words}."


def _has_formats_of_classes(schema: dict[str, Any]) -> bool:
    of_classes = _validation().formats.OF_CLASSES
    return any(isinstance(node.get("format"), str) and node["format"] in of_classes for _place, node in walk(schema))


_KEYWORDS = frozenset(
    "$ref $defs allOf anyOf oneOf not if const enum type properties patternProperties additionalProperties "
    "items prefixItems required minProperties description title".split()
)


def _is_object(node: Mapping[str, Any]) -> bool:
    """Whether a schema without a reference of its own describes objects."""
    if "type" in node:
        return bool(node["type"] == "object")
    return "properties" in node or any(
        node.get(key) and all(isinstance(s, dict) and (s.get("type") == "object" or "$ref" in s) for s in node[key])
        for key in ("anyOf", "oneOf", "allOf")
    )


def _patterns(schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for place, node in walk(schema):
        if isinstance(node.get("pattern"), str):
            yield place, node["pattern"]
        if isinstance(node.get("patternProperties"), dict):
            yield from ((place, pattern) for pattern in node["patternProperties"])


def _has_more_parts(value: Any, most: int) -> bool:
    """Whether a value is made of more parts: one part that stands in many places is written in each of them."""
    count, stack = 0, [value]
    while stack and count <= most:
        part = stack.pop()
        if isinstance(part, Mapping | list | tuple):
            count += len(part)
            inner = part.values() if isinstance(part, Mapping) else part
            stack.extend(each for each in inner if isinstance(each, Mapping | list | tuple))
    return count > most


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
    return depth
