"""Who answers the steps of a job, and who takes over from a model that is gone."""

from __future__ import annotations

from collections.abc import Callable

from synth_widgets.errors import ModelGoneError
from synth_widgets.generation.mode_choice import ModeChoice
from synth_widgets.llm.completer import Completer
from synth_widgets.records import Step

Instead = Callable[[Step, Completer, ModelGoneError], Completer]
"""Says who answers a step whose model is gone; raises an `AccessError` where nobody may take over."""


class StepModels:
    """Who answers, now. What is under way when that changes is still judged and counted as the one's who was asked.

    Args:
        completers: by step; they are replaced in place.
        instead: says who takes over.
        changed: hears of a step that somebody else answers from now on.
    """

    def __init__(self, completers: dict[Step, Completer], instead: Instead, changed: Callable[[Step], None]) -> None:
        self.completers = completers
        self._instead = instead
        self._changed = changed
        self._modes = {step: ModeChoice(completer) for step, completer in completers.items()}
        self._took_over: list[str] = []
        self._noted = {note for completer in completers.values() for note in _notes(completer)}

    @property
    def said(self) -> list[str]:
        """Sentences for a person: who took over from whom, and what was found out that an endpoint does not take."""
        notes = (note for completer in self.completers.values() for note in _notes(completer))
        return [*self._took_over, *dict.fromkeys(note.rstrip(".") for note in notes if note not in self._noted)]

    def modes(self, step: Step, completer: Completer) -> ModeChoice:
        """Return the choice of structured output modes that all questions of a step to a completer share.

        One that answers the step no more has a choice for each question: what it says is nothing about its successor.
        """
        choice = self._modes[step]
        return choice if choice.completer is completer else ModeChoice(completer)

    def gone(self, step: Step, model: Completer, error: ModelGoneError) -> None:
        """Let another model answer a step from now on, if it is still this one's and nobody chose it.

        Raises:
            AccessError: nobody may take over.
        """
        if self.completers[step] is not model:
            return  # a call before this one said so
        successor = self._instead(step, model, error)
        self.completers[step] = successor
        self._modes[step] = ModeChoice(successor)
        self._changed(step)
        if (words := f"{model.name} is gone, and {successor.name} was taken instead") not in self._took_over:
            self._took_over.append(words)


def _notes(completer: Completer) -> list[str]:
    notes = getattr(completer, "notes", None)
    return list(notes) if isinstance(notes, list | tuple) else []
