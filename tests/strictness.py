"""What the real chat completions API refuses, as far as this package could ever send it."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
    "type properties required additionalProperties items enum const description title anyOf $ref $defs definitions "
    "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minItems maxItems pattern format".split()
)


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
    return _messages(body.get("messages")) or _format(body.get("response_format", {"type": "text"}))


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
    return None


def _format(wanted: Any) -> Problem | None:
    at = "response_format"
    if not isinstance(wanted, dict) or wanted.get("type") not in {"text", "json_object", "json_schema"}:
        return Problem(f"Invalid value for '{at}.type'.", at)
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
    wrong = _strict(schema, "()") or (None if schema.get("type") == "object" else "must be an object")
    return f"Invalid schema for response_format '{told['name']}': {wrong}" if told.get("strict") and wrong else None


def _strict(schema: Any, where: str) -> str | None:
    """Say what strict mode refuses in a schema."""
    if not isinstance(schema, Mapping):
        return f"In context={where}, schema must be an object."
    if unknown := sorted(schema.keys() - _STRICT):
        return f"In context={where}, '{unknown[0]}' is not permitted."
    if not schema.keys() & {"type", "anyOf", "$ref", "enum", "const"}:
        return f"In context={where}, schema must have a 'type' key."
    types = schema.get("type", ())
    if "object" in ([types] if isinstance(types, str) else types):
        if schema.get("additionalProperties") is not False:
            return f"In context={where}, 'additionalProperties' is required to be supplied and to be false."
        if set(schema.get("required", ())) != set(schema.get("properties", {})):
            return f"In context={where}, 'required' is required to be supplied and to include every key in properties."
    inner = [
        *schema.get("properties", {}).items(),
        *schema.get("$defs", {}).items(),
        *enumerate(schema.get("anyOf", ())),
    ]
    inner += [("items", schema["items"])] if "items" in schema else []
    return next((wrong for name, sub in inner if (wrong := _strict(sub, f"{where}.{name}"))), None)
