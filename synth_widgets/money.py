"""What calls cost: prices by model, and a budget that is never passed by more than what was in flight.

Prices come from litellm's price file, read without importing litellm. A price that is not known is unknown, never 0.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth_widgets.records import Usage

FILE = "model_prices_and_context_window_backup.json"
"""The price file in litellm's package; the format: https://docs.litellm.ai/docs/provider_registration/add_model_pricing"""
CHARACTERS_A_TOKEN = 4.0
_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
"""Scripts in which a character is about a token."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a model's tokens cost.

    Attributes:
        prompt: US dollars a prompt token.
        completion: US dollars a completion token.
        source: where the figures come from, in words.
    """

    prompt: float
    completion: float
    source: str

    @property
    def is_free(self) -> bool:
        """Whether nothing is to be paid, however many tokens there are."""
        return not self.prompt and not self.completion

    def of(self, usage: Usage) -> float:
        """Return what so many tokens cost, in US dollars.

        >>> Price(1e-6, 2e-6, "a list").of(Usage(1_000_000, 500_000))
        2.0
        """
        return usage.prompt_tokens * self.prompt + usage.completion_tokens * self.completion


def cost_of(price: Price | None, usage: Usage) -> float | None:
    """Return what an answer cost in US dollars, or ``None``: its price is not known, or the endpoint told no tokens.

    >>> cost_of(Price(0.25, 0.5, "a list"), Usage(4, 2)), cost_of(None, Usage(4, 2)), cost_of(FREE, Usage())
    (2.0, None, 0.0)
    """
    if price is None or not (usage.prompt_tokens or price.is_free):
        return None
    return price.of(usage)


FREE = Price(0.0, 0.0, "runs on this machine")
_SEARCHES = re.compile(r"sonar|search")
"""Models that search the web for each answer: the search is billed beside the tokens."""


def price_of(model: str) -> Price | None:
    """Return a model's price by its litellm name, or ``None`` when it has no known price.

    A list's price of 0 is taken for an unknown one: most of them are gaps in the list. So is a price by tokens of a
    model that bills more than tokens.

    >>> price = price_of("openai/gpt-5.4-mini")
    >>> price.prompt < price.completion, price.source
    (True, 'litellm ...')
    >>> price_of("openai/nobody-knows-it") is None
    True
    """
    table, source = _table()
    for key, line in lines_of(model, table):
        if "search_context_cost_per_query" in line and _SEARCHES.search(key):
            return None
        prompt, completion = line.get("input_cost_per_token"), line.get("output_cost_per_token")
        if isinstance(prompt, int | float) and isinstance(completion, int | float):
            return Price(float(prompt), float(completion), source) if prompt or completion else None
    return None


def lines_of(model: str, prices: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the lines of a price list, with their keys, that speak of a model by its litellm name.

    >>> prices = {"mini": {"litellm_provider": "openai"}, "groq/mini": {"litellm_provider": "groq"}}
    >>> [key for key, line in lines_of("openai/mini", prices)], [key for key, line in lines_of("xai/mini", prices)]
    (['mini'], [])
    """
    provider, _, name = model.partition("/")
    for key in (model, name):
        line = prices.get(key)
        if isinstance(line, dict) and (key == model or _is_of(provider, line.get("litellm_provider"))):
            yield key, line


def _is_of(provider: str, listed: object) -> bool:
    """Whether the list's word for a provider means this one: it tells some apart by API or by family."""
    return isinstance(listed, str) and (listed == provider or listed.startswith((f"{provider}-", f"{provider}_con")))


def reasons(model: str) -> bool:
    """Whether the price list knows a model as one that may think before it answers: its thoughts are billed too."""
    return any(line.get("supports_reasoning") is True for _, line in lines_of(model, _table()[0]))


def longest_answer(model: str) -> int | None:
    """Return the tokens that a model's answer may have, or ``None`` where the price list does not say.

    >>> longest_answer("anthropic/nobody-knows-it") is None
    True
    """
    found = (line.get("max_output_tokens") for _, line in lines_of(model, _table()[0]))
    return next((count for count in found if isinstance(count, int) and count > 0), None)


def read_prices() -> Mapping[str, Any]:
    """Return the price list; reading it takes some 20 milliseconds, the first time only."""
    return _table()[0]


@functools.cache
def _table() -> tuple[Mapping[str, Any], str]:
    """Return the price file and where it is from; an empty one where litellm is not installed."""
    from importlib import metadata  # with all that reads mail; not for a first cell

    spec = importlib.util.find_spec("litellm")
    if spec is None or spec.origin is None:
        return {}, "no price list"
    try:
        found = json.loads((Path(spec.origin).parent / FILE).read_text(encoding="utf-8"))
        version = metadata.version("litellm")
    except (OSError, ValueError, metadata.PackageNotFoundError):
        return {}, "no price list"
    return found if isinstance(found, dict) else {}, f"litellm {version}"


@dataclass(frozen=True, slots=True)
class Cost:
    """What calls took together. A sum of which parts are unknown is told as "at least".

    Attributes:
        dollars: US dollars of the calls whose cost is known.
        unknown: how many have an unknown cost: no known price, or tokens that the endpoint did not count.
        usage: their tokens, as far as they were told.
        calls: how many calls.

    >>> Cost(0.19, usage=Usage(900, 100), calls=4), str(Cost(0.19, unknown=1)), str(Cost(unknown=1))
    (Cost($0.19, 1000 tokens, 4 calls), 'at least $0.19', 'unknown')
    """

    dollars: float = 0.0
    unknown: int = 0
    usage: Usage = Usage()
    calls: int = 0

    @property
    def total(self) -> float | None:
        """US dollars of all the calls, or ``None`` when those of some are not known."""
        return None if self.unknown else self.dollars

    @property
    def words(self) -> str:
        """What a person is shown: nothing where there is nothing to pay.

        >>> Cost().words, Cost(0.19).words, Cost(unknown=1).words
        ('', '$0.19', 'cost unknown')
        """
        if not self.dollars:
            return "cost unknown" if self.unknown else ""
        return str(self)

    def __add__(self, other: Cost) -> Cost:
        calls = self.calls + other.calls
        return Cost(self.dollars + other.dollars, self.unknown + other.unknown, self.usage + other.usage, calls)

    def __str__(self) -> str:
        if not self.unknown:
            return in_dollars(self.dollars)
        return f"at least {in_dollars(self.dollars)}" if self.dollars else "unknown"

    def __repr__(self) -> str:
        return f"Cost({self}, {self.usage.total} tokens, {self.calls} calls)"


@dataclass(frozen=True, slots=True)
class UsualCall:
    """About what a call takes.

    Attributes:
        tokens: those of its prompt and its answer together.
        cost: US dollars, or ``None`` when unknown.
    """

    tokens: int
    cost: float | None


def in_dollars(amount: float) -> str:
    """Write an amount: to the cent, and below five cents to two digits.

    >>> in_dollars(12.5), in_dollars(0.00312), in_dollars(0.0)
    ('$12.50', '$0.0031', '$0.00')
    """
    if amount <= 0 or amount >= 0.05:
        return f"${amount:,.2f}"
    return f"${amount:.{1 - math.floor(math.log10(amount))}f}"


def tokens_in(text: str) -> int:
    """Return about how many tokens a text has, without a tokenizer: four characters each, one in wide scripts.

    >>> tokens_in("About eight tokens are in here."), tokens_in("東京")
    (8, 2)
    """
    wide = len(_WIDE.findall(text))
    return wide + round((len(text) - wide) / CHARACTERS_A_TOKEN + 0.49)


class Budget:
    """A cap on spending: cost is reserved before a call and settled after it.

    Attributes:
        cap: US dollars at most; ``None`` for no cap.
        spent: US dollars settled.
        reserved: US dollars of calls under way.

    >>> budget = Budget(1.0)
    >>> budget.reserve(0.6), budget.reserve(0.6)
    (True, False)
    >>> budget.settle(0.6, 0.3)
    >>> budget.reserve(0.6), budget.spent
    (True, 0.3)
    """

    def __init__(self, cap: float | None, spent: float = 0.0) -> None:
        self.cap = cap
        self.spent = spent
        self.reserved = 0.0

    @property
    def left(self) -> float | None:
        """US dollars that may still be reserved; ``None`` for no cap."""
        return None if self.cap is None else max(0.0, self.cap - self.spent - self.reserved)

    def reserve(self, cost: float) -> bool:
        """Set the expected cost of a call aside; ``False``, and nothing is, when the cap would be passed."""
        if self.cap is not None and self.spent + self.reserved + cost > self.cap + 1e-12:
            return False
        self.reserved += cost
        return True

    def settle(self, reserved: float, cost: float) -> None:
        """Replace what was reserved for a call by what it cost."""
        self.reserved = max(0.0, self.reserved - reserved)
        self.spent += cost
