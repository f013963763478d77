"""Calls for topics and inputs: each item is checked, compared and committed as soon as it is whole."""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from synth_widgets.curation.new_versions import place_input
from synth_widgets.errors import RequestRefusedError
from synth_widgets.generation import inputs, topics
from synth_widgets.generation.prompts import corrected
from synth_widgets.llm.completer import Answer, Completer, Request
from synth_widgets.llm.structured.extract import Item, fitting, listed
from synth_widgets.money import cost_of
from synth_widgets.records import Call, Json, Sample, Topic, Version, WorkItem, new_id
from synth_widgets.runs import plan
from synth_widgets.runs.item_reader import ItemReader
from synth_widgets.runs.output_calls import RAW_KEPT, clean, counted
from synth_widgets.runs.pending_call import ANSWERS, ROUNDS, PendingCall, is_chance
from synth_widgets.runs.repeats import Repeats
from synth_widgets.runs.vetting import Vetting, patiently
from synth_widgets.store.changes import CallAdded, Change, SampleAdded, TopicAdded, sample_change, topic_change
from synth_widgets.text.normal import head, storable

if TYPE_CHECKING:
    from synth_widgets.runs.run import Run


class ItemCalls:
    """Asks for one piece of work and turns what comes into changes of the state."""

    def __init__(self, run: Run, repeats: Repeats) -> None:
        self.run: Run = weakref.proxy(run)  # which holds this: an ended run goes at once, with what it holds
        self.state = run.state
        self.repeats = repeats

    async def ask(self, pending: PendingCall, completer: Completer) -> None:
        """Ask for the open slots of a topics or inputs step; each item is a row when it is whole."""
        run, mode = self.run, self.run.models.mode(pending)
        seed = next(run.seeds)
        sample = self.state.samples.get(pending.target)
        topic = sample.topic if sample else pending.target
        earlier = sample.input if sample else None
        if pending.step == "topics":
            request = run.builder.topics(topic, len(pending.slots), mode, seed)
        else:
            request = run.builder.inputs(topic, len(pending.slots), pending.part, mode, seed, earlier=earlier)
        if pending.fault is not None:
            request = corrected(request, *pending.fault)
        call = Call(
            new_id(), run.record.id, pending.step, completer.name, mode, run.recipe.prompt,
            run.builder.wish(pending.step), params=dict(request.params), attempts=pending.answer,
        )  # fmt: skip
        asked = len(pending.slots)
        siblings = len(self.state.visible_children(topic))
        pending.bad.clear()
        pending.made.clear()
        vetting = Vetting(run.engine, run.own_code, run.builder.task.input if pending.step == "inputs" else None)
        reader = ItemReader(
            request,
            asked=asked,
            wanted=lambda: bool(pending.slots),
            take=lambda item, text, number: self._take(
                pending, replace(call, raw=text), item, topic, vetting, place=siblings + number
            ),
        )
        came: Answer | None = None
        try:
            # What is made in place is one item, which shows nothing before its end: no draft is to be taken for it.
            came = counted(await completer.complete(request, None if sample else reader.on_text))
            answer = await patiently(run.engine, len(came.text), partial(clean, came, request))
            await reader.finish(run.engine, answer)
            await vetting.done()
            await self._take_back_drafts(pending, reader)
            await vetting.done()
            await self._other_shapes(pending, request, answer, reader, vetting)
        except RequestRefusedError as error:
            self._refused(pending, call, error, topic)
            return
        except BaseException:  # it broke off, or was given up: what came of it is paid for
            vetting.give_up()
            if came is not None:
                run.commit([CallAdded(self._paid(pending, replace(call, raw=str(storable(came.text))), came, asked))])
            elif call.id in self.state.calls:  # nobody says how much
                unsaid = cost_of(pending.terms.price, call.usage)
                run.commit([CallAdded(replace(call, cost=unsaid, raw=reader.text))])
            raise
        run.models.judged(pending, completer, request, answer, complied=vetting.complied > 0)
        call = self._paid(pending, replace(call, raw=answer.text), answer, asked)
        self._close(pending, call, answer, reader.found, topic)

    def _paid(self, pending: PendingCall, call: Call, answer: Answer, asked: int) -> Call:
        """Count what an answer took, and return the call with it."""
        cost = self.run.spending.answered(pending, answer.usage, slots=asked)
        self.run.progress.spend(answer.usage)
        return replace(call, usage=answer.usage, cost=cost, seconds=answer.seconds)

    async def _take_back_drafts(self, pending: PendingCall, reader: ItemReader) -> None:
        """Remove what was made of a draft in thoughts that could not be told from an answer, and take the answer's."""
        drafts, items = await reader.drafts(self.run.engine)
        if not drafts:
            return
        run, changes, slots = self.run, list[Change | None](), list[WorkItem]()
        counted: Counter[str] = Counter()
        for raw, slot, ident in pending.made:
            sample = self.state.samples.get(ident)
            if raw not in drafts or (sample is not None and self._is_decided(sample)):
                continue
            counted.update(self._counted_as(sample) if sample else self._counted_below(ident))
            if sample:
                self.repeats.take_back(sample.versions[0].input)
            changes.append(sample_change(sample, removed=True) if sample else self._removal(ident))
            slots.append(slot)
        pending.bad = [(raw, problem) for raw, problem in pending.bad if raw not in drafts]
        pending.slots.extendleft(reversed(slots))
        run.last_round.came[pending.step] -= len(slots)
        run.commit(changes, reopened=slots, kind="added", count=-counted["added"])
        if counted["failed"]:
            run.commit([], kind="failed", count=-counted["failed"])
        reader.take(items)

    def _is_decided(self, sample: Sample) -> bool:
        """Whether a person has decided on a row, or has written in it."""
        return sample.status in {"kept", "rejected"} or sample.version.origin == "edited"

    def _counted_as(self, sample: Sample) -> list[Literal["added", "failed"]]:
        """Return as what a row is among the job's results so far, if it is; the last round counts with it no more."""
        run, version = self.run, sample.version
        call = self.state.calls.get(version.calls[-1]) if version.calls else None
        still_open = self.state.open_items(run.record.id)
        is_open = any((step, sample.id, 0) in still_open for step in ("inputs", "outputs"))
        if call is None or call.job != run.record.id or is_open:
            return []
        if version.problem is None and run.recipe.outputs and version.output is None:
            return []
        if call.step == "outputs":
            (run.last_round.failed if version.problem else run.last_round.came)["outputs"] -= 1
        return ["failed" if version.problem else "added"]

    def _counted_below(self, topic: str) -> Iterator[Literal["added", "failed"]]:
        """Yield as what a topic, and what was made below it, is among the job's results so far."""
        for below in self.state.subtree(topic):
            if self.run.recipe.makes == "topics":
                yield "added"
            for sample in self.state.samples_at(below.id):
                yield from self._counted_as(sample)

    def _removal(self, topic: str) -> Change | None:
        return topic_change(self.state.topics[topic], removed=True)

    async def _other_shapes(
        self, pending: PendingCall, request: Request, answer: Answer, reader: ItemReader, vetting: Vetting
    ) -> None:
        """Take the items of an answer that has none, or none that complies, where they should be."""
        text, task = answer.text, self.run.builder.task
        if len(pending.bad) < reader.found or answer.finish in {"refusal", "filter"}:
            return
        was_cut = answer.finish == "length"
        if was_cut:
            text = text.rpartition("\n")[0]  # nobody knows whether the last one is whole

        def read() -> list[Item]:
            if pending.step == "topics":
                items = listed(text, topics.read, request, was_cut=was_cut)
            else:
                items = listed(text, inputs.check(task), request, inputs.fields(task), was_cut=was_cut)
            known = [item.read().value for item in reader.handed]
            is_same = known and [item.value for item in items[: len(known)]] == known
            return [] if is_same else items

        if items := await patiently(self.run.engine, len(text), read):
            pending.bad.clear()
            reader.take(items)
            await vetting.done()

    def _take(self, pending: PendingCall, call: Call, item: Item, topic: str, vetting: Vetting, *, place: int) -> None:
        """Check an item, and commit it if it is good; ``place``: the highest number that a numbered list gives it."""
        task = self.run.builder.task
        as_name = partial(topics.read, place=place, is_small=self.run.builder.is_small("topics"))

        def read() -> tuple[Json, str | None]:
            told = item.read()
            if told.error is not None:
                return None, told.error
            value = storable(told.value)
            return fitting(value, as_name) if pending.step == "topics" else inputs.read(value, task)

        def settle(value: Json, problem: str | None) -> None:
            if problem is not None:
                pending.bad.append((item.raw, problem))
            elif pending.step == "topics":
                self._topic(pending, call, item.raw, value, topic)
            elif pending.slots and self.repeats.is_new(value):
                self._input(pending, call, item.raw, value, topic)

        def vet(told: tuple[Json, str | None]) -> None:
            value, problem = told
            if problem is None:
                vetting.ask(value, partial(settle, value))
            else:
                settle(value, problem)

        vetting.read(len(item.raw), read, vet)

    def _topic(self, pending: PendingCall, call: Call, raw: str, name: str, parent: str) -> None:
        if not pending.slots or self.state.namesake(parent, name) is not None or self.state.topics[parent].name == name:
            return  # a repeat: its slot stays open
        run, slot = self.run, pending.slots.popleft()
        run.last_round.came["topics"] += 1
        new = Topic(new_id(), parent, name, target=plan.target_of(run.recipe, slot.level + 1))
        pending.made.append((raw, slot, new.id))
        below = plan.below(run.recipe, new.id, slot.level + 1)
        is_little = len(below) <= plan.AT_ONCE
        run.commit(
            [TopicAdded(new), CallAdded(call, is_open=True)],
            planned=below.items(run.record.id) if is_little else (),
            coming=0 if is_little else below.expected(run.recipe),
            finished=[slot],
            kind="added" if run.recipe.makes == "topics" else None,
        )
        if not is_little:
            run.plan_below(below)

    def _input(self, pending: PendingCall, call: Call, raw: str, value: Json, topic: str) -> None:
        run, slot = self.run, pending.slots.popleft()
        wants_output = run.recipe.outputs
        old = self.state.samples.get(slot.target)
        if old is not None and old.input is not None and not run.recipe.anew:  # another job was faster
            run.commit([CallAdded(call, is_open=True)], finished=[slot])
            return
        if old is None:
            version = self.run.version(0, call, input=value)
            sample = self._sample(topic, version)
            change: Change | None = SampleAdded(sample)
            pending.made.append((raw, slot, sample.id))
        else:
            sample = old
            change = place_input(old, self.run.version(old.versions[-1].n + 1, call, input=value))
        run.last_round.came["inputs"] += 1
        planned = [WorkItem(run.record.id, "outputs", sample.id, 0)] if wants_output else []
        paid = CallAdded(call, is_open=True)
        run.commit([change, paid], planned=planned, finished=[slot], kind=None if wants_output else "added")

    def _close(self, pending: PendingCall, call: Call, answer: Answer, found: int, topic: str) -> None:
        """Settle a finished call: its cost, its invalid items, and the slots that stayed open."""
        run = self.run
        run.commit([CallAdded(call)])
        if not pending.slots:
            return
        if not found:
            has_text = bool(answer.text.strip())
            none = "the answer has no list of items" if has_text else "the answer is empty"
            was_cut = "the answer was cut at max_tokens" if answer.finish == "length" else None
            can_mend = has_text and answer.finish in {"stop", "other"}
            pending.by_chance |= is_chance(answer)
            self._no_good(pending, call, answer.withheld or was_cut or none, answer.text, topic, can_mend=can_mend)
            return
        bad, pending.bad = pending.bad[: len(pending.slots)], []
        if bad:
            pending.by_chance = True
            slots = [pending.slots.popleft() for _ in bad]
            faults = "; ".join(f"item {n}: {problem}" for n, (_, problem) in enumerate(bad, 1))
            answered = f'{{"items": [{", ".join(raw for raw, _ in bad)}]}}'
            self._bad_items(pending, call, slots, bad, topic, fault=(answered, faults))
        if pending.slots:
            self._too_few(pending)

    def _refused(self, pending: PendingCall, call: Call, error: RequestRefusedError, topic: str) -> None:
        if self.run.models.doubts(pending, error):
            raise error
        self.run.spending.refused(pending)
        self._no_good(pending, call, storable(str(error)), "", topic)

    def _no_good(
        self, pending: PendingCall, call: Call, reason: str, raw: str, topic: str, *, can_mend: bool = False
    ) -> None:
        slots = list(pending.slots)
        pending.slots.clear()
        fault = (raw, reason) if can_mend else None
        self._bad_items(pending, call, slots, [(raw, reason)] * len(slots), topic, fault=fault)

    def _bad_items(
        self,
        pending: PendingCall,
        call: Call,
        slots: list[WorkItem],
        bad: list[tuple[str, str]],
        topic: str,
        *,
        fault: tuple[str, str] | None,
    ) -> None:
        """Ask anew for slots whose answers are no good: their correction first, then fresh ones; then they fail."""
        if pending.answer < ANSWERS:
            mended = fault if pending.answer == 1 and not self.run.builder.is_small(pending.step) else None
            answer = pending.answer + 1
            self.run.again(
                replace(pending, slots=type(pending.slots)(slots), answer=answer, fault=mended, bad=[], made=[])
            )
            return
        if call.id not in self.state.calls:  # it was refused: its row says so all the same
            self.run.commit([CallAdded(replace(call, cost=0.0))])
        if pending.step == "topics":
            notes = [f"topics could not be made ({problem})" for _, problem in bad]
            self._without_row(pending, slots, notes)
            return
        for slot, (raw, problem) in zip(slots, bad, strict=True):
            self._failed_input(pending, slot, call, topic, raw=raw, problem=problem)

    def _without_row(self, pending: PendingCall, slots: list[WorkItem], notes: list[str]) -> None:
        """Have slots fail of which no row will say it: the job does, unless they get a last round."""
        run = self.run
        if pending.may_come:
            run.hold(pending, slots, notes[0])
            return
        for note in notes:
            run.note(note)
        run.last_round.failed[pending.step] += len(slots)
        run.commit([], finished=slots, kind="failed", count=len(slots))

    def _failed_input(
        self, pending: PendingCall, slot: WorkItem, call: Call, topic: str, *, raw: str, problem: str
    ) -> None:
        run = self.run
        old = self.state.samples.get(slot.target)
        if old is not None and run.recipe.anew and old.input is not None:
            self._without_row(pending, [slot], [f"inputs could not be made again ({problem})"])
            return
        if old is not None and (old.status != "failed" or old.input is not None):  # it was judged, or made, meanwhile
            run.commit([], finished=[slot])
            return
        n = 1 if old is None else old.versions[-1].n + 1
        version = run.version(n, call, problem=f"input: {problem}", raw=head(raw, RAW_KEPT))
        if old is None:
            failed = replace(self._sample(topic, version), status="failed", reason=version.problem)
            change: Change | None = SampleAdded(failed)
        else:
            change = sample_change(old, version=version, status="failed", reason=version.problem, current=n)
        if not pending.may_come:
            run.last_round.failed["inputs"] += 1
            run.commit([change], finished=[slot], kind="failed")
        elif old is None:  # its last round makes it in place: from now on the slot is the row's
            run.commit([change], finished=[slot], planned=[WorkItem(run.record.id, "inputs", failed.id, 0)])
        else:
            run.commit([change])
            run.hold(pending, [slot])

    def _too_few(self, pending: PendingCall) -> None:
        if pending.round < ROUNDS:
            self.run.again(replace(pending, round=pending.round + 1, fault=None, bad=[], made=[]))
            return
        count = len(pending.slots)
        if (
            pending.in_last_round and pending.step == "inputs"
        ):  # the row says that it failed, if there was no input before
            old = self.state.samples.get(pending.target)
            if self.run.recipe.anew and old is not None and old.input is not None:
                self.run.note("inputs could not be made again (the model repeated itself)", count)
            self.run.last_round.failed["inputs"] += count
            self.run.commit([], finished=tuple(pending.slots), kind="failed", count=count)
            pending.slots.clear()
            return
        self.run.note(f"{pending.step} dropped (the model repeated itself)", count)
        self.run.commit([], finished=tuple(pending.slots), kind="dropped", count=count)
        pending.slots.clear()

    def _sample(self, topic: str, version: Version) -> Sample:
        session = self.state.sessions[self.run.record.session]
        return Sample(
            new_id(), topic, session.id, tags=(session.tag, *session.tags), current=version.n,
            seq=self.state.seq + 1, created=version.created, versions=(version,),
        )  # fmt: skip
