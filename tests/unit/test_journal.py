"""What goes wrong on the journal's thread is said, and tried again; the thread goes on."""

from __future__ import annotations

import errno
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synth_widgets.errors import FileError
from synth_widgets.records import ROOT, Topic
from synth_widgets.store import journal, opening, wal
from synth_widgets.store.changes import TopicAdded
from synth_widgets.store.store import Store
from tests.tasks import until


def direct(call: Any) -> None:
    """Own the store on whatever thread speaks of it."""
    call()


def add(store: Store, name: str) -> None:
    store.commit([TopicAdded(Topic(name, ROOT, name))], label="Add")


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(journal, "IDLE_SECONDS", 0.02)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder" / "a.synth"


@pytest.mark.parametrize("ends", [False, True])
def test_who_gives_up_waiting_does_not_end_the_journal(ends: bool, path: Path):
    store = Store(path, direct)
    add(store, "A")
    begun, go_on = threading.Event(), threading.Event()
    busy = store._journal.read(lambda db: (begun.set(), go_on.wait(30)))
    assert begun.wait(30)
    given_up = [store.entries(store.state.groups[1]), store._journal.read(lambda db: 1 / 0), store.check()]
    if ends:
        given_up.append(store.begin_close())
    cancelled = [future.cancel() for future in given_up]
    assert cancelled == [True, True, True, False][: len(given_up)], "closing goes on whoever waits"
    go_on.set()
    if not ends:
        add(store, "B")
        store.saved().result(10)
    store.close()
    store._journal._ended.result(30)
    assert store._journal.lost() is None
    assert not busy.cancelled()


def test_a_journal_that_fails_says_so_and_tries_again(path: Path):
    fails = threading.Event()

    def post(call: Callable[[], None]) -> None:
        if fails.is_set():
            fails.clear()
            raise RuntimeError("nobody is there")
        call()

    store = Store(path, post)
    add(store, "A")
    store.saved().result(30)
    said: list[str | None] = []
    store.listen(lambda commits: said.append(store.trouble))
    fails.set()
    add(store, "B")
    until(lambda: said and said[-1] is None and store.saved_rev == store.state.rev)
    assert any("nobody is there" in words for words in said if words)
    store.close()
    again = Store(path, direct)
    assert {"A", "B"} <= set(again.state.topics)
    again.close()


# ---------------------------------------------------------------- a disk that fails for a while
FAULTS = [
    opening.NotWritableError("SQLite cannot write it there (too many open files)"),
    OSError(errno.EMFILE, "Too many open files"),
    sqlite3.OperationalError("unable to open database file"),
]
each_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)


class Disk:
    """A disk that opens a file to write, and reads a page of one, or raises what stands in ``opens`` and ``reads``."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opens: Exception | None = None
        self.reads: Exception | None = None
        to_write, page_in = opening.to_write, wal.page_in
        monkeypatch.setattr(opening, "to_write", lambda *args, **named: self._or(self.opens, to_write, *args, **named))
        monkeypatch.setattr(wal, "page_in", lambda *args: self._or(self.reads, page_in, *args))

    def _or(self, fault: Exception | None, call: Callable[..., Any], *args: Any, **named: Any) -> Any:
        if fault is not None:
            raise fault
        return call(*args, **named)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def topics_in(path: Path) -> set[str]:
    store = Store(path, direct)
    try:
        return set(store.state.topics) - {ROOT}
    finally:
        store.close()


@each_fault
def test_a_file_that_cannot_be_opened_again_at_an_idle_moment_is_once_the_disk_is_well(fault, disk: Disk, path: Path):
    store = Store(path, direct)
    add(store, "A")
    store.saved().result(30)
    disk.opens = fault
    wal.log_of(path).unlink()
    store.settle()
    until(lambda: store.trouble is not None)
    assert str(fault) in store.trouble
    add(store, "B")
    with pytest.raises(FileError, match="Not saved"):
        store.saved().result(30)
    with pytest.raises(FileError, match="Not saved"):
        store.check().result(30)
    disk.opens = None
    until(lambda: store.trouble is None)
    store.check().result(30)
    assert store.entries(store.state.groups[1]).result(30)
    store.close()
    assert topics_in(path) == {"A", "B"}


@each_fault
def test_a_file_that_cannot_be_opened_again_in_a_save_is_once_the_disk_is_well(fault, disk: Disk, path: Path):
    store = Store(path, direct)
    add(store, "A")
    store.saved().result(30)
    disk.opens = fault
    wal.log_of(path).unlink()
    add(store, "B")
    with pytest.raises(FileError, match="Not saved"):
        store.saved().result(30)
    disk.opens = None
    until(lambda: store.trouble is None and store.saved_rev == store.state.rev)
    store.close()
    assert topics_in(path) == {"A", "B"}


@each_fault
def test_closing_rescues_what_a_file_that_cannot_be_opened_again_did_not_take(fault, disk: Disk, path: Path):
    store = Store(path, direct)
    add(store, "A")
    store.saved().result(30)
    disk.opens = fault
    wal.log_of(path).unlink()
    add(store, "B")
    with pytest.raises(FileError, match="What this studio held is in"):
        store.close()
    disk.opens = None
    assert topics_in(path.with_name("a-rescued.synth")) == {"A", "B"}
    assert topics_in(path) == {"A"}, "and it is free again"


def test_a_page_that_cannot_be_read_is_said_and_read_once_the_disk_is_well(disk: Disk, path: Path):
    store = Store(path, direct)
    disk.reads = OSError(errno.EIO, "Input/output error")
    add(store, "A")
    with pytest.raises(FileError, match="Not saved"):
        store.saved().result(30)
    with pytest.raises(FileError, match=r"Not saved: .*Input/output error"):
        store.check().result(30)
    disk.reads = None
    until(lambda: store.trouble is None)
    disk.reads = OSError(errno.EIO, "Input/output error")
    store.settle()
    until(lambda: store.trouble is not None)
    with pytest.raises(FileError, match="What this studio held is in"):
        store.close()
    disk.reads = None
    assert topics_in(path.with_name("a-rescued.synth")) == topics_in(path) == {"A"}
