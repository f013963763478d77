"""An end that is no good end is no answer: cut, withheld, or asked for again."""

from __future__ import annotations

from typing import Any

import pytest

from synth_widgets.llm.transports.anthropic_format import MessageReading
from synth_widgets.llm.transports.openai_format import ChatReading
from synth_widgets.llm.transports.reading import StreamError, end_of

GOOD = "stop STOP eos end_turn tool_calls function_call stop_sequence COMPLETE FinishReason.STOP".split()
CUT = "length max_tokens MAX_TOKENS model_context_window_exceeded model_length FINISH_REASON_MAX_TOKENS".split()
WITHHELD = "content_filter safety sensitive RECITATION prohibited_content SPII guardrail_intervened".split()
BAD = "error abort network_error cancelled insufficient_system_resource OTHER whatever x 7".split()


@pytest.mark.parametrize(
    ("words", "finish"), [(GOOD, "stop"), (CUT, "length"), (WITHHELD, "filter"), (["refusal"], "refusal")]
)
def test_ends_are_known_by_whichever_word(words: list[str], finish: str) -> None:
    assert {word: end_of(word) for word in words} == dict.fromkeys(words, finish)


@pytest.mark.parametrize("word", BAD)
@pytest.mark.parametrize("shape", ["message", "delta"])
def test_whatever_else_is_no_end_of_an_answer(word: Any, shape: str) -> None:
    reading = ChatReading()
    read = reading.whole if shape == "message" else reading.event
    with pytest.raises(StreamError, match=f"the answer ended with '{word}'"):
        read({"choices": [{shape: {"content": "Your parcel is on"}, "finish_reason": word}]})
    assert reading.finish is None


@pytest.mark.parametrize("word", BAD)
def test_nor_is_it_in_a_message_of_anthropic(word: Any) -> None:
    for told in (
        {"type": "message", "content": [{"type": "text", "text": "Your"}], "stop_reason": word},
        {"type": "message_delta", "delta": {"stop_reason": word}},
    ):
        reading = MessageReading()
        with pytest.raises(StreamError, match="the answer ended with"):
            (reading.whole if told["type"] == "message" else reading.event)(told)


def test_an_error_beside_an_answer_is_one() -> None:
    choice = {"message": {"content": "Your"}, "finish_reason": "stop", "error": {"code": 502, "message": "gone"}}
    with pytest.raises(StreamError, match="gone") as raised:
        ChatReading().whole({"choices": [choice]})
    assert raised.value.status == 502


@pytest.mark.parametrize("word", [None, "", "null", "function_call_filter: MALFORMED_FUNCTION_CALL"])
def test_who_says_nothing_of_the_end_is_believed(word: Any) -> None:
    reading = ChatReading()
    reading.whole({"choices": [{"message": {"content": "Hello"}, "finish_reason": word}]})
    assert (reading.text, reading.outcome) == ("Hello", "other")


def test_an_empty_word_in_each_event_is_no_end() -> None:
    reading = ChatReading()
    reading.event({"choices": [{"delta": {"content": "Hel"}, "finish_reason": ""}]})
    assert reading.finish is None
