"""Figures and jobs in words, for a person."""

from __future__ import annotations

import math

from synth_widgets.money import in_dollars
from synth_widgets.records import JobRecord
from synth_widgets.widget.host import EstimateLike

TITLES = {
    "grow": "Topics and samples",
    "topics": "Topics",
    "inputs": "Inputs",
    "outputs": "Outputs",
    "regenerate": "Regeneration",
}
"""What a job of each kind makes."""


def figures(estimate: EstimateLike, *, outputs: bool = True) -> list[list[str]]:
    """Return an estimate's figures, each with its label and what a tooltip says of it.

    >>> from types import SimpleNamespace
    >>> told = SimpleNamespace(calls=(5, 10), prompt_tokens=(900, 1800), completion_tokens=(100, 200),
    ...                        cost=(0.0021, 0.0042), topics=0, samples=4)
    >>> [" ".join(figure[:2]) for figure in figures(told)]
    ['4 samples', '5 model calls', '1,000 – 2,000 tokens', '$0.0021 – $0.0042 cost']
    """
    fewest, most = estimate.calls
    tokens = [sum(ends) for ends in zip(estimate.prompt_tokens, estimate.completion_tokens, strict=True)]
    found = []
    if estimate.samples or not estimate.topics:
        found.append([f"{estimate.samples:,}", _some(estimate.samples, "sample" if outputs else "input"), ""])
    if estimate.topics:
        found.append([f"{estimate.topics:,}", _some(estimate.topics, "new topic"), ""])
    worst = f"At most {most:,}: every answer asked for twice, and a last round for what fails" if most > fewest else ""
    found.append([f"{fewest:,}", _some(fewest, "model call"), worst])
    found.append([_between(*map(_compact, tokens)), "tokens", "Prompts and answers"])
    if estimate.cost is None:
        found.append(["unknown", "cost", ""])
    elif estimate.cost[1]:
        found.append([_between(*map(in_dollars, estimate.cost)), "cost", ""])
    return found


def headline(job: JobRecord, owed: int) -> str:
    """Say how a job ended.

    >>> headline(JobRecord("0123456789", "grow", status="stopped"), 3)
    'Generation stopped: 3 items left.'
    """
    left = f": {owed:,} {_some(owed, 'item')} left" if owed else ""
    match job.status:
        case "interrupted":
            return f"A job was interrupted{left}."
        case "stopped":
            return f"Generation stopped{left}."
        case "cancelled":
            return f"Stopped by you{left}."
        case _:
            return f"Done: {job.added:,} {_some(job.added, 'item')} added."


def _some(count: int, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"


def _between(low: str, high: str) -> str:
    return low if low == high else f"{low} – {high}"


def _compact(tokens: int) -> str:
    """Write a number to two digits, large ones in thousands or millions.

    >>> _compact(1234), _compact(142310), _compact(3_500_000)
    ('1,200', '140 k', '3.5 M')
    """
    rounded = round(tokens, 1 - math.floor(math.log10(tokens))) if tokens else 0
    if rounded < 10_000:
        return f"{rounded:,}"
    return f"{rounded / 1000:.0f} k" if rounded < 1_000_000 else f"{rounded / 1_000_000:.1f} M"
