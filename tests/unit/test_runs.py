"""The pipeline: what is asked, in which order, and what the rows look like while it runs and when it ends."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter

import pydantic
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import synth_widgets as sw
from synth_widgets.errors import AccessError, RunStoppedError, StudioError
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import PLAIN, TICKETS, listed, steps, until


def test_growing_makes_topics_then_samples_under_the_leaves(open_studio):
    studio = open_studio()
    result = studio.grow(depth=2, topics=[2, 3], samples=4).wait(20)
    assert (result.added, result.failed, result.dropped, result.stopped) == (24, 0, 0, None)
    assert Counter(map(len, studio.topics.paths())) == {1: 2, 2: 6}
    assert Counter(sample.topic for sample in studio.samples) == {
        path: 4 for path in studio.topics.paths() if len(path) == 2
    }
    assert {sample.status for sample in studio.samples} == {"draft"}
    assert len({str(sample.input) for sample in studio.samples}) == 24


def test_samples_at_the_node_itself_with_depth_0_and_below_its_leaves_otherwise(open_studio):
    studio = open_studio()
    studio.topics.add(("A", "A1"), ("A", "A2"), "B")
    studio.grow("A", depth=0, samples=2).wait(10)
    assert Counter(s.topic for s in studio.samples) == {("A", "A1"): 2, ("A", "A2"): 2}
    studio.grow("A", depth=0, samples=1, only=True).wait(10)
    assert Counter(s.topic for s in studio.samples)[("A",)] == 1
    studio.grow(depth=0, samples=3, only=True).wait(10)
    assert Counter(s.topic for s in studio.samples)[()] == 3
    assert len(studio.topics) == 4


def test_without_a_number_each_leaf_gets_its_own_target(open_studio):
    studio = open_studio()
    studio.topics.add("A", target=1)
    studio.topics.add("B", target=3)
    studio.grow(depth=0, samples=None).wait(10)
    assert Counter(s.topic for s in studio.samples) == {("A",): 1, ("B",): 3}


def test_topping_up_counts_rejected_ones_as_missing_and_keeps_the_rest(open_studio):
    studio = open_studio()
    studio.topics.add("A")
    studio.grow(depth=0, samples=4).wait(10)
    first, second, *_ = [s.id for s in studio.samples]
    studio.keep(first)
    studio.reject(second)
    model = ScriptedCompleter(seed=5)
    assert studio.grow(depth=0, samples=4, model=model).wait(10).added == 1
    assert steps(model.requests) == ["inputs", "outputs"]
    assert Counter(s.status for s in studio.samples) == {"kept": 1, "rejected": 1, "draft": 3}


def test_rows_stream_in_before_the_call_ends(open_studio):
    model = ScriptedCompleter(answers=[listed("Aa", "Bb", "Cc")], chunk=4, chunk_delay=0.05)
    studio = open_studio(model)
    job = studio.generate_topics(n=3)
    until(lambda: len(studio.topics) == 1)
    assert model.in_flight == 1
    assert job.status == "running"
    assert job.wait(10).added == 3


def test_an_output_is_asked_before_all_inputs_are_there(open_studio):
    model = ScriptedCompleter(chunk=30, chunk_delay=0.01)
    studio = open_studio(model)
    studio.topics.add("A")
    ended: list[str] = []
    studio._core.store.listen(lambda commits: ended.extend(s.status for c in commits for s in c.samples.values()))
    studio.grow(depth=0, samples=8).wait(20)
    assert steps(model.requests) == ["inputs"] + ["outputs"] * 8
    assert model.peak > 1
    assert "draft" in ended[: len(ended) - 1 - ended[::-1].index("pending")]  # one was complete before the last input


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(concurrency=st.integers(1, 5), size=st.integers(1, 4))
def test_the_concurrency_is_never_exceeded_and_is_used(concurrency, size, open_studio):
    model = ScriptedCompleter(concurrency=concurrency, items_per_call=size, latency=0.002)
    studio = open_studio(model)
    studio.grow(depth=1, topics=2, samples=5).wait(20)
    assert model.peak == concurrency
    assert model.in_flight == 0


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    arguments=st.fixed_dictionaries(
        {
            "depth": st.integers(0, 2),
            "topics": st.integers(1, 3),
            "samples": st.one_of(st.none(), st.integers(1, 5)),
            "outputs": st.booleans(),
            "only": st.booleans(),
        }
    ),
    size=st.sampled_from((1, 2, 8)),
    before=st.lists(st.tuples(st.integers(0, 1), st.integers(1, 2), st.integers(1, 3), st.booleans()), max_size=2),
)
def test_the_estimate_is_what_is_sent_when_all_goes_well(arguments, size, before, open_studio):
    model = ScriptedCompleter(items_per_call=size)
    studio = open_studio(model)
    for d, t, s, o in before:
        studio.grow(depth=d, topics=t, samples=s, outputs=o).wait(20)
    sent, there, stood = len(model.requests), len(studio.topics), Counter(s.status for s in studio.samples)
    estimate = studio.estimate("grow", **arguments)
    assert len(model.requests) == sent, "an estimate sends nothing"
    result = studio.grow(**arguments).wait(20)
    assert estimate.calls[0] == len(model.requests) - sent
    assert estimate.calls[1] >= estimate.calls[0]
    assert estimate.topics == len(studio.topics) - there
    assert estimate.samples == result.added
    assert sum(stood.values()) <= len(studio.samples)


def test_more_topics_more_inputs_then_their_outputs(open_studio):
    studio = open_studio()
    assert studio.generate_topics(n=2, depth=2).wait(10).added == 6
    assert studio.generate_topics(n=1, leaves=True).wait(10).added == 4
    assert studio.generate_inputs(studio.topics.paths()[0], n=3, only=True).wait(10).added == 3
    assert {s.status for s in studio.samples} == {"pending"}
    assert studio.generate_inputs(n=1).wait(10).added == 4
    chosen = [s.id for s in studio.samples][:2]
    assert studio.generate_outputs(chosen).wait(10).added == 2
    assert studio.generate_outputs().wait(10).added == 5
    assert {s.status for s in studio.samples} == {"draft"}
    with pytest.raises(StudioError, match="have an output already"):
        studio.generate_outputs(chosen)


def test_a_job_tells_how_far_it_is_and_stays_in_the_list(open_studio):
    studio = open_studio(ScriptedCompleter(latency=0.1, concurrency=2))
    job = studio.grow(topics=2, samples=4)
    seen = []
    studio._core.on_progress.append(lambda told: seen.append(told.progress))
    assert job.wait(20).added == 8
    assert studio.jobs[-1] is job
    assert (job.kind, job.status) == ("grow", "done")
    last = job.progress
    assert (last.done, last.total, last.failed, last.topics) == (8, 8, 0, ())
    assert last.usage == job.result.usage
    assert last.rate > 0
    assert all(p.done <= p.total for p in seen)
    assert [p.done for p in seen] == sorted(p.done for p in seen)
    assert any(p.eta is not None and p.eta > 0 for p in seen)
    assert str(last) == "outputs: 8 of 8"


def test_a_job_with_nothing_to_do_is_done_at_once_and_leaves_no_trace(open_studio):
    studio = open_studio()
    studio.grow(topics=2, samples=2).wait(10)
    label = studio._state.next_undo().label
    job = studio.grow(topics=2, samples=2)
    assert job.status == "done"
    assert job.wait(1).added == 0
    assert len(studio.jobs) == 1
    assert studio._state.next_undo().label == label


def test_growing_again_while_it_grows_asks_for_nothing_twice(open_studio):
    model = ScriptedCompleter(latency=0.05)
    studio = open_studio(model)
    first, second = (studio.grow(topics=2, samples=3) for _ in range(2))
    first.wait(10)
    second.wait(10)
    assert (len(studio.topics), len(studio.samples)) == (2, 6)
    assert len(model.requests) == 1 + 2 + 6


async def test_a_job_can_be_awaited_in_a_running_loop_and_waited_for_with_a_limit(open_studio):
    studio = open_studio(ScriptedCompleter(latency=0.1))
    job = studio.grow(topics=1, samples=2)
    with pytest.raises(TimeoutError, match="still runs"):
        job.wait(0.02)
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.01)

    ticking = asyncio.create_task(tick())
    assert (await job).added == 2
    ticking.cancel()
    assert ticks > 1, "awaiting left the loop free"
    assert (await job).added == 2


async def test_giving_up_waiting_leaves_the_job_running(open_studio, capsys):
    job = open_studio(ScriptedCompleter(latency=0.3)).grow(topics=1, samples=2)
    waiting = asyncio.ensure_future(job._until_ended())
    await asyncio.sleep(0)  # it has begun to wait
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert "The job goes on" in capsys.readouterr().err
    assert job.status == "running"
    assert (await job).added == 2


def test_waiting_on_the_engines_own_thread_is_refused(open_studio):
    studio = open_studio()
    job = studio.grow(topics=1, samples=1)
    with pytest.raises(StudioError, match="for ever"):
        studio._core.engine.call(job.wait)


def test_the_persons_validators_run_beside_the_engine_and_their_words_are_the_reason(open_studio):
    threads: set[str] = set()

    class Reply(pydantic.BaseModel):
        text: str

        @pydantic.field_validator("text")
        @classmethod
        def never_twice(cls, value: str) -> str:
            threads.add(threading.current_thread().name)
            if len(threads) and value.startswith("bad"):
                raise ValueError("begins badly")
            return value

    task = sw.Task("Reply", "Reply.", output_schema=Reply)
    model = ScriptedCompleter(answers=[listed("Aa", "Bb"), {"text": "good"}, *[{"text": "bad"}] * 3])
    studio = open_studio(model, task)
    studio.topics.add("T")
    model.concurrency = 1
    result = studio.grow(depth=0, samples=2).wait(10)
    assert (result.added, result.failed) == (1, 1)
    assert all(name.startswith("synth-worker") for name in threads), threads
    assert [s.reason for s in studio.samples if s.status == "failed"] == ["text: Value error, begins badly"]


def test_structured_inputs_are_checked_and_stored_as_they_are(open_studio):
    studio = open_studio(task=TICKETS)
    studio.grow(topics=1, samples=3).wait(10)
    assert all(TICKETS.input_problem(s.input) is None for s in studio.samples)
    assert all(TICKETS.output_problem(s.output) is None for s in studio.samples)


def test_a_removed_topic_is_not_asked_for_any_more(open_studio):
    model = ScriptedCompleter(latency=0.05, concurrency=1, items_per_call=1)
    studio = open_studio(model)
    studio.topics.add("A", "B")
    job = studio.grow(depth=0, samples=5)
    until(lambda: len(studio.samples) >= 1)
    studio.topics.remove("B")
    job.wait(20)
    asked = [r.messages[-1]["content"] for r in model.requests if r.step == "inputs"]
    assert sum("Topic: B" in text for text in asked) <= 1
    assert {s.topic for s in studio.samples} == {("A",)}
    assert len(studio.samples) == 5


def test_a_call_under_a_removed_topic_ends_though_another_removal_was_undone_meanwhile(open_studio):
    model = ScriptedCompleter(latency=3600)
    studio = open_studio(model)
    studio.topics.add("Was removed", "Other", "Running")
    studio.topics.remove("Was removed")
    job = studio.grow("Running", depth=0, samples=2)
    until(lambda: model.in_flight == 1)
    hidden = len(studio._state.hidden)
    studio.undo()
    studio.topics.remove("Running")
    assert len(studio._state.hidden) == hidden
    job.wait(30)
    assert (job.status, model.in_flight) == ("done", 0)


def test_calls_that_take_their_time_to_end_are_given_up_once(open_studio, tmp_path):
    class Slow(ScriptedCompleter):
        async def complete(self, request, on_text=None):
            self.requests.append(request)
            try:
                await asyncio.sleep(30)
            finally:
                await asyncio.sleep(1)  # its connection is closed

    model = Slow(concurrency=4)
    studio = open_studio(model, PLAIN, path=tmp_path / "a.synth")
    studio.topics.add("A", "B", "C")
    job = studio.generate_inputs(n=8)
    until(lambda: len(model.requests) == 3)
    planned = []
    for at, name in enumerate("ABC", 1):
        studio.topics.remove(name)
        until(lambda left=24 - 8 * at: len(studio._state.open_items(job.id)) == left)
        planned.append(studio._state.jobs[job.id].planned)
    assert planned == [16, 8, 0]
    assert job.wait(10).added == 0
    studio.close()
    open_studio(path=tmp_path / "a.synth", task=None)


def test_a_call_for_a_sample_that_was_taken_away_ends(open_studio):
    model = ScriptedCompleter(latency=lambda request: 3600)
    studio = open_studio(model)
    studio.add_samples([{"input": "one"}])
    job = studio.generate_outputs()
    until(lambda: model.in_flight == 1)
    studio.undo()
    job.wait(30)
    assert (job.status, job.result.added, model.in_flight) == ("done", 0, 0)


def test_a_verdict_keeps_no_call_from_its_answer_though_something_else_is_removed(open_studio):
    model = ScriptedCompleter(latency=lambda request: 1.2 if request.step == "outputs" else 0)
    studio = open_studio(model)
    studio.topics.add("A", "B")
    job = studio.grow("A", depth=0, samples=1)
    until(lambda: "outputs" in steps(model.requests))
    ident = studio.samples[0].id
    studio.reject(ident)
    studio.topics.remove("B")
    job.wait(30)
    studio.restore(ident)
    assert studio.samples[ident].status == "draft"


def test_a_job_is_written_once_before_its_first_call(open_studio):
    written: list[int] = []

    class Watching(ScriptedCompleter):
        async def complete(self, request, on_text=None):
            written.append(studio._state.rev)
            return await super().complete(request, on_text)

    faults = {1: AccessError("401")}
    studio = open_studio(model := Watching(faults=faults, concurrency=1))
    studio.new_session()
    before = studio._state.rev
    job = studio.grow(depth=0, samples=3)
    with pytest.raises(RunStoppedError):
        job.wait(10)
    assert written[0] - before == 1
    record = studio._state.jobs[job.id]
    assert (record.planned, record.status) == (3, "stopped")
    before = studio._state.rev
    result = studio.resume().wait(10)
    assert written[1] - before == 1
    assert (result.added, result.stopped) == (3, None)
    record = studio._state.jobs[job.id]
    assert (record.planned, record.added, record.note) == (3, 3, None)
    assert len(model.requests) == 1 + 1 + 3


def test_a_verdict_during_the_call_stays(open_studio):
    model = ScriptedCompleter(latency=lambda request: 0.5 if request.step == "outputs" else 0)
    studio = open_studio(model)
    studio.topics.add("A")
    job = studio.grow(depth=0, samples=1)
    until(lambda: "outputs" in [request.step for request in model.requests])
    ident = next(iter(studio.samples)).id
    studio.reject(ident, "dull")
    job.wait(10)
    assert (studio.samples[ident].status, studio.samples[ident].reason) == ("rejected", "dull")
    studio.restore(ident)
    assert studio.samples[ident].status == "draft"


def test_outputs_under_way_are_not_asked_for_twice(open_studio):
    slow = ScriptedCompleter(latency=0.2)
    studio = open_studio(slow)
    studio.topics.add("A")
    studio.grow(depth=0, samples=4, outputs=False).wait(10)
    first, second = studio.generate_outputs(), studio.generate_outputs()
    assert second.wait(10).added == 0
    assert first.wait(10).added == 4
    assert steps(slow.requests).count("outputs") == 4


def test_growing_again_takes_over_what_an_interrupted_job_owed(tmp_path):
    path = tmp_path / "a.synth"
    slow = ScriptedCompleter(latency=0.15, concurrency=1)
    studio = sw.Studio(PLAIN, path=path, model=slow)
    job = studio.grow(topics=2, samples=2)
    until(lambda: len(studio.samples) > 0)
    studio.close()
    assert job.status == "interrupted"

    studio = sw.Studio(PLAIN, path=path, model=ScriptedCompleter(seed=1))
    studio.grow(topics=2, samples=2).wait(10)
    assert len(studio.samples) == 4
    assert studio.resume().wait(10).added == 0
    assert len(studio.samples) == 4
    studio.close()
