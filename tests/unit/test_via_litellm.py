"""The litellm completer against strict endpoints in two formats, with everything that goes wrong in life.

One is OpenAI's, as most of litellm's providers speak it. The other stands for formats of their own (Bedrock, Vertex AI
…): Anthropic's, which only tests reach through litellm. What litellm makes impossible is in `tests.faults.impossible`.

litellm is loaded once for the module, and every call runs on the engine's loop, as in a studio.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
import subprocess
import sys
import textwrap
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from synth_widgets.engine import engine
from synth_widgets.errors import (
    AccessError,
    CallError,
    ModelGoneError,
    ModeRefusedError,
    RequestRefusedError,
    UnreachableError,
)
from synth_widgets.llm import litellm_package
from synth_widgets.llm.completer import Answer, Request
from synth_widgets.llm.providers import endpoint_of
from synth_widgets.llm.transports import http_session
from synth_widgets.llm.transports.attempt import Waits
from synth_widgets.llm.transports.via_litellm import LOADING, LiteLLMCompleter
from synth_widgets.model import Model
from tests.anthropic_endpoint import AnthropicEndpoint
from tests.endpoint import Endpoint
from tests.loopback import Loopback

# litellm's own warnings, at imports that it makes when it needs them: nothing that we could mend.
pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

ROOT = Path(__file__).resolve().parents[2]
QUICK = Waits(tries=3, first=0.002, most=0.01, silence=5.0, total=10.0)
SCHEMA = {
    "type": "object",
    "properties": {"label": {"enum": ["a", "b"]}, "note": {"type": "string", "maxLength": 80}},
    "required": ["label", "note"],
}
ASK = Request([{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Grüß mich 🙂"}])
ASK_JSON = Request([{"role": "user", "content": "Label this"}], schema=SCHEMA, mode="tools")
FORMATS: dict[str, tuple[type[Loopback], str]] = {
    "openai-like": (Endpoint, "xinference/any"),
    "own": (AnthropicEndpoint, "anthropic/claude-haiku-4-5"),
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

    def completer(self, *, waits: Waits = QUICK, **model: Any) -> LiteLLMCompleter:
        told = {"api_base": self.endpoint.url, "api_key": self.endpoint.key, **model}
        return LiteLLMCompleter(Model(self.name, **told), waits=waits)

    def ask(
        self, request: Request = ASK, on_text: Callable[[str], None] | None = None, waits: Waits = QUICK, **model: Any
    ) -> Answer:
        completer = self.completer(waits=waits, **model)
        return engine().call(lambda: completer.complete(request, on_text))


@pytest.fixture(params=FORMATS)
def asked(request: pytest.FixtureRequest) -> Iterator[Asked]:
    kind, name = FORMATS[request.param]
    with kind() as endpoint:
        yield Asked(endpoint, name)


@pytest.fixture
def like() -> Iterator[Asked]:
    kind, name = FORMATS["openai-like"]
    with kind() as endpoint:
        yield Asked(endpoint, name)


@pytest.fixture
def own() -> Iterator[Asked]:
    kind, name = FORMATS["own"]
    with kind() as endpoint:
        yield Asked(endpoint, name)


def test_a_whole_and_a_streamed_answer_are_the_same_with_usage(asked: Asked) -> None:
    asked.endpoint.answers = ["Größe 🙂 passt, “gut”"] * 2
    pieces: list[str] = []
    whole = asked.ask(temperature=0.3)
    streamed = asked.ask(on_text=pieces.append)
    assert streamed.text == whole.text == "".join(pieces) == "Größe 🙂 passt, “gut”"
    assert len(pieces) > 1
    assert streamed.usage == whole.usage
    assert whole.usage.prompt_tokens > 0 < whole.usage.completion_tokens
    assert (whole.finish, streamed.finish) == ("stop", "stop")
    assert 0 < whole.seconds < 5


def test_a_schema_is_enforced_by_the_provider(asked: Asked) -> None:
    for on_text in (None, lambda _: None):
        assert json.loads(asked.ask(ASK_JSON, on_text).text)["label"] in {"a", "b"}
    assert "Label this" in json.dumps(asked.endpoint.bodies[0])


def test_a_cut_answer_says_length(like: Asked) -> None:
    like.endpoint.fail("truncate")
    assert like.ask(ASK_JSON).finish == "length"
    assert like.ask(ASK_JSON, lambda _: None).finish == "length"


def test_a_refusal_of_the_model_is_told_in_its_words(asked: Asked) -> None:
    asked.endpoint.fail("filter")
    answer = asked.ask(ASK_JSON)
    assert answer.withheld == "the model refused to answer: I cannot help with that."


def test_a_429_is_tried_again_after_the_wait_it_asks_for_by_us_alone(asked: Asked) -> None:
    asked.endpoint.fail("status", status=429, times=1, headers={"Retry-After": "0.3"})
    began = time.perf_counter()
    assert asked.ask().finish == "stop"
    assert time.perf_counter() - began >= 0.3
    assert asked.endpoint.statuses == {429: 1, 200: 1}


@pytest.mark.parametrize("on_text", [None, lambda _: None], ids=["whole", "streamed"])
def test_server_errors_are_tried_as_often_as_we_say(asked: Asked, on_text: Any) -> None:
    asked.endpoint.fail("status", status=529, message="Overloaded")
    with pytest.raises(UnreachableError, match=r"5\d\d.*Overloaded.*Tried 3 times"):
        asked.ask(ASK, on_text)
    assert len(asked.endpoint.bodies) == 3


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ({"status": 401, "message": "bad key"}, AccessError, "401.*bad key.*not accepted: check"),
        ({"status": 403, "message": "no"}, AccessError, "403.*not accepted"),
        ({"status": 404, "message": "no such model"}, ModelGoneError, "404.*no such model"),
        ({"status": 402, "message": "pay"}, AccessError, "no credit"),
        ({"status": 302, "headers": {"Location": "http://127.0.0.1:1/steal"}}, AccessError, "redirects"),
        ({"status": 400, "message": "too long"}, RequestRefusedError, "400.*too long"),
        ({"status": 413, "message": "too large"}, RequestRefusedError, "4\\d\\d.*too large"),
    ],
)
def test_a_refusal_becomes_the_error_that_says_what_follows(
    like: Asked, fault: dict[str, Any], error: type[CallError], words: str
) -> None:
    for on_text in (None, lambda _: None):
        like.endpoint.fail("status", **fault)
        with pytest.raises(error, match=words) as caught:
            like.ask(ASK_JSON, on_text)
        assert type(caught.value) is error
        assert not re.search("litellm\\.|Exception|Traceback", str(caught.value))
    with_less = 2 if fault["status"] == 400 else 0  # it might be the count of the stream's tokens, or the stream
    assert len(like.endpoint.bodies) == 2 + with_less


def test_a_refused_way_is_told_and_words_are_answered(asked: Asked) -> None:
    asked.endpoint.fail("refuse_tools")
    with pytest.raises(ModeRefusedError):
        asked.ask(ASK_JSON)
    assert asked.ask(Request(ASK.messages, schema=SCHEMA, mode="text")).text


def test_a_stream_that_breaks_after_text_raises_with_what_had_arrived(asked: Asked) -> None:
    asked.endpoint.answers = ['{"label": "a", "note": "0123456789"}']
    asked.endpoint.fail("drop", after=20)
    pieces: list[str] = []
    with pytest.raises(UnreachableError) as caught:
        asked.ask(ASK_JSON, pieces.append)
    assert caught.value.partial == "".join(pieces)
    assert len(asked.endpoint.bodies) == 1


def test_a_stream_that_ends_without_its_end_is_no_answer(asked: Asked) -> None:
    asked.endpoint.fail("unfinished")
    with pytest.raises(UnreachableError):
        asked.ask(ASK, lambda _: None)


@pytest.mark.parametrize("on_text", [None, lambda _: None], ids=["whole", "streamed"])
def test_silence_is_a_lost_connection(asked: Asked, on_text: Any) -> None:
    asked.endpoint.fail("hang", times=1)
    assert asked.ask(ASK, on_text, waits=Waits(first=0.001, silence=0.4)).finish == "stop"


@pytest.mark.parametrize("name", ["xinference/x", "litellm_proxy/x"])
def test_nobody_listening_says_so_soon(name: str) -> None:
    completer = LiteLLMCompleter(Model(name, api_base="http://127.0.0.1:9", api_key="none-needed"), waits=QUICK)
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:9 cannot be reached.*Is it running\?"):
        engine().call(lambda: completer.complete(ASK))


def test_this_machine_is_asked_past_any_proxy(like: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    litellm_package.load("xinference/x").in_memory_llm_clients_cache.flush_cache()  # its clients remember their proxy
    assert like.ask(ASK).finish == "stop"


def test_a_key_that_litellm_took_from_the_other_variable_is_taken_out_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUGGINGFACE_API_KEY", "one-secret-key")
    monkeypatch.setenv("HF_TOKEN", "other-secret-key")
    completer = LiteLLMCompleter(Model("huggingface/any"))
    assert {"one-secret-key", "other-secret-key"} <= set(completer.secrets(endpoint_of(completer.model)))


def test_cancelling_closes_the_connection_at_once(asked: Asked) -> None:
    asked.endpoint.chunk_delay = 0.05

    async def cancelled() -> float:
        asked.endpoint.answers = ["long " * 200]
        arrived = asyncio.Event()
        task = asyncio.create_task(asked.completer().complete(ASK, lambda _: arrived.set()))
        await arrived.wait()
        began = time.perf_counter()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.perf_counter() - began

    assert min(engine().call(cancelled) for _ in range(3)) < 0.5
    time.sleep(0.3)
    assert (asked.endpoint.in_flight, asked.endpoint.broken_off) == (0, 3)


def test_a_parameter_the_provider_does_not_take_is_left_out_and_that_is_said(own: Asked) -> None:
    completer = own.completer()
    for _ in range(2):
        engine().call(lambda: completer.complete(Request(ASK.messages, params={"presence_penalty": 0.5})))
    assert completer.notes == ["anthropic/claude-haiku-4-5 does not take presence_penalty; it is left out."]
    with pytest.raises(AccessError, match=r"Take presence_penalty= out of sw\.Model"):
        own.ask(presence_penalty=0.5)


def test_two_completers_share_the_limit_and_the_connections(asked: Asked) -> None:
    asked.endpoint.latency = 0.05

    async def both() -> None:
        one, two = asked.completer(concurrency=3), asked.completer(concurrency=3)
        await asyncio.gather(*(completer.complete(ASK) for completer in (one, two) for _ in range(6)))

    engine().call(both)
    assert asked.endpoint.peak == 3
    assert len(asked.endpoint.connections) == 3
    assert engine().call(http_session.lasting) is engine().call(http_session.lasting)


def test_a_key_is_in_no_message_repr_log_or_output(
    asked: Asked, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    key = "sk-ant-Zq81mMxVb7Xy0pLw"
    caplog.set_level(logging.DEBUG)
    said = io.StringIO()
    asked.endpoint.key = key
    faults: list[dict[str, Any]] = [
        {"kind": "status", "status": status, "message": f"bad key {key}, {key[:9]}***"}
        for status in (400, 401, 429, 500)
    ]
    for fault in [*faults, {"kind": "drop"}, {"kind": "hang"}]:
        asked.endpoint.rules = []
        asked.endpoint.fail(**fault)
        completer = asked.completer(waits=Waits(tries=2, first=0.001, silence=0.3), secret_token_of_mine=None)
        for on_text in (None, lambda _: None):
            with pytest.raises(CallError) as caught:
                engine().call(lambda: completer.complete(ASK_JSON, on_text))  # noqa: B023
            said.write("".join(traceback.format_exception(caught.value)) + repr(caught.value))
        said.write(repr(completer) + repr(completer.model) + str(completer.waiting))
    output = capfd.readouterr()
    told = said.getvalue() + caplog.text + output.out + output.err
    assert "AccessError" in told
    assert not any(key[at : at + 6] in told for at in range(len(key) - 5))
    assert "LiteLLM" not in caplog.text
    assert output.out + output.err == ""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("anthropic/claude-x", "needs a key of Anthropic: set the environment variable ANTHROPIC_API_KEY"),
        ("gemini/x", "GEMINI_API_KEY"),
        ("azure/x", "AZURE_API_KEY, AZURE_API_BASE and AZURE_API_VERSION"),
        ("github/x", "GITHUB_API_KEY"),
    ],
)
def test_a_missing_key_names_the_variable(name: str, words: str) -> None:
    with pytest.raises(AccessError, match=words):
        engine().call(lambda: LiteLLMCompleter(Model(name)).complete(ASK))


LOADS = """
    import asyncio, os, sys, threading, time
    import synth_widgets as sw
    from synth_widgets.engine import engine
    from tests.endpoint import Endpoint

    worst = 0.0
    async def watch():
        global worst
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.005)
            worst = max(worst, time.perf_counter() - began)

    with Endpoint() as endpoint:
        model = sw.Model("xinference/any", api_base=endpoint.url, api_key=endpoint.key)
        studio = sw.Studio(sw.Task("T", "Do it."), path=":memory:", model=model)
        assert "litellm" not in sys.modules
        engine().call(lambda: engine().spawn(watch()) and None)
        started = time.perf_counter()
        job = studio.grow(depth=0, samples=1)
        time.sleep(0.7)
        waiting = job.progress.waiting
        job.cancel()
        began = time.perf_counter()
        job.wait(30)
        cancelled = time.perf_counter() - began
        result = studio.grow(depth=0, samples=2).wait(60)
        half = (time.perf_counter() - started) / 2
        print(waiting, "|", cancelled < half, "|", result.added, "|", worst < half, "|", os.environ.get("FROM_DOTENV"))
        studio.close()
"""


def test_loading_is_seen_can_be_cancelled_and_stops_neither_the_engine_nor_reads_a_dotenv(own_folder: Path) -> None:
    (own_folder / ".env").write_text("FROM_DOTENV=1\n")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(LOADS)],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    waiting, is_cancelled_first, added, goes_on, dotenv = (part.strip() for part in done.stdout.split("|"))
    assert waiting == LOADING
    assert (is_cancelled_first, goes_on) == ("True", "True")  # the import takes most of the time
    assert int(added) == 2
    assert dotenv == "None"
