"""Gemini, asked by its OpenAI-compatible endpoint: where that is particular, nobody notices."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from synth_widgets.errors import AccessError, UnreachableError
from synth_widgets.llm.completer import Request
from synth_widgets.llm.connect import completer_for
from synth_widgets.llm.transports.openai_http import OpenAICompleter, Waits
from synth_widgets.model import Model
from tests.gemini_endpoint import GeminiEndpoint

SCHEMA = {"type": "object", "properties": {"label": {"enum": ["a", "b"]}}, "required": ["label"]}
ASK = Request([{"role": "user", "content": "Label this as JSON."}], seed=7)
WHOLE_OR_STREAMED = pytest.mark.parametrize("on_text", [None, lambda _: None], ids=["whole", "streamed"])


@pytest.fixture
def endpoint() -> Iterator[GeminiEndpoint]:
    with GeminiEndpoint() as running:
        yield running


@asynccontextmanager
async def asking(endpoint: GeminiEndpoint, **model: Any) -> AsyncIterator[OpenAICompleter]:
    completer = completer_for(Model("gemini/any", **{"api_base": endpoint.url, "api_key": endpoint.key, **model}))
    assert isinstance(completer, OpenAICompleter)
    completer.waits = Waits(tries=3, first=0.002, most=0.01, silence=5.0, total=10.0)
    try:
        yield completer
    finally:
        await completer.close()


@WHOLE_OR_STREAMED
@pytest.mark.parametrize("mode", ["json_schema", "tools", "json_object"])
async def test_each_way_is_taken_without_the_fields_it_does_not_have(
    endpoint: GeminiEndpoint, mode: Any, on_text: Any
) -> None:
    endpoint.answers = ['{"label": "a"}'] if mode == "json_object" else []
    async with asking(endpoint, temperature=0.4, max_tokens=80, reasoning_effort="low") as completer:
        answer = await completer.complete(Request(ASK.messages, schema=SCHEMA, mode=mode, seed=7), on_text)
    assert '"label"' in answer.text
    assert answer.usage.prompt_tokens > 0 < answer.usage.completion_tokens
    assert completer.notes == []
    assert "seed" not in endpoint.bodies[0]


@WHOLE_OR_STREAMED
async def test_the_wait_that_it_asks_for_in_the_body_is_kept(endpoint: GeminiEndpoint, on_text: Any) -> None:
    endpoint.fail("status", status=429, times=1, headers={"Retry-After": "0.3"})
    began = time.perf_counter()
    async with asking(endpoint) as completer:
        assert (await completer.complete(ASK, on_text)).finish == "stop"
    assert time.perf_counter() - began >= 0.3


async def test_a_wrong_key_is_said_although_it_calls_the_request_invalid(endpoint: GeminiEndpoint) -> None:
    async with asking(endpoint, api_key="wrong-key-of-mine") as completer:
        with pytest.raises(AccessError, match=r"400.*API key not valid.*check the environment variable GEMINI_API_KEY"):
            await completer.complete(ASK)


async def test_a_field_that_it_does_not_have_is_left_out_and_that_is_said(endpoint: GeminiEndpoint) -> None:
    async with asking(endpoint) as completer:
        await completer.complete(Request(ASK.messages, params={"frequency_penalty": 0.5}))
        assert completer.notes == ["gemini/any does not take frequency_penalty; it is left out."]


async def test_an_answer_that_its_filter_keeps_back_says_so(endpoint: GeminiEndpoint) -> None:
    endpoint.fail("filter")
    async with asking(endpoint) as completer:
        assert (await completer.complete(ASK)).withheld == "the provider's content filter kept the answer back"


@WHOLE_OR_STREAMED
async def test_its_errors_are_tried_again_and_told_in_its_words(endpoint: GeminiEndpoint, on_text: Any) -> None:
    endpoint.fail("status", status=503, message="The model is overloaded.")
    async with asking(endpoint) as completer:
        with pytest.raises(UnreachableError, match=r"503.*: The model is overloaded\. Tried 3 times"):
            await completer.complete(ASK, on_text)
    endpoint.rules.clear()
    endpoint.fail("error_event", times=1, after=0)
    async with asking(endpoint) as completer:
        assert (await completer.complete(ASK, on_text)).finish == "stop"
