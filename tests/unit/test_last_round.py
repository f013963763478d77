"""What failed by chance is asked for once more at a job's end, where most came; nothing else is."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections import Counter
from collections.abc import Callable

import pytest

import synth_widgets as sw
from synth_widgets.errors import RequestRefusedError, RunStoppedError, UnreachableError
from synth_widgets.llm.completer import Answer, Request
from synth_widgets.money import Price
from synth_widgets.records import Usage
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import PLAIN, TRIAGE, failing, listed, steps, until

PLAIN_TO_JSON = sw.Task("Short", "Answer.", output_schema={"type": "object", "properties": {"a": {"enum": [1, 2]}},
                                                          "required": ["a"]})  # fmt: skip
PRICE = Price(1e-4, 4e-4, "a test")


class Moody(ScriptedCompleter):
    """Answers the outputs of some inputs badly, so many times each, and notes how often each was asked for."""

    def __init__(self, bad: dict[str, int], fault: object = "garbage", **kwargs) -> None:
        super().__init__(**kwargs)
        self.asked: Counter[str] = Counter()
        self.hold: Callable[[str], bool] = lambda about: False
        self._bad = bad
        self._fault = fault

    async def complete(self, request: Request, on_text=None) -> Answer:
        about = request.messages[1]["content"]
        if request.step != "outputs":
            return await super().complete(request, on_text)
        self.asked[about] += 1
        while self.hold(about):
            await asyncio.sleep(0.005)
        if self.asked[about] > self._bad.get(about, 0):
            return await super().complete(request, on_text)
        await asyncio.sleep(0)
        self.requests.append(request)
        if isinstance(self._fault, Exception):
            raise self._fault
        return self._fault if isinstance(self._fault, Answer) else Answer("no JSON in here", usage=Usage(20, 10))


def pending(studio: sw.Studio, n: int) -> list[str]:
    """Add inputs ``in 0``, ``in 1`` … that have no output; return their ids."""
    return studio.add_samples([{"input": f"in {i}"} for i in range(n)], status="pending").ids


def statuses(studio: sw.Studio) -> Counter[str]:
    return Counter(sample.status for sample in studio.samples)


def test_one_bad_answer_in_ten_costs_none_of_thousands_of_rows(open_studio):
    rows, tries = 2000, 6
    chance = random.Random(2)
    draws = {f"in {n}": [chance.random() < 0.1 for _ in range(tries)] for n in range(rows)}
    bad = {about: drawn.index(False) for about, drawn in draws.items()}  # so many before the first that is good
    unlucky = {about for about, times in bad.items() if times >= 3}
    assert unlucky, "one in a thousand"
    model = Moody(bad, concurrency=64)
    studio = open_studio(model, PLAIN_TO_JSON)
    pending(studio, rows)
    result = studio.generate_outputs().wait(60)
    assert (result.added, result.failed, len(studio.samples)) == (rows, 0, rows)
    assert statuses(studio) == {"draft": rows}
    assert {about for about, times in model.asked.items() if times > 3} == unlucky
    assert len(model.requests) == rows + sum(bad.values())
    assert not any(studio._state.items.values())


@pytest.mark.parametrize(("rows", "asked"), [(4, 3), (5, 6), (9, 6)])
def test_an_item_gets_three_answers_more_where_at_least_four_in_five_came(open_studio, rows, asked):
    model = Moody({"in 0": 10**9})
    studio = open_studio(model)
    pending(studio, rows)
    result = studio.generate_outputs().wait(10)
    assert (result.added, result.failed) == (rows - 1, 1)
    assert model.asked.pop("in 0") == asked
    assert set(model.asked.values()) == {1}
    [failed] = [s for s in studio.samples if s.status == "failed"]
    assert failed.reason
    assert len([v for v in failed.versions if v.problem]) == asked // 3
    assert "does not comply" in studio.keep(failed.id)[failed.id], "what fails is never kept"


def test_a_fourth_answer_that_is_right_is_the_row_and_the_ways_are_those_of_a_first_round(open_studio):
    model = Moody({"in 1": 3}, concurrency=1)
    studio = open_studio(model)
    pending(studio, 5)
    result = studio.generate_outputs().wait(10)
    assert (result.added, result.failed) == (5, 0)
    assert statuses(studio) == {"draft": 5}
    row = studio.samples[1]
    assert row.reason is None
    mine = [r for r in model.requests if r.messages[1]["content"] == "in 1"]
    assert [r.mode for r in mine] == ["json_schema", "json_schema", "text", "json_schema"]
    assert model.requests[-1] is mine[-1], "when all else is made"
    calls = [c for c in studio._state.calls.values() if c.step == "outputs"]
    assert sorted(c.attempts for c in calls) == [1, 1, 1, 1, 1, 3]
    studio.undo()
    assert statuses(studio) == {"pending": 5}
    studio.redo()
    assert statuses(studio) == {"draft": 5}


@pytest.mark.parametrize(
    "fault",
    [
        Answer("", finish="filter"),
        Answer("I would rather not.", finish="refusal"),
        Answer('{"kind": "a", "no', finish="length"),
        RequestRefusedError("400: the prompt is too long"),
    ],
    ids=["filter", "refusal", "cut", "too long"],
)
def test_what_is_no_chance_is_not_asked_for_again(open_studio, fault):
    model = Moody({"in 0": 10**9}, fault)
    studio = open_studio(model)
    pending(studio, 10)
    result = studio.generate_outputs().wait(10)
    assert (result.added, result.failed) == (9, 1)
    assert model.asked["in 0"] == 3


def test_an_input_that_the_task_no_longer_takes_is_not_asked_for_at_all(open_studio):
    model = Moody({})
    studio = open_studio(model, PLAIN)
    pending(studio, 9)
    strict = sw.Task(PLAIN.name, PLAIN.instruction, input_schema={"type": "object", "required": ["a"]})
    studio._core.change_task(strict)
    result = studio.generate_outputs().wait(10)
    assert (result.added, result.failed) == (0, 9)
    assert model.requests == []


def test_a_failed_row_says_so_until_its_last_round_and_progress_tells_of_it(open_studio):
    model = Moody({"in 0": 3}, concurrency=2)
    studio = open_studio(model)
    ids = pending(studio, 6)
    model.hold = lambda about: about == "in 5" or model.asked["in 0"] > 3
    job = studio.generate_outputs()
    until(lambda: job.progress.again == 1 and job.progress.done == 4)
    assert studio.samples[ids[0]].status == "failed"
    assert studio.samples[ids[0]].reason
    assert (job.progress.failed, job.progress.total, job.progress.waiting) == (0, 6, None)
    assert "1 to be asked for once more" in str(job.progress)
    assert studio.generate_outputs(ids[0]).wait(10).added == 0, "it is on its way: nothing is asked for twice"
    job.cancel()
    result = job.wait(30)
    assert (job.status, result.added, result.failed) == ("cancelled", 4, 1)
    assert model.asked["in 0"] == 3, "a cancelled job begins no last round"
    assert studio.resume().status == "done", "it owes nothing"


def test_the_last_round_is_told_cancelled_and_then_over(open_studio):
    model = Moody({"in 0": 9}, latency=0.01)
    studio = open_studio(model)
    pending(studio, 6)
    model.hold = lambda about: model.asked["in 0"] > 3
    job = studio.generate_outputs()
    until(lambda: job.progress.waiting == "Asking once more for 1 that failed")
    assert model.asked["in 0"] == 4
    job.cancel()
    assert (job.wait(30).added, job.result.failed, job.progress.done) == (5, 1, 6)
    assert statuses(studio) == {"draft": 5, "failed": 1}


def test_a_paused_job_begins_its_last_round_when_it_goes_on(open_studio):
    model = Moody({"in 0": 3}, concurrency=1)
    studio = open_studio(model)
    pending(studio, 5)
    model.hold = lambda about: about == "in 4"
    job = studio.generate_outputs()
    until(lambda: job.progress.again == 1 and model.asked["in 4"] == 1)
    job.pause()
    model.hold = lambda about: False
    until(lambda: model.in_flight == 0 and job.progress.done == 4)
    assert (job.status, model.asked["in 0"]) == ("paused", 3)
    job.resume()
    assert job.wait(10).added == 5


def killed_in_the_last_round(tmp_path, *, bad: int):
    """Copy the file of a job as a kill would leave it: its last round is under way."""
    path, copy = tmp_path / "a.synth", tmp_path / "killed.synth"
    model = Moody({"in 0": bad, "in 1": bad})
    with sw.Studio(TRIAGE, path=path, model=model) as studio:
        pending(studio, 12)
        model.hold = lambda about: model.asked[about] > 3
        studio.generate_outputs()
        until(lambda: model.asked["in 0"] + model.asked["in 1"] == 8)
        studio.flush()
        for file in (path, path.with_name(path.name + "-wal")):
            shutil.copy(file, copy.with_name(copy.name + file.name.removeprefix(path.name)))
    return copy


@pytest.mark.parametrize("closed", [False, True], ids=["killed", "closed"])
def test_a_job_that_ended_in_its_last_round_owes_it_and_no_row_is_lost_or_doubled(tmp_path, closed):
    path = killed_in_the_last_round(tmp_path, bad=9)
    path = tmp_path / "a.synth" if closed else path
    model = Moody({"in 0": 2})
    with sw.Studio(path=path, model=model) as studio:
        assert statuses(studio) == {"draft": 10, "failed": 2}
        assert [len(items) for items in studio._state.items.values()] == [2]
        result = studio.resume().wait(10)
        assert (result.added, result.failed) == (12, 0)
        assert model.asked == {"in 0": 3, "in 1": 1}, "its last round, and nothing that was there"
        assert statuses(studio) == {"draft": 12}
        assert sorted(s.input for s in studio.samples) == sorted(f"in {n}" for n in range(12))
        assert not any(studio._state.items.values())


def test_what_fails_in_a_last_round_that_is_resumed_has_failed_for_good(tmp_path):
    model = Moody({"in 0": 10**9, "in 1": 10**9})
    with sw.Studio(path=killed_in_the_last_round(tmp_path, bad=9), model=model) as studio:
        result = studio.resume().wait(10)
        assert (result.added, result.failed) == (10, 2)
        assert model.asked == {"in 0": 3, "in 1": 3}
        assert studio.resume().status == "done"


def test_topping_up_takes_over_what_a_last_round_owed(tmp_path):
    path = killed_in_the_last_round(tmp_path, bad=9)
    with sw.Studio(path=path, model=Moody({})) as studio:
        result = studio.grow(depth=0, samples=12).wait(10)
        assert (result.added, result.failed, len(studio.samples)) == (2, 0, 12)
        assert studio.resume().status == "done"


def test_a_last_round_is_spent_inside_the_budget_and_resumed_under_a_higher_one(open_studio):
    unmoved = Moody({f"in {n}": 6 for n in range(8)}, price=PRICE, concurrency=1)
    studio = open_studio(unmoved)
    pending(studio, 40)
    cost = studio.generate_outputs().wait(10).cost

    model = Moody({f"in {n}": 5 for n in range(8)}, price=PRICE, concurrency=1)
    studio = open_studio(model)
    pending(studio, 40)
    result = studio.generate_outputs(budget=cost * 0.9).wait(10)
    assert "would be passed" in result.stopped
    assert result.cost <= cost * 0.9
    assert statuses(studio) == {"draft": result.added, "failed": 40 - result.added}
    assert 32 < result.added < 40
    assert result.failed == 0, "they are owed"
    assert max(model.asked.values()) == 6
    result = studio.resume(budget=100).wait(10)
    assert (result.added, result.failed, result.stopped) == (40, 0, None)
    assert statuses(studio) == {"draft": 40}
    assert max(model.asked.values()) <= 6 + 3


def test_no_answer_in_the_last_round_leaves_the_row_owed(open_studio):
    model = Moody({"in 0": 3})
    studio = open_studio(model)
    pending(studio, 6)
    model._faults = lambda _number, request: (
        UnreachableError("500: it crashed")
        if request.messages[1]["content"] == "in 0" and model.asked["in 0"] < 6
        else None
    )
    with pytest.raises(RunStoppedError, match="500: it crashed"):
        studio.generate_outputs().wait(10)
    assert statuses(studio) == {"draft": 5, "failed": 1}
    assert studio.resume().wait(10).added == 6


def test_rows_that_were_removed_or_judged_meanwhile_are_not_asked_for_again(open_studio):
    model = Moody({"in 0": 9, "in 1": 9, "in 2": 9})
    studio = open_studio(model)
    studio.topics.add("Gone")
    [hidden] = studio.add_samples([{"input": "in 0"}], topic="Gone", status="pending").ids
    judged, mended, *_ = studio.add_samples([{"input": f"in {n}"} for n in range(1, 30)], status="pending").ids
    model.hold = lambda about: about == "in 29"
    job = studio.generate_outputs()
    until(lambda: job.progress.again == 3)
    studio.topics.remove("Gone")
    studio.reject(judged, "dull")
    studio.edit(mended, output={"kind": "a", "note": "by hand"})
    model.hold = lambda about: False
    result = job.wait(10)
    assert (result.added, result.stopped) == (27, None)
    assert [model.asked[f"in {n}"] for n in range(3)] == [3, 3, 3]
    assert (studio.samples[judged].status, studio.samples[mended].status) == ("rejected", "draft")
    assert studio.samples[mended].output["note"] == "by hand"
    assert hidden not in [s.id for s in studio.samples]


@pytest.mark.parametrize("end", ["cancelled", "done"])
def test_what_a_person_made_or_removed_before_its_last_round_has_not_failed(open_studio, end):
    model = Moody({"in 0": 9, "in 1": 9, "in 2": 9})
    studio = open_studio(model)
    studio.topics.add("Gone")
    studio.add_samples([{"input": "in 0"}], topic="Gone", status="pending")
    made, *_ = studio.add_samples([{"input": f"in {n}"} for n in range(1, 5)], status="pending").ids
    model.hold = lambda about: about == "in 4"
    job = studio.generate_outputs()
    until(lambda: job.progress.again == 3)
    studio.edit(made, output={"kind": "a", "note": "by hand"})
    studio.topics.remove("Gone")
    if end == "cancelled":
        job.cancel()
    model.hold = lambda about: False
    result = job.wait(10)
    assert (job.status, result.failed, job.progress.failed, job.progress.again) == (end, 1, 1, 0)
    assert statuses(studio)["failed"] == 1


def test_regenerating_leaves_a_sample_as_it_is_until_its_last_round_is_over(open_studio):
    model = ScriptedCompleter()
    studio = open_studio(model)
    pending(studio, 6)
    studio.generate_outputs().wait(10)
    before = [(s.output, s.status) for s in studio.samples]
    moody = Moody({"in 0": 3, "in 1": 10**9}, concurrency=2)
    ids = [s.id for s in studio.samples]
    job = studio.regenerate(ids, model=moody)
    result = job.wait(10)
    assert (result.added, result.failed) == (4, 2), "two of six are more than one in five"
    assert [(s.output, s.status) for s in studio.samples][:2] == before[:2]
    assert "2 outputs could not be made again" in studio._state.jobs[job.id].note
    moody = Moody({"in 0": 3}, concurrency=2)
    result = studio.regenerate(ids, model=moody).wait(10)
    assert (result.added, result.failed, moody.asked["in 0"]) == (6, 0, 4)
    assert [v.problem is None for v in studio.samples[0].versions] == [True, True, False, False, True]


def test_a_new_input_that_is_a_repeat_in_its_last_round_too_is_said(open_studio):
    asked = 0

    def answer(request: Request) -> str:
        nonlocal asked
        if request.step == "outputs":
            return "Out."
        asked += 1
        return f"{{{asked}" if 5 <= asked <= 7 else listed("New 1" if asked > 7 else f"New {asked}")

    studio = open_studio(ScriptedCompleter(answers=answer, concurrency=1), PLAIN)
    ids = studio.add_samples([{"input": f"in {n}", "output": "Hi."} for n in range(5)]).ids
    job = studio.regenerate(ids, part="input")
    result = job.wait(10)
    assert (result.added, result.failed, result.dropped, asked) == (4, 1, 0, 10)
    assert result.note == "1 inputs could not be made again (the model repeated itself)"
    assert [s.input for s in studio.samples][-1] == "in 4"


def test_a_new_input_whose_output_fails_for_good_waits_no_longer(open_studio):
    studio = open_studio(ScriptedCompleter())
    pending(studio, 6)
    studio.generate_outputs().wait(10)
    ids = [s.id for s in studio.samples]
    before = [(s.input, s.output) for s in studio.samples]
    faults = failing("outputs", "garbage", first=1, times=10**9)
    assert studio.regenerate(ids, part="input", model=ScriptedCompleter(faults=faults)).wait(10).failed == 6
    assert [(s.input, s.output) for s in studio.samples] == before
    assert [studio._state.samples[i].proposal for i in ids] == [None] * 6
    faults = failing("outputs", "garbage", first=6, times=3)
    model = ScriptedCompleter(faults=faults, concurrency=1, seed=3)
    assert studio.regenerate(ids, part="input", model=model).wait(10).added == 6
    assert not {repr(row) for row in before} & {repr((s.input, s.output)) for s in studio.samples}
    assert Counter(steps(model.requests)) == {"inputs": 6, "outputs": 9}


def test_topics_and_inputs_get_a_last_round_too(open_studio):
    faults = failing("topics", "garbage", first=9, times=3)
    model = ScriptedCompleter(faults=faults, items_per_call=1, concurrency=1)
    studio = open_studio(model, PLAIN)
    job = studio.generate_topics(n=9)
    assert (job.wait(10).added, job.result.failed, len(studio.topics)) == (9, 0, 9)
    assert studio._state.jobs[job.id].note is None
    assert steps(model.requests) == ["topics"] * 12

    faults = failing("inputs", "garbage", first=9, times=3)
    studio = open_studio(ScriptedCompleter(faults=faults, items_per_call=1, concurrency=1), PLAIN)
    job = studio.grow(depth=0, samples=9)
    result = job.wait(10)
    assert (result.added, result.failed, len(studio.samples)) == (9, 0, 9)
    assert statuses(studio) == {"draft": 9}
    [mended] = [s for s in studio.samples if len(s.versions) > 2]
    assert mended.versions[0].problem.startswith("input: ")
    studio.undo()
    assert list(studio.samples) == []


def test_an_input_whose_last_round_fails_too_is_one_failed_row(open_studio):
    faults = failing("inputs", "garbage", first=9)
    studio = open_studio(ScriptedCompleter(faults=faults, items_per_call=1, concurrency=1), PLAIN)
    result = studio.generate_inputs(n=9).wait(10)
    assert (result.added, result.failed, len(studio.samples)) == (8, 1, 9)
    assert statuses(studio) == {"pending": 8, "failed": 1}


def test_the_estimate_holds_what_a_run_with_a_last_round_sends(open_studio):
    model = Moody({f"in {n}": 9 for n in range(8)})
    studio = open_studio(model)
    pending(studio, 40)
    estimate = studio.estimate("generate_outputs")
    studio.generate_outputs().wait(10)
    assert estimate.calls == (40, 80 + 3 * 8)
    assert estimate.calls[0] <= len(model.requests) <= estimate.calls[1]
