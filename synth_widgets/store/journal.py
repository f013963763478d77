"""The studio file: one SQLite database, written by one thread.

Current values stand in tables, and the log of what can be undone beside them, both written in one transaction.
WAL with ``synchronous=NORMAL``: a killed process loses nothing that was acknowledged; a power cut may cost the last
group. The WAL is emptied two seconds after the last commit, so that a copied file is whole.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any, TypeVar

from synth_widgets.errors import FileError
from synth_widgets.records import Json
from synth_widgets.store import copying, opening
from synth_widgets.store.batch import Batch
from synth_widgets.store.columns import entries_of, pages_of
from synth_widgets.store.open_file import MovedError, OpenFile, Trouble
from synth_widgets.store.state import State
from synth_widgets.store.writing import read_raw
from synth_widgets.text.shown import shown

log = logging.getLogger(__name__)
T = TypeVar("T")

GATHER_SECONDS = 0.05
"""How long changes of a job wait for more of them."""
IDLE_SECONDS = 2.0
RETRY_SECONDS = 1.0
CLOSE_SECONDS = 30.0
"""How long closing waits for the disk."""


class Journal:
    """Writes batches in order, tells when they are on disk, and reads what memory does not hold.

    Args:
        path: the file, or ``None`` for a database in memory.
        on_saved: called on the journal's thread with the highest revision that is on disk.
        on_trouble: called on the journal's thread with what keeps it from writing, or ``None`` when it can again.
        whole: returns all that is in memory, for a copy of a file that was written over; ``None`` if nobody holds it.

    Attributes:
        read_only: why the file can only be read, or ``None``.
        notes: what was found at opening that the person should know.

    Raises:
        FileError: the file is not a studio file, is from a newer release, or cannot be opened.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        on_saved: Callable[[int], None],
        on_trouble: Callable[[Trouble | None], None],
        whole: Callable[[], Batch | None] | None = None,
    ) -> None:
        self.path = path
        self._file = OpenFile(path)
        self._on_saved = on_saved
        self._on_trouble = on_trouble
        self._whole = whole
        self._trouble: Trouble | None = None
        self._wake = threading.Condition()
        self._queue: list[Batch] = []
        self._work: list[tuple[Callable[[], Any], Future[Any]]] = []
        self._closing = False
        self._dirty = False
        self._copied = 0
        """The highest revision of which there is a copy in another file."""
        self._ended: Future[None] = Future()
        self._ended.set_running_or_notify_cancel()  # who gives up waiting must not end it
        self._lost: str | None = "the disk took too long"
        self._state: State | None = None
        opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._main, args=(opened,), name="synth-journal", daemon=True)
        self._thread.start()
        opened.result()
        self.read_only = self._file.read_only
        self.notes = self._file.notes

    # ------------------------------------------------------------ from any thread
    def write(self, batch: Batch) -> None:
        """Queue a batch. An urgent one takes all before it along at once."""
        with self._wake:
            self._queue.append(batch)
            if batch.urgent or len(self._queue) == 1:  # else the thread gathers, and need not look up for each
                self._wake.notify()

    def read(self, query: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Run a query on the journal's thread, after all that was queued before it."""

        def run() -> T:
            if self._file.db is None:
                raise FileError(f"The studio file {self.path} cannot be read: {self._trouble and self._trouble.text}.")
            with opening.bounded(self._file.db, pages_of(self._file.db)):
                return query(self._file.db)

        return self._do(run)

    def entries(self, group: int) -> Future[list[list[Json]]]:
        """Read the log entries of a group, oldest first."""
        return self.read(lambda db: entries_of(db, group))

    def raw(self, calls: Iterable[str]) -> Future[dict[str, str | None]]:
        """Read the raw answers of calls, by id."""
        wanted = list(calls)
        return self.read(lambda db: read_raw(db, wanted))

    def settle(self) -> None:
        """Empty the WAL after what is queued."""
        self._do(self._empty_log)

    def check(self) -> Future[None]:
        """Look whether the file's name still leads to it, after all that is queued; the future fails where not."""
        return self._do(self._verify)

    def copy(self, target: Path, whole: Batch) -> Future[None]:
        """Write all there is as another file, which nothing may have the name of.

        Under the file's own name, when nothing has it any more, the journal goes on with it.
        """
        return self._do(lambda: self._copy(target, whole))

    def was_told(self) -> None:
        """Note that a person has heard of the trouble."""
        self._do(self._file.was_told)

    def load(self) -> State:
        """Return the whole state, as it was read at opening. Once: it is not kept."""
        state, self._state = self._state, None
        if state is None:
            raise RuntimeError("The state was handed over already.")
        return state

    def close(self, timeout: float = CLOSE_SECONDS) -> str | None:
        """Write what is queued, empty the WAL and end. Return what could not be written, or ``None``."""
        wait([self.begin_close()], timeout)
        return self.lost()

    def begin_close(self) -> Future[None]:
        """Begin to close; what comes back is done when the file is free. Waits for nothing."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        return self._ended

    def lost(self) -> str | None:
        """Return why something was not written, or ``None`` when all of it was. After the end, or in place of it."""
        return self._lost

    def _do(self, call: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()
        with self._wake:
            if self._closing:
                future.set_exception(FileError("The studio file is closed."))
                return future
            self._work.append((call, future))
            self._wake.notify()
        return future

    # ------------------------------------------------------------ the thread
    def _main(self, opened: Future[None]) -> None:
        try:
            self._state = self._file.open()
        except BaseException as error:  # noqa: BLE001 - handed to the caller, who waits for it
            self._ended.set_result(None)
            opened.set_exception(error)
            return
        opened.set_result(None)
        lost: str | None = "the journal failed"
        try:
            while self._goes_on():
                pass
            lost = self._finish()
        finally:
            self._lost = lost
            with self._wake:
                self._closing = True
                left, self._work = self._work, []
            for _, future in left:
                if future.set_running_or_notify_cancel():
                    future.set_exception(FileError("The studio file is closed."))
            try:
                self._file.close()
            finally:
                self._ended.set_result(None)

    def _goes_on(self) -> bool:
        """Do a turn; return whether there is another one. What goes wrong in it is said, and tried again."""
        try:
            return self._turn()
        except BaseException as error:
            log.exception("The journal failed.")
            self._say(Trouble(f"the journal failed: {error!r}"))
            return not self._closing

    def _turn(self) -> bool:
        """Wait for work and do it. Return whether to go on."""
        batches, work = self._gather()
        try:
            if batches and self._save(batches):
                with self._wake:
                    del self._queue[: len(batches)]
        finally:
            for call, future in work:
                self._answer(call, future)
        if not batches and not work and not self._closing:
            if self._trouble is not None:
                self._save([])
            elif self._dirty:
                self._empty_log()
        if self._closing:
            return bool(self._queue) and self._trouble is None
        return True

    def _gather(self) -> tuple[list[Batch], list[tuple[Callable[[], Any], Future[Any]]]]:
        with self._wake:
            patience = IDLE_SECONDS if self._dirty else None
            if self._trouble is not None:
                self._wake.wait_for(lambda: self._closing or bool(self._work), RETRY_SECONDS)
            else:
                self._wake.wait_for(lambda: self._closing or bool(self._queue) or bool(self._work), patience)
                if self._queue:
                    self._wake.wait_for(
                        lambda: self._closing or bool(self._work) or any(b.urgent for b in self._queue),
                        GATHER_SECONDS,
                    )
            work, self._work = self._work, []
            return list(self._queue), work

    def _save(self, batches: list[Batch]) -> bool:
        try:
            self._file.save(batches)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing is lost: it is said, and tried again
            self._say(_trouble_of(error))
            return False
        self._dirty = self._dirty or bool(batches)
        if self._trouble is not None:
            self._trouble = None
            self._on_trouble(None)
        if batches:
            self._on_saved(batches[-1].rev)
        return True

    def _say(self, trouble: Trouble) -> None:
        if trouble != self._trouble:
            log.warning("The studio file cannot be written: %s", shown(trouble.text))
        self._trouble = trouble
        self._on_trouble(trouble)

    def _answer(self, call: Callable[[], T], future: Future[T]) -> None:
        if not future.set_running_or_notify_cancel():
            return  # nobody waits for it any more
        try:
            result = call()
        except (sqlite3.Error, UnicodeDecodeError) as error:  # what stands there is no text, or SQLite says so
            future.set_exception(FileError(f"The studio file {self.path} cannot be read: {str(error)[:200]}."))
        except Exception as error:  # noqa: BLE001 - handed to the caller, who waits for it
            future.set_exception(error)
        else:
            future.set_result(result)

    def _empty_log(self) -> None:
        self._dirty = False
        if self.path is not None and self.read_only is None:
            try:
                self._file.empty_log()
            except Exception as error:  # noqa: BLE001 - as above
                if isinstance(error, sqlite3.Error) and self._file.db is not None:
                    log.info("The WAL was not emptied: %s", error)
                else:
                    self._say(_trouble_of(error))

    def _verify(self) -> None:
        try:
            self._file.verify()
        except Exception as error:  # noqa: BLE001 - as above
            trouble = _trouble_of(error)
            self._say(trouble)
            raise not_saved(self.path, trouble) from None

    def _copy(self, target: Path, whole: Batch) -> None:
        with self._wake:
            queued = list(self._queue)
        pending = [batch for batch in queued if self._file.written < batch.rev <= whole.rev]
        copying.write_copy(target, self._file.source(), pending, whole, mode=self._file.mode)
        self._copied = whole.rev
        if self.path is not None and target == self.path and self.read_only is None:
            self._file.adopt()
            with self._wake:
                self._queue = [batch for batch in self._queue if batch.rev > whole.rev]
            self._trouble = None
            self._on_trouble(None)
            self._on_saved(whole.rev)

    # ------------------------------------------------------------ the end
    def _finish(self) -> str | None:
        """Return what is lost: nothing, where the file has all of it. Else it is written to a file beside it first."""
        if self.path is None or self.read_only is not None:
            return None
        reason = self._trouble.text if self._trouble is not None else ""
        try:
            self._file.verify()
        except MovedError as error:
            reason = error.trouble.text
            if not self._queue and not self._file.is_deleted:
                log.warning("%s. All that was in it is in the file that was moved.", shown(reason))
                return None
        except Exception as error:  # noqa: BLE001 - whatever it is, what the file may not hold is written beside it
            reason = f"{error}"
        else:
            if not self._queue:
                return None
        whole = self._whole() if self._whole is not None else None
        if whole is None:
            return reason
        return None if whole.rev <= self._copied else f"{reason}. {self._rescued(self.path, whole)}"

    def _rescued(self, path: Path, whole: Batch) -> str:
        if not self._queue and not path.parent.exists():
            return "All that was saved went with its folder"
        target = copying.beside(path)
        with contextlib.suppress(Exception):
            pending = [batch for batch in self._queue if batch.rev > self._file.written]
            copying.write_copy(target, self._file.source(), pending, whole, mode=self._file.mode)
            return f"What this studio held is in {target}"
        return "What it did not take is lost, for no other file could be written either"


def _trouble_of(error: Exception) -> Trouble:
    return error.trouble if isinstance(error, MovedError) else Trouble(f"{error}")


def not_saved(path: Path | None, trouble: Trouble) -> FileError:
    """Return the error that says why a change is not on disk, and what to do."""
    return FileError(
        f"Not saved: {path} does not take the change ({trouble.text}). It is held in memory and tried again "
        f"every second; {trouble.remedy}."
    )


def now() -> float:
    """Return the time as records keep it, in seconds since the epoch."""
    return time.time()
