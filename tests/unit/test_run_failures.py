"""When a model, an endpoint or a person gets in the way: what a row says, what a job says, what is left to do."""

from __future__ import annotations

import threading
import time
from collections import Counter

import pytest

import synth_widgets as sw
from synth_widgets.errors import (
    AccessError,
    ModelError,
    ModeRefusedError,
    RequestRefusedError,
    RunStoppedError,
    UnreachableError,
)
from synth_widgets.llm.transports.failures import redacted
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import TRIAGE, failing, listed, steps, until


def rows_of(studio):
    return [(s.status, s.input, s.output, s.reason) for s in studio.samples]


def with_topic(open_studio, model, **kwargs):
    studio = open_studio(model, **kwargs)
    studio.topics.add("A")
    return studio


def test_an_output_fails_after_three_answers_and_its_siblings_live(open_studio):
    broken = failing("outputs", "invalid", first=2, times=3)
    studio = with_topic(open_studio, model := ScriptedCompleter(concurrency=1, faults=broken))
    result = studio.grow(depth=0, samples=3).wait(10)
    assert (result.added, result.failed) == (2, 1)
    [failed] = [s for s in studio.samples if s.status == "failed"]
    assert failed.input is not None
    assert "not of type" in failed.reason or "not one of" in failed.reason
    assert '"wrong"' in failed.versions[-1].raw
    asked = [r for r in model.requests if r.step == "outputs"]
    assert [r.mode for r in asked] == ["json_schema"] * 3 + ["text", "json_schema"]
    assert [m["role"] for m in asked[2].messages] == ["system", "user", "assistant", "user"]  # the correction
    assert "This cannot be used" in asked[2].messages[-1]["content"]
    assert list(asked[2].messages[:2]) == list(asked[1].messages)
    assert [m["role"] for m in asked[3].messages] == ["system", "user"]
    assert "does not comply" in studio.keep(failed.id)[failed.id]


def test_a_second_answer_that_is_right_is_all_that_shows(open_studio):
    studio = with_topic(open_studio, ScriptedCompleter(faults=failing("outputs", "garbage", times=1)))
    assert studio.grow(depth=0, samples=1).wait(10).failed == 0
    [sample] = studio.samples
    assert (sample.status, sample.reason) == ("draft", None)
    assert studio._state.calls[sample.versions[-1].calls[-1]].attempts == 2


@pytest.mark.parametrize("fault", ["truncate", "garbage", "invalid"])
def test_what_a_bad_list_still_held_is_kept_and_the_rest_asked_anew(fault, open_studio):
    faults = failing("inputs", fault, times=1)
    studio = with_topic(open_studio, model := ScriptedCompleter(faults=faults), task=sw.Task("T", "Do."))
    result = studio.grow(depth=0, samples=8, outputs=False).wait(10)
    assert (result.added, result.failed) == (8, 0)
    expected = {"truncate": 2, "garbage": 2, "invalid": 2}[fault]
    assert steps(model.requests) == ["inputs"] * expected


def test_an_answer_amid_chatter_is_read(open_studio):
    studio = open_studio(model := ScriptedCompleter(faults=lambda *_: "chatter"))
    assert studio.grow(topics=2, samples=2).wait(10).added == 4
    assert len(model.requests) == 1 + 2 + 4


def test_an_input_that_is_no_input_becomes_a_failed_row_and_is_made_again_in_place(open_studio):
    faults = failing("inputs", "garbage", times=3)
    studio = with_topic(open_studio, model := ScriptedCompleter(faults=faults))
    result = studio.grow(depth=0, samples=2).wait(10)
    assert (result.added, result.failed) == (0, 2)
    ids = [s.id for s in studio.samples]
    assert {s.status for s in studio.samples} == {"failed"}
    assert all(s.reason.startswith("input: ") and "weather" in s.versions[-1].raw for s in studio.samples)
    assert studio.generate_outputs(ids[:1]).wait(10).added == 1
    assert [s.status for s in studio.samples] == ["draft", "failed"]
    assert studio.grow(depth=0, samples=2).wait(10).added == 1
    assert [s.id for s in studio.samples] == ids
    assert [(s.status, s.reason) for s in studio.samples] == [("draft", None)] * 2
    assert len(model.requests) == 3 + 2 + 2


def test_a_failed_output_is_made_again_in_place_by_grow(open_studio):
    studio = with_topic(open_studio, ScriptedCompleter(faults=failing("outputs", "invalid", times=3)))
    studio.grow(depth=0, samples=1).wait(10)
    [before] = studio.samples
    assert before.status == "failed"
    assert studio.grow(depth=0, samples=1).wait(10).added == 1
    [after] = studio.samples
    assert (after.id, after.input, after.status) == (before.id, before.input, "draft")
    assert [v.n for v in after.versions] == sorted({v.n for v in after.versions})


def test_repeats_are_dropped_and_asked_anew_three_rounds_at_most_and_then_said(open_studio):
    same = ScriptedCompleter(answers=lambda _request: listed("Where is it?", "where is  it", "WHERE IS IT?!"))
    studio = with_topic(open_studio, same)
    job = studio.grow(depth=0, samples=3, outputs=False)
    result = job.wait(10)
    assert (result.added, result.dropped) == (1, 2)
    assert len(same.requests) == 3
    assert "2 inputs dropped" in studio._state.jobs[job.id].note
    assert job.status == "done"


def test_repeated_topics_are_dropped_too_and_never_stand_twice(open_studio):
    same = ScriptedCompleter(answers=lambda _request: listed("Billing", "billing ", "1. Billing."))
    studio = open_studio(same)
    assert studio.generate_topics(n=2).wait(10).dropped == 1
    assert studio.topics.paths() == [("Billing",)]


def test_an_input_that_stands_under_another_topic_is_a_repeat(open_studio):
    answers = [listed("Where is it?"), listed("where is it"), listed("Lost it")]
    studio = open_studio(ScriptedCompleter(answers=answers, concurrency=1))
    studio.topics.add("A", "B")
    assert studio.grow(depth=0, samples=1, outputs=False).wait(10).added == 2
    assert sorted(s.input for s in studio.samples) == ["Lost it", "Where is it?"]


def test_too_few_are_topped_up_and_too_many_cut(open_studio):
    answers = [listed("Aa"), listed("Bb", "Cc", "Dd", "Ee")]
    studio = open_studio(model := ScriptedCompleter(answers=answers))
    assert studio.generate_topics(n=3).wait(10).added == 3
    assert studio.topics.paths() == [("Aa",), ("Bb",), ("Cc",)]
    assert "Give 2 more topics" in model.requests[1].messages[-1]["content"]


def test_topics_that_cannot_be_made_leave_no_row_but_are_said(open_studio):
    studio = open_studio(ScriptedCompleter(faults=failing("topics", "garbage")))
    job = studio.grow(topics=2, samples=2)
    with pytest.warns(UserWarning, match="Nothing was made: 2 topics could not be made"):
        result = job.wait(10)
    assert (result.added, result.failed, len(studio.topics)) == (0, 2, 0)
    assert "topics could not be made" in str(result.note)


def test_a_refused_mode_is_left_for_good_and_costs_no_answer(open_studio):
    def refuse(_number, request):
        return ModeRefusedError("no schemas here") if request.mode == "json_schema" else None

    studio = open_studio(model := ScriptedCompleter(faults=refuse, concurrency=1))
    result = studio.grow(topics=1, samples=3).wait(10)
    assert (result.added, result.failed) == (3, 0)
    assert Counter((r.step, r.mode) for r in model.requests)["outputs", "json_schema"] == 1
    text = next(r for r in model.requests if r.mode == "text" and r.step == "outputs")
    assert '"enum": ["a", "b"]' in text.messages[0]["content"], "the schema is shown where no mode enforces it"


def test_no_access_stops_the_job_and_what_is_left_is_owed(open_studio):
    faults = failing("outputs", AccessError("401: check OPENAI_API_KEY"), first=2)
    model = ScriptedCompleter(faults=faults, concurrency=1)
    studio = with_topic(open_studio, model)
    job = studio.grow(depth=0, samples=3)
    with pytest.raises(RunStoppedError, match="check OPENAI_API_KEY") as caught:
        job.wait(10)
    assert caught.value.result.added == 1
    assert caught.value.result.stopped == "401: check OPENAI_API_KEY"
    assert job.status == "stopped"
    assert Counter(s.status for s in studio.samples) == {"draft": 1, "pending": 2}
    assert steps(model.requests) == ["inputs", "outputs", "outputs"]
    model._faults = {}
    assert studio.resume().wait(10).added == 3
    assert {s.status for s in studio.samples} == {"draft"}
    assert steps(model.requests)[3:] == ["outputs", "outputs"]
    assert studio.resume().status == "done"


async def test_awaiting_a_job_that_had_to_stop_raises_too(open_studio):
    studio = open_studio(ScriptedCompleter(faults=lambda *_: AccessError("no")))
    with pytest.raises(RunStoppedError):
        await studio.grow()


def test_an_endpoint_out_of_reach_stops_the_job_and_fails_no_row(open_studio):
    faults = failing("outputs", UnreachableError("connection lost"))
    studio = with_topic(open_studio, ScriptedCompleter(faults=faults))
    with pytest.raises(RunStoppedError, match="connection lost"):
        studio.grow(depth=0, samples=2).wait(10)
    assert {s.status for s in studio.samples} == {"pending"}


def test_what_alone_gets_no_answer_is_set_aside_and_all_else_is_made(open_studio):
    def never_the_third(_number, request):
        is_it = request.step == "outputs" and request.messages[-1]["content"] == unlucky
        return UnreachableError("500: it crashed") if is_it else None

    model = ScriptedCompleter(faults=never_the_third, concurrency=2)
    studio = with_topic(open_studio, model)
    studio.generate_inputs(n=6).wait(10)
    unlucky = studio.samples[2].input
    job = studio.generate_outputs()
    with pytest.raises(RunStoppedError, match="1 got no answer and can be resumed: 500: it crashed"):
        job.wait(10)
    assert Counter(s.status for s in studio.samples) == {"draft": 5, "pending": 1}
    asked = Counter(r.messages[-1]["content"] for r in model.requests if r.step == "outputs")
    assert asked.pop(unlucky) == 2
    assert set(asked.values()) == {1}
    unlucky = None
    assert studio.resume().wait(10).added == 6


def test_connections_that_break_off_again_and_again_cost_no_item(open_studio):
    drops: Counter[str] = Counter()

    def four_times_each(_number, request):
        topic = next(line for line in request.messages[-1]["content"].splitlines() if "Topic" in line)
        drops[topic] += 1
        return "drop" if drops[topic] <= 4 else None

    studio = open_studio(ScriptedCompleter(faults=four_times_each, concurrency=4))
    studio.topics.add("A", "B", "C", "D")
    result = studio.grow(depth=0, samples=8, outputs=False).wait(10)
    assert (result.added, result.failed, result.dropped) == (32, 0, 0)
    assert min(drops.values()) > 2, "more often than a job bears that is not answered at all"


def test_an_answer_that_breaks_off_behind_its_last_item_leaves_nothing_to_ask_for(open_studio):
    class Breaking(ScriptedCompleter):
        async def complete(self, request, on_text=None):
            self.requests.append(request)
            on_text(text := f'{{"items": ["item {len(self.requests)}", "')
            raise UnreachableError("It broke off.", partial=text)

    model = Breaking(concurrency=1)
    result = with_topic(open_studio, model).grow(depth=0, samples=5, outputs=False).wait(10)
    assert (result.added, result.stopped, len(model.requests)) == (5, None, 5)


def test_a_connection_that_breaks_once_is_tried_again_without_asking_for_what_came(open_studio):
    studio = with_topic(open_studio, model := ScriptedCompleter(faults=failing("inputs", "drop", times=1)))
    result = studio.grow(depth=0, samples=8, outputs=False).wait(10)
    assert (result.added, result.failed, result.dropped) == (8, 0, 0)
    first, second = (r.messages[-1]["content"] for r in model.requests)
    came = sum(line.startswith("- ") for line in second.splitlines())
    assert came > 0
    assert "Write 8 inputs" in first
    assert f"Write {8 - came} input" in second


def test_one_refused_request_fails_alone(open_studio):
    faults = failing("outputs", RequestRefusedError("too long"), first=1, times=3)
    studio = with_topic(open_studio, ScriptedCompleter(faults=faults, concurrency=1))
    result = studio.grow(depth=0, samples=2).wait(10)
    assert (result.added, result.failed) == (1, 1)
    assert "too long" in next(s.reason for s in studio.samples if s.status == "failed")


def test_an_error_that_nobody_foresaw_stops_the_job_in_words_and_leaves_the_rest_owed(open_studio, caplog):
    faults = failing("outputs", ZeroDivisionError("inside a completer"), first=2, times=1)
    studio = with_topic(open_studio, model := ScriptedCompleter(faults=faults, concurrency=1))
    with pytest.raises(RunStoppedError, match="ZeroDivisionError: inside a completer"):
        studio.grow(depth=0, samples=3).wait(10)
    assert Counter(s.status for s in studio.samples) == {"draft": 1, "pending": 2}
    assert studio.resume().wait(10).added == 3
    assert "never retrieved" not in caplog.text
    assert model.in_flight == 0


def test_cancel_waits_for_no_answer_and_what_is_finished_stays(open_studio):
    slow = ScriptedCompleter(latency=lambda request: 3600 if request.step == "outputs" else 0)
    studio = with_topic(open_studio, slow)
    job = studio.grow(depth=0, samples=4)
    until(lambda: slow.in_flight == 4)
    job.cancel()
    result = job.wait(30)
    assert (job.status, result.stopped) == ("cancelled", "cancelled")
    assert slow.in_flight == 0
    assert Counter(s.status for s in studio.samples) == {"pending": 4}
    studio.flush()
    assert not [t for t in studio._core.engine._tasks if "job" in t.get_name()]
    assert studio.resume().status == "done", "cancelled work is given up, not owed"
    job.cancel()


def test_cancelling_over_and_over_ends_in_one_clean_end(open_studio):
    class Stubborn(ScriptedCompleter):
        """Takes a moment to give up, as a closing connection does."""

        async def complete(self, request, on_text=None):
            import asyncio

            try:
                return await super().complete(request, on_text)
            except asyncio.CancelledError:
                await asyncio.sleep(0.1)
                raise

    studio = with_topic(open_studio, model := Stubborn(latency=3600))
    job = studio.grow(depth=0, samples=2)
    until(lambda: model.in_flight > 0)
    for _ in range(4):
        job.cancel()
        time.sleep(0.02)
    job.wait(30)
    assert job.status == "cancelled"
    assert studio._state.next_undo().label != "Generate" or studio.undo() is not None


def test_a_stop_right_behind_the_start_stops(open_studio):
    studio = with_topic(open_studio, ScriptedCompleter(latency=60))
    core = studio._core

    def at_once():
        job = studio.grow(depth=0, samples=2)
        assert studio.cancel() == 1
        return job

    job = core.engine.call(at_once)
    job.wait(30)
    assert job.status == "cancelled"


def test_closing_interrupts_what_runs_and_it_stays_owed(open_studio, tmp_path):
    path = tmp_path / "a.synth"
    studio = with_topic(open_studio, model := ScriptedCompleter(latency=3600), path=path)
    job = studio.grow(depth=0, samples=2)
    until(lambda: model.in_flight > 0)
    studio.close()
    assert job.status == "interrupted"
    again = open_studio(path=path)
    assert len(again.samples) == 0
    assert again.resume().wait(10).added == 2


def test_a_job_that_was_undone_and_then_resumed_can_be_undone(open_studio):
    faults = failing("outputs", AccessError("no"), first=1, times=1)
    studio = with_topic(open_studio, ScriptedCompleter(faults=faults, concurrency=1))
    with pytest.raises(RunStoppedError):
        studio.generate_inputs(n=2).wait(10), studio.grow(depth=1, topics=2, samples=2).wait(10)
    studio.undo()
    studio.resume().wait(10)
    while studio.undo() is not None:
        pass
    assert list(studio.samples) == []
    assert studio.topics.paths() == []


def test_models_that_cannot_be_used_are_refused_at_once_with_those_that_can(open_studio):
    with pytest.raises(ModelError, match=r"provider 'nobody'.*openai, anthropic.*local"):
        open_studio("nobody/knows")
    with pytest.raises(ModelError, match="provider/name"):
        open_studio("gpt-6-luna")
    with pytest.raises(ModelError, match=r"a name, a sw\.Model or a completer"):
        open_studio(42)


def test_a_reason_or_an_answer_with_half_a_character_never_blocks_the_file(open_studio, tmp_path):
    half = "half \ud83d of it"
    answers = ['{"items": ["one \\ud83d", "two"]} \ud83d', half, half, {"kind": "a", "note": half}]
    studio = with_topic(open_studio, ScriptedCompleter(answers=answers, concurrency=1), path=tmp_path / "a.synth")
    result = studio.grow(depth=0, samples=2, guidance=half).wait(10)
    assert result.added + result.failed == 2
    studio.reject([s.id for s in studio.samples], reason=half)
    studio.new_session(guidance=half, tags=["half-\ud83d"])
    studio.set_guidance(half)
    studio.topics.add(half, guidance=half)
    studio.flush()
    before = rows_of(studio)
    studio.close()
    again = open_studio(path=tmp_path / "a.synth", task=None)
    assert rows_of(again) == before


def test_a_task_with_half_a_character_is_stored_without_it(open_studio, tmp_path):
    half = "half \ud83d"
    task = sw.Task(half, half, requirements=[half], examples=[half])
    studio = open_studio(task=task, path=tmp_path / "a.synth")
    studio.flush()
    assert studio.task.name == "half �"


def test_ctrl_c_while_waiting_cancels_the_wait_only(open_studio, capsys):
    import signal

    slow = ScriptedCompleter(latency=lambda request: 2.0 if request.step == "topics" else 0.0)
    job = open_studio(slow).grow(topics=1, samples=2)
    here = threading.get_ident()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell runs behind it ignores Ctrl+C
    threading.Timer(0.1, signal.pthread_kill, [here, signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        job.wait(30)
    signal.signal(signal.SIGINT, before)
    assert "The job goes on; job.cancel() stops it" in capsys.readouterr().err
    assert job.wait(10).added == 2


def test_the_task_of_these_tests_is_what_its_outputs_are_checked_against():
    assert TRIAGE.output_problem({"kind": "c", "note": ""}) == 'kind: "c" is not one of a, b'


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("It **does not** support **response_format**: 2**3.", "It **does not** support **response_format**: 2**3."),
        ("Bad key sk-12***cd, or ***4f.", "Bad key …, or …."),
    ],
)
def test_a_key_in_asterisks_is_taken_out_and_what_is_stressed_is_not(told, shown):
    assert redacted(told) == shown
