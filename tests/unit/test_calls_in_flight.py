"""Calls that are under way at once have nothing of one another's: modes, room, money, records."""

from __future__ import annotations

import asyncio
import gc
import json
import time
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import synth_widgets as sw
from synth_widgets.engine import engine
from synth_widgets.errors import CallError, ModelGoneError, ModeRefusedError, RequestRefusedError, UnreachableError
from synth_widgets.generation.mode_choice import ModeChoice
from synth_widgets.llm.completer import Answer, OnText, Request
from synth_widgets.money import Price
from synth_widgets.records import Usage, WorkItem
from synth_widgets.runs.plan import Plan
from synth_widgets.runs.planner import Planner
from synth_widgets.runs.step_models import StepModels
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import PLAIN, TRIAGE, listed, until

GOOD = '{"kind": "a", "note": "late"}'
OF_TEN = Usage(10, 10)


class Desk:
    """A model whose calls wait until the test answers them."""

    name = "desk"
    items_per_call = 10

    def __init__(self, *modes: str, concurrency: int = 8) -> None:
        self.modes = modes or ("json_schema",)
        self.concurrency = concurrency
        self.price = Price(1e-6, 1e-6, "test")
        self.calls: list[tuple[Request, asyncio.Future[Answer]]] = []
        self.in_flight = 0
        self.verdicts: list[tuple[str, str]] = []

    def judged(self, mode: str, verdict: str) -> None:
        self.verdicts.append((mode, verdict))

    async def complete(self, request: Request, on_text: OnText | None = None) -> Answer:
        came: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.calls.append((request, came))
        self.in_flight += 1
        try:
            return await came
        finally:
            self.in_flight -= 1

    async def close(self) -> None:
        """Hold nothing."""

    def reply(self, number: int, result: str | CallError) -> None:
        """Answer a call, counted from 0, or say why there is no answer."""
        until(lambda: len(self.calls) > number)

        def settle() -> None:
            came = self.calls[number][1]
            came.set_result(Answer(result, usage=OF_TEN)) if isinstance(result, str) else came.set_exception(result)

        engine().call(settle)

    def wanted(self, number: int) -> int:
        """How many items a call asks for."""
        until(lambda: len(self.calls) > number)
        return int(self.calls[number][0].messages[-1]["content"].rpartition("Write ")[2].split()[0])


def unexplained(error: CallError) -> CallError:
    error.unexplained = True
    return error


def items(number: int, n: int) -> str:
    return listed(*(f"Message {number}.{i} of some kind" for i in range(n)))


def split(open_studio: Callable[..., sw.Studio], desk: Desk) -> sw.Job:
    """Begin with an answer of three invalid items where ten were wanted: two calls are in flight for the rest."""
    job = open_studio(desk, PLAIN).generate_inputs(n=10)
    desk.reply(0, json.dumps({"items": [{"bad": n} for n in range(3)]}))
    until(lambda: len(desk.calls) == 3)
    return job


def test_a_mode_that_is_refused_to_one_of_two_split_calls_is_the_one_it_was_sent_in(open_studio) -> None:
    desk = Desk("json_schema", "text")
    job = split(open_studio, desk)
    correction, rest = desk.calls[1][0].mode, desk.calls[2][0].mode
    assert (correction, rest) == ("text", "json_schema")
    desk.reply(1, UnreachableError("the line was lost"))
    desk.reply(2, ModeRefusedError("no json_schema today"))
    for number in (3, 4):
        desk.reply(number, items(number, 10))
    assert job.wait(30).added == 10


def test_a_doubt_about_a_mode_is_booked_on_the_call_that_was_refused(open_studio) -> None:
    desk = Desk("json_schema", "tools", "text")
    job = split(open_studio, desk)
    assert [request.mode for request, _ in desk.calls] == ["json_schema", "tools", "json_schema"]
    desk.reply(1, unexplained(RequestRefusedError("400")))
    desk.reply(3, items(3, 10))
    desk.reply(2, items(2, 10))
    assert job.wait(30).added == 10
    assert ("tools", "refused") in desk.verdicts
    assert ("json_schema", "refused") not in desk.verdicts


def test_a_call_that_is_put_back_and_taken_in_the_same_turn_keeps_its_room_and_its_money(open_studio) -> None:
    desk = Desk(concurrency=2)
    studio = open_studio(desk, TRIAGE)
    studio.add_samples([{"input": f"message {n}"} for n in range(4)], status="pending")
    job = studio.generate_outputs(budget=1.0)
    until(lambda: len(desk.calls) == 2)
    [run] = studio._core.jobs.runs.values()

    def both() -> None:
        desk.concurrency = 1
        desk.calls[0][1].set_result(Answer("no JSON", usage=OF_TEN))
        desk.calls[1][1].set_result(Answer(GOOD, usage=OF_TEN))

    engine().call(both)
    until(lambda: len(desk.calls) == 3)
    time.sleep(0.1)
    assert desk.in_flight == 1
    assert engine().call(lambda: run.spending._job.reserved) > 0
    for number in (2, 3, 4):
        desk.reply(number, GOOD)
    assert job.wait(30).added == 4
    assert len(desk.calls) == 5


@pytest.mark.parametrize(
    "error",
    [ModeRefusedError("no json_schema"), unexplained(UnreachableError("500", partial="{"))],
    ids=["mode", "lost"],
)
def test_a_streamed_call_that_ends_for_its_mode_has_its_record_closed_at_an_unknown_cost(open_studio, error) -> None:
    class Breaking(ScriptedCompleter):
        async def complete(self, request: Request, on_text: OnText | None = None) -> Answer:
            self.requests.append(request)
            text = items(len(self.requests), 4)
            if len(self.requests) == 1 and on_text is not None:
                on_text(text[:45])
                raise error
            return Answer(text, usage=OF_TEN)

    studio = open_studio(Breaking(price=Price(1e-6, 1e-6, "test")), PLAIN)
    result = studio.generate_inputs(n=4).wait(30)
    assert (result.added, result.cost) == (4, None)
    assert not studio._state.ledger._open


def test_a_check_that_is_given_up_before_it_began_says_nothing_to_anybody(open_studio, recwarn) -> None:
    pydantic = pytest.importorskip("pydantic")

    class Breaking(ScriptedCompleter):
        async def complete(self, request: Request, on_text: OnText | None = None) -> Answer:
            self.requests.append(request)
            text = json.dumps({"items": [{"n": 10 * len(self.requests) + i} for i in range(4)]})
            if len(self.requests) == 1 and on_text is not None:
                on_text(text[:30])
                raise UnreachableError("the line was lost", partial=text[:30])
            return Answer(text)

    task = sw.Task("Numbers", "Count.", input_schema=pydantic.create_model("N", n=(int, ...)))
    assert open_studio(Breaking(), task).generate_inputs(n=4).wait(30).added == 4
    gc.collect()
    assert not [str(warning.message) for warning in recwarn if "never awaited" in str(warning.message)]


@pytest.mark.parametrize("step", ["inputs", "outputs"])
def test_a_run_with_a_call_without_an_answer_goes_as_soon_as_it_has_ended(open_studio, step) -> None:
    model = ScriptedCompleter(faults={1: UnreachableError}, latency=0.05)
    studio = open_studio(model, PLAIN)
    if step == "outputs":
        studio.add_samples([{"input": f"message {n}"} for n in range(10)], status="pending")
    gc.collect()
    gc.disable()
    try:
        job = studio.generate_outputs() if step == "outputs" else studio.generate_inputs(n=10)
        [run] = [weakref.ref(each) for each in studio._core.jobs.runs.values()]
        assert job.wait(30).added == 10
        until(lambda: run() is None)
    finally:
        gc.enable()


def test_plans_are_taken_up_one_after_another() -> None:
    class Run:
        has_ended = False

        def __init__(self) -> None:
            self.taken: list[str] = []

        def plan(self, part: Plan, *, is_expected: bool) -> Any:
            self.taken.append(part.items[0].target)
            return engine().loop.create_future()

        def fail(self, error: BaseException) -> None:
            raise error

        def wake(self) -> None:
            """There is nothing to do."""

    async def both() -> list[str]:
        run = Run()
        planner = Planner(engine(), run)
        for target in ("first", "second"):
            planner.add(iter([Plan([WorkItem("job", "inputs", target, n)]) for n in range(3)]))
        await planner.done()
        return run.taken

    assert engine().begin(both).result(10) == ["first"] * 3 + ["second"] * 3


def test_what_the_model_before_says_of_its_modes_is_nothing_about_its_successor() -> None:
    before, after = ScriptedCompleter(name="before"), ScriptedCompleter(name="after")
    models = StepModels({"outputs": before}, lambda *_: after, lambda _: None)
    assert models.modes("outputs", before) is models.modes("outputs", before)
    models.gone("outputs", before, ModelGoneError("gone"))
    models.modes("outputs", before).refused("json_schema")
    choice = models.modes("outputs", after)
    assert isinstance(choice, ModeChoice)
    assert choice._in_order() == ["json_schema", "text"]
