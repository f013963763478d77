"""How JSON is got out of a model: the ways to ask for it, and how it is read. Pure.

`synth_widgets.llm.items` reads a list while it streams.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from synth_widgets.llm.completer import Completer, Mode
from synth_widgets.llm.items import Item, ItemStream
from synth_widgets.llm.jsontext import TOKEN, parse_json
from synth_widgets.llm.mending import mended
from synth_widgets.models import Model

__all__ = ["Item", "ItemStream", "extract_json", "parse_json", "strict_form", "ways"]

_START = re.compile(r"""\{(?=\s*["}])|\[(?=\s*(?:["{\[\]\d-]|true|false|null))""")
"""A bracket that begins JSON, unlike one of plain words."""

_THOUGHT = re.compile(r"\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_FENCE = re.compile(r"```[\w-]*+[ \t]*+\n?+(.*?)```", re.DOTALL)

_NOT_MENDED = ("the key", "NaN", "Infinity", "-Infinity", "the number", "nested", "half of", "the JSON is cut off")
"""How reasons begin that mending must not pass over."""

_KEPT = frozenset(
    "type properties required items enum const description anyOf $ref $defs definitions "
    "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minItems maxItems format pattern".split()
)
_DROPPED = frozenset(
    "title default examples $schema $id $comment deprecated readOnly writeOnly minLength maxLength uniqueItems "
    "minProperties maxProperties contentEncoding contentMediaType".split()
)
_FORMATS = frozenset("date-time time date duration email hostname ipv4 ipv6 uuid".split())


def ways(model: Model | None, completer: Completer) -> tuple[Mode, ...]:
    """Return the ways to ask for JSON, in the order to try them.

    Args:
        model: whose ``structured`` names one way; ``"auto"`` or no model takes the completer's own order.
        completer: what will be asked.
    """
    if model is None or model.structured == "auto":
        return completer.modes
    return ("json_schema",) if model.structured == "json_schema" else ("text",)


def strict_form(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the schema as OpenAI's strict mode takes it, or ``None`` if it does not fit.

    Objects are closed; keywords that strict mode does not know but that only narrow a value (``minLength``)
    are left out, because each answer is validated against the whole schema anyway. Whatever would change
    what an answer may look like (optional properties, free-form objects, ``oneOf``) does not fit.

    >>> strict_form({"type": "object", "properties": {"a": {"type": "string", "maxLength": 9}}, "required": ["a"]})
    {'type': 'object', 'properties': {'a': {'type': 'string'}}, 'required': ['a'], 'additionalProperties': False}
    >>> strict_form({"type": "object", "properties": {"a": {"type": "string"}}}) is None
    True
    """
    if schema.get("type") != "object" or "anyOf" in schema:
        return None
    try:
        return _strict(schema, 0)
    except _UnfitError:
        return None


class _UnfitError(Exception):
    """A schema is outside the strict subset."""


def _strict(schema: Any, depth: int) -> dict[str, Any]:
    if not isinstance(schema, Mapping) or depth > 10 or not schema.keys() & {"type", "enum", "const", "anyOf", "$ref"}:
        raise _UnfitError
    form = {key: _strict_part(key, value, depth) for key, value in schema.items() if not _may_go(key, value)}
    types = schema.get("type", ())
    if "object" in ([types] if isinstance(types, str) else types):
        if not schema.get("properties") or set(schema.get("required", ())) != set(schema["properties"]):
            raise _UnfitError
        form["additionalProperties"] = False
    return form


def _strict_part(key: str, value: Any, depth: int) -> Any:
    if key in {"properties", "$defs", "definitions"}:
        return {name: _strict(sub, depth + 1) for name, sub in value.items()}
    if key == "items":
        return _strict(value, depth + 1)
    if key == "anyOf":
        return [_strict(sub, depth + 1) for sub in value]
    if key in _KEPT or (key == "additionalProperties" and value is False):
        return value
    raise _UnfitError


def _may_go(key: str, value: Any) -> bool:
    """Whether a keyword only narrows or describes a value, in a way that strict mode does not know."""
    if key == "format":
        return value not in _FORMATS
    return key in _DROPPED or (key == "pattern" and "(?" in value)


def extract_json(text: str) -> tuple[Any, str | None]:
    """Find the JSON value in a model's answer.

    Tried in this order: the whole text; the contents of a code fence; the first balanced value amid chatter,
    where a list of bare numbers (``[1]``) counts only if there is nothing else; the same places for JSON that is
    almost right (`synth_widgets.llm.mending`).

    Returns:
        ``(value, None)``, or ``(None, reason)``: there is no JSON, it is cut off, or it is refused (a key
        twice, NaN or Infinity, nested too deep).

    >>> extract_json('Sure! {"a": [1, 2]} Anything else?')
    ({'a': [1, 2]}, None)
    >>> extract_json('{"a": ')
    (None, 'the JSON is cut off')
    """
    thought = _THOUGHT.match(text)
    text = (text[thought.end() :] if thought else text).strip().removeprefix("\ufeff")
    value, reason = parse_json(text)
    if reason is None:
        return value, None
    if not text:
        return None, "the answer is empty"
    fences = [fence[1].strip() for fence in _FENCE.finditer(text)]
    for fence in fences:
        inside, error = parse_json(fence)
        if error is None:
            return inside, None
    value, reason = _amid(text, reason)
    if reason is None or reason.startswith(_NOT_MENDED):
        return value, reason
    for part in dict.fromkeys((*fences[:2], text, text[max(0, text.find("{")) : text.rfind("}") + 1])):
        if (value := mended(part)) is not None:
            return value, None
    return None, reason


def _amid(text: str, reason: str) -> tuple[Any, str | None]:
    if not any(bracket in text for bracket in "{["):
        return None, "there is no JSON in the answer"
    spare: Any = None
    first: str | None = None
    whole = text[0] in "{["
    for start, end in _candidates(text):
        if end is None:
            first = first or "the JSON is cut off"
            continue
        value, error = parse_json(text[start:end])
        if error is not None:
            first = first or error
        elif isinstance(value, list) and all(isinstance(v, int | float) for v in value):
            spare = value if spare is None else spare
        else:
            return value, None
    if spare is not None:
        return spare, None
    return None, first or (reason if whole else "there is no JSON in the answer")


def _candidates(text: str) -> Iterator[tuple[int, int | None]]:
    """Yield where values begin and end, one behind the other; ``None`` for one that does not end.

    What stands inside a value is no answer, be the value as broken as it may.
    """
    at = 0
    while (start := _START.search(text, at)) is not None:
        end = _balanced(text, start.start())
        yield start.start(), end
        if end is None:
            return
        at = end


def _balanced(text: str, start: int) -> int | None:
    depth = 0
    for token in TOKEN.finditer(text, start):
        if token.group() in "{[":
            depth += 1
        elif token.group() in "}]":
            depth -= 1
            if depth == 0:
                return token.end()
    return None
