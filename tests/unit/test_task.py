"""A task: what it refuses, what it sends, and that it comes back from the file as it was."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle
import re

import numpy as np
import pandas as pd
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synth_widgets as sw
from synth_widgets.errors import TaskError
from synth_widgets.task import as_text
from tests.tasks import PLAIN, TICKETS, TRIAGE


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": " "}, "A task's name is text"),
        ({"instruction": None}, "A task's instruction is text"),
        ({"requirements": "Be brief."}, "requirements is a list"),
        ({"requirements": [""]}, "A requirement is a sentence"),
        ({"requirements": [3]}, "A requirement is a sentence"),
        ({"examples": [("a", "b", "c")]}, r"an \(input, output\) pair"),
        ({"examples": [{"a": 1}]}, "The input of the example .* does not comply: text is wanted"),
        ({"examples": [("ok", 3)]}, "The output of the example .* does not comply"),
        ({"examples": "hello"}, r"examples is a list: examples=\['Where.* of type str"),
        ({"examples": b"hello"}, "of type bytes"),
        ({"examples": {"input": "a", "output": "b"}}, "of type dict"),
        ({"examples": {"a", "b"}}, "of type set"),
        ({"examples": None}, "examples is a list"),
        ({"examples": 3}, "examples is a list"),
        ({"examples": pd.DataFrame({"input": ["a"], "output": ["b"]})}, "of type DataFrame"),
        ({"examples": sw.Requirement("One.")}, "examples is a list"),
        (
            {"examples": ("I am Ada.", "Hello, Ada!")},
            r"one pair or two inputs. Write \[\('I am Ada.', 'Hello, Ada!'\)\]",
        ),
        ({"examples": [{"input": "a", "output": "b"}]}, r"as a pair, \(input, output\)"),
        ({"examples": [None]}, "has no input"),
        ({"examples": [float("nan")]}, "nan is no JSON value"),
        ({"examples": ["a", pd.NA]}, "no JSON value"),
        ({"examples": [("a", float("nan"))]}, "nan is no JSON value"),
        ({"examples": [("a", object())]}, "object is no JSON value"),
        ({"examples": [dt.date(2026, 1, 2), 3]}, "text is wanted, not int"),
        ({"requirements": {"brief": "Be brief."}}, "requirements is a list.*of type dict"),
        ({"requirements": None}, "requirements is a list"),
        ({"requirements": 3}, "requirements is a list"),
        ({"requirements": pd.DataFrame({"text": ["a"]})}, "of type DataFrame"),
    ],
)
def test_what_cannot_be_a_task_is_refused_in_words(arguments, words):
    given = {"name": "T", "instruction": "Do.", **arguments}
    with pytest.raises(TaskError, match=words):
        sw.Task(given.pop("name"), given.pop("instruction"), **given)


OPEN = {"type": "object"}


@pytest.mark.parametrize("record", [{"input": "a", "output": "b"}, {"input": {"a": 1}}])
def test_a_record_of_input_and_output_is_no_input_whatever_the_schema_takes(record):
    with pytest.raises(TaskError, match="as a pair"):
        sw.Task("T", "Do.", input_schema=OPEN, examples=[record])
    with pytest.raises(TaskError, match="of type dict"):
        sw.Task("T", "Do.", input_schema=OPEN, examples=record)
    with pytest.raises(TaskError, match="of type Given"):
        sw.Task("T", "Do.", input_schema=OPEN, examples=Given(input=1))
    fields = {"input": {}, "output": {}}
    task = sw.Task("T", "Do.", input_schema={"type": "object", "properties": fields}, examples=[record])
    assert task.examples == ((record, None),)


class Given(pydantic.BaseModel):
    input: int


def test_examples_may_be_whatever_has_an_order_and_hold_what_has_a_form_in_json():
    texts = ["a", "b"]
    for examples in (texts, pd.Series(texts), np.array(texts), iter(texts), dict.fromkeys(texts).keys()):
        assert sw.Task("T", "Do.", examples=examples).examples == (("a", None), ("b", None))
    pairs = {"a": "x", "b": "y"}
    for examples in (pairs.items(), list(pairs.items()), tuple(pairs.items()), zip("ab", "xy", strict=True)):
        assert sw.Task("T", "Do.", examples=examples).pairs == (("a", "x"), ("b", "y"))
    assert sw.Task("T", "Do.", examples=("a", "b", "c")).examples[2] == ("c", None)
    row = {
        "n": np.int64(3),
        "at": dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
        "x": np.float32(0.5),
        "list": np.array([1, 2]),
    }
    task = sw.Task("T", "Do.", input_schema=OPEN, examples=[row])
    assert task.examples[0][0] == {"n": 3, "at": "2026-01-02T00:00:00+00:00", "x": 0.5, "list": [1, 2]}
    json.dumps(task.to_json(), allow_nan=False)


def test_a_file_with_examples_that_are_refused_today_still_opens():
    stored = {"name": "T", "instruction": "Do.", "input_schema": OPEN, "output_schema": None, "requirements": []}
    task = sw.Task.from_json({**stored, "examples": [[{"input": 1, "x": float("nan")}, None], [None, None]]})
    assert task.examples == (({"input": 1, "x": None}, None),)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda task: pickle.loads(pickle.dumps(task))])  # noqa: S301
def test_a_task_that_was_used_is_copied_and_pickled(again):
    task = sw.Task(
        "T", "Do.", requirements=["One."], input_schema=OPEN, output_schema=Given, examples=[({}, Given(input=1))]
    )
    assert task.output_problem({"input": "x"})
    twin = again(task)
    assert twin == task
    assert twin.has_models
    assert twin.output_problem({"input": "x"}) == task.output_problem({"input": "x"})


def test_a_requirement_has_one_of_four_priorities():
    with pytest.raises(TaskError, match="p0, p1, p2, p3"):
        sw.Requirement("Be brief.", priority="high")
    task = sw.Task("T", "Do.", requirements=["One.", sw.Requirement("Zero.", priority="p0"), "Two."])
    assert task.system() == "Do.\n\nRequirements:\n- Zero.\n- One.\n- Two."
    assert sw.Task("T", "  Do. ").system() == "Do."


def test_messages_are_what_the_trained_model_will_see():
    assert PLAIN.messages("I am Ada.") == [
        {"role": "system", "content": "Greet the person by name."},
        {"role": "user", "content": "I am Ada."},
    ]
    assert (
        TICKETS.messages({"subject": "Grüße", "urgent": True})[1]["content"] == '{"subject": "Grüße", "urgent": true}'
    )


def test_examples_are_checked_and_only_pairs_serve_as_answers():
    class Out(pydantic.BaseModel):
        kind: str

    task = sw.Task("T", "Do.", output_schema=Out, examples=["only an input", ("both", Out(kind="x"))])
    assert task.examples == (("only an input", None), ("both", {"kind": "x"}))
    assert task.pairs == (("both", {"kind": "x"}),)


@given(name=st.text(min_size=1, max_size=300).filter(lambda text: text.strip()))
def test_a_name_gives_a_file_name_that_every_system_takes(name):
    try:
        slug = sw.Task(name, "Do.").slug
    except TaskError:
        return
    assert slug
    assert not re.search(r'[\s/\\:*?"<>|\x00-\x1f]', slug)
    assert len(f"{slug}.synth.lock-wal".encode()) <= 255


def test_the_file_name_is_what_a_person_would_have_written():
    assert sw.Task("Support triage (v2)", "Do.").slug == "support-triage-v2"
    assert sw.Task("Übersetzung", "Do.").slug == "übersetzung"
    assert sw.Task("???", "Do.").slug == "task"


TEXT = st.text(min_size=1, max_size=20).filter(lambda text: text.strip())


PRIORITY = st.sampled_from(("p0", "p1", "p2", "p3"))


@given(
    name=TEXT,
    instruction=TEXT,
    requirements=st.lists(
        st.builds(sw.Requirement, TEXT, st.none() | TEXT, st.sampled_from(("p0", "p1", "p3"))), max_size=3
    ),
    examples=st.lists(st.tuples(TEXT, st.none() | TEXT), max_size=3),
)
def test_a_task_comes_back_from_json_as_it_was(name, instruction, requirements, examples):
    task = sw.Task(name, instruction, requirements=requirements, examples=examples)
    told = json.loads(json.dumps(task.to_json()))
    assert sw.Task.from_json(told) == task
    assert sw.Task.from_json(told).messages("x") == task.messages("x")


@pytest.mark.parametrize("task", [PLAIN, TRIAGE, TICKETS])
def test_schemas_come_back_too(task):
    again = sw.Task.from_json(json.loads(json.dumps(task.to_json())))
    assert again == task
    assert again.output_problem({"kind": "c"}) == task.output_problem({"kind": "c"})
    assert hash(again) == hash(task)


def test_text_is_sent_as_it_is_and_values_as_json():
    assert as_text('say "hi"') == 'say "hi"'
    assert as_text(["é"]) == '["é"]'
