"""The estimate before a run: ranges that hold what is spent, within 30 % of it after ten answers."""

from __future__ import annotations

import sqlite3
import threading

import pytest

import synth_widgets as sw
from synth_widgets.money import Price
from synth_widgets.runs.token_estimate import value_tokens
from synth_widgets.schema.schema import Schema
from synth_widgets.studio.accounts import Accounts
from synth_widgets.testing import ScriptedCompleter
from tests.endpoint import Endpoint
from tests.tasks import PLAIN, TICKETS, TRIAGE, failing

PRICE = Price(1e-6, 4e-6, "a test")
TASKS = {
    "triage": TRIAGE,
    "plain": PLAIN,
    "tickets": TICKETS,
    "examples": sw.Task(
        "Shout", "Say it louder.", examples=[("Hello there", "HELLO THERE!"), ("Good day", "GOOD DAY!")]
    ),
}


def priced(endpoint: Endpoint) -> sw.Model:
    return sw.Model("openai/any", api_base=endpoint.url, api_key=endpoint.key, input_cost_per_token=PRICE.prompt,
                    output_cost_per_token=PRICE.completion)  # fmt: skip


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS.keys())
def test_the_first_guess_holds_what_is_spent(open_studio, task):
    with Endpoint() as endpoint:
        studio = open_studio(priced(endpoint), task=task)
        estimate = studio.estimate("grow", topics=3, samples=8)
        result = studio.grow(topics=3, samples=8).wait(20)
    assert estimate.cost[0] <= result.cost <= estimate.cost[1]
    assert estimate.prompt_tokens[0] <= result.usage.prompt_tokens <= estimate.prompt_tokens[1]
    assert estimate.completion_tokens[0] <= result.usage.completion_tokens <= estimate.completion_tokens[1]


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS.keys())
@pytest.mark.parametrize("faulty", [False, True], ids=["clean", "faulty"])
def test_after_ten_answers_of_each_step_it_is_within_30_per_cent(open_studio, task, faulty):
    with Endpoint() as endpoint:
        if faulty:
            endpoint.fail("garbage", times=None, every=9)
        studio = open_studio(priced(endpoint), task=task)
        studio.topics.add(*(f"Topic {n}" for n in range(10)))
        for method, arguments, more in (
            ("grow", {"depth": 0, "samples": 8}, {"depth": 0, "samples": 24}),
            ("generate_topics", {"leaves": True, "n": 8}, {"leaves": True, "n": 8}),
        ):
            getattr(studio, method)(**arguments).wait(30)
            before = studio.cost
            estimate = studio.estimate(method, **more)
            getattr(studio, method)(**more).wait(30)
            spent = studio.cost.dollars - before.dollars
            tokens = studio.cost.usage.completion_tokens - before.usage.completion_tokens
            assert 0.7 * spent <= estimate.cost[0] <= estimate.cost[1] <= 1.3 * spent
            assert 0.7 * tokens <= estimate.completion_tokens[0] <= estimate.completion_tokens[1] <= 1.3 * tokens


def test_a_file_that_is_opened_again_tells_by_what_its_calls_took(open_studio, tmp_path):
    path = tmp_path / "a.synth"
    with Endpoint() as endpoint:
        with sw.Studio(TRIAGE, path=path, model=priced(endpoint)) as studio:
            studio.grow(topics=12, samples=8).wait(30)
        with sw.Studio(TRIAGE, path=path, model=priced(endpoint)) as studio:
            before = studio.cost.dollars
            estimate = studio.estimate("generate_inputs", n=16)
            studio.generate_inputs(n=16).wait(30)
            first = studio.cost.dollars - before
            pending = studio.estimate("generate_outputs")
            studio.generate_outputs().wait(30)
            second = studio.cost.dollars - before - first
    assert 0.7 * first <= estimate.cost[0] <= estimate.cost[1] <= 1.3 * first
    assert 0.7 * second <= pending.cost[0] <= pending.cost[1] <= 1.3 * second


def test_an_unknown_price_gives_no_cost_and_nothing_to_do_costs_nothing(open_studio):
    studio = open_studio(ScriptedCompleter(), task=PLAIN)
    assert studio.estimate("grow", topics=2, samples=2).cost is None
    assert studio.estimate("generate_outputs").cost == (0.0, 0.0)
    with_price = studio.estimate("grow", topics=2, samples=2, model=ScriptedCompleter(price=PRICE), budget=3)
    assert with_price.cost[0] > 0
    assert studio.estimate("grow", topics=2, samples=2, model="local").cost == (0.0, 0.0)


def test_a_model_that_may_think_may_cost_more(open_studio):
    studio = open_studio(task=PLAIN)
    plain = studio.estimate("grow", depth=0, samples=8, model="openai/gpt-4.1-mini")
    thinking = studio.estimate("grow", depth=0, samples=8, model="openai/gpt-5.4-mini")
    assert thinking.completion_tokens[1] > plain.completion_tokens[1] + 1000
    assert thinking.completion_tokens[0] == plain.completion_tokens[0]
    assert thinking.cost[0] < thinking.cost[1]


def test_failed_answers_are_in_the_estimate_once_they_were_seen(open_studio):
    model = ScriptedCompleter(price=PRICE, faults=failing("outputs", "garbage"))
    studio = open_studio(model, task=TRIAGE)
    studio.grow(depth=0, samples=16).wait(10)
    per_sample = studio.costs("step")["outputs"].dollars / 16
    ids = [sample.id for sample in studio.samples]
    assert studio.estimate("generate_outputs", ids).cost[1] >= 16 * per_sample


def test_estimating_leaves_the_engine_free_whoever_asks(open_studio, monkeypatch):
    studio = open_studio(ScriptedCompleter(price=PRICE), task=PLAIN)
    studio.add_samples([{"input": f"input {n}"} for n in range(600)])
    engine, threads = studio._core.engine, []
    estimate = Accounts.estimate

    def noting(*arguments, **keywords):
        threads.append(threading.current_thread())
        return estimate(*arguments, **keywords)

    monkeypatch.setattr(Accounts, "estimate", noting)
    by_person = studio.estimate("generate_outputs")
    from_widget = engine.call(lambda: studio.estimate("generate_outputs"))
    assert by_person.calls[0] == from_widget.calls[0] == 600
    assert threads[0] is threading.current_thread()
    assert threads[1] not in {threads[0], engine._thread}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "object", "properties": {"a": {"enum": ["yes", "perhaps"]}}, "required": ["a"]}, '{"a": "yes"}'),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 3, "maxItems": 3}, "[1, 22, 333]"),
        ({"anyOf": [{"type": "string", "maxLength": 12}, {"type": "null"}]}, '"Hello"'),
        ({"$ref": "#/$defs/x", "$defs": {"x": {"type": "boolean"}}}, "true"),
        ({"type": "object", "properties": {"me": {"$ref": "#"}}}, "{}"),
    ],
)
def test_a_value_is_as_long_as_its_schema_says(schema, value):
    low, high = value_tokens(schema, Schema(schema))
    assert 0 < low <= len(value) / 2 + 2
    assert len(value) / 5 <= high < 4000


def test_jobs_whose_arguments_say_nothing_do_not_keep_a_file_from_its_estimate(tmp_path):
    path = tmp_path / "a.synth"
    with sw.Studio(PLAIN, path=path, model=ScriptedCompleter(price=PRICE)) as studio:
        studio.grow(depth=0, samples=12).wait(10)
    with sqlite3.connect(path) as db:
        db.execute("""UPDATE jobs SET args = '{"kind": "grow", "of": "another release"}'""")
    with sw.Studio(PLAIN, path=path, model=ScriptedCompleter(price=PRICE)) as studio:
        assert studio.estimate("grow", depth=0, samples=20).calls == (9, 24)
        assert studio.grow(depth=0, samples=20, budget=1).wait(10).added == 8
