"""A compiled schema says yes to just the values in which the whole check finds nothing, which is then spared."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_widgets.fake_values import FakeValues
from synth_widgets.schema import validation
from synth_widgets.schema.budget import Budget, EndlessError
from synth_widgets.schema.predicate import Compiler
from synth_widgets.schema.references import References
from synth_widgets.schema.validation import Compiled
from tests.schemas_of_real_shape import SCHEMAS

NAMES = ("a", "b", "c")
SCALARS = (
    *(None, True, False, 0, 1, 2, 3, -1, 0.0, 1.0, 1.5, 0.1, 10**30, 1e30),
    *("", "a", "ab", "1", "ä", "😀", "2026-02-28"),
)
VALUES: tuple[Any, ...] = (
    *SCALARS,
    *([scalar] for scalar in SCALARS),
    *({"a": scalar} for scalar in SCALARS),
    *({"b": scalar, "d": 1} for scalar in SCALARS[:6]),
    *([1, scalar] for scalar in SCALARS[:12]),
    *([], [1, "a", None], [[1], [True]], [{"a": 1}, {"a": 1.0}], {}, {"a": {"a": {"a": 1}}}, {"a": [{"b": 1}]}),
    {"a": 1, "b": "a", "c": None, "d": []},
)
COUNTS = st.sampled_from((0, 1, 2, 2.0))
NUMBERS = st.sampled_from((0, 1, 1.0, 2, 1.5, -1, 0.1, 10**30))
TYPES = st.sampled_from(("object", "array", "string", "number", "integer", "boolean", "null"))
WITHOUT_PARTS: dict[str, st.SearchStrategy[Any]] = {
    "type": TYPES | st.lists(TYPES, min_size=1, unique=True),
    "enum": st.lists(st.sampled_from(VALUES), min_size=1, max_size=3),
    "const": st.sampled_from(VALUES),
    "required": st.lists(st.sampled_from((*NAMES, "d")), unique=True, max_size=2),
    "dependentRequired": st.just({"a": ["b"]}),
    "pattern": st.sampled_from(("a", "^a$", "[0-9]")),
    "format": st.sampled_from(("date", "ipv4", "unknown")),
    "multipleOf": st.sampled_from((1, 2, 0.1, 0.5)),
    "uniqueItems": st.booleans(),
    "title": st.just("It."),
    "x-own": st.just({"type": "none"}),
    "$ref": st.sampled_from(("#/$defs/a", "#/$defs/b")),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), COUNTS),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), NUMBERS),
}


def with_parts(inner: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    several = st.lists(inner, min_size=1, max_size=3)
    by_name = st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    return {
        "properties": by_name,
        "additionalProperties": inner,
        "patternProperties": st.dictionaries(st.sampled_from(("a", "^b$")), inner, min_size=1, max_size=1),
        "items": inner,
        "prefixItems": several,
        "anyOf": several,
        "oneOf": several,
        "allOf": several,
        "not": inner,
        "if": inner,
        "then": inner,
        "contains": inner,
        "propertyNames": inner,
        "unevaluatedProperties": inner,
        "unevaluatedItems": inner,
        "dependentSchemas": by_name,
    }


def of_keywords(keywords: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    some = st.lists(st.sampled_from(sorted(keywords)), max_size=4, unique=True)
    return some.flatmap(lambda names: st.fixed_dictionaries({name: keywords[name] for name in names}))


PARTS = st.recursive(
    st.booleans() | of_keywords(WITHOUT_PARTS), lambda inner: of_keywords({**WITHOUT_PARTS, **with_parts(inner)})
)
KEYWORDS = {**WITHOUT_PARTS, **with_parts(PARTS)}
TOGETHER = (("items", "prefixItems"), ("additionalProperties", "properties", "patternProperties"))
"""Keywords that mean something else where others stand beside them."""


@st.composite
def whole_schemas(draw: st.DrawFn, keywords: Iterable[str]) -> dict[str, Any]:
    """Draw a schema with some keywords; what its `$defs` refer to is one level down, so that values come to an end."""
    below: dict[str, Any] = draw(of_keywords({k: v for k, v in WITHOUT_PARTS.items() if k != "$ref"}))
    defs = {"a": {**below, "properties": {"a": {"$ref": "#/$defs/a"}}, "items": {"$ref": "#/$defs/b"}}}
    top = draw(st.fixed_dictionaries({keyword: KEYWORDS[keyword] for keyword in keywords}))
    return json.loads(json.dumps({**top, "$defs": {**defs, "b": {"$ref": "#/$defs/a"}}}))  # type: ignore[no-any-return]


@pytest.mark.parametrize("keywords", [*([keyword] for keyword in sorted(KEYWORDS)), *TOGETHER], ids=" ".join)
@given(st.data())
@settings(max_examples=25)
def test_it_says_what_jsonschema_says(keywords: Iterable[str], data: st.DataObject) -> None:
    schema = data.draw(whole_schemas(keywords))
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker(["date", "ipv4"]))
    complies = Compiler(References(schema), validator.format_checker.conforms).compiled(schema)
    for value in VALUES:
        assert complies(value, Budget()) == validator.is_valid(value), value


@pytest.mark.parametrize("keyword", ["pattern", "patternProperties", "multipleOf", "unevaluatedProperties", "format"])
@given(st.data())
@settings(max_examples=25)
def test_no_value_passes_in_which_the_whole_check_finds_something(keyword: str, data: st.DataObject) -> None:
    compiled = Compiled(data.draw(whole_schemas([keyword])))
    for value in VALUES:
        is_one = compiled.accepts(value, compiled.schema)
        assert (compiled.problem(value) is None, compiled.problems(value) == {}) == (is_one, is_one), value


def mutated(value: Any, chance: random.Random) -> Any:
    """Return a value of which one part, somewhere, is another one or is not there."""
    if isinstance(value, dict | list) and value and chance.random() < 0.8:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key, copy = chance.choice(keys), value.copy()
        if chance.random() < 0.2:
            del copy[key]
        else:
            copy[key] = mutated(value[key], chance)
        return copy
    return chance.choice((None, True, 0, -1, 2.5, 10**6, "", "x" * 300, [], [value], {}, {"x": value}, value))


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_of_real_shape_take_and_refuse_what_the_whole_check_does(name: str) -> None:
    compiled, fakes, chance = Compiled(SCHEMAS[name]), FakeValues(1, nulls=0.3), random.Random(1)
    for _ in range(8):
        value = fakes.value(SCHEMAS[name])
        for each in (value, *(mutated(value, chance) for _ in range(10))):
            assert (compiled.problem(each) is None) == compiled.accepts(each, compiled.schema), each


@pytest.mark.parametrize("name", SCHEMAS)
def test_nothing_is_prepared_to_be_said_of_a_value_that_complies(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled, value = Compiled(SCHEMAS[name]), FakeValues(1).value(SCHEMAS[name])
    monkeypatch.setattr(validation._Validator, "iter_errors", lambda *_: pytest.fail("the whole check ran"))
    assert compiled.problem(value) is None
    assert compiled.problems(value) == {}


def test_a_schema_that_only_refers_to_itself_is_no_endless_loop() -> None:
    schema = {"$ref": "#"}
    budget = Budget()
    budget.remembers_from = budget.left
    with pytest.raises(EndlessError):
        Compiler(References(schema)).compiled(schema)(1, budget)
    assert Compiled(schema).problem(1) == "the schema refers to itself without an end"


def test_a_value_may_be_nested_as_deep_as_the_whole_check_takes_it() -> None:
    compiled = Compiled({"anyOf": [{"type": "string"}, {"type": "array", "items": {"$ref": "#"}}]})
    value: Any = "x"
    for _ in range(200):
        value = [value]
        if compiled.accepts(value, compiled.schema):
            assert compiled.problem(value) is None


def test_patterns_have_the_same_time_whether_the_value_complies_or_not() -> None:
    slow = Compiled({"properties": {"a": {"pattern": "^(a|aa)+$"}, "b": {"type": "string"}}})
    for b in ("x", 1):
        assert "took longer" in (slow.problem({"a": "a" * 60 + "!", "b": b}) or "")
        assert "took longer" in slow.problems({"a": "a" * 60 + "!", "b": b})[""]
    assert slow.problem({"a": "aaa", "b": 1}) == "b: 1 is not of type string"
