"""Going back to a version: what becomes of the verdict, and what is refused."""

from __future__ import annotations

import pytest

import synth_widgets as sw
from synth_widgets.errors import StudioError, UnknownIdError
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import TRIAGE, until

FIRST, SECOND, THIRD = ({"kind": "a", "note": note} for note in ("first", "second", "third"))


@pytest.fixture
def own(open_studio):
    """A studio with one draft of three versions, all of one input: the person's, then two edits."""
    studio = open_studio(ScriptedCompleter(), task=TRIAGE)
    studio.add_samples([{"input": "Where is it?", "output.kind": "a", "output.note": "first"}])
    for output in (SECOND, THIRD):
        studio.edit(studio.samples[0], output=output)
    return studio


def only(studio):
    return studio.samples[0]


def held(studio):
    return studio._state.samples[only(studio).id]


def numbers(studio):
    return [version.n for version in only(studio).versions]


@pytest.mark.parametrize("status", ["draft", "kept", "rejected"])
def test_another_output_leaves_the_verdict_and_undo_goes_forth_again(own, status):
    if status == "kept":
        own.keep(only(own))
    elif status == "rejected":
        own.reject(only(own), "dull")
    assert own.revert(only(own), numbers(own)[0]) == {}
    assert (only(own).output, only(own).status) == (FIRST, status)
    assert only(own).reason == ("dull" if status == "rejected" else None)
    assert len(numbers(own)) == 3
    assert own.undo().label == f"Go back to version {numbers(own)[0]}"
    assert (only(own).output, only(own).status) == (THIRD, status)


def test_an_edit_after_going_back_is_a_version_of_its_own(own):
    first, second, third = numbers(own)
    own.revert(only(own), second)
    own.edit(only(own), output={"kind": "b", "note": "fourth"})
    assert numbers(own) == [first, second, third, third + 1]
    own.revert(only(own), third)
    assert only(own).output == THIRD


def test_another_input_makes_a_draft_and_an_output_that_was_carried_over_is_stale(own):
    *_, third = numbers(own)
    own.keep(only(own))
    own.edit(only(own), input="Where is my parcel?")
    assert held(own).stale
    assert own.revert(only(own), third) == {}
    assert (only(own).input, only(own).status, held(own).stale) == ("Where is it?", "draft", False)
    own.keep(only(own))
    assert own.revert(only(own), third + 1) == {}
    assert (only(own).input, only(own).status, held(own).stale) == ("Where is my parcel?", "draft", True)


def test_a_stale_version_comes_back_as_a_draft_although_its_input_is_the_current_one(own):
    own.edit(only(own), input="Where is my parcel?")
    stale = numbers(own)[-1]
    own.edit(only(own), output=FIRST)
    own.keep(only(own))
    assert held(own).stale is False
    own.revert(only(own), stale)
    assert (only(own).output, only(own).status, held(own).stale) == (THIRD, "draft", True)


def test_the_same_answer_to_another_input_is_not_stale(open_studio):
    studio = open_studio(ScriptedCompleter(answers=lambda r: FIRST if r.step == "outputs" else None), task=TRIAGE)
    studio.grow(depth=0, samples=1).wait(10)
    before = numbers(studio)[-1]
    studio.regenerate(only(studio), part="input").wait(10)
    after = numbers(studio)[-1]
    studio.revert(only(studio), before)
    studio.revert(only(studio), after)
    assert (only(studio).output, held(studio).stale, only(studio).status) == (FIRST, False, "draft")


def test_a_waiting_version_is_taken_or_declined_by_the_choice(open_studio):
    given = iter([FIRST, SECOND, THIRD])
    studio = open_studio(ScriptedCompleter(answers=lambda r: next(given) if r.step == "outputs" else None), task=TRIAGE)
    studio.grow(depth=0, samples=1).wait(10)
    studio.regenerate(only(studio)).wait(10)
    studio.keep(only(studio))
    studio.regenerate(only(studio)).wait(10)
    first, _second, third = (v.n for v in only(studio).versions if v.output is not None)
    assert studio.revert(only(studio), first) == {}
    assert (only(studio).output, only(studio).status, held(studio).proposal) == (FIRST, "kept", None)
    studio.undo()
    assert (only(studio).output, held(studio).proposal) == (SECOND, third)
    assert studio.revert(only(studio), third) == {}
    assert (only(studio).output, only(studio).status, held(studio).proposal) == (THIRD, "kept", None)


def test_an_unfinished_edit_stays(own):
    own.edit(only(own), output={"kind": "z", "note": "x"})
    own.revert(only(own), numbers(own)[0])
    assert held(own).unfinished["output"] == {"kind": "z", "note": "x"}


def test_the_current_version_changes_nothing(own):
    rev = own._core.store.state.next_undo()
    assert own.revert(only(own), numbers(own)[-1]) == {}
    assert own._core.store.state.next_undo() is rev


def test_a_version_without_an_output_is_for_samples_that_have_none(open_studio):
    studio = open_studio(ScriptedCompleter(), task=TRIAGE)
    studio.grow(depth=0, samples=1, outputs=False).wait(10)
    studio.edit(only(studio), input="Another one.")
    first, second = numbers(studio)
    assert studio.revert(only(studio), first) == {}
    assert (only(studio).status, only(studio).input != "Another one.") == ("pending", True)
    studio.edit(only(studio), output=FIRST)
    assert studio.revert(only(studio), second) == {only(studio).id: f"version {second} has no output"}


def test_a_version_that_no_longer_complies_is_refused_with_the_reason(own, open_studio):
    schema = {**TRIAGE.output.json, "properties": {"kind": {"enum": ["b"]}, "note": {"type": "string"}}}
    own.edit(only(own), output={"kind": "b", "note": "fits"})
    task = sw.Task("Triage", "Sort the message.", output_schema=schema)
    own._core.change_task(task)
    refused = own.revert(only(own), numbers(own)[0])
    assert refused == {only(own).id: f'version {numbers(own)[0]} does not comply: output: kind: "a" is not one of b'}
    assert only(own).output == {"kind": "b", "note": "fits"}


def test_a_wrong_number_is_said_in_words(own):
    with pytest.raises(StudioError, match=r"no version 99\. It has: \d, \d, \d\."):
        own.revert(only(own), 99)
    with pytest.raises(StudioError, match="not '1'"):
        own.revert(only(own), "1")
    with pytest.raises(UnknownIdError):
        own.revert("0000000000", 1)


def test_what_comes_after_a_person_went_back_waits_for_a_choice(open_studio):
    given = iter([FIRST, SECOND, THIRD])
    latency = iter([0, 0, 0.3])
    model = ScriptedCompleter(
        answers=lambda r: next(given) if r.step == "outputs" else None,
        latency=lambda r: next(latency) if r.step == "outputs" else 0,
    )
    studio = open_studio(model, task=TRIAGE)
    studio.grow(depth=0, samples=1).wait(10)
    first = numbers(studio)[-1]
    studio.regenerate(only(studio)).wait(10)
    job = studio.regenerate(only(studio))
    studio.revert(only(studio), first)
    job.wait(10)
    assert (only(studio).output, held(studio).proposal) == (FIRST, numbers(studio)[-1])
    assert studio.accept(only(studio)) == {}
    assert only(studio).output == THIRD


def test_a_new_version_that_is_taken_after_its_forerunner_was_undone_is_a_draft(open_studio):
    model = ScriptedCompleter(latency=lambda request: 1 if len(model.requests) > 2 else 0)
    studio = open_studio(model, task=TRIAGE)
    studio.grow(depth=0, samples=1, outputs=False).wait(10)
    studio.generate_outputs().wait(10)
    job = studio.regenerate(only(studio))
    until(lambda: model.in_flight == 1)
    studio.undo()
    assert (only(studio).output, only(studio).status) == (None, "pending")
    job.wait(10)
    assert held(studio).is_proposed, "the sample is another one than was asked about"
    assert studio.accept(only(studio)) == {}
    assert only(studio).output is not None
    assert only(studio).status == "draft"
    assert studio.keep(only(studio)) == {}
    assert len(studio.to_pandas()) == 1
