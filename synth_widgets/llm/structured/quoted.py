"""Where a text shows something instead of using it: in fences, spans of code, strings and rows of tables. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right

from synth_widgets.llm.structured.json_text import each

_FENCE = re.compile(r"^[ \t]{0,12}(?P<mark>`{3,20}|~{3,20})(?P<more>[ \t]*+(?=<)|[^\n`]{0,80}$)", re.MULTILINE)
"""What begins or ends a fence; a token or tag may touch its end."""
_SPAN = re.compile(
    r"""(?=[`"'“«])(?:(?<![\w`])`(?!`)[^`\n]++`(?!`)"""
    r"|(?<![\w`])(?P<marks>``+)(?!`)[^\n]{0,200}?(?<!`)(?P=marks)(?!`)"
    r'|(?:(?<!\w)|(?<=\b[rbfuRBFU]))"(?:[^"\\\n]|\\.)++"(?!\w)'
    r"|(?:(?<!\w)|(?<=\b[rbfuRBFU]))'(?:[^'\\\n]|\\.)++'(?!\w)"
    r"|“[^“”\n]++”|«[^«»\n]++»)"
)
"""Code or a string that opens and closes on its line; an apostrophe inside of a word opens none."""
_QUOTES = {"`": "`", '"': '"', "'": "'", "“": "”", "‘": "’", "«": "»"}
_NEAR = 4_000
"""Characters of a line before and behind a place that are looked at."""
_MOST_SKIPS = 8


class Quoted:
    """Says which marks of a text are shown only; it looks when asked, and remembers what it found.

    Args:
        text: the text.
        start: what comes before is not looked at.
        is_whole: whether all of it is there; if not, a fence that has not ended goes on.

    >>> text = "`<b>` is <b>"
    >>> mark, other = re.finditer("<b>", text)
    >>> Quoted(text).holds(mark), Quoted(text).holds(other)
    (True, False)
    """

    def __init__(self, text: str, start: int = 0, *, is_whole: bool = True) -> None:
        self._text = text
        self._start = start
        self._is_whole = is_whole
        self._skips = 0
        self._found: list[tuple[int, int]] | None = None
        self._line = (0, 0)
        self._spans: list[tuple[int, int]] = []
        self._is_row = False

    def holds(self, mark: re.Match[str]) -> bool:
        """Whether a mark is quoted, or stands in code, in a string or in a table."""
        begin, end = mark.span()
        quote = _QUOTES.get(self._text[begin - 1 : begin]) if begin else None
        if quote is not None and self._text[end : end + 1] == quote:
            return True
        self._see_line(begin)
        return self._is_row or _around(self._spans, begin, end) is not None or self.fence(mark) is not None

    def fence(self, mark: re.Match[str]) -> tuple[int, int] | None:
        """Return where the closed fence begins and ends in which a mark stands."""
        if self._found is None:
            self._found = self._fences()
        return _around(self._found, *mark.span())

    def has_line(self, mark: re.Match[str]) -> bool:
        """Whether there is nothing else on a mark's line."""
        self._see_line(mark.start())
        return self._text[slice(*self._line)].strip() == mark[0]

    def skip(self, place: int) -> None:
        """Say that what comes before a place is another text."""
        if self._skips < _MOST_SKIPS:
            self._skips += 1
            self._start, self._line = place, (0, 0)
            if self._found is not None and _around(self._found, place, place) is not None:
                self._found = None

    def _fences(self) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        opened: re.Match[str] | None = None
        for line in each(_FENCE, self._text, self._start):
            is_end = opened is not None and line["mark"].startswith(opened["mark"]) and not line["more"].strip()
            if opened is not None and is_end:
                found.append((opened.start(), line.end("mark")))
                opened = None
            elif opened is None or opened["mark"][0] == line["mark"][0]:
                opened = line  # the one before was never closed
        if opened is not None and not self._is_whole:
            found.append((opened.start(), len(self._text)))
        return found

    def _see_line(self, place: int) -> None:
        """Look at the line of a place, or at what is near in a long one."""
        begin, end = self._line
        if begin <= place < end and (place < end - _NEAR // 2 or self._text[end : end + 1] in {"", "\n"}):
            return
        low, high = max(self._start, place - _NEAR), place + _NEAR
        begin, end = self._text.rfind("\n", low, place) + 1 or low, self._text.find("\n", place, high)
        self._line = begin, min(len(self._text), high) if end < 0 else end
        self._spans = [span.span() for span in _SPAN.finditer(self._text, *self._line)]
        line = self._text[slice(*self._line)].strip()
        self._is_row = line[:1] == line[-1:] == "|" and len(line) > 1


def _around(spans: list[tuple[int, int]], begin: int, end: int) -> tuple[int, int] | None:
    """Return the span that has a place inside, of some that are in order."""
    at = bisect_right(spans, (begin, -1)) - 1
    return spans[at] if at >= 0 and end < spans[at][1] else None
