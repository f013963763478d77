"""A stop is a stop, whatever the endpoint is doing to the run: soon, and with nothing left behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

import synth_widgets as sw
from synth_widgets.llm import litellm_package
from synth_widgets.llm.transports.attempt import Waits
from tests.faults.impossible import impossible
from tests.faults.table import TRANSPORTS
from tests.loopback import Loopback
from tests.tasks import TRIAGE, until

Install = Callable[[Loopback], None]
SOON = 0.5
TRIES = 3
"""Runs of which the quickest counts: the machine has other work too."""
LONG = {"Retry-After": "30"}

pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


def failing(kind: str, **how: object) -> Install:
    """Fail at each request but the first, which makes the topics."""
    return lambda endpoint: endpoint.fail(kind, since=2, **how)


def slow(endpoint: Loopback) -> None:
    """Take a minute for whatever is asked."""
    endpoint.fail("hang", since=2)


def trickling(endpoint: Loopback) -> None:
    """Stream a character a while."""
    endpoint.chunk_delay, endpoint.chunk = 0.1, 1


FAULTS: dict[str, Install] = {
    "hangs": slow,
    "trickles": trickling,
    "429, wait half a minute": failing("status", status=429, headers=LONG),
    "429, unsaid": failing("status", status=429),
    "500": failing("status", status=500),
    "drops": failing("drop"),
    "an error in the answer": failing("error_event"),
    "ends too early": failing("unfinished"),
    "a web page": failing("page"),
    "never ends": failing("flood"),
    "refuses the schema and hangs": lambda endpoint: (endpoint.fail("refuse_schema"), slow(endpoint))[1],
}


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    litellm_package.load("xinference/any")


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_job_is_cancelled_at_once_and_leaves_nothing_open(fault: str, transport: str) -> None:
    if fault == "a web page" and impossible("web pages for lists", transport):
        pytest.skip("the job has ended before: litellm makes empty answers of web pages")
    took = []
    while not took or (min(took) > SOON and len(took) < TRIES):
        took.append(_cancelled(FAULTS[fault], transport))
    assert min(took) <= SOON


def _cancelled(install: Install, transport: str) -> float:
    """Return how long the cancelling took, once nothing of the job is left."""
    asked = TRANSPORTS[transport]
    with asked.endpoint(latency=0.02) as endpoint:
        install(endpoint)
        model = sw.Model(asked.model, api_base=endpoint.url, api_key=endpoint.key, concurrency=4)
        threads = _threads()
        completer = asked.completer(model, waits=Waits(first=10.0))
        with sw.Studio(TRIAGE, path=":memory:", model=completer) as studio:
            tasks = studio._core.engine._tasks
            job = studio.grow(topics=2, samples=8)
            until(lambda: len(endpoint.bodies) > 1 or job.status != "running")
            time.sleep(0.05)
            began = time.perf_counter()
            job.cancel()
            result = job.wait(20)
            seconds = time.perf_counter() - began
            assert job.status == "cancelled", result
            until(lambda: endpoint.in_flight == 0)
            studio.flush()
            assert [task for task in tasks if "job" in task.get_name() or "_go_on" in repr(task)] == []
            assert completer.waiting is None
        if not transport.startswith("litellm"):
            until(lambda: all(connection.is_closing() for connection in endpoint.connections if connection))
        until(lambda: _threads() <= threads)  # anyio's end some time after the call for which they were started
    return seconds


def _threads() -> set[str]:
    """Return the names of the threads but of those that stay for the next call."""
    return {name for thread in threading.enumerate() if not (name := thread.name).startswith(("asyncio", "synth-"))}
