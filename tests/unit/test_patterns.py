"""Patterns mean what the standard says, in the engine that runs them, and none of them can hang anything."""

from __future__ import annotations

import json
from typing import Any

import pydantic
import pytest

import synth_widgets as sw
from synth_widgets.errors import SchemaError
from synth_widgets.schema.patterns import fault, readable
from synth_widgets.schema.schema import Schema
from synth_widgets.schema.strict import strict_schema
from synth_widgets.testing import ScriptedCompleter

VERDICTS = [
    (r"^abc$", ["abc"], ["abc\n", "\nabc", "abcd"]),
    (r"^abc\z", ["abc"], ["abc\n"]),
    (r"\A[a-z]+\z", ["abc"], ["abc\n", "Abc"]),
    (r"^(?<y>[0-9]{4})-(?<m>[0-9]{2})$", ["2026-02"], ["2026-2", "2026-02\n"]),
    (r"^(?P<y>[0-9]{4})$", ["2026"], ["26"]),
    (r"^\p{Lu}\p{Ll}+$", ["Ärger", "Ωmega"], ["ärger", "Ä1"]),
    (r"^\pL+$", ["größe"], ["a1"]),
    (r"^\P{L}+$", ["123"], ["12a"]),
    (r"^\p{Greek}+$", ["αβγ"], ["abc"]),
    (r"^\p{Script=Greek}+$", ["αβγ"], ["abc"]),
    (r"^[\p{L}\d$]+$", ["a1$"], ["a-1", "a\n"]),
    (r"^[a$]+$", ["a$a"], ["a\n"]),
    (r"^\$[0-9]+$", ["$5"], ["5", "$5\n"]),
    (r"(?m)^b$", ["a\nb\nc", "b"], ["ab"]),
    (r"^(?:a|(?m:b$))", ["b\nc", "a"], ["bc"]),
    (r"(?s)^a.b$", ["a\nb"], ["a\nb\n"]),
    (r"(?i)^abc$", ["ABC"], ["ABC\n"]),
    (r"^\x{1F600}$", ["😀"], ["x"]),
    (r"^\u{1F600}$", ["😀"], ["x"]),
    (r"^[[:alpha:]]+$", ["abc"], ["a1"]),
    (r"^[[:alpha:]$]+$", ["a$"], ["a\n"]),
    (r"^[a-z&&[^aeiou]]+$", ["bcd"], ["bad"]),
    (r"^(a$|b)", ["a", "bc"], ["ab", "a\n"]),
    (r"^\\z$", ["\\z"], ["", "\\z\n"]),
]
"""Patterns with texts that match them and texts that do not."""
OF_ECMA = [
    (r"^(?<a>.)\k<a>$", ["aa"], ["ab"]),
    (r"^\ud83d\ude00$", ["😀"], ["x"]),
    (r"^\u00e4$", ["ä"], ["a"]),
    (r"^\cJ$", ["\n"], ["J"]),
    (r"^a\/b\-c$", ["a/b-c"], ["ab"]),
    (r"^[^]$", ["\n", "a"], ["ab"]),
    (r"^[[x]+$", ["[x["], ["]", "y"]),
    (r"^(?=.*\d)(?!.*\s$).+$", ["a1"], ["a", "1 "]),
    (r"^(?<!x)a$", ["a"], ["a\n"]),
]
"""Those that pydantic's engine cannot read, or reads in another way."""


def schema_of(pattern: str) -> Schema:
    return Schema({"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}})


@pytest.mark.parametrize(("pattern", "right", "wrong"), [*VERDICTS, *OF_ECMA])
def test_a_pattern_matches_what_it_means(pattern, right, wrong):
    schema = schema_of(pattern)
    assert [text for text in right if schema.problem({"a": text})] == []
    assert [text for text in wrong if not schema.problem({"a": text})] == []


@pytest.mark.parametrize(("pattern", "right", "wrong"), VERDICTS)
def test_a_persons_class_and_its_schema_are_of_one_mind(pattern, right, wrong):
    class Out(pydantic.BaseModel):
        a: str = pydantic.Field(pattern=pattern)

    task = sw.Task("T", "Do.", output_schema=Out)
    for text in [*right, *wrong]:
        said = task.output_problem({"a": text}), task.model_problem("x", {"a": text})
        assert (said[0] is None) == (said[1] is None) == (text in right), (text, said)


@pytest.mark.parametrize("pattern", [p for p, _, _ in [*VERDICTS, *OF_ECMA]])
def test_names_of_fields_are_matched_in_the_same_way(pattern):
    right, wrong = next((right, wrong) for p, right, wrong in [*VERDICTS, *OF_ECMA] if p == pattern)
    by_name = Schema({"type": "object", "patternProperties": {pattern: {"const": 1}}, "additionalProperties": False})
    names = Schema({"type": "object", "propertyNames": {"pattern": pattern}})
    rest = Schema({"type": "object", "patternProperties": {pattern: {}}, "unevaluatedProperties": False})
    for text in right:
        assert by_name.problem({text: 1}) is None
        assert by_name.problem({text: 2}) is not None
        assert (names.problem({text: 2}), rest.problem({text: 2})) == (None, None)
    for text in wrong:
        assert "not declared" in (by_name.problem({text: 1}) or "")
        assert "not declared" in (rest.problem({text: 1}) or "")
        assert names.problem({text: 1}) is not None


@pytest.mark.parametrize("pattern", ["(", "[a", r"\p{Nonsense}", "(?<a>x)(?<a", "a{2,1}", r"\u{FFFFFF}"])
def test_what_no_engine_reads_is_refused_with_the_place_and_the_reason(pattern):
    with pytest.raises(SchemaError, match="cannot be read") as caught:
        sw.Task("T", "Do.", output_schema={"type": "object", "properties": {"a": {"pattern": pattern}}})
    assert "output_schema.properties.a" in str(caught.value)
    assert repr(pattern) in str(caught.value)


def test_a_pattern_without_anything_special_stays_as_it_is():
    for plain in ("[0-9]{3}", r"^\w+\s?\.\d\Z", "a|b", "", "^(?:a|b)+", "[]a]", "[^]a]"):
        assert readable(plain) == plain
        assert fault(plain) is None


EVIL = r"^(b|bb)+$"
SLOW = "b" * 60 + "!"


@pytest.mark.parametrize(
    "schema",
    [
        {"patternProperties": {EVIL: {}}, "additionalProperties": False},
        {"patternProperties": {EVIL: {}}, "additionalProperties": {"type": "integer"}},
        {"patternProperties": {EVIL: {}}, "unevaluatedProperties": False},
        {"allOf": [{"patternProperties": {EVIL: {}}}], "unevaluatedProperties": False},
        {"propertyNames": {"pattern": EVIL}},
        {"additionalProperties": {"$ref": "#/$defs/names"}, "$defs": {"names": {"propertyNames": {"pattern": EVIL}}}},
    ],
)
def test_no_keyword_runs_a_pattern_without_a_time_limit(schema):
    value = {SLOW: {SLOW: 1}}
    assert "took longer" in (Schema({"type": "object", **schema}).problem(value) or "")


@pytest.mark.parametrize(
    "draft", ["https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-07/schema#"]
)
def test_a_schema_that_names_its_draft_keeps_the_time_limit_where_it_refers_to_itself(draft):
    tree = {
        "$schema": draft,
        "type": "object",
        "properties": {"name": {"pattern": EVIL}, "below": {"$ref": "#"}, "part": {"$ref": "#/$defs/part"}},
        "$defs": {"part": {"$schema": draft, "properties": {"name": {"pattern": EVIL}}}},
    }
    for value in ({"name": SLOW}, {"below": {"name": SLOW}}, {"part": {"name": SLOW}}):
        assert "took longer" in (Schema(tree).problem(value) or "")
    file = sw.Task.from_json({"name": "T", "instruction": "Do.", "output_schema": tree})
    assert "took longer" in (file.output_problem({"part": {"name": SLOW}}) or "")


@pytest.mark.parametrize(
    ("schema", "value", "extra"),
    [
        ({"properties": {"a": {}}}, {"a": 1, "b": 2}, "b is"),
        ({"allOf": [{"properties": {"a": {}}}], "properties": {"b": {}}}, {"a": 1, "b": 2}, None),
        ({"anyOf": [{"properties": {"a": {"const": 1}}, "required": ["a"]}, {}]}, {"a": 2}, "a is"),
        ({"anyOf": [{"properties": {"a": {"const": 1}}, "required": ["a"]}, {}]}, {"a": 1}, None),
        ({"$ref": "#/$defs/d", "$defs": {"d": {"properties": {"a": {}}}}}, {"a": 1, "b": 1, "c": 1}, "b, c are"),
        ({"if": {"properties": {"a": {"const": 1}}}, "then": {"properties": {"b": {}}}}, {"a": 1, "b": 2}, None),
        ({"if": {"properties": {"a": {"const": 1}}}, "else": {"properties": {"b": {}}}}, {"a": 2, "b": 2}, "a is"),
        ({"dependentSchemas": {"a": {"properties": {"a": {}, "b": {}}}}}, {"a": 1, "b": 2}, None),
        ({"allOf": [{"additionalProperties": True}]}, {"a": 1}, None),
        ({"not": {"properties": {"a": {"const": 2}}, "required": ["a"]}}, {"a": 1}, "a is"),
    ],
)
def test_names_that_no_part_of_a_schema_speaks_of_are_told(schema, value, extra):
    said = Schema({"type": "object", **schema, "unevaluatedProperties": False}).problem(value)
    assert said == (extra and f"{extra} not declared")
    rest = {"type": "object", **schema, "unevaluatedProperties": {"type": "string"}}
    assert (Schema(rest).problem(value) is None) == (extra is None)


def test_signs_that_not_every_endpoint_knows_go_out_as_words():
    for pattern, is_plain in (
        (r"^[A-Z]{2}-\d+$", True),
        (r"^a\z", False),
        (r"^\p{L}+$", False),
        (r"^(?<y>\d)$", False),
    ):
        strict = strict_schema(
            {"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}, "required": ["a"]}
        )
        assert strict is not None
        part = strict["properties"]["a"]
        assert ("pattern" in part) == is_plain
        assert is_plain or json.dumps(pattern) in part["description"]


@pytest.mark.parametrize("pattern", [r"^(?<y>20\d\d)\z", r"^\p{Lu}\p{L}{3}$", r"\Aab\Z"])
def test_a_job_goes_through_with_such_a_pattern(pattern, open_studio):
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"a": {"type": "string", "pattern": pattern}},
        "required": ["a"],
    }
    studio = open_studio(ScriptedCompleter(), task=sw.Task("T", "Do.", output_schema=schema))
    assert studio.grow(topics=1, samples=2).wait(30).failed == 0
    assert {sample.status for sample in studio.samples} == {"draft"}
