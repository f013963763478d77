"""A person's own data as rows of cells: a frame, a table or records, whatever library they come from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synth_widgets.errors import StudioError
from synth_widgets.exchange.literals import literal
from synth_widgets.jsonable import is_missing, plain
from synth_widgets.records import Json

MOST = 200_000
EXPECTED = "a DataFrame, or a list of dicts such as [{'input': 'Where is my parcel?', 'output': 'On its way.'}]"
Row = Mapping[Hashable, Any]
MISSING = frozenset(
    ["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
     "NULL", "NaN", "NaT", "None", "n/a", "nan", "null"]
)  # fmt: skip
"""How tables write that there is nothing, and what ``pd.read_csv`` and ``pd.read_excel`` take for that."""
_BOOLEANS = {"true": True, "false": False}


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
    rows: tuple[Row, ...]


def rows_of(data: Any) -> Rows:
    """Return the rows of a DataFrame of pandas, of another library's table, or of a list of dicts.

    A table gives its own values: on the way through pandas, whole numbers with gaps would become floats.

    Raises:
        StudioError: it is none of these, names a column twice, or has too many rows.

    >>> rows_of([{"input": "Hello"}, {"input": "Bye", "topic": "Ends"}]).columns
    ('input', 'topic')
    """
    if is_frame(data):
        rows = _of_columns(data.columns, [data.iloc[:, n].tolist() for n in range(len(data.columns))], data.index)
    elif (table := _table(data)) is not None:
        rows = table
    else:
        rows = _of_records(data)
    if len(rows.rows) > MOST:
        raise StudioError(f"{len(rows.rows):,} rows at once are too many; at most {MOST:,}.")
    return rows


def is_frame(data: Any) -> bool:
    """Whether this is a DataFrame of pandas, or of what works as it does."""
    return hasattr(data, "iloc") and hasattr(data, "columns")


def head_of(column: Hashable) -> Hashable:
    """Return the name of a column: of several header rows one text, without the blanks that pandas numbers.

    >>> head_of(("input", "subject")), head_of(("topic", "Unnamed: 2_level_1")), head_of(0)
    ('input.subject', 'topic', 0)
    """
    if isinstance(column, tuple):
        return ".".join(str(level) for level in column if not _is_blank(level))
    return "" if is_missing(column) else column


def _is_blank(level: Any) -> bool:
    text = str(level)
    return is_missing(level) or not text.strip() or (text.startswith("Unnamed: ") and "_level_" in text)


def _of_columns(columns: Iterable[Hashable], cells: Sequence[Sequence[Any]], labels: Iterable[Any] | None) -> Rows:
    names = tuple(head_of(column) for column in columns)
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        what = f"The column {twice[0]!r} is there twice" if twice[0] != "" else "Two columns have no name"
        raise StudioError(f"{what}. Rename or drop one.")
    rows = tuple(dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True))
    return Rows(names, tuple(range(len(rows)) if labels is None else labels), rows)


def _table(data: Any) -> Rows | None:
    """Return the rows of a table that knows its columns; ``None`` where it is no table.

    By what they can do: a lazy frame is collected; Arrow, polars, DuckDB, and Hugging Face's datasets hand out Python's
    values; what else speaks Arrow goes through that; and what can only become a pandas frame does.
    """
    if isinstance(data, Mapping):
        return None
    if hasattr(data, "collect") and hasattr(data, "lazy"):  # a polars LazyFrame
        data = data.collect()
    if hasattr(data, "rows") and hasattr(data, "columns") and callable(data.rows):  # polars
        return _of_columns(data.columns, [data.get_column(name).to_list() for name in data.columns], None)
    if hasattr(data, "fetchall") and hasattr(data, "columns"):  # a relation of DuckDB
        return _of_columns(data.columns, _transposed(data.fetchall(), len(data.columns)), None)
    if hasattr(data, "with_format"):  # a dataset, whose own rows may be tensors, or have gone through floats
        data = data.with_format("arrow")
        if not hasattr(type(data), "__len__"):  # one that streams
            return _of_records([row for batch in data.iter(1000) for row in batch.to_pylist()])
        data = data[:]
    return _arrow(data)


def _arrow(data: Any) -> Rows | None:
    """Return the rows of a table or a batch of Arrow, of what speaks it, or else of what can become a pandas frame."""
    if hasattr(data, "__arrow_c_stream__") and not hasattr(data, "to_pylist") and not hasattr(data, "dtype"):
        try:
            import pyarrow as pa
        except ImportError:
            pass
        else:
            data = pa.table(data)
    if hasattr(data, "column_names") and hasattr(data, "to_pylist"):
        return _of_columns(data.column_names, [column.to_pylist() for column in data.columns], None)
    return rows_of(data.to_pandas()) if hasattr(data, "to_pandas") else None


def _transposed(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    return [[row[n] for row in rows] for n in range(width)]


def _of_records(records: Any) -> Rows:
    if isinstance(records, Mapping | str | bytes) or not isinstance(records, Iterable):
        raise StudioError(f"Samples are given as {EXPECTED}, not as {type(records).__name__}.")
    rows = tuple(records)
    if wrong := [row for row in rows if not isinstance(row, Mapping)]:
        raise StudioError(f"Samples are given as {EXPECTED}; a row is no {type(wrong[0]).__name__}.")
    return Rows(tuple(dict.fromkeys(name for row in rows for name in row)), tuple(range(len(rows))), rows)


def parsed(text: str) -> Json:
    """Return the value that a text spells, in JSON, as Python writes it or as a spreadsheet does, else the text.

    >>> parsed('{"a": 1}'), parsed("TRUE"), parsed("('a', 'b')"), parsed("good")
    ({'a': 1}, True, ['a', 'b'], 'good')
    """
    bare = text.strip()
    if bare.casefold() in _BOOLEANS:
        return _BOOLEANS[bare.casefold()]
    try:
        return plain(json.loads(bare, parse_constant=_refuse))
    except (ValueError, RecursionError):
        pass
    try:
        return plain(literal(bare))
    except ValueError:
        return text


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")
