"""Which samples are meant: the filters that `to_pandas`, `export` and ``samples.filter`` share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from synth_widgets.arguments import count_of, path_of
from synth_widgets.errors import StudioError, nearest
from synth_widgets.records import STATUSES, Sample
from synth_widgets.store.state import State


def selection(
    state: State,
    *,
    status: str | Iterable[str],
    session: str | None,
    topic: Any,
    tags: str | Iterable[str] | None,
    split: str | None,
    min_stars: int | None,
) -> Callable[[], list[Sample]]:
    """Check the filters, and return what finds the visible samples that pass them all, in the order they were made.

    Raises:
        StudioError: a filter is of the wrong kind, or names a status or a topic that is none.
    """
    statuses = _texts(status, "status")
    statuses = set(STATUSES) if statuses == {"all"} else statuses
    if wrong := sorted(statuses - set(STATUSES)):
        raise StudioError(
            f"status={wrong[0]!r} is no status.{nearest(wrong[0], STATUSES)} Allowed: {', '.join(STATUSES)}, or 'all'."
        )
    below = None if topic is None else _below(state, topic)
    needed = set() if tags is None else _texts(tags, "tags")
    for name, given in (("session", session), ("split", split)):
        if given is not None and not isinstance(given, str):
            raise StudioError(f"{name}={given!r} must be text, or None for every {name}.")
    ident = session.removeprefix("synthetic_session_") if session else None
    stars = 0 if min_stars is None else count_of(min_stars, "min_stars", least=0, most=5)

    def select() -> list[Sample]:
        return [
            s
            for s in state.visible_samples()
            if s.status in statuses
            and (ident is None or s.session == ident)
            and (below is None or s.topic in below)
            and needed.issubset(s.tags)
            and (split is None or s.split == split)
            and (s.stars or 0) >= stars
        ]

    return select


def _below(state: State, topic: Any) -> set[str]:
    """Return the ids of a topic and of those below it."""
    path = path_of(topic)
    node = state.find(path)
    if node is None:
        names = [t.name for t in tuple(state.topics.values())]
        raise StudioError(f"There is no topic {path!r}.{nearest(path[-1], names)}")
    return {t.id for t in state.subtree(node.id)}


def _texts(given: Any, name: str) -> set[str]:
    """Return one text or several as a set."""
    texts = [given] if isinstance(given, str) else list(given) if isinstance(given, Iterable) else [None]
    if not all(isinstance(text, str) for text in texts):
        raise StudioError(f"{name}={given!r} must be text or a list of texts.")
    return set(texts)
