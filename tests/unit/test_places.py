"""Where a studio file lies: disks without locks, folders and files that cannot be written."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

import synth_widgets as sw
from synth_widgets.errors import FileError, ReadOnlyError
from synth_widgets.store import lock, opening, wal
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import TRIAGE

ROOT = Path(__file__).parents[2]
NO_LOCKS = ((errno.ENOSYS, True), (errno.ENOLCK, True), (errno.ENOTSUP, False), (errno.EINVAL, True))
slow = pytest.mark.slow


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder" / "a.synth"


@pytest.fixture
def filled(path: Path) -> Path:
    """A closed file with one topic."""
    with sw.Studio(TRIAGE, path=path, model=ScriptedCompleter()) as studio:
        studio.topics.add("A")
    return path


@contextmanager
def without_locks(monkeypatch, number: int, *, of_files: bool = True):
    """Refuse locks as a network disk does; SQLite's own, too: it is made to open files without them."""

    def refuse(*arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", refuse)
        if of_files:
            patch.setattr(fcntl, "fcntl", refuse)
            patch.setattr(fcntl, "lockf", refuse)
        yield


@pytest.mark.parametrize(("number", "of_files"), NO_LOCKS)
def test_a_file_on_a_disk_without_locks_is_opened_and_written(monkeypatch, path, number, of_files):
    with without_locks(monkeypatch, number, of_files=of_files):
        with sw.Studio(TRIAGE, path=path, model=ScriptedCompleter()) as studio:
            assert studio.read_only is None
            studio.topics.add("A")
            studio.flush()
            assert json.loads(path.with_name("a.synth.lock").read_text())["pid"] == os.getpid()
            mode = studio._core.store._journal.read(lambda db: db.execute("PRAGMA journal_mode").fetchone()[0])
            assert mode.result(30) == "wal"
        assert [p.name for p in path.parent.iterdir()] == ["a.synth"]
        with sw.Studio(TRIAGE, path=path, model=ScriptedCompleter()) as studio:
            assert studio.topics.paths() == [("A",)]


@pytest.mark.parametrize(("number", "of_files"), NO_LOCKS)
def test_a_file_of_an_earlier_release_on_a_disk_without_locks_is_brought_up_and_copied(
    monkeypatch, path, number, of_files
):
    shutil.copy(Path(__file__).parent / "files" / "format-1.synth", path)
    with without_locks(monkeypatch, number, of_files=of_files):
        with pytest.warns(UserWarning, match=r"kept in a\.format-1\.synth"):
            studio = sw.Studio(path=path, model=ScriptedCompleter())
        assert studio.read_only is None
        studio.backup(path.with_name("b.synth"))
        studio.close()
    assert sorted(p.name for p in path.parent.iterdir()) == ["a.format-1.synth", "a.synth", "b.synth"]
    for name in ("a.format-1.synth", "b.synth"):
        with contextlib.closing(sqlite3.connect(path.with_name(name))) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def left_by(path: Path, **holder: object) -> Path:
    """Leave a lock file as a process that was killed leaves it."""
    beside = path.with_name(path.name + ".lock")
    beside.write_text(json.dumps({"pid": 1, "host": socket.gethostname(), "since": time.time(), **holder}))
    return beside


def ended_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.parametrize("of_files", [True, False])
def test_where_a_disk_has_no_locks_a_lock_file_whose_process_has_ended_holds_nothing(monkeypatch, filled, of_files):
    left_by(filled, pid=ended_process())
    with (
        without_locks(monkeypatch, errno.ENOSYS, of_files=of_files),
        sw.Studio(TRIAGE, path=filled, model=ScriptedCompleter()) as studio,
    ):
        assert studio.read_only is None
        studio.topics.add("B")
    assert not filled.with_name("a.synth.lock").exists()


def test_where_a_disk_has_no_locks_the_lock_file_says_who_holds_it_and_how_to_go_on(monkeypatch, filled):
    beside = left_by(filled, pid=77, host="another-host")
    before = beside.read_text()
    with without_locks(monkeypatch, errno.ENOLCK):
        with sw.Studio(TRIAGE, path=filled, model=ScriptedCompleter()) as studio:
            assert studio.topics.paths() == [("A",)]
            assert "process 77 on another-host" in studio.read_only
            assert "delete that file" in studio.read_only
            with pytest.raises(ReadOnlyError, match="no locks to ask"):
                studio.topics.add("B")
        assert beside.read_text() == before
        beside.unlink()
        with sw.Studio(TRIAGE, path=filled, model=ScriptedCompleter()) as studio:
            studio.topics.add("B")


def test_a_lock_of_the_file_itself_says_more_than_a_lock_file_that_was_left(monkeypatch, filled):
    left_by(filled, pid=77, host="another-host")
    with (
        without_locks(monkeypatch, errno.ENOSYS, of_files=False),
        sw.Studio(TRIAGE, path=filled, model=ScriptedCompleter()) as studio,
    ):
        assert studio.read_only is None


def test_a_lock_file_that_was_left_where_there_are_locks_holds_nothing(filled):
    left_by(filled, pid=1, host="another-host")
    with sw.Studio(TRIAGE, path=filled, model=ScriptedCompleter()) as studio:
        assert studio.read_only is None


@pytest.mark.parametrize("kind", ["link", "second name", "folder", "large"])
def test_what_has_the_lock_files_name_and_is_none_is_left_alone(filled, kind, tmp_path):
    beside, precious = filled.with_name("a.synth.lock"), tmp_path / "precious.txt"
    precious.write_text("Dear diary." * (1 if kind != "large" else 1000))
    match kind:
        case "link":
            beside.symlink_to(precious)
        case "second name":
            os.link(precious, beside)
        case "folder":
            beside.mkdir()
        case "large":
            beside.write_bytes(precious.read_bytes())
    before = precious.read_bytes()
    with pytest.raises(FileError, match=r"left as it is|no lock of ours"):
        sw.Studio(TRIAGE, path=filled, model=ScriptedCompleter())
    assert precious.read_bytes() == before
    assert beside.is_symlink() or beside.exists()


# ---------------------------------------------------------------- SQLite's write-ahead log
def test_where_there_is_no_shared_memory_the_log_is_written_without_it(monkeypatch, path):
    plain = opening.uri
    monkeypatch.setattr(opening, "uri", lambda path, mode, *, locks=True: plain(path, mode, locks=False))
    db = opening.connect(opening.uri(path, "rwc"))
    assert db.execute("PRAGMA journal_mode=WAL").fetchone() == ("delete",), "what such a disk answers"
    db.close()
    path.unlink()
    with sw.Studio(TRIAGE, path=path, model=ScriptedCompleter()) as studio:
        studio.topics.add("A")
        assert studio.read_only is None
        mode = studio._core.store._journal.read(lambda db: db.execute("PRAGMA journal_mode").fetchone()[0])
        assert mode.result(30) == "wal"
    with sw.Studio(TRIAGE, path=path, model=ScriptedCompleter()) as studio:
        assert studio.topics.paths() == [("A",)]


def test_where_there_is_no_write_ahead_log_at_all_the_file_is_read_and_that_is_said(monkeypatch, filled):
    class Refusing(sqlite3.Connection):
        def execute(self, sql, *arguments):
            return super().execute(sql.replace("journal_mode=WAL", "journal_mode=DELETE"), *arguments)

    def connect(address: str) -> sqlite3.Connection:
        return sqlite3.connect(address, isolation_level=None, uri=True, factory=Refusing)

    monkeypatch.setattr(opening, "connect", connect)
    with sw.Studio(TRIAGE, path=filled, model=ScriptedCompleter()) as studio:
        assert studio.topics.paths() == [("A",)]
        assert "write-ahead log" in studio.read_only
        with pytest.raises(ReadOnlyError, match=r"can only be read: .*write-ahead log.*studio\.backup"):
            studio.topics.add("B")


# ---------------------------------------------------------------- folders and files that cannot be written
AS_ANOTHER = """
import ctypes, json, os, sys
libc = ctypes.CDLL(None)
for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH: root is refused like everybody
    libc.prctl(24, capability, 0, 0, 0)

class Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]

class Data(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]

header, data = Header(0x20080522, 0), (Data * 2)()
libc.capget(ctypes.byref(header), data)
data[0].effective &= ~0b110
libc.capset(ctypes.byref(header), data)

import synth_widgets as sw
from synth_widgets.testing import ScriptedCompleter
path, target = sys.argv[1:3]
studio = sw.Studio(sw.Task("Triage", "Sort."), path=path, model=ScriptedCompleter())
said = {"read_only": studio.read_only, "paths": studio.topics.paths()}
try:
    studio.topics.add("B")
except sw.SynthError as error:
    said["error"] = [type(error).__name__, str(error)]
studio.backup(target)
studio.close()
with sw.Studio(path=target, model=ScriptedCompleter()) as copy:
    copy.topics.add("C")
    said["copy"] = copy.topics.paths()
print(json.dumps(said))
"""


def as_another(path: Path, target: Path) -> dict:
    ran = subprocess.run(
        [sys.executable, "-c", AS_ANOTHER, str(path), str(target)], cwd=ROOT, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="rights are given up as Linux does it")
@pytest.mark.parametrize(
    "what", ["folder and log", "file", pytest.param("folder", marks=slow), pytest.param("both", marks=slow)]
)
def test_what_cannot_be_written_is_read_and_the_reason_said(what, path, tmp_path):
    studio = sw.Studio(TRIAGE, path=path, model=ScriptedCompleter())
    studio.topics.add("A")
    if what == "folder and log":
        shutil.copytree(path.parent, tmp_path / "killed", ignore=shutil.ignore_patterns("*-shm", "*.lock"))
    studio.close()
    file = (tmp_path / "killed" if what == "folder and log" else path.parent) / path.name
    file.chmod(0o644 if what == "folder" else 0o444)
    file.parent.chmod(0o755 if what == "file" else 0o555)
    before = {p.name: p.read_bytes() for p in file.parent.iterdir()}
    try:
        said = as_another(file, tmp_path / "copy.synth")
    finally:
        file.parent.chmod(0o755)
    assert said["paths"] == [["A"]]
    assert "write-protected" in said["read_only"] if what == "file" else "folder" in said["read_only"]
    assert "another" not in said["read_only"]
    assert said["error"][0] == "ReadOnlyError"
    assert "can only be read" in said["error"][1]
    assert said["copy"] == [["A"], ["C"]]
    after = {p.name: p.read_bytes() for p in file.parent.iterdir()}
    if what == "file":  # SQLite's helpers, of which the log is empty
        after = {name: content for name, content in after.items() if content and not name.endswith("-shm")}
    assert after == before


@slow
@pytest.mark.skipif(sys.platform != "linux", reason="rights are given up as Linux does it")
def test_a_new_file_in_a_folder_that_cannot_be_written_is_an_error(path, tmp_path):
    path.parent.chmod(0o555)
    try:
        ran = subprocess.run(
            [sys.executable, "-c", AS_ANOTHER, str(path), str(tmp_path / "copy.synth")], cwd=ROOT,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    finally:
        path.parent.chmod(0o755)
    assert "FileError" in ran.stderr
    assert "Permission denied. Choose another path=" in ran.stderr


def test_a_full_disk_at_the_lock_file_leaves_the_file_readable(monkeypatch, filled):
    make = os.open

    def refuse(name, flags, *arguments, **keywords):
        if str(name).endswith(".lock"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return make(name, flags, *arguments, **keywords)

    monkeypatch.setattr(lock.os, "open", refuse)
    with sw.Studio(TRIAGE, path=filled, model=ScriptedCompleter()) as studio:
        assert studio.topics.paths() == [("A",)]
        assert "its disk is full" in studio.read_only


def test_a_disk_that_fails_while_the_file_is_opened_is_an_error_of_the_file_that_says_so(monkeypatch, filled):
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as disk:
        disk.setattr(wal, "page_in", fail)
        with pytest.raises(FileError, match=r"cannot be opened as a studio file.*Input/output error"):
            sw.Studio(TRIAGE, path=filled, model=ScriptedCompleter())
    with sw.Studio(TRIAGE, path=filled, model=ScriptedCompleter()) as studio:
        assert studio.read_only is None
        assert studio.topics.paths() == [("A",)]


def test_a_child_that_outlives_its_parent_does_not_hold_the_file(filled):
    code = """
import os, signal, sys, time
import synth_widgets as sw
from synth_widgets.testing import ScriptedCompleter
studio = sw.Studio(sw.Task("Triage", "Sort."), path=sys.argv[1], model=ScriptedCompleter())
begun, begins = os.pipe()
child = os.fork()
if child == 0:
    os.write(begins, b"x")
    time.sleep(60)
    os._exit(0)
os.read(begun, 1)
print(child, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code, str(filled)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    child = int(process.stdout.readline())
    try:
        process.wait(30)
        with sw.Studio(TRIAGE, path=filled, model=ScriptedCompleter()) as studio:
            assert studio.read_only is None
    finally:
        os.kill(child, 9)
        process.stdout.close()


def test_a_backup_of_a_file_that_is_only_read_is_of_what_is_in_it_now(filled, tmp_path):
    code = """
import sys
import synth_widgets as sw
studio = sw.Studio(path=sys.argv[1])
assert studio.read_only
print("open", flush=True)
sys.stdin.readline()
studio.backup(sys.argv[2])
studio.close()
"""
    copy = tmp_path / "copy.synth"
    with sw.Studio(TRIAGE, path=filled, model=ScriptedCompleter()) as studio:
        studio.topics.add("B")
        reader = subprocess.Popen(
            [sys.executable, "-c", code, str(filled), str(copy)], cwd=ROOT, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )  # fmt: skip
        with reader:
            assert reader.stdout.readline() == "open\n"
            studio.topics.add("C")
            reader.communicate("go on\n", timeout=30)
        assert reader.returncode == 0
    db = sqlite3.connect(copy)
    revs = db.execute("SELECT value, (SELECT max(rev) FROM log) FROM meta WHERE key='rev'").fetchone()
    db.close()
    assert int(revs[0]) >= revs[1]
    with sw.Studio(path=copy, model=ScriptedCompleter()) as studio:
        assert studio.topics.paths() == [("A",), ("B",), ("C",)]
        assert studio.undo().label == "Add topic"
