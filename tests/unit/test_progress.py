"""A job's progress as listeners hear it: seldom, but never a state behind for long.

A slow model finishes something once a second, and each time several things change within a millisecond: tokens were
spent, a sample is done, another is under way. If only the first of them were told, the run bar would stand one sample
behind what the grid shows.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from synth_widgets.money import Cost
from synth_widgets.records import JobRecord, Usage
from synth_widgets.runs.job import Progress
from synth_widgets.runs.progress import ProgressMeter


class Desk:
    """A meter with a clock of its own, and what it told when."""

    def __init__(self) -> None:
        self.now = 100.0
        self.progress = Progress()
        self.heard: list[tuple[float, int]] = []
        self._calls: list[tuple[float, int, Callable[[], None]]] = []
        job = SimpleNamespace(_tell=self._set, cost=Cost())
        run = SimpleNamespace(state=SimpleNamespace(samples={}), where=lambda: ("topics", [], None), to_ask_again=0)
        record = JobRecord("a" * 10, "grow", status="running")
        self.meter = ProgressMeter(job, record, clock=lambda: self.now, later=self._later, tell=self._hear, run=run)  # type: ignore[arg-type]
        self.meter.expect(100)

    def _set(self, progress: Progress) -> None:
        self.progress = progress

    def _later(self, wait: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._calls, (self.now + wait, len(self._calls), call))

    def _hear(self) -> None:
        self.heard.append((self.now, self.progress.done))

    def until(self, moment: float) -> None:
        while self._calls and self._calls[0][0] <= moment:
            self.now, _, call = heapq.heappop(self._calls)
            call()
        self.now = moment


def test_the_last_of_a_burst_is_heard_within_a_tenth_of_a_second() -> None:
    desk = Desk()
    desk.meter.spend(Usage(10, 10))
    desk.meter.finished(4, failed=False)
    assert desk.heard == [(100.0, 0)]
    desk.until(101)
    assert desk.heard == [(100.0, 0), (pytest.approx(100.1), 4)]


def test_however_much_happens_it_tells_ten_times_a_second_and_nothing_twice() -> None:
    desk = Desk()
    for step in range(1, 101):
        desk.until(100 + step / 100)
        desk.meter.finished(1, failed=False)
    desk.until(105)
    assert len(desk.heard) <= 12
    assert desk.heard[-1][1] == 100
    assert len({done for _, done in desk.heard}) == len(desk.heard)
