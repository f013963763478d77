"""What a person may give as a model, and what of it a file may keep.

A file keeps a model's name, never an address or a key.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping

from synth_widgets.errors import ModelError
from synth_widgets.llm.completer import ITEMS_PER_CALL, Completer
from synth_widgets.llm.completer import is_small as says_small
from synth_widgets.model import Model
from synth_widgets.text.shown import shown

log = logging.getLogger(__name__)
ModelLike = str | Model | Completer


def model_name(model: ModelLike) -> str:
    """Return a model's name, for records and display."""
    return model if isinstance(model, str) else model.name


def is_in_code(model: ModelLike) -> bool:
    """Whether a model cannot be had by its name alone: an address, a key and parameters are never in the file."""
    if isinstance(model, str):
        return False
    return not isinstance(model, Model) or bool(model.api_base or model.api_key or model.params or model.price)


def named_by_file(name: str, *, in_code: bool, argument: str = "model=…") -> Model:
    """Return the model that a file names.

    Args:
        name: its name, as the file has it.
        in_code: whether the file says that it cannot be had by its name alone.
        argument: by which argument of `Studio` a person gives it.

    Raises:
        ModelError: only code can give it: an address, a key, parameters or a completer are missing; or the name is
            that of weights, which may be any file, such as one that came with the studio file; or another user of this
            machine would be asked, whom nobody here has named.
    """
    if in_code:
        raise ModelError(
            f"This file was last used with {name!r}, with an address, key, parameters or a completer that code gave "
            f"and no file keeps. Give it again: sw.Studio(…, {argument})."
        )
    model = Model(name)
    if model.loads_weights:
        raise ModelError(
            f"This file names {name!r}, weights that this machine is to load. A file may come from anywhere, so that "
            f"is for you to say: sw.Studio(…, {argument}), or type the name as the widget's model."
        )
    from synth_widgets.llm.local_servers import stranger_at

    if (owner := stranger_at(model)) is not None:
        raise ModelError(
            f"This file names {name!r}, and what answers for it on this machine is run by {owner.name}, another user. "
            f"If you trust that one with your prompts, say so: sw.Studio(…, {argument}), or type the name "
            "as the widget's model."
        )
    return model


def checked_models(models: Mapping[str, ModelLike | None]) -> dict[str, Model | Completer]:
    """Return the models that were given, names as `Model`.

    Raises:
        ModelError: one is no model, or its provider is not served.
    """
    from synth_widgets.llm.providers import provider_of

    found: dict[str, Model | Completer] = {}
    for key, given in models.items():
        if given is None:
            continue
        if not isinstance(given, str | Model | Completer):
            raise ModelError(f"model is a name, a sw.Model or a completer, not {given!r}.")
        model = Model(given) if isinstance(given, str) else given
        if isinstance(model, Model) and not model.is_local:
            provider_of(model.name)
        found[key] = model
    return found


class Completers:
    """The completers of one studio file, one a model. On the engine's thread."""

    def __init__(self) -> None:
        self._known: list[tuple[ModelLike, Completer]] = []

    def of(self, model: ModelLike) -> Completer:
        """Return what answers for a model, the same one each time."""
        from synth_widgets.llm.connect import completer_for

        model = Model(model) if isinstance(model, str) else model
        for known, completer in self._known:
            if known == model:
                return completer
        completer = completer_for(model)
        self._known.append((model, completer))
        return completer

    async def keep(self, models: Iterable[ModelLike], used: Iterable[Completer]) -> None:
        """Close all but those of some models, those in use, and those that a person made."""
        wanted, busy = list(models), {id(completer) for completer in used}
        kept = [(m, c) for m, c in self._known if id(c) in busy or m is c or m in wanted]
        gone = [pair[1] for pair in self._known if pair not in kept]
        self._known = kept
        await self._close(gone)

    async def close(self) -> None:
        """Close all."""
        await self._close([completer for _, completer in self._known])

    async def _close(self, completers: list[Completer]) -> None:
        closing = (completer.close() for completer in completers)
        for fault in await asyncio.gather(*closing, return_exceptions=True):
            if fault is not None:
                log.warning("A model could not be closed: %s", shown(str(fault)))


def items_per_call(model: ModelLike) -> int:
    """Return how many topics or inputs a model is asked for in one call, without reaching it."""
    if isinstance(model, str | Model):
        return 1 if is_small(model) else ITEMS_PER_CALL
    return model.items_per_call


def is_small(model: ModelLike) -> bool:
    """Return whether a model is too small for the ordinary prompts, without reaching it."""
    model = Model(model) if isinstance(model, str) else model
    return model.is_small if isinstance(model, Model) else says_small(model)
