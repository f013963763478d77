"""Keys of an endpoint: named where they are missing or wrong, and never shown."""

from __future__ import annotations

import io
import logging
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from synth_widgets.errors import AccessError, CallError, ModelError
from synth_widgets.llm.completer import Completer, Request
from synth_widgets.llm.transports.openai_http import OpenAICompleter, Waits
from synth_widgets.model import Model
from tests.endpoint import Endpoint

ASK = Request([{"role": "user", "content": "Label this"}], schema={"type": "string"}, mode="json_schema")
QUICK = Waits(tries=2, first=0.001, silence=0.1)
PATIENT = Waits(tries=2, first=0.001, silence=30.0)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as running:
        yield running


@asynccontextmanager
async def asking(endpoint: Endpoint, key: str | None, waits: Waits = QUICK) -> AsyncIterator[OpenAICompleter]:
    completer = OpenAICompleter(Model("openai/any", api_base=endpoint.url, api_key=key), waits=waits)
    try:
        yield completer
    finally:
        await completer.close()


async def test_a_key_is_in_no_message_repr_log_or_traceback(
    endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    key = "sk-proj-Zq81mMxVb7Xy0pLw"
    caplog.set_level(logging.DEBUG)
    said = io.StringIO()
    faults: list[dict[str, Any]] = [
        {"kind": "status", "status": status, "message": f"bad key {key}, {key[:9]}***"}
        for status in (400, 401, 404, 429, 500)
    ]
    faults += [{"kind": "drop"}, {"kind": "error_event"}, {"kind": "hang"}]
    endpoint.key = key
    for fault in faults:
        endpoint.rules.clear()
        endpoint.fail(**fault)
        async with asking(endpoint, key) as completer:
            for on_text in (None, lambda _: None):
                with pytest.raises(CallError) as caught:
                    await completer.complete(ASK, on_text)
                said.write("".join(traceback.format_exception(caught.value)) + repr(caught.value))
                assert caught.value.__cause__ is caught.value.__context__ is None
            said.write(repr(completer) + repr(completer.model) + repr(completer.endpoint) + str(completer.waiting))
    told = said.getvalue() + caplog.text
    assert "AccessError" in told
    assert not any(key[at : at + 6] in told for at in range(len(key) - 5))


async def test_a_wrong_key_names_the_environment_variable_and_not_the_key(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong-but-long-enough-0000")
    async with asking(endpoint, None) as completer:
        with pytest.raises(AccessError, match="OPENAI_API_KEY") as caught:
            await completer.complete(ASK)
    assert "0000" not in str(caught.value)
    assert endpoint.bodies == []


async def test_without_a_key_a_hosted_provider_is_not_even_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    completer: Completer = OpenAICompleter(Model("groq/llama-3.3-70b-versatile"))
    with pytest.raises(AccessError, match="needs a key of Groq: set the environment variable GROQ_API_KEY"):
        await completer.complete(ASK)


PASTED = [
    "{}\n",
    "\r\n {} \t",
    "\ufeff{}",
    "\u200b{}\u200b",
    '"{}"',
    "'{}'",
    "“{}”",
    "Bearer {}",
    'bearer "{}"\n',
    "Authorization: Bearer {}",
    "OPENAI_API_KEY={}",
    "export OPENAI_API_KEY='{}'",
    "`{}`",
]


@pytest.mark.parametrize("pasted", PASTED)
@pytest.mark.parametrize("where", ["in code", "in the environment"])
async def test_what_came_along_when_a_key_was_copied_is_left_out(
    pasted: str, where: str, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = pasted.format(endpoint.key)
    monkeypatch.setenv("OPENAI_API_KEY", written if where == "in the environment" else "")
    async with asking(endpoint, written if where == "in code" else None, PATIENT) as completer:
        assert (await completer.complete(ASK)).text


@pytest.mark.parametrize(
    ("pasted", "words"),
    [("sk-12345678\n90", "a line break"), ("sk-12345678 90", "a blank"), ("sk-1234…7890", "the sign '…'"),
     ("sk-1234\u200b7890", "the invisible sign"), ("sk-\u0441123456", "the sign")],
)  # fmt: skip
async def test_what_cannot_be_a_key_is_told_where_it_stands_and_is_not_shown(
    pasted: str, words: str, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelError, match=f"api_key= cannot be a key: it has {words}") as given:
        Model("openai/any", api_key=pasted)
    monkeypatch.setenv("OPENAI_API_KEY", pasted)
    async with asking(endpoint, None) as completer:
        with pytest.raises(AccessError, match=f"OPENAI_API_KEY holds cannot be a key: it has {words}") as read:
            await completer.complete(ASK)
    assert not any(part in f"{given.value}{read.value}" for part in ("1234", "7890"))


@pytest.mark.parametrize(
    "written", ["  {} \n", '"{}"', "\ufeff{}", "{}/", "{}/chat/completions", "{}/chat/completions/"]
)
@pytest.mark.parametrize("where", ["in code", "in the environment"])
async def test_an_address_is_taken_as_it_was_meant(
    written: str, where: str, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = written.format(endpoint.url)
    monkeypatch.setenv("OPENAI_BASE_URL", base if where == "in the environment" else "")
    model = Model("openai/any", api_base=base if where == "in code" else None, api_key=endpoint.key)
    completer = OpenAICompleter(model, waits=PATIENT)
    assert (await completer.complete(ASK)).text
    await completer.close()


@pytest.mark.parametrize(
    ("written", "words"),
    [("localhost:8000/v1", "lacks 'http://' or 'https://' before it"), ("http://my host/v1", "has a blank in it"),
     ("nonsense:x:y", "is none"), (8000, "is int")],
)  # fmt: skip
def test_what_is_no_address_is_told_why(written: Any, words: str) -> None:
    with pytest.raises(ModelError, match=f"what was given {words}"):
        Model("openai/any", api_base=written)
