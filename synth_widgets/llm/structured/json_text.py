"""Strict reading of JSON text that a stranger wrote."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Iterator
from json import scanner
from typing import Any

from synth_widgets.text.normal import MAX_DEPTH, too_deep

VALUE_START = re.compile(r"""\{(?=\s*["}])|\[(?=\s*(?:["{\[\]\d-]|true|false|null))""")
"""A bracket that begins JSON, unlike one of plain words."""
_SIGN = re.compile(r'["{}\[\]]')
"""What matters for balance: a bracket, or where a string begins."""

LONG = 2**19
"""Characters of a text above which no single step may take all of it: it would keep every other thread from running."""
_WINDOW = 2**18
_REACH = 260
"""Characters of the longest thing that is searched for."""


def each(pattern: re.Pattern[str], text: str, start: int = 0) -> Iterator[re.Match[str]]:
    """Yield what a pattern finds, as ``finditer`` does, in steps that do not take long.

    Args:
        pattern: it finds nothing empty, and what it finds, and looks at behind it, has at most 260 characters.
        text: where.
        start: from where on.
    """
    end = start + _WINDOW
    while True:
        found = pattern.search(text, start, end)
        if found is not None and (found.start() + _REACH <= end or end >= len(text)):
            yield found
            start = found.end()
        elif end >= len(text):
            return
        else:
            start = found.start() if found is not None else max(start, end - _REACH)
            end = start + _WINDOW


def first(pattern: re.Pattern[str], text: str, start: int = 0) -> re.Match[str] | None:
    """Return the first thing that `each` yields, or ``None``."""
    return next(each(pattern, text, start), None)


def balanced(text: str, start: int) -> int | None:
    """Return where the value ends whose bracket stands at a place, or ``None`` if it does not end.

    >>> balanced('so {"a": "}"} it is', 3)
    13
    """
    depth, at = 0, start
    while (sign := first(_SIGN, text, at)) is not None:
        at = sign.end()
        if sign[0] == '"':
            end = _end_of_string(text, at)
            if end is None:
                return None
            at = end
        elif sign[0] in "{[":
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                return at
    return None


def _end_of_string(text: str, at: int) -> int | None:
    """Return the place behind a string's last quotation mark, or ``None`` if it does not end."""
    while (end := text.find('"', at)) >= 0:
        escapes = end
        while escapes > at and text[escapes - 1] == "\\":
            escapes -= 1
        if (end - escapes) % 2 == 0:
            return end + 1
        at = end + 1
    return None


def parse_json(text: str) -> tuple[Any, str | None]:
    r"""Parse text that must be one JSON value and nothing else.

    Control characters inside strings are let through: models write them, and they change nothing.

    Returns:
        ``(value, None)``, or ``(None, reason)`` for text that is no JSON, that has a key twice in one object,
        NaN, Infinity or a number too large, half of a surrogate pair, or more than 64 levels.

    >>> parse_json('{"a": 1, "a": 2}')
    (None, "the key 'a' stands twice in one object")
    >>> parse_json("[NaN]")
    (None, 'NaN is not JSON')
    """
    decoder = _DECODER if len(text) <= LONG else _PATIENT
    try:
        value = decoder.decode(text)
    except json.JSONDecodeError as error:
        return None, f"not valid JSON: {error.msg} at character {error.pos}"
    except ValueError as error:
        return None, str(error)
    except RecursionError:
        return None, f"nested deeper than {MAX_DEPTH} levels"
    if "\\ud" in text or "\\uD" in text:
        try:
            for part in json.JSONEncoder(ensure_ascii=False).iterencode(value):
                part.encode()
        except (UnicodeEncodeError, RecursionError):
            return None, "half of a surrogate pair in a text"
    return (None, f"nested deeper than {MAX_DEPTH} levels") if too_deep(value) else (value, None)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for at, key in enumerate(keys) if key in keys[:at])
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"the number {text[:20]} is too large")
    return number


_ESCAPE = re.compile(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.?))", re.DOTALL
)
_SHORT = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def _string(text: str, begin: int, strict: bool = True) -> tuple[str, int]:  # noqa: ARG001 (json's own)
    """Read a string that begins at a place, one escape at a time; return it, and the place behind it."""
    end = _end_of_string(text, begin)
    if end is None:
        raise json.JSONDecodeError("Unterminated string starting at", text, begin - 1)

    def plain(escape: re.Match[str]) -> str:
        high, low, unit, short = escape.groups()
        if high is not None:
            return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)
        if unit is not None:
            return chr(int(unit, 16))
        if short not in _SHORT:
            raise json.JSONDecodeError("Invalid \\escape", text, begin + escape.start())
        return _SHORT[short]

    held, written, at = text[begin : end - 1], io.StringIO(), 0
    for escape in each(_ESCAPE, held):
        written.write(held[at : escape.start()])
        written.write(plain(escape))
        at = escape.end()
    written.write(held[at:])
    return written.getvalue(), end


class _Patient(json.JSONDecoder):
    """The same in Python: between two steps of it other threads have their turn, however long the text is."""

    def __init__(self, **hooks: Any) -> None:
        super().__init__(**hooks)
        self.parse_string = _string
        self.scan_once = scanner.py_make_scanner(self)  # type: ignore[attr-defined]


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float, strict=False)
_PATIENT = _Patient(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float, strict=False)
_PLAIN = _Patient()


def loads(text: str) -> Any:
    """Return what `json.loads` does, without keeping other threads from running where the text is long.

    Raises:
        ValueError: it is no JSON.
        RecursionError: it is nested too deep.
    """
    return json.loads(text) if len(text) <= LONG else _PLAIN.decode(text)
