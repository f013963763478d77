"""A schema compiled to one function that says whether a value complies, and nothing of why not.

Most values comply, and jsonschema prepares for each of them what it would say if they did not. Here each keyword
becomes a function of the value, in jsonschema's meaning but for patterns and numbers: patterns are run by `regex`, and
fractions are divided as they are written.

All of it draws on a `Budget`. What a schema can ask for without its references, and for one value, is bounded by its
size; so steps are taken where a reference is followed and where something is done for each part of a value, for all
that may be looked at there at once: most keywords cost nothing more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from fractions import Fraction
from typing import Any

from synth_widgets.schema import patterns
from synth_widgets.schema.budget import Budget, matches
from synth_widgets.schema.references import References
from synth_widgets.schema.subschemas import DATA, walk
from synth_widgets.text.normal import identity

Predicate = Callable[[Any, Budget], bool]
Compilation = Callable[["Compiler", Any, Mapping[str, Any]], Predicate]
"""Makes a predicate of a keyword's value and of the schema that it stands in."""
Conforms = Callable[[object, str], bool]
"""Says whether a value has a format; where a format is not known, yes."""

_EVERY_FORMAT: Conforms = lambda _value, _format: True  # noqa: E731


class Compiler:
    """Compiles a schema, part by part; what references point to when a value gets there first.

    Args:
        references: those of the whole schema.
        conforms: says whether a value has a format.

    >>> schema = {"type": "object", "properties": {"n": {"type": "integer", "multipleOf": 2}}, "required": ["n"]}
    >>> complies = Compiler(References(schema)).compiled(schema)
    >>> complies({"n": 4}, Budget()), complies({"n": 3}, Budget()), complies({}, Budget())
    (True, False, False)
    """

    def __init__(self, references: References, conforms: Conforms = _EVERY_FORMAT) -> None:
        self.references = references
        self.conforms = conforms
        self._targets: dict[str, tuple[Predicate, int]] = {}
        self._parts: dict[int, Predicate] = {}
        self._keywords: dict[tuple[str, int], Predicate] = {}

    def compiled(self, node: Any) -> Predicate:
        """Return the predicate of a schema."""
        if isinstance(node, bool):
            return lambda _value, _budget: node
        predicates = [_COMPILATIONS[key](self, rule, node) for key, rule in node.items() if key in _COMPILATIONS]
        return predicates[0] if len(predicates) == 1 else _all(predicates)

    def target(self, ref: str) -> tuple[Predicate, int]:
        """Return the predicate of what a reference points to, and the steps that it takes at most."""
        if ref not in self._targets:
            target = self.references.target(ref)
            self._targets[ref] = self.compiled(target), weight(target)
        return self._targets[ref]

    def part(self, node: Any) -> Predicate:
        """Return the predicate of a part of the schema, compiled once; the part must be the schema's own."""
        if (known := self._parts.get(id(node))) is None:
            known = self._parts[id(node)] = self.compiled(node)
        return known

    def keyword(self, name: str, node: Any) -> Predicate:
        """Return the predicate of one keyword of a part of the schema, compiled once."""
        if (known := self._keywords.get((name, id(node)))) is None:
            known = self._keywords[name, id(node)] = _COMPILATIONS[name](self, node[name], node)
        return known


_WEIGHTS = {"multipleOf": 40, "format": 20, "pattern": 20, "patternProperties": 20, "uniqueItems": 5, "oneOf": 2}
"""Steps that a keyword takes besides one."""


def weight(schema: Any) -> int:
    """Return the steps that a schema takes at most, without what its references and the parts of a value add.

    >>> weight({"type": "array", "items": {"type": "string"}, "$defs": {"large": {"allOf": [True, True]}}})
    4
    """
    steps, stack = 0, [schema]
    while stack:
        steps += 1
        part = stack.pop()
        if isinstance(part, dict):
            for key, rule in part.items():
                if key in DATA:
                    steps += 1
                elif key not in {"$defs", "definitions"}:
                    steps += _WEIGHTS.get(key, 0)
                    stack.append(rule)
        elif isinstance(part, list):
            stack.extend(part)
    return steps


LONG = 5_000
"""Steps of a check without the parts of a value, above which it may be long."""


def may_be_long(schema: Any, references: References) -> bool:
    """Whether a schema asks for many steps, with all that its references lead to, or contains itself.

    >>> lines, tree = {"items": {"$ref": "#/$defs/line"}, "$defs": {"line": {}}}, {"items": {"$ref": "#"}}
    >>> may_be_long(lines, References(lines)), may_be_long(tree, References(tree))
    (False, True)
    """
    left, stack = LONG, [schema]
    while stack and left >= 0:
        part = stack.pop()
        left -= weight(part)
        for _place, node in walk({key: rule for key, rule in part.items() if key not in {"$defs", "definitions"}}):
            if isinstance(node.get("$ref"), str):
                left -= 1
                target = references.target(node["$ref"])
                stack += [target] if isinstance(target, dict) else []
            if left < 0:
                break
    return left < 0


def _all(predicates: list[Predicate]) -> Predicate:
    def complies(value: Any, budget: Budget) -> bool:
        for each in predicates:  # twice as fast as all()  # noqa: SIM110
            if not each(value, budget):
                return False
        return True

    return complies


def is_number(value: Any) -> bool:
    """Whether a value is one of JSON's numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool)


_TYPES: dict[str, Predicate] = {
    "array": lambda value, _budget: isinstance(value, list),
    "boolean": lambda value, _budget: isinstance(value, bool),
    "integer": lambda value, _budget: (
        isinstance(value, int) and not isinstance(value, bool)
    ) or (isinstance(value, float) and value.is_integer()),
    "null": lambda value, _budget: value is None,
    "number": lambda value, _budget: is_number(value),
    "object": lambda value, _budget: isinstance(value, dict),
    "string": lambda value, _budget: isinstance(value, str),
}  # fmt: skip


def _type(_compiler: Compiler, types: Any, _node: Mapping[str, Any]) -> Predicate:
    if isinstance(types, str):
        return _TYPES[types]
    predicates = [_TYPES[each] for each in types]
    return lambda value, budget: any(each(value, budget) for each in predicates)


def _enum(_compiler: Compiler, values: Any, _node: Mapping[str, Any]) -> Predicate:
    identities = frozenset(map(identity, values))
    has_parts = any(isinstance(value, list | dict) for value in values)

    def complies(value: Any, budget: Budget) -> bool:
        if isinstance(value, list | dict):
            if not has_parts:
                return False
            budget.spend(5 * _size(value, budget.left))
        return identity(value) in identities

    return complies


def _const(compiler: Compiler, const: Any, node: Mapping[str, Any]) -> Predicate:
    return _enum(compiler, [const], node)


def _size(value: Any, most: int) -> int:
    """Return how many values are in a value, or a number above ``most``."""
    size, stack = 0, [value]
    while stack and size <= most:
        part = stack.pop()
        size += 1
        if isinstance(part, list | dict):
            size += len(part)
            stack.extend(
                inner for inner in (part.values() if isinstance(part, dict) else part) if isinstance(inner, list | dict)
            )
    return size


def _unique_items(_compiler: Compiler, wanted: Any, _node: Mapping[str, Any]) -> Predicate:
    def complies(value: Any, budget: Budget) -> bool:
        if not wanted or not isinstance(value, list):
            return True
        budget.spend(5 * _size(value, budget.left))
        return len(set(map(identity, value))) == len(value)

    return complies


def _properties(compiler: Compiler, properties: Any, _node: Mapping[str, Any]) -> Predicate:
    predicates = [(name, compiler.compiled(part)) for name, part in properties.items()]

    def complies(value: Any, budget: Budget) -> bool:
        if not isinstance(value, dict):
            return True
        for name, each in predicates:  # noqa: SIM110 - as in `_all`
            if name in value and not each(value[name], budget):
                return False
        return True

    return complies


def _required(_compiler: Compiler, names: Any, _node: Mapping[str, Any]) -> Predicate:
    wanted = dict.fromkeys(names).keys()
    return lambda value, _budget: not isinstance(value, dict) or wanted <= value.keys()


def _dependent_required(_compiler: Compiler, rules: Any, _node: Mapping[str, Any]) -> Predicate:
    def complies(value: Any, _budget: Budget) -> bool:
        if not isinstance(value, dict):
            return True
        return all(other in value for name, others in rules.items() if name in value for other in others)

    return complies


def _dependent_schemas(compiler: Compiler, rules: Any, _node: Mapping[str, Any]) -> Predicate:
    predicates = [(name, compiler.compiled(part)) for name, part in rules.items()]

    def complies(value: Any, budget: Budget) -> bool:
        if not isinstance(value, dict):
            return True
        return all(each(value, budget) for name, each in predicates if name in value)

    return complies


def _pattern(_compiler: Compiler, pattern: Any, _node: Mapping[str, Any]) -> Predicate:
    compiled = patterns.compiled(pattern)
    return lambda value, budget: not isinstance(value, str) or matches(compiled, value, budget)


def _pattern_properties(compiler: Compiler, rules: Any, _node: Mapping[str, Any]) -> Predicate:
    predicates = [(patterns.compiled(pattern), compiler.compiled(part)) for pattern, part in rules.items()]
    steps = weight(rules) + 20 * len(rules)

    def complies(value: Any, budget: Budget) -> bool:
        if not isinstance(value, dict):
            return True
        budget.spend(steps * len(value))
        return all(
            each(inner, budget)
            for pattern, each in predicates
            for name, inner in value.items()
            if matches(pattern, name, budget)
        )

    return complies


def _additional_properties(compiler: Compiler, others: Any, node: Mapping[str, Any]) -> Predicate:
    declared = node.get("properties", {}).keys()
    if "patternProperties" not in node:
        if others is False:
            return lambda value, _budget: not isinstance(value, dict) or value.keys() <= declared
        if others is True:
            return lambda _value, _budget: True
    each, steps, named = compiler.compiled(others), weight(others), _Named(node)

    def complies(value: Any, budget: Budget) -> bool:
        if not isinstance(value, dict):
            return True
        budget.spend((steps + named.steps) * len(value))
        return all(each(inner, budget) for name, inner in value.items() if not named.speaks_of(name, budget))

    return complies


def _property_names(compiler: Compiler, names: Any, _node: Mapping[str, Any]) -> Predicate:
    each, steps = compiler.compiled(names), weight(names)

    def complies(value: Any, budget: Budget) -> bool:
        if not isinstance(value, dict):
            return True
        budget.spend(steps * len(value))
        return all(each(name, budget) for name in value)

    return complies


def _items(compiler: Compiler, items: Any, node: Mapping[str, Any]) -> Predicate:
    first, each, steps = len(node.get("prefixItems", ())), compiler.compiled(items), weight(items)

    def complies(value: Any, budget: Budget) -> bool:
        if not isinstance(value, list):
            return True
        budget.left -= steps * len(value)
        if budget.left < 0:
            budget.spend(0)
        for item in value[first:] if first else value:  # noqa: SIM110 - as in `_all`
            if not each(item, budget):
                return False
        return True

    return complies


def _prefix_items(compiler: Compiler, parts: Any, _node: Mapping[str, Any]) -> Predicate:
    predicates = [compiler.compiled(part) for part in parts]

    def complies(value: Any, budget: Budget) -> bool:
        if not isinstance(value, list):
            return True
        return all(each(item, budget) for each, item in zip(predicates, value, strict=False))

    return complies


def _contains(compiler: Compiler, part: Any, node: Mapping[str, Any]) -> Predicate:
    each, steps = compiler.compiled(part), weight(part)
    least, most = node.get("minContains", 1), node.get("maxContains", math.inf)

    def complies(value: Any, budget: Budget) -> bool:
        if not isinstance(value, list):
            return True
        budget.spend(steps * len(value))
        return bool(least <= sum(each(item, budget) for item in value) <= most)

    return complies


def _any_of(compiler: Compiler, options: Any, _node: Mapping[str, Any]) -> Predicate:
    predicates = [compiler.compiled(option) for option in options]
    return lambda value, budget: any(each(value, budget) for each in predicates)


def _one_of(compiler: Compiler, options: Any, _node: Mapping[str, Any]) -> Predicate:
    predicates = [compiler.compiled(option) for option in options]
    return lambda value, budget: sum(each(value, budget) for each in predicates) == 1


def _all_of(compiler: Compiler, parts: Any, _node: Mapping[str, Any]) -> Predicate:
    return _all([compiler.compiled(part) for part in parts])


def _not(compiler: Compiler, part: Any, _node: Mapping[str, Any]) -> Predicate:
    each = compiler.compiled(part)
    return lambda value, budget: not each(value, budget)


def _if(compiler: Compiler, condition: Any, node: Mapping[str, Any]) -> Predicate:
    is_so, then, other = (
        compiler.compiled(part) for part in (condition, node.get("then", True), node.get("else", True))
    )
    return lambda value, budget: then(value, budget) if is_so(value, budget) else other(value, budget)


def _reference(compiler: Compiler, ref: Any, _node: Mapping[str, Any]) -> Predicate:
    target: Predicate | None = None
    steps = 0

    def complies(value: Any, budget: Budget) -> bool:
        nonlocal target, steps
        if target is None:  # not before: a schema may refer to itself
            target, steps = compiler.target(ref)
        budget.left -= steps
        if budget.left < budget.remembers_from:
            return budget.remembered(target, value)
        return target(value, budget)

    return complies


def _format(compiler: Compiler, name: Any, _node: Mapping[str, Any]) -> Predicate:
    conforms = compiler.conforms

    def complies(value: Any, budget: Budget) -> bool:
        if isinstance(value, str) and len(value) > 1000:
            budget.spend(len(value) // 10)
        return conforms(value, name)

    return complies


def _multiple_of(_compiler: Compiler, step: Any, _node: Mapping[str, Any]) -> Predicate:
    divisor = as_written(step)

    def complies(value: Any, budget: Budget) -> bool:
        if not is_number(value):
            return True
        if isinstance(value, float):
            return math.isfinite(value) and (as_written(value) / divisor).denominator == 1
        if value.bit_length() > 64:
            budget.spend(value.bit_length())
        return bool((value * divisor.denominator) % divisor.numerator == 0)

    return complies


def as_written(number: float) -> Fraction:
    """Return a number as it is written: 19.99 is 1999 times 0.01, which as binary fractions it is not."""
    return Fraction(repr(number)) if isinstance(number, float) else Fraction(number)


def _unevaluated_properties(compiler: Compiler, others: Any, node: Mapping[str, Any]) -> Predicate:
    each, steps = compiler.compiled(others), weight(others)
    inner = {key: rule for key, rule in node.items() if key != "unevaluatedProperties"}

    def complies(value: Any, budget: Budget) -> bool:
        if not isinstance(value, dict) or others is True:
            return True
        names = evaluated_names(compiler, value, inner, budget)
        budget.spend(steps * len(value))
        return all(each(part, budget) for name, part in value.items() if name not in names)

    return complies


def _unevaluated_items(compiler: Compiler, others: Any, node: Mapping[str, Any]) -> Predicate:
    each, steps = compiler.compiled(others), weight(others)
    inner = {key: rule for key, rule in node.items() if key != "unevaluatedItems"}

    def complies(value: Any, budget: Budget) -> bool:
        if not isinstance(value, list) or others is True:
            return True
        places = evaluated_places(compiler, value, inner, budget)
        budget.spend(steps * len(value))
        return all(each(item, budget) for place, item in enumerate(value) if place not in places)

    return complies


class _Named:
    """The names that ``properties`` and ``patternProperties`` of a schema speak of."""

    def __init__(self, node: Mapping[str, Any]) -> None:
        self._declared = node.get("properties", {})
        self._patterns = [patterns.compiled(pattern) for pattern in node.get("patternProperties", {})]
        self.steps = 1 + 20 * len(self._patterns)

    def speaks_of(self, name: str, budget: Budget) -> bool:
        return name in self._declared or any(matches(pattern, name, budget) for pattern in self._patterns)


def named(value: Mapping[str, Any], node: Mapping[str, Any], budget: Budget) -> set[str]:
    """Return the names in an object that ``properties`` and ``patternProperties`` of a schema speak of."""
    names = _Named(node)
    budget.spend(names.steps * len(value))
    return {name for name in value if names.speaks_of(name, budget)}


def evaluated_names(compiler: Compiler, value: Mapping[str, Any], node: Any, budget: Budget) -> Collection[str]:
    """Return the names in an object that a schema with which it complies speaks of, in all of its parts."""
    names: set[str] = set()
    for part in _parts_that_hold(compiler, value, node, budget):
        if "additionalProperties" in part or "unevaluatedProperties" in part:
            return value.keys()
        names |= named(value, part, budget)
    return names


def evaluated_places(compiler: Compiler, value: list[Any], node: Any, budget: Budget) -> Collection[int]:
    """Return the places in a list that a schema with which it complies speaks of, in all of its parts."""
    places: set[int] = set()
    for part in _parts_that_hold(compiler, value, node, budget):
        if "items" in part or "unevaluatedItems" in part:
            return range(len(value))
        places.update(range(len(part.get("prefixItems", ()))))
        if "contains" in part:
            budget.spend(weight(part["contains"]) * len(value))
            holds = compiler.part(part["contains"])
            places.update(place for place, item in enumerate(value) if holds(item, budget))
    return places


def _parts_that_hold(compiler: Compiler, value: Any, node: Any, budget: Budget) -> Iterator[Mapping[str, Any]]:
    """Yield a schema, and the schemas inside it that speak of the same value and that it complies with, each once."""

    def holds(part: Any) -> bool:
        budget.spend(weight(part))
        return compiler.part(part)(value, budget)

    seen: set[int] = set()
    stack = [node]
    while stack:
        part = stack.pop()
        budget.spend(1)
        if not isinstance(part, dict) or id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        if "$ref" in part:
            stack.append(compiler.references.target(part["$ref"]))
        stack += part.get("allOf", ())
        stack += [option for key in ("anyOf", "oneOf") for option in part.get(key, ()) if holds(option)]
        if isinstance(value, dict):
            stack += [rule for name, rule in part.get("dependentSchemas", {}).items() if name in value]
        if "if" in part:
            keys = ("if", "then") if holds(part["if"]) else ("else",)
            stack += [part[key] for key in keys if key in part]


def _bound(kind: Callable[[Any], bool], breaks: Callable[[Any, Any], bool]) -> Compilation:
    """Return the compilation of a keyword that bounds values of one kind."""
    return lambda _compiler, limit, _node: lambda value, _budget: not (kind(value) and breaks(value, limit))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_array(value: Any) -> bool:
    return isinstance(value, list)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


_COMPILATIONS: dict[str, Compilation] = {
    "$ref": _reference,
    "additionalProperties": _additional_properties,
    "allOf": _all_of,
    "anyOf": _any_of,
    "const": _const,
    "contains": _contains,
    "dependentRequired": _dependent_required,
    "dependentSchemas": _dependent_schemas,
    "enum": _enum,
    "exclusiveMaximum": _bound(is_number, lambda value, limit: value >= limit),
    "exclusiveMinimum": _bound(is_number, lambda value, limit: value <= limit),
    "format": _format,
    "if": _if,
    "items": _items,
    "maxItems": _bound(_is_array, lambda value, limit: len(value) > limit),
    "maxLength": _bound(_is_text, lambda value, limit: len(value) > limit),
    "maxProperties": _bound(_is_object, lambda value, limit: len(value) > limit),
    "maximum": _bound(is_number, lambda value, limit: value > limit),
    "minItems": _bound(_is_array, lambda value, limit: len(value) < limit),
    "minLength": _bound(_is_text, lambda value, limit: len(value) < limit),
    "minProperties": _bound(_is_object, lambda value, limit: len(value) < limit),
    "minimum": _bound(is_number, lambda value, limit: value < limit),
    "multipleOf": _multiple_of,
    "not": _not,
    "oneOf": _one_of,
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "prefixItems": _prefix_items,
    "properties": _properties,
    "propertyNames": _property_names,
    "required": _required,
    "type": _type,
    "unevaluatedItems": _unevaluated_items,
    "unevaluatedProperties": _unevaluated_properties,
    "uniqueItems": _unique_items,
}
"""The keywords that say something of a value."""
