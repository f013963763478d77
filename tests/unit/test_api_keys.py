"""Keys of an endpoint: named where they are missing or wrong, and never shown."""

from __future__ import annotations

import io
import logging
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from synth_widgets.errors import AccessError, CallError
from synth_widgets.llm.completer import Completer, Request
from synth_widgets.llm.openai_http import OpenAICompleter, Waits
from synth_widgets.models import Model
from tests.endpoint import Endpoint

ASK = Request([{"role": "user", "content": "Label this"}], schema={"type": "string"}, mode="json_schema")
QUICK = Waits(tries=2, first=0.001, silence=0.1)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as running:
        yield running


@asynccontextmanager
async def asking(endpoint: Endpoint, key: str | None) -> AsyncIterator[OpenAICompleter]:
    completer = OpenAICompleter(Model("openai/any", api_base=endpoint.url, api_key=key), waits=QUICK)
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
