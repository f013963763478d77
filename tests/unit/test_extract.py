"""JSON out of a model's words: whole answers and streamed lists."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from synth_widgets.llm.structured import item_stream
from synth_widgets.llm.structured.extract import ItemStream, extract_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
CUTS = st.lists(st.integers(1, 12), min_size=1, max_size=40)
CHATTER = st.sampled_from(
    ["", "Sure! ", "Here are [some] for {you}:\n", "```json\n", '<think>[1, "x"] or {"items": [2]}</think>\n']
)


def read(text: str, cuts: list[int]) -> list[tuple[str, Any, bool]]:
    stream, found, at, turn = ItemStream(), [], 0, 0
    while at < len(text):
        step = cuts[turn % len(cuts)]
        found += stream.feed(text[at : at + step])
        at, turn = at + step, turn + 1
    return [(item.raw, item.value, item.error is None) for item in found + stream.end()]


@given(st.lists(JSON, max_size=6), CHATTER, CUTS, st.sampled_from([None, 2]), st.booleans())
def test_a_streamed_list_gives_its_items_however_it_is_cut(
    items: list[Any], chatter: str, cuts: list[int], indent: int | None, ascii_only: bool
) -> None:
    text = (
        chatter + json.dumps({"note": '"items": [', "items": items}, indent=indent, ensure_ascii=ascii_only) + "\n```"
    )
    found = read(text, cuts)
    assert [value for _, value, _ in found] == items
    assert all(valid for _, _, valid in found)


@given(st.text(alphabet='[]{}",:\\ \n`<>aitemsnk1', max_size=80), CUTS)
@example('{"items": ["a" b, {"c": ], "d"]', [1])
@example('<think>["x"]</thinking>["y", 1]', [1])
def test_any_text_whatever_gives_the_same_however_it_is_cut(text: str, cuts: list[int]) -> None:
    assert read(text, cuts) == read(text, [len(text) + 1])


@given(st.lists(JSON, min_size=1, max_size=5), st.integers(0, 300))
@example([[[], [], []]], 22)
def test_what_was_whole_before_a_truncation_has_been_yielded(items: list[Any], end: int) -> None:
    text = json.dumps({"items": items})
    end = min(end, len(text))
    found = read(text[:end], [3])
    assert [value for _, value, _ in found] == items[: len(found)]
    ends = [len(json.dumps({"items": items[: n + 1]})) - 2 for n in range(len(items))]
    whole = sum(place < end for place in ends)
    assert len(found) in {whole, whole + 1}


def test_an_object_comes_with_its_last_bracket_and_a_text_with_what_follows_it() -> None:
    stream = ItemStream()
    assert [item.value for item in stream.feed('{"items": [{"a": 1}')] == [{"a": 1}]
    assert stream.feed(', "b"') == []
    assert [item.raw for item in stream.feed(",")] == ['"b"']


@pytest.mark.parametrize(
    ("text", "valid", "broken"),
    [
        ('{"items": [{"a": }, {"a": 2}]}', [{"a": 2}], 1),
        ('{"items": ["He said "hi" to me", "next"]}', ["next"], 1),
        ('{"items": [{"a": 1, "a": 2}, "b"]}', ["b"], 1),
        ('{"items": [NaN, 1]}', [1], 1),
        ('{"items": [one, "two"]}', ["two"], 1),
        ('{"items": [{"a": [1, 2}, "b"]}', [], 1),
        ('{"items": ["a", "cut of', ["a"], 0),
        ('{"data": {"items": ["deep"]}}', ["deep"], 0),
        ('{"items": 3} ["z"]', ["z"], 0),
        ("[1, 2]", [1, 2], 0),
        ("no list here", [], 0),
    ],
)
def test_a_broken_item_costs_only_itself(text: str, valid: list[Any], broken: int) -> None:
    found = read(text, [1])
    assert [value for _, value, ok in found if ok] == valid
    assert sum(not ok for _, _, ok in found) == broken


def test_a_long_chatter_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read = 0
    opening = item_stream._OPENING

    class Counting:
        def search(self, text: str, at: int) -> re.Match[str] | None:
            nonlocal read
            found = opening.search(text, at)
            read += (found.end() if found else len(text)) - at
            return found

    monkeypatch.setattr(item_stream, "_OPENING", Counting())
    stream, chatter = ItemStream(), "so [x] {y} "
    for _ in range(2_000):
        stream.feed(chatter)
    assert [item.value for item in stream.feed('["a"]') + stream.end()] == ["a"]
    assert read <= 2_000 * len(chatter) + len('["a"]')


@given(JSON, st.sampled_from(["{}", "\n {} \n", "Sure:\n```json\n{}\n```\nDone", "```\n{}```"]))
def test_a_value_is_found_whole_or_in_a_fence(value: Any, around: str) -> None:
    text = around.replace("{}", json.dumps(value, ensure_ascii=False))
    assert extract_json(text) == (value, None)


@given(st.dictionaries(st.text(max_size=5), JSON, min_size=1, max_size=4))
def test_an_object_is_found_amid_chatter(value: dict[str, Any]) -> None:
    assert extract_json(f"As in [1], {{so}}: {json.dumps(value)} - is it [fine]?") == (value, None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("I cannot.", "no JSON"),
        ('{"a": 1', "cut off"),
        ('Sure: {"a": "b', "cut off"),
        ('{"a": 1, "a": 1}', "twice"),
        ('{"x": {"a": 1}, "x": 2}', "twice"),
        ('{"x": {"a": 1}, "y": "cut', "cut off"),
        ('{"x": {"a": 1}, y}', "not valid"),
        ('{"a": [Infinity]}', "Infinity"),
        ('{"a": 1e999}', "too large"),
        ('{"a": "\\ud800"}', "surrogate"),
        ("[" * 70 + "]" * 70, "deeper"),
        ("[" * 100_000, "cut off"),
        ('{"a": ' * 100_000 + "1" + "}" * 100_000, "deeper"),
    ],
)
def test_what_is_no_json_is_refused_with_its_reason(text: str, reason: str) -> None:
    value, said = extract_json(text)
    assert value is None
    assert reason in str(said)


@pytest.mark.parametrize("text", ['{"items": [[[1], [2]', '{"items": [{"a": [1], "b": {}', "[[1]"])
def test_what_was_cut_inside_an_element_is_no_element_however_whole_its_last_part_looks(text: str) -> None:
    assert read(text, [3]) in ([], [("[1]", [1], True)])


@pytest.mark.parametrize("answer", ['{"items": ["%s"]}', '{"items": [{"a": "%s"}]}', 'So {"a": "%s"} {"items": ["b"]}'])
def test_a_long_text_in_small_pieces_is_read_once(answer, monkeypatch):
    read = 0
    inside = item_stream._inside

    def counting(text: str, at: int) -> int:
        nonlocal read
        end = inside(text, at)
        read += end - at
        return end

    monkeypatch.setattr(item_stream, "_inside", counting)
    text = answer % ("word " * 200)
    stream = ItemStream()
    found = [item for letter in text for item in stream.feed(letter)] + stream.end()
    assert len(found) == 1
    assert read <= len(text)
