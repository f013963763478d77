"""Server-sent events: bytes in, the events' data out."""

from __future__ import annotations

import re

_LINE_END = re.compile(rb"\r\n|\n|\r")


class EventReader:
    r"""Reads the ``data`` of server-sent events from chunks that may be cut anywhere.

    Lines may end in CR, LF or CRLF; comments and other fields are skipped; several ``data`` lines of one
    event are joined by a line feed. Some endpoints leave out the empty line between events: a ``data`` line that
    begins a JSON object begins an event.

    >>> reader = EventReader()
    >>> reader.feed(b'data: {"a"')
    []
    >>> reader.feed(b': 1}\r\n\r\ndata: [DONE]\n\n')
    ['{"a": 1}', '[DONE]']
    """

    def __init__(self) -> None:
        self._rest = b""
        self._searched = 0
        """So many bytes of the rest hold no end of a line: a long one is not searched again with each piece of it."""
        self._data: list[bytes] = []
        self._started = False

    def feed(self, chunk: bytes) -> list[str]:
        """Take the next bytes; return the data of every event that they finish."""
        self._rest += chunk
        if not self._started:
            if len(self._rest) < 3 and b"\xef\xbb\xbf".startswith(self._rest):
                return []
            self._rest = self._rest.removeprefix(b"\xef\xbb\xbf")
            self._started = True
        found: list[str] = []
        at, search = 0, self._searched
        while (end := _LINE_END.search(self._rest, search)) is not None:
            if end.group() == b"\r" and end.end() == len(self._rest):
                break  # the LF of a CRLF may still come
            self._line(self._rest[at : end.start()], found)
            at = search = end.end()
        self._rest = self._rest[at:]
        self._searched = len(self._rest) - self._rest.endswith(b"\r")
        return found

    def end(self) -> list[str]:
        """Say that no more bytes come; return the data of an event whose last empty line is missing."""
        found: list[str] = []
        rest, self._rest, self._searched = self._rest.removesuffix(b"\r"), b"", 0
        self._line(rest, found)
        self._line(b"", found)
        return found

    def _line(self, line: bytes, found: list[str]) -> None:
        if not line:
            self._flush(found)
        elif line.startswith(b"data:"):
            value = line[5:].removeprefix(b" ")
            if self._data and (value.startswith(b"{") or value == b"[DONE]"):
                self._flush(found)  # a new value: the empty line between was left out
            self._data.append(value)

    def _flush(self, found: list[str]) -> None:
        if self._data:
            found.append(b"\n".join(self._data).decode("utf-8", "replace"))
            self._data = []
