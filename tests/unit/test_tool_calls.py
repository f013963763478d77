"""A model that calls the tools that a request offers: each call comes as it was made, in each format, and goes back."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from synth_widgets.engine import engine
from synth_widgets.errors import RequestRefusedError
from synth_widgets.generation import item_attempts, outputs
from synth_widgets.generation.attempts import Failed, answer_to, is_chance
from synth_widgets.generation.outputs import OutputQuestion
from synth_widgets.llm import litellm_package
from synth_widgets.llm.completer import Answer, Request
from synth_widgets.llm.connect import completer_for
from synth_widgets.llm.transports.anthropic_format import MessageReading
from synth_widgets.llm.transports.attempt import Waits
from synth_widgets.llm.transports.openai_format import ChatReading
from synth_widgets.llm.transports.remote import RemoteCompleter
from synth_widgets.llm.transports.via_litellm import LiteLLMCompleter
from synth_widgets.messages import Conversation, Message, ToolCall
from synth_widgets.model import Model
from synth_widgets.task import Task
from synth_widgets.testing import ScriptedCompleter
from tests.anthropic_endpoint import AnthropicEndpoint
from tests.endpoint import Endpoint
from tests.loopback import Loopback

# litellm's own warnings, at imports that it makes when it needs them: nothing that we could mend.
pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

QUICK = Waits(tries=3, first=0.002, most=0.01, silence=5.0, total=10.0)
CITY = {"type": "object", "properties": {"city": {"enum": ["Bern", "Graz"]}}, "required": ["city"]}
NOTHING: dict[str, Any] = {"type": "object", "properties": {}}
SCHEMA = {"type": "object", "properties": {"label": {"enum": ["a", "b"]}}, "required": ["label"]}
TALK = Conversation().system("Be brief.").user("How cold is it, and how late?")
FUNCTIONS = [
    {"type": "function", "function": {"name": name, "description": "…", "parameters": schema}}
    for name, schema in (("weather", CITY), ("time", NOTHING))
]
OWN = [
    {"name": name, "description": "…", "input_schema": schema}
    for name, schema in (("weather", CITY), ("time", NOTHING))
]
PATHS: dict[str, tuple[type[Loopback], str, bool]] = {
    "direct": (Endpoint, "openai/any", False),
    "litellm": (Endpoint, "xinference/any", True),
    "anthropic": (AnthropicEndpoint, "anthropic/claude-haiku-4-5", False),
    "anthropic through litellm": (AnthropicEndpoint, "anthropic/claude-haiku-4-5", True),
}
SOUND = pytest.mark.parametrize("on_text", [None, lambda _: None], ids=["whole", "streamed"])


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
    by_litellm: bool

    @property
    def tools(self) -> dict[str, Any]:
        """The tools in the words that the path takes."""
        return {"tools": OWN if self.name.startswith("anthropic") and not self.by_litellm else FUNCTIONS}

    @property
    def must(self) -> dict[str, Any]:
        """The same, when each is to be called."""
        is_own = self.tools["tools"] is OWN
        return {**self.tools, "tool_choice": {"type": "any"} if is_own else "required"}

    def ask(self, request: Request, on_text: Callable[[str], None] | None = None) -> Answer:
        model = Model(self.name, api_base=self.endpoint.url, api_key=self.endpoint.key)
        completer = LiteLLMCompleter(model) if self.by_litellm else completer_for(model)
        assert isinstance(completer, RemoteCompleter)
        completer.waits = QUICK

        async def answer() -> Answer:
            try:
                return await completer.complete(request, on_text)
            finally:
                await completer.close()

        return engine().call(answer)


@pytest.fixture(params=PATHS)
def asked(request: pytest.FixtureRequest) -> Iterator[Asked]:
    kind, name, by_litellm = PATHS[request.param]
    with kind() as endpoint:
        yield Asked(endpoint, name, by_litellm)


def test_two_calls_at_once_come_whole_and_streamed(asked: Asked) -> None:
    request = Request(TALK.to_json(), params=asked.must)
    pieces: list[str] = []
    whole, streamed = asked.ask(request), asked.ask(request, pieces.append)
    for answer in (whole, streamed):
        assert answer.finish == "tool_calls"
        weather, time = answer.tool_calls
        assert (weather.name, time.name) == ("weather", "time")
        assert json.loads(weather.arguments)["city"] in {"Bern", "Graz"}
        assert json.loads(time.arguments) == {}
        assert weather.id.endswith("_1")
        assert time.id.endswith("_2")
        assert answer.message == Message("assistant", None, answer.tool_calls)
        assert answer.usage.completion_tokens > 0
    assert "".join(pieces) == streamed.text == whole.text == ""


@SOUND
def test_results_go_back_and_the_model_goes_on(asked: Asked, on_text: Any) -> None:
    called = asked.ask(Request(TALK.to_json(), params=asked.must))
    weather, time = called.tool_calls
    talk = TALK.add([called.message]).tool(weather, "12 °C").tool(time, "9:41")
    asked.endpoint.answers = ["Rather cold.", "As I said."]
    answer = asked.ask(Request(talk.to_json(), params=asked.tools), on_text)
    assert (answer.text, answer.finish, answer.tool_calls) == ("Rather cold.", "stop", ())
    more = talk.add([answer.message]).user("Sure?")
    assert asked.ask(Request(more.to_json(), params=asked.tools), on_text).text == "As I said."
    body = json.dumps(asked.endpoint.bodies[-1], ensure_ascii=False)
    assert body.index(weather.id) < body.index("12 °C") < body.index("9:41") < body.index("Rather cold.")


@pytest.mark.parametrize("param", ["tools", "tool_choice"])
def test_tools_that_an_endpoint_does_not_take_are_not_left_out(param: str) -> None:
    with Endpoint() as endpoint:
        asked = Asked(endpoint, "openai/any", by_litellm=False)
        message = f"Unsupported parameter: '{param}' is not supported with this model."
        endpoint.fail("status", status=400, message=message, code="unsupported_parameter", param=param)
        with pytest.raises(RequestRefusedError, match="not supported"):
            asked.ask(Request(TALK.to_json(), params=asked.must))
        assert len(endpoint.bodies) == 1


@SOUND
def test_the_tool_by_which_json_is_asked_for_is_no_call(asked: Asked, on_text: Any) -> None:
    for params in ({}, asked.tools):
        answer = asked.ask(Request(TALK.to_json(), schema=SCHEMA, mode="tools", params=params), on_text)
        assert json.loads(answer.text)["label"] in {"a", "b"}
        assert (answer.finish, answer.tool_calls) == ("stop", ())
    assert answer.message == Message("assistant", answer.text)


async def test_anthropics_api_gets_calls_and_results_as_blocks() -> None:
    call, other = ToolCall("toolu_1", "weather", '{"city": "Bern"}'), ToolCall("toolu_2", "time", "{}")
    talk = (
        TALK.add([Message("assistant", "Let me see.", (call, other))]).tool(call, "12 °C").tool(other, "").user("And?")
    )
    with AnthropicEndpoint() as endpoint:
        model = Model("anthropic/any", api_base=endpoint.url, api_key=endpoint.key)
        completer = completer_for(model)
        await completer.complete(Request(talk.to_json(), params={"tools": OWN}))
        broken = Conversation().user("Hello").add([Message("assistant", None, (ToolCall("x", "time", "[1"),))])
        with pytest.raises(RequestRefusedError, match=r"arguments of the call of time .* JSON object: \[1"):
            await completer.complete(Request(broken.to_json(), params={"tools": OWN}))
        nobody = [{"content": "Hello"}]
        with pytest.raises(RequestRefusedError, match="a message has a role"):
            await completer.complete(Request(nobody))
        await completer.close()
    (body,) = endpoint.bodies
    assert body["messages"] == [
        {"role": "user", "content": "How cold is it, and how late?"},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "Let me see."},
                {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Bern"}},
                {"type": "tool_use", "id": "toolu_2", "name": "time", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "12 °C"},
                {"type": "tool_result", "tool_use_id": "toolu_2", "content": ""},
                {"type": "text", "text": "And?"},
            ],
        },
    ]


# ---------------------------------------------------------------- shapes


def _function(name: str | None, arguments: Any) -> dict[str, Any]:
    return {"function": {"name": name, "arguments": arguments}}


@pytest.mark.parametrize(
    "deltas",
    [
        [
            [{"index": 0, "id": "a", **_function("weather", "")}, {"index": 1, "id": "b", **_function("time", "")}],
            [{"index": 1, **_function(None, "{")}, {"index": 0, **_function(None, '{"city": ')}],
            [{"index": 0, **_function(None, '"Bern"}')}, {"index": 1, **_function(None, "}")}],
        ],
        [
            [{"index": 0, "id": "a", **_function("weather", '{"city": "Bern"}')}],
            [{"index": 0, "id": "b", **_function("time", "{}")}],
        ],
        [[{"id": "a", **_function("weather", {"city": "Bern"})}], [{"id": "b", **_function("time", {})}]],
        [
            [{"index": 0, "id": "a", **_function("weather", '{"city"')}],
            [{"index": 0, "id": "a", **_function("weather", ': "Bern"}')}],
            [{"index": 1, "id": "b", **_function("time", None)}],
        ],
    ],
    ids=["interleaved", "one index for all", "ids alone", "repeated"],
)
def test_parallel_calls_are_told_apart_however_they_are_numbered(deltas: list[Any]) -> None:
    reading = ChatReading(offers_tools=True)
    heard = "".join(reading.event({"choices": [{"delta": {"tool_calls": calls}}]}) for calls in deltas)
    reading.event({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]})
    assert (heard, reading.text, reading.outcome) == ("", "", "tool_calls")
    assert [(call.id, call.name, json.loads(call.arguments)) for call in reading.tool_calls] == [
        ("a", "weather", {"city": "Bern"}),
        ("b", "time", {}),
    ]


def test_calls_without_numbers_are_told_apart_by_their_names_and_get_ids() -> None:
    calls = [_function("weather", '{"city": "Bern"}'), _function("weather", '{"city": "Graz"}')]
    whole, streamed = ChatReading(offers_tools=True), ChatReading(offers_tools=True)
    whole.whole({"choices": [{"message": {"content": "Well.", "tool_calls": calls}, "finish_reason": "stop"}]})
    for part in (calls[0], _function("weather", '{"city": '), _function(None, '"Graz"}')):
        streamed.event({"choices": [{"delta": {"tool_calls": [part]}}]})
    assert (whole.text, whole.outcome) == ("Well.", "tool_calls")
    assert whole.tool_calls == streamed.tool_calls
    assert whole.tool_calls == (
        ToolCall("call_1", "weather", '{"city": "Bern"}'),
        ToolCall("call_2", "weather", '{"city": "Graz"}'),
    )


def test_a_function_call_of_old_is_a_call() -> None:
    reading = ChatReading(offers_tools=True)
    for part in ({"name": "weather"}, {"arguments": '{"city": '}, {"arguments": '"Bern"}'}):
        reading.event({"choices": [{"delta": {"function_call": part}}]})
    assert reading.tool_calls == (ToolCall("call_1", "weather", '{"city": "Bern"}'),)


@pytest.mark.parametrize(("word", "finish"), [("max_tokens", "length"), ("malformed_function_call", "other")])
def test_calls_that_were_cut_or_failed_end_as_the_endpoint_says(word: str, finish: str) -> None:
    chat, message = ChatReading(offers_tools=True), MessageReading(offers_tools=True)
    chat.whole({"choices": [{"message": {"tool_calls": [_function("weather", "{")]}, "finish_reason": word}]})
    block = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Be"}}
    message.whole({"type": "message", "content": [block], "stop_reason": word})
    assert chat.outcome == message.outcome == finish


def test_who_is_offered_tools_and_calls_none_just_answers() -> None:
    reading = ChatReading(offers_tools=True)
    reading.whole({"choices": [{"message": {"content": "Hi.", "tool_calls": []}, "finish_reason": "tool_calls"}]})
    assert (reading.text, reading.outcome, reading.tool_calls) == ("Hi.", "stop", ())


# ---------------------------------------------------------------- in generation

CALLED = Message("assistant", "Let me see.", (ToolCall("call_1", "weather"), ToolCall("call_2", "time")))
TASK = Task("Label", "Label the message.", output_schema=SCHEMA)


def test_an_output_that_is_a_call_does_not_comply_and_is_asked_for_afresh() -> None:
    model = ScriptedCompleter(answers=[CALLED, {"label": "a"}])
    outcome = asyncio.run(answer_to(OutputQuestion(TASK, "Hello"), model))
    assert getattr(outcome, "value", None) == {"label": "a"}
    first, second = model.requests
    assert len(second.messages) == len(first.messages), "nothing to correct: a call has no answer in it"


def test_an_output_that_only_ever_is_a_call_has_failed_for_that() -> None:
    for task in (TASK, Task("Greet", "Greet.")):
        outcome = asyncio.run(answer_to(OutputQuestion(task, "Hello"), ScriptedCompleter(answers=[CALLED] * 3)))
        assert isinstance(outcome, Failed)
        assert outcome.problem == "the model called tools (weather, time) instead of answering"
        assert outcome.fault is None
        assert is_chance(outcome.answer)
        assert outcome.answer.tool_calls == CALLED.tool_calls


def test_what_stands_beside_a_call_is_no_output() -> None:
    said = Answer('{"label": "a"}', "tool_calls", tool_calls=CALLED.tool_calls[:1])
    assert outputs.read(said, TASK) == (None, "the model called a tool (weather) instead of answering")


def test_a_list_that_is_a_call_says_so() -> None:
    said = item_attempts.ItemsAnswer(Answer("", "tool_calls", tool_calls=CALLED.tool_calls), 0, [])
    assert said.none == "the model called tools (weather, time) instead of answering"
    assert said.fault([]) is None
    assert said.is_chance


def test_a_scripted_model_calls_tools() -> None:
    answer = asyncio.run(ScriptedCompleter(answers=[CALLED]).complete(Request(TALK.to_json())))
    assert (answer.finish, answer.message) == ("tool_calls", CALLED)
