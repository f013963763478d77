"""A person's own data as rows: a frame or records, whatever library they come from."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from synth_widgets.errors import StudioError

MOST = 200_000
EXPECTED = "a DataFrame, or a list of dicts such as [{'input': 'Where is my parcel?', 'output': 'On its way.'}]"


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of named cells.

    Attributes:
        columns: their names, in order.
        labels: what each row is called in a message: its index label or position.
        rows: the cells by column; a column that a row does not have is missing.
    """

    columns: tuple[Hashable, ...]
    labels: tuple[Any, ...]
    rows: tuple[Mapping[Hashable, Any], ...]


def rows_of(data: Any) -> Rows:
    """Return the rows of a DataFrame (of pandas, or what turns into one) or of a list of dicts.

    Raises:
        StudioError: it is neither, names a column twice, or has too many rows.

    >>> rows_of([{"input": "Hello"}, {"input": "Bye", "topic": "Ends"}]).columns
    ('input', 'topic')
    """
    if hasattr(data, "to_pandas") and not hasattr(data, "iloc"):
        data = data.to_pandas()
    found = _of_frame(data) if hasattr(data, "iloc") and hasattr(data, "columns") else _of_records(data)
    if len(found.rows) > MOST:
        raise StudioError(f"{len(found.rows):,} rows at once are too many; at most {MOST:,}.")
    return found


def _of_frame(frame: Any) -> Rows:
    columns = tuple(frame.columns)
    if twice := next((c for c in columns if columns.count(c) > 1), None):
        raise StudioError(f"The column {twice!r} is there twice. Rename or drop one.")
    cells = [frame[column].tolist() for column in columns]
    rows = tuple(dict(zip(columns, row, strict=True)) for row in zip(*cells, strict=True)) if columns else ()
    return Rows(columns, tuple(frame.index), rows)


def _of_records(records: Any) -> Rows:
    if isinstance(records, Mapping | str | bytes) or not isinstance(records, Iterable):
        raise StudioError(f"Samples are given as {EXPECTED}, not as {type(records).__name__}.")
    rows = tuple(records)
    if wrong := next((row for row in rows if not isinstance(row, Mapping)), None):
        raise StudioError(f"Samples are given as {EXPECTED}; a row is no {type(wrong).__name__}.")
    return Rows(tuple(dict.fromkeys(name for row in rows for name in row)), tuple(range(len(rows))), rows)
