"""A frame goes out through a file or another library and comes back: what nobody edited has not changed.

Read as people read it, with pandas' defaults, which make numbers of texts and texts of lists.
"""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, reject, settings
from hypothesis import strategies as st
from openpyxl.utils.exceptions import IllegalCharacterError

import synth_widgets as sw
from synth_widgets.testing import ScriptedCompleter

TASK = sw.Task(
    "Round trip",
    "Do.",
    input_schema={
        "type": "object",
        "properties": {"text": {"type": "string"}, "deep": {"type": "object"}},
        "required": ["text"],
    },
    output_schema={
        "type": "object",
        "properties": {
            "n": {"type": "integer"},
            "x": {"type": "number"},
            "yes": {"type": "boolean"},
            "list": {"type": "array"},
            "note": {"type": "string"},
            "any": {},
            "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        },
        "required": ["n", "maybe"],
    },
)
LAWS = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"])
NASTY = [
    "", "NA", "None", "nan", "null", "#N/A", "=1+1", "=", "007", "1e3", "1e999", "-0", "TRUE", "False", "2026-01-02",
    "('a', 'b')", "[]", "{'a': 1}", "['a' 'b']", "one\r\ntwo\rthree\nfour", " x ", "it's", 'say "hi"', "\\n", "\u2028",
]  # fmt: skip
TEXT = st.sampled_from(NASTY) | st.text(CHARACTERS, max_size=12)
NAMES = st.sampled_from(["A", "B > C", "=1", "É", '["x"]', "('a', 'b')", "it's", 'a "b"', "a, b", "007", "nan", "\\"])
DEEP = st.fixed_dictionaries({}, optional={"k": st.integers(-9, 9), "name": TEXT, "list": st.lists(TEXT, max_size=2)})
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "input": st.fixed_dictionaries({"text": TEXT}, optional={"deep": DEEP}),
            "output": st.fixed_dictionaries(
                {"n": st.integers(-(2**62), 2**62) | st.integers(-9, 9), "maybe": st.none() | st.integers(-9, 9)},
                optional={
                    "x": st.floats(-1e308, 1e308, allow_subnormal=False),  # read_json makes 0 or infinity of others
                    "yes": st.booleans(),
                    "list": st.lists(TEXT, max_size=2),
                    "note": TEXT,
                    "any": st.lists(st.integers(-9, 9), max_size=2),
                    "undeclared": st.lists(TEXT, max_size=2),
                },
            ),
            "topic": st.lists(NAMES, max_size=3).map(tuple),
            "tags": st.lists(st.sampled_from(["x", "it's", "['x']", "007"]), max_size=2, unique=True).map(tuple),
            "stars": st.none() | st.integers(1, 5),
            "split": st.none() | st.sampled_from(["train", "1"]),
        }
    ),
    min_size=1,
    max_size=4,
)
COLUMNS = [
    "topic",
    "tags",
    "status",
    "created",
    "session",
    "input.text",
    "output",
    "output.n",
    "output.list",
    "output.x",
]
"""Those that a person may leave out."""
PLAIN = [
    {"input": {"text": text}, "output": {"n": n, "maybe": None, "yes": True, "list": ["p", "q"]}, "topic": topic}
    for n, (text, topic) in enumerate({"one": (), "two": ("Billing", "Refunds"), "three": ("Billing",)}.items())
]


def csv(frame: pd.DataFrame, folder: Path) -> Any:
    frame.to_csv(folder / "a.csv")
    return pd.read_csv(folder / "a.csv", index_col="id")


def csv_of_text(frame: pd.DataFrame, folder: Path) -> Any:
    frame.to_csv(folder / "a.csv")
    return pd.read_csv(folder / "a.csv", dtype=str, keep_default_na=False)


def spreadsheet(frame: pd.DataFrame, folder: Path) -> Any:
    frame.to_excel(folder / "a.xlsx")
    return pd.read_excel(folder / "a.xlsx", index_col=0)


def parquet(frame: pd.DataFrame, folder: Path) -> Any:
    frame.to_parquet(folder / "a.parquet")
    return pd.read_parquet(folder / "a.parquet")


def records(frame: pd.DataFrame, _folder: Path) -> Any:
    return json.loads(frame.reset_index().to_json(orient="records", date_format="iso"))


def json_of_pandas(frame: pd.DataFrame, _folder: Path) -> Any:
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "The default formatting of datetime"
        )  # which times to expect from pandas 4 on
        return pd.read_json(io.StringIO(frame.to_json(orient="index")), orient="index").rename_axis("id")


def arrow(frame: pd.DataFrame, _folder: Path) -> Any:
    return pa.Table.from_pandas(frame)


def arrow_and_back(frame: pd.DataFrame, _folder: Path) -> Any:
    return pa.Table.from_pandas(frame).to_pandas()


def polars(frame: pd.DataFrame, _folder: Path) -> Any:
    return pl.from_pandas(frame, include_index=True)


def polars_and_back(frame: pd.DataFrame, _folder: Path) -> Any:
    return pl.from_pandas(frame, include_index=True).to_pandas()


def polars_csv(frame: pd.DataFrame, folder: Path) -> Any:
    frame.to_csv(folder / "a.csv")
    return pl.read_csv(folder / "a.csv")


def text(frame: pd.DataFrame, _folder: Path) -> Any:
    return frame.astype(str)


FROM_PANDAS_3 = pytest.mark.skipif(pd.__version__ < "3", reason="what is missing became the text nan, as if written")
WAYS = [
    csv, csv_of_text, spreadsheet, parquet, records, json_of_pandas, arrow, arrow_and_back, polars, polars_and_back,
    polars_csv,
]  # fmt: skip
CANNOT_HOLD = (pa.ArrowException, OverflowError, IllegalCharacterError, pl.exceptions.PolarsError)
"""What a library says of a frame that it has no form for: lists of mixed types, numbers of more than 64 bits …"""


def through(*ways: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("way", [*WAYS, *ways], ids=lambda way: way.__name__)


def opened() -> sw.Studio:
    return sw.Studio(TASK, path=":memory:", model=ScriptedCompleter())


def filled(rows: list[dict[str, Any]]) -> sw.Studio:
    studio = opened()
    done = studio.add_samples(rows, status="kept")
    assert done.failed == 0, done.reasons
    return studio


def sent(way: Callable[[pd.DataFrame, Path], Any], frame: pd.DataFrame, folder: Path) -> Any:
    try:
        return way(frame, folder)
    except CANNOT_HOLD:
        reject()


def seen(studio: sw.Studio) -> dict[str, str]:
    """All that a person may change of each sample; as text, so that 1 is not True."""
    return {
        s.id: json.dumps([s.input, s.output, s.topic, s.tags, s.stars, s.split, s.status], sort_keys=True)
        for s in studio.samples
    }


@through(text)
@LAWS
@given(rows=ROWS, flatten=st.booleans(), gone=st.sets(st.sampled_from(COLUMNS)))
@example(rows=PLAIN, flatten=True, gone=set())
@example(rows=PLAIN, flatten=False, gone=set())
def test_what_was_not_edited_has_not_changed(way, rows, flatten, gone, tmp_path: Path):
    with filled(rows) as studio, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r".* came back in another form", category=UserWarning)
        rev, before = studio._state.rev, seen(studio)
        frame = studio.to_pandas(flatten=flatten).drop(columns=list(gone), errors="ignore")
        assert studio.update(sent(way, frame, tmp_path)) == {}
        assert seen(studio) == before
        assert studio._state.rev == rev


EDITS: dict[str, Any] = {
    "input.text": "written by hand",
    "output.n": 4_711,
    "output.x": 0.25,
    "output.yes": False,
    "output.list": ["new", "it's"],
    "output.note": "written by hand",
    "output.any": [4, 7],
    "output.maybe": 4_711,
    "topic": ("Moved", "it's here"),
    "tags": ("new",),
    "stars": 2,
    "split": "other",
    "status": "rejected",
}


@through(pytest.param(text, marks=FROM_PANDAS_3))
def test_one_cell_was_edited_and_that_one_changes(way, tmp_path: Path):
    rows = [{**row, "stars": 1, "split": "train", "tags": ("x",)} for row in PLAIN]
    for row in rows:
        row["output"] = {**row["output"], "x": 0.5, "note": "a note", "any": [1]}
    with filled(rows) as studio:
        for column, value in EDITS.items():
            before = seen(studio)
            frame = studio.to_pandas()
            one = frame.index[1]
            old = frame.loc[one].copy()
            if frame[column].dtype == object:
                frame.at[one, column] = value
            else:
                frame.loc[one, column] = value
            assert studio.update(way(frame, tmp_path)) == {}, column
            after = seen(studio)
            assert [ident for ident in before if before[ident] != after[ident]] == [one], column
            new = studio.to_pandas("all").loc[one]
            assert str(new[column]) == str(value), column
            rest = [name for name in new.index if name not in {column, "status"}]  # another input makes a draft
            assert [str(new[name]) for name in rest] == [str(old[name]) for name in rest]
            studio.undo()
            assert seen(studio) == before


@through(pytest.param(text, marks=FROM_PANDAS_3))
@LAWS
@given(topics=st.lists(st.lists(NAMES, max_size=3).map(tuple), min_size=1, max_size=4))
@example(topics=[("Billing", "Refunds"), (), ("Billing",)])
def test_a_fresh_studio_gets_the_same_topics(way, topics, tmp_path: Path):
    rows = [{**PLAIN[0], "topic": topic} for topic in topics]
    with filled(rows) as studio, opened() as fresh:
        fresh.add_samples(sent(way, studio.to_pandas(), tmp_path))
        assert [s.topic for s in fresh.samples] == [s.topic for s in studio.samples]
        assert fresh.topics.to_dict() == studio.topics.to_dict()
