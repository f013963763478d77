"""Prices: what is known is told with its source, what is not is unknown and never 0."""

from __future__ import annotations

import subprocess
import sys

import pytest

import synth_widgets as sw
from synth_widgets.errors import ModelError
from synth_widgets.llm.completer import Request
from synth_widgets.llm.connect import completer_for
from synth_widgets.llm.pricing import may_bill, price_for
from synth_widgets.llm.providers import endpoint_of
from synth_widgets.llm.transports.openai_http import OpenAICompleter
from synth_widgets.money import FREE, Price, cost_of, price_of
from synth_widgets.records import Usage
from synth_widgets.testing import ScriptedCompleter


@pytest.fixture(autouse=True)
def _own_addresses(monkeypatch):
    for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE", "OLLAMA_API_BASE", "ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    "name",
    ["openai/gpt-5.4-mini", "anthropic/claude-haiku-4-5", "vertex_ai/gemini-2.5-flash", "fireworks_ai/gpt-oss-20b",
     "bedrock/anthropic.claude-haiku-4-5-20251001-v1:0"],
)  # fmt: skip
def test_a_price_comes_with_its_list_and_the_lists_version(name):
    price = price_for(name)
    assert price is not None
    assert 0 < price.prompt < price.completion < 1e-4
    assert price.source.startswith("litellm 1.")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("openai/nobody-knows-it", "in no list"),
        ("perplexity/sonar", "each answer's search is billed beside the tokens"),
        ("groq/gpt-5.4-mini", "another provider's name"),
        ("gemini/gemini-exp-1206", "a price of 0 at a paid host"),
    ],
)
def test_an_unknown_price_is_unknown_never_0(name, why):
    assert price_for(name) is None, why


@pytest.mark.parametrize(
    "model",
    ["local", "ollama/llama3.2", "hosted_vllm/any", sw.Model("openai/gpt-5.4-mini", api_base="http://127.0.0.1:9/v1"),
     sw.Model("anthropic/claude-haiku-4-5", api_base="http://[::1]:9")],
)  # fmt: skip
def test_what_answers_on_this_machine_is_free(model):
    assert price_for(model) == FREE


@pytest.mark.parametrize("base", ["https://elsewhere.example/v1", "http://192.168.1.7:8000/v1"])
def test_a_paid_providers_name_behind_another_address_has_no_price(base):
    assert price_of("openai/gpt-5.4-mini") is not None
    assert price_for(sw.Model("openai/gpt-5.4-mini", api_base=base)) is None


def test_the_providers_own_address_may_be_spelled_out():
    assert price_for(sw.Model("openai/gpt-5.4-mini", api_base="https://api.openai.com/v1/")) == price_of(
        "openai/gpt-5.4-mini"
    )


def test_an_address_from_the_environment_is_another_address_too(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "https://proxy.example/v1")
    assert price_for("openai/gpt-5.4-mini") is None
    monkeypatch.setenv("OLLAMA_API_BASE", "http://gpu-box.example:11434")
    assert price_for("ollama/llama3.2") is None


def test_a_price_that_code_gives_wins_and_is_not_sent():
    model = sw.Model("openai/gpt-5.4-mini", api_base="http://127.0.0.1:9/v1", input_cost_per_token=1e-6,
                     output_cost_per_token=2e-6, temperature=0.5)  # fmt: skip
    assert price_for(model) == Price(1e-6, 2e-6, "given in code")
    completer = completer_for(model)
    assert isinstance(completer, OpenAICompleter)
    assert completer.price == price_for(model)
    assert completer.params(endpoint_of(model), Request([])) == {"temperature": 0.5}
    assert model != sw.Model("openai/gpt-5.4-mini", api_base="http://127.0.0.1:9/v1", temperature=0.5)
    assert "input_cost_per_token=1e-06" in repr(model)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"input_cost_per_token": 1e-6}, "give output_cost_per_token= too"),
        ({"input_cost_per_token": -1e-6, "output_cost_per_token": 1e-6}, "US dollars a token"),
        ({"input_cost_per_token": 2.5, "output_cost_per_token": 10.0}, "US dollars a token, such as"),
        ({"input_cost_per_token": float("nan"), "output_cost_per_token": 0.0}, "US dollars a token"),
    ],
)
def test_a_price_that_cannot_be_meant_is_refused(given, says):
    with pytest.raises(ModelError, match=says):
        sw.Model("openai/any", **given)


def test_tokens_that_an_endpoint_does_not_tell_have_no_cost():
    price = Price(1e-6, 2e-6, "a list")
    assert cost_of(price, Usage()) is None
    assert cost_of(price, Usage(10, 5)) == pytest.approx(2e-5)
    assert cost_of(None, Usage(10, 5)) is None
    assert cost_of(FREE, Usage()) == 0.0


def test_who_may_send_a_bill():
    assert may_bill("openai/nobody-knows-it")
    assert may_bill(sw.Model("openai/any", api_base="https://elsewhere.example/v1"))
    assert not may_bill(sw.Model("openai/any", api_base="http://10.0.0.7:8000/v1"))
    assert not may_bill(sw.Model("openai/any", api_base="http://gpu-box:8000/v1"))
    assert not may_bill("local")
    assert not may_bill(ScriptedCompleter())


def test_prices_are_read_without_importing_litellm():
    code = "import sys; from synth_widgets.money import price_of as price; price('openai/gpt-5.4-mini').prompt; "
    code += "print('litellm' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "False", done.stderr
