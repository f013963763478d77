"""The OpenAI-compatible completer against a strict endpoint on loopback, with everything that goes wrong in life."""

from __future__ import annotations

import asyncio
import email.utils
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from synth_widgets.errors import (
    AccessError,
    CallError,
    ModelGoneError,
    ModeRefusedError,
    RequestRefusedError,
    UnreachableError,
)
from synth_widgets.llm.completer import Request
from synth_widgets.llm.transports.openai_http import OpenAICompleter, Waits
from synth_widgets.model import Model
from tests.endpoint import Endpoint
from tests.ports import bound_socket

QUICK = Waits(first=0.002, most=0.01, silence=5.0, total=10.0)
SCHEMA = {
    "type": "object",
    "properties": {"label": {"enum": ["a", "b"]}, "note": {"type": "string", "maxLength": 80}},
    "required": ["label", "note"],
}
ASK = Request([{"role": "user", "content": "Grüß mich 🙂"}])
ASK_JSON = Request([{"role": "user", "content": "Label this"}], schema=SCHEMA, mode="json_schema")


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as running:
        yield running


@asynccontextmanager
async def asking(endpoint: Endpoint, *, waits: Waits = QUICK, **model: Any) -> AsyncIterator[OpenAICompleter]:
    told = {"api_base": endpoint.url, "api_key": endpoint.key, **model}
    completer = OpenAICompleter(Model("openai/any", **told), waits=waits)
    try:
        yield completer
    finally:
        await completer.close()


async def test_an_answer_brings_text_finish_usage_and_seconds(endpoint: Endpoint) -> None:
    async with asking(endpoint, temperature=0.3) as completer:
        answer = await completer.complete(ASK)
    assert answer.text.startswith("The ")
    assert answer.finish == "stop"
    assert answer.usage.prompt_tokens > 0 < answer.usage.completion_tokens
    assert 0 < answer.seconds < 5
    assert endpoint.bodies == [{"model": "any", "messages": list(ASK.messages), "temperature": 0.3}]


async def test_a_streamed_answer_comes_in_pieces_and_is_the_same_as_a_whole_one(endpoint: Endpoint) -> None:
    endpoint.answers = ["Größe 🙂 passt, “gut”"] * 2
    pieces: list[str] = []
    async with asking(endpoint) as completer:
        whole = await completer.complete(ASK)
        streamed = await completer.complete(ASK, pieces.append)
    assert streamed.text == whole.text == "".join(pieces)
    assert len(pieces) > 1
    assert streamed.usage == whole.usage
    assert endpoint.bodies[1]["stream_options"] == {"include_usage": True}


async def test_a_schema_that_fits_is_sent_strict_and_closed(endpoint: Endpoint) -> None:
    async with asking(endpoint) as completer:
        answer = await completer.complete(ASK_JSON)
    assert json.loads(answer.text)["label"] in {"a", "b"}
    told = endpoint.bodies[0]["response_format"]["json_schema"]
    assert told["strict"] is True
    assert told["schema"]["additionalProperties"] is False


async def test_a_schema_outside_the_strict_subset_is_sent_as_it_is_and_not_strict(endpoint: Endpoint) -> None:
    free = {"type": "object", "additionalProperties": {"type": "string"}}
    async with asking(endpoint) as completer:
        await completer.complete(Request(ASK.messages, schema=free, mode="json_schema"))
    told = endpoint.bodies[0]["response_format"]["json_schema"]
    assert (told["strict"], told["schema"]) == (False, free)


async def test_mode_text_sends_no_response_format_even_with_a_schema(endpoint: Endpoint) -> None:
    async with asking(endpoint) as completer:
        await completer.complete(Request(ASK.messages, schema=SCHEMA, mode="text"))
    assert "response_format" not in endpoint.bodies[0]


async def test_a_parameter_of_the_call_wins_over_the_models_own(endpoint: Endpoint) -> None:
    async with asking(endpoint, temperature=0.3, max_tokens=7) as completer:
        await completer.complete(Request(ASK.messages, params={"temperature": 0.9}))
    assert endpoint.bodies[0]["temperature"] == 0.9
    assert endpoint.bodies[0]["max_tokens"] == 7


@pytest.mark.parametrize(
    "headers",
    [
        lambda: {"Retry-After": "0.05"},
        lambda: {"retry-after-ms": "50"},
        lambda: {"Retry-After": email.utils.formatdate(time.time() + 1, usegmt=True)},
        dict,
    ],
    ids=["seconds", "milliseconds", "date", "none"],
)
async def test_a_429_is_tried_again_after_the_wait_it_asks_for(
    endpoint: Endpoint, headers: Callable[[], dict[str, str]]
) -> None:
    told = headers()
    endpoint.fail("status", status=429, times=2, headers=told)
    began = time.perf_counter()
    async with asking(endpoint) as completer:
        answer = await completer.complete(ASK)
    assert answer.finish == "stop"
    assert endpoint.statuses == {429: 2, 200: 1}
    if "Retry-After" in told and told["Retry-After"].startswith("0"):
        assert time.perf_counter() - began >= 0.1


async def test_what_it_waits_for_is_told_while_it_waits(endpoint: Endpoint) -> None:
    endpoint.fail("status", status=429, times=1, headers={"Retry-After": "1"})
    async with asking(endpoint) as completer:
        task = asyncio.create_task(completer.complete(ASK))
        while completer.waiting is None and not task.done():
            await asyncio.sleep(0.01)
        assert completer.waiting == f"{endpoint.url.split('/')[2]} asks to wait 1 s (429)"
        await task
        assert completer.waiting is None


async def test_a_wait_longer_than_bearable_is_not_sat_out(endpoint: Endpoint) -> None:
    endpoint.fail("status", status=429, headers={"Retry-After": "3600"})
    async with asking(endpoint) as completer:
        with pytest.raises(UnreachableError, match="asks to wait 3600 s"):
            await asyncio.wait_for(completer.complete(ASK), 30)
    assert len(endpoint.bodies) == 1


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 529])
async def test_passing_errors_are_tried_a_bounded_number_of_times(endpoint: Endpoint, status: int) -> None:
    endpoint.fail("status", status=status)
    async with asking(endpoint) as completer:
        with pytest.raises(UnreachableError, match=rf"{status}.*Tried 6 times"):
            await completer.complete(ASK)
    assert len(endpoint.bodies) == 6


async def test_a_broken_connection_is_tried_again_as_long_as_no_text_was_handed_out(endpoint: Endpoint) -> None:
    endpoint.fail("drop", times=2)
    async with asking(endpoint) as completer:
        assert (await completer.complete(ASK)).finish == "stop"
    endpoint.fail("drop", times=2, after=0)
    async with asking(endpoint) as completer:
        assert (await completer.complete(ASK, lambda _: None)).finish == "stop"
    assert len(endpoint.bodies) == 6


@pytest.mark.parametrize("kind", ["drop", "error_event", "unfinished"])
async def test_a_stream_that_breaks_after_text_raises_with_what_had_arrived(endpoint: Endpoint, kind: str) -> None:
    endpoint.answers = ["0123456789" * 5]
    endpoint.fail(kind, after=20)
    pieces: list[str] = []
    async with asking(endpoint) as completer:
        with pytest.raises(UnreachableError) as caught:
            await completer.complete(ASK, pieces.append)
    assert caught.value.partial == "".join(pieces)
    assert "01234567890123456789".startswith(caught.value.partial)
    assert len(caught.value.partial) > 0
    assert len(endpoint.bodies) == 1


async def test_silence_is_a_lost_connection(endpoint: Endpoint) -> None:
    endpoint.fail("hang", times=1)
    async with asking(endpoint, waits=Waits(first=0.001, silence=0.2)) as completer:
        assert (await completer.complete(ASK)).finish == "stop"


async def test_nobody_listening_says_so_soon() -> None:
    completer = OpenAICompleter(Model("ollama/llama3.2", api_base="http://127.0.0.1:9"), waits=QUICK)
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:9/v1 cannot be reached.*Is it running\?"):
        await completer.complete(ASK)
    await completer.close()


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ({"status": 404, "message": "no such model"}, ModelGoneError, "no such model"),
        ({"status": 403}, AccessError, "not accepted"),
        ({"status": 402, "message": "pay"}, AccessError, "no credit"),
        ({"status": 429, "code": "insufficient_quota"}, AccessError, "no credit"),
        ({"status": 302, "headers": {"Location": "http://127.0.0.1:1/steal"}}, AccessError, "redirects"),
        ({"status": 413}, RequestRefusedError, "413"),
        ({"status": 422, "message": "too long"}, RequestRefusedError, "too long"),
        ({"status": 400, "message": "guided decoding is off"}, ModeRefusedError, "guided"),
        ({"status": 400, "message": "bad", "param": "response_format"}, ModeRefusedError, "bad"),
    ],
)
async def test_a_refusal_becomes_the_error_that_says_what_follows(
    endpoint: Endpoint, fault: dict[str, Any], error: type[CallError], words: str
) -> None:
    endpoint.fail("status", **fault)
    async with asking(endpoint) as completer:
        with pytest.raises(error, match=words) as caught:
            await completer.complete(ASK_JSON)
    assert type(caught.value) is error
    assert len(endpoint.bodies) == 1


async def test_a_400_about_something_else_in_text_mode_is_no_refused_mode(endpoint: Endpoint) -> None:
    endpoint.fail("status", status=400, message="structured nonsense")
    async with asking(endpoint) as completer:
        with pytest.raises(RequestRefusedError):
            await completer.complete(ASK)


async def test_an_endpoint_without_schemas_refuses_the_mode_and_answers_in_text(endpoint: Endpoint) -> None:
    endpoint.fail("refuse_schema")
    async with asking(endpoint) as completer:
        with pytest.raises(ModeRefusedError):
            await completer.complete(ASK_JSON)
        assert (await completer.complete(Request(ASK.messages, schema=SCHEMA, mode="text"))).text


async def test_a_parameter_the_endpoint_does_not_take_is_left_out_and_that_is_said(endpoint: Endpoint) -> None:
    message = "Unsupported value: 'temperature' does not support 0.8 with this model."
    endpoint.fail("status", status=400, times=1, message=message, param="temperature", code="unsupported_value")
    async with asking(endpoint) as completer:
        for _ in range(2):
            await completer.complete(Request(ASK.messages, params={"temperature": 0.8}))
        assert completer.notes == ["openai/any does not take temperature; it is left out."]
    assert ["temperature" in body for body in endpoint.bodies] == [True, False, False]


async def test_a_parameter_that_the_person_asked_for_is_not_left_out_silently(endpoint: Endpoint) -> None:
    endpoint.fail("status", status=400, message="Unsupported parameter: 'top_k'", param="top_k")
    async with asking(endpoint, top_p=0.5, top_k=4) as completer:
        with pytest.raises(AccessError, match=r"Take top_k= out of sw\.Model"):
            await completer.complete(ASK)


async def test_a_limit_by_its_old_name_is_sent_again_by_its_new_one(endpoint: Endpoint) -> None:
    message = (
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    )
    endpoint.fail("status", status=400, times=1, message=message, param="max_tokens", code="unsupported_parameter")
    async with asking(endpoint) as completer:
        await completer.complete(Request(ASK.messages, params={"max_tokens": 50}))
    assert endpoint.bodies[1]["max_completion_tokens"] == 50


async def test_a_refusal_field_ends_the_answer_as_refused(endpoint: Endpoint) -> None:
    endpoint.fail("filter")
    async with asking(endpoint) as completer:
        answer = await completer.complete(ASK)
    assert (answer.finish, answer.text) == ("refusal", "I cannot help with that.")


@pytest.mark.parametrize("on_text", [None, lambda _: None])
async def test_thoughts_in_the_text_are_kept_apart_from_it(endpoint: Endpoint, on_text: Any) -> None:
    endpoint.answers = ["<think>She is in a hurry.</think>\n\nAt once!", "<think>She is in a"]
    async with asking(endpoint) as completer:
        whole, cut = [await completer.complete(ASK, on_text) for _ in range(2)]
    assert (whole.text, whole.reasoning) == ("At once!", "She is in a hurry.")
    assert (cut.text, cut.reasoning) == ("", "She is in a")


async def test_a_cut_answer_says_length(endpoint: Endpoint) -> None:
    endpoint.fail("truncate")
    async with asking(endpoint) as completer:
        assert (await completer.complete(ASK)).finish == "length"
        assert (await completer.complete(ASK, lambda _: None)).finish == "length"


async def test_an_endpoint_that_does_not_stream_is_read_all_the_same(endpoint: Endpoint) -> None:
    endpoint.fail("plain")
    pieces: list[str] = []
    async with asking(endpoint) as completer:
        answer = await completer.complete(ASK, pieces.append)
    assert pieces == [answer.text]
    assert answer.usage.total > 0


async def test_an_endless_answer_is_given_up(endpoint: Endpoint) -> None:
    endpoint.fail("flood")
    async with asking(endpoint) as completer:
        with pytest.raises(RequestRefusedError, match="more than 8 MiB"):
            await completer.complete(ASK)


async def test_cancelling_closes_the_connection_at_once(endpoint: Endpoint) -> None:
    endpoint.chunk_delay = 0.05
    endpoint.answers = ["long " * 20_000]  # takes ten minutes
    async with asking(endpoint) as completer:
        arrived = asyncio.Event()
        task = asyncio.create_task(completer.complete(ASK, lambda _: arrived.set()))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 30)
        while endpoint.in_flight > 0:  # while the session is still open
            await asyncio.sleep(0.01)
    assert endpoint.broken_off == 1


async def test_no_more_calls_are_in_flight_than_the_model_allows(endpoint: Endpoint) -> None:
    endpoint.latency = 0.02
    async with asking(endpoint, concurrency=3) as one, asking(endpoint, concurrency=3) as two:
        await asyncio.gather(*(completer.complete(ASK) for completer in (one, two) for _ in range(8)))
    assert endpoint.peak == 3


async def test_connections_are_shared_and_used_again(endpoint: Endpoint) -> None:
    async with asking(endpoint) as one, asking(endpoint) as two:
        for completer in (one, two, one, two):
            await completer.complete(ASK)
            await completer.complete(ASK, lambda _: None)
        assert one.session() is two.session()
        shared = one.session()
    assert shared.closed
    assert len(endpoint.connections) == 1


async def test_an_error_in_on_text_is_the_callers_and_closes_the_stream(endpoint: Endpoint) -> None:
    def full(_: str) -> None:
        raise OSError("disk full")

    async with asking(endpoint) as completer:
        with pytest.raises(OSError, match="disk full"):
            await completer.complete(ASK, full)
    assert len(endpoint.bodies) == 1


async def test_a_refusal_that_comes_in_pieces_is_read_whole() -> None:
    said = json.dumps({"error": {"message": "response_format is not supported", "code": "x" * 3_000}}).encode()
    done = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 400 Bad\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(said))
        for start in range(0, len(said), 1_000):
            writer.write(said[start : start + 1_000])
            await writer.drain()
            await asyncio.sleep(0.02)
        writer.close()
        await writer.wait_closed()
        done.set()

    server = await asyncio.start_server(answer, sock=bound_socket())
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    completer = OpenAICompleter(Model("openai/any", api_base=base), waits=QUICK)
    async with server:
        with pytest.raises(ModeRefusedError, match=r"response_format is not supported\.$"):
            await completer.complete(ASK_JSON)
        await done.wait()
    await completer.close()
