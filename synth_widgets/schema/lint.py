"""Findings in a valid schema that its author hardly meant: a misspelt keyword, a required name that is none. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from synth_widgets.schema.subschemas import NAMED, walk

_CHECKED = (
    "type properties required items enum const additionalProperties minimum maximum exclusiveMinimum exclusiveMaximum "
    "multipleOf minLength maxLength pattern format minItems maxItems uniqueItems minProperties maxProperties "
    "patternProperties propertyNames prefixItems contains minContains maxContains allOf anyOf oneOf not "
    "dependentRequired dependentSchemas description"
).split()
"""Keywords of which a misspelling is found."""
_APPLICATORS = frozenset(
    "items prefixItems additionalItems additionalProperties contains propertyNames unevaluatedItems "
    "unevaluatedProperties allOf anyOf oneOf not if then else contentSchema dependencies".split()
)
"""Keywords whose value is a schema, or a list of some."""
_KNOWN = (
    frozenset(_CHECKED)
    | _APPLICATORS
    | NAMED
    | frozenset(
        "$schema $id $ref $comment $anchor $vocabulary contentEncoding contentMediaType default deprecated examples "
        "readOnly writeOnly title example discriminator externalDocs xml nullable propertyOrdering markdownDescription "
        "enumNames enumDescriptions".split()
    )
)
_BY_LETTERS = {**{word.casefold(): word for word in _CHECKED}, "ref": "$ref", "defs": "$defs"}
MOST = 20
"""Findings that are told: a schema with more of them is of another kind than these speak of."""
_MOST_COMPARED = 500
"""Keys that are compared with all keywords, which takes a while; by then it is no slip of the pen."""
_LONG = [word for word in _CHECKED if len(word) > 3]
_CUTOFF = 0.84
"""How alike two words must be: ``requried``, ``propertys`` and ``enums`` are near enough, ``contents`` is not."""
_DELIMITED = re.compile(r"/(\^.*|.*\$)/[a-z]*", re.DOTALL)
"""A pattern as JavaScript writes it in code."""
_IN_PLACE = frozenset("allOf anyOf oneOf not if then else dependentSchemas dependencies".split())
"""Keywords whose schemas speak of the value that the schema around them speaks of."""
_DECLARING = frozenset("$ref allOf anyOf oneOf if patternProperties dependentSchemas".split())
"""Keywords with which a name may be declared elsewhere than in ``properties``."""


def findings(schema: dict[str, Any]) -> list[str]:
    """Return the findings, each a sentence that begins with its place.

    >>> findings({"type": "object", "propertise": {"a": {"type": "string", "max_length": 3}}})
    [" has the key 'propertise', which is no keyword. Did you mean 'properties'?"]
    >>> findings({"properties": {"a": {"type": "string"}}, "required": ["b"]})
    [" requires 'b', which its properties do not declare."]
    """
    unknown = dict.fromkeys(key for _place, node in walk(schema) for key in node if key not in _KNOWN)
    meant = {key: word for key in islice(unknown, _MOST_COMPARED) if (word := _suggestion(key))}
    found = _findings(schema, "", in_place=False, bases=frozenset(_bases(schema)), meant=meant)
    return list(islice(found, MOST))


def _bases(node: Any) -> Iterator[str]:
    """Yield the references to schemas that speak of a value together with others."""
    if isinstance(node, dict):
        for key in ("allOf", *(("anyOf", "oneOf") if "properties" in node else ())):
            parts = node[key] if isinstance(node.get(key), list) else ()
            yield from (str(part["$ref"]) for part in parts if isinstance(part, dict) and "$ref" in part)
    if isinstance(node, dict | list):
        for inner in node.values() if isinstance(node, dict) else node:
            yield from _bases(inner)


def _findings(
    node: Any, place: str, *, in_place: bool, bases: frozenset[str], meant: Mapping[str, str]
) -> Iterator[str]:
    """Yield the findings of a schema and of those inside it.

    Args:
        node: the schema.
        place: where it stands.
        in_place: whether another one speaks of the same value too.
        bases: what `_bases` yields.
        meant: the keywords that are meant by keys that are none.
    """
    if not isinstance(node, dict):
        return
    yield from _misspelt(node, place, meant)
    if not in_place:
        yield from _undeclared(node, place)
    for key, value in node.items():
        for name, part in _parts(key, value):
            is_base = key in ("$defs", "definitions") and f"#/{key}/{name[1:]}" in bases
            inner = f"{place}.{key}{name}"
            yield from _findings(part, inner, in_place=is_base or key in _IN_PLACE, bases=bases, meant=meant)


def _misspelt(node: dict[str, Any], place: str, meant: Mapping[str, str]) -> Iterator[str]:
    for key in node:
        if keyword := meant.get(key):
            yield f"{place} has the key {key!r}, which is no keyword. Did you mean {keyword!r}?"
    if isinstance(pattern := node.get("pattern"), str) and (inner := _DELIMITED.fullmatch(pattern)):
        yield f"{place} has the pattern {pattern!r}, whose slashes stand for themselves. Did you mean {inner[1]!r}?"


def _parts(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the schemas that a keyword holds, each with its place there."""
    if isinstance(value, dict) and (key in NAMED or key == "dependencies"):
        yield from ((f".{name}", part) for name, part in value.items())
    elif isinstance(value, list) and key in _APPLICATORS:
        yield from ((f".{n}", part) for n, part in enumerate(value))
    elif key in _APPLICATORS:
        yield "", value


def _suggestion(key: str) -> str | None:
    if key in _KNOWN or key.startswith(("$", "x-", "_")):
        return None
    if (exact := _BY_LETTERS.get(key.replace("_", "").replace("-", "").casefold())) is not None:
        return exact
    if any(key.startswith(word) and re.match("[_A-Z]", key[len(word) :]) for word in _CHECKED):
        return None  # a name of a person's own, such as description_en
    return next(iter(difflib.get_close_matches(key, _LONG, n=1, cutoff=_CUTOFF)), None)


def _undeclared(node: dict[str, Any], place: str) -> Iterator[str]:
    declared, required = node.get("properties"), node.get("required")
    if not isinstance(declared, dict) or not isinstance(required, list) or _DECLARING & node.keys():
        return
    if isinstance(node.get("additionalProperties"), dict):
        return
    if undeclared := [name for name in required if name not in declared]:
        more = f" and {len(undeclared) - 5} more" if len(undeclared) > 5 else ""
        yield f"{place} requires {', '.join(map(repr, undeclared[:5]))}{more}, which its properties do not declare."
