"""Reads a whole studio file into a state.

The file may come from anywhere, so what does not fit together is an error. And it may hold a hundred thousand
samples, so texts that many rows share are held once, and the garbage collector does not look for rubbish among
objects that are all there to stay.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from pydantic_core import from_json

from synth_widgets.collector import collector_off
from synth_widgets.errors import FileError, TaskError
from synth_widgets.money import Cost
from synth_widgets.records import ROOT, STATUSES, STEPS, Json, Topic, Usage, Version, WorkItem
from synth_widgets.store import rows
from synth_widgets.store.state import State
from synth_widgets.task import Task


def read_state(db: sqlite3.Connection) -> State:
    """Read the whole state.

    Raises:
        FileError: the file is damaged.
    """
    try:
        with collector_off(stays=True):
            return _read(db)
    except (KeyError, ValueError, TypeError, AttributeError, StopIteration, RecursionError, TaskError) as error:
        raise FileError(f"The studio file is damaged: {error!r} does not fit the rest of it.") from None


def _read(db: sqlite3.Connection) -> State:
    state = State()
    share = rows.Shared()
    topics = [rows.topic_of(row) for row in db.execute("SELECT * FROM topics ORDER BY rowid")]
    _check_tree(topics)
    for topic in topics:
        state.put_topic(topic)
    _read_calls(db, state, share)
    versions = _versions(db, share)
    for row in db.execute("SELECT * FROM samples ORDER BY seq"):
        sample = rows.sample_of(row, tuple(versions[row[0]]), share)
        if sample.status not in STATUSES or sample.topic not in state.topics or sample.version.n < 0:
            raise ValueError(sample.id)
        state.put_sample(sample)
    for row in db.execute("SELECT * FROM sessions ORDER BY created"):
        session = rows.session_of(row)
        state.sessions[session.id] = session
    for row in db.execute("SELECT * FROM jobs ORDER BY started"):
        job = rows.job_of(row)
        state.jobs[job.id] = job
    for row in db.execute("SELECT * FROM items"):
        item = WorkItem(*row)
        if item.job not in state.jobs or item.step not in STEPS:
            raise ValueError(item.key)
        state.items.setdefault(item.job, {})[item.key] = item
    state.settings = {key: rows.load(text) for key, text in db.execute("SELECT * FROM settings")}
    state.tasks = [Task.from_json(rows.load(text)) for (text,) in db.execute("SELECT task FROM tasks ORDER BY n")]
    for row in db.execute("SELECT * FROM groups ORDER BY id"):
        state.put_group(rows.group_of(row))
    found = db.execute("SELECT value FROM meta WHERE key='rev'").fetchone()
    state.rev = int(found[0]) if found else 0
    return state


def _read_calls(db: sqlite3.Connection, state: State, share: rows.Shared) -> None:
    for row in db.execute(rows.SELECT_CALLS):
        call = rows.call_of(row, share)
        state.calls[call.id] = call
    for job, step, calls, asked, answered, dollars, unknown in db.execute(rows.SUM_CALLS):
        state.ledger.load(job, step, Cost(dollars, unknown, Usage(asked, answered), calls))


def _versions(db: sqlite3.Connection, share: rows.Shared) -> Mapping[str, list[Version]]:
    """Read the versions, by sample and in order; one that has its predecessor's input holds the same object."""
    found: dict[str, list[Version]] = {}
    last: str | None = None
    for row in db.execute("SELECT * FROM versions ORDER BY sample, n"):
        text = row[3]
        before = found.get(row[0])
        if before is None:
            before = found[row[0]] = []
        value = before[-1].input if before and text == last else _value(text)
        before.append(rows.version_of(row, value, _value(row[4]), share))
        last = text
    return found


def _value(text: str | None) -> Json:
    """Return what `rows.load` does, in half of the time, and all objects share their keys."""
    if text is None:
        return None
    try:
        return from_json(text, cache_strings="keys")
    except ValueError:
        return rows.load(text)  # it is wrong, or holds half of a surrogate pair, which only the other one reads


def _check_tree(topics: list[Topic]) -> None:
    """Raise unless every topic hangs, over its parents, from the root."""
    parents = {topic.id: topic.parent for topic in topics if topic.id != ROOT}
    hangs = {ROOT}
    for ident in parents:
        way: list[str] = []
        here: str | None = ident
        while here not in hangs:
            if here is None or here not in parents or len(way) > len(parents):
                raise ValueError(ident)
            way.append(here)
            here = parents[here]
        hangs.update(way)
