"""Calls for outputs: one sample each, and at most three answers a round until one complies."""

from __future__ import annotations

import weakref
from dataclasses import replace
from typing import TYPE_CHECKING

from synth_widgets.curation.new_versions import base_of, place_output
from synth_widgets.errors import OwnCodeError, RequestRefusedError
from synth_widgets.generation import outputs
from synth_widgets.generation.prompts import corrected
from synth_widgets.llm.completer import Answer, Completer, Request
from synth_widgets.llm.structured.extract import SLOW
from synth_widgets.llm.structured.reasoning import apart
from synth_widgets.llm.transports.reading import tokens
from synth_widgets.records import Call, Json, Sample, Usage, new_id
from synth_widgets.runs.pending_call import ANSWERS, PendingCall, is_chance
from synth_widgets.runs.vetting import patiently
from synth_widgets.store.changes import CallAdded, sample_change
from synth_widgets.store.making import replacer
from synth_widgets.text.normal import head, is_encodable, storable

if TYPE_CHECKING:
    from synth_widgets.runs.run import Run

RAW_KEPT = 65_536
"""Characters of a failed answer that its version keeps."""
_answer = replacer(Answer)
MOST_SECONDS = 1e9
"""Longer than this no answer takes."""


class OutputCalls:
    """Asks for single outputs and turns the answers into changes of the state."""

    def __init__(self, run: Run) -> None:
        self.run: Run = weakref.proxy(run)  # which holds this: an ended run goes at once, with what it holds
        self.state = run.state

    async def ask(self, pending: PendingCall, completer: Completer) -> None:
        """Ask once for one sample's output; what is no good goes back into the queue, or has failed."""
        run = self.run
        sample = self.state.samples[pending.target]
        if (unfit := self._unfit(sample)) is not None:
            run.spending.refused(pending)
            self._answered(pending, None, sample, output=None, problem=unfit)
            return
        request = self._request(pending, sample)
        answer: Answer | None = None
        is_last = pending.answer >= ANSWERS
        try:
            came = counted(await completer.complete(request))
        except RequestRefusedError as error:
            if run.models.doubts(pending, error):
                raise
            run.spending.refused(pending)
            value, problem = None, storable(str(error))
        else:
            self._count(pending, came)
            run.progress.spend(came.usage)
            try:
                answer, value, problem = await self._read(pending, request, came)
                run.models.judged(pending, completer, request, answer, complied=problem is None)
                problem = problem or await self._model_problem(pending, value)
                pending.by_chance |= problem is not None and is_chance(answer)
            except OwnCodeError as error:  # no model can help it, so that no other answer is paid for
                problem, is_last = str(error), True
            except BaseException:  # it was given up, and is paid for
                run.commit([CallAdded(self._call(pending, completer, request))])
                raise
        call = self._call(pending, completer, request)
        if problem is not None and not is_last:
            if answer is not None:  # it is paid for, whether or not there will be another one
                run.commit([CallAdded(call)])
            fault = self._fault(answer, problem, pending.answer) if answer else None
            run.again(replace(pending, answer=pending.answer + 1, fault=fault), first=True)
            return
        raw = head(pending.raws[-1], RAW_KEPT) if pending.raws and problem else None
        output = None if problem else value
        reasoning = answer.reasoning if answer else None
        self._answered(pending, call, sample, output=output, problem=problem, raw=raw, reasoning=reasoning)

    def _call(self, pending: PendingCall, completer: Completer, request: Request) -> Call:
        """Return what the work's answers so far make together."""
        run = self.run
        pending.call = pending.call or new_id()
        return Call(
            pending.call, run.record.id, "outputs", completer.name, request.mode, run.recipe.prompt,
            run.builder.wish("outputs"), params=dict(request.params), attempts=pending.answer, usage=pending.usage,
            cost=pending.cost, seconds=pending.seconds, raw="\n\n".join(pending.raws),
        )  # fmt: skip

    def _request(self, pending: PendingCall, sample: Sample) -> Request:
        run = self.run
        mode = run.models.mode(pending)
        request = run.builder.output(
            sample, mode, next(run.seeds), is_again=pending.answer > 1 or pending.in_last_round
        )
        return request if pending.fault is None else corrected(request, *pending.fault)

    def _unfit(self, sample: Sample) -> str | None:
        """Say why an input of another time is none under this task, so that no output is paid for, or ``None``."""
        given, builder = base_of(sample), self.run.builder
        if given.task_version == builder.task_version:
            return None
        problem = builder.task.input_problem(given.input)
        return None if problem is None else f"input: {problem}"

    def _count(self, pending: PendingCall, answer: Answer) -> None:
        pending.usage, pending.seconds = pending.usage + answer.usage, pending.seconds + answer.seconds
        cost = self.run.spending.answered(pending, answer.usage, slots=1)
        pending.cost = None if cost is None or pending.cost is None else pending.cost + cost

    async def _read(self, pending: PendingCall, request: Request, came: Answer) -> tuple[Answer, Json, str | None]:
        """Return the answer without the model's thoughts, its value, and what is wrong with it, or ``None``."""
        run = self.run

        def read() -> tuple[Answer, tuple[Json, str | None]]:
            answer = clean(came, request)
            return answer, outputs.read(answer, run.builder.task, request)

        if len(came.text) > SLOW:
            run.leave_early(pending)
        answer, (value, problem) = await patiently(run.engine, len(came.text), read)
        pending.raws.append(answer.text)
        return answer, value, problem

    def _fault(self, answer: Answer, problem: str, number: int) -> tuple[str, str] | None:
        """Return what is to be corrected, or ``None`` where only a fresh answer can help."""
        can_mend = number == 1 and answer.finish in {"stop", "other"} and answer.text.strip()
        return (answer.text, problem) if can_mend and not self.run.builder.is_small("outputs") else None

    async def _model_problem(self, pending: PendingCall, value: Json) -> str | None:
        schema = self.run.builder.task.output
        if schema is None or schema.model is None:
            return None
        self.run.leave_early(pending)
        return await self.run.own_code.run(lambda: schema.model_problem(value))

    def _answered(
        self, pending: PendingCall, call: Call | None, asked: Sample, *, problem: str | None, **fields: Json
    ) -> None:
        sample = self.state.samples[pending.target]  # read again: a person may have judged it meanwhile
        paid = [] if call is None else [CallAdded(call)]
        if sample.current != asked.current and asked.output is None:
            if sample.output is None and sample.status == "pending":  # it has another input now
                self.run.commit(paid)
                self.run.again(PendingCall(pending.step, pending.target, pending.slots), first=True)
            else:  # another job was faster
                self.run.commit(paid, finished=tuple(pending.slots))
            return
        note = f"outputs could not be made again ({problem})" if problem and asked.output is not None else ""
        comes_again = problem is not None and pending.may_come
        given = base_of(asked)
        n = sample.versions[-1].n + 1
        version = self.run.version(n, call, after=given, input=given.input, problem=problem, **fields)
        if comes_again:  # its slot stays open; of a sample that has an output, the history alone says it
            change = sample_change(sample, version=version) if note else place_output(sample, asked, version)
            self.run.commit([change, *paid])
            self.run.hold(pending, pending.slots, note)
            return
        if note:
            self.run.note(note)
        (self.run.last_round.failed if problem else self.run.last_round.came)["outputs"] += 1
        change = place_output(sample, asked, version)
        self.run.commit([change, *paid], finished=tuple(pending.slots), kind="failed" if problem else "added")


def counted(answer: Answer) -> Answer:
    """Return an answer as it came, with counts and a time that a file takes: own code may say anything.

    >>> counted(Answer("Hi", usage=Usage(-1, 5), seconds=float("nan")))
    Answer(text='Hi', finish='stop', reasoning=None, usage=Usage(prompt_tokens=0, completion_tokens=5), seconds=0.0)
    """
    usage = Usage(tokens(answer.usage.prompt_tokens), tokens(answer.usage.completion_tokens))
    seconds = answer.seconds if isinstance(answer.seconds, int | float) and 0 <= answer.seconds < MOST_SECONDS else 0.0
    return _answer(answer, usage=usage, seconds=float(seconds))


def clean(answer: Answer, request: Request) -> Answer:
    """Return an answer without the model's thoughts, whose texts can be stored and sent."""
    text, thought = apart(answer.text, request)
    reasoning = answer.reasoning if thought is None else "\n\n".join(filter(None, (answer.reasoning, thought)))
    if thought is None and is_encodable(text) and is_encodable(reasoning or ""):
        return answer if text == answer.text else replace(answer, text=text)
    return replace(answer, text=storable(text), reasoning=storable(reasoning))
