"""Which model answers each step of one studio file, and the completers of those models."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from synth_widgets.errors import ModelError, ModelGoneError
from synth_widgets.llm.completer import Completer
from synth_widgets.model import Model
from synth_widgets.records import Step
from synth_widgets.store.changes import SettingChanged
from synth_widgets.store.state import State
from synth_widgets.store.store import Store
from synth_widgets.studio import known_modes
from synth_widgets.studio.chosen_models import Completers, ModelLike, is_in_code, model_name, named_by_file
from synth_widgets.studio.default_model import DefaultModel
from synth_widgets.studio.facade import Facade


class Models:
    """The models of one studio file: given in this process, else the file's last, else a default."""

    def __init__(self, store: Store, facade: Facade) -> None:
        self._store = store
        self._facade = facade
        self._given: dict[str, ModelLike] = {}
        self._default = DefaultModel(store)
        self.completers = Completers()

    @property
    def _state(self) -> State:
        return self._store.state

    @property
    def _last(self) -> dict[str, dict[str, object]]:
        """What the file names, by step."""
        return self._state.settings.get("models") or {}

    def set(self, models: Mapping[str, Model | Completer]) -> None:
        """Set the models by step; the key ``default`` is for the steps that have none of their own."""
        for key, model in models.items():
            current = self._given.get(key)
            if current is not None and model_name(current) == model.name and not is_in_code(model):
                continue  # the same name, with an address or key given in code
            self._given[key] = model
            self._remember(key, model)

    def _remember(self, key: str, model: Model | Completer) -> None:
        if self._store.read_only is not None:
            return

        def remember() -> None:
            known = dict(self._last)
            wanted = {**known, key: {"name": model.name, "in_code": is_in_code(model)}}
            if wanted != known:
                self._store.commit([SettingChanged("models", known, wanted)], actor="system")

        self._facade.act(remember)

    def of(self, step: str = "default") -> ModelLike:
        """Return the model of a step.

        Raises:
            ModelError: the file names one that only code can give.
        """
        if (given := self._given_for(step)) is not None:
            return given
        for key in (step, "default"):
            if (saved := self._last.get(key)) is not None:
                argument = "model=…" if key == "default" else f"models={{{key!r}: …}}"
                return self.named_by_file(str(saved["name"]), in_code=bool(saved["in_code"]), argument=argument)
        return self._default.choice.model

    def is_given(self, name: str) -> bool:
        """Whether somebody gave a model of this name in this process."""
        return any(model_name(model) == name for model in self._given.values())

    def _given_for(self, step: str) -> ModelLike | None:
        """Return what somebody gave in this process: for all steps, it is before what the file has for one of them."""
        return self._given.get(step, self._given.get("default"))

    def named_by_file(self, name: str, *, in_code: bool, argument: str = "model=…") -> ModelLike:
        """Return the model that the file names; where only code can give it, what was given by that name.

        Args:
            name: its name, as the file has it.
            in_code: whether the file says that it cannot be had by its name alone.
            argument: by which argument of `Studio` it is given.

        Raises:
            ModelError: only code can give it, and did not.
        """
        try:
            return named_by_file(name, in_code=in_code, argument=argument)
        except ModelError:
            given = next((model for model in self._given.values() if model_name(model) == name), None)
            if given is None:
                raise
            return given

    def name(self, step: str = "default") -> str:
        """Return the name of a step's model, for display."""
        try:
            model = self.of(step)
        except ModelError:
            saved = self._last
            return str((saved.get(step) or saved["default"])["name"])
        return model_name(model)

    def is_default(self, step: str = "default") -> bool:
        """Whether nobody gave the model of a step."""
        return {step, "default"}.isdisjoint({*self._given, *self._last})

    def is_of_file(self, step: str = "default") -> bool:
        """Whether the studio file alone names the model of a step."""
        if self._given_for(step) is not None:
            return False
        return not {step, "default"}.isdisjoint(self._last) or bool(self._default.choice.gone)

    def choose(self) -> None:
        """Begin to choose a model if nobody gave one, so that it is known when it is needed."""
        if self.is_default():
            self._default.choose()

    @property
    def reason(self) -> str | None:
        """Why the studio's model is what it is, for a person; ``None`` when it was given in this process."""
        if "default" in self._given:
            return None
        return "the file's last" if "default" in self._last else self._default.choice.reason

    @property
    def mode(self) -> str | None:
        """How the studio's model gives JSON, for a person; ``None`` as long as it is unknown."""
        try:
            return known_modes.in_words(self._state.settings, self.of())
        except ModelError:
            return None

    def completer(self, step: Step, override: ModelLike | None = None) -> Completer:
        """Return what answers a step's requests. Runs on the engine's thread."""
        completer = self.completers.of(self.of(step) if override is None else override)
        known_modes.recall(self._state.settings, completer)
        return completer

    def instead(self, defaults: Container[Step], step: Step, gone: Completer, error: ModelGoneError) -> Completer:
        """Return who answers a step whose model is gone; see `DefaultModel.instead`."""
        return self._default.instead(defaults, step, gone, error, self.completer)

    def keep_modes(self, completers: Iterable[Completer]) -> None:
        """Keep in the file how models give JSON, as soon as it is found out."""
        changed = known_modes.learned(self._state.settings, completers)
        if changed is not None and self._store.trouble is None and not self._facade.closed:
            self._store.commit([SettingChanged(known_modes.SETTING, *changed)], actor="system")

    async def keep(self, used: Iterable[Completer]) -> None:
        """Close the completers that are neither in use nor of a model that is set."""
        await self.completers.keep(self._given.values(), used)
