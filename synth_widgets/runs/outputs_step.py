"""Outputs: one sample each, and at most three answers a round until one complies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from synth_widgets.curation.new_versions import base_of, output_change
from synth_widgets.generation.attempts import Accepted, Attempts, Failed, ModeNotTaken, Refused
from synth_widgets.generation.objections import Elsewhere
from synth_widgets.generation.outputs import OutputQuestion
from synth_widgets.llm.completer import Answer, Completer, Request
from synth_widgets.records import Call, Json, Sample, new_id
from synth_widgets.runs.effect import Effect
from synth_widgets.runs.pending_call import PendingCall
from synth_widgets.runs.step import RAW_KEPT, StepContext
from synth_widgets.store.changes import CallAdded, sample_change
from synth_widgets.text.normal import head, storable


@dataclass(slots=True)
class _Call:
    """One call: who is asked what, for the sample as it was then."""

    completer: Completer
    question: OutputQuestion
    request: Request
    sample: Sample


class OutputsStep:
    """Asks for single outputs, and says what the answers mean for their samples."""

    def __init__(self, job: StepContext) -> None:
        self._job = job

    async def ask(self, pending: PendingCall, completer: Completer) -> bool:
        """Ask once for one sample's output; what is no good is asked again, or has failed."""
        job, attempts = self._job, pending.attempts
        sample = job.state.samples[pending.target]
        if (unfit := self._unfit(sample)) is not None:
            job.run.waive(pending)
            self._settle(pending, None, sample, problem=unfit)
            return False
        question = job.builder.output(sample, next(job.seeds), own_code=partial(self._elsewhere, job.own_code))
        modes = job.models.modes("outputs", completer)
        request = attempts.request(question, modes, is_again=pending.in_last_round)
        call, answered = _Call(completer, question, request, sample), len(pending.raws)
        try:
            outcome = await attempts.ask(
                request,
                question,
                completer,
                modes,
                arrived=partial(self._arrived, pending),
                on_worker=partial(self._elsewhere, job.on_worker),
            )
        except BaseException:
            if len(pending.raws) > answered:  # it was given up, and is paid for
                job.run.apply(Effect([CallAdded(self._record(pending, call))]))
            raise
        if isinstance(outcome, ModeNotTaken):
            if not outcome.partial:
                job.run.waive(pending)
            job.run.apply(Effect(again=pending, is_first=True))
            return False
        self._take(pending, call, outcome)
        return True

    def _take(self, pending: PendingCall, call: _Call, outcome: Accepted | Failed | Refused) -> None:
        """Settle an answer that complies; ask again after another one, until the answers are used up."""
        fields: dict[str, Json] = {}
        if isinstance(outcome, Refused):
            self._job.run.waive(pending)
        else:
            pending.raws[-1] = outcome.answer.text
            fields["reasoning"] = outcome.answer.reasoning
        record = self._record(pending, call)
        if isinstance(outcome, Accepted):
            self._settle(pending, record, call.sample, output=outcome.value, **fields)
        elif (following := pending.attempts.after(outcome, call.question)) is not None:
            self._again(pending, following, record if isinstance(outcome, Failed) else None)
        else:
            raw = head(pending.raws[-1], RAW_KEPT) if pending.raws else None
            self._settle(pending, record, call.sample, problem=outcome.problem, raw=raw, **fields)

    def _again(self, pending: PendingCall, following: Attempts, record: Call | None) -> None:
        """Ask for the next answer; one that came is paid for, whether or not there will be another one."""
        pending.attempts = following
        self._job.run.apply(Effect([CallAdded(record)] if record else [], again=pending, is_first=True))

    async def _elsewhere(self, elsewhere: Elsewhere, function: Callable[[], Any]) -> Any:
        """Run a function that takes its time: whoever waits for a place goes on meanwhile."""
        self._job.run.release()
        return await elsewhere(function)

    def _arrived(self, pending: PendingCall, answer: Answer) -> None:
        """Add an answer to those that make the call together."""
        pending.usage, pending.seconds = pending.usage + answer.usage, pending.seconds + answer.seconds
        cost = self._job.run.charge(pending, answer, 1)
        pending.cost = None if cost is None or pending.cost is None else pending.cost + cost
        pending.raws.append(str(storable(answer.text)))

    def _record(self, pending: PendingCall, call: _Call) -> Call:
        """Return the record of what the answers so far make together."""
        pending.call = pending.call or new_id()
        return self._job.call(
            pending, call.completer, id=pending.call, mode=call.request.mode, params=dict(call.request.params),
            usage=pending.usage, cost=pending.cost, seconds=pending.seconds, raw="\n\n".join(pending.raws),
        )  # fmt: skip

    def _unfit(self, sample: Sample) -> str | None:
        """Say why an input of another time is none under this task, so that no output is paid for, or ``None``."""
        base, builder = base_of(sample), self._job.builder
        if base.task_version == builder.task_version:
            return None
        problem = builder.task.input_problem(base.input)
        return None if problem is None else f"input: {problem}"

    def _settle(
        self, pending: PendingCall, call: Call | None, asked: Sample, *, problem: str | None = None, **fields: Json
    ) -> None:
        """Make a version of what came, or of why nothing did.

        Args:
            pending: the call.
            call: its record, where there was one.
            asked: the sample as it was when the model was asked.
            problem: what is wrong with the last answer.
            fields: those of the new version.
        """
        job = self._job
        sample = job.state.samples[pending.target]  # read again: a person may have judged it meanwhile
        paid = [] if call is None else [CallAdded(call)]
        if sample.current != asked.current and asked.output is None:
            if sample.output is None and sample.status == "pending":  # it has another input now
                again = PendingCall(pending.step, pending.target, pending.slots)
                job.run.apply(Effect(paid, again=again, is_first=True))
            else:  # another job was faster
                job.run.apply(Effect(paid, finished=tuple(pending.slots)))
            return
        note = f"outputs could not be made again ({problem})" if problem and asked.output is not None else ""
        base = base_of(asked)
        n = sample.versions[-1].n + 1
        version = job.version(n, call, after=base, input=base.input, problem=problem, **fields)
        if problem is not None and pending.may_come:
            # Its slot stays open; of a sample that has an output, the history alone says it.
            change = sample_change(sample, version=version) if note else output_change(sample, asked, version)
            job.run.apply(Effect([change, *paid], held=pending, held_slots=tuple(pending.slots), note=note))
            return
        failed = problem is not None
        job.run.apply(
            Effect(
                [output_change(sample, asked, version), *paid],
                finished=tuple(pending.slots),
                kind="failed" if failed else "added",
                came=not failed,
                failed=failed,
                note=note,
            )
        )
