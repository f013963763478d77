"""Endpoints that take less of a request than OpenAI's, in whatever words: found out once, done without, said."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import synth_widgets as sw
from synth_widgets.engine import engine
from synth_widgets.errors import AccessError, RequestRefusedError, UnreachableError
from synth_widgets.llm import litellm_package
from synth_widgets.llm.completer import Answer, Request
from synth_widgets.llm.connect import completer_for
from synth_widgets.llm.transports.attempt import Attempt, Waits
from synth_widgets.llm.transports.dialect import DOUBTED_AGAIN, IN_VAIN
from synth_widgets.llm.transports.failures import Failure
from synth_widgets.llm.transports.remote import RemoteCompleter
from synth_widgets.model import Model
from tests.anthropic_endpoint import AnthropicEndpoint
from tests.endpoint import Endpoint
from tests.loopback import Loopback
from tests.tasks import TRIAGE

# litellm's own warnings, at imports that it makes when it needs them: nothing that we could mend.
pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

QUICK = Waits(tries=4, first=0.002, most=0.01, silence=5.0, total=10.0)
ASK = Request([{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello"}])
PATHS: dict[str, tuple[type[Loopback], str]] = {
    "direct": (Endpoint, "openai/any"),
    "anthropic": (AnthropicEndpoint, "anthropic/any"),
    "litellm": (Endpoint, "xinference/any"),
}


@pytest.fixture(autouse=True, scope="module")
def _loaded() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what litellm's own imports warn of
        litellm_package.load("xinference/any")


@dataclass
class Asked:
    """A model behind an endpoint, asked on the engine's loop."""

    endpoint: Loopback
    name: str

    def completer(self, **model: Any) -> RemoteCompleter:
        found = completer_for(Model(self.name, api_base=self.endpoint.url, api_key=self.endpoint.key, **model))
        assert isinstance(found, RemoteCompleter)
        found.waits = QUICK
        return found

    def ask(self, request: Request = ASK, on_text: Callable[[str], None] | None = None) -> Answer:
        completer = self.completer()

        async def answer() -> Answer:
            try:
                return await completer.complete(request, on_text)
            finally:
                await completer.close()

        return engine().call(answer)


@pytest.fixture(params=PATHS)
def asked(request: pytest.FixtureRequest) -> Iterator[Asked]:
    kind, name = PATHS[request.param]
    with kind() as endpoint:
        yield Asked(endpoint, name)


@pytest.fixture
def direct() -> Iterator[Asked]:
    with Endpoint() as endpoint:
        yield Asked(endpoint, "openai/any")


def first_words(endpoint: Loopback) -> tuple[str, str]:
    """The role and the text of the latest request's first message."""
    message = endpoint.bodies[-1]["messages"][0]
    return message["role"], message["content"]


def test_system_text_that_is_not_taken_stands_before_the_first_words_of_the_user(asked: Asked) -> None:
    asked.endpoint.takes_system = False
    assert asked.ask().text
    assert first_words(asked.endpoint) == ("user", "Be kind.\n\nHello")
    assert asked.completer().notes == [
        f"{asked.name} takes no system message; its text stands before the first message of the user."
    ]
    assert asked.ask().text
    assert asked.endpoint.statuses == {400: 1, 200: 2}, "it is found out once"


def test_a_stream_that_is_not_taken_is_asked_for_whole(asked: Asked) -> None:
    asked.endpoint.takes_streams = False
    asked.endpoint.answers = ["Good morning"] * 2
    for _ in range(2):
        pieces: list[str] = []
        assert asked.ask(on_text=pieces.append).text == "Good morning"
        assert pieces == ["Good morning"]
    assert asked.completer().notes == [f"{asked.name} does not stream; lists come whole."]
    tried = 2 if asked.name.startswith("anthropic") else 3  # the request, without its count, without system's words
    assert asked.endpoint.statuses == {400: tried, 200: 2}


def test_a_stream_is_not_given_up_for_a_count_of_its_tokens(direct: Asked) -> None:
    direct.endpoint.takes_counts = False
    direct.endpoint.answers = ["Good morning"] * 2
    for _ in range(2):
        pieces: list[str] = []
        assert direct.ask(on_text=pieces.append).text == "Good morning"
        assert len(pieces) > 1
    [note] = direct.completer().notes
    assert note.startswith("openai/any does not take stream_options")
    assert direct.endpoint.statuses == {400: 1, 200: 2}


def test_neither_is_taken_and_both_are_done_without(asked: Asked) -> None:
    asked.endpoint.takes_system = asked.endpoint.takes_streams = False
    pieces: list[str] = []
    assert asked.ask(on_text=pieces.append).text == "".join(pieces)
    assert len(asked.completer().notes) == 2


def test_a_call_that_is_refused_after_another_found_out_why_blames_no_other_part(direct: Asked) -> None:
    direct.endpoint.takes_system = False
    completer = direct.completer()
    attempt = completer.attempt

    def first(*args: Any) -> Attempt:
        made = attempt(*args)

        async def run() -> Answer | Failure:
            refused = await Attempt.run(made)
            completer.dialect.passed({"system"}, "any", sure=True)  # another call, meanwhile
            return refused

        made.run = run  # type: ignore[method-assign]
        completer.attempt = attempt  # type: ignore[method-assign]
        return made

    completer.attempt = first  # type: ignore[method-assign]

    async def ask() -> None:
        await completer.complete(ASK, lambda _: None)
        await completer.close()

    engine().call(ask)
    assert completer.dialect.without == {"system"}
    assert direct.endpoint.statuses == {400: 2, 200: 1}, "with all, without a count, without the system's words"


def test_words_that_name_a_part_have_it_left_out_first(direct: Asked) -> None:
    direct.endpoint.fail("status", status=400, message="Streaming is not available here.", times=1)
    direct.ask(on_text=lambda _: None)
    assert direct.completer().notes == ["openai/any does not stream; lists come whole."]


def test_a_part_that_was_taken_is_not_doubted_for_a_request_that_is_refused(direct: Asked) -> None:
    direct.ask(on_text=lambda _: None)
    direct.endpoint.fail("status", status=400, message="not this one")
    before = len(direct.endpoint.bodies)
    with pytest.raises(RequestRefusedError, match="not this one"):
        direct.ask(on_text=lambda _: None)
    assert len(direct.endpoint.bodies) == before + 1


def test_another_server_at_the_address_takes_less(direct: Asked) -> None:
    direct.ask()
    direct.endpoint.takes_system = False
    for _ in range(DOUBTED_AGAIN - 1):
        with pytest.raises(RequestRefusedError):
            direct.ask()
    assert direct.ask().text
    assert direct.ask().text
    [note] = direct.completer().notes
    assert "no system message" in note


def test_what_is_refused_with_less_too_is_asked_with_less_a_few_times_only(direct: Asked) -> None:
    direct.endpoint.fail("status", status=400, message="not this one")
    for _ in range(IN_VAIN + 2):
        with pytest.raises(RequestRefusedError, match="not this one"):
            direct.ask()
    assert direct.endpoint.statuses == {400: 2 * IN_VAIN + 2}
    assert direct.completer().notes == []


def test_an_error_of_the_server_is_tried_again_before_anything_is_left_out(direct: Asked) -> None:
    direct.endpoint.fail("status", status=500, times=1)
    assert direct.ask().text
    assert first_words(direct.endpoint)[0] == "system"
    assert direct.completer().notes == []


def test_a_server_that_stumbles_over_a_part_is_asked_without_it_and_it_counts_at_the_second_request(
    direct: Asked,
) -> None:
    direct.endpoint.fail("status", status=500, about=lambda told: True if told.startswith("Be kind.\nHello") else None)
    assert direct.ask().text
    assert direct.completer().notes == []
    assert direct.ask().text
    assert len(direct.completer().notes) == 1
    asked = len(direct.endpoint.bodies)
    assert direct.ask().text
    assert len(direct.endpoint.bodies) == asked + 1


def test_a_server_that_is_broken_is_asked_as_often_as_ever(direct: Asked) -> None:
    direct.endpoint.fail("status", status=500)
    with pytest.raises(UnreachableError, match="Tried 4 times"):
        direct.ask()


def test_a_parameter_that_many_calls_sent_before_one_was_told_costs_none_of_them(direct: Asked) -> None:
    told = "Unsupported value: 'temperature' does not support 0.2 with this model."
    direct.endpoint.latency = 0.05
    for _ in range(8):
        direct.endpoint.fail("status", status=400, message=told, param="temperature", times=1)
    completer = direct.completer()
    request = Request(ASK.messages, params={"temperature": 0.2})

    async def answers() -> list[Answer]:
        return await asyncio.gather(*(completer.complete(request) for _ in range(8)))

    assert all(answer.text for answer in engine().call(answers))


def test_what_one_completer_leaves_out_is_not_left_out_silently_where_a_person_asks_for_it(direct: Asked) -> None:
    told = "Unsupported value: 'temperature' does not support 0.2 with this model."
    direct.endpoint.fail("status", status=400, message=told, param="temperature", times=1)
    direct.ask(Request(ASK.messages, params={"temperature": 0.2}))
    direct.endpoint.fail("status", status=400, message=told, param="temperature", times=1)
    person = direct.completer(temperature=0.2)
    with pytest.raises(AccessError, match="Take temperature= out"):
        engine().call(lambda: person.complete(ASK))


def test_what_was_left_out_is_said_at_the_end_of_the_job_that_found_it_out(
    direct: Asked, open_studio: Callable[..., sw.Studio]
) -> None:
    direct.endpoint.takes_system = False
    studio = open_studio(direct.completer(), TRIAGE)
    first = studio.grow(topics=1, samples=2)
    assert first.wait(30).added == 2
    assert "takes no system message" in (studio._state.jobs[first.id].note or "")
    second = studio.grow(topics=1, samples=3)
    assert second.wait(30).added == 1
    assert studio._state.jobs[second.id].note is None


TOO_LARGE = [
    (429, "Request too large for `any` on tokens per minute (TPM): Limit 6000, Requested 7425.", "rate_limit_exceeded"),
    (429, "On tokens per min (TPM): Limit: 30,000 / min, Requested: 31,415.", "rate_limit_exceeded"),
    (429, "The input or output tokens must be reduced in order to run successfully.", "tokens"),
    (503, "The prompt is too long for this model.", None),
    (413, "Request too large", None),
]


@pytest.mark.parametrize(("status", "message", "code"), TOO_LARGE)
def test_a_request_that_no_wait_makes_smaller_is_refused_at_once(
    asked: Asked, status: int, message: str, code: str | None
) -> None:
    asked.ask()
    asked.endpoint.fail("status", status=status, message=message, code=code)
    with pytest.raises(RequestRefusedError) as caught:
        asked.ask()
    assert message.rstrip(".") in str(caught.value)
    assert asked.endpoint.statuses[status] == 1


def test_a_request_that_has_room_in_the_limit_is_waited_for(direct: Asked) -> None:
    said = "Rate limit reached on tokens per min (TPM): Limit 6000, Used 5900, Requested 425. Please try again in 2 s."
    direct.endpoint.fail("status", status=429, message=said, headers={"Retry-After": "0.01"}, times=2)
    assert direct.ask().text


def test_a_request_that_is_refused_while_others_are_answered_is_the_one_that_is_meant(direct: Asked) -> None:
    direct.endpoint.fail("status", status=429, message="No.", about=lambda told: True if "huge" in told else None)
    completer = direct.completer()
    huge = Request([{"role": "user", "content": "huge"}])

    async def both() -> None:
        others = True

        async def ask_others() -> None:
            while others:
                await completer.complete(ASK)

        asking = asyncio.create_task(ask_others())
        try:
            with pytest.raises(RequestRefusedError, match=r"It said so \d+ times, while others were answered"):
                await asyncio.wait_for(completer.complete(huge), 30)
        finally:
            others = False
            await asking

    engine().call(both)


def test_a_row_that_is_too_large_fails_with_these_words_and_the_job_ends(
    direct: Asked, open_studio: Callable[..., sw.Studio]
) -> None:
    status, message, code = TOO_LARGE[0]
    big = lambda told: True if "a very long letter" in told else None  # noqa: E731
    direct.endpoint.fail("status", status=status, message=message, code=code, about=big)
    studio = open_studio(direct.completer(), TRIAGE)
    studio.add_samples([{"input": "hello"}, {"input": "a very long letter"}, {"input": "bye"}], input="input")
    result = studio.generate_outputs().wait(30)
    assert (result.added, result.failed) == (2, 1)
    [failed] = [sample for sample in studio.samples if sample.status == "failed"]
    assert "Request too large" in failed.reason


def test_who_is_asked_is_named_by_its_host_where_it_is_not_the_providers(direct: Asked) -> None:
    completer = direct.completer()
    host = direct.endpoint.url.split("/")[2]
    seen: list[str] = []

    async def watch() -> None:
        direct.endpoint.fail("status", status=429, headers={"Retry-After": "0.1"}, times=1)
        call = asyncio.create_task(completer.complete(ASK))
        while not call.done():
            seen.append(completer.waiting or "")
            await asyncio.sleep(0.005)
        await call

    engine().call(watch)
    assert any(words.startswith(f"{host} asks to wait") for words in seen)
    assert not any("OpenAI" in words for words in seen)
