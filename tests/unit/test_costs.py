"""What calls took: by call, sample, step, job, session and file; each once, and never 0 for what nobody knows."""

from __future__ import annotations

import threading
from contextlib import suppress

import pydantic
import pytest

import synth_widgets as sw
from synth_widgets.llm.completer import Answer, Request
from synth_widgets.money import Cost, Price
from synth_widgets.records import STEPS, Usage
from synth_widgets.testing import ScriptedCompleter
from tests.endpoint import Endpoint
from tests.tasks import PLAIN, TRIAGE, failing, until

PRICE = Price(1e-6, 4e-6, "a test")


def priced(endpoint: Endpoint, **params) -> sw.Model:
    """A model at an endpoint, with a price."""
    cost = {"input_cost_per_token": PRICE.prompt, "output_cost_per_token": PRICE.completion}
    return sw.Model("openai/any", api_base=endpoint.url, api_key=endpoint.key, **{**cost, **params})


class Silent(ScriptedCompleter):
    """Does not tell how many tokens an answer took."""

    async def complete(self, request: Request, on_text=None) -> Answer:
        answer = await super().complete(request, on_text)
        return Answer(answer.text, answer.finish, seconds=answer.seconds)


def test_every_sum_is_what_the_endpoint_bills(open_studio):
    with Endpoint() as endpoint:
        studio = open_studio(priced(endpoint))
        result = studio.grow(topics=3, samples=6).wait(20)
        studio.new_session()
        studio.grow(topics=3, samples=8).wait(20)
        billed = endpoint.billed
    assert studio.cost.usage == billed
    assert studio.cost.total == pytest.approx(PRICE.of(billed))
    assert studio.cost.calls == len(endpoint.bodies)
    assert studio.jobs[0].result.cost == result.cost == pytest.approx(PRICE.of(result.usage))
    for by in ("step", "job", "session"):
        parts = studio.costs(by)
        assert sum(parts.values(), Cost()).usage == billed
        assert sum(part.dollars for part in parts.values()) == pytest.approx(studio.cost.dollars)
    assert list(studio.costs("step")) == ["topics", "inputs", "outputs"]
    assert list(studio.costs("session")) == [session.id for session in studio.sessions]
    frame = studio.to_pandas(status="all")
    topics = studio.costs("step")["topics"]
    assert frame["cost"].sum() == pytest.approx(studio.cost.dollars - topics.dollars), "a sample's cost is its share"
    assert frame["tokens"].sum() == pytest.approx(billed.total - topics.usage.total, abs=len(frame))


def test_answers_that_were_no_good_are_paid_for_too(open_studio):
    with Endpoint() as endpoint:
        endpoint.fail("invalid", times=3)
        endpoint.fail("garbage", times=2, since=8)
        studio = open_studio(priced(endpoint), task=TRIAGE)
        studio.grow(topics=2, samples=6).wait(20)
        assert studio.cost.usage == endpoint.billed
        assert studio.cost.total == pytest.approx(PRICE.of(endpoint.billed))


def test_a_file_that_is_opened_again_knows_its_costs(open_studio, tmp_path):
    path = tmp_path / "a.synth"
    model = ScriptedCompleter(price=PRICE)
    with sw.Studio(PLAIN, path=path, model=model) as studio:
        studio.grow(topics=2, samples=4).wait(10)
        before = [studio.costs("step"), studio.costs("session"), studio.costs("job")]
    with sw.Studio(path=path, model=model) as studio:
        for then, now in zip(before, [studio.costs("step"), studio.costs("session"), studio.costs("job")], strict=True):
            assert {key: (cost.usage, cost.calls) for key, cost in then.items()} == {
                key: (cost.usage, cost.calls) for key, cost in now.items()
            }
            assert [cost.dollars for cost in now.values()] == pytest.approx([then[key].dollars for key in now])
        calls = studio.cost.calls
        studio.grow(topics=2, samples=5).wait(10)
        assert studio.cost.calls > calls


def test_an_unknown_price_makes_a_sum_at_least_or_unknown(open_studio):
    studio = open_studio(ScriptedCompleter(), task=PLAIN)
    result = studio.grow(depth=0, samples=2).wait(10)
    assert result.cost is None
    assert result.usage.total > 0
    assert (studio.cost.total, str(studio.cost)) == (None, "unknown")
    assert studio.to_pandas(status="all")["cost"].isna().all()
    known = studio.grow(depth=0, samples=4, model=ScriptedCompleter(price=PRICE, seed=2)).wait(10)
    assert known.cost == pytest.approx(PRICE.of(known.usage))
    assert studio.cost.total is None
    assert str(studio.cost).startswith("at least $0.00")
    assert studio.cost.dollars == pytest.approx(known.cost)
    assert studio.to_pandas(status="all")["cost"].notna().sum() == 2


def test_tokens_that_nobody_tells_have_no_cost_at_a_known_price(open_studio):
    studio = open_studio(Silent(price=PRICE), task=PLAIN)
    result = studio.grow(depth=0, samples=2).wait(10)
    assert (result.added, result.cost, str(studio.cost)) == (2, None, "unknown")
    assert studio.to_pandas(status="all")[["cost", "tokens"]].isna().all(axis=None)
    note = studio._core.state.jobs[studio.jobs[-1].id].note
    assert note == "3 answers came without a count of tokens: their cost is not known"


def test_what_runs_on_this_machine_costs_nothing_and_that_is_known(open_studio):
    with Endpoint() as endpoint:
        studio = open_studio(sw.Model("openai/any", api_base=endpoint.url, api_key=endpoint.key), task=PLAIN)
        assert studio.grow(depth=0, samples=2).wait(10).cost == 0.0
        assert studio.to_pandas(status="all")["cost"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("end", ["cancel", "drop"])
def test_a_streamed_call_that_is_given_up_has_an_unknown_cost_and_no_other_counts_twice(open_studio, end):
    slow = ScriptedCompleter(price=PRICE, chunk_delay=0.02, faults=failing("inputs", "drop") if end == "drop" else None)
    studio = open_studio(slow, task=PLAIN)
    job = studio.grow(depth=0, samples=8, outputs=False)
    until(lambda: len(studio.samples) > 0)
    assert job.cost.unknown == 0, "what still comes is not told as unknown"
    if end == "cancel":
        job.cancel()
        job.wait(30)
    else:
        with suppress(sw.SynthError):
            job.wait(10)
    assert job.cost.unknown > 0
    assert job.cost.usage == Usage()
    assert job.result.cost is None
    calls = job.cost.calls
    slow._chunk_delay = 0.0
    slow._faults = {}
    studio.grow(depth=0, samples=12).wait(10)
    assert studio.jobs[-1].cost.unknown == 0
    assert studio.cost.calls == calls + studio.jobs[-1].cost.calls


def test_a_call_that_is_given_up_after_its_answer_came_costs_what_the_answer_says(open_studio, tmp_path):
    checked = threading.Event()

    class Greeting(pydantic.BaseModel):
        text: str

        @pydantic.field_validator("text")
        @classmethod
        def in_its_time(cls, text: str) -> str:
            checked.wait(0.1)
            return text

    model = ScriptedCompleter(price=PRICE, items_per_call=16)
    studio = open_studio(model, sw.Task("Greeter", "Greet.", input_schema=Greeting), path=tmp_path / "a.synth")
    job = studio.generate_inputs(n=16)
    until(lambda: len(studio.samples) > 0)
    assert not model.in_flight
    job.cancel()
    result = job.wait(10)
    assert len(studio.samples) < 16
    assert result.usage.completion_tokens > 0
    assert job.cost.total == result.cost == PRICE.of(result.usage)
    cost = studio.cost
    studio.close()
    assert open_studio(path=tmp_path / "a.synth", task=None).cost == cost


def test_an_output_that_is_given_up_while_it_is_checked_is_paid_for(open_studio):
    checking, checked = threading.Event(), threading.Event()

    class Greeting(pydantic.BaseModel):
        text: str

        @pydantic.field_validator("text")
        @classmethod
        def in_its_time(cls, text: str) -> str:
            checking.set()
            checked.wait(5)
            return text

    studio = open_studio(ScriptedCompleter(price=PRICE), sw.Task("Greeter", "Greet.", output_schema=Greeting))
    studio.add_samples([{"input": "Ada"}])
    job = studio.generate_outputs()
    assert checking.wait(10)
    job.cancel()
    result = job.wait(10)
    checked.set()
    assert (job.status, result.added, job.cost.calls) == ("cancelled", 0, 1)
    assert job.cost.total == PRICE.of(result.usage) > 0


def test_the_ledger_agrees_with_the_records_of_jobs(open_studio):
    faults = dict.fromkeys(range(3, 60, 4), "invalid") | {5: "garbage", 11: "truncate"}
    studio = open_studio(ScriptedCompleter(price=PRICE, faults=faults), task=TRIAGE)
    for samples in (3, 5, 6):
        job = studio.grow(topics=3, samples=samples)
        result = job.wait(20)
        assert result.usage == job.cost.usage
    studio.regenerate([s.id for s in studio.samples][:4]).wait(10)
    state = studio._core.state
    for job, cost in studio.costs("job").items():
        assert state.jobs[job].usage == cost.usage
    walked = sum((call.usage for call in state.calls.values()), Usage())
    assert walked == studio.cost.usage
    assert sum(call.cost for call in state.calls.values()) == pytest.approx(studio.cost.dollars)
    assert set(studio.costs("step")) == set(STEPS)
    with pytest.raises(sw.SynthError, match="Did you mean 'step'"):
        studio.costs("steps")


def test_what_a_call_takes_is_told_anew_after_every_answer_whether_or_not_it_is_priced(open_studio):
    studio = open_studio(ScriptedCompleter(), PLAIN)
    guessed = studio._core.accounts.usual_call().tokens
    studio.grow(depth=0, samples=16).wait(10)
    outputs = studio.costs("step")["outputs"]
    assert studio._core.accounts.budget.spent == 0
    assert studio._core.accounts.usual_call().tokens == pytest.approx(outputs.usage.total / 16, abs=1)
    assert studio._core.accounts.usual_call().tokens != guessed
