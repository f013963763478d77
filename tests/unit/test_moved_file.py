"""A file that is deleted, renamed, replaced or written over while it is open: nothing is told as saved that is not."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

import synth_widgets as sw
from synth_widgets.errors import FileError
from synth_widgets.store import open_file, opening, wal
from synth_widgets.testing import ScriptedCompleter
from tests.taking_away import delete, rename, replace, restore, synchronise
from tests.tasks import TRIAGE, until

ROOT = Path(__file__).parents[2]


# ---------------------------------------------------------------- what becomes of a file
def check_out(path: Path, older: Path) -> None:
    path.unlink()
    shutil.copy2(older, path)


def empty(path: Path, older: Path) -> None:
    path.write_bytes(b"")


def move_the_folder(path: Path, older: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


WAYS = (delete, rename, replace, restore, check_out, synchronise, empty, move_the_folder)
LEAVES_A_FILE = (replace, restore, check_out, synchronise, empty)
each_way = pytest.mark.parametrize("way", WAYS)


def each_of(*ways: Callable, in_the_gate: tuple[Callable, ...]) -> pytest.MarkDecorator:
    """Try ways, but for the most telling ones with the slow tests only."""
    marked = [way if way in in_the_gate else pytest.param(way, marks=pytest.mark.slow) for way in ways]
    return pytest.mark.parametrize("way", marked)


def is_settled(path: Path) -> bool:
    log = wal.log_of(path)
    return not log.exists() or log.stat().st_size == 0


def settle(studio: sw.Studio) -> None:
    studio._core.store.settle()
    until(lambda: is_settled(Path(studio.path)))
    studio._core.store._journal.read(lambda db: None).result(30)  # it has looked at what it made, too


def paths_in(path: Path) -> list[tuple[str, ...]]:
    with sw.Studio(TRIAGE, path=path, model=ScriptedCompleter()) as studio:
        return studio.topics.paths()


def whole(path: Path) -> bool:
    db = sqlite3.connect(path)
    try:
        return db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        db.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder" / "a.synth"


@pytest.fixture
def older(path: Path, tmp_path: Path, studio: sw.Studio) -> Path:
    """A copy of the open file as it was, two saves ago."""
    studio.topics.add("A")
    settle(studio)
    copy = tmp_path / "older.synth"
    shutil.copy2(path, copy)
    studio.topics.add("B")
    settle(studio)
    studio.topics.add("C")
    studio.flush()
    return copy


@pytest.fixture
def studio(path: Path) -> sw.Studio:
    opened = sw.Studio(TRIAGE, path=path, model=ScriptedCompleter())
    yield opened
    with contextlib.suppress(FileError):
        opened.close()


# ---------------------------------------------------------------- while it is open
@each_way
def test_a_change_is_said_not_to_be_saved_and_is_kept(way: Callable, studio: sw.Studio, path: Path, older: Path):
    way(path, older)
    there = path.read_bytes() if path.exists() else None
    with pytest.raises(FileError, match=r"Not saved: .*while it was open.*held in memory.*studio\.backup"):
        studio.topics.add("D")
    with pytest.raises(FileError, match="Not saved"):
        studio.flush()
    assert "while it was open" in studio._core.store.trouble
    assert studio.topics.paths() == [("A",), ("B",), ("C",), ("D",)]

    beside = older.with_name("beside.synth")
    studio.backup(beside)
    studio.close()  # all there is has been written
    assert paths_in(beside) == [("A",), ("B",), ("C",), ("D",)]
    assert (path.read_bytes() if path.exists() else None) == there, "what somebody put there is left as it is"
    if way in LEAVES_A_FILE and way is not empty:
        assert whole(path)
        assert paths_in(path) == [("A",)]


@each_of(*WAYS, in_the_gate=(delete, replace, restore))
def test_flush_looks_at_the_file_though_nothing_was_changed(way: Callable, studio: sw.Studio, path: Path, older: Path):
    studio.flush()
    way(path, older)
    with pytest.raises(FileError, match=r"Not saved: .*while it was open"):
        studio.flush()


@each_of(*WAYS, in_the_gate=(delete, restore, move_the_folder))
def test_closing_leaves_what_was_not_saved_in_a_file_beside_it(
    way: Callable, studio: sw.Studio, path: Path, older: Path
):
    way(path, older)
    there = path.read_bytes() if path.exists() else None
    with pytest.raises(FileError):
        studio.topics.add("D")
    with pytest.raises(FileError, match=r"What this studio held is in (.*a-rescued(-\d+)?\.synth)") as caught:
        studio.close()
    rescued = Path(str(caught.value).split("What this studio held is in ")[1].rstrip("."))
    assert paths_in(rescued) == [("A",), ("B",), ("C",), ("D",)]
    if rescued.parent != path.parent:
        rescued.unlink()
    assert (path.read_bytes() if path.exists() else None) == there
    assert not [p.name for p in path.parent.glob("*-wal")] if path.parent.exists() else True


@each_of(delete, *LEAVES_A_FILE, in_the_gate=(delete, restore))
def test_closing_what_was_saved_and_then_taken_away_is_no_silent_end(
    way: Callable, studio: sw.Studio, path: Path, older: Path
):
    way(path, older)
    with pytest.raises(FileError, match="What this studio held is in"):
        studio.close()
    assert paths_in(path.with_name("a-rescued.synth")) == [("A",), ("B",), ("C",)]


def test_a_renamed_file_holds_all_that_was_saved(studio: sw.Studio, path: Path, older: Path, caplog):
    rename(path, older)
    studio.close()
    assert "is gone" in caplog.text
    assert [p.name for p in path.parent.iterdir()] == ["moved.synth"]
    assert paths_in(path.with_name("moved.synth")) == [("A",), ("B",), ("C",)]


@pytest.mark.parametrize("way", [delete, rename])
def test_it_is_written_again_under_its_own_name_and_goes_on(
    way: Callable, studio: sw.Studio, path: Path, older: Path, open_studio
):
    way(path, older)
    with pytest.raises(FileError):
        studio.topics.add("D")
    studio.backup(path)
    assert studio._core.store.trouble is None
    studio.topics.add("E")
    studio.flush()
    assert studio.undo().label == "Add topic"
    assert studio.undo().label == "Add topic", "what was not saved then can be undone too"
    studio.redo()
    studio.close()
    assert paths_in(path) == [("A",), ("B",), ("C",), ("D",)]


def test_where_the_file_that_was_written_again_cannot_be_opened_at_once_the_next_save_goes_on_with_it(
    monkeypatch, studio: sw.Studio, path: Path, older: Path
):
    delete(path, older)
    with pytest.raises(FileError):
        studio.topics.add("D")
    with monkeypatch.context() as disk:
        disk.setattr(opening, "to_write", refuse)
        with pytest.raises(FileError, match="disk I/O error"):
            studio.backup(path)
    until(lambda: studio._core.store.trouble is None)
    studio.topics.add("E")
    studio.close()
    assert paths_in(path) == [("A",), ("B",), ("C",), ("D",), ("E",)]


def refuse(*_: object, **__: object) -> None:
    raise sqlite3.OperationalError("disk I/O error")


def test_after_it_was_written_over_all_of_memory_is_written_to_its_name_once_that_is_free(
    studio: sw.Studio, path: Path, older: Path
):
    studio.add_samples([{"input": "Hi", "output": {"kind": "a", "note": "x"}}], topic=("A",))
    restore(path, older)
    with pytest.raises(FileError, match="written over"):
        studio.topics.add("D")
    with pytest.raises(FileError, match="already"):
        studio.backup(path)
    path.unlink()
    studio.backup(path)
    studio.keep([s.id for s in studio.samples])
    kept = studio.to_pandas()
    studio.close()
    with sw.Studio(TRIAGE, path=path, model=ScriptedCompleter()) as again:
        assert again.topics.paths() == [("A",), ("B",), ("C",), ("D",)]
        assert again.to_pandas().equals(kept)


def test_a_file_that_comes_back_takes_what_was_held(studio: sw.Studio, path: Path, older: Path):
    moved = path.with_name("moved.synth")
    path.rename(moved)
    with pytest.raises(FileError):
        studio.topics.add("D")
    moved.rename(path)
    until(lambda: studio._core.store.trouble is None)
    studio.topics.add("E")
    studio.close()
    assert paths_in(path) == [("A",), ("B",), ("C",), ("D",), ("E",)]
    db = sqlite3.connect(path)
    assert db.execute("SELECT count(*), count(DISTINCT entry) FROM log").fetchone() == (5, 5), "nothing twice"
    db.close()


@pytest.mark.parametrize("what", ["deleted", "replaced"])
def test_a_log_that_is_taken_away_costs_nothing(what: str, studio: sw.Studio, path: Path, older: Path, tmp_path: Path):
    log = wal.log_of(path)
    log.unlink()
    if what == "replaced":
        log.write_bytes(b"not one of ours")
    studio.topics.add("D")
    studio.flush()
    shutil.copy(path, tmp_path / "copy.synth")
    shutil.copy(log, tmp_path / "copy.synth-wal")  # as a killed process would leave them
    assert paths_in(tmp_path / "copy.synth") == [("A",), ("B",), ("C",), ("D",)]
    studio.close()
    assert paths_in(path) == [("A",), ("B",), ("C",), ("D",)]


def test_a_copy_of_the_same_size_and_time_is_another_content(studio: sw.Studio, path: Path, older: Path):
    settle(studio)
    shutil.copy2(path, older)
    studio.topics.rename("A", "Z")
    settle(studio)
    now = path.stat()
    restore(path, older)
    os.utime(path, ns=(now.st_atime_ns, now.st_mtime_ns))  # as it is on a disk that counts in seconds
    assert path.stat().st_size == now.st_size
    with pytest.raises(FileError, match="written over"):
        studio.topics.add("D")


@pytest.mark.parametrize("what", ["touched", "its mode changed", "copied over itself", "linked"])
def test_what_does_not_change_a_file_is_no_trouble(what: str, studio: sw.Studio, path: Path, older: Path):
    settle(studio)
    match what:
        case "touched":
            os.utime(path, (1, 1))
        case "its mode changed":
            path.chmod(0o600)
        case "copied over itself":
            shutil.copy(path, older)
            shutil.copy(older, path)
        case "linked":
            os.link(path, path.with_name("second.synth"))
    studio.flush()
    studio.topics.add("D")
    studio.close()
    assert paths_in(path) == [("A",), ("B",), ("C",), ("D",)]


def test_a_disk_that_numbers_its_files_anew_has_not_replaced_them(
    studio: sw.Studio, path: Path, older: Path, monkeypatch
):
    look = Path.stat
    numbers = iter(range(10**6, 10**7))

    def numbered(self: Path, **kwargs):
        found = look(self, **kwargs)
        fields = ("st_dev", "st_size", "st_mode", "st_nlink")
        return SimpleNamespace(st_ino=next(numbers), **{name: getattr(found, name) for name in fields})

    monkeypatch.setattr(open_file.Path, "stat", numbered)
    studio.topics.add("D")
    studio.topics.add("E")
    studio.flush()
    monkeypatch.undo()
    replace(path, older)
    with pytest.raises(FileError, match="was replaced"):
        studio.topics.add("F")


def test_what_another_program_writes_is_not_written_over(studio: sw.Studio, path: Path, older: Path):
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("UPDATE meta SET value='99' WHERE key='rev'")
    db.execute("UPDATE topics SET name='Theirs' WHERE name='B'")
    db.close()
    with pytest.raises(FileError, match="was changed by another program while it was open"):
        studio.topics.add("D")
    with pytest.raises(FileError, match="What this studio held is in"):
        studio.close()
    assert paths_in(path.with_name("a-rescued.synth")) == [("A",), ("B",), ("C",), ("D",)]
    assert paths_in(path) == [("A",), ("Theirs",), ("C",)]


def test_a_backup_is_never_written_over_anything(studio: sw.Studio, path: Path, older: Path):
    before = older.read_bytes()
    link = older.with_name("link.synth")
    link.symlink_to(older.with_name("nowhere"))
    for target in (older, path, link):
        with pytest.raises(FileError, match="already"):
            studio.backup(target)
    assert older.read_bytes() == before
    with pytest.raises(FileError, match="cannot be written"):
        studio.backup(older.with_name("no folder") / "b.synth")
    assert not [p for p in older.parent.iterdir() if "draft" in p.name]


def test_a_backup_is_one_whole_file_with_its_history(studio: sw.Studio, path: Path, older: Path, tmp_path: Path):
    copy = tmp_path / "copy.synth"
    studio.backup(str(copy))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["copy.synth", "folder", "older.synth"]
    with sw.Studio(TRIAGE, path=copy, model=ScriptedCompleter()) as again:
        assert again.topics.paths() == studio.topics.paths()
        assert again.undo().label == "Add topic"
    assert studio.topics.paths() == [("A",), ("B",), ("C",)], "it went on with its own file"


# ---------------------------------------------------------------- what a killed process leaves
def crash(path: Path, to: Path) -> Path:
    """Copy what a process that was killed now would leave, and return the copy of the studio file."""
    to.mkdir()
    for name in (path, wal.log_of(path)):
        shutil.copy2(name, to / name.name)
    return to / path.name


def test_a_killed_process_loses_nothing_and_the_opening_says_nothing(studio, path, older, tmp_path):
    assert paths_in(crash(path, tmp_path / "killed")) == [("A",), ("B",), ("C",)]


@pytest.mark.parametrize("way", [replace, restore, check_out])
def test_the_log_of_a_killed_process_is_set_aside_from_an_older_copy(way, studio, path, older, tmp_path):
    file = crash(path, tmp_path / "killed")
    way(file, older)
    with pytest.warns(UserWarning, match=r"a\.synth-wal holds changes to another file.*kept in a\.synth-wal\.aside"):
        again = sw.Studio(TRIAGE, path=file, model=ScriptedCompleter())
    assert file.read_bytes() == older.read_bytes(), "opening it has not written to it"
    assert again.topics.paths() == [("A",)]
    again.topics.add("D")
    again.close()
    assert whole(file)
    assert paths_in(file) == [("A",), ("D",)]
    assert file.with_name("a.synth-wal.aside").stat().st_size > 0


def test_a_copy_of_the_very_state_that_the_log_starts_from_takes_the_log(studio, path, older, tmp_path):
    settle(studio)
    shutil.copy2(path, older)
    studio.topics.add("D")
    file = crash(path, tmp_path / "killed")
    restore(file, older)
    assert paths_in(file) == [("A",), ("B",), ("C",), ("D",)]


def test_a_file_that_was_half_brought_up_to_date_when_the_process_was_killed_takes_its_log(
    studio, path, older, tmp_path
):
    settle(studio)
    base = path.read_bytes()
    studio.add_samples([{"input": "x" * 3000, "output": {"kind": "a", "note": str(n)}} for n in range(4)])
    db = sqlite3.connect(crash(path, tmp_path / "whole"))
    db.execute("PRAGMA wal_checkpoint(PASSIVE)")
    after = (tmp_path / "whole" / path.name).read_bytes()
    db.close()
    pages = len(after) // 4096
    assert pages > 12
    for done in range(1, pages, 3):  # a checkpoint goes from the first page to the last
        file = crash(path, tmp_path / f"after {done} pages")
        file.write_bytes(after[: done * 4096] + base[done * 4096 :])
        with sw.Studio(TRIAGE, path=file, model=ScriptedCompleter()) as again:
            assert len(again.samples) == 4
        assert whole(file)


def test_a_new_file_under_the_name_of_a_deleted_one_does_not_eat_its_log(studio, path, older, tmp_path):
    file = crash(path, tmp_path / "killed")
    file.unlink()
    with pytest.warns(UserWarning, match=r"kept in a\.synth-wal\.aside"):
        again = sw.Studio(TRIAGE, path=file, model=ScriptedCompleter())
    assert again.topics.paths() == []
    again.close()
    assert file.with_name("a.synth-wal.aside").exists()


def test_an_opening_that_fails_has_written_nothing(studio, path, older, tmp_path):
    file = crash(path, tmp_path / "killed")
    content = file.read_bytes()
    file.write_bytes(content[:8192] + os.urandom(len(content) - 8192))
    before, log = file.read_bytes(), wal.log_of(file).read_bytes()
    with pytest.raises(FileError):
        sw.Studio(TRIAGE, path=file, model=ScriptedCompleter())
    assert file.read_bytes() == before
    assert wal.log_of(file).read_bytes() == log


# ---------------------------------------------------------------- files of an older release
OLD = "DELETE FROM meta WHERE key='moment'"


def test_a_file_of_an_older_release_opens_and_tells_its_position_from_then_on(studio, path, older):
    db = sqlite3.connect(older, isolation_level=None)
    db.execute(OLD)
    db.close()
    assert paths_in(older) == [("A",)]
    db = sqlite3.connect(older)
    assert db.execute("SELECT count(*) FROM meta WHERE key='moment'").fetchone() == (1,)
    db.close()


def test_the_log_of_an_older_release_is_applied_to_its_file_and_to_no_other(studio, path, older, tmp_path):
    old, grown = tmp_path / "old.synth", tmp_path / "grown.synth"
    shutil.copy2(older, old)
    db = sqlite3.connect(old, isolation_level=None)
    db.execute(OLD)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy2(old, grown)
    for number in range(60):
        db.execute("INSERT INTO settings VALUES(?, ?)", (f"unknown {number:03}", "1" * 2000))
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.execute("INSERT INTO topics VALUES('b234567abc', '0000000000', 'Old', '{}', NULL, 0)")
    db.execute("DELETE FROM settings WHERE key LIKE 'unknown %5'")
    db.execute("UPDATE meta SET value=value+1 WHERE key='rev'")
    own, other = crash(old, tmp_path / "own"), crash(old, tmp_path / "other")
    db.close()
    assert paths_in(own) == [("A",), ("Old",)]
    shutil.copy2(grown, other)
    with pytest.warns(UserWarning, match="holds changes to another file"):
        sw.Studio(TRIAGE, path=other, model=ScriptedCompleter()).close()
    assert whole(other)
    assert paths_in(other) == [("A",)]


def test_two_processes_are_never_writers_though_the_lock_file_is_deleted(studio, path, older):
    path.with_name("a.synth.lock").unlink()
    code = "import sys, synth_widgets as sw; s = sw.Studio(path=sys.argv[1]); print(s.read_only); s.close()"
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(path)], cwd=ROOT, capture_output=True, text=True, timeout=60,
        check=True,
    )  # fmt: skip
    assert "open in another kernel" in ran.stdout
    studio.topics.add("D")
    studio.close()
    assert paths_in(path) == [("A",), ("B",), ("C",), ("D",)]
