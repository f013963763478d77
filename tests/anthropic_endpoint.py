"""Anthropic's Messages API on loopback, as strict as its documentation, that can be told to fail.

In a test::

    with AnthropicEndpoint() as endpoint:
        model = sw.Model("anthropic/claude-haiku-5-5", api_base=endpoint.url, api_key=endpoint.key)

The kinds of faults stand in `tests.rules`. A schema comes as ``output_config.format``, or as the input of a tool that
must be used; the answer comes the same way. A model refuses by its ``stop_reason``; a content filter by an error.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aiohttp import web

from synth_widgets.llm.completer import Mode
from synth_widgets.records import Usage
from tests.loopback import Loopback, Question, event_bytes, serve, tokens
from tests.rules import Rule

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}
_TOP = frozenset(
    "model messages max_tokens system temperature top_p top_k stop_sequences stream metadata tools tool_choice "
    "thinking output_config service_tier".split()
)
_REFUSED_KEYWORDS = frozenset(
    "minLength maxLength pattern minimum maximum exclusiveMinimum exclusiveMaximum multipleOf maxItems oneOf not "
    "uniqueItems minProperties maxProperties patternProperties propertyNames if then else dependentRequired".split()
)
"""What the structured outputs of this API refuse in a schema."""
_FORMATS = frozenset("date-time time date duration email hostname uri ipv4 ipv6 uuid".split())
_MOST_OPTIONAL = 24
_MOST_UNIONS = 16


class AnthropicEndpoint(Loopback):
    """``POST /v1/messages``."""

    routes = ("/v1/messages",)
    named_events = True

    def refused(self, request: web.Request, body: Any) -> web.Response | None:
        bearer = request.headers.get("Authorization")
        if bearer is not None and bearer != f"Bearer {self.key}":
            return _refusal(401, "Invalid bearer token")
        if bearer is None and request.headers.get("x-api-key") != self.key:
            return _refusal(401, "invalid x-api-key")
        if request.headers.get("anthropic-version") != "2023-06-01":
            return _refusal(400, "anthropic-version: header is required")
        if (wrong := problem(body)) is not None:
            return _refusal(400, wrong)
        return _refusal(404, f"model: {body['model']}") if body["model"] in self.gone else None

    def question(self, request: web.Request, body: Mapping[str, Any]) -> Question:
        texts = [_text(message["content"]) for message in body["messages"]]
        told = "\n".join([_text(body.get("system", "")), *texts])
        mode: Mode = "tools" if _tool(body) else "json_schema" if _schema(body) else "text"
        return Question(told, texts[-1], _schema(body), bool(body.get("stream")), mode, bool(body.get("system")))

    def refusal(self, rule: Rule) -> web.Response:
        return _refusal(rule.status, rule.message, rule.headers)

    def not_taken(self, mode: Mode) -> web.Response:
        if mode == "tools":
            return _refusal(400, "tool_choice forces tool use is not compatible with this model")
        return _refusal(400, "output_config.format: 'json_schema' is not supported by this model")

    def withheld(self) -> web.Response:
        return _refusal(400, "Output blocked by content filtering policy")

    def failed(self) -> dict[str, Any]:
        return _error("overloaded_error", "Overloaded")

    def whole(self, body: Mapping[str, Any], text: str, finish: str, *, refused: bool) -> dict[str, Any]:
        blocks: list[dict[str, Any]] = [{"type": "text", "text": text}]
        if tool := _tool(body):
            blocks = [{"type": "tool_use", "id": "toolu_1", "name": tool["name"], "input": _parsed(text)}]
        if refused:
            blocks = []
        return {
            **_head(body),
            "content": blocks,
            **_stop(body, finish, refused=refused),
            "usage": self._usage(body, text),
        }

    def _usage(self, body: Mapping[str, Any], text: str) -> dict[str, int]:
        told = {**_read(body), "output_tokens": tokens(text)}
        self.billed += Usage(_asked(body), told["output_tokens"])
        return told

    def opening(self, body: Mapping[str, Any]) -> Iterable[bytes]:
        usage = {**_read(body), "output_tokens": 1}
        message = {**_head(body), "content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
        yield _event("message_start", message=message)
        tool = _tool(body)
        block = {"type": "text", "text": ""}
        if tool:
            block = {"type": "tool_use", "id": "toolu_1", "name": tool["name"], "input": {}}
        yield _event("content_block_start", index=0, content_block=block)
        yield _event("ping")

    def offered(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        tools = body.get("tools", ()) if body.get("tool_choice", {}).get("type") == "any" else ()
        return {tool["name"]: tool["input_schema"] for tool in tools}

    def calling(self, body: Mapping[str, Any], calls: Mapping[str, str]) -> dict[str, Any]:
        blocks = [
            {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": _parsed(arguments)}
            for number, (name, arguments) in enumerate(calls.items(), 1)
        ]
        usage = self._usage(body, "".join(calls.values()))
        return {**_head(body), "content": blocks, **_stop(body, "tool_use"), "usage": usage}

    def calling_events(self, body: Mapping[str, Any], calls: Mapping[str, str]) -> Iterable[bytes]:
        usage = {**_read(body), "output_tokens": 1}
        message = {**_head(body), "content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
        yield _event("message_start", message=message)
        for at, (name, arguments) in enumerate(calls.items()):
            block = {"type": "tool_use", "id": f"toolu_{at + 1}", "name": name, "input": {}}
            yield _event("content_block_start", index=at, content_block=block)
            for start in range(0, len(arguments) if arguments != "{}" else 0, self.chunk):
                delta = {"type": "input_json_delta", "partial_json": arguments[start : start + self.chunk]}
                yield _event("content_block_delta", index=at, delta=delta)
            yield _event("content_block_stop", index=at)
        usage = {"output_tokens": self._usage(body, "".join(calls.values()))["output_tokens"]}
        yield _event("message_delta", delta=_stop(body, "tool_use"), usage=usage)
        yield _event("message_stop")

    def piece(self, body: Mapping[str, Any], text: str) -> bytes:
        delta = {"type": "text_delta", "text": text}
        if _tool(body):
            delta = {"type": "input_json_delta", "partial_json": text}
        return _event("content_block_delta", index=0, delta=delta)

    def closing(self, body: Mapping[str, Any], text: str, finish: str) -> Iterable[bytes]:
        yield _event("content_block_stop", index=0)
        usage = {"output_tokens": self._usage(body, text)["output_tokens"]}
        yield _event("message_delta", delta=_stop(body, finish), usage=usage)
        yield _event("message_stop")


def problem(body: Any) -> str | None:
    """Say what the API refuses in a request's body."""
    if not isinstance(body, dict):
        return "The request body is not valid JSON."
    if unknown := sorted(body.keys() - _TOP):
        return f"{unknown[0]}: Extra inputs are not permitted"
    if not isinstance(body.get("model"), str) or not body["model"]:
        return "model: Field required"
    limit = body.get("max_tokens")
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        return "max_tokens: Field required"
    if not 0 <= body.get("temperature", 0) <= 1:
        return "temperature: range: 0..1"
    return _messages_problem(body.get("messages")) or _schema_problem(body) or _missing_tools(body)


def _missing_tools(body: Mapping[str, Any]) -> str | None:
    blocks = [block for message in body["messages"] for block in _blocks(message["content"])]
    if "tools" not in body and any(block["type"] in {"tool_use", "tool_result"} for block in blocks):
        return "Requests which have `tool_use` or `tool_result` blocks in messages must define tools"
    return None


def _messages_problem(messages: Any) -> str | None:
    if not isinstance(messages, list) or not messages:
        return "messages: at least one message is required"
    for at, message in enumerate(messages):
        if not isinstance(message, dict) or message.keys() - {"role", "content"}:
            return f"messages.{at}: Extra inputs are not permitted"
        if message.get("role") not in {"user", "assistant"}:
            return f'messages.{at}: Unexpected role "{message.get("role")}". Use the top-level `system` parameter.'
        if message["role"] != ("user", "assistant")[at % 2]:
            return "messages: roles must alternate between 'user' and 'assistant', and the first must be 'user'"
        if wrong := _blocks_problem(message, messages[at + 1] if at + 1 < len(messages) else {}):
            return f"messages.{at}: {wrong}"
    return None


def _blocks_problem(message: Mapping[str, Any], following: Mapping[str, Any]) -> str | None:
    """Say what is wrong with a message's content: its texts, its calls of tools, and the results behind them."""
    blocks = _blocks(message.get("content"))
    if not blocks or any(not str(block["text"]).strip() for block in blocks if block.get("type") == "text"):
        return "text content blocks must be non-empty"
    for block in blocks:
        keys = _BLOCKS.get((message["role"], str(block.get("type"))))
        if keys is None or block.keys() != keys:
            return f"content: Input tag '{block.get('type')}' does not match any of the expected tags"
    if not all(isinstance(block["input"], dict) for block in blocks if block["type"] == "tool_use"):
        return "content.tool_use.input: Input should be a valid dictionary"
    called = [block["id"] for block in blocks if block["type"] == "tool_use"]
    results = _results(following)
    if called != results[: len(called)]:
        return f"`tool_use` ids were found without `tool_result` blocks immediately after: {', '.join(called)}"
    if not set(results) <= set(called):
        return "unexpected `tool_use_id` found in `tool_result` blocks"
    return None


_BLOCKS = {
    ("user", "text"): {"type", "text"},
    ("assistant", "text"): {"type", "text"},
    ("assistant", "tool_use"): {"type", "id", "name", "input"},
    ("user", "tool_result"): {"type", "tool_use_id", "content"},
}


def _blocks(content: Any) -> list[Mapping[str, Any]]:
    return content if isinstance(content, list) else [{"type": "text", "text": content or ""}]


def _results(message: Mapping[str, Any]) -> list[str]:
    """Return the ids of the calls whose results a message has; they stand before its texts."""
    leading = itertools.takewhile(lambda block: block.get("type") == "tool_result", _blocks(message.get("content")))
    return [str(block.get("tool_use_id")) for block in leading]


def _schema_problem(body: Mapping[str, Any]) -> str | None:
    output = body.get("output_config", {})
    if unknown := sorted(output.keys() - {"format", "effort"}):
        return f"output_config.{unknown[0]}: Extra inputs are not permitted"
    wanted = output.get("format")
    if wanted is not None and (wanted.keys() != {"type", "schema"} or wanted["type"] != "json_schema"):
        return "output_config.format: must be {'type': 'json_schema', 'schema': …}"
    if wanted is not None and (wrong := _grammar_problem(wanted["schema"])):
        return f"output_config.format.schema: {wrong}"
    return _tools_problem(body)


def _grammar_problem(schema: Mapping[str, Any]) -> str | None:
    nodes = list(_nodes(schema))
    optional = sum(
        len(node["properties"].keys() - {*node.get("required", ())}) for node in nodes if "properties" in node
    )
    unions = sum("anyOf" in node or isinstance(node.get("type"), list) for node in nodes)
    if optional > _MOST_OPTIONAL:
        return f"Schemas contains too many optional parameters ({optional}), which would make grammar compilation slow"
    if unions > _MOST_UNIONS:
        return f"Schemas contains too many parameters with union types ({unions} parameters with type arrays or anyOf)"
    return _loose(schema) or _lost(schema) or _endless(schema)


def _nodes(schema: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        parts = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values(), *schema.get("anyOf", ())]
        for part in (*parts, schema.get("items")):
            yield from _nodes(part)


def _endless(schema: Mapping[str, Any]) -> str | None:
    """Say which definition contains itself: the API's grammars have an end."""
    defs = schema.get("$defs", {})
    uses = {name: set(re.findall(r'"#/\$defs/([^"]*)"', json.dumps(part))) for name, part in defs.items()}
    for name in defs:
        seen: set[str] = set()
        queue = list(uses[name])
        while queue:
            used = queue.pop()
            if used not in seen:
                seen.add(used)
                queue += uses.get(used, ())
        if name in seen:
            return f"Circular reference detected in schema definitions: {name}"
    return '"$ref": "#" is circular' if '"$ref": "#"' in json.dumps(schema) else None


def _tools_problem(body: Mapping[str, Any]) -> str | None:
    tools, choice = body.get("tools", []), body.get("tool_choice")
    wrong = next((wrong for at, tool in enumerate(tools) if (wrong := _tool_problem(tool, f"tools.{at}.custom"))), None)
    if wrong is not None or choice is None:
        return wrong
    if not tools or choice.get("type") not in {"auto", "any", "tool", "none"}:
        return "tool_choice: may only be specified while providing tools"
    if choice["type"] == "tool" and choice.get("name") not in [tool["name"] for tool in tools]:
        return f"tool_choice: Tool '{choice.get('name')}' not found in provided tools"
    return None


def _tool_problem(tool: Mapping[str, Any], where: str) -> str | None:
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", str(tool.get("name", ""))):
        return f"{where}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
    if unknown := sorted(tool.keys() - {"name", "description", "input_schema", "type", "strict", "cache_control"}):
        return f"{where}.{unknown[0]}: Extra inputs are not permitted"
    return _input_schema_problem(tool.get("input_schema"), where)


def _input_schema_problem(schema: Any, where: str) -> str | None:
    if not isinstance(schema, dict) or schema.get("type") != "object":
        return f"{where}.input_schema.type: Field required"
    if _lost(schema):
        return f"{where}.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12"
    if {"oneOf", "allOf", "anyOf"} & schema.keys():
        return f"{where}.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level"
    if not all(re.fullmatch(r"[a-zA-Z0-9_.-]{1,64}", name) for name in schema.get("properties", ())):
        return f"{where}.input_schema.properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{{1,64}}$'"
    return None


def _loose(schema: Any) -> str | None:
    """Say what structured outputs refuse in a schema: open objects and keywords that only narrow."""
    if isinstance(schema, list):
        return next((wrong for sub in schema if (wrong := _loose(sub))), None)
    if not isinstance(schema, dict):
        return None
    if wrong := _value_problem(schema):
        return wrong
    inner = [*schema.get("properties", {}).values(), schema.get("items"), *schema.get("anyOf", ())]
    return _loose([*inner, *schema.get("$defs", {}).values()])


def _value_problem(schema: Mapping[str, Any]) -> str | None:
    if unknown := sorted(schema.keys() & _REFUSED_KEYWORDS):
        return f"For '{schema.get('type')}' type, property '{unknown[0]}' is not supported"
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        return "For 'object' type, 'additionalProperties' must be explicitly set to false"
    if schema.get("minItems", 0) > 1:
        return "For 'array' type, 'minItems' values other than 0 or 1 are not supported"
    if schema.get("format", "date") not in _FORMATS:
        return f"For 'string' type, format '{schema['format']}' is not supported"
    if any(isinstance(value, dict | list) for value in schema.get("enum", ())):
        return "enum values must be strings, numbers, booleans or null"
    return None


def _lost(schema: Mapping[str, Any]) -> str | None:
    """Say which reference points nowhere."""
    known = {f"#/$defs/{name}" for name in schema.get("$defs", {})}
    found = re.findall(r'"\$ref": "([^"]*)"', json.dumps(schema))
    return next((f"Reference '{ref}' was not found" for ref in found if ref not in known), None)


def _tool(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the tool that must be used, if one must."""
    choice = body.get("tool_choice", {})
    if choice.get("type") != "tool":
        return None
    return next((tool for tool in body.get("tools", ()) if tool.get("name") == choice.get("name")), None)


def _schema(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    wanted = body.get("output_config", {}).get("format")
    tool = _tool(body)
    return wanted["schema"] if wanted else tool["input_schema"] if tool else None


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(str(block.get("text", "")) for block in content if isinstance(block, dict))
    return str(content or "")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return {}


def _asked(body: Mapping[str, Any]) -> int:
    return tokens(_text(body.get("system", "")) + "".join(_text(message["content"]) for message in body["messages"]))


def _read(body: Mapping[str, Any]) -> dict[str, int]:
    """Return the tokens that were read, as the API tells them: of these, some came from a cache or went into it."""
    asked = _asked(body)
    cached = asked // 2
    return {"input_tokens": asked - cached, "cache_read_input_tokens": cached, "cache_creation_input_tokens": 0}


def _head(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"]}


def _stop(body: Mapping[str, Any], finish: str, *, refused: bool = False) -> dict[str, Any]:
    ended = "tool_use" if _tool(body) else "end_turn"
    if refused:
        details = {"type": "refusal", "category": None, "explanation": "I cannot help with that."}
        return {"stop_reason": "refusal", "stop_sequence": None, "stop_details": details}
    return {"stop_reason": {"stop": ended, "length": "max_tokens"}.get(finish, finish), "stop_sequence": None}


def _event(kind: str, **fields: Any) -> bytes:
    return event_bytes({"type": kind, **fields}, kind)


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}


def _refusal(status: int, message: str, headers: Mapping[str, str] = {}) -> web.Response:
    return web.json_response(_error(TYPES.get(status, "api_error"), message), status=status, headers=dict(headers))


if __name__ == "__main__":
    serve(AnthropicEndpoint, "Anthropic's Messages API on loopback.")
