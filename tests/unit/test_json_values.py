"""JSON values are compared as JSON: what Python's ``==`` takes for one value, 1 and true among them, is told apart."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import synth_widgets as sw
from synth_widgets import task_differences
from synth_widgets.errors import StudioError
from synth_widgets.fake_values import FakeValues
from synth_widgets.llm.completer import Request
from synth_widgets.llm.structured.extract import extract_json, listed
from synth_widgets.llm.transports.openai_http import OpenAICompleter
from synth_widgets.schema.request_schema import RequestSchema
from synth_widgets.schema.schema import Schema
from synth_widgets.schema.strict import strict_schema
from synth_widgets.testing import ScriptedCompleter
from synth_widgets.text.normal import identity, normal_form, same
from tests.endpoint import Endpoint

VALUES = st.recursive(
    st.sampled_from([None, False, True, 0, 1, 0.0, 1.0, 2.5, "", "1", "true", 10**20, 1e20]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)


def flags(*values: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"flag": {"enum": list(values)}}, "required": ["flag"]}


def task_of(output: Any, **more: Any) -> sw.Task:
    return sw.Task("Flags", "Say whether it is so.", output_schema=output, **more)


@given(VALUES, VALUES)
def test_values_are_the_same_where_their_texts_are(a, b):
    texts = [json.dumps(value, sort_keys=True) for value in (a, b)]
    assert same(a, b) == (texts[0] == texts[1])


@given(VALUES, VALUES)
def test_two_values_have_one_identity_where_the_standard_calls_them_equal(a, b):
    is_equal = Schema({"type": ["object", "string"], "const": a}).problem(b) is None
    wanted = is_equal if isinstance(a, dict | str) else _equal(a, b)
    assert (identity(a) == identity(b)) == wanted
    assert identity(a) != identity(b) or hash(identity(a)) == hash(identity(b))


def _equal(a: Any, b: Any) -> bool:
    """As the standard says it, word for word."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_equal, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_equal(a[key], b[key]) for key in a)
    return bool(a == b)


@pytest.mark.filterwarnings("ignore:The task changed")
def test_a_schema_that_changes_from_numbers_to_booleans_is_seen_and_its_samples_are_judged_anew(open_studio, tmp_path):
    path = tmp_path / "a.synth"
    studio = open_studio(ScriptedCompleter(), task=task_of(flags(0, 1)), path=path)
    studio.add_samples([{"input": "So?", "output": {"flag": 1}}], status="kept")
    studio.close()
    again = open_studio(ScriptedCompleter(), task=task_of(flags(False, True)), path=path)
    assert len(again._state.tasks) == 2
    assert again.task.output.json == flags(False, True)
    assert again.samples[0].status == "failed"
    assert again.samples[0].reason == "output: flag: 1 is not one of false, true"


@pytest.mark.parametrize(("old", "new"), [(0, False), (True, 1), (1, 1.0), ([1], [True]), ({"a": 0}, {"a": False})])
def test_a_task_differs_wherever_one_value_of_it_does(old, new):
    def tasks(value):
        return (
            (task_of(flags("a", value)), ["output.flag changed"]),
            (task_of({**flags("a"), "default": value}), ["output schema"]),
            (task_of(None, input_schema={"title": "Any."}, examples=[[value]]), ["examples"]),
        )

    for (before, said), (after, _) in zip(tasks(old), tasks(new), strict=True):
        assert before != after
        assert before == sw.Task.from_json(json.loads(json.dumps(before.to_json())))
        assert task_differences.differences(before, after) == said


def test_each_schema_goes_out_in_its_own_form():
    for values in ([0, 1], [False, True], [0.0, 1.0]):
        request_schema = RequestSchema.of(flags(*values))
        assert json.dumps(request_schema.strict["properties"]["flag"]["enum"]) == json.dumps(values)


async def test_each_schema_is_asked_for_as_it_is_by_one_and_the_same_completer():
    with Endpoint() as endpoint:
        completer = OpenAICompleter(sw.Model("openai/any", api_base=endpoint.url, api_key=endpoint.key))
        wishes = [
            completer.json_wish(Request([], schema=flags(*values), mode="tools"))
            for values in ([0, 1], [False, True], [0, 1])
        ]
    asked = [wish["tools"][0]["function"]["parameters"]["properties"]["flag"]["enum"] for wish in wishes]
    assert json.dumps(asked) == "[[0, 1], [false, true], [0, 1]]"


def test_an_unfinished_edit_is_replaced_by_another_value(open_studio):
    schema = {"type": "object", "properties": {"flag": {}, "n": {"type": "integer"}}, "required": ["n"]}
    studio = open_studio(ScriptedCompleter(), task=task_of(schema))
    studio.add_samples([{"input": "So?", "output": {"flag": "x", "n": 1}}])
    ident = studio.samples[0].id
    for flag in (1, True, 1.0):
        assert studio.edit(ident, output={"flag": flag, "n": "one"})
        assert json.dumps(studio._state.samples[ident].unfinished["output"]["flag"]) == json.dumps(flag)
    studio.undo()
    assert studio._state.samples[ident].unfinished["output"]["flag"] is True
    assert studio.edit(ident, output={"flag": 1, "n": 2}) == {}
    assert studio.samples[ident].output["flag"] == 1


@pytest.mark.filterwarnings("ignore:The task changed")
def test_a_frame_that_was_taken_under_another_schema_is_not_taken_back(open_studio, tmp_path):
    path = tmp_path / "a.synth"
    studio = open_studio(ScriptedCompleter(), task=task_of(flags("x", 0, 1)), path=path)
    studio.add_samples([{"input": "So?", "output": {"flag": "x"}}], status="kept")
    frame = studio.to_pandas()
    again = open_studio(ScriptedCompleter(), task=task_of(flags("x", False, True)), path=path)
    with pytest.raises(StudioError, match="schemas changed"):
        again.update(frame)


@pytest.mark.filterwarnings("ignore:The task changed")
@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        ("integer", "boolean", 1),
        ("boolean", "integer", True),
        ("boolean", "number", False),
        ("number", "string", 1.5),
        ("boolean", "string", True),
        ("array", "string", [1]),
    ],
)
def test_a_frame_holds_what_an_older_sample_holds(old, new, value, open_studio, tmp_path):
    def typed(kind):
        return task_of({"type": "object", "properties": {"flag": {"type": kind}}, "required": ["flag"]})

    path = tmp_path / "a.synth"
    studio = open_studio(ScriptedCompleter(), task=typed(old), path=path)
    studio.add_samples([{"input": "So?", "output": {"flag": value}}])
    studio.close()
    again = open_studio(ScriptedCompleter(), task=typed(new), path=path)
    cell = again.to_pandas(status="all")["output.flag"].iloc[0]
    assert json.dumps(cell) == json.dumps(value)


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": 1, "b": 2}, {"a": 1.0, "b": 2}, True),
        ({"a": 1, "b": 2}, {"a": True, "b": 2}, False),
    ],
)
def test_an_answer_that_is_written_twice_is_one_answer(one, other, is_one):
    def check(value):
        return value, None if isinstance(value, dict) and value.keys() == {"a", "b"} else "another shape is wanted"

    twice = f"{json.dumps(one)}\nand once more:\n{json.dumps(other)}"
    assert extract_json(twice, check)[0] == (one if is_one else None)
    lists = json.dumps({"first": [one], "again": [other]})
    assert [item.value for item in listed(lists, check)] == ([one] if is_one else [])


def test_models_with_other_parameters_are_other_models():
    assert sw.Model("openai/any", logprobs=True) != sw.Model("openai/any", logprobs=1)
    assert sw.Model("openai/any", temperature=1) == sw.Model("openai/any", temperature=1)


@pytest.mark.parametrize(
    ("items", "is_unique"),
    [
        ([1, True], True),
        ([[1], [True], [1]], False),
        ([[1], [True]], True),
        ([1, 1.0], False),
        ([{"a": 1}, {"a": True}, {"a": 1.0}], False),
        ([0, -0.0], False),
        (["1", 1, True, None, "true"], True),
        ([{"a": 1, "b": 2}, {"b": 2, "a": 1}], False),
    ],
)
def test_items_are_unique_by_the_standards_rule(items, is_unique):
    schema = Schema({"type": "array", "uniqueItems": True})
    assert schema.problem(items) == (None if is_unique else "an item is there twice")


def test_made_up_items_are_unique_by_it_too():
    made = FakeValues(3).value({"type": "array", "items": {"enum": [1, True, 1.0]}, "uniqueItems": True, "minItems": 2})
    assert len({identity(value) for value in made}) == 2


def test_what_both_parts_of_a_schema_allow_is_found_by_value():
    both = {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"allOf": [{"enum": [1, 2]}, {"enum": [True, 2]}]}},
    }
    strict = strict_schema(both)
    assert strict is not None
    assert strict["properties"]["a"]["enum"] == [2]
    assert strict_schema({**both, "properties": {"a": {"allOf": [{"const": 1}, {"const": True}]}}}) is None


@given(VALUES.filter(lambda value: not isinstance(value, str)), VALUES.filter(lambda value: not isinstance(value, str)))
def test_values_that_are_no_texts_repeat_one_another_only_where_they_are_equal(a, b):
    assert (normal_form(a) == normal_form(b)) == (identity(a) == identity(b))


def test_inputs_that_differ_in_a_sign_or_in_who_has_what_are_both_kept(open_studio):
    schema = {"type": "object", "properties": {"n": {}, "on": {}, "to": {"type": "string"}}}
    inputs = [
        *({"n": -3}, {"n": 3}, {"n": 1.5}, {"n": "1 5"}, {"on": True}, {"on": "true"}),
        *({"on": "x", "to": "y"}, {"on": "x to y"}),
    ]
    listed = {"items": [*inputs[:2], {"n": 3.0}, *inputs[2:7], {"to": "Y.", "on": "X"}, *inputs[7:]]}
    studio = open_studio(
        ScriptedCompleter(answers=lambda request: listed if request.step == "inputs" else None),
        task=sw.Task("N", "Say n.", input_schema=schema),
    )
    result = studio.grow(depth=0, samples=8, outputs=False).wait(30)
    assert [sample.input for sample in studio.samples] == inputs
    assert result.added == 8


def test_a_task_can_be_pickled_after_it_checked_something():
    task = task_of(flags(0, 1))
    assert task.output_problem({"flag": True}) is not None
    again = pickle.loads(pickle.dumps(task))  # noqa: S301 - our own
    assert again == task
    assert again.output_problem({"flag": True}) == task.output_problem({"flag": True})
