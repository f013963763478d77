"""Whether the models that are taken by default stay: ``python -m tools.default_models --as-of 2026-11-29 --months 6``.

It looks into the price list of the litellm that is installed. Where a default ends within the time, or the list does
not know it, that is said, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import calendar
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from synth_widgets.llm.providers import PROVIDERS
from synth_widgets.money import lines_of, read_prices
from tools.lock import LOCK, locked_on

MONTHS = 6
"""How long a default has to stay, when the lock is made."""
UNLISTED: Mapping[str, str] = {"openrouter": "the price list has no lines of it: its prices are its own"}
"""Providers whose defaults the price list need not know, and why."""


@dataclass(frozen=True, slots=True)
class End:
    """When a model ends.

    Attributes:
        model: its name, as litellm spells it.
        on: the first day without it.
    """

    model: str
    on: date

    def __str__(self) -> str:
        return f"{self.model} ends on {self.on}"


def default_models() -> tuple[str, ...]:
    """Return the names of all models that are taken by default.

    >>> default_models()[0].startswith("openai/")
    True
    """
    return tuple(f"{provider.name}/{name}" for provider in PROVIDERS for name in provider.defaults)


def ending(models: Iterable[str], prices: Mapping[str, Any], before: date) -> list[End]:
    """Return the models that end before a day, by the price list's ``deprecation_date``.

    Raises:
        ValueError: the list has a date that is none.

    >>> prices = {"old": {"litellm_provider": "openai", "deprecation_date": "2026-12-11"}}
    >>> [str(end) for end in ending(["openai/old", "openai/new"], prices, date(2026, 12, 12))]
    ['openai/old ends on 2026-12-11']
    >>> ending(["openai/old"], prices, date(2026, 12, 11))
    []
    """
    ends = (
        End(model, date.fromisoformat(told))
        for model in models
        for _, line in lines_of(model, prices)
        if (told := line.get("deprecation_date"))
    )
    return [end for end in ends if end.on < before]


def unlisted(models: Iterable[str], prices: Mapping[str, Any]) -> list[str]:
    """Return the models that the price list should know and does not.

    >>> unlisted(["openai/new", "openrouter/openai/new"], {})
    ['openai/new']
    """
    known = (model for model in models if model.partition("/")[0] not in UNLISTED)
    return [model for model in known if not any(lines_of(model, prices))]


def later(day: date, months: int) -> date:
    """Return the day some months later; the month's last where it has no such day.

    >>> later(date(2026, 11, 29), 6), later(date(2027, 8, 31), 6)
    (datetime.date(2027, 5, 29), datetime.date(2028, 2, 29))
    """
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def problems(prices: Mapping[str, Any], day: date, months: int) -> list[str]:
    """Return a line for each default that the price list ends within some months from a day, or does not know."""
    models, before = default_models(), later(day, months)
    found = [f"{end}, before {before}" for end in ending(models, prices, before)]
    found += [f"{model} is not in the price list" for model in unlisted(models, prices)]
    return [*found, "Take other defaults in synth_widgets/llm/providers.py."] if found else []


def main(argv: Sequence[str] | None = None) -> int:
    """Say which defaults do not stay; return 1 if there is one."""
    parser = argparse.ArgumentParser(prog="python -m tools.default_models", description=__doc__.partition("\n")[0])
    parser.add_argument("--as-of", type=date.fromisoformat, help="the day to count from; the lock's, if left out")
    parser.add_argument("--months", type=int, default=MONTHS, help=f"how long they have to stay (default: {MONTHS})")
    told = parser.parse_args(argv)
    day: date = told.as_of or locked_on(LOCK.read_text(encoding="utf-8"))
    if found := problems(read_prices(), day, told.months):
        print("\n".join(found), file=sys.stderr)
        return 1
    print(f"All {len(default_models())} default models stay until {later(day, told.months)}, as far as the list knows.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
