"""A job that pauses sends nothing new, loses nothing, says so everywhere, and stops or goes on at once."""

from __future__ import annotations

import time

import pytest

import synth_widgets as sw
from synth_widgets.errors import StudioError, UnknownIdError
from synth_widgets.testing import ScriptedCompleter
from tests.replica import Peer
from tests.tasks import PLAIN, Held, until


@pytest.fixture
def model() -> ScriptedCompleter:
    return ScriptedCompleter(latency=0.03, concurrency=3)


def stood_still(model: ScriptedCompleter) -> int:
    """Wait until what is under way has come, and return how many calls were sent."""
    until(lambda: model.in_flight == 0)
    return len(model.requests)


def test_nothing_new_is_sent_what_is_under_way_comes_and_all_is_made_after_it(open_studio, model):
    studio = open_studio(model, PLAIN)
    job = studio.grow(topics=3, samples=6)
    until(lambda: job.progress.done > 2)
    job.pause()
    assert job.status == "paused"
    sent = stood_still(model)
    time.sleep(0.2)
    assert len(model.requests) == sent
    assert (job.progress.waiting, job.progress.eta) == ("Paused", None)
    assert sum(s.status == "draft" for s in studio.samples) == job.progress.done
    job.resume()
    assert job.status == "running"
    result = job.wait(10)
    assert (result.added, result.failed, job.status) == (18, 0, "done")
    with pytest.raises(StudioError, match="This job is done, not paused"):
        job.resume()
    job.pause()
    assert job.status == "done"


def test_a_paused_job_stops_sends_nothing_and_waits_for_nobody(open_studio, model):
    studio = open_studio(model, PLAIN)
    job = studio.grow(topics=3, samples=6)
    job.pause()
    sent = stood_still(model)
    job.cancel()
    job.wait(30)
    assert job.status == "cancelled"
    assert len(model.requests) == sent
    assert studio.resume().wait(30).added == 0


def test_a_job_that_has_nothing_left_to_send_ends_also_while_it_is_paused(open_studio):
    model = Held()
    studio = open_studio(model, PLAIN)
    studio.add_samples([{"input": "I am Ada."}], status="pending")
    job = studio.generate_outputs()
    assert model.asked.wait(30)
    job.pause()
    model.let_go()
    assert job.wait(30).added == 1
    assert job.status == "done"


def test_all_jobs_pause_and_resume_together_or_one_by_its_id(open_studio, model):
    studio = open_studio(model, PLAIN)
    studio.topics.add("A", "B")
    jobs = [studio.grow(name, depth=0, samples=30) for name in ("A", "B")]
    assert studio.pause(jobs[0].id) == 1
    assert [job.status for job in jobs] == ["paused", "running"]
    assert studio.pause() == 2
    assert studio.pause(on=False) == 2
    assert studio.pause() == 2
    newest = studio.resume()
    assert newest.id == jobs[1].id
    assert [job.status for job in jobs] == ["running", "running"]
    for job in jobs:
        job.wait(20)
    with pytest.raises(UnknownIdError, match="There is no job 'nobody'"):
        studio.pause("nobody")
    assert studio.pause(jobs[0].id) == 0


def test_a_paused_job_is_interrupted_when_its_studio_ends_and_owes_what_it_had_not_made(tmp_path):
    path = tmp_path / "a.synth"
    model = ScriptedCompleter(latency=lambda _request: 60 if len(model.requests) > 8 else 0, concurrency=3)
    with sw.Studio(PLAIN, path=path, model=model) as studio:
        job = studio.grow(topics=2, samples=5)
        until(lambda: job.progress.done > 1)
        job.pause()
    with sw.Studio(PLAIN, path=path, model=ScriptedCompleter(seed=2)) as again:
        [record] = again._state.jobs.values()
        assert (record.status, record.paused) == ("interrupted", False)
        assert again.resume().wait(10).added == 10


def test_every_view_hears_of_the_pause_a_new_one_too(open_studio, model):
    studio = open_studio(model, PLAIN)
    peer = Peer(studio._core, studio._of(studio._core))
    peer.hello()
    started = peer.do("grow", topics=2, samples=9)["ok"]["job"]
    assert peer.do("pause", job=None)["ok"] == 1
    assert peer.replica.rows["job"][started]["paused"] is True
    later = Peer(studio._core, studio._of(studio._core))
    later.hello()
    assert later.replica.rows["job"][started]["paused"] is True
    assert later.replica.rows["job"][started]["owed"] > 0
    assert peer.do("pause", job=started, on=False)["ok"] == 1
    until(lambda: later.replica.rows["job"][started]["status"] == "done")
    assert later.replica.rows["job"][started]["paused"] is False


def test_a_pause_is_nothing_to_undo_and_a_paused_job_is_not_undone(open_studio, model):
    studio = open_studio(model, PLAIN)
    studio.topics.add("A")
    job = studio.grow(depth=0, samples=9)
    job.pause()
    assert studio.undo().label == "Add topic"
    job.cancel()
    job.wait(30)
