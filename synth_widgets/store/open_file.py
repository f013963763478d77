"""One open studio file: its connection, and whether its name still leads to it.

A file that is deleted, renamed, replaced or restored while it is open stays what SQLite writes to, without an error:
what is written is gone at the end, or goes into somebody's older copy. So before anything is told as saved it is looked
at that the name leads to the file that was opened, and that nobody else has written to it. That is a look at the name,
at one page of the file and at the log's name, before a transaction and after it: a file with a write-ahead log is
itself written only when that log is emptied, so that the page stays as it was till then.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from synth_widgets.errors import FileError
from synth_widgets.store import copying, migrations, opening, ordinary, rows, wal
from synth_widgets.store.batch import Batch
from synth_widgets.store.loading import read_state
from synth_widgets.store.lock import FileLock
from synth_widgets.store.state import State
from synth_widgets.store.wal import Moment, Position
from synth_widgets.store.writing import write_rows

_SELECT_ROWS = f"SELECT key, value FROM meta WHERE key IN ('{wal.KEY}', 'rev') ORDER BY key"  # noqa: S608 - no input
LOG_BYTES = 4 << 20
"""The size from which the log is emptied between two saves."""
_AS_BEFORE = "make room or mend the disk, and keep this kernel running"
_COPY = "studio.backup('another name.synth') writes what this studio holds beside it"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a file takes nothing.

    Attributes:
        text: what is the matter.
        remedy: what a person can do.
    """

    text: str
    remedy: str = _AS_BEFORE


class MovedError(Exception):
    """The name no longer leads to the open file as this process left it."""

    def __init__(self, text: str, remedy: str) -> None:
        super().__init__(text)
        self.trouble = Trouble(text, remedy)


class OpenFile:
    """A studio file, or a database in memory. Everything of it happens on one thread.

    Attributes:
        db: its connection; ``None`` when the file was written over, so that nothing may be done with it any more, or
            could not be opened again.
        read_only: why it can only be read, or ``None``.
        notes: what was found at opening that the person should know.
        written: the highest revision that was committed to it.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.db: sqlite3.Connection | None = None
        self.read_only: str | None = None
        self.notes: list[str] = []
        self.written = 0
        self._lock = FileLock(path) if path is not None else None
        self._log = wal.log_of(path) if path is not None else Path()
        self._stack = contextlib.ExitStack()
        self._guard: sqlite3.Connection | None = None
        """A second connection, that reads: as long as it is there, closing the first leaves the file alone."""
        self._is_shared = True
        self._epoch = secrets.token_hex(4)
        self._position = Position("", 0)
        self._rows: list[tuple[str, str]] = []
        """What table ``meta`` tells of the position."""
        self._in_file: Position | None = None
        """Where the file is without its log."""
        self._page, self._page_size = 2, 4096
        self._signature: tuple[int, ...] = ()
        self._content = b""
        """The page of the file that tells where it is: times are too coarse to tell that a file was written over."""
        self._log_inode: int | None = None
        self._watches_log = True
        self._log_limit = LOG_BYTES
        self._log_bytes = 0
        self._away = False
        self._over: MovedError | None = None
        self._strangers: set[tuple[int, int]] = set()
        """Files that the name led to and that are not this one."""

    # ------------------------------------------------------------ opening
    def open(self) -> State:
        """Open the file, made if it is not there, and read it; nothing is written before it is read.

        Raises:
            FileError: it cannot be opened or made, is no studio file, or is damaged.
        """
        if self.path is None or self._lock is None:
            self.db = opening.connect(":memory:")
            self._make(self.db)
            return State()
        try:
            if self.path.exists() and not self.path.is_file():
                raise FileError(f"{self.path} is no ordinary file. Choose another path=.")
            opening.check_beside(self.path)
            self.read_only = self._lock.acquire()
        except OSError as error:
            if isinstance(error, FileError):
                raise
            words = error.strerror or str(error)
            raise FileError(f"{self.path} cannot be written: {words}. Choose another path=.") from None
        try:
            if self.read_only is None:
                try:
                    return self._open_to_write(self.path, self._lock)
                except opening.NotWritableError as error:
                    self._disconnect()
                    self._lock.release()
                    self.read_only = str(error)
            return self._open_to_read(self.path)
        except BaseException as error:
            self._drop()
            if isinstance(error, sqlite3.Error | OSError | UnicodeDecodeError) and not isinstance(error, FileError):
                raise FileError(f"{self.path} cannot be opened as a studio file: {str(error)[:200]}.") from None
            raise

    def _open_to_read(self, path: Path) -> State:
        try:
            file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except OSError as error:
            raise FileError(f"{path} cannot be read ({error.strerror}), nor written: {self.read_only}.") from None
        try:
            verdict = wal.verdict_beside_a_writer(wal.log_of(path), file)
        except OSError:
            verdict = "unknown"
        finally:
            os.close(file)
        has_locks = self._lock is None or self._lock.has_locks
        self.db = opening.to_read(path, verdict, self._stack, has_locks=has_locks)
        if verdict == "foreign":
            self.notes.append(f"{wal.log_of(path)} belongs to another file than {path.name} and was not read.")
        with opening.bounded(self.db, opening.size_of(path)):
            if not opening.check_kind(self.db, path):
                return State()
        if migrations.format_of(self.db) != rows.FORMAT:
            self.notes.append(
                f"It was written by an earlier release, and can only be read now: {self.read_only}. The file stays as "
                "it is; where it can be written it is brought to this release's layout, with a copy of what it was."
            )
        self.db = migrations.brought_up(self.db, in_place=False)
        return read_state(self.db)

    def _open_to_write(self, path: Path, lock: FileLock) -> State:
        log = self._settled_log(path, lock)
        with contextlib.ExitStack() as stack:
            db = opening.to_read(path, log, stack, has_locks=lock.has_locks)
            state = None
            with opening.bounded(db, opening.size_of(path)):
                is_ours = opening.check_kind(db, path)
            if is_ours:
                today = migrations.brought_up(db, in_place=False)  # read whole before anything is written
                stack.callback(today.close)
                state = read_state(today)
        self._connect(path, lock)
        lock.made = False
        assert self.db is not None  # noqa: S101 - for the type checker
        opening.check_kind(self.db, path)  # nobody has exchanged it since it was read
        if state is None:
            self._make(self.db)
        else:
            self._migrate(self.db, path)
        self._look_round(self.db)
        if log != "none" or self._position.epoch == "" or state is None:
            with contextlib.suppress(sqlite3.Error):  # a full disk: it can be read, and says so at the first save
                if self._position.epoch == "":
                    self._go_to(Position(self._epoch, self._position.rev))
                self._empty_log()
        return State() if state is None else state

    def _settled_log(self, path: Path, lock: FileLock) -> wal.Verdict:
        """Look at the log that lies beside the file, and move it out of the way if it is another file's."""
        assert lock.file is not None  # noqa: S101 - for the type checker
        if (former := wal.fetch_log(path, lock.file)) is not None:
            self.notes.append(f"The last changes of {path.name} stood in {former.name} yet: the file was renamed.")
        log = wal.log_of(path)
        if ordinary.is_there(untold := wal.untold_of(path)):
            self.notes.append(_said_of_a_log(log, wal.set_aside(path, untold)))
        verdict = wal.verdict(log, lock.file)
        if verdict == "unknown" and not _is_whole(path, "belongs", lock):
            verdict = "foreign" if _is_whole(path, "foreign", lock) else "unknown"
        if verdict == "foreign":
            self.notes.append(_said_of_a_log(log, wal.set_aside(path)))
            return "none"
        return verdict

    def _connect(self, path: Path, lock: FileLock) -> None:
        self.db, self._is_shared = opening.to_write(path, has_locks=lock.has_locks)
        if self._is_shared:
            self._guard = opening.connect(opening.uri(path, "ro"))
            self._guard.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()

    def _make(self, db: sqlite3.Connection) -> None:
        db.executescript(
            f"BEGIN; PRAGMA application_id={rows.APPLICATION_ID}; PRAGMA user_version={rows.FORMAT};{rows.TABLES}"
            f"INSERT INTO meta VALUES('rev', '0'), ('{wal.KEY}', '{self._moment(Position(self._epoch, 0)).text()}');"
            "COMMIT;"
        )

    def _migrate(self, db: sqlite3.Connection, path: Path) -> None:
        """Bring a file of an earlier release to today's layout, once a copy of what it was stands beside it."""
        version = migrations.format_of(db)
        if version == rows.FORMAT:
            return
        try:
            original = copying.keep_original(path, db, version)
        except (sqlite3.Error, OSError) as error:
            raise opening.NotWritableError(
                f"a copy of it as the earlier release wrote it cannot be kept in {path.parent} "
                f"({getattr(error, 'strerror', None) or error})"
            ) from None
        try:
            migrations.brought_up(db, in_place=True)
        except FileError as error:  # in memory it could be: so the disk does not take it
            original.unlink()
            raise opening.NotWritableError(str(error)) from None
        self.notes.append(
            "It was written by an earlier release, and was brought to this one's layout. What it was is kept in "
            f"{original.name}."
        )

    def _look_round(self, db: sqlite3.Connection) -> None:
        """Learn where the file is, what it looks like and where it says so."""
        self._page = db.execute("SELECT rootpage FROM sqlite_master WHERE name='meta'").fetchone()[0]
        self._page_size = db.execute("PRAGMA page_size").fetchone()[0]
        self._rows = db.execute(_SELECT_ROWS).fetchall()
        self._position = wal.position(dict(self._rows)) or Position("", 0)
        self.written = self._position.rev
        with contextlib.suppress(OSError):
            self._log_inode = self._log.lstat().st_ino
        self._note()

    # ------------------------------------------------------------ saving
    def save(self, batches: Iterable[Batch]) -> None:
        """Write batches in one transaction; return when they are on disk, under the file's name.

        What was written before and could only not be told as saved is not written again.

        Raises:
            MovedError: the name no longer leads to this file, or another program has changed it.
            sqlite3.Error: the disk refuses.
        """
        self.verify()
        db = self._open_db()
        new = [batch for batch in batches if batch.rev > self.written]
        if new:
            with self._transaction(db):
                write_rows(db, new)
                self._write_moment(db, Position(self._epoch, new[-1].rev))
            self.written = new[-1].rev
            self.verify()
            if self._log_bytes > self._log_limit:
                self.empty_log()

    def empty_log(self) -> None:
        """Bring what stands in the log into the file, so that a copied file is whole.

        Raises:
            MovedError: the name no longer leads to this file; where the file itself is as it was left, it is done.
            sqlite3.Error: the disk refuses.
        """
        self.verify()
        self._empty_log()

    def verify(self) -> None:
        """Raise `MovedError` unless the name leads to this file, and the file is as it was left."""
        if self.path is None or self.read_only is not None:
            return
        try:
            found = self.path.stat()
        except OSError as error:
            self._look_closer(None, error)
            return
        is_same = _signature(found) == self._signature and self._is_as_left() and self._has_log()
        if self._away or self.db is None or not is_same:
            self._look_closer(found, None)

    def _open_db(self) -> sqlite3.Connection:
        if self.db is None:
            raise self._over or FileError("The studio file is closed.")
        return self.db

    @contextlib.contextmanager
    def _transaction(self, db: sqlite3.Connection) -> Iterator[None]:
        """Write, or leave all as it was; and only if nobody else has written since this process did."""
        before = self._position, self._rows
        try:
            db.execute("BEGIN IMMEDIATE")
            self._check_unchanged(db)
            yield
            db.execute("COMMIT")
        except BaseException:
            self._position, self._rows = before
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def source(self) -> sqlite3.Connection | None:
        """Return the connection to copy the file by; ``None`` when it holds something else than was left in it."""
        with contextlib.suppress(sqlite3.Error, MovedError):
            if self.db is not None and self.read_only is None:
                self._check_unchanged(self.db)
            return self.db
        return None

    def _check_unchanged(self, db: sqlite3.Connection) -> None:
        if self.path is not None and db.execute(_SELECT_ROWS).fetchall() != self._rows:
            raise MovedError(
                f"{self.path.name} was changed by another program while it was open",
                f"{_COPY}; then close this one, and open the other again",
            )

    def _moment(self, to: Position) -> Moment:
        file = self._lock.file if self._lock is not None else None
        return Moment(to, self._position, 0 if file is None else os.fstat(file).st_ino, self._log_inode or 0)

    def _write_moment(self, db: sqlite3.Connection, to: Position) -> None:
        self._rows = [(wal.KEY, self._moment(to).text()), ("rev", str(to.rev))]
        db.execute("INSERT OR REPLACE INTO meta(key, value) VALUES(?,?),(?,?)", (*self._rows[0], *self._rows[1]))
        self._position = to

    def _go_to(self, to: Position) -> None:
        """Write a moment alone."""
        db = self._open_db()
        with self._transaction(db):
            self._write_moment(db, to)

    def _empty_log(self) -> None:
        db = self._open_db()
        try:
            is_busy, *_ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            self._note()
            self._log_limit = max(LOG_BYTES, 2 * self._log_size())  # a reader may keep it from being emptied
        if self.path is not None and not is_busy:
            pages = db.execute("PRAGMA page_count").fetchone()[0]
            if self._in_file != self._position or os.fstat(self._file).st_size != pages * self._page_size:
                self._give_up()  # somebody wrote over it at the same time

    # ------------------------------------------------------------ is it still this file?
    @property
    def _path(self) -> Path:
        assert self.path is not None  # noqa: S101 - for the type checker
        return self.path

    @property
    def _file(self) -> int:
        assert self._lock is not None and self._lock.file is not None  # noqa: S101, PT018 - for the type checker
        return self._lock.file

    def _note(self) -> None:
        """Take what the file looks like now as what this process made of it."""
        if self._lock is not None and self._lock.file is not None:
            self._signature = _signature(os.fstat(self._file), self._signature)
            self._in_file = wal.position_in(self._file, self._page, self._page_size)
            self._content = wal.page_in(self._file, self._page, self._page_size)

    def _is_as_left(self) -> bool:
        return wal.page_in(self._file, self._page, self._page_size) == self._content

    def _log_size(self) -> int:
        with contextlib.suppress(OSError):
            return self._log.lstat().st_size if self.path is not None else 0
        return 0

    def _has_log(self) -> bool:
        """Whether the log's name leads to the open one; its size is noted by the way."""
        try:
            found = self._log.lstat()
        except OSError:
            return not self._watches_log
        self._log_bytes = found.st_size
        return not self._watches_log or found.st_ino == self._log_inode

    def _look_closer(self, found: os.stat_result | None, error: OSError | None) -> None:
        if self._over is not None:
            raise self._over
        own = os.fstat(self._file)
        if own.st_size != self._signature[2] or not self._is_as_left():
            self._give_up()
        if found is None:
            self._go_away()
            where = "is gone: it was deleted or renamed" if _is_missing(error) else f"cannot be reached ({error})"
            again = "studio.backup(studio.path) writes all of it there again"
            raise MovedError(f"{self._path.name} {where} while it was open", f"{again}, and {_COPY}")
        if _signature(found)[:2] != self._signature[:2] and not self._is_same(found, own):
            self._go_away()
            raise MovedError(
                f"{self._path.name} was replaced by another file while it was open",
                f"{_COPY}; then close this one, and open the other again",
            )
        if self._away:
            self._come_back()
        elif self.db is None or not self._has_log():
            self._renew_log()

    def _is_same(self, found: os.stat_result, own: os.stat_result) -> bool:
        """Whether a file with another device or inode is this one: some network disks number a file anew.

        What is written to the open file shows in it then.
        """
        which = (found.st_dev, found.st_ino)
        if which == (own.st_dev, own.st_ino):
            self._signature = (*which, *self._signature[2:])
            return True
        if own.st_nlink == 0 or which in self._strangers or self.db is None:
            return False
        self._epoch = secrets.token_hex(4)
        with contextlib.suppress(sqlite3.Error, OSError):
            self._go_to(Position(self._epoch, self._position.rev))
            self._empty_log()
            file = os.open(self._path, os.O_RDONLY)
            try:
                here = wal.position_in(file, self._page, self._page_size)
            finally:
                os.close(file)
            if here == self._position:
                self._signature = (*which, *self._signature[2:])
                return True
        self._strangers.add(which)
        return False

    def _go_away(self) -> None:
        """Leave the name: all that stands in the log goes into the file, wherever it is now, and the log goes."""
        if self._away:
            return
        self._away = True
        with contextlib.suppress(sqlite3.Error, OSError):
            self._empty_log()
            if self._log_size() == 0:
                self._remove_log()

    def _remove_log(self) -> None:
        """Remove the names of the log and its index, if they are this file's."""
        with contextlib.suppress(OSError):
            if self._log_inode in {None, self._log.lstat().st_ino}:
                ordinary.remove(self._log)
                ordinary.remove(wal.index_of(self._path))

    def _come_back(self) -> None:
        """Go on with a file that has its name again."""
        self._disconnect()
        if self._lock is not None:
            self._connect(self._path, self._lock)
            self._look_round(self._open_db())
        self._away = False

    def _renew_log(self) -> None:
        """Go on after somebody deleted or replaced the log: what stood in the open one goes into the file first."""
        if self.db is not None:  # else this was done, and then the disk did not let it be opened again
            self._empty_log()
        if wal.read_log(self._log) is not None:
            wal.set_aside(self._path)
        self._disconnect()
        if self._lock is not None:
            self._connect(self._path, self._lock)
            self._look_round(self._open_db())
        self._watches_log = self._has_log()  # a disk that numbers files anew at every look

    def _give_up(self) -> None:
        """Let go of a file that was written over: SQLite must not bring its log into it."""
        if self._log_size() and self._has_log():
            with contextlib.suppress(OSError):
                if self._is_shared:
                    ordinary.rename(self._log, wal.untold_of(self._path))
                else:
                    self._empty_into(wal.untold_of(self._path))
        self._disconnect(leave=True)
        self._remove_log()
        self._over = MovedError(
            f"{self._path.name} was written over by another program while it was open",
            f"{_COPY}; then close this one, and open the other again",
        )
        raise self._over

    def _empty_into(self, kept: Path) -> None:
        """Copy the log, and leave nothing in it that closing could apply."""
        ordinary.remove(kept)
        with ordinary.open_to_read(self._log) as source, os.fdopen(ordinary.make(kept), "wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        os.truncate(self._log, 0)

    def was_told(self) -> None:
        """Note that a person has heard of the trouble: an opening after a kill need not say it again."""
        with contextlib.suppress(OSError):
            if self.path is not None and ordinary.is_there(wal.untold_of(self.path)):
                wal.set_aside(self.path, wal.untold_of(self.path))

    # ------------------------------------------------------------ the end
    def adopt(self) -> None:
        """Go on with the file that has the name now: a copy of this one, just written.

        Raises:
            FileError: another process has it.
        """
        if self._lock is None:
            return
        self._disconnect(leave=True)
        if (reason := self._lock.renew()) is not None:
            raise FileError(f"{self._path} was written, but it is {reason}.")
        self._away, self._over, self._signature = False, None, ()
        self._note()  # also where it cannot be connected to now: the next save tries again
        self._connect(self._path, self._lock)
        self._look_round(self._open_db())

    def close(self) -> None:
        """Empty the log and give the file free. Whoever wants to know first whether all is well calls `verify`."""
        if self.path is not None and self.read_only is None and self.db is not None:
            with contextlib.suppress(Exception):
                self.empty_log()
        self._drop()

    @property
    def mode(self) -> int:
        """Who may read and write the file: copies of it are for nobody else."""
        has_file = self._lock is not None and self._lock.file is not None
        return stat.S_IMODE(os.fstat(self._file).st_mode) if has_file else 0o777

    @property
    def is_deleted(self) -> bool:
        """Whether no name leads to the file any more, or what is under its name is no longer what it was."""
        return self._over is not None or os.fstat(self._file).st_nlink == 0

    def _disconnect(self, *, leave: bool = False) -> None:
        """Close the connections; with ``leave``, nothing is done to the file on that occasion.

        SQLite empties a log when its last connection is closed, but not when that one only reads.
        """
        last = (self.db, self._guard) if leave else (self._guard, self.db)
        for db in last:
            if db is not None:
                db.close()
        self.db = self._guard = None

    def _drop(self) -> None:
        self._disconnect(leave=self._over is not None)
        self._stack.close()
        if self._away or (self._lock is not None and self._lock.file is not None and self._log_size() == 0):
            self._remove_log()
        if self._lock is not None:
            self._lock.release()


def _signature(found: os.stat_result, former: tuple[int, ...] = ()) -> tuple[int, ...]:
    """Return what tells that a file is another, or was written: device, inode, size."""
    which = former[:2] or (found.st_dev, found.st_ino)
    return (*which, found.st_size)


def _said_of_a_log(log: Path, kept: Path) -> str:
    return (
        f"{log.name} holds changes to another file than the one that is there now, which was replaced or restored "
        f"while a kernel had it open. They were not applied, and are kept in {kept.name}."
    )


def _is_missing(error: OSError | None) -> bool:
    return isinstance(error, (FileNotFoundError, NotADirectoryError))


def _is_whole(path: Path, log: wal.Verdict, lock: FileLock) -> bool:
    """Whether a file is whole with its log, or without it (``log="foreign"``). Nothing is written to it.

    Raises:
        FileError: what it defines is not ours, or it has no end.
    """
    with contextlib.ExitStack() as stack:
        try:
            return opening.is_whole(opening.to_read(path, log, stack, has_locks=lock.has_locks))
        except FileError:
            raise
        except (sqlite3.Error, OSError):
            return False
