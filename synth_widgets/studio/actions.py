"""One action of a person on many things: one step to undo, done in slices between which others have their turn.

Ten thousand verdicts take a second. Were they one commit, no job, no view and no other command would go on meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from synth_widgets.engine import Engine
from synth_widgets.records import Json
from synth_widgets.store.changes import Change
from synth_widgets.store.state import Group
from synth_widgets.store.store import SLICE, Action, Store
from synth_widgets.store.undo import by_record
from synth_widgets.text.shown import short_repr

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Undone:
    """What undo or redo did.

    Attributes:
        label: the action's.
        skipped: fields that later changes had taken over.
        sample: the id of the sample that the action was about; ``None`` where it was about several, or about none.
    """

    label: str
    skipped: tuple[str, ...] = ()
    sample: str | None = None

    __repr__ = short_repr


class Actions:
    """Carries out what a person does in one studio file, and takes it back. On the engine's thread.

    Attributes:
        lock: held by what makes or undoes a step of many commits.
    """

    def __init__(self, store: Store, engine: Engine) -> None:
        self._store = store
        self._engine = engine
        self.lock = asyncio.Lock()

    async def carry_out(
        self,
        things: Sequence[T],
        changes_of: Callable[[Sequence[T]], Iterable[Change | None]],
        label: Callable[[], str],
        *,
        check: Callable[[Sequence[T]], object] = lambda _part: None,
        prefetch: Callable[[Sequence[T]], Awaitable[object]] | None = None,
    ) -> None:
        """Change things as one step.

        Args:
            things: what it is about, such as ids.
            changes_of: makes the changes of some of the things from the state as it is then; called slice by slice.
            label: names the step, as far as it is done.
            check: raises when something is wrong with some of the things. All are checked before any is changed.
            prefetch: finds out on a worker what the changes of a slice need to know, right before they are made.
        """
        if len(things) <= SLICE and prefetch is None:
            check(things)
            changes = list(changes_of(things))
            self._store.commit(changes, label=label())
            return
        async with self.lock:  # who wants to undo it waits until it is whole
            for part in slices(things):
                check(part)
                await asyncio.sleep(0)
            action = Action()
            for part in slices(things):
                if prefetch is not None:
                    await prefetch(part)
                changes = list(changes_of(part))
                self._store.commit(changes, label=label(), action=action)
                await asyncio.sleep(0)

    async def undo(self) -> Undone | None:
        """Take the newest action back; ``None`` when there is none, or it has gone on meanwhile."""
        async with self.lock:
            group = self._store.state.next_undo()
            return None if group is None else await self._step(group, is_undo=True)

    async def redo(self) -> Undone | None:
        """Make the last undone action again; ``None`` when there is none, or something else was done meanwhile."""
        async with self.lock:
            group = self._store.state.next_redo()
            return None if group is None else await self._step(group, is_undo=False)

    async def _step(self, group: Group, *, is_undo: bool) -> Undone | None:
        store = self._store
        await asyncio.wrap_future(store.saved())  # what the file refused has no entries to go by
        parts = await self._logged(group)
        if not store.state.can_step(group.id, is_undo=is_undo):
            return None
        if not is_undo:
            parts.reverse()
        skipped: list[str] = []
        about: set[str] = set()
        while parts:  # from the end: what was done last is undone first; and what was read is freed bit by bit
            steps = [entry for record in parts.pop() for entry in record]
            skipped += (store.undo(steps, group) if is_undo else store.redo(steps, group)).skipped
            about |= {ident for kind, ident, *_ in steps if kind == "sample"}
            await asyncio.sleep(0)
        return Undone(group.label, tuple(skipped), about.pop() if len(about) == 1 else None)

    async def _logged(self, group: Group) -> list[Sequence[list[list[Json]]]]:
        """Return the log entries of a group by record, in slices."""
        entries = await asyncio.wrap_future(self._store.entries(group))
        return await self._engine.on_worker(lambda: list(slices(by_record(entries))))


def slices(things: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut things into slices; of none, there is one."""
    for start in range(0, max(1, len(things)), SLICE):
        yield things[start : start + SLICE]
