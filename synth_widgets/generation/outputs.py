"""Outputs: what to ask, and what an answer becomes."""

from __future__ import annotations

from dataclasses import dataclass

from synth_widgets.generation.prompts import REJECTED, Turn, request, section
from synth_widgets.llm.completer import Answer, Mode, Request
from synth_widgets.llm.structured.extract import extract_json
from synth_widgets.records import Json
from synth_widgets.schema.forms import form_of
from synth_widgets.task import Task, as_text
from synth_widgets.text.normal import storable

_OTHER = "Answer the same input once more, from scratch and in the same form; the answer above is replaced by this one."


@dataclass(frozen=True, slots=True)
class OutputAsk:
    """What is known when an output is asked for.

    Attributes:
        turns: examples.
        is_again: whether the answer before this one was no good.
        earlier: an output that is to be replaced by another one; ``None`` for the first.
        wish: how the other one should differ; empty when it just should.
        rejected: why a person rejected samples here, as `told_reasons` puts it.
    """

    task: Task
    input: Json
    turns: tuple[Turn, ...] = ()
    guidance: str = ""
    small_model: bool = False
    is_again: bool = False
    earlier: Json = None
    wish: str = ""
    rejected: str = ""


def ask(question: OutputAsk, mode: Mode, seed: int | None = None) -> Request:
    """Ask for the output of one input: the task's own messages, with guidance and examples."""
    task = question.task
    system, user = (message["content"] for message in task.messages(question.input))
    schema = task.output.json if task.output is not None else None
    turns, guidance = question.turns, question.guidance
    is_other = question.earlier is not None
    if is_other and question.small_model:  # shown its earlier answer, a small model would only repeat it
        guidance = "\n".join(filter(None, [guidance, question.wish]))
    elif is_other:
        turns = (*turns, (user, as_text(question.earlier)))
        user = f"{_OTHER} {question.wish}".strip()
    # Without chance a small model would give the answer that was no good once more.
    chance = 0.7 if question.is_again or is_other else 0.0
    return request(
        [system, *section("Guidance", guidance), *section(REJECTED, question.rejected)],
        user,
        step="outputs",
        mode=mode if schema is not None else "text",
        schema=schema,
        turns=turns,
        params={"max_tokens": 300, "temperature": chance} if question.small_model else {},
        seed=seed,
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
    if answer.finish == "refusal" or not text:
        empty = "the answer was cut at max_tokens before it began" if was_cut else "the answer is empty"
        return None, answer.withheld or empty
    if task.output is None:
        return storable(text), "the answer was cut at max_tokens" if was_cut else answer.withheld
    form, fields = form_of(task.output.json), task.output.properties()
    value, error = extract_json(text, lambda found: form.read(storable(found), task.output_problem), request, fields)
    if error is not None and value is None and was_cut:
        error = "the answer was cut at max_tokens; the JSON did not end"
    return value, answer.withheld or error
