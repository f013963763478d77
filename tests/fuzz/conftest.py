"""How long it is tried, from which seed, and what may not happen."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

Case = Callable[[random.Random], object]
MOST_SECONDS = 1.0
"""Of the processor for one case: more is a hang."""


@dataclass(frozen=True)
class Many:
    """Tries a case again and again, each time from another seed, which a failure names.

    Attributes:
        seconds: for which it is tried.
        first: the first seed.
        slack: by how much all limits of time are multiplied.
        tell: notes how many cases there were.
    """

    seconds: float
    first: int
    slack: float
    tell: Callable[[str, object], None]

    def __call__(self, case: Case, most: float = MOST_SECONDS) -> None:
        """Try a case, which may take so many seconds of the processor."""
        until, number = time.monotonic() + self.seconds, 0
        while time.monotonic() < until:
            seed = self.first + number
            began = time.process_time()
            try:
                case(random.Random(seed))
            except BaseException as error:
                error.add_note(f"to see it again: SYNTH_FUZZ_SEED={seed}")
                raise
            took = time.process_time() - began
            assert took < self.slack * most, f"a case took {took:.1f} s of the processor: SYNTH_FUZZ_SEED={seed}"
            number += 1
        self.tell("cases", f"{number} from seed {self.first}")


@pytest.fixture(params=["a moment", pytest.param("long", marks=pytest.mark.slow)])
def many(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Many:
    """Return what tries: a moment, from the same seed each time; or long, so that four kinds take ten minutes.

    A moment is tried beside other suites, so it measures little. ``SYNTH_FUZZ_SEED`` gives the first seed.
    """
    given = os.environ.get("SYNTH_FUZZ_SEED")
    if request.param == "a moment":
        return Many(3.0, int(given or 0), 20.0, record_property)
    return Many(150.0, int(given or random.SystemRandom().randrange(10**9)), 1.0, record_property)
