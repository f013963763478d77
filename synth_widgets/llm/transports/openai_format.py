"""The chat completions format: what is sent, and how what comes back is read. Pure; no connection here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from synth_widgets.llm.completer import Mode, Request
from synth_widgets.llm.structured.modes import TOOL
from synth_widgets.llm.transports.reading import NoAnswerError, Reading, StreamError, end_of
from synth_widgets.records import Usage, token_count
from synth_widgets.schema.request_schema import RequestSchema
from synth_widgets.text.normal import written

_THOUGHTS = ("reasoning_content", "reasoning", "thinking", "thoughts", "reasoning_details")
"""Fields of a message that hold the model's thoughts, the same ones if there are several."""
_THINKING = frozenset({"thinking", "reasoning", "redacted_thinking", "thought"})
"""Kinds of parts that do."""
_PARTS = _THINKING | {"text", "output_text", "refusal", "image", "image_url", "audio", "file", "reference"}
_OF_A_PART = frozenset({"type", "text", "thinking", "index", "annotations"})
_ARGUMENTS = ("arguments", "parameters", "input")


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
    told: dict[str, Any] = {"model": model, "messages": list(map(dict, request.messages)), **params, **(wish or {})}
    if stream:
        told["stream"] = True
    return written(told).encode("utf-8", "replace")


def json_wish(schema: Mapping[str, Any], mode: Mode, *, strict: bool, strict_tool: bool = False) -> dict[str, Any]:
    """Return the fields of a request that make its answer JSON.

    Args:
        schema: the JSON Schema.
        mode: the structured output mode.
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
    request_schema = RequestSchema.of(schema)
    fits = strict and request_schema.strict is not None
    parameters = request_schema.strict if fits else request_schema.full
    if mode == "json_schema":
        told = {"name": TOOL, "strict": fits or not strict, "schema": parameters}
        return {"response_format": {"type": "json_schema", "json_schema": told}}
    function: dict[str, Any] = {
        "name": TOOL,
        "description": "Give the answer.",
        "parameters": parameters,
    }
    if fits and strict_tool:
        function["strict"] = True
    named = {"type": "function", "function": {"name": TOOL}}
    return {"tools": [{"type": "function", "function": function}], "tool_choice": named}


class ChatReading(Reading):
    """A chat completion while it arrives."""

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
            raise StreamError(error_message(data), _error_status(data["error"]), failed_generation(data["error"]))
        self._count(data.get("usage"))
        choices = data.get("choices")
        if not choices and not whole:
            return ""  # the event that brings the usage
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            raise NoAnswerError("the answer has no choices")
        choice = choices[0]
        if choice.get("error"):
            raise StreamError(error_message(choice), _error_status(choice["error"]))
        if why := choice.get("finish_reason"):
            self.finish = end_of(why)
        part = choice.get(key) or choice.get("message") or choice.get("delta")
        if isinstance(part, str) or (part is None and isinstance(choice.get("text"), str)):
            part = {"content": choice["text"] if part is None else part}
        if not isinstance(part, dict):
            if whole:
                raise NoAnswerError("the answer has no message")
            return ""
        return self._message(part)

    def _message(self, part: Mapping[str, Any]) -> str:
        text = self._content(part.get("content"))
        for name in _THOUGHTS:
            if part.get(name) and (thought := _flat(part[name])):
                self._reasoning.append(thought)
                break
        if isinstance(part.get("refusal"), str) and part["refusal"]:
            self._refusal.append(part["refusal"])
        calls = part.get("tool_calls") or ([{"function": old}] if (old := part.get("function_call")) else ())
        if not text.strip() and not calls and isinstance(part.get("parsed"), dict):
            text = json.dumps(part["parsed"], ensure_ascii=False)
        if text:
            self._text.append(text)
        return text + self._tool_calls(calls)

    def _content(self, content: Any) -> str:
        """Return the text of a message's content, which may come in parts, or as the JSON that it should spell."""
        if content is None or isinstance(content, str):
            return content or ""
        parts = content if isinstance(content, list) else [content]
        if not any(isinstance(part, str) or (isinstance(part, dict) and _is_part(part)) for part in parts):
            return json.dumps(content, ensure_ascii=False) if content else ""
        text = ""
        for part in parts:
            if isinstance(part, str):
                text += part
            elif not isinstance(part, dict):
                continue
            elif part.get("type") in _THINKING or "thinking" in part:
                self._reasoning.append(_flat(part))
            elif isinstance(part.get("text"), str):
                text += part["text"]
        return text

    def _tool_calls(self, calls: Any) -> str:
        """Return what a part adds to the answer: the first call's arguments, whatever the tool's name, or nothing."""
        added = ""
        for call in calls if isinstance(calls, list) else ():
            if not isinstance(call, dict):
                continue
            function = call["function"] if isinstance(call.get("function"), dict) else call
            given = next((function[name] for name in _ARGUMENTS if function.get(name) is not None), None)
            text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
            which = next((call[name] for name in ("index", "id") if isinstance(call.get(name), int | str)), None)
            id, name = call.get("id"), function.get("name")
            if self.offers_tools and (name or given is not None):
                added += self._called(self._which(which, id, name), text if given is not None else "", id, name)
            elif given is not None:
                added += self._called(next(iter(self._calls), None) if which is None else which, text)
        return added

    def _which(self, which: object, id: object, name: object) -> object:
        """Return the key of the call that a part belongs to.

        A name begins another call where nothing numbers the parts, and where its id is not that of the call with the
        same number: some servers number all calls alike.
        """
        if which is None:
            return object() if name else next(reversed(self._calls), None)
        call = self._calls.get(which)
        is_other = call is not None and name and isinstance(id, str) and id not in {"", call.id} and call.id
        return id if is_other else which

    def _count(self, usage: Any) -> None:
        if isinstance(usage, dict):
            self.usage = Usage(token_count(usage.get("prompt_tokens")), token_count(usage.get("completion_tokens")))


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


_MODELS_OWN = {"json_validate_failed", "tool_use_failed", "output_parse_failed"}
"""How Groq says that the model's answer is not what was asked for: an answer that is no good, not a refusal."""


def failed_generation(error: Any) -> str | None:
    """Return the model's answer that an ``error`` hands back, empty where it only speaks of one; else ``None``.

    >>> failed_generation({"code": "json_validate_failed", "failed_generation": '{"a": 1}'})
    '{"a": 1}'
    """
    if not isinstance(error, Mapping):
        return None
    given = error.get("failed_generation")
    if isinstance(given, dict | list):
        return json.dumps(given, ensure_ascii=False)
    if isinstance(given, str) and given.strip():
        return given
    return "" if str(error.get("code")) in _MODELS_OWN else None


def _error_status(error: Any) -> int:
    """Return the status that an error names under any of its usual names, or 500."""
    names = ("code", "status", "status_code") if isinstance(error, dict) else ()
    found = (int(str(error[name])) for name in names if re.fullmatch(r"[0-9]{3}", str(error.get(name))))
    return next((status for status in found if 400 <= status < 600), 500)


def _is_part(part: Mapping[str, Any]) -> bool:
    """Whether an object is a part of a message's content, not the answer itself."""
    kind = part.get("type")
    is_known = isinstance(kind, str) and kind in _PARTS
    return is_known or (part.keys() <= _OF_A_PART and bool(part.keys() & {"text", "thinking"}))


def _flat(thoughts: Any) -> str:
    """Return thoughts as text, in whichever shape they come."""
    if isinstance(thoughts, list):
        return "".join(map(_flat, thoughts))
    if isinstance(thoughts, Mapping):
        names = ("thinking", "text", "summary", "content", "reasoning")
        return next(filter(None, (_flat(thoughts[name]) for name in names if thoughts.get(name))), "")
    return thoughts if isinstance(thoughts, str) else ""
