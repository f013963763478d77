"""Samples as text for the clipboard: what is pasted is what was copied, and nothing of it is run."""

from __future__ import annotations

import ast
import csv
import io
import json

import pytest

from synth_widgets.errors import StudioError, UnknownIdError
from synth_widgets.exchange import clipboard
from tests.replica import Peer
from tests.tasks import PLAIN, TICKETS

HARD = [
    'a\tb "c"',
    "two\nlines\r\nmore",
    "a\rb",
    '"',
    "שלום",
    "😀 \u2028",
    "",
    "x" * 100_000,
    "\x00\x1b",
    "[1]",
    "null",
]


def pasted(text: str) -> list[list[str]]:
    """Read a table as a spreadsheet does."""
    return list(csv.reader(io.StringIO(text, newline=""), "excel-tab"))


@pytest.fixture
def hard(open_studio):
    """A studio of plain text whose samples are hard to write down."""
    studio = open_studio(None, PLAIN)
    studio.add_samples([{"input": f"{n} {text}", "output": f"{n}{text}"} for n, text in enumerate(HARD)])
    return studio


def test_a_table_comes_back_cell_by_cell(hard):
    samples = list(hard.samples)
    head, *rows = pasted(hard.samples.as_text([s.id for s in samples]))
    assert head == ["input", "output"]
    assert rows == [[s.input, s.output] for s in samples]


def test_json_and_python_come_back_as_they_were(hard):
    ids = [s.id for s in hard.samples]
    values = [{"input": s.input, "output": s.output} for s in hard.samples]
    assert json.loads(hard.samples.as_text(ids, "json")) == values
    assert ast.literal_eval(hard.samples.as_text(ids, "python")) == values
    assert hard.samples.as_text([], "json") == "[\n]\n"


def test_fields_are_columns_and_values_are_json(open_studio):
    studio = open_studio(None, TICKETS)
    first = {"subject": "Late", "urgent": True}
    added = studio.add_samples([{"input": first, "output": {"reply": "Soon.", "more": [1]}}, {"input": first}])
    assert pasted(studio.samples.as_text(added.ids)) == [
        ["input.subject", "input.urgent", "output.reply", "output.*extra"],
        ["Late", "true", "Soon.", '{"more": [1]}'],
        ["Late", "true", "", ""],
    ]
    assert ast.literal_eval(studio.samples.as_text(added.ids[1], "python")) == [{"input": first, "output": None}]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", "＝1", "'=1"])
def test_no_text_is_a_formula(text, open_studio):
    studio = open_studio(None, PLAIN)
    added = studio.add_samples([{"input": "I am Ada.", "output": text}])
    assert pasted(studio.samples.as_text(added.ids))[1] == ["I am Ada.", f"'{text}"]


def test_a_number_is_no_text_and_stays_a_number(open_studio):
    studio = open_studio(None, TICKETS)
    added = studio.add_samples([{"input": {"subject": "=A1", "urgent": True, "n": -5}}])
    assert pasted(studio.samples.as_text(added.ids))[1] == ["'=A1", "true", '{"n": -5}', ""]


def test_what_cannot_be_copied_says_why(hard):
    with pytest.raises(UnknownIdError):
        hard.samples.as_text("0000000000")
    with pytest.raises(StudioError, match=r"no format 'jsn'.*Did you mean 'json'"):
        hard.samples.as_text([], "jsn")
    with pytest.raises(StudioError, match="11 samples are more than 1,000 characters of tsv"):
        clipboard.as_text(list(hard._core.state.samples.values()), PLAIN, limit=1000)


def test_the_browser_gets_the_same_text(hard):
    peer = Peer(hard._core, hard)
    peer.hello()
    ids = [s.id for s in hard.samples]
    for given in ({"ids": ids}, {"ids": ids, "format": "json"}, {"ids": ids, "format": "python"}):
        assert peer.do("copy", **given)["ok"] == hard.samples.as_text(**given)
    assert "format" in peer.do("copy", ids=ids, format="xlsx")["error"]["message"]
