"""Names of models lead to the right place, and wrong ones to the right words."""

from __future__ import annotations

import sys

import pytest

from synth_widgets.errors import AccessError, ModelError
from synth_widgets.llm import litellm_package
from synth_widgets.llm.completer import MODES
from synth_widgets.llm.connect import completer_for
from synth_widgets.llm.embedded.completer import LocalCompleter
from synth_widgets.llm.pricing import price_at
from synth_widgets.llm.providers import PROVIDERS, endpoint_of, need_key, provider_of
from synth_widgets.llm.transports.openai_http import OpenAICompleter
from synth_widgets.model import STRUCTURED, Model
from synth_widgets.testing import ScriptedCompleter


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in PROVIDERS:
        for name in provider.keys + provider.bases:
            monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("name", "url", "sent"),
    [
        ("openai/gpt-6-luna", "https://api.openai.com/v1/chat/completions", "gpt-6-luna"),
        ("openrouter/meta/x:free", "https://openrouter.ai/api/v1/chat/completions", "meta/x:free"),
        ("perplexity/sonar", "https://api.perplexity.ai/chat/completions", "sonar"),
        ("fireworks_ai/glm", "https://api.fireworks.ai/inference/v1/chat/completions", "accounts/fireworks/models/glm"),
        ("ollama/llama3.2", "http://localhost:11434/v1/chat/completions", "llama3.2"),
        (
            "gemini/gemini-2.5-flash",
            "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
            "gemini-2.5-flash",
        ),
    ],
)
def test_a_name_leads_to_the_providers_own_host_without_its_prefix(name: str, url: str, sent: str) -> None:
    endpoint = endpoint_of(Model(name))
    assert (endpoint.url("/chat/completions"), endpoint.model, endpoint.own_host) == (url, sent, True)


def test_every_provider_that_is_asked_directly_is_reached_over_tls_or_on_this_machine() -> None:
    native = [p for p in PROVIDERS if p.transport != "litellm"]
    assert {p.name for p in PROVIDERS if p.transport == "anthropic"} == {"anthropic"}
    assert not any(p.base for p in PROVIDERS if p.transport == "litellm")
    assert all(p.base.startswith(("https://", "http://localhost:")) for p in native)
    assert all(p.keys and p.bases for p in native)


def test_every_line_says_how_access_is_given() -> None:
    assert all(p.keys or p.needs for p in PROVIDERS)
    assert len({p.name for p in PROVIDERS}) == len(PROVIDERS)


@pytest.mark.parametrize("name", ["vertex_ai/x", "cohere/x", "bedrock/anthropic.claude-x", "github/gpt-x"])
def test_what_we_do_not_ask_ourselves_goes_through_litellm_without_loading_it(name: str) -> None:
    loaded = "litellm" in sys.modules
    assert type(completer_for(name)).__name__ == "LiteLLMCompleter"
    assert endpoint_of(Model(name)).shown == provider_of(name).display
    assert ("litellm" in sys.modules) == loaded


def test_a_provider_with_one_key_needs_it_and_one_with_more_is_asked_all_the_same() -> None:
    for name in ("anthropic/x", "gemini/x", "groq/x"):
        with pytest.raises(AccessError, match=provider_of(name).keys[0]):
            need_key(endpoint_of(Model(name)), Model(name))
    for name in ("bedrock/x", "vertex_ai/x", "azure/x", "github/x", "ollama/x"):
        need_key(endpoint_of(Model(name)), Model(name))


def test_what_access_takes_besides_a_key_may_be_given_in_code() -> None:
    given = Model("bedrock/x", aws_session_token="secret-token", aws_region_name="eu-west-1")
    assert given.params["aws_region_name"] == "eu-west-1"
    assert "secret" not in repr(given)
    with pytest.raises(ModelError, match="api_key="):
        Model("openai/x", openai_api_key="x")


def test_a_slip_in_a_sampling_parameter_is_said_because_some_providers_ignore_it() -> None:
    with pytest.raises(ModelError, match=r"Model takes temperature=, not temprature="):
        Model("gemini/x", temprature=0.5)
    assert Model("gemini/x", top_k=5, min_p=0.1, top_a=0.2).params["top_k"] == 5


def test_an_address_of_the_person_wins_over_the_environment_and_that_over_the_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://proxy.example/v1/")
    assert endpoint_of(Model("openai/x")).base == "https://proxy.example/v1"
    assert endpoint_of(Model("openai/x", api_base="http://mine:8000/v1")).base == "http://mine:8000/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", "proxy.example")
    with pytest.raises(ModelError, match="OPENAI_BASE_URL must hold an address"):
        endpoint_of(Model("openai/x"))


@pytest.mark.parametrize(
    ("name", "given", "base"),
    [
        ("ollama/x", "http://box:11434", "http://box:11434/v1"),
        ("anthropic/x", "https://gateway.example/claude", "https://gateway.example/claude"),
        ("anthropic/x", "https://gateway.example/v1/", "https://gateway.example"),
        ("anthropic/x", "https://gateway.example/v1/messages", "https://gateway.example"),
        ("gemini/x", "https://google.example/v1beta", "https://google.example/v1beta/openai"),
        ("gemini/x", "https://gateway.example/v1", "https://gateway.example/v1"),
    ],
)
def test_an_address_as_others_spell_it_is_understood(name: str, given: str, base: str) -> None:
    assert endpoint_of(Model(name, api_base=given)).base == base


def test_an_anthropic_address_in_the_environment_that_is_its_own_keeps_the_price(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = Model("anthropic/claude-haiku-4-5")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "https://api.anthropic.com/v1/")
    assert price_at(model, endpoint_of(model)) is not None
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "https://gateway.example")
    assert price_at(model, endpoint_of(model)) is None


def test_a_key_is_looked_up_when_it_is_needed_and_is_in_no_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model("together_ai/x")
    assert endpoint_of(model).key is None
    monkeypatch.setenv("TOGETHERAI_API_KEY", " secret-value\n")
    endpoint = endpoint_of(model)
    assert endpoint.key == "secret-value"
    assert "secret" not in repr(endpoint)


def test_a_shown_address_has_no_user_and_no_query() -> None:
    endpoint = endpoint_of(Model("openai/x", api_base="https://me:pw@[::1]:8443/v1?key=abc"))
    assert endpoint.shown == "https://[::1]:8443/v1"
    assert endpoint.url("/chat/completions") == "https://me:pw@[::1]:8443/v1/chat/completions?key=abc"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gpt-6-luna", "write provider/name, such as 'openai/gpt-6-luna'"),
        ("openai", "'openai/<name>'"),
        ("locale", "Did you mean 'local'"),
        ("openia/gpt-5", "Did you mean 'openai'"),
        ("antropic/claude-haiku-4-5", "Did you mean 'anthropic'"),
        ("vertexai/gemini-2.5-flash", "Did you mean 'vertex_ai'"),
        ("nosuch/x", "There is no provider 'nosuch'.*Providers are openai, anthropic"),
        ("groq/", "no name behind the slash"),
        ("huggingface/https://evil.example/v1", "has an address in its name"),
    ],
)
def test_a_name_that_cannot_be_served_says_what_to_write(name: str, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        completer_for(name)


def test_a_completer_is_found_for_each_kind_of_model() -> None:
    scripted = ScriptedCompleter()
    assert completer_for(scripted) is scripted
    assert isinstance(completer_for("local"), LocalCompleter)
    found = completer_for(Model("ollama/llama3.2", concurrency=2))
    assert isinstance(found, OpenAICompleter)
    assert (found.name, found.concurrency, found.modes) == (
        "ollama/llama3.2",
        2,
        ("json_schema", "json_object", "text"),
    )
    with pytest.raises(ModelError, match="not int"):
        completer_for(3)  # type: ignore[arg-type]


def test_litellms_providers_are_known_from_its_data_files() -> None:
    known = litellm_package.providers()
    assert {"anthropic", "gemini", "bedrock", "vertex_ai", "azure", "github"} <= known
    assert {provider.name for provider in PROVIDERS} <= known


def test_the_local_provider_is_known_but_not_in_the_table() -> None:
    assert provider_of("local").name == "local"
    assert "local" not in {provider.name for provider in PROVIDERS}


def test_the_ways_of_every_provider_are_in_order_and_end_with_words_which_all_understand() -> None:
    assert ("auto", *MODES) == STRUCTURED
    for provider in PROVIDERS:
        assert provider.modes == tuple(mode for mode in MODES if mode in provider.modes)
        assert provider.modes[-1] == "text"
        assert completer_for(Model(f"{provider.name}/any")).modes == provider.modes
