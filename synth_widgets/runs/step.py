"""What the steps of a job share: what they may read of it, and whom they hand their effects to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from synth_widgets.generation.objections import Elsewhere
from synth_widgets.llm.completer import Answer, Completer
from synth_widgets.records import Call, JobRecord, Json, Origin, Sample, Version, new_id
from synth_widgets.runs.effect import Effect
from synth_widgets.runs.pending_call import PendingCall
from synth_widgets.runs.plan import Recipe
from synth_widgets.runs.request_builder import RequestBuilder
from synth_widgets.runs.step_models import StepModels
from synth_widgets.sample_status import Event, status_after
from synth_widgets.store.journal import now
from synth_widgets.store.state import State

RAW_KEPT = 65_536
"""Characters of a failed answer that its version keeps."""


class StepOfRun(Protocol):
    """One step of the pipeline."""

    async def ask(self, pending: PendingCall, completer: Completer) -> bool:
        """Make a call and hand on what it leads to; return whether the endpoint answered."""
        ...


class Applies(Protocol):
    """A run, as far as its steps need it."""

    def apply(self, effect: Effect) -> None:
        """Do what an answer means."""
        ...

    def charge(self, pending: PendingCall, answer: Answer, slots: int) -> float | None:
        """Count what an answer took, for so many items; return what it cost, ``None`` when unknown."""
        ...

    def waive(self, pending: PendingCall) -> None:
        """Take in that the endpoint did not take a call: it costs nothing."""
        ...

    def release(self) -> None:
        """Make room for another call, although the running task has something left to do with its answer."""
        ...


@dataclass(frozen=True, slots=True)
class StepContext:
    """A job, as its steps see it.

    Attributes:
        state: what is read; only effects change it.
        record: the job as it began.
        builder: writes the questions.
        models: who answers.
        seeds: tell requests apart.
        run: takes the effects of answers, and what they cost.
        on_worker: reads long texts.
        own_code: runs the person's pydantic classes.
    """

    state: State
    record: JobRecord
    builder: RequestBuilder
    models: StepModels
    seeds: Iterator[int]
    run: Applies
    on_worker: Elsewhere
    own_code: Elsewhere

    @property
    def recipe(self) -> Recipe:
        """What the job makes."""
        return self.builder.recipe

    def call(self, pending: PendingCall, completer: Completer, **fields: Any) -> Call:
        """Return the record of a call."""
        ident, prompt = self.record.id, self.recipe.prompt
        wish = self.builder.wish(pending.step)
        return Call(
            job=ident, step=pending.step, model=completer.name, prompt=prompt, guidance=wish,
            attempts=pending.attempts.number, **fields,
        )  # fmt: skip

    def version(self, n: int, call: Call | None, *, after: Version | None = None, **fields: Json) -> Version:
        """Return a version that a call made, ``after`` other calls; the task is the one that the job began with."""
        origin: Origin = "regenerated" if self.recipe.anew else "generated"
        calls = after.calls if after is not None else ()
        calls = calls if call is None else (*calls, call.id)
        return Version(n, origin, **fields, task_version=self.builder.task_version, calls=calls, created=now())

    def sample(self, topic: str, version: Version) -> Sample:
        """Return a new sample with its first version."""
        session = self.state.sessions[self.record.session]
        event = Event.INPUT_GENERATED if version.problem is None else Event.ANSWERS_FAILED
        return Sample(
            new_id(), topic, session.id, "generated", **status_after(event, None, version),
            tags=(session.tag, *session.tags), current=version.n, seq=self.state.seq + 1, created=version.created,
            versions=(version,),
        )  # fmt: skip
