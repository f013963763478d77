"""What jsonschema does for us: checks a schema, compiles it, and says in words what is wrong with a value.

No ``$ref`` is fetched (the registry is empty), and the patterns run under a time limit.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

import jsonschema
import referencing
import regex
from jsonschema.exceptions import ValidationError, best_match

from synth_widgets import formats
from synth_widgets.records import Json
from synth_widgets.text.normal import compact, identity

PATTERN_SECONDS = 0.1
"""How long all patterns together may take on one value."""


def fault(schema: dict[str, Any]) -> tuple[list[str], str] | None:
    """Return where and why a schema is not valid JSON Schema, or ``None``."""
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        return [str(part) for part in error.absolute_path], error.message
    return None


class Compiled:
    """A schema that is ready to check values."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._validator = _Validator(schema, registry=referencing.Registry(), format_checker=_FORMATS)

    def problem(self, value: Json) -> str | None:
        """Say what is wrong with a value in one line, or return ``None``."""
        _patience.left = PATTERN_SECONDS
        try:
            error = best_match(self._validator.iter_errors(value))
        except (TimeoutError, RecursionError) as error:
            return _out_of_bounds(error)
        return None if error is None else say(error)

    def accepts(self, value: Json, part: Any) -> bool:
        """Whether a value complies with a part of the schema, whose references are the schema's."""
        _patience.left = PATTERN_SECONDS
        try:
            return bool(self._validator.evolve(schema=part).is_valid(value))
        except (TimeoutError, RecursionError):
            return False

    def problems(self, value: Json) -> dict[str, str]:
        """Say what is wrong with each field: the first complaint by place, such as ``"lines.0.amount"``."""
        found: dict[str, str] = {}
        _patience.left = PATTERN_SECONDS
        try:
            for error in self._validator.iter_errors(value):
                best = best_match([error]) or error
                if best.validator == "required":
                    missing = [name for name in best.validator_value if name not in best.instance]
                    for name in missing:
                        found.setdefault(_place([*best.absolute_path, name]), "is missing")
                else:
                    found.setdefault(_place(best.absolute_path), _words(best))
        except (TimeoutError, RecursionError) as error:
            found[""] = _out_of_bounds(error)
        return found


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
    given: Any = error.instance
    rule: Any = error.validator_value
    match error.validator:
        case "enum":
            text = f"{value} is not one of {', '.join(v if isinstance(v, str) else compact(v) for v in rule)}"
        case "required":
            missing = [name for name in rule if name not in given]
            text = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
        case "type":
            text = f"{value} is not of type {rule if isinstance(rule, str) else ' or '.join(rule)}"
        case "additionalProperties":
            extra = [k for k in given if k not in _declared(error)]
            text = f"{', '.join(extra[:5])} {'is' if len(extra) == 1 else 'are'} not declared"
        case "maxLength":
            text = f"{len(given)} characters, at most {rule} are allowed"
        case "minLength":
            text = f"{len(given)} characters, at least {rule} are needed"
        case "pattern":
            text = f"{value} does not match the pattern {rule}"
        case _:
            text = error.message if len(error.message) < 200 else f"{value} breaks the rule {error.validator!r}"
    return text


def _declared(error: ValidationError) -> Any:
    return error.schema.get("properties") or {} if isinstance(error.schema, dict) else {}


class _Patience(threading.local):
    """Seconds that patterns may still take on the value that this thread checks."""

    left = PATTERN_SECONDS


_patience = _Patience()


def _matches(pattern: str, text: str) -> bool:
    if _patience.left <= 0:
        raise TimeoutError
    started = time.perf_counter()
    try:
        return regex.search(pattern, text, timeout=_patience.left) is not None
    finally:
        _patience.left -= time.perf_counter() - started


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


def _unique_items(_validator: Any, wanted: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if wanted and isinstance(instance, list) and len(set(map(identity, instance))) < len(instance):
        yield ValidationError("an item is there twice")


_Validator: Any = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator,
    {"pattern": _pattern, "patternProperties": _pattern_properties, "uniqueItems": _unique_items},
)
_FORMATS = formats.checker()
