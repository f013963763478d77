"""Brings studio files of earlier releases to today's layout. What they hold keeps its meaning.

Each step takes a file from one `rows.FORMAT` to the next; all that are missing are one transaction. Who changes a file
in place keeps a copy of it first (`copying.keep_original`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

from synth_widgets.errors import FileError
from synth_widgets.records import Json
from synth_widgets.store import opening, rows
from synth_widgets.store.columns import WRONG, pages_of


def format_of(db: sqlite3.Connection) -> int:
    """Return the format of a studio file, `rows.FORMAT` for one of today's layout."""
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    return version


def brought_up(db: sqlite3.Connection, *, in_place: bool) -> sqlite3.Connection:
    """Return the database in today's layout: itself, if it has that.

    Args:
        db: a studio file, in autocommit mode.
        in_place: whether the file itself is changed. One that can only be read stays as it is: what comes back is a
            copy in memory.

    Raises:
        FileError: the file is damaged, or cannot be written.
    """
    version = format_of(db)
    if version == rows.FORMAT:
        return db
    if not in_place:
        copy = opening.connect(":memory:")
        db.backup(copy)
        db.close()
        return brought_up(copy, in_place=True)  # another program may have brought it up before the copy was made
    try:
        with opening.bounded(db, pages_of(db)):
            db.execute("BEGIN IMMEDIATE")
            for step in _steps(version):
                step(db)
            db.execute(f"PRAGMA user_version={rows.FORMAT}")
            db.execute("COMMIT")
    except FileError:
        db.close()
        raise
    except WRONG as error:
        db.close()  # takes back what was begun
        raise FileError(
            f"The studio file is of an earlier release and cannot be brought to this one's layout ({error!r}). It is "
            "as it was."
        ) from None
    return db


def _guidance_by_step(db: sqlite3.Connection) -> None:
    """To 2: guidance is texts by what they are for. It was one text, and was told at every step."""

    def by_step(text: Json) -> Json:
        return {"all": text} if text else {}

    for read, write in (
        ("SELECT guidance, rowid FROM topics", "UPDATE topics SET guidance=? WHERE rowid=?"),
        ("SELECT guidance, rowid FROM sessions", "UPDATE sessions SET guidance=? WHERE rowid=?"),
    ):
        db.executemany(write, [(rows.dump(by_step(text)), row) for text, row in _texts(db, read)])
    jobs = [(rows.load(text), row) for text, row in _texts(db, "SELECT args, rowid FROM jobs")]
    changed = [(rows.dump({**args, "guidance": by_step(args.get("guidance"))}), row) for args, row in jobs]
    db.executemany("UPDATE jobs SET args=? WHERE rowid=?", changed)
    logged = db.execute("""SELECT n, entry FROM log WHERE entry LIKE '["topic",%"guidance"%'""").fetchall()
    for n, text in logged:
        entry = rows.load(text)
        for fields in entry[2:]:
            if "guidance" in fields:
                fields["guidance"] = by_step(fields["guidance"])
        db.execute("UPDATE log SET entry=? WHERE n=?", (rows.dump(entry), n))


def _texts(db: sqlite3.Connection, query: str) -> Iterator[tuple[Any, Any]]:
    """Yield the rows of a query for a text and where it stands, or raise when the texts are longer than the file."""
    space = pages_of(db)
    for text, row in db.execute(query):
        space -= len(text) if isinstance(text, str | bytes) else 0
        if space < 0:
            raise ValueError("its texts are longer than the file")
        yield text, row


STEPS: tuple[Callable[[sqlite3.Connection], None], ...] = (_guidance_by_step,)
"""The step from each format to the next one, from 1 on."""


def _steps(version: int) -> tuple[Callable[[sqlite3.Connection], None], ...]:
    if version < 1:
        raise ValueError(f"there is no layout {version}")
    return STEPS[version - 1 :]
