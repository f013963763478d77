"""A frame that comes back: whether it is one of `to_pandas`, and what differs from how it was taken."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from synth_widgets.errors import StudioError
from synth_widgets.export.frames import frame as frame_of
from synth_widgets.intake.cells import parsed, plain
from synth_widgets.intake.columns import columns_of
from synth_widgets.intake.edits import MARKS, NOT_TAKEN, Wish, alike, untouched, wish_of
from synth_widgets.intake.rows import Rows, rows_of
from synth_widgets.records import Sample
from synth_widgets.store.state import State
from synth_widgets.task import Task
from synth_widgets.text.normal import same

if TYPE_CHECKING:
    import pandas as pd


def checked(df: Any, task: Task) -> pd.DataFrame:
    """Return the frame with the ids as its index, or raise when it cannot have come from `to_pandas`."""
    if not (hasattr(df, "iloc") and hasattr(df, "columns")):
        raise StudioError(f"update() takes back a DataFrame of to_pandas(), not {type(df).__name__}.")
    frame: pd.DataFrame = df
    if frame.index.name != "id" and "id" in frame.columns:
        frame = frame.set_index("id")
    if not frame.index.is_unique:
        twice = frame.index[frame.index.duplicated()][0]
        raise StudioError(f"The sample {twice!r} is there twice. Drop one: df[~df.index.duplicated()].")
    schemas = {"input_schema": task.input and task.input.json, "output_schema": task.output and task.output.json}
    if any(key in frame.attrs and not same(frame.attrs[key], schema) for key, schema in schemas.items()):
        raise StudioError("The task's schemas changed after this frame was taken. Take it again: studio.to_pandas().")
    return frame


def wishes_of(df: pd.DataFrame, state: State, task: Task, base: Sequence[Sample]) -> list[Wish]:
    """Return what a person changed, by comparing each cell with what `to_pandas` makes of the samples.

    Args:
        df: the frame, with the ids as its index.
        state: where topics and calls are looked up.
        task: the task whose columns it has.
        base: the samples as they stood when it was taken, in its order.
    """
    given = rows_of(df)
    parts = {
        part: columns
        for part, schema in (("input", task.input), ("output", task.output))
        if (columns := columns_of(part, None, schema, given.columns)) is not None
    }
    flatten = not any(columns.whole is not None and columns.schema is not None for columns in parts.values())
    old = rows_of(frame_of(state, task, base, flatten=flatten))
    there = [name for name in MARKS if name in given.columns]
    _warn_of_what_is_not_taken(given, old)
    pairs = zip(base, given.rows, old.rows, strict=True)
    wishes = (wish_of(sample.id, row, known, parts, there) for sample, row, known in pairs)
    return [wish for wish in wishes if wish is not None]


def _warn_of_what_is_not_taken(given: Rows, old: Rows) -> None:
    changed = [
        name
        for name in NOT_TAKEN
        if name in given.columns
        and any(not _equal(row.get(name), known[name]) for row, known in zip(given.rows, old.rows, strict=True))
    ]
    if changed:
        warnings.warn(
            f"{', '.join(changed)} tell where samples came from and are not taken back: what differs there stays as it "
            "is in the studio.",
            stacklevel=4,
        )


def _equal(a: Any, b: Any) -> bool:
    if untouched(a, b):
        return True
    if isinstance(a, str) and not isinstance(b, str):  # from CSV
        a = parsed(a) if a else None
    try:
        return alike(plain(a), plain(b))
    except ValueError:
        return False
