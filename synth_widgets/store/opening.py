"""How a studio file is opened: to write it, or to read it where it cannot be written."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from synth_widgets.errors import FileError
from synth_widgets.store import rows, wal

NO_LOG = "this disk does not take SQLite's write-ahead log"
COPIES = 20
"""Times that a file is copied that is written meanwhile."""


class NotWritableError(Exception):
    """The file cannot be written where it is; the message says why."""


def uri(path: Path, mode: str, *, locks: bool = True) -> str:
    """Return the address by which SQLite opens a file; without locks, it asks the disk for none."""
    return f"{path.absolute().as_uri()}?mode={mode}" + ("" if locks or os.name == "nt" else "&vfs=unix-none")


def connect(address: str) -> sqlite3.Connection:
    """Return a connection without implicit transactions."""
    return sqlite3.connect(address, isolation_level=None, uri=True)


@contextlib.contextmanager
def at_one_moment(db: sqlite3.Connection) -> Iterator[None]:
    """Read all that is read in a ``with`` block as it is at one moment, whatever another program writes meanwhile."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.rollback()


def to_write(path: Path, *, has_locks: bool) -> tuple[sqlite3.Connection, bool]:
    """Return a connection that writes by a write-ahead log, and whether others may read meanwhile.

    Where a disk has no shared memory or no locks, SQLite can do it alone: then nobody else can have the file open.

    Raises:
        NotWritableError: the disk takes no write-ahead log in either way, or the folder takes no files.
        sqlite3.Error: the file is damaged.
    """
    for is_shared in (True, False) if has_locks else (False,):
        db = connect(uri(path, "rw", locks=has_locks))
        try:
            if not is_shared:
                db.execute("PRAGMA locking_mode=EXCLUSIVE").fetchone()
            mode = db.execute("PRAGMA journal_mode=WAL").fetchone()[0]
            db.execute("SELECT count(*) FROM sqlite_master").fetchone()  # what it needs besides is opened by this
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute("PRAGMA wal_autocheckpoint=0")  # only where it was looked at that the file is still ours
        except sqlite3.OperationalError as error:
            db.close()
            if not is_shared:
                raise NotWritableError(f"SQLite cannot write it there ({error})") from None
        except BaseException:
            db.close()
            raise
        else:
            if mode == "wal":
                return db, is_shared
            db.close()
    raise NotWritableError(NO_LOG)


def to_read(path: Path, log: wal.Verdict, stack: contextlib.ExitStack, *, has_locks: bool = True) -> sqlite3.Connection:
    """Return a connection that only reads, and writes nothing beside the file that would have to be there.

    A log that does not belong to the file is not looked at. Where SQLite cannot read the file in its place (a
    folder that cannot be written, a disk without locks, a writer that has it alone), it reads it as it is, or a copy
    of it and of its log.

    Args:
        path: the file.
        log: what is known of the log beside it.
        stack: closes the connection and removes the copy.
        has_locks: whether the disk has locks.

    Raises:
        sqlite3.Error: the file cannot be opened.
    """
    if has_locks and log != "foreign":
        db = connect(uri(path, "ro"))
        try:
            db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            db.close()
        except BaseException:
            db.close()
            raise
        else:
            stack.callback(db.close)
            return db
    if log in {"none", "foreign"}:
        db = connect(uri(path, "ro") + "&immutable=1")
    else:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="synth-", ignore_cleanup_errors=True)))
        db = connect(uri(_copied(path, folder), "rw"))
    stack.callback(db.close)
    return db


def _copied(path: Path, folder: Path) -> Path:
    """Copy a file and, after it, its log, which then has all that was brought into the file meanwhile.

    Unless the log was begun anew before it was copied: then both are copied once more.

    Raises:
        sqlite3.OperationalError: that goes on and on.
    """
    copy = folder / path.name
    for _ in range(COPIES):
        begun = _begun(path)
        shutil.copyfile(path, copy)
        try:
            shutil.copyfile(wal.log_of(path), wal.log_of(copy))
        except FileNotFoundError:
            wal.log_of(copy).unlink(missing_ok=True)
        if _begun(path) == begun:
            return copy
    raise sqlite3.OperationalError("another program writes it all the time")


def _begun(path: Path) -> tuple[bytes, int]:
    """Return what differs once a file's log was begun anew: its salt or, where it is empty, the file's last change."""
    salt = wal.salt(wal.log_of(path))
    return salt, 0 if salt else path.stat().st_mtime_ns


def check_kind(db: sqlite3.Connection, path: Path | None) -> bool:
    """Return whether a database has our tables; an empty one has not.

    Raises:
        FileError: it is another program's, or a newer release's.
    """
    known = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    ident = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if known and ident != rows.APPLICATION_ID:
        raise FileError(f"{path} is a database, but not a studio file. Choose another path=.")
    if known and version > rows.FORMAT:
        raise FileError(f"{path} was written by a newer release. Upgrade: pip install -U synth-widgets.")
    return bool(known)


def is_whole(db: sqlite3.Connection) -> bool:
    """Whether SQLite finds nothing wrong with a database."""
    try:
        return bool(db.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok")
    except sqlite3.Error:
        return False
