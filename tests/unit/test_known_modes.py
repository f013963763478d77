"""How a model gives JSON is found out once: the job goes on with the next way, the file remembers, people see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import synth_widgets as sw
from synth_widgets.errors import RunStoppedError
from synth_widgets.generation.mode_choice import IN_VAIN
from synth_widgets.llm.structured import modes
from synth_widgets.store.changes import SettingChanged
from synth_widgets.widget import rows
from tests.endpoint import Endpoint
from tests.tasks import PLAIN, TICKETS, TRIAGE

NAME = "openai/any"


def unseen(told: str) -> str | None:
    """Tell apart requests whose texts do not show the schema, whichever way they ask by."""
    return None if "JSON Schema" in told else "a schema that nobody sees"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as running:
        yield running


@pytest.fixture
def reopened(
    open_studio: Callable[..., sw.Studio], endpoint: Endpoint, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., sw.Studio]:
    """Open the file as a new kernel does: what the process knew is gone."""
    opened: list[sw.Studio] = []

    def open_(task: sw.Task = TICKETS, **model: Any) -> sw.Studio:
        for studio in opened:
            studio.close()
        monkeypatch.setattr(modes, "_known", {})
        given = sw.Model(NAME, api_base=endpoint.url, api_key=endpoint.key, **{"concurrency": 1, **model})
        opened.append(open_studio(given, task, path=own_folder / "s.synth"))
        return opened[-1]

    return open_


def modes_used(studio: sw.Studio) -> set[str]:
    return {call.mode for call in studio._state.calls.values()}


def mode_shown(studio: sw.Studio) -> str | None:
    return rows.studio_view(studio._core)["model_mode"]


def refused(endpoint: Endpoint) -> int:
    return endpoint.statuses.get(400, 0)


@pytest.mark.parametrize(
    ("refuses", "mode"),
    [
        ([], "json_schema"),
        (["refuse_schema"], "tools"),
        (["refuse_schema", "refuse_tools"], "json_object"),
        (["refuse_schema", "refuse_tools", "refuse_json_object"], "text"),
    ],
)
def test_the_first_way_that_works_is_taken_told_and_remembered(
    refuses: list[str], mode: Any, reopened: Callable[..., sw.Studio], endpoint: Endpoint
) -> None:
    for kind in refuses:
        endpoint.fail(kind)
    studio = reopened()
    assert mode_shown(studio) is None
    result = studio.grow(topics=1, samples=2).wait(30)
    assert (result.added, result.failed) == (2, 0)
    assert refused(endpoint) == len(refuses)
    assert modes_used(studio) == {mode}
    assert mode_shown(studio) == modes.IN_WORDS[mode]

    studio = reopened()
    assert mode_shown(studio) == modes.IN_WORDS[mode]
    assert studio.grow(topics=1, samples=3).wait(30).added == 1
    assert refused(endpoint) == len(refuses), "the file knew"


def test_a_remembered_way_that_is_refused_later_is_tried_anew_in_order(
    reopened: Callable[..., sw.Studio], endpoint: Endpoint
) -> None:
    endpoint.fail("refuse_schema")
    reopened().generate_inputs(n=1).wait(30)
    endpoint.rules.clear()
    endpoint.fail("refuse_tools")
    studio = reopened()
    assert studio.generate_inputs(n=1).wait(30).added == 1
    assert mode_shown(studio) == modes.IN_WORDS["json_schema"]
    assert refused(endpoint) == 2


@pytest.mark.parametrize("kind", ["garbage", "own_shape"])
def test_a_way_that_the_endpoint_passes_over_without_a_word_is_left_too(
    kind: str, reopened: Callable[..., sw.Studio], endpoint: Endpoint
) -> None:
    endpoint.fail(kind, about=unseen)
    studio = reopened()
    result = studio.grow(topics=1, samples=8).wait(30)
    assert (result.added, result.failed) == (8, 0)
    assert mode_shown(studio) == modes.IN_WORDS["json_object"]
    passed_over = 2  # one answer by a schema, one by a tool
    assert endpoint.statuses == {200: passed_over + 1 + 1 + 8}


def test_a_way_that_only_lists_comply_by_is_left_for_outputs(
    reopened: Callable[..., sw.Studio], endpoint: Endpoint
) -> None:
    """A list is in the prompt's own words; a shape is not: whether a way works is known for each step by itself."""
    endpoint.fail("own_shape", about=lambda told: None if "Topic:" in told or "topics" in told else unseen(told))
    studio = reopened()
    result = studio.grow(topics=2, samples=8).wait(30)
    assert (result.added, result.failed) == (16, 0)
    assert mode_shown(studio) == modes.IN_WORDS["json_object"]

    asked = len(endpoint.bodies)
    studio = reopened()
    assert studio.grow(topics=2, samples=12).wait(30).added == 8
    assert len(endpoint.bodies) == asked + 2 + 8, "the file knew"


def test_a_way_that_brought_what_complies_is_left_once_it_does_not_any_more(
    reopened: Callable[..., sw.Studio], endpoint: Endpoint
) -> None:
    studio = reopened()
    assert studio.grow(topics=1, samples=4).wait(30).added == 4
    endpoint.fail("own_shape", about=unseen)
    result = studio.grow(topics=1, samples=24).wait(30)
    assert result.added == 20
    assert {call.mode for call in list(studio._state.calls.values())[-3:]} <= {"json_object", "text"}


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "JSON Schema not supported: could not understand the instance `{}`."),
        (400, "Invalid JSON schema - number of properties in object exceeds limit of 100."),
        (400, "Schema is too complex."),
        (422, "Unsupported feature: constrained decoding"),
        (400, "Failed to convert JSON schema to regex"),
        (400, "no"),
        (400, ""),
        (422, "Das geht hier nicht."),
    ],
)
def test_a_refusal_of_a_way_is_known_by_what_passes_instead_and_not_by_its_words(
    status: int, message: str, reopened: Callable[..., sw.Studio], endpoint: Endpoint
) -> None:
    endpoint.fail("status", status=status, message=message, modes=("json_schema", "tools"))
    studio = reopened(concurrency=4)
    result = studio.grow(topics=1, samples=8).wait(30)
    assert (result.added, result.failed) == (8, 0)
    assert mode_shown(studio) == modes.IN_WORDS["json_object"]
    refusals = endpoint.statuses[status]
    assert studio.grow(topics=1, samples=16).wait(30).added == 8
    assert endpoint.statuses[status] == refusals, "it is found out once"


def test_a_request_that_is_refused_in_every_way_fails_its_row_alone_and_no_way_is_left_for_it(
    reopened: Callable[..., sw.Studio], endpoint: Endpoint
) -> None:
    endpoint.fail("status", status=400, message="not this one", about=lambda told: True if "Berta" in told else None)
    studio = reopened(TRIAGE)
    studio.add_samples([{"input": name} for name in ("Anna", "Berta", "Clara")], input="input")
    result = studio.generate_outputs().wait(30)
    assert (result.added, result.failed) == (2, 1)
    [failed] = [sample for sample in studio.samples if sample.status == "failed"]
    assert "not this one" in failed.reason
    assert mode_shown(studio) == modes.IN_WORDS["json_schema"]


def test_refusals_without_a_way_out_are_not_tried_in_every_way_for_ever(
    reopened: Callable[..., sw.Studio], endpoint: Endpoint
) -> None:
    endpoint.fail("status", status=400, message="not today")
    studio = reopened(TRIAGE)
    studio.add_samples([{"input": f"message {n}"} for n in range(20)], input="input")
    assert studio.generate_outputs().wait(30).failed == 20
    assert endpoint.statuses[400] < 20 * 3 + IN_VAIN * 12


def test_a_way_that_a_server_stumbles_over_is_left_at_the_second_request(
    reopened: Callable[..., sw.Studio], endpoint: Endpoint
) -> None:
    endpoint.fail("status", status=500, message="Grammar compilation failed", modes=("json_schema",))
    studio = reopened(TRIAGE)
    studio.add_samples([{"input": name} for name in ("Anna", "Berta", "Clara", "Dora")], input="input")
    assert studio.generate_outputs().wait(60).added == 4
    assert modes_used(studio) == {"tools"}
    stumbled = endpoint.statuses[500]
    assert studio.grow(topics=1, samples=4).wait(60).added == 4
    assert endpoint.statuses[500] == stumbled


def test_a_server_that_is_broken_for_a_moment_costs_no_way(
    reopened: Callable[..., sw.Studio], endpoint: Endpoint
) -> None:
    studio = reopened(TRIAGE)
    assert studio.grow(topics=1, samples=2).wait(30).added == 2
    endpoint.fail("status", status=500, times=4)
    assert studio.grow(topics=1, samples=6).wait(60).added == 4
    endpoint.rules.clear()
    assert studio.grow(topics=1, samples=8).wait(30).added == 2
    assert {call.mode for call in list(studio._state.calls.values())[-2:]} == {"json_schema"}


def test_an_answer_that_a_refusal_hands_back_is_the_answer(
    reopened: Callable[..., sw.Studio], endpoint: Endpoint
) -> None:
    endpoint.fail("handed_back")
    studio = reopened()
    result = studio.grow(topics=1, samples=4).wait(30)
    assert (result.added, result.failed) == (4, 0)
    assert modes_used(studio) == {"json_schema"}
    assert len(endpoint.bodies) == 1 + 1 + 4


def test_what_a_job_found_out_is_in_the_file_while_it_runs(
    reopened: Callable[..., sw.Studio], endpoint: Endpoint
) -> None:
    endpoint.fail("refuse_schema")
    endpoint.fail("status", status=401, since=5)
    studio = reopened()
    with pytest.raises(RunStoppedError):
        studio.generate_inputs(n=40).wait(30)
    assert list(studio._state.settings["ways"].values()) == ["tools"]
    assert endpoint.url.split("/")[2] not in str(studio._state.settings["ways"])


def test_a_file_that_remembers_nonsense_is_asked_from_the_first_way_on(
    reopened: Callable[..., sw.Studio], endpoint: Endpoint
) -> None:
    for nonsense in ({NAME: 1}, "tools", [3]):
        studio = reopened()
        core = studio._core
        before = core.state.settings.get("ways")
        core.act(lambda: core.store.commit([SettingChanged("ways", before, nonsense)], actor="system"))  # noqa: B023
        assert mode_shown(reopened()) is None
    studio = reopened()
    assert studio.generate_inputs(n=1).wait(30).added == 1
    assert mode_shown(studio) == modes.IN_WORDS["json_schema"]


def test_a_way_that_the_person_named_is_shown_and_its_refusal_stops_the_job_and_says_so(
    reopened: Callable[..., sw.Studio], endpoint: Endpoint
) -> None:
    endpoint.fail("refuse_tools")
    studio = reopened(structured="tools")
    assert mode_shown(studio) == f"{modes.IN_WORDS['tools']} (structured='tools')"
    with pytest.raises(RunStoppedError, match="Take structured='tools' out"):
        studio.generate_inputs(n=1).wait(30)
    assert refused(endpoint) == 1


def test_plain_text_is_asked_for_as_text_and_teaches_nothing(
    reopened: Callable[..., sw.Studio], endpoint: Endpoint
) -> None:
    studio = reopened(PLAIN)
    studio.add_samples([{"input": "Ann"}], input="input")
    assert studio.generate_outputs().wait(30).added == 1
    assert modes_used(studio) == {"text"}
    assert mode_shown(studio) is None
