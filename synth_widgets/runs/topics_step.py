"""Topics: names become topics of the tree, and what follows from each is planned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import ClassVar

from synth_widgets.generation.topics import TopicsQuestion
from synth_widgets.records import Call, Json, Step, Topic, WorkItem, new_id
from synth_widgets.runs import plan
from synth_widgets.runs.effect import Effect
from synth_widgets.runs.item_step import ItemCall, ItemStep, Made, Result
from synth_widgets.runs.pending_call import PendingCall
from synth_widgets.store.changes import CallAdded, Change, TopicAdded, topic_change


class TopicsStep(ItemStep):
    """Makes topics of names."""

    step: ClassVar[Step] = "topics"

    def question(self, pending: PendingCall) -> TopicsQuestion:
        """Return what is asked: children of a topic."""
        return self.job.builder.topics(pending.target, len(pending.slots), next(self.job.seeds))

    def take(self, call: ItemCall, raw: str, value: Json, record: Call) -> None:
        """Make a topic of a name, unless it repeats one."""
        pending, recipe, parent = call.pending, self.job.recipe, call.topic
        name = str(value)
        if not pending.slots or self.state.namesake(parent, name) is not None:
            return
        if self.state.topics[parent].name == name:
            return
        slot = pending.slots.popleft()
        topic = Topic(new_id(), parent, name, target=plan.target_of(recipe, slot.level + 1))
        call.made.append(Made(raw, slot, topic.id))
        below = plan.below(recipe, topic.id, slot.level + 1)
        is_little = len(below) <= plan.AT_ONCE
        self.job.run.apply(
            Effect(
                [TopicAdded(topic), CallAdded(record, is_open=True)],
                planned=below.items(self.job.record.id) if is_little else (),
                coming=0 if is_little else below.expected(recipe),
                finished=[slot],
                kind="added" if recipe.makes == "topics" else None,
                step="topics",
                came=1,
                below=None if is_little else below,
            )
        )

    def removed(self, made: Made) -> tuple[Change | None, Counter[Result]] | None:
        """Remove a topic with what was made below it."""
        return topic_change(self.state.topics[made.id], removed=True), Counter(self._counted_below(made.id))

    def _counted_below(self, topic: str) -> Iterator[Result]:
        """Yield as what a topic, and what was made below it, is among the job's results so far."""
        for below in self.state.subtree(topic):
            if self.job.recipe.makes == "topics":
                yield "added"
            for sample in self.state.samples_at(below.id):
                if (result := self.counted_as(sample)) is not None:
                    yield result

    def fail(self, call: ItemCall, slots: list[WorkItem], invalid: Sequence[tuple[str, str]]) -> None:
        """Have slots fail: the job says it, no row does."""
        self.fail_without_row(call.pending, slots, [f"topics could not be made ({problem})" for _, problem in invalid])

    def repeated(self, pending: PendingCall) -> None:
        """Give slots up for which only repeats came."""
        self.drop(pending)
