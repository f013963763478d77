"""Paths become topics: those that are there, and new ones where there is none."""

from __future__ import annotations

from synth_widgets.records import ROOT, Path, Topic, new_id
from synth_widgets.store.changes import Change, TopicAdded
from synth_widgets.store.state import State
from synth_widgets.task import normalised_name


class Places:
    """Finds the topics of paths, and plans those that are not there yet.

    Attributes:
        changes: what adds the new topics, ancestors first; to be committed before anything is put under them.
    """

    def __init__(self, state: State) -> None:
        self.changes: list[Change] = []
        self._state = state
        self._known: dict[Path, str] = {(): ROOT}
        self._new: dict[tuple[str, str], str] = {}

    def topic(self, path: Path) -> str:
        """Return the id of a path's topic."""
        if path not in self._known:
            parent = self.topic(path[:-1])
            key = (parent, normalised_name(path[-1]))
            there = self._state.child(parent, path[-1])
            ident = there.id if there is not None else self._new.get(key)
            if ident is None:
                ident = self._new[key] = new_id()
                self.changes.append(TopicAdded(Topic(ident, parent, path[-1])))
            self._known[path] = ident
        return self._known[path]
