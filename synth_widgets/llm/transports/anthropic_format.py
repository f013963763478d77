"""Anthropic's Messages API: what is sent, and how what comes back is read. Pure; no connection here.

The format: https://platform.claude.com/docs/en/api/messages and, for events, …/docs/en/build-with-claude/streaming.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from synth_widgets.errors import ModeRefusedError, RequestRefusedError
from synth_widgets.llm.completer import Mode
from synth_widgets.llm.structured.modes import TOOL
from synth_widgets.llm.transports.reading import NoAnswerError, Reading, StreamError, end_of
from synth_widgets.messages import Conversation, Message, ToolCall
from synth_widgets.records import Usage, token_count
from synth_widgets.schema.request_schema import RequestSchema
from synth_widgets.text.normal import written

VERSION = "2023-06-01"
"""The API's version. The next one, 2026-10-21, takes ``temperature`` of no model; in this one each model decides."""
PATH = "/v1/messages"

_STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_NAMES = {"stop": "stop_sequences", "max_completion_tokens": "max_tokens"}
"""Parameters that this API calls otherwise than litellm and OpenAI do."""
_SHOWN = 200
"""Characters of a call's arguments that an error shows."""
_NOBODY_YET = "…"
"""What a person says before a conversation that the model begins: this API's conversations begin with the person."""


def body(
    model: str, conversation: Conversation, params: Mapping[str, Any], *, stream: bool, wish: Mapping[str, Any]
) -> bytes:
    """Return the request's JSON as UTF-8.

    Args:
        model: the name the API knows.
        conversation: messages of the system may stand anywhere in it.
        params: parameters by the API's names, ``max_tokens`` among them.
        stream: whether the answer is to come in events.
        wish: what makes the answer JSON, as `json_wish` returns it.

    Raises:
        RequestRefusedError: a call of a tool in the conversation has arguments that the API cannot take.
    """
    system, turns = system_and_turns(conversation)
    told: dict[str, Any] = {"model": model, **({"system": system} if system else {}), "messages": turns, **params}
    told |= {**wish, **_both(params.get("output_config"), wish.get("output_config"))}
    if stream:
        told["stream"] = True
    return written(told).encode("utf-8", "replace")


def _both(given: Any, wished: Any) -> dict[str, Any]:
    """Return what a person asks of the output beside its format (``effort``), if both ask something."""
    return {"output_config": {**given, **wished}} if isinstance(given, Mapping) and wished else {}


def system_and_turns(conversation: Conversation) -> tuple[str, list[dict[str, Any]]]:
    r"""Return the system's words and the turns, which begin with the user, alternate, and are not blank.

    >>> system_and_turns(Conversation().system("Be kind.").user("Hello"))
    ('Be kind.', [{'role': 'user', 'content': 'Hello'}])
    >>> system_and_turns(Conversation().user("One.").user("Two."))
    ('', [{'role': 'user', 'content': 'One.\n\nTwo.'}])
    >>> system_and_turns(Conversation().tool(ToolCall("toolu_1", "weather"), "12 °C"))[1][0]["content"]
    [{'type': 'tool_result', 'tool_use_id': 'toolu_1', 'content': '12 °C'}]
    """
    system = conversation.system_text
    turns: list[dict[str, Any]] = []
    for message in conversation.turns:
        role, content = "user" if message.role == "tool" else message.role, _content(message)
        if not content:
            continue
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] = _joined(turns[-1]["content"], content)
        else:
            turns.append({"role": role, "content": content})
    if not turns:
        return "", [{"role": "user", "content": system}]
    if turns[0]["role"] == "assistant":
        turns.insert(0, {"role": "user", "content": _NOBODY_YET})
    return system, turns


def _content(message: Message) -> str | list[dict[str, Any]]:
    """Return a message's text, or its blocks where it calls tools or has a result of one; empty where it is blank."""
    text = message.text
    if message.role == "tool":
        return [{"type": "tool_result", "tool_use_id": message.tool_call_id, "content": text}]
    if not text.strip():
        text = ""
    return [*_blocks(text), *map(_tool_use, message.tool_calls)] if message.tool_calls else text


def _tool_use(call: ToolCall) -> dict[str, Any]:
    try:
        arguments = json.loads(call.arguments)
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        told = f"The arguments of the call of {call.name} must be a JSON object: {call.arguments[:_SHOWN]}"
        raise RequestRefusedError(told)
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": arguments}


def _joined(content: str | list[dict[str, Any]], more: str | list[dict[str, Any]]) -> str | list[dict[str, Any]]:
    """Return the contents of two messages of one role as one."""
    if isinstance(content, str) and isinstance(more, str):
        return f"{content}\n\n{more}"
    return [*_blocks(content), *_blocks(more)]


def _blocks(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    return content if isinstance(content, list) else [{"type": "text", "text": content}] if content else []


def own_names(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters by the names that the API knows.

    >>> own_names({"stop": "END", "temperature": 0.5, "reasoning_effort": "low"})
    {'stop_sequences': ['END'], 'temperature': 0.5, 'output_config': {'effort': 'low'}}
    """
    told = {_NAMES.get(name, name): value for name, value in params.items()}
    if isinstance(told.get("stop_sequences"), str):
        told["stop_sequences"] = [told["stop_sequences"]]
    if (effort := told.pop("reasoning_effort", None)) is not None:
        told.setdefault("output_config", {"effort": effort})
    return told


def json_wish(schema: Mapping[str, Any], mode: Mode) -> dict[str, Any]:
    """Return the fields of a request that make its answer JSON.

    Args:
        schema: the JSON Schema.
        mode: the structured output mode.

    Raises:
        ModeRefusedError: the API has no such mode.

    >>> json_wish({"type": "object", "properties": {}}, "tools")["tool_choice"]
    {'type': 'tool', 'name': 'answer', 'disable_parallel_tool_use': True}
    """
    if mode == "text":
        return {}
    if mode == "json_object":
        raise ModeRefusedError("Anthropic's API has no JSON mode.")
    request_schema = RequestSchema.of(schema)
    closed = request_schema.anthropic or request_schema.full
    if mode == "json_schema":
        return {"output_config": {"format": {"type": "json_schema", "schema": closed}}}
    tool = {"name": TOOL, "description": "Give the answer.", "input_schema": closed}
    return {"tools": [tool], "tool_choice": {"type": "tool", "name": TOOL, "disable_parallel_tool_use": True}}


class MessageReading(Reading):
    """A message of the API while it arrives."""

    @property
    def text(self) -> str:
        """As everywhere; but what came before a refusal is not to be used, so its words come first."""
        return "".join(self._refusal) or super().text

    def whole(self, data: Any) -> str:
        """Read a body that holds the whole answer; see `Reading.whole`."""
        self._check(data)
        blocks = data.get("content")
        blocks = [{"type": "text", "text": blocks}] if isinstance(blocks, str) else blocks
        if not isinstance(blocks, list):
            raise NoAnswerError("the answer has no content")
        self._count(data.get("usage"))
        text = "".join(map(self._block, range(len(blocks)), blocks))
        self._ended(data)
        return text

    def event(self, data: Any) -> str:
        """Read one event of a streamed answer; see `Reading.event`. Kinds that the API may add are passed over."""
        self._check(data)
        kind = data.get("type")
        if kind == "message_start" and isinstance(message := data.get("message"), dict):
            self._count(message.get("usage"))
        elif kind == "content_block_start":
            return self._begun(data.get("index"), data.get("content_block"))
        elif kind == "content_block_delta":
            return self._added(data.get("index"), data.get("delta"))
        elif kind == "message_delta":
            self._count(data.get("usage"))
            self._ended(data.get("delta"))
        elif kind == "message_stop":
            self.is_over = True
        return ""

    def _check(self, data: Any) -> None:
        if not isinstance(data, dict):
            raise NoAnswerError("the answer is not a JSON object")
        error = data.get("error")
        if data.get("type") == "error" or error:
            fields = error if isinstance(error, dict) else {"message": error}
            raise StreamError(str(fields.get("message") or fields), _STATUS.get(str(fields.get("type")), 500))
        if not isinstance(data.get("type"), str):
            raise NoAnswerError("the answer is no message of Anthropic's API")

    def _begun(self, at: object, block: Any) -> str:
        """Take a block that begins in an event; return its text. A tool's input is empty there, and comes in pieces."""
        if not isinstance(block, dict):
            return ""
        if block.get("type") == "tool_use" and isinstance(at, int | str):
            self._called(at, "", block.get("id"), block.get("name"))
        return self._added(at, block)

    def _block(self, at: int, block: Any) -> str:
        """Take a block that came whole; return its text, or the tool's input."""
        if not isinstance(block, dict) or block.get("type") != "tool_use":
            return self._begun(at, block)
        given = block.get("input")
        text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
        return self._called(at, text, block.get("id"), block.get("name"))

    def _added(self, at: object, part: Any) -> str:
        """Take what a block brings; return the text, or the part of the tool's input, that it adds."""
        if not isinstance(part, dict):
            return ""
        if isinstance(thought := part.get("thinking"), str):
            self._reasoning.append(thought)
        if isinstance(text := part.get("text"), str) and text:
            self._text.append(text)
            return text
        piece = part.get("partial_json")
        if isinstance(piece, str) and isinstance(at, int | str) and at in self._calls:
            return self._called(at, piece)
        return ""

    def _ended(self, part: Any) -> None:
        if not isinstance(part, dict) or not part.get("stop_reason"):
            return
        self.finish = end_of(part["stop_reason"])
        details = part.get("stop_details")
        if self.finish == "refusal" and isinstance(details, dict) and isinstance(details.get("explanation"), str):
            self._refusal.append(details["explanation"])

    def _count(self, usage: Any) -> None:
        """Count the tokens; those that a cache held or took were read too."""
        if not isinstance(usage, dict):
            return
        names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
        prompt = sum(token_count(usage.get(name)) for name in names)
        completion = token_count(usage.get("output_tokens"))
        self.usage = Usage(prompt or self.usage.prompt_tokens, completion or self.usage.completion_tokens)
