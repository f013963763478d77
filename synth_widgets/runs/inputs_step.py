"""Inputs: each becomes a new sample, or a new version of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from synth_widgets.curation.new_versions import input_change
from synth_widgets.generation.inputs import InputsQuestion
from synth_widgets.records import Call, Json, Step, WorkItem
from synth_widgets.runs.effect import Effect
from synth_widgets.runs.item_step import ItemCall, ItemStep, Made, Result
from synth_widgets.runs.pending_call import PendingCall
from synth_widgets.runs.repeats import Repeats
from synth_widgets.runs.step import RAW_KEPT, StepContext
from synth_widgets.sample_status import Event, status_after
from synth_widgets.store.changes import CallAdded, Change, SampleAdded, sample_change
from synth_widgets.text.normal import head


class InputsStep(ItemStep):
    """Makes samples of inputs.

    Args:
        job: the job.
        repeats: the inputs that stand already.
    """

    step: ClassVar[Step] = "inputs"

    def __init__(self, job: StepContext, repeats: Repeats) -> None:
        super().__init__(job)
        self._repeats = repeats

    def question(self, pending: PendingCall) -> InputsQuestion:
        """Return what is asked: inputs under a topic, or another one in the place of a sample's."""
        job = self.job
        slots, seed = len(pending.slots), next(job.seeds)
        return job.builder.inputs(pending.target, slots, pending.part, seed, own_code=job.own_code)

    def take(self, call: ItemCall, raw: str, value: Json, record: Call) -> None:
        """Make a sample of an input, or a new version of the one that was asked for, unless it repeats one."""
        job, pending = self.job, call.pending
        if not pending.slots or not self._repeats.is_new(value):
            return
        slot = pending.slots.popleft()
        paid = CallAdded(record, is_open=True)
        old = self.state.samples.get(slot.target)
        if old is not None and old.input is not None and not job.recipe.anew:  # another job was faster
            job.run.apply(Effect([paid], finished=[slot]))
            return
        change: Change | None
        if old is None:
            sample = job.sample(call.topic, job.version(0, record, input=value))
            change, target = SampleAdded(sample), sample.id
            call.made.append(Made(raw, slot, target))
        else:
            change, target = input_change(old, job.version(old.versions[-1].n + 1, record, input=value)), old.id
        outputs = [WorkItem(job.record.id, "outputs", target, 0)] if job.recipe.outputs else []
        effect = Effect([change, paid], planned=outputs, finished=[slot], step="inputs", came=1)
        job.run.apply(effect if outputs else replace(effect, kind="added"))

    def removed(self, made: Made) -> tuple[Change | None, Counter[Result]] | None:
        """Remove a sample, unless a person has decided on it, or has written in it."""
        sample = self.state.samples[made.id]
        if sample.status in {"kept", "rejected"} or sample.version.origin == "edited":
            return None
        self._repeats.take_back(sample.versions[0].input)
        result = self.counted_as(sample)
        return sample_change(sample, removed=True), Counter([result] if result else [])

    def fail(self, call: ItemCall, slots: list[WorkItem], invalid: Sequence[tuple[str, str]]) -> None:
        """Have slots fail: a row says of each why."""
        for slot, (raw, problem) in zip(slots, invalid, strict=True):
            self._fail_one(call, slot, raw, problem)

    def _fail_one(self, call: ItemCall, slot: WorkItem, raw: str, problem: str) -> None:
        job, pending = self.job, call.pending
        old = self.state.samples.get(slot.target)
        if old is not None and job.recipe.anew and old.input is not None:
            self.fail_without_row(pending, [slot], [f"inputs could not be made again ({problem})"])
            return
        if old is not None and (old.status != "failed" or old.input is not None):  # it was judged, or made, meanwhile
            job.run.apply(Effect(finished=[slot]))
            return
        n = 1 if old is None else old.versions[-1].n + 1
        version = job.version(n, call.call, problem=f"input: {problem}", raw=head(raw, RAW_KEPT))
        change: Change | None
        if old is None:
            failed = job.sample(call.topic, version)
            change, target = SampleAdded(failed), failed.id
        else:
            change = sample_change(old, version=version, current=n, **status_after(Event.ANSWERS_FAILED, old, version))
            target = old.id
        if not pending.may_come:
            job.run.apply(Effect([change], finished=[slot], kind="failed", step="inputs", failed=1))
        elif old is None:  # its last round makes it in place: from now on the slot is the row's
            job.run.apply(Effect([change], finished=[slot], planned=[WorkItem(job.record.id, "inputs", target, 0)]))
        else:
            job.run.apply(Effect([change], held=pending, held_slots=(slot,)))

    def repeated(self, pending: PendingCall) -> None:
        """Give slots up for which only repeats came; in the last round the row says that it failed."""
        if not pending.in_last_round:
            self.drop(pending)
            return
        slots = tuple(pending.slots)
        old = self.state.samples.get(pending.target)
        again = self.job.recipe.anew and old is not None and old.input is not None
        self.job.run.apply(
            Effect(
                finished=slots,
                kind="failed",
                count=len(slots),
                step="inputs",
                failed=len(slots),
                note="inputs could not be made again (the model repeated itself)" if again else "",
                noted=len(slots),
            )
        )
