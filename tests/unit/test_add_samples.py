"""Own rows become samples: which columns are taken, what the cells may be, and what becomes of what does not comply."""

from __future__ import annotations

import datetime as dt
import decimal
import io
import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pydantic
import pytest

import synth_widgets as sw
from synth_widgets.errors import StudioError
from synth_widgets.jsonable import plain
from tests.tasks import PLAIN, TICKETS, TRIAGE

ANY = sw.Task(
    "Any",
    "Do.",
    output_schema={
        "type": "object",
        "properties": {
            "n": {"type": "integer"},
            "x": {"type": "number"},
            "yes": {"type": "boolean"},
            "when": {"type": "string"},
            "list": {"type": "array"},
            "deep": {"type": "object"},
            "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "level": {"enum": ["low", "high"]},
        },
        "required": ["maybe"],
    },
)


def only(studio):
    (sample,) = studio.samples
    return sample


def test_columns_may_be_named_or_be_called_as_to_pandas_calls_them(open_studio):
    frame = pd.DataFrame({"title": ["Late"], "hot": [True], "answer": ["Sorry."]})
    expected = ({"subject": "Late", "urgent": True}, {"reply": "Sorry."})
    for data, spec in (
        (frame, {"input": {"subject": "title", "urgent": "hot"}, "output": {"reply": "answer"}}),
        (
            frame.rename(columns={"title": "subject", "hot": "urgent", "answer": "reply"}),
            {"input": ["subject", "urgent"], "output": ["reply"]},
        ),
        (frame.set_axis(["input.subject", "input.urgent", "output.reply"], axis=1), {}),
        ([{"input": expected[0], "output": expected[1]}], {}),
        ([{"q": json.dumps(expected[0]), "a": json.dumps(expected[1])}], {"input": "q", "output": "a"}),
        ([{"q": expected[0], "output.reply": "Sorry."}], {"input": "q"}),
    ):
        studio = open_studio(task=TICKETS)
        done = studio.add_samples(data, **spec)
        assert (done.added, done.failed, done.repeats, done.reasons) == (1, 0, 0, {})
        sample = only(studio)
        assert done.ids == [sample.id]
        assert (sample.input, sample.output) == expected
        assert (sample.status, sample.topic, sample.session) == ("draft", (), "")
        assert sample.versions[0].origin == "own"


def test_columns_that_are_not_there_are_said_with_the_nearest_and_nothing_is_added(open_studio):
    studio = open_studio(task=TICKETS)
    frame = pd.DataFrame({"subject": ["s"], "urgent": [True], "reply": ["r"]})
    for call, words in (
        (lambda: studio.add_samples(frame), r"Which column is the input.*input=\['subject', 'urgent'\]"),
        (lambda: studio.add_samples(frame, input=["subjekt"]), "Did you mean 'subject'"),
        (lambda: studio.add_samples(frame, input={"subject": "sub"}), "Did you mean 'subject'"),
        (lambda: studio.add_samples({"input": ["a"]}), "list of dicts"),
        (lambda: studio.add_samples(["a"]), "list of dicts"),
        (lambda: studio.add_samples("a.csv"), "list of dicts"),
        (lambda: studio.add_samples(frame["reply"]), "a row is no str"),
        (lambda: studio.add_samples([frame.iloc[0]]), "a row is no Series"),
        (lambda: studio.add_samples(pd.concat([frame, frame], axis=1), input=["subject"]), "there twice"),
        (lambda: studio.add_samples([{"input": {}, "input.subject": "s"}]), "both 'input' and 'input.subject'"),
        (lambda: studio.add_samples(frame, input=["subject"], status="keep"), "Did you mean 'kept'"),
        (lambda: studio.add_samples(frame, input=["subject"], status="failed"), "must be one of"),
        (lambda: studio.add_samples(frame.assign(topic=3), input=["subject"]), "Row 0, column 'topic'.*path"),
        (lambda: studio.add_samples(frame.assign(tags="a b"), input=["subject"]), "Row 0, column 'tags'.*'a-b'"),
        (lambda: studio.add_samples(frame.assign(stars=7), input=["subject"]), "Row 0, column 'stars'.*1 to 5"),
        (lambda: studio.add_samples(frame, input=["subject"], tags="a b"), "'a-b'"),
        (lambda: studio.add_samples(frame, input=["subject"], topic=7), "named by its path"),
        (
            lambda: studio.add_samples(frame, input=["subject", "urgent"], output=["reply"], status="pending"),
            "no output yet, but 1 of 1",
        ),
    ):
        with pytest.raises(StudioError, match=words):
            call()
    plain = open_studio(task=PLAIN)
    with pytest.raises(StudioError, match="plain text: name the one column"):
        plain.add_samples(frame, input=["subject"])
    with pytest.raises(TypeError, match=r"Studio.add_samples has no keyword 'inputs'.*Did you mean 'input'"):
        plain.add_samples(frame, inputs="subject")
    assert list(studio.samples) == list(plain.samples) == []
    assert studio._state.next_undo() is None


def test_what_does_not_comply_fails_with_its_reason_and_its_values(open_studio):
    studio = open_studio(task=TICKETS)
    rows = [
        {"input": {"subject": "ok", "urgent": True}, "output": {"reply": "ok"}},
        {"input": {"subject": 3, "urgent": True}, "output": {"reply": "lost?"}},
        {"input": {"subject": "s", "urgent": True}, "output": {"reply": None}},
        {"input": None, "output": {"reply": "r"}},
        {"input": {"subject": "s", "urgent": float("inf")}, "output": {"reply": "r"}},
        {"input": {"subject": object(), "urgent": True}, "output": {"reply": "r"}},
    ]
    done = studio.add_samples(rows, status="kept")
    assert (done.added, done.failed) == (1, 5)
    first, *failed = studio.samples
    assert first.status == "kept"
    assert [s.status for s in failed] == ["failed"] * 5
    assert [done.reasons[s.id] for s in failed] == [s.reason for s in failed]
    assert failed[0].reason == "input: subject: 3 is not of type string"
    assert failed[1].reason == "output: reply: null is not of type string"
    assert failed[1].input == {"subject": "s", "urgent": True}
    assert failed[2].reason == "input: it is missing"
    assert "inf is no JSON value" in failed[3].reason
    assert "object is no JSON value" in failed[4].reason
    assert all(s.output is None for s in failed)
    raws = [s.versions[0].raw for s in failed]
    assert json.loads(raws[0]) == {"input": rows[1]["input"], "output": rows[1]["output"]}
    assert "inf" in raws[3]
    held = studio._state.samples[failed[0].id].unfinished
    assert (held["input"], held["output"]) == (rows[1]["input"], rows[1]["output"])
    assert set(studio.keep([s.id for s in failed])) == {s.id for s in failed}
    assert studio.edit(failed[0].id, input={"subject": "three", "urgent": True}) == {}
    assert studio.samples[failed[0].id].output == {"reply": "lost?"}, "the output waited with the unfinished edit"


def test_cells_of_numpy_pandas_and_python_become_json(open_studio):
    studio = open_studio(task=ANY)

    class Deep(pydantic.BaseModel):
        day: dt.date

    row = {
        "input": "in",
        "output.n": np.float64(3.0),
        "output.x": np.float32(0.5),
        "output.yes": np.bool_(True),
        "output.when": pd.Timestamp("2026-01-02T03:04:05Z"),
        "output.list": np.array([1, 2]),
        "output.deep": Deep(day=dt.date(2026, 1, 2)),
        "output.maybe": pd.NA,
        "output.level": float("nan"),
        "output.*extra": {"d": decimal.Decimal("2.5"), "s": {1}, "t": (1, None)},
    }
    for data in ([row], pd.DataFrame([row])):
        studio.add_samples(data)
        sample = list(studio.samples)[-1]
        assert sample.status == "draft", sample.reason
        assert sample.output == {
            "n": 3,
            "x": 0.5,
            "yes": True,
            "when": "2026-01-02T03:04:05+00:00",
            "list": [1, 2],
            "deep": {"day": "2026-01-02"},
            "maybe": None,
            "d": 2.5,
            "s": [1],
            "t": [1, None],
        }
        assert type(sample.output["n"]) is int
    assert only_repeat(studio) == 1


def only_repeat(studio):
    return studio.add_samples([{"input": " IN! "}]).repeats


def test_text_is_read_as_the_schema_wants_it(open_studio):
    studio = open_studio(task=ANY)
    texts = {"n": "3", "x": "1e2", "yes": "True", "when": "3", "list": "[1]", "deep": '{"a": "1"}', "maybe": "7"}
    studio.add_samples([{"input": "5", **{f"output.{k}": v for k, v in texts.items()}, "output.level": "high"}])
    wanted = {"n": 3, "x": 100.0, "yes": True, "when": "3", "list": [1], "deep": {"a": "1"}, "maybe": 7}
    assert only(studio).output == {**wanted, "level": "high"}
    assert only(studio).input == "5"


def test_numbers_are_read_as_the_schema_wants_them(open_studio):
    studio = open_studio(task=ANY)
    rows = pd.DataFrame(
        {"input": ["a", "b"], "output.n": [3.0, None], "output.yes": [1, 0.0], "output.maybe": [2, 1.5]}
    )
    done = studio.add_samples(rows)
    assert studio.samples[0].output == {"n": 3, "yes": True, "maybe": 2}
    assert [type(v) for v in studio.samples[0].output.values()] == [int, bool, int]
    assert list(done.reasons) == [studio.samples[1].id], "1.5 is no integer, and nobody rounds it"


def test_missing_outputs_make_pending_samples(open_studio):
    studio = open_studio(task=PLAIN)
    frame = pd.DataFrame({"input": ["a", "b", "c"], "output": ["x", None, ""]})
    done = studio.add_samples(frame, status="kept")
    assert (done.added, done.failed) == (3, 0)
    assert [s.status for s in studio.samples] == ["kept", "pending", "pending"]
    studio.add_samples([{"input": "d"}], status="pending")
    studio.generate_outputs().wait(10)
    assert [s.status for s in studio.samples] == ["kept", "draft", "draft", "draft"]


def test_topics_tags_stars_and_split_are_taken_by_name(open_studio):
    studio = open_studio(task=PLAIN)
    studio.topics.add("Billing")
    frame = pd.DataFrame(
        {
            "input": list("abcdef"),
            "topic": [("billing", "Refunds"), ["Billing", "refunds"], "New", '["New", "A > B"]', None, ""],
            "tags": [("x", "y"), "z", '["q"]', None, (), np.array(["w"])],
            "stars": [5, None, 3, 1, None, 2],
            "split": ["val", None, None, None, None, None],
        }
    )
    studio.add_samples(frame, tags="own")
    paths = [("Billing", "Refunds"), ("Billing", "Refunds"), ("New",), ("New", "A > B"), (), ()]
    assert [s.topic for s in studio.samples] == paths
    assert studio.topics.paths() == [("Billing",), ("Billing", "Refunds"), ("New",), ("New", "A > B")]
    assert [s.tags for s in studio.samples] == [
        ("x", "y", "own"), ("z", "own"), ("q", "own"), ("own",), ("own",), ("w", "own"),
    ]  # fmt: skip
    assert [s.stars for s in studio.samples] == [5, None, 3, 1, None, 2]
    assert studio.samples[0].split == "val"
    studio.add_samples([{"input": "g", "topic": "New"}], topic=("Over", "Ruled"))
    assert studio.samples[-1].topic == ("Over", "Ruled")


def test_columns_of_the_input_are_no_marks(open_studio):
    task = sw.Task("Reviews", "Judge.", output_schema={"type": "object", "properties": {"stars": {"type": "number"}}})
    studio = open_studio(task=task)
    studio.add_samples([{"topic": "Shoes are fine.", "stars": 4.5}], input="topic", output=["stars"])
    sample = only(studio)
    assert (sample.input, sample.output, sample.topic, sample.stars) == ("Shoes are fine.", {"stars": 4.5}, (), None)


def test_adding_is_one_step_for_undo(open_studio):
    studio = open_studio(task=PLAIN)
    studio.add_samples([{"input": f"n{i}", "topic": ("A", str(i % 3))} for i in range(120)])
    assert studio._state.next_undo().label == "Add 120 samples"
    studio.undo()
    assert len(studio.samples) == len(studio.topics) == 0
    studio.redo()
    assert len(studio.samples) == 120
    assert len(studio.topics) == 4


def test_validators_of_a_pydantic_class_are_run_on_own_rows(open_studio):
    class Answer(pydantic.BaseModel):
        n: int

        @pydantic.field_validator("n")
        @classmethod
        def odd(cls, n: int) -> int:
            assert n % 2, "only odd numbers"
            return n

    studio = open_studio(task=sw.Task("Odd", "Do.", output_schema=Answer))
    done = studio.add_samples([{"input": "a", "output": Answer(n=1)}, {"input": "b", "output": {"n": 2}}])
    assert (done.added, done.failed) == (1, 1)
    assert "only odd numbers" in next(iter(done.reasons.values()))


def test_repeats_are_added_and_counted(open_studio):
    studio = open_studio(task=PLAIN)
    assert studio.add_samples([{"input": "Where is it?"}, {"input": "where is it"}]).repeats == 1
    assert studio.add_samples([{"input": "Where is IT?!"}, {"input": "Other"}]).repeats == 1
    assert len(studio.samples) == 4


def test_no_rows_add_nothing(open_studio):
    studio = open_studio(task=TICKETS)
    assert studio.add_samples([]).added == 0
    assert studio.add_samples(pd.DataFrame()).ids == []
    assert studio._state.next_undo() is None


def test_lone_surrogates_and_deep_nesting_do_no_harm(open_studio, tmp_path):
    studio = open_studio(task=ANY, path=tmp_path / "a.synth")
    deep: list = []
    for _ in range(5_000):
        deep = [deep]
    done = studio.add_samples(
        [
            {"input": "a\ud83d", "output": {"when": "\ud83d!", "maybe": 1}},
            {"input": "b", "output": {"list": deep, "maybe": 1}},
        ]
    )
    assert (done.added, done.failed) == (1, 1)
    assert studio.samples[0].input == "a�"
    assert "nested deeper than" in studio.samples[1].reason
    studio.flush()


def test_words_are_found_in_all_texts(open_studio):
    studio = open_studio(task=TRIAGE)
    rows = [("Straße, gesperrt", "a", "Größe"), ("other", "b", "the note"), ("more", "b", "NOTE: street")]
    studio.add_samples([{"input": i, "output": {"kind": k, "note": n}} for i, k, n in rows])
    ids = [s.id for s in studio.samples]
    assert studio.samples.find("strasse") == {"ids": ids[:1], "more": False}
    assert studio.samples.find("GRÖSSE gesperrt")["ids"] == ids[:1]
    assert studio.samples.find("note")["ids"] == ids[1:], "names of fields are not looked at"
    assert studio.samples.find("note other")["ids"] == ids[1:2]
    assert studio.samples.find("nothing")["ids"] == []
    with pytest.raises(StudioError, match="words to look for"):
        studio.samples.find(" ")
    studio.edit(ids[0], input="renewed")
    assert studio.samples.find("gesperrt")["ids"] == [], "only the current version"


def test_what_is_found_is_bounded(open_studio, monkeypatch):
    monkeypatch.setattr("synth_widgets.studio.samples.MOST_FOUND", 3)
    studio = open_studio(task=PLAIN)
    studio.add_samples([{"input": f"word {i}"} for i in range(4)])
    assert studio.samples.find("word") == {"ids": [s.id for s in studio.samples][:3], "more": True}
    assert studio.samples.find("word 3")["more"] is False


@pytest.mark.parametrize("number", [10**5000, -(10**5000), decimal.Decimal("1E+999999999")], ids=["+", "-", "decimal"])
def test_a_number_that_no_file_takes_fails_its_row_and_nothing_else(open_studio, tmp_path, number):
    studio = open_studio(None, PLAIN, path=tmp_path / "a.synth")
    added = studio.add_samples([{"input": "one", "output": number}, {"input": "two", "output": "Fine."}])
    assert (added.added, added.failed) == (1, 1)
    studio.flush()


def test_a_number_that_a_double_cannot_hold_comes_back_exact(open_studio):
    schema = {"type": "object", "properties": {"n": {"type": "number"}}}
    studio = open_studio(None, sw.Task("Numbers", "Count.", output_schema=schema))
    studio.add_samples([{"input": str(n), "output": {"n": n}} for n in (2**53 + 1, 1.5, None)])
    assert studio.to_pandas("all")["output.n"].tolist()[:2] == [2**53 + 1, 1.5]


def test_columns_without_text_heads_are_named_by_their_number(open_studio):
    frame = pd.read_csv(io.StringIO("Hello,Hi!\nBye,See you.\n"), header=None)
    studio = open_studio(task=PLAIN)
    assert studio.add_samples(frame, input=0, output=1).failed == 0
    assert [(s.input, s.output) for s in studio.samples] == [("Hello", "Hi!"), ("Bye", "See you.")]
    with pytest.raises(StudioError, match=r"names the column 7, which is not there. Columns: 0, 1\."):
        studio.add_samples(frame, input=7)
    with pytest.raises(StudioError, match=r"there are: 0, 1\. Name it: add_samples\(data, input=0"):
        studio.add_samples(frame)
    fields = open_studio(task=TICKETS)
    frame = pd.read_csv(io.StringIO("Late,TRUE,Sorry.\n"), header=None)
    assert fields.add_samples(frame, input={"subject": 0, "urgent": 1}, output={"reply": np.int64(2)}).failed == 0
    assert only(fields).input == {"subject": "Late", "urgent": True}


def test_two_header_rows_are_one_name(open_studio):
    text = "ticket,ticket,answer,topic\nsubject,urgent,reply,\nLate,FALSE,Sorry.,Parcels\n"
    frame = pd.read_csv(io.StringIO(text), header=[0, 1])
    expected = ({"subject": "Late", "urgent": False}, {"reply": "Sorry."}, ("Parcels",))
    for spec in (
        {
            "input": {"subject": ("ticket", "subject"), "urgent": ("ticket", "urgent")},
            "output": {"reply": ("answer", "reply")},
        },
        {"input": [("ticket", "subject"), ("ticket", "urgent")], "output": [("answer", "reply")]},
        {"input": {"subject": ("ticket", "subject"), "urgent": "ticket.urgent"}, "output": {"reply": "answer.reply"}},
    ):
        studio = open_studio(task=TICKETS)
        assert studio.add_samples(frame, **spec).reasons == {}
        assert (only(studio).input, only(studio).output, only(studio).topic) == expected
    plain = open_studio(task=PLAIN)
    plain.add_samples(frame, input=("ticket", "subject"), output=("answer", "reply"))
    assert (only(plain).input, only(plain).output) == ("Late", "Sorry.")
    named = frame.set_axis(
        pd.MultiIndex.from_tuples([("input", "subject"), ("input", "urgent"), ("output", "reply"), ("topic", "")]),
        axis=1,
    )
    studio = open_studio(task=TICKETS)
    studio.add_samples(named)
    assert (only(studio).input, only(studio).output, only(studio).topic) == expected


@pytest.mark.parametrize("heads", [["", ""], [None, None], [float("nan")] * 2, [("", ""), ("Unnamed: 1_level_0", "")]])
def test_blank_heads_are_said(open_studio, heads):
    frame = pd.DataFrame([["a", "b"]])
    frame.columns = pd.Index(heads, dtype=None if isinstance(heads[0], tuple) else object)
    with pytest.raises(StudioError, match=r"Two columns have no name\. Rename or drop one"):
        open_studio(task=PLAIN).add_samples(frame, input="input")


def test_rows_that_are_no_rows_are_said_even_where_they_count_as_false(open_studio):
    studio = open_studio(task=PLAIN)
    for nothing in (None, 0, "", [], False):
        with pytest.raises(StudioError, match=f"a row is no {type(nothing).__name__}"):
            studio.add_samples([{"input": "a"}, nothing])
        with pytest.raises(StudioError):
            studio.keep([nothing])
    with pytest.raises(StudioError, match="no requirement ''"):
        studio.rate([], requirements={"": 3})
    with pytest.raises(TypeError, match="guidance has no keyword ''"):
        open_studio(guidance={"": "x"})
    with pytest.raises(TypeError, match="models has no keyword ''"):
        open_studio(models={"": "local"})
    with pytest.raises(StudioError, match="status='' is no status"):
        studio.samples.filter("")


def test_a_column_of_the_name_given_for_all_rows_is_asked_about(open_studio):
    studio = open_studio(task=PLAIN)
    frame = pd.DataFrame({"input": ["a", "b"], "team": ["Sales", "Support"], "hard": ["x", "y"]})
    with pytest.raises(StudioError, match=r"topic=\('team',\)") as error:
        studio.add_samples(frame, topic="team")
    assert "data.rename(columns={'team': 'topic'})" in str(error.value)
    with pytest.raises(StudioError, match=r"tags=\['hard'\]"):
        studio.add_samples(frame, tags="hard")
    assert len(studio.samples) == 0
    studio.add_samples(frame, topic=("team",), tags=["hard"])
    assert {(s.topic, s.tags) for s in studio.samples} == {(("team",), ("hard",))}
    studio.add_samples(frame.rename(columns={"team": "topic"}))
    assert [s.topic for s in studio.samples][2:] == [("Sales",), ("Support",)]


def test_names_of_columns_are_shown_with_what_cannot_be_seen(open_studio):
    studio = open_studio(task=PLAIN)
    with pytest.raises(StudioError, match=r"there are: '\\ufeffinput', 'output '\. Name it: .*input='\\ufeffinput'"):
        studio.add_samples([{"\ufeffinput": "a", "output ": "b"}])
    with pytest.raises(StudioError, match=r"Columns: 'input\\u200b'"):
        studio.add_samples([{"input\u200b": "a"}], input="input")


def test_a_text_that_may_be_a_path_or_a_name_is_said_and_nothing_is_added(open_studio):
    studio = open_studio(task=PLAIN)
    rows = [{"input": "a", "topic": "('Billing', 'Refunds')"}, {"input": "b", "topic": "(unsorted) [all]"}]
    studio.add_samples(rows)
    assert [s.topic for s in studio.samples] == [("Billing", "Refunds"), ("(unsorted) [all]",)]
    for cell in (
        "('Billing')",
        "['a', Refunds']",
        '["a", 3]',
        "['a', 'b' 'c']",
        "('a' 'b')",
        "['a', 'b'",
        "('a', ('b',))",
    ):
        with pytest.raises(StudioError, match=r"Row 0, column 'topic': .* may be a name or a path"):
            studio.add_samples([{"input": "c", "topic": cell}])
    studio.topics.add(("('Billing', 'Refunds')",))
    with pytest.raises(StudioError, match="is the name of a topic here, and what tables make of the path"):
        studio.add_samples(rows)
    assert len(studio.samples) == 2
    both = [("('Billing', 'Refunds')",), ("Billing", "Refunds")]
    studio.add_samples([{"input": "c", "topic": path} for path in both])
    assert [s.topic for s in studio.samples][2:] == both


BIG = 2**60 + 1
TABLE = {
    "input": ["a", "b", "c"],
    "output.n": [BIG, None, 7],
    "output.yes": [True, None, False],
    "output.maybe": [1, 2, None],
}
GAPS = [{"n": BIG, "yes": True, "maybe": 1}, {"maybe": 2}, {"n": 7, "yes": False, "maybe": None}]


def tables():
    yield "arrow", pa.table(TABLE)
    yield "batch", pa.RecordBatch.from_pydict(TABLE)
    yield "reader", pa.table(TABLE).to_reader()
    yield "polars", pl.DataFrame(TABLE)
    yield "lazy", pl.LazyFrame(TABLE)
    yield "pandas on Arrow", pa.table(TABLE).to_pandas(types_mapper=pd.ArrowDtype)


@pytest.mark.parametrize(("name", "table"), [*tables()])
def test_numbers_with_gaps_of_other_libraries_keep_their_digits(name, table, open_studio):
    studio = open_studio(task=ANY)
    assert studio.add_samples(table).reasons == {}
    assert [s.output for s in studio.samples] == GAPS
    assert [type(s.output.get("n")) for s in studio.samples] == [int, type(None), int]
    assert [s.output.get("yes") for s in studio.samples] == [True, None, False]


def test_texts_of_spreadsheets_for_booleans_and_for_nothing_are_read(open_studio):
    studio = open_studio(task=ANY)
    rows = [{"input": "a", "output.yes": text, "output.maybe": "1", "output.n": "<NA>", "output.x": "nan"}
            for text in ("TRUE", "false", " True ", "1", "0")]  # fmt: skip
    assert studio.add_samples(rows).reasons == {}
    assert [s.output for s in studio.samples] == [{"yes": yes, "maybe": 1} for yes in (True, False, True, True, False)]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("cell", "paths"),
    [
        (r"['C:\Users\me']", None),
        (r"['\x']", None),
        (r"['\N{foo}']", None),
        ("['\\r\\\0']", None),
        ("['a\0b']", ["a\0b"]),
        ("['\\\r']", None),
        (r"['\d+', 'it\'s', 'C:\\Users', '\u00e9\n']", [r"\d+", "it's", "C:\\Users", "é\n"]),
    ],
)
def test_half_an_escape_in_a_cell_is_text_and_the_other_rows_are_read(open_studio, cell, paths):
    form = {"type": "object", "properties": {"paths": {"type": "array"}}, "required": ["paths"]}
    studio = open_studio(task=sw.Task("T", "Do.", input_schema=form))
    added = studio.add_samples([{"input.paths": cell}, {"input.paths": "['a']"}])
    kept = [studio.samples[id].input for id in added.ids]
    assert kept == [paths and {"paths": paths}, {"paths": ["a"]}]


def test_a_decimal_that_would_lose_digits_is_refused():
    assert plain(decimal.Decimal("1234.50")) == 1234.5
    with pytest.raises(ValueError, match=r"12345678901234567\.89 has more digits"):
        plain(decimal.Decimal("12345678901234567.89"))
