"""What a person sees while an endpoint misbehaves, and afterwards: the line of the job, the rows, the way on.

Each fault is met in a studio of its own, over HTTP. The pictures in build/shots are for eyes; what the test holds is
that the widget says what is wrong, and what to do, in words that can be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.browser.conftest import OpenNotebook, Shots
from tests.browser.look import check_look
from tests.browser.widget import TASK, StudioView
from tests.endpoint import Endpoint

STUDIO = """studio = sw.Studio(task, path={path!r}, model=sw.Model(
    "openai/gpt-6-luna", api_base={url!r}, api_key={key!r}, concurrency=4))
studio"""
FIRST = 3
"""The request that is hit first: what comes before makes the inputs."""


@dataclass(frozen=True)
class Met:
    """A fault, and what must then be read in the widget.

    Attributes:
        fault: the rule, as `tests.rules.Rule` takes it.
        says: what is read in the widget.
        failed: whether rows fail.
        ends: whether the job ends by itself.
    """

    fault: dict[str, Any]
    says: str
    failed: bool = False
    ends: bool = False


FAULTS = {
    "busy": Met({"kind": "status", "status": 429, "headers": {"Retry-After": "40"}}, r"asks to wait 4\d s"),
    "broken": Met({"kind": "status", "status": 500}, r"500; trying again in (\d+ s|less than a second)"),
    "dropping": Met({"kind": "drop"}, r"connection lost; trying again in (\d+ s|less than a second)"),
    "silent": Met({"kind": "hang"}, r"has been silent for \d+ s"),
    "page": Met({"kind": "page"}, r"no chat completion; trying again in (\d+ s|less than a second)"),
    "key": Met(
        {"kind": "status", "status": 401, "message": "Incorrect API key"},
        r"The key was sent and not accepted",
        ends=True,
    ),
    "name": Met({"kind": "status", "status": 404, "message": "no such model"}, r"Check the model's name", ends=True),
    "refusing": Met({"kind": "filter"}, r"the model refused to answer", failed=True, ends=True),
    "cut": Met({"kind": "truncate"}, r"cut at max_tokens", failed=True, ends=True),
    "empty-answers": Met({"kind": "empty"}, r"the answer is empty", failed=True, ends=True),
}


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint(latency=0.05, chunk=200) as endpoint:
        yield endpoint


@pytest.mark.slow
def test_what_is_wrong_is_said_where_a_person_looks(
    open_notebook: OpenNotebook, shots: Shots, endpoint: Endpoint
) -> None:
    cells = [STUDIO.format(path=f"{name}.synth", url=endpoint.url, key=endpoint.key) for name in FAULTS]
    notebook = open_notebook([TASK, *cells])
    notebook.run_cell(0)
    for index, (name, met) in enumerate(FAULTS.items(), 1):
        endpoint.rules.clear()
        endpoint.fail(since=endpoint._received + FIRST, **met.fault)
        notebook.run_cell(index)
        view = StudioView(notebook, cell=index)
        view.add_topic("Backpacks")
        view.choose_topic("Backpacks")
        view.grow(samples=8)
        if met.failed:
            view.until(lambda view=view: view.by_status()["Failed"] == 7)
            view.until_idle()
            view.show("Failed")
            view.open_row(view.rows()[0].id)
        view.until(lambda view=view, met=met: re.search(met.says, view.root.inner_text(), re.IGNORECASE), 40)
        if met.ends:
            view.until_idle()
        shots(view.root, f"fault-{name}-light")
        check_look(view, "light", name)
        endpoint.rules.clear()
        if not met.ends:
            view.button(re.compile("^Stop")).first.click()
            view.until_idle()
