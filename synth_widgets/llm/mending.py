"""JSON that a model wrote almost right: trailing commas, single quotes, bare keys, Python's words.

The package json_repair does the mending; what is believed of it is decided here. It guesses, so a result counts only
if it holds every letter and digit of the text and no other: nothing lost, nothing invented. What was cut off is never
mended, because its end would be a guess.
"""

from __future__ import annotations

import json
import re
from typing import Any

MOST_CHARACTERS = 4_000
MOST_QUOTES = 200
MOST_BRACKETS = 40
"""Texts with more of them are asked for again: the time that mending takes grows faster than they do."""
_QUOTE = re.compile("[\"'`]")
_BRACKET = re.compile(r"[\[\]{}]")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
_WORDS = {"none": "null", "undefined": "null"}


def mended(text: str) -> Any:
    """Return the object or list that a text spells almost, or ``None`` where that would be a guess.

    >>> mended("{'a': 1, b: [True, None,],}")
    {'a': 1, 'b': [True, None]}
    >>> mended('{"a" 1}') is None, mended('{"a": "cut of') is None
    (True, True)
    """
    text = text.strip()
    if not text or len(text) > MOST_CHARACTERS or text[0] not in "{[" or text[-1] != {"{": "}", "[": "]"}[text[0]]:
        return None
    if len(_QUOTE.findall(text)) > MOST_QUOTES or len(_BRACKET.findall(text)) > MOST_BRACKETS:
        return None
    import json_repair

    try:
        value = json_repair.loads(text, skip_json_loads=True)
        written = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        return None
    if type(value) is not {"{": dict, "[": list}[text[0]] or _signs(written) != _signs(text):
        return None
    if _BRACKET.findall(written) != _BRACKET.findall(text) or written.count('""') > text.count('""') + text.count("''"):
        return None  # a bracket was missing, and what else was cut off nobody knows; or a value
    return None if "'" in text and _has_apostrophe(value) else value


def _signs(text: str) -> str:
    """Return the letters and digits of a text, in order and small, with Python's words as JSON's."""
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else " ", text)
    words = "".join(sign if sign.isalnum() else " " for sign in plain.casefold()).split()
    return "".join(_WORDS.get(word, word) for word in words)


def _has_apostrophe(value: Any) -> bool:
    """Whether a text in it has an apostrophe: amid single quotes nobody knows where such a text ends."""
    if isinstance(value, str):
        return "'" in value
    if isinstance(value, dict):
        return any(map(_has_apostrophe, (*value, *value.values())))
    return isinstance(value, list) and any(map(_has_apostrophe, value))
