"""Samples as text for the clipboard: a table that spreadsheets take, JSON, or Python."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from synth_widgets.errors import StudioError
from synth_widgets.exchange.frames import extra_of
from synth_widgets.records import Json, Sample
from synth_widgets.schema.schema import Schema
from synth_widgets.task import Task

Format = Literal["tsv", "json", "python"]
LIMIT = 5_000_000
"""Characters that are made at most: a clipboard is no file."""
_STARTS = ("=", "+", "-", "@", "\t", "\r", "'", *map(chr, (0xFF1D, 0xFF0B, 0xFF0D, 0xFF20)))
"""Text that begins so a spreadsheet may take for a formula (also in full width), or for text with a mark of its own."""


def as_text(samples: Sequence[Sample], task: Task, format: Format = "tsv", *, limit: int = LIMIT) -> str:
    """Return samples as one text.

    Raises:
        StudioError: it would be longer than ``limit`` characters.
    """
    parts: list[str] = []
    length = 0
    for part in _FORMATS[format](samples, task):
        parts.append(part)
        length += len(part)
        if length > limit:
            raise StudioError(
                f"{len(samples):,} samples are more than {limit:,} characters of {format}, too many for a clipboard. "
                "Copy fewer, or write a file: studio.export('samples.csv')."
            )
    return "".join(parts)


def _tsv(samples: Sequence[Sample], task: Task) -> Iterator[str]:
    columns = {
        **_columns("input", task.input, [sample.input for sample in samples]),
        **_columns("output", task.output, [sample.output for sample in samples]),
    }
    line = io.StringIO()
    writer = csv.writer(line, "excel-tab")
    for row in (columns, *zip(*columns.values(), strict=True)):
        writer.writerow(map(_cell, row))
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def _columns(part: str, schema: Schema | None, values: list[Json]) -> dict[str, list[Json]]:
    """Return the columns of `to_pandas` for inputs or outputs: one a declared field, or one for all of it."""
    declared = schema.properties() if schema is not None else {}
    if not declared:
        return {part: values}
    extra = extra_of(declared)
    # What is no object is left of another version of the task: it stands with what the schema does not declare.
    records = [v if isinstance(v, dict) else {} if v is None else {extra: v} for v in values]
    columns = {f"{part}.{name}": [record.get(name) for record in records] for name in declared}
    extras = [{k: v for k, v in record.items() if k not in declared} or None for record in records]
    return {**columns, f"{part}.{extra}": extras} if any(extras) else columns


def _cell(value: Json) -> str:
    """Return what stands in a cell: text as it is, but never as a formula; any other value as JSON."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return f"'{value}" if value.lstrip(" \n").startswith(_STARTS) else value


def _json(samples: Sequence[Sample], _task: Task) -> Iterator[str]:
    return _listed(samples, lambda record: json.dumps(record, ensure_ascii=False, indent=2).replace("\n", "\n  "), 2)


def _python(samples: Sequence[Sample], _task: Task) -> Iterator[str]:
    return _listed(samples, repr, 4)


def _listed(samples: Sequence[Sample], spelled: Callable[[Any], str], indent: int) -> Iterator[str]:
    yield "["
    for index, sample in enumerate(samples):
        record = {"input": sample.input, "output": sample.output}
        yield f"{',' if index else ''}\n{' ' * indent}{spelled(record)}"
    yield "\n]\n"


_FORMATS: dict[Format, Callable[[Sequence[Sample], Task], Iterator[str]]] = {
    "tsv": _tsv,
    "json": _json,
    "python": _python,
}
FORMATS = tuple(_FORMATS)
