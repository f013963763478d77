"""Writes the rows of commits, and reads texts back: many rows a step.

A connection gives the interpreter up at each step of a statement, and beside a thread that computes it waits 5 ms to
get it back: a thousand rows one by one took four seconds, and take four steps now.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, islice
from typing import TypeVar

from synth_widgets.records import WorkItem
from synth_widgets.store import rows
from synth_widgets.store.batch import Batch
from synth_widgets.store.columns import COLUMNS, KEYS

T = TypeVar("T")

MOST_ROWS = 256
"""Rows of one statement: what binding them takes holds the interpreter, for less than a millisecond."""

_DELETE_ITEMS = (
    "DELETE FROM items WHERE (job, step, target, ordinal) IN (SELECT CAST(column1 AS TEXT), CAST(column2 AS TEXT), "
    "CAST(column3 AS TEXT), CAST(column4 AS INTEGER) FROM (VALUES"
)
"""With the columns' own types: else SQLite would look through the whole table instead of its key."""


def write_rows(db: sqlite3.Connection, batches: Sequence[Batch]) -> None:
    """Write what commits changed, over older rows of the same keys: each record once, as the last of them left it."""
    _put(db, "topics", map(rows.topic_row, _latest(batch.topics for batch in batches).values()))
    _put(db, "samples", map(rows.sample_row, _latest(batch.samples for batch in batches).values()))
    _put(db, "versions", (rows.version_row(s, v) for batch in batches for s, v in batch.versions))
    _put(db, "calls", map(rows.call_row, {call.id: call for batch in batches for call in batch.calls}.values()))
    _put(db, "sessions", (rows.session_row(session) for batch in batches for session in batch.sessions))
    _put(db, "jobs", map(rows.job_row, _latest(batch.jobs for batch in batches).values()))
    _write_items(db, batches)
    settings = _latest(batch.settings for batch in batches)
    _put(db, "settings", ((key, rows.dump(value)) for key, value in settings.items()))
    _put(db, "tasks", ((n, rows.dump(task.to_json())) for batch in batches for n, task in batch.tasks))
    _put(db, "groups", map(rows.group_row, {group.id: group for batch in batches for group in batch.groups}.values()))
    logged = ((b.rev, b.group, b.at, rows.dump(entry)) for b in batches for entry in b.entries)
    write(db, "INSERT INTO log(rev, grp, at, entry) VALUES", logged)


def _latest(changed: Iterable[Mapping[str, T]]) -> dict[str, T]:
    """Return what records are after the last change of each, those that came first first."""
    found: dict[str, T] = {}
    for records in changed:
        found.update(records)
    return found


def _write_items(db: sqlite3.Connection, batches: Sequence[Batch]) -> None:
    """Write which work items are open now; one that came and went in these commits is never written."""
    opened: dict[tuple[str, str, str, int], WorkItem] = {}
    closed: dict[tuple[str, str, str, int], None] = {}
    settled: dict[tuple[str], None] = {}
    for batch in batches:
        opened.update(((i.job, i.step, i.target, i.ordinal), i) for i in batch.planned)
        for i in batch.finished:
            key = (i.job, i.step, i.target, i.ordinal)
            opened.pop(key, None)
            closed[key] = None
        for job in batch.settled:
            settled[job,] = None
            opened = {key: item for key, item in opened.items() if item.job != job}
    write(db, _DELETE_ITEMS, closed, "))")
    write(db, "DELETE FROM items WHERE job IN (VALUES", settled, ")")
    _put(db, "items", map(rows.item_row, opened.values()))


def _put(db: sqlite3.Connection, table: str, values: Iterable[rows.Row]) -> None:
    start, end = _upsert(table)
    write(db, start, values, end)


@cache
def _upsert(table: str) -> tuple[str, str]:
    """Return the statement that writes rows, before and after them; over an older row it writes in place.

    The order of the topics' rows is the order of the siblings, and a column that is not ours keeps what it holds.
    """
    names, keys = list(COLUMNS[table]), KEYS[table]
    changed = ", ".join(f"{name}=excluded.{name}" for name in names if name not in keys)
    start = f"INSERT INTO {table}({', '.join(names)}) VALUES"
    return start, f"ON CONFLICT({', '.join(keys)}) DO UPDATE SET {changed}"


def write(db: sqlite3.Connection, start: str, values: Iterable[rows.Row], end: str = "") -> None:
    """Run a statement for rows, as many at a time as it may have parameters.

    Args:
        db: the connection.
        start: the statement up to the rows.
        values: the rows, all of one width.
        end: the statement from the rows on.
    """
    most = db.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
    for part in _parts(values, most):
        db.execute(_statement(start, len(part), len(part[0]), end), tuple(chain.from_iterable(part)))


def _parts(values: Iterable[rows.Row], most: int) -> Iterator[Sequence[rows.Row]]:
    remaining = iter(values)
    for first in remaining:
        yield [first, *islice(remaining, max(1, min(MOST_ROWS, most // len(first))) - 1)]


@cache
def _statement(start: str, count: int, width: int, end: str) -> str:
    row = f"({','.join('?' * width)})"
    return f"{start} {','.join([row] * count)} {end}"


def read_raw(db: sqlite3.Connection, calls: Iterable[str]) -> dict[str, str | None]:
    """Return the raw answers of calls, by id, in one step."""
    query = (
        "SELECT json_group_object(id, raw) FROM calls "
        "WHERE typeof(raw) IN ('text', 'null') AND id IN (SELECT value FROM json_each(?))"
    )
    found: dict[str, str | None] = json.loads(db.execute(query, (json.dumps(list(calls)),)).fetchone()[0])
    return found
