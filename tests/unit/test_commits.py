"""One commit: all of it or nothing in memory, and few statements in the file."""

from __future__ import annotations

import random
import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from synth_widgets.errors import ClosedError, FileError
from synth_widgets.records import ROOT, Call, JobRecord, Sample, Session, Topic, Usage, Version, WorkItem
from synth_widgets.store import rows
from synth_widgets.store.batch import Batch
from synth_widgets.store.changes import (
    CallAdded,
    Change,
    JobChanged,
    SampleAdded,
    SampleChanged,
    SessionAdded,
    SettingChanged,
    TaskChanged,
    TopicAdded,
    TopicChanged,
)
from synth_widgets.store.columns import entries_of
from synth_widgets.store.state import Group, State
from synth_widgets.store.store import Action, Store
from synth_widgets.store.writing import MOST_ROWS, read_raw, write, write_rows
from tests.tasks import TRIAGE


def direct(call: Any) -> None:
    """Own the store on whatever thread speaks of it."""
    call()


@pytest.fixture
def store() -> Any:
    opened = Store(None, direct)
    opened.commit(START, actor="person", label="Start")
    opened.saved().result(30)
    yield opened
    opened.close()


def sample(ident: str, topic: str = "t1", seq: int = 1) -> Sample:
    return Sample(ident, topic, "", "own", "draft", seq=seq, versions=(Version(0, "own", "in", "out"),))


def call(ident: str, cost: float | None, job: str = "j1") -> Call:
    usage = Usage(3, 4)
    return Call(ident, job, "inputs", "m", "text", "basic", "", {}, 1, usage, cost, 0.5, "raw")


ITEM, LATER = WorkItem("j1", "outputs", "s1", 0, 0), WorkItem("j1", "outputs", "s2", 0, 0)
START = (
    SessionAdded(Session("900000000000")),
    TopicAdded(Topic("t1", ROOT, "A")),
    TopicAdded(Topic("t2", ROOT, "B")),
    SampleAdded(sample("s1")),
    SettingChanged("guidance", None, {"all": "Short."}),
    JobChanged(JobRecord("j1", "grow", {}, "900000000000", status="running"), planned=(ITEM,)),
    CallAdded(call("c1", 0.25)),
    CallAdded(call("c2", None), is_open=True),
)
GOOD = (
    TopicAdded(Topic("t3", "t1", "C")),
    TopicChanged("t2", {"parent": ROOT, "name": "B"}, {"parent": "t1", "name": "D"}),
    TopicChanged("t1", {"removed": False}, {"removed": True}),
    SampleAdded(sample("s2", "t3", seq=7)),
    SampleChanged("s1", {"status": "draft"}, {"status": "kept"}, Version(1, "edited", "in", "new")),
    SampleChanged("s1", {"topic": "t1"}, {"topic": "t2"}),
    SampleChanged("s2", {"tags": ()}, {"tags": ["x"]}),
    SettingChanged("guidance", {"all": "Short."}, {"all": "Long."}),
    SettingChanged("other", None, 1),
    TaskChanged(TRIAGE),
    SessionAdded(Session("900000000001", {}, (), {}, 1.0)),
    JobChanged(JobRecord("j1", "grow", {}, "900000000000", status="done"), planned=(LATER,), finished=(ITEM,)),
    JobChanged(JobRecord("j2", "grow", {}, "900000000000"), planned=(WorkItem("j2", "outputs", "s1", 0, 0),)),
    CallAdded(call("c1", 0.5)),
    CallAdded(call("c2", 0.125)),
    CallAdded(call("c3", None, job="j2")),
)


@dataclass(slots=True)
class Half(Change):
    """Does what another change does, and then fails."""

    change: Change

    @property
    def ident(self) -> str:
        return self.change.ident

    def held(self, state: State) -> Any:
        return self.change.held(state)

    def put_back(self, state: State, held: Any) -> None:
        self.change.put_back(state, held)

    def apply(self, state: State, batch: Batch) -> None:
        self.change.apply(state, batch)
        raise RuntimeError("half-way")


def content(state: State) -> dict[str, Any]:
    """All that a state holds, in its order, without empty parts of the indexes."""
    found: dict[str, Any] = {}
    for name, value in vars(state).items():
        if name == "visibility_changes":
            continue  # counts how often topics went or came back, and never less
        if name == "ledger":
            found[name] = (dict(value._parts), set(value._open))
        elif name in {"by_topic", "children", "named", "items"}:
            found[name] = {
                key: sorted(inner) if name == "items" else list(inner) for key, inner in value.items() if inner
            }
        elif isinstance(value, dict):
            found[name] = list(value.items())
        else:
            found[name] = value.copy() if isinstance(value, (list, set)) else value
    return found


BAD = (
    SampleChanged("nowhere", {}, {"status": "kept"}),
    TopicChanged("nowhere", {}, {"name": "X"}),
    SampleChanged("s1", {}, {"no such field": 1}),
    TopicChanged("t1", {}, {"no such field": 1}),
    *map(Half, GOOD),
)


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: type(getattr(bad, "change", bad)).__name__)
def test_a_step_that_fails_half_way_leaves_memory_as_it_was(store: Store, bad: Change):
    before, rev = content(store.state), store.state.rev
    action = Action()
    for step in ([bad], [*GOOD, bad], [bad, *GOOD], [*GOOD[:8], bad, *GOOD[8:]]):
        for how in ({"actor": "person"}, {"actor": "job", "job": "j9"}, {"actor": "system"}, {"action": action}):
            with pytest.raises((KeyError, TypeError, RuntimeError)):
                store.commit(step, label="Fails", **how)
    assert content(store.state) == before
    assert store.state.rev == rev
    assert action.group is None


def test_what_follows_a_step_that_failed_is_saved_and_undone_as_if_it_had_not_been(tmp_path: Path):
    path = tmp_path / "a.synth"
    store = Store(path, direct)
    store.commit(START, label="Start")
    with pytest.raises(KeyError):
        store.commit([*GOOD, BAD[0]], label="Fails")
    store.commit([TopicAdded(Topic("t9", ROOT, "After"))], label="After")
    store.saved().result(30)
    group = store.state.next_undo()
    assert (group.label, group.id) == ("After", 2)
    store.undo(store.entries(group).result(30), group)
    held = content(store.state)
    store.close()
    again = Store(path, direct)
    assert {k: v for k, v in content(again.state).items() if k in {"topics", "samples", "jobs", "settings"}} == {
        k: v for k, v in held.items() if k in {"topics", "samples", "jobs", "settings"}
    }
    again.close()


# ---------------------------------------------------------------- statements
def tables() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.executescript(rows.TABLES)
    return db


@pytest.mark.parametrize("count", [0, 1, MOST_ROWS, 2 * MOST_ROWS + 77])
@pytest.mark.parametrize("most", [None, 100])
def test_rows_of_one_statement_are_those_of_single_ones_in_value_and_type(count: int, most: int | None):
    texts = ("", "x", "é ☃ \x00 '\"", "1", "1.5", None)
    floats = (None, 0.1 + 0.2, 1e300, 5e-324, 3.0, -0.0)
    given = [
        ("c" + str(n % 600), texts[n % 6], n, floats[n % 6], n if n % 2 else None, texts[(n + 1) % 6], texts[n % 5])
        for n in range(count)
    ]
    values = [(a, b, b, b, b, b, b, b, c, c, e, d, d, f) for a, b, c, d, e, f, _ in given]
    with closing(tables()) as one, closing(tables()) as many:
        one.executemany(f"INSERT OR REPLACE INTO calls VALUES({','.join('?' * 14)})", values)
        if most is not None:
            many.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, most)
        statements: list[str] = []
        many.set_trace_callback(statements.append)
        write(many, "INSERT OR REPLACE INTO calls VALUES", values)
        assert len(statements) == -(-count // (MOST_ROWS if most is None else most // 14))
        names = [row[1] for row in one.execute("PRAGMA table_info(calls)")]
        query = f"SELECT {', '.join(f'{n}, typeof({n})' for n in names)} FROM calls ORDER BY id"  # noqa: S608
        assert repr(one.execute(query).fetchall()) == repr(many.execute(query).fetchall())


def test_a_commit_of_a_thousand_rows_takes_a_few_statements():
    batch = Batch(1, 1.0, urgent=False, group=1)
    for n in range(1000):
        made = sample(f"s{n}")
        batch.samples[made.id] = made
        batch.versions.append((made.id, made.version))
        batch.calls.append(call(f"c{n}", 0.1))
        batch.planned += (WorkItem("j1", "outputs", f"s{n}", 0, 0),)
        batch.entries.append(["sample", made.id, {"reason": None}, {"reason": "two\nlines"}])
    batch.finished = batch.planned[:990]
    with closing(tables()) as db:
        statements: list[str] = []
        db.set_trace_callback(statements.append)
        write_rows(db, [batch])
        assert len(statements) <= 24
        db.set_trace_callback(None)
        assert db.execute("SELECT count(*) FROM items").fetchone() == (10,)
        assert [db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("samples", "versions", "calls")] == (  # noqa: S608
            [1000] * 3
        )
        statements.clear()
        db.set_trace_callback(statements.append)
        assert entries_of(db, 1) == batch.entries
        assert len(statements) <= 4
        assert entries_of(db, 2) == []


@pytest.mark.parametrize("seed", range(20))
def test_commits_that_are_written_together_leave_what_they_leave_one_by_one(seed):
    chance = random.Random(seed)
    batches = []
    for rev in range(1, 40):
        batch = Batch(rev, float(rev), urgent=False, group=1)
        for _ in range(chance.randrange(4)):
            ident = f"s{chance.randrange(6)}"
            batch.samples[ident] = sample(ident, topic=f"t{rev}", seq=int(ident[1]))
            batch.versions.append((ident, Version(chance.randrange(2), "own", rev, chance.random())))
            batch.calls.append(call(f"c{chance.randrange(6)}", chance.random()))
            topic = Topic(f"t{chance.randrange(4)}", ROOT, f"{rev}")
            batch.topics[topic.id] = topic
            batch.jobs["j1"] = JobRecord("j1", "grow", {}, "900000000000", added=rev)
            batch.settings["guidance"] = {"all": f"{rev}"}
            batch.entries.append(["sample", ident, {"reason": None}, {"reason": f"{rev}"}])
            batch.groups += (Group(1, "job", f"{rev}", "j1"),)
            item = WorkItem(f"j{chance.randrange(2)}", "outputs", f"s{chance.randrange(6)}", 0, 0)
            if chance.random() < 0.5:
                batch.planned += (item,)
            else:
                batch.finished += (item,)
        if chance.random() < 0.1:
            batch.settled += ("j1",)
        batches.append(batch)
    with closing(tables()) as one, closing(tables()) as many:
        for batch in batches:
            write_rows(one, [batch])
        write_rows(many, batches)
        assert list(one.iterdump()) == list(many.iterdump())


def test_finished_items_are_found_by_their_key_not_by_a_walk_through_all():
    with closing(tables()) as db:
        statements: list[str] = []
        db.set_trace_callback(statements.append)
        batch = Batch(1, 1.0, urgent=False)
        batch.finished = (ITEM, LATER)
        write_rows(db, [batch])
        (delete,) = [text for text in statements if text.startswith("DELETE")]
        db.set_trace_callback(None)
        plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {delete}")]
    assert any("SEARCH items USING PRIMARY KEY" in line for line in plan)
    assert "SCAN items" not in plan


def test_raw_answers_are_read_in_one_statement():
    texts = ["", 'He said "no"\n\tand \\ left', "nul \x00 in it", "é ☃ 𝄞 \u2028", None, "{}"]
    with closing(tables()) as db:
        for n, text in enumerate(texts):
            db.execute("INSERT INTO calls(id, raw) VALUES(?, ?)", (f"c{n}", text))
        statements: list[str] = []
        db.set_trace_callback(statements.append)
        found = read_raw(db, [f"c{n}" for n in range(10)])
        assert found == {f"c{n}": text for n, text in enumerate(texts)}
        assert read_raw(db, []) == {}
        assert len(statements) == 2


# ---------------------------------------------------------------- the end
def test_closing_waits_for_nothing_and_gives_the_file_free_when_all_is_written(tmp_path: Path):
    path = tmp_path / "a.synth"
    store = Store(path, direct)
    go_on = threading.Event()
    busy = store._journal.read(lambda db: go_on.wait(30))
    store.commit(START, label="Start")
    ended = store.begin_close()
    assert not ended.done(), "the disk is busy"
    assert path.with_name("a.synth.lock").exists()
    with pytest.raises(ClosedError):
        store.commit(GOOD)
    go_on.set()
    ended.result(30)
    store.end_close()
    assert busy.result(0)
    assert [p.name for p in tmp_path.iterdir()] == ["a.synth"]
    store.close()
    again = Store(path, direct)
    assert set(again.state.samples) == {"s1"}
    again.close()


def test_closing_says_what_was_lost(tmp_path: Path):
    path = tmp_path / "folder" / "a.synth"
    path.parent.mkdir()
    store = Store(path, direct)
    path.unlink()
    store.commit(START, label="Start")
    store.begin_close().result(30)
    with pytest.raises(FileError, match="What this studio held is in"):
        store.end_close()
