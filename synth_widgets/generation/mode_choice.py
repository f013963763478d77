"""Which structured output mode the next answer is asked for by, told by what the answers before it came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from synth_widgets.errors import CallError, UnreachableError
from synth_widgets.llm.completer import Answer, Completer, Mode, Request, Verdict

MISSED = 2
"""Answers that do not comply after which a mode that never brought one that does is the last to be tried."""
MISSED_LATER = 12
"""The same, in a row, for a mode that did: that a model fails now and then says nothing of the mode."""
DOUBTFUL = 2
"""Requests on which a server must have stumbled in one mode, and not in the next, before that mode is left."""
IN_VAIN = 3
"""Requests that were refused in every mode, after which a refusal is no more about the mode."""


class TriedModes(NamedTuple):
    """The modes in which one question was asked.

    Attributes:
        latest: the mode of the latest request.
        all: the modes of all requests.
        doubted: the mode in which the latest request was refused, where that may be the reason; it passes in the next.
        is_sure: whether that was a refusal, not an error of the server.
    """

    latest: Mode = "text"
    all: frozenset[Mode] = frozenset()
    doubted: Mode | None = None
    is_sure: bool = True


NOT_TRIED = TriedModes()


class ModeChoice:
    """Counts which modes bring what complies: an endpoint may pass a mode over without a word.

    Args:
        completer: who is asked. It names its modes, in the order to try them, and is told what becomes of them.

    >>> from synth_widgets.testing import ScriptedCompleter
    >>> ModeChoice(ScriptedCompleter()).next(TriedModes()).latest
    'json_schema'
    """

    def __init__(self, completer: Completer) -> None:
        self.completer = completer
        self._refused: set[Mode] = set()
        self._complied: set[Mode] = set()
        self._missed: Counter[Mode] = Counter()
        """Answers in a row that did not comply."""
        self._stumbled: Counter[Mode] = Counter()
        self._in_vain: set[str] = set()
        """The questions that were refused in every mode."""

    def next(self, tried: TriedModes, *, is_fresh: bool = False, corrects: bool = False) -> TriedModes:
        """Return what is tried with the next answer: the latest mode is the one in which it is asked for.

        The first answer and its correction take the first mode, once that has brought what complies. A fresh answer
        after an invalid one takes a mode that was not tried for this question, and so does one after a doubtful
        refusal.

        Args:
            tried: the modes in which the question was asked before.
            is_fresh: whether an answer before this one did not comply.
            corrects: whether that answer is to be corrected.
        """
        modes = self._in_order()
        leaves = is_fresh and (not corrects or modes[0] not in self._complied)
        if leaves or tried.doubted is not None:
            modes = [mode for mode in modes if mode not in tried.all] or modes[-1:]
        return TriedModes(modes[0], tried.all | {modes[0]}, tried.doubted, tried.is_sure)

    def _in_order(self) -> list[Mode]:
        """Return the modes to try, in order: those that bring nothing that complies come last."""
        modes: list[Mode] = [mode for mode in self.completer.modes if mode not in self._refused] or ["text"]
        if self._missed:
            modes.sort(key=lambda mode: self._missed[mode] if self._is_passed_over(mode) else 0)
        return modes

    def _is_passed_over(self, mode: Mode) -> bool:
        return self._missed[mode] >= (MISSED_LATER if mode in self._complied else MISSED)

    def judged(self, tried: TriedModes, request: Request, answer: Answer, *, complied: bool) -> TriedModes:
        """Take in whether an answer complied: with the schema, whatever else may be wrong with it.

        Returns:
            What was tried, without a doubt: there was an answer.
        """
        if tried.doubted is not None:
            self._passed_after_doubt(tried, tried.doubted)
            tried = tried._replace(doubted=None)
        self._count(request, answer, complied=complied)
        return tried

    def _count(self, request: Request, answer: Answer, *, complied: bool) -> None:
        if request.schema is None or answer.finish in {"refusal", "filter"}:
            return
        mode = request.mode
        if not complied:
            self._missed[mode] += 1
            if self._complied:
                self._tell_of_misses((mode,))
            return
        del self._missed[mode]
        if mode not in self._complied:
            self._complied.add(mode)
            self._tell_of_misses(self.completer.modes)
        self._tell(mode, "complied")

    def _tell_of_misses(self, modes: Iterable[Mode]) -> None:
        """Tell of modes that never bring what complies, now that another one shows that the model can."""
        for mode in modes:
            if self._missed[mode] >= MISSED and mode not in self._complied:
                self._tell(mode, "passed over")

    def doubts(self, tried: TriedModes, question: str, error: CallError) -> TriedModes | None:
        """Return what was tried, with the doubt that a refusal is about the mode; ``None``: it is not, or none is left.

        Args:
            tried: the modes in which the question was asked.
            question: tells questions apart.
            error: the refusal.
        """
        is_left = error.unexplained and not all(mode in tried.all for mode in self._in_order())
        if not is_left or len(self._in_vain) >= IN_VAIN:
            if tried.doubted is not None and not isinstance(error, UnreachableError):
                self._in_vain.add(question)
            return None
        return tried._replace(doubted=tried.latest, is_sure=not isinstance(error, UnreachableError))

    def _passed_after_doubt(self, tried: TriedModes, mode: Mode) -> None:
        """Note that what was refused in one mode had an answer in the next."""
        self._stumbled[mode] += 1
        if mode not in self._complied and self._stumbled[mode] >= (1 if tried.is_sure else DOUBTFUL):
            self._refused.add(mode)
            self._tell(mode, "refused")

    def refused(self, mode: Mode) -> None:
        """Note that the endpoint does not take a mode."""
        self._refused.add(mode)

    def _tell(self, mode: Mode, verdict: Verdict) -> None:
        """Tell a completer that wants to know: it is asked elsewhere, too."""
        if (judged := getattr(self.completer, "judged", None)) is not None:
            judged(mode, verdict)
