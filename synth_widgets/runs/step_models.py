"""Who answers the steps of a job, by which ways of asking for JSON, and who takes over from a model that is gone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from synth_widgets.errors import CallError, ModelGoneError, UnreachableError
from synth_widgets.llm.completer import Answer, Completer, Mode, Request, Verdict
from synth_widgets.records import Step
from synth_widgets.runs.pending_call import PendingCall

Instead = Callable[[Step, Completer, ModelGoneError], Completer]
"""Says who answers a step whose model is gone; raises an `AccessError` where nobody may take over."""

MISSED = 2
"""Answers that do not comply after which a way that never brought one that does is the last to be tried."""
MISSED_LATER = 12
"""The same, in a row, for a way that did: that a model fails now and then says nothing of the way."""
DOUBTFUL = 2
"""Requests on which a server must have stumbled in one way, and not in the next, before that way is left."""
IN_VAIN = 3
"""Requests that were refused in every way, after which a refusal is no more about the way."""


class StepModels:
    """Who answers, now. What is under way when that changes is still told and counted as the one's who was asked.

    It counts, for each step, which ways bring what complies: an endpoint may pass a way over without a word.

    Args:
        completers: by step; they are replaced in place.
        instead: says who takes over.
        changed: is told of a step that somebody else answers from now on.
    """

    def __init__(self, completers: dict[Step, Completer], instead: Instead, changed: Callable[[Step], None]) -> None:
        self.completers = completers
        self._instead = instead
        self._changed = changed
        self._took_over: list[str] = []
        self._refused: set[tuple[Step, Mode]] = set()
        """Ways to ask for JSON that an endpoint did not take in this job."""
        self._complied: set[tuple[Step, Mode]] = set()
        self._missed: Counter[tuple[Step, Mode]] = Counter()
        """Answers in a row that did not comply."""
        self._stumbled: Counter[tuple[Step, Mode]] = Counter()
        self._in_vain: defaultdict[Step, set[str]] = defaultdict(set)
        """What was refused in every way."""
        self._noted = {note for completer in completers.values() for note in _notes(completer)}

    @property
    def said(self) -> list[str]:
        """Sentences for a person: who took over from whom, and what was found out that an endpoint does not take."""
        notes = (note for completer in self.completers.values() for note in _notes(completer))
        return [*self._took_over, *dict.fromkeys(note.rstrip(".") for note in notes if note not in self._noted)]

    def mode(self, pending: PendingCall) -> Mode:
        """Return the way in which this answer is asked for, and note it in the work.

        The first answer and its correction take the first way, once that has brought what complies. A fresh answer
        after an invalid one takes a way that was not tried for this work, and so does one after a doubtful refusal.
        """
        ways = self._ways(pending.step)
        is_fresh = pending.answer > 1 and (pending.fault is None or (pending.step, ways[0]) not in self._complied)
        if is_fresh or pending.doubted is not None:
            ways = [mode for mode in ways if mode not in pending.tried] or ways[-1:]
        pending.mode = ways[0]
        pending.tried |= {pending.mode}  # a new set: works that were split share the old one
        return pending.mode

    def _ways(self, step: Step) -> list[Mode]:
        """Return the ways to try, in order: those that bring nothing that complies come last."""
        known = self.completers[step].modes
        ways: list[Mode] = [mode for mode in known if (step, mode) not in self._refused] or ["text"]
        if self._missed:
            ways.sort(key=lambda mode: self._missed[step, mode] if self._is_passed_over(step, mode) else 0)
        return ways

    def _is_passed_over(self, step: Step, mode: Mode) -> bool:
        most = MISSED_LATER if (step, mode) in self._complied else MISSED
        return self._missed[step, mode] >= most

    def judged(self, pending: PendingCall, by: Completer, request: Request, answer: Answer, *, complied: bool) -> None:
        """Take in whether an answer complied: with the schema, whatever else may be wrong with it."""
        if self.completers[pending.step] is not by:
            return
        if pending.doubted is not None:
            self._passed_after_doubt(pending, by, pending.doubted)
        if request.schema is None or answer.finish in {"refusal", "filter"}:
            return
        key = pending.step, request.mode
        if not complied:
            self._missed[key] += 1
            if any(step == pending.step for step, _ in self._complied):
                self._tell_of_misses(by, pending.step, (request.mode,))
            return
        del self._missed[key]
        if key not in self._complied:
            self._complied.add(key)
            self._tell_of_misses(by, pending.step, by.modes)
        _tell(by, request.mode, "complied")

    def _tell_of_misses(self, by: Completer, step: Step, modes: Iterable[Mode]) -> None:
        """Tell of ways that never bring what complies, now that another one shows that the model can."""
        for mode in modes:
            if self._missed[step, mode] >= MISSED and (step, mode) not in self._complied:
                _tell(by, mode, "passed over")

    def doubts(self, pending: PendingCall, error: CallError) -> bool:
        """Whether a refusal may be about the way in which an answer was asked for, and another way is left to try.

        It is noted in the work, which is then to be asked once more.
        """
        in_vain = self._in_vain[pending.step]
        is_left = error.unexplained and not all(mode in pending.tried for mode in self._ways(pending.step))
        if not is_left or len(in_vain) >= IN_VAIN:
            if pending.doubted is not None and not isinstance(error, UnreachableError):
                in_vain.add(pending.target)
            return False
        pending.doubted = pending.mode
        pending.is_sure = not isinstance(error, UnreachableError)
        return True

    def _passed_after_doubt(self, pending: PendingCall, by: Completer, mode: Mode) -> None:
        """Note that what was refused in one way had an answer in the next."""
        key = pending.step, mode
        pending.doubted = None
        self._stumbled[key] += 1
        if key not in self._complied and self._stumbled[key] >= (1 if pending.is_sure else DOUBTFUL):
            self._refused.add(key)
            _tell(by, mode, "refused")

    def refused(self, pending: PendingCall, by: Completer) -> None:
        """Note that a step's model does not take the way in which it was asked."""
        if self.completers[pending.step] is by:
            self._refused.add((pending.step, pending.mode))

    def gone(self, step: Step, model: Completer, error: ModelGoneError) -> None:
        """Let another model answer a step from now on, if it is still this one's and nobody chose it.

        Raises:
            AccessError: nobody may take over.
        """
        if self.completers[step] is not model:
            return  # a call before this one was told
        taken = self._instead(step, model, error)
        self.completers[step] = taken
        self._forget(step)
        self._changed(step)
        if (words := f"{model.name} is gone, and {taken.name} was taken instead") not in self._took_over:
            self._took_over.append(words)

    def _forget(self, step: Step) -> None:
        for known in (self._refused, self._complied):
            known.difference_update([key for key in known if key[0] == step])
        for counted in (self._missed, self._stumbled):
            for key in [key for key in counted if key[0] == step]:
                del counted[key]
        self._in_vain[step].clear()


def _tell(completer: Completer, mode: Mode, verdict: Verdict) -> None:
    """Tell a completer that wants to know: it asks in other jobs, too."""
    if (judged := getattr(completer, "judged", None)) is not None:
        judged(mode, verdict)


def _notes(completer: Completer) -> list[str]:
    found = getattr(completer, "notes", None)
    return list(found) if isinstance(found, list | tuple) else []
