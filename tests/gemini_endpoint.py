"""Gemini's generateContent and streamGenerateContent on loopback, strict as its documentation; it can be told to fail.

In a test::

    with GeminiEndpoint() as endpoint:
        model = sw.Model("gemini/gemini-3.5-flash-lite", api_base=endpoint.url, api_key=endpoint.key)

The kinds of faults stand in `tests.rules`. Names of fields may be in camel case or in snake case, as the real API
takes both; a 429 carries its wait in the body, as ``RetryInfo``, and not in a header.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web

from synth_widgets.llm.completer import Mode
from tests.loopback import Loopback, Question, event_bytes, serve, tokens
from tests.rules import Rule

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
_TOP = frozenset("contents systemInstruction generationConfig safetySettings tools toolConfig cachedContent".split())
_CONFIG = frozenset(
    "temperature topP topK candidateCount maxOutputTokens stopSequences responseMimeType responseSchema "
    "responseJsonSchema seed presencePenalty frequencyPenalty thinkingConfig responseModalities".split()
)
_SCHEMA_TYPES = {"string", "number", "integer", "boolean", "array", "object", "null"}


class GeminiEndpoint(Loopback):
    """``POST /v1beta/models/{model}:generateContent``, and the same that streams."""

    routes = ("/v1beta/models/{call}",)
    root = "/v1beta"

    def refused(self, request: web.Request, body: Any) -> web.Response | None:
        key = request.headers.get("x-goog-api-key") or request.query.get("key")
        if not key:
            return _refusal(403, "Method doesn't allow unregistered callers. Please use API Key.")
        if key != self.key:
            return _refusal(400, "API key not valid. Please pass a valid API key.", reason="API_KEY_INVALID")
        model, _, method = request.match_info["call"].partition(":")
        if not model or method not in {"generateContent", "streamGenerateContent"}:
            return _refusal(404, f"models/{request.match_info['call']} is not found for API version v1beta.")
        if model in self.gone:
            return _refusal(
                404, f"models/{model} is not found for API version v1beta, or is not supported for {method}."
            )
        if method == "streamGenerateContent" and request.query.get("alt") != "sse":
            return _refusal(400, "This endpoint streams with alt=sse only.")
        wrong = problem(body)
        return _refusal(400, wrong) if wrong else None

    def question(self, request: web.Request, body: Mapping[str, Any]) -> Question:
        said = _camel(body)
        texts = [_text(content) for content in said["contents"]]
        told = "\n".join([_text(said.get("systemInstruction", {})), *texts])
        streams = request.match_info["call"].endswith(":streamGenerateContent")
        is_json = said.get("generationConfig", {}).get("responseMimeType") == "application/json"
        mode: Mode = (
            "tools" if _tool(said) else "json_schema" if _schema(said) else "json_object" if is_json else "text"
        )
        return Question(told, texts[-1], _schema(said), streams, mode)

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
        if refused:
            return {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": _usage(body, "")}
        return {**self._part(body, text, _finish(finish)), "usageMetadata": _usage(body, text)}

    def opening(self, body: Mapping[str, Any]) -> Iterable[bytes]:
        return ()

    def piece(self, body: Mapping[str, Any], text: str) -> bytes:
        if _tool(_camel(body)):
            return b""  # a call comes whole
        return event_bytes({**_part({"text": text}), "usageMetadata": {"promptTokenCount": _asked(body)}})

    def closing(self, body: Mapping[str, Any], text: str, finish: str) -> Iterable[bytes]:
        last = text if _tool(_camel(body)) else ""
        yield event_bytes({**self._part(body, last, _finish(finish)), "usageMetadata": _usage(body, text)})

    def _part(self, body: Mapping[str, Any], text: str, finish: str) -> dict[str, Any]:
        tool = _tool(_camel(body))
        if tool is None:
            return _part({"text": text}, finish)
        return _part({"functionCall": {"name": tool["name"], "args": json.loads(text)}}, finish)


def problem(body: Any) -> str | None:
    """Say what the API refuses in a request's body."""
    if not isinstance(body, dict):
        return "Invalid JSON payload received."
    said = _camel(body)
    if unknown := sorted(said.keys() - _TOP):
        return f'Invalid JSON payload received. Unknown name "{unknown[0]}": Cannot find field.'
    if "systemInstruction" in said and not _text(said["systemInstruction"]):
        return "* GenerateContentRequest.system_instruction.parts: must not be empty."
    config = said.get("generationConfig", {})
    return _contents_problem(said.get("contents")) or _config_problem(config) or _tools_problem(said, config)


def _contents_problem(contents: Any) -> str | None:
    if not isinstance(contents, list) or not contents:
        return "* GenerateContentRequest.contents: contents is not specified"
    for at, content in enumerate(contents):
        if content.get("role") not in {"user", "model"}:
            return "Please use a valid role: user, model."
        if not content.get("parts") or not all(isinstance(part.get("text"), str) for part in content["parts"]):
            return f"* GenerateContentRequest.contents[{at}].parts: contents.parts must not be empty."
    if contents[-1]["role"] != "user":
        return "Please ensure that the conversation ends with a user role."
    return None


def _config_problem(config: Mapping[str, Any]) -> str | None:
    where = "generation_config"
    if unknown := sorted(config.keys() - _CONFIG):
        return f"Invalid JSON payload received. Unknown name \"{unknown[0]}\" at '{where}': Cannot find field."
    if not 0 <= config.get("temperature", 0) <= 2:
        return f"* GenerateContentRequest.{where}.temperature: must be in the range [0.0, 2.0]"
    if config.get("maxOutputTokens", 1) < 1:
        return f"* GenerateContentRequest.{where}.max_output_tokens: must be positive"
    schemas = [config[name] for name in ("responseSchema", "responseJsonSchema") if name in config]
    if len(schemas) == 2:
        return "response_schema and response_json_schema cannot both be set"
    if schemas and config.get("responseMimeType") != "application/json":
        return "response_schema requires response_mime_type application/json"
    return next((wrong for schema in schemas if (wrong := _schema_problem(schema))), None)


def _tools_problem(said: Mapping[str, Any], config: Mapping[str, Any]) -> str | None:
    declared = _declared(said)
    if declared and config.get("responseMimeType") == "application/json":
        return "Function calling with a response mime type: 'application/json' is unsupported"
    for at, function in enumerate(declared):
        where = f"GenerateContentRequest.tools[0].function_declarations[{at}]"
        if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_.-]{0,63}", str(function.get("name", ""))):
            return f"* {where}.name: Invalid function name. Must start with a letter or an underscore."
        if unknown := sorted(function.keys() - {"name", "description", "parameters", "parametersJsonSchema"}):
            return f"Invalid JSON payload received. Unknown name \"{unknown[0]}\" at '{where}': Cannot find field."
        if (wrong := _schema_problem(_parameters(function))) is not None:
            return wrong
    asked = said.get("toolConfig", {}).get("functionCallingConfig", {})
    if not {*asked.get("allowedFunctionNames", ())} <= {function["name"] for function in declared}:
        return "* GenerateContentRequest.tool_config.function_calling_config.allowed_function_names: not declared"
    return None


def _declared(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    tools = said.get("tools", [])
    tools = tools if isinstance(tools, list) else [tools]
    listed = [tool.get("functionDeclarations") or tool.get("function_declarations") or [] for tool in tools]
    return [{_camel_name(name): part for name, part in function.items()} for each in listed for function in each]


def _parameters(function: Mapping[str, Any]) -> Any:
    return function.get("parametersJsonSchema") or function.get("parameters")


def _tool(said: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the function that must be called, if one must."""
    asked = said.get("toolConfig", {}).get("functionCallingConfig", {})
    allowed = asked.get("allowedFunctionNames")
    found = [function for function in _declared(said) if not allowed or function["name"] in allowed]
    return found[0] if asked.get("mode") == "ANY" and found else None


def _schema_problem(schema: Any) -> str | None:
    if not isinstance(schema, dict):
        return "response_schema must be an object"
    kind = schema.get("type")
    if isinstance(kind, str) and kind.lower() not in _SCHEMA_TYPES:
        return f"Invalid value at 'generation_config.response_schema.type': {kind!r}"
    inner = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    return next((wrong for sub in inner if (wrong := _schema_problem(sub))), None)


def _camel(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body with the API's own names, of which it takes both spellings, at the levels that have them."""
    said = {_camel_name(name): value for name, value in body.items()}
    if isinstance(said.get("generationConfig"), dict):
        said["generationConfig"] = {_camel_name(name): value for name, value in said["generationConfig"].items()}
    if isinstance(said.get("toolConfig"), dict):
        asked = next(iter(said["toolConfig"].values()), {})
        said["toolConfig"] = {"functionCallingConfig": {_camel_name(name): value for name, value in asked.items()}}
    return said


def _camel_name(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


def _schema(said: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if (tool := _tool(said)) is not None:
        found = _parameters(tool)
        return found if isinstance(found, dict) else None
    config = said.get("generationConfig", {})
    return config.get("responseJsonSchema") or config.get("responseSchema")


def _text(content: Mapping[str, Any]) -> str:
    return "\n".join(str(part.get("text", "")) for part in content.get("parts", ()))


def _part(part: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": [part]}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "modelVersion": "gemini-test", "responseId": "r1"}


def _finish(finish: str) -> str:
    return {"stop": "STOP", "length": "MAX_TOKENS"}[finish]


def _asked(body: Mapping[str, Any]) -> int:
    said = _camel(body)
    return tokens(_text(said.get("systemInstruction", {})) + "".join(map(_text, said["contents"])))


def _usage(body: Mapping[str, Any], text: str) -> dict[str, int]:
    prompt, answer = _asked(body), tokens(text)
    return {"promptTokenCount": prompt, "candidatesTokenCount": answer, "totalTokenCount": prompt + answer}


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
    return web.json_response(_error(status, message, details), status=status, headers=sent)


if __name__ == "__main__":
    serve(GeminiEndpoint, "Gemini's generateContent on loopback.")
