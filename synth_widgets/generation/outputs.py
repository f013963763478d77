"""Outputs: what to ask, and what an answer becomes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from synth_widgets.generation.objections import Elsewhere, Objection, objection_of
from synth_widgets.generation.prompts import REJECTED, request, section
from synth_widgets.llm.completer import Answer, Mode, Request
from synth_widgets.llm.structured.extract import extract_json
from synth_widgets.messages import Conversation
from synth_widgets.records import Json
from synth_widgets.schema.request_schema import RequestSchema
from synth_widgets.task import Task, as_text
from synth_widgets.text.normal import storable

_OTHER = "Answer the same input once more, from scratch and in the same form; the answer above is replaced by this one."


@dataclass(slots=True)
class OutputQuestion:
    """Asks for the output of one input; see `synth_widgets.generation.attempts.Question`.

    Attributes:
        turns: examples, as turns before the one that is asked about.
        earlier: an output that is to be replaced by another one; ``None`` for the first.
        wish: how the other one should differ; empty when it just should.
        rejected: why a person rejected samples here, as `told_reasons` puts it.
        seed: tells requests apart for small models.
        key: tells questions apart.
        own_code: where the person's pydantic class is run.
    """

    task: Task
    input: Json
    turns: Conversation = field(default_factory=Conversation)
    guidance: str = ""
    small_model: bool = False
    earlier: Json = None
    wish: str = ""
    rejected: str = ""
    seed: int | None = None
    key: str = ""
    own_code: Elsewhere = asyncio.to_thread

    @property
    def takes_corrections(self) -> bool:
        """Whether the model can mend its answer; a small one repeats it."""
        return not self.small_model

    @property
    def objection(self) -> Objection | None:
        """What asks the person's pydantic class about an output; ``None`` where there is no class."""
        return objection_of(self.task.output, self.own_code)

    def request(self, mode: Mode, *, is_again: bool = False) -> Request:
        """Return the request in a structured output mode; ``is_again``: an answer before was no good."""
        return ask(self, mode, is_again=is_again)

    def read(self, answer: Answer, request: Request) -> tuple[Json, str | None]:
        """Return an answer's output and what is wrong with it, or ``None``."""
        return read(answer, self.task, request)


def ask(question: OutputQuestion, mode: Mode, *, is_again: bool = False) -> Request:
    """Ask for the output of one input: the task's own messages, with guidance and examples."""
    task = question.task
    system, user = task.system(), as_text(question.input)
    schema = task.output.json if task.output is not None else None
    turns, guidance = question.turns, question.guidance
    is_other = question.earlier is not None
    if is_other and question.small_model:  # shown its earlier answer, a small model would only repeat it
        guidance = "\n".join(filter(None, [guidance, question.wish]))
    elif is_other:
        turns = turns.user(user).assistant(as_text(question.earlier))
        user = f"{_OTHER} {question.wish}".strip()
    # Without chance a small model would give the answer that was no good once more.
    chance = 0.7 if is_again or is_other else 0.0
    return request(
        [system, *section("Guidance", guidance), *section(REJECTED, question.rejected)],
        user,
        step="outputs",
        mode=mode if schema is not None else "text",
        schema=schema,
        turns=turns,
        params={"max_tokens": 300, "temperature": chance} if question.small_model else {},
        seed=question.seed,
    )


def read(answer: Answer, task: Task, request: Request | None = None) -> tuple[Json, str | None]:
    """Turn an answer into an output, checked under the task's schema.

    Args:
        answer: what the model said, without its thoughts.
        task: says what complies.
        request: what the model was asked.

    Returns:
        The value and ``None``, or the value (``None`` where there is none) and what is wrong, for a person.
    """
    text = answer.text.strip()
    was_cut = answer.finish == "length"
    if answer.called is not None:
        return None, answer.called
    if answer.finish == "refusal" or not text:
        empty = "the answer was cut at max_tokens before it began" if was_cut else "the answer is empty"
        return None, answer.withheld or empty
    if task.output is None:
        return storable(text), "the answer was cut at max_tokens" if was_cut else answer.withheld
    request_schema, problem = RequestSchema.of(task.output.json), task.output.problem
    value, error = extract_json(
        text, lambda found: request_schema.read(found, problem), request, task.output.properties()
    )
    if error is not None and value is None and was_cut:
        error = "the answer was cut at max_tokens; the JSON did not end"
    return value, answer.withheld or error
