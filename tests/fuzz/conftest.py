"""How long it is tried, from which seed, and what may not happen."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable

import pytest

Case = Callable[[random.Random], object]
SECONDS = {"a moment": 3.0, "long": 150.0}
"""Four kinds of harm take ten minutes together."""
MOST_SECONDS = 1.0
"""Of the processor for one case: more is a hang."""


@pytest.fixture(params=["a moment", pytest.param("long", marks=pytest.mark.slow)])
def many(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Callable[[Case], None]:
    """A function that tries a case again and again, each time from another seed, which a failure names.

    A moment begins at the same seed each time; ``SYNTH_FUZZ_SEED`` gives the first one, to see a failure again.
    """
    given = os.environ.get("SYNTH_FUZZ_SEED")
    first = int(given or (0 if request.param == "a moment" else random.SystemRandom().randrange(10**9)))

    def run(case: Case, seconds: float = MOST_SECONDS) -> None:
        until, number = time.monotonic() + SECONDS[request.param], 0
        while time.monotonic() < until:
            seed = first + number
            began = time.process_time()
            try:
                case(random.Random(seed))
            except BaseException as error:
                error.add_note(f"to see it again: SYNTH_FUZZ_SEED={seed}")
                raise
            took = time.process_time() - began
            assert took < seconds, f"a case took {took:.1f} s of the processor: SYNTH_FUZZ_SEED={seed}"
            number += 1
        record_property("cases", f"{number} from seed {first}")

    return run
