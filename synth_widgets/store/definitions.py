"""What SQL a studio file may bring along: the definitions of its tables, and nothing that acts.

A database file holds its own program: triggers, views, generated columns, checks, defaults that compute. SQLite runs
them when the file is read or written. So their texts are read before anything else is, and a file with anything but
plain tables is refused. Where a column stands says nothing, and further plain columns and tables, which a later release
may bring, are left alone.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from synth_widgets.errors import FileError
from synth_widgets.store import rows
from synth_widgets.store.columns import MOST

MOST_DEFINITIONS = 100
"""Tables and indexes of a file; today it has twenty."""
LONGEST = 10_000
"""Characters of one definition."""

_NAME = r'(?:[A-Za-z_]\w*|"\w+")'
_TABLE = re.compile(rf"CREATE TABLE ({_NAME})\s?\((.*)\)\s?(WITHOUT ROWID)?", re.IGNORECASE | re.DOTALL)
_KEY = re.compile(r"(.*),\s?PRIMARY KEY\s?\(([^()]*)\)\s?", re.IGNORECASE | re.DOTALL)
_COLUMN = re.compile(
    rf"({_NAME})(?: (TEXT|INTEGER|INT|REAL|FLOAT|BLOB|NUMERIC|BOOLEAN|DATE|DATETIME|JSON))?"
    r"( PRIMARY KEY(?: AUTOINCREMENT)?)?"
    r"(?:(?: NOT NULL)? DEFAULT (?:'[^'(),]*'|-?\d+(?:\.\d+)?|NULL|TRUE|FALSE))?",
    re.IGNORECASE,
)
_ROWID = {"rowid", "oid", "_rowid_"}
"""Names by which SQLite tells rows apart: a column that has one would take its place."""
_KNOWN = {
    "sqlite_sequence": "CREATE TABLE sqlite_sequence(name,seq)",
    "sqlite_stat1": "CREATE TABLE sqlite_stat1(tbl,idx,stat)",
    "sqlite_stat4": "CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)",
}
"""Tables of SQLite itself: the one of its counter, and what ``ANALYZE`` leaves."""


@dataclass(frozen=True, slots=True)
class Table:
    """What the definition of a plain table says.

    Attributes:
        name: its name.
        columns: the types of its columns by their names.
        key: the columns of its primary key.
        is_keyed: whether its rows stand in the order of that key (``WITHOUT ROWID``).
    """

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    is_keyed: bool


def table_of(sql: str) -> Table | None:
    """Return what the definition of a table says; ``None`` when it says more than plain columns and a key.

    >>> table_of("CREATE TABLE settings(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID").key
    ('key',)
    >>> table_of("CREATE TABLE settings(key TEXT PRIMARY KEY, value TEXT CHECK(value <> ''))") is None
    True
    """
    found = _TABLE.fullmatch(" ".join(sql.split())) if len(sql) <= LONGEST else None
    if found is None:
        return None
    name, body, keyed = found.groups()
    of_table = _KEY.fullmatch(body)
    key = tuple(map(_bare, of_table[2].split(","))) if of_table is not None else ()
    columns: dict[str, str] = {}
    for part in (body if of_table is None else of_table[1]).split(","):
        column = _COLUMN.fullmatch(part.strip())
        if column is None or _bare(column[1]) in columns or _bare(column[1]).lower() in _ROWID:
            return None
        columns[_bare(column[1])] = (column[2] or "").upper()
        if column[3]:
            if key:
                return None
            key = (_bare(column[1]),)
    return Table(_bare(name), columns, key, is_keyed=bool(keyed))


def _bare(name: str) -> str:
    return name.strip().strip('"')


@cache
def _ours() -> tuple[Mapping[str, Table], Mapping[str, str]]:
    """Return the tables and the indexes of today's layout, by name."""
    texts = [" ".join(text.split()) for text in rows.TABLES.split(";") if text.strip()]
    tables = [table for text in texts if (table := table_of(text)) is not None]
    indexes = [text for text in texts if text.startswith("CREATE INDEX")]
    return {table.name: table for table in tables}, {text.split()[2]: text for text in indexes}


def check_definitions(db: sqlite3.Connection) -> None:
    """Raise `FileError` unless a file defines plain tables alone, and ours as they are defined here.

    Nothing of what the file defines is run: SQLite reads the texts, and so does this. Whether all of ours are there
    is told by `columns.check_columns`, once a file of an earlier release is brought to today's layout.
    """
    if db.execute("PRAGMA encoding").fetchone()[0] != "UTF-8":
        raise _refused("its texts are not in UTF-8")
    texts_of = ", ".join(f"CAST({column} AS BLOB)" for column in ("type", "name", "tbl_name", "sql"))
    query = f"SELECT {texts_of}, rootpage FROM sqlite_master LIMIT {MOST_DEFINITIONS + 1}"  # noqa: S608 - no input
    found = db.execute(query).fetchall()
    if len(found) > MOST_DEFINITIONS:
        raise _refused(f"it defines more than {MOST_DEFINITIONS} tables and indexes")
    pages: set[int] = set()
    for *texts, page in found:
        kind, name, table, sql = (None if text is None else bytes(text).decode(errors="replace") for text in texts)
        if not _is_plain(kind or "", name or "", table or "", sql):
            raise _refused(f"its {kind} {name!r:.60} is not ours, or not defined as ours is")
        if page in pages or not isinstance(page, int) or page < 2:
            raise _refused(f"its {kind} {name!r:.60} stands where another one does")
        pages.add(page)
    if any(name == b"sqlite_sequence" for _, name, *_ in found):
        numbers = db.execute("SELECT seq FROM sqlite_sequence WHERE name='log' LIMIT 2").fetchall()
        if any(type(number) is not int or not 0 <= number <= MOST for (number,) in numbers):
            raise _refused("the counter of its log is at no number that can go on")


def _is_plain(kind: str, name: str, table: str, sql: str | None) -> bool:
    if kind == "index" and sql is None:  # the one that a primary key has
        return name == f"sqlite_autoindex_{table}_1"
    text = " ".join((sql or "").split())
    if kind == "index":
        return text == _ours()[1].get(name)
    if kind == "table" and name.startswith("sqlite_"):
        return name == table and text == _KNOWN.get(name)
    return kind == "table" and name == table and _is_plain_table(name, text)


def _is_plain_table(name: str, sql: str) -> bool:
    tables, _ = _ours()
    defined, ours = table_of(sql), tables.get(name.lower())  # as SQLite finds it
    if defined is None or defined.name != name:
        return False
    if ours is None or name != ours.name:
        return ours is None
    is_same_key = (defined.key, defined.is_keyed) == (ours.key, ours.is_keyed)
    return is_same_key and all(defined.columns.get(c, kind) == kind for c, kind in ours.columns.items())


def _refused(what: str) -> FileError:
    return FileError(
        f"The studio file is damaged: {what}. Nothing of it was run or changed; go back to a copy from before."
    )
