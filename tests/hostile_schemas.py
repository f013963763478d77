"""Schemas and values as somebody writes them who means harm: the same for the same seed. For tests and fuzzing."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

Json = Any
NAMES = ("a", "b", "", "__proto__", "constructor", "100%", "a/b", "a~b", "a\0b", "$ref", "ä", "x" * 200)
PATTERNS = (
    "^a+$",
    "(a+)+$",
    "(a|aa)+!",
    r"^\p{L}*$",
    "[^]",
    "(?=.*a)b",
    "(?:(?:a{50}){50}){50}",
    "(",
    "a{9}{9}",
    "{e<=3}",
)
NUMBERS = (0, 1, -1, 0.1, 1e308, 1e-300, 5e-324, 10**400, -(10**4000), 2**63, True)


def doubling(keyword: str, last: Json, times: int = 40) -> dict[str, Json]:
    """Return a schema whose references double so many times: a few kilobytes that ask for more than a lifetime."""
    defs: dict[str, Json] = {f"d{n}": {keyword: [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(times)}
    whole = {"type": "object", "properties": {"a": {"$ref": "#/$defs/d0"}}, "required": ["a"]}
    return {**whole, "$defs": {**defs, f"d{times}": last}}


def schemas(seed: int) -> Iterator[tuple[dict[str, Json], Json]]:
    """Yield pairs of a schema, often no valid one, and a value to check under it, without an end."""
    chance = random.Random(seed)
    while True:
        if chance.random() < 0.2:
            keyword = chance.choice(("allOf", "anyOf", "oneOf", "prefixItems"))
            schema = doubling(keyword, _schema(chance, 2), chance.choice((1, 5, 40)))
        else:
            schema = {
                **_schema(chance, 4, whole=True),
                "type": "object",
                "$defs": {name: _schema(chance, 3) for name in chance.sample(NAMES, 3)},
            }
        value = {"a": _value(chance, 4), chance.choice(NAMES): _value(chance, 3)}
        if _is_small(schema) and _is_small(value):  # as JSON, which is how both come from elsewhere
            yield schema, value


def _is_small(whole: Json, most: int = 20_000) -> bool:
    """Whether so many parts are all, those counted twice that stand in two places."""
    stack = [whole]
    while stack and most > 0:
        most -= 1
        part = stack.pop()
        stack += part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return not stack


def _ref(chance: random.Random) -> str:
    name = chance.choice(NAMES).replace("~", "~0").replace("/", "~1").replace("%", "%25")
    return chance.choice(("#", "#/properties/a", f"#/$defs/{name}", f"#/$defs/{name}"))


def _schema(chance: random.Random, depth: int, *, whole: bool = False) -> Json:
    """Return a schema with some keywords, of which a few are wrong."""
    if not whole and (depth <= 0 or chance.random() < 0.15):
        return chance.choice(
            (True, False, {}, {"$ref": _ref(chance)}, {"type": chance.choice(("string", "integer", "array"))})
        )

    def part() -> Json:
        return _schema(chance, depth - 1)

    def several() -> list[Json]:
        return [part()] * chance.choice((1, 2, 200)) if depth < 2 else [part() for _ in range(chance.randint(1, 3))]

    def by_name() -> dict[str, Json]:
        return {name: part() for name in chance.sample(NAMES, 2)}

    makers: dict[str, Any] = {
        "$ref": lambda: _ref(chance),
        **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), several),
        **dict.fromkeys(
            ("items", "contains", "not", "if", "then", "else", "propertyNames", "additionalProperties"), part
        ),
        **dict.fromkeys(("unevaluatedProperties", "unevaluatedItems"), part),
        **dict.fromkeys(("properties", "dependentSchemas"), by_name),
        "patternProperties": lambda: {chance.choice(PATTERNS): part()},
        "pattern": lambda: chance.choice(PATTERNS),
        "enum": lambda: [_value(chance, 1)] * chance.choice((1, 300)),
        "const": lambda: _value(chance, 3),
        "uniqueItems": lambda: True,
        "format": lambda: chance.choice(("uri", "date-time", "email", "ipv6", "\0")),
        "required": lambda: chance.sample(NAMES, 2),
        **dict.fromkeys(
            ("multipleOf", "minimum", "maximum", "minContains", "maxLength"), lambda: chance.choice(NUMBERS)
        ),
    }
    return {key: makers[key]() for key in chance.sample(sorted(makers), chance.randint(1, 4))}


def _value(chance: random.Random, depth: int) -> Json:
    kind = chance.random()
    if depth > 0 and kind < 0.3:
        return [_value(chance, depth - 1)] * chance.choice((0, 1, 3, 300 if depth < 2 else 5))
    if depth > 0 and kind < 0.6:
        return {name: _value(chance, depth - 1) for name in chance.sample(NAMES, chance.randint(0, 4))}
    return chance.choice((*NUMBERS, None, "", "a" * 60 + "!", "b" * 2_000, "\ud800", "2026-02-28"))
