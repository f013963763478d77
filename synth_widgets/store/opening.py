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
from synth_widgets.store import columns, definitions, ordinary, rows, wal

NO_LOG = "this disk does not take SQLite's write-ahead log"
COPIES = 20
"""Times that a file is copied that is written meanwhile."""
LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 1 << 29,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1 << 20,
    sqlite3.SQLITE_LIMIT_COLUMN: 200,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
"""What no statement of ours needs more of: the bytes of a value or of all entries of a group, …"""
SWITCHES = {"DEFENSIVE": True, "ENABLE_TRIGGER": False, "ENABLE_VIEW": False}
_STEPS = 50_000
"""Steps of SQLite between two looks at how many there were."""


class NotWritableError(Exception):
    """The file cannot be written where it is; the message says why."""


def uri(path: Path, mode: str, *, locks: bool = True) -> str:
    """Return the address by which SQLite opens a file; without locks, it asks the disk for none."""
    return f"{path.absolute().as_uri()}?mode={mode}" + ("" if locks or os.name == "nt" else "&vfs=unix-none")


def connect(address: str) -> sqlite3.Connection:
    """Return a connection without implicit transactions, that trusts nothing that a file defines."""
    db = sqlite3.connect(address, isolation_level=None, uri=True)
    for limit, most in LIMITS.items():
        db.setlimit(limit, most)
    if hasattr(db, "setconfig"):  # from Python 3.12 on
        for switch, is_on in SWITCHES.items():
            db.setconfig(getattr(sqlite3, f"SQLITE_DBCONFIG_{switch}"), is_on)
    db.execute("PRAGMA trusted_schema=OFF")
    db.execute("PRAGMA cell_size_check=ON")
    return db


def size_of(path: Path) -> int:
    """Return the bytes of a file and of its log."""
    # The log first: what is brought from it into the file meanwhile counts twice, never not at all.
    log = ordinary.check(wal.log_of(path))
    return path.stat().st_size + (log.st_size if log is not None else 0)


@contextlib.contextmanager
def bounded(db: sqlite3.Connection, size: int) -> Iterator[None]:
    """Bound what is read in a ``with`` block by the size of the file: no more than a few steps for each of its bytes.

    Pages that stand below many others, or below themselves, make a small file an endless one.

    Raises:
        FileError: it takes more.
    """
    left = (2_000_000 + 4 * size) // _STEPS

    def is_over() -> bool:
        nonlocal left
        left -= 1
        return left < 0

    db.set_progress_handler(is_over, _STEPS)
    try:
        yield
    except sqlite3.OperationalError:
        if left < 0:
            raise FileError(
                "The studio file is damaged: it has no end, for its parts lead to one another. Nothing was changed; go "
                "back to a copy from before."
            ) from None
        raise
    finally:
        db.set_progress_handler(None, 0)


def check_beside(path: Path) -> None:
    """Raise unless what SQLite opens by name beside a file is an ordinary file, or not there.

    Raises:
        FileError: it is something else, or names a third file, which SQLite would remove.
    """
    for beside in (wal.log_of(path), wal.index_of(path), wal.journal_of(path)):
        ordinary.check(beside)
    if wal.names_another(wal.journal_of(path)):
        raise FileError(
            f"{wal.journal_of(path)} is no journal of a studio file: it names another file, which SQLite would remove. "
            "Nothing was changed. Move it away, then open the file again."
        )


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
    check_beside(path)
    for is_shared in (True, False) if has_locks else (False,):
        db = connect(uri(path, "rw", locks=has_locks))
        try:
            if not is_shared:
                db.execute("PRAGMA locking_mode=EXCLUSIVE").fetchone()
            mode = db.execute("PRAGMA journal_mode=WAL").fetchone()[0]
            _touch(db, path)  # what it needs besides is opened by this
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
    check_beside(path)
    has_journal = wal.is_journal(wal.journal_of(path))  # half of a change, that is to be taken back: in a copy
    if has_locks and log != "foreign" and not has_journal:
        db = connect(uri(path, "ro"))
        try:
            _touch(db, path)
        except sqlite3.OperationalError:
            db.close()
        except BaseException:
            db.close()
            raise
        else:
            stack.callback(db.close)
            return db
    if log in {"none", "foreign"} and not has_journal:
        db = connect(uri(path, "ro") + "&immutable=1")
    else:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="synth-", ignore_cleanup_errors=True)))
        db = connect(uri(_copied(path, folder, log), "rw"))
    stack.callback(db.close)
    return db


def _copied(path: Path, folder: Path, log: wal.Verdict) -> Path:
    """Copy a file and, after it, its log, which then has all that was brought into the file meanwhile; its journal too.

    Unless the log was begun anew before it was copied: then both are copied once more.

    Raises:
        sqlite3.OperationalError: that goes on and on.
    """
    copy = folder / path.name
    for _ in range(COPIES):
        begun = _begun(path)
        shutil.copyfile(path, copy)
        for beside in (wal.log_of, wal.journal_of) if log != "foreign" else (wal.journal_of,):
            beside(copy).unlink(missing_ok=True)
            with contextlib.suppress(FileNotFoundError):
                if ordinary.is_there(beside(path)):
                    shutil.copyfile(beside(path), beside(copy))
        if _begun(path) == begun:
            return copy
    raise sqlite3.OperationalError("another program writes it all the time")


def _begun(path: Path) -> tuple[bytes, int]:
    """Return what differs once a file's log was begun anew: its salt or, where it is empty, the file's last change."""
    salt = wal.salt(wal.log_of(path))
    return salt, 0 if salt else path.stat().st_mtime_ns


def check_kind(db: sqlite3.Connection, path: Path | None) -> bool:
    """Return whether a database has our tables; an empty one has not. Nothing that it defines is run.

    Raises:
        FileError: it is another program's, or a newer release's, or defines what a studio file does not.
    """
    known = db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is not None
    ident = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if known and ident != rows.APPLICATION_ID:
        raise FileError(f"{path} is a database, but not a studio file. Choose another path=.")
    if known and version > rows.FORMAT:
        raise FileError(f"{path} was written by a newer release. Upgrade: pip install -U synth-widgets.")
    if known and path is not None and columns.pages_of(db) > size_of(path):
        raise FileError(f"The studio file is damaged: {path} is said to have more pages than there are.")
    if known:
        definitions.check_definitions(db)
    return known


def is_whole(db: sqlite3.Connection) -> bool:
    """Whether SQLite finds nothing wrong with a database.

    Its check goes down a tree by calling itself, as deep as a file says, until the process has no stack left. Reading
    rows stops at twenty levels: so all rows of all trees are gone through first.

    Raises:
        FileError: they have no end, or it defines what would be run by that.
    """
    try:
        with bounded(db, columns.pages_of(db)):
            definitions.check_definitions(db)
            trees = db.execute("SELECT type, name, tbl_name FROM sqlite_master WHERE rootpage > 0").fetchall()
            for kind, name, table in trees:
                by = f'INDEXED BY "{name}"' if kind == "index" else "NOT INDEXED"
                db.execute(f'SELECT sum(1) FROM "{table}" {by}').fetchone()  # noqa: S608 - the names are plain
        return bool(db.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok")
    except (sqlite3.Error, UnicodeDecodeError):
        return False


def _touch(db: sqlite3.Connection, path: Path) -> None:
    """Let SQLite open what it needs, and read the definitions."""
    with bounded(db, size_of(path)):
        db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
