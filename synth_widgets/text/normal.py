"""Text as it may be stored, and the form in which two texts count as the same."""

from __future__ import annotations

import json
import re
import unicodedata

from synth_widgets.records import Json

SURROGATES = re.compile("[\ud800-\udfff]")
MAX_DEPTH = 64
"""Levels of nesting that a value may have, whoever wrote it; no schema that a person writes needs more."""
_NOISE = re.compile(r"[\W_]+")
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


def storable(value: Json) -> Json:
    r"""Return a JSON value whose texts can be stored and sent: lone surrogates become U+FFFD.

    >>> storable({"a": ["\ud83d!"]})
    {'a': ['�!']}
    """
    if isinstance(value, str):
        return value if value.isascii() else SURROGATES.sub("�", value)
    if isinstance(value, list):
        return [storable(v) for v in value]
    if isinstance(value, dict):
        return {storable(k): storable(v) for k, v in value.items()}
    return value


def too_deep(value: Json) -> bool:
    """Whether a value is nested deeper than 64 levels.

    >>> too_deep([[1], {"a": []}])
    False
    """
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, list | dict)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, list | dict)
        ]
        if not level:
            return False
    return True


def copied(value: Json) -> Json:
    """Return a JSON value whose lists and objects are new: what is done to them in place reaches nobody else."""
    if isinstance(value, dict):
        return {key: copied(inner) for key, inner in value.items()}
    return [copied(inner) for inner in value] if isinstance(value, list) else value


def normal_form(value: Json) -> str:
    """Return what makes two values repeats of one another: NFKC, case folded, without spaces and punctuation.

    >>> normal_form("The  box was late!") == normal_form("the box was late")
    True
    """
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _NOISE.sub(" ", folded).strip() or folded


def word_count(value: Json) -> int:
    """Return how many words the texts and numbers of a value have; names of fields do not count.

    What stands between spaces is a word, and where a script has none, as in Chinese and Japanese, each character.

    >>> word_count("The box was late."), word_count({"about": "delivery", "late": True}), word_count("箱が遅い")
    (4, 1, 4)
    """
    if isinstance(value, str):
        plain = value.isascii() or _IDEOGRAPH.search(value) is None
        return len((value if plain else _IDEOGRAPH.sub(" x ", value)).split())
    if isinstance(value, dict):
        return sum(map(word_count, value.values()))
    if isinstance(value, list):
        return sum(map(word_count, value))
    return 0 if value is None or isinstance(value, bool) else 1


def head(text: str, limit: int) -> str:
    """Return the start of a text, at most ``limit`` characters."""
    return text if len(text) <= limit else text[:limit]


def compact(value: Json, limit: int = 60) -> str:
    """Return a value as JSON, cut where it gets too long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else text[: limit - 1] + "…"
