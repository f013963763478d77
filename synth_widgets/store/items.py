"""The open work items of one job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from synth_widgets.records import Step, WorkItem

Key = tuple[str, str, int]

PARTS = 64


class OpenItems(Mapping[Key, WorkItem]):
    """Open items by key, and how many there are for each step and target.

    A mapping in parts: one dictionary that grows to a million is laid out anew in one go, which holds the engine for 40
    milliseconds. The items of one step and target stand together, in the order in which they came.

    >>> items = OpenItems()
    >>> items.put(WorkItem("job", "inputs", "topic", 0))
    >>> len(items), items.count("inputs", "topic"), [item.ordinal for item in items.values()]
    (1, 1, [0])
    """

    __slots__ = ("_count", "_slots", "parts")

    def __init__(self) -> None:
        self.parts: list[dict[Key, WorkItem]] = [{} for _ in range(PARTS)]
        self._count = 0
        self._slots: Counter[tuple[str, str]] = Counter()
        """Of outputs there is one a target, so that they need not be counted."""

    def put(self, item: WorkItem) -> None:
        """Insert an item."""
        key = item.key
        part = self._part(key)
        if key not in part:
            self._count += 1
            if item.step != "outputs":
                self._slots[item.step, item.target] += 1
        part[key] = item

    def drop(self, item: WorkItem) -> None:
        """Take an item away that is no longer open."""
        key = item.key
        if self._part(key).pop(key, None) is not None:
            self._count -= 1
            if item.step != "outputs":
                self._slots[item.step, item.target] -= 1

    def count(self, step: Step, target: str) -> int:
        """Return how many are open for a step of a topic or of a sample."""
        return int((step, target, 0) in self) if step == "outputs" else self._slots[step, target]

    def values(self) -> Iterable[WorkItem]:  # type: ignore[override]
        """Return the items. Another thread takes them in one go: ``tuple(items.values())``."""
        return chain.from_iterable(map(dict.values, self.parts))

    def __getitem__(self, key: Key) -> WorkItem:
        return self._part(key)[key]

    def get(self, key: Key, default: WorkItem | None = None) -> WorkItem | None:  # type: ignore[override]
        """Return the item of a key, or a default."""
        return self._part(key).get(key, default)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, tuple) and key in self._part(key)

    def _part(self, key: tuple[object, ...]) -> dict[Key, WorkItem]:
        return self.parts[hash(key[:2]) % PARTS]

    def __iter__(self) -> Iterator[Key]:
        return chain.from_iterable(self.parts)

    def __len__(self) -> int:
        return self._count
