"""Processes are killed at any moment, and files taken away from them: what was told as saved is there, or it is said.

`tests/kernel/test_crash.py` does it once with a kernel, a widget and an endpoint; here it is done often.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from synth_widgets.store import wal
from synth_widgets.store.store import Store
from tests.kernel.killing import Said, Worker, Workers, records
from tests.taking_away import delete, delete_all, rename, replace, restore, synchronise

AT_ONCE, LATER = 0.0, 0.05


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    started = Workers()
    yield started
    started.end()


def opened(path: Path) -> tuple[int, dict[str, dict[str, Any]], list[str]]:
    """Open a file as a kernel would; return its revision, its records, and what was said."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        store = Store(path, lambda call: call())
    try:
        assert store.read_only is None
        return store.state.rev, records(store.state), [str(warning.message) for warning in said]
    finally:
        store.close()


def is_whole(path: Path) -> bool:
    db = sqlite3.connect(path)
    try:
        return db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        db.close()


def kill_rounds(workers: Workers, folder: Path, rounds: int, seed: int) -> None:
    """Kill processes that work on one file, one after the other, and look each time at what it holds."""
    path, chance = folder / "a.synth", random.Random(seed)
    so_far = Said()
    moments: set[str] = set()
    for number in range(rounds):
        worker = workers.start(path, folder / f"{number}.log", seed=seed + number)
        worker.said = so_far
        worker.wait_for(lambda worker=worker, told=so_far.told: worker.listen().told > told or not worker.is_running)
        time.sleep(chance.random() * 0.4)
        worker.kill()
        said = worker.listen()
        assert not said.troubles, said.troubles
        log = wal.log_of(path)
        moments.add("in the log" if log.exists() and log.stat().st_size else "in the file")
        rev, found, warned = opened(path)
        assert not warned
        assert rev >= said.told, f"round {number}: told as saved was {said.told}, on disk is {rev}"
        assert found == said.at(rev), f"round {number}"
        assert is_whole(path)
        said.commits = {rev: found}  # what comes after a kill counts on from what is there
        said.told = rev
        (folder / f"{number}.log").unlink()
        if len(found["samples"]) > 300:
            path.unlink()
            said.commits, said.told = {}, 0
    assert moments == {"in the log", "in the file"} or rounds < 20


def test_a_process_killed_at_a_random_moment_has_lost_nothing_that_it_told(workers: Workers, tmp_path: Path):
    kill_rounds(workers, tmp_path, rounds=5, seed=1)


@pytest.mark.slow
def test_two_hundred_processes_killed_at_random_moments_have_lost_nothing_that_they_told(
    workers: Workers, tmp_path: Path
):
    kill_rounds(workers, tmp_path, rounds=200, seed=1000)


# ---------------------------------------------------------------- files that are taken away
WAYS = (delete, delete_all, rename, replace, restore, synchronise)


def older_copy(worker: Worker, path: Path, folder: Path) -> tuple[Path, int]:
    """Copy the file at a moment when it is whole; return the copy and its revision."""
    worker.ask("settle")
    copy = folder / "older.synth"
    shutil.copy2(path, copy)
    shutil.copy2(copy, folder / "looked at.synth")
    worker.ask("go on")
    return copy, opened(folder / "looked at.synth")[0]


def taken_away(
    workers: Workers, folder: Path, way: Callable[[Path, Path], None], wait: float | None, seed: int
) -> None:
    """Take the file away from a process, and kill it at once, after a while, or not at all."""
    folder.mkdir()
    path, chance = folder / "a.synth", random.Random(seed)
    # A copy that is written into the file while this one brings its log into it would be two writers at one moment,
    # which no lock keeps apart.
    worker = workers.start(path, folder / "said.log", seed=seed, pause=0.001, checkpoints=way is not restore)
    worker.wait_for(lambda: worker.listen().told > 5)
    older, older_rev = older_copy(worker, path, folder)
    worker.wait_for(lambda: worker.listen().told > older_rev + 5)
    worker.ask("settle")  # a copy of what the file is already would change nothing
    worker.ask("go on")
    worker.wait_for(lambda: worker.listen().told > older_rev + chance.randrange(10, 60))
    told_before = worker.listen().told
    way(path, older)
    if wait is None:
        _goes_on_without_it(worker, folder, path, older)
        return
    time.sleep(wait * chance.random())
    worker.kill()
    said = worker.listen()
    holders = {p for p in (path, path.with_name("moved.synth")) if p.exists()}
    warned: list[str] = []
    for file in holders:
        rev, found, words = opened(file)
        warned += words
        assert is_whole(file)
        assert found == said.at(rev), f"{file.name} is in no state that there was"
        if file == path:
            assert rev == older_rev or not said.troubles, "an older copy stays the older copy"
    if way is rename:
        rev = opened(path.with_name("moved.synth"))[0]
        assert rev >= told_before
        assert rev >= said.told or said.troubles, "what was told as saved went with the file"
    elif path.exists() and opened(path)[0] < said.told:
        is_said = any("kept in a.synth-wal.aside" in text for text in warned)
        assert is_said or said.troubles or not wal.log_of(path).with_name("a.synth-wal.aside").exists()
        assert not wal.untold_of(path).exists()


def _goes_on_without_it(worker: Worker, folder: Path, path: Path, older: Path) -> None:
    """Look at what a process says that lost its file, and at what it leaves."""
    there = older.read_bytes() if path.exists() else None
    assert worker.ask("add")["error"] == "FileError"
    assert worker.ask("flush")["error"] == "FileError"
    assert worker.listen().troubles
    told = worker.said.told
    beside = folder / "beside.synth"
    copied = worker.ask(f"backup {beside}")
    assert copied["error"] is None, copied
    rev, found, warned = opened(beside)
    assert copied["rev"] - 100 < rev <= copied["rev"]
    assert not warned
    assert found == worker.said.at(rev)
    closed = worker.ask("close")
    if closed["rev"] > rev:
        assert closed["error"] == "FileError"
        rescued = Path(closed["text"].split("What this studio held is in ")[1].rstrip("."))
        rev, found, _ = opened(rescued)
        assert rev == closed["rev"]
        assert found == worker.listen().at(rev), "all that was in memory"
    else:
        assert closed["error"] is None, "the copy has all of it"
    assert worker.said.told <= max(told, rev)
    assert (path.read_bytes() if path.exists() else None) == there, "what somebody put there is left as it is"
    worker.wait_for(lambda: not worker.is_running)


@pytest.mark.parametrize("way", WAYS)
def test_a_file_taken_away_from_a_process_that_is_then_killed_harms_no_copy(
    way: Callable, workers: Workers, tmp_path: Path
):
    taken_away(workers, tmp_path / "round", way, AT_ONCE, seed=7)


@pytest.mark.parametrize("way", [rename, restore])
def test_a_process_whose_file_is_taken_away_says_so_and_keeps_all(way: Callable, workers: Workers, tmp_path: Path):
    taken_away(workers, tmp_path / "round", way, None, seed=8)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("wait", [AT_ONCE, LATER, 10 * LATER, None])
def test_a_file_taken_away_at_any_moment_in_any_way_is_no_loss_without_a_word(
    way: Callable, wait: float | None, workers: Workers, tmp_path: Path
):
    for number in range(10):
        taken_away(workers, tmp_path / str(number), way, wait, seed=100 + number)


def test_where_only_the_lock_file_is_deleted_there_is_still_one_writer(workers: Workers, tmp_path: Path):
    path = tmp_path / "a.synth"
    first = workers.start(path, tmp_path / "first.log", seed=1)
    first.wait_for(lambda: first.listen().told > 5)
    path.with_name("a.synth.lock").unlink()
    second = workers.start(path, tmp_path / "second.log", seed=2)
    second.wait_for(lambda: second.ask("add"))
    assert second.said.results[-1]["error"] == "ReadOnlyError"
    assert first.ask("add")["error"] is None
    first.kill()
    second.kill()
    rev, found, warned = opened(path)
    assert rev >= first.listen().told
    assert found == first.said.at(rev)
    assert not warned
    assert not second.listen().commits


def test_another_kernel_can_read_the_file_at_any_moment_while_one_writes_it(workers: Workers, tmp_path: Path):
    readings(workers, tmp_path, count=15)


@pytest.mark.slow
def test_another_kernel_can_read_the_file_at_any_moment_while_one_writes_it_for_long(workers: Workers, tmp_path: Path):
    readings(workers, tmp_path, count=150)


def readings(workers: Workers, folder: Path, count: int) -> None:
    """Open a file that a process writes as fast as it can, again and again; each must see a whole studio."""
    path = folder / "a.synth"
    writer = workers.start(path, folder / "writer.log", seed=count)
    writer.wait_for(lambda: writer.listen().told > 5)
    for number in range(count):
        reader = workers.start(path, folder / f"{number}.log", seed=number)
        assert reader.ask("add")["error"] == "ReadOnlyError", reader.said.troubles
        reader.kill()
        assert all("being used" in trouble or "already open" in trouble for trouble in reader.said.troubles)
    assert writer.ask("add")["error"] is None
    writer.kill()
