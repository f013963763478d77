"""Which inputs and which names stand already: exact repeats, by normal form."""

from __future__ import annotations

import asyncio
from functools import partial
from itertools import chain

from synth_widgets.collector import let_go
from synth_widgets.engine import Engine
from synth_widgets.records import Json
from synth_widgets.store.state import State
from synth_widgets.text.normal import normal_form


class Repeats:
    """The normal forms of all inputs of a studio, shared by its running jobs."""

    def __init__(self) -> None:
        self._forms: set[str] | None = None
        self._users = 0
        self._reading = asyncio.Lock()

    def begin(self) -> None:
        """Say that a job began."""
        self._users += 1

    @property
    def are_read(self) -> bool:
        """Whether the inputs that are there were read, so that new ones may be asked for."""
        return self._forms is not None

    async def learn(self, engine: Engine, state: State) -> None:
        """Read the inputs that are there, and the task's examples, on a worker; once while any job runs."""
        async with self._reading:
            if self._forms is not None:
                return
            samples, hidden = tuple(state.samples.values()), frozenset(state.hidden)
            examples = [given for given, _ in state.task.examples]

            def read() -> set[str]:
                here = (s.input for s in samples if not s.removed and s.topic not in hidden)
                return {normal_form(value) for value in chain(here, examples) if value is not None}

            found = await engine.on_worker(read)
            if self._users:  # else the jobs have ended meanwhile
                self._forms = found

    def is_new(self, value: Json) -> bool:
        """Whether no input is the same; if so, remember it. None is before `learn`, nor once the jobs have ended."""
        form = normal_form(value)
        if self._forms is None or form in self._forms:
            return False
        self._forms.add(form)
        return True

    def take_back(self, value: Json) -> None:
        """Forget an input that is there no more."""
        if self._forms is not None:
            self._forms.discard(normal_form(value))

    def forget(self, engine: Engine) -> None:
        """Say that a job ended; with the last one the set is dropped, on a worker: freeing many texts takes time."""
        self._users -= 1
        if self._users <= 0:
            forms, self._forms, self._users = self._forms, None, 0
            if forms is not None:
                engine.spawn(engine.on_worker(partial(let_go, forms)))
