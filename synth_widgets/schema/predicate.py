"""A schema compiled to one function that says whether a value complies, and nothing of why not.

Most values comply, and jsonschema prepares for each of them what it would say if they did not. Here each keyword
becomes a function of the value. The frequent ones are written out, in jsonschema's meaning; all others are the
validator's own, so that both always come to the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from synth_widgets.records import Json
from synth_widgets.schema.references import References
from synth_widgets.text.normal import identity

Predicate = Callable[[Any], bool]
Compilation = Callable[["_Compiler", Any, Mapping[str, Any]], Predicate]
"""Makes a predicate of a keyword's value and of the schema that it stands in."""


def predicate(validator: Any, references: References) -> Callable[[Json], bool]:
    """Return a function that says whether a JSON value complies with a schema.

    Args:
        validator: jsonschema's for the schema. What its keywords raise, the function raises too.
        references: those of the schema.

    >>> import jsonschema
    >>> schema = {"type": "object", "properties": {"n": {"type": "integer", "multipleOf": 2}}, "required": ["n"]}
    >>> complies = predicate(jsonschema.Draft202012Validator(schema), References(schema))
    >>> complies({"n": 4}), complies({"n": 3}), complies({})
    (True, False, False)
    """
    return _Compiler(validator, references).compiled(validator.schema)


class _Compiler:
    """Compiles a schema, part by part; what references point to when a value gets there first."""

    def __init__(self, validator: Any, references: References) -> None:
        self._validator = validator
        self._references = references
        self._targets: dict[str, Predicate] = {}

    def compiled(self, node: Any) -> Predicate:
        """Return the predicate of a schema."""
        if isinstance(node, bool):
            return lambda _value: node
        predicates = [
            _COMPILATIONS[keyword](self, rule, node) if keyword in _COMPILATIONS else self.validators(keyword, node)
            for keyword, rule in node.items()
            if keyword in self._validator.VALIDATORS
        ]
        return predicates[0] if len(predicates) == 1 else _all(predicates)

    def target(self, ref: str) -> Predicate:
        """Return the predicate of what a reference points to."""
        if ref not in self._targets:
            self._targets[ref] = self.compiled(self._references.target(ref))
        return self._targets[ref]

    def validators(self, keyword: str, node: Mapping[str, Any]) -> Predicate:
        """Return the predicate that the validator itself has for a keyword of a schema."""
        check, rule, validator = self._validator.VALIDATORS[keyword], node[keyword], self._validator.evolve(schema=node)
        return lambda value: not any(True for _error in check(validator, rule, value, node) or ())


def _all(predicates: list[Predicate]) -> Predicate:
    def complies(value: Any) -> bool:
        for each in predicates:  # twice as fast as all()  # noqa: SIM110
            if not each(value):
                return False
        return True

    return complies


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TYPES: dict[str, Predicate] = {
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
    "null": lambda value: value is None,
    "number": _is_number,
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}


def _type(_compiler: _Compiler, types: Any, _node: Mapping[str, Any]) -> Predicate:
    if isinstance(types, str):
        return _TYPES[types]
    predicates = [_TYPES[each] for each in types]
    return lambda value: any(each(value) for each in predicates)


def _enum(_compiler: _Compiler, values: Any, _node: Mapping[str, Any]) -> Predicate:
    identities = frozenset(map(identity, values))
    return lambda value: identity(value) in identities


def _const(_compiler: _Compiler, const: Any, _node: Mapping[str, Any]) -> Predicate:
    wanted = identity(const)
    return lambda value: identity(value) == wanted


def _properties(compiler: _Compiler, properties: Any, _node: Mapping[str, Any]) -> Predicate:
    predicates = [(name, compiler.compiled(part)) for name, part in properties.items()]

    def complies(value: Any) -> bool:
        if not isinstance(value, dict):
            return True
        for name, each in predicates:  # noqa: SIM110 - as in `_all`
            if name in value and not each(value[name]):
                return False
        return True

    return complies


def _required(_compiler: _Compiler, names: Any, _node: Mapping[str, Any]) -> Predicate:
    wanted = dict.fromkeys(names).keys()
    return lambda value: not isinstance(value, dict) or wanted <= value.keys()


def _additional_properties(compiler: _Compiler, others: Any, node: Mapping[str, Any]) -> Predicate:
    if "patternProperties" in node:
        return compiler.validators("additionalProperties", node)
    declared = node.get("properties", {}).keys()
    if others is False:
        return lambda value: not isinstance(value, dict) or value.keys() <= declared
    each = compiler.compiled(others)
    return lambda value: not isinstance(value, dict) or all(each(value[name]) for name in value if name not in declared)


def _items(compiler: _Compiler, items: Any, node: Mapping[str, Any]) -> Predicate:
    first, each = len(node.get("prefixItems", ())), compiler.compiled(items)
    return lambda value: not isinstance(value, list) or all(map(each, value[first:] if first else value))


def _any_of(compiler: _Compiler, options: Any, _node: Mapping[str, Any]) -> Predicate:
    predicates = [compiler.compiled(option) for option in options]
    return lambda value: any(each(value) for each in predicates)


def _one_of(compiler: _Compiler, options: Any, _node: Mapping[str, Any]) -> Predicate:
    predicates = [compiler.compiled(option) for option in options]
    return lambda value: sum(each(value) for each in predicates) == 1


def _all_of(compiler: _Compiler, parts: Any, _node: Mapping[str, Any]) -> Predicate:
    return _all([compiler.compiled(part) for part in parts])


def _reference(compiler: _Compiler, ref: Any, _node: Mapping[str, Any]) -> Predicate:
    def complies(value: Any) -> bool:
        return compiler.target(ref)(value)  # not before: a schema may refer to itself

    return complies


def _bound(kind: Predicate, breaks: Callable[[Any, Any], bool]) -> Compilation:
    """Return the compilation of a keyword that bounds values of one kind."""
    return lambda _compiler, limit, _node: lambda value: not (kind(value) and breaks(value, limit))


_COMPILATIONS: dict[str, Compilation] = {
    "$ref": _reference,
    "additionalProperties": _additional_properties,
    "allOf": _all_of,
    "anyOf": _any_of,
    "const": _const,
    "enum": _enum,
    "exclusiveMaximum": _bound(_is_number, lambda value, limit: value >= limit),
    "exclusiveMinimum": _bound(_is_number, lambda value, limit: value <= limit),
    "items": _items,
    "maxItems": _bound(_TYPES["array"], lambda value, limit: len(value) > limit),
    "maxLength": _bound(_TYPES["string"], lambda value, limit: len(value) > limit),
    "maximum": _bound(_is_number, lambda value, limit: value > limit),
    "minItems": _bound(_TYPES["array"], lambda value, limit: len(value) < limit),
    "minLength": _bound(_TYPES["string"], lambda value, limit: len(value) < limit),
    "minimum": _bound(_is_number, lambda value, limit: value < limit),
    "oneOf": _one_of,
    "properties": _properties,
    "required": _required,
    "type": _type,
}
"""Keywords that are not asked of the validator."""
