"""Answers become rows: each item is checked, compared and committed as soon as it is whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from synth_widgets.errors import RequestRefusedError
from synth_widgets.generation import outputs, topics
from synth_widgets.llm.completer import Answer, Completer, Mode
from synth_widgets.llm.items import Item, ItemStream
from synth_widgets.records import Call, Json, Origin, Sample, Topic, Usage, Version, WorkItem, new_id
from synth_widgets.runs import plan
from synth_widgets.runs.placing import base_of, place_input, place_output
from synth_widgets.runs.repeats import Repeats
from synth_widgets.runs.work import ANSWERS, ROUNDS, Work
from synth_widgets.store.changes import CallAdded, Change, SampleAdded, TopicAdded, sample_change
from synth_widgets.store.journal import now
from synth_widgets.text.normal import head, storable

if TYPE_CHECKING:
    from synth_widgets.runs.run import Run

RAW_KEPT = 65_536
"""Characters of a failed answer that its version keeps."""


class Taker:
    """Asks for one piece of work and turns what comes into changes of the state."""

    def __init__(self, run: Run, repeats: Repeats) -> None:
        self.run = run
        self.state = run.state
        self.repeats = repeats

    # ------------------------------------------------------------ topics and inputs: items that stream in
    async def items(self, work: Work, completer: Completer) -> None:
        """Ask for the open slots of a topics or inputs step; each item is a row when it is whole."""
        run, mode = self.run, self.run.mode(work)
        seed = next(run.seeds)
        sample = self.state.samples.get(work.target)
        topic = sample.topic if sample else work.target
        earlier = sample.input if sample else None
        if work.step == "topics":
            request = run.asker.topics(topic, len(work.slots), mode, seed)
        else:
            request = run.asker.inputs(topic, len(work.slots), work.part, mode, seed, earlier=earlier)
        stream = ItemStream()
        heard: list[str] = []
        call = Call(
            new_id(), run.record.id, work.step, completer.name, mode, run.recipe.prompt, run.recipe.guidance,
            params=dict(request.params), attempts=work.answer,
        )  # fmt: skip
        found = 0
        work.bad.clear()

        def on_text(piece: str) -> None:
            nonlocal found
            piece = str(storable(piece))
            heard.append(piece)
            for item in stream.feed(piece):
                found += 1
                self._take(work, replace(call, raw="".join(heard)), item, topic)

        try:
            answer = _clean(await completer.complete(request, on_text))
        except RequestRefusedError as error:
            self._no_good(work, call, storable(str(error)), "", topic)
            return
        if not heard and answer.text:
            on_text(answer.text)
        for item in stream.end():
            found += 1
            self._take(work, replace(call, raw=answer.text), item, topic)
        run.meter.spend(answer.usage)
        self._close(work, _paid(call, answer), answer, found, topic)

    def _take(self, work: Work, call: Call, item: Item, topic: str) -> None:
        if not work.slots:
            return  # more than was asked for
        value = storable(item.value)
        if isinstance(value, str):
            value = value.strip()
        if work.step == "topics":
            problem = item.error or topics.name_problem(value)
        else:
            problem = item.error or self.run.asker.task.input_problem(value)
        if problem is not None:
            work.bad.append((item.raw, problem))
        elif work.step == "topics":
            self._topic(work, call, topics.tidy(value), topic)
        elif self.repeats.is_new(value):
            self._input(work, call, value, topic)

    def _topic(self, work: Work, call: Call, name: str, parent: str) -> None:
        if self.state.child(parent, name) is not None or self.state.topics[parent].name == name:
            return  # a repeat: its slot stays open
        run, slot = self.run, work.slots.popleft()
        new = Topic(new_id(), parent, name, target=plan.target_of(run.recipe, slot.level + 1))
        run.commit(
            [TopicAdded(new), CallAdded(call)],
            planned=plan.below(run.recipe, run.record.id, new.id, slot.level + 1),
            finished=[slot],
            kind="added" if run.recipe.makes == "topics" else None,
        )

    def _input(self, work: Work, call: Call, value: Json, topic: str) -> None:
        run, slot = self.run, work.slots.popleft()
        wants_output = run.recipe.outputs
        old = self.state.samples.get(slot.target)
        if old is not None and old.input is not None and not run.recipe.anew:  # another job was faster
            run.commit([CallAdded(call)], finished=[slot])
            return
        if old is None:
            version = self._version(0, call, input=value)
            sample = self._sample(topic, version)
            change: Change | None = SampleAdded(sample)
        else:
            sample = old
            change = place_input(old, self._version(old.versions[-1].n + 1, call, input=value))
        planned = [WorkItem(run.record.id, "outputs", sample.id, 0)] if wants_output else []
        run.commit([change, CallAdded(call)], planned=planned, finished=[slot], kind=None if wants_output else "added")

    def _close(self, work: Work, call: Call, answer: Answer, found: int, topic: str) -> None:
        """Settle a finished call: its cost, its invalid items, and the slots that stayed open."""
        run = self.run
        run.commit([CallAdded(call)])
        if not work.slots:
            return
        if not found:
            reason = {"filter": "the model refused to answer", "length": "the answer was cut at max_tokens"}.get(
                answer.finish, "the answer is empty" if not answer.text.strip() else "the answer has no list of items"
            )
            self._no_good(work, call, reason, answer.text, topic)
            return
        bad, work.bad = work.bad[: len(work.slots)], []
        if bad:
            slots = [work.slots.popleft() for _ in bad]
            self._bad_items(work, call, slots, bad, topic)
        if work.slots:
            self._too_few(work)

    def _no_good(self, work: Work, call: Call, reason: str, raw: str, topic: str) -> None:
        slots = list(work.slots)
        work.slots.clear()
        self._bad_items(work, call, slots, [(raw, reason)] * len(slots), topic)

    def _bad_items(self, work: Work, call: Call, slots: list[WorkItem], bad: list[tuple[str, str]], topic: str) -> None:
        if work.answer < ANSWERS:
            again = replace(work, slots=type(work.slots)(slots), answer=work.answer + 1, bad=[])
            self.run.again(again)
            return
        for slot, (raw, problem) in zip(slots, bad, strict=True):
            if work.step == "topics":
                self.run.note(f"topics could not be made ({problem})")
                self.run.commit([], finished=[slot], kind="failed")
            else:
                self._failed_input(slot, call, raw, problem, topic)

    def _failed_input(self, slot: WorkItem, call: Call, raw: str, problem: str, topic: str) -> None:
        old = self.state.samples.get(slot.target)
        if old is not None and self.run.recipe.anew and old.input is not None:
            self.run.note(f"inputs could not be made again ({problem})")
            self.run.commit([], finished=[slot], kind="failed")
            return
        if old is not None and (old.status != "failed" or old.input is not None):  # it was judged, or made, meanwhile
            self.run.commit([], finished=[slot])
            return
        n = 1 if old is None else old.versions[-1].n + 1
        version = self._version(n, call, problem=f"input: {problem}", raw=head(raw, RAW_KEPT))
        if old is None:
            failed = replace(self._sample(topic, version), status="failed", reason=version.problem)
            change: Change | None = SampleAdded(failed)
        else:
            change = sample_change(old, version=version, status="failed", reason=version.problem, current=n)
        self.run.commit([change], finished=[slot], kind="failed")

    def _too_few(self, work: Work) -> None:
        if work.round < ROUNDS:
            self.run.again(replace(work, round=work.round + 1, bad=[]))
            return
        count = len(work.slots)
        self.run.note(f"{work.step} dropped (the model repeated itself)", count)
        self.run.commit([], finished=tuple(work.slots), kind="dropped", count=count)
        work.slots.clear()

    def _version(self, n: int, call: Call, **fields: Json) -> Version:
        origin: Origin = "regenerated" if self.run.recipe.anew else "generated"
        task_version = self.run.asker.task_version
        return Version(n, origin, **fields, task_version=task_version, calls=(call.id,), created=now())

    def _sample(self, topic: str, version: Version) -> Sample:
        session = self.state.sessions[self.run.record.session]
        return Sample(
            new_id(), topic, session.id, tags=(session.tag, *session.tags), current=version.n,
            seq=self.state.seq + 1, created=version.created, versions=(version,),
        )  # fmt: skip

    # ------------------------------------------------------------ outputs: one call a sample
    async def output(self, work: Work, completer: Completer) -> None:
        """Ask for one sample's output: a first answer, a second by the next way, then it has failed."""
        run = self.run
        sample = self.state.samples[work.target]
        usage, seconds, raws = Usage(), 0.0, list[str]()
        value: Json = None
        problem: str | None = None
        reasoning: str | None = None
        mode: Mode = "text"
        for answer_number in range(work.answer, ANSWERS + 1):
            work.answer = answer_number
            mode = run.mode(work)
            request = run.asker.output(sample, mode, next(run.seeds), is_again=answer_number > 1)
            try:
                answer = _clean(await completer.complete(request))
            except RequestRefusedError as error:
                value, problem = None, storable(str(error))
                continue
            usage, seconds = usage + answer.usage, seconds + answer.seconds
            run.meter.spend(answer.usage)
            raws.append(answer.text)
            reasoning = answer.reasoning
            value, problem = outputs.read(answer, run.asker.task)
            if problem is None:
                problem = await self._model_problem(value)
            if problem is None:
                break
        call = Call(
            new_id(), run.record.id, "outputs", completer.name, mode, run.recipe.prompt, run.recipe.guidance,
            params=dict(request.params), attempts=work.answer, usage=usage, seconds=seconds,
            raw="\n\n".join(raws),
        )  # fmt: skip
        raw = head(raws[-1], RAW_KEPT) if raws and problem else None
        output = None if problem else value
        self._answered(work, call, sample, output=output, problem=problem, raw=raw, reasoning=reasoning)

    async def _model_problem(self, value: Json) -> str | None:
        schema = self.run.asker.task.output
        if schema is None or schema.model is None:
            return None
        return await self.run.engine.on_worker(lambda: schema.model_problem(value))

    def _answered(self, work: Work, call: Call, asked: Sample, *, problem: str | None, **fields: Json) -> None:
        sample = self.state.samples[work.target]  # read again: a person may have judged it meanwhile
        if sample.current != asked.current and asked.output is None:  # another job was faster
            self.run.commit([CallAdded(call)], finished=tuple(work.slots))
            return
        given = base_of(asked)
        version = self._version(sample.versions[-1].n + 1, call, input=given.input, problem=problem, **fields)
        version = replace(version, calls=(*given.calls, call.id))
        if problem and asked.output is not None:
            self.run.note(f"outputs could not be made again ({problem})")
        self.run.commit(
            [place_output(sample, asked, version), CallAdded(call)],
            finished=tuple(work.slots),
            kind="failed" if problem else "added",
        )


def _clean(answer: Answer) -> Answer:
    """Return an answer whose texts can be stored and sent."""
    return replace(answer, text=storable(answer.text), reasoning=storable(answer.reasoning))


def _paid(call: Call, answer: Answer) -> Call:
    return replace(call, usage=answer.usage, seconds=answer.seconds, raw=answer.text)
