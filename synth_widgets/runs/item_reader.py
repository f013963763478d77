"""The items of one answer while it comes, read in steps that hold nobody up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from synth_widgets.engine import Engine
from synth_widgets.llm.completer import Answer, Request
from synth_widgets.llm.structured import Item, ItemStream
from synth_widgets.runs.vetting import patiently
from synth_widgets.text.normal import storable

PART = 4_096
"""Characters that are read in one go, of what comes all at once; if no item ends in them, twice as many next time."""
LONGEST_PART = 2**18
MORE = 64
"""Items beyond those that were asked for that are looked at: some of the first may be repeats."""


class ItemReader:
    """Reads the items of an answer and hands each on as soon as it is whole.

    Args:
        request: what was asked.
        asked: how many items.
        wanted: whether more of them are.
        take: takes an item, and the text of the answer so far.

    Attributes:
        heard: the pieces of text so far.
        found: items so far.
    """

    def __init__(
        self, request: Request, *, asked: int, wanted: Callable[[], bool], take: Callable[[Item, str], None]
    ) -> None:
        self.heard: list[str] = []
        self.found = 0
        self._stream = ItemStream(request)
        self._most = asked + MORE
        self._wanted = wanted
        self._take = take
        self._late: list[str] = []
        """What came in large pieces, and all after it: it is read once all has come."""

    @property
    def text(self) -> str:
        """The text of the answer so far."""
        return "".join(self.heard)

    def on_text(self, piece: str) -> None:
        """Take the next piece of the answer."""
        piece = str(storable(piece))
        self.heard.append(piece)
        if self._late or len(piece) > PART:
            self._late.append(piece)
        elif self._wanted():
            self.take(self._stream.feed(piece))

    def take(self, items: Iterable[Item]) -> None:
        """Hand items on, as long as they are wanted."""
        for item in items:
            self.found += 1
            if self.found > self._most or not self._wanted():
                return
            self._take(item, self.text)

    async def finish(self, engine: Engine, answer: Answer) -> None:
        """Read what is left of an answer that has come to its end."""
        left, at, size = "".join(self._late) if self.heard else answer.text, 0, PART
        self.heard = self.heard or [answer.text]
        while at < len(left) and self._wanted() and not self._stream.done:
            items = self._stream.feed(left[at : at + size])
            at, size = at + size, PART if items else min(2 * size, LONGEST_PART)
            self.take(items)
            await asyncio.sleep(0)
        self.take(await patiently(engine, len(answer.text), self._stream.end))
