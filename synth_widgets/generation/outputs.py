"""Outputs: what to ask, and what an answer becomes."""

from __future__ import annotations

from dataclasses import dataclass

from synth_widgets.generation.prompts import Turn, request, section
from synth_widgets.llm.completer import Answer, Mode, Request
from synth_widgets.llm.structured import extract_json
from synth_widgets.records import Json
from synth_widgets.task import Task
from synth_widgets.text.normal import storable


@dataclass(frozen=True, slots=True)
class OutputAsk:
    """What is known when an output is asked for."""

    task: Task
    input: Json
    turns: tuple[Turn, ...] = ()
    guidance: str = ""
    small_model: bool = False
    is_again: bool = False


def ask(question: OutputAsk, mode: Mode, seed: int | None = None) -> Request:
    """Ask for the output of one input: the task's own messages, with guidance and examples."""
    task = question.task
    system, user = (message["content"] for message in task.messages(question.input))
    schema = task.output.json if task.output is not None else None
    # Without chance a small model would give the answer that was no good once more.
    params = {"max_tokens": 300, "temperature": 0.7 if question.is_again else 0.0} if question.small_model else {}
    return request(
        [system, *section("Guidance", question.guidance)],
        user,
        step="outputs",
        mode=mode if schema is not None else "text",
        schema=schema,
        turns=question.turns,
        params=params,
        seed=seed,
    )


def read(answer: Answer, task: Task) -> tuple[Json, str | None]:
    """Turn an answer into an output, checked under the task's schema.

    Returns:
        The value and ``None``, or the value (``None`` where there is none) and what is wrong, for a person.
    """
    text = answer.text.strip()
    if not text:
        why = {"filter": "the model refused to answer", "length": "the answer was cut at max_tokens before it began"}
        return None, why.get(answer.finish, "the answer is empty")
    if task.output is None:
        return storable(text), "the answer was cut at max_tokens" if answer.finish == "length" else None
    value, error = extract_json(text)
    if error is not None:
        if answer.finish == "length":
            error = "the answer was cut at max_tokens; the JSON did not end"
        elif answer.finish == "filter":
            error = "the model refused to answer"
        return None, error
    value = storable(value)
    return value, task.output_problem(value)
