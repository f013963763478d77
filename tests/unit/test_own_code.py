"""The person's validators may sleep, hang or do worse: nothing else waits for them, and what came of it is told."""

from __future__ import annotations

import threading

import pytest
from pydantic import BaseModel, field_validator

import synth_widgets as sw
from synth_widgets import own_code
from synth_widgets.errors import OwnCodeError
from synth_widgets.own_code import OwnCode
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import PLAIN, in_background, until

ROW = {"input": "I am Ada.", "output.text": "x"}


@pytest.fixture
def gate():
    """Opens at the end of the test, whatever happens: what waits for it comes back."""
    gate = threading.Event()
    yield gate
    gate.set()


def waiting_for(gate, *, on="hang"):
    """A task whose class waits for the gate when it is asked about some text."""

    class Answer(BaseModel):
        text: str

        @field_validator("text")
        @classmethod
        def check(cls, value):
            if on in value:
                gate.wait(60)
            if value == "exit":
                raise SystemExit("bye")
            return value

    return sw.Task("Slow", "Answer.", output_schema=Answer)


def test_validators_that_hang_hold_up_neither_another_studio_nor_an_edit_of_this_one(open_studio, gate):
    model = ScriptedCompleter(answers=lambda _request: {"text": "hang"}, concurrency=32)
    slow = open_studio(model, task=waiting_for(gate))
    slow.add_samples([{"input": f"{n}"} for n in range(32)], status="pending")
    ids = [sample.id for sample in slow.samples]
    other = open_studio(task=PLAIN)
    other.topics.add("A")
    job = slow.generate_outputs()
    until(lambda: len(model.requests) == 32)
    assert in_background(other.undo).result(30).label == "Add topic"
    assert in_background(lambda: slow.edit(ids[0], output={"text": "mine"})).result(30) == {}
    job.cancel()
    assert in_background(job.wait).result(30).added == 0


def test_two_studios_with_validators_that_hang_do_not_wait_for_each_other(open_studio, gate):
    studios = [open_studio(task=waiting_for(gate)) for _ in range(3)]
    for studio in studios:
        studio.add_samples([ROW])
    hanging = [in_background(lambda s=s: s.edit(s.samples[0], output={"text": "hang"})) for s in studios for _ in "ab"]
    free = open_studio(task=waiting_for(gate))
    free.add_samples([ROW])
    assert in_background(lambda: free.keep(free.samples[0])).result(30) == {}
    assert not any(edit.done() for edit in hanging)


def test_a_class_that_never_comes_back_is_the_reason_of_its_row_and_no_other_answer_is_paid(
    open_studio, gate, monkeypatch
):
    monkeypatch.setattr(own_code, "SECONDS", 0.1)
    model = ScriptedCompleter(
        answers=lambda request: (
            {"text": "hang" if "bad" in str(request.messages) else "fine"} if request.schema else None
        )
    )
    studio = open_studio(model, task=waiting_for(gate))
    studio.add_samples([{"input": "bad"}, {"input": "good"}], status="pending")
    result = studio.generate_outputs().wait(30)
    assert (result.added, result.failed, len(model.requests)) == (1, 1, 2)
    bad, good = studio.samples
    assert (bad.status, bad.reason) == ("failed", "Your code took longer than 0.1 s and was given up.")
    assert good.status == "draft"


def test_a_verdict_and_an_edit_say_that_the_class_took_too_long(open_studio, gate, monkeypatch):
    task = waiting_for(gate, on="slow")
    studio = open_studio(task=task)
    words = "Your code took longer than 0.1 s and was given up."
    gate.set()
    studio.add_samples([ROW, {**ROW, "output.text": "slow"}, ROW])
    gate.clear()
    monkeypatch.setattr(own_code, "SECONDS", 0.1)
    first, slow, last = [sample.id for sample in studio.samples]
    assert studio.keep([first, slow, last]) == {slow: f"does not comply: {words}"}
    assert [sample.status for sample in studio.samples] == ["kept", "draft", "kept"]
    assert studio.edit(first, output={"text": "slow"}) == {first: words}
    assert studio.samples[first].output == {"text": "x"}


def test_a_class_that_ends_the_thread_is_the_reason_of_its_row(open_studio, gate):
    model = ScriptedCompleter(answers=lambda _request: {"text": "exit"})
    studio = open_studio(model, task=waiting_for(gate))
    studio.add_samples([{"input": "one"}], status="pending")
    assert studio.generate_outputs().wait(30).failed == 1
    assert studio.samples[0].reason == "Your code raised SystemExit: bye"


@pytest.fixture
def code(open_studio):
    core = open_studio(task=PLAIN)._core
    return core.engine.call(lambda: OwnCode(core.engine, threads=1, seconds=0.05)), core.engine


def test_after_many_that_never_came_back_no_thread_is_spent_any_more(code, gate):
    lane, engine = code

    def hang(n):
        calls.append(n)
        gate.wait(60)

    calls: list[int] = []
    said = engine.call(lambda: lane.each(hang, range(own_code.MOST_STUCK + 3)))
    assert len(calls) == own_code.MOST_STUCK
    assert all(isinstance(words, OwnCodeError) for words in said)
    assert [str(words) for words in said[-3:]] == ["Your code is not run: 8 calls of it before never came back."] * 3
    gate.set()
    until(lambda: lane._stuck == 0)
    assert engine.call(lambda: lane.each(str, [1, 2])) == ["1", "2"], "they came back, so that it is run again"


def test_what_is_given_up_ends_after_the_value_under_way_and_leaves_its_place(code, gate):
    lane, engine = code
    done: list[int] = []
    begun = threading.Event()
    lane._seconds = 30.0

    def slow(n):
        begun.set()
        gate.wait(60)
        done.append(n)

    task = engine.call(lambda: engine.spawn(lane.each(slow, range(5))))
    assert begun.wait(30)
    engine.call(task.cancel)
    gate.set()
    assert engine.call(lambda: lane.each(str, [7])) == ["7"]
    assert len(done) == 1


def test_what_the_function_itself_raises_reaches_the_caller(code):
    lane, engine = code
    with pytest.raises(ZeroDivisionError):
        engine.call(lambda: lane.run(lambda: 1 / 0))
    assert engine.call(lambda: lane.run(lambda: "on")) == "on"
