"""The parts under the completer: events, waits, keys in an endpoint's words, proxies, the gate."""

from __future__ import annotations

import asyncio
import random
import time

import pytest

from synth_widgets.llm.concurrency import Gate
from synth_widgets.llm.providers import is_loopback
from synth_widgets.llm.transports import http_session
from synth_widgets.llm.transports.failures import asked_wait, redacted
from synth_widgets.llm.transports.sse import EventReader


def test_loopback_is_never_sent_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://proxy.example:3128")
    assert http_session.proxy_for("http://localhost:11434/v1") is None
    assert http_session.proxy_for("https://api.groq.com/openai/v1") == "http://proxy.example:3128"


def test_another_proxy_is_found_out_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_session, "PROXY_SECONDS", 0.05)
    for name in ("NO_PROXY", "no_proxy", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
    for proxy in ("http://proxy.example:3128", "http://another.example:3128"):
        monkeypatch.setenv("https_proxy", proxy)
        time.sleep(0.05)
        assert http_session.proxy_for("https://api.mistral.ai/v1") == proxy


def test_only_this_machine_is_loopback() -> None:
    hosts = {"127.0.0.1": True, "127.8.9.1": True, "[::1]": True, "localhost": True, "127.evil.example": False}
    assert {host: is_loopback(f"http://{host}:80/v1") for host in hosts} == hosts


def test_events_are_the_same_however_they_are_cut() -> None:
    told = (
        ': hi\r\n\r\ndata: {"a": "grün 🙂"}\r\n\r\nevent: x\r\ndata: two\r\ndata: lines\r\n\ndata: [DONE]\n\n'.encode()
    )
    whole = EventReader().feed(told)
    assert whole == ['{"a": "grün 🙂"}', "two\nlines", "[DONE]"]
    chance = random.Random(5)
    for _ in range(200):
        reader, found, at = EventReader(), [], 0
        while at < len(told):
            step = chance.randint(1, 9)
            found += reader.feed(told[at : at + step])
            at += step
        assert found + reader.end() == whole


def test_events_without_the_empty_line_between_and_without_an_end_are_read() -> None:
    reader = EventReader()
    assert reader.feed(b'data:{"a":1}\ndata: {"b":2}\ndata: [DONE]') == ['{"a":1}', '{"b":2}'][:1]
    assert reader.end() == ['{"b":2}', "[DONE]"]


@pytest.mark.parametrize("value", ["", "soon", "-3", "1e9", "Wed, 99 Foo 2026"])
def test_a_wait_that_is_no_wait_is_ignored(value: str) -> None:
    assert asked_wait({"retry-after": value}, 0.0) is None


def test_a_masked_or_shortened_key_is_taken_out_too() -> None:
    assert (
        redacted("key sk-abcd1234efgh5678 and sk-abcd*****5678 are bad", "sk-abcd1234efgh5678") == "key … and … are bad"
    )
    assert redacted("key abc", "abc") == "key …"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("test-loopback-0123456789", "The latest test model of this test-bench is not available."),
        ("sk-my-secret-password", "sk-my is wrong: a secret password is meant, not passwordless ones."),
        ("EMPTY", "The EMPTYness of an empty list"),
        ("ollama", "ollamas llama3.2 is not found"),
        ("lm-studio", "Is LM Studio running? lm-studios are many."),
        ("x", "An example of x-rays"),
        ("sk-proj-Zq81mMxVb7Xy0pLw", "The project sk-proj has no access to sk-project-models."),
        ("sk-proj-Zq81mMxVb7Xy0pLw", "Wait... the model sk... is not there. And so on..."),
        ("gsk_abcdefghijklmnop", "gsk_ keys are of Groq."),
    ],
)
def test_words_that_only_look_a_little_like_a_key_stay(key: str, words: str) -> None:
    kept = redacted(words, key)
    assert kept.replace("…", key) == words
    assert kept.count("…") <= (" x-" in words)


@pytest.mark.parametrize(
    "shown",
    ["sk-proj-Zq81mMxVb7Xy0pLw", "xsk-proj-Zq81mMxVb7Xy0pLwx", "sk-proj-Zq81mMxV", "sk-proj-Zq81", "sk-p...0pLw",
     "sk-proj-****0pLw", "sk-…pLw", "...Xy0pLw", "b7Xy0pLw", "sk-proj-Zq81mMxVb7Xy"],
)  # fmt: skip
def test_what_is_shown_of_a_key_is_taken_out_however_it_is_shortened(shown: str) -> None:
    told = redacted(f"The key {shown} is wrong.", "sk-proj-Zq81mMxVb7Xy0pLw")
    assert told.startswith("The key ")
    assert told.endswith(" is wrong.")
    assert not any(part in told for part in ("Zq8", "7Xy", "0pLw"))


@pytest.mark.parametrize("page", ["a" * 10**6, "ab-" * 10**5, "a*" * 10**5, "a**" * 10**5, "sk-a" * 10**5])
def test_a_page_of_nonsense_instead_of_a_refusal_holds_nobody_up(page: str) -> None:
    """With a step for each two of its letters it would not come to an end."""
    assert isinstance(redacted(page, "sk-abcd1234efgh5678"), str)


def test_a_long_line_is_not_searched_again_with_each_piece_of_it() -> None:
    reader = EventReader()
    assert not any(reader.feed(piece) for piece in [b"data: ", *[b"x" * 500] * 4_000, b"\r"])
    assert reader.feed(b"\n\r\n") == ["x" * 2_000_000]


async def test_a_gate_lets_waiters_in_when_its_limit_grows_and_forgets_the_cancelled() -> None:
    gate, entered = Gate(1), []

    async def enter(name: str) -> None:
        async with gate.permit():
            entered.append(name)
            await asyncio.sleep(3600)

    tasks = [asyncio.create_task(enter(name)) for name in "abc"]
    await asyncio.sleep(0)
    assert entered == ["a"]
    tasks[1].cancel()
    await asyncio.sleep(0)
    with gate.under(2):
        while len(entered) < 2:
            await asyncio.sleep(0)
    assert entered == ["a", "c"]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert gate.in_flight == 0
