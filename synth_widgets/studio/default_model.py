"""The model that is taken when nobody gave one: which, why, and which after it once it is gone."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Container, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace

from synth_widgets.errors import AccessError, ModelGoneError
from synth_widgets.llm.completer import Completer
from synth_widgets.model import Model
from synth_widgets.records import Step
from synth_widgets.store.changes import SettingChanged
from synth_widgets.store.store import Store
from synth_widgets.text.shown import shown

log = logging.getLogger(__name__)

SETTING = "default_models"
"""The studio's setting: by provider, the one of its defaults that is taken because those before it are gone."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The model that is taken when nobody gave one, and why: both are shown.

    Attributes:
        model: the one that is taken.
        why: what led to it.
        others: the names to take one after another once it is gone.
        gone: the names before it, which are gone.

    >>> first = Choice(Model("openai/new"), "OPENAI_API_KEY is set", ("openai/old",))
    >>> first.after()
    Choice(model=Model('openai/old'), why='OPENAI_API_KEY is set', others=(), gone=('openai/new',))
    >>> first.after().reason, first.after().after()
    ('OPENAI_API_KEY is set; openai/new is gone', None)
    """

    model: Model
    why: str
    others: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """Why it is this model, in words for a person."""
        return "; ".join((self.why, *(f"{name} is gone" for name in self.gone)))

    def after(self) -> Choice | None:
        """Return the choice of the next name, now that this model is gone; ``None`` after the last."""
        if not self.others:
            return None
        name, *others = self.others
        return replace(self, model=Model(name), others=tuple(others), gone=(*self.gone, self.model.name))

    def exhausted(self, error: ModelGoneError) -> AccessError:
        """Build the error for when the last one is gone too."""
        tried = ", ".join((*self.gone, self.model.name))
        words = f"No model was given, and none of the defaults is there: {tried}. Give one: model='provider/name'."
        return AccessError(f"{error} {words}")


class DefaultModel:
    """Which model answers one studio file where nobody gave one. It decides alone what follows when that is gone."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._choice: Future[Choice] | None = None

    def choose(self) -> None:
        """Begin to choose, so that it is known when it is needed."""
        self._choice = choosing(self._store.state.settings)

    @property
    def choice(self) -> Choice:
        """What is taken now. It waits 0.3 s at most, and mostly not at all."""
        if self._choice is None:
            self._choice = choosing(self._store.state.settings)
        return self._choice.result()

    def instead(
        self,
        defaults: Container[Step],
        step: Step,
        gone: Completer,
        error: ModelGoneError,
        completer: Callable[[Step], Completer],
    ) -> Completer:
        """Return who answers a step whose model is gone: the next default, which the file remembers.

        Args:
            defaults: the steps for which nobody had given a model when the job began.
            step: the step.
            gone: who was asked.
            error: what was answered.
            completer: returns who answers a step now.

        Raises:
            AccessError: a person gave that model, or there is no other default.
        """
        if step not in defaults:
            raise error
        choice = self.choice
        if choice.model.name == gone.name:  # else another step or job was told before
            self._move_on(choice, error)
        taken = completer(step)
        if taken is gone:  # a person named it meanwhile
            raise error
        return taken

    def _move_on(self, choice: Choice, error: ModelGoneError) -> None:
        following = choice.after()
        self._choice = None  # after the last, who asks anew begins with the first
        if following is not None:
            self._choice = Future()
            self._choice.set_result(following)
        before, after = remembering(self._store.state.settings, choice)
        if after != (before or {}):
            self._store.commit([SettingChanged(SETTING, before, after)], actor="system")
        if following is None:
            raise choice.exhausted(error) from error
        log.warning("%s is gone, and %s is taken instead", shown(choice.model.name), following.model.name)


def choosing(settings: Mapping[str, object]) -> Future[Choice]:
    """Begin to choose: the first provider with a key, else a server on this machine that answers, else ``"local"``.

    The environment is looked at here and now; servers are asked on a thread, which takes 0.3 s at most.

    Args:
        settings: the studio's; they say which defaults are gone.
    """
    chosen: Future[Choice] = Future()
    by_key = _by_key(_remembered(settings))
    if by_key is not None:
        chosen.set_result(by_key)
    else:
        threading.Thread(target=_ask_around, args=(chosen,), name="choose-model", daemon=True).start()
    return chosen


def remembering(settings: Mapping[str, object], gone: Choice) -> tuple[object, dict[str, object]]:
    """Return the setting as it is, and as it should be now that a choice is gone.

    >>> remembering({}, Choice(Model("openai/new"), "a key is set", ("openai/old",)))
    (None, {'openai': 'openai/old'})
    >>> remembering({"default_models": {"openai": "openai/old"}}, Choice(Model("openai/old"), "a key is set"))
    ({'openai': 'openai/old'}, {})
    """
    provider, following = gone.model.provider, gone.after()
    others = {name: model for name, model in _remembered(settings).items() if name != provider}
    return settings.get(SETTING), others if following is None else {**others, provider: following.model.name}


def _remembered(settings: Mapping[str, object]) -> dict[str, object]:
    found = settings.get(SETTING)
    return found if isinstance(found, dict) else {}


def _by_key(remembered: Mapping[str, object]) -> Choice | None:
    from synth_widgets.llm.providers import PROVIDERS

    for provider in PROVIDERS:
        variable = next((name for name in provider.keys if os.environ.get(name, "").strip()), None)
        if provider.defaults and variable is not None:
            names = tuple(f"{provider.name}/{name}" for name in provider.defaults)
            at = next((n for n, name in enumerate(names) if name == remembered.get(provider.name)), 0)
            return Choice(Model(names[at]), f"{variable} is set", names[at + 1 :], names[:at])
    return None


def _ask_around(chosen: Future[Choice]) -> None:
    try:
        chosen.set_result(_on_this_machine())
    except BaseException as error:  # noqa: BLE001 - raised where the model is asked for, instead of never answering
        chosen.set_exception(error)


def _on_this_machine() -> Choice:
    from synth_widgets.llm.local_servers import answering
    from synth_widgets.llm.providers import provider_of

    strangers = ""
    for server in answering():
        display = provider_of(server.model).display
        if server.is_strangers:
            strangers += (
                f"; what answers as {display} does so at {server.who}, another user of this machine, and is asked "
                f"only if you name it: model={server.model!r}"
            )
            continue
        why = f"no key is set, and {display} answers on this machine at {server.who}{strangers}"
        if server.who not in _told:
            _told.add(server.who)
            log.warning("No model was given: prompts go to %s. Taken because %s", server.model, why)
        return Choice(Model(server.model), why)
    nobody = "no other" if strangers else "no"
    return Choice(Model("local"), f"no key is set, and {nobody} model server answers on this machine{strangers}")


_told: set[str] = set()
"""The servers of which this process has said that they are asked."""
