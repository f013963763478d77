"""A schema is checked when the task is made, and no schema and no value can hang or fetch anything."""

from __future__ import annotations

import itertools
import json
from typing import Any

import jsonschema
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synth_widgets as sw
from synth_widgets.errors import SchemaError
from synth_widgets.fake_values import FakeValues
from synth_widgets.schema import budget, patterns
from synth_widgets.schema.schema import Schema, describe
from synth_widgets.schema.strict import strict_schema

TREE = {
    "$defs": {
        "node/a~b": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "below": {"type": "array", "items": {"$ref": "#/$defs/node~1a~0b"}},
            },
            "required": ["name"],
        }
    },
    "type": "object",
    "properties": {"root": {"$ref": "#/$defs/node~1a~0b"}, "self": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
    "required": ["root"],
}


def task(**schemas: Any) -> sw.Task:
    return sw.Task("T", "Do.", **schemas)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("a text", "output_schema is text"),
        (3, "must be a JSON Schema as a dict"),
        ({}, "it is empty"),
        ({"category": "string"}, "none of its keys ('category') is a keyword"),
        ({"type": "strnig"}, "output_schema.type is not valid"),
        ({"type": "object", "properties": {"a": {"type": "int"}}}, "output_schema.properties.a.type"),
        ({"type": "object", "properties": {"a": 3}}, "output_schema.properties.a"),
        ({"type": "object", "required": "a"}, "output_schema.required"),
        ({"type": "string"}, "must describe an object"),
        ({"type": "array", "items": {}}, "must describe an object"),
        ({"enum": ["a"]}, "must describe an object"),
        ({"$ref": "#/$defs/s", "$defs": {"s": {"type": "string"}}}, "must describe an object"),
        (
            {"type": "object", "properties": {"a": {"$ref": "https://example.com/s.json"}}},
            "'https://example.com/s.json'",
        ),
        ({"type": "object", "properties": {"a": {"$ref": "other.json#/a"}}}, "'other.json#/a'"),
        (
            {"type": "object", "properties": {"a": {"$ref": "#/$defs/a%2Fb"}}, "$defs": {"a/b": {"type": "string"}}},
            ".properties.a refers to '#/$defs/a%2Fb', which is not",
        ),
        (
            {"type": "object", "properties": {"a": {"$ref": "#/allOf/²"}}, "allOf": [{"type": "object"}]},
            ".properties.a refers to '#/allOf/²', which is not",
        ),
        (
            {"type": "object", "properties": {"a": {"$ref": "#/properties/b/type"}, "b": {"type": "string"}}},
            ".properties.a refers to '#/properties/b/type', which is not",
        ),
        (
            {"type": "object", "properties": {"a": {"$ref": "#/$defs/Nope"}}},
            ".properties.a refers to '#/$defs/Nope', which is not",
        ),
        ({"type": "object", "properties": {"a": {"$ref": "#nope"}}}, "'#nope'"),
        ({"type": "object", "properties": {"default": {"$ref": "#/$defs/Nope"}}}, "Nope"),
        ({"type": "object", "properties": {"enum": {"$ref": "http://example.com/"}}}, "example.com"),
        ({"type": "object", "properties": {"a": {"$dynamicRef": "http://example.com/"}}}, "example.com"),
        ({"type": "object", "properties": {"a": {"pattern": "("}}}, "'('"),
        ({"type": "object", "patternProperties": {"[": {}}}, "'['"),
        ({"type": "object", "x": float("nan")}, "not plain JSON"),
        ({"type": "object", "x": {1, 2}}, "not plain JSON"),
        ({"type": "object", "description": "x" * 300_000}, "at most 200,000"),
    ],
)
def test_what_is_no_usable_schema_is_said_when_the_task_is_made_with_the_place(given, words):
    with pytest.raises(SchemaError) as caught:
        task(output_schema=given)
    assert words in str(caught.value)
    assert "output_schema" in str(caught.value)


def test_a_schema_nested_too_deep_is_refused():
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(70):
        deep = {"type": "array", "items": deep}
    with pytest.raises(SchemaError, match="nested deeper"):
        task(input_schema=deep)


def test_an_input_may_be_anything_and_an_output_an_object_however_it_is_written():
    assert task(input_schema={"type": "string", "maxLength": 5}).input_problem("too long") is not None
    person = {"type": "object", "properties": {"n": {"type": "integer"}}}
    for schema in (
        person,
        {"properties": person["properties"]},
        {"$ref": "#/$defs/p", "$defs": {"p": person}},
        {"$ref": "#/$defs/p", "type": "object", "$defs": {"p": {"properties": person["properties"]}}},
        {"$ref": "#/$defs/p", **person, "$defs": {"p": {"description": "A person."}}},
        {"anyOf": [person, {"type": "object"}]},
    ):
        assert task(output_schema=schema).output_problem({"n": "x"}) or "anyOf" in schema


@pytest.mark.parametrize(
    ("name", "ref"), [("a/b", "a~1b"), ("a~b", "a~0b"), ("a b", "a%20b"), ("a%b", "a%25b"), ("ä", "%C3%A4"), ("", "")]
)
def test_a_reference_means_the_same_wherever_it_is_followed(name: str, ref: str):
    line = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 3, "maximum": 3}}, "required": ["n"]}
    own = {"type": "object", "properties": {"line": {"$ref": f"#/$defs/{ref}"}}, "$defs": {name: line}}
    schema, strict = Schema(own), strict_schema(own)
    assert schema.problem({"line": {"n": "x"}}) == 'line.n: "x" is not of type integer'
    assert schema.properties() == {"line": line}
    assert FakeValues().value(own) == {"line": {"n": 3}}
    assert strict is not None
    assert Schema(strict).problem({"line": {"n": 4}}) == "line.n: 4 is greater than the maximum of 3"


def test_a_pydantic_class_is_taken_as_its_schema_and_runs_on_answers():
    class Triage(pydantic.BaseModel):
        kind: str = pydantic.Field(max_length=3)

        @pydantic.field_validator("kind")
        @classmethod
        def lower(cls, value: str) -> str:
            if value != value.lower():
                raise ValueError("not lower")
            if value == "1":
                raise ZeroDivisionError("their bug")
            return value

    schema = Schema(Triage)
    assert schema.json == json.loads(json.dumps(Triage.model_json_schema()))
    assert schema.problem({"kind": "long"}) == "kind: 4 characters, at most 3 are allowed"
    assert schema.model_problem({"kind": "UP"}) == "kind: Value error, not lower"
    assert "ZeroDivisionError: their bug" in (schema.model_problem({"kind": "1"}) or "")
    assert schema.model_problem({"kind": "up"}) is None


@pytest.mark.parametrize(
    ("schema", "value", "words"),
    [
        ({"required": ["a", "b"]}, {}, "a and b are missing"),
        ({"properties": {"a": {"enum": ["x", 1]}}}, {"a": "y"}, 'a: "y" is not one of x, 1'),
        ({"properties": {"a": {}}, "additionalProperties": False}, {"a": 1, "b": 2}, "b is not declared"),
        ({"properties": {"a": {"items": {"type": "integer"}}}}, {"a": [1, None]}, "a.1: null is not of type integer"),
        ({"properties": {"a": {"pattern": "^x"}}}, {"a": "y"}, 'a: "y" does not match the pattern ^x'),
        (
            {"properties": {"a": {"format": "date"}}},
            {"a": "soon"},
            'a: "soon" is no date: it is written as in 2026-02-28',
        ),
        ({"type": "object"}, [], "[] is not of type object"),
    ],
)
def test_a_problem_is_one_line_that_names_the_place_and_the_value(schema, value, words):
    assert Schema(schema).problem(value) == words


def test_no_pattern_can_hang_whatever_the_value():
    schema = Schema(
        {
            "type": "object",
            "properties": {"a": {"pattern": r"^(a|aa)+$"}},
            "patternProperties": {r"^(b|bb)+$": {"type": "integer"}},
        }
    )
    assert "took longer" in (schema.problem({"a": "a" * 60 + "!"}) or ""), "without the time-out it would be years"
    assert "took longer" in (schema.problem({"b" * 60 + "!": 1}) or "")


def test_many_slow_patterns_share_one_budget(monkeypatch):
    searched = []
    clock = itertools.count(step=0.03)

    class Pattern:
        def search(self, _text, timeout):
            searched.append(timeout)
            return True

    monkeypatch.setattr(patterns, "compiled", lambda _pattern: Pattern())
    monkeypatch.setattr(budget.time, "perf_counter", lambda: next(clock))
    schema = Schema({"type": "object", "properties": {"a": {"type": "array", "items": {"pattern": "x"}}}})
    for _ in range(2):
        searched.clear()
        assert "took longer" in (schema.problem({"a": ["x"] * 1000}) or "")
        assert len(searched) == 4
        assert searched == sorted(searched, reverse=True)


def test_a_value_nested_too_deep_is_a_problem_not_a_crash():
    value: Any = {"name": "x"}
    for _ in range(3000):
        value = {"name": "x", "below": [value]}
    assert Schema(TREE).problem({"root": value}) == "the value is nested too deeply"


def test_the_schema_of_a_list_keeps_references_right_recursion_too():
    schema = Schema(TREE)
    listed = schema.items()
    jsonschema.Draft202012Validator.check_schema(listed)
    good = {"root": {"name": "a", "below": [{"name": "b"}]}, "self": {"root": {"name": "c"}, "self": None}}
    bad = {"root": {"name": "a", "below": [{"name": 3}]}}
    validator = jsonschema.Draft202012Validator(listed)
    assert validator.is_valid({"items": [good, good]})
    assert not validator.is_valid({"items": [good, bad]})
    assert not validator.is_valid({"items": [{"root": {"name": "c"}, "self": bad}]})
    assert schema.json == TREE, "the schema itself is left as it is"


LEAVES = st.sampled_from(
    ({"type": "string"}, {"type": "integer"}, {"enum": ["a", 1, None]}, {"$ref": "#/$defs/d"}, {"type": "boolean"})
)
NAMES = st.sampled_from(("a", "default", "enum", "const", "examples", "items", "properties", "$ref", "type"))


@given(
    nested=st.recursive(
        LEAVES,
        lambda inner: (
            st.dictionaries(NAMES, inner, min_size=1, max_size=3).map(
                lambda fields: {"type": "object", "properties": fields, "required": sorted(fields)}
            )
            | inner.map(lambda item: {"type": "array", "items": item, "maxItems": 2})
        ),
        max_leaves=6,
    ),
    seed=st.integers(0, 5),
)
def test_a_list_of_what_complies_complies_whatever_the_fields_are_called(nested, seed):
    plain = {
        "$defs": {"d": {"type": "object", "properties": {"k": {"type": "string"}}, "required": ["k"]}},
        "type": "object",
        "properties": {"x": nested},
        "required": ["x"],
    }
    schema = Schema(plain)
    value = FakeValues(seed).value(schema.json)
    assert schema.problem(value) is None
    validator = jsonschema.Draft202012Validator(schema.items())
    assert validator.is_valid({"items": [value]})
    assert not validator.is_valid({"items": [{"y": 1}]})


@pytest.mark.parametrize(
    ("node", "says"),
    [
        ({"enum": ["low", "high"]}, "low, high"),
        ({"const": 3}, "3"),
        ({"type": "string", "maxLength": 80}, "text, at most 80 characters"),
        ({"type": "integer", "minimum": 1, "maximum": 5}, "whole number, 1 to 5"),
        ({"type": "number", "minimum": 0}, "number, from 0"),
        ({"type": ["string", "null"]}, "text"),
        ({"type": "boolean"}, "true or false"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, "list of a, b"),
        ({"type": "object", "properties": {"a": {}, "b": {}}}, "(a, b)"),
        ({}, "any value"),
    ],
)
def test_a_field_is_described_in_a_persons_words(node, says):
    assert describe(node) == says


@pytest.mark.parametrize(
    ("step", "right", "wrong"),
    [
        (0.01, [19.99, 1.11, 0.07, 4.35, 0, 3, -2.5, 1e15, 123456789.99], [0.001, 19.999, 1e-9]),
        (0.1, [0.3, 0.7, 1.1, 1e22, -0.0], [0.30000000000000004, 0.25]),
        (1e-7, [3e-7, 1, 0.1], [1e-8]),
        (1e-308, [1e308, 1], []),
        (3, [9, 9.0, 3e20, 10**30 + 2, 0], [10, 9.5, 10**30]),
        (2.0, [4, 4.0, 2**60], [3, 4.5, 2**60 + 1]),
        (0.5, [1.5, 2**70], [0.25]),
    ],
)
def test_multiples_are_those_of_the_numbers_as_they_are_written(step, right, wrong):
    schema = Schema({"type": "array", "items": {"multipleOf": step}})
    assert [value for value in right if schema.problem([value])] == []
    assert [value for value in wrong if not schema.problem([value])] == []
    assert schema.problem(["a", None, True, {}]) is None, "only numbers are looked at"


@given(whole=st.integers(-(10**6), 10**6), places=st.integers(0, 6), seed=st.integers(0, 9))
def test_a_price_is_a_multiple_of_its_smallest_coin(whole, places, seed):
    step = float(f"1e-{places}")
    schema = Schema({"type": "object", "properties": {"a": {"type": "number", "multipleOf": step}}})
    assert schema.problem({"a": float(f"{whole}e-{places}")}) is None
    assert schema.problem(FakeValues(seed).value(schema.json)) is None


@pytest.mark.parametrize(
    ("part", "right", "wrong"),
    [
        ({"enum": [1, "a"]}, [1, 1.0, "a"], [True, "1", [1]]),
        ({"enum": [True, None]}, [True, None], [1, 0, False]),
        ({"const": {"a": [0]}}, [{"a": [0]}, {"a": [0.0]}], [{"a": [False]}, {"a": 0}]),
        ({"const": 0}, [0, 0.0, -0.0], [False, None, ""]),
        ({"type": "integer"}, [1, 1.0, 10**400], [True, 1.5, "1"]),
        ({"type": "number"}, [1, 1.5], [True, "1"]),
        ({"minimum": 2**53 + 1}, [2**53 + 1, 2**53 + 2], [2**53]),
        ({"maximum": 10**400}, [10**400, 1e308], [10**400 + 1]),
        ({"exclusiveMinimum": 0}, [5e-324], [0, -0.0]),
        ({"minimum": 0}, [-0.0, 0], [-5e-324]),
    ],
)
def test_numbers_are_compared_by_value_and_never_with_booleans(part, right, wrong):
    schema = Schema({"type": "object", "properties": {"a": {"title": "A", **part}}})
    assert [value for value in right if schema.problem({"a": value})] == []
    assert [value for value in wrong if not schema.problem({"a": value})] == []
