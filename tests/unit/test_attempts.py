"""Ask, check, correct, ask afresh: over any completer, without a studio."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import synth_widgets as sw
from synth_widgets.errors import AccessError, ModeRefusedError, OwnCodeError, RequestRefusedError
from synth_widgets.generation.attempts import ANSWERS, Accepted, Attempts, Failed, Refused, answer_to
from synth_widgets.generation.item_attempts import ItemAttempt, ItemsAnswer
from synth_widgets.generation.mode_choice import ModeChoice
from synth_widgets.generation.outputs import OutputQuestion
from synth_widgets.generation.topics import TopicsQuestion
from synth_widgets.llm.completer import Answer
from synth_widgets.records import Json
from synth_widgets.testing import ScriptedCompleter
from tests.endpoint import Endpoint

ALONE = Path(__file__).with_name("attempts_alone.py")
TONE = {"type": "object", "properties": {"tone": {"enum": ["kind", "curt"]}}, "required": ["tone"]}
TASK = sw.Task("Tone", "Name the tone of the message.", output_schema=TONE)
QUESTION = OutputQuestion(TASK, "Thank you!")
GOOD = {"tone": "kind"}


def test_ten_valid_outputs_with_correction_without_a_studio() -> None:
    assert len(ALONE.read_text(encoding="utf-8").splitlines()) <= 25, "twenty lines and the imports' blank ones"
    with Endpoint() as endpoint:
        endpoint.fail("garbage", times=3)
        command = [sys.executable, str(ALONE), endpoint.url, endpoint.key]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        assert len(lines) == 10
        assert set(lines) <= {"{'tone': 'kind'}", "{'tone': 'curt'}"}
        corrections = [body for body in endpoint.bodies if len(body["messages"]) == 4]
        assert (len(endpoint.bodies), len(corrections)) == (13, 3)
        assert all("cannot be used" in body["messages"][-1]["content"] for body in corrections)


async def test_an_answer_that_complies_is_the_only_one() -> None:
    model = ScriptedCompleter(answers=[GOOD])
    outcome = await answer_to(QUESTION, model)
    assert isinstance(outcome, Accepted)
    assert (outcome.value, len(model.requests)) == (GOOD, 1)


async def test_the_correction_shows_the_answer_and_the_fresh_one_does_not_and_takes_another_mode() -> None:
    model = ScriptedCompleter(answers=["curt", '{"tone": "loud"}', GOOD])
    assert isinstance(await answer_to(QUESTION, model), Accepted)
    first, corrected, fresh = model.requests
    assert corrected.messages[len(first.messages)]["content"] == "curt"
    assert len(fresh.messages) == len(first.messages)
    assert (first.mode, fresh.mode) == ("json_schema", "text")


async def test_after_three_answers_it_has_failed_with_the_words_of_the_last() -> None:
    model = ScriptedCompleter(answers=['{"tone": "loud"}'] * (ANSWERS + 1))
    outcome = await answer_to(QUESTION, model)
    assert isinstance(outcome, Failed)
    assert "loud" in outcome.problem
    assert len(model.requests) == ANSWERS


async def test_a_small_model_is_never_shown_its_answer() -> None:
    model = ScriptedCompleter(answers=["curt", GOOD])
    assert isinstance(await answer_to(OutputQuestion(TASK, "Hi", small_model=True), model), Accepted)
    first, second = model.requests
    assert len(second.messages) == len(first.messages)


async def test_a_request_that_is_refused_has_failed_after_three() -> None:
    model = ScriptedCompleter(faults=lambda _number, _request: RequestRefusedError("No, not this."))
    assert await answer_to(QUESTION, model) == Refused("No, not this.")
    assert len(model.requests) == ANSWERS


async def test_a_mode_that_is_refused_costs_no_answer() -> None:
    model = ScriptedCompleter(answers=[GOOD], faults={1: ModeRefusedError("No such mode.")})
    outcome = await answer_to(QUESTION, model)
    assert isinstance(outcome, Accepted)
    assert [request.mode for request in model.requests] == ["json_schema", "text"]


async def test_what_concerns_every_question_is_raised() -> None:
    model = ScriptedCompleter(faults={1: AccessError("Wrong key.")})
    with pytest.raises(AccessError, match="Wrong key"):
        await answer_to(QUESTION, model)


async def test_own_code_that_cannot_say_ends_it_at_once() -> None:
    async def stuck(_function: Any) -> str:
        raise OwnCodeError("It took too long.")

    pydantic = pytest.importorskip("pydantic")
    model_class = pydantic.create_model("Tone", tone=(str, ...))
    task = sw.Task("Tone", "Name the tone.", output_schema=model_class)
    model = ScriptedCompleter(answers=[GOOD, GOOD])
    outcome = await answer_to(OutputQuestion(task, "Hi", own_code=stuck), model)
    assert isinstance(outcome, Failed)
    assert (outcome.problem, len(model.requests)) == ("It took too long.", 1)


async def test_what_arrives_is_heard_of_before_it_is_checked() -> None:
    heard: list[Answer] = []
    attempts, modes, model = Attempts(), ModeChoice(ScriptedCompleter()), ScriptedCompleter(answers=["curt"])
    request = attempts.request(QUESTION, modes)
    await attempts.ask(request, QUESTION, model, modes, arrived=heard.append)
    assert [answer.text for answer in heard] == ["curt"]


class Basket:
    """Takes so many items."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.items: list[Json] = []

    @property
    def wants_more(self) -> bool:
        return len(self.items) < self.most

    def take(self, raw: str, value: Json, text: str) -> None:
        assert raw in text
        self.items.append(value)

    def take_back(self, drafts: set[str]) -> None:
        raise AssertionError(drafts)


async def test_items_are_handed_on_while_the_answer_comes_and_those_that_do_not_comply_are_told() -> None:
    model = ScriptedCompleter(answers=['{"items": ["Brakes", "", "Tyres", "Lamps"]}'], chunk=4)
    question = TopicsQuestion(TASK, (), 3)
    attempts, modes, basket = Attempts(), ModeChoice(model), Basket(3)
    attempt = ItemAttempt(question.request(attempts.mode(modes)), question, basket)
    outcome = await attempt.ask(attempts, model, modes)
    assert isinstance(outcome, ItemsAnswer)
    assert basket.items == ["Brakes", "Tyres", "Lamps"]
    assert outcome.invalid == [('""', "the name is empty")]
    fault = outcome.fault(outcome.invalid)
    assert fault is not None
    assert fault.problem == "item 1: the name is empty"
