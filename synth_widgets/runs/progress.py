"""Counts, rate and time left of a running job."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from synth_widgets.records import JobRecord, Step, Usage
from synth_widgets.runs.job import Job, Progress
from synth_widgets.store.state import State
from synth_widgets.text.shown import shown

WINDOW_SECONDS = 10.0
TELL_SECONDS = 0.1
Later = Callable[[float, Callable[[], None]], object]


class RunView(Protocol):
    """A run, as far as its meter looks at it."""

    @property
    def state(self) -> State:
        """What the run works on."""
        ...

    @property
    def to_ask_again(self) -> int:
        """How many items failed and may be asked for once more."""
        ...

    def where(self) -> tuple[Step, list[str], str | None]:
        """Return the step, the targets of the calls under way, and what they wait for."""
        ...


class ProgressMeter:
    """Keeps a job's `Progress` up to date, and tells of it ten times a second at most, the last state always.

    Args:
        clock: seconds on a clock that only grows.
        later: runs a function after so many seconds.
        tell: tells whoever listens that the progress is another one.
        run: what goes on.
    """

    def __init__(
        self,
        job: Job,
        record: JobRecord,
        *,
        clock: Callable[[], float],
        later: Later,
        tell: Callable[[], None],
        run: RunView,
    ) -> None:
        self.usage = record.usage
        self.done = record.added + record.failed
        self.failed = record.failed
        self._open = 0
        self._job = job
        self._clock = clock
        self._later = later
        self._tell = tell
        self._run = run
        self._is_over = False
        self._told = 0.0
        self._is_due = False
        self._recent: deque[float] = deque()
        self._began = clock()

    @property
    def total(self) -> int:
        """Results expected in the end."""
        return self.done + self._open

    def expect(self, more: int) -> None:
        """Add to the results that are expected, or take away from them."""
        self._open += more

    def settle(self) -> None:
        """Expect nothing more: what is open is given up."""
        self._open = 0

    def finished(self, count: int, *, failed: bool) -> None:
        """Count results that came in."""
        self.done += count
        self.failed += count if failed else 0
        self._recent.extend([self._clock()] * count)
        self._update()

    def spend(self, usage: Usage) -> None:
        """Count the tokens of a call."""
        self.usage += usage
        self._update()

    def look(self) -> None:
        """Say that something else is being worked on."""
        self._update()

    def restart(self) -> None:
        """Tell the rate from now on: before, and in between, nothing was sent."""
        self._recent.clear()
        self._began = self._clock()
        self._update()

    def end(self) -> None:
        """Say for the last time how far it came."""
        self._is_over = True
        self._say()

    def _update(self) -> None:
        if self._is_over or self._is_due:
            return
        wait = self._told + TELL_SECONDS - self._clock()
        if wait <= 0:
            self._say()
        else:
            self._is_due = True
            self._later(wait, self._say_if_due)

    def _say(self) -> None:
        self._is_due = False
        self._told = self._clock()
        self._job._tell(self._progress())  # noqa: SLF001 - the meter writes what the handle shows
        self._tell()

    def _say_if_due(self) -> None:
        if self._is_due:
            self._say()

    def _progress(self) -> Progress:
        now = self._clock()
        while self._recent and now - self._recent[0] > WINDOW_SECONDS:
            self._recent.popleft()
        rate = len(self._recent) / min(WINDOW_SECONDS, max(now - self._began, 0.2))
        step, targets, waiting = self._run.where()
        eta = self._open / rate if rate and self._open and not waiting else None
        samples = self._run.state.samples
        topics = dict.fromkeys(samples[t].topic if t in samples else t for t in targets)
        if self._is_over:
            topics, waiting = {}, None
        elif waiting:
            waiting = shown(waiting)  # an endpoint may say anything
        counts = (self.done, self.total, self.failed, self.usage, self._job.cost)
        return Progress(step, *counts, round(rate, 2), eta, tuple(topics), waiting, self._run.to_ask_again)
