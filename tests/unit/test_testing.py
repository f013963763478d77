"""The completer without a model does what its docstring promises to people's tests."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import jsonschema
import pytest

from synth_widgets.errors import ModeRefusedError, UnreachableError
from synth_widgets.fake_values import FakeValues
from synth_widgets.llm.completer import Completer, Request
from synth_widgets.testing import ScriptedCompleter

TOPICS = {
    "type": "object",
    "properties": {
        "items": {"type": "array", "items": {"type": "string", "maxLength": 60}, "minItems": 3, "maxItems": 3}
    },
    "required": ["items"],
}
RICH = {
    "$defs": {
        "node": {
            "type": "object",
            "properties": {"s": {"type": "string"}, "next": {"$ref": "#/$defs/node"}},
            "required": ["s"],
        }
    },
    "type": "object",
    "properties": {
        "short": {"type": "string", "maxLength": 5},
        "long": {"type": "string", "minLength": 150},
        "code": {"type": "string", "pattern": r"^[A-Z]{2}-\d{4}(x|yz)?$"},
        "name": {"type": "string", "pattern": r"^(?:foo|bar)+\.[^a-c]b?$"},
        "day": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "date-time"},
        "mail": {"type": "string", "format": "email"},
        "key": {"type": "string", "format": "uuid"},
        "three": {"type": ["integer", "null"], "exclusiveMinimum": 2, "exclusiveMaximum": 4},
        "even": {"type": "integer", "multipleOf": 2, "maximum": -10},
        "share": {"type": "number", "minimum": 0, "maximum": 1},
        "set": {"type": "array", "items": {"enum": ["p", "q", "r"]}, "uniqueItems": True, "minItems": 3},
        "pair": {"type": "array", "prefixItems": [{"type": "boolean"}, {"const": 7}], "items": False},
        "either": {"oneOf": [{"const": 1}, {"type": "string"}]},
        "both": {
            "allOf": [
                {"properties": {"a": {"type": "null"}}, "required": ["a"]},
                {"properties": {"b": {"type": "string"}}},
            ]
        },
        "tree": {"$ref": "#/$defs/node"},
    },
    "additionalProperties": False,
}
RICH["required"] = list(RICH["properties"])  # type: ignore[call-overload]


def ask(schema: Any = None, step: str = "outputs", mode: Any = "json_schema") -> Request:
    return Request([{"role": "user", "content": "Go"}], schema=schema, step=step, mode=mode)


def test_invented_values_fit_their_schema() -> None:
    fakes = FakeValues(3)
    for _ in range(200):
        jsonschema.validate(fakes.value(RICH), RICH, format_checker=jsonschema.FormatChecker())


async def test_no_item_comes_twice_and_the_same_seed_says_the_same() -> None:
    def items(texts: list[str]) -> list[str]:
        return [item for text in texts for item in json.loads(text)["items"]]

    runs = []
    for _ in range(2):
        model = ScriptedCompleter(seed=4)
        runs.append(items([(await model.complete(ask(TOPICS, step="topics"))).text for _ in range(400)]))
    assert runs[0] == runs[1]
    assert len(set(runs[0])) == len(runs[0]) == 1200
    assert all(len(name.split()) in {2, 3} for name in runs[0])


async def test_it_is_a_completer_and_counts_what_it_was_asked() -> None:
    model = ScriptedCompleter(latency=0.02, concurrency=4)
    assert isinstance(model, Completer)
    await asyncio.gather(*(model.complete(ask()) for _ in range(5)))
    assert (len(model.requests), model.peak, model.in_flight) == (5, 5, 0)
    await model.close()
    assert model.closed


async def test_streamed_pieces_are_the_answer_and_take_their_time() -> None:
    pieces: list[str] = []
    model = ScriptedCompleter(chunk=4, chunk_delay=0.001)
    answer = await model.complete(ask(TOPICS), pieces.append)
    assert "".join(pieces) == answer.text
    assert max(map(len, pieces)) == 4
    assert answer.usage.completion_tokens > 0


async def test_answers_are_a_script_or_a_function() -> None:
    scripted = ScriptedCompleter(answers=["one", {"two": 2}])
    assert [(await scripted.complete(ask(TOPICS))).text for _ in range(2)] == ["one", '{"two": 2}']
    assert len(json.loads((await scripted.complete(ask(TOPICS))).text)["items"]) == 3
    by_step = ScriptedCompleter(answers=lambda request: request.step)
    assert (await by_step.complete(ask(step="inputs"))).text == "inputs"


async def test_the_calls_that_are_named_go_wrong_as_named() -> None:
    faults: dict[int, Any] = {
        1: "invalid",
        2: "garbage",
        3: "truncate",
        4: "chatter",
        5: RuntimeError("five"),
        6: UnreachableError,
    }
    model = ScriptedCompleter(faults=faults)
    first = json.loads((await model.complete(ask(TOPICS))).text)["items"]
    assert [isinstance(item, str) for item in first] == [False, True, True]
    assert "{" not in (await model.complete(ask(TOPICS))).text
    cut = await model.complete(ask(TOPICS))
    assert cut.finish == "length"
    with pytest.raises(json.JSONDecodeError):
        json.loads(cut.text)
    assert "```json" in (await model.complete(ask(TOPICS))).text
    with pytest.raises(RuntimeError, match="five"):
        await model.complete(ask(TOPICS))
    with pytest.raises(UnreachableError):
        await model.complete(ask(TOPICS))
    jsonschema.validate(json.loads((await model.complete(ask(TOPICS))).text), TOPICS)


async def test_an_invalid_output_breaks_its_schema() -> None:
    model = ScriptedCompleter(faults=lambda n, request: "invalid")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads((await model.complete(ask(RICH))).text), RICH)


async def test_a_dropped_stream_raises_with_what_was_handed_out() -> None:
    pieces: list[str] = []
    model = ScriptedCompleter(faults={1: "drop"})
    with pytest.raises(UnreachableError) as caught:
        await model.complete(ask(TOPICS), pieces.append)
    assert caught.value.partial == "".join(pieces) != ""


async def test_a_function_of_the_request_may_refuse_a_mode() -> None:
    def refuse(number: int, request: Request) -> Exception | None:
        return ModeRefusedError("no schemas here") if request.mode == "json_schema" else None

    model = ScriptedCompleter(faults=refuse)
    with pytest.raises(ModeRefusedError):
        await model.complete(ask(TOPICS))
    assert json.loads((await model.complete(ask(TOPICS, mode="text"))).text)["items"]
