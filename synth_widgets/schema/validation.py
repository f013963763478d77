"""What jsonschema does for us: checks a schema, compiles it, and says in words what is wrong with a value.

The words are looked for where a value does not comply; whether it does is asked of `synth_widgets.schema.predicate`.

No ``$ref`` is fetched (the registry is empty), and every pattern runs in `regex`, under a time limit: keywords that
jsonschema would run with `re` are ours.
"""

from __future__ import annotations

import functools
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import jsonschema
import referencing
import regex
from jsonschema.exceptions import ValidationError, best_match

from synth_widgets.records import Json
from synth_widgets.schema import formats
from synth_widgets.schema.patterns import readable
from synth_widgets.schema.predicate import predicate
from synth_widgets.schema.references import References
from synth_widgets.schema.subschemas import without
from synth_widgets.text.normal import compact, identity

PATTERN_SECONDS = 0.1
"""How long all patterns together may take on one value."""


def fault(schema: dict[str, Any]) -> tuple[list[str], str] | None:
    """Return where and why a schema is not valid JSON Schema, or ``None``. Its patterns are not read here."""
    try:
        jsonschema.Draft202012Validator.check_schema(schema, format_checker=jsonschema.FormatChecker([]))
    except jsonschema.SchemaError as error:
        return [str(part) for part in error.absolute_path], error.message
    return None


class Compiled:
    """A schema that is ready to check values.

    Args:
        schema: the schema, checked before.
        of_class: whether its formats are those of a pydantic class, which takes more than they say.

    Attributes:
        schema: the schema as it is checked.
        references: what its references point to.
    """

    def __init__(self, schema: Mapping[str, Any], *, of_class: bool = False) -> None:
        # Where jsonschema meets a "$schema" it goes on with a validator of its own, without our keywords.
        self.schema: dict[str, Any] = without(schema, "$schema")
        self.references = References(self.schema)
        checker = formats.checker(of_class=of_class)
        self._validator = _Validator(self.schema, registry=referencing.Registry(), format_checker=checker)

    def problem(self, value: Json) -> str | None:
        """Say what is wrong with a value in one line, or return ``None``."""
        try:
            if self._complies(value):
                return None
            self._begin()
            error = best_match(self._validator.iter_errors(value))
        except (TimeoutError, RecursionError) as error:
            return _out_of_bounds(error)
        return None if error is None else say(error)

    def accepts(self, value: Json, part: Any) -> bool:
        """Whether a value complies with a part of `schema`, whose references are the schema's."""
        self._begin()
        try:
            return bool(self._validator.evolve(schema=part).is_valid(value))
        except (TimeoutError, RecursionError):
            return False

    def problems(self, value: Json) -> dict[str, str]:
        """Say what is wrong with each field: the first complaint by place, such as ``"lines.0.amount"``."""
        problems: dict[str, str] = {}
        try:
            if self._complies(value):
                return {}
            self._begin()
            for error in self._validator.iter_errors(value):
                best = best_match([error]) or error
                if best.validator == "required":
                    missing = [name for name in best.validator_value if name not in best.instance]
                    for name in missing:
                        problems.setdefault(_place([*best.absolute_path, name]), "is missing")
                else:
                    problems.setdefault(_place(best.absolute_path), _words(best))
        except (TimeoutError, RecursionError) as error:
            problems[""] = _out_of_bounds(error)
        return problems

    def _complies(self, value: Json) -> bool:
        self._begin()
        try:
            return self._predicate(value)
        except RecursionError:
            return False  # the whole check needs fewer frames for some schemas, and says so where it has too few

    @functools.cached_property
    def _predicate(self) -> Callable[[Json], bool]:
        return predicate(self._validator, self.references)

    def _begin(self) -> None:
        _check.left, _check.references = PATTERN_SECONDS, self.references


def _out_of_bounds(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"the patterns of the schema took longer than {PATTERN_SECONDS} s on this value"
    return "the value is nested too deeply"


def _place(path: Iterable[Any]) -> str:
    return ".".join(str(part) for part in path)


def say(error: ValidationError) -> str:
    """Put a validation error into one line that names the place and the value."""
    place = _place(error.absolute_path)
    return f"{place}: {_words(error)}" if place else _words(error)


def _words(error: ValidationError) -> str:
    value = compact(error.instance)
    instance: Any = error.instance
    rule: Any = error.validator_value
    match error.validator:
        case "enum":
            text = f"{value} is not one of {', '.join(v if isinstance(v, str) else compact(v) for v in rule)}"
        case "required":
            missing = [name for name in rule if name not in instance]
            text = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
        case "type":
            text = f"{value} is not of type {rule if isinstance(rule, str) else ' or '.join(rule)}"
        case "additionalProperties" | "unevaluatedProperties" | "uniqueItems":
            text = error.message
        case "format":
            text = (
                f"{value} is no {rule}: {advice}"
                if (advice := formats.advice(rule, instance))
                else f"{value} is no {rule}"
            )
        case "maxLength":
            text = f"{len(instance)} characters, at most {rule} are allowed"
        case "minLength":
            text = f"{len(instance)} characters, at least {rule} are needed"
        case "pattern":
            text = f"{value} does not match the pattern {rule}"
        case _:
            text = error.message if len(error.message) < 200 else f"{value} breaks the rule {error.validator!r}"
    return text


class _Check(threading.local):
    """What this thread checks.

    Attributes:
        left: seconds that patterns may still take on the value.
        references: those of the whole schema.
    """

    left = PATTERN_SECONDS
    references = References(True)


_check = _Check()


def _matches(pattern: str, text: str) -> bool:
    if _check.left <= 0:
        raise TimeoutError
    started = time.perf_counter()
    try:
        return regex.search(readable(pattern), text, timeout=_check.left) is not None
    finally:
        _check.left -= time.perf_counter() - started


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not _matches(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    for pattern, sub in patterns.items():
        for name, value in instance.items():
            if _matches(pattern, name):
                yield from validator.descend(value, sub, path=name, schema_path=pattern)


def _additional_properties(validator: Any, others: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict) or others is True:
        return
    extra = [name for name in instance if name not in _named(instance, schema)]
    if others is False and extra:
        yield ValidationError(_not_declared(extra))
    elif isinstance(others, dict):
        for name in extra:
            yield from validator.descend(instance[name], others, path=name)


def _unevaluated_properties(validator: Any, others: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict) or others is True:
        return
    inner = {key: value for key, value in schema.items() if key != "unevaluatedProperties"}
    evaluated = _evaluated(validator, instance, inner)
    extra = [name for name in instance if name not in evaluated]
    if others is False and extra:
        yield ValidationError(_not_declared(extra))
    elif isinstance(others, dict):
        for name in extra:
            yield from validator.descend(instance[name], others, path=name)


def _not_declared(names: list[str]) -> str:
    listed = ", ".join(compact(name) if len(name) > 60 else name for name in names[:5])
    return f"{listed} {'is' if len(names) == 1 else 'are'} not declared"


def _named(instance: dict[str, Any], schema: Mapping[str, Any]) -> set[str]:
    """Return the names in an object that ``properties`` and ``patternProperties`` speak of."""
    properties, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    return {name for name in instance if name in properties or any(_matches(pattern, name) for pattern in patterns)}


def _evaluated(validator: Any, instance: dict[str, Any], schema: Any) -> set[str]:
    """Return the names in an object that a schema with which it complies speaks of, in all of its parts."""
    if not isinstance(schema, dict):
        return set()
    if "additionalProperties" in schema or "unevaluatedProperties" in schema:
        return set(instance)
    names = _named(instance, schema)
    for part in _parts_that_hold(validator, instance, schema):
        names |= _evaluated(validator, instance, part)
    return names


def _parts_that_hold(validator: Any, instance: dict[str, Any], schema: dict[str, Any]) -> Iterator[Any]:
    """Yield the schemas inside another one that speak of the same value, and that it complies with."""

    def holds(part: Any) -> bool:
        return bool(validator.evolve(schema=part).is_valid(instance))

    if "$ref" in schema:
        yield _check.references.target(schema["$ref"])
    yield from schema.get("allOf", ())
    yield from (part for key in ("anyOf", "oneOf") for part in schema.get(key, ()) if holds(part))
    yield from (part for name, part in schema.get("dependentSchemas", {}).items() if name in instance)
    if "if" in schema:
        is_so = holds(schema["if"])
        yield from (schema[key] for key in (("if", "then") if is_so else ("else",)) if key in schema)


def _multiple_of(_validator: Any, step: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    """Divide as the numbers are written: 19.99 is 1999 times 0.01, which as binary fractions it is not."""
    if isinstance(instance, bool) or not isinstance(instance, int | float):
        return
    is_number = not isinstance(instance, float) or math.isfinite(instance)
    if not is_number or (_as_written(instance) / _as_written(step)).denominator != 1:
        yield ValidationError(f"{instance!r} is not a multiple of {step!r}")


def _as_written(number: float) -> Fraction:
    return Fraction(repr(number)) if isinstance(number, float) else Fraction(number)


def _unique_items(_validator: Any, wanted: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if wanted and isinstance(instance, list) and len(set(map(identity, instance))) < len(instance):
        yield ValidationError("an item is there twice")


_Validator: Any = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator,
    {
        "additionalProperties": _additional_properties,
        "multipleOf": _multiple_of,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "unevaluatedProperties": _unevaluated_properties,
        "uniqueItems": _unique_items,
    },
)
