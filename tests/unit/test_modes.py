"""The ways to ask for JSON, directly and through litellm: each works, and what is found out is known to all."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from synth_widgets.engine import engine
from synth_widgets.errors import AccessError, ModeRefusedError, RequestRefusedError
from synth_widgets.llm import litellm_package
from synth_widgets.llm.completer import MODES, Answer, Mode, Request
from synth_widgets.llm.connect import completer_for
from synth_widgets.llm.providers import provider_of
from synth_widgets.llm.structured.extract import extract_json
from synth_widgets.llm.structured.modes import KnownModes
from synth_widgets.llm.transports.attempt import Waits
from synth_widgets.llm.transports.openai_format import ChatReading
from synth_widgets.llm.transports.remote import RemoteCompleter
from synth_widgets.model import Model
from tests.anthropic_endpoint import AnthropicEndpoint
from tests.endpoint import Endpoint
from tests.gemini_endpoint import GeminiEndpoint
from tests.loopback import Loopback

# litellm's own warnings, at imports that it makes when it needs them: nothing that we could mend.
pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

QUICK = Waits(tries=3, first=0.002, most=0.01, silence=5.0, total=10.0)
SCHEMA = {
    "type": "object",
    "properties": {"label": {"enum": ["a", "b"]}, "note": {"type": "string", "maxLength": 80}},
    "required": ["label"],
}
MESSAGES = [{"role": "user", "content": f"Label this as JSON: {json.dumps(SCHEMA)}"}]
PATHS: dict[str, tuple[type[Loopback], str]] = {
    "direct": (Endpoint, "openai/any"),
    "litellm": (Endpoint, "xinference/any"),
    "anthropic": (AnthropicEndpoint, "anthropic/claude-haiku-4-5"),
    "gemini": (GeminiEndpoint, "gemini/gemini-2.5-flash"),
}
REFUSALS: dict[Mode, str] = {
    "json_schema": "refuse_schema",
    "tools": "refuse_tools",
    "json_object": "refuse_json_object",
}


@pytest.fixture(autouse=True, scope="module")
def _loaded() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what litellm's own imports warn of
        litellm_package.load("anthropic/claude-haiku-4-5")


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

    def ask(self, mode: Mode, on_text: Callable[[str], None] | None = None, **model: Any) -> Answer:
        completer = self.completer(**model)
        request = Request(MESSAGES, schema=SCHEMA, mode=mode)

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


@pytest.fixture(params=["direct", "litellm"])
def openai(request: pytest.FixtureRequest) -> Iterator[Asked]:
    kind, name = PATHS[request.param]
    with kind() as endpoint:
        yield Asked(endpoint, name)


@pytest.mark.parametrize("mode", MODES)
def test_each_way_brings_json_whole_and_streamed(asked: Asked, mode: Mode) -> None:
    if mode not in provider_of(asked.name).modes:
        pytest.skip("the provider has no such way")
    asked.endpoint.answers = [] if mode in {"json_schema", "tools"} else ['{"label": "a"}'] * 2
    pieces: list[str] = []
    whole, streamed = asked.ask(mode), asked.ask(mode, pieces.append)
    for answer in (whole, streamed):
        assert json.loads(answer.text)["label"] in {"a", "b"}
        assert answer.finish == "stop"
        assert answer.usage.completion_tokens > 0
    assert "".join(pieces) == streamed.text
    assert len(pieces) > 1 or asked.name.startswith("gemini")  # whose calls come whole


@pytest.mark.parametrize("mode", REFUSALS)
def test_a_refused_way_is_told_apart_from_a_refused_request(asked: Asked, mode: Mode) -> None:
    if mode not in provider_of(asked.name).modes:
        pytest.skip("the provider has no such way")
    asked.endpoint.fail(REFUSALS[mode])
    for on_text in (None, lambda _: None):
        with pytest.raises(ModeRefusedError):
            asked.ask(mode, on_text)
    asked.endpoint.answers = ['{"label": "a"}']
    assert asked.ask("text").text == '{"label": "a"}'


def test_a_model_that_ignores_the_tool_and_answers_json_is_taken_at_its_word(asked: Asked) -> None:
    asked.endpoint.fail("ignore_tools")
    for on_text in (None, lambda _: None):
        assert json.loads(asked.ask("tools", on_text).text)["label"] in {"a", "b"}


def test_a_tool_call_that_was_cut_says_length(openai: Asked) -> None:
    openai.endpoint.fail("truncate")
    for on_text in (None, lambda _: None):
        assert openai.ask("tools", on_text).finish == "length"


def test_what_is_sent_for_each_way(openai: Asked) -> None:
    openai.endpoint.answers = ["{}"] * 4
    for mode in MODES:
        openai.ask(mode)
    schema, tools, json_object, text = openai.endpoint.bodies
    assert schema["response_format"]["json_schema"]["strict"] is True
    function = tools["tools"][0]["function"]
    assert (function["name"], function.get("strict", False)) == ("answer", openai.name == "openai/any")
    assert function["parameters"] == schema["response_format"]["json_schema"]["schema"]
    assert tools["tool_choice"] == {"type": "function", "function": {"name": "answer"}}
    assert "response_format" not in tools
    assert json_object["response_format"] == {"type": "json_object"}
    assert not {"response_format", "tools", "tool_choice"} & text.keys()


@pytest.mark.parametrize(
    ("mode", "status", "message"),
    [
        ("json_schema", 400, "This response_format type is unavailable now"),
        ("json_schema", 400, "'response_format.type' must be 'json_schema' or 'text'"),
        ("tools", 400, "Invalid tool_choice type: 'object'. Supported string values: none, auto, required"),
        ("tools", 400, "registry.ollama.ai/library/gemma:2b does not support tools"),
        ("tools", 400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
        ("tools", 404, "No endpoints found that support tool use."),
        ("tools", 500, "tools param requires --jinja flag"),
        ("tools", 400, "Failed to call a function. Please adjust your prompt."),
        ("json_object", 400, "'messages' must contain the word 'json' in some form, to use 'response_format'"),
    ],
)
def test_the_words_of_servers_that_do_not_take_a_way(openai: Asked, mode: Mode, status: int, message: str) -> None:
    openai.endpoint.fail("status", status=status, message=message)
    with pytest.raises(ModeRefusedError):
        openai.ask(mode)
    assert len(openai.endpoint.bodies) == 1


def test_a_request_that_is_too_long_is_no_refused_way(openai: Asked) -> None:
    message = "This model's maximum context length is 8192 tokens, you requested 9000 (52 in the functions)."
    openai.endpoint.fail("status", status=400, message=message, code="context_length_exceeded")
    with pytest.raises(RequestRefusedError):
        openai.ask("tools")


def test_all_completers_of_a_model_know_what_one_found_out(openai: Asked) -> None:
    openai.endpoint.fail("refuse_schema")
    assert openai.completer().modes == MODES
    with pytest.raises(ModeRefusedError):
        openai.ask("json_schema")
    openai.completer().judged("json_object", "complied")
    assert openai.completer().modes == ("json_object", "text", "tools")
    assert openai.completer(concurrency=3).known_modes.working == "json_object"
    other = Asked(openai.endpoint, openai.name.replace("any", "other"))
    assert other.completer().modes == MODES


def test_a_way_that_the_person_named_is_the_only_one_and_its_refusal_says_what_to_do(openai: Asked) -> None:
    assert openai.completer(structured="tools").modes == ("tools",)
    openai.endpoint.fail("refuse_tools")
    with pytest.raises(AccessError, match=r"not supported.*Take structured='tools' out of sw\.Model"):
        openai.ask("tools", structured="tools")


def test_a_remembered_way_that_is_refused_is_forgotten_and_the_others_are_tried_anew_in_order() -> None:
    known = KnownModes()
    known.recall("json_object")
    assert known.order(MODES) == ("json_object", "text", "json_schema", "tools")
    known.refused("json_object")
    assert known.order(MODES) == ("json_schema", "tools", "text")
    known.worked("json_object")  # the late answer to a call that was sent before
    assert known.working is None
    known.worked("json_schema")
    known.recall("text")
    assert known.order(MODES) == ("json_schema", "tools", "text")


def test_a_way_in_which_a_request_is_refused_is_left_unless_it_ever_worked() -> None:
    known = KnownModes()
    known.doubted("json_schema")
    assert known.order(MODES) == ("tools", "json_object", "text")
    known.worked("tools")
    known.doubted("tools")
    assert known.order(MODES)[0] == "tools"


def test_a_way_that_works_stays_the_first_although_others_work_too() -> None:
    known = KnownModes()
    known.worked("json_schema")
    known.worked("text")
    assert known.order(MODES) == MODES
    known.refused("json_schema")
    known.worked("tools")
    assert known.order(MODES) == ("tools", "json_object", "text")


def test_words_alone_are_never_refused() -> None:
    known = KnownModes()
    for mode in MODES:
        known.refused(mode)
        known.doubted(mode)
    assert known.order(MODES) == ("text",)


@pytest.mark.parametrize("nonsense", [None, "", "telepathy", 3, ["text"], {}])
def test_what_a_file_says_is_taken_only_if_it_is_a_way(nonsense: object) -> None:
    known = KnownModes()
    known.recall(nonsense)
    assert known.working is None


def test_a_file_tells_addresses_apart_without_naming_one() -> None:
    keys = set()
    for base in (None, "http://secret-host.example:8000/v1", "http://other-host.example:8000/v1"):
        completer = completer_for(Model("openai/any", api_base=base))
        assert isinstance(completer, RemoteCompleter)
        keys.add(completer.modes_key)
    assert len(keys) == 3
    assert not any("host" in key for key in keys)


@pytest.mark.parametrize(
    ("calls", "text"),
    [
        ([{"function": {"name": "answer", "arguments": '{"a": 1}'}}], '{"a": 1}'),
        ([{"function": {"name": "other", "arguments": {"a": 1}}}], '{"a": 1}'),
        (
            [{"id": "x", "function": {"arguments": '{"a": 1}'}}, {"id": "y", "function": {"arguments": "{}"}}],
            '{"a": 1}',
        ),
        (None, "Sure."),
        ([{"function": None}, "nonsense", {}], "Sure."),
    ],
)
def test_a_tool_call_is_read_in_whatever_shape_it_comes(calls: Any, text: str) -> None:
    reading = ChatReading()
    message = {"role": "assistant", "content": "Sure.", "tool_calls": calls}
    reading.whole({"choices": [{"finish_reason": "tool_calls", "message": message}]})
    assert (reading.text, reading.outcome) == (text, "stop")


def test_arguments_after_chatter_are_found_in_what_was_streamed() -> None:
    reading, heard = ChatReading(), ""
    deltas = [
        {"content": "Let me call [the] tool."},
        {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "answer", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"a"'}}]},
        {"tool_calls": [{"index": 1, "id": "c2", "function": {"name": "answer", "arguments": '{"b": 2}'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ": 1}"}}]},
    ]
    for delta in deltas:
        heard += reading.event({"choices": [{"delta": delta}]})
    assert extract_json(heard) == ({"a": 1}, None)
    assert reading.text == '{"a": 1}\n{"b": 2}', "another call is another answer"
