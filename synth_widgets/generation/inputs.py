"""Inputs: what to ask, and when an answer will do."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from synth_widgets.generation.objections import Elsewhere, Objection, objection_of
from synth_widgets.generation.prompts import (
    ITEMS,
    REJECTED,
    as_items,
    one_item,
    one_line,
    quoted,
    quoted_path,
    request,
    section,
)
from synth_widgets.llm.completer import Mode, Request
from synth_widgets.llm.structured.extract import Check, fitting, listed
from synth_widgets.llm.structured.item_stream import Item
from synth_widgets.messages import Conversation
from synth_widgets.records import Json, Path
from synth_widgets.schema.request_schema import RequestSchema
from synth_widgets.task import Task, as_text

SHOWN = 40
"""Inputs of the same topic that a prompt lists at most."""
SHOWN_CHARACTERS = 160
SMALL_CHARACTERS = 110
"""Characters of an input that a small model writes at most; left to itself it rambles."""

_ROLE = (
    "You write inputs for a language-model task: what its real users would send, as they would send it. They become "
    "a data set, so they must be lifelike and differ from one another."
)
_RULES = (
    "Write inputs only, never the task's answers. Vary subject, wording, length, mood and level of detail; leave in "
    "what real people leave in. No placeholders in brackets."
)


@dataclass(frozen=True, slots=True)
class InputsQuestion:
    """Asks for inputs; see `synth_widgets.generation.item_attempts.ListQuestion`.

    Attributes:
        path: the topic; ``()`` for inputs of any kind.
        n: how many are wanted.
        existing: inputs that stand under this topic, the newest last.
        part: which of how many calls for this topic this is, when several are sent at once.
        earlier: an input that is to be replaced by another one.
        rejected: why a person rejected samples here, as `told_reasons` puts it.
        small_model: whether the model is too small for a list; it is asked for one input.
        seed: tells such requests apart.
        key: tells questions apart.
        own_code: where the person's pydantic class is run.
    """

    task: Task
    path: Path
    n: int
    existing: tuple[Json, ...] = ()
    part: tuple[int, int] = (1, 1)
    guidance: str = ""
    earlier: Json = None
    rejected: str = ""
    small_model: bool = False
    seed: int = 0
    key: str = ""
    own_code: Elsewhere = asyncio.to_thread

    @property
    def takes_corrections(self) -> bool:
        """Whether the model can mend its answer; a small one repeats it."""
        return not self.small_model

    @property
    def objection(self) -> Objection | None:
        """What asks the person's pydantic class about an input; ``None`` where there is no class."""
        return objection_of(self.task.input, self.own_code)

    def request(self, mode: Mode) -> Request:
        """Return the request in a structured output mode."""
        return ask_one(self, mode, self.seed) if self.small_model else ask_list(self, mode)

    def read_item(self, value: Json, number: int) -> tuple[Json, str | None]:  # noqa: ARG002 - a list's numbers are words of an input
        """Return an item as an input, whatever it is wrapped in, and what is wrong with it, or ``None``."""
        return read(value, self.task)

    def listed(self, text: str, request: Request, *, was_cut: bool) -> list[Item]:
        """Return the inputs that an answer has in another form than was asked for."""
        return listed(text, check(self.task), request, fields(self.task), was_cut=was_cut)


def ask_list(ask: InputsQuestion, mode: Mode) -> Request:
    """Ask for several inputs in one call."""
    task = ask.task
    answer = task.input.items() if task.input is not None else ITEMS
    examples = [f"- {quoted(given)}" for given, _ in task.examples[:5]]
    system = [
        _ROLE,
        *section("The task that will receive them", task.system()),
        *section("Inputs of the kind that is wanted", "\n".join(examples)),
        *section("Guidance", ask.guidance),
        "",
        _RULES,
    ]
    user = [f"Topic: {quoted_path(ask.path)}" if ask.path else "Any topic that the task may meet."]
    known = [f"- {quoted(value, SHOWN_CHARACTERS)}" for value in ask.existing[-SHOWN:]]
    user += ["Already written, not to be repeated:", *known] if known else []
    if ask.part[1] > 1:
        part, parts = ask.part
        user += [f"This is part {part} of {parts}: take situations that the other parts will not think of."]
    if ask.earlier is not None:
        user += ["In the place of this input another one is wanted:", quoted(ask.earlier)]
    user += [f"{REJECTED}:", ask.rejected] if ask.rejected else []
    user += [f"Write {ask.n} {'input' if ask.n == 1 else 'inputs'} as items."]
    return request(system, "\n".join(user), step="inputs", mode=mode, schema=answer)


def ask_one(ask: InputsQuestion, mode: Mode, seed: int) -> Request:
    """Ask a small model for one short input, with the task's examples as turns, each under its longest word.

    Such a model repeats whatever inputs it is shown, so it is shown none of those that exist.
    """
    task = ask.task
    text = {"type": "string", "minLength": 3, "maxLength": SMALL_CHARACTERS}
    item = task.input.items()["properties"]["items"]["items"] if task.input is not None else text
    schema = one_item(item, task.input.items().get("$defs") if task.input is not None else None)
    about = f"Topic: {one_line(ask.path[-1])}\n" if ask.path else ""
    turns = Conversation()
    for given, _ in task.examples[:3]:
        label = f"Topic: {_longest_word(given)}\nInput:" if ask.path else "Input:"
        turns = turns.user(label).assistant(as_items(given))
    return request(
        [
            "You write realistic inputs for this task, one short sentence each.",
            f"The task: {task.instruction}",
            ask.guidance,
            *section(REJECTED, ask.rejected),
        ],
        f"{about}Input:",
        step="inputs",
        mode=mode,
        schema=schema,
        turns=turns,
        params={"temperature": 0.8, "max_tokens": 60 if task.input is None else 300},
        seed=seed,
    )


def read(value: Json, task: Task) -> tuple[Json, str | None]:
    """Return an item as an input, checked under the task's schema, and what is wrong with it, or ``None``."""
    return fitting(value, check(task), fields(task))


def check(task: Task) -> Check:
    """Return what checks whether a value is an input."""

    def of_text(value: Json) -> tuple[Json, str | None]:
        value = value.strip() if isinstance(value, str) else value
        return value, task.input_problem(value)

    if task.input is None:
        return of_text
    request_schema = RequestSchema.of(task.input.json)
    return lambda value: request_schema.read(value.strip() if isinstance(value, str) else value, task.input_problem)


def fields(task: Task) -> frozenset[str]:
    """Return the names of an input's properties; none where inputs are texts."""
    return frozenset(task.input.properties() if task.input is not None else ())


def _longest_word(given: Json) -> str:
    words = re.findall(r"[^\W\d_]+", as_text(given))
    return max(words, key=len, default="Anything").capitalize()
