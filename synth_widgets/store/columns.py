"""What a studio file may hold: the type and the range of every column, and the form of every JSON text.

A file may come from anywhere. What stands here is checked when it is opened; whatever else reads the file may rely on
it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast, get_args

from synth_widgets.errors import FileError
from synth_widgets.records import GUIDED, STATUSES, STEPS, Guidance, JobStatus, Json, Origin
from synth_widgets.text.normal import MAX_DEPTH, TooDeepError, too_deep

MOST = 10**12
"""Of tokens, rows and revisions: more than any file has, and sums of them still fit."""
MOST_SAMPLES = 1_000_000
"""Wanted under one topic."""
LONGEST_NAME = 1_000
"""Characters of a model's name."""
MOST_LEVELS = 100
"""Of topics, one below another."""
MOST_DOLLARS = 1e9
MOST_STARS = 5
END_OF_TIME = 253_402_300_799.0
"""Seconds since the epoch up to the year 9999."""


def damaged(table: str, ident: object, what: str) -> FileError:
    """Build the error for a row that cannot be.

    >>> print(damaged("samples", "4k2a000000", "stars is 300000000, not a whole number from 1 to 5, or nothing"))
    The studio file is damaged: table samples, row '4k2a000000': stars is 300000000, not a whole number from 1 to 5, or
    nothing. Nothing was changed; go back to a copy from before, or mend that row.
    """
    where = f"table {table}, row {repr(ident)[:60]}"
    return FileError(
        f"The studio file is damaged: {where}: {what}. Nothing was changed; go back to a copy from before, or mend "
        "that row."
    )


def twice(table: str, ident: object) -> FileError:
    """Build the error for a row of which there is another, or that stands before its predecessors."""
    return damaged(table, ident, "it is there twice, or in the wrong place")


# ------------------------------------------------------------ columns
@dataclass(frozen=True, slots=True)
class Rule:
    """What a column may hold.

    Attributes:
        kinds: types of its values, as SQLite hands them out.
        words: what it may hold, for a person.
        least, most: bounds of a number.
        values: all values that there are, or ``None`` where there is no list of them.
    """

    kinds: frozenset[type]
    words: str
    least: float = 0
    most: float | None = None
    values: frozenset[Any] | None = None

    @property
    def or_nothing(self) -> Rule:
        """The same, or NULL."""
        return replace(self, kinds=self.kinds | {type(None)}, words=f"{self.words}, or nothing")

    def holds_for(self, column: Collection[Any]) -> bool:
        """Whether all of some values may stand in the column.

        >>> _whole(1, 5).holds_for([1, 5, 4]), _whole(1, 5).holds_for([6]), _whole(1, 5).or_nothing.holds_for([None])
        (True, False, True)
        """
        kinds = set(map(type, column))
        if not kinds <= self.kinds:
            return False
        if self.most is None:
            return self.values is None or self.values.issuperset(column)
        numbers = set(column) - {None} if type(None) in kinds else column
        return not numbers or (self.least <= min(numbers) and max(numbers) <= self.most)


def _whole(least: int, most: int = MOST) -> Rule:
    bounds = f"from {least:,} to {most:,}" if most < MOST else f"from {least:,} on"
    return Rule(frozenset({int}), f"a whole number {bounds}", least, most)


def _number(most: float) -> Rule:
    return Rule(frozenset({float}), f"a number from 0 to {most:,.0f}", 0, most)


def _one_of(*values: str) -> Rule:
    return Rule(frozenset({str}), f"one of {', '.join(values)}", values=frozenset(values))


_TEXT = Rule(frozenset({str}), "text")
_FLAG = Rule(frozenset({int}), "0 or 1", values=frozenset({0, 1}))
_TIME = _number(END_OF_TIME)
_ORIGINS = _one_of(*get_args(Origin))

COLUMNS: Mapping[str, Mapping[str, Rule]] = {
    "settings": {"key": _TEXT, "value": _TEXT.or_nothing},
    "tasks": {"n": _whole(1), "task": _TEXT},
    "topics": {
        "id": _TEXT, "parent": _TEXT.or_nothing, "name": _TEXT, "guidance": _TEXT,
        "target": _whole(0, MOST_SAMPLES).or_nothing, "removed": _FLAG,
    },
    "samples": {
        "id": _TEXT, "seq": _whole(0), "topic": _TEXT, "session": _TEXT, "source": _one_of("generated", "own"),
        "status": _one_of(*STATUSES), "reason": _TEXT.or_nothing, "tags": _TEXT, "split": _TEXT.or_nothing,
        "stars": _whole(1, MOST_STARS).or_nothing, "ratings": _TEXT, "current": _whole(0),
        "proposal": _whole(0).or_nothing, "stale": _FLAG, "unfinished": _TEXT.or_nothing, "removed": _FLAG,
        "created": _TIME,
    },
    "versions": {
        "sample": _TEXT, "n": _whole(0), "origin": _ORIGINS, "input": _TEXT.or_nothing, "output": _TEXT.or_nothing,
        "reasoning": _TEXT.or_nothing, "problem": _TEXT.or_nothing, "raw": _TEXT.or_nothing, "task_version": _whole(1),
        "calls": _TEXT, "created": _TIME,
    },
    "calls": {
        "id": _TEXT, "job": _TEXT, "step": _one_of(*STEPS), "model": _TEXT, "mode": _TEXT, "prompt": _TEXT,
        "guidance": _TEXT, "params": _TEXT, "attempts": _whole(0), "prompt_tokens": _whole(0),
        "completion_tokens": _whole(0), "cost": _number(MOST_DOLLARS).or_nothing, "seconds": _number(END_OF_TIME),
        "raw": _TEXT.or_nothing,
    },
    "sessions": {"id": _TEXT, "guidance": _TEXT, "tags": _TEXT, "models": _TEXT, "created": _TIME},
    "jobs": {
        "id": _TEXT, "kind": _TEXT, "args": _TEXT, "session": _TEXT, "status": _one_of(*get_args(JobStatus)),
        "planned": _whole(0), "added": _whole(0), "failed": _whole(0), "dropped": _whole(0),
        "prompt_tokens": _whole(0), "completion_tokens": _whole(0), "note": _TEXT.or_nothing, "started": _TIME,
        "ended": _TIME.or_nothing,
    },
    "items": {
        "job": _TEXT, "step": _one_of(*STEPS), "target": _TEXT, "ordinal": _whole(0), "level": _whole(0, 100),
    },
    "groups": {
        "id": _whole(1), "actor": _one_of("person", "job", "system"), "label": _TEXT, "job": _TEXT.or_nothing,
        "made": _whole(0), "undone": _whole(0).or_nothing, "dead": _FLAG,
    },
}  # fmt: skip
"""The tables that are read whole, each with its columns in the order in which `rows` has their values.

Of ``log`` single entries are read, and ``meta`` has the revision.
"""
KEYS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(COLUMNS, ("id",)),
    "settings": ("key",),
    "tasks": ("n",),
    "versions": ("sample", "n"),
    "items": ("job", "step", "target", "ordinal"),
}
"""What tells the rows of a table apart."""
_OTHER_COLUMNS = {"meta": ("key", "value"), "log": ("n", "rev", "grp", "at", "entry")}


AT_ONCE = 500
"""Rows that are looked at together: looking at a column of them costs little more than at one value."""


def check_columns(db: sqlite3.Connection) -> None:
    """Raise `FileError` unless every table has its columns, in any order.

    Further ones are left alone; but for ``meta``, which `wal` reads as it stands in the file.
    """
    for table, columns in {**COLUMNS, **_OTHER_COLUMNS}.items():
        names = [line[1] for line in db.execute(f"PRAGMA table_info({table})")]
        missing = [name for name in columns if name not in names]
        further = [name for name in names if name not in columns and table == "meta"]
        if not names:
            wrong = f"there is no table {table}"
        elif missing:
            wrong = f"table {table} has no column {missing[0]}"
        elif further:
            wrong = f"table {table} has a column {further[0]}, which is not ours"
        else:
            continue
        raise FileError(f"The studio file is damaged: {wrong}. Nothing was changed; go back to a copy from before.")


def checked(db: sqlite3.Connection, table: str, *, without: Collection[str] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table as they stand, the values in the order of its `COLUMNS`, each of them looked at.

    SQLite sorts nothing: it would have to read all of it first, and what is damaged may have no end.

    Args:
        db: a studio file.
        table: one of `COLUMNS`.
        without: columns that are not read.

    Raises:
        FileError: a column holds what it cannot; it names the table, the row and the column. Or the texts are larger
            than the file, so that they stand over one another.
    """
    rules = {name: rule for name, rule in COLUMNS[table].items() if name not in without}
    space = pages_of(db)
    query = f"SELECT {', '.join(rules)} FROM {table}"  # noqa: S608 - names from above
    cursor = db.execute(query)
    while rows := _next_rows(cursor, table, rules):
        for at, (column, (name, rule)) in enumerate(zip(zip(*rows, strict=True), rules.items(), strict=True)):
            if not rule.holds_for(column):
                row = next(row for row in rows if not rule.holds_for([row[at]]))
                raise damaged(table, row[0], f"{name} is {repr(row[at])[:60]}, not {rule.words}")
            if str in rule.kinds and rule.values is None:
                texts = filter(None, column) if type(None) in rule.kinds else column
                space -= len("".join(texts))  # quicker than a sum of lengths
        if space < 0:
            raise damaged(table, rows[-1][0], "its texts are longer than the file, and stand over one another there")
        rows.reverse()
        while rows:  # each is let go before the next one is used: what is made of them lies closer together then
            yield rows.pop()


def _next_rows(cursor: sqlite3.Cursor, table: str, rules: Mapping[str, Rule]) -> list[tuple[Any, ...]]:
    try:
        return cursor.fetchmany(AT_ONCE)
    except (sqlite3.OperationalError, UnicodeDecodeError):
        db = cursor.connection
        former, db.text_factory = db.text_factory, bytes
        try:
            for row in db.execute(f"SELECT {', '.join(rules)} FROM {table}"):  # noqa: S608 - as above
                for name, value in zip(rules, row, strict=True):
                    if isinstance(value, bytes) and str in rules[name].kinds and not _is_text(value):
                        ident = row[0].decode(errors="replace") if isinstance(row[0], bytes) else row[0]
                        raise damaged(
                            table, ident, f"{name} is {repr(value)[:60]}, which is no text in UTF-8"
                        ) from None
        finally:
            db.text_factory = former
        raise  # it was something else


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def pages_of(db: sqlite3.Connection) -> int:
    """Return the bytes of all pages of a database."""
    count, size = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(count * size)


# ------------------------------------------------------------ JSON texts
def read_json(text: str) -> Json:
    """Return the value of a JSON text, or raise when it is none or is nested deeper than any value of ours.

    >>> read_json('{"a": [1]}')
    {'a': [1]}
    """
    value = json.loads(text)
    if len(text) > 2 * MAX_DEPTH and text.count("[") + text.count("{") > MAX_DEPTH and too_deep(value):
        raise TooDeepError(f"a value is nested deeper than {MAX_DEPTH} levels")
    return value


def texts_of(value: Json) -> tuple[str, ...]:
    """Return a list of texts, such as tags, or raise."""
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise ValueError("a list of texts is wanted")
    return tuple(value)


def object_of(value: Json) -> dict[str, Any]:
    """Return an object, or raise."""
    if not isinstance(value, dict):
        raise ValueError("an object is wanted")  # noqa: TRY004 - the file is wrong, not the caller
    return value


def ratings_of(value: Json) -> dict[str, int]:
    """Return the stars by requirement, or raise.

    >>> ratings_of({"orders": 5})
    {'orders': 5}
    """
    ratings = object_of(value)
    if not all(type(stars) is int and 1 <= stars <= MOST_STARS for stars in ratings.values()):
        raise ValueError(f"ratings are whole numbers from 1 to {MOST_STARS}")
    return ratings


def unfinished_of(value: Json) -> dict[str, Any] | None:
    """Return an edit that does not comply yet, or ``None``, or raise."""
    if value is None:
        return None
    edit = object_of(value)
    if not isinstance(edit.get("problem", ""), str | None):
        raise ValueError("an unfinished edit has its problem in words")  # noqa: TRY004 - as above
    return edit


def texts_by_key(value: Json) -> dict[str, str]:
    """Return an object of texts, or raise."""
    found = object_of(value)
    if not all(isinstance(text, str) for text in found.values()):
        raise ValueError("an object of texts is wanted")
    return found


def guidance_of(value: Json) -> Guidance:
    """Return guidance, texts by what they are for, or raise.

    >>> guidance_of({"inputs": "Short."})
    {'inputs': 'Short.'}
    """
    found = texts_by_key(value)
    if unknown := sorted(found.keys() - set(GUIDED)):
        raise ValueError(f"guidance is for {', '.join(GUIDED)}, not for {unknown[0]!r}")
    return cast(Guidance, found)


def setting_of(key: str, value: Json) -> Json:
    """Return the value of a setting, or raise.

    What is no more than remembered (which mode works, which default model is gone) is passed on as it is, and
    so is what another release keeps: who reads it passes over what it does not know.

    >>> setting_of("guidance", {"all": "Be kind."})
    {'all': 'Be kind.'}
    """
    if value is not None and key == "models":
        for model in object_of(value).values():
            named = object_of(model)
            name = named.get("name")
            if not isinstance(name, str) or len(name) > LONGEST_NAME or not isinstance(named.get("in_code"), bool):
                raise ValueError("a model is its name, and whether code gave it")
    elif value is not None and key == "guidance":
        guidance_of(value)
    return value


# ------------------------------------------------------------ the log
_FIXED = frozenset({"id", "seq", "created"})
"""Columns that no change changes."""
_JSON_FIELDS: Mapping[str, Callable[[Json], object]] = {
    "guidance": guidance_of,
    "tags": texts_of,
    "ratings": ratings_of,
    "unfinished": unfinished_of,
}


def entries_of(db: sqlite3.Connection, group: int) -> list[list[Json]]:
    """Return the log entries of a group, oldest first.

    Raises:
        FileError: one says what no change says.
    """
    found: list[list[Json]] = []
    query = (
        "SELECT json_group_array(json_array(n, CAST(entry AS TEXT))) FROM (SELECT * FROM log WHERE grp=? ORDER BY n)"
    )
    for n, text in json.loads(db.execute(query, (group,)).fetchone()[0]):  # in one step: see `store/writing.py`
        try:
            kind, ident, before, after = entry = read_json(text)
            for fields in (object_of(before), object_of(after)):
                _check_fields(kind, ident, fields)
            if not isinstance(ident, str) or before.keys() != after.keys():
                raise ValueError("an entry says of one record what its fields were and what they are")
        except WRONG as error:
            raise damaged("log", n, in_words(error)) from None
        found.append(entry)
    return found


def _check_fields(kind: str, ident: str, fields: dict[str, Json]) -> None:
    """Raise unless the fields of a record may have these values: those that its columns may hold."""
    if kind == "setting":
        setting_of(ident, fields["value"])
        return
    rules = COLUMNS[{"sample": "samples", "topic": "topics"}[kind]]
    for name, value in fields.items():
        if name in _FIXED:
            raise ValueError(f"{name} never changes")
        if name in _JSON_FIELDS:
            _JSON_FIELDS[name](value)
        elif not rules[name].holds_for([int(value) if isinstance(value, bool) else value]):
            raise ValueError(f"{name} is {repr(value)[:60]}, not {rules[name].words}")


WRONG = (
    KeyError, ValueError, TypeError, AttributeError, IndexError, StopIteration, RecursionError, OverflowError,
    sqlite3.Error,
)  # fmt: skip
"""What reading a row that cannot be may raise."""


def in_words(error: BaseException) -> str:
    """Return what one of those says, for a person."""
    says_it = isinstance(error, ValueError | sqlite3.Error) and error.args
    return str(error) if says_it else f"{error!r} does not fit the rest"
