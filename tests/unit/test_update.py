"""A frame that was edited with pandas comes back: what differs is done, in one step, and nothing else."""

from __future__ import annotations

import pickle
import warnings

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import synth_widgets as sw
from synth_widgets.errors import StudioError, UnknownIdError
from tests.tasks import PLAIN, TICKETS

COUNTS = sw.Task(
    "Counts",
    "Count.",
    output_schema={
        "type": "object",
        "properties": {
            "n": {"type": "integer", "minimum": 0},
            "note": {"type": "string"},
            "list": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["n"],
    },
)


@pytest.fixture
def studio(open_studio):
    """Three drafts and a pending sample."""
    studio = open_studio(task=COUNTS)
    rows = [
        {"input": "one", "output": {"n": 1, "note": "a"}},
        {"input": "two", "output": {"n": 2, "list": ["x"], "more": {"k": 1}}},
        {"input": "three", "output": {"n": 3}},
        {"input": "four"},
    ]
    studio.add_samples(rows, topic="Numbers", tags=["own"])
    return studio


def outputs(studio):
    return [s.output for s in studio.samples]


@pytest.mark.parametrize("flatten", [True, False])
def test_a_frame_that_was_not_edited_changes_nothing(studio, flatten):
    rev = studio._state.rev
    frame = studio.to_pandas("all", flatten=flatten)
    for form in (
        frame,
        frame.reset_index(),
        frame.iloc[::-1],
        frame.iloc[:0],
        frame[["status"]],
        frame.assign(mine=1),
        frame.merge(pd.Series(1, index=frame.index, name="score"), left_index=True, right_index=True),
        frame.astype({"output.n": float}) if flatten else frame,
        pd.concat([frame, frame.iloc[:1].assign(id="x").iloc[:0]]),
    ):
        assert studio.update(form) == {}
    assert studio._state.rev == rev


def test_edits_verdicts_stars_tags_and_topics_are_one_step(studio):
    frame = studio.to_pandas("all")
    one, two, three, four = frame.index
    frame.loc[one, "output.note"] = "better"
    frame.loc[two, "status"] = "kept"
    frame.loc[two, "stars"] = 5
    frame.at[two, "tags"] = ["gold"]
    frame.at[two, "topic"] = ("Numbers", "Even")
    frame.loc[three, "status"] = "rejected"
    frame.loc[four, "split"] = "val"
    assert studio.update(frame) == {}
    samples = studio.samples
    assert samples[one].output == {"n": 1, "note": "better"}
    assert [v.origin for v in samples[one].versions] == ["own", "edited"]
    assert (samples[two].status, samples[two].stars, samples[two].tags) == ("kept", 5, ("gold",))
    assert samples[two].topic == ("Numbers", "Even")
    assert samples[two].output == {"n": 2, "list": ["x"], "more": {"k": 1}}
    assert len(samples[two].versions) == 1
    assert samples[three].status == "rejected"
    assert samples[four].split == "val"
    assert studio._state.next_undo().label == "Update 4"
    assert studio.update(studio.to_pandas("all")) == {}
    studio.undo()
    again = studio.to_pandas("all")
    assert set(again["status"]) == {"draft", "pending"}
    assert set(again["topic"]) == {("Numbers",)}
    assert studio.topics.paths() == [("Numbers",)]
    assert samples[one].output == {"n": 1, "note": "a"}
    studio.redo()
    assert studio.samples[two].status == "kept"
    assert studio.samples[two].topic == ("Numbers", "Even")


def test_whole_values_are_edited_in_unflattened_frames(studio):
    frame = studio.to_pandas("all", flatten=False)
    one, two, *_ = frame.index
    frame.at[one, "output"]["n"] = 10
    assert studio.samples[one].output["n"] == 1, "a cell changed in place does not reach the studio by itself"
    frame.at[two, "output"] = {"n": 20}
    frame.loc[two, "input"] = "twenty"
    assert studio.update(frame) == {}
    assert outputs(studio)[:2] == [{"n": 10, "note": "a"}, {"n": 20}]
    assert studio.samples[two].input == "twenty"


def test_fields_are_set_and_taken_away_undeclared_ones_too(studio):
    frame = studio.to_pandas("all")
    one, two, three, _ = frame.index
    frame.loc[one, "output.note"] = None
    frame.at[two, "output.*extra"] = {"other": 2}
    frame.at[three, "output.list"] = ["y", "z"]
    frame["output.n"] = frame["output.n"].astype(float) * 2
    assert studio.update(frame) == {}
    assert outputs(studio) == [{"n": 2}, {"n": 4, "list": ["x"], "other": 2}, {"n": 6, "list": ["y", "z"]}, None]
    assert all(type(s.output["n"]) is int for s in studio.samples if s.output)


def test_what_does_not_comply_is_an_unfinished_edit_and_told(studio):
    frame = studio.to_pandas("all")
    one, two, three, four = frame.index
    frame.loc[one, "output.n"] = -1
    frame.loc[one, "status"] = "kept"
    frame.loc[two, "output.note"] = "fine"
    frame.loc[three, "output.n"] = pd.NA
    frame.loc[four, "status"] = "kept"
    reasons = studio.update(frame)
    assert set(reasons) == {one, three, four}
    assert reasons[one] == "output: n: -1 is less than the minimum of 0"
    assert reasons[three] == "output: it is missing"
    assert "no output yet" in reasons[four]
    assert outputs(studio)[:3] == [{"n": 1, "note": "a"}, {**outputs(studio)[1], "note": "fine"}, {"n": 3}]
    assert [s.status for s in studio.samples] == ["draft", "draft", "draft", "pending"]
    assert studio._state.samples[one].unfinished["output"] == {"n": -1, "note": "a"}


def test_pending_and_failed_samples_are_completed(studio):
    studio.add_samples([{"input": "five", "output": {"n": "five"}}])
    frame = studio.to_pandas("all")
    four, five = frame.index[3:]
    assert frame.loc[five, "status"] == "failed"
    frame.loc[four, "output.n"] = 4
    frame.loc[five, "output.n"] = 5
    frame.loc[five, "status"] = "kept"
    assert studio.update(frame) == {}
    assert studio.samples[four].status == "draft"
    assert (studio.samples[five].status, studio.samples[five].output) == ("kept", {"n": 5})


def test_a_verdict_is_taken_back_with_draft(studio):
    ids = [s.id for s in studio.samples]
    studio.keep(ids[:1])
    studio.reject(ids[1:])
    frame = studio.to_pandas("all")
    frame["status"] = "draft"
    reasons = studio.update(frame)
    assert [s.status for s in studio.samples] == ["draft", "draft", "draft", "pending"]
    assert set(reasons) == {ids[3]}


def test_what_happened_since_the_frame_was_taken_stays(studio):
    frame = studio.to_pandas("all")
    one, two, three, _ = frame.index
    studio.keep([one, two])
    studio.edit(one, output={"n": 100, "note": "a"})
    studio.rate(three, 4)
    frame.loc[one, "output.note"] = "from pandas"
    frame.at[three, "tags"] = ("new",)
    assert studio.update(frame) == {}
    assert studio.samples[one].output == {"n": 100, "note": "from pandas"}
    assert [studio.samples[i].status for i in (one, two)] == ["kept", "kept"]
    assert (studio.samples[three].stars, studio.samples[three].tags) == (4, ("new",))


def test_a_frame_that_is_many_frames_old_undoes_nothing(studio):
    frame = studio.to_pandas("all")
    studio.keep(frame.index[0])
    for _ in range(40):
        studio.rate(frame.index[1], 4)
        studio.rate(frame.index[1], 5)
        studio.to_pandas("all")
    studio.update(frame)
    assert (studio.samples[0].status, studio.samples[1].stars) == ("kept", 5)


def test_a_frame_of_another_process_says_what_it_changes(studio):
    frame = studio.to_pandas("all")
    studio.keep(frame.index[0])
    frame.attrs["taken"] = "of another process"
    with pytest.warns(UserWarning, match=r"another process.*\(1 samples\)"):
        studio.update(frame)
    assert studio.samples[0].status == "draft"


def test_without_attrs_every_difference_counts(studio):
    frame = studio.to_pandas("all")
    studio.keep(frame.index[0])
    frame.attrs = {}
    studio.update(frame)
    assert studio.samples[0].status == "draft"


def test_wrong_frames_change_nothing(studio, open_studio):
    frame = studio.to_pandas("all")
    rev = studio._state.rev
    one = frame.index[0]

    def with_cell(name, value):
        changed = frame.copy()
        changed[name] = changed[name].astype(object)
        changed.at[one, name] = value
        changed.loc[frame.index[1], "output.n"] = 50
        return changed

    for given, words in (
        ([{"status": "kept"}], "takes back a DataFrame"),
        (frame.reset_index(drop=True), "index of a frame must be the samples' ids"),
        (pd.concat([frame, frame]), "is there twice"),
        (with_cell("status", "keep"), rf"Row '{one}', column 'status'.*Did you mean 'kept'"),
        (with_cell("status", "failed"), "verdicts are kept, rejected and draft"),
        (with_cell("stars", 9), "stars are whole numbers"),
        (with_cell("tags", ["a b"]), "'a-b'"),
        (with_cell("topic", 4), "named by its path"),
    ):
        with pytest.raises(StudioError, match=words):
            studio.update(given)
    with pytest.raises(UnknownIdError, match="nothing000"):
        studio.update(frame.rename(index={one: "nothing000"}))
    other = open_studio(task=TICKETS).to_pandas("all")
    with pytest.raises(StudioError, match="schemas changed"):
        studio.update(other)
    assert studio._state.rev == rev


def test_where_a_sample_came_from_cannot_be_changed(studio):
    frame = studio.to_pandas("all")
    frame["cost"] = 1.0
    frame["model"] = "mine"
    with pytest.warns(UserWarning, match="model, cost tell where samples came from") as caught:
        assert studio.update(frame) == {}
    assert caught[0].filename == __file__
    assert studio.to_pandas("all")["model"].isna().all()


def test_edited_inputs_of_text_tasks(open_studio):
    studio = open_studio(task=PLAIN)
    studio.add_samples([{"input": " a ", "output": "x"}, {"input": "b", "output": "y"}], status="kept")
    frame = studio.to_pandas()
    frame["output"] = frame["output"].str.upper()
    assert studio.update(frame) == {}
    assert [(s.output, s.status) for s in studio.samples] == [("X", "kept"), ("Y", "kept")]
    frame = studio.to_pandas()
    frame["input"] = frame["input"].str.strip()
    assert studio.update(frame) == {}
    assert [(s.input, s.status) for s in studio.samples] == [("a", "draft"), ("b", "kept")]
    frame["output"] = ""
    reasons = studio.update(frame)
    assert set(reasons.values()) == {"output: it is missing"}


def test_one_row_another_librarys_frame_and_records_come_back_too(studio):
    frame = studio.to_pandas("all")
    one, two, three, _ = frame.index
    row = frame.loc[one].copy()
    row["output.note"] = "better"
    assert studio.update(row) == {}
    assert studio.samples[one].output == {"n": 1, "note": "better"}
    table = pl.from_pandas(studio.to_pandas("all"), include_index=True)
    changed = table.with_columns(pl.when(pl.col("id") == two).then(20).otherwise(pl.col("output.n")).alias("output.n"))
    assert studio.update(changed) == {}
    assert outputs(studio)[1] == {"n": 20, "list": ["x"], "more": {"k": 1}}
    assert studio.update([{"id": three, "stars": 4}]) == {}
    assert studio.samples[three].stars == 4
    for given, words in (
        ([{"status": "kept"}], "the column 'id'. Columns: 'status'"),
        (table.drop("id"), "the column 'id'"),
        ([{"id": one}, {"id": one}], "is there twice"),
        ("all", "takes back a DataFrame of to_pandas.*not str"),
    ):
        with pytest.raises(StudioError, match=words):
            studio.update(given)


def test_samples_are_named_by_one_row_and_by_another_librarys_frame(studio):
    frame = studio.to_pandas("all")
    one, two, three, _ = frame.index
    studio.keep(frame.loc[one])
    studio.keep(pl.from_pandas(frame, include_index=True).filter(pl.col("id") == two))
    studio.keep(pa.Table.from_pandas(frame.loc[[three]]))
    assert [s.status for s in studio.samples][:3] == ["kept"] * 3
    with pytest.raises(StudioError, match="needs the column 'id'"):
        studio.keep(pl.from_pandas(frame))


def test_ids_of_digits_alone_are_no_numbers(studio, monkeypatch):
    monkeypatch.setattr("synth_widgets.exchange.own_samples.new_id", lambda: "0012345678")
    studio.add_samples([{"input": "five", "output": {"n": 5}}])
    frame = studio.to_pandas("all").iloc[4:]
    assert frame.index[0] == "0012345678"
    frame.to_csv("a.csv")
    back = pd.read_csv("a.csv", index_col="id")
    back["output.n"] = 50
    assert studio.update(back) == {}
    assert outputs(studio)[-1] == {"n": 50}


def test_a_cell_that_a_person_or_a_table_may_have_changed_is_said_and_stays(open_studio):
    studio = open_studio(task=PLAIN)
    texts = ["NA", "=1+1", "007", "a" * 40_000]
    studio.add_samples([{"input": text, "output": "x"} for text in texts])
    frame = studio.to_pandas("all")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas says, or in earlier releases does not, that it cuts the long one
        frame.to_excel("a.xlsx")
    back = pd.read_excel("a.xlsx", index_col=0)
    with pytest.warns(UserWarning, match=r"3 cells came back in another form.*such as \"NA\" in 'input'") as caught:
        assert studio.update(back) == {}
    assert caught[0].filename == __file__
    assert [s.input for s in studio.samples] == texts
    frame.loc[frame.index[0], "input"] = "by hand"
    frame.loc[frame.index[1], "output"] = None
    reasons = studio.update(frame)
    assert list(reasons) == [frame.index[1]], "what was edited in this process is an edit"
    assert studio.samples[0].input == "by hand"


def test_numbers_are_compared_to_the_last_digit_where_no_table_was_between(open_studio):
    studio = open_studio(task=COUNTS)
    big = 2**60 + 1
    studio.add_samples([{"input": "big", "output": {"n": big}}])
    frame = studio.to_pandas("all")
    frame["output.n"] = big - 1
    assert studio.update(frame) == {}
    assert outputs(studio) == [{"n": big - 1}]
    assert studio.update(studio.to_pandas("all").astype({"output.n": float})) == {}
    assert outputs(studio) == [{"n": big - 1}]


def test_a_frame_of_the_studio_can_be_written_to_a_spreadsheet_and_pickled_anywhere(studio):
    frame = studio.to_pandas("all")
    some = frame[frame["status"] == "draft"].sort_values("created")
    for n, form in enumerate((frame, some, frame.reset_index(), frame.assign(mine=1), frame.copy())):
        form.to_excel(f"{n}.xlsx")
        back = pd.read_excel(f"{n}.xlsx")
        assert abs(back["created"][0] - form["created"].iloc[0].tz_convert(None)) < pd.Timedelta("1ms")
    assert str(frame["created"].dt.tz) == "UTC"
    with pd.ExcelWriter("both.xlsx") as writer:
        frame.to_excel(writer, sheet_name="One")
        some.to_excel(writer, sheet_name="Two")
    again = pickle.loads(pickle.dumps(frame))  # noqa: S301
    assert type(again) is pd.DataFrame
    assert again.attrs == frame.attrs
    pd.testing.assert_frame_equal(again, pd.DataFrame(frame))


def test_a_path_that_may_be_a_name_is_said_where_it_was_edited_and_only_there(open_studio):
    studio = open_studio(task=PLAIN)
    paths = [("['x']",), ("x",), ("Other",)]
    studio.add_samples([{"input": name, "topic": path} for name, path in zip("abc", paths, strict=True)])
    studio.to_pandas("all").to_csv("a.csv")
    back = pd.read_csv("a.csv", index_col="id")
    rev = studio._state.rev
    assert studio.update(back) == {}
    back.loc[back.index[2], "topic"] = "['x']"
    with pytest.raises(StudioError, match=r"is the name of a topic here, and what tables make of the path \('x',\)"):
        studio.update(back)
    assert studio._state.rev == rev
    back.loc[back.index[2], "topic"] = "(\"['x']\",)"
    assert studio.update(back) == {}
    assert [s.topic for s in studio.samples] == [paths[0], paths[1], paths[0]]
