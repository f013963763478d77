"""One table of formats of files: `export` writes by it, and `add_samples` reads by it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from synth_widgets.errors import StudioError
from synth_widgets.exchange import formats, rows
from tests.tasks import PLAIN

SAMPLES = [{"input": "I am Ada.", "output": "Hello, Ada!"}, {"input": "I am Bob.", "output": "Hello, Bob!"}]


def write_pairs(_state, _task, samples, file):
    file.write(json.dumps([[sample.input, sample.output] for sample in samples]).encode())


def read_pairs(path):
    return rows.rows_of([{"input": i, "output": o} for i, o in json.loads(path.read_bytes())])


@pytest.fixture
def pairs(monkeypatch):
    """A format more, as a line of the table."""
    pairs = formats.Format("pairs", (".pairs", ".prs"), write_pairs, read_pairs, needs_output=True)
    monkeypatch.setitem(formats.FORMATS, "pairs", pairs)


def test_names_and_endings_are_each_of_one_format():
    assert get_args(formats.FormatName) == tuple(formats.FORMATS)
    assert [format.name for format in formats.FORMATS.values()] == list(formats.FORMATS)
    endings = [ending for format in formats.FORMATS.values() for ending in format.endings]
    assert len(set(endings)) == len(endings)


@pytest.mark.usefixtures("pairs")
def test_a_line_more_is_written_and_read_and_named_in_messages(open_studio, tmp_path):
    studio = open_studio(task=PLAIN)
    studio.add_samples([*SAMPLES, {"input": "I am Eve."}])
    with pytest.warns(UserWarning, match="1 of 3 samples have no output and are left out"):
        path = studio.export("a.pairs", status="all")
    studio.export("a.PRS", status="draft")
    studio.export("b.txt", status="draft", format="pairs")
    assert Path(path).read_bytes() == Path("a.PRS").read_bytes() == Path("b.txt").read_bytes()

    other = open_studio(task=PLAIN, path=tmp_path / "other.synth")
    for given in (path, Path("a.PRS")):
        assert other.add_samples(given).added == 2
    assert [{"input": s.input, "output": s.output} for s in other.samples] == SAMPLES * 2

    with pytest.raises(StudioError, match=r"\.parquet \(parquet\), \.pairs \(pairs\), \.prs \(pairs\), or give"):
        studio.export("a")
    with pytest.raises(StudioError, match="Formats: chat, csv, parquet, pairs"):
        studio.export("a", format="dpo")


@pytest.mark.parametrize("given", ["a.csv", Path("a.parquet"), "a", "", "~nobody/a.csv", "a\0.csv"])
def test_files_of_formats_without_a_reader_are_refused_as_any_text(given, open_studio):
    with pytest.raises(StudioError, match=rf"Samples are given as a DataFrame.* not as {type(given).__name__}"):
        open_studio(task=PLAIN).add_samples(given)
