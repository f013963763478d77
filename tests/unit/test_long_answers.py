"""Answers of megabytes are read as short ones are, with bounded work, and not on the engine's thread."""

from __future__ import annotations

import json
import re
import threading
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import synth_widgets as sw
from synth_widgets.generation import outputs
from synth_widgets.llm.completer import Answer, Request
from synth_widgets.llm.structured import extract, json_text
from synth_widgets.llm.structured.extract import extract_json, listed
from synth_widgets.llm.structured.item_stream import SLOW, ItemStream
from synth_widgets.llm.structured.json_text import LONG, balanced, each, parse_json
from synth_widgets.llm.transports.openai_http import OpenAICompleter
from synth_widgets.llm.transports.reading import read_json
from synth_widgets.testing import ScriptedCompleter
from tests.endpoint import Endpoint
from tests.tasks import PLAIN, TRIAGE

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, st.booleans(), st.sampled_from([None, 2]))
@example('\U0001f642\\"/\b\x00é\n', True, None)
@example({"a\\": ["\\\\", '\\"']}, False, None)
def test_what_is_read_in_small_steps_is_the_same(value: Any, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_text, "_WINDOW", 16)
        patch.setattr(json_text, "_REACH", 12)
        assert json_text._PATIENT.decode(text) == value
        assert json_text._PLAIN.decode(text) == value


@given(st.text(alphabet='{}[]"\\:,1aueb0Ndt \n', max_size=40))
@example('["\\ud83d\\ude42"]')
@example('["\\ud83d"]')
@example('["\\x"]')
@example('["\\u12"]')
@example("[1e999]")
def test_what_is_refused_in_small_steps_is_the_same(text: str) -> None:
    def read(decoder: json.JSONDecoder) -> Any:
        try:
            return decoder.decode(text)
        except ValueError:
            return ValueError

    assert read(json_text._PATIENT) == read(json_text._DECODER)


@given(st.text(alphabet="ab<>/ ", max_size=60), st.integers(10, 20))
def test_a_search_in_steps_finds_the_same(text: str, window: int) -> None:
    pattern = re.compile(r"</?[ab]{1,4}>")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_text, "_WINDOW", window)
        patch.setattr(json_text, "_REACH", 7)
        found = [(match.start(), match[0]) for match in each(pattern, text)]
    assert found == [(match.start(), match[0]) for match in pattern.finditer(text)]


@pytest.mark.parametrize(
    ("text", "end"),
    [('{"a": "}\\""} x', 12), ("[[{}]]", 6), ('{"a": "b', None), ('["\\\\"]', 6), ("[(]", 3), ("[", None)],
)
def test_where_a_value_ends(text: str, end: int | None) -> None:
    assert balanced(text, 0) == end


LOOPS = [
    '{"a":} ',
    '{"a": 1, "a": 2} ',
    "{'a' 1} ",
    '[["x"] ',
    "```\n{a}\n```\n",
    '{"kind": "q"} ',
    "</think>{ ",
    '{"\\" ',
]


@pytest.mark.parametrize("loop", LOOPS)
def test_a_model_that_loops_is_looked_at_for_a_while_only(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = checked = 0

    def parsing(text: str) -> Any:
        nonlocal parsed
        parsed += 1
        return parse_json(text)

    def check(value: Any) -> Any:
        nonlocal checked
        checked += 1
        return value, "no"

    monkeypatch.setattr(extract, "parse_json", parsing)
    for read in (extract_json, listed):
        read(loop * 40_000, check)
        assert parsed <= 2_000
        assert checked <= 2_000
        parsed = checked = 0


def test_the_answer_behind_a_few_broken_ones_is_still_found() -> None:
    text = '{"a":} ' * 20 + '{"kind": "a", "note": "late"}'
    assert outputs.read(Answer(text), TRIAGE) == ({"kind": "a", "note": "late"}, None)


def test_long_answers_are_read_by_a_worker_and_short_ones_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: dict[int, str] = {}

    def read(answer: Answer, *told: Any) -> Any:
        threads[len(answer.text)] = threading.current_thread().name
        return real(answer, *told)

    real = outputs.read
    monkeypatch.setattr(outputs, "read", read)
    texts = [json.dumps({"kind": "a", "note": "x" * size}) for size in (1, SLOW)]
    with sw.Studio(TRIAGE, path=":memory:", model=ScriptedCompleter(answers=texts, concurrency=1)) as studio:
        studio.add_samples([{"input": "one"}, {"input": "two"}])
        assert studio.generate_outputs().wait(30).added == 2
        assert sorted(sample.output["note"] for sample in studio.samples) == ["x", "x" * SLOW]
    short, long = (threads[size] for size in sorted(threads))
    assert short == "synth-engine"
    assert long.startswith("synth-worker")


def test_a_long_item_is_left_to_who_can_wait() -> None:
    (item,) = ItemStream().feed(json.dumps({"items": ["x" * SLOW]}))
    assert (item.value, item.is_read) == (None, False)
    assert item.read().value == "x" * SLOW
    (broken,) = ItemStream().feed(f'{{"items": [{{"a": "{"x" * SLOW}" "b" 1}}, 1]}}')[:1]
    assert "not valid JSON" in str(broken.read().error)


@pytest.mark.parametrize("chunk", [1_000, 10**9])
def test_long_lists_and_items_become_rows(chunk: int) -> None:
    many = json.dumps({"items": [f"An input {n} {'x' * 50}" for n in range(3_000)]})
    long = json.dumps({"items": ["y" * 3 * SLOW, "short"]})
    for text, n in ((many, 3), (long, 2), (f"Here: {long}", 2)):
        model = ScriptedCompleter(answers=[text], chunk=chunk)
        with sw.Studio(PLAIN, path=":memory:", model=model) as studio:
            assert studio.generate_inputs(n=n).wait(30).added == n
            wanted = json.loads(text.removeprefix("Here: "))["items"][:n]
            assert sorted(sample.input for sample in studio.samples) == sorted(wanted)


def test_a_list_is_not_read_beyond_what_is_wanted() -> None:
    stream = ItemStream(most=2)
    assert [item.value for item in stream.feed('["a", "b", "c"')] == ["a", "b"]
    assert stream.done
    assert stream.feed(', "d"]') == stream.end() == []


@pytest.mark.parametrize("streams", [False, True])
async def test_a_body_of_more_than_half_a_megabyte_is_the_answer_that_it_was(streams: bool) -> None:
    text = '{"a": "\\"é🙂"}\n' * (LONG // 8)
    heard: list[str] = []
    with Endpoint(chunk=LONG) as endpoint:
        endpoint.answers = [text]
        completer = OpenAICompleter(sw.Model("openai/any", api_base=endpoint.url, api_key=endpoint.key))
        request = Request([{"role": "user", "content": "Hi"}])
        answer = await completer.complete(request, heard.append if streams else None)
        await completer.close()
    assert answer.text == text
    assert "".join(heard) == (text if streams else "")


def test_what_is_long_and_no_json_says_so() -> None:
    with pytest.raises(Exception, match="not JSON"):
        read_json('{"a": ' + "x" * LONG)
    assert "not valid JSON" in str(parse_json('{"a": "' + "x" * LONG + '" "b"}')[1])
