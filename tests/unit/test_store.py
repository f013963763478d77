"""The studio file: what is on disk and when, who may write it, and what a refusing file costs (nothing)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import synth_widgets as sw
from synth_widgets.errors import ClosedError, FileError, ReadOnlyError, RunStoppedError, StudioError, UnknownIdError
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import PLAIN, TRIAGE, until

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys, time
import synth_widgets as sw
from synth_widgets.testing import ScriptedCompleter
studio = sw.Studio(sw.Task("Triage", "Sort."), path=sys.argv[1], model=ScriptedCompleter())
studio.topics.add("Held")
print("held", flush=True)
time.sleep(60)
"""


def on_disk(path: Path, query: str) -> list[tuple]:
    db = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        return db.execute(query).fetchall()
    finally:
        db.close()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Make the file refuse: another connection holds SQLite's write lock."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        db.execute("ROLLBACK")
        db.close()


@contextmanager
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Hold the file open in another process."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.synth"


# ---------------------------------------------------------------- commits
def test_a_call_returns_when_its_change_is_on_disk_and_listeners_hear_after_that(open_studio, path):
    studio = open_studio(path=path)
    heard = []
    studio._core.store.listen(
        lambda commits: heard.append((commits[-1].rev, on_disk(path, "SELECT value FROM meta WHERE key='rev'")[0][0]))
    )
    for name in "ABC":
        studio.topics.add(name)
        assert (name,) in on_disk(path, "SELECT name FROM topics")
    assert [rev for rev, _ in heard] == sorted({rev for rev, _ in heard})
    assert all(int(saved) >= rev for rev, saved in heard)


def test_the_wal_is_emptied_when_idle_so_that_a_copied_file_is_whole(open_studio, path, tmp_path):
    studio = open_studio(path=path)
    studio.topics.add("A")
    wal = path.with_name(path.name + "-wal")
    until(lambda: wal.stat().st_size == 0)
    shutil.copy(path, tmp_path / "copy.synth")
    assert open_studio(path=tmp_path / "copy.synth").topics.paths() == [("A",)]
    studio.grow(depth=0, samples=2).wait(10)
    until(lambda: wal.stat().st_size == 0)


def test_closing_leaves_one_file_and_no_lock(open_studio, path, tmp_path):
    studio = open_studio(path=path)
    studio.grow(topics=1, samples=1).wait(10)
    studio.close()
    assert [p.name for p in tmp_path.iterdir()] == ["a.synth"]
    studio.close()
    with pytest.raises(ClosedError, match="Make it again"):
        studio.keep([])


# ---------------------------------------------------------------- a file that refuses
def test_what_a_refusing_file_does_not_take_is_queued_said_and_written_later(open_studio, path, caplog):
    studio = open_studio(path=path)
    studio.topics.add("A")
    studio._core.store._journal.read(lambda db: db.execute("PRAGMA busy_timeout=50")).result(30)
    heard = []
    studio._core.store.listen(lambda commits: heard.append(studio._core.store.trouble))
    with locked(path):
        with pytest.raises(FileError, match=r"Not saved: .*locked.*held in memory"):
            studio.topics.add("B")
        with pytest.raises(FileError, match="Not saved"):
            studio.topics.add("C")
        assert studio.topics.paths() == [("A",), ("B",), ("C",)], "what was changed is held"
        assert on_disk(path, "SELECT count(*) FROM topics WHERE name IN ('B', 'C')") == [(0,)]
        assert studio._core.store.trouble is not None
    until(lambda: studio._core.store.trouble is None)
    studio.flush()
    assert on_disk(path, "SELECT count(*) FROM topics WHERE name IN ('B', 'C')") == [(2,)]
    assert heard[0] is not None
    assert heard[-1] is None
    assert studio.undo().label == "Add topic"


def test_a_full_disk_stops_a_job_and_what_is_left_is_made_when_there_is_room(open_studio, path):
    model = ScriptedCompleter(latency=0.02, concurrency=2)
    studio = open_studio(model, path=path)
    journal = studio._core.store._journal
    pages = journal.read(lambda db: db.execute("PRAGMA page_count").fetchone()[0]).result(30)
    journal.read(lambda db: db.execute(f"PRAGMA max_page_count={pages + 8}").fetchone()).result(30)
    with pytest.raises(RunStoppedError, match="full") as caught:
        studio.grow(topics=4, samples=50).wait(20)
    assert "full" in caught.value.result.stopped
    made = len(studio.samples)
    assert made < 200
    journal.read(lambda db: db.execute("PRAGMA max_page_count=1000000").fetchone()).result(30)
    until(lambda: studio._core.store.trouble is None)
    studio.resume().wait(20)
    assert len(studio.samples) == 200
    assert {s.status for s in studio.samples} == {"draft"}
    assert on_disk(path, "SELECT count(*) FROM samples") == [(200,)]


def test_closing_while_the_file_refuses_says_what_is_lost_and_frees_the_file(open_studio, path):
    studio = open_studio(path=path)
    studio._core.store._journal.read(lambda db: db.execute("PRAGMA busy_timeout=20")).result(30)
    with locked(path):
        with pytest.raises(FileError):
            studio.topics.add("B")
        with pytest.raises(FileError, match="did not take the last changes"):
            studio.close()
    assert open_studio(path=path).topics.paths() == []


# ---------------------------------------------------------------- files that are none of ours
def test_what_is_no_studio_file_is_left_alone_and_said(open_studio, tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("Dear diary, this is no database at all.\n" * 50)
    other = tmp_path / "other.db"
    db = sqlite3.connect(other)
    db.execute("CREATE TABLE t(x)")
    db.commit()
    db.close()
    folder = tmp_path / "folder"
    folder.mkdir()
    for file, words in (
        (text, "cannot be opened as a studio file"),
        (other, "a database, but not a studio file"),
        (folder, "is a folder"),
        (tmp_path / "nowhere" / "a.synth", "No such file or directory"),
        (tmp_path / ("x" * 300), "File name too long"),
    ):
        before = file.read_bytes() if file in {text, other} else None
        with pytest.raises(FileError, match=words):
            open_studio(path=file)
        assert before is None or file.read_bytes() == before
    assert list(tmp_path.glob("*.lock")) == []


def test_a_file_of_a_newer_release_is_not_touched(open_studio, path):
    open_studio(path=path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(FileError, match=r"newer release\. Upgrade"):
        open_studio(path=path)


def test_a_damaged_file_is_said_not_half_read(open_studio, path):
    studio = open_studio(path=path)
    studio.grow(topics=2, samples=8).wait(10)
    studio.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + os.urandom(len(whole) - 4096))
    with pytest.raises(FileError, match=r"a\.synth"):
        open_studio(path=path)
    assert not path.with_name("a.synth.lock").exists()


def test_a_file_belongs_to_one_task(open_studio, path):
    studio = open_studio(path=path)
    with pytest.raises(StudioError, match="belongs to the task 'Triage', not 'Greeter'"):
        open_studio(task=PLAIN, path=path)
    studio.close()
    with pytest.raises(StudioError, match="belongs to the task 'Triage'"):
        open_studio(task=PLAIN, path=path)
    assert open_studio(task=None, path=path).task == TRIAGE
    with pytest.raises(StudioError, match=r"sw\.Task\("):
        open_studio(task=None, path=path.with_name("new.synth"))


def test_a_changed_task_is_a_new_version_in_the_file(open_studio, path):
    open_studio(path=path).close()
    changed = sw.Task("Triage", "Sort the message with care.")
    open_studio(task=changed, path=path).close()
    again = open_studio(task=None, path=path)
    assert again.task == changed
    assert [t.instruction for t in again._state.tasks] == [TRIAGE.instruction, changed.instruction]


# ---------------------------------------------------------------- one writer
def test_a_second_process_may_only_read_and_is_told_who_writes(open_studio, path):
    with holder(path) as process:
        studio = open_studio(task=None, model=None, path=path)
        assert studio.topics.paths() == [("Held",)]
        assert studio.read_only is not None
        assert f"process {process.pid} on " in studio.read_only
        for change in (
            lambda: studio.topics.add("B"),
            lambda: studio.set_guidance("x"),
            studio.grow,
            studio.undo,
            studio.resume,
            studio.new_session,
        ):
            with pytest.raises(ReadOnlyError, match=f"open in another kernel.*{process.pid}"):
                change()
        with pytest.raises(UnknownIdError):
            studio.keep("nothing000")
        studio.close()
        process.send_signal(signal.SIGKILL)
        process.wait()
        again = open_studio(path=path, task=sw.Task("Triage", "Sort."))
        assert again.read_only is None
        again.topics.add("B")
        assert again.topics.paths() == [("Held",), ("B",)]


def test_two_studios_of_one_file_share_everything(open_studio, path, tmp_path):
    first = open_studio(path=path)
    (tmp_path / "link.synth").symlink_to(path)
    second = open_studio(path=tmp_path / "link.synth", guidance="Short.")
    first.topics.add("A")
    assert second.topics.paths() == [("A",)]
    assert first.guidance["all"] == "Short."
    first.close()
    second.topics.add("B")
    third = open_studio(path=path)
    assert third.topics.paths() == [("A",), ("B",)]


def test_what_a_second_run_names_replaces_and_what_it_leaves_out_stays(open_studio, path):
    first, second = ScriptedCompleter(name="first"), ScriptedCompleter(name="second")
    studio = open_studio(first, path=path, guidance={"outputs": "Curt."})
    sw.Studio(TRIAGE, path=path, guidance={"topics": "Few."}).close()
    assert studio.model == "first"
    assert (studio.guidance["outputs"], studio.guidance["topics"]) == ("Curt.", "Few.")
    sw.Studio(TRIAGE, path=path, model=second).close()
    studio.grow(topics=1, samples=1).wait(10)
    assert (len(first.requests), len(second.requests)) == (0, 3)


def test_without_a_model_it_is_the_files_last_else_the_embedded_one(path):
    with sw.Studio(TRIAGE, path=path) as studio:
        assert studio.model == "local"
    with sw.Studio(TRIAGE, path=path, model=sw.Model("ollama/llama3.2", temperature=0.1)):
        pass
    with sw.Studio(TRIAGE, path=path, models={"topics": "groq/any"}) as studio:
        assert studio.model == "ollama/llama3.2"
        assert studio._core.model_name("topics") == "groq/any"
    with sw.Studio(TRIAGE, path=path, model=ScriptedCompleter(name="mine")):
        pass
    with sw.Studio(TRIAGE, path=path) as studio:
        assert studio.model == "mine"
        with pytest.raises(sw.SynthError, match="a completer that code gave"):
            studio.generate_outputs([]) if studio.samples else studio.grow()


def test_keys_are_never_in_the_file(path):
    secret = "sk-very-secret-0123456789"
    model = sw.Model("openai/any", api_base="http://127.0.0.1:9/v1", api_key=secret)
    with sw.Studio(TRIAGE, path=path, model=model) as studio, pytest.raises(RunStoppedError):
        studio.grow(topics=1, samples=1).wait(20)
    for file in path.parent.iterdir():
        assert secret.encode() not in file.read_bytes()


# ---------------------------------------------------------------- forks
def test_a_forked_child_is_told_and_can_open_its_own(path):
    code = """
import os, sys, json
import synth_widgets as sw
from synth_widgets.testing import ScriptedCompleter
task = sw.Task("Triage", "Sort.")
studio = sw.Studio(task, path=sys.argv[1], model=ScriptedCompleter())
studio.topics.add("A")
reader, writer = os.pipe()
if os.fork() == 0:
    said = {}
    try:
        studio.topics.add("B")
    except sw.SynthError as error:
        said["old"] = type(error).__name__
    own = sw.Studio(task, path=":memory:", model=ScriptedCompleter())
    said["own"] = own.grow(topics=1, samples=2).wait(10).added
    said["held"] = sw.Studio(task, path=sys.argv[1]).read_only
    os.write(writer, json.dumps(said).encode())
    os.close(writer)
    sys.exit(0)
os.wait()
print(os.read(reader, 10_000).decode())
studio.topics.add("C")
print(os.getpid())
"""
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(path)], cwd=ROOT, capture_output=True, text=True, timeout=30,
        check=False,
    )  # fmt: skip
    assert ran.stderr == ""
    said, pid = ran.stdout.splitlines()
    told = json.loads(said)
    assert (told["old"], told["own"]) == ("ClosedError", 2)
    assert f"process {pid} " in told["held"]
    assert on_disk(path, "SELECT name FROM topics WHERE name<>''") == [("A",), ("C",)]
