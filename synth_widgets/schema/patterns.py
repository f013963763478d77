r"""Patterns of schemas, as the module `regex` reads them.

The standard means ECMA-262's patterns, pydantic writes Rust's, people in Python write Python's. They agree but for a
few signs, and those are turned here: ``$`` is the end of the text in the first two, where Python also takes the place
before a line break there. What `regex` cannot read is refused when the schema is made, by the engine that would run it.
"""

from __future__ import annotations

import functools
import re

import regex

_TOKEN = re.compile(
    r"""
    \\u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})  # half of a character, and the other
    | \\[ux]\{(?P<code>[0-9a-fA-F]{1,6})\}
    | \\c(?P<control>[A-Za-z])
    | \\k<(?P<name>\w+)>
    | (?P<end>\\z)
    | \\.
    | \(\?\#[^)]*\)
    | \(\?(?P<on>[A-Za-z0-9]*)(?:-(?P<off>[A-Za-z]+))?(?P<scope>[:)])
    | (?P<class>\[\^?\]?)
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_LINES_THROUGHOUT = re.compile(r"\(\?[A-Za-z0-9]*m[A-Za-z0-9]*(?:-[A-Za-z]+)?\)")
"""``(?m)``: the signs for the ends are those of a line, in the whole pattern."""

_INTERSECTION = re.compile(r"\[[^\[\]]*&&")
"""Rust's ``[a-z&&[^aeiou]]``, which `regex` knows in its version 1."""


MOST_SIGNS = 20_000
"""Signs of one pattern, with those that it repeats: `regex` takes them apart, at a microsecond each."""

MOST_GROUPS = 100
"""Groups inside one another."""

_ONLY_HERE = re.compile(
    r"\\(?:[pPuUxN]\{[^{}]*\}|.)|\{\s*(?:\d+\s*<=?\s*)?\d*[eids]\s*[<+,:}][^{}]*\}?|\(\?(?:R|[+-]?\d+|&\w*|P>\w*)\)",
    re.DOTALL,
)
"""What `regex` alone knows: matches with errors, ``{e<=3}``, and patterns that call themselves. Or an escape."""
_PIECE = re.compile(
    r"""
    (?P<besides>\(\?\#[^)]*\) | [*+?\s])  # what a count behind it passes over
    | \{(?P<least>[0-9]*)(?:,[0-9]*)?\}
    | \\(?:[pPuUxN]\{[^{}]*\} | .)
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_IGNORES_CASE = re.compile(r"\(\?[A-Za-z]*i")
_IGNORES_SPACE = re.compile(r"\(\?[A-Za-z]*x")


def size(pattern: str) -> int:  # noqa: C901 - one pass with one state; apart, its parts say less
    r"""Return of how many signs a pattern is made once its repetitions are written out, as `regex` does to read it.

    What a repetition allows beyond what it demands is not written out. The signs of a class count more where each is
    looked up in small and in capital letters.

    >>> size("^[a-z]{2}$"), size("(?:a{50}){50}"), size(r"^[\s\S]{0,10000}$"), size("(?i)[a-z]")
    (12, 2700, 8, 21)
    """
    if _IGNORES_SPACE.search(pattern):  # comments may stand anywhere: the most that it could be
        counts = (int(count[:9]) for count in re.findall(r"\{([0-9]+)", pattern))
        return functools.reduce(lambda whole, count: min(whole * max(1, count), MOST_SIGNS + 1), counts, len(pattern))
    sizes = [0]
    """Of what stands in each group that is open."""
    last = begun = 0
    in_class = False
    each = 4 if _IGNORES_CASE.search(pattern) else 1
    for piece in _PIECE.finditer(pattern):
        sign = piece.group()
        if in_class:
            last += each * len(sign)
            if sign == "]" and piece.start() > begun + 1:
                in_class = False
                sizes[-1] += last
        elif sign == "[":
            in_class, begun, last = True, piece.start(), 1
        elif sign == ")" and len(sizes) > 1:
            last = sizes.pop() + 1
            sizes[-1] += last
        elif piece["least"]:
            least = min(int(piece["least"][:9]), MOST_SIGNS)
            repeated = min(last * max(0, least - 1), 2 * MOST_SIGNS)
            sizes[-1] += repeated
            last += repeated
        elif piece["besides"]:
            sizes[-1] += len(sign)
        else:
            last = len(sign)
            if sign == "(":
                sizes.append(1)
            else:
                sizes[-1] += last
        if len(sizes) > MOST_GROUPS:
            return MOST_SIGNS + 1
    return sum(sizes) + (last if in_class else 0)


def cost(pattern: str) -> int:
    """Return what it costs to read a pattern beside others, in signs; at most what one alone may cost."""
    return min(60 + max(len(pattern), size(pattern)), MOST_SIGNS)


def fault(pattern: str) -> str | None:
    r"""Say why a pattern cannot be read, or ``None``. What would take long to read is not read.

    >>> fault("(?<year>[0-9]{4})"), fault(r"^\p{Lu}+$"), fault("(")
    (None, None, 'missing ) at position 1')
    >>> fault("(?:(?:(?:a{50}){50}){50}){50}")
    'it nests groups, or repeats parts until there are more than 20,000 signs'
    >>> fault("(?:parcel){e<=2}")
    '{e<=2} is no part of a JSON Schema pattern'
    """
    if len(pattern) > MOST_SIGNS:
        return f"it has {len(pattern):,} signs, at most {MOST_SIGNS:,} are read"
    strange = [sign.group() for sign in _ONLY_HERE.finditer(pattern) if not sign.group().startswith("\\")]
    if strange:
        return f"{strange[0]} is no part of a JSON Schema pattern"
    try:
        if size(readable(pattern)) > MOST_SIGNS:
            return f"it nests groups, or repeats parts until there are more than {MOST_SIGNS:,} signs"
        compiled(pattern)
    except Exception as error:  # noqa: BLE001 - `regex` raises more than its own error for some, as for named lists
        return str(error) or type(error).__name__
    return None


@functools.lru_cache(maxsize=512)
def compiled(pattern: str) -> regex.Pattern[str]:
    """Return a pattern that was found to be readable, ready to be searched for."""
    return regex.compile(readable(pattern), cache_pattern=False)


def readable(pattern: str) -> str:
    r"""Return a pattern as `regex` reads it, with the meaning that JSON Schema gives it.

    >>> readable("^[a$]+$"), readable(r"\u{1F600}\z"), readable(r"(?m)^a$")
    ('^[a$]+\\Z', '\\U0001F600\\Z', '(?m)^a$')
    """
    reader = _Reader(pattern)
    signs = "".join(map(reader.sign, _TOKEN.finditer(pattern)))
    return f"(?V1){signs}" if reader.has_sets else signs


class _Reader:
    """Goes through one pattern, sign by sign, and knows what it is in: a class, a group in which ``$`` ends a line."""

    def __init__(self, pattern: str) -> None:
        self.has_sets = _INTERSECTION.search(pattern) is not None
        self._pattern = pattern
        self._depth = 0
        self._by_line = [_LINES_THROUGHOUT.search(pattern) is not None]

    def sign(self, token: re.Match[str]) -> str:
        """Return a sign as `regex` reads it."""
        sign = token.group()
        if sign.startswith("\\"):
            return _escaped(token)
        if token["class"]:
            return self._class(token)
        if self._depth:
            self._depth -= sign == "]"
            return sign
        if token["scope"] == ":":
            self._by_line.append("m" in token["on"] or (self._by_line[-1] and "m" not in (token["off"] or "")))
        elif sign == "(":
            self._by_line.append(self._by_line[-1])
        elif sign == ")" and len(self._by_line) > 1:
            self._by_line.pop()
        return r"\Z" if sign == "$" and not self._by_line[-1] else sign

    def _class(self, token: re.Match[str]) -> str:
        """Return what begins a class, or a bracket inside one."""
        sign = token.group()
        if self._depth and self._pattern.startswith("[:", token.start()):
            self._depth += 1
        elif self._depth and not self.has_sets:
            self._depth -= sign.endswith("]")
            return "\\" + sign
        elif sign.endswith("]") and self._pattern.find("]", token.end()) < 0:
            return "(?s:.)" if "^" in sign else "(?!)"  # ECMA-262's classes of every character, and of none
        else:
            self._depth += 1
        return sign


def _escaped(token: re.Match[str]) -> str:
    """Return what an escape is for `regex`, inside classes and outside."""
    if token["high"]:
        pair = bytes.fromhex(token["high"] + token["low"]).decode("utf-16-be")
        return f"\\U{ord(pair):08X}"
    if token["code"]:
        return f"\\U{int(token['code'], 16):08X}"
    if token["control"]:
        return f"\\x{ord(token['control']) % 32:02X}"
    if token["name"]:
        return f"(?P={token['name']})"
    return r"\Z" if token["end"] else token.group()
