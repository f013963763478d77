"""How a model gives JSON is found out once: the job goes on with the next way, the file remembers, people see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import synth_widgets as sw
from synth_widgets.errors import RunStoppedError
from synth_widgets.llm import ways
from synth_widgets.store.changes import SettingChanged
from synth_widgets.widget import rows
from tests.endpoint import Endpoint
from tests.tasks import PLAIN, TICKETS

NAME = "openai/any"


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
        monkeypatch.setattr(ways, "_known", {})
        given = sw.Model(NAME, api_base=endpoint.url, api_key=endpoint.key, **{"concurrency": 1, **model})
        opened.append(open_studio(given, task, path=own_folder / "s.synth"))
        return opened[-1]

    return open_


def modes(studio: sw.Studio) -> set[str]:
    return {call.mode for call in studio._state.calls.values()}


def way_shown(studio: sw.Studio) -> str | None:
    return rows.studio_view(studio._core)["model_way"]


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
    assert way_shown(studio) is None
    result = studio.grow(topics=1, samples=2).wait(30)
    assert (result.added, result.failed) == (2, 0)
    assert refused(endpoint) == len(refuses)
    assert modes(studio) == {mode}
    assert way_shown(studio) == ways.IN_WORDS[mode]

    studio = reopened()
    assert way_shown(studio) == ways.IN_WORDS[mode]
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
    assert way_shown(studio) == ways.IN_WORDS["json_schema"]
    assert refused(endpoint) == 2


def test_a_way_that_the_endpoint_passes_over_without_a_word_is_left_too(
    reopened: Callable[..., sw.Studio], endpoint: Endpoint
) -> None:
    endpoint.fail("garbage", about=lambda told: None if "JSON Schema" in told else "a schema that nobody sees")
    studio = reopened()
    assert studio.grow(topics=1, samples=8).wait(30).added == 8
    assert way_shown(studio) == ways.IN_WORDS["json_object"]
    assert endpoint.statuses == {200: ways.MOST_IGNORED + 1 + 1 + 8}


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
        assert way_shown(reopened()) is None
    studio = reopened()
    assert studio.generate_inputs(n=1).wait(30).added == 1
    assert way_shown(studio) == ways.IN_WORDS["json_schema"]


def test_a_way_that_the_person_named_is_shown_and_its_refusal_stops_the_job_and_says_so(
    reopened: Callable[..., sw.Studio], endpoint: Endpoint
) -> None:
    endpoint.fail("refuse_tools")
    studio = reopened(structured="tools")
    assert way_shown(studio) == f"{ways.IN_WORDS['tools']} (structured='tools')"
    with pytest.raises(RunStoppedError, match="Take structured='tools' out"):
        studio.generate_inputs(n=1).wait(30)
    assert refused(endpoint) == 1


def test_plain_text_is_asked_for_as_text_and_teaches_nothing(
    reopened: Callable[..., sw.Studio], endpoint: Endpoint
) -> None:
    studio = reopened(PLAIN)
    studio.add_samples([{"input": "Ann"}], input="input")
    assert studio.generate_outputs().wait(30).added == 1
    assert modes(studio) == {"text"}
    assert way_shown(studio) is None
