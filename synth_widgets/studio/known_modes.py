"""What a studio file remembers of how its models give JSON, so that a new kernel pays no refused calls to find out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from synth_widgets.errors import ModelError
from synth_widgets.llm.completer import Completer
from synth_widgets.model import Model

SETTING = "ways"
"""The studio's setting: the way by the model's name and a mark of its address."""


def recall(settings: Mapping[str, Any], completer: Completer) -> None:
    """Tell a completer what the file remembers of its model; it counts as long as the process knows nothing better."""
    if (known := _ways(completer)) is not None:
        key, ways = known
        ways.recall(_remembered(settings).get(key))


def learned(settings: Mapping[str, Any], completers: Iterable[Completer]) -> tuple[Any, dict[str, Any]] | None:
    """Return the setting as it is and as it should be now, or ``None`` where nothing changed."""
    before = _remembered(settings)
    found = [known for completer in completers if (known := _ways(completer)) is not None]
    after = {**before, **{key: ways.working for key, ways in found if ways.working is not None}}
    return None if after == before else (settings.get(SETTING), after)


def in_words(settings: Mapping[str, Any], model: object) -> str | None:
    """Return how a model gives JSON, for a person, or ``None`` where nobody knows yet."""
    from synth_widgets.llm.providers import endpoint_of
    from synth_widgets.llm.structured.modes import IN_WORDS, file_key, ways_of

    model = Model(model) if isinstance(model, str) else model
    if not isinstance(model, Model) or model.is_local:
        return None
    if model.structured != "auto":
        return f"{IN_WORDS[next(way for way in IN_WORDS if way == model.structured)]} (structured={model.structured!r})"
    try:
        endpoint = endpoint_of(model)
    except ModelError:
        return None
    known = ways_of(endpoint).working or _remembered(settings).get(file_key(model.name, endpoint))
    return next((words for way, words in IN_WORDS.items() if way == known), None)


def _remembered(settings: Mapping[str, Any]) -> dict[str, Any]:
    found = settings.get(SETTING)
    return found if isinstance(found, dict) else {}


def _ways(completer: Completer) -> tuple[str, Any] | None:
    """Return the key and the ways of a completer that finds out how its model gives JSON; others know by themselves."""
    try:
        key = getattr(completer, "ways_key", None)
        return None if key is None else (key, getattr(completer, "ways", None))
    except ModelError:  # its address cannot be had any more: the next call says so
        return None
