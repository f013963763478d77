"""What the real chat completions API refuses, as far as this package could ever send it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_TOP = frozenset(
    "model messages temperature top_p n stream stream_options stop max_tokens max_completion_tokens presence_penalty "
    "frequency_penalty logit_bias logprobs top_logprobs response_format seed tools tool_choice parallel_tool_calls "
    "user metadata store reasoning_effort verbosity service_tier modalities prediction prompt_cache_key "
    "safety_identifier".split()
)
_ROLES = {"system", "developer", "user", "assistant", "tool"}
_MESSAGE = {"role", "content", "name", "refusal", "tool_calls", "tool_call_id"}
_RANGES = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "presence_penalty": (-2, 2),
    "frequency_penalty": (-2, 2),
    "n": (1, 128),
    "max_tokens": (1, 10**6),
    "max_completion_tokens": (1, 10**6),
}
_STRICT = frozenset(
    "type properties required additionalProperties items enum const description title anyOf $ref $defs "
    "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minItems maxItems pattern format".split()
)
_FORMATS = set("date-time time date duration email hostname ipv4 ipv6 uuid".split())


@dataclass(frozen=True)
class Problem:
    """What a 400 says."""

    message: str
    param: str | None = None
    code: str | None = None


def problem(body: Any) -> Problem | None:
    """Return what is wrong with a request's body, or ``None``."""
    if not isinstance(body, dict):
        return Problem("The body must be a JSON object.")
    if unknown := sorted(body.keys() - _TOP):
        return Problem(f"Unrecognized request argument supplied: {unknown[0]}", code="unknown_parameter")
    if not isinstance(body.get("model"), str) or not body["model"]:
        return Problem("you must provide a model parameter")
    if "stream_options" in body and not body.get("stream"):
        return Problem("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")
    for name, (low, high) in _RANGES.items():
        value = body.get(name, low)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            return Problem(f"Invalid '{name}': {value!r} is not between {low} and {high}.", name)
    wanted = body.get("response_format", {"type": "text"})
    return _messages(body.get("messages")) or _format(wanted, body["messages"]) or _tools(body)


def _messages(messages: Any) -> Problem | None:
    if not isinstance(messages, list) or not messages:
        return Problem("Invalid 'messages': empty array. Expected an array with minimum length 1.", "messages")
    for at, message in enumerate(messages):
        where = f"messages[{at}]"
        if not isinstance(message, dict) or message.get("role") not in _ROLES:
            return Problem(f"Invalid value for '{where}.role'.", f"{where}.role", "invalid_value")
        if unknown := sorted(message.keys() - _MESSAGE):
            return Problem(f"Unknown parameter: '{where}.{unknown[0]}'.", f"{where}.{unknown[0]}", "unknown_parameter")
        content = message.get("content")
        calls_tools = message["role"] == "assistant" and message.get("tool_calls")
        if not isinstance(content, str | list) and not (content is None and calls_tools):
            return Problem(f"Invalid value for '{where}.content': expected a string.", f"{where}.content")
        if isinstance(content, list) and not all(isinstance(part, dict) and part.get("type") for part in content):
            return Problem(f"Missing required parameter: '{where}.content[0].type'.", f"{where}.content")
    return _calls(messages)


def _calls(messages: list[dict[str, Any]]) -> Problem | None:
    """Say which call of a tool has no result behind it, or which result no call before it."""
    open_calls: list[str] = []
    for at, message in enumerate(messages):
        where = f"messages[{at}]"
        if message["role"] == "tool":
            if message.get("tool_call_id") not in open_calls:
                told = "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
                return Problem(f"Invalid parameter: {told}", f"{where}.role")
            open_calls.remove(message["tool_call_id"])
            continue
        if open_calls:
            told = "An assistant message with 'tool_calls' must be followed by tool messages responding to each"
            return Problem(f"{told} 'tool_call_id': {', '.join(open_calls)}", f"{where}.role")
        for call in message.get("tool_calls", ()):
            function = call.get("function", {})
            is_one = call.keys() == {"id", "type", "function"} and function.keys() == {"name", "arguments"}
            if not is_one or not isinstance(function["arguments"], str):
                return Problem(f"Invalid value for '{where}.tool_calls'.", f"{where}.tool_calls", "invalid_value")
            open_calls.append(call["id"])
    return Problem(f"No tool output found for {open_calls[0]}.", "messages") if open_calls else None


def _format(wanted: Any, messages: Any) -> Problem | None:
    at = "response_format"
    if not isinstance(wanted, dict) or wanted.get("type") not in {"text", "json_object", "json_schema"}:
        return Problem(f"Invalid value for '{at}.type'.", at)
    if wanted["type"] == "json_object" and not any("json" in str(m.get("content")).lower() for m in messages):
        says = "must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
        return Problem(f"'messages' {says}", "messages")
    if wanted["type"] != "json_schema":
        return None
    wrong = _json_schema(wanted.get("json_schema"))
    return Problem(wrong, at) if wrong else None


def _json_schema(told: Any) -> str | None:
    at = "response_format.json_schema"
    if not isinstance(told, dict):
        return f"Missing required parameter: '{at}'."
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", str(told.get("name", ""))):
        return f"Invalid '{at}.name'."
    if unknown := sorted(told.keys() - {"name", "description", "schema", "strict"}):
        return f"Unknown parameter: '{at}.{unknown[0]}'."
    schema = told.get("schema")
    if not isinstance(schema, dict):
        return f"Missing required parameter: '{at}.schema'."
    wrong = _top(schema, strict=bool(told.get("strict")))
    return f"Invalid schema for response_format '{told['name']}': {wrong}" if wrong else None


def _tools(body: Mapping[str, Any]) -> Problem | None:
    """Say what is wrong with the tools and the choice among them."""
    tools = body.get("tools")
    if tools is None:
        given = next((name for name in ("tool_choice", "parallel_tool_calls") if name in body), None)
        only = f"Invalid value for '{given}': '{given}' is only allowed when 'tools' are specified."
        return Problem(only, given) if given else None
    if not isinstance(tools, list) or not 1 <= len(tools) <= 128:
        return Problem("Invalid 'tools': empty array. Expected an array with minimum length 1.", "tools", "empty_array")
    wrong = next((wrong for at, tool in enumerate(tools) if (wrong := _tool(tool, f"tools[{at}]"))), None)
    return wrong or _choice(body.get("tool_choice", "auto"), [tool["function"]["name"] for tool in tools])


def _choice(choice: Any, names: list[str]) -> Problem | None:
    if choice in ("none", "auto", "required"):
        return None
    if not isinstance(choice, dict) or choice.get("type") != "function" or choice.keys() != {"type", "function"}:
        return Problem(f"Invalid value: {choice!r}.", "tool_choice", "invalid_value")
    name = choice["function"].get("name")
    return None if name in names else Problem(f"Tool choice '{name}' not found in 'tools' parameter.", "tool_choice")


def _tool(tool: Any, where: str) -> Problem | None:
    if not isinstance(tool, dict) or tool.keys() != {"type", "function"} or tool["type"] != "function":
        return Problem(f"Missing required parameter: '{where}.function'.", where, "missing_required_parameter")
    function = tool["function"]
    at = f"{where}.function"
    if unknown := sorted(function.keys() - {"name", "description", "parameters", "strict"}):
        return Problem(f"Unknown parameter: '{at}.{unknown[0]}'.", f"{at}.{unknown[0]}", "unknown_parameter")
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", str(function.get("name", ""))):
        pattern = "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
        return Problem(f"Invalid '{at}.name': string does not match pattern. {pattern}", f"{at}.name", "invalid_value")
    wrong = _top(function.get("parameters", {"type": "object"}), strict=bool(function.get("strict")))
    told = f"Invalid schema for function '{function['name']}': {wrong}"
    return Problem(told, f"{at}.parameters", "invalid_function_parameters") if wrong else None


def _top(schema: Any, *, strict: bool) -> str | None:
    """Say what is refused in a whole schema."""
    if not isinstance(schema, dict) or schema.get("type") != "object":
        got = schema.get("type") if isinstance(schema, dict) else schema
        return f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{got}\"'."
    if not strict:
        return None
    return _too_much(schema) or _strict(schema, "()")


def _too_much(schema: Mapping[str, Any]) -> str | None:
    nodes = list(_nodes(schema))
    here = {"#", *(f"#/$defs/{name}" for name in schema.get("$defs", {}))}
    if lost := {node["$ref"] for node in nodes if "$ref" in node} - here:
        return f"In context=(), reference to component '{min(lost)}' which was not found in the schema."
    if sum(len(node.get("properties", ())) for node in nodes) > 5000:
        return "Expected at most 5000 object properties total."
    if sum(len(node.get("enum", ())) for node in nodes) > 1000:
        return "Expected at most 1000 enum values in total."
    return "Expected at most 10 levels of nesting." if levels(schema) > 10 else None


def _nodes(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield schema
    for _name, sub in _inner(schema):
        yield from _nodes(sub)


def levels(schema: Mapping[str, Any]) -> int:
    return 1 + max((levels(sub) for name, sub in _inner(schema) if not str(name).startswith("$defs")), default=0)


def _inner(schema: Mapping[str, Any]) -> list[tuple[str, Any]]:
    named = [(f"properties.{name}", sub) for name, sub in schema.get("properties", {}).items()]
    defs = [(f"$defs.{name}", sub) for name, sub in schema.get("$defs", {}).items()]
    options = [(f"anyOf.{at}", sub) for at, sub in enumerate(schema.get("anyOf", ()))]
    return [*named, *defs, *options, *([("items", schema["items"])] if "items" in schema else [])]


def _strict(schema: Any, where: str) -> str | None:
    """Say what strict mode refuses in a schema."""
    wrong = _keywords(schema, where) or _members(schema, where)
    return wrong or next((said for name, sub in _inner(schema) if (said := _strict(sub, f"{where}.{name}"))), None)


def _keywords(schema: Any, where: str) -> str | None:
    if not isinstance(schema, Mapping):
        return f"In context={where}, schema must be an object."
    if unknown := sorted(schema.keys() - _STRICT):
        return f"In context={where}, '{unknown[0]}' is not permitted."
    if "$ref" in schema and len(schema) > 1:
        return f"context={where}, $ref cannot have keywords {set(schema) - {'$ref'}}."
    if not schema.keys() & {"type", "anyOf", "$ref"}:
        return f"In context={where}, schema must have a 'type' key."
    if schema.get("format", "date") not in _FORMATS:
        return f"In context={where}, '{schema['format']}' is not a valid format."
    return None


def _members(schema: Mapping[str, Any], where: str) -> str | None:
    types = schema.get("type", ())
    types = [types] if isinstance(types, str) else types
    if "array" in types and "items" not in schema:
        return f"In context={where}, array schema missing items."
    if "object" not in types:
        return None
    if schema.get("additionalProperties") is not False:
        return f"In context={where}, 'additionalProperties' is required to be supplied and to be false."
    if set(schema.get("required", ())) != set(schema.get("properties", {})):
        return f"In context={where}, 'required' is required to be supplied and to include every key in properties."
    return None
