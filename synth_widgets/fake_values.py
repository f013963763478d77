"""Values that fit a JSON Schema, without a model: for tests and for scripted answers."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from synth_widgets.schema.references import References
from synth_widgets.text.normal import identity

_ADJECTIVES = (
    "late early broken quiet heavy light bright narrow simple missing double spare loyal distant modern wooden "
    "frozen gentle hollow urgent common strict flat warm"
).split()
_NOUNS = (
    "delivery battery invoice ticket garden kitchen engine camera ladder window harvest recipe password ferry museum "
    "blanket keyboard contract orchard lantern passport compass bakery saddle"
).split()
_VERBS = (
    "arrived stopped opened failed changed returned improved vanished cracked doubled started slipped "
    "waited faded worked spread"
).split()
_TIMES = (
    "on Monday,before noon,after a week,twice a day,last night,in the rain,without warning,near the station,"
    "for no reason,by mistake,as promised,at the border"
).split(",")
_FORMATS = {
    "date": "20{:02d}-0{m}-1{d}",
    "date-time": "20{:02d}-0{m}-1{d}T08:30:00Z",
    "time": "08:{:02d}:1{d}Z",
    "email": "person{n}@example.org",
    "uri": "https://example.org/{n}",
    "hostname": "host{n}.example.org",
    "ipv4": "192.0.2.{:d}",
    "uuid": "00000000-0000-4000-8000-{n:012d}",
}
_BOUNDS = frozenset("minimum maximum exclusiveMinimum exclusiveMaximum multipleOf".split())
_ESCAPED: dict[str, Sequence[str]] = {
    "d": "0123456789",
    "w": "abcxyz019",
    "s": " ",
    "a-z": "abcxyz",
    "A-Z": "ABCXYZ",
    **dict.fromkeys("bAzZ", ("",)),
}
"""Texts that an escape in a pattern describes."""
_DEEP = 6
_DEEPEST = 48
"""Levels after which what contains itself, and must, ends all the same."""
_MOST_MERGED = 300
"""Steps to one flat schema: one that refers to itself has no end."""
_MOST_PARTS = 5_000
"""Parts of one value after which it counts as deep, so that what contains itself a thousand times comes to an end."""


class FakeValues:
    """Makes values that fit schemas. The same seed makes the same values; no text comes twice.

    Args:
        seed: where the sequence begins.
        nulls: how often null is taken where it may be, from 0 to 1.

    >>> fakes = FakeValues(seed=1)
    >>> fakes.name(), fakes.name()
    ('Frozen ferry', 'Wooden camera')
    >>> sorted(fakes.value({"type": "object", "properties": {"n": {"type": "integer", "maximum": 3}}}))
    ['n']
    """

    def __init__(self, seed: int = 0, *, nulls: float = 0.0) -> None:
        self._seed = seed
        self._nulls = nulls
        self._random = random.Random(seed)  # noqa: S311  (made-up data)
        self._count = 0
        self._left = _MOST_PARTS

    def name(self) -> str:
        """Return two readable words that were not returned before."""
        words = self._words((_ADJECTIVES, _NOUNS))
        return " ".join(words).capitalize()

    def sentence(self) -> str:
        """Return a short readable sentence that was not returned before."""
        adjective, noun, verb, when, *more = self._words((_ADJECTIVES, _NOUNS, _VERBS, _TIMES))
        return f"The {adjective} {noun} {verb} {' '.join([when, *more])}."

    def value(self, schema: Any, *, root: Any = None, names: bool = False, some: int = 2) -> Any:
        """Return a value that fits a schema.

        Understood are types, ``enum``, ``const``, bounds, simple patterns, formats, arrays, objects, local
        ``$ref``s, the first of ``anyOf`` and ``oneOf``, and all of ``allOf``. Deep down it is the last of them, or null
        where it may be, so that what contains itself comes to an end.

        Args:
            schema: a JSON Schema, or True.
            root: the whole schema, in which ``$ref``s are looked up; this one if None.
            names: whether texts are names of a few words instead of sentences.
            some: elements of an array that does not say how many.
        """
        self._left = _MOST_PARTS
        return self._value(schema, References(schema if root is None else root), names, 0, some)

    def _value(self, schema: Any, references: References, names: bool, depth: int, some: int = 2) -> Any:
        """Return a value at a depth; deep down, optional parts are left out."""
        self._left -= 1
        if self._left < -_MOST_PARTS or depth > _DEEPEST:
            return None
        if self._left < 0:
            depth = max(depth, _DEEP)
        is_deep = depth >= _DEEP
        if _may_be_null(schema) and (is_deep or (self._nulls and self._random.random() < self._nulls)):
            return None
        schema = _plain(schema, references, last=is_deep)
        if (given := schema.get("enum", [schema["const"]] if "const" in schema else None)) is not None:
            return self._random.choice(list(given))
        kind = _kind(schema)
        if kind == "object":
            return self._object(schema, references, names, depth)
        if kind == "array":
            return self._array(schema, references, names, depth, some)
        return self._scalar(schema, kind, names)

    def _scalar(self, schema: Mapping[str, Any], kind: str, names: bool) -> Any:
        if kind == "string":
            return self._string(schema, names)
        if kind in {"integer", "number"}:
            return self._number(schema, kind)
        return self._random.random() < 0.5 if kind == "boolean" else None

    def _object(self, schema: Mapping[str, Any], references: References, names: bool, depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        required = schema.get("required", ())
        wanted = [name for name in properties if depth < _DEEP or name in required]
        wanted += [name for name in required if name not in properties]
        return {
            name: self._value(properties.get(name, {"type": "string"}), references, names, depth + 1) for name in wanted
        }

    def _array(
        self, schema: Mapping[str, Any], references: References, names: bool, depth: int, some: int
    ) -> list[Any]:
        first = [self._value(sub, references, False, depth + 1) for sub in schema.get("prefixItems", ())]
        least, most = schema.get("minItems", 0), schema.get("maxItems")
        count = least if depth >= _DEEP else max(least, some if most is None else most)
        items = schema.get("items", True)
        if items is False:
            return first
        found: list[Any] = first
        for _ in range(20 * count):
            if len(found) >= count:
                break
            value = self._value(items, references, names, depth + 1)
            if not schema.get("uniqueItems") or identity(value) not in map(identity, found):
                found.append(value)
        return found

    def _string(self, schema: Mapping[str, Any], names: bool) -> str:
        if "pattern" in schema:
            return "".join(_Pattern(str(schema["pattern"]), self._random).text())
        if (form := _FORMATS.get(schema.get("format", ""))) is not None:
            n = self._next()
            return form.format(n % 90 + 10, n=n, m=n % 9 + 1, d=n % 9)
        least, most = schema.get("minLength", 0), schema.get("maxLength", 200)
        text = self.name() if names or most < 70 else self.sentence()
        if len(text) > most:
            text = f"{self._next():x}"[:most]
        while len(text) < least:
            text = f"{text} {self.sentence()}"
        return text[: max(least, most)] if len(text) > most else text

    def _number(self, schema: Mapping[str, Any], kind: str) -> int | float:
        exact = {key: Fraction(repr(value)) for key, value in schema.items() if key in _BOUNDS}
        step = exact.get("multipleOf", Fraction(1 if kind == "integer" else "0.5"))
        low = exact.get("minimum", exact.get("exclusiveMinimum"))
        high = exact.get("maximum", exact.get("exclusiveMaximum"))
        if low is None:
            low = Fraction(0) if high is None or high >= 0 else high - 10 * step
        if high is None:
            high = low + 10 * step
        first, last = -(-low // step), high // step
        first += first * step == exact.get("exclusiveMinimum")
        last -= last * step == exact.get("exclusiveMaximum")
        if last < first:
            return int(low) if kind == "integer" else float((low + high) / 2)
        number = self._random.randint(first, last) * step
        return int(number) if kind == "integer" else float(number)

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _words(self, lists: Sequence[Sequence[str]]) -> list[str]:
        """Pick one word of each list by a number that steps through all combinations before one comes again."""
        total = 1
        for words in lists:
            total *= len(words)
        round_, n = divmod(self._next(), total)
        n = (n * 7919 + self._seed * 104729) % total
        picked = []
        for words in lists:
            n, at = divmod(n, len(words))
            picked.append(words[at])
        return picked + ([str(round_ + 1)] if round_ else [])


def _may_be_null(schema: Any) -> bool:
    """Whether null is one of several possibilities."""
    if not isinstance(schema, Mapping):
        return False
    options = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    return (isinstance(schema.get("type"), list) and "null" in schema["type"]) or {"type": "null"} in options


def _plain(
    schema: Any, references: References, *, last: bool = False, seen: Iterator[int] | None = None
) -> dict[str, Any]:
    """Follow references and take the first alternative, or the ``last``, so that one flat schema is left."""
    found = dict(schema) if isinstance(schema, Mapping) else {}
    seen = itertools.count() if seen is None else seen
    for _ in range(20):
        if next(seen) > _MOST_MERGED:
            return {key: rule for key, rule in found.items() if key not in {"$ref", "anyOf", "oneOf", "allOf"}}
        if "$ref" in found:
            found = dict(references.resolved(found))
        elif "anyOf" in found or "oneOf" in found:
            chosen = (found.pop("anyOf", None) or found.pop("oneOf"))[-1 if last else 0]
            found = {**found, **(chosen if isinstance(chosen, Mapping) else {})}
        elif "allOf" in found:
            for part in found.pop("allOf"):
                inner = _plain(part, references, seen=seen)
                both = {**found.get("properties", {}), **inner.get("properties", {})}
                required = [*found.get("required", ()), *inner.get("required", ())]
                found = {**found, **inner, **({"properties": both, "required": required} if both else {})}
        else:
            break
    return found


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((k for k in kind if k != "null"), "null")
    if kind is None:
        kind = "object" if "properties" in schema else "array" if "items" in schema else "string"
    return str(kind)


class _Pattern:
    """Text for a pattern made of literals, classes, groups, alternatives and counts."""

    def __init__(self, pattern: str, chance: random.Random) -> None:
        self._rest = pattern
        self._chance = chance

    def text(self) -> Iterator[str]:
        """Yield pieces of a text that the pattern describes, up to its end or its closing bracket."""
        ways: list[list[str]] = [[]]
        while self._rest and not self._rest.startswith(")"):
            if self._rest[0] == "|":
                self._rest = self._rest[1:]
                ways.append([])
            elif self._rest[0] in "^$":
                self._rest = self._rest[1:]
            else:
                before = self._rest
                atom = self._atom()
                consumed = before[: len(before) - len(self._rest)]
                for _ in range(self._times()):
                    ways[-1].append(atom)
                    atom = _Pattern(consumed, self._chance)._atom()  # noqa: SLF001  (its own class)
        yield from self._chance.choice(ways)

    def _atom(self) -> str:
        sign, self._rest = self._rest[0], self._rest[1:]
        if sign == "(":
            self._rest = re.sub(r"^\?(:|P?<\w+>)", "", self._rest)
            inside = "".join(self.text())
            self._rest = self._rest[1:]
            return inside
        if sign == "[":
            end = self._rest.index("]", 1)
            inside, self._rest = self._rest[:end], self._rest[end + 1 :]
            return self._chance.choice(_class(inside))
        if sign == "\\":
            escaped, self._rest = self._rest[0], self._rest[1:]
            if escaped == "p" and (kind := re.match(r"\{(\w+)\}|(\w)", self._rest)):
                self._rest = self._rest[kind.end() :]
                escaped = {"N": "d", "Nd": "d", "Lu": "A-Z"}.get(kind[1] or kind[2], "a-z")
            return self._chance.choice(_ESCAPED.get(escaped, escaped))
        return self._chance.choice("abcdefgh") if sign == "." else sign

    def _times(self) -> int:
        found = re.match(r"(?:(\?)|(\*)|(\+)|\{(\d+)(,?)(\d*)\})\??", self._rest)
        if not found:
            return 1
        self._rest = self._rest[found.end() :]
        if found[4] is None:
            return self._chance.randint(1 if found[3] else 0, 1 if found[1] else 4)
        least = int(found[4])
        most = int(found[6]) if found[6] else least + (3 if found[5] else 0)
        return self._chance.randint(least, most)


def _class(inside: str) -> str:
    """Return the characters that a class such as ``A-Z0-9_`` names."""
    inside = inside.replace(r"\d", "0-9").replace(r"\w", "a-z0-9_").replace(r"\s", " ")
    inside = re.sub(r"\\(.)", r"\1", inside)
    negated, inside = inside.startswith("^"), inside.removeprefix("^")
    found = []
    at = 0
    while at < len(inside):
        if inside[at + 1 : at + 2] == "-" and at + 2 < len(inside):
            found += [chr(c) for c in range(ord(inside[at]), ord(inside[at + 2]) + 1)]
            at += 3
        else:
            found.append(inside[at])
            at += 1
    return "".join(c for c in "abcdefghijklmnopqrstuvwxyz0123456789" if c not in found) if negated else "".join(found)
