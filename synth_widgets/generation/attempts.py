"""Ask, check, correct, ask afresh: at most three answers to a question, over any `Completer`, without a studio.

`answer_to` goes on until an answer complies or none is left. Who has more to do between two answers (a budget, a queue,
a file) holds the `Attempts` of each question and asks for one answer at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, TypeVar

from synth_widgets.errors import CallError, ModeRefusedError, OwnCodeError, RequestRefusedError, UnreachableError
from synth_widgets.generation.mode_choice import NOT_TRIED, ModeChoice, TriedModes
from synth_widgets.generation.objections import Elsewhere, Objection
from synth_widgets.generation.prompts import corrected
from synth_widgets.llm.completer import Answer, Completer, Mode, Request
from synth_widgets.llm.structured.extract import SLOW
from synth_widgets.llm.structured.reasoning import apart
from synth_widgets.records import Json, Usage, token_count
from synth_widgets.schema import budget
from synth_widgets.text.normal import is_encodable, storable

ANSWERS = 3
"""Answers that a question may have: the first, its correction, and a fresh one in the next mode."""
MOST_SECONDS = 1e9
"""Longer than this no answer takes."""

T = TypeVar("T")


class Checked(Protocol):
    """What is asked, as far as its answers are concerned.

    Attributes:
        key: tells questions apart.
        takes_corrections: whether the model can mend an answer that it is shown; small ones repeat it.
        objection: says what the person's code has against a value that complies with the schema, or returns ``None``;
            raises an `OwnCodeError` where it cannot say, and no other answer would help. ``None`` where there is none.
    """

    @property
    def key(self) -> str:
        """See above."""
        ...

    @property
    def takes_corrections(self) -> bool:
        """See above."""
        ...

    @property
    def objection(self) -> Objection | None:
        """See above."""
        ...


class Question(Checked, Protocol):
    """A question with one answer."""

    def request(self, mode: Mode, *, is_again: bool = False) -> Request:
        """Return the request in a mode; ``is_again``: an answer before was no good."""
        ...

    def read(self, answer: Answer, request: Request) -> tuple[Json, str | None]:
        """Return an answer's value and what is wrong with it, or ``None``. Pure; long answers are read on a worker."""
        ...


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer that does not comply, in the model's own words, and what is wrong with it, in the validator's."""

    answer: str
    problem: str


@dataclass(slots=True)
class Accepted:
    """An answer that complies, and its value."""

    answer: Answer
    value: Json


@dataclass(slots=True)
class Failed:
    """An answer that does not comply, and why; ``is_final``: no other answer would help."""

    answer: Answer
    problem: str
    is_final: bool = False

    @property
    def fault(self) -> Fault | None:
        """What is to be corrected, or ``None`` where only a fresh answer can help: it was cut, or calls tools."""
        can_mend = self.answer.finish in {"stop", "other"} and self.answer.text.strip()
        return Fault(self.answer.text, self.problem) if can_mend else None


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that the endpoint does not answer, and why."""

    problem: str
    fault: None = None
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class ModeNotTaken:
    """A request that was refused, perhaps for its structured output mode: it is to be sent once more, in the next."""

    partial: str = ""


Outcome = Accepted | Failed | Refused | ModeNotTaken


@dataclass(slots=True)
class Attempts:
    """What was tried to have a question answered, and which answer is asked for next.

    Attributes:
        number: 1 for the first answer, 2 and 3 for those after an invalid one.
        fault: the answer before this one, where it can be corrected.
        by_chance: whether an answer so far was no good in a way in which another need not be.
        tried: the modes in which it was asked.
    """

    number: int = 1
    fault: Fault | None = None
    by_chance: bool = False
    tried: TriedModes = NOT_TRIED

    def mode(self, modes: ModeChoice) -> Mode:
        """Return the mode in which the next answer is asked for."""
        self.tried = modes.next(self.tried, is_fresh=self.number > 1, corrects=self.fault is not None)
        return self.tried.latest

    def correcting(self, request: Request) -> Request:
        """Return a request that asks for the correction of the answer before, where that is to be corrected."""
        return request if self.fault is None else corrected(request, self.fault.answer, self.fault.problem)

    def request(self, question: Question, modes: ModeChoice, *, is_again: bool = False) -> Request:
        """Return the next request; ``is_again``: the question had other attempts before these."""
        return self.correcting(question.request(self.mode(modes), is_again=is_again or self.number > 1))

    async def ask(
        self,
        request: Request,
        question: Question,
        completer: Completer,
        modes: ModeChoice,
        *,
        arrived: Callable[[Answer], object] = lambda _: None,
        on_worker: Elsewhere = asyncio.to_thread,
    ) -> Outcome:
        """Ask for one answer and check it.

        Args:
            request: what `request` returned.
            question: what is asked.
            completer: who is asked.
            modes: the choice of structured output modes that all questions to this completer share.
            arrived: hears of the answer as soon as it is there: it is paid for, whatever comes of it.
            on_worker: where long answers are read.

        Raises:
            CallError: the endpoint cannot be used or reached; the question may be asked again.
        """
        try:
            answer = counted(await completer.complete(request))
        except CallError as error:
            if (refusal := self.refused(error, question, modes)) is None:
                raise
            return refusal
        arrived(answer)
        answer, (value, problem) = await patiently(
            on_worker, len(answer.text), partial(_read, answer, request, question)
        )
        self.tried = modes.judged(self.tried, request, answer, complied=problem is None)
        if problem is None and question.objection is not None:
            try:
                problem = await question.objection(value)
            except OwnCodeError as error:
                return Failed(answer, str(error), is_final=True)
        if problem is None:
            return Accepted(answer, value)
        self.by_chance |= is_chance(answer)
        return Failed(answer, problem)

    def refused(self, error: CallError, question: Checked, modes: ModeChoice) -> Refused | ModeNotTaken | None:
        """Say what a refusal means for the question; ``None`` where it is about more than this question."""
        if isinstance(error, ModeRefusedError) and self.tried.latest != "text":
            modes.refused(self.tried.latest)
            return ModeNotTaken()
        if isinstance(error, RequestRefusedError | UnreachableError):
            if (doubted := modes.doubts(self.tried, question.key, error)) is not None:
                self.tried = doubted
                return ModeNotTaken(getattr(error, "partial", ""))
            if isinstance(error, RequestRefusedError):
                return Refused(str(storable(str(error))))
        return None

    def after(self, outcome: Failed | Refused, question: Checked) -> Attempts | None:
        """Return the attempts after an answer that was no good, or ``None`` where no other is left."""
        if outcome.is_final:
            return None
        return self.following(outcome.fault if question.takes_corrections else None)

    def following(self, fault: Fault | None) -> Attempts | None:
        """Return the attempts after this one: the first answer is shown to the model, the next is asked for afresh."""
        if self.number >= ANSWERS:
            return None
        return replace(self, number=self.number + 1, fault=fault if self.number == 1 else None)


async def answer_to(
    question: Question, completer: Completer, modes: ModeChoice | None = None
) -> Accepted | Failed | Refused:
    """Ask until an answer complies or none is left; return the last outcome.

    Args:
        question: what is asked, such as a `synth_widgets.generation.outputs.OutputQuestion`.
        completer: who is asked.
        modes: the choice of modes that several questions to one completer share; ``None``: one of its own.

    Raises:
        CallError: the endpoint cannot be used or reached.

    >>> from synth_widgets.generation.outputs import OutputQuestion
    >>> from synth_widgets.task import Task
    >>> from synth_widgets.testing import ScriptedCompleter
    >>> schema = {"type": "object", "properties": {"tone": {"enum": ["kind", "curt"]}}, "required": ["tone"]}
    >>> task = Task("Tone", "Name the tone of the message.", output_schema=schema)
    >>> model = ScriptedCompleter(answers=["It is kind, I think.", {"tone": "kind"}])
    >>> outcome = asyncio.run(answer_to(OutputQuestion(task, "Thank you so much!"), model))
    >>> outcome.value, len(model.requests)
    ({'tone': 'kind'}, 2)
    """
    modes = modes or ModeChoice(completer)
    attempts = Attempts()
    while True:
        outcome = await attempts.ask(attempts.request(question, modes), question, completer, modes)
        if isinstance(outcome, Accepted):
            return outcome
        if not isinstance(outcome, ModeNotTaken):
            if (following := attempts.after(outcome, question)) is None:
                return outcome
            attempts = following


async def patiently(on_worker: Elsewhere, size: int, function: Callable[[], T]) -> T:
    """Return what a function makes of so many characters: at once if they are few, else on a worker.

    It is pure as far as it checks values: where that takes long, it is run again on a worker.
    """
    if size <= SLOW:
        try:
            return budget.at_once(function)
        except budget.NotAtOnceError:
            pass
    result: T = await on_worker(partial(budget.together, function))
    return result


def is_chance(answer: Answer) -> bool:
    """Whether an answer that is no good says nothing of the next one: it was neither withheld nor cut for its length.

    A call of tools instead of an answer is chance, too: a fresh answer need not call any.

    >>> is_chance(Answer("no JSON")), is_chance(Answer("", finish="filter")), is_chance(Answer("[1", finish="length"))
    (True, False, False)
    """
    return answer.withheld is None and answer.finish != "length"


def counted(answer: Answer) -> Answer:
    """Return an answer as it came, with counts and a time that a file takes: own code may say anything.

    >>> answer = counted(Answer("Hi", usage=Usage(-1, 5), seconds=float("nan")))
    >>> answer.usage, answer.seconds
    (Usage(prompt_tokens=0, completion_tokens=5), 0.0)
    """
    told, seconds = (answer.usage.prompt_tokens, answer.usage.completion_tokens), answer.seconds
    counts = token_count(told[0]), token_count(told[1])
    can_be = isinstance(seconds, int | float) and 0 <= seconds < MOST_SECONDS
    if can_be and counts == told and type(told[0]) is type(told[1]) is int:
        return answer
    return replace(answer, usage=Usage(*counts), seconds=float(seconds) if can_be else 0.0)


def clean(answer: Answer, request: Request) -> Answer:
    """Return an answer without the model's thoughts, whose texts can be stored and sent."""
    text, thought = apart(answer.text, request)
    reasoning = answer.reasoning if thought is None else "\n\n".join(filter(None, (answer.reasoning, thought)))
    if thought is None and is_encodable(text) and is_encodable(reasoning or ""):
        return answer if text == answer.text else replace(answer, text=text)
    return replace(answer, text=storable(text), reasoning=storable(reasoning))


def _read(answer: Answer, request: Request, question: Question) -> tuple[Answer, tuple[Json, str | None]]:
    answer = clean(answer, request)
    return answer, question.read(answer, request)
