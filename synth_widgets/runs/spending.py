"""What a job's calls cost: set aside before each of them, settled after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from synth_widgets.money import Budget, cost_of, in_dollars
from synth_widgets.records import Step, Usage
from synth_widgets.runs.pending_call import PendingCall, Terms
from synth_widgets.runs.token_averages import TokenAverages

FIRST = 1
"""Answers after which a call is expected to take what those took; before, what it takes at most."""
SAFETY = 1.1
"""Calls differ: what is set aside is a little more than the average."""


class Spending:
    """Reserves the cost of a job's calls with its budget and with the studio's, and settles it.

    Args:
        steps: those that have calls.
        terms: the price and the kind of a step's calls, asked again when another model takes over.
        job: the job's own budget.
        studio: the budget that all jobs of the studio share.
        allowed: what a person was asked about, or what is sent unasked: it counts where a price is known.
        averages: what earlier calls took: those of this process, by which the next ones are expected, and those that
            only learn from them. What a file says of its calls may be anything.
        guess: what a call for so many items takes at most, before any was answered.
        own: tokens that a call's prompt has at least, whatever others take.

    Attributes:
        short: why a call that could have been sent was not, or ``None``; whoever looks for calls to send clears it.
    """

    def __init__(
        self,
        steps: Iterable[Step],
        *,
        terms: Callable[[Step], Terms],
        job: Budget,
        studio: Budget,
        averages: Sequence[TokenAverages],
        guess: Callable[[Step, int], Usage],
        own: Callable[[PendingCall], int],
        allowed: Budget | None = None,
    ) -> None:
        self.short: str | None = None
        self._job = job
        self._studio = studio
        self._allowed = allowed or Budget(None)
        self._averages = averages
        self._terms_of = terms
        self._terms = {step: terms(step) for step in steps}
        self._guess = guess
        self._own = own
        self._untold = 0
        self._guesses: dict[tuple[Step, int], Usage] = {}

    @property
    def is_waiting(self) -> bool:
        """Whether calls of other jobs hold what is missing, and may leave something of it."""
        return any(each.cap is not None and each.reserved > 1e-9 for each in (self._studio, self._allowed))

    @property
    def said(self) -> list[str]:
        """What a job has to say of its cost at its end."""
        return [f"{self._untold} answers came without a count of tokens: their cost is not known"] * bool(self._untold)

    def changed(self, step: Step) -> None:
        """Take in that another model answers a step from now on."""
        self._terms[step] = self._terms_of(step)
        self._guesses = {key: usage for key, usage in self._guesses.items() if key[0] != step}

    def reserve(self, pending: PendingCall) -> bool:
        """Set aside what the next call of a piece of work will cost; ``False`` when a budget has not enough left."""
        pending.terms = self._terms[pending.step]
        price, has_budget = pending.terms.price, self._job.cap is not None or self._studio.cap is not None
        if not has_budget and (self._allowed.cap is None or price is None):
            return True
        if price is None:
            self.short = f"There is a budget, but no known price for the model of {pending.step}"
            return False
        expected = self._expected(pending.step, len(pending.slots))
        cost = price.of(Usage(max(expected.prompt_tokens, self._own(pending)), expected.completion_tokens))
        if not self._job.reserve(cost):
            self.short = _short("job's", self._job, cost, "studio.resume(budget={}) goes on")
            return False
        if not self._studio.reserve(cost):
            self._job.settle(cost, 0.0)
            self.short = _short("studio's", self._studio, cost, "studio.set_budget({}) and studio.resume() go on")
            return False
        if not self._allowed.reserve(cost):
            self._job.settle(cost, 0.0)
            self._studio.settle(cost, 0.0)
            self.short = _more_than_allowed(self._allowed, cost)
            return False
        pending.reserved = cost
        return True

    def answered(self, pending: PendingCall, usage: Usage, *, slots: int) -> float | None:
        """Settle a call by its answer; return what it cost, ``None`` when unknown.

        A budget then counts what had been set aside. ``slots``: how many items it was asked for.
        """
        price = pending.terms.price
        cost = cost_of(price, usage)
        self._untold += price is not None and cost is None
        if cost or pending.reserved:
            self._settle(pending, pending.reserved if cost is None else cost)
        is_first = pending.attempts.number == 1 and pending.round == 1 and not pending.in_last_round
        for averages in self._averages:
            averages.learn(pending.terms.kind, usage, slots=slots if is_first else 0)
        return cost

    def refused(self, pending: PendingCall) -> None:
        """Settle a call that the endpoint did not take: it costs nothing."""
        if pending.reserved:
            self._settle(pending, 0.0)

    def given_up(self, pending: PendingCall) -> None:
        """Settle a call that was under way: its answer may be on the bill, so a budget counts what was set aside."""
        if pending.reserved:
            self._settle(pending, pending.reserved)

    def _settle(self, pending: PendingCall, cost: float) -> None:
        self._job.settle(pending.reserved, cost)
        self._studio.settle(pending.reserved, cost)
        self._allowed.settle(pending.reserved, cost)
        pending.reserved = 0.0

    def _expected(self, step: Step, slots: int) -> Usage:
        average = self._averages[0].of(self._terms[step].kind, answers=FIRST)
        if average is not None:
            prompt, completion = average.of(1, slots)
            return Usage(round(SAFETY * prompt), round(SAFETY * completion))
        if (step, slots) not in self._guesses:
            self._guesses[step, slots] = self._guess(step, slots)
        return self._guesses[step, slots]


def _short(whose: str, budget: Budget, cost: float, how: str) -> str:
    cap = budget.cap or 0.0
    more = round(max(2 * cap, budget.spent + cost), 6)
    return (
        f"The {whose} budget of {in_dollars(cap)} would be passed: {in_dollars(budget.spent)} is spent, and the next "
        f"call may cost {in_dollars(cost)}. What is left remains pending; {how.format(more)}"
    )


def _more_than_allowed(allowed: Budget, cost: float) -> str:
    cap = allowed.cap or 0.0
    return (
        f"It costs more than was foreseen, which was {in_dollars(cap)} at most: {in_dollars(allowed.spent)} is spent, "
        f"and the next call may cost {in_dollars(cost)}. What is left remains pending; Resume says what it takes."
    )
