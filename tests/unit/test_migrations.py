"""A studio file of an earlier release is brought to today's layout, and what it was is kept beside it."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import synth_widgets as sw
from synth_widgets.errors import ReadOnlyError
from synth_widgets.store import copying, migrations, opening, rows, wal
from synth_widgets.store.columns import COLUMNS
from synth_widgets.store.lock import FileLock
from synth_widgets.testing import ScriptedCompleter

ROOT = Path(__file__).parents[2]
FILES = Path(__file__).parent / "files"
TOPICS = [("A",), ("B",)]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file as the first release wrote it, alone in its folder."""
    (tmp_path / "folder").mkdir()
    return Path(shutil.copy(FILES / "format-1.synth", tmp_path / "folder" / "old.synth"))


def opened(path: Path) -> sw.Studio:
    return sw.Studio(path=path, model=ScriptedCompleter())


def topics(path: Path, words: str | None = None) -> list[tuple[str, ...]]:
    """Open a file, where it warns so, and return the topics at its top."""
    expected = pytest.warns(UserWarning, match=words) if words else contextlib.nullcontext()
    with expected, opened(path) as studio:
        return [topic for topic in studio.topics.paths() if len(topic) == 1]


def content(path: Path) -> list[str]:
    """Return all that a file holds, without touching it."""
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as db:
        return list(db.iterdump())


def changed(before: list[str], after: list[str]) -> set[str]:
    """Return the tables of which rows differ."""
    return {line.split('"')[1] for line in set(before) ^ set(after)}


def version(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as db:
        return migrations.format_of(db)


def names(path: Path) -> list[str]:
    """Return what is in a file's folder, but for what SQLite makes beside it to read it."""
    return sorted(other.name for other in path.parent.iterdir() if other.name[-4:] not in {"-wal", "-shm"})


@pytest.mark.parametrize("number", range(1, rows.FORMAT))
def test_there_is_a_file_of_each_earlier_format_and_it_opens(number, tmp_path):
    path = Path(shutil.copy(FILES / f"format-{number}.synth", tmp_path))
    assert version(path) == number
    assert topics(path, "earlier release")
    assert version(path) == rows.FORMAT


def test_the_file_that_is_kept_of_todays_format_opens_as_it_is_and_nothing_is_said(tmp_path):
    path = Path(shutil.copy(FILES / f"format-{rows.FORMAT}.synth", tmp_path))
    before = content(path)
    assert version(path) == rows.FORMAT
    assert all(f'INSERT INTO "{table}"' in "".join(before) for table in COLUMNS), "there is something in every table"
    assert topics(path)
    assert names(path) == [path.name]
    assert changed(before, content(path)) <= {"meta"}, "but for where it is"


def test_a_copy_of_what_the_file_was_is_kept_beside_it_and_said_once(old):
    before = content(old)
    assert topics(old, r"old\.synth: .*earlier release.*kept in old\.format-1\.synth") == TOPICS
    assert names(old) == ["old.format-1.synth", "old.synth"]
    copy = old.with_name("old.format-1.synth")
    assert (version(copy), version(old)) == (1, rows.FORMAT)
    assert content(copy) == before
    assert content(old) != before
    assert topics(old) == TOPICS, "the second time nothing is said, and nothing copied"
    assert names(old) == ["old.format-1.synth", "old.synth"]


def test_the_copy_opens_as_a_studio_file_and_is_kept_as_well(old):
    topics(old, "earlier release")
    copy = old.with_name("old.format-1.synth")
    assert topics(copy, r"kept in old\.format-1\.format-1\.synth") == TOPICS


def test_what_stands_in_the_log_alone_is_in_the_copy(old):
    writer = sqlite3.connect(old)
    writer.execute("PRAGMA wal_autocheckpoint=0")
    writer.execute("UPDATE topics SET name='In the log' WHERE name='B'")
    writer.commit()
    killed = old.parent.with_name("killed")
    shutil.copytree(old.parent, killed)  # as it is when the process is killed now
    writer.close()
    path = killed / old.name
    assert wal.log_of(path).stat().st_size
    assert topics(path, "earlier release") == [("A",), ("In the log",)]
    path.with_name("old.format-1.synth").rename(old.with_name("alone.synth"))
    assert topics(old.with_name("alone.synth"), "earlier release") == [("A",), ("In the log",)]


def test_no_file_is_written_over(old):
    taken = old.with_name("old.format-1.synth"), old.with_name("old.format-1-2.synth")
    taken[0].write_text("mine")
    taken[1].symlink_to("nowhere")
    topics(old, r"kept in old\.format-1-3\.synth")
    assert taken[0].read_text() == "mine"
    assert taken[1].is_symlink()
    assert version(old.with_name("old.format-1-3.synth")) == 1


def test_nobody_may_read_the_copy_who_may_not_read_the_file(old):
    old.chmod(0o600)
    topics(old, "earlier release")
    assert stat.S_IMODE(old.with_name("old.format-1.synth").stat().st_mode) == 0o600


def fill_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no database grow that is a draft, as on a full disk."""
    connect = opening.connect

    def limited(address: str) -> sqlite3.Connection:
        db = connect(address)
        if "synth-draft" in address:
            db.execute("PRAGMA max_page_count=2")
        return db

    monkeypatch.setattr(opening, "connect", limited)


def refuse_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no file be named in the folder."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(copying.os, "link", refuse)
    monkeypatch.setattr(Path, "rename", refuse)


@pytest.mark.parametrize(("hinder", "words"), [(fill_disk, "disk is full"), (refuse_names, "Permission denied")])
def test_where_no_copy_can_be_kept_the_file_is_read_as_it_is_and_what_to_do_is_said(old, monkeypatch, hinder, words):
    before = content(old)
    with monkeypatch.context() as disk:
        hinder(disk)
        with pytest.warns(UserWarning, match=f"earlier release, and can only be read now: a copy .*{words}"):
            studio = opened(old)
        with pytest.raises(ReadOnlyError, match=rf"cannot be kept in .*folder \(.*{words}\)\. Mend that.*backup"):
            studio.topics.add("C")
        assert studio.topics.paths()[0] == ("A",)
        studio.close()
    assert names(old) == ["old.synth"]
    assert content(old) == before
    assert topics(old, "kept in") == TOPICS, "once there is room, it is brought up"


def test_a_file_that_cannot_be_brought_up_on_the_disk_leaves_no_copy_behind(old, monkeypatch):
    migrate = migrations.brought_up

    def full(db: sqlite3.Connection, *, in_place: bool) -> sqlite3.Connection:
        if in_place and db.execute("PRAGMA database_list").fetchone()[2]:
            db.execute("PRAGMA query_only=1")
        return migrate(db, in_place=in_place)

    before = content(old)
    with monkeypatch.context() as disk:
        disk.setattr(migrations, "brought_up", full)
        assert topics(old, "can only be read now: .*cannot be brought .*readonly database") == TOPICS
    assert names(old) == ["old.synth"]
    assert content(old) == before


def test_a_file_that_can_only_be_read_is_said_to_be_of_an_earlier_release_and_stays_as_it_is(old):
    holder = FileLock(old)
    assert holder.acquire() is None
    before = old.read_bytes()
    assert topics(old, r"earlier release, and can only be read now: open in another kernel.*stays as\s+it is") == TOPICS
    holder.release()
    assert old.read_bytes() == before
    assert names(old) == ["old.synth"]


KILLED = """
import os, signal, sqlite3, sys, warnings
import synth_widgets as sw
from synth_widgets.store import copying, migrations, opening
from synth_widgets.testing import ScriptedCompleter

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

class Dying(sqlite3.Connection):
    def backup(self, target, **options):
        if target.execute("PRAGMA database_list").fetchone()[2]:
            options = {"pages": 2, "progress": die}
        super().backup(target, **options)

def before_the_name(draft, target):
    die()

def after_the_name(draft, target, name=copying._name):
    name(draft, target)
    die()

def within_the_step(db, step=migrations.STEPS[0]):
    step(db)
    if db.execute("PRAGMA database_list").fetchone()[2]:
        die()

match sys.argv[2]:
    case "while it is copied":
        opening.connect = lambda address: sqlite3.connect(address, isolation_level=None, uri=True, factory=Dying)
    case "before the copy has its name":
        copying._name = before_the_name
    case "when the copy has its name":
        copying._name = after_the_name
    case "while it is brought up":
        migrations.STEPS = (within_the_step,)
warnings.simplefilter("ignore")
sw.Studio(path=sys.argv[1], model=ScriptedCompleter())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a process is killed as POSIX does it")
@pytest.mark.parametrize(
    ("moment", "has_copy"),
    [
        ("while it is copied", False),
        ("before the copy has its name", False),
        ("when the copy has its name", True),
        ("while it is brought up", True),
    ],
)
def test_killed_at_any_moment_the_file_is_what_it_was_and_the_copy_whole_or_not_there(old, moment, has_copy):
    before = content(old)
    ran = subprocess.run([sys.executable, "-c", KILLED, str(old), moment], cwd=ROOT, timeout=60, check=False)
    assert ran.returncode == -signal.SIGKILL
    copies = sorted(old.parent.glob("*.format-*.synth"))
    assert [copy.name for copy in copies] == (["old.format-1.synth"] if has_copy else [])
    assert [content(copy) for copy in copies] == [before] * len(copies)
    assert topics(old, "kept in old.format-1") == TOPICS
    assert version(old) == rows.FORMAT
    assert content(max(old.parent.glob("*.format-*.synth"), key=lambda copy: copy.stat().st_mtime_ns)) == before


def test_a_file_of_a_newer_release_is_refused_and_not_touched(old):
    with contextlib.closing(sqlite3.connect(old)) as db:
        db.execute(f"PRAGMA user_version={rows.FORMAT + 1}")
    before = old.read_bytes()
    with pytest.raises(sw.errors.FileError, match=r"newer release\. Upgrade: pip install -U synth-widgets"):
        opened(old)
    assert names(old) == ["old.synth"]
    assert old.read_bytes() == before
