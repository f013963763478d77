"""Counts, rate and time left of a running job."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from synth_widgets.records import JobRecord, Step, Usage
from synth_widgets.runs.job import Job, Progress
from synth_widgets.store.state import State

WINDOW_SECONDS = 10.0
TELL_SECONDS = 0.1
Later = Callable[[float, Callable[[], None]], object]


class Meter:
    """Keeps a job's `Progress` up to date, and tells of it ten times a second at most, the last state always.

    Args:
        clock: seconds on a clock that only grows.
        later: runs a function after so many seconds.
        tell: tells whoever listens that the progress is another one.
    """

    def __init__(
        self, job: Job, record: JobRecord, clock: Callable[[], float], later: Later, tell: Callable[[], None]
    ) -> None:
        self.usage = record.usage
        self.done = record.added + record.failed
        self.failed = record.failed
        self._open = 0
        self._job = job
        self._clock = clock
        self._later = later
        self._tell = tell
        self._told = 0.0
        self._is_due = False
        self._recent: deque[float] = deque()
        self._began = clock()
        self._step: Step = "topics"
        self._topics: tuple[str, ...] = ()
        self._waiting: str | None = None

    @property
    def total(self) -> int:
        """Results expected in the end."""
        return self.done + self._open

    def expect(self, more: int) -> None:
        """Add to the results that are expected, or take away from them."""
        self._open += more

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

    def now_at(self, targets: Iterable[str], state: State, step: Step, waiting: str | None) -> None:
        """Say what is being worked on."""
        found = (state.samples[t].topic if t in state.samples else t for t in targets)
        self._topics, self._step, self._waiting = tuple(dict.fromkeys(found)), step, waiting
        self._update()

    def end(self) -> None:
        """Say for the last time how far it came."""
        self._topics, self._waiting = (), None
        self._told = 0.0
        self._update()

    def _update(self) -> None:
        now = self._clock()
        while self._recent and now - self._recent[0] > WINDOW_SECONDS:
            self._recent.popleft()
        span = min(WINDOW_SECONDS, max(now - self._began, 0.2))
        rate = len(self._recent) / span
        eta = self._open / rate if rate and self._open else None
        progress = Progress(
            self._step,
            self.done,
            self.total,
            self.failed,
            self.usage,
            round(rate, 2),
            eta,
            self._topics,
            self._waiting,
        )
        self._job._tell(progress)  # noqa: SLF001 - the meter writes what the handle shows
        wait = self._told + TELL_SECONDS - now
        if wait <= 0:
            self._say()
        elif not self._is_due:
            self._is_due = True
            self._later(wait, self._say_if_due)

    def _say(self) -> None:
        self._is_due = False
        self._told = self._clock()
        self._tell()

    def _say_if_due(self) -> None:
        if self._is_due:
            self._say()
