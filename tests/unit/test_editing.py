"""Edits, stars, tags, regeneration and proposals; and what a changed task does to samples that stand."""

from __future__ import annotations

import pytest

import synth_widgets as sw
from synth_widgets.errors import ReadOnlyError, StudioError, UnknownIdError
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import TRIAGE, until

GOOD = {"kind": "a", "note": "first"}


@pytest.fixture
def one(open_studio):
    """A studio with one draft."""
    studio = open_studio(ScriptedCompleter(), task=TRIAGE)
    studio.grow(depth=0, samples=1).wait(10)
    return studio


def answering(*outputs, **options):
    """A completer whose outputs come in this order."""
    given = iter(outputs)
    return ScriptedCompleter(answers=lambda request: next(given) if request.step == "outputs" else None, **options)


def only(studio):
    return studio.samples[0]


def held(studio):
    return studio._state.samples[only(studio).id]


# ------------------------------------------------------------ edits
def test_a_valid_edit_is_a_new_version_and_leaves_the_verdict(one):
    one.keep(only(one))
    assert one.edit(only(one), output=GOOD) == {}
    assert (only(one).status, only(one).output, only(one).versions[-1].origin) == ("kept", GOOD, "edited")
    assert one.to_pandas()["output.note"].tolist() == ["first"]


def test_an_invalid_edit_waits_unfinished_and_a_kept_sample_goes_on_as_it_was(one):
    before = only(one).output
    one.keep(only(one))
    refused = one.edit(only(one), output={"kind": "z", "note": "x"})
    assert list(refused) == [only(one).id]
    assert "z" in refused[only(one).id]
    assert held(one).unfinished["output"] == {"kind": "z", "note": "x"}
    assert only(one).status == "kept"
    assert only(one).output == before
    one.restore(only(one))
    assert "unfinished" in one.keep(only(one))[only(one).id]
    assert one.edit(only(one), output=GOOD) == {}
    assert held(one).unfinished is None
    assert one.keep(only(one)) == {}


def test_giving_the_current_value_discards_an_unfinished_edit(one):
    before = only(one)
    one.edit(before, output={"kind": "z"})
    one.edit(before, output=before.output)
    assert held(one).unfinished is None
    assert len(only(one).versions) == len(before.versions)


def test_an_edited_input_makes_a_stale_draft_until_it_is_kept(one):
    one.keep(only(one))
    one.edit(only(one), input="Where is my parcel?")
    assert (only(one).status, held(one).stale) == ("draft", True)
    one.keep(only(one))
    assert (only(one).status, held(one).stale) == ("kept", False)


def test_an_unfinished_input_stays_when_the_output_is_edited(open_studio):
    task = sw.Task("T", "Do.", input_schema={"type": "object", "properties": {"a": {"type": "integer"}}})
    studio = open_studio(ScriptedCompleter(), task=task)
    studio.grow(depth=0, samples=1).wait(10)
    studio.edit(only(studio), input={"a": "x"})
    assert studio.edit(only(studio), output="fine") != {}
    assert held(studio).unfinished["output"] == "fine"
    assert studio.edit(only(studio), input={"a": 1}) == {}
    assert (only(studio).input, only(studio).output) == ({"a": 1}, "fine")


def test_a_failed_sample_with_a_valid_edit_is_a_draft(open_studio):
    studio = open_studio(answering(*["no JSON"] * 3), task=TRIAGE)
    studio.grow(depth=0, samples=1).wait(10)
    assert only(studio).status == "failed"
    studio.edit(only(studio), output=GOOD)
    assert (only(studio).status, only(studio).reason) == ("draft", None)


def test_true_is_not_one(open_studio):
    task = sw.Task("T", "Do.", output_schema={"type": "object", "properties": {"a": {}}})
    studio = open_studio(answering({"a": 1}), task=task)
    studio.grow(depth=0, samples=1).wait(10)
    studio.edit(only(studio), output={"a": True})
    assert only(studio).output["a"] is True


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({}, "what to change"), ({"output": None}, "no output"), ({"output": {1, 2}}, "not plain JSON")],
)
def test_an_edit_that_says_nothing_is_refused_in_words(one, arguments, words):
    with pytest.raises(StudioError, match=words):
        one.edit(only(one), **arguments)
    with pytest.raises(UnknownIdError):
        one.edit("0000000000", output=GOOD)


def test_the_persons_own_validator_runs_on_edits(open_studio):
    from pydantic import BaseModel, field_validator

    class Even(BaseModel):
        n: int

        @field_validator("n")
        @classmethod
        def even(cls, value):
            if value % 2:
                raise ValueError("must be even")
            return value

    studio = open_studio(answering({"n": 2}), task=sw.Task("T", "Do.", output_schema=Even))
    studio.grow(depth=0, samples=1).wait(10)
    assert "must be even" in studio.edit(only(studio), output={"n": 3})[only(studio).id]
    assert studio.edit(only(studio), output=Even(n=4)) == {}
    assert "must be even" in studio.check(output={"n": 3})["output.n"]


def test_check_names_each_field(one):
    assert one.check(output={"kind": "z"}).keys() == {"output.kind", "output.note"}
    assert one.check(output=GOOD, input="hello") == {}


# ------------------------------------------------------------ stars and tags
def test_stars_and_tags_are_undone_like_any_verdict(open_studio):
    task = sw.Task("T", "Do.", requirements=[sw.Requirement("Be brief.", "brief")])
    studio = open_studio(ScriptedCompleter(), task=task)
    studio.grow(depth=0, samples=2).wait(10)
    ids = [s.id for s in studio.samples]
    studio.rate(ids, 4, {"brief": 2})
    studio.tag(ids, "bug-12", "hard")
    studio.untag(ids[0], "hard")
    assert [s.stars for s in studio.samples] == [4, 4]
    assert [("hard" in s.tags) for s in studio.samples] == [False, True]
    assert [row["brief"] for row in (s.ratings for s in studio._state.samples.values())] == [2, 2]
    for _ in range(3):
        studio.undo()
    assert [s.stars for s in studio.samples] == [None, None]
    assert all("bug-12" not in s.tags for s in studio.samples)
    with pytest.raises(StudioError, match=r"no requirement 'brif'.*Did you mean 'brief'"):
        studio.rate(ids, 3, {"brif": 1})
    with pytest.raises(StudioError, match="1 to 5"):
        studio.rate(ids, 6)
    with pytest.raises(StudioError, match="two-words"):
        studio.tag(ids, "two words")


# ------------------------------------------------------------ made anew
def test_a_draft_is_replaced_and_a_kept_one_gets_a_proposal(open_studio):
    second, third = {"kind": "b", "note": "2"}, {"kind": "b", "note": "3"}
    studio = open_studio(answering(GOOD, second, third), task=TRIAGE)
    studio.grow(depth=0, samples=1).wait(10)
    assert studio.regenerate(only(studio), guidance="shorter").wait(10).added == 1
    assert (only(studio).output, only(studio).status, only(studio).versions[-1].origin) == (
        second,
        "draft",
        "regenerated",
    )
    studio.keep(only(studio))
    studio.regenerate(only(studio)).wait(10)
    assert (only(studio).output, only(studio).status, held(studio).is_proposed) == (second, "kept", True)
    assert studio.accept(only(studio)) == {}
    assert (only(studio).output, only(studio).status, held(studio).proposal) == (third, "kept", None)
    studio.undo()
    studio.decline(only(studio))
    assert (only(studio).output, held(studio).proposal) == (second, None)
    assert "no new version" in studio.accept(only(studio))[only(studio).id]


def test_the_model_is_shown_its_answer_and_the_wish(open_studio):
    model = answering(GOOD, GOOD)
    studio = open_studio(model, task=TRIAGE)
    studio.grow(depth=0, samples=1).wait(10)
    studio.regenerate(only(studio), guidance="less formal").wait(10)
    messages = model.requests[-1].messages
    assert [m["role"] for m in messages][-3:] == ["user", "assistant", "user"]
    assert '"first"' in messages[-2]["content"]
    assert messages[-1]["content"].endswith("less formal")
    assert "less formal" not in messages[0]["content"]


def test_nothing_is_made_worse_when_no_valid_version_comes(open_studio):
    studio = open_studio(answering(GOOD, *["no"] * 3), task=TRIAGE)
    studio.grow(depth=0, samples=1).wait(10)
    result = studio.regenerate(only(studio)).wait(10)
    assert result.failed == 1
    assert (only(studio).output, only(studio).status) == (GOOD, "draft")
    assert only(studio).versions[-1].problem


def test_another_input_brings_its_output_and_the_kept_one_waits(open_studio):
    studio = open_studio(ScriptedCompleter(), task=TRIAGE)
    studio.grow(depth=0, samples=1).wait(10)
    before = only(studio)
    studio.keep(before)
    assert studio.regenerate(before, part="input").wait(10).added == 1
    assert (only(studio).input, only(studio).output) == (before.input, before.output)
    assert studio.accept(before) == {}
    assert only(studio).input != before.input
    assert only(studio).status == "kept"
    studio.undo()
    studio.restore(before)
    studio.regenerate(before, part="input").wait(10)
    assert only(studio).input != before.input
    assert (only(studio).status, held(studio).proposal) == ("draft", None)


def test_a_stale_output_is_fresh_when_it_is_made_again(one):
    one.edit(only(one), input="Where is my parcel?")
    one.regenerate(only(one)).wait(10)
    assert (held(one).stale, only(one).status, only(one).input) == (False, "draft", "Where is my parcel?")


def test_undoing_the_job_brings_the_old_versions_back(open_studio):
    studio = open_studio(answering(GOOD, {"kind": "b", "note": "2"}), task=TRIAGE)
    studio.grow(depth=0, samples=1).wait(10)
    studio.regenerate(only(studio)).wait(10)
    assert studio.undo().label == "Regenerate"
    assert only(studio).output == GOOD


def test_estimates_of_all_methods(one):
    assert one.estimate("regenerate", only(one)).calls == (1, 2)
    assert one.estimate("generate_outputs").calls == (0, 0)
    assert one.estimate("generate_topics", n=9).topics == 9
    with pytest.raises(StudioError, match="Did you mean 'grow'"):
        one.estimate("gro")


# ------------------------------------------------------------ a changed task
def narrower():
    schema = {**TRIAGE.output.json, "properties": {"kind": {"enum": ["b"]}, "note": {"type": "string"}}}
    return sw.Task("Triage", "Sort the message.", output_schema=schema)


def test_samples_that_a_changed_task_excludes_fail_and_undo_brings_them_back(open_studio, tmp_path):
    model = answering({"kind": "a", "note": "1"}, {"kind": "b", "note": "2"})
    studio = open_studio(model, task=TRIAGE, path=tmp_path / "t.synth")
    studio.grow(depth=0, samples=2).wait(10)
    studio.keep([s.id for s in studio.samples])
    with pytest.warns(UserWarning, match=r"output\.kind changed.*1 sample no longer complies") as caught:
        again = open_studio(model, task=narrower(), path=tmp_path / "t.synth")
    assert caught[0].filename.endswith("conftest.py")  # where the studio was made
    assert sorted(s.status for s in again.samples) == ["failed", "kept"]
    assert again.to_pandas()["output.kind"].tolist() == ["b"]
    again.undo()
    assert [s.status for s in again.samples] == ["kept", "kept"]
    again.redo()
    open_studio(model, task=TRIAGE, path=tmp_path / "t.synth")
    assert sorted(s.status for s in again.samples) == ["draft", "kept"]


def test_an_answer_under_the_old_task_is_checked_again_when_it_is_kept(open_studio, tmp_path):
    model = answering(GOOD, latency=lambda r: 0.3 if r.step == "outputs" else 0)
    studio = open_studio(model, task=TRIAGE, path=tmp_path / "t.synth")
    job = studio.grow(depth=0, samples=1)
    until(lambda: len(studio.samples) == 1)
    open_studio(model, task=narrower(), path=tmp_path / "t.synth")
    job.wait(10)
    assert "does not comply" in studio.keep(only(studio))[only(studio).id]


def test_a_read_only_studio_edits_nothing(one, monkeypatch):
    monkeypatch.setattr(one._core.store, "read_only", "somebody")
    with pytest.raises(ReadOnlyError):
        one.edit(only(one), output=GOOD)
