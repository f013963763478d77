"""How many tokens a call will take, estimated from those that were made."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from synth_widgets.records import Usage

ENOUGH = 10
"""Answers of a kind from which its next ones are told."""
MEMORY = 100
"""Calls of a kind after which the older ones weigh half: what a prompt holds grows, and so do its tokens."""


@dataclass(slots=True)
class Average:
    """Tokens of the calls of one kind so far, the latest weighing most. Answers that were no good count with theirs.

    Attributes:
        answers: how many there were.
        calls: calls that were meant to be made; asking again for what was no good makes none.
        slots: items that those were for.
        prompt, completion: tokens of all answers.
    """

    answers: int = 0
    calls: float = 0.0
    slots: float = 0.0
    prompt: float = 0.0
    completion: float = 0.0

    def of(self, calls: float, slots: float) -> tuple[float, float]:
        """Return the prompt and the completion tokens of so many calls for so many items."""
        return calls * self.prompt / self.calls, slots * self.completion / self.slots


class TokenAverages:
    """Averages by kind of call; a kind is whatever makes calls alike: step, model, prompt style, version of the task.

    >>> averages = TokenAverages()
    >>> for n in range(10):
    ...     averages.learn("outputs", Usage(200, 40 + n), slots=1)
    >>> averages.of("outputs").of(calls=100, slots=100)
    (20000.0, 4450.0)
    """

    def __init__(self) -> None:
        self.rev = 0
        """How many answers were taken in: it only grows, so it tells whether averages may be others now."""
        self._seen: dict[Hashable, Average] = {}

    def learn(self, kind: Hashable, usage: Usage, *, slots: int) -> None:
        """Take an answer in: ``slots`` items were asked for, 0 when they had been asked for before."""
        if not usage.prompt_tokens:
            return  # the endpoint does not tell
        average = self._seen.get(kind)
        if average is None:
            average = self._seen[kind] = Average()
        if average.calls >= MEMORY:
            average.calls, average.slots = average.calls / 2, average.slots / 2
            average.prompt, average.completion = average.prompt / 2, average.completion / 2
        self.rev += 1
        average.answers += 1
        average.calls += 1 if slots else 0
        average.slots += slots
        average.prompt += usage.prompt_tokens
        average.completion += usage.completion_tokens

    def of(self, kind: Hashable, *, answers: int = ENOUGH) -> Average | None:
        """Return the average of a kind, or ``None`` before so many answers."""
        average = self._seen.get(kind)
        return average if average is not None and average.answers >= answers and average.calls else None
