"""What jsonschema does for us: checks a schema, compiles it, and says in words what is wrong with a value.

The words are looked for where a value does not comply; whether it does is asked of `synth_widgets.schema.predicate`.

No ``$ref`` is fetched (the registry is empty), and every pattern runs in `regex`, under a time limit: keywords that
jsonschema would run with `re` are ours.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast
from urllib.parse import urljoin

import jsonschema
import jsonschema_specifications  # type: ignore[import-untyped]
import referencing
from jsonschema.exceptions import ValidationError, best_match

from synth_widgets.records import Json
from synth_widgets.schema import formats
from synth_widgets.schema.budget import Budget, TooLongError, UnsaidError, current, matches, out_of_bounds
from synth_widgets.schema.patterns import compiled
from synth_widgets.schema.predicate import (
    Compiler,
    Predicate,
    evaluated_names,
    evaluated_places,
    may_be_long,
    named,
    weight,
)
from synth_widgets.schema.references import References
from synth_widgets.schema.subschemas import without
from synth_widgets.text.normal import compact

Keyword = Callable[[Any, Any, Any, Any], Iterable[ValidationError] | None]
"""What jsonschema runs for a keyword: it is given a validator, the keyword's value, the instance and the schema."""

MOST_ERRORS = 1_000
"""Errors of one value that are looked at for the words to say."""
MOST_CHARACTERS = 4_000
"""Of the words themselves: they stand in a row, and in the request for a correction."""


def fault(schema: Any) -> tuple[list[str], str] | None:
    """Return where and why a schema is not valid JSON Schema, or ``None``. Its patterns are not read here."""
    budget = Budget()
    budget.left *= 10  # what there is to look at is bounded by the size of a schema
    try:
        error = _metaschema().error(schema, budget, first=True)
    except Exception as failure:  # noqa: BLE001 - a schema that cannot be checked is none
        return [], out_of_bounds(failure, budget)
    return None if error is None else ([str(part) for part in error.absolute_path], _words(error))


@functools.cache
def _metaschema() -> Compiled:
    """Return the schema of schemas in one piece: jsonschema's own goes from part to part by dynamic references."""
    whole = jsonschema.Draft202012Validator.META_SCHEMA
    places = [urljoin(whole["$id"], part["$ref"]) for part in whole["allOf"]]
    properties, defs = dict[str, Any](), dict[str, Any]()
    for part in (whole, *map(jsonschema_specifications.REGISTRY.contents, places)):
        properties |= part.get("properties", {})
        defs |= part.get("$defs", {})
    joined = {"type": ["object", "boolean"], "properties": properties, "$defs": defs}
    return Compiled(_with_plain_references(joined), has_formats=False)


def _with_plain_references(node: Any) -> Any:
    if isinstance(node, list):
        return [_with_plain_references(part) for part in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$dynamicRef"), str):
        return {"$ref": "#"}
    return {
        key: f"#{part.partition('#')[2]}" if key == "$ref" and isinstance(part, str) else _with_plain_references(part)
        for key, part in node.items()
    }


class Compiled:
    """A schema that is ready to check values.

    Args:
        schema: the schema, checked before.
        of_class: whether its formats are those of a pydantic class, which takes more than they say.
        has_formats: whether formats are checked.

    Attributes:
        schema: the schema as it is checked.
        references: what its references point to.
    """

    def __init__(self, schema: Mapping[str, Any], *, of_class: bool = False, has_formats: bool = True) -> None:
        # Where jsonschema meets a "$schema" it goes on with a validator of its own, without our keywords.
        self.schema: dict[str, Any] = without(schema, "$schema")
        self.references = References(self.schema)
        checker = formats.checker(of_class=of_class) if has_formats else jsonschema.FormatChecker([])
        self._compiler = Compiler(self.references, checker.conforms)
        self._predicate = self._compiler.compiled(self.schema)
        self._steps = weight(self.schema)
        self._validator = _Validator(self.schema, registry=referencing.Registry(), format_checker=checker)

    @functools.cached_property
    def may_be_long(self) -> bool:
        """Whether a check may take long: then it is not made where others wait."""
        return may_be_long(self.schema, self.references)

    def problem(self, value: Json) -> str | None:
        """Say what is wrong with a value in one line, or return ``None``; also where that cannot be found out.

        Raises:
            NotAtOnceError: it takes longer than what is done at once.
        """
        budget = current()
        try:
            error = self.error(value, budget)
            return None if error is None else say(error)
        except Exception as error:  # noqa: BLE001 - whatever a check raises is a reason, and no other row's affair
            return out_of_bounds(error, budget)

    def error(self, value: Json, budget: Budget, *, first: bool = False) -> ValidationError | None:
        """Return what is wrong with a value, or ``None``. Raises what `out_of_bounds` puts into words.

        Args:
            value: the value.
            budget: what the check draws on.
            first: whether the first fault will do, where there are several.
        """
        budget.left -= self._steps
        if self._holds(self._predicate, value, budget):
            return None
        errors = self._errors(value, budget)
        best: ValidationError | None = best_match(islice(errors, 1) if first else errors)
        return best

    def problems(self, value: Json) -> dict[str, str]:
        """Say what is wrong with each field: the first complaint by place, such as ``"lines.0.amount"``.

        Raises:
            NotAtOnceError: it takes longer than what is done at once.
        """
        problems: dict[str, str] = {}
        budget = current()
        try:
            budget.left -= self._steps
            if self._holds(self._predicate, value, budget):
                return {}
            for error in self._errors(value, budget):
                best = best_match([error]) or error
                if best.validator == "required":
                    instance, names = cast("tuple[Any, Any]", (best.instance, best.validator_value))
                    missing = [name for name in names if name not in instance]
                    for name in missing[:MOST_ERRORS]:
                        problems.setdefault(_place([*best.absolute_path, name]), "is missing")
                elif (place := _place(best.absolute_path)) not in problems:
                    problems[place] = _words(best)
        except Exception as error:  # noqa: BLE001 - as in `problem`
            problems[""] = out_of_bounds(error, budget)
        return problems

    def accepts(self, value: Json, part: Any) -> bool:
        """Whether a value complies with a part of `schema`, whose references are the schema's."""
        budget = current()
        try:
            return self._holds(self._compiler.part(part), value, budget)
        except Exception as error:  # noqa: BLE001 - as in `problem`
            out_of_bounds(error, budget)
            return False

    @staticmethod
    def _holds(predicate: Predicate, value: Json, budget: Budget) -> bool:
        try:
            return predicate(value, budget)
        except RecursionError:
            pass
        budget.remembers_from = budget.left + 1  # it tells what leads to itself from what is nested deeply
        try:
            return predicate(value, budget)
        except RecursionError:
            budget.is_deep = True
            return False  # the whole check needs fewer frames for some schemas, and says so where it has too few

    def _errors(self, value: Json, budget: Budget) -> Iterator[ValidationError]:
        """Yield what is wrong, as far as there is time to look for it."""
        search = _Search(budget, self._compiler, time.perf_counter() + budget.words_seconds)
        errors = self._validator.iter_errors(value)
        for number in range(MOST_ERRORS):
            before, _thread.search = _thread.search, search  # another check may be made between two errors
            try:
                error = next(errors, None)
            except (TimeoutError, TooLongError, _OutOfTimeError):
                if number and not budget.is_at_once:
                    return
                raise (RecursionError if budget.is_deep else UnsaidError) from None
            finally:
                _thread.search = before
            if error is None:
                return
            yield error


class _OutOfTimeError(Exception):
    """The time to look for words is over."""


@dataclass(frozen=True, slots=True)
class _Search:
    """A search for words, while it is under way.

    Attributes:
        budget: what is left for patterns.
        compiler: of the whole schema.
        until: when it ends, in seconds of the clock.
    """

    budget: Budget
    compiler: Compiler
    until: float


class _Thread(threading.local):
    """The search that a thread is at: jsonschema hands nothing of ours to a keyword."""

    search = _Search(Budget(), Compiler(References(True)), 0.0)


_thread = _Thread()


def _place(path: Iterable[Any]) -> str:
    return ".".join(str(part) for part in path)


def say(error: ValidationError) -> str:
    """Put a validation error into one line that names the place and the value."""
    place = _place(error.absolute_path)
    return f"{place}: {_words(error)}" if place else _words(error)


def _words(error: ValidationError) -> str:
    """Return what is wrong, without the place."""
    text = _all_words(error)
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"


def _all_words(error: ValidationError) -> str:
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
        case "additionalProperties" | "unevaluatedItems" | "unevaluatedProperties" | "uniqueItems":
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


def _matches(pattern: str, text: str) -> bool:
    return matches(compiled(pattern), text, _thread.search.budget)


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not _matches(pattern, instance):
        yield ValidationError("does not match")


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
    names = named(instance, schema, _thread.search.budget)
    extra = [name for name in instance if name not in names]
    if others is False and extra:
        yield ValidationError(_not_declared(extra))
    elif isinstance(others, dict):
        for name in extra:
            yield from validator.descend(instance[name], others, path=name)


def _unevaluated_properties(validator: Any, others: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict) or others is True:
        return
    inner = {key: value for key, value in schema.items() if key != "unevaluatedProperties"}
    names = evaluated_names(_thread.search.compiler, instance, inner, _thread.search.budget)
    extra = [name for name in instance if name not in names]
    if others is False and extra:
        yield ValidationError(_not_declared(extra))
    elif isinstance(others, dict):
        for name in extra:
            yield from validator.descend(instance[name], others, path=name)


def _unevaluated_items(validator: Any, others: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, list) or others is True:
        return
    inner = {key: value for key, value in schema.items() if key != "unevaluatedItems"}
    places = evaluated_places(_thread.search.compiler, instance, inner, _thread.search.budget)
    extra = [place for place in range(len(instance)) if place not in places]
    if others is False and extra:
        yield ValidationError(f"{len(extra)} more {'item' if len(extra) == 1 else 'items'} than the schema speaks of")
    elif isinstance(others, dict):
        for place in extra:
            yield from validator.descend(instance[place], others, path=place)


def _not_declared(names: list[str]) -> str:
    listed = ", ".join(compact(name) if len(name) > 60 else name for name in names[:5])
    return f"{listed} {'is' if len(names) == 1 else 'are'} not declared"


def _items(validator: Any, items: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """Go into those items alone with which something is wrong: there may be thousands of others."""
    if not isinstance(instance, list):
        return
    search, first = _thread.search, len(schema.get("prefixItems", ()))
    predicate, steps = search.compiler.part(items), weight(items)

    def holds(item: Any) -> bool:
        if search.budget.is_deep:
            return False  # at each level it would be found anew that there are too many
        try:
            return predicate(item, search.budget)
        except RecursionError:
            return False  # as in `Compiled`

    for place, item in enumerate(instance[first:], first):
        search.budget.spend(steps)
        if not holds(item):
            yield from validator.descend(item, items, path=place)


def _leaf(keyword: str, said: str) -> Keyword:
    """Return a keyword whose predicate says all: what jsonschema would do takes longer, for words that are not used."""

    def check(_validator: Any, _rule: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        search = _thread.search
        if not search.compiler.keyword(keyword, schema)(instance, search.budget):
            yield ValidationError(said)

    return check


def _multiple_of(_validator: Any, step: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    search = _thread.search
    if not search.compiler.keyword("multipleOf", schema)(instance, search.budget):
        yield ValidationError(f"{instance!r} is not a multiple of {step!r}")


def _timed(keyword: Keyword) -> Keyword:
    """Return a keyword that ends the search when its time is over."""

    def check(validator: Any, rule: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        until = _thread.search.until
        if time.perf_counter() > until:
            raise _OutOfTimeError
        for error in keyword(validator, rule, instance, schema) or ():
            yield error
            if time.perf_counter() > until:
                raise _OutOfTimeError

    return check


_OWN: dict[str, Keyword] = {
    "additionalProperties": _additional_properties,
    "const": _leaf("const", "is another value"),
    "enum": _leaf("enum", "is none of the values"),
    "items": _items,
    "multipleOf": _multiple_of,
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "type": _leaf("type", "is of another type"),
    "unevaluatedItems": _unevaluated_items,
    "unevaluatedProperties": _unevaluated_properties,
    "uniqueItems": _leaf("uniqueItems", "an item is there twice"),
}
_Validator: Any = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator,
    {
        name: _timed(_OWN.get(name, cast("Keyword", keyword)))
        for name, keyword in jsonschema.Draft202012Validator.VALIDATORS.items()
    },
)
