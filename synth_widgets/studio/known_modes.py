"""What a studio file remembers of how its models give JSON, so that a new kernel pays no refused calls to find out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from synth_widgets.errors import ModelError
from synth_widgets.llm.completer import Completer
from synth_widgets.model import Model

SETTING = "ways"
"""The studio's setting: the mode by the model's name and a mark of its address. Its name is that of the first files."""


def recall(settings: Mapping[str, Any], completer: Completer) -> None:
    """Tell a completer what the file remembers of its model; it counts as long as the process knows nothing better."""
    if (known := _known(completer)) is not None:
        key, known = known
        known.recall(_remembered(settings).get(key))


def learned(settings: Mapping[str, Any], completers: Iterable[Completer]) -> tuple[Any, dict[str, Any]] | None:
    """Return the setting as it is and as it should be now, or ``None`` where nothing changed."""
    before = _remembered(settings)
    found = [known for completer in completers if (known := _known(completer)) is not None]
    after = {**before, **{key: known.working for key, known in found if known.working is not None}}
    return None if after == before else (settings.get(SETTING), after)


def in_words(settings: Mapping[str, Any], model: object) -> str | None:
    """Return how a model gives JSON, for a person, or ``None`` as long as it is unknown."""
    from synth_widgets.llm.providers import endpoint_of
    from synth_widgets.llm.structured.modes import IN_WORDS, file_key, known_modes

    model = Model(model) if isinstance(model, str) else model
    if not isinstance(model, Model) or model.is_local:
        return None
    if model.structured != "auto":
        return (
            f"{IN_WORDS[next(mode for mode in IN_WORDS if mode == model.structured)]} (structured={model.structured!r})"
        )
    try:
        endpoint = endpoint_of(model)
    except ModelError:
        return None
    known = known_modes(endpoint).working or _remembered(settings).get(file_key(model.name, endpoint))
    return next((words for mode, words in IN_WORDS.items() if mode == known), None)


def _remembered(settings: Mapping[str, Any]) -> dict[str, Any]:
    found = settings.get(SETTING)
    return found if isinstance(found, dict) else {}


def _known(completer: Completer) -> tuple[str, Any] | None:
    """Return the key and the known modes of a completer that finds out how its model gives JSON; others know it."""
    try:
        key = getattr(completer, "modes_key", None)
        return None if key is None else (key, getattr(completer, "known_modes", None))
    except ModelError:  # its address cannot be had any more: the next call says so
        return None
