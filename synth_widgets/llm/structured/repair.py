"""JSON that a model wrote almost right: trailing commas, single quotes, bare keys, Python's words.

The package json_repair does the mending; what is believed of it is decided here. It guesses, so a result counts only
if it holds every sign of the text and no other, but for quotation marks, space, a comma at the end and one that was
forgotten: nothing lost, nothing invented. What was cut off is never mended, because its end would be a guess.
"""

from __future__ import annotations

import json
import re
from typing import Any

from synth_widgets.text.normal import is_encodable

MOST_CHARACTERS = 4_000
MOST_QUOTES = 200
MOST_BRACKETS = 40
"""Texts with more of them are asked for again: the time that mending takes grows faster than they do."""
_QUOTE = re.compile("[\"'`]")
_BRACKET = re.compile(r"[\[\]{}]")
_TRIPLE = re.compile("\"{3}|'{3}")
"""How Python ends a text; what json_repair makes of the two that are left over is a guess."""
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_NULL = re.compile(r"\b(?:none|undefined)\b")
_LAST_COMMA = re.compile(r",\s*(?=[\]}])")
_NO_SIGN = re.compile(r"[\s\"'“”]+")
_ALONE = re.compile(r"(?<=[\s:,\[{])(?:-?\d[\d.e+-]*|true|false|null)(?=[\s,}\]])")
"""A number or a word of JSON's, with nothing at it that says something else of it."""


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
    if _TRIPLE.search(text) or len(_QUOTE.findall(text)) > MOST_QUOTES or len(_BRACKET.findall(text)) > MOST_BRACKETS:
        return None
    import json_repair

    try:
        value = json_repair.loads(text, skip_json_loads=True)
        written = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        return None
    if type(value) is not {"{": dict, "[": list}[text[0]] or not _says_all(_plain(text), _plain(written)):
        return None
    if written.count('""') > text.count('""') + text.count("''") or not is_encodable(written):
        return None  # a value was missing; or json_repair took a sign's two surrogates for two signs
    return None if "'" in text and _has_apostrophe(value) else value


def _says_all(text: str, written: str) -> bool:
    """Whether what was written says all that a text does, and no more than commas that the text lacks."""
    if _ALONE.findall(text) != _ALONE.findall(written):
        return False
    signs, all_signs = (_NO_SIGN.sub("", _LAST_COMMA.sub("", each)) for each in (text, written))
    if signs.replace(",", "") != all_signs.replace(",", ""):
        return False
    rest = iter(all_signs)
    return all(sign in rest for sign in signs)


def _plain(text: str) -> str:
    """Return a text without escapes, in small letters, with Python's words as JSON's."""
    return _NULL.sub("null", _ESCAPE.sub(_escaped, text).casefold())


def _escaped(found: re.Match[str]) -> str:
    """Return the sign that an escape stands for; a space for what is none, or no escape of JSON's."""
    return chr(int(found[1], 16)) if found[1] else found[2] if found[2] in "\\/\"'" else " "


def _has_apostrophe(value: Any) -> bool:
    """Whether a text in it has an apostrophe: amid single quotes nobody knows where such a text ends."""
    if isinstance(value, str):
        return "'" in value
    if isinstance(value, dict):
        return any(map(_has_apostrophe, (*value, *value.values())))
    return isinstance(value, list) and any(map(_has_apostrophe, value))
