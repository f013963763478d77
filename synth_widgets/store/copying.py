"""Writes all that a studio holds as another file: the way out when its own file is gone, and a copy to keep."""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import tempfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from synth_widgets.errors import FileError
from synth_widgets.store import opening, rows
from synth_widgets.store.batch import Batch
from synth_widgets.store.writing import write_rows


def write_copy(target: Path, source: sqlite3.Connection | None, pending: Iterable[Batch], whole: Batch) -> None:
    """Write a studio file, whole or not at all.

    Args:
        target: its name, which nothing may have yet.
        source: the file to copy; ``None``, or one that turns out to be damaged: what is in memory is written instead,
            without the log that undo needs and without the raw text of answers.
        pending: what the file has not taken yet.
        whole: all that is in memory; its versions are taken from its samples.

    Raises:
        FileError: there is something of that name, or the file cannot be written.
    """
    if target.is_symlink() or target.exists():
        raise FileError(f"There is a file {target} already, and it is left as it is. Choose another name, or move it.")
    draft = target.with_name(f".{secrets.token_hex(6)}.synth-draft")
    try:
        try:
            _fill(draft, source, pending, whole)
            _name(draft, target)
        finally:
            for rest in ("", "-journal", "-wal", "-shm"):
                with contextlib.suppress(OSError):
                    draft.with_name(draft.name + rest).unlink(missing_ok=True)
    except (sqlite3.Error, OSError) as error:
        if isinstance(error, FileError):
            raise
        words = getattr(error, "strerror", None) or str(error)
        raise FileError(f"{target} cannot be written: {words}. Choose another name.") from None


def beside(path: Path) -> Path:
    """Return a free name for what a studio holds and its file does not take: beside that, else a temporary one."""
    folder = path.parent if os.access(path.parent, os.W_OK) else Path(tempfile.gettempdir())
    number = 1
    while True:
        name = folder / f"{path.stem}-rescued{'' if number == 1 else f'-{number}'}{path.suffix}"
        if not name.exists() and not name.is_symlink():
            return name
        number += 1


def _fill(draft: Path, source: sqlite3.Connection | None, pending: Iterable[Batch], whole: Batch) -> None:
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o644))
    if source is not None:
        with closing(opening.connect(opening.uri(draft, "rw"))) as copy, contextlib.suppress(sqlite3.DatabaseError):
            source.backup(copy)
            if opening.is_whole(copy):
                _write(copy, pending)
                return
        draft.unlink()
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o644))
    with closing(opening.connect(opening.uri(draft, "rw"))) as copy:
        copy.executescript(
            f"PRAGMA application_id={rows.APPLICATION_ID}; PRAGMA user_version={rows.FORMAT}; {rows.TABLES}"
        )
        whole.versions = [(sample.id, version) for sample in whole.samples.values() for version in sample.versions]
        _write(copy, [whole])


def _write(copy: sqlite3.Connection, batches: Iterable[Batch]) -> None:
    copy.execute("PRAGMA journal_mode=DELETE").fetchone()  # a copy of one file, not of three
    copy.execute("PRAGMA synchronous=FULL")
    copy.execute("BEGIN IMMEDIATE")
    for batch in batches:
        write_rows(copy, batch)
        copy.execute("INSERT OR REPLACE INTO meta VALUES('rev', ?)", (batch.rev,))
    copy.execute("COMMIT")


def _name(draft: Path, target: Path) -> None:
    """Give a draft its name, never over another file."""
    try:
        os.link(draft, target)
    except FileExistsError:
        raise FileError(f"There is a file {target} already, and it is left as it is. Choose another name.") from None
    except OSError:  # a disk without hard links
        if target.exists():
            raise FileError(f"There is a file {target} already, and it is left as it is.") from None
        draft.rename(target)
