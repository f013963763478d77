"""Right answers in a wrapping are taken, wrong or doubtful ones are asked for again."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

import synth_widgets as sw
from synth_widgets.generation import inputs, outputs, topics
from synth_widgets.llm.completer import Answer, Request
from synth_widgets.llm.structured.extract import extract_json, listed
from synth_widgets.llm.transports.anthropic_format import MessageReading
from synth_widgets.llm.transports.openai_format import ChatReading
from synth_widgets.llm.transports.reading import Reading
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import PLAIN, TICKETS, TRIAGE

RIGHT = {"kind": "a", "note": "late"}
TEXT = json.dumps(RIGHT)
OTHER = json.dumps({"kind": "b", "note": "lost"})
SEVERAL = "the answer holds several values that differ; one is wanted"


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        f"[{TEXT}]",
        f'{{"Triage": {TEXT}}}',
        f'{{"answer": {TEXT}, "confidence": 0.9}}',
        json.dumps(TEXT),
        json.dumps({"answer": TEXT}),
        f'{{"name": "answer", "parameters": {TEXT}}}',
        f'{{"name": "answer", "arguments": {TEXT}}}',
        json.dumps({"name": "answer", "arguments": TEXT}),
        f'<tool_call>\n{{"name": "answer", "arguments": {TEXT}}}\n</tool_call>',
        f'<|python_tag|>{{"type": "function", "name": "answer", "parameters": {TEXT}}}',
        f'[TOOL_CALLS][{{"name": "answer", "arguments": {TEXT}}}]',
        json.dumps({"tool_calls": [{"type": "function", "function": {"name": "answer", "arguments": TEXT}}]}),
        f'{{"type": "object", "properties": {TEXT}}}',
        f"{TEXT}\n{TEXT}",
        f"Here:\n```json\n{TEXT}\n```\nAs you see, {TEXT}.",
        f'An example is {{"kind": "z", "note": "x"}}; the answer: {TEXT}',
        f"The schema {json.dumps(TRIAGE.output.json)} asks for {TEXT}",
        f"<answer>{TEXT}</answer>",
        f"[{TEXT}, null]",
    ],
)
def test_the_only_value_that_complies_is_the_answer(text: str) -> None:
    assert outputs.read(Answer(text), TRIAGE) == (RIGHT, None)


@pytest.mark.parametrize(
    "text",
    [
        f"{TEXT}\n{OTHER}",
        f"First {TEXT}. No, better: {OTHER}",
        f"```json\n{TEXT}\n```\nor\n```json\n{OTHER}\n```",
        f"[{TEXT}, {OTHER}]",
        f'{{"first": {TEXT}, "second": {OTHER}}}',
    ],
)
def test_of_several_values_that_comply_none_is_guessed(text: str) -> None:
    assert outputs.read(Answer(text), TRIAGE) == (None, SEVERAL)


def test_true_and_one_are_two_values() -> None:
    assert extract_json('{"a": 1} {"a": true}') == (None, SEVERAL)
    assert extract_json('{"a": 1, "b": 2} {"b": 2, "a": 1}') == ({"a": 1, "b": 2}, None)


TREE = sw.Task(
    "Tree",
    "Name the part.",
    output_schema={
        "type": "object",
        "properties": {"name": {"type": "string"}, "size": {"type": "integer"}, "part": {"$ref": "#"}},
        "required": ["name"],
    },
)
LOOSE = sw.Task("Loose", "Say it.", output_schema={"type": "object", "properties": {"summary": {"type": "string"}}})


def test_what_is_inside_of_the_answer_itself_is_not_taken_for_it() -> None:
    value, problem = outputs.read(Answer('{"size": 3, "part": {"name": "leaf"}}'), TREE)
    assert (value, problem) == ({"size": 3, "part": {"name": "leaf"}}, "name is missing")


def test_a_wrapping_that_complies_by_chance_is_taken_off_too() -> None:
    for text in ('{"name": "answer", "arguments": {"summary": "late"}}', '{"Loose": {"summary": "late"}}'):
        assert outputs.read(Answer(text), LOOSE) == ({"summary": "late"}, None)
    assert outputs.read(Answer("{}"), LOOSE) == ({}, None)
    assert outputs.read(Answer('{"note": {"a": 1}}'), LOOSE) == ({"note": {"a": 1}}, None)


def test_the_answer_of_a_task_for_text_is_never_taken_apart() -> None:
    assert outputs.read(Answer('{"answer": "late"}'), PLAIN) == ('{"answer": "late"}', None)


@pytest.mark.parametrize("finish", ["filter", "refusal"])
def test_what_is_withheld_is_no_answer_however_whole_it_looks(finish: Any) -> None:
    assert outputs.read(Answer(TEXT, finish), TRIAGE)[1] is not None


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ("late", "late"),
        ({"input": "late"}, "late"),
        ({"text": "late", "id": 3}, "late"),
        (["late"], "late"),
        ({"input": {"text": "late"}}, "late"),
    ],
)
def test_an_object_with_one_text_is_the_text_that_was_wanted(item: Any, value: str) -> None:
    assert inputs.read(item, PLAIN) == (value, None)


@pytest.mark.parametrize("item", [{"title": "late", "text": "My box is late"}, [], {}, 3, {"input": ""}])
def test_what_has_no_text_or_several_is_none(item: Any) -> None:
    assert inputs.read(item, PLAIN)[1] is not None


TICKET = {"subject": "late", "urgent": True}


@pytest.mark.parametrize(
    "item", [TICKET, {"input": TICKET}, [TICKET], json.dumps(TICKET), {"ticket": json.dumps(TICKET)}]
)
def test_an_input_in_a_wrapping_is_one(item: Any) -> None:
    assert inputs.read(item, TICKETS) == (TICKET, None)


@pytest.mark.parametrize(
    "text",
    [
        '{"topics": ["Brakes", "Tyres"]}',
        '{"data": {"topics": ["Brakes", "Tyres"]}}',
        '{"topics": ["Brakes", "Tyres"], "count": 2, "scores": [1, 2]}',
        '{"1": "Brakes", "2": "Tyres"}',
        '{"name": "answer", "arguments": "{\\"topics\\": [\\"Brakes\\", \\"Tyres\\"]}"}',
        '"Brakes"\n"Tyres"',
        '"Brakes",\n"Tyres"',
        '{"topic": "Brakes"}\n{"topic": "Tyres"}',
        '{"topic": "Brakes", "size": 1}\n\n{"topic": "Tyres", "size": 2}\n',
        '```jsonl\n{"topic": "Brakes"}\n{"topic": "Tyres"}\n```',
        "- Brakes\n- Tyres",
        "Here are two:\n\n* Brakes\n* Tyres\n\nShall I go on?",
        "1. Brakes\n2. Tyres",
        "  - Brakes\n  - Tyres",
        "1) **Brakes**\n2) **Tyres**",
        '• "Brakes"\n• "Tyres"',
        '1. {"topic": "Brakes"}\n2. {"topic": "Tyres"}',
        "Hm, {so} it is.</think>\n- Brakes\n- Tyres",
        '{"reasoning": "I cover the whole range.", "topics": ["Brakes", "Tyres"]}',
        '{"language": "en", "topics": ["Brakes", "Tyres"], "note": ""}',
        '{"topic": "The car", "subtopics": ["Brakes", "Tyres"]}',
        '{"data": {"status": "ok", "data": [{"topic": "Brakes"}, {"topic": "Tyres"}]}}',
    ],
)
def test_a_list_in_another_shape_is_one(text: str) -> None:
    found = listed(text, topics.read)
    kept = [inputs.fitting(item.value, topics.read) for item in found]
    assert kept == [("Brakes", None), ("Tyres", None)]


def test_a_list_of_one_beside_a_remark_is_one() -> None:
    for text in ('{"status": "ok", "data": ["Brakes"]}', '{"language": "en", "topics": ["Brakes"]}'):
        assert [item.value for item in listed(text, topics.read)] == ["Brakes"]


def test_messages_one_a_line_are_inputs() -> None:
    found = listed('{"message": "Where is it?"}\n{"message": "Help!"}', inputs.check(PLAIN))
    assert [inputs.fitting(item.value, inputs.check(PLAIN))[0] for item in found] == ["Where is it?", "Help!"]


def test_of_an_answer_that_was_cut_bullets_are_no_list_but_json_is() -> None:
    assert listed("My plan:\n- Read the task\n- Name the parts", topics.read, was_cut=True) == []
    lines = '{"topic": "Brakes"}\n{"topic": "Tyres"}'
    assert len(listed(lines, topics.read, was_cut=True)) == 2


@pytest.mark.parametrize(
    "text",
    [
        "I would rather not.",
        '{"topics": ["Brakes"], "notes": ["It is late"]}',
        '{"topic": "Brakes", "examples": ["It squeaks"]}',
        '{"topics": ["Brakes", "Ty',
        "- Brakes\nwhich squeak\n- Tyres",
        "As you wish:\n- Ada",
        "- Brakes\n  - they squeak\n- Tyres",
        '{"items": "Brakes, Tyres"}',
        '{"error": "I cannot help with that."}',
        '{"data": {"error": "I cannot help with that."}}',
        '{"error": "I cannot help with that.", "topics": ["Brakes", "Tyres"]}',
        '{"topics": [], "note": "none left"}',
        '{"message": "There are none left."}',
        "The user wants topics. My plan:\n\nFirst, these steps:\n- Read the task\n- Name the parts",
        "I thought of this\n- Read the task\n- Name the parts",
        "I can't do that, but would do so:\n- Read the task\n- Name the parts",
        "[1, 2, 3]",
    ],
)
def test_what_is_no_list_or_may_be_several_is_asked_for_again(text: str) -> None:
    assert [item for item in listed(text, topics.read) if topics.read(item.value)[1] is None] == []


def test_objects_under_another_key_or_in_lines_are_inputs() -> None:
    tickets = [TICKET, {"subject": "lost", "urgent": False}]
    for text in (json.dumps({"tickets": tickets}), "\n".join(map(json.dumps, tickets)), json.dumps(tickets)):
        found = listed(text, inputs.check(TICKETS), None, inputs.fields(TICKETS))
        assert [item.value for item in found] == tickets
    assert [item.value for item in listed(json.dumps(TICKET), inputs.check(TICKETS), None, inputs.fields(TICKETS))] == [
        TICKET
    ]


# ---------------------------------------------------------------- in the formats of endpoints

CALL = {"name": "answer", "arguments": TEXT}


def chat(message: Any, **choice: Any) -> Reading:
    reading = ChatReading()
    reading.whole({"choices": [{"finish_reason": "stop", "message": message, **choice}]})
    return reading


@pytest.mark.parametrize(
    "message",
    [
        {"content": TEXT},
        {"content": RIGHT},
        {"content": [RIGHT]},
        {"content": [{"type": "text", "text": TEXT}]},
        {"content": [TEXT]},
        {
            "content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]},
                {"type": "text", "text": TEXT},
            ]
        },
        {"content": [{"type": "reasoning", "text": "Hm."}, {"type": "output_text", "text": TEXT}]},
        {"content": None, "function_call": CALL},
        {"content": "", "function_call": {"name": "answer", "arguments": RIGHT}},
        {"content": None, "tool_calls": [CALL]},
        {"content": None, "tool_calls": [{"type": "function", "function": {"name": "answer", "parameters": RIGHT}}]},
        {"content": TEXT, "tool_calls": [{"function": {"name": "answer", "arguments": "{}"}}]},
        {"content": TEXT, "tool_calls": []},
        {"content": None, "parsed": RIGHT},
        {"content": None, "tool_calls": [{"id": str(n), "function": CALL} for n in range(2)]},
    ],
)
def test_an_answer_is_found_wherever_a_message_holds_it(message: dict[str, Any]) -> None:
    assert outputs.read(Answer(chat(message).text), TRIAGE) == (RIGHT, None)


def test_calls_of_the_tool_that_differ_are_several_answers() -> None:
    calls = [{"id": str(n), "function": {"name": "answer", "arguments": text}} for n, text in enumerate((TEXT, OTHER))]
    assert outputs.read(Answer(chat({"tool_calls": calls}).text), TRIAGE) == (None, SEVERAL)
    assert outputs.read(
        Answer(chat({"tool_calls": [calls[0], {"function": {"arguments": '{"kind": 0}'}}]}).text), TRIAGE
    )


def test_a_choice_without_a_message_has_its_text() -> None:
    reading = ChatReading()
    reading.whole({"choices": [{"finish_reason": "stop", "text": TEXT}]})
    assert reading.text == TEXT
    assert chat(TEXT).text == TEXT


@pytest.mark.parametrize(
    "message",
    [
        {"reasoning_content": "Hm."},
        {"reasoning": "Hm."},
        {"reasoning": "Hm.", "reasoning_content": "Hm."},
        {"thinking": "Hm."},
        {"reasoning": {"content": "Hm."}},
        {
            "reasoning_details": [
                {"type": "reasoning.text", "text": "Hm."},
                {"type": "reasoning.encrypted", "data": "x"},
            ]
        },
    ],
)
def test_thoughts_in_a_field_of_their_own_are_the_reasoning(message: dict[str, Any]) -> None:
    reading = chat({"content": "Hello.", **message})
    assert (reading.text, reading.reasoning) == ("Hello.", "Hm.")


def test_a_function_call_of_old_streams() -> None:
    reading, heard = ChatReading(), ""
    for part in ({"name": "answer"}, {"arguments": TEXT[:9]}, {"arguments": TEXT[9:]}):
        heard += reading.event({"choices": [{"delta": {"function_call": part}}]})
    assert heard == reading.text == TEXT


@pytest.mark.parametrize(
    "blocks",
    [
        [{"type": "text", "text": TEXT}],
        TEXT,
        [{"type": "tool_use", "name": "answer", "input": RIGHT}],
        [{"type": "tool_use", "name": "answer", "input": TEXT}],
        [{"type": "text", "text": TEXT}, {"type": "tool_use", "name": "answer", "input": {}}],
        [{"type": "tool_use", "name": "answer", "input": RIGHT}] * 2,
    ],
)
def test_an_answer_is_found_wherever_a_message_of_anthropic_holds_it(blocks: Any) -> None:
    reading = MessageReading()
    reading.whole({"type": "message", "content": blocks, "stop_reason": "end_turn"})
    assert outputs.read(Answer(reading.text), TRIAGE) == (RIGHT, None)


# ---------------------------------------------------------------- in a studio


def test_lists_in_another_shape_fill_a_studio() -> None:
    numbers = itertools.count()

    def answer(request: Request) -> str | None:
        lines = [f"- {request.step} {next(numbers)}" for _ in range(2)]
        return None if request.step == "outputs" else "\n".join(["Here:", *lines])

    with sw.Studio(TRIAGE, path=":memory:", model=ScriptedCompleter(answers=answer)) as studio:
        assert studio.grow(topics=2, samples=2).wait(30).added == 4


def test_topics_that_all_fail_say_so_to_who_waits() -> None:
    model = ScriptedCompleter(answers=lambda _: "I would rather not.")
    with sw.Studio(TRIAGE, path=":memory:", model=model) as studio:
        with pytest.warns(
            UserWarning, match="Nothing was made: 3 topics could not be made .no list of items|has no list"
        ):
            result = studio.generate_topics(n=3).wait(30)
        assert (result.added, result.failed) == (0, 3)
        assert "3 topics could not be made" in str(result.note)


def test_a_plan_that_was_cut_makes_no_rows() -> None:
    plan = "My plan:\n" + "- Read the task\n- Name the parts\n- Write them\n" * 4
    model = ScriptedCompleter(answers=lambda _: plan, faults=lambda *_: "truncate")
    with sw.Studio(TRIAGE, path=":memory:", model=model) as studio:
        with pytest.warns(UserWarning, match="Nothing was made"):
            studio.generate_topics(n=2).wait(30)
        assert sorted(path for path in studio.topics.paths() if path) == []
