"""One action of a person on many things: one step to undo, done in slices between which others have their turn.

Ten thousand verdicts take a second. Were they one commit, no job, no view and no other command would go on meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import TypeVar, cast

from synth_widgets.curation import verdicts
from synth_widgets.records import Json, Sample
from synth_widgets.store.changes import Change, by_record
from synth_widgets.store.state import Group
from synth_widgets.store.store import SLICE, Action
from synth_widgets.studio.core import Core, Undone

T = TypeVar("T")
R = TypeVar("R")


def carry_out(
    core: Core,
    things: Sequence[T],
    changes_of: Callable[[Sequence[T]], Iterable[Change | None]],
    label: Callable[[], str],
    *,
    check: Callable[[Sequence[T]], object] = lambda _part: None,
    look: Callable[[Sequence[T]], Awaitable[object]] | None = None,
    result: R,
) -> R:
    """Change things as one step. On the engine's thread.

    Args:
        core: whose they are.
        things: what it is about, such as ids.
        changes_of: makes the changes of some of the things from the state as it is then; called slice by slice.
        label: names the step, as far as it is done.
        check: raises when something is wrong with some of the things. All are checked before any is changed.
        look: finds out on a worker what the changes of a slice need to know, right before they are made.
        result: what to return in the end.

    Returns:
        ``result``; of more than one slice, or with ``look``, a coroutine that returns it.
    """
    if len(things) > SLICE or look is not None:
        return cast(R, _in_slices(core, things, changes_of, label, check=check, look=look, result=result))
    check(things)
    changes = list(changes_of(things))
    core.store.commit(changes, label=label())
    return result


async def _in_slices(
    core: Core,
    things: Sequence[T],
    changes_of: Callable[[Sequence[T]], Iterable[Change | None]],
    label: Callable[[], str],
    *,
    check: Callable[[Sequence[T]], object],
    look: Callable[[Sequence[T]], Awaitable[object]] | None,
    result: R,
) -> R:
    async with core.turning:  # who wants to undo it waits until it is whole
        for part in slices(things):
            check(part)
            await asyncio.sleep(0)
        action = Action()
        for part in slices(things):
            if look is not None:
                await look(part)
            changes = list(changes_of(part))
            core.store.commit(changes, label=label(), action=action)
            await asyncio.sleep(0)
    return result


def on_samples(
    core: Core,
    ids: Sequence[str],
    changes_of: Callable[[list[Sample]], Iterable[Change | None]],
    label: Callable[[], str],
    *,
    look: Callable[[Callable[[], list[Sample]]], Awaitable[object]] | None = None,
    result: R,
) -> R:
    """Change samples as one step, as `carry_out` does. One that is not there raises, and nothing is changed.

    Args:
        core: whose they are.
        ids: of the samples.
        changes_of: makes the changes of some of them; called slice by slice.
        label: names the step, as far as it is done.
        look: see `carry_out`; it gets what returns the samples of a slice as they are then.
        result: what to return in the end.

    Raises:
        UnknownIdError: there is no such sample.
    """
    state = core.state

    def samples(part: Sequence[str]) -> list[Sample]:
        found = (state.samples[ident] for ident in part)
        return [sample for sample in found if state.is_visible(sample)]

    return carry_out(
        core,
        ids,
        lambda part: changes_of(samples(part)),
        label,
        check=lambda part: verdicts.find(state, part),
        look=None if look is None else lambda part: look(lambda: samples(part)),
        result=result,
    )


async def undo(core: Core) -> Undone | None:
    """Take the newest action back; ``None`` when there is none, or it has gone on meanwhile."""
    async with core.turning:
        group = core.state.next_undo()
        return None if group is None else await _turn(core, group, is_undo=True)


async def redo(core: Core) -> Undone | None:
    """Make the last action that was undone again; ``None`` when there is none, or something else was done meanwhile."""
    async with core.turning:
        group = core.state.next_redo()
        return None if group is None else await _turn(core, group, is_undo=False)


async def _turn(core: Core, group: Group, *, is_undo: bool) -> Undone | None:
    store = core.store
    await asyncio.wrap_future(store.saved())  # what the file refused has no entries to turn by
    parts = await _logged(core, group)
    if not store.state.can_turn(group.id, is_undo=is_undo):
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


async def _logged(core: Core, group: Group) -> list[Sequence[list[list[Json]]]]:
    """Return the log entries of a group by record, in slices."""
    entries = await asyncio.wrap_future(core.store.entries(group))
    return await core.engine.on_worker(lambda: list(slices(by_record(entries))))


def slices(things: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut things into slices; of none, there is one."""
    for start in range(0, max(1, len(things)), SLICE):
        yield things[start : start + SLICE]
