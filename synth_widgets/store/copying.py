"""Writes what a studio file holds as another file: a copy to keep, and the way out when the file itself is gone."""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from synth_widgets.errors import FileError
from synth_widgets.store import opening, ordinary, rows
from synth_widgets.store.batch import Batch
from synth_widgets.store.writing import write_rows


def write_copy(
    target: Path, source: sqlite3.Connection | None, pending: Sequence[Batch], whole: Batch, *, mode: int = 0o777
) -> None:
    """Write a studio file, whole or not at all.

    Args:
        target: its name, which nothing may have yet.
        source: the file to copy; ``None``, or one that turns out to be damaged: what is in memory is written instead,
            without the log that undo needs and without the raw text of answers.
        pending: what the file has not taken yet.
        whole: all that is in memory; its versions are taken from its samples.
        mode: who may read and write it at most.

    Raises:
        FileError: there is something of that name, or the file cannot be written.
    """
    if not ordinary.is_free(target):
        raise FileError(f"There is a file {target} already, and it is left as it is. Choose another name, or move it.")
    try:
        with _draft(target, ordinary.usual_mode(target.parent) & mode) as draft:
            _fill(draft, source, pending, whole)
    except (sqlite3.Error, OSError) as error:
        if isinstance(error, FileError):
            raise
        words = getattr(error, "strerror", None) or str(error)
        raise FileError(f"{target} cannot be written: {words}. Choose another name.") from None


def keep_original(path: Path, db: sqlite3.Connection, version: int) -> Path:
    """Write a copy of a file of an earlier format beside it, whole or not at all; return its name.

    Args:
        path: the file.
        db: a connection to it: what stands in its write-ahead log is copied too.
        version: its format, which the name tells: ``a.format-1.synth`` for ``a.synth``.

    Raises:
        sqlite3.Error, OSError: the copy cannot be written.
    """
    target = _free_name(path.parent, path, f".format-{version}")
    with _draft(target, stat.S_IMODE(path.stat().st_mode)) as draft, closing(_connect(draft)) as copy:
        db.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE").fetchone()  # a copy of one file, not of three
    return target


def beside(path: Path) -> Path:
    """Return a free name for what a studio holds and its file does not take: beside that, else a temporary one."""
    folder = path.parent if os.access(path.parent, os.W_OK) else Path(tempfile.gettempdir())
    return _free_name(folder, path, "-rescued")


def _free_name(folder: Path, path: Path, mark: str) -> Path:
    """Return a name that nothing has: a file's own with a mark, numbered from the second on."""
    number = 1
    while True:
        name = folder / f"{path.stem}{mark}{'' if number == 1 else f'-{number}'}{path.suffix}"
        if ordinary.is_free(name):
            return name
        number += 1


@contextlib.contextmanager
def _draft(target: Path, mode: int) -> Iterator[Path]:
    """Make an empty file to fill, which gets its name at the end of a ``with`` block; no trace of one that fails.

    Nobody else may read it before it is whole and has its mode.
    """
    draft = target.with_name(f".{secrets.token_hex(6)}.synth-draft")
    try:
        _make(draft)
        yield draft
        draft.chmod(mode)
        _name(draft, target)
    finally:
        for rest in ("", "-journal", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                draft.with_name(draft.name + rest).unlink(missing_ok=True)


def _make(draft: Path) -> None:
    os.close(ordinary.make(draft))


def _connect(draft: Path) -> sqlite3.Connection:
    """Return a connection that asks the disk for no locks: nobody else knows a draft."""
    copy = opening.connect(opening.uri(draft, "rw", locks=False))
    copy.execute("PRAGMA locking_mode=EXCLUSIVE").fetchone()
    return copy


def _fill(draft: Path, source: sqlite3.Connection | None, pending: Sequence[Batch], whole: Batch) -> None:
    if source is not None:
        with closing(_connect(draft)) as copy, contextlib.suppress(sqlite3.DatabaseError, FileError):
            source.backup(copy)
            if opening.is_whole(copy):
                _write(copy, pending)
                return
        draft.unlink()
        _make(draft)
    with closing(_connect(draft)) as copy:
        copy.executescript(
            f"PRAGMA application_id={rows.APPLICATION_ID}; PRAGMA user_version={rows.FORMAT}; {rows.TABLES}"
        )
        whole.versions = [(sample.id, version) for sample in whole.samples.values() for version in sample.versions]
        _write(copy, [whole])


def _write(copy: sqlite3.Connection, batches: Sequence[Batch]) -> None:
    copy.execute("PRAGMA journal_mode=DELETE").fetchone()  # a copy of one file, not of three
    copy.execute("PRAGMA synchronous=FULL")
    copy.execute("BEGIN IMMEDIATE")
    if batches:
        write_rows(copy, batches)
        copy.execute("INSERT OR REPLACE INTO meta(key, value) VALUES('rev', ?)", (batches[-1].rev,))
    copy.execute("COMMIT")


def _name(draft: Path, target: Path) -> None:
    """Give a draft its name, never over another file."""
    try:
        os.link(draft, target)
    except FileExistsError:
        raise FileError(f"There is a file {target} already, and it is left as it is. Choose another name.") from None
    except OSError:  # a disk without hard links
        if not ordinary.is_free(target):
            raise FileError(f"There is a file {target} already, and it is left as it is.") from None
        draft.rename(target)
