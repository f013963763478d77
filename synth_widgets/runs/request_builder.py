"""What one call asks: the questions of each step, with what the state says of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from synth_widgets.curation.new_versions import base_of
from synth_widgets.generation import examples, inputs
from synth_widgets.generation.inputs import InputsQuestion
from synth_widgets.generation.objections import Elsewhere
from synth_widgets.generation.outputs import OutputQuestion
from synth_widgets.generation.prompts import guidance_for, told_reasons
from synth_widgets.generation.topics import TopicsQuestion
from synth_widgets.records import ROOT, Guidance, Sample, Step
from synth_widgets.runs.plan import Recipe
from synth_widgets.store.state import State
from synth_widgets.task import Task


@dataclass(frozen=True, slots=True)
class RequestBuilder:
    """Writes the questions of a job. Reads the state at the time of asking, so that repeats can be named.

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
        levels = [self.state.settings.get("guidance") or {}, self.session_guidance]
        levels += [t.guidance for t in self.state.lineage(topic)]
        return guidance_for(step, [*levels, self.recipe.guidance] if own else levels)

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

    def topics(self, topic: str, n: int, seed: int) -> TopicsQuestion:
        """Ask for children of a topic."""
        path = self.state.path(topic)
        siblings = tuple(t.name for t in self.state.visible_children(topic))
        parent = self.state.topics[topic].parent
        aunts = self.state.visible_children(parent) if parent is not None else []
        cousins = tuple(c.name for a in aunts if a.id != topic for c in self.state.visible_children(a.id))
        guidance = self.guidance("topics", topic)
        small = self.is_small("topics")
        return TopicsQuestion(self.task, path, n, siblings, cousins, guidance, small, seed, topic)

    def inputs(
        self, target: str, n: int, part: tuple[int, int], seed: int, *, own_code: Elsewhere = asyncio.to_thread
    ) -> InputsQuestion:
        """Ask for inputs under a topic, or for another one in the place of a sample's; ``target``: the id of either."""
        sample = self.state.samples.get(target)
        topic = sample.topic if sample else target
        existing = [s.input for s in self.state.samples_at(topic)[-inputs.SHOWN :] if s.input is not None]
        return InputsQuestion(
            self.task,
            self.state.path(topic),
            n,
            tuple(existing),
            part,
            self.guidance("inputs", topic),
            sample.input if sample else None,
            self.rejected(topic),
            self.is_small("inputs"),
            seed,
            target,
            own_code,
        )

    def output(self, sample: Sample, seed: int, *, own_code: Elsewhere = asyncio.to_thread) -> OutputQuestion:
        """Ask for the output of a sample; where there is one, for another one that follows the call's guidance."""
        small = self.is_small("outputs")
        style = examples.check_style(self.recipe.prompt)
        turns = examples.turns_for(self.task, style, small_model=small)
        topic = sample.topic if sample.topic in self.state.topics else ROOT
        base = base_of(sample)
        earlier = base.output if self.recipe.anew else None
        guidance = self.guidance("outputs", topic, own=earlier is None)
        return OutputQuestion(
            self.task,
            base.input,
            turns,
            guidance,
            small,
            earlier,
            "" if earlier is None else self.wish("outputs"),
            self.rejected(topic),
            seed if small else None,
            sample.id,
            own_code,
        )
