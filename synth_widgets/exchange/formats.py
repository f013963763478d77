"""The formats of files, a line each: `Studio.export` writes them, `Studio.add_samples` reads those with a reader."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import IO, Any, Literal

from synth_widgets.arguments import file_path_of
from synth_widgets.errors import StudioError, nearest
from synth_widgets.exchange import chat, rows, tables
from synth_widgets.records import Sample
from synth_widgets.store.state import State
from synth_widgets.task import Task

FormatName = Literal["chat", "csv", "parquet"]


@dataclass(frozen=True, slots=True)
class Format:
    """A format of files.

    Attributes:
        name: what ``format=`` calls it.
        endings: of the names of its files, in lower case; no other format has them.
        write: writes samples to an open file.
        read: returns the rows of a file; ``None`` where files of the format are only written.
        needs_output: whether samples without an output are left out.
    """

    name: FormatName
    endings: tuple[str, ...]
    write: Callable[[State, Task, Sequence[Sample], IO[bytes]], None]
    read: Callable[[FilePath], rows.Rows] | None = None
    needs_output: bool = False


FORMATS: dict[str, Format] = {
    format.name: format
    for format in (
        Format("chat", (".jsonl",), chat.write, needs_output=True),
        Format("csv", (".csv",), tables.write_csv),
        Format("parquet", (".parquet",), tables.write_parquet),
    )
}


def format_of(path: FilePath, name: str | None) -> Format:
    """Return the format that was asked for, by name or by the file's ending.

    Raises:
        StudioError: there is no such format, or the ending is no format's.

    >>> format_of(FilePath("train.jsonl"), None).name, format_of(FilePath("train.txt"), "csv").name
    ('chat', 'csv')
    """
    if name is not None:
        if name not in FORMATS:
            raise StudioError(f"There is no format {name!r}.{nearest(name, FORMATS)} Formats: {', '.join(FORMATS)}.")
        return FORMATS[name]
    formats = _by_ending()
    if (format := formats.get(path.suffix.lower())) is None:
        raise StudioError(
            f"The format of {path.name!r} is not clear from its ending.{nearest(path.suffix, formats)} End it with "
            f"{', '.join(f'{ending} ({format.name})' for ending, format in formats.items())}, or give format=."
        )
    return format


def rows_of(data: Any) -> rows.Rows:
    """Return the rows of a file in a format that has a reader, or of data in memory (see `rows.rows_of`).

    Raises:
        StudioError: it is neither.
    """
    if isinstance(data, str | os.PathLike):
        format = _by_ending().get(FilePath(os.fsdecode(data)).suffix.lower())
        if format is not None and format.read is not None:
            return format.read(file_path_of(data, f"samples{format.endings[0]}"))
    return rows.rows_of(data)


def _by_ending() -> dict[str, Format]:
    return {ending: format for format in FORMATS.values() for ending in format.endings}
