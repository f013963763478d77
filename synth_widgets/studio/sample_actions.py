"""What a person does to samples, carried out: slice by slice, with the person's own validators asked beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from synth_widgets.curation import verdicts
from synth_widgets.curation.sample_action import Criteria, SampleAction, no_objection
from synth_widgets.own_code import OwnCode
from synth_widgets.records import Sample
from synth_widgets.store.changes import Change
from synth_widgets.store.state import State
from synth_widgets.studio.actions import Actions
from synth_widgets.studio.current_task import CurrentTask
from synth_widgets.studio.validators import Validators


class SampleActions:
    """Carries out sample actions in one studio file. On the engine's thread."""

    def __init__(self, state: State, actions: Actions, task: CurrentTask, own_code: OwnCode) -> None:
        self._state = state
        self._actions = actions
        self._task = task
        self._own_code = own_code

    async def carry_out(self, ids: Sequence[str], action: SampleAction) -> dict[str, str]:
        """Do something to samples, as one step. Return why some stay as they are, by id.

        Raises:
            UnknownIdError: one is not there; nothing was changed.
        """
        task, refused = self._task, dict[str, str]()
        asks = action.validated is not None and (task.value.has_models or task.value.may_be_long)
        validators = Validators(task, self._own_code, action.validated) if action.validated and asks else None

        def changes_of(part: Sequence[str]) -> Iterable[Change | None]:
            check = no_objection if validators is None else validators.problem
            is_whole = validators is not None and task.value.may_be_long
            decision = action.decide(self._visible(part), Criteria(task.value, task.version, check, is_whole))
            refused.update(decision.refused)
            return decision.changes

        async def prefetch(part: Sequence[str]) -> None:
            if validators is not None:
                await validators.ask(lambda: self._visible(part))

        await self._actions.carry_out(
            ids,
            changes_of,
            lambda: action.named(len(ids) - len(refused)),
            check=lambda part: verdicts.find(self._state, part),
            prefetch=None if validators is None else prefetch,
        )
        return refused

    def _visible(self, ids: Iterable[str]) -> list[Sample]:
        """Return samples by id but for those that were removed since they were checked."""
        samples = (self._state.samples[ident] for ident in ids)
        return [sample for sample in samples if self._state.is_visible(sample)]
