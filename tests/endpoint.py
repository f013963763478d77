"""A chat completions endpoint on loopback, as strict as the real one, that can be told to fail.

In a test::

    with Endpoint(chunk_delay=0.01) as endpoint:
        model = sw.Model("openai/any", api_base=endpoint.url, api_key=endpoint.key)
        endpoint.fail("status", status=429, headers={"Retry-After": "1"}, times=2)
        ...
        assert endpoint.bodies[0]["response_format"]["type"] == "json_schema"

In a process of its own: ``python -m tests.endpoint --port 8123 --latency 0.2``, controlled over HTTP:
``GET /stats``, ``GET /requests``, ``POST /faults`` with a list of rules such as ``[{"kind": "drop", "times": 1}]``, and
``POST /settings`` with ``{"latency": 0.5, "chunk_delay": 0.1}``. The kinds of faults stand in `tests.rules`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web

from synth_widgets.llm.completer import Mode
from synth_widgets.records import Usage
from tests.loopback import DEFAULT_KEY, Loopback, Question, event_bytes, serve, tokens
from tests.rules import Rule
from tests.strictness import problem

__all__ = ["DEFAULT_KEY", "Endpoint", "Rule"]


class Endpoint(Loopback):
    """OpenAI's chat completions."""

    routes = ("/v1/chat/completions",)
    root = "/v1"
    comment = b": a comment, as proxies send to keep a connection open\n\n"

    def _usage(self, body: Mapping[str, Any], text: str) -> dict[str, int]:
        told = _usage(body, text)
        self.billed += Usage(told["prompt_tokens"], told["completion_tokens"])
        return told

    def refused(self, request: web.Request, body: Any) -> web.Response | None:
        if request.headers.get("Authorization") != f"Bearer {self.key}":
            shown = request.headers.get("Authorization", "")[7:]
            return _refusal(401, f"Incorrect API key provided: {shown[:4]}***{shown[-4:]}.", code="invalid_api_key")
        if (wrong := problem(body)) is not None:
            return _refusal(400, wrong.message, code=wrong.code, param=wrong.param)
        if (model := body["model"]) in self.gone:
            return _refusal(404, f"The model `{model}` has been deprecated, learn more here: …", code="model_not_found")
        return None

    def question(self, request: web.Request, body: Mapping[str, Any]) -> Question:
        texts = [str(message.get("content") or "") for message in body["messages"]]
        wanted, tool = body.get("response_format", {}), _tool(body)
        schema = tool["parameters"] if tool else wanted.get("json_schema", {}).get("schema")
        mode: Mode = "tools" if tool else wanted.get("type", "text")
        has_system = any(message["role"] in {"system", "developer"} for message in body["messages"])
        return Question("\n".join(texts), texts[-1], schema, bool(body.get("stream")), mode, has_system)

    def refusal(self, rule: Rule) -> web.Response:
        return _refusal(rule.status, rule.message, code=rule.code, param=rule.param, headers=rule.headers)

    def not_taken(self, mode: Mode) -> web.Response:
        if mode == "tools":
            message = "Unsupported parameter: 'tools' is not supported with this model."
            return _refusal(400, message, code="unsupported_parameter", param="tools")
        message = f"Invalid parameter: 'response_format' of type '{mode}' is not supported with this model."
        return _refusal(400, message, param="response_format")

    def failed(self) -> dict[str, Any]:
        return {"error": {"message": "The server had an error", "type": "server_error"}}

    def whole(self, body: Mapping[str, Any], text: str, finish: str, *, refused: bool) -> dict[str, Any]:
        no = "I cannot help with that."
        said: dict[str, Any] = {"content": None, "refusal": no} if refused else {"content": text, "refusal": None}
        if (tool := _tool(body)) and not refused:
            said = {"content": None, "refusal": None, "tool_calls": [_call(tool["name"], text)]}
        choice = {"index": 0, "message": {"role": "assistant", **said}, "finish_reason": finish, "logprobs": None}
        return {**_head(body), "choices": [choice], "usage": self._usage(body, text)}

    def opening(self, body: Mapping[str, Any]) -> Iterable[bytes]:
        if tool := _tool(body):
            calls = [{"index": 0, **_call(tool["name"], "")}]
            yield _event(body, {"role": "assistant", "content": None, "tool_calls": calls})
        else:
            yield _event(body, {"role": "assistant", "content": ""})

    def offered(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        tools = body.get("tools", ()) if body.get("tool_choice") == "required" else ()
        return {tool["function"]["name"]: tool["function"]["parameters"] for tool in tools} if len(tools) > 1 else {}

    def calling(self, body: Mapping[str, Any], calls: Mapping[str, str]) -> dict[str, Any]:
        told = [_call(name, arguments, number) for number, (name, arguments) in enumerate(calls.items(), 1)]
        message = {"role": "assistant", "content": None, "refusal": None, "tool_calls": told}
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls", "logprobs": None}
        return {**_head(body), "choices": [choice], "usage": self._usage(body, "".join(calls.values()))}

    def calling_events(self, body: Mapping[str, Any], calls: Mapping[str, str]) -> Iterable[bytes]:
        yield _event(body, {"role": "assistant", "content": None})
        for at, (name, arguments) in enumerate(calls.items()):
            yield _event(body, {"tool_calls": [{"index": at, **_call(name, "", at + 1)}]})
            for start in range(0, len(arguments), self.chunk):
                piece = {"arguments": arguments[start : start + self.chunk]}
                yield _event(body, {"tool_calls": [{"index": at, "function": piece}]})
        yield from self.closing(body, "".join(calls.values()), "tool_calls")

    def piece(self, body: Mapping[str, Any], text: str) -> bytes:
        if _tool(body):
            return _event(body, {"tool_calls": [{"index": 0, "function": {"arguments": text}}]})
        return _event(body, {"content": text})

    def closing(self, body: Mapping[str, Any], text: str, finish: str) -> Iterable[bytes]:
        yield _event(body, {}, finish=finish)
        usage = self._usage(body, text)
        if body.get("stream_options", {}).get("include_usage"):
            yield event_bytes({**_head(body), "choices": [], "usage": usage})
        yield b"data: [DONE]\n\n"


def _tool(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the function that must be called, if one must."""
    choice, tools = body.get("tool_choice"), body.get("tools", ())
    if choice == "required":
        return dict(tools[0]["function"])
    named = choice["function"]["name"] if isinstance(choice, dict) else None
    return next((tool["function"] for tool in tools if tool["function"]["name"] == named), None)


def _call(name: str, arguments: str, number: int = 1) -> dict[str, Any]:
    return {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": arguments}}


def _refusal(
    status: int, message: str, *, code: str | None = None, param: str | None = None, headers: Mapping[str, str] = {}
) -> web.Response:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return web.json_response({"error": error}, status=status, headers=dict(headers))


def _head(body: Mapping[str, Any]) -> dict[str, Any]:
    kind = "chat.completion.chunk" if body.get("stream") else "chat.completion"
    return {"id": "chatcmpl-1", "object": kind, "created": int(time.time()), "model": body["model"]}


def _usage(body: Mapping[str, Any], text: str) -> dict[str, int]:
    prompt = tokens("".join(str(message.get("content")) for message in body["messages"]))
    return {"prompt_tokens": prompt, "completion_tokens": tokens(text), "total_tokens": prompt + tokens(text)}


def _event(body: Mapping[str, Any], delta: Mapping[str, Any], finish: str | None = None) -> bytes:
    return event_bytes({**_head(body), "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


if __name__ == "__main__":
    serve(Endpoint, "A strict chat completions endpoint on loopback.")
