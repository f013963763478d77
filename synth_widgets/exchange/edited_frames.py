"""A frame of `to_pandas` that comes back edited: whether it is one, and what a person changed in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from synth_widgets.arguments import is_row
from synth_widgets.curation.edits import ABSENT
from synth_widgets.errors import StudioError, warn
from synth_widgets.exchange import metadata
from synth_widgets.exchange.cell_comparison import alike, in_short, is_clear, is_same, untouched
from synth_widgets.exchange.columns import Columns, columns_of, listed
from synth_widgets.exchange.frames import frame as frame_of
from synth_widgets.exchange.rows import Row, Rows, is_frame, parsed, rows_of
from synth_widgets.exchange.sample_frame import is_as_taken
from synth_widgets.jsonable import plain
from synth_widgets.records import ROOT, Json, Sample
from synth_widgets.store.state import State
from synth_widgets.task import Task
from synth_widgets.text.normal import same

ID_LENGTH = 10
METADATA = ("topic", "status", "stars", "tags", "split")
VERDICTS = ("kept", "rejected", "draft")
PROVENANCE = ("session", "model", "created", "cost", "tokens")
"""Columns that tell where a sample came from: nothing that a person could change."""


@dataclass(frozen=True, slots=True)
class EditedFrame:
    """A frame that came back.

    Attributes:
        ids: of the samples, a row each.
        rows: its cells.
        moment: the moment at which it was taken, as far as it still knows.
        is_exact: whether it is the frame that was given out, edited with pandas. Else it came from a file or by way of
            another library, which change cells by themselves.
    """

    ids: list[str]
    rows: Rows
    moment: str | None
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields of an object that got other values; ``ABSENT`` for those that were taken away."""

    changed: Mapping[str, Json]

    def on(self, value: Json) -> Json:
        """Return an object with these fields; ``None`` when nothing is left of it."""
        whole = dict(value) if isinstance(value, dict) else {}
        for name, new in self.changed.items():
            if new is ABSENT:
                whole.pop(name, None)
            else:
                whole[name] = new
        return whole or None


@dataclass(frozen=True, slots=True)
class RowEdit:
    """What a person changed in one row.

    Attributes:
        parts: new values of ``input`` and ``output``, by field where the frame had a column for each.
        metadata: new topic, status, stars, tags and split.
        problem: a cell that is no JSON, in words.
    """

    id: str
    parts: Mapping[str, Json | Fields] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None


def edited_frame(data: Any, task: Task) -> EditedFrame:
    """Return what came back, or raise when it cannot have come from `to_pandas`.

    Args:
        data: a frame or one row of it, another library's table, or records.
        task: the task whose columns it has.
    """
    if is_row(data):
        attrs = data.attrs
        data = data.to_frame().T.rename_axis("id")  # a row is named by the sample
        data.attrs = attrs
    expected = "update() takes back a DataFrame of to_pandas()"
    if not is_frame(data):
        try:
            rows = rows_of(data)
        except StudioError:
            raise StudioError(f"{expected}, not {type(data).__name__}.") from None
        if "id" not in rows.columns:
            raise StudioError(f"{expected}, or a table with the column 'id'. Columns: {listed(rows.columns)}.")
        return EditedFrame(_ids(row.get("id") for row in rows.rows), rows, None, is_exact=False)
    frame = data.set_index("id") if data.index.name != "id" and "id" in data.columns else data
    if frame.index.name != "id":
        raise StudioError(
            "The index of a frame must be the samples' ids, as to_pandas() gives it (its name is "
            f"{frame.index.name!r}, not 'id'). Did reset_index() move it? set_index('id') brings it back."
        )
    attrs = getattr(frame, "attrs", {})
    schemas = {"input_schema": task.input and task.input.json, "output_schema": task.output and task.output.json}
    if any(key in attrs and not same(attrs[key], schema) for key, schema in schemas.items()):
        raise StudioError("The task's schemas changed after this frame was taken. Take it again: studio.to_pandas().")
    moment = attrs.get("taken")
    return EditedFrame(
        _ids(frame.index), rows_of(frame), moment if isinstance(moment, str) else None, is_as_taken(frame)
    )


def _ids(cells: Iterable[Any]) -> list[str]:
    """Return ids as text: a table takes one of digits alone for a number."""
    ids = [f"{value:0{ID_LENGTH}d}" if isinstance(value := plain(cell), int) else str(value) for cell in cells]
    if twice := [ident for ident, times in Counter(ids).items() if times > 1]:
        raise StudioError(f"The sample {twice[0]!r} is there twice. Drop one: df[~df.index.duplicated()].")
    return ids


def edits_of(back: EditedFrame, state: State, task: Task, base: Sequence[Sample]) -> list[RowEdit]:
    """Return what a person changed, by comparing each cell with what `to_pandas` makes of the samples.

    Warns of cells that a file or another library may have changed as well as a person: their samples stay as they are.

    Args:
        back: what came back.
        state: where topics and calls are looked up.
        task: the task whose columns it has.
        base: the samples as they stood when it was taken, in its order.
    """
    rows = back.rows
    parts = {
        part: columns
        for part, schema in (("input", task.input), ("output", task.output))
        if (columns := columns_of(part, None, schema, rows.columns)) is not None
    }
    flatten = not any(columns.whole is not None and columns.schema is not None for columns in parts.values())
    old_rows = rows_of(frame_of(state, task, base, flatten=flatten))
    own = {name for columns in parts.values() for name in columns.names}
    watched = [name for name in rows.columns if name in own or name in {*METADATA, *PROVENANCE}]
    unclear: list[tuple[str, Hashable, Any]] = []
    provenance: set[Hashable] = set()
    edits = []

    def is_topic(name: str) -> bool:
        return state.child(ROOT, name) is not None

    for ident, row, old in zip(back.ids, rows.rows, old_rows.rows, strict=True):
        changed = {name: row.get(name) for name in watched if not untouched(row.get(name), old.get(name))}
        if not back.is_exact:
            changed, doubtful = _sorted_out(changed, old, own)
            unclear += [(ident, name, old.get(name)) for name in doubtful]
        provenance |= {name for name in changed if name in PROVENANCE and not _equal(changed[name], old[name])}
        if changed and (edit := _edit_of_row(ident, changed, old, parts, is_topic)):
            edits.append(edit)
    _warn_of_what_is_unclear(unclear)
    if provenance:
        warn(
            f"{', '.join(name for name in PROVENANCE if name in provenance)} tell where samples came from and are "
            "not taken back: what differs there stays as it is in the studio."
        )
    return edits


def _edit_of_row(
    ident: str, changed: Row, base: Row, parts: Mapping[str, Columns], is_topic: metadata.IsTopic
) -> RowEdit | None:
    """Compare a row with what it was when it was taken; ``None`` where nothing differs.

    Args:
        ident: the sample's id.
        changed: the cells that are not `untouched`.
        base: all cells as they were.
        parts: the columns of input and output.
        is_topic: see `metadata.IsTopic`.

    Raises:
        StudioError: a topic, status, star, tag or split is none; it names the row.
    """
    values: dict[str, Json | Fields] = {}
    row = {**base, **changed}
    try:
        for part, columns in parts.items():
            if columns.names.isdisjoint(changed):
                continue
            if (new := _new_value(columns, row, base)) is not ABSENT:
                values[part] = new
    except ValueError as error:
        return RowEdit(ident, problem=str(error))
    new_metadata = {}
    for name in METADATA:
        if name not in changed:
            continue
        new = metadata.read(name, row, ident, is_topic)
        if new != metadata.read(name, base, ident, is_topic):
            new_metadata[name] = new
    if "status" in new_metadata and new_metadata["status"] not in VERDICTS:
        raise StudioError(
            f"Row {ident!r}, column 'status': a person's verdicts are kept, rejected and draft (which takes a verdict "
            f"back), not {new_metadata['status']!r}."
        )
    return RowEdit(ident, values, new_metadata) if values or new_metadata else None


def _new_value(columns: Columns, row: Row, base: Row) -> Json | Fields:
    """Return what a part became: a whole value, some fields, or ``ABSENT`` where it did not change."""
    if columns.whole is not None:
        new, old = columns.read(row), columns.read(base)
        return ABSENT if alike(new, old) else new
    new, old = columns.cells(row), columns.cells(base)
    extra, old_extra = columns.undeclared(row), columns.undeclared(base)
    before = {**old, **old_extra}
    changed = {n: v for n, v in {**new, **extra}.items() if not alike(v, before.get(n, ABSENT))}
    for name in [n for n, v in changed.items() if v == "" and before.get(n, ABSENT) is ABSENT]:
        del changed[name]  # a cell that was missing comes back from CSV as an empty one
    changed |= {n: ABSENT for n in old_extra if n not in extra and n not in new}
    return Fields(changed) if changed else ABSENT


def _sorted_out(
    changed: Mapping[Hashable, Any], old_row: Row, own: Container[Hashable]
) -> tuple[dict[Hashable, Any], list[Hashable]]:
    """Return the cells that a person must have changed, and the names of those of which nobody can say."""
    edited: dict[Hashable, Any] = {}
    doubtful = []
    for name, new in changed.items():
        old = old_row.get(name)
        if not is_same(new, old):
            edited[name] = _in_kind(new, old) if name in own else new
        elif name not in PROVENANCE and not is_clear(new, old):
            doubtful.append(name)
    return edited, doubtful


def _in_kind(new: Any, old: Any) -> Any:
    """Return a text as what it spells where something of that kind stood: a list stays one in a field of any type."""
    if not isinstance(new, str) or isinstance(old, str):
        return new
    value = parsed(new)
    kinds: tuple[Any, ...] = (list | dict | tuple, bool, int | float)
    return value if any(isinstance(value, kind) and isinstance(old, kind) for kind in kinds) else new


def _warn_of_what_is_unclear(unclear: Sequence[tuple[str, Hashable, Any]]) -> None:
    if unclear:
        ident, name, old = unclear[0]
        warn(
            f"{len(unclear):,} cells came back in another form than they were given out, which files and spreadsheets "
            "do by themselves and a person may have done. They stay as they are in the studio, such as "
            f"{in_short(old)} in {name!r} of {ident!r}; studio.edit() changes them all the same. "
            "pd.read_csv(path, index_col='id', dtype=str, keep_default_na=False) reads texts as they are."
        )


def _equal(a: Any, b: Any) -> bool:
    try:
        return alike(plain(a), plain(b))
    except ValueError:
        return False
