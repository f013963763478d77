"""Topics and inputs: several items a call, each a row as soon as it is whole."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

from synth_widgets.generation.attempts import Fault, ModeNotTaken, Refused
from synth_widgets.generation.item_attempts import ItemAttempt, ItemsAnswer, ListQuestion
from synth_widgets.llm.completer import Answer, Completer
from synth_widgets.money import cost_of
from synth_widgets.records import Call, Json, Sample, Step, WorkItem, new_id
from synth_widgets.runs.effect import Effect
from synth_widgets.runs.pending_call import ROUNDS, PendingCall
from synth_widgets.runs.step import StepContext
from synth_widgets.store.changes import CallAdded, Change
from synth_widgets.text.normal import storable

Result = Literal["added", "failed"]


@dataclass(frozen=True, slots=True)
class Made:
    """What was made of an item: its raw text, the slot that it took, and the id of the new topic or sample."""

    raw: str
    slot: WorkItem
    id: str


@dataclass(slots=True)
class ItemCall:
    """One call of a step, which takes the items of its answer.

    Attributes:
        call: its record so far.
        topic: under which topic its items are.
    """

    step: ItemStep
    pending: PendingCall
    call: Call
    topic: str
    made: list[Made] = field(default_factory=list)

    @property
    def wants_more(self) -> bool:
        """Whether a slot is open."""
        return bool(self.pending.slots)

    def take(self, raw: str, value: Json, text: str) -> None:
        """Make a row of an item, unless it repeats one."""
        self.step.take(self, raw, value, replace(self.call, raw=text))

    def take_back(self, drafts: set[str]) -> None:
        """Remove the rows that were made of drafts."""
        self.step.take_back(self, [made for made in self.made if made.raw in drafts])


class ItemStep(ABC):
    """Asks for items, and says what they mean for the tree and its samples."""

    step: ClassVar[Step]

    def __init__(self, job: StepContext) -> None:
        self.job = job
        self.state = job.state

    # ------------------------------------------------------------ what topics and inputs differ in
    @abstractmethod
    def question(self, pending: PendingCall) -> ListQuestion:
        """Return what is asked for the open slots."""

    @abstractmethod
    def take(self, call: ItemCall, raw: str, value: Json, record: Call) -> None:
        """Make a row of an item, unless it repeats one: then its slot stays open."""

    @abstractmethod
    def removed(self, made: Made) -> tuple[Change | None, Counter[Result]] | None:
        """Return the change that removes a row again, and as what it was counted; ``None`` if it is to stay."""

    @abstractmethod
    def fail(self, call: ItemCall, slots: list[WorkItem], invalid: Sequence[tuple[str, str]]) -> None:
        """Have slots fail, whose answers are used up: the raw text and the problem of each."""

    @abstractmethod
    def repeated(self, pending: PendingCall) -> None:
        """Settle slots for which the model only repeated what is there."""

    # ------------------------------------------------------------ one call
    async def ask(self, pending: PendingCall, completer: Completer) -> bool:
        """Ask for the open slots; each item is a row when it is whole."""
        job, attempts = self.job, pending.attempts
        sample = self.state.samples.get(pending.target)
        topic = sample.topic if sample else pending.target
        question, modes = self.question(pending), job.models.modes(self.step, completer)
        request = attempts.correcting(question.request(attempts.mode(modes)))
        record = job.call(pending, completer, id=new_id(), mode=request.mode, params=dict(request.params))
        call = ItemCall(self, pending, record, topic)
        slots = len(pending.slots)
        came: Answer | None = None

        def arrived(answer: Answer) -> None:
            nonlocal came
            came = answer
            cost = job.run.charge(pending, answer, slots)
            call.call = replace(
                call.call, usage=answer.usage, cost=cost, seconds=answer.seconds, raw=str(storable(answer.text))
            )

        attempt = ItemAttempt(request, question, call, job.on_worker)
        try:
            # What is made in place is one item, which shows nothing before its end: no draft is to be taken for it.
            outcome = await attempt.ask(attempts, completer, modes, streams=sample is None, arrived=arrived)
        except BaseException:  # it broke off, or was given up: what came of it is paid for
            if came is not None:
                job.run.apply(Effect([CallAdded(call.call)]))
            else:
                self._close_unanswered(pending, record, attempt.text)
            raise
        if not isinstance(outcome, ItemsAnswer):
            self._close_unanswered(pending, record, attempt.text)
        if isinstance(outcome, ModeNotTaken):
            if not outcome.partial:
                job.run.waive(pending)
            job.run.apply(Effect(again=pending, is_first=True))
            return False
        if isinstance(outcome, Refused):
            job.run.waive(pending)
            self._none(call, outcome.problem, "", None)
            return True
        call.call = replace(call.call, raw=outcome.answer.text)
        self._close(call, outcome)
        return True

    def _close_unanswered(self, pending: PendingCall, record: Call, text: str) -> None:
        """Record what came of a call that did not come to its end, where something did: its cost is unknown."""
        if record.id in self.state.calls:
            unknown = cost_of(pending.terms.price, record.usage)
            self.job.run.apply(Effect([CallAdded(replace(record, cost=unknown, raw=text))]))

    def _close(self, call: ItemCall, answer: ItemsAnswer) -> None:
        """Settle a call that has ended: its cost, its invalid items, and the slots that stayed open."""
        pending = call.pending
        self.job.run.apply(Effect([CallAdded(call.call)]))
        if not pending.slots:
            return
        if not answer.found:
            pending.attempts.by_chance |= answer.is_chance
            self._none(call, answer.none, answer.answer.text, answer.fault([]))
            return
        if invalid := answer.invalid[: len(pending.slots)]:
            pending.attempts.by_chance = True
            slots = [pending.slots.popleft() for _ in invalid]
            self._invalid(call, slots, invalid, answer.fault(invalid))
        if pending.slots:
            self._too_few(pending)

    def _none(self, call: ItemCall, problem: str, raw: str, fault: Fault | None) -> None:
        """Settle a call that brought no item at all."""
        slots = list(call.pending.slots)
        call.pending.slots.clear()
        self._invalid(call, slots, [(raw, problem)] * len(slots), fault)

    def _invalid(
        self, call: ItemCall, slots: list[WorkItem], invalid: Sequence[tuple[str, str]], fault: Fault | None
    ) -> None:
        """Ask anew for slots whose answers are no good: their correction first, then fresh ones; then they fail."""
        job, pending = self.job, call.pending
        small = job.builder.is_small(self.step)
        if (following := pending.attempts.following(None if small else fault)) is not None:
            job.run.apply(Effect(again=replace(pending, slots=deque(slots), attempts=following)))
            return
        if call.call.id not in self.state.calls:  # it was refused: its row says so all the same
            job.run.apply(Effect([CallAdded(replace(call.call, cost=0.0))]))
        self.fail(call, slots, invalid)

    def _too_few(self, pending: PendingCall) -> None:
        """Ask for the rest, until the model has repeated itself often enough."""
        if pending.round < ROUNDS:
            again = replace(pending, round=pending.round + 1, attempts=replace(pending.attempts, fault=None))
            self.job.run.apply(Effect(again=again))
            return
        self.repeated(pending)
        pending.slots.clear()

    # ------------------------------------------------------------ what steps share
    def drop(self, pending: PendingCall) -> None:
        """Give slots up for which only repeats came."""
        slots = tuple(pending.slots)
        note = f"{self.step} dropped (the model repeated itself)"
        self.job.run.apply(Effect(finished=slots, kind="dropped", count=len(slots), note=note, noted=len(slots)))

    def fail_without_row(self, pending: PendingCall, slots: list[WorkItem], notes: Sequence[str]) -> None:
        """Have slots fail of which no row will say it: the job does, unless they get a last round."""
        if pending.may_come:
            self.job.run.apply(Effect(held=pending, held_slots=tuple(slots), note=notes[0]))
            return
        for note, times in Counter(notes).items():
            self.job.run.apply(Effect(note=note, noted=times))
        failed = len(slots)
        self.job.run.apply(Effect(finished=slots, kind="failed", count=failed, step=self.step, failed=failed))

    def take_back(self, call: ItemCall, drafts: Iterable[Made]) -> None:
        """Remove the rows that were made of drafts, and open their slots again."""
        changes: list[Change | None] = []
        slots: list[WorkItem] = []
        counted: Counter[Result] = Counter()
        for made in drafts:
            if (removal := self.removed(made)) is not None:
                changes.append(removal[0])
                counted.update(removal[1])
                slots.append(made.slot)
        call.pending.slots.extendleft(reversed(slots))
        self.job.run.apply(
            Effect(changes, reopened=slots, kind="added", count=-counted["added"], step=self.step, came=-len(slots))
        )
        if counted["failed"]:
            self.job.run.apply(Effect(kind="failed", count=-counted["failed"]))

    def counted_as(self, sample: Sample) -> Result | None:
        """Return as what a row is among the job's results so far, if it is; the last round counts with it no more."""
        job, version = self.job, sample.version
        call = self.state.calls.get(version.calls[-1]) if version.calls else None
        still_open = self.state.open_items(job.record.id)
        is_open = any((step, sample.id, 0) in still_open for step in ("inputs", "outputs"))
        if call is None or call.job != job.record.id or is_open:
            return None
        if version.problem is None and job.recipe.outputs and version.output is None:
            return None
        if call.step == "outputs":
            failed = version.problem is not None
            job.run.apply(Effect(step="outputs", came=-(not failed), failed=-failed))
        return "failed" if version.problem else "added"
