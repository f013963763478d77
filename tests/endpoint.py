"""A chat completions endpoint on loopback, as strict as the real one, that can be told to fail.

In a test::

    with Endpoint(chunk_delay=0.01) as endpoint:
        model = sw.Model("openai/any", api_base=endpoint.url, api_key=endpoint.key)
        endpoint.fail("status", status=429, headers={"Retry-After": "1"}, times=2)
        ...
        assert endpoint.bodies[0]["response_format"]["type"] == "json_schema"

In a process of its own: ``python -m tests.endpoint --port 8123 --latency 0.2``, controlled over HTTP:
``GET /stats``, ``GET /requests``, ``POST /faults`` with a list of rules such as ``[{"kind": "drop", "times": 1}]``, and
``POST /settings`` with ``{"latency": 0.5, "chunk_delay": 0.1}``.

Kinds of faults: ``status`` (with ``status``, ``headers``, ``message``, ``code``, ``param``), ``drop`` (the connection
breaks), ``hang`` (nothing comes), ``truncate``, ``invalid``, ``garbage``, ``chatter`` (as in `ScriptedCompleter`),
``refuse_schema`` (400 for ``response_format``), ``plain`` (JSON although a stream was asked), ``error_event`` (a 200
that holds an error), ``unfinished`` (the stream ends without an end), ``filter`` (a refusal), ``flood`` (an answer
without end).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from synth_widgets.llm.invent import Inventor
from synth_widgets.llm.structured import extract_json
from synth_widgets.testing import invent, spoil
from tests.strictness import problem

DEFAULT_KEY = "sk-test-loopback-0123456789"
_FAILED = {"error": {"message": "The server had an error", "type": "server_error"}}


@dataclass
class Rule:
    """One way to fail: for the next ``times`` requests (``None``: all), or for each ``every``-th."""

    kind: str
    times: int | None = None
    every: int = 1
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = "told to fail"
    code: str | None = None
    param: str | None = None
    after: int = 20  # characters that a drop or an error lets through

    def applies(self, number: int) -> bool:
        if self.times == 0 or number % self.every:
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Endpoint:
    """The server, in a thread of its own.

    Attributes:
        url: what goes into ``api_base``.
        key: what goes into ``api_key``.
        bodies: every accepted request's body, in order.
        statuses: how often each status was answered.
        in_flight, peak: requests now, and at most at once.
        broken_off: requests whose client went away before the answer ended.
    """

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
        self.rules: list[Rule] = []
        self.answers: list[str] = []
        self._received = 0
        self._inventor = Inventor(7)
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="endpoint", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

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
        self._run()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application(client_max_size=2**25)
        app.router.add_post("/v1/chat/completions", self._completions)
        app.router.add_get("/stats", self._stats)
        app.router.add_get("/requests", self._requests)
        app.router.add_post("/faults", self._set_faults)
        app.router.add_post("/settings", self._set)
        runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", self._port)
        self._loop.run_until_complete(site.start())
        self._port = runner.addresses[0][1]
        self._started.set()
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(runner.cleanup())
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    async def _stats(self, request: web.Request) -> web.Response:
        names = ("in_flight", "peak", "broken_off", "statuses")
        told = {name: getattr(self, name) for name in names} | {"requests": len(self.bodies), "url": self.url}
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

    async def _completions(self, request: web.Request) -> web.StreamResponse:
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
        if request.headers.get("Authorization") != f"Bearer {self.key}":
            shown = request.headers.get("Authorization", "")[7:]
            return _refusal(401, f"Incorrect API key provided: {shown[:4]}***{shown[-4:]}.", code="invalid_api_key")
        body = _parsed(await request.read())
        if (wrong := problem(body)) is not None:
            return _refusal(400, wrong.message, code=wrong.code, param=wrong.param)
        self._received += 1
        self.bodies.append(body)
        rule = next((rule for rule in self.rules if rule.applies(self._received)), None)
        if rule is not None and (early := await self._early(rule, body, request)) is not None:
            return early
        await asyncio.sleep(self.latency)
        text, finish = spoil(self._content(body), rule.kind if rule else None)
        if body.get("stream") and (rule is None or rule.kind != "plain"):
            return await self._stream(request, body, text, finish, rule)
        kind = rule.kind if rule is not None else None
        if kind in {"drop", "unfinished"}:
            return await self._half(request)
        whole = _completion(body, text, finish, refused=kind == "filter")
        return web.json_response(_FAILED if kind == "error_event" else whole)

    async def _early(self, rule: Rule, body: Mapping[str, Any], request: web.Request) -> web.StreamResponse | None:
        """Fail before any of the answer, if the rule says so."""
        if rule.kind == "status":
            return _refusal(rule.status, rule.message, code=rule.code, param=rule.param, headers=rule.headers)
        if rule.kind == "hang":
            await asyncio.sleep(3600)
        if rule.kind == "refuse_schema" and body.get("response_format", {}).get("type") == "json_schema":
            message = "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."
            return _refusal(400, message, param="response_format")
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
        await response.write(b'{"id": "chatcmpl-1", "choices": [')
        assert request.transport is not None
        request.transport.close()
        return response

    async def _stream(
        self, request: web.Request, body: Mapping[str, Any], text: str, finish: str, rule: Rule | None
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        kind, after = (rule.kind, rule.after) if rule else (None, 0)
        shown = text[:after] if kind in {"drop", "error_event", "unfinished"} else text
        await response.write(b": a comment, as proxies send to keep a connection open\n\n")
        await response.write(_event(body, {"role": "assistant", "content": ""}))
        for at in range(0, len(shown), self.chunk):
            await response.write(_event(body, {"content": shown[at : at + self.chunk]}))
            await asyncio.sleep(self.chunk_delay)
        if kind == "drop":
            assert request.transport is not None
            request.transport.abort()
        elif kind == "error_event":
            await response.write(_data(_FAILED))
        elif kind != "unfinished":
            await response.write(_event(body, {}, finish=finish))
            if body.get("stream_options", {}).get("include_usage"):
                await response.write(_data({**_head(body), "choices": [], "usage": _usage(body, text)}))
            await response.write(b"data: [DONE]\n\n")
        with suppress(ConnectionError):
            await response.write_eof()
        return response

    def _content(self, body: Mapping[str, Any]) -> Any:
        """The next scripted answer, or one made by the schema, which in text mode stands in a message."""
        if self.answers:
            return self.answers.pop(0)
        told = "\n".join(str(message.get("content") or "") for message in body["messages"])
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
        if schema is None:
            found, _ = extract_json(told)
            schema = found if isinstance(found, dict) and "properties" in found else None
        names = "topic" in str(body["messages"][-1].get("content")).lower()
        if schema is None:
            return self._inventor.name() if names else self._inventor.sentence()
        return invent(self._inventor, schema, names=names)


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _refusal(
    status: int, message: str, *, code: str | None = None, param: str | None = None, headers: Mapping[str, str] = {}
) -> web.Response:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return web.json_response({"error": error}, status=status, headers=dict(headers))


def _head(body: Mapping[str, Any]) -> dict[str, Any]:
    kind = "chat.completion.chunk" if body.get("stream") else "chat.completion"
    return {"id": "chatcmpl-1", "object": kind, "created": int(time.time()), "model": body["model"]}


def _completion(body: Mapping[str, Any], text: str, finish: str, *, refused: bool) -> dict[str, Any]:
    said = {"content": None, "refusal": "I cannot help with that."} if refused else {"content": text, "refusal": None}
    choice = {"index": 0, "message": {"role": "assistant", **said}, "finish_reason": finish, "logprobs": None}
    return {**_head(body), "choices": [choice], "usage": _usage(body, text)}


def _usage(body: Mapping[str, Any], text: str) -> dict[str, int]:
    prompt = sum(len(str(message.get("content"))) for message in body["messages"]) // 4 + 1
    completion = len(text) // 4 + 1
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _event(body: Mapping[str, Any], delta: Mapping[str, Any], finish: str | None = None) -> bytes:
    return _data({**_head(body), "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def _data(value: Any) -> bytes:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def main() -> None:
    """Serve until the process is ended; print one line with the address and the key."""
    parser = argparse.ArgumentParser(description="A strict chat completions endpoint on loopback.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key", default=DEFAULT_KEY)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--chunk-delay", type=float, default=0.0)
    told = parser.parse_args()
    endpoint = Endpoint(port=told.port, key=told.key, latency=told.latency, chunk_delay=told.chunk_delay)

    def say() -> None:
        endpoint._started.wait()
        print(json.dumps({"url": endpoint.url, "key": endpoint.key}), flush=True)  # noqa: T201  (its one output)

    threading.Thread(target=say, daemon=True).start()
    endpoint.run_for_ever()


if __name__ == "__main__":
    main()
