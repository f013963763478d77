"""The strict schema for a person's, and the way back from an answer to it to the person's own schema."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_widgets.fake_values import FakeValues
from synth_widgets.schema.request_schema import RequestSchema
from synth_widgets.schema.schema import Schema
from synth_widgets.schema.strict import strict_schema
from tests.strictness import levels, problem

LINE = {"type": "object", "properties": {"n": {"type": ["integer", "null"]}}, "required": ["n"]}
RICH = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "format": "markdown", "title": "Name", "description": "Short."},
        "kind": {"$ref": "#/definitions/kind", "description": "Of which kind."},
        "rows": {"type": "array", "items": LINE, "minItems": 1, "uniqueItems": True},
        "either": {"oneOf": [{"type": "null"}, {"type": "number", "minimum": 0}]},
        "both": {"allOf": [LINE, {"properties": {"m": {"const": 1}}, "required": ["m"]}]},
        "code": {"type": "string", "pattern": "^(?!x)[a-z]+$"},
        "größe": {"enum": ["klein", 3, None]},
        "tree": {"$ref": "#/$defs/node"},
    },
    "required": ["name", "kind", "rows", "either", "both", "tree"],
    "additionalProperties": True,
    "definitions": {"kind": {"enum": ["a", "b"]}},
    "$defs": {
        "node": {
            "type": "object",
            "properties": {"label": {"type": "string"}, "below": {"type": "array", "items": {"$ref": "#/$defs/node"}}},
            "required": ["label"],
        }
    },
}


LEAVES = st.sampled_from(
    [
        {"type": "string"},
        {"type": "integer", "minimum": 0, "maximum": 9},
        {"type": ["string", "null"]},
        {"type": "boolean"},
        {"enum": ["a", 2, None]},
        {"const": 3},
    ]
)


@st.composite
def objects(draw: st.DrawFn, inner: st.SearchStrategy[dict[str, Any]]) -> dict[str, Any]:
    properties = draw(st.dictionaries(st.sampled_from(["a", "b", "größe"]), inner, min_size=1))
    return {
        "type": "object",
        "properties": properties,
        "required": draw(st.lists(st.sampled_from([*properties]), unique=True)),
    }


@st.composite
def alternatives(draw: st.DrawFn, inner: st.SearchStrategy[dict[str, Any]]) -> dict[str, Any]:
    options = [draw(objects(inner)) for _ in range(2)]
    for kind, option in enumerate(options):
        option["properties"]["kind"] = {"const": kind}
        option["required"].append("kind")
    return {draw(st.sampled_from(["anyOf", "oneOf"])): options}


SHAPES = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(lambda items: {"type": "array", "items": items}, inner)
        | objects(inner)
        | alternatives(inner)
        | st.builds(lambda part: {"anyOf": [part, {"type": "null"}]}, inner)
        | st.builds(lambda part: {"allOf": [part], "description": "It."}, inner)
    ),
    max_leaves=8,
)


SURELY_FIT = 4
"""Levels of a schema whose strict form stays within ten: what is optional may be null there, which is a level more."""


@given(SHAPES, st.integers(0, 99))
def test_whatever_the_strict_form_allows_comes_back_as_what_the_persons_schema_asks_for(
    shape: dict[str, Any], seed: int
) -> None:
    own = json.loads(json.dumps(shape))
    request_schema = RequestSchema.of(own)
    if request_schema.strict is None:
        assert levels(own) > SURELY_FIT, "only what is nested deep has no strict form"
        return
    assert refusal(request_schema.strict) is None
    answer = FakeValues(seed, nulls=0.5).value(request_schema.strict)
    assert Schema(request_schema.strict).problem(answer) is None
    assert request_schema.read(answer, Schema(own).problem)[1] is None


def object_with(part: Any, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": part}, "required": ["a"], **more}


def refusal(strict: Any) -> object:
    """What the strict endpoint says of a schema."""
    told = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": strict}}
    return problem({"model": "m", "messages": [{"role": "user", "content": "?"}], "response_format": told})


def test_the_strict_form_is_what_strict_mode_takes_and_leaves_the_schema_alone() -> None:
    before = json.dumps(RICH)
    assert refusal(RICH) is not None
    assert refusal(strict_schema(RICH)) is None
    assert json.dumps(RICH) == before


def test_what_the_mode_does_not_know_is_said_in_the_description() -> None:
    strict = strict_schema(RICH)
    assert strict is not None
    properties = strict["properties"]
    assert properties["name"]["description"] == 'Short. Complies with {"minLength": 1, "format": "markdown"}.'
    assert properties["rows"]["description"] == 'Complies with {"uniqueItems": true}.'
    assert properties["code"]["anyOf"][0]["description"] == 'Complies with {"pattern": "^(?!x)[a-z]+$"}.'
    assert properties["rows"]["minItems"] == 1


def test_what_contains_itself_refers_to_itself() -> None:
    strict = strict_schema({"type": "object", "properties": {"next": {"$ref": "#"}}})
    assert strict is not None
    assert refusal(strict) is None
    inner = {"anyOf": [{"$ref": "#/$defs/answer"}, {"type": "null"}]}
    assert strict["properties"]["next"] == strict["$defs"]["answer"]["properties"]["next"] == inner


def test_every_alternative_is_a_level_where_levels_are_counted() -> None:
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(4):
        deep = {"type": "object", "properties": {"a": deep}}  # what is optional may be null: two levels each
    fits = RequestSchema.of(object_with(deep)).strict
    assert fits is not None
    assert refusal(fits) is None
    assert RequestSchema.of(object_with(object_with(deep))).strict is None


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        object_with(True),
        object_with({}),
        object_with({"type": "array"}),
        object_with({"type": "null"}, additionalProperties={"type": "string"}),
        object_with({"type": "null"}, patternProperties={"^x": {"type": "string"}}),
        object_with({"type": "null"}, **{"if": {}}),
        object_with({"type": "array", "prefixItems": [{"type": "string"}]}),
        object_with({"allOf": [{"type": "string"}, {"type": "integer"}]}),
        object_with({"allOf": [{**LINE, "additionalProperties": False}, object_with({"type": "string"})]}),
        object_with({"$ref": "#/$defs/a"}, **{"$defs": {"a": {"$ref": "#/$defs/a"}}}),
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b"]},
        object_with({"enum": list(range(1001))}),
    ],
)
def test_what_strict_mode_cannot_say_has_no_strict_form(schema: dict[str, Any]) -> None:
    assert strict_schema(schema) is None
    assert RequestSchema.of(schema).full == schema


OPTIONAL = {
    "type": "object",
    "properties": {
        "a": {"type": "integer"},
        "text": {"type": "string"},
        "maybe": {"type": ["string", "null"]},
        "deep": {"type": "array", "items": {"type": "object", "properties": {"x": {"enum": ["p"]}}}},
        "either": {"oneOf": [{"$ref": "#/$defs/cat"}, {"$ref": "#/$defs/dog"}]},
    },
    "required": ["a"],
    "$defs": {
        "cat": {
            "type": "object",
            "properties": {"is": {"const": "cat"}, "lives": {"enum": [7, 9]}},
            "required": ["is"],
        },
        "dog": {
            "type": "object",
            "properties": {"is": {"const": "dog"}, "owner": {"enum": ["me"]}},
            "required": ["is"],
        },
    },
}


@pytest.mark.parametrize(
    ("answer", "restored"),
    [
        ({"a": 1, "text": None, "maybe": None}, {"a": 1, "maybe": None}),
        ({"a": 1, "deep": [{"x": None}, {"x": "p"}]}, {"a": 1, "deep": [{}, {"x": "p"}]}),
        ({"a": 1, "either": {"is": "dog", "owner": None}}, {"a": 1, "either": {"is": "dog"}}),
        ({"a": 1, "either": None}, {"a": 1}),
    ],
)
def test_null_goes_where_nothing_should_be_and_stays_where_it_may(answer: Any, restored: Any) -> None:
    schema = Schema(OPTIONAL)
    assert RequestSchema.of(schema.json).read(answer, schema.problem) == (restored, None)
    assert RequestSchema.of(schema.json).read(restored, schema.problem) == (restored, None)


def test_null_where_a_value_must_be_is_said_and_stays() -> None:
    schema = Schema(OPTIONAL)
    value, said = RequestSchema.of(schema.json).read({"a": None, "text": None}, schema.problem)
    assert value == {"a": None}
    assert said == "a: null is not of type integer"


@pytest.mark.parametrize(
    "own",
    [
        {"type": "array", "items": {"type": "string"}},
        {"enum": ["a", "b"]},
        {"anyOf": [object_with({"type": "string"}), object_with({"type": "integer"})]},
        {"type": "array", "items": {"anyOf": [{"type": "string"}, {"$ref": "#"}]}},
    ],
)
def test_what_is_no_object_at_the_top_is_held_by_one_and_taken_out_again(own: dict[str, Any]) -> None:
    request_schema = RequestSchema.of(own)
    assert request_schema.strict is not None
    assert refusal(request_schema.strict) is None
    for whole in (request_schema.strict, request_schema.full):
        assert (whole["type"], list(whole["properties"])) == ("object", ["answer"])
        assert Schema(whole).problem({"answer": ["a"]}) is None or own.get("type") != "array"
    held = {"a": "x"} if "anyOf" in own else own.get("enum", ["a"])[:1]
    held = held[0] if "enum" in own else held
    assert request_schema.read({"answer": held}, Schema(own).problem) == (held, None)
    assert request_schema.read(held, Schema(own).problem) == (held, None)


@pytest.mark.parametrize(
    "own",
    [
        {"type": "object"},
        {"properties": {"answer": {"type": "string"}}},
        {"$ref": "#/$defs/out", "$defs": {"out": {"type": "object", "properties": {"answer": {"type": "string"}}}}},
        {"$ref": "#/$defs/out", "$defs": {"out": {"type": "object"}}},
        {"allOf": [{"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}]},
    ],
)
def test_a_persons_own_property_of_that_name_stays(own: dict[str, Any]) -> None:
    request_schema, schema = RequestSchema.of(own), Schema(own)
    assert request_schema.read({"answer": "x"}, schema.problem) == ({"answer": "x"}, None)


def test_alternatives_inside_alternatives_are_given_up_in_time() -> None:
    kinds = [{"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}, "k": {"const": k}}} for k in "abcd"]
    own = object_with({"$ref": "#/$defs/node"}, **{"$defs": {"node": {"anyOf": kinds}}})
    value: Any = {"k": None}
    for _ in range(12):
        value = {"next": value, "k": "d"}
    assert RequestSchema.of(own).restored({"a": value}) == {"a": value}, "all ways through it would take hours"
