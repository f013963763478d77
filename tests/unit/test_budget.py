"""A budget: a job stops before the call that would pass it, says so, and goes on where it stopped."""

from __future__ import annotations

import pytest

import synth_widgets as sw
from synth_widgets.errors import StudioError
from synth_widgets.llm.completer import Answer, Request
from synth_widgets.llm.embedded.completer import LocalCompleter
from synth_widgets.money import Budget, Price
from synth_widgets.testing import ScriptedCompleter
from tests.endpoint import Endpoint
from tests.tasks import PLAIN, TRIAGE, until

PRICE = Price(1e-4, 4e-4, "a test")
"""Dear, so that a few calls are a few cents."""


class Watching(ScriptedCompleter):
    """Notes how much money was in flight when the most was."""

    dearest = 0.0

    async def complete(self, request: Request, on_text=None) -> Answer:
        answer = await super().complete(request, on_text)
        self.dearest = max(self.dearest, PRICE.of(answer.usage))
        return answer


def test_a_job_stops_before_its_budget_is_passed_and_resumes_under_a_higher_one(open_studio):
    model = Watching(price=PRICE, latency=0.005)
    studio = open_studio(model, task=TRIAGE)
    job = studio.grow(topics=4, samples=20, budget=0.5)
    result = job.wait(20)
    assert job.status == "stopped"
    assert 0.3 < result.cost <= 0.5 + model.peak * model.dearest
    assert 0 < result.added < 80
    assert "job's budget of $0.50 would be passed" in result.stopped
    assert "studio.resume(budget=1.0)" in result.stopped
    assert result.failed == 0
    assert all(sample.status in {"draft", "pending"} for sample in studio.samples)

    again = studio.resume(budget=50).wait(20)
    assert (again.added, again.failed, again.stopped) == (80, 0, None)
    assert again.cost == pytest.approx(studio.cost.dollars)
    assert len(studio.samples) == 80


def test_a_resumed_job_keeps_its_budget_and_what_it_has_spent(open_studio):
    model = ScriptedCompleter(price=PRICE)
    studio = open_studio(model, task=TRIAGE)
    first = studio.grow(topics=4, samples=20, budget=0.5).wait(20)
    sent = len(model.requests)
    second = studio.resume().wait(20)
    assert len(model.requests) - sent <= 2, "what its budget had left"
    assert "would be passed" in second.stopped
    assert second.cost <= first.cost + 0.05


@pytest.mark.parametrize("cap", [0.05, 0.2, 0.7])
@pytest.mark.parametrize("concurrency", [1, 40])
def test_no_budget_is_passed_by_more_than_what_was_in_flight(open_studio, cap, concurrency):
    model = Watching(price=PRICE, latency=0.003, concurrency=concurrency)
    studio = open_studio(model, task=TRIAGE)
    result = studio.grow(topics=3, samples=40, budget=cap).wait(30)
    assert result.stopped
    assert result.cost <= cap + model.peak * model.dearest
    if concurrency == 1:
        assert result.cost <= cap + model.dearest


def test_a_budget_at_a_real_endpoint_with_answers_that_are_no_good(open_studio):
    with Endpoint(latency=0.005) as endpoint:
        endpoint.fail("invalid", times=6)
        model = sw.Model("openai/any", api_base=endpoint.url, api_key=endpoint.key, input_cost_per_token=PRICE.prompt,
                         output_cost_per_token=PRICE.completion, concurrency=8)  # fmt: skip
        studio = open_studio(model, task=TRIAGE)
        result = studio.grow(topics=3, samples=30, budget=0.6).wait(30)
        assert "would be passed" in result.stopped
        assert PRICE.of(endpoint.billed) == pytest.approx(result.cost)
        assert 0.35 < result.cost <= 0.6 + 8 * 0.05


def test_a_budget_that_is_enough_changes_nothing(open_studio):
    studio = open_studio(ScriptedCompleter(price=PRICE), task=TRIAGE)
    result = studio.grow(topics=2, samples=4, budget=100).wait(10)
    assert (result.added, result.stopped) == (8, None)


def test_the_studios_budget_caps_all_its_jobs_together(open_studio):
    studio = open_studio(ScriptedCompleter(price=PRICE, latency=0.003), task=TRIAGE, budget=0.6)
    assert studio.budget == 0.6
    jobs = [studio.grow(topics=3, samples=20), studio.generate_inputs(n=120, guidance="Others.")]
    results = [job.wait(20) for job in jobs]
    assert all("studio's budget of $0.60" in (result.stopped or "") for result in results)
    assert 0.35 < studio.cost.dollars < 0.6 + 0.5
    assert "studio.set_budget(1.2) and studio.resume() go on" in results[0].stopped
    spent = studio.cost.dollars
    assert studio.grow(topics=3, samples=20).wait(10).stopped
    assert studio.cost.dollars < spent + 0.05, "it is spent, whoever asks"
    studio.set_budget(None)
    assert studio.resume().wait(30).stopped is None
    assert studio.budget is None


def test_both_budgets_hold(open_studio):
    studio = open_studio(ScriptedCompleter(price=PRICE), task=TRIAGE, budget=10)
    assert "job's" in studio.grow(topics=2, samples=20, budget=0.2).wait(10).stopped
    studio.set_budget(0.3)
    assert "studio's" in studio.resume(budget=5).wait(10).stopped


def test_a_cell_that_is_run_again_keeps_what_was_spent_and_takes_a_new_cap(tmp_path):
    path, model = tmp_path / "a.synth", ScriptedCompleter(price=PRICE)
    with sw.Studio(TRIAGE, path=path, model=model, budget=0.3) as studio:
        assert studio.grow(topics=2, samples=20).wait(10).stopped
        with sw.Studio(TRIAGE, path=path, model=model) as again:
            assert again.budget == 0.3
            assert "studio's budget of $0.30" in again.resume().wait(10).stopped
        with sw.Studio(TRIAGE, path=path, model=model, budget=50) as again:
            assert again.resume().wait(20).stopped is None


def test_an_unknown_price_with_a_budget_is_refused_before_the_first_call(open_studio):
    model = ScriptedCompleter()
    studio = open_studio(model, task=PLAIN)
    with pytest.raises(StudioError, match=r"no known price for 'scripted'.*input_cost_per_token"):
        studio.grow(depth=0, samples=2, budget=1)
    studio.set_budget(1)
    with pytest.raises(StudioError, match="no known price"):
        studio.grow(depth=0, samples=2)
    assert model.requests == []
    assert studio.jobs == []
    studio.set_budget(None)
    assert studio.grow(depth=0, samples=2).wait(10).added == 2


def test_a_budget_set_while_a_job_of_unknown_price_runs_stops_it(open_studio):
    studio = open_studio(ScriptedCompleter(latency=0.02, concurrency=2), task=PLAIN)
    job = studio.grow(depth=0, samples=60)
    until(lambda: len(studio.samples) > 3)
    studio.set_budget(1)
    assert "no known price" in job.wait(10).stopped


def test_a_model_of_ones_own_runs_under_any_budget(open_studio):
    with Endpoint() as endpoint:
        studio = open_studio(sw.Model("openai/any", api_base=endpoint.url, api_key=endpoint.key), task=PLAIN)
        assert studio.grow(depth=0, samples=3, budget=0).wait(10).added == 3


@pytest.mark.parametrize("budget", [-1, "1", True, float("nan"), float("inf")])
def test_what_is_no_amount_is_refused(open_studio, budget):
    studio = open_studio(task=PLAIN)
    with pytest.raises(StudioError, match="amount of US dollars"):
        studio.grow(budget=budget)
    with pytest.raises(StudioError, match="amount of US dollars"):
        studio.set_budget(budget)


def test_what_was_given_up_may_be_on_the_bill_so_a_budget_counts_it(open_studio):
    studio = open_studio(ScriptedCompleter(price=PRICE, latency=0.3), task=PLAIN, budget=1)
    job = studio.generate_inputs(n=8)
    until(lambda: studio._core.accounts.budget.reserved > 0)
    reserved = studio._core.accounts.budget.reserved
    job.cancel()
    job.wait(30)
    assert studio._core.accounts.budget.reserved == 0
    assert studio._core.accounts.budget.spent == pytest.approx(reserved)


def test_what_is_cancelled_before_it_is_sent_leaves_nothing_set_aside(open_studio):
    model = ScriptedCompleter(price=PRICE, latency=0.2)
    studio = open_studio(model, task=PLAIN, budget=100)
    engine = studio._core.engine

    def start_and_cancel() -> None:
        job = studio.generate_inputs(n=8)
        job._control.cancel()

    engine.call(start_and_cancel)
    studio.jobs[-1].wait(30)
    job = studio.generate_inputs(n=8)
    until(lambda: len(model.requests) > 0)
    job.cancel()
    job.wait(30)
    assert studio._core.accounts.budget.reserved == 0


def test_a_refused_call_costs_nothing(open_studio):
    with Endpoint() as endpoint:
        endpoint.fail("status", status=401)
        model = sw.Model("openai/any", api_base=endpoint.url, api_key=endpoint.key, input_cost_per_token=PRICE.prompt,
                         output_cost_per_token=PRICE.completion)  # fmt: skip
        studio = open_studio(model, task=PLAIN, budget=1)
        with pytest.raises(sw.SynthError):
            studio.grow(depth=0, samples=8).wait(10)
    budget: Budget = studio._core.accounts.budget
    assert (budget.reserved, budget.spent) == (0.0, 0.0)


def test_the_model_of_this_machine_is_free_under_a_budget(open_studio, monkeypatch):
    scripted = ScriptedCompleter(items_per_call=1, modes=("json_schema",))

    async def ready(_completer):
        return scripted

    monkeypatch.setattr(LocalCompleter, "_ready", ready)
    studio = open_studio("local", task=TRIAGE)
    result = studio.grow(topics=1, samples=1, budget=0.01).wait(30)
    assert (result.added, result.cost) == (1, 0)
