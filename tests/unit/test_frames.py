"""The frame that training code gets: its columns, its types, its filters."""

from __future__ import annotations

import warnings

import pandas as pd
import pytest

import synth_widgets as sw
from synth_widgets.errors import StudioError
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import PLAIN, TICKETS, listed

REST = ["status", "stars", "tags", "split", "session", "model", "created", "cost", "tokens"]
TYPED = sw.Task(
    "Typed",
    "Do.",
    output_schema={
        "type": "object",
        "properties": {
            "n": {"type": "integer"},
            "x": {"type": "number"},
            "yes": {"type": "boolean"},
            "kind": {"enum": ["a", "b"]},
            "list": {"type": "array", "items": {"type": "string"}},
            "deep": {"type": "object", "properties": {"k": {"type": "string"}}},
        },
    },
)


def kept(studio):
    studio.topics.add("A")
    studio.grow(depth=0, samples=3).wait(10)
    studio.keep([s.id for s in studio.samples])
    return studio.to_pandas()


def test_columns_are_the_declared_fields_and_where_each_row_came_from(open_studio):
    frame = kept(open_studio(task=TICKETS))
    assert list(frame.columns) == ["topic", "input.subject", "input.urgent", "output.reply", *REST]
    assert frame.index.name == "id"
    assert list(frame["topic"]) == [("A",)] * 3
    assert set(frame["status"]) == {"kept"}
    assert set(frame["model"]) == {"scripted"}
    assert str(frame["created"].dt.tz) == "UTC"
    assert frame["cost"].isna().all(), "an unknown price is unknown, never 0"
    assert frame.attrs["task"] == "Tickets"
    assert frame.attrs["output_schema"] == TICKETS.output.json
    whole = frame.attrs
    assert whole["input_schema"] == TICKETS.input.json
    assert list(kept(open_studio(task=PLAIN)).columns) == ["topic", "input", "output", *REST]


@pytest.mark.parametrize("task", [PLAIN, TICKETS, TYPED])
def test_an_empty_frame_has_the_same_columns_and_types_and_says_why_it_is_empty(task, open_studio):
    studio = open_studio(task=task)
    studio.topics.add("A")
    studio.grow(depth=0, samples=2).wait(10)
    with pytest.warns(UserWarning, match="0 of 2 kept"):
        empty = studio.to_pandas()
    full = studio.to_pandas(status="all")
    assert len(full) == 2
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()
    assert empty.index.dtype == full.index.dtype
    assert empty.attrs == full.attrs
    pd.concat([empty, full])


def test_a_studio_without_samples_says_so(open_studio):
    with pytest.warns(UserWarning, match="There are no samples yet"):
        open_studio().to_pandas()


def test_values_of_any_size_and_keys_of_any_kind_are_kept(open_studio):
    answers = [listed("One?", "Two?", "Three?")]
    answers += [
        {"n": 2**70, "x": 10**400, "yes": True, "kind": "a", "list": ["p"], "deep": {"k": "v"}, "more": [1]},
        {"n": 1},
        {},
    ]
    frame = kept(open_studio(ScriptedCompleter(answers=answers, concurrency=1), TYPED))
    assert list(frame["output.n"].isna()) == [False, False, True]
    assert int(frame["output.n"].iloc[0]) == 2**70
    assert frame["output.*extra"].iloc[0] == {"more": [1]}
    assert frame["output.deep"].iloc[0] == {"k": "v"}
    assert frame["output.list"].iloc[0] == ["p"]


def test_unflattened_a_field_is_one_value(open_studio):
    studio = open_studio(task=TICKETS)
    kept(studio)
    frame = studio.to_pandas(flatten=False)
    assert list(frame.columns) == ["topic", "input", "output", *REST]
    assert set(frame["output"].iloc[0]) == {"reply"}


def test_what_is_done_to_a_cell_or_a_value_in_place_does_not_reach_the_studio(open_studio):
    studio = open_studio(task=TYPED)
    studio.add_samples([{"input": "x", "output": {"list": ["p"], "deep": {"k": "v"}}}], status="kept")
    studio.to_pandas()["output.list"].iloc[0].append("q")
    studio.to_pandas(flatten=False)["output"].iloc[0]["deep"]["k"] = "w"
    studio.samples[0].output["n"] = 1
    assert studio.samples[0].output == {"list": ["p"], "deep": {"k": "v"}}


def test_filters_add_up(open_studio):
    studio = open_studio()
    studio.topics.add(("A", "A1"), "B")
    studio.grow(depth=0, samples=2).wait(10)
    first = studio.session
    studio.new_session(tags=["hard"])
    studio.grow(depth=0, samples=3).wait(10)
    studio.keep(studio.to_pandas(status="all"))
    assert len(studio.to_pandas()) == 6
    assert len(studio.to_pandas(topic="A")) == 3
    assert len(studio.to_pandas(topic=("A", "A1"))) == 3
    assert len(studio.to_pandas(topic=())) == 6
    assert len(studio.to_pandas(session=first.id)) == len(studio.to_pandas(session=first.tag)) == 4
    assert len(studio.to_pandas(tags="hard")) == 2
    assert len(studio.to_pandas(tags=["hard", studio.session.tag], topic="B")) == 1
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert len(studio.to_pandas(tags="none")) == 0
    assert "6 of 6 kept: the filters leave none" in str(caught[0].message)
    assert caught[0].filename == __file__, "the warning points at the person's line"
    assert len(studio.to_pandas(status=["draft", "kept"])) == 6


def test_samples_are_filtered_by_the_words_of_the_frame_and_are_ids_to_every_method(open_studio):
    studio = open_studio()
    studio.topics.add(("A", "A1"), "B")
    studio.grow(depth=0, samples=2).wait(10)
    ids = [s.id for s in studio.samples]
    with pytest.warns(UserWarning, match=r"0 of 4 kept, so the list is empty.*samples\.filter\(status='all'\)"):
        assert studio.samples.filter() == []
    studio.rate(ids[:2], 3)
    studio.rate(ids[2], 5)
    studio.tag(ids[1:], "hard")
    for filters in (
        {"status": "draft"}, {"status": ["draft", "kept"], "topic": "A"}, {"status": "all", "tags": ("hard",)},
        {"status": "all", "session": studio.session.tag}, {"status": "all", "split": "train"},
        {"status": "all", "min_stars": 4}, {"status": "all", "tags": "hard", "topic": "A", "min_stars": 3},
    ):  # fmt: skip
        found = [s.id for s in studio.samples.filter(**filters)]
        assert found == list(studio.to_pandas(**filters).index), filters
    assert [s.id for s in studio.samples.filter("draft", min_stars=3, tags="hard")] == ids[1:3]
    studio.keep(studio.samples.filter("draft", min_stars=5))
    assert [s.id for s in studio.samples.filter()] == [ids[2]]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"status": "keep"}, "status='keep' is no status. Did you mean 'kept'?"),
        ({"status": 3}, "status=3 must be text or a list of texts"),
        ({"topic": "Bill"}, "There is no topic ('Bill',). Did you mean 'Billing'?"),
        ({"tags": [1]}, "tags=[1] must be text or a list of texts"),
        ({"session": 12}, "session=12 must be text, or None for every session"),
        ({"min_stars": "4"}, "min_stars='4' must be a whole number from 0 to 5"),
    ],
)
def test_a_filter_that_cannot_be_says_what_could(open_studio, given, said):
    studio = open_studio()
    studio.topics.add("Billing")
    for method in (studio.samples.filter, studio.to_pandas, lambda **more: studio.export("x.csv", **more)):
        with pytest.raises(StudioError) as error:
            method(**given)
        assert said in str(error.value)
    with pytest.raises(TypeError, match=r"has no keyword 'stars'.*min_stars"):
        studio.samples.filter(stars=4)


def test_each_token_is_counted_once_over_the_rows(open_studio):
    studio = open_studio()
    studio.topics.add("A")
    job = studio.grow(depth=0, samples=5)
    spent = job.wait(10).usage.total
    assert abs(int(studio.to_pandas(status="all")["tokens"].sum()) - spent) <= 5
