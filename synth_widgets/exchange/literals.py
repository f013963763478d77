"""Text that is a value in disguise: how Python and numpy write lists, tuples and dicts, as a table's cell then says it.

``DataFrame.to_csv`` and ``to_excel`` write such cells with `str`: ``('Billing', 'Refunds')``, ``['a' 'b']`` (an array),
``{'n': None}``.
"""

from __future__ import annotations

import ast
import re
from typing import Any

from synth_widgets.records import Json
from synth_widgets.text.normal import MAX_DEPTH

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
      | (?P<number>[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|inf\b|nan\b))
      | (?P<word>(?:None|True|False)\b)
      | (?P<call>(?:array|np\.\w+)\()
      | (?P<dtype>,\s*dtype=[\w.'"<>=|\[\]]+)
      | (?P<mark>[\[\](){},:])
    )""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"""\\(?:[\\'"abfnrtvxuUN0-7]|(.))""", re.DOTALL)
_ENDS = {"[": "]", "(": ")"}
_WORDS = {"None": None, "True": True, "False": False}


def literal(text: str) -> Json:
    """Return the list or dict that Python or numpy wrote as this text; tuples and arrays are lists.

    Nothing is run. Two texts side by side are an array's two, never one as in Python's source.

    Raises:
        ValueError: it is no such text.

    >>> literal("('Billing', 'Refunds')"), literal("['a' 'b']"), literal("{'n': None, 'of': array([1, 2])}")
    (['Billing', 'Refunds'], ['a', 'b'], {'n': None, 'of': [1, 2]})
    """
    if text[:1] not in ("(", "[", "{", "a") or not text.endswith((")", "]", "}")):
        raise ValueError("it is no list and no dict")
    reader = _Reader(text)
    value = reader.value(0)
    if reader.position != len(text) or not isinstance(value, list | dict):
        raise ValueError("it is no list and no dict")
    return value


class _Reader:
    """Reads a text from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def _next(self) -> tuple[str, str]:
        """Return the kind and the words of what comes next, without going on."""
        token = _TOKEN.match(self.text, self.position)
        if token is None or token.lastgroup is None:
            raise ValueError(f"{self.text[self.position : self.position + 10]!r} is not understood")
        self._end = token.end()
        return token.lastgroup, token[token.lastgroup]

    def _take(self) -> tuple[str, str]:
        token = self._next()
        self.position = self._end
        return token

    def _is_next(self, mark: str) -> bool:
        """Whether a mark comes next; then it is taken."""
        if self._next() == ("mark", mark):
            self.position = self._end
            return True
        return False

    def value(self, depth: int) -> Json:
        """Read a value, and go on behind it."""
        if depth > MAX_DEPTH:
            raise ValueError("it is nested too deep")
        kind, words = self._take()
        value: Json
        match kind:
            case "text":
                value = _text(words)
            case "number":
                value = _number(words)
            case "word":
                value = _WORDS[words]
            case "call":
                value = self.value(depth + 1)
                if self._next()[0] == "dtype":
                    self._take()
                self._want(")")
            case _:
                value = self._inside(words, depth)
        return value

    def _inside(self, bracket: str, depth: int) -> Json:
        """Read what is in brackets, and go on behind them."""
        if bracket == "{":
            return self._fields(depth)
        if bracket not in _ENDS:
            raise ValueError(f"{bracket!r} is not understood")
        items, has_comma = self._items(_ENDS[bracket], depth)
        if bracket == "(" and len(items) == 1 and not has_comma:
            raise ValueError("brackets alone make no tuple")
        return items

    def _want(self, mark: str) -> None:
        if not self._is_next(mark):
            raise ValueError(f"{mark!r} is missing")

    def _items(self, end: str, depth: int) -> tuple[list[Json], bool]:
        """Return the items up to a bracket, and whether there was a comma: between all or, in an array, none."""
        items: list[Json] = []
        commas = 0
        while not self._is_next(end):
            if items and commas < len(items) and (commas or end == ")" or not self.text[self.position].isspace()):
                raise ValueError("a comma is missing")
            items.append(self.value(depth + 1))
            commas += self._is_next(",")
        return items, commas > 0

    def _fields(self, depth: int) -> dict[str, Json]:
        fields: dict[str, Json] = {}
        while not self._is_next("}"):
            key = self.value(depth + 1)
            if not isinstance(key, str):
                raise ValueError(f"{key!r} is no name of a field")  # noqa: TRY004 - told as any other unfit text
            self._want(":")
            fields[key] = self.value(depth + 1)
            if not self._is_next(","):
                self._want("}")
                break
        return fields


def _text(words: str) -> str:
    """Return what a text in quotation marks says. A backslash before a sign that needs none stands for itself."""
    if "\\" not in words:
        return words[1:-1]
    try:
        text: str = ast.literal_eval(_ESCAPE.sub(lambda escape: "\\" * bool(escape[1]) + escape[0], words))
    except SyntaxError:  # of half an escape, such as that of a path, C:\\Users
        raise ValueError(f"{words[:10]!r} is not understood") from None
    return text


def _number(words: str) -> Any:
    try:
        return int(words)
    except ValueError:
        value = float(words)
        return None if value != value else value  # noqa: PLR0124 - NaN, which is none
