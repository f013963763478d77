"""What a run would send, bring and cost, before it is started."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import TypeVar

from synth_widgets.generation.attempts import ANSWERS
from synth_widgets.money import Price
from synth_widgets.records import Step, Usage
from synth_widgets.runs import plan
from synth_widgets.runs.last_round import ONE_IN
from synth_widgets.runs.plan import Recipe, Slots
from synth_widgets.runs.request_builder import RequestBuilder
from synth_widgets.runs.token_averages import Average, TokenAverages
from synth_widgets.runs.token_estimate import call_tokens
from synth_widgets.text.shown import short_repr

N = TypeVar("N", int, float)

AROUND = (0.9, 1.1)
"""What the next calls take, as a share of what those before them did."""
MORE_BY_NOW = 1.1
"""What something that was confirmed may cost by now, as a share of it: each answer tells more of the next ones."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run would send, before it is started. Ranges are ``(least, most)``.

    Attributes:
        calls: model calls: when every answer is right at once, and when every one has to be asked for twice and one
            item in five fails and gets its last round of three answers.
        prompt_tokens, completion_tokens: a guess from the texts and the schemas; from ten answers of a step on, told
            by those, answers that were no good and last rounds included.
        cost: US dollars, or ``None`` when the price of a model is not known.
        topics: topics that would be added.
        samples: samples that would be completed.
        models: names of the models that would be asked.

    >>> estimate = Estimate((37, 110), (9_000, 27_000), (3_000, 9_000), (0.01, 0.03), topics=4, samples=32)
    >>> f"{estimate.samples} samples for {estimate.cost[1]:.2f} dollars at most"
    '32 samples for 0.03 dollars at most'
    """

    calls: tuple[int, int]
    prompt_tokens: tuple[int, int]
    completion_tokens: tuple[int, int]
    cost: tuple[float, float] | None
    topics: int
    samples: int
    models: tuple[str, ...] = ()

    __repr__ = short_repr

    def __add__(self, other: Estimate) -> Estimate:
        """Return what two runs would send together."""
        cost = None if self.cost is None or other.cost is None else _sum(self.cost, other.cost)
        return Estimate(
            _sum(self.calls, other.calls),
            _sum(self.prompt_tokens, other.prompt_tokens),
            _sum(self.completion_tokens, other.completion_tokens),
            cost,
            self.topics + other.topics,
            self.samples + other.samples,
            tuple(dict.fromkeys(self.models + other.models)),
        )

    def covers(self, other: Estimate) -> bool:
        """Whether who has confirmed this has confirmed another one too: no more calls, of no other model, for no more.

        >>> much = Estimate((100, 200), (9_000, 27_000), (3_000, 9_000), (0.9, 1.2), 0, 100, ("openai/gpt-6-luna",))
        >>> less = Estimate((90, 180), (9_000, 27_000), (3_000, 9_000), (0.9, 1.2), 0, 90, ("openai/gpt-6-luna",))
        >>> much.covers(less), less.covers(much)
        (True, False)
        """
        is_no_dearer = self.cost is None or (
            other.cost is not None and other.cost[1] <= MORE_BY_NOW * max(self.cost[1], 0.0)
        )
        return other.calls[0] <= self.calls[0] and is_no_dearer and set(other.models) <= set(self.models)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked in a step.

    Attributes:
        name: the model's name.
        items_per_call: topics or inputs that it is asked for in one call.
        price: its price, or ``None`` when unknown.
        thinks: whether it may think before it answers.
        may_bill: whether somebody may send a bill, should the price not be known.
        is_small: whether it gets the prompts of a model too small for the ordinary ones.
    """

    name: str
    items_per_call: int
    price: Price | None
    thinks: bool = False
    may_bill: bool = False
    is_small: bool = False


@dataclass(slots=True)
class Needs:
    """Calls by step, the items that they are for, and what comes of them."""

    calls: Counter[Step]
    slots: Counter[Step]
    topics: int = 0
    samples: int = 0


def kind_of(step: Step, name: str, recipe: Recipe, task_version: int) -> Hashable:
    """Return what makes calls alike, so that those that were made tell of those to come."""
    return step, name, recipe.anew, recipe.prompt if step == "outputs" else "", task_version


def needs(all_slots: Iterable[Slots], recipe: Recipe, size: Mapping[Step, int]) -> Needs:
    """Return what a run of the recipe would ask for to fill open slots."""
    found = Needs(Counter(), Counter())
    asked: Counter[tuple[Step, str]] = Counter()
    levels: Counter[int] = Counter()
    for slots in all_slots:
        n = len(slots.ordinals)
        found.slots[slots.step] += n
        if slots.step == "outputs":
            found.calls["outputs"] += n
        else:
            asked[slots.step, slots.target] += n
        if slots.step == "topics":
            levels[slots.level] += n
    for (step, _), n in asked.items():
        found.calls[step] += ceil(n / size[step])
    found.samples = found.slots["outputs"] + found.slots["inputs"]
    if recipe.outputs:
        found.calls["outputs"] += found.slots["inputs"]
        found.slots["outputs"] += found.slots["inputs"]
    for level, n in levels.items():
        _below(found, recipe, level, n, size)
    return found


def _below(found: Needs, recipe: Recipe, level: int, nodes: int, size: Mapping[Step, int]) -> None:
    """Add what so many new topics on a level lead to."""
    found.topics += nodes
    for n in recipe.topics[level + 1 : recipe.depth]:
        found.calls["topics"] += nodes * ceil(n / size["topics"])
        nodes *= n
        found.slots["topics"] += nodes
        found.topics += nodes
    if recipe.kind == "topics":
        return
    leaf = plan.per_leaf(recipe)
    found.calls["inputs"] += nodes * ceil(leaf / size["inputs"])
    found.slots["inputs"] += nodes * leaf
    found.samples += nodes * leaf
    if recipe.outputs:
        found.calls["outputs"] += nodes * leaf
        found.slots["outputs"] += nodes * leaf


def usual_call(builder: RequestBuilder, asked: Asked, averages: TokenAverages, step: Step) -> Usage:
    """Return about what a call of a step takes: what those before it did, or the middle of a guess."""
    slots = 1 if step == "outputs" else asked.items_per_call
    average = averages.of(kind_of(step, asked.name, builder.recipe, builder.task_version))
    if average is not None:
        prompt, completion = average.of(1, slots)
        return Usage(round(prompt), round(completion))
    low, high = call_tokens(builder, step, slots, thinks=asked.thinks)
    both = low + high
    return Usage(both.prompt_tokens // 2, both.completion_tokens // 2)


def estimate(
    builder: RequestBuilder,
    asked: Mapping[Step, Asked],
    averages: TokenAverages,
    slots: Iterable[Slots],
    samples: tuple[str, ...] = (),
) -> Estimate:
    """Return what a run would send now.

    Args:
        builder: writes the questions of the run; it knows the state and the recipe.
        asked: who is asked, by step.
        averages: what earlier calls took.
        slots: what is to be made.
        samples: ids of samples that the run is for, where it is for some: their prompts are measured.
    """
    found = needs(slots, builder.recipe, builder.items_per_call)
    low = high = Usage()
    cost: tuple[float, float] | None = (0.0, 0.0)
    some = [builder.state.samples[ident] for ident in samples]
    for step, calls in found.calls.items():
        if not calls:
            continue
        n = found.slots[step]
        average = averages.of(kind_of(step, asked[step].name, builder.recipe, builder.task_version))
        if average is not None:
            least, most = _like_before(average, calls, n)
        else:
            one = call_tokens(builder, step, ceil(n / calls), some, thinks=asked[step].thinks)
            least, most = (_times(usage, calls) for usage in one)
        low, high = low + least, high + most
        price = asked[step].price
        cost = None if cost is None or price is None else (cost[0] + price.of(least), cost[1] + price.of(most))
    total = found.calls.total()
    last_round = ANSWERS * sum(n // ONE_IN for n in found.slots.values())
    return Estimate(
        (total, 2 * total + last_round),
        (low.prompt_tokens, high.prompt_tokens),
        (low.completion_tokens, high.completion_tokens),
        cost,
        found.topics,
        found.samples,
        tuple(dict.fromkeys(asked[step].name for step, calls in found.calls.items() if calls)),
    )


def _sum(one: tuple[N, N], other: tuple[N, N]) -> tuple[N, N]:
    return one[0] + other[0], one[1] + other[1]


def _like_before(average: Average, calls: int, slots: int) -> tuple[Usage, Usage]:
    prompt, completion = average.of(calls, slots)
    low, high = (Usage(round(share * prompt), round(share * completion)) for share in AROUND)
    return low, high


def _times(usage: Usage, calls: int) -> Usage:
    return Usage(usage.prompt_tokens * calls, usage.completion_tokens * calls)
