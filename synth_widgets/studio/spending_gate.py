"""The one gate for all that spends: much is not sent before a person has seen what it is, and confirmed it.

In the widget a person is asked about every command that would send much. Code that names a model says itself what it
wants; it is asked only where the studio file alone names the model, for a file may come from anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import add
from typing import Any

from synth_widgets.engine import Engine
from synth_widgets.errors import StudioError, UnconfirmedError
from synth_widgets.money import Budget, in_dollars
from synth_widgets.records import STEPS
from synth_widgets.runs.estimate import MORE_BY_NOW, Estimate
from synth_widgets.runs.plan import Recipe
from synth_widgets.studio.accounts import Accounts
from synth_widgets.studio.chosen_models import ModelLike
from synth_widgets.studio.models import Models

ASK_CALLS = 200
"""More model calls than this are asked about,"""
ASK_DOLLARS = 1.0
"""and calls that may cost more than this together."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a command would have made.

    Attributes:
        recipe: what.
        samples: for which samples, where it is for some.
        model: another model than the studio's.
        pending_of: the job whose pending items are meant, instead of all that the recipe finds missing.
        is_model_of_file: whether ``model`` is what the studio file says of a job, and nobody named it in this process.
    """

    recipe: Recipe
    samples: tuple[str, ...] = ()
    model: ModelLike | None = None
    pending_of: str | None = None
    is_model_of_file: bool = False


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a person has confirmed.

    Attributes:
        estimate: what they have seen; ``None``: nothing.
        in_widget: whether the command comes from the widget, where they can be asked.
    """

    estimate: Estimate | None = None
    in_widget: bool = False

    @classmethod
    def of(cls, given: Any) -> Confirmation:
        """Return a confirmation: an `Estimate` in code, in the widget an object, which is empty before it has asked.

        Raises:
            StudioError: it is something else.
        """
        match given:
            case None | Estimate():
                return cls(given)
            case {**rest} if not rest:
                return cls(in_widget=True)
            case {"calls": [int(), int()] as calls, "cost": None | [float(), float()] as cost, "models": [*models]}:
                seen = None if cost is None else tuple(cost)
                return cls(Estimate(tuple(calls), (0, 0), (0, 0), seen, 0, 0, tuple(models)), in_widget=True)
        raise StudioError(f"confirmed= takes what studio.estimate(…) returned, not {given!r}.")


class SpendingGate:
    """Lets work pass that is little, or that a person has confirmed.

    Args:
        engine: whose workers count what work would send.
        models: who answers.
        accounts: what that costs.
    """

    def __init__(self, engine: Engine, models: Models, accounts: Accounts) -> None:
        self._engine = engine
        self._models = models
        self._accounts = accounts

    def looks_at(self, works: Sequence[Work], confirmation: Confirmation) -> bool:
        """Whether works are looked at before they begin."""
        return confirmation.in_widget or any(map(self._is_of_file, works))

    async def check(self, works: Sequence[Work], confirmation: Confirmation) -> Budget:
        """Return what works may cost, all together, when they may begin. On the engine's thread.

        An estimate may be wrong, all the more where a file says what its calls took: so it is a cap too.

        Raises:
            UnconfirmedError: they would send much, and a person has not confirmed it. Nothing was sent.
        """
        look = partial(self._look, works, is_code=not confirmation.in_widget)
        estimate, why = await self._engine.on_worker(look)
        if why is None:
            return Budget(ASK_DOLLARS)
        seen = confirmation.estimate
        if seen is None or not seen.covers(estimate):
            raise UnconfirmedError(_in_words(estimate, why, is_code=not confirmation.in_widget), estimate)
        return Budget(None if seen.cost is None else max(ASK_DOLLARS, MORE_BY_NOW * seen.cost[1]))

    def estimate(self, works: Sequence[Work]) -> Estimate:
        """Return what works would send and cost together. Not for the engine's thread."""
        nothing = Estimate((0, 0), (0, 0), (0, 0), (0.0, 0.0), 0, 0)
        return reduce(add, map(self._estimate, works), nothing)

    def _estimate(self, work: Work) -> Estimate:
        return self._accounts.estimate(work.recipe, samples=work.samples, model=work.model, pending_of=work.pending_of)

    def _look(self, works: Sequence[Work], *, is_code: bool) -> tuple[Estimate, str | None]:
        """Return what works would send, and why a person is to be asked, if they are."""
        estimate = self.estimate(works)
        return estimate, self._reason(works, estimate, is_code=is_code)

    def _reason(self, works: Sequence[Work], estimate: Estimate, *, is_code: bool) -> str | None:
        asked = [each for work in works for each in self._accounts.asked(work.recipe, work.model).values()]
        asked = [each for each in asked if each.name in estimate.models]
        is_free = all(each.price is not None and each.price.is_free for each in asked)
        today = {self._models.name(step) for step in STEPS}
        others = [work.recipe.model for work in works if work.is_model_of_file and work.recipe.model not in today]
        if others and estimate.calls[0] and not is_free:
            return f"{others[0]} is not this studio's model: a job of the file asks it"
        if unpriced := [each.name for each in asked if each.price is None and each.may_bill]:
            return f"There is no known price for {unpriced[0]}"
        if estimate.cost is not None and estimate.cost[1] > ASK_DOLLARS:
            return f"It may cost more than {in_dollars(ASK_DOLLARS)}"
        if estimate.calls[0] > ASK_CALLS and not (is_code and is_free):
            return f"More than {ASK_CALLS} model calls"
        return None

    def _is_of_file(self, work: Work) -> bool:
        """Whether the studio file alone names a model that work asks."""
        if work.model is not None:
            return work.is_model_of_file
        return any(self._models.is_of_file(step) for step in STEPS)


def _in_words(estimate: Estimate, why: str, *, is_code: bool) -> str:
    if not is_code:
        return f"{why}. Nothing was sent yet."
    models = " and ".join(map(repr, estimate.models))
    cost = "unknown cost" if estimate.cost is None else f"up to {in_dollars(estimate.cost[1])}"
    return (
        f"This sends {estimate.calls[0]:,} model calls to {models} ({cost}), which only the studio file names. "
        f"{why}. Nothing was sent. Name the model in code, sw.Studio(…, model=…), or confirm what it sends: "
        "confirmed=studio.estimate(…) with the same arguments."
    )
