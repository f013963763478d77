"""A studio file's columns are known by their names: their order says nothing, and further ones are left alone."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

import synth_widgets as sw
from synth_widgets.errors import AccessError, FileError, RunStoppedError
from synth_widgets.store.columns import COLUMNS
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import TRIAGE, failing

Columns = Callable[[list[str]], list[str]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with something in every table."""
    path = tmp_path_factory.mktemp("whole") / "whole.synth"
    faults = failing("outputs", AccessError("401"), first=6)
    with sw.Studio(TRIAGE, path=path, model=ScriptedCompleter(faults=faults, concurrency=1)) as studio:
        studio.set_guidance("Be kind.")
        studio.grow(topics=2, samples=2).wait(10)
        first, second, third, *_ = [s.id for s in studio.samples]
        studio.rate(first, 4)
        studio.tag(first, "hard")
        studio.keep(second)
        studio.edit(third, output={"kind": "?"})
        with pytest.raises(RunStoppedError):
            studio.grow(topics=2, samples=4).wait(10)
    return path


def lay_out(path: Path, columns: Columns) -> None:
    """Make every table anew, with the columns that are returned for those that it has."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        tables = db.execute("SELECT name, sql FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'")
        for table, sql in tables.fetchall():
            lines = db.execute(f"PRAGMA table_info({table})").fetchall()
            kinds = {name: kind for _, name, kind, *_ in lines}
            keys = ",".join(name for place, name in sorted((line[5], line[1]) for line in lines) if place)
            names = columns(list(kinds))
            fields = ",".join(f"{name} {kinds.get(name, 'TEXT')}" for name in names)
            kept = ",".join(name for name in names if name in kinds)
            db.execute(f"ALTER TABLE {table} RENAME TO former")
            db.execute(f"CREATE TABLE {table}({fields}, PRIMARY KEY({keys})) {sql[sql.rindex(')') + 1 :]}")
            db.execute(f"INSERT INTO {table}({kept}) SELECT {kept} FROM former")  # noqa: S608 - no input
            db.execute("DROP TABLE former")


def held(studio: sw.Studio) -> list[object]:
    """Return all that a studio holds."""
    state = studio._state
    items = {job: set(items.values()) for job, items in state.items.items() if items}
    tasks = [task.to_json() for task in state.tasks]
    tables = (state.topics, state.samples, state.calls, state.sessions, state.jobs, state.settings, state.groups)
    return [*map(dict, tables), items, tasks]


def backwards(columns: list[str]) -> list[str]:
    return columns[::-1]


def with_one_more(columns: list[str]) -> list[str]:
    return ["remark", *columns, "further"] if columns != ["key", "value"] else columns


@pytest.mark.parametrize("columns", [backwards, with_one_more])
def test_a_file_whose_columns_stand_in_another_way_is_read_written_and_undone(whole, tmp_path, columns):
    path = Path(shutil.copy(whole, tmp_path))
    lay_out(path, columns)
    with sw.Studio(path=whole, model=ScriptedCompleter()) as studio:
        expected = held(studio)
    with sw.Studio(path=path, model=ScriptedCompleter()) as studio:
        assert held(studio) == expected
        assert studio.resume().wait(10).added == 4
        studio.reject(studio.samples[0].id)
        studio.undo()
        changed = held(studio)
    with sw.Studio(path=path, model=ScriptedCompleter()) as studio:
        assert held(studio) == changed
        assert len(studio.samples) == 8


def test_what_stands_in_a_column_of_somebody_else_stays_there(whole, tmp_path):
    path = Path(shutil.copy(whole, tmp_path))
    lay_out(path, with_one_more)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("UPDATE samples SET further='theirs'")
    with sw.Studio(path=path, model=ScriptedCompleter()) as studio:
        studio.tag(studio.samples[0].id, "changed")
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT further FROM samples WHERE tags LIKE '%changed%'").fetchall() == [("theirs",)]


@pytest.mark.parametrize("table", [*COLUMNS, "log"])
def test_a_column_that_is_not_there_is_said(whole, tmp_path, table):
    path = Path(shutil.copy(whole, tmp_path))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        last = db.execute(f"PRAGMA table_info({table})").fetchall()[-1][1]
        db.execute(f"ALTER TABLE {table} RENAME COLUMN {last} TO other")
    before = path.read_bytes()
    with pytest.raises(FileError, match=rf"damaged: table {table} has no column {last}\. Nothing was changed"):
        sw.Studio(path=path, model=ScriptedCompleter())
    assert path.read_bytes() == before


def test_a_table_that_is_not_there_is_said(whole, tmp_path):
    path = Path(shutil.copy(whole, tmp_path))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("DROP TABLE calls")
    with pytest.raises(FileError, match="damaged: there is no table calls"):
        sw.Studio(path=path, model=ScriptedCompleter())


def test_a_further_column_of_the_table_that_tells_where_the_file_is_is_refused(whole, tmp_path):
    path = Path(shutil.copy(whole, tmp_path))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("ALTER TABLE meta ADD COLUMN note TEXT")
    with pytest.raises(FileError, match="damaged: table meta has a column note"):
        sw.Studio(path=path, model=ScriptedCompleter())
