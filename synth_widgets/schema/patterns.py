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

_INTERSECTION = re.compile(r"\[[^\]]*&&")
"""Rust's ``[a-z&&[^aeiou]]``, which `regex` knows in its version 1."""


def fault(pattern: str) -> str | None:
    r"""Say why a pattern cannot be read, or ``None``.

    >>> fault("(?<year>[0-9]{4})"), fault(r"^\p{Lu}+$"), fault("(")
    (None, None, 'missing ) at position 1')
    """
    try:
        regex.compile(readable(pattern))
    except (regex.error, OverflowError, RecursionError) as error:
        return str(error) or type(error).__name__
    return None


@functools.lru_cache(maxsize=1024)
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
        elif sign.endswith("]") and "]" not in self._pattern[token.end() :]:
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
