"""What a studio's calls cost, may cost and will cost: prices by step, the budget that all jobs share, estimates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from contextlib import suppress
from typing import Literal

from synth_widgets.engine import Engine
from synth_widgets.errors import FileError, ModelError, StudioError
from synth_widgets.llm.completer import Completer
from synth_widgets.money import Budget, Cost, Price, UsualCall, in_dollars, reasons
from synth_widgets.records import ROOT, STEPS, JobRecord, Session, Step, Usage
from synth_widgets.runs import estimate, plan
from synth_widgets.runs.estimate import Asked, Estimate, kind_of, usual_call
from synth_widgets.runs.pending_call import Terms
from synth_widgets.runs.plan import Recipe, recipe_of
from synth_widgets.runs.request_builder import RequestBuilder
from synth_widgets.runs.spending import Spending
from synth_widgets.runs.token_averages import TokenAverages
from synth_widgets.runs.token_estimate import call_tokens, own_tokens
from synth_widgets.store.state import State
from synth_widgets.studio.chosen_models import ModelLike, is_small, items_per_call, model_name
from synth_widgets.studio.current_task import CurrentTask
from synth_widgets.studio.models import Models
from synth_widgets.studio.sessions import Sessions

LOOKED_BACK = 200
"""Newest samples of a file whose calls tell what the next ones will take."""


def asked_of(model: ModelLike) -> Asked:
    """Return who answers for a model, without reaching it."""
    from synth_widgets.llm.pricing import may_bill, price_for

    name = model_name(model)
    return Asked(name, items_per_call(model), price_for(model), reasons(name), may_bill(model), is_small(model))


class Accounts:
    """The money of one open studio file.

    Attributes:
        budget: what is spent since the file was opened, and the cap that all its jobs share.
        averages: what calls took, those of the file too: the estimate goes by them.
        seen: what calls of this process took: what is set aside goes by them.
    """

    def __init__(self, state: State, engine: Engine, models: Models, sessions: Sessions, task: CurrentTask) -> None:
        self._state = state
        self._engine = engine
        self._models = models
        self._sessions = sessions
        self._task = task
        self.budget = Budget(None)
        self.averages = TokenAverages()
        self.seen = TokenAverages()
        self._knows_file = False
        self._usual: tuple[Hashable, UsualCall] | None = None

    def check(self, recipe: Recipe, completers: Mapping[Step, Completer]) -> None:
        """Raise where there is a budget and a price is not known.

        Raises:
            StudioError: it names the model, and says how to give its price.
        """
        cap = recipe.budget if recipe.budget is not None else self.budget.cap
        unknown = next((c for c in completers.values() if _price(c) is None), None)
        if cap is not None and unknown is not None:
            raise StudioError(
                f"A budget of {in_dollars(cap)} cannot be kept: there is no known price for {unknown.name!r} where it "
                f"is asked. Give it: sw.Model({unknown.name!r}, input_cost_per_token=…, output_cost_per_token=…) "
                "(0 for a model of your own), or set no budget."
            )

    def spending(
        self,
        record: JobRecord,
        completers: Mapping[Step, Completer],
        builder: RequestBuilder,
        allowed: Budget | None,
    ) -> Spending:
        """Return what keeps a job within its budget, the studio's, and what a person has allowed.

        The job may change who answers a step.
        """
        recipe = builder.recipe
        self._learn()

        def guess(step: Step, slots: int) -> Usage:
            return call_tokens(builder, step, slots, thinks=reasons(completers[step].name))[1]

        def terms(step: Step) -> Terms:
            completer = completers[step]
            return Terms(_price(completer), kind_of(step, completer.name, recipe, builder.task_version))

        return Spending(
            completers,
            terms=terms,
            job=Budget(recipe.budget, self._state.ledger.of(jobs=(record.id,)).dollars),
            studio=self.budget,
            allowed=allowed,
            averages=(self.seen, self.averages),
            guess=guess,
            own=lambda pending: own_tokens(builder, pending.step, pending.target),
        )

    def estimate(
        self,
        recipe: Recipe,
        *,
        samples: tuple[str, ...] = (),
        model: ModelLike | None = None,
        pending_of: str | None = None,
    ) -> Estimate:
        """Return what a run would send now, bring and cost. Not for the engine's thread: see `Facade.apart`.

        Args:
            recipe: what it makes.
            samples: for which samples, where it is for some.
            model: another model than the studio's.
            pending_of: a job's id: what is pending of it is meant, instead of all that the recipe finds missing.
        """
        self._engine.call(self._learn)
        session = self._state.sessions[self._state.jobs[pending_of].session] if pending_of else self._sessions.current
        builder, asked = self._asking(recipe, model, session)
        if pending_of is None:
            slots = plan.tally(self._state, recipe, samples)
        else:
            items = tuple(self._state.items[pending_of].values())
            samples = tuple(item.target for item in items if item.target in self._state.samples)
            slots = iter(plan.pending(items))
        return estimate.estimate(builder, asked, self.averages, slots, samples)

    def asked(self, recipe: Recipe, model: ModelLike | None) -> dict[Step, Asked]:
        """Return who would be asked in a run of a recipe."""
        return self._asking(recipe, model, None)[1]

    def usual_call(self) -> UsualCall:
        """Return about what a call for an output takes."""
        try:
            builder, asked = self._asking(Recipe("grow", ROOT), None, self._sessions.current)
        except ModelError:  # it is said when the model is used
            return UsualCall(0, None)
        who = asked["outputs"]
        key = (who, builder.task_version, self.averages.rev)
        if self._usual is None or self._usual[0] != key:
            usage = usual_call(builder, who, self.averages, "outputs")
            self._usual = key, UsualCall(usage.total, who.price.of(usage) if who.price else None)
        return self._usual[1]

    def spent(self) -> str:
        """Say what the file cost so far, or how much of the budget is spent; nothing where nothing is to be paid."""
        if self.budget.cap is not None:
            return f"{in_dollars(self.budget.spent)} of {in_dollars(self.budget.cap)}"
        return self._state.ledger.of().words

    def share(self) -> float | None:
        """Return what share of the budget is spent, 0 to 1; ``None`` without one."""
        cap = self.budget.cap
        return None if cap is None else min(1.0, self.budget.spent / cap) if cap else 1.0

    def _asking(
        self, recipe: Recipe, model: ModelLike | None, session: Session | None
    ) -> tuple[RequestBuilder, dict[Step, Asked]]:
        """Return what would ask, and who would be asked, in a run of the recipe."""
        asked = {step: asked_of(self._models.of(step) if model is None else model) for step in STEPS}
        size = {step: who.items_per_call for step, who in asked.items()}
        small = frozenset(step for step, who in asked.items() if who.is_small)
        task = self._task
        guidance = session.guidance if session is not None else {}
        return RequestBuilder(self._state, task.value, task.version, recipe, guidance, size, small), asked

    def _learn(self) -> None:
        """Take in what the newest samples of the file took, once."""
        if self._knows_file:
            return
        self._knows_file = True
        state = self._state
        versions = [v for s in tuple(state.samples.values())[-LOOKED_BACK:] for v in s.versions]
        made = Counter((ident, v.task_version) for v in versions for ident in v.calls[-1:])
        for (ident, task_version), slots in made.items():
            call = state.calls.get(ident)
            job = state.jobs.get(call.job) if call is not None else None
            if call is None or job is None:
                continue
            with suppress(FileError):  # a job of another release, whose arguments say nothing here
                kind = kind_of(call.step, call.model, recipe_of(job, state), task_version)
                self.averages.learn(kind, call.usage, slots=slots)


def _price(completer: Completer) -> Price | None:
    price = getattr(completer, "price", None)
    return price if isinstance(price, Price) else None


def costs(state: State, by: Literal["step", "job", "session"]) -> dict[str, Cost]:
    """Return what all calls of a file took, by step, by job's id or by session's id."""
    if by == "job":
        return state.ledger.by("job")
    if by == "step":
        parts = state.ledger.by("step")
        return {step: parts[step] for step in STEPS if step in parts}
    found: dict[str, Cost] = {}
    for job, cost in state.ledger.by("job").items():
        record = state.jobs.get(job)
        session = record.session if record is not None else ""
        found[session] = found.get(session, Cost()) + cost
    return found
