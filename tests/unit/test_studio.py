"""The handle: how samples are named, which verdicts fit, and what wrong arguments are told."""

from __future__ import annotations

import pandas as pd
import pytest

import synth_widgets as sw
from synth_widgets.errors import StudioError, UnknownIdError
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import failing


@pytest.fixture
def grown(open_studio):
    """A studio with a pending sample, a failed one, and two drafts."""
    studio = open_studio(ScriptedCompleter(faults=failing("outputs", "garbage", times=3), concurrency=1))
    studio.topics.add("A")
    studio.grow(depth=0, samples=3).wait(10)
    studio.grow(depth=0, samples=4, outputs=False).wait(10)
    by_status = {}
    for sample in studio.samples:
        by_status.setdefault(sample.status, []).append(sample.id)
    if "failed" not in by_status:  # topping up retried it in place
        studio._core.completer("outputs")._faults = lambda *_: "garbage"
    return studio, [s.id for s in studio.samples]


def test_samples_are_named_by_id_list_frame_series_or_value(grown):
    studio, ids = grown
    drafts = [s.id for s in studio.samples if s.status == "draft"]
    frame = studio.to_pandas(status="all")
    for form in (
        drafts[0],
        drafts,
        tuple(drafts),
        frame.loc[drafts],
        frame.loc[drafts].index,
        frame["status"] == "draft",
        pd.Series(drafts),
        studio.samples[drafts[0]],
        [s for s in studio.samples if s.status == "draft"],
    ):
        assert studio.keep(form) == {}
        assert studio.samples[drafts[0]].status == "kept"
        studio.restore(drafts)
    assert list(studio.to_pandas(status="all").index) == ids


def test_what_does_not_name_samples_is_refused_and_nothing_changes(grown):
    studio, ids = grown
    frame = studio.to_pandas(status="all")
    rev = studio._state.rev
    for form, words in (
        ([True] * len(ids), "bare list of booleans"),
        ((frame["status"] == "draft").to_numpy(), "bare list of booleans"),
        (frame.reset_index(), r"reset_index.*set_index"),
        (frame.reset_index()["status"] == "draft", "index of a boolean Series"),
        ([1, 2], "text of ten characters"),
        (7, "named by id"),
    ):
        with pytest.raises(StudioError, match=words):
            studio.keep(form)
    with pytest.raises(UnknownIdError, match="There is no sample 'nothing000'"):
        studio.reject([ids[0], "nothing000"])
    assert studio._state.rev == rev


def test_keep_takes_what_complies_and_tells_why_not_the_rest(open_studio):
    studio = open_studio(ScriptedCompleter(faults=failing("outputs", "invalid", times=3), concurrency=1))
    studio.topics.add("A")
    studio.grow(depth=0, samples=2).wait(10)
    studio.generate_inputs("A", n=1).wait(10)
    by = {s.status: s.id for s in studio.samples}
    refused = studio.keep(list(by.values()))
    assert set(refused) == {by["failed"], by["pending"]}
    assert "does not comply" in refused[by["failed"]]
    assert "generate_outputs" in refused[by["pending"]]
    assert studio.samples[by["draft"]].status == "kept"


def test_verdicts_and_their_taking_back(open_studio):
    studio = open_studio(ScriptedCompleter(faults=failing("outputs", "invalid", times=3), concurrency=1))
    studio.topics.add("A")
    studio.grow(depth=0, samples=2).wait(10)
    studio.generate_inputs("A", n=1).wait(10)
    start = {s.id: (s.status, s.reason) for s in studio.samples}
    ids = list(start)
    studio.keep(ids)
    studio.reject(ids, "dull")
    assert {(s.status, s.reason) for s in studio.samples} == {("rejected", "dull")}
    refused = studio.keep(ids)
    assert len(refused) == 2
    assert {s.status for s in studio.samples if s.id not in refused} == {"kept"}
    studio.restore(ids)
    assert {s.id: (s.status, s.reason) for s in studio.samples} == start
    studio.restore(ids)
    assert {s.id: (s.status, s.reason) for s in studio.samples} == start


def test_wrong_arguments_are_told_the_nearest_right_ones(open_studio):
    studio = open_studio()
    studio.topics.add(("Billing", "Refunds"))
    with pytest.raises(TypeError, match=r"'topic'.*Did you mean 'topics'"):
        studio.grow(topic=3)
    with pytest.raises(TypeError, match=r"'modle'.*Did you mean 'model'"):
        sw.Studio(modle="x")
    with pytest.raises(TypeError, match=r"'sample'.*Did you mean 'samples'"):
        studio.estimate("grow", sample=3)
    with pytest.raises(TypeError, match=r"'output'.*Did you mean 'outputs'"):
        open_studio(models={"output": "local"})
    with pytest.raises(UnknownIdError, match="Billing > Refunds"):
        studio.grow(("Billing", "Refund"))
    for call, words in (
        (lambda: studio.grow(depth=-1), "depth=-1 must be a whole number from 0 to 5"),
        (lambda: studio.grow(topics=0), "topics=0"),
        (lambda: studio.grow(samples=1.5), "samples=1.5"),
        (lambda: studio.grow(depth=2, topics=[3]), "one number a level"),
        (lambda: studio.grow(prompt="fewshot"), "Did you mean 'few_shot'"),
        (lambda: studio.to_pandas(status="keep"), "Did you mean 'kept'"),
        (lambda: studio.to_pandas(topic="Biling"), "Did you mean 'Billing'"),
        (lambda: studio.topics.add(3), "named by its path"),
        (lambda: studio.topics.add(("A", " ")), "not empty"),
        (lambda: studio.topics.move("Billing", ("Billing", "Refunds")), "lies inside it"),
        (lambda: studio.topics.rename((), "x"), "root has no name"),
        (lambda: sw.Studio("task"), "task is a sw.Task"),
    ):
        with pytest.raises(StudioError, match=words):
            call()
    assert list(studio.samples) == []


def test_topics_are_unique_whatever_the_case_and_the_spaces(open_studio):
    studio = open_studio()
    assert studio.topics.add(("Billing", "Refunds"), " billing ", "É") == [("Billing",), ("Billing", "Refunds"), ("É",)]
    assert studio.topics.add("E\u0301") == []
    assert studio.topics.load({"Billing": ["Refunds", "Late"], "New": {"One": {}}}) == [
        ("Billing", "Late"),
        ("New",),
        ("New", "One"),
    ]
    again = open_studio()
    again.topics.load(studio.topics.to_dict())
    assert again.topics.to_dict() == studio.topics.to_dict()
    assert studio.topics.move("New", "Billing") == ("Billing", "New")
    with pytest.raises(StudioError, match="There is a topic 'Late'"):
        studio.topics.rename(("Billing", "New"), "late")


def test_what_is_done_to_a_value_in_place_reaches_nobody(open_studio):
    task = sw.Task("T", "Do.", output_schema={"type": "object"}, requirements=[sw.Requirement("Be kind.", "kind")])
    studio = open_studio(task=task)
    studio.add_samples([{"input": "one", "output": {"n": 1}}])
    studio.rate(studio.samples[0], 4, {"kind": 2})
    seen = studio.samples[0]
    assert (seen.stars, seen.ratings) == (4, {"kind": 2})
    seen.output["n"] = seen.versions[0].output["n"] = 2
    seen.ratings["kind"] = 5
    assert (studio.samples[0].output, studio.samples[0].versions[0].output) == ({"n": 1}, {"n": 1})
    assert studio.samples[0].ratings == {"kind": 2}
