"""Forty schemas, for inputs and for outputs, go through all three steps, directly and through litellm, by each way.

The endpoint is as strict as OpenAI's: it refuses what strict mode does not take, and a model behind it answers just
what the schema allows that it was sent, with null where it may be.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator

import pytest

import synth_widgets as sw
from synth_widgets.llm import litellm_package
from synth_widgets.llm.completer import MODES, Mode
from synth_widgets.schema.schema import Schema
from synth_widgets.schema.strict import strict_schema
from tests.anthropic_endpoint import AnthropicEndpoint
from tests.endpoint import Endpoint
from tests.schemas_of_real_shape import SCHEMAS

# litellm's own warnings, at imports that it makes when it needs them: nothing that we could mend.
pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

NOT_STRICT = {"a map of scores"}
"""What strict mode cannot say: names of the model's choice."""


@pytest.fixture(autouse=True, scope="module")
def _loaded() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what litellm's own imports warn of
        litellm_package.load("xinference/any")


def test_what_contains_itself_goes_by_the_next_way_where_schema_mode_does_not_take_it(
    open_studio: Callable[..., sw.Studio],
) -> None:
    with AnthropicEndpoint(chunk=64) as anthropic:
        for name in ("a tree", "a linked list", "an expression"):
            model = sw.Model("anthropic/claude-haiku-4-5", api_base=anthropic.url, api_key=anthropic.key)
            schema = SCHEMAS[name]
            studio = open_studio(model, sw.Task(name, "Read it.", input_schema=schema, output_schema=schema))
            assert studio.grow(topics=1, samples=1).wait(30).added == 1
            assert {call.mode for call in studio._state.calls.values() if call.step != "topics"} == {"tools"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with Endpoint(chunk=64) as running:
        yield running


def test_there_are_forty_and_strict_mode_takes_all_that_it_can_say() -> None:
    assert len(SCHEMAS) == 40
    assert {name for name, schema in SCHEMAS.items() if strict_schema(schema) is None} == NOT_STRICT


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("provider", "each"), [("openai", 3), ("xinference", 1)])
def test_forty_schemas_go_through_all_three_steps(
    provider: str, each: int, mode: Mode, endpoint: Endpoint, open_studio: Callable[..., sw.Studio]
) -> None:
    endpoint.statuses.clear()
    begun = []
    for name, schema in SCHEMAS.items():
        model = sw.Model(f"{provider}/any", api_base=endpoint.url, api_key=endpoint.key, structured=mode)
        studio = open_studio(model, sw.Task(name, "Read it.", input_schema=schema, output_schema=schema))
        begun.append((name, schema, studio, studio.grow(topics=1, samples=each)))
    failed: dict[str, list[str | None]] = {}
    for name, schema, studio, job in begun:
        job.wait(60)
        samples = list(studio.samples)
        assert len(samples) == each, name
        if bad := [sample.reason for sample in samples if sample.status != "draft"]:
            failed[name] = bad
            continue
        checked = Schema(schema)
        assert [checked.problem(value) for s in samples for value in (s.input, s.output)] == [None] * 2 * each
        assert {(call.mode, call.attempts) for call in studio._state.calls.values()} == {(mode, 1)}, name
    assert failed == {}
    assert endpoint.statuses.keys() == {200}
