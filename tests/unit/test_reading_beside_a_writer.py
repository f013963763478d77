"""A file that cannot be written is read while another program writes it: what is read is one moment of it."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

import synth_widgets as sw
from synth_widgets.store import migrations, opening, rows, wal
from synth_widgets.store.loading import read_state
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import TRIAGE


@pytest.fixture
def written(tmp_path: Path) -> Iterator[sw.Studio]:
    with sw.Studio(TRIAGE, path=tmp_path / "a.synth", model=ScriptedCompleter()) as studio:
        studio.grow(topics=2, samples=2).wait()
        studio.topics.add("Before")  # stands in the log
        studio.flush()
        yield studio


def test_what_is_committed_between_two_tables_is_in_none_of_them(written):
    rev, samples = written._core.state.rev, len(written.samples)
    db = opening.connect(opening.uri(Path(written.path), "ro"))
    met = []

    def meanwhile(query: str) -> None:
        if "FROM sessions" in query or "FROM groups" in query:
            met.append(query)
            written.topics.add(f"Late {len(met)}")
            written.flush()

    db.set_trace_callback(meanwhile)
    state = read_state(db)
    assert len(met) == 2
    assert (state.rev, len(state.samples)) == (rev, samples)
    db.set_trace_callback(None)
    assert read_state(db).rev == written._core.state.rev > rev, "the next reading is of a later moment"
    db.close()


def bring_in(studio: sw.Studio) -> None:
    """Bring the log into the file, so that it is empty."""
    journal = studio._core.store._journal
    journal._do(journal._file.empty_log).result()


def begin_anew(studio: sw.Studio, topic: str) -> None:
    """Bring the log into the file, and write the first transaction of the next one."""
    bring_in(studio)
    studio.topics.add(topic)
    studio.flush()


def test_a_copy_of_a_file_that_is_written_meanwhile_has_what_was_written(written, monkeypatch):
    copied = []

    def meanwhile(source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes())
        copied.append(source.name)
        if len(copied) == 1:
            written.topics.add("Late")
            written.flush()

    monkeypatch.setattr(opening.shutil, "copyfile", meanwhile)
    assert "Late" in names_in_a_copy(written)
    assert copied == ["a.synth", "a.synth-wal"]


@pytest.mark.parametrize("at", ["a.synth", "a.synth-wal"])
def test_a_copy_is_made_again_where_the_log_was_begun_anew_meanwhile(written, at, monkeypatch):
    copied = []

    def meanwhile(source: Path, target: Path) -> None:
        """Copy; in the midst of a log, or right behind the file, the writer begins a new log."""
        first = source.read_bytes()
        if source.name == at and at not in copied:
            written.topics.add("Late")
            written.flush()
            first = first if at == "a.synth" else first[:100]
            begin_anew(written, "Later")
        target.write_bytes(first + source.read_bytes()[len(first) :] if at == "a.synth-wal" else first)
        copied.append(source.name)

    monkeypatch.setattr(opening.shutil, "copyfile", meanwhile)
    assert {"Late", "Later"} <= names_in_a_copy(written)
    assert copied == ["a.synth", "a.synth-wal"] * 2


def test_a_copy_is_made_again_where_a_log_came_and_went_meanwhile(written, monkeypatch):
    copied = []

    def meanwhile(source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes())
        copied.append(source.name)
        if len(copied) == 1:
            begin_anew(written, "Late")
            bring_in(written)

    bring_in(written)
    monkeypatch.setattr(opening.shutil, "copyfile", meanwhile)
    assert "Late" in names_in_a_copy(written)
    assert copied == ["a.synth", "a.synth-wal"] * 2


def names_in_a_copy(studio: sw.Studio) -> set[str]:
    with contextlib.ExitStack() as stack:
        state = read_state(opening.to_read(Path(studio.path), "belongs", stack, has_locks=False))
    assert state.rev == studio._core.state.rev
    return {topic.name for topic in state.topics.values()}


def test_a_file_whose_log_is_begun_anew_all_the_time_is_not_read_as_two_moments(written, monkeypatch):
    def meanwhile(source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes())
        if source.name == "a.synth":
            begin_anew(written, f"Topic {len(written.topics.paths())}")

    monkeypatch.setattr(opening.shutil, "copyfile", meanwhile)
    with contextlib.ExitStack() as stack, pytest.raises(sqlite3.OperationalError, match="all the time"):
        opening.to_read(Path(written.path), "belongs", stack, has_locks=False)


def test_a_log_that_was_brought_into_the_file_between_two_looks_is_not_foreign(written, monkeypatch):
    looks, position_in = [], wal.position_in

    def meanwhile(file: int, page: int, size: int) -> wal.Position | None:
        looks.append(page)
        if len(looks) == 1:  # the log was read
            written.topics.add("Late")
            written.flush()
            bring_in(written)
        return position_in(file, page, size)

    monkeypatch.setattr(wal, "position_in", meanwhile)
    with Path(written.path).open("rb") as file:
        assert wal.verdict_beside_a_writer(wal.log_of(Path(written.path)), file.fileno()) == "none"
    assert looks


def test_a_file_that_another_program_brings_up_meanwhile_is_not_brought_up_twice(tmp_path):
    path = tmp_path / "a.synth"
    shutil.copy(Path(__file__).parent / "files" / "format-1.synth", path)

    class Meanwhile(sqlite3.Connection):
        def backup(self, target: sqlite3.Connection, **options: object) -> None:
            other = sqlite3.connect(path, isolation_level=None)
            migrations.brought_up(other, in_place=True).close()
            super().backup(target, **options)

    db = sqlite3.connect(path, isolation_level=None, factory=Meanwhile)
    today = migrations.brought_up(db, in_place=False)
    assert today.execute("PRAGMA user_version").fetchone() == (rows.FORMAT,)
    guidance = [dict(topic.guidance) for topic in read_state(today).topics.values()]
    assert {"all": "Old: the topic's"} in guidance
    assert all(isinstance(text, str) and "{" not in text for texts in guidance for text in texts.values())
    today.close()
