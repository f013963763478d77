"""How JSON is read out of a model's answer, however it was asked for. Pure.

`synth_widgets.llm.ways` has the ways to ask; `synth_widgets.llm.items` reads a list while it streams.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from synth_widgets.llm.items import Item, ItemStream
from synth_widgets.llm.jsontext import TOKEN, parse_json
from synth_widgets.llm.mending import mended

__all__ = ["Item", "ItemStream", "extract_json", "parse_json"]

_START = re.compile(r"""\{(?=\s*["}])|\[(?=\s*(?:["{\[\]\d-]|true|false|null))""")
"""A bracket that begins JSON, unlike one of plain words."""

_THOUGHT = re.compile(r"\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_FENCE = re.compile(r"```[\w-]*+[ \t]*+\n?+(.*?)```", re.DOTALL)

_NOT_MENDED = ("the key", "NaN", "Infinity", "-Infinity", "the number", "nested", "half of", "the JSON is cut off")
"""How reasons begin that mending must not pass over."""


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
