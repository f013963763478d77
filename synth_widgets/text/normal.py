"""Texts and JSON values: as they may be stored, and when two of them count as the same.

Python's ``==`` takes ``1``, ``1.0`` and ``True`` for one value, and so do sets and keys. JSON does not: whoever
compares JSON values asks `same`, or `identity` where JSON Schema's own rule is meant.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Hashable

import regex

from synth_widgets.records import Json

_SURROGATES = re.compile("[\ud800-\udfff]")
LONG = 100_000
"""Characters of a text above which it is not gone through as a whole: the engine waits for that."""
MAX_DEPTH = 64
"""Levels of nesting that a value may have, whoever wrote it; no schema that a person writes needs more."""
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–−", "-"))
_SAYING = regex.compile(
    r"""[\p{L}\p{N}][\p{L}\p{N}\p{M}]*+
    | [\p{Sc}\p{So}%‰]
      # Signs of reckoning and comparing, and what C++ and C# differ in: at a word, or apart between two.
    | (?<=[\p{L}\p{N}\p{M}]) (?:!=|[\p{Sm}\#]){1,3}+
    | (?:!=|[\p{Sm}\#]){1,3}+ (?=[\p{L}\p{N}])
    | (?<=\w[ ]) (?:!=|[\p{Sm}\#]){1,3}+ (?=[ ]\S)
      # What stands around words for emphasis too: between two words only.
    | (?<=[\p{L}\p{N}\p{M})]\*?) [*/^] (?=\*?[-+(]?[\p{L}\p{N}])
    | (?<=\w[ ]) [*/^]{1,3}+ (?=[ ]\S)
      # A minus: between two numbers or at one end of a word, not within one, as in e-mail and GPT-4.
    | (?<=\p{N}) - (?=\p{N})
    | (?<=\p{N}[ ]) - (?=[ ]\p{N})
    | (?<![\p{L}\p{N}\p{M}]) - (?=[\p{Sc}.]?[\p{L}\p{N}])
    | (?<=[\p{L}\p{N}\p{M}]) - (?![\p{L}\p{N}])
    """,
    regex.VERBOSE,
)
"""What is said by a text that has single spaces: its words, and signs that are no punctuation where they stand."""
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


class TooDeepError(ValueError):
    """A value has more than `MAX_DEPTH` levels."""


def storable(value: Json) -> Json:
    r"""Return a JSON value whose texts can be stored and sent: lone surrogates become U+FFFD.

    >>> storable({"a": ["\ud83d!"]})
    {'a': ['�!']}
    """
    if isinstance(value, str):
        return value if is_encodable(value) else _SURROGATES.sub("�", value)
    if isinstance(value, list):
        return [storable(v) for v in value]
    if isinstance(value, dict):
        return {storable(k): storable(v) for k, v in value.items()}
    return value


def is_encodable(text: str) -> bool:
    """Whether a text has no lone surrogate. Takes far less time than to look for one."""
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


written: Callable[[Json], str] = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Returns a value as compact JSON, as the file and requests have it."""


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


def same(a: Json, b: Json) -> bool:
    """Whether two values are written as the same JSON, but for the order of an object's fields.

    It says whether something changed: a value, an example, a schema. So ``1`` and ``1.0`` differ, as what is stored,
    shown to a model and exported differs.

    >>> same({"a": 1, "b": [2]}, {"b": [2], "a": 1}), same(1, True), same([0], [False]), same(1, 1.0)
    (True, False, False, False)
    """
    if a is b or isinstance(a, str):
        return bool(a == b)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(value, b[key]) for key, value in a.items())
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) or isinstance(b, float):
        return type(a) is type(b) and repr(a) == repr(b)  # 0.0 and -0.0 are two texts
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def identity(value: Json) -> Hashable:
    """Return what two values have in common if, and only if, JSON Schema calls them equal.

    By the standard ``1`` and ``1.0`` are one number, and neither is ``true``
    (https://json-schema.org/draft/2020-12/json-schema-core#section-4.2.2).

    >>> identity({"a": [1, 2.0]}) == identity({"a": [1.0, 2]}), identity(1) == identity(True)
    (True, False)
    """
    if isinstance(value, dict):
        return dict, frozenset((name, identity(inner)) for name, inner in value.items())
    if isinstance(value, list | tuple):
        return list, tuple(map(identity, value))
    return (bool, value) if isinstance(value, bool) else value


def normal_form(value: Json) -> str:
    """Return what makes two values repeats of one another.

    Texts are alike by NFKC, case folded, without spaces and punctuation; signs that say something, as in ``C++``,
    ``-5``, ``2 * 2``, ``€`` and ``🙂``, are kept. Other values are where their texts are alike and all the rest is the
    same: signs of numbers, and which field holds what.

    A text of more than `LONG` characters is a repeat of the very same alone: megabytes take a third of a second.

    >>> normal_form("The  box was late!") == normal_form("the box was late")
    True
    >>> normal_form("Is 5 > 3?") == normal_form("Is 5 < 3?"), normal_form("2+2") == normal_form("2 + 2")
    (False, True)
    >>> normal_form({"about": "The box.", "kg": -1}) == normal_form({"kg": -1.0, "about": "the box"})
    True
    >>> normal_form({"kg": -1}) == normal_form({"kg": 1}), normal_form([True]) == normal_form(["true"])
    (False, False)
    """
    if isinstance(value, str):
        if len(value) > LONG:
            return value
        folded = unicodedata.normalize("NFKC", value).casefold()
        return " ".join(_SAYING.findall(" ".join(folded.translate(_DASHES).split()))) or folded
    return ":" + json.dumps(_normal_parts(value), sort_keys=True, ensure_ascii=False)  # no text's form begins so


def _normal_parts(value: Json) -> Json:
    if isinstance(value, str):
        return normal_form(value)
    if isinstance(value, dict):
        return {name: _normal_parts(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_normal_parts(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def word_count(value: Json) -> int:
    """Return how many words the texts and numbers of a value have; names of fields do not count.

    What stands between spaces is a word, and where a script has none, as in Chinese and Japanese, each character. Of a
    text of more than `LONG` characters the beginning tells of the rest.

    >>> word_count("The box was late."), word_count({"about": "delivery", "late": True}), word_count("箱が遅い")
    (4, 1, 4)
    """
    if isinstance(value, str):
        if len(value) > LONG:
            return round(word_count(value[:LONG]) * len(value) / LONG)
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
    """Return a value as JSON, cut where it gets too long: of megabytes, no more is written than is shown."""
    if isinstance(value, str):
        value = value[: limit + 1]
    if not isinstance(value, list | dict):
        text = json.dumps(value, ensure_ascii=False)
    else:
        text = ""
        for part in _BIT_BY_BIT.iterencode(value):
            text += part
            if len(text) > limit:
                break
    return text if len(text) <= limit else text[: limit - 1] + "…"


_BIT_BY_BIT = json.JSONEncoder(ensure_ascii=False)
