"""Strict reading of JSON text that a stranger wrote."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from synth_widgets.text.normal import MAX_DEPTH, too_deep

TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\]]', re.DOTALL)
"""What matters for balance: a whole string, or one bracket."""


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
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        return None, f"not valid JSON: {error.msg} at character {error.pos}"
    except ValueError as error:
        return None, str(error)
    except RecursionError:
        return None, f"nested deeper than {MAX_DEPTH} levels"
    if "\\ud" in text or "\\uD" in text:
        try:
            json.dumps(value, ensure_ascii=False).encode()
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


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float, strict=False)
