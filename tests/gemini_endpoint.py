"""Gemini's OpenAI-compatible endpoint on loopback, strict as the real one; it can be told to fail.

In a test::

    with GeminiEndpoint() as endpoint:
        model = sw.Model("gemini/gemini-3.5-flash-lite", api_base=endpoint.url, api_key=endpoint.key)

The kinds of faults stand in `tests.rules`. It takes fewer fields than OpenAI's, answers an error as a list that holds
one, says of a wrong key that the request is invalid, carries a wait in the body, as ``RetryInfo``, and ends an answer
that its filter keeps back with a reason of its own. What it takes: https://ai.google.dev/gemini-api/docs/openai and, of
schemas, …/gemini-api/docs/structured-output#json_schema_support.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import web

from synth_widgets.llm.completer import Mode
from tests.endpoint import Endpoint
from tests.loopback import serve
from tests.rules import Rule
from tests.strictness import problem

STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_TOP = frozenset(
    "model messages temperature top_p n stream stream_options stop max_tokens max_completion_tokens response_format "
    "tools tool_choice parallel_tool_calls reasoning_effort extra_body user service_tier".split()
)


class GeminiEndpoint(Endpoint):
    """``POST /v1beta/openai/chat/completions``."""

    routes = ("/v1beta/openai/chat/completions",)
    root = "/v1beta/openai"

    def refused(self, request: web.Request, body: Any) -> web.Response | None:
        if "Authorization" not in request.headers:
            return _refusal(400, "Missing or invalid Authorization header.")
        if request.headers["Authorization"] != f"Bearer {self.key}":
            return _refusal(400, "API key not valid. Please pass a valid API key.", reason="API_KEY_INVALID")
        wrong = _unknown(body) or _schema_problem(body)
        if wrong is None and (other := problem(body)) is not None:
            wrong = other.message
        if wrong is None and (model := body["model"].removeprefix("models/")) in self.gone:
            words = f"models/{model} is not found for API version v1main, or is not supported for generateContent."
            return _refusal(404, words)
        return _refusal(400, wrong) if wrong else None

    def refusal(self, rule: Rule) -> web.Response:
        return _refusal(rule.status, rule.message, rule.headers)

    def not_taken(self, mode: Mode) -> web.Response:
        if mode == "tools":
            return _refusal(400, "Function calling is not enabled for models/gemini-test")
        if mode == "json_object":
            return _refusal(400, "JSON mode is not enabled for models/gemini-test")
        return _refusal(400, 'Invalid JSON payload received. Unknown name "responseJsonSchema": Cannot find field.')

    def failed(self) -> dict[str, Any]:
        return _error(503, "The model is overloaded. Please try again later.")

    def whole(self, body: Mapping[str, Any], text: str, finish: str, *, refused: bool) -> dict[str, Any]:
        if not refused:
            return super().whole(body, text, finish, refused=False)
        whole = super().whole(body, "", "content_filter: PROHIBITED_CONTENT", refused=False)
        del whole["choices"][0]["message"]["content"]
        return whole


def _unknown(body: Any) -> str | None:
    """Say which field the endpoint does not have."""
    if not isinstance(body, dict):
        return "Invalid JSON payload received."
    unknown = sorted(body.keys() - _TOP)
    told = [f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.' for name in unknown]
    for at, tool in enumerate(body.get("tools", ())):
        if "strict" in tool.get("function", {}):
            where = f"tools[{at}].function_declarations[0]"
            told.append(f"Invalid JSON payload received. Unknown name \"strict\" at '{where}': Cannot find field.")
    return "\n".join(told) or None


def _schema_problem(body: Mapping[str, Any]) -> str | None:
    """Say what is refused in a schema. Keywords that it does not know it passes over; so does this one."""
    schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
    for node in _nodes(schema):
        if "$ref" in node and any(not name.startswith("$") for name in node):
            return "If $ref is set on a sub-schema, no other properties, except for those starting with $, may be set."
        if any(not isinstance(value, str | int | float | None) for value in node.get("enum", ())):
            return "response_json_schema enum values must be strings or numbers"
    return None


def _nodes(schema: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        named = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
        for part in (*named, *schema.get("anyOf", ()), schema.get("items")):
            yield from _nodes(part)


def _error(status: int, message: str, details: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    name = STATUSES.get(status, "UNKNOWN")
    return {"error": {"code": status, "message": message, "status": name, "details": details or []}}


def _refusal(status: int, message: str, headers: Mapping[str, str] = {}, *, reason: str | None = None) -> web.Response:
    """Return an error; a wait that a test gives as ``Retry-After`` goes out as Google sends it."""
    rpc = "type.googleapis.com/google.rpc"
    details: list[dict[str, Any]] = [{"@type": f"{rpc}.ErrorInfo", "reason": reason}] if reason else []
    sent = dict(headers)
    if (wait := sent.pop("Retry-After", None)) is not None:
        details.append({"@type": f"{rpc}.RetryInfo", "retryDelay": f"{wait}s"})
    return web.json_response([_error(status, message, details)], status=status, headers=sent)


if __name__ == "__main__":
    serve(GeminiEndpoint, "Gemini's OpenAI-compatible endpoint on loopback.")
