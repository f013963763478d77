"""The studio file: one SQLite database, written by one thread.

Current values stand in tables, and the log of what can be undone beside them, both written in one transaction.
WAL with ``synchronous=NORMAL``: a killed process loses nothing that was acknowledged; a power cut may cost the last
group. The WAL is emptied two seconds after the last commit, so that a copied file is whole.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from synth_widgets.errors import FileError
from synth_widgets.records import Json
from synth_widgets.store import rows
from synth_widgets.store.batch import Batch
from synth_widgets.store.loading import read_state
from synth_widgets.store.state import State
from synth_widgets.store.writing import read_lines, read_raw, write_rows

log = logging.getLogger(__name__)
T = TypeVar("T")

GATHER_SECONDS = 0.05
"""How long changes of a job wait for more of them."""
IDLE_SECONDS = 2.0
RETRY_SECONDS = 1.0


class Journal:
    """Writes batches in order, tells when they are on disk, and reads what memory does not hold.

    Args:
        path: the file, or ``None`` for a database in memory.
        read_only: only `read` is allowed.
        on_saved: called on the journal's thread with the highest revision that is on disk.
        on_trouble: called on the journal's thread with what keeps it from writing, or ``None`` when it can again.

    Raises:
        FileError: the file is not a studio file, is from a newer release, or cannot be opened.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        read_only: bool = False,
        on_saved: Callable[[int], None],
        on_trouble: Callable[[str | None], None],
    ) -> None:
        self.path = path
        self.read_only = read_only
        self._on_saved = on_saved
        self._on_trouble = on_trouble
        self._trouble: str | None = None
        self._wake = threading.Condition()
        self._queue: list[Batch] = []
        self._reads: list[tuple[Callable[[sqlite3.Connection], Any], Future[Any]]] = []
        self._closing = False
        self._dirty = False
        opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._main, args=(opened,), name="synth-journal", daemon=True)
        self._thread.start()
        opened.result()

    # ------------------------------------------------------------ from any thread
    def write(self, batch: Batch) -> None:
        """Queue a batch. An urgent one takes all before it along at once."""
        with self._wake:
            self._queue.append(batch)
            if batch.urgent or len(self._queue) == 1:  # else the thread gathers, and need not look up for each
                self._wake.notify()

    def read(self, query: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Run a query on the journal's thread, after all that was queued before it."""
        future: Future[T] = Future()
        with self._wake:
            if self._closing:
                future.set_exception(FileError("The studio file is closed."))
                return future
            self._reads.append((query, future))
            self._wake.notify()
        return future

    def entries(self, group: int) -> Future[list[list[Json]]]:
        """Read the log entries of a group, oldest first."""
        query = "SELECT entry AS text FROM log WHERE grp=? ORDER BY n"
        return self.read(lambda db: [rows.load(text) for text in read_lines(db, query, group)])

    def raw(self, calls: Iterable[str]) -> Future[dict[str, str | None]]:
        """Read the raw answers of calls, by id."""
        wanted = list(calls)
        return self.read(lambda db: read_raw(db, wanted))

    def settle(self) -> None:
        """Empty the WAL after what is queued."""
        self.read(self._empty_wal)

    def load(self) -> State:
        """Read the whole current state."""
        return self.read(read_state).result()

    def close(self, timeout: float = 10.0) -> str | None:
        """Write what is queued, empty the WAL and end. Return what could not be written, or ``None``."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join(timeout)
        return (self._trouble or "the disk took too long") if self._queue else None

    # ------------------------------------------------------------ the thread
    def _main(self, opened: Future[None]) -> None:
        try:
            db = self._open()
        except BaseException as error:  # noqa: BLE001 - handed to the caller, who waits for it
            opened.set_exception(error)
            return
        opened.set_result(None)
        try:
            while self._turn(db):
                pass
        finally:
            self._empty_wal(db)
            db.close()
            with self._wake:
                self._closing = True
                left, self._reads = self._reads, []
            for _, future in left:
                future.set_exception(FileError("The studio file is closed."))

    def _turn(self, db: sqlite3.Connection) -> bool:
        """Wait for work and do it. Return whether to go on."""
        batches, reads = self._gather()
        if batches and self._save(db, batches):
            with self._wake:
                del self._queue[: len(batches)]
        for query, future in reads:
            self._answer(db, query, future)
        if not batches and not reads and self._dirty:
            self._empty_wal(db)
        if self._closing:
            return bool(self._queue) and self._trouble is None
        return True

    def _gather(self) -> tuple[list[Batch], list[tuple[Callable[[sqlite3.Connection], Any], Future[Any]]]]:
        with self._wake:
            patience = IDLE_SECONDS if self._dirty else None
            if self._trouble is not None:
                self._wake.wait_for(lambda: self._closing or bool(self._reads), RETRY_SECONDS)
            else:
                self._wake.wait_for(lambda: self._closing or bool(self._queue) or bool(self._reads), patience)
                if self._queue:
                    self._wake.wait_for(
                        lambda: self._closing or bool(self._reads) or any(b.urgent for b in self._queue),
                        GATHER_SECONDS,
                    )
            reads, self._reads = self._reads, []
            return list(self._queue), reads

    def _save(self, db: sqlite3.Connection, batches: list[Batch]) -> bool:
        try:
            db.execute("BEGIN IMMEDIATE")
            for batch in batches:
                write_rows(db, batch)
            db.execute("INSERT OR REPLACE INTO meta VALUES('rev', ?)", (batches[-1].rev,))
            db.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing is lost: it is said, and tried again
            if db.in_transaction:
                db.execute("ROLLBACK")
            trouble = f"{error}"
            if trouble != self._trouble:
                log.warning("The studio file cannot be written: %s", error)
            self._trouble = trouble
            self._on_trouble(trouble)
            return False
        self._dirty = True
        if self._trouble is not None:
            self._trouble = None
            self._on_trouble(None)
        self._on_saved(batches[-1].rev)
        return True

    def _answer(self, db: sqlite3.Connection, query: Callable[[sqlite3.Connection], T], future: Future[T]) -> None:
        try:
            result = query(db)
        except sqlite3.Error as error:
            future.set_exception(FileError(f"The studio file {self.path} cannot be read: {error}."))
        except Exception as error:  # noqa: BLE001 - handed to the caller, who waits for it
            future.set_exception(error)
        else:
            future.set_result(result)

    def _empty_wal(self, db: sqlite3.Connection) -> None:
        self._dirty = False
        if self.path is not None and not self.read_only:
            try:
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.Error as error:
                log.info("The WAL was not emptied: %s", error)

    def _open(self) -> sqlite3.Connection:
        where = (
            ":memory:"
            if self.path is None
            else f"{self.path.absolute().as_uri()}?mode=" + ("ro" if self.read_only else "rwc")
        )
        try:
            db = sqlite3.connect(where, isolation_level=None, uri=self.path is not None)
            known = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            ident = db.execute("PRAGMA application_id").fetchone()[0]
            version = db.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.Error as error:
            raise FileError(f"{self.path} cannot be opened as a studio file: {error}.") from None
        if known and ident != rows.APPLICATION_ID:
            db.close()
            raise FileError(f"{self.path} is a database, but not a studio file. Choose another path=.")
        if known and version > rows.FORMAT:
            db.close()
            raise FileError(f"{self.path} was written by a newer release. Upgrade: pip install -U synth-widgets.")
        if not self.read_only:
            if self.path is not None:
                db.execute("PRAGMA journal_mode=WAL")
                db.execute("PRAGMA synchronous=NORMAL")
            if not known:
                db.executescript(
                    f"BEGIN; PRAGMA application_id={rows.APPLICATION_ID}; PRAGMA user_version={rows.FORMAT};"
                    f"{rows.TABLES} COMMIT;"
                )
        return db


def now() -> float:
    """Return the time as records keep it, in seconds since the epoch."""
    return time.time()
