"""The chat completions format: what is sent, and how what comes back is read. Pure; no connection here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from synth_widgets.llm.completer import Finish, Mode, Request
from synth_widgets.llm.forms import form_of
from synth_widgets.llm.reading import NoAnswerError, Reading, StreamError, tokens
from synth_widgets.records import Usage

_FINISH: Mapping[str, Finish] = {
    "stop": "stop",
    "eos": "stop",
    "tool_calls": "stop",
    "function_call": "stop",
    "end_turn": "stop",
    "length": "length",
    "max_tokens": "length",
    "content_filter": "filter",
    "safety": "filter",
    "recitation": "filter",
    "blocklist": "filter",
    "prohibited_content": "filter",
    "spii": "filter",
    "refusal": "refusal",
}


def body(
    model: str, request: Request, params: Mapping[str, Any], *, stream: bool, wish: Mapping[str, Any] | None = None
) -> bytes:
    """Return the request's JSON as UTF-8.

    Args:
        model: the name the endpoint knows.
        request: the question.
        params: sampling parameters, by the names the endpoint knows.
        stream: whether the answer is to come in events.
        wish: what makes the answer JSON, as `json_wish` returns it.
    """
    told: dict[str, Any] = {"model": model, "messages": [dict(message) for message in request.messages], **params}
    told |= wish or {}
    if stream:
        told["stream"] = True
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


TOOL = "answer"
"""The name of the tool whose arguments are the answer, and of the schema."""


def json_wish(schema: Mapping[str, Any], mode: Mode, *, strict: bool, strict_tool: bool = False) -> dict[str, Any]:
    """Return the fields of a request that make its answer JSON.

    Args:
        schema: the JSON Schema.
        mode: the way to ask for it.
        strict: whether the endpoint refuses ``strict: true`` for schemas outside OpenAI's strict subset; else
            the schema goes out unchanged, because its grammar knows more of JSON Schema.
        strict_tool: whether a tool may say ``strict: true``.

    >>> json_wish({"type": "object"}, "json_schema", strict=True)["response_format"]["json_schema"]["strict"]
    False
    >>> json_wish({"type": "object"}, "tools", strict=True)["tool_choice"]
    {'type': 'function', 'function': {'name': 'answer'}}
    """
    if mode == "text":
        return {}
    if mode == "json_object":
        return {"response_format": {"type": "json_object"}}
    form = form_of(schema)
    fits = strict and form.strict is not None
    if mode == "json_schema":
        told = {"name": TOOL, "strict": fits or not strict, "schema": form.strict if fits else form.loose}
        return {"response_format": {"type": "json_schema", "json_schema": told}}
    function: dict[str, Any] = {
        "name": TOOL,
        "description": "Give the answer.",
        "parameters": form.strict if fits else form.loose,
    }
    if fits and strict_tool:
        function["strict"] = True
    named = {"type": "function", "function": {"name": TOOL}}
    return {"tools": [{"type": "function", "function": function}], "tool_choice": named}


class ChatReading(Reading):
    """A chat completion while it arrives."""

    def __init__(self) -> None:
        super().__init__()
        self._call: object = None
        """Which call of a tool is read: the first; a second one would be another answer."""

    def whole(self, data: Any) -> str:
        """Read a body that holds the whole answer; see `Reading.whole`."""
        return self._part(data, "message", whole=True)

    def event(self, data: Any) -> str:
        """Read one event of a streamed answer; see `Reading.event`."""
        return self._part(data, "delta", whole=False)

    def raw_event(self, data: str) -> str:
        """Read the data of one event, or ``[DONE]``, which ends a stream."""
        if data.strip() == "[DONE]":
            self.is_over = True
            return ""
        return super().raw_event(data)

    def _part(self, data: Any, key: str, *, whole: bool) -> str:
        if not isinstance(data, dict):
            raise NoAnswerError("the answer is not a JSON object")
        if data.get("error"):
            raise StreamError(error_message(data), _error_status(data["error"]))
        self._count(data.get("usage"))
        choices = data.get("choices")
        if not choices and not whole:
            return ""  # the event that brings the usage
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            raise NoAnswerError("the answer has no choices")
        choice = choices[0]
        if (why := choice.get("finish_reason")) is not None:
            self.finish = _FINISH.get(str(why).lower().partition(":")[0], "other")
        part = choice.get(key) or choice.get("message") or choice.get("delta")
        if not isinstance(part, dict):
            if whole:
                raise NoAnswerError("the answer has no message")
            return ""
        return self._message(part)

    def _message(self, part: Mapping[str, Any]) -> str:
        content = part.get("content")
        text = ""
        if isinstance(content, str):
            text = content
        elif isinstance(content, list):  # parts, as some endpoints of reasoning models send
            blocks = [block for block in content if isinstance(block, dict)]
            text = "".join(b["text"] for b in blocks if isinstance(b.get("text"), str))
            self._reasoning += [_flat(b["thinking"]) for b in blocks if "thinking" in b]
        for name in ("reasoning_content", "reasoning"):
            if isinstance(part.get(name), str) and part[name]:
                self._reasoning.append(part[name])
                break
        if isinstance(part.get("refusal"), str) and part["refusal"]:
            self._refusal.append(part["refusal"])
        if text:
            self._text.append(text)
        return text + self._tool_call(part.get("tool_calls"))

    def _tool_call(self, calls: Any) -> str:
        """Return what a part adds to the arguments of the first tool call, whatever its name: one was offered."""
        added = ""
        for call in calls if isinstance(calls, list) else ():
            function = call.get("function") if isinstance(call, dict) else None
            if not isinstance(function, dict):
                continue
            which = call.get("index") if call.get("index") is not None else call.get("id")
            if self._call is None:
                self._call = (which,)
            if which is None or self._call == (which,):
                given = function.get("arguments")
                added += given if isinstance(given, str) else "" if given is None else json.dumps(given)
        if added:
            self._arguments.append(added)
        return added

    def _count(self, usage: Any) -> None:
        if isinstance(usage, dict):
            self.usage = Usage(tokens(usage.get("prompt_tokens")), tokens(usage.get("completion_tokens")))


def error_fields(text: str) -> dict[str, Any]:
    """Return the ``error`` object of an endpoint's error body, with at least ``message``; empty for other bodies.

    >>> error_fields('{"error": {"message": "no", "code": "x"}}')
    {'message': 'no', 'code': 'x'}
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if isinstance(data, list) and data:
        data = data[0]
    if not isinstance(data, dict):
        return {}
    error = data.get("error", data)
    if isinstance(error, str):
        return {"message": error}
    if not isinstance(error, dict):
        return {}
    message = error.get("message") or data.get("message") or data.get("detail") or ""
    return {**error, "message": message if isinstance(message, str) else json.dumps(message)}


def error_message(data: Mapping[str, Any]) -> str:
    """Return the words of a body that holds an ``error``."""
    error = data["error"]
    return str(error.get("message") or error) if isinstance(error, dict) else str(error)


def _error_status(error: Any) -> int:
    code = error.get("code") or error.get("status") if isinstance(error, dict) else None
    try:
        status = int(str(code))
    except ValueError:
        return 500
    return status if 400 <= status < 600 else 500


def _flat(thinking: Any) -> str:
    if isinstance(thinking, list):
        return "".join(str(block.get("text", "")) for block in thinking if isinstance(block, dict))
    return str(thinking)
