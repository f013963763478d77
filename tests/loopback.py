"""A strict endpoint on loopback that can be told to fail, in whichever format; the formats have files of their own.

The faults are in `tests.rules`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import jsonschema
from aiohttp import web

from synth_widgets.fake_values import FakeValues
from synth_widgets.generation.prompts import shown_schema
from synth_widgets.llm.completer import Mode
from synth_widgets.records import Usage
from synth_widgets.testing import fake_value, spoil
from tests.dressing import dressed
from tests.ports import bound_socket
from tests.rules import Rule

_CONCERNS: Mapping[str, Mode] = {
    "refuse_schema": "json_schema",
    "refuse_tools": "tools",
    "refuse_json_object": "json_object",
    "ignore_tools": "tools",
}
"""Kinds that apply only to requests that ask for JSON in a certain way."""
_TOOLS = {"tools", "tool_choice", "toolConfig", "tool_config"}
"""What a model that ignores tools does not see."""

DEFAULT_KEY = "sk-test-loopback-0123456789"


@dataclass(frozen=True)
class Question:
    """What a request asks, whatever its format.

    Attributes:
        told: all its texts.
        last: the last of them.
        schema: the schema that the answer must comply with; with ``json_object`` and ``text`` it stands in the texts.
        streams: whether the answer is to come in events.
        mode: how it asks for JSON.
        system: whether it has words of the system's own.
    """

    told: str
    last: str
    schema: Mapping[str, Any] | None = None
    streams: bool = False
    mode: Mode = "text"
    system: bool = False


class Loopback(ABC):
    """The server, in a thread of its own. A format says what it refuses and how it answers.

    Attributes:
        url: what goes into ``api_base``.
        key: what goes into ``api_key``.
        bodies: every accepted request's body, in order.
        statuses: how often each status was answered.
        in_flight, peak: requests now, and at most at once.
        broken_off: requests whose client went away before the answer ended.
        gone: names of models that it does not have any more.
        followed: requests that came to where it had redirected them, with the key if it came, too.
        wall: more requests at once than these are refused with 429, and ``asks_to_wait`` as ``Retry-After``.
        desks: so many requests are worked on at once; the others wait for their turn.
        takes_system, takes_streams, takes_counts: whether it takes such requests; it says no without saying why.
        passing: the status of an answer.
        pings: whether its streams have events that are no JSON.
        charset: what its answers are in, with a letter in each that is not ASCII; ``None``: UTF-8.
        lingers: whether its streams stay open after their end, which no event tells.
    """

    routes: ClassVar[tuple[str, ...]]
    root: ClassVar[str] = ""
    comment: ClassVar[bytes] = b""
    named_events: ClassVar[bool] = False

    def __init__(
        self, *, key: str = DEFAULT_KEY, latency: float = 0.0, chunk_delay: float = 0.0, chunk: int = 8, port: int = 0
    ) -> None:
        self.key = key
        self.latency = latency
        self.chunk_delay = chunk_delay
        self.chunk = chunk
        self.bodies: list[dict[str, Any]] = []
        self.statuses: dict[int, int] = {}
        self.connections: set[Any] = set()
        self.in_flight = 0
        self.peak = 0
        self.broken_off = 0
        self.followed: list[bool] = []
        self.billed = Usage()
        """Tokens of the answers that were given whole, where the format counts them."""
        self.gone: set[str] = set()
        self.wall: int | None = None
        self.desks: asyncio.Semaphore | None = None
        self.asks_to_wait = "1"
        self.takes_system = self.takes_streams = self.takes_counts = True
        self.passing = 200
        self.pings = self.lingers = False
        self.charset: str | None = None
        self.rules: list[Rule] = []
        self.answers: list[str] = []
        self._received = 0
        self._list: dict[str, Any] | None = None
        self._fakes = FakeValues(7, nulls=0.4)
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self.run_for_ever, name="endpoint", daemon=True)

    # ------------------------------------------------------------ what a format says
    @abstractmethod
    def refused(self, request: web.Request, body: Any) -> web.Response | None:
        """Return the refusal of a request with a wrong key or a wrong body."""

    @abstractmethod
    def question(self, request: web.Request, body: Mapping[str, Any]) -> Question:
        """Return what an accepted request asks."""

    @abstractmethod
    def refusal(self, rule: Rule) -> web.Response:
        """Return an error in the format's own words."""

    @abstractmethod
    def not_taken(self, mode: Mode) -> web.Response:
        """Return the refusal of a model that does not take this way of asking for JSON, in the provider's words."""

    def withheld(self) -> web.Response | None:
        """Return the refusal of a provider whose content filter answers with an error; else ``None``."""
        return None

    @abstractmethod
    def failed(self) -> dict[str, Any]:
        """Return the body, or event, of a server error."""

    @abstractmethod
    def whole(self, body: Mapping[str, Any], text: str, finish: str, *, refused: bool) -> dict[str, Any]:
        """Return the body of a whole answer; ``finish`` is ``stop`` or ``length``."""

    @abstractmethod
    def opening(self, body: Mapping[str, Any]) -> Iterable[bytes]:
        """Return the events before the first text."""

    @abstractmethod
    def piece(self, body: Mapping[str, Any], text: str) -> bytes:
        """Return the event of a piece of text."""

    @abstractmethod
    def closing(self, body: Mapping[str, Any], text: str, finish: str) -> Iterable[bytes]:
        """Return the events after the last text, with the usage."""

    def offered(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the tools, by name with their schemas, that a request wants called, if it wants several."""
        return {}

    def calling(self, body: Mapping[str, Any], calls: Mapping[str, str]) -> dict[str, Any]:
        """Return the body of an answer that calls tools: their arguments by their names."""
        raise NotImplementedError

    def calling_events(self, body: Mapping[str, Any], calls: Mapping[str, str]) -> Iterable[bytes]:
        """Return the events of an answer that calls tools."""
        raise NotImplementedError

    # ------------------------------------------------------------ the server
    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}{self.root}"

    def fail(self, kind: str, **how: Any) -> None:
        """Add a rule; the first that applies to a request is used."""
        self.rules.append(Rule(kind, **how))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def run_for_ever(self) -> None:
        """Serve in this thread."""
        asyncio.set_event_loop(self._loop)
        app = web.Application(client_max_size=2**25)
        for route in self.routes:
            app.router.add_post(route, self._ask)
        app.router.add_route("*", "/elsewhere", self._elsewhere)
        app.router.add_get("/stats", self._stats)
        app.router.add_get("/requests", self._requests)
        app.router.add_post("/faults", self._set_faults)
        app.router.add_post("/settings", self._set)
        runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        self._loop.run_until_complete(runner.setup())
        site = web.SockSite(runner, bound_socket(self._port))
        self._loop.run_until_complete(site.start())
        self._port = runner.addresses[0][1]
        self._started.set()
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(runner.cleanup())
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    @property
    def elsewhere(self) -> str:
        """Where it redirects to: another host to whoever asks."""
        return f"http://localhost:{self._port}/elsewhere"

    async def _elsewhere(self, request: web.Request) -> web.Response:
        self.followed.append(any(self.key in value for value in request.headers.values()))
        return web.json_response({"error": {"message": "nothing here"}}, status=404)

    async def _stats(self, request: web.Request) -> web.Response:
        names = ("in_flight", "peak", "broken_off", "statuses")
        told = {name: getattr(self, name) for name in names} | {"requests": len(self.bodies), "url": self.url}
        told["billed"] = [self.billed.prompt_tokens, self.billed.completion_tokens]
        return web.json_response(told)

    async def _requests(self, request: web.Request) -> web.Response:
        return web.json_response(self.bodies)

    async def _set_faults(self, request: web.Request) -> web.Response:
        self.rules = [Rule(**rule) for rule in await request.json()]
        return web.json_response({"rules": len(self.rules)})

    async def _set(self, request: web.Request) -> web.Response:
        for name, value in (await request.json()).items():
            if name in {"latency", "chunk_delay", "chunk", "answers"}:
                setattr(self, name, value)
        return web.json_response({})

    async def _ask(self, request: web.Request) -> web.StreamResponse:
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        self.connections.add(request.transport)
        try:
            response = await self._respond(request)
        except (asyncio.CancelledError, ConnectionError):
            self.broken_off += 1
            raise
        finally:
            self.in_flight -= 1
        self.statuses[response.status] = self.statuses.get(response.status, 0) + 1
        return response

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        body = _parsed(await request.read())
        if (no := self.refused(request, body)) is not None:
            return no
        if self.wall is not None and self.in_flight > self.wall:
            headers = {"Retry-After": self.asks_to_wait}
            return self.refusal(Rule("status", status=429, headers=headers, message="too many requests"))
        self._received += 1
        self.bodies.append(body)
        question = self.question(request, body)
        concerned = (
            rule for rule in self.rules if question.mode in (rule.modes or (_CONCERNS.get(rule.kind, question.mode),))
        )
        rule = next((rule for rule in concerned if rule.applies(self._received, question.told)), None)
        no = self._unwilling(question, rule, body)
        if no is not None or (rule is not None and (no := await self._early(rule, question, request)) is not None):
            return no
        if tools := self.offered(body):
            return await self._call(request, body, tools, streams=question.streams)
        return await self._answer(request, body, question, rule)

    async def _answer(
        self, request: web.Request, body: Mapping[str, Any], question: Question, rule: Rule | None
    ) -> web.StreamResponse:
        async with self.desks or nullcontext():
            await asyncio.sleep(self.latency)
        kind = rule.kind if rule is not None else None
        asked = {name: part for name, part in body.items() if name not in _TOOLS} if kind == "ignore_tools" else body
        content = _OWN_SHAPE if kind == "own_shape" else self._content(question)
        if kind == "repeat" and isinstance(content, dict) and "items" in content:
            content = self._list or content
        self._list = content if isinstance(content, dict) and "items" in content else self._list
        nothing = {"empty": ("", "stop"), "withhold": ("", "content_filter")}
        is_call = question.mode == "tools" and asked is body
        worn = dressed(kind, content, self._received, as_arguments=is_call)
        text, finish = worn or nothing.get(kind or "") or spoil(content, kind)
        if question.streams and kind != "plain":
            return await self._stream(request, asked, text, finish, rule)
        if kind in {"drop", "unfinished"}:
            return await self._half(request)
        whole = self.whole(asked, text, finish, refused=kind == "filter")
        body = json.dumps(self.failed() if kind == "error_event" else whole, ensure_ascii=False).encode()
        kind_of_text = f"application/json; charset={self.charset or 'utf-8'}"
        return web.Response(body=self._encoded(body), status=self.passing, headers={"Content-Type": kind_of_text})

    async def _call(
        self, request: web.Request, body: Mapping[str, Any], tools: Mapping[str, Any], *, streams: bool
    ) -> web.StreamResponse:
        """Call each tool once, all in one answer."""
        calls = {name: json.dumps(fake_value(self._fakes, schema)) for name, schema in tools.items()}
        if not streams:
            return web.json_response(self.calling(body, calls))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for event in self.calling_events(body, calls):
            await response.write(event)
        await response.write_eof()
        return response

    def _unwilling(self, question: Question, rule: Rule | None, body: Mapping[str, Any]) -> web.Response | None:
        """Refuse what it does not take, without saying why; or refuse an answer and hand it back."""
        has = (question.system, question.streams, "stream_options" in body)
        takes = (self.takes_system, self.takes_streams, self.takes_counts)
        if any(there and not taken for there, taken in zip(has, takes, strict=True)):
            return self.refusal(Rule("status", status=400, message="Nothing can be said to this."))
        if rule is None or rule.kind != "handed_back":
            return None
        refusal = self.refusal(Rule("status", code="json_validate_failed", message="Failed to generate JSON."))
        said = json.loads(refusal.body)  # type: ignore[arg-type]
        said["error"]["failed_generation"] = json.dumps(self._content(question), ensure_ascii=False)
        return web.json_response(said, status=400)

    def _encoded(self, raw: bytes) -> bytes:
        """Return a body or an event in the endpoint's charset."""
        if self.charset is None:
            return raw
        return raw.decode().replace("{", '{"note": "é", ', 1).encode(self.charset)

    async def _early(self, rule: Rule, question: Question, request: web.Request) -> web.StreamResponse | None:
        """Fail before any of the answer, if the rule says so."""
        if rule.kind == "status":
            return self.refusal(rule)
        if rule.kind == "hang":
            await asyncio.sleep(3600)
        if rule.kind.startswith("refuse_"):
            return self.not_taken(question.mode)
        if rule.kind == "withhold":
            return self.withheld()
        if rule.kind == "page":
            return web.Response(text="<html><title>Just a moment</title></html>", content_type="text/html")
        if rule.kind == "flood":
            response = web.StreamResponse(headers={"Content-Type": "application/json"})
            await response.prepare(request)
            with suppress(ConnectionError):
                while True:
                    await response.write(b" " * 65536)
            return response
        return None

    async def _half(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "5000"})
        await response.prepare(request)
        await response.write(b'{"id": "1", "choices": [')
        assert request.transport is not None
        request.transport.close()
        with suppress(ConnectionError):  # else the server prints a traceback for each, in the time of the run
            await response.write_eof()
        return response

    async def _stream(
        self, request: web.Request, body: Mapping[str, Any], text: str, finish: str, rule: Rule | None
    ) -> web.StreamResponse:
        headers = {"Content-Type": f"text/event-stream; charset={self.charset or 'utf-8'}"}
        response = web.StreamResponse(status=self.passing, headers=headers)
        await response.prepare(request)
        kind, after = (rule.kind, rule.after) if rule else (None, 0)
        shown = text[:after] if kind in {"drop", "error_event", "unfinished"} else text
        for event in (self.comment, _PINGS if self.pings else b"", *self.opening(body)):
            await response.write(self._encoded(event))
        for at in range(0, len(shown), self.chunk):
            await response.write(self._encoded(self.piece(body, shown[at : at + self.chunk])))
            await response.write(_PINGS if self.pings else b"")
            await asyncio.sleep(self.chunk_delay)
        if kind == "drop":
            assert request.transport is not None
            request.transport.abort()
        elif kind == "error_event":
            await response.write(event_bytes(self.failed(), "error" if self.named_events else None))
        elif kind != "unfinished":
            events = [event for event in self.closing(body, text, finish) if not self.lingers or b"[DONE]" not in event]
            for event in events:
                await response.write(self._encoded(event))
            if self.lingers:
                await asyncio.sleep(3600)
        with suppress(ConnectionError):
            await response.write_eof()
        return response

    def _content(self, question: Question) -> Any:
        """The next scripted answer, or one made by the schema, which in text mode stands in a message."""
        if self.answers:
            return self.answers.pop(0)
        schema = question.schema
        if schema is None:
            _, mark, shown = question.told.partition(_SHOWN)
            schema = json.JSONDecoder().raw_decode(shown.lstrip())[0] if mark else None
        names = "topic" in question.last.lower()
        if schema is None:
            return self._fakes.name() if names else self._fakes.sentence()
        value = fake_value(self._fakes, _as_read(schema), names=names)
        if question.schema is not None:
            jsonschema.validate(value, schema)
        return value


_OWN_SHAPE = {"remark": "as it came to mind", "mood": "curious", "confidence": 0.5}
_PINGS = b"data:\n\ndata: ping\n\n"
_SHOWN = shown_schema({}).removesuffix("{}").strip()
"""The words before a schema that stands in a message."""
_SAID = re.compile(r"Complies with (\{.*\})\.$", re.DOTALL)


def _as_read(schema: Any) -> Any:
    """Return a schema with what its descriptions say of the values, as a model that reads them sees it."""
    if isinstance(schema, list):
        return [_as_read(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _as_read(part) for name, part in schema.items()}
    said = _SAID.search(found["description"]) if isinstance(found.get("description"), str) else None
    return {**found, **json.loads(said[1])} if said else found


def event_bytes(value: Any, name: str | None = None) -> bytes:
    """Return a server-sent event, with its name where the format has names."""
    named = f"event: {name}\n" if name else ""
    return f"{named}data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def tokens(text: str) -> int:
    """Return what the endpoint counts for a text."""
    return len(text) // 4 + 1


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None


def serve(kind: type[Loopback], description: str) -> None:
    """Serve until the process is ended; print one line with the address and the key."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key", default=DEFAULT_KEY)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--chunk-delay", type=float, default=0.0)
    told = parser.parse_args()
    endpoint = kind(port=told.port, key=told.key, latency=told.latency, chunk_delay=told.chunk_delay)

    def say() -> None:
        endpoint._started.wait()
        print(json.dumps({"url": endpoint.url, "key": endpoint.key}), flush=True)  # noqa: T201  (its one output)

    threading.Thread(target=say, daemon=True).start()
    endpoint.run_for_ever()
