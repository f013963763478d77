"""Nothing that does not comply with the task is kept, whichever way a sample came to be what it is."""

from __future__ import annotations

import pytest

import synth_widgets as sw
from synth_widgets.records import Json
from synth_widgets.testing import ScriptedCompleter

NUMBER = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
TEXT = {"type": "object", "properties": {"n": {"type": "string"}}, "required": ["n"]}


def task_of(input: Json, output: Json) -> sw.Task:
    return sw.Task("Count", "Count.", input_schema=input, output_schema=output)


@pytest.fixture
def changed(open_studio, tmp_path):
    """Open a studio with rows that complied, and again with another task under which they may not."""

    def open_(rows, before, after, model=None):
        path = tmp_path / "a.synth"
        studio = open_studio(task=before, path=path)
        studio.add_samples(rows, status="draft" if "output" in rows[0] else "pending")
        studio.close()
        again = open_studio(model or ScriptedCompleter(), task=after, path=path)
        return again, again.samples[0].id

    return open_


@pytest.mark.filterwarnings("ignore:The task changed")
def test_an_edited_input_does_not_vouch_for_an_output_that_fails(changed):
    rows = [{"input": {"n": 1}, "output": {"n": 1}}]
    studio, ident = changed(rows, task_of(NUMBER, NUMBER), task_of(NUMBER, TEXT))
    assert studio.samples[ident].status == "failed"
    assert "output" in studio.edit(ident, input={"n": 2})[ident]
    assert studio.keep(ident)
    assert studio.samples[ident].status == "failed"
    assert studio.edit(ident, output={"n": "two"}) == {}, "the input of the unfinished edit goes along"
    assert studio.samples[ident].input == {"n": 2}
    assert studio.keep(ident) == {}


@pytest.mark.filterwarnings("ignore:The task changed")
def test_the_current_values_discard_an_edit_of_a_sample_that_fails(changed):
    rows = [{"input": {"n": 1}, "output": {"n": 1}}]
    studio, ident = changed(rows, task_of(NUMBER, NUMBER), task_of(NUMBER, TEXT))
    studio.edit(ident, input={"n": 2})
    assert studio.edit(ident, input={"n": 1}) == {}
    assert studio._state.samples[ident].unfinished is None


def test_an_output_is_not_asked_for_an_input_that_the_task_no_longer_takes(changed):
    model = ScriptedCompleter()
    studio, ident = changed([{"input": {"n": 1}}], task_of(NUMBER, NUMBER), task_of(TEXT, NUMBER), model)
    result = studio.generate_outputs().wait(10)
    assert (result.added, result.failed) == (0, 1)
    assert model.requests == []
    assert studio.samples[ident].status == "failed"
    assert "input" in str(studio.samples[ident].reason)
    assert studio.samples[ident].input == {"n": 1}
    assert studio.keep(ident)
    studio.edit(ident, input={"n": "one"})
    studio.generate_outputs(ident).wait(10)
    assert studio.keep(ident) == {}


@pytest.mark.filterwarnings("ignore:The task changed")
def test_a_regenerated_output_does_not_vouch_for_an_input_that_fails(changed):
    rows = [{"input": {"n": 1}, "output": {"n": 1}}]
    studio, ident = changed(rows, task_of(NUMBER, NUMBER), task_of(TEXT, NUMBER))
    result = studio.regenerate(ident).wait(10)
    assert result.failed == 1
    assert studio.keep(ident)
    assert studio.samples[ident].output == {"n": 1}
    studio.regenerate(ident, part="input").wait(10)
    assert studio.keep(ident) == {}


@pytest.mark.filterwarnings("ignore:The task changed")
def test_a_failed_sample_keeps_its_output_when_no_better_one_comes(changed):
    model = ScriptedCompleter(faults=dict.fromkeys(range(1, 9), "garbage"))
    rows = [{"input": {"n": 1}, "output": {"n": 1}}]
    studio, ident = changed(rows, task_of(NUMBER, NUMBER), task_of(NUMBER, TEXT), model)
    assert studio.regenerate(ident).wait(10).failed == 1
    assert studio.samples[ident].status == "failed"
    assert studio.samples[ident].output == {"n": 1}


@pytest.mark.filterwarnings("ignore:The task changed")
def test_a_new_version_that_is_taken_makes_a_failed_sample_a_draft(open_studio, tmp_path):
    path = tmp_path / "a.synth"
    studio = open_studio(ScriptedCompleter(answers=[{"n": "7"}]), task=task_of(NUMBER, {"type": "object"}), path=path)
    studio.add_samples([{"input": {"n": 1}, "output": {"n": 1}}], status="kept")
    ident = studio.samples[0].id
    studio.regenerate(ident).wait(10)
    studio.close()
    again = open_studio(task=task_of(NUMBER, TEXT), path=path)
    assert again.samples[ident].status == "failed"
    assert again.accept(ident) == {}
    assert (again.samples[ident].status, again.samples[ident].reason) == ("draft", None)


def test_what_has_no_output_is_left_alone_where_only_inputs_are_wanted(open_studio):
    model = ScriptedCompleter(faults=lambda _n, request: "garbage" if request.step == "outputs" else None)
    studio = open_studio(model)
    studio.grow(depth=0, samples=2).wait(10)
    assert {s.status for s in studio.samples} == {"failed"}
    estimate = studio.estimate("grow", depth=0, samples=2, outputs=False)
    assert estimate.calls == (0, 0)
    assert studio.grow(depth=0, samples=2, outputs=False).wait(10).failed == 0
