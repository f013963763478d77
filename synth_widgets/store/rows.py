"""How records stand in the file: one table a kind, and the two directions between row and record.

A row has its values in the order of `columns.COLUMNS`, by whose names it is read and written: where a column stands in
the file does not matter.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from synth_widgets.records import Call, Guidance, JobRecord, Json, Sample, Session, Topic, Usage, Version, WorkItem
from synth_widgets.store import columns
from synth_widgets.store.columns import object_of, ratings_of, texts_by_key, texts_of, unfinished_of
from synth_widgets.store.record_factories import maker
from synth_widgets.store.state import Group
from synth_widgets.text.normal import is_encodable, written

Row = tuple[Any, ...]
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_NO_GUIDANCE: Guidance = MappingProxyType({})
_sample, _version, _call, _usage = maker(Sample), maker(Version), maker(Call), maker(Usage)

TABLES = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE settings(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE tasks(n INTEGER PRIMARY KEY, task TEXT);
CREATE TABLE topics(id TEXT PRIMARY KEY, parent TEXT, name TEXT, guidance TEXT, target INTEGER, removed INTEGER);
CREATE TABLE samples(id TEXT PRIMARY KEY, seq INTEGER, topic TEXT, session TEXT, source TEXT, status TEXT, reason TEXT,
  tags TEXT, split TEXT, stars INTEGER, ratings TEXT, current INTEGER, proposal INTEGER, stale INTEGER,
  unfinished TEXT, removed INTEGER, created REAL);
CREATE TABLE versions(sample TEXT, n INTEGER, origin TEXT, input TEXT, output TEXT, reasoning TEXT, problem TEXT,
  raw TEXT, task_version INTEGER, calls TEXT, created REAL, PRIMARY KEY(sample, n)) WITHOUT ROWID;
CREATE TABLE calls(id TEXT PRIMARY KEY, job TEXT, step TEXT, model TEXT, mode TEXT, prompt TEXT, guidance TEXT,
  params TEXT, attempts INTEGER, prompt_tokens INTEGER, completion_tokens INTEGER, cost REAL, seconds REAL, raw TEXT);
CREATE TABLE sessions(id TEXT PRIMARY KEY, guidance TEXT, tags TEXT, models TEXT, created REAL);
CREATE TABLE jobs(id TEXT PRIMARY KEY, kind TEXT, args TEXT, session TEXT, status TEXT, planned INTEGER,
  added INTEGER, failed INTEGER, dropped INTEGER, prompt_tokens INTEGER, completion_tokens INTEGER, note TEXT,
  started REAL, ended REAL);
CREATE TABLE items(job TEXT, step TEXT, target TEXT, ordinal INTEGER, level INTEGER,
  PRIMARY KEY(job, step, target, ordinal)) WITHOUT ROWID;
CREATE TABLE groups(id INTEGER PRIMARY KEY, actor TEXT, label TEXT, job TEXT, made INTEGER, undone INTEGER,
  dead INTEGER);
CREATE TABLE log(n INTEGER PRIMARY KEY AUTOINCREMENT, rev INTEGER, grp INTEGER, at REAL, entry TEXT);
CREATE INDEX log_of_group ON log(grp);
"""
FORMAT = 2
"""Version of the layout above, in the file's ``user_version``. `migrations` brings earlier ones to it."""
APPLICATION_ID = 0x53594E54
"""``SYNT``, in the file's ``application_id``, which tells a studio file from other databases."""


def dump(value: Json) -> str | None:
    """Return a value as JSON text; ``None`` stays ``None``, as SQL's NULL."""
    if value is None:
        return None
    text = written(value)
    return text if is_encodable(text) else json.dumps(value)


def _object(fields: Mapping[str, Json]) -> str | None:
    """Return fields, which most records have none of, as `dump` does."""
    return dump(dict(fields)) if fields else "{}"


@functools.lru_cache(64)  # those of a session are on all that it makes
def _tags(tags: tuple[str, ...]) -> str | None:
    return dump(list(tags))


def load(text: str | None) -> Json:
    """Return the value of `dump`."""
    return None if text is None else columns.read_json(text)


class Shared:
    """What many rows have in common, held once.

    Attributes:
        first: ``first(text, text)`` returns the text that came first of those that are equal to it.
    """

    def __init__(self) -> None:
        self.first: Callable[[Any, Any], Any] = dict[Any, Any]().setdefault
        self._parsed: dict[str, Any] = {}

    def parsed(self, text: str, form: Callable[[Json], Any]) -> Any:
        """Return the value of a JSON text in another form, the same object for the same text."""
        if text not in self._parsed:
            self._parsed[text] = form(load(text))
        return self._parsed[text]


def topic_row(t: Topic) -> Row:
    """Return the row of a topic."""
    return (t.id, t.parent, t.name, dump(dict(t.guidance)), t.target, t.removed)


def topic_of(row: Row) -> Topic:
    """Build a topic from its row."""
    ident, parent, name, guidance, target, removed = row
    return Topic(ident, parent, name, guidance_of(guidance), target, bool(removed))


def guidance_of(text: str) -> Guidance:
    """Return guidance by what it is for.

    Raises:
        ValueError: it is something else.
    """
    return _NO_GUIDANCE if text == "{}" else columns.guidance_of(load(text))


def sample_row(s: Sample) -> Row:
    """Return the row of a sample; its versions have rows of their own."""
    return (
        *(s.id, s.seq, s.topic, s.session, s.source, s.status, s.reason, _tags(s.tags), s.split, s.stars),
        *(_object(s.ratings), s.current, s.proposal, int(s.stale), dump(s.unfinished), int(s.removed), s.created),
    )


def sample_of(row: Row, versions: tuple[Version, ...], share: Shared) -> Sample:
    """Build a sample from its row and its versions."""
    first = share.first
    ident, seq, topic, session, source, status, reason, tags, split, stars, *rest = row
    ratings, current, proposal, stale, unfinished, removed, created = rest
    return _sample(
        ident,
        first(topic, topic),
        first(session, session),
        first(source, source),
        first(status, status),
        reason,
        () if tags == "[]" else share.parsed(tags, texts_of),
        split,
        stars,
        _NOTHING if ratings == "{}" else ratings_of(load(ratings)),
        current,
        proposal,
        bool(stale),
        None if unfinished is None else unfinished_of(load(unfinished)),
        bool(removed),
        seq,
        created,
        versions,
    )


def version_row(sample: str, v: Version) -> Row:
    """Return the row of a version."""
    return (
        *(sample, v.n, v.origin, dump(v.input), dump(v.output), v.reasoning, v.problem, v.raw, v.task_version),
        *(" ".join(v.calls), v.created),
    )


def version_of(row: Row, given: Json, output: Json, share: Shared) -> Version:
    """Build a version from its row, with the values of its input and output."""
    _ident, n, origin, _given, _output, reasoning, problem, raw, task_version, calls, created = row
    first = share.first
    ids = calls.split()
    made_by = tuple(map(first, ids, ids))
    return _version(n, first(origin, origin), given, output, reasoning, problem, raw, task_version, made_by, created)


def call_row(c: Call) -> Row:
    """Return the row of a call, with its raw text."""
    return (
        *(c.id, c.job, c.step, c.model, c.mode, c.prompt, c.guidance, _object(c.params), c.attempts),
        *(c.usage.prompt_tokens, c.usage.completion_tokens, c.cost, c.seconds, c.raw),
    )


SUM_CALLS = (
    "SELECT job, step, COUNT(*), SUM(prompt_tokens), SUM(completion_tokens), TOTAL(cost), SUM(cost IS NULL) FROM calls "
    "GROUP BY job, step"
)


def _frozen(value: Json) -> Mapping[str, Any]:
    return MappingProxyType(object_of(value))


def call_of(row: Row, share: Shared) -> Call:
    """Build a call from its row without its raw text, which is read on demand."""
    first = share.first
    ident, job, step, model, mode, prompt, guidance, params, attempts, asked, answered, cost, seconds = row
    return _call(
        first(ident, ident),
        first(job, job),
        first(step, step),
        first(model, model),
        first(mode, mode),
        first(prompt, prompt),
        first(guidance, guidance),
        _NOTHING if params == "{}" else share.parsed(params, _frozen),
        attempts,
        _usage(asked, answered),
        cost,
        seconds,
        None,
    )


def session_row(s: Session) -> Row:
    """Return the row of a session."""
    return (s.id, dump(dict(s.guidance)), dump(list(s.tags)), dump(dict(s.models)), s.created)


def session_of(row: Row) -> Session:
    """Build a session from its row."""
    return Session(row[0], guidance_of(row[1]), texts_of(load(row[2])), texts_by_key(load(row[3])), row[4])


def job_row(j: JobRecord) -> Row:
    """Return the row of a job."""
    return (
        *(j.id, j.kind, dump(dict(j.args)), j.session, j.status, j.planned, j.added, j.failed, j.dropped),
        *(j.usage.prompt_tokens, j.usage.completion_tokens, j.note, j.started, j.ended),
    )


def job_of(row: Row) -> JobRecord:
    """Build a job from its row."""
    ident, kind, args, session, status, planned, added, failed, dropped, asked, answered, note, started, ended = row
    usage = Usage(asked, answered)
    return JobRecord(
        ident,
        kind,
        object_of(load(args)),
        session,
        status,
        planned,
        added,
        failed,
        dropped,
        usage,
        note,
        started,
        ended,
    )


def item_row(i: WorkItem) -> Row:
    """Return the row of a work item."""
    return (i.job, i.step, i.target, i.ordinal, i.level)


def group_row(g: Group) -> Row:
    """Return the row of a group."""
    return (g.id, g.actor, g.label, g.job, g.made, g.undone, g.dead)


def group_of(row: Row) -> Group:
    """Build a group from its row."""
    ident, actor, label, job, made, undone, dead = row
    return Group(ident, actor, label, job, made, undone, bool(dead))
