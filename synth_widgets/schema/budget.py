"""How much one check of a value may take: a schema of three kilobytes can ask for more than a lifetime.

The verdict is counted in steps, so that it is the same on every machine and on every day. Patterns, and the search for
words that say what is wrong, are timed. What exceeds the budget is told as a reason, like any other.

Most checks take microseconds and run where they are asked for, also on the engine's thread. `at_once` gives up early
what is not of that kind; it is asked again, elsewhere, with the whole budget.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

STEPS = 4_000_000
"""Keywords looked at for one value: some tenths of a second. A thousand items of thirty fields take 100,000."""
STEPS_AT_ONCE = 50_000
PATTERN_SECONDS = 0.1
"""How long all patterns together may take on one value."""
WORDS_SECONDS = 0.3
"""How long the words are looked for that say what is wrong with a value of which it is known that something is."""
SECONDS_AT_ONCE = 0.01
"""For patterns, and for words, where a check is to be done at once."""


class TooLongError(Exception):
    """A check has used up its budget."""


class UnsaidError(Exception):
    """A value does not comply, and the words that say where take too long to find."""


class NotAtOnceError(Exception):
    """A check takes longer than what is done at once."""


class EndlessError(Exception):
    """A schema leads to itself without going into the value."""


class Budget:
    """What is left for the checks that draw on it: those of one value, and of what one answer may mean.

    Attributes:
        left: steps.
        remembers_from: the number of steps left from which on results are remembered: see `remembered`.
        pattern_seconds: for patterns.
        words_seconds: for words.
        is_deep: whether the value was too deep for the verdict, so that the search for words has to give it.
        is_at_once: whether what exceeds it is to be asked again elsewhere.
    """

    left = STEPS
    remembers_from = STEPS - STEPS_AT_ONCE
    pattern_seconds = PATTERN_SECONDS
    words_seconds = WORDS_SECONDS
    is_at_once = False
    is_deep = False
    _known: dict[tuple[int, int], bool | None] | None = None

    def begin(self) -> None:
        """Begin with another value: what is known of the one before does not hold for it."""
        self._known = None
        self.is_deep = False

    def spend(self, steps: int) -> None:
        """Take steps.

        Raises:
            TooLongError: there are not so many.
        """
        self.left -= steps
        if self.left < 0:
            raise TooLongError

    def remembered(self, predicate: Callable[[Any, Budget], bool], value: Any) -> bool:
        """Return what the predicate of a reference says of a value, asked once.

        References that double forty times lead to the same few schemas again and again, and the value is the same.

        Raises:
            TooLongError: no steps are left.
            EndlessError: the answer depends on itself.
        """
        if self.left < 0:
            raise TooLongError
        if self._known is None:
            self._known = {}
        known, key = self._known, (id(predicate), id(value))
        if key in known:
            if (verdict := known[key]) is None:
                raise EndlessError
            return verdict
        known[key] = None
        try:
            known[key] = verdict = predicate(value, self)
        except BaseException:
            del known[key]
            raise
        return verdict


class _BudgetAtOnce(Budget):
    """What a check may take where it holds others up."""

    left = STEPS_AT_ONCE
    remembers_from = STEPS_AT_ONCE // 2
    pattern_seconds = SECONDS_AT_ONCE
    words_seconds = SECONDS_AT_ONCE
    is_at_once = True


class _Thread(threading.local):
    """What this thread does: the budget that its checks share, where they share one."""

    shared: Budget | None = None


_thread = _Thread()


def current() -> Budget:
    """Return the budget of a check that begins: the one that is shared, or one of its own."""
    shared = _thread.shared
    if shared is None:
        return Budget()
    shared.begin()
    return shared


def together(function: Callable[[], T]) -> T:
    """Run a function whose checks share one budget, as those of all that an answer may mean do.

    >>> from synth_widgets.schema.schema import Schema
    >>> together(lambda: Schema({"type": "string"}).problem("It.")) is None
    True
    """
    return _drawing_on(Budget(), function)


def at_once(function: Callable[[], T]) -> T:
    """Run a function whose checks share the small budget of what is done where others wait.

    Raises:
        NotAtOnceError: it takes longer; run it again with `together`, where it holds nobody up.
    """
    return _drawing_on(_BudgetAtOnce(), function)


def _drawing_on(budget: Budget, function: Callable[[], T]) -> T:
    before, _thread.shared = _thread.shared, budget
    try:
        return function()
    finally:
        _thread.shared = before


def matches(pattern: Any, text: str, budget: Budget) -> bool:
    """Whether a compiled pattern is found in a text.

    Raises:
        TimeoutError: the patterns have used up their seconds.
    """
    if budget.pattern_seconds <= 0:
        raise TimeoutError
    started = time.perf_counter()
    try:
        return pattern.search(text, timeout=budget.pattern_seconds) is not None
    finally:
        budget.pattern_seconds -= time.perf_counter() - started


def out_of_bounds(error: Exception, budget: Budget) -> str:
    """Say why a check ended without a verdict.

    Raises:
        NotAtOnceError: it was one to be done at once.
    """
    if budget.is_at_once and isinstance(error, TooLongError | TimeoutError | UnsaidError):
        raise NotAtOnceError from None
    if isinstance(error, TooLongError):
        return "the schema takes too long to check on this value"
    if isinstance(error, UnsaidError):
        return "the value does not comply; to find out where takes too long"
    if isinstance(error, TimeoutError):
        return f"the patterns of the schema took longer than {PATTERN_SECONDS} s on this value"
    if isinstance(error, EndlessError):
        return "the schema refers to itself without an end"
    if isinstance(error, RecursionError):
        return "the value is nested too deeply"
    return f"the schema cannot be checked on this value ({type(error).__name__}: {str(error)[:200]})"
