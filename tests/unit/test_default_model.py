"""A model that nobody chose and that is gone gives way to the next default, which is said; a chosen one never does."""

from __future__ import annotations

import warnings
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

import synth_widgets as sw
from synth_widgets.errors import RunStoppedError
from synth_widgets.llm import litellm_package
from synth_widgets.llm.providers import PROVIDERS
from synth_widgets.money import Budget, Price
from synth_widgets.records import ROOT, Usage
from synth_widgets.runs.job import Job
from synth_widgets.runs.pending_call import PendingCall, Terms
from synth_widgets.runs.plan import Recipe
from synth_widgets.runs.spending import Spending
from synth_widgets.runs.token_averages import TokenAverages
from synth_widgets.widget import rows
from tests.anthropic_endpoint import AnthropicEndpoint
from tests.endpoint import Endpoint
from tests.gemini_endpoint import GeminiEndpoint
from tests.loopback import Loopback
from tests.tasks import TRIAGE

# litellm's own warnings, at imports that it makes when it needs them: nothing that we could mend.
pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

DEFAULTS = {provider.name: provider.defaults for provider in PROVIDERS}
FIRST, SECOND, *_ = OPENAI = [f"openai/{name}" for name in DEFAULTS["openai"]]
ENDPOINTS: dict[str, type[Loopback]] = {"openai": Endpoint, "anthropic": AnthropicEndpoint, "gemini": GeminiEndpoint}


def _bare(name: str) -> str:
    return name.partition("/")[2]


def _serve(endpoint: Loopback, provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a provider's key and address in the environment be the endpoint's, as a proxy's would be."""
    monkeypatch.setenv(f"{provider.upper()}_API_KEY", endpoint.key)
    monkeypatch.setenv(f"{provider.upper()}_API_BASE", endpoint.url)


@pytest.fixture
def openai(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    with Endpoint() as endpoint:
        _serve(endpoint, "openai", monkeypatch)
        yield endpoint


@pytest.fixture(scope="module")
def _litellm() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        litellm_package.load("anthropic/any")


def test_a_default_that_is_gone_gives_way_to_the_next_and_everybody_is_told(openai: Endpoint, own_folder: Path) -> None:
    openai.gone = {_bare(FIRST)}
    with sw.Studio(TRIAGE, path=own_folder / "s.synth") as studio:
        assert studio.model == FIRST
        job = studio.grow(topics=2, samples=3)
        result = job.wait(30)
        assert (result.added, result.failed, result.stopped) == (6, 0, None)
        record = studio._core.state.jobs[job.id]
        assert record.note == f"{FIRST} is gone, and {SECOND} was taken instead"
        assert {call.model for call in studio._core.state.calls.values()} == {SECOND}
        assert {body["model"] for body in openai.bodies} == {_bare(SECOND)}
        assert studio.model == SECOND
        assert f"{SECOND} (OPENAI_API_KEY is set; {FIRST} is gone)" in repr(studio)
        view = rows.studio_view(studio._core)
        assert (view["model"], view["model_reason"]) == (SECOND, f"OPENAI_API_KEY is set; {FIRST} is gone")


def test_the_file_remembers_which_default_is_there_so_that_a_new_kernel_asks_nobody_in_vain(
    openai: Endpoint, own_folder: Path
) -> None:
    openai.gone = {_bare(FIRST)}
    with sw.Studio(TRIAGE, path=own_folder / "s.synth") as studio:
        studio.grow(depth=0, samples=1).wait(30)
    refused = openai.statuses[404]
    with sw.Studio(path=own_folder / "s.synth") as studio:
        assert f"{SECOND} (OPENAI_API_KEY is set; {FIRST} is gone)" in repr(studio)
        job = studio.grow(depth=0, samples=2)
        assert job.wait(30).added == 1
        assert studio._core.state.jobs[job.id].note is None
    assert openai.statuses[404] == refused


class Leaving(Endpoint):
    """An endpoint that has taken forty requests when the first default goes."""

    def refused(self, request: web.Request, body: Any) -> web.Response | None:
        if len(self.bodies) >= 40:
            self.gone = {_bare(FIRST)}
        return super().refused(request, body)


def test_what_is_in_flight_when_a_model_goes_is_kept_and_told_as_the_one_s_who_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Leaving(latency=0.2, chunk_delay=0.005) as endpoint:  # calls begin one after another
        _serve(endpoint, "openai", monkeypatch)
        with sw.Studio(TRIAGE, path=":memory:") as studio:
            result = studio.grow(depth=0, samples=120).wait(60)
            assert (result.added, result.failed, result.dropped) == (120, 0, 0)
            told = Counter(_bare(call.model) for call in studio._core.state.calls.values())
        answered = Counter(body["model"] for body in endpoint.bodies)
        assert answered[_bare(FIRST)] == 40
        assert told == answered


def test_the_next_job_and_the_estimate_begin_with_the_one_that_is_there(openai: Endpoint) -> None:
    openai.gone = {_bare(FIRST), _bare(SECOND)}
    with sw.Studio(TRIAGE, path=":memory:") as studio:
        studio.grow(depth=0, samples=1).wait(30)
        assert studio.model == OPENAI[2]
        assert {asked.name for asked in studio._core.accounts.asked(Recipe("grow", ROOT), None).values()} == {OPENAI[2]}
        assert studio.grow(depth=0, samples=2).wait(30).added == 1


def test_where_no_default_is_left_all_that_were_tried_are_named_and_nothing_is_lost(openai: Endpoint) -> None:
    openai.gone = set(map(_bare, OPENAI))
    with sw.Studio(TRIAGE, path=":memory:") as studio:
        with pytest.raises(RunStoppedError, match="none of the defaults is there: " + ", ".join(OPENAI)):
            studio.grow(depth=0, samples=3).wait(30)
        assert studio.model == FIRST
        openai.gone = set()
        assert studio.resume().wait(30).added == 3
        assert {call.model for call in studio._core.state.calls.values()} == {FIRST}


@pytest.mark.parametrize("how", ["model", "step", "job", "file"])
def test_a_model_that_a_person_named_is_never_swapped(how: str, openai: Endpoint, own_folder: Path) -> None:
    openai.gone = {_bare(FIRST)}
    file = own_folder / "s.synth"
    if how == "file":
        sw.Studio(TRIAGE, path=file, model=FIRST).close()
    given = {"model": FIRST} if how == "model" else {"models": {"inputs": FIRST}} if how == "step" else {}
    with sw.Studio(TRIAGE, path=file, **given) as studio:
        job = studio.grow(depth=0, samples=2, model=FIRST if how == "job" else None)
        with pytest.raises(RunStoppedError, match=f"answered 404 for '{FIRST}'"):
            job.wait(30)
        assert studio.model == FIRST
        assert openai.bodies == []


def _began_and_then(studio: sw.Studio, model: str) -> Job:
    """Start a job, and choose a model before its first call goes out."""

    def act() -> Job:
        job = studio.grow(depth=0, samples=2)
        studio.set_model(model)
        return job

    return studio._core.act(act)


def test_a_model_that_was_chosen_while_the_default_went_takes_over(openai: Endpoint) -> None:
    openai.gone = {_bare(FIRST)}
    with sw.Studio(TRIAGE, path=":memory:") as studio:
        job = _began_and_then(studio, "openai/mine")
        assert job.wait(30).added == 2
        assert studio._core.state.jobs[job.id].note == f"{FIRST} is gone, and openai/mine was taken instead"
        assert studio.model == "openai/mine"


def test_a_default_that_was_named_while_it_went_is_a_person_s_choice(openai: Endpoint) -> None:
    openai.gone = {_bare(FIRST)}
    with sw.Studio(TRIAGE, path=":memory:") as studio:
        job = _began_and_then(studio, FIRST)
        with pytest.raises(RunStoppedError, match=f"answered 404 for '{FIRST}'"):
            job.wait(10)
        assert studio.model == FIRST


def test_a_wrong_address_does_not_move_on(openai: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_BASE", openai.url + "/wrong")
    with sw.Studio(TRIAGE, path=":memory:") as studio:
        with pytest.raises(RunStoppedError, match=r"404.*usually ends in /v1"):
            studio.grow(depth=0, samples=2).wait(30)
        assert studio.model == FIRST


@pytest.mark.usefixtures("_litellm")
@pytest.mark.parametrize("provider", ENDPOINTS)
def test_every_provider_s_words_for_a_model_that_is_gone_are_understood(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, *_ = DEFAULTS[provider]
    with ENDPOINTS[provider]() as endpoint:
        _serve(endpoint, provider, monkeypatch)
        endpoint.gone = {first}
        with sw.Studio(TRIAGE, path=":memory:") as studio:
            assert studio.model == f"{provider}/{first}"
            assert studio.grow(depth=0, samples=2).wait(60).added == 2
            assert studio.model == f"{provider}/{second}"


def test_calls_in_flight_keep_the_price_of_the_model_that_was_asked() -> None:
    prices = {"outputs": Price(1e-6, 1e-6, "a list")}
    spending = Spending(
        ["outputs"],
        terms=lambda step: Terms(prices[step], step),
        job=Budget(None),
        studio=Budget(None),
        averages=[TokenAverages()],
        guess=lambda _, slots: Usage(slots, slots),
        own=lambda _pending: 0,
    )
    early, late = (PendingCall("outputs", "s", deque()) for _ in range(2))
    assert spending.reserve(early)
    prices["outputs"] = Price(5e-6, 5e-6, "a list")
    spending.changed("outputs")
    assert spending.reserve(late)
    usage = Usage(100, 100)
    assert spending.answered(early, usage, slots=1) == pytest.approx(2e-4)
    assert spending.answered(late, usage, slots=1) == pytest.approx(1e-3)
