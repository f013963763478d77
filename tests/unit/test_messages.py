"""A conversation says the same in its plain form and back, and is never changed."""

from __future__ import annotations

from typing import Any

import pytest

from synth_widgets.messages import Conversation, Message, ToolCall

CALLS = (ToolCall("call_1", "weather", '{"city": "Bern"}'), ToolCall("call_2", "time", "{}"))
PLAIN: list[dict[str, Any]] = [
    {"role": "developer", "content": "Be kind."},
    {
        "role": "user",
        "content": [{"type": "text", "text": "What is "}, {"type": "text", "text": "this?"}],
        "name": "ada",
    },
    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Bern"}'}},
            {"id": "call_2", "type": "function", "function": {"name": "time", "arguments": "{}"}},
        ],
    },
    {"role": "tool", "content": "12 °C", "tool_call_id": "call_1"},
    {"role": "tool", "content": "9:41", "tool_call_id": "call_2"},
    {"role": "assistant", "content": "Rather cold."},
]


def test_the_plain_form_comes_back_as_it_was() -> None:
    talk = Conversation.from_json(PLAIN)
    assert talk.to_json() == PLAIN
    assert list(talk.to_json()[0]) == ["role", "content"]
    assert talk == Conversation.from_json(talk.to_json())
    assert talk[3].tool_calls == CALLS


def test_a_conversation_is_built_by_role_and_stays_as_it_was() -> None:
    talk = Conversation().system("Be kind.").user("Is it cold?")
    more = talk.add([Message("assistant", tool_calls=CALLS)]).tool(CALLS[0], "12 °C").assistant("Rather.")
    assert len(talk) == 2
    assert more[:2] == talk
    assert [message.role for message in more] == ["system", "user", "assistant", "tool", "assistant"]
    assert more[3].tool_call_id == "call_1"
    assert hash(more) == hash(Conversation.from_json(more.to_json()))
    with pytest.raises(AttributeError):
        talk.messages = ()  # type: ignore[misc]


def test_the_words_of_the_system_are_apart_from_the_turns() -> None:
    talk = Conversation.from_json(
        [*PLAIN, {"role": "system", "content": "Be brief."}, {"role": "system", "content": " "}]
    )
    assert talk.system_text == "Be kind.\n\nBe brief."
    assert [turn.to_json() for turn in talk.turns] == PLAIN[1:]
    assert talk.turns[0].text == "What is this?"
    assert talk.turns[1].text == talk.turns[2].text == ""


def test_an_endpoint_without_a_system_reads_its_words_first_and_nothing_is_lost() -> None:
    merged = Conversation.from_json(PLAIN).without_system().to_json()
    first = {"type": "text", "text": "Be kind."}
    assert merged == [{**PLAIN[1], "content": [first, *PLAIN[1]["content"]]}, *PLAIN[2:]]
    assert Conversation().system("Say something.").without_system() == Conversation().user("Say something.")
    begun = Conversation().system("Be kind.").assistant("Hello!")
    assert begun.without_system() == Conversation().user("Be kind.").assistant("Hello!")
    assert begun[1:].without_system() == begun[1:]


@pytest.mark.parametrize(
    "message",
    [
        {"content": "Hello"},
        {"role": None, "content": "Hello"},
        {"role": "assistant", "tool_calls": [{"id": "call_1", "type": "custom", "custom": {"name": "x"}}]},
        {"role": "assistant", "tool_calls": [{"function": {"name": "x", "arguments": "{}"}}]},
        {"role": "assistant", "tool_calls": ["x"]},
    ],
)
def test_what_is_no_message_is_said_to_be_none(message: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="unlike"):
        Conversation.from_json([message])
