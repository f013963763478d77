"""Who answers the steps of a job, by which ways of asking for JSON, and who takes over from a model that is gone."""

from __future__ import annotations

from collections.abc import Callable

from synth_widgets.errors import ModelGoneError
from synth_widgets.llm.completer import Completer, Mode
from synth_widgets.records import Step
from synth_widgets.runs.work import Work

Instead = Callable[[Step, Completer, ModelGoneError], Completer]
"""Says who answers a step whose model is gone; raises an `AccessError` where nobody may take over."""


class Answering:
    """Who answers, now. What is under way when that changes is still told and counted as the one's who was asked.

    Args:
        completers: by step; they are replaced in place.
        instead: says who takes over.
        changed: is told of a step that somebody else answers from now on.

    Attributes:
        said: sentences for a person on who took over from whom.
    """

    def __init__(self, completers: dict[Step, Completer], instead: Instead, changed: Callable[[Step], None]) -> None:
        self.completers = completers
        self.said: list[str] = []
        self._instead = instead
        self._changed = changed
        self._refused: set[tuple[Step, Mode]] = set()
        """Ways to ask for JSON that an endpoint did not take in this job."""

    def mode(self, work: Work) -> Mode:
        """Return the way in which this answer is asked for, and note it in the work.

        The first answer and its correction take the first way; a fresh answer after an invalid one takes the next.
        """
        known: tuple[Mode, ...] = self.completers[work.step].modes
        ways = [mode for mode in known if (work.step, mode) not in self._refused] or ["text"]
        is_next = work.answer > 1 and work.fault is None
        work.mode = ways[min(1, len(ways) - 1) if is_next else 0]
        return work.mode

    def refused(self, work: Work, by: Completer) -> None:
        """Note that a step's model does not take the way in which it was asked."""
        if self.completers[work.step] is by:
            self._refused.add((work.step, work.mode))

    def gone(self, step: Step, model: Completer, error: ModelGoneError) -> None:
        """Let another model answer a step from now on, if it is still this one's and nobody chose it.

        Raises:
            AccessError: nobody may take over.
        """
        if self.completers[step] is not model:
            return  # a call before this one was told
        taken = self._instead(step, model, error)
        self.completers[step] = taken
        self._refused = {(of, mode) for of, mode in self._refused if of != step}
        self._changed(step)
        if (words := f"{model.name} is gone, and {taken.name} was taken instead") not in self.said:
            self.said.append(words)
