"""How soon a job has ended that a person stops: one whose calls wait for their answers, and one that is paused.

From `Job.cancel` until `Job.wait` returns, with what was made on disk. The model answers in an hour.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import synth_widgets as sw
from synth_widgets.testing import ScriptedCompleter
from tests.bench.table import Row, run

RUNS = 7
IN_FLIGHT = 64
LIMIT = 0.5


def stopped(*, paused: bool) -> float:
    """Start a job, let its calls wait, stop it; return the seconds until it has ended."""
    model = ScriptedCompleter(latency=3600, concurrency=IN_FLIGHT)
    task = sw.Task("Greeter", "Greet the person by name.")
    with sw.Studio(task, path=":memory:", model=model) as studio:
        studio.add_samples([{"input": f"I am number {n}."} for n in range(2 * IN_FLIGHT)], status="pending")
        job = studio.generate_outputs()
        while model.in_flight < IN_FLIGHT:
            time.sleep(0.001)
        if paused:
            job.pause()
        began = time.perf_counter()
        job.cancel()
        job.wait()
        return time.perf_counter() - began


def measure() -> Iterator[Row]:
    """Measure both."""
    for name, paused in (("running", False), ("paused", True)):
        seconds = statistics.median(stopped(paused=paused) for _ in range(RUNS))
        yield Row(f"stop a {name} job, {IN_FLIGHT} calls in flight", seconds, None, LIMIT, "s")


if __name__ == "__main__":
    run(measure)
