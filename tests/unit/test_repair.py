"""JSON that is almost right is used when nothing of it is a guess, and asked for again otherwise."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from synth_widgets.llm.structured.extract import ItemStream, extract_json
from synth_widgets.llm.structured.repair import mended

WORDS = st.text(alphabet="abcxyz ,.:éß-", max_size=12)
VALUES = st.recursive(
    WORDS | st.integers(-99, 99) | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{'a': 'x', 'b': True, 'c': None}", {"a": "x", "b": True, "c": None}),
        ('{"a": [1, 2,],}', {"a": [1, 2]}),
        ("{kind: 'a', note: \"it's late\"}", None),
        ('{kind: "a", "note": "late"}', {"kind": "a", "note": "late"}),
        ('{"a": 1 "b": 2}', {"a": 1, "b": 2}),
        ("Here it is:\n```json\n{'a': 1,}\n```\nAnything else?", {"a": 1}),
        ("Sure! {'a': 1,} Bye.", {"a": 1}),
        (
            '{"a": -42.5, "b": "-5, –5 & (so): ½!", "c": [true, -1 null],}',
            {"a": -42.5, "b": "-5, –5 & (so): ½!", "c": [True, -1, None]},
        ),
        (r'{"path": "C:\\new \"x\"", "note": "a\nb",}', {"path": 'C:\\new "x"', "note": "a\nb"}),
    ],
)
def test_what_is_almost_json_is_read(text, value):
    assert extract_json(text)[0] == value


@pytest.mark.parametrize(
    "text",
    [
        '{"a" 1}',  # the number would be lost
        "{'a': 'it's late'}",  # nobody knows where the text ends
        '{"a": "cut o',
        '{"a": 1, "b":',
        '{"a": 1, "a": 2,}',  # one of them would be lost
        '{"n": 1e999,}',
        '{"a": –42.5}',  # what stands at a number belongs to it
        "[−1, 2]",
        '{"a": <5}',
        '{"a": (42.5)}',
        '{"a": 12-}',
        '{"a": - 5}',
        '{"a": $5}',
        '{"a": 5%}',
        '{"a": 5 000}',
        '{"a": !true}',
        '{"a": "x"!}',
        "[1 - 2]",
        "[1,,3]",  # a value is missing
        "[, 1]",
        '{"code": """print(1)"""}',
        "{'code': '''print(1)'''}",
        r'{"a": "https:\/\/a.org\/x",}',  # json_repair leaves the backslashes there
        r'{"a": "\d+",}',
        r'{"a": "\ud83d\ude00",}',
        "I really {cannot} say",
        "[" * 5000,
        '{"a": "' + "x" * 30_000 + '",}',
    ],
)
def test_what_would_be_a_guess_is_not(text):
    assert extract_json(text)[0] is None


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), VALUES, min_size=1, max_size=4))
@example({"a": "", "b": ",c:"})
def test_python_notation_of_any_value_comes_back_or_is_refused_but_never_as_another(value: dict[str, Any]) -> None:
    found = mended(repr(value))
    assert found is None or found == value


@given(st.lists(VALUES, min_size=1, max_size=4))
@example([{"a": ",ß"}, ":"])
def test_a_trailing_comma_never_makes_another_value(values: list[Any]) -> None:
    text = json.dumps({"items": values})[:-2] + ",]}"
    found, reason = extract_json(text)
    assert found == {"items": values} or reason is not None, "asked for again, never taken for another value"


def test_an_item_of_a_streamed_list_that_is_almost_right_is_one():
    stream = ItemStream()
    items = stream.feed("""{"items": [{"a": 1,}, {'a': 2}, {"a" 3}]}""") + stream.end()
    assert [item.value for item in items] == [{"a": 1}, {"a": 2}, None]


@pytest.mark.parametrize(
    "text", ["[" + "{]" * 3_000 + "]", "{" * 3_000 + "a}", "```" + "a" * 10**6, "```\n[{]" * 10**4 + "```"]
)
def test_what_would_take_for_ever_is_not_even_tried(text: str) -> None:
    assert extract_json(text)[1] is not None
