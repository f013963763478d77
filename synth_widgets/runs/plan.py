"""What is to be made: work items, from the state and a recipe. The estimate reads the same plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from itertools import chain
from math import prod
from typing import Any, Literal, TypeVar, cast, get_args

from synth_widgets.generation.examples import Style
from synth_widgets.records import Guidance, JobRecord, Json, Sample, Step, Topic, WorkItem
from synth_widgets.store.changes import TopicChanged, topic_change
from synth_widgets.store.columns import LONGEST_NAME, MOST_SAMPLES, damaged, guidance_of
from synth_widgets.store.record_factories import maker
from synth_widgets.store.state import State
from synth_widgets.text.shown import short_repr

T = TypeVar("T", bound=Sequence[Any])
_item = maker(WorkItem)

DEFAULT_TARGET = 8
MOST_RESULTS = 1_000_000
"""Samples, or topics, that one job may be asked for."""
MOST_LEVELS = 5
"""Levels of topics that one job makes."""
ONE = range(1)
SLICE = 1_000
"""Items that are planned, and records that are looked at, in one go."""
AT_ONCE = 100
"""Items below a new topic that are planned together with it: one answer may bring many topics."""

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

    __repr__ = short_repr

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
    "model": lambda value: isinstance(value, str) and len(value) <= LONGEST_NAME,
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
        taken_over: pending items there of jobs that no longer run, by job: the top-up makes them.
    """

    items: list[WorkItem] = field(default_factory=list)
    targets: list[TopicChanged] = field(default_factory=list)
    taken_over: dict[str, list[WorkItem]] = field(default_factory=dict)


def parts(state: State, recipe: Recipe, job: str, samples: tuple[str, ...] = ()) -> Iterator[Plan]:
    """Plan bit by bit all that can be planned before the first answer: each part takes milliseconds.

    Between two parts the state may change, and what was planned may be worked on already; a part may be empty, where
    much was looked at and nothing is missing. No job may be resumed between two parts: what it owes was found missing.

    Args:
        state: what is there.
        recipe: what to make.
        job: the id of the job that makes it.
        samples: for ``outputs``, ids of pending or failed samples; for ``regenerate``, of any.
    """
    return _Planning(state, recipe, job, samples).parts()


@dataclass(frozen=True, slots=True)
class Slots:
    """Open slots of one step and target: one work item for each ordinal."""

    step: Step
    target: str
    ordinals: range
    level: int = 0

    def __len__(self) -> int:
        """How many they are."""
        return len(self.ordinals)

    def items(self, job: str) -> list[WorkItem]:
        """Return them as pending items of a job."""
        return [_item(job, self.step, self.target, n, self.level) for n in self.ordinals]

    def parts(self, job: str) -> Iterator[Plan]:
        """Plan them bit by bit."""
        for some in _slices(self.ordinals):
            yield Plan(replace(self, ordinals=some).items(job))

    def expected(self, recipe: Recipe) -> int:
        """Return how many results they will lead to, if nothing is dropped."""
        return len(self) * _expected(recipe, self.step, self.level)


def tally(state: State, recipe: Recipe, samples: tuple[str, ...] = ()) -> Iterator[Slots]:
    """Plan what `parts` does, only to be counted: no item is made."""
    return _Planning(state, recipe, "", samples).tally()


def pending(items: Iterable[WorkItem]) -> list[Slots]:
    """Return the open items of a job as slots that are only counted.

    >>> pending([WorkItem("job", "inputs", "topic", 3), WorkItem("job", "inputs", "topic", 7)])
    [Slots(step='inputs', target='topic', ordinals=range(0, 2), level=0)]
    """
    counts = Counter((item.step, item.target, item.level) for item in items)
    return [Slots(step, target, range(n), level) for (step, target, level), n in counts.items()]


class _Planning:
    """A plan in the making. Its steps yield whenever others should have their turn."""

    def __init__(self, state: State, recipe: Recipe, job: str, samples: tuple[str, ...]) -> None:
        self.state = state
        self.recipe = recipe
        self.job = job
        self.samples = samples
        self.part = Plan()
        self.slots: list[Slots] = []
        """What was planned since the last part."""
        self._seen = 0
        self._topped: set[tuple[Step, str]] = set()
        """Which steps are seen to, and at which topics or for which samples; only where some job may owe them."""
        self._counted: set[str] = set()
        """Jobs whose open slots were counted as coming: should they end meanwhile, those stay pending."""

    def parts(self) -> Iterator[Plan]:
        """Yield what was planned since the last part."""
        for _ in self._steps():
            yield self._taken()
        yield self._taken()

    def tally(self) -> Iterator[Slots]:
        """Yield the same as slots that are only counted."""
        for _ in chain(self._steps(), (None,)):
            slots, self.slots, self.part, self._seen = self.slots, [], Plan(), 0
            yield from slots

    def _taken(self) -> Plan:
        slots, part = self.slots, self.part
        self.slots, self.part, self._seen = [], Plan(), 0
        part.items = [item for each in slots for item in each.items(self.job)]
        return part

    def _steps(self) -> Iterator[None]:
        recipe, state = self.recipe, self.state
        match recipe.kind:
            case "outputs":
                yield from self._finish_samples()
                yield from self._take_over()
            case "regenerate":
                yield from self._make_samples_anew()
            case "topics":
                for topic in state.iter_leaves(recipe.under) if recipe.leaves else (state.topics[recipe.under],):
                    yield from self._slots("topics", topic.id, recipe.topics[0])
            case "inputs":
                for topic in (state.topics[recipe.under],) if recipe.only else state.iter_leaves(recipe.under):
                    yield from self._slots("inputs", topic.id, recipe.samples or 0)
            case "grow":
                yield from self._top_up(recipe.under, 0)
                yield from self._take_over()

    def _finish_samples(self) -> Iterator[None]:
        for some in _slices(self.samples):
            slots = [_finish(self.state.samples[ident]) for ident in some]
            wanted = [slot for slot in slots if not self._coming(slot.step, slot.target)]
            self.slots += wanted
            if self._owing():
                self._topped.update((slot.step, slot.target) for slot in wanted)
            yield

    def _make_samples_anew(self) -> Iterator[None]:
        for some in _slices(self.samples):
            for sample in (self.state.samples[ident] for ident in some):
                slot = _again(sample, self.recipe)
                if sample.output is not None or not self._coming(slot.step, slot.target):
                    self.slots.append(slot)
            yield

    def _top_up(self, topic: str, level: int) -> Iterator[None]:
        recipe, state = self.recipe, self.state
        if self._is_due(1):
            yield
        children = state.visible_children(topic)
        if level < recipe.depth:
            self._topped.add(("topics", topic))
            missing = recipe.topics[level] - len(children) - self._coming("topics", topic)
            yield from self._slots("topics", topic, missing, level)
            for child in children:
                yield from self._top_up(child.id, level + 1)
            return
        for leaf in (state.topics[topic],) if recipe.only or not children else state.iter_leaves(topic):
            yield from self._top_up_leaf(leaf)

    def _top_up_leaf(self, leaf: Topic) -> Iterator[None]:
        recipe = self.recipe
        if self._is_due(2):
            yield
        coming = self._coming("inputs", leaf.id)  # of the same moment as the samples that are counted
        counts, open_ones = yield from self._looked_at(leaf)
        live = counts.total() - counts["rejected"]
        if recipe.more:
            new = recipe.more * (leaf.target or DEFAULT_TARGET if recipe.samples is None else recipe.samples)
            if live + coming + new > (leaf.target or 0):  # the target grows with what comes on top
                self._set_target(leaf, live + coming + new)
            yield from self._slots("inputs", leaf.id, new)
            return
        if recipe.thin and counts["draft"] + counts["kept"] >= (leaf.target or 0) / 2:
            return
        self._topped.add(("inputs", leaf.id))
        if recipe.outputs:
            self._topped.add(("outputs", leaf.id))
        if recipe.samples is not None:
            self._set_target(leaf, recipe.samples)
        wanted = recipe.samples if recipe.samples is not None else leaf.target or DEFAULT_TARGET
        yield from self._slots("inputs", leaf.id, wanted - live - coming)
        for some in _slices(open_ones):
            finishing = [_finish(sample) for sample in some if recipe.outputs or sample.input is None]
            self.slots += [slot for slot in finishing if not self._coming(slot.step, slot.target)]
            if self._is_due(len(some)):
                yield

    def _looked_at(self, leaf: Topic) -> Generator[None, None, tuple[Counter[str], list[Sample]]]:
        """Return how many samples of each status a topic has, and those that are pending or failed."""
        counts: Counter[str] = Counter()
        open_ones: list[Sample] = []
        samples = self.state.samples
        here = () if leaf.id in self.state.hidden else tuple(self.state.by_topic.get(leaf.id, ()))
        for some in _slices(here):
            found = [sample for ident in some if not (sample := samples[ident]).removed]
            counts.update(sample.status for sample in found)
            open_ones += [sample for sample in found if sample.status in {"pending", "failed"}]
            if self._is_due(len(some)):
                yield
        return counts, open_ones

    def _slots(self, step: Step, target: str, n: int, level: int = 0) -> Iterator[None]:
        """Plan so many slots of a step; none where ``n`` is less than one."""
        for some in _slices(range(max(0, n))):
            self.slots.append(Slots(step, target, some, level))
            if self._is_due(len(some)):
                yield

    def _set_target(self, leaf: Topic, target: int) -> None:
        if change := topic_change(leaf, target=min(target, MOST_SAMPLES)):
            self.part.targets.append(change)
            self._seen += 5  # a change of a record takes as long as some items

    def _take_over(self) -> Iterator[None]:
        """Plan that ended top-ups hand over what this one sees to."""
        samples, topped = self.state.samples, self._topped
        for job in self._owing():
            for some in _slices(tuple(self.state.items[job].values())):
                for item in some:
                    sample = samples.get(item.target)
                    if (item.step, item.target) in topped or (sample and (item.step, sample.topic) in topped):
                        self.part.taken_over.setdefault(job, []).append(item)
                if self._is_due(len(some)):
                    yield

    def _owing(self) -> list[str]:
        """Return the top-ups that no longer run and have open items, but for those that were counted on."""
        jobs, counted = self.state.jobs, self._counted
        owing = [ident for ident, items in tuple(self.state.items.items()) if items and ident not in counted]
        return [i for i in owing if jobs[i].status != "running" and jobs[i].kind in {"grow", "outputs"}]

    def _coming(self, step: Step, target: str) -> int:
        """Return how many open slots other running jobs have there: what is on its way is not missing.

        A job that was counted on once is counted on to the end of the planning, also when it stops meanwhile.
        """
        jobs, found = self.state.jobs, 0
        for ident, items in tuple(self.state.items.items()):
            if not items or ident == self.job or (jobs[ident].status != "running" and ident not in self._counted):
                continue
            if slots := items.count(step, target):
                self._counted.add(ident)
                found += slots
        return found

    def _is_due(self, looked_at: int) -> bool:
        """Count what was looked at or planned; tell whether it is time that others have their turn."""
        self._seen += looked_at + 1
        return self._seen >= SLICE


def below(recipe: Recipe, topic: str, level: int) -> Slots:
    """Return what follows from a new topic that stands so many levels below the start."""
    if level < recipe.depth:
        return Slots("topics", topic, range(recipe.topics[level]), level)
    return Slots("inputs", topic, range(0 if recipe.kind == "topics" else per_leaf(recipe)))


def target_of(recipe: Recipe, level: int) -> int | None:
    """Return the target of a new topic that stands so many levels below the start."""
    is_leaf = recipe.kind == "grow" and level == recipe.depth
    return per_leaf(recipe) if is_leaf and recipe.samples is not None else None


def _slices(things: T) -> Iterator[T]:
    return (cast(T, things[at : at + SLICE]) for at in range(0, len(things), SLICE))


def _finish(sample: Sample) -> Slots:
    """Return the slot that completes a pending or failed sample in place."""
    return Slots("inputs" if sample.input is None else "outputs", sample.id, ONE)


def _again(sample: Sample, recipe: Recipe) -> Slots:
    """Return the slot that makes a part of a sample anew."""
    step: Step = "inputs" if recipe.part == "input" or sample.input is None else "outputs"
    return Slots(step, sample.id, ONE)


def expected(recipe: Recipe, items: Iterable[WorkItem]) -> int:
    """Return how many results the open items will lead to, if nothing is dropped."""
    return sum([_expected(recipe, item.step, item.level) for item in items])


def _expected(recipe: Recipe, step: Step, at: int) -> int:
    """Return how many results one open item will lead to; ``at``: its level."""
    if step != "topics":
        return 1
    if recipe.kind == "topics":
        return sum(prod(recipe.topics[at + 1 : level + 1]) for level in range(at, recipe.depth))
    return prod(recipe.topics[at + 1 : recipe.depth]) * per_leaf(recipe)


def per_leaf(recipe: Recipe) -> int:
    """Return how many samples each new leaf gets."""
    return max(1, recipe.more) * (DEFAULT_TARGET if recipe.samples is None else recipe.samples)
