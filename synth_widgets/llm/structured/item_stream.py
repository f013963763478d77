"""Reads a list of items out of a model's answer while it streams."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from synth_widgets.llm.completer import Request
from synth_widgets.llm.structured.json_text import parse_json
from synth_widgets.llm.structured.reasoning import Unthought
from synth_widgets.llm.structured.repair import mended

_INSIDE = re.compile(r'(?:[^"\\]++|\\.)*+', re.DOTALL)
"""Of a text, all up to its last quotation mark, or up to half an escape."""
_SPACE = re.compile(r"\s*")
_OPENING = re.compile(r"[\[{]")
_PLAIN = re.compile(r'[^"{}\[\],]+')
_HEAD = re.compile(r"\s*(?:```[\w-]*\s*)?")
_CLOSER = {"{": "}", "[": "]"}

SLOW = 32_768
"""Characters of an answer, or of an item, above which reading it takes too long for the engine's thread."""


@dataclass(frozen=True, slots=True)
class Item:
    """One element of the list.

    Attributes:
        raw: its text as the model wrote it.
        value: the JSON value, or ``None`` if there is an error.
        error: why the text is no JSON value, or ``None``.
        is_read: whether value and error are known; a text that takes its time is left to `read`, on a worker.
    """

    raw: str
    value: Any
    error: str | None = None
    is_read: bool = True

    def read(self) -> Item:
        """Return the item with its value or its error."""
        return self if self.is_read else _read(self.raw)


class ItemStream:
    """Yields each element of a list as soon as it is whole.

    The list is the first array under a key ``"items"``, or a bare array. Chatter and code fences before it
    are skipped, whatever follows it is ignored. How the text is cut into chunks changes nothing. An element
    that is no JSON comes with its error, and reading goes on behind it. A text element is whole when the
    comma or bracket after it has come: only then is it sure that its last quotation mark ended it. What begins with
    words may be thoughts, and their drafts no items: it is read when they have ended, or the answer has
    (`synth_widgets.llm.structured.reasoning.Unthought`).

    Args:
        request: what the model was asked.
        most: items after which it is not read on.

    >>> stream = ItemStream()
    >>> [item.value for item in stream.feed('```json {"items": ["a", "b')]
    ['a']
    >>> [item.value for item in stream.feed('c"]}') + stream.end()]
    ['bc']
    """

    def __init__(self, request: Request | None = None, *, most: int = sys.maxsize) -> None:
        self._answer = Unthought(request)
        self._left = most
        self._text = ""
        self._list = _List()
        self._seeker = _Seeker()
        self.found = False
        """Whether the list has begun."""

    @property
    def done(self) -> bool:
        """Whether the list has ended with its bracket, or enough of it has come."""
        return self._list.done or self._left <= 0

    def feed(self, chunk: str) -> list[Item]:
        """Take the next piece of the answer; return the items that it finishes."""
        return [] if self.done else self._read(self._answer.feed(chunk))

    def end(self) -> list[Item]:
        """Say that the answer is over; return the items that are left and whole. A cut one is dropped."""
        if self.done:
            return []
        items = self._read(self._answer.end())
        return items if self.done or not self.found else items + self._list.end()

    def _read(self, chunk: str) -> list[Item]:
        items = list(islice(self._elements(chunk), self._left))
        self._left -= len(items)
        return items

    def _elements(self, chunk: str) -> Iterable[Item]:
        if self.found:
            return self._list.feed(chunk)
        self._text += chunk
        start = self._seeker.find(self._text)
        if start is None:
            return []
        self.found = True
        rest, self._text = self._text[start:], ""
        return self._list.feed(rest)


class _Seeker:
    """Finds where the list's first element may begin. What was read once is not read again."""

    def __init__(self) -> None:
        self._in_head = True
        self._at = 0
        self._object: _Object | None = None

    def find(self, text: str) -> int | None:
        """Return the place behind the list's opening bracket, or ``None`` as long as it has not come.

        Args:
            text: the answer so far; each call brings the same text with more at its end.
        """
        if self._in_head and not self._skip_head(text):
            return None
        if self._in_head and text[self._at] == "[":
            return self._at + 1
        self._in_head = False
        while (opening := _OPENING.search(text, self._at)) is not None:
            start, end = self._begin(text, opening.start())
            if start is not None or end is None:
                self._at = opening.start()
                return start
            self._at = end
            self._object = None
        self._at = len(text)
        return None

    def _skip_head(self, text: str) -> bool:
        """Skip a code fence at the very beginning; tell whether what follows has come."""
        at = _skip_space(text, 0)
        if "```".startswith(begins := text[at : at + 3]) and begins != "```":
            return False
        head = _HEAD.match(text)
        self._at = head.end() if head else 0
        return self._at < len(text)

    def _begin(self, text: str, at: int) -> tuple[int | None, int | None]:
        """Say of a bracket amid chatter where the list begins, else where to go on; twice ``None``: too early."""
        follows = _skip_space(text, at + 1)
        if follows == len(text):
            return None, None
        if text[at] == "[":
            return (at + 1, None) if text[follows] in '"{[' else (None, at + 1)
        if text[follows] != '"':
            return None, at + 1
        self._object = self._object or _Object(at)
        return self._object.items(text)


class _Object:
    """An object amid chatter, which may have the key ``"items"``."""

    def __init__(self, start: int) -> None:
        self._at = start
        self._depth = 0
        self._key = ""
        self._string: int | None = None
        """Where the text begins in which reading stopped."""

    def items(self, text: str) -> tuple[int | None, int | None]:
        """Read on; return the place inside its ``"items": [``, and where the object ended."""
        while self._at < len(text):
            if self._string is not None:
                if not self._rest_of_string(text, self._string):
                    return None, None
                continue
            sign = text[self._at]
            if sign == '"':
                self._string = self._at
                self._at += 1
                continue
            if sign == ":" and self._key == '"items"':
                value = _skip_space(text, self._at + 1)
                if value == len(text):
                    return None, None
                if text[value] == "[":
                    return value + 1, value
            self._depth += (sign in "{[") - (sign in "}]")
            self._at += 1
            if self._depth == 0:
                return None, self._at
            if not sign.isspace():
                self._key = ""
        return None, None

    def _rest_of_string(self, text: str, start: int) -> bool:
        """Read on inside a text, which may be a key; tell whether it ended."""
        self._at = _inside(text, self._at)
        if text[self._at : self._at + 1] != '"':
            return False
        self._at += 1
        self._key, self._string = text[start : self._at], None
        return True


def _skip_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _inside(text: str, at: int) -> int:
    """Return where a text ends that goes on here, or how far it has come."""
    inside = _INSIDE.match(text, at)
    return inside.end() if inside else at


class _List:
    """The elements of an array whose opening bracket has been read."""

    def __init__(self) -> None:
        self.done = False
        self._rest = ""
        self._from = 0
        """Where the element begins that is read now."""
        self._at = 0
        self._open: list[str] = []
        self._in_string = False
        self._broken = False
        """Whether an object or array was whole, but no JSON."""

    def feed(self, chunk: str) -> Iterator[Item]:
        self._rest = self._rest[self._from :] + chunk
        self._at, self._from = self._at - self._from, 0
        return self._elements()

    def end(self) -> list[Item]:
        raw, self._rest, self.done = self._rest[self._from :].strip(), "", True
        if not raw or raw[0] not in '"{[' or self._open:
            return []
        item = _item(raw)
        return [item] if item.error is None else []

    def _elements(self) -> Iterator[Item]:
        """Yield the elements that end in ``_rest``; keep what is left and how far it was read."""
        while self._at < len(self._rest) and not self.done:
            if self._in_string:
                if not self._string():
                    return
            elif plain := _PLAIN.match(self._rest, self._at):
                self._at = plain.end()
            else:
                yield from self._sign(self._rest[self._at])

    def _sign(self, sign: str) -> Iterator[Item]:
        """Read a quotation mark, a bracket or a comma; yield the element that it ends."""
        if sign in "]}," and not self._open:
            yield from self._cut(sign)
            return
        self._at += 1
        if sign == '"':
            self._in_string = True
        elif sign in _CLOSER:
            self._open.append(_CLOSER[sign])
        elif sign != ",":
            opened = self._open.pop()
            if sign == "]" and opened != sign:
                self._at -= 1
                yield from self._cut(sign)  # an object was never closed: the list ends here
            elif not self._open:
                yield from self._whole()

    def _string(self) -> bool:
        """Read on inside a string; tell whether it ended."""
        self._at = _inside(self._rest, self._at)
        if self._rest[self._at : self._at + 1] != '"':
            return False
        self._at += 1
        self._in_string = False
        return True

    def _whole(self) -> Iterator[Item]:
        """Yield what was read if it is a whole object or array: nothing that follows can change it."""
        if self._broken:
            return  # nor can anything mend it
        item = _item(self._rest[self._from : self._at].strip())
        self._broken = item.error is not None
        if not self._broken:
            self._drop(self._at)
            yield item

    def _cut(self, sign: str) -> Iterator[Item]:
        """Yield what stands before a comma or the list's closing bracket, and drop both."""
        raw = self._rest[self._from : self._at].strip()
        self._drop(self._at + 1)
        self.done = sign == "]"
        if raw:
            yield _item(raw)

    def _drop(self, end: int) -> None:
        self._from = self._at = end
        self._open.clear()
        self._broken = False


def _item(raw: str) -> Item:
    return _read(raw) if len(raw) <= SLOW else Item(raw, None, is_read=False)


def _read(raw: str) -> Item:
    value, error = parse_json(raw)
    if error is not None and (almost := mended(raw)) is not None:
        return Item(raw, almost)
    return Item(raw, value, error)
