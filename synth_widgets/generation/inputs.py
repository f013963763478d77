"""Inputs: what to ask, and when an answer will do."""

from __future__ import annotations

from dataclasses import dataclass

from synth_widgets.generation.prompts import ITEMS, Turn, request, section
from synth_widgets.llm.completer import Mode, Request
from synth_widgets.records import Json, Path
from synth_widgets.task import Task, as_text
from synth_widgets.text.normal import head

SHOWN = 40
"""Inputs of the same topic that a prompt lists at most."""
SHOWN_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class InputsAsk:
    """What is known when inputs are asked for.

    Attributes:
        path: the topic; ``()`` for inputs of any kind.
        n: how many are wanted.
        existing: inputs that stand under this topic, the newest last.
        part: which of how many calls for this topic this is, when several are sent at once.
    """

    task: Task
    path: Path
    n: int
    existing: tuple[Json, ...] = ()
    part: tuple[int, int] = (1, 1)
    guidance: str = ""


def ask_list(ask: InputsAsk, mode: Mode, seed: int | None = None) -> Request:
    """Ask for several inputs in one call."""
    task = ask.task
    answer = task.input.items() if task.input is not None else ITEMS.json
    examples = [f"- {as_text(given)}" for given, _ in task.examples[:5]]
    system = [
        "You write inputs for a language-model task: what its real users would send, as they would send it. They "
        "become a data set, so they must be lifelike and differ from one another.",
        *section("The task that will receive them", task.system()),
        *section("Inputs of the kind that is wanted", "\n".join(examples)),
        *section("Guidance", ask.guidance),
        "",
        "Write inputs only, never the task's answers. Vary subject, wording, length, mood and level of detail; "
        "leave in what real people leave in. No placeholders in brackets.",
    ]
    user = [f"Topic: {' > '.join(ask.path)}" if ask.path else "Any topic that the task may meet."]
    known = [f"- {head(as_text(value), SHOWN_CHARACTERS)}" for value in ask.existing[-SHOWN:]]
    user += ["Already written, not to be repeated:", *known] if known else []
    if ask.part[1] > 1:
        user += [f"This is part {ask.part[0]} of {ask.part[1]}: take situations that the other parts will not think of."]
    user += [f"Write {ask.n} {'input' if ask.n == 1 else 'inputs'} as items."]
    return request(system, "\n".join(user), step="inputs", mode=mode, schema=answer, seed=seed)


def ask_one(ask: InputsAsk, mode: Mode, seed: int | None = None) -> Request:
    """Ask a small model for one short input, with the task's examples as turns."""
    task, about = ask.task, " > ".join(ask.path[-2:])
    asked = f"Write one about {about}." if about else "Write one."
    kind = "short text" if task.input is None else "JSON object"
    system = [f"You write one {kind} a time, as the user of this task would: {task.instruction}", ask.guidance]
    turns: list[Turn] = [("Write one.", as_text(given)) for given, _ in task.examples[:4]]
    params = {"max_tokens": 60 if task.input is None else 300, "temperature": 0.9}
    schema = task.input.json if task.input is not None else None
    return request([s for s in system if s], asked, step="inputs", mode=mode if schema else "text", schema=schema,
                   turns=turns, params=params, seed=seed)  # fmt: skip

