"""A studio file may come from anywhere: what cannot be is said when it is opened, with the table and the row."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from pathlib import Path

import pytest

import synth_widgets as sw
from synth_widgets.errors import AccessError, FileError, RunStoppedError
from synth_widgets.records import ROOT
from synth_widgets.runs.plan import Recipe
from synth_widgets.store import rows
from synth_widgets.store.columns import COLUMNS
from synth_widgets.store.loading import read_state
from synth_widgets.store.state import State
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import TRIAGE, failing

TASK = sw.Task(TRIAGE.name, TRIAGE.instruction, requirements=["Never lie."], output_schema=TRIAGE.output.json)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with something in every table: a job that owes, ratings, tags, an unfinished edit, guidance."""
    path = tmp_path_factory.mktemp("whole") / "whole.synth"
    faults = failing("outputs", AccessError("401"), first=6)
    with sw.Studio(TASK, path=path, model=ScriptedCompleter(faults=faults, concurrency=1)) as studio:
        studio.set_guidance("Be kind.")
        studio.grow(topics=2, samples=2).wait(10)
        first, second, third, *_ = [s.id for s in studio.samples]
        studio.rate(first, 4, {"Never lie.": 5})
        studio.tag(first, "hard")
        studio.keep(second)
        studio.edit(third, output={"kind": "?"})
        with pytest.raises(RunStoppedError):
            studio.grow(topics=2, samples=4).wait(10)
    return path


@pytest.fixture
def changed(whole: Path, tmp_path: Path):
    """Return a copy of the whole file after a statement."""

    def change(statement: str, *values: object) -> Path:
        path = Path(shutil.copy(whole, tmp_path / "a.synth"))
        with sqlite3.connect(path) as db:
            assert db.execute(statement, values).rowcount > 0
        db.close()
        return path

    return change


def test_the_file_of_these_tests_has_a_row_in_every_table_and_opens(whole, tmp_path):
    with sqlite3.connect(whole) as db:
        assert all(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in COLUMNS)  # noqa: S608
        for table, rules in COLUMNS.items():
            assert [line[1] for line in db.execute(f"PRAGMA table_info({table})")] == list(rules)
    db.close()
    with sw.Studio(path=shutil.copy(whole, tmp_path), model=ScriptedCompleter()) as studio:
        assert studio.resume().wait(10).added == 4
        assert len(studio.samples) == 8


WRONG = {
    "stars beyond five": ("UPDATE samples SET stars=300000000 WHERE seq=1", "samples", "whole number from 1 to 5"),
    "stars in words": ("UPDATE samples SET stars='many' WHERE seq=1", "samples", "stars is 'many', not"),
    "a rating beyond five": ("""UPDATE samples SET ratings='{"a": 9}' WHERE seq=1""", "samples", "from 1 to 5"),
    "a rating that is true": ("""UPDATE samples SET ratings='{"a": true}' WHERE seq=1""", "samples", "ratings are"),
    "ratings that are a list": ("UPDATE samples SET ratings='[5]' WHERE seq=1", "samples", "an object"),
    "tags that are a text": ("""UPDATE samples SET tags='"hard"' WHERE seq=1""", "samples", "list of texts"),
    "tags that are numbers": ("UPDATE samples SET tags='[1]' WHERE seq=1", "samples", "list of texts"),
    "tags that are no JSON": ("UPDATE samples SET tags='[' WHERE seq=1", "samples", "Expecting value"),
    "an unfinished edit that is a list": ("UPDATE samples SET unfinished='[1]' WHERE seq=1", "samples", "an object"),
    "a verdict that there is not": ("UPDATE samples SET status='glorious' WHERE seq=1", "samples", "one of pending"),
    "bytes for a reason": ("UPDATE samples SET reason=x'00ff' WHERE seq=1", "samples", "reason is b.*, not text"),
    "a version that there is not": ("UPDATE samples SET current=77 WHERE seq=1", "samples", "no version 77"),
    "a proposal that there is not": ("UPDATE samples SET proposal=77 WHERE seq=1", "samples", "no version 77"),
    "a topic that there is not": ("UPDATE samples SET topic='nowhere000' WHERE seq=1", "samples", "no topic 'nowhere"),
    "a time beyond all": ("UPDATE samples SET created=9e999 WHERE seq=1", "samples", "created is"),
    "bytes for an output": ("UPDATE versions SET output=x'00'", "versions", "output is b.*, not text"),
    "an output that is no JSON": ("""UPDATE versions SET output='{"kind"'""", "versions", "row '"),
    "a value of a thousand levels": ("UPDATE versions SET input=?", "versions", "deeper than 64|nested|recursion"),
    "an origin that there is not": ("UPDATE versions SET origin='dreamt'", "versions", "one of generated"),
    "a version of no sample": (
        "UPDATE versions SET sample='nobody' WHERE n=0 AND sample=(SELECT sample FROM versions WHERE n=1)",
        "versions", "no such sample",
    ),
    "topics above themselves": ("UPDATE topics SET parent=id WHERE parent IS NOT NULL",
                                "topics", "not lead to"),
    "a root with a parent": ("REPLACE INTO topics VALUES('0000000000', '0000000000', '', '{}', NULL, 0)",
                             "topics", "the root has no parent"),
    "a name that is a number": ("UPDATE topics SET name=x'07'", "topics", "name is b.*, not text"),
    "a target below nothing": ("UPDATE topics SET target=-1", "topics", "target is -1"),
    "tokens in words": ("UPDATE calls SET prompt_tokens='many'", "calls", "prompt_tokens is 'many'"),
    "more tokens than add up": ("UPDATE calls SET prompt_tokens=4611686018427387904", "calls", "prompt_tokens is"),
    "a cost below nothing": ("UPDATE calls SET cost=-1.0", "calls", "cost is -1.0"),
    "a step that there is not": ("UPDATE calls SET step='sums'", "calls", "one of topics, inputs, outputs"),
    "parameters that are a list": ("UPDATE calls SET params='[1]'", "calls", "an object"),
    "models of a session that are numbers": ("""UPDATE sessions SET models='{"a": 1}'""", "sessions", "of texts"),
    "arguments of a job that are a list": ("UPDATE jobs SET args='[]'", "jobs", "an object"),
    "a job of no session": ("UPDATE jobs SET session='000'", "jobs", "no session '000'"),
    "a count in words": ("UPDATE jobs SET added='all'", "jobs", "added is 'all'"),
    "an item for nothing": ("UPDATE items SET target='nowhere000'", "items", "nothing 'nowhere000'"),
    "an item of no job": ("UPDATE items SET job='nobody'", "items", "no such job"),
    "a level below the first": ("UPDATE items SET level=-1", "items", "level is -1"),
    "guidance that is a text": ("""UPDATE settings SET value='"x"' WHERE key='guidance'""", "settings", "an object"),
    "guidance in numbers": ("""UPDATE settings SET value='{"all": 7}' WHERE key='guidance'""", "settings", "of texts"),
    "models that are a list": ("UPDATE settings SET value='[]' WHERE key='models'", "settings", "an object"),
    "a model without a name": ("""UPDATE settings SET value='{"default": {}}' WHERE key='models'""", "settings",
                               "a model is its name"),
    "a task without a name": ("UPDATE tasks SET task='{}'", "tasks", "name"),
    "a task that is a list": ("UPDATE tasks SET task='[]'", "tasks", "row 1"),
    "a version of the task that is left out": ("UPDATE tasks SET n=7", "tasks", "numbered 1, 2, 3"),
    "a group of no job": ("UPDATE groups SET job='nobody'", "groups", "no job 'nobody'"),
    "an actor that there is not": ("UPDATE groups SET actor='ghost'", "groups", "one of person, job, system"),
    "a revision in words": ("UPDATE meta SET value='new'", "meta", "'new' is no number"),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "table", "words"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_is_said_with_its_table_and_row(changed, statement, table, words):
    values = ["[" * 900 + "]" * 900] if "?" in statement else []
    path = changed(statement, *values)
    before = path.read_bytes()
    with pytest.raises(FileError, match="The studio file is damaged: ") as said:
        sw.Studio(path=path)
    assert re.search(words, str(said.value))
    assert re.search(rf"table {table}, row '?\w+", str(said.value))
    assert path.read_bytes() == before
    assert not path.with_name("a.synth.lock").exists()


def again(state: State) -> None:
    """Write every record as the journal would."""
    for sample in state.samples.values():
        rows.sample_row(sample)
        for version in sample.versions:
            rows.version_row(sample.id, version)
    records = {rows.topic_row: state.topics, rows.call_row: state.calls, rows.session_row: state.sessions,
               rows.job_row: state.jobs, rows.group_row: state.groups}  # fmt: skip
    for row_of, found in records.items():
        for record in found.values():
            row_of(record)  # type: ignore[operator]


@pytest.mark.parametrize("table", COLUMNS)
def test_whatever_stands_in_a_column_it_is_damaged_or_can_be_shown_and_written_again(whole, table):
    odd = [None, -1, 3e8, 2**62, b"\x00\xff", "text", "[1]", '{"a": 1}', "null"]
    with sqlite3.connect(whole) as source:
        for column in COLUMNS[table]:
            for value in odd:
                db = sqlite3.connect(":memory:", isolation_level=None)
                source.backup(db)
                key = next(iter(COLUMNS[table]))
                at = f"{key}=(SELECT max({key}) FROM {table})"  # noqa: S608
                try:
                    db.execute(f"UPDATE {table} SET {column}=? WHERE {at}", (value,))  # noqa: S608
                    state = read_state(db)
                except sqlite3.IntegrityError:  # the table itself does not take it
                    pass
                except FileError as error:
                    assert "damaged" in str(error)
                else:
                    again(state)
                    state.next_undo()
                db.close()
    source.close()


ARGUMENTS = {
    "none": {},
    "of another release": {"kind": "grow", "of": "another release"},
    "another kind": {"kind": "dream"},
    "depth in words": {"depth": "two"},
    "a depth of a thousand": {"depth": 1000},
    "topics that are a number": {"topics": 8},
    "fewer levels than its depth": {"depth": 3},
    "more than a million": {"depth": 2, "topics": [10_000, 10_000]},
    "samples below nothing": {"samples": -8},
    "a flag that is a text": {"outputs": "yes"},
    "guidance that is a number": {"guidance": 7},
    "a style that there is not": {"prompt": "sung"},
    "a budget without end": {"budget": float("inf")},
    "another part": {"part": ["output"]},
    "a topic that there is not": {"under": "nowhere000"},
}


@pytest.mark.parametrize("wrong", ARGUMENTS.values(), ids=ARGUMENTS.keys())
def test_a_job_whose_arguments_cannot_be_does_not_go_on_and_says_why(changed, wrong):
    good = Recipe("grow", ROOT, 1, (2,), 4).to_json()
    args = {**good, **wrong} if wrong and "of" not in wrong else wrong
    path = changed("UPDATE jobs SET args=? WHERE id IN (SELECT job FROM items)", json.dumps(args))
    with sw.Studio(path=path, model=ScriptedCompleter()) as studio:
        [job] = [i for i, items in studio._state.items.items() if items]
        with pytest.raises(FileError, match=f"damaged: table jobs, row '{job}': args: "):
            studio.resume()
        assert "It cannot go on" in studio._state.jobs[job].note
        with pytest.raises(FileError, match="damaged: table jobs"):
            studio.repeat(job)
        assert studio.grow(topics=2, samples=4).wait(10).added == 3, "who knows what is wanted can say it again"


def test_a_job_that_cannot_go_on_keeps_no_other_from_it(whole, tmp_path):
    path = Path(shutil.copy(whole, tmp_path / "a.synth"))
    faults = failing("outputs", AccessError("401"))
    with sw.Studio(path=path, model=ScriptedCompleter(faults=faults)) as studio:
        studio.topics.add("Another")
        with pytest.raises(RunStoppedError):
            studio.grow("Another", depth=0, samples=3).wait(10)
        owing = [i for i, items in studio._state.items.items() if items]
    with sqlite3.connect(path) as db:
        db.execute("UPDATE jobs SET args='{}' WHERE id=?", (owing[0],))
    db.close()
    with sw.Studio(path=path, model=ScriptedCompleter()) as studio:
        assert studio.resume().wait(10).added == 3
        assert "damaged: table jobs" in studio._state.jobs[owing[0]].note


ENTRIES = {
    "no JSON": "[",
    "too short": '["sample", "x"]',
    "another kind": '["dream", "x", {}, {}]',
    "a field that there is not": '["sample", "{id}", {"soul": 1}, {"soul": 2}]',
    "another id": '["sample", "{id}", {"id": "{id}"}, {"id": "other"}]',
    "stars beyond five": '["sample", "{id}", {"stars": 77}, {"stars": 4}]',
    "tags that are a text": '["sample", "{id}", {"tags": "hard"}, {"tags": []}]',
    "fields that do not belong together": '["sample", "{id}", {"stars": 1}, {"reason": "x"}]',
    "a sample that there is not": '["sample", "nobody", {"stars": 1}, {"stars": 2}]',
    "a version that there is not": '["sample", "{id}", {"current": 77}, {"current": 1}]',
    "a topic that there is not": '["sample", "{id}", {"topic": "nowhere"}, {"topic": "0000000000"}]',
    "guidance in numbers": '["setting", "guidance", {"value": {"all": 7}}, {"value": null}]',
}


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES.keys())
def test_an_undo_that_the_log_cannot_mean_changes_nothing_and_says_so(open_studio, tmp_path, entry):
    path = tmp_path / "a.synth"
    with sw.Studio(TRIAGE, path=path, model=ScriptedCompleter()) as studio:
        [ident] = studio.add_samples([{"input": "in", "output": {"kind": "a", "note": "n"}}]).ids
        studio.rate(ident, 4)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE log SET entry=? WHERE n=(SELECT max(n) FROM log)", (entry.replace("{id}", ident),))
    db.close()
    with sw.Studio(path=path, model=ScriptedCompleter()) as studio:
        with pytest.raises(FileError, match="The studio file is damaged: table log"):
            studio.undo()
        assert studio.samples[ident].stars == 4
