"""What is to be made: work items, from the state and a recipe. The estimate reads the same plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from math import prod
from typing import Any, Literal, get_args

from synth_widgets.generation.examples import Style
from synth_widgets.records import Guidance, JobRecord, Json, Sample, Step, Topic, WorkItem
from synth_widgets.store.changes import TopicChanged, topic_change
from synth_widgets.store.columns import damaged, guidance_of
from synth_widgets.store.state import State

DEFAULT_TARGET = 8
MOST_RESULTS = 1_000_000
"""Samples, or topics, that one job may be asked for."""
MOST_LEVELS = 5
"""Levels of topics that one job makes."""

Kind = Literal["grow", "topics", "inputs", "outputs", "regenerate"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a job makes.

    Attributes:
        kind: ``grow`` tops up to targets; ``regenerate`` makes what is there anew; the others make so many more.
        under: id of the topic it works below.
        depth: levels of topics to make; 0 makes none.
        topics: how many children on each level.
        samples: samples a leaf; ``None`` takes each leaf's target.
        outputs: whether each input gets an output.
        only: the topic itself instead of its leaves.
        leaves: for ``topics``: below each leaf instead of below the topic.
        guidance: this call's own guidance, by what it is for.
        prompt: prompt style of the outputs.
        model: name of a model that answers this job instead of the studio's; empty for the studio's.
        in_code: whether that model cannot be had by its name alone.
        part: for ``regenerate``: the output alone, or the input and then its output.
        budget: US dollars that its calls may cost, or ``None``.
        thin: only leaves that have less than half of their target.
        more: for ``grow``: so many times the samples of a leaf, on top of what it has; 0 tops up to them.
    """

    kind: Kind
    under: str
    depth: int = 1
    topics: tuple[int, ...] = ()
    samples: int | None = DEFAULT_TARGET
    outputs: bool = True
    only: bool = False
    leaves: bool = False
    guidance: Guidance = field(default_factory=dict)
    prompt: str = "basic"
    model: str = ""
    in_code: bool = False
    part: Literal["input", "output"] = "output"
    budget: float | None = None
    thin: bool = False
    more: int = 0

    @property
    def anew(self) -> bool:
        """Whether it makes again what is there already."""
        return self.kind == "regenerate"

    def to_json(self) -> dict[str, Json]:
        """Return the recipe as a job's record keeps it."""
        return {**asdict(self), "topics": list(self.topics)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Recipe:
        """Build a recipe from `to_json`, which a file may have from anywhere.

        Raises:
            ValueError: there is no such recipe; it says which argument cannot be.
        """
        if unknown := data.keys() - {each.name for each in fields(cls)}:
            raise ValueError(f"this release does not know {min(unknown)!r}")
        for name, value in data.items():
            if name in _MAY_BE and not _MAY_BE[name](value):
                raise ValueError(f"{name} cannot be {value!r}")
        if missing := {"kind", "under"} - data.keys():
            raise ValueError(f"{min(missing)} is missing")
        recipe = cls(**{**data, "topics": tuple(data.get("topics", ()))})
        if recipe.kind in {"grow", "topics"} and len(recipe.topics) < recipe.depth:
            raise ValueError(f"topics has {len(recipe.topics)} levels of {recipe.depth}")
        if prod(recipe.topics) * (1 if recipe.kind == "topics" else per_leaf(recipe)) > MOST_RESULTS:
            raise ValueError(f"it is for more than {MOST_RESULTS:,} at once")
        return recipe

    @property
    def makes(self) -> Literal["topics", "inputs", "outputs"]:
        """The step whose results the job counts."""
        if self.kind == "topics":
            return "topics"
        return "outputs" if self.outputs else "inputs"


def _whole(least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and least <= value <= most


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _guidance(value: Any) -> bool:
    try:
        guidance_of(value)
    except ValueError:
        return False
    return True


_MAY_BE: Mapping[str, Callable[[Any], bool]] = {
    "kind": lambda value: value in get_args(Kind),
    "under": _text,
    "depth": _whole(0, MOST_LEVELS),
    "topics": lambda value: isinstance(value, list) and all(map(_whole(1, MOST_RESULTS), value)),
    "samples": lambda value: value is None or _whole(0, MOST_RESULTS)(value),
    "outputs": _flag,
    "only": _flag,
    "leaves": _flag,
    "guidance": _guidance,
    "prompt": lambda value: value in get_args(Style),
    "model": _text,
    "in_code": _flag,
    "part": lambda value: value in ("output", "input"),
    "budget": lambda value: value is None or (type(value) in {int, float} and 0 <= value < float("inf")),
    "thin": _flag,
    "more": _whole(0, MOST_RESULTS),
}
"""What the arguments of a job that a file brings may be."""


def recipe_of(record: JobRecord, state: State) -> Recipe:
    """Return what a job of the file makes.

    Raises:
        FileError: its arguments cannot be, or are of another release.
    """
    try:
        recipe = Recipe.from_json(record.args)
    except (ValueError, TypeError) as error:
        raise damaged("jobs", record.id, f"args: {error}") from None
    if recipe.under not in state.topics:
        raise damaged("jobs", record.id, f"args: there is no topic {recipe.under!r}")
    return recipe


@dataclass(slots=True)
class Plan:
    """Work items to add to a job, and changes of targets that go with them.

    Attributes:
        topped: which steps it saw to, and at which topics or for which samples.
        taken_over: items that jobs which no longer run still owed there, by job: the top-up sees to them.
    """

    items: list[WorkItem] = field(default_factory=list)
    targets: list[TopicChanged] = field(default_factory=list)
    topped: set[tuple[Step, str]] = field(default_factory=set)
    taken_over: dict[str, list[WorkItem]] = field(default_factory=dict)


def start(state: State, recipe: Recipe, job: str, samples: tuple[str, ...] = ()) -> Plan:
    """Plan all that can be planned before the first answer.

    For ``outputs``, ``samples`` are the ids of pending or failed samples; for ``regenerate``, of any.
    """
    plan = Plan()
    match recipe.kind:
        case "outputs":
            coming = _coming(state, job)
            finishing = (_finish(state.samples[ident], job) for ident in samples)
            plan.items += [item for item in finishing if not coming[item.step, item.target]]
            plan.topped = {(item.step, item.target) for item in plan.items}
            plan.taken_over = _taken_over(state, plan.topped)
        case "regenerate":
            coming = _coming(state, job)
            again = [_again(state.samples[ident], recipe, job) for ident in samples]
            is_there = {ident for ident in samples if state.samples[ident].output is not None}
            plan.items += [i for i in again if i.target in is_there or not coming[i.step, i.target]]
        case "topics":
            nodes = state.leaves(recipe.under) if recipe.leaves else [state.topics[recipe.under]]
            for topic in nodes:
                plan.items += [WorkItem(job, "topics", topic.id, i) for i in range(recipe.topics[0])]
        case "inputs":
            nodes = [state.topics[recipe.under]] if recipe.only else state.leaves(recipe.under)
            for topic in nodes:
                plan.items += [WorkItem(job, "inputs", topic.id, i) for i in range(recipe.samples or 0)]
        case "grow":
            _top_up(plan, state, recipe, job, topic=recipe.under, level=0, coming=_coming(state, job))
            plan.taken_over = _taken_over(state, plan.topped)
    return plan


def below(recipe: Recipe, job: str, topic: str, level: int) -> list[WorkItem]:
    """Plan what follows from a new topic that stands so many levels below the start."""
    if level < recipe.depth:
        return [WorkItem(job, "topics", topic, i, level) for i in range(recipe.topics[level])]
    if recipe.kind == "topics":
        return []
    return [WorkItem(job, "inputs", topic, i) for i in range(per_leaf(recipe))]


def target_of(recipe: Recipe, level: int) -> int | None:
    """Return the target of a new topic that stands so many levels below the start."""
    is_leaf = recipe.kind == "grow" and level == recipe.depth
    return per_leaf(recipe) if is_leaf and recipe.samples is not None else None


def _coming(state: State, job: str) -> Counter[tuple[Step, str]]:
    """Return how many open slots other running jobs have, by step and target: what is on its way is not missing."""
    running = (items for i, items in tuple(state.items.items()) if i != job and state.jobs[i].status == "running")
    return Counter((item.step, item.target) for items in running for item in tuple(items.values()))


def _taken_over(state: State, topped: set[tuple[Step, str]]) -> dict[str, list[WorkItem]]:
    """Return what top-ups that no longer run owe where this one sees to it, by job."""
    found: dict[str, list[WorkItem]] = {}
    for job, items in tuple(state.items.items()):
        if state.jobs[job].status != "running" and state.jobs[job].kind in {"grow", "outputs"}:
            for item in tuple(items.values()):
                sample = state.samples.get(item.target)
                if (item.step, item.target) in topped or (sample and (item.step, sample.topic) in topped):
                    found.setdefault(job, []).append(item)
    return found


def _top_up(
    plan: Plan, state: State, recipe: Recipe, job: str, *, topic: str, level: int, coming: Counter[tuple[Step, str]]
) -> None:
    children = state.visible_children(topic)
    if level < recipe.depth:
        plan.topped.add(("topics", topic))
        missing = recipe.topics[level] - len(children) - coming["topics", topic]
        plan.items += [WorkItem(job, "topics", topic, i, level) for i in range(max(0, missing))]
        for child in children:
            _top_up(plan, state, recipe, job, topic=child.id, level=level + 1, coming=coming)
        return
    leaves = [state.topics[topic]] if recipe.only or not children else state.leaves(topic)
    for leaf in leaves:
        if recipe.more:
            _add_more(plan, recipe, job, leaf, there=_live(state, leaf) + coming["inputs", leaf.id])
            continue
        if recipe.thin and not _is_thin(state, leaf):
            continue
        plan.topped.add(("inputs", leaf.id))
        if recipe.outputs:
            plan.topped.add(("outputs", leaf.id))
        if recipe.samples is not None and (change := topic_change(leaf, target=recipe.samples)):
            plan.targets.append(change)
        wanted = recipe.samples if recipe.samples is not None else leaf.target or DEFAULT_TARGET
        there = [s for s in state.samples_at(leaf.id) if s.status != "rejected"]
        missing = wanted - len(there) - coming["inputs", leaf.id]
        plan.items += [WorkItem(job, "inputs", leaf.id, i) for i in range(max(0, missing))]
        open_ones = (s for s in there if s.status in {"pending", "failed"} and (recipe.outputs or s.input is None))
        finishing = (_finish(sample, job) for sample in open_ones)
        plan.items += [item for item in finishing if not coming[item.step, item.target]]


def _add_more(plan: Plan, recipe: Recipe, job: str, leaf: Topic, *, there: int) -> None:
    """Plan samples on top of those that are there or coming; the leaf's target grows with them."""
    new = recipe.more * (leaf.target or DEFAULT_TARGET if recipe.samples is None else recipe.samples)
    if there + new > (leaf.target or 0) and (change := topic_change(leaf, target=there + new)):
        plan.targets.append(change)
    plan.items += [WorkItem(job, "inputs", leaf.id, i) for i in range(new)]


def _is_thin(state: State, leaf: Topic) -> bool:
    """Whether a leaf has less than half of what is wanted there, drafts and kept samples counted."""
    return _live(state, leaf, but=("rejected", "failed", "pending")) < (leaf.target or 0) / 2


def _live(state: State, leaf: Topic, but: tuple[str, ...] = ("rejected",)) -> int:
    return sum(s.status not in but for s in state.samples_at(leaf.id))


def _finish(sample: Sample, job: str) -> WorkItem:
    """Return the item that completes a pending or failed sample in place."""
    return WorkItem(job, "inputs" if sample.input is None else "outputs", sample.id, 0)


def _again(sample: Sample, recipe: Recipe, job: str) -> WorkItem:
    """Return the item that makes a part of a sample anew."""
    step: Step = "inputs" if recipe.part == "input" or sample.input is None else "outputs"
    return WorkItem(job, step, sample.id, 0)


def expected(recipe: Recipe, items: list[WorkItem]) -> int:
    """Return how many results the open items will lead to, if nothing is dropped."""
    total = 0
    for item in items:
        if item.step != "topics":
            total += 1
        elif recipe.kind == "topics":
            total += sum(prod(recipe.topics[item.level + 1 : level + 1]) for level in range(item.level, recipe.depth))
        else:
            total += prod(recipe.topics[item.level + 1 : recipe.depth]) * per_leaf(recipe)
    return total


def per_leaf(recipe: Recipe) -> int:
    """Return how many samples each new leaf gets."""
    return max(1, recipe.more) * (DEFAULT_TARGET if recipe.samples is None else recipe.samples)
