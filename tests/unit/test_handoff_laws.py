"""What goes out comes back: files read into a fresh studio give the same samples, an unedited frame changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

import synth_widgets as sw
from synth_widgets.testing import ScriptedCompleter
from tests.naughty import NUL_IN_CSV

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
            "kind": {"enum": ["a", "b"]},
            "list": {"type": "array"},
            "note": {"type": "string"},
            "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        },
        "required": ["n", "maybe"],
    },
)
LAWS = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

LINE = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
WORD = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=8)
SMALL = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | LINE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LINE, inner, max_size=3),
    max_leaves=4,
)
INPUTS = st.fixed_dictionaries(
    {"text": st.text(st.characters(exclude_categories=["Cs"]), max_size=20)},
    optional={"deep": st.dictionaries(LINE, SMALL, max_size=3)},
)
OUTPUTS = st.fixed_dictionaries(
    {"n": st.integers(-(2**70), 2**70), "maybe": st.none() | st.integers(-9, 9)},
    optional={
        "x": st.floats(allow_nan=False, allow_infinity=False, width=32),
        "yes": st.booleans(),
        "kind": st.sampled_from("ab"),
        "list": st.lists(SMALL, max_size=3),
        "note": LINE,
        "undeclared": st.lists(SMALL, max_size=2),
    },
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "input": INPUTS,
            "output": OUTPUTS,
            "topic": st.lists(st.sampled_from(["A", "B > C", "=1", "É", '["x"]']), max_size=3).map(tuple),
            "tags": st.lists(WORD, max_size=2, unique=True).map(tuple),
            "stars": st.none() | st.integers(1, 5),
        }
    ),
    min_size=1,
    max_size=4,
)


def opened() -> sw.Studio:
    return sw.Studio(TASK, path=":memory:", model=ScriptedCompleter())


def read(path: str) -> pd.DataFrame:
    """Read an exported table as the documentation of `export` says."""
    if path.endswith("parquet"):
        return pd.read_parquet(path)
    assume(NUL_IN_CSV or b"\0" not in Path(path).read_bytes())
    return pd.read_csv(path, index_col="id", dtype=str, keep_default_na=False)


def seen(studio: sw.Studio) -> list[Any]:
    return [(s.input, s.output, s.topic, s.tags, s.stars, s.status) for s in studio.samples]


def filled(rows: list[dict[str, Any]]) -> sw.Studio:
    studio = opened()
    done = studio.add_samples(rows, status="kept")
    assert done.failed == 0, done.reasons
    assert [(s.input, s.output) for s in studio.samples] == [(r["input"], r["output"]) for r in rows]
    return studio


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@LAWS
@given(rows=ROWS)
def test_an_exported_table_added_to_a_fresh_studio_gives_equal_samples(ending, rows, tmp_path: Path):
    with filled(rows) as studio, opened() as fresh:
        fresh.add_samples(read(studio.export(tmp_path / f"a.{ending}")), status="kept")
        expected = seen(studio)
        if ending == "csv":  # which does not tell a missing text from an empty one
            expected = [(i, {"note": "", **o}, *rest) for i, o, *rest in expected]
        assert [_plain(s) for s in seen(fresh)] == [_plain(s) for s in expected]


BEYOND = [{"input": {"text": ""}, "output": {"n": n, "maybe": None}} for n in (0, 10**19)]


@pytest.mark.parametrize("flatten", [True, False])
@LAWS
@given(rows=ROWS)
@example(rows=BEYOND)
def test_a_frame_added_to_a_fresh_studio_gives_equal_samples(flatten, rows):
    with filled(rows) as studio, opened() as fresh:
        fresh.add_samples(studio.to_pandas(flatten=flatten), status="kept")
        assert [_plain(s) for s in seen(fresh)] == [_plain(s) for s in seen(studio)]


@pytest.mark.parametrize("flatten", [True, False])
@LAWS
@given(rows=ROWS, attrs=st.booleans())
def test_a_frame_that_was_not_edited_changes_nothing(flatten, rows, attrs):
    with filled(rows) as studio:
        rev = studio._state.rev
        frame = studio.to_pandas(flatten=flatten)
        if not attrs:
            frame.attrs = {}
        assert studio.update(frame) == {}
        assert studio._state.rev == rev


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@LAWS
@given(rows=ROWS)
def test_a_table_that_was_not_edited_changes_nothing(ending, rows, tmp_path: Path):
    with filled(rows) as studio:
        rev = studio._state.rev
        assert studio.update(read(studio.export(tmp_path / f"a.{ending}"))) == {}
        assert studio._state.rev == rev


@LAWS
@given(rows=ROWS)
def test_a_chat_line_holds_the_input_and_the_output(rows, tmp_path: Path):
    with filled(rows) as studio:
        lines = Path(studio.export(tmp_path / "a.jsonl")).read_text(encoding="utf-8").splitlines()
        messages = [json.loads(line)["messages"] for line in lines]
        assert [json.loads(m[-1]["content"]) for m in messages] == [r["output"] for r in rows]
        assert [json.loads(m[-2]["content"]) for m in messages] == [r["input"] for r in rows]


def _plain(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
