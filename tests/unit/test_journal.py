"""What goes wrong on the journal's thread is said, and tried again; the thread goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synth_widgets.records import ROOT, Topic
from synth_widgets.store import journal
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
    go_on = threading.Event()
    busy = store._journal.read(lambda db: go_on.wait(30))
    until(busy.running)
    given_up = [store.entries(store.state.groups[1]), store._journal.read(lambda db: 1 / 0), store.check()]
    if ends:
        given_up.append(store.begin_close())
    cancelled = [future.cancel() for future in given_up]
    assert cancelled == [True, True, True, False][: len(given_up)], "closing goes on whoever waits"
    go_on.set()
    if not ends:
        add(store, "B")
        store.saved().result(30)
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
