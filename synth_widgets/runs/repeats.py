"""Which inputs and which names stand already: exact repeats, by normal form."""

from __future__ import annotations

from synth_widgets.engine import Engine
from synth_widgets.records import Json
from synth_widgets.store.state import State
from synth_widgets.text.normal import normal_form


class Repeats:
    """The normal forms of all inputs of a studio, shared by its running jobs."""

    def __init__(self) -> None:
        self._forms: set[str] | None = None
        self._users = 0

    async def learn(self, engine: Engine, state: State) -> None:
        """Read the inputs that are there, and the task's examples, on a worker; once while any job runs."""
        self._users += 1
        if self._forms is None:
            inputs = [s.input for s in state.visible_samples() if s.input is not None]
            inputs += [given for given, _ in state.task.examples]
            found = await engine.on_worker(lambda: {normal_form(value) for value in inputs})
            self._forms = found | (self._forms or set())

    def is_new(self, value: Json) -> bool:
        """Whether no input is the same; if so, remember it."""
        forms = self._forms if self._forms is not None else set()
        form = normal_form(value)
        if form in forms:
            return False
        forms.add(form)
        self._forms = forms
        return True

    def forget(self) -> None:
        """Say that a job ended; with the last one the set is dropped."""
        self._users -= 1
        if self._users <= 0:
            self._forms, self._users = None, 0
