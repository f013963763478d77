"""A job once more: so many times as much, on top of what is there now."""

from __future__ import annotations

import pytest

from synth_widgets.errors import StudioError, UnknownIdError
from synth_widgets.records import ROOT
from synth_widgets.runs import plan
from synth_widgets.runs.plan import Recipe
from synth_widgets.store.columns import MOST_SAMPLES
from synth_widgets.testing import ScriptedCompleter
from tests.replica import Peer
from tests.tasks import PLAIN, failing, until


def targets(studio) -> dict[str, int | None]:
    return {t.name: t.target for t in studio._state.subtree("0000000000") if t.parent is not None}


def test_a_top_up_is_repeated_on_top_of_what_is_there_and_the_targets_grow(open_studio):
    studio = open_studio(task=PLAIN)
    studio.topics.add("A", "B")
    job = studio.grow(depth=0, samples=4)
    job.wait(10)
    ids = [s.id for s in studio.samples]
    studio.reject(ids[:2])
    assert studio.estimate("repeat", job, 3).samples == 24
    assert studio.repeat(job, 3).wait(10).added == 24
    assert len(studio.samples) == 32
    assert targets(studio) == {"A": 14, "B": 16}, "what is rejected does not count"
    assert job.repeat().wait(10).added == 8
    assert studio.repeat(studio.jobs[-1].id, 2).wait(10).added == 16, "a repeated job asked for as many again"


def test_a_target_grows_to_what_a_file_takes_and_no_further(open_studio):
    studio = open_studio(task=PLAIN)
    studio.topics.add("A", target=MOST_SAMPLES // 100)
    studio.add_samples([{"input": "x", "output": "y", "topic": ("A",)}])
    first = next(plan.parts(studio._state, Recipe("grow", ROOT, 0, samples=None, more=100), "job"))
    assert [change.after for change in first.targets] == [{"target": MOST_SAMPLES}]


def test_a_repeated_job_that_is_interrupted_owes_the_rest_and_adds_no_more(open_studio):
    model = ScriptedCompleter(latency=0.02, concurrency=2)
    studio = open_studio(model, PLAIN)
    job = studio.grow(topics=2, samples=3)
    job.wait(10)
    again = job.repeat(2)
    until(lambda: again.progress.done > 2)
    studio._core.engine.call(lambda: studio._core.jobs.runs[again.id].cancel(interrupted=True))
    again.wait(30)
    assert again.status == "interrupted"
    assert studio.resume().wait(10).added == 12
    assert len(studio.samples) == 18


def test_a_job_is_repeated_by_the_model_that_it_was_started_with_also_one_that_had_nothing_to_make(open_studio):
    studio, own = open_studio(task=PLAIN), ScriptedCompleter()
    first = studio.grow(depth=0, samples=2, model=own)
    first.wait(10)
    idle = studio.grow(depth=0, samples=2, model=own)
    assert idle.wait(10).added == 0
    for job in (first, idle):
        asked = len(own.requests)
        assert job.repeat().wait(10).added == 2
        assert len(own.requests) > asked


def test_missing_topics_are_made_with_as_many_samples(open_studio):
    studio = open_studio(task=PLAIN)
    job = studio.grow(topics=3, samples=2)
    job.wait(10)
    studio.topics.remove(studio.topics.paths()[0])
    result = studio.repeat(job, 2)
    assert result.wait(10).added == 12
    assert sorted(targets(studio).values()) == [4, 6, 6]


def test_topics_and_inputs_are_repeated_so_many_times(open_studio):
    studio = open_studio(task=PLAIN)
    topics = studio.generate_topics(n=2)
    topics.wait(10)
    assert studio.repeat(topics, 3).wait(10).added == 6
    inputs = studio.generate_inputs(studio.topics.paths()[0], n=3)
    inputs.wait(10)
    assert studio.repeat(inputs, 2).wait(10).added == 6
    assert {s.status for s in studio.samples} == {"pending"}


def test_outputs_are_repeated_for_those_without_and_a_regeneration_for_its_samples(open_studio):
    model = ScriptedCompleter(faults=failing("outputs", "garbage", times=6))
    studio = open_studio(model)
    studio.add_samples([{"input": "one"}, {"input": "two"}], status="pending")
    job = studio.generate_outputs()
    assert job.wait(10).failed == 2
    assert studio.estimate("repeat", job).samples == 2
    assert job.repeat().wait(10).added == 2
    assert job.repeat().wait(10).added == 0
    with pytest.raises(StudioError, match="once a time: n=1"):
        job.repeat(2)
    first = studio.samples[0].id
    versions = len(studio.samples[first].versions)
    anew = studio.regenerate(first, guidance="shorter")
    anew.wait(10)
    assert anew.repeat().wait(10).added == 1
    assert len(studio.samples[first].versions) == versions + 2
    assert "shorter" in str(model.requests[-1].messages)


def test_what_fills_thin_topics_fills_what_is_thin_now(open_studio):
    studio = open_studio(task=PLAIN)
    studio.topics.add("A", "B", target=4)
    job = studio.grow(thin=True)
    assert job.wait(10).added == 8
    assert job.repeat(5).wait(10).added == 0
    studio.reject([s.id for s in studio.samples if s.topic == ("A",)])
    assert job.repeat().wait(10).added == 4


def test_what_cannot_be_repeated_is_told(open_studio):
    studio = open_studio(task=PLAIN)
    studio.topics.add("A")
    job = studio.grow("A", depth=0, samples=2)
    job.wait(10)
    for wrong in (0, 101, 1.5):
        with pytest.raises(StudioError, match=r"n=.* must be a whole number from 1 to 100"):
            studio.repeat(job, wrong)
    with pytest.raises(UnknownIdError, match="There is no job"):
        studio.repeat("nobody")
    studio.topics.remove("A")
    with pytest.raises(StudioError, match="was removed"):
        job.repeat()
    studio = open_studio(ScriptedCompleter(latency=30), PLAIN)  # stopped before it has answered
    many = studio.grow(topics=1000, samples=1000, outputs=False)
    many.cancel()
    with pytest.raises(StudioError, match="more than 1,000,000 at once"):
        studio.repeat(many, 2)


def test_the_page_is_told_the_figures_before_a_job_is_repeated(open_studio):
    studio = open_studio(task=PLAIN)
    studio.topics.add("A")
    studio.grow(depth=0, samples=2).wait(10)
    peer = Peer(studio._core, studio._of(studio._core))
    peer.hello()
    job = studio.jobs[-1].id
    told = peer.do("estimate_repeat", job=job, n=4)["ok"]
    assert (told["samples"], told["figures"][0][:2]) == (8, ["8", "samples"])
    assert ["unknown", "cost", ""] in told["figures"]
    assert peer.do("repeat", job=job, n=4)["ok"]["status"] in {"running", "done"}
    until(lambda: len(peer.replica.rows["sample"]) == 10)
    assert peer.replica.rows["job"][job]["title"] == "Topics and samples"
