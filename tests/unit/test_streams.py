"""Answers over HTTP that are not quite as they should be: bytes from a real socket, each as some server sends them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest

from synth_widgets.errors import AccessError, CallError, UnreachableError
from synth_widgets.llm.completer import Answer, Request
from synth_widgets.llm.structured.extract import SLOW
from synth_widgets.llm.transports import http_completer
from synth_widgets.llm.transports.anthropic_http import AnthropicCompleter
from synth_widgets.llm.transports.attempt import Waits
from synth_widgets.llm.transports.charsets import as_utf8
from synth_widgets.llm.transports.openai_http import OpenAICompleter
from synth_widgets.model import Model
from tests.ports import bound_socket

ASK = Request([{"role": "user", "content": "Hello"}])
QUICK = Waits(tries=2, first=0.001, most=0.002, silence=5.0, total=10.0)
EVENTS, JSON = "text/event-stream", "application/json"


@asynccontextmanager
async def serving(
    *parts: bytes, kind: str = EVENTS, status: str = "200 OK", stays_open: bool = False, pause: float = 0.0
) -> AsyncIterator[str]:
    """Answer every request with these bytes, part by part, until the connection ends; yield the address.

    Args:
        parts: what is sent after the head.
        kind: content type.
        status: of the answer.
        stays_open: whether the connection stays open behind the last part.
        pause: seconds before the head and before each part.
    """

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.decode().lower().split("\r\n") if line.startswith("content-length"))
        await reader.readexactly(int(length.partition(":")[2]))
        await asyncio.sleep(pause)
        writer.write(f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n".encode())
        for part in parts:
            await asyncio.sleep(pause)
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.002)
        if stays_open:
            await reader.read()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answering.add(task := asyncio.current_task())
        try:
            with suppress(ConnectionError):
                await answer(reader, writer)
                writer.close()
                await writer.wait_closed()
        finally:
            answering.discard(task)

    answering: set[object] = set()
    server = await asyncio.start_server(connected, sock=bound_socket())
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        async with asyncio.timeout(30):
            while answering:
                await asyncio.sleep(0.001)


async def ask(address: str, *, streams: bool = True, waits: Waits = QUICK) -> tuple[Answer, str]:
    """Ask for a chat completion; return the answer and what was handed out of it."""
    completer = OpenAICompleter(Model("openai/any", api_base=address, api_key="sk-12345678"), waits=waits)
    heard: list[str] = []
    try:
        return await completer.complete(ASK, heard.append if streams else None), "".join(heard)
    finally:
        await completer.close()


def event(text: str, finish: str | None = None, *, encoding: str = "utf-8") -> bytes:
    data = {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode(encoding)


def whole(text: str) -> str:
    message = {"role": "assistant", "content": text}
    return json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}, ensure_ascii=False)


HELLO = (event("Grüße "), event("aus Köln", "stop"))
DONE = b"data: [DONE]\n\n"
ANSWER = "Grüße aus Köln"


@pytest.mark.parametrize(
    "sign",
    [b"data:\n\n", b"data: \n\n", b"data: ping\n\n", b"data: null\n\n", b"data: {}\n\n", b'data: "ping"\n\n',
     b"event: ping\ndata\n\n", b": ping\n\n", b"data: [PING]\n\n", b"data: 1\n\n"],
)  # fmt: skip
async def test_signs_of_life_between_the_events_are_passed_over(sign: bytes) -> None:
    async with serving(sign, HELLO[0], sign, HELLO[1], sign, DONE) as address:
        answer, heard = await ask(address)
    assert (answer.text, heard, answer.finish) == (ANSWER, ANSWER, "stop")


async def test_an_event_that_is_broken_is_no_answer_and_no_wrong_address() -> None:
    async with serving(HELLO[0], b'data: {"choices": [{"del\n\n', HELLO[1], DONE) as address:
        with pytest.raises(UnreachableError, match="an event of the stream is no JSON") as caught:
            await ask(address)
    assert caught.value.partial == "Grüße "


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "202 Accepted", "203 Non-Authoritative Information"])
@pytest.mark.parametrize("streams", [True, False])
async def test_any_status_of_success_is_one(status: str, streams: bool) -> None:
    parts = (*HELLO, DONE) if streams else (whole(ANSWER).encode(),)
    async with serving(*parts, kind=EVENTS if streams else JSON, status=status) as address:
        answer, _ = await ask(address, streams=streams)
    assert answer.text == ANSWER


@pytest.mark.parametrize(
    ("named", "sent"),
    [
        ("iso-8859-1", "latin-1"),
        ("windows-1252", "cp1252"),
        ("ISO-8859-15", "iso-8859-15"),
        ("utf-16", "utf-16"),
        ("utf-16le", "utf-16-le"),
        ("utf-8", "utf-8"),
        ("utf-8", "utf-8-sig"),
        ("iso-8859-1", "utf-8"),  # what some servers say of everything
        ("nonsense", "utf-8"),
        ("base64", "utf-8"),
    ],
)
async def test_letters_come_as_they_were_sent_in_whichever_charset_the_header_names(named: str, sent: str) -> None:
    text = "Grüße aus Köln"
    async with serving(whole(text).encode(sent), kind=f"{JSON}; charset={named}") as address:
        assert (await ask(address, streams=False))[0].text == text
    stream = b"".join((event("Grüße "), event("aus Köln", "stop"), DONE)).decode().encode(sent)
    pieces = [stream[at : at + 7] for at in range(0, len(stream), 7)]
    async with serving(*pieces, kind=f"{EVENTS}; charset={named}") as address:
        answer, heard = await ask(address)
    assert (answer.text, heard) == (text, text)


async def test_a_letter_that_is_none_costs_that_letter_only() -> None:
    body = whole("one ? two").encode().replace(b"?", b"\xff")
    async with serving(body, kind=JSON) as address:
        assert (await ask(address, streams=False))[0].text == "one \ufffd two"


async def test_a_body_that_ends_in_half_a_letter_is_told_whole() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield "Köln".encode()[:2]

    assert b"".join([piece async for piece in as_utf8(chunks(), "latin-1")]).decode() == "KÃ"


@pytest.mark.parametrize("streams", [True, False])
@pytest.mark.parametrize(
    "body",
    [
        whole(ANSWER),
        f"\ufeff{whole(ANSWER)}",
        f"\n\n  {whole(ANSWER)}\n",
        json.dumps(json.loads(whole(ANSWER)), indent=2),
        b"".join((*HELLO, DONE)).decode(),
        f"\ufeff{b''.join(HELLO).decode()}",
        "".join(part.decode().removeprefix("data: ").strip() + "\n" for part in HELLO),
    ],
    ids=["whole", "with a mark", "amid blanks", "in many lines", "events", "events with a mark", "an event a line"],
)
async def test_an_answer_is_read_in_either_form_whichever_was_asked_for(body: str, streams: bool) -> None:
    async with serving(body.encode(), kind=JSON) as address:
        answer, heard = await ask(address, streams=streams)
    assert (answer.text, answer.finish) == (ANSWER, "stop")
    assert heard == (ANSWER if streams else "")


async def test_a_stream_that_stays_open_after_its_end_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_completer, "_AFTER_FINISH", 0.05)
    async with serving(*HELLO, stays_open=True) as address:
        answer, _ = await ask(address)
    assert (answer.text, answer.finish) == (ANSWER, "stop")


@pytest.mark.parametrize("streams", [True, False])
async def test_a_web_page_is_a_wrong_address_in_either_form(streams: bool) -> None:
    async with serving(b"<html><title>Just a moment</title></html>", kind="text/html") as address:
        with pytest.raises(AccessError, match="Check api_base="):
            await ask(address, streams=streams)


async def test_the_words_of_a_refusal_are_read_in_their_charset_too() -> None:
    body = json.dumps({"error": {"message": "Schlüssel ungültig"}}, ensure_ascii=False).encode("latin-1")
    async with serving(body, kind=f"{JSON}; charset=iso-8859-1", status="401 Unauthorized") as address:
        with pytest.raises(CallError, match="Schlüssel ungültig"):
            await ask(address, streams=False)


async def test_anthropics_events_pass_over_signs_of_life_too() -> None:
    def told(kind: str, **fields: object) -> bytes:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()

    parts = (
        b"data:\n\ndata: ping\n\ndata: {}\n\n",
        told("message_start", message={"usage": {"input_tokens": 3}}),
        told("content_block_delta", index=0, delta={"type": "text_delta", "text": "Hello"}),
        b"data: [DONE]\n\n",
        told("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 1}),
    )
    async with serving(*parts) as address:
        completer = AnthropicCompleter(Model("anthropic/any", api_base=address, api_key="sk-12345678"), waits=QUICK)
        answer = await completer.complete(ASK, lambda _: None)
        await completer.close()
    assert (answer.text, answer.finish) == ("Hello", "stop")


# ---------------------------------------------------------------- time
HASTY = Waits(tries=1, silence=0.5, total=30.0)


@pytest.mark.parametrize("streams", [True, False])
async def test_what_comes_now_and_then_is_waited_for_each_time_the_head_of_the_answer_too(streams: bool) -> None:
    whole = json.dumps({"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}).encode()
    parts = [event("Hel"), event("lo", "stop")] if streams else [whole[:20], whole[20:]]
    async with serving(*parts, kind=EVENTS if streams else JSON, pause=0.35) as address:
        answer, _ = await ask(address, streams=streams, waits=HASTY)
    assert answer.text == "Hello"


@pytest.mark.parametrize("streams", [True, False])
async def test_nothing_is_waited_for_longer_than_silence_and_total_allow(streams: bool) -> None:
    parts = [event("Hel"), event("lo"), event("", "stop")] if streams else [b'{"choices": ', b"[", b"]}"]
    for waits in (replace(HASTY, silence=0.1), replace(HASTY, total=0.5)):
        async with serving(*parts, kind=EVENTS if streams else JSON, pause=0.2) as address:
            with pytest.raises(UnreachableError, match="did not answer in time"):
                await ask(address, streams=streams, waits=waits)


async def test_reading_an_answer_that_is_there_takes_the_time_that_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    content = "Hello " * SLOW
    whole = json.dumps({"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}).encode()
    read = http_completer._parsed
    monkeypatch.setattr(http_completer, "_parsed", lambda body: (time.sleep(0.8), read(body))[1])
    async with serving(whole, kind=JSON) as address:
        answer, _ = await ask(address, streams=False, waits=HASTY)
    assert answer.text == content
