"""``studio.topics``: the tree, by path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from synth_widgets.arguments import BEFORE_OUTPUTS, GuidanceLike, count_of, guidance_of, name_of, path_of
from synth_widgets.curation.edits import ABSENT
from synth_widgets.errors import StudioError, UnknownIdError, nearest, suggesting
from synth_widgets.records import ROOT, Guidance, Path, Topic, new_id
from synth_widgets.store.changes import Change, TopicAdded, sample_change, topic_change
from synth_widgets.store.state import State
from synth_widgets.studio.core import Core
from synth_widgets.task import normalised_name
from synth_widgets.text.shown import shown

MOST = 10_000
MAX_GUIDANCE = 20_000
SMALL = 1_000
"""Topics of a tree through all of which is looked for what a wrong path may mean."""


class Topics:
    """The topic tree of a studio.

    A topic is named by its path: a tuple of names, or a text for one name. ``()`` is the root. Siblings are unique
    after Unicode normalisation and case folding.
    """

    def __init__(self, core: Core) -> None:
        self._core = core

    @property
    def _state(self) -> State:
        return self._core.store.state

    @suggesting
    def add(self, *paths: Any, guidance: GuidanceLike | None = None, target: int | None = None) -> list[Path]:
        """Add topics, with the ancestors they need; those that are there already stay as they are.

        Args:
            paths: each a tuple or list of names, or one name as text.
            guidance: steers what is generated at and below the named topics, see `set`.
            target: samples wanted under each of them.

        Returns:
            The paths that are new, ancestors too.

        Raises:
            StudioError: a path is no path; nothing was added.
        """
        wanted = [path_of(p) for p in _unpacked(paths)]
        if len(wanted) > MOST:
            raise StudioError(f"{len(wanted):,} topics at once are too many; at most {MOST:,}.")
        wanted_each = None if target is None else count_of(target, "target")

        guides, core = _guidance(guidance), self._core
        made: list[Path] = []

        def additions(some: Sequence[Path]) -> list[Change]:
            changes, new = _additions(core.state, some, guides, wanted_each)
            made.extend(new)
            return changes

        def label() -> str:
            return f"Add {'topic' if len(made) == 1 else f'{len(made)} topics'}"

        async def act() -> list[Path]:
            await core.actions.carry_out(wanted, additions, label)
            return made

        return core.act(act)

    def remove(self, path: Any) -> int:
        """Hide a topic with everything below it; undo brings it back. Return how many kept samples went with it."""
        wanted = path_of(path)
        if not wanted:
            raise StudioError("The root cannot be removed. Remove the topics below it, or reject samples.")

        def act() -> int:
            topic = self._find(wanted)
            kept = self._state.counts(topic.id)["kept"]
            self._core.store.commit([topic_change(topic, removed=True)], label=f"Remove “{topic.name}”")
            return kept

        return self._core.act(act)

    def rename(self, path: Any, name: str) -> Path:
        """Give a topic another name; return its new path."""
        wanted, new = path_of(path), name_of(name)

        def act() -> Path:
            topic = self._find(wanted)
            if topic.parent is None:
                raise StudioError("The root has no name; the task has: sw.Task(name, …).")
            self._free(topic.parent, new, topic.id)
            self._core.store.commit([topic_change(topic, name=new)], label=f"Rename “{topic.name}”")
            return self._state.path(topic.id)

        return self._core.act(act)

    def move(self, path: Any, under: Any) -> Path:
        """Move a topic with everything below it under another one; return its new path."""
        wanted, goal = path_of(path), path_of(under)

        def act() -> Path:
            topic, parent = self._find(wanted), self._find(goal)
            if topic.parent is None or any(t.id == topic.id for t in self._state.lineage(parent.id)):
                raise StudioError(f"{_said(wanted)} cannot be moved under {_said(goal)}, which lies inside it.")
            self._free(parent.id, topic.name, topic.id)
            self._core.store.commit([topic_change(topic, parent=parent.id)], label=f"Move “{topic.name}”")
            return self._state.path(topic.id)

        return self._core.act(act)

    def merge(self, path: Any, into: Any) -> Path:
        """Make one topic of two, in one step to undo; return its path.

        The samples and subtopics of the first go over to the second, which keeps its name, guidance and target.
        Subtopics of one name become one in the same way. What is under way for the first is given up.

        Args:
            path: the topic that goes.
            into: the topic that stays. It may be one above it, but none inside it.

        Raises:
            StudioError: it is the root, or ``into`` is or lies inside it; nothing was changed.

        >>> import synth_widgets as sw
        >>> from synth_widgets.testing import ScriptedCompleter
        >>> studio = sw.Studio(sw.Task("Greeter", "Greet."), path=":memory:", model=ScriptedCompleter())
        >>> _ = studio.topics.load({"Returns": {"Late": {}}, "Refunds": {"late": {"Very": {}}, "Partial": {}}})
        >>> studio.topics.merge("Refunds", "Returns"), studio.topics.to_dict()
        (('Returns',), {'Returns': {'Late': {'Very': {}}, 'Partial': {}}})
        >>> studio.close()
        """
        wanted, goal, core = path_of(path), path_of(into), self._core

        async def act() -> Path:
            state = self._state
            topic, stays = self._find(wanted), self._find(goal)
            if topic.parent is None or any(t.id == topic.id for t in state.lineage(stays.id)):
                raise StudioError(f"{_said(wanted)} cannot be merged into {_said(goal)}: it is that or lies around it.")
            samples = [s.id for gone, _ in _pairs(state, topic.id, stays.id)[0] for s in state.samples_at(gone.id)]

            def changes(part: Sequence[str | None]) -> list[Change | None]:
                pairs, moved = _pairs(state, topic.id, stays.id)
                goal_of = {gone.id: left.id for gone, left in pairs}
                here = {i: state.samples[i] for i in part if i is not None}
                if None not in part:
                    return [sample_change(s, topic=goal_of[s.topic]) for s in here.values() if s.topic in goal_of]
                here |= {s.id: s for gone in goal_of for s in state.samples_at(gone)}  # what came meanwhile, too
                return [
                    *(sample_change(s, topic=goal_of[s.topic]) for s in here.values() if s.topic in goal_of),
                    *(topic_change(gone, removed=True) for gone, _ in pairs),
                    *(topic_change(child, parent=parent.id) for child, parent in moved),
                ]

            label = f"Merge “{topic.name}” into “{stays.name or 'All topics'}”"
            where = state.path(stays.id)
            await core.actions.carry_out([*samples, None], changes, lambda: label)
            return where

        return core.act(act)

    @suggesting
    def set(self, path: Any, *, guidance: GuidanceLike | None = ABSENT, target: int | None = ABSENT) -> None:
        """Set a topic's guidance or its target; ``None`` takes it away, what is left out stays.

        Args:
            path: the topic.
            guidance: steers what is generated at the topic and below it, in the place of what steered it before. A
                text is for topics and inputs; a dict says what each is for, with the keys ``topics``, ``inputs``,
                ``outputs``, and ``all`` for every step.
            target: samples wanted under it.

        Raises:
            StudioError: the target is no whole number from 1 to 10,000, or the guidance is no text.
            TypeError: a key of the guidance that there is not.

        >>> import synth_widgets as sw
        >>> from synth_widgets.testing import ScriptedCompleter
        >>> studio = sw.Studio(sw.Task("Greeter", "Greet."), path=":memory:", model=ScriptedCompleter())
        >>> _ = studio.topics.add("Billing", target=8)
        >>> studio.topics.set("Billing", guidance="Curt, with typing errors.", target=None)
        >>> studio.topics.set("Billing", guidance={"inputs": "With an amount.", "outputs": "Name the amount."})
        >>> studio.close()
        """
        wanted = path_of(path)
        fields: dict[str, Any] = {}
        if guidance is not ABSENT:
            fields["guidance"] = _guidance(guidance)
        if target is not ABSENT:
            fields["target"] = None if target is None else count_of(target, "target")

        def act() -> None:
            topic = self._find(wanted)
            self._core.store.commit([topic_change(topic, **fields)], label=f"Change “{topic.name or 'All topics'}”")

        self._core.act(act)

    def paths(self) -> list[Path]:
        """Return the paths of all topics but the root, each before those below it."""
        state = self._state
        return [state.path(t.id) for t in state.subtree(ROOT) if t.id != ROOT]

    def to_dict(self) -> dict[str, Any]:
        """Return the tree as nested dicts: ``{"Billing": {"Refunds": {}}}``."""

        def below(topic: str) -> dict[str, Any]:
            return {t.name: below(t.id) for t in self._state.visible_children(topic)}

        return below(ROOT)

    def load(self, nested: Any) -> list[Path]:
        """Add a tree given as nested dicts (as `to_dict` gives it) or lists of names; return what is new."""
        return self.add(*_flattened(nested, ()))

    def __iter__(self) -> Iterator[Path]:
        return iter(self.paths())

    def __len__(self) -> int:
        return len(self.paths())

    def __repr__(self) -> str:
        lines = [f"{'  ' * (len(path) - 1)}{shown(path[-1])}" for path in self.paths()]
        return "\n".join(lines) or "<no topics yet: studio.topics.add('Billing') or studio.grow()>"

    def _find(self, path: Path) -> Topic:
        return find_topic(self._state, path)

    def _free(self, parent: str, name: str, ident: str) -> None:
        other = self._state.child(parent, name)
        if other is not None and other.id != ident:
            where = _said(self._state.path(parent))
            raise StudioError(f"There is a topic {other.name!r} under {where} already. merge() makes one of the two.")


def find_topic(state: State, path: Path) -> Topic:
    """Return the visible topic of a path.

    Raises:
        UnknownIdError: it is not there; the message names the nearest path.
    """
    topic = state.find(path)
    if topic is None:
        raise UnknownIdError(f"There is no topic {' > '.join(path)!r}.{_near(state, path)}")
    return topic


def _near(state: State, path: Path) -> str:
    """Say which topic a wrong path may mean: any of a small tree, else one where the path ends."""
    if len(state.topics) <= SMALL:
        return nearest(" > ".join(path), [" > ".join(state.path(t.id)) for t in state.subtree(ROOT) if t.id != ROOT])
    above = path
    while (parent := state.find(above)) is None:
        above = above[:-1]
    known = [" > ".join((*above, child.name)) for child in state.visible_children(parent.id)]
    return nearest(" > ".join(path[: len(above) + 1]), known)


def _additions(
    state: State, wanted: Sequence[Path], guidance: Guidance, target: int | None
) -> tuple[list[Change], list[Path]]:
    changes: list[Change] = []
    made: list[Path] = []
    new: dict[tuple[str, str], Topic] = {}
    for path in wanted:
        parent = ROOT
        for depth, name in enumerate(path):
            key = (parent, normalised_name(name))
            topic = new.get(key) or state.child(parent, name)
            if topic is None:
                is_named = depth == len(path) - 1
                topic = Topic(new_id(), parent, name, guidance if is_named else {}, target if is_named else None)
                new[key] = topic
                changes.append(TopicAdded(topic))
                made.append(path[: depth + 1])
            parent = topic.id
    return changes, made


def _pairs(state: State, gone: str, stays: str) -> tuple[list[tuple[Topic, Topic]], list[tuple[Topic, Topic]]]:
    """Return which topics become one, the one that goes first, and which just go below another one."""
    if {gone, stays} & state.hidden:
        return [], []  # somebody removed one of them meanwhile
    pairs, moved = [(state.topics[gone], state.topics[stays])], []
    for here, there in pairs:  # it grows while it is gone through
        for child in state.visible_children(here.id):
            same = state.child(there.id, child.name)
            if same is None or same.id == gone:
                moved.append((child, there))
            else:
                pairs.append((child, same))
    return pairs, moved


def _said(path: Path) -> str:
    return " > ".join(path) or "all topics"


def _unpacked(paths: tuple[Any, ...]) -> list[Any]:
    """Let ``add([("A",), ("B",)])`` mean the two paths: a list of tuples or lists is no path itself."""
    if len(paths) == 1 and isinstance(paths[0], list) and paths[0] and isinstance(paths[0][0], tuple | list):
        return list(paths[0])
    return list(paths)


def _flattened(nested: Any, path: Path) -> list[Path]:
    if isinstance(nested, Mapping):
        return [p for name, below in nested.items() for p in ((*path, name), *_flattened(below, (*path, name)))]
    if isinstance(nested, str):
        return [(*path, nested)]
    if isinstance(nested, list | tuple):
        return [p for entry in nested for p in _flattened(entry, path)]
    if nested is None:
        return []
    raise StudioError(f"A tree is nested dicts, or lists of names, not {nested!r}.")


def _guidance(given: GuidanceLike | None) -> Guidance:
    guidance = guidance_of(given, BEFORE_OUTPUTS)
    if (longest := max(map(len, guidance.values()), default=0)) > MAX_GUIDANCE:
        raise StudioError(f"A text of guidance has at most {MAX_GUIDANCE:,} characters; this one has {longest:,}.")
    return guidance
