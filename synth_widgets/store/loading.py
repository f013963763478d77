"""Reads a whole studio file into a state.

The file may come from anywhere, so what does not fit together is an error. And it may hold a hundred thousand
samples, so texts that many rows share are held once, and the garbage collector does not look for rubbish among
objects that are all there to stay.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from operator import attrgetter, itemgetter
from typing import Any, TypeVar

from synth_widgets.collector import collector_off
from synth_widgets.errors import FileError
from synth_widgets.money import Cost
from synth_widgets.records import ROOT, Json, Topic, Usage, Version, WorkItem
from synth_widgets.store import opening, rows
from synth_widgets.store.columns import (
    KEYS,
    MOST,
    MOST_LEVELS,
    WRONG,
    check_columns,
    checked,
    damaged,
    in_words,
    pages_of,
    setting_of,
    twice,
)
from synth_widgets.store.state import State
from synth_widgets.task import Task
from synth_widgets.text.normal import storable

T = TypeVar("T")


def read_state(db: sqlite3.Connection) -> State:
    """Read the whole state, as it is at one moment.

    Raises:
        FileError: the file is damaged; it says where, and what is wrong there.
    """
    try:
        with opening.bounded(db, pages_of(db)), opening.at_one_moment(db), collector_off(stays=True):
            return _read(db)
    except sqlite3.Error:  # the journal says of which file
        raise
    except WRONG as error:
        raise FileError(f"The studio file is damaged: {in_words(error)}.") from None


def _read(db: sqlite3.Connection) -> State:
    check_columns(db)
    state = State()
    share = rows.Shared()
    topics = list(_each(db, "topics", rows.topic_of))
    _check_tree(topics)
    state.topics.update((topic.id, topic) for topic in topics)
    state.reindex()
    _read_calls(db, state, share)
    _read_samples(db, state, share)
    for session in sorted(_each(db, "sessions", rows.session_of), key=attrgetter("created")):
        state.sessions[session.id] = session
    for job in sorted(_each(db, "jobs", rows.job_of), key=attrgetter("started")):
        if job.session not in state.sessions:
            raise damaged("jobs", job.id, f"there is no session {job.session!r}")
        state.jobs[job.id] = job
    _read_items(db, state)
    state.settings.update(_each(db, "settings", _setting_of))
    state.tasks = _tasks(db)
    for group in sorted(_each(db, "groups", rows.group_of), key=attrgetter("id")):
        if group.job is not None and group.job not in state.jobs:
            raise damaged("groups", group.id, f"there is no job {group.job!r}")
        state.put_group(group)
    found = db.execute("SELECT value FROM meta WHERE key='rev'").fetchone()
    state.rev = _revision(found[0]) if found else 0
    return state


def _each(db: sqlite3.Connection, table: str, build: Callable[[rows.Row], T]) -> Iterator[T]:
    """Yield what is built from each row, and say which row it was if that cannot be done or came already."""
    width = len(KEYS[table])
    known: set[object] = set()
    for row in checked(db, table):
        key = row[0] if width == 1 else row[:width]
        if key in known:
            raise twice(table, key)
        known.add(key)
        try:
            built = build(row)
        except WRONG as error:
            raise damaged(table, row[0], in_words(error)) from None
        yield built


def _read_calls(db: sqlite3.Connection, state: State, share: rows.Shared) -> None:
    calls = state.calls
    for row in checked(db, "calls", without={"raw"}):
        try:
            call = rows.call_of(row, share)
        except WRONG as error:
            raise damaged("calls", row[0], in_words(error)) from None
        if call.id in calls:
            raise twice("calls", call.id)
        calls[call.id] = call
    for job, step, calls, asked, answered, dollars, unknown in db.execute(rows.SUM_CALLS):
        state.ledger.load(job, step, Cost(dollars, unknown, Usage(asked, answered), calls))


def _read_samples(db: sqlite3.Connection, state: State, share: rows.Shared) -> None:
    versions = _versions(db, share)
    nothing: list[Version] = []
    topics = state.topics
    last = 0
    is_sorted = True
    for row in checked(db, "samples"):
        if row[0] in state.samples:
            raise twice("samples", row[0])
        try:
            sample = rows.sample_of(row, tuple(versions.pop(row[0], nothing)), share)
        except WRONG as error:
            raise damaged("samples", row[0], in_words(error)) from None
        if sample.topic not in topics:
            raise damaged("samples", sample.id, f"there is no topic {sample.topic!r}")
        if sample.version_of(sample.current) is None:
            raise damaged("samples", sample.id, f"there is no version {sample.current} of it")
        if sample.proposal is not None and sample.version_of(sample.proposal) is None:
            raise damaged("samples", sample.id, f"there is no version {sample.proposal} of it")
        is_sorted = is_sorted and sample.seq >= last
        last = sample.seq
        state.put_sample(sample)
    if not is_sorted:
        state.samples = {sample.id: sample for sample in sorted(state.samples.values(), key=attrgetter("seq"))}
        state.reindex()
    for ident in versions:
        raise damaged("versions", ident, "there is no such sample")


def _read_items(db: sqlite3.Connection, state: State) -> None:
    for item in _each(db, "items", lambda row: WorkItem(*row)):
        if item.job not in state.jobs:
            raise damaged("items", item.job, "there is no such job")
        if not _is_target(state, item):
            raise damaged("items", item.job, f"there is nothing {item.target!r} to make {item.step} for")
        state.open_items(item.job).put(item)


def _tasks(db: sqlite3.Connection) -> list[Task]:
    tasks: list[Task] = []
    for n, task in sorted(_each(db, "tasks", _task_of), key=itemgetter(0)):
        if n != len(tasks) + 1:
            raise damaged("tasks", n, "the versions of a task are numbered 1, 2, 3 …")
        tasks.append(task)
    return tasks


def _is_target(state: State, item: WorkItem) -> bool:
    """Whether there is what a work item is for."""
    is_topic, is_sample = item.target in state.topics, item.target in state.samples
    return (is_topic and item.step != "outputs") or (is_sample and item.step != "topics")


def _setting_of(row: rows.Row) -> tuple[str, Json]:
    key, text = row
    return key, setting_of(key, rows.load(text))


def _task_of(row: rows.Row) -> tuple[int, Task]:
    n, text = row
    return n, Task.from_json(rows.load(text))


def _revision(text: Any) -> int:
    is_number = isinstance(text, str) and len(text) <= len(str(MOST)) and text.isascii() and text.isdecimal()
    if not is_number or int(text) > MOST:
        raise damaged("meta", "rev", f"{text!r:.40} is no number of a revision")
    return int(text)


def _versions(db: sqlite3.Connection, share: rows.Shared) -> dict[str, list[Version]]:
    """Read the versions, by sample and in order; one that has its predecessor's input holds the same object."""
    from pydantic_core import from_json  # a twelfth of a first cell, which has no versions

    found: dict[str, list[Version]] = {}
    last: str | None = None
    for row in checked(db, "versions"):
        text = row[3]
        before = found.get(row[0])
        if before is None:
            before = found[row[0]] = []
        elif before[-1].n >= row[1]:
            raise twice("versions", row[0])
        try:
            value = before[-1].input if before and text == last else _value(text, from_json)
            before.append(rows.version_of(row, value, _value(row[4], from_json), share))
        except WRONG as error:
            raise damaged("versions", row[0], in_words(error)) from None
        last = text
    return found


def _value(text: str | None, from_json: Callable[..., Json]) -> Json:
    """Return what `rows.load` does, by pydantic's reader: in half of the time, and all objects share their keys.

    It stops at two hundred levels, which all that is done with a value can take.
    """
    if text is None:
        return None
    try:
        return from_json(text, cache_strings="keys")
    except ValueError:  # it is wrong, or holds half of a surrogate pair, which only the other one reads
        return storable(rows.load(text))


def _check_tree(topics: list[Topic]) -> None:
    """Raise unless every topic hangs, over few parents, from the root, which has none."""
    if any(topic.parent is not None or topic.removed for topic in topics if topic.id == ROOT):
        raise damaged("topics", ROOT, "the root has no parent and cannot be removed")
    parents = {topic.id: topic.parent for topic in topics if topic.id != ROOT}
    levels = {ROOT: 0}
    for ident in parents:
        way: list[str] = []
        here: str | None = ident
        while here not in levels:
            if here is None or here not in parents or len(way) > MOST_LEVELS:
                raise damaged("topics", ident, f"its parents do not lead to the root in {MOST_LEVELS} steps")
            way.append(here)
            here = parents[here]
        levels.update((above, level) for level, above in enumerate(reversed(way), start=levels[here] + 1))
        if levels[ident] > MOST_LEVELS:
            raise damaged("topics", ident, f"it stands more than {MOST_LEVELS} levels below the root")
