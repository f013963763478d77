"""The items of one answer while it comes, read in steps that hold nobody up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from synth_widgets.generation.attempts import patiently
from synth_widgets.generation.objections import Elsewhere
from synth_widgets.llm.completer import Answer, Request
from synth_widgets.llm.structured.extract import Item, ItemStream
from synth_widgets.llm.structured.reasoning import apart
from synth_widgets.text.normal import storable

PART = 4_096
"""Characters that are read as they come; in larger pieces there may be too much to read."""
LONGEST_PART = 2**18
"""Characters that a worker reads before it is looked whether more items are wanted."""
MORE = 64
"""Items beyond those that were asked for that are looked at: some of the first may be repeats."""


class ItemReader:
    """Reads the items of an answer and hands each on as soon as it is whole.

    Args:
        request: what was asked.
        asked: how many items.
        wanted: whether more of them are.
        take: takes an item, the text of the answer so far, and which item of it this is, from 1.

    Attributes:
        heard: the pieces of text so far.
        found: items so far.
        handed: those that were handed on.
    """

    def __init__(
        self, request: Request, *, asked: int, wanted: Callable[[], bool], take: Callable[[Item, str, int], None]
    ) -> None:
        self.heard: list[str] = []
        self.found = 0
        self.handed: list[Item] = []
        self._request = request
        self._most = asked + MORE
        self._stream = ItemStream(request, most=self._most)
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
            if not self._wanted():
                return
            self.handed.append(item)
            self._take(item, self.text, self.found)

    async def finish(self, on_worker: Elsewhere, answer: Answer) -> None:
        """Read what is left of an answer that has come to its end."""
        left = "".join(self._late) if self.heard else answer.text
        self.heard = self.heard or [answer.text]
        for at in range(0, len(left), LONGEST_PART):
            if not self._wanted() or self._stream.done:
                break
            part = left[at : at + LONGEST_PART]
            self.take(await patiently(on_worker, len(part), partial(self._stream.feed, part)))
        left = left or self.text
        self.take(await patiently(on_worker, len(left), self._stream.end))

    async def drafts(self, on_worker: Elsewhere) -> tuple[set[str], list[Item]]:
        """Return the texts of items that thoughts held after all, and the items that the answer behind them has.

        What begins as JSON is handed on at once. If thoughts end behind it, it was a draft.
        """
        text = self.text

        def read() -> list[Item] | None:
            said, thought = apart(text, self._request)
            if thought is None:
                return None
            stream = ItemStream(self._request, most=self._most)
            return stream.feed(said) + stream.end()

        items = await patiently(on_worker, len(text), read) if self.handed else None
        if items is None:
            return set(), []
        final, handed = {item.raw for item in items}, {item.raw for item in self.handed}
        return handed - final, [item for item in items if item.raw not in handed]
