"""What other drafts and tools write is turned into draft 2020-12, or it is said what to write; lint warns."""

from __future__ import annotations

import json
import warnings
from typing import Any

import jsonschema
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synth_widgets as sw
from synth_widgets.errors import SchemaError
from synth_widgets.schema.drafts import current, unwrapped
from synth_widgets.schema.lint import findings
from synth_widgets.schema.schema import Schema
from synth_widgets.testing import ScriptedCompleter
from tests.schemas_of_real_shape import SCHEMAS

TEXT = {"type": "string"}
TRIAGE = {"type": "object", "properties": {"kind": {"enum": ["a", "b"]}}, "required": ["kind"]}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"type": ["string", "integer"], "nullable": True}, {"type": ["string", "integer", "null"]}),
        ({"type": "string", "enum": ["a"], "nullable": True}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"const": "a", "nullable": True}, {"enum": ["a", None]}),
        (
            {"$ref": "#/$defs/t", "nullable": True, "description": "It."},
            {"description": "It.", "anyOf": [{"$ref": "#/$defs/t"}, {"type": "null"}]},
        ),
        (
            {"allOf": [{"$ref": "#/$defs/t"}], "nullable": True},
            {"anyOf": [{"allOf": [{"$ref": "#/$defs/t"}]}, {"type": "null"}]},
        ),
        ({"oneOf": [TEXT], "nullable": True}, {"oneOf": [TEXT, {"type": "null"}]}),
        ({"minimum": 0, "exclusiveMinimum": True}, {"exclusiveMinimum": 0}),
        ({"maximum": 9, "exclusiveMaximum": False}, {"maximum": 9}),
        ({"items": [TEXT, {"type": "integer"}]}, {"prefixItems": [TEXT, {"type": "integer"}]}),
        ({"items": [TEXT], "additionalItems": False}, {"prefixItems": [TEXT], "items": False}),
        ({"items": [], "additionalItems": TEXT}, {"items": TEXT}),
        (
            {"dependencies": {"a": ["b"], "c": {"required": ["d"]}}},
            {"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"c": {"required": ["d"]}}},
        ),
        (
            {
                "properties": {
                    "a": {"type": "string", "required": True},
                    "b": {"required": False},
                    "c": {"required": ["x"]},
                }
            },
            {"properties": {"a": TEXT, "b": {}, "c": {"required": ["x"]}}, "required": ["a"]},
        ),
        ({"$recursiveRef": "#", "$recursiveAnchor": True}, {"$ref": "#"}),
        ({"type": "ARRAY", "items": {"type": "STRING"}}, {"type": "array", "items": TEXT}),
        (
            {"$schema": "http://json-schema.org/draft-07/schema#"},
            {"$schema": "https://json-schema.org/draft/2020-12/schema"},
        ),
    ],
)
def test_older_forms_are_turned_wherever_a_schema_stands(old, new):
    places = [
        lambda node: node,
        lambda node: {"properties": {"nullable": node, "items": {"type": "array", "items": node}}},
        lambda node: {"$defs": {"t": node}, "anyOf": [node, {"not": node}]},
    ]
    for place in places[: 1 if "$schema" in old else 3]:
        assert json.dumps(current(place(old))) == json.dumps(place(new))
        assert json.dumps(current(place(new))) == json.dumps(place(new)), "what stands in 2020-12 is left alone"
        jsonschema.Draft202012Validator.check_schema(place(new))


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_of_real_shape_are_left_alone(name):
    assert json.dumps(current(SCHEMAS[name])) == json.dumps(SCHEMAS[name])
    assert unwrapped(SCHEMAS[name]) is SCHEMAS[name]


def test_data_in_a_schema_is_no_schema():
    data = {"nullable": True, "type": "STRING", "items": [1], "exclusiveMinimum": True, "minimum": 1}
    schema = {
        "title": "T",
        **dict.fromkeys(("default", "const", "example"), data),
        "enum": [data],
        "examples": [data],
    }
    assert current(schema) == schema


OLD = st.recursive(
    st.sampled_from(
        [
            {"type": "integer"},
            {"enum": [1, "a", None]},
            {"minimum": 1, "exclusiveMinimum": True},
            {"type": "string", "maxLength": 1},
        ]
    ),
    lambda inner: (
        st.builds(
            lambda parts, rest: {"type": "array", "items": parts, "additionalItems": rest},
            st.lists(inner, min_size=1, max_size=2),
            inner,
        )
        | st.builds(
            lambda a, b: {"type": "object", "properties": {"a": a}, "dependencies": {"a": ["b"], "b": b}}, inner, inner
        )
        | st.builds(lambda part: {"allOf": [part]}, inner)
    ),
    max_leaves=5,
)
VALUES = st.recursive(
    st.sampled_from([None, 0, 1, 2, "a", "bb"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)


@given(OLD, VALUES)
def test_what_is_turned_means_what_it_meant(old, value):
    assert jsonschema.Draft4Validator(old).is_valid(value) == (Schema({"title": "T", **old}).problem(value) is None)


@pytest.mark.parametrize(
    "pasted",
    [
        {"type": "json_schema", "json_schema": {"name": "triage", "strict": True, "schema": TRIAGE}},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "triage", "schema": TRIAGE}}},
        {"name": "triage", "strict": True, "schema": TRIAGE},
        {"type": "json_schema", "name": "triage", "schema": TRIAGE, "strict": True},
        {"text": {"format": {"type": "json_schema", "name": "triage", "schema": TRIAGE}}},
        {"type": "function", "function": {"name": "triage", "description": "Sort.", "parameters": TRIAGE}},
        {"type": "function", "name": "triage", "parameters": TRIAGE},
        {"name": "triage", "description": "Sort.", "input_schema": TRIAGE},
        {"output_config": {"format": {"type": "json_schema", "schema": TRIAGE}}},
        {"response_mime_type": "application/json", "response_schema": TRIAGE},
        {"generationConfig": {"responseMimeType": "application/json", "responseSchema": TRIAGE}},
        {"type": "json_object", "schema": TRIAGE},
    ],
)
def test_a_schema_is_taken_out_of_what_it_was_pasted_with(pasted):
    assert sw.Task("T", "Do.", output_schema=pasted).output.json == TRIAGE


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"type": "json_object"}, "Give the schema itself"),
        (
            {"type": "object", "properties": {"a": {"type": "int"}}},
            "output_schema.properties.a.type is not valid JSON Schema: 'int' is none of the types object, array",
        ),
        (
            {"type": "object", "properties": {"a": {"type": "int"}}},
            "number, integer, boolean, null. Write 'integer'.",
        ),
        ({"type": "object", "properties": {"a": {"type": "datetime"}}}, "Write 'string' with 'format': 'date-time'."),
        ({"type": "object", "properties": {"a": {"type": ["str", "null"]}}}, "Write 'string'."),
        ({"type": "object", "properties": {"a": {"type": "strnig"}}}, "Did you mean 'string'?"),
        (
            {"type": "object", "properties": {"a": "string"}},
            "'string' stands where a schema belongs. Write {'type': 'string'}.",
        ),
        ({"type": "object", "properties": {"type": {"type": "dict"}}}, "output_schema.properties.type.type"),
        ({"type": "object", "properties": {"type": 3}}, "output_schema.properties.type is not valid"),
    ],
)
def test_what_cannot_be_turned_is_said_with_what_to_write(given, words):
    with pytest.raises(SchemaError) as caught:
        sw.Task("T", "Do.", output_schema=given)
    assert words in str(caught.value)


@pytest.mark.filterwarnings("ignore:The task changed")
def test_a_file_keeps_its_older_forms_until_the_task_is_given_again(open_studio, tmp_path):
    path = tmp_path / "a.synth"
    old = {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "dependencies": {"a": ["b"]}}
    stored = sw.Task.from_json({"name": "T", "instruction": "Do.", "output_schema": old})
    studio = open_studio(ScriptedCompleter(), task=stored, path=path)
    studio.add_samples([{"input": "x", "output": {"a": "1"}}], status="kept")
    studio.close()
    alone = open_studio(ScriptedCompleter(), task=None, path=path)
    assert alone.task.output.json == old
    assert alone.samples[0].status == "kept"
    alone.close()
    again = open_studio(ScriptedCompleter(), task=sw.Task("T", "Do.", output_schema=old), path=path)
    assert "dependentRequired" in again.task.output.json
    assert again.samples[0].status == "failed", "it was judged as the schema is read now"


def test_a_stored_example_that_no_longer_complies_closes_no_file():
    task = sw.Task("T", "Do.", output_schema=TRIAGE, examples=[("x", {"kind": "a"})])
    stored = {**task.to_json(), "examples": [["x", {"kind": "c"}], ["y", None]]}
    assert sw.Task.from_json(stored).examples == (("x", {"kind": "c"}), ("y", None))


@pytest.mark.parametrize("name", SCHEMAS)
def test_no_schema_of_real_shape_is_warned_of(name):
    assert findings(SCHEMAS[name]) == []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sw.Task("T", "Do.", input_schema=SCHEMAS[name])


def test_what_pydantic_and_openapi_write_is_not_warned_of():
    class Line(pydantic.BaseModel):
        """A line."""

        note: str = pydantic.Field("", description="Words.", examples=["x"], max_length=3, json_schema_extra={"x-y": 1})
        kind: str = pydantic.Field(deprecated=True, pattern="^a$")

    class Out(pydantic.BaseModel):
        lines: list[Line] = pydantic.Field(min_length=1)
        pair: tuple[int, str] = (1, "")
        more: dict[str, Line] = {}

    openapi = {
        "type": "object",
        "properties": {"a": {"type": "string", "example": "x", "xml": {"name": "a"}, "note": "?"}},
    }
    assert findings(Out.model_json_schema()) == findings(openapi) == []


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (
            {"type": "object", "propertise": {}},
            "output_schema has the key 'propertise', which is no keyword. Did you mean 'properties'?",
        ),
        (
            {"type": "object", "properties": {"a": {"type": "string", "max_length": 3}}},
            "output_schema.properties.a has the key 'max_length', which is no keyword. Did you mean 'maxLength'?",
        ),
        ({"type": "object", "properties": {"a": {"enums": ["b"]}}}, "Did you mean 'enum'?"),
        ({"type": "object", "properties": {"a": {"anyof": [TEXT]}}}, "Did you mean 'anyOf'?"),
        ({"type": "object", "properties": {"a": {"type": "array", "item": TEXT}}}, "Did you mean 'items'?"),
        (
            {"type": "object", "properties": {"a": {"anyOf": [{"type": "number", "minimun": 3}]}}},
            "output_schema.properties.a.anyOf.0 has the key 'minimun'",
        ),
        (
            {"type": "object", "properties": {"a": {"ref": "#/$defs/a"}}, "$defs": {"a": {"Type": "string"}}},
            "Did you mean '$ref'?",
        ),
        ({"type": "object", "properties": {"a": TEXT}, "requried": ["a"]}, "Did you mean 'required'?"),
        (
            {"type": "object", "properties": {"a": {"pattern": "/^[A-Z]+$/i"}}},
            "the pattern '/^[A-Z]+$/i', whose slashes stand for themselves. Did you mean '^[A-Z]+$'?",
        ),
        (
            {"type": "object", "properties": {"a": TEXT}, "required": ["b"]},
            "output_schema requires 'b', which its properties do not declare.",
        ),
        (
            {"type": "object", "properties": {"a": TEXT}, "additonalProperties": False},
            "Did you mean 'additionalProperties'?",
        ),
    ],
)
def test_a_misspelt_keyword_is_warned_of_at_the_line_that_gave_it(schema, said):
    with pytest.warns(UserWarning, match="output_schema") as caught:
        sw.Task("T", "Do.", output_schema=schema)
    assert any(said in str(warning.message) for warning in caught)
    assert {warning.filename for warning in caught} == {__file__}


@pytest.mark.parametrize("keyword", ["properties", "patternProperties", "$defs", "dependentSchemas"])
def test_a_field_may_be_called_whatever_it_likes(keyword):
    fields: dict[str, Any] = {
        name: {"title": "T"} for name in ("Type", "enums", "ref", "max_length", "requried", "items")
    }
    assert findings({"type": "object", keyword: fields, "default": fields, "examples": [fields]}) == []


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {}}, "required": ["b"], "allOf": [{"properties": {"b": {}}}]},
        {"properties": {"a": {}}, "anyOf": [{"properties": {"c": {}}, "required": ["a"]}, {"required": ["b"]}]},
        {"properties": {"a": {}}, "required": ["b"], "additionalProperties": TEXT},
        {"properties": {"a": {}}, "required": ["b1"], "patternProperties": {"^b": {}}},
        {
            "properties": {"b": {}},
            "allOf": [{"$ref": "#/$defs/A"}],
            "$defs": {"A": {"properties": {"a": {}}, "required": ["a", "b"]}},
        },
        {"if": {"properties": {"a": {"const": 1}}, "required": ["a"]}, "then": {"properties": {}, "required": ["b"]}},
    ],
)
def test_a_name_that_is_declared_elsewhere_is_not_warned_of(schema):
    assert findings(schema) == []


def test_fields_called_as_keywords_may_depend_on_others():
    schema = {"type": "object", "dependentRequired": {"items": ["total"], "type": ["A"]}}
    assert current(schema) == schema


def test_a_key_that_goes_on_behind_a_keyword_is_no_slip():
    assert findings(dict.fromkeys(("description_en", "descriptionEn", "requiredIf", "title_de"), "x")) == []
