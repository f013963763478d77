"""The completer of Anthropic's Messages API against a strict endpoint on loopback, with everything that goes wrong."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

import synth_widgets as sw
from synth_widgets.errors import (
    AccessError,
    CallError,
    ModelGoneError,
    ModeRefusedError,
    RequestRefusedError,
    UnreachableError,
)
from synth_widgets.llm.completer import Request
from synth_widgets.llm.connect import completer_for
from synth_widgets.llm.transports.anthropic_format import MessageReading
from synth_widgets.llm.transports.anthropic_http import AnthropicCompleter
from synth_widgets.llm.transports.attempt import Waits
from synth_widgets.llm.transports.reading import NoAnswerError, StreamError
from synth_widgets.model import Model
from synth_widgets.schema.strict import ANTHROPIC, strict_schema
from tests.anthropic_endpoint import AnthropicEndpoint
from tests.schemas_of_real_shape import SCHEMAS

QUICK = Waits(tries=3, first=0.002, most=0.01, silence=5.0, total=10.0)
SCHEMA = {
    "type": "object",
    "properties": {"label": {"enum": ["a", "b"]}, "note": {"type": "string", "maxLength": 80}},
    "required": ["label"],
}
ASK = Request([{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Grüß mich 🙂"}])
ASK_JSON = Request([{"role": "user", "content": "Label this"}], schema=SCHEMA, mode="json_schema")
WHOLE_OR_STREAMED = pytest.mark.parametrize("on_text", [None, lambda _: None], ids=["whole", "streamed"])


@pytest.fixture
def endpoint() -> Iterator[AnthropicEndpoint]:
    with AnthropicEndpoint() as running:
        yield running


@asynccontextmanager
async def asking(
    endpoint: AnthropicEndpoint, *, waits: Waits = QUICK, name: str = "anthropic/claude-haiku-4-5", **model: Any
) -> AsyncIterator[AnthropicCompleter]:
    told = {"api_base": endpoint.url, "api_key": endpoint.key, **model}
    completer = AnthropicCompleter(Model(name, **told), waits=waits)
    try:
        yield completer
    finally:
        await completer.close()


def test_the_provider_is_asked_by_this_transport() -> None:
    assert type(completer_for("anthropic/claude-haiku-4-5")) is AnthropicCompleter


# ------------------------------------------------------------ what is sent
async def test_system_words_stand_apart_and_an_answer_has_a_limit(endpoint: AnthropicEndpoint) -> None:
    async with asking(endpoint, temperature=0.3) as completer:
        await completer.complete(ASK)
    assert endpoint.bodies == [
        {
            "model": "claude-haiku-4-5",
            "system": "Be kind.",
            "messages": [{"role": "user", "content": "Grüß mich 🙂"}],
            "max_tokens": 16_000,
            "temperature": 0.3,
        }
    ]


async def test_a_model_that_no_list_knows_gets_a_limit_that_every_model_takes(endpoint: AnthropicEndpoint) -> None:
    async with asking(endpoint, name="anthropic/nobody-knows-it") as completer:
        await completer.complete(ASK)
        await completer.complete(Request(ASK.messages, params={"max_tokens": 50}))
    assert [body["max_tokens"] for body in endpoint.bodies] == [4096, 50]


async def test_turns_alternate_begin_with_the_user_and_are_not_blank(endpoint: AnthropicEndpoint) -> None:
    roles = ["assistant", "user", "user", "system", "assistant", "user", "user"]
    texts = ["Hello!", "One.", "Two.", "Be brief.", "Fine.", " ", "Three."]
    messages = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=True)]
    async with asking(endpoint) as completer:
        await completer.complete(Request(messages))
        await completer.complete(Request([{"role": "system", "content": "Say something."}]))
    assert endpoint.bodies[0]["system"] == "Be brief."
    assert [turn["content"] for turn in endpoint.bodies[0]["messages"]] == [
        "…",
        "Hello!",
        "One.\n\nTwo.",
        "Fine.",
        "Three.",
    ]
    assert endpoint.bodies[1]["messages"] == [{"role": "user", "content": "Say something."}]


async def test_parameters_go_out_by_the_names_of_this_api(endpoint: AnthropicEndpoint) -> None:
    given = {"stop": "END", "max_completion_tokens": 99, "reasoning_effort": "low", "top_k": 5}
    async with asking(endpoint, **given) as completer:
        await completer.complete(ASK_JSON)
    (body,) = endpoint.bodies
    assert (body["stop_sequences"], body["max_tokens"], body["top_k"]) == (["END"], 99, 5)
    assert body["output_config"].keys() == {"effort", "format"}


async def test_the_bearer_token_of_the_environment_goes_out_as_one(
    endpoint: AnthropicEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", endpoint.key)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", f"{endpoint.url}/v1")
    sent: list[Any] = []
    refused = endpoint.refused
    endpoint.refused = lambda request, body: sent.append(request.headers) or refused(request, body)  # type: ignore[method-assign,func-returns-value]
    completer = AnthropicCompleter(Model("anthropic/any"))
    assert (await completer.complete(ASK)).finish == "stop"
    await completer.close()
    assert sent[0]["Authorization"] == f"Bearer {endpoint.key}"
    assert "x-api-key" not in sent[0]


UNSAID = {
    "json_schema": {"a tree", "a linked list", "an expression", "a map of scores"},  # no end, or names of its choice
    "tools": {"unicode names", "names with signs"},  # a tool's input has plain names
}
"""Schemas that a way cannot say; the next one can."""


@pytest.mark.parametrize("mode", UNSAID)
def test_forty_schemas_go_through_all_three_steps(
    mode: str, endpoint: AnthropicEndpoint, open_studio: Callable[..., sw.Studio]
) -> None:
    endpoint.chunk = 64
    begun = []
    for name in SCHEMAS.keys() - UNSAID[mode]:
        schema = SCHEMAS[name]
        model = sw.Model("anthropic/any", api_base=endpoint.url, api_key=endpoint.key, structured=mode)
        studio = open_studio(model, sw.Task(name, "Read it.", input_schema=schema, output_schema=schema))
        begun.append((name, studio, studio.grow(topics=1, samples=1)))
    results = {name: job.wait(60) for name, _studio, job in begun}
    assert {name: result for name, result in results.items() if (result.added, result.failed) != (1, 0)} == {}
    assert endpoint.statuses.keys() == {200}


def test_an_optional_property_stays_one_and_what_the_grammar_does_not_know_is_said() -> None:
    assert strict_schema(SCHEMA, ANTHROPIC) == {
        "type": "object",
        "properties": {
            "label": {"type": "string", "enum": ["a", "b"]},
            "note": {"type": "string", "description": 'Complies with {"maxLength": 80}.'},
        },
        "required": ["label"],
        "additionalProperties": False,
    }


async def test_there_is_no_json_mode_and_that_is_said_before_anything_is_sent(endpoint: AnthropicEndpoint) -> None:
    async with asking(endpoint, structured="json_object") as completer:
        with pytest.raises(AccessError, match=r"has no JSON mode.*Take structured='json_object' out"):
            await completer.complete(Request(ASK.messages, schema=SCHEMA, mode="json_object"))
    assert endpoint.bodies == []


# ------------------------------------------------------------ what comes back
async def test_a_whole_and_a_streamed_answer_are_the_same_with_usage(endpoint: AnthropicEndpoint) -> None:
    endpoint.answers = ["Größe 🙂 passt, “gut”"] * 2
    pieces: list[str] = []
    async with asking(endpoint) as completer:
        whole = await completer.complete(ASK)
        streamed = await completer.complete(ASK, pieces.append)
    assert streamed.text == whole.text == "".join(pieces) == "Größe 🙂 passt, “gut”"
    assert len(pieces) > 1
    assert streamed.usage == whole.usage
    assert 2 * whole.usage.prompt_tokens + 2 * whole.usage.completion_tokens == sum(
        (endpoint.billed.prompt_tokens, endpoint.billed.completion_tokens)
    )
    assert (whole.finish, streamed.finish) == ("stop", "stop")


@WHOLE_OR_STREAMED
@pytest.mark.parametrize("mode", ["json_schema", "tools", "text"])
async def test_each_way_brings_json(endpoint: AnthropicEndpoint, mode: Any, on_text: Any) -> None:
    words = [{"role": "user", "content": f"Label this as JSON. Answer with one JSON {json.dumps(SCHEMA)}"}]
    if mode == "text":
        endpoint.answers = ['{"label": "a"}']
    async with asking(endpoint) as completer:
        answer = await completer.complete(Request(words, schema=SCHEMA, mode=mode), on_text)
    assert json.loads(answer.text)["label"] in {"a", "b"}
    assert answer.finish == "stop"


@WHOLE_OR_STREAMED
async def test_a_cut_answer_says_length(endpoint: AnthropicEndpoint, on_text: Any) -> None:
    endpoint.fail("truncate")
    async with asking(endpoint) as completer:
        assert (await completer.complete(ASK_JSON, on_text)).finish == "length"


async def test_a_refusal_is_told_in_the_words_of_the_api(endpoint: AnthropicEndpoint) -> None:
    endpoint.fail("filter")
    async with asking(endpoint) as completer:
        answer = await completer.complete(ASK_JSON)
    assert answer.withheld == "the model refused to answer: I cannot help with that."


async def test_an_answer_that_the_filter_keeps_back_is_no_answer(endpoint: AnthropicEndpoint) -> None:
    endpoint.fail("withhold")
    async with asking(endpoint) as completer:
        with pytest.raises(RequestRefusedError, match="content filter kept the answer back"):
            await completer.complete(ASK_JSON)


def _read(*events: dict[str, Any]) -> MessageReading:
    reading = MessageReading()
    for event in events:
        reading.event(event)
    return reading


def test_thoughts_a_ping_and_kinds_to_come_are_no_text() -> None:
    reading = _read(
        {"type": "message_start", "message": {"usage": {"input_tokens": 5, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm."}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "x"}},
        {"type": "ping"},
        {"type": "of_tomorrow", "delta": {"text": "no"}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Yes."}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    )
    assert (reading.text, reading.reasoning, reading.outcome, reading.is_over) == ("Yes.", "Hm.", "stop", True)
    assert (reading.usage.prompt_tokens, reading.usage.completion_tokens) == (5, 9)


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("stop_sequence", "stop"),
        ("tool_use", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "refusal"),
    ],
)
def test_every_reason_to_stop_is_known(reason: str, finish: str) -> None:
    reading = MessageReading()
    reading.whole({"type": "message", "content": [{"type": "text", "text": "a"}], "stop_reason": reason})
    assert reading.outcome == finish


def test_each_call_of_a_tool_is_an_answer() -> None:
    blocks = [
        {"type": "text", "text": "Let me see."},
        {"type": "tool_use", "name": "answer", "input": {"a": 1}},
        {"type": "tool_use", "name": "answer", "input": {"b": 2}},
    ]
    reading = MessageReading()
    reading.whole({"type": "message", "content": blocks, "stop_reason": "tool_use"})
    assert reading.text == '{"a": 1}\n{"b": 2}'
    deltas = [(1, '{"a"'), (2, '{"b": 2}'), (1, ": 1}")]
    streamed = _read(
        {"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "input": {}}},
        {"type": "content_block_start", "index": 2, "content_block": {"type": "tool_use", "input": {}}},
        *({"type": "content_block_delta", "index": at, "delta": {"partial_json": part}} for at, part in deltas),
    )
    assert streamed.text == '{"a": 1}\n{"b": 2}'


def test_what_came_before_a_refusal_is_not_used() -> None:
    details = {"type": "refusal", "category": "bio", "explanation": "Not this."}
    reading = _read(
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Take two"}},
        {"type": "message_delta", "delta": {"stop_reason": "refusal", "stop_details": details}},
    )
    assert (reading.text, reading.outcome) == ("Not this.", "refusal")


def test_what_is_no_message_is_no_answer() -> None:
    for body in ([], {"choices": []}, {"type": "message"}):
        with pytest.raises(NoAnswerError):
            MessageReading().whole(body)
    with pytest.raises(StreamError, match="Overloaded") as caught:
        _read({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
    assert caught.value.status == 529


# ------------------------------------------------------------ what goes wrong
@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ({"status": 401, "message": "invalid x-api-key"}, AccessError, "401.*not accepted: check.*ANTHROPIC_API_KEY"),
        ({"status": 403, "message": "no"}, AccessError, "403.*not accepted"),
        ({"status": 404, "message": "model: claude-x"}, ModelGoneError, "404.*model: claude-x.*Check the model's name"),
        ({"status": 402, "message": "pay"}, AccessError, "no credit"),
        ({"status": 400, "message": "Your credit balance is too low to access the API."}, AccessError, "no credit"),
        ({"status": 302, "headers": {"Location": "http://127.0.0.1:1/steal"}}, AccessError, "redirects"),
        ({"status": 400, "message": "prompt is too long"}, RequestRefusedError, "400.*too long"),
        ({"status": 413, "message": "Request exceeds the maximum size"}, RequestRefusedError, "413"),
        ({"status": 400, "message": "The compiled grammar is too large"}, ModeRefusedError, "grammar"),
        ({"status": 400, "message": "Schema is too complex for compilation"}, ModeRefusedError, "complex"),
    ],
)
@WHOLE_OR_STREAMED
async def test_a_refusal_becomes_the_error_that_says_what_follows(
    endpoint: AnthropicEndpoint, fault: dict[str, Any], error: type[CallError], words: str, on_text: Any
) -> None:
    endpoint.fail("status", **fault)
    async with asking(endpoint) as completer:
        with pytest.raises(error, match=words) as caught:
            await completer.complete(ASK_JSON, on_text)
    assert type(caught.value) is error
    assert len(endpoint.bodies) == 1


async def test_a_rate_limit_and_an_overload_are_waited_out(endpoint: AnthropicEndpoint) -> None:
    endpoint.fail("status", status=429, times=1, headers={"retry-after": "0.3"})
    endpoint.fail("status", status=529, times=1, message="Overloaded")
    began = time.perf_counter()
    async with asking(endpoint) as completer:
        assert (await completer.complete(ASK)).finish == "stop"
    assert time.perf_counter() - began >= 0.3
    assert endpoint.statuses == {429: 1, 529: 1, 200: 1}


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ("temperature is deprecated for this model.", "temperature"),
        ("presence_penalty: Extra inputs are not permitted", "presence_penalty"),
    ],
)
async def test_a_parameter_that_a_model_does_not_take_is_left_out_and_that_is_said(
    endpoint: AnthropicEndpoint, message: str, param: str
) -> None:
    if param == "temperature":
        endpoint.fail("status", status=400, message=message, times=1)
    async with asking(endpoint) as completer:
        for _ in range(2):
            await completer.complete(Request(ASK.messages, params={param: 0.5}))
        assert completer.notes == [f"anthropic/claude-haiku-4-5 does not take {param}; it is left out."]
    assert endpoint.statuses == {400: 1, 200: 2}
    endpoint.fail("status", status=400, message=message)
    async with asking(endpoint, **{param: 0.5}) as completer:
        with pytest.raises(AccessError, match=rf"Take {param}= out of sw\.Model"):
            await completer.complete(ASK)


async def test_a_stream_that_breaks_after_text_raises_with_what_had_arrived(endpoint: AnthropicEndpoint) -> None:
    for kind in ("drop", "unfinished", "error_event"):
        endpoint.rules.clear()
        endpoint.fail(kind, after=20)
        pieces: list[str] = []
        async with asking(endpoint) as completer:
            with pytest.raises(UnreachableError) as caught:
                await completer.complete(ASK_JSON, pieces.append)
        assert caught.value.partial == "".join(pieces)
        assert pieces


async def test_cancelling_closes_the_connection_at_once(endpoint: AnthropicEndpoint) -> None:
    endpoint.chunk_delay = 0.05
    endpoint.answers = ["long " * 200]
    async with asking(endpoint) as completer:
        arrived = asyncio.Event()
        task = asyncio.create_task(completer.complete(ASK, lambda _: arrived.set()))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0.3)
    assert (endpoint.in_flight, endpoint.broken_off) == (0, 1)


async def test_a_key_is_in_no_message_repr_or_log(
    endpoint: AnthropicEndpoint, caplog: pytest.LogCaptureFixture
) -> None:
    key = endpoint.key = "sk-ant-Zq81mMxVb7Xy0pLw"
    caplog.set_level(logging.DEBUG)
    told = ""
    for status in (400, 401, 429, 500):
        endpoint.rules.clear()
        endpoint.fail("status", status=status, message=f"bad key {key}, {key[:9]}***")
        async with asking(endpoint, waits=Waits(tries=2, first=0.001)) as completer:
            with pytest.raises(CallError) as caught:
                await completer.complete(ASK)
            told += "".join(traceback.format_exception(caught.value)) + repr(completer) + repr(completer.model)
    told += caplog.text
    assert "bad key" in told
    assert not any(key[at : at + 8] in told for at in range(len(key) - 7))


async def test_a_key_goes_nowhere_else_when_the_endpoint_redirects(endpoint: AnthropicEndpoint) -> None:
    endpoint.fail("status", status=307, headers={"Location": endpoint.elsewhere})
    async with asking(endpoint) as completer:
        with pytest.raises(AccessError, match="redirects"):
            await completer.complete(ASK)
    assert endpoint.followed == []
