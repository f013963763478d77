"""What one call asks and how its answer is read: the step's prompts, for large models and for small ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from synth_widgets.curation.new_versions import base_of
from synth_widgets.generation import examples, inputs, outputs, topics
from synth_widgets.generation.prompts import guidance_for, told_reasons
from synth_widgets.llm.completer import Mode, Request
from synth_widgets.records import ROOT, Guidance, Json, Sample, Step
from synth_widgets.runs.plan import Recipe
from synth_widgets.store.state import State
from synth_widgets.task import Task


@dataclass(frozen=True, slots=True)
class RequestBuilder:
    """Writes the requests of a job. Reads the state at the time of asking, so that repeats can be named.

    Attributes:
        task_version: number of the task's version, under which answers are checked.
        session_guidance: what the session adds to the studio's guidance.
        items_per_call: topics or inputs to ask for in one call, by step.
        small: the steps whose model is too small for the ordinary prompts.
    """

    state: State
    task: Task
    task_version: int
    recipe: Recipe
    session_guidance: Guidance
    items_per_call: Mapping[Step, int]
    small: frozenset[Step] = frozenset()
    _rejected: dict[str, str] = field(default_factory=dict)

    def is_small(self, step: Step) -> bool:
        """Whether the step's model is too small for the ordinary prompts."""
        return step in self.small

    def guidance(self, step: Step, topic: str, *, own: bool = True) -> str:
        """Return all guidance that holds for a step under a topic, the nearest, the call's ``own``, last."""
        general = self.state.settings.get("guidance") or {}
        lineage = [t.guidance for t in self.state.lineage(topic)]
        call = [self.recipe.guidance] if own else []
        return guidance_for(step, [general, self.session_guidance, *lineage, *call])

    def wish(self, step: Step) -> str:
        """Return what the call's own guidance says to a step."""
        return guidance_for(step, [self.recipe.guidance])

    def rejected(self, topic: str) -> str:
        """Return why a person rejected samples at a topic or above it, looked up once a job."""
        if (told := self._rejected.get(topic)) is None:
            samples = (s for t in self.state.lineage(topic) for s in self.state.samples_at(t.id))
            told = told_reasons(s.reason for s in samples if s.status == "rejected" and s.reason)
            self._rejected[topic] = told
        return told

    def topics(self, topic: str, n: int, mode: Mode, seed: int) -> Request:
        """Ask for children of a topic."""
        path = self.state.path(topic)
        siblings = tuple(t.name for t in self.state.visible_children(topic))
        parent = self.state.topics[topic].parent
        aunts = self.state.visible_children(parent) if parent is not None else []
        cousins = tuple(c.name for a in aunts if a.id != topic for c in self.state.visible_children(a.id))
        question = topics.TopicsAsk(self.task, path, n, siblings, cousins, self.guidance("topics", topic))
        if self.is_small("topics"):
            return topics.ask_one(question, mode, seed)
        return topics.ask_list(question, mode)

    def inputs(
        self, topic: str, n: int, part: tuple[int, int], mode: Mode, seed: int, *, earlier: Json = None
    ) -> Request:
        """Ask for inputs under a topic, or for another one in the place of an ``earlier`` one."""
        existing = [s.input for s in self.state.samples_at(topic)[-inputs.SHOWN :] if s.input is not None]
        guidance = self.guidance("inputs", topic)
        question = inputs.InputsAsk(
            self.task, self.state.path(topic), n, tuple(existing), part, guidance, earlier, self.rejected(topic)
        )
        if self.is_small("inputs"):
            return inputs.ask_one(question, mode, seed)
        return inputs.ask_list(question, mode)

    def output(self, sample: Sample, mode: Mode, seed: int, *, is_again: bool = False) -> Request:
        """Ask for the output of a sample; where there is one, for another one that follows the call's guidance."""
        small = self.is_small("outputs")
        style = examples.check_style(self.recipe.prompt)
        turns = tuple(examples.turns_for(self.task, style, small_model=small))
        topic = sample.topic if sample.topic in self.state.topics else ROOT
        given = base_of(sample)
        earlier = given.output if self.recipe.anew else None
        guidance = self.guidance("outputs", topic, own=earlier is None)
        question = outputs.OutputAsk(
            self.task,
            given.input,
            turns,
            guidance,
            small,
            is_again,
            earlier,
            self.wish("outputs"),
            self.rejected(topic),
        )
        return outputs.ask(question, mode, seed if small else None)
