"""The samples as a table in a file: CSV and Parquet, with the columns of `to_pandas`.

What is no plain value (a topic's path, tags, lists, objects) is JSON text in CSV. Parquet keeps topic and tags as
lists of text; lists and objects in fields are JSON text there too, so that a column has one type whatever its rows
hold. `Studio.add_samples` reads both back.

Values are written as they are. A text that begins with ``=``, ``+``, ``-`` or ``@`` is not changed, because the file
is data for training: import a CSV file into a spreadsheet with its columns set to text.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any

from synth_widgets.errors import StudioError
from synth_widgets.exchange.frames import frame as frame_of
from synth_widgets.records import Sample
from synth_widgets.store.state import State
from synth_widgets.task import Task
from synth_widgets.text.normal import storable

if TYPE_CHECKING:
    import pandas as pd

PARQUET_NEEDED = (
    'Parquet files need the package pyarrow: pip install "synth-widgets[parquet]". CSV (.csv) and chat (.jsonl) files '
    "need nothing."
)
LISTS = ("topic", "tags")


def write_csv(state: State, task: Task, samples: Sequence[Sample], file: IO[bytes]) -> None:
    """Write the frame of `to_pandas` as CSV (RFC 4180, UTF-8); an empty cell is a missing value."""
    frame = frame_of(state, task, samples)
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)  # pandas' own leaves a lone carriage return unquoted
    writer.writerow([frame.index.name, *frame.columns])
    columns = [_cells(frame[name]) for name in frame.columns]
    writer.writerows(zip(frame.index, *columns, strict=True))
    text.detach()


def write_parquet(state: State, task: Task, samples: Sequence[Sample], file: IO[bytes]) -> None:
    """Write the frame of `to_pandas` as Parquet; ``frame.attrs`` go along as its metadata.

    Raises:
        StudioError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise StudioError(PARQUET_NEEDED) from None
    frame = frame_of(state, task, samples)
    flat = frame.copy()
    for name in frame.columns:
        if name in LISTS:
            flat[name] = frame[name].map(list)
        elif frame[name].dtype == object:
            flat[name] = [_json(value) for value in frame[name]]
    lists = {name: pa.list_(pa.string()) for name in LISTS}
    texts = {name: pa.string() for name in frame.columns if frame[name].dtype == object and name not in LISTS}
    texts["id"] = pa.string()  # pandas before 3 has no type for the index of an empty frame
    schema = pa.Schema.from_pandas(flat)
    fields = [field.with_type({**lists, **texts}.get(field.name, field.type)) for field in schema]
    table = pa.Table.from_pandas(flat, schema=pa.schema(fields))
    attrs = json.dumps(frame.attrs).encode()
    about = {b"synth_widgets": attrs, b"PANDAS_ATTRS": attrs}  # the second is where every pandas looks for them
    pq.write_table(table.replace_schema_metadata({**(table.schema.metadata or {}), **about}), file)


def _cells(column: pd.Series[Any]) -> list[Any]:
    """Return a column's cells as CSV writes them; ``None`` for what is missing."""
    if column.dtype == object:
        return [_json(value) for value in column]
    if str(column.dtype).startswith("datetime"):
        return [None if missing else value.isoformat() for value, missing in zip(column, column.isna(), strict=True)]
    return [None if missing else storable(v) for v, missing in zip(column.tolist(), column.isna(), strict=True)]


def _json(value: Any) -> str | None:
    """Return text as it is and any other value as JSON, ``None`` as it is."""
    if value is None:
        return None
    return str(storable(value)) if isinstance(value, str) else json.dumps(storable(_plain(value)), ensure_ascii=False)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
