"""What the trained model will do: instruction, requirements, schemas, examples."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from synth_widgets.errors import SchemaError, TaskError, suggesting
from synth_widgets.jsonable import plain
from synth_widgets.messages import Conversation, Message
from synth_widgets.records import Json
from synth_widgets.schema.schema import Schema
from synth_widgets.text.normal import same, storable
from synth_widgets.text.shown import short_repr, shown, value_shown

Priority = Literal["p0", "p1", "p2", "p3"]
PRIORITIES: tuple[Priority, ...] = ("p0", "p1", "p2", "p3")


@dataclass(frozen=True, slots=True)
class Requirement:
    """Something that every output must fulfil.

    Args:
        text: the rule, as the model reads it.
        name: a short name for ratings; the text serves where there is none.
        priority: ``p0``, most important, to ``p3``.

    Raises:
        TaskError: the text is empty or the priority is none of the four.

    >>> Requirement("Name the city.", name="city", priority="p0").name
    'city'
    """

    text: str
    name: str | None = None
    priority: Priority = "p1"

    __repr__ = short_repr

    def __post_init__(self) -> None:
        if not isinstance(self.text, str) or not self.text.strip():
            raise TaskError(f"A requirement is a sentence, not {self.text!r}.")
        if self.priority not in PRIORITIES:
            raise TaskError(f"priority={self.priority!r} must be one of {', '.join(PRIORITIES)}.")
        object.__setattr__(self, "text", storable(self.text))
        object.__setattr__(self, "name", storable(self.name))


class Task:
    """What the model to be trained, evaluated or debugged will do.

    Args:
        name: a short name; the studio file is named after it.
        instruction: what the model is told. It becomes the system message.
        requirements: rules for every output, as text or `Requirement`; text has priority ``p1``.
        input_schema: pydantic model class, JSON Schema, or ``None`` for plain text.
        output_schema: pydantic model class, JSON Schema of an object, or ``None`` for plain text.
        examples: a list of a few real inputs, or of ``(input, output)`` pairs. They show the style when inputs are
            written, and how to answer when outputs are.

    Raises:
        TaskError: an argument cannot be right; nothing was made.
        SchemaError: a schema cannot be used; the message names the place.

    >>> task = Task("Greeter", "Greet the person by name.", requirements=["Stay under ten words."])
    >>> [m["role"] for m in task.messages("I am Ada.")]
    ['system', 'user']
    """

    __slots__ = ("examples", "input", "instruction", "name", "output", "requirements")

    @suggesting
    def __init__(
        self,
        name: str,
        instruction: str,
        *,
        requirements: Iterable[str | Requirement] = (),
        input_schema: Any = None,
        output_schema: Any = None,
        examples: Iterable[Any] = (),
    ) -> None:
        for label, text in (("name", name), ("instruction", instruction)):
            if not isinstance(text, str) or not text.strip():
                raise TaskError(f"A task's {label} is text, not {text!r}. Task('Support triage', 'Read a message; …').")
        rules = _listed(requirements, "requirements", "['Never invent an order number.']")
        self.name = unicodedata.normalize("NFC", " ".join(str(storable(name)).split()))
        self.instruction = str(storable(instruction)).strip()
        self.requirements: tuple[Requirement, ...] = tuple(
            r if isinstance(r, Requirement) else Requirement(r) for r in rules
        )
        self.input = _schema(input_schema, "input_schema")
        self.output = _schema(output_schema, "output_schema", must_be_object=True)
        few = _listed(examples, "examples", "['Where is my parcel?'], or pairs: [('Where is it?', 'On its way.')]")
        if isinstance(examples, tuple) and len(few) == 2 and not any(isinstance(e, tuple) for e in few):
            raise TaskError(
                f"examples={examples!r} may be one pair or two inputs. Write [({few[0]!r}, {few[1]!r})] or "
                f"[{few[0]!r}, {few[1]!r}]."
            )
        self.examples: tuple[tuple[Json, Json], ...] = tuple(self._example(e) for e in few)

    def _example(self, given: Any) -> tuple[Json, Json]:
        if isinstance(given, Mapping) and "input" in given and given.keys() <= {"input", "output"}:
            declared = self.input.properties() if self.input else {}
            if not given.keys() <= declared.keys():
                raise TaskError(f"Write an example as a pair, (input, output), not as a dict: {given!r}.")
        pair = given if isinstance(given, tuple) else (given, None)
        if len(pair) != 2:
            raise TaskError(f"An example is an input, or an (input, output) pair, not {given!r}.")
        try:
            values = tuple(plain(part, strict=True) for part in pair)
        except ValueError as error:
            raise TaskError(f"The example {given!r} is not plain JSON: {error}.") from None
        checks = (("input", values[0], self.input_problem), ("output", values[1], self.output_problem))
        for part, value, check in checks:
            if value is None and part == "input":
                raise TaskError(f"The example {given!r} has no input.")
            if value is not None and (problem := check(value)):
                raise TaskError(f"The {part} of the example {given!r} does not comply: {problem}.")
        return values[0], values[1]

    @property
    def slug(self) -> str:
        """The name as a file name: ``"Support triage"`` gives ``"support-triage"``."""
        return re.sub(r"[\W_]+", "-", self.name.casefold()).strip("-") or "task"

    @property
    def pairs(self) -> tuple[tuple[Json, Json], ...]:
        """The examples that have an output."""
        return tuple(pair for pair in self.examples if pair[1] is not None)

    def input_problem(self, value: Json) -> str | None:
        """Say why a value cannot be an input, or ``None``."""
        return _problem(value, self.input)

    def output_problem(self, value: Json) -> str | None:
        """Say why a value cannot be an output, or ``None``. Pydantic classes are run apart, on a worker."""
        return _problem(value, self.output)

    @property
    def has_models(self) -> bool:
        """Whether a pydantic class was given as a schema; a task that was read from a file has none."""
        return any(schema is not None and schema.model is not None for schema in (self.input, self.output))

    @property
    def may_be_long(self) -> bool:
        """Whether to check an input or an output may take long, so that it is done on a worker."""
        return any(schema is not None and schema.may_be_long for schema in (self.input, self.output))

    def model_problem(self, input: Json, output: Json) -> str | None:
        """Say what the pydantic classes object to, or ``None``. Runs the person's code: call it on a worker.

        Args:
            input: a value that complies with the schema; ``None`` where there is none yet.
            output: likewise.

        >>> Task("Greeter", "Greet.").model_problem("I am Ada.", "Hello, Ada.") is None
        True
        """
        for part, schema, value in (("input", self.input, input), ("output", self.output, output)):
            if schema is not None and value is not None and (problem := schema.model_problem(value)):
                return f"{part}: {problem}"
        return None

    def system(self) -> str:
        """Return the system message: the instruction, then the requirements, most important first."""
        if not self.requirements:
            return self.instruction
        rules = sorted(self.requirements, key=lambda r: r.priority)
        return "\n".join([self.instruction, "", "Requirements:", *(f"- {r.text}" for r in rules)])

    def conversation(self, input: Json) -> Conversation:
        """Return the conversation that the model is to answer; see `messages`.

        >>> Task("Greeter", "Greet.").conversation("I am Ada.").system_text
        'Greet.'
        """
        return Conversation((Message("system", self.system()), Message("user", as_text(input))))

    def messages(self, input: Json) -> list[dict[str, str]]:
        """Return the chat messages for one input: what generation, export and evaluation all send.

        Args:
            input: text, or a JSON value under the input schema.
        """
        return self.conversation(input).to_json()

    def to_json(self) -> dict[str, Any]:
        """Return the task as plain JSON, as the studio file keeps it."""
        schemas = (("input", self.input), ("output", self.output))
        of_class = [part for part, schema in schemas if schema is not None and schema.of_class]
        return {
            "name": self.name,
            "instruction": self.instruction,
            "requirements": [{"text": r.text, "name": r.name, "priority": r.priority} for r in self.requirements],
            "input_schema": self.input.json if self.input else None,
            "output_schema": self.output.json if self.output else None,
            "examples": [list(pair) for pair in self.examples],
            **({"of_class": of_class} if of_class else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Task:
        """Build a task from `to_json`. Pydantic classes do not come back: only their schemas do, read as they were."""
        of_class = data.get("of_class", ())
        schemas = [
            None if (told := data.get(name)) is None else Schema.stored(told, of_class=part in of_class, where=name)
            for part, name in (("input", "input_schema"), ("output", "output_schema"))
        ]
        task = cls(
            data["name"],
            data["instruction"],
            requirements=[Requirement(**r) for r in data.get("requirements", ())],
            input_schema=schemas[0],
            output_schema=schemas[1],
        )
        # They complied when they were given; what is checked more strictly since then closes no file.
        examples = map(plain, data.get("examples", ()))
        task.examples = tuple((given, output) for given, output in examples if given is not None)
        return task

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Task) and same(self.to_json(), other.to_json())

    def __hash__(self) -> int:
        return hash((self.name, self.instruction))

    def __repr__(self) -> str:
        shape = ", ".join(
            f"{part}: {', '.join(schema.properties()) or 'JSON'}" if schema else f"{part}: text"
            for part, schema in (("input", self.input), ("output", self.output))
        )
        return f"<Task {value_shown(self.name)} ({shown(shape)})>"


def as_text(value: Json) -> str:
    """Return a value as it is sent to a model: text as it is, anything else as JSON.

    >>> as_text({"n": 1})
    '{"n": 1}'
    """
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def normalised_name(name: str) -> str:
    """Return what makes two topic names the same: NFC, case folded, single spaces."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def _schema(given: Any, where: str, *, must_be_object: bool = False) -> Schema | None:
    if given is None:
        return None
    schema = given if isinstance(given, Schema) else Schema(given, where=where)
    if must_be_object:
        schema.check_object(where)
    return schema


def _listed(given: Any, what: str, example: str) -> list[Any]:
    """Return the entries of a list, or raise for what merely can be gone through: a text, a dict, a frame."""
    kinds = (str, bytes, Mapping, set, frozenset)
    if isinstance(given, kinds) or hasattr(given, "columns") or hasattr(given, "model_dump"):
        raise TaskError(f"{what} is a list: {what}={example}; what was given is of type {type(given).__name__}.")
    if not isinstance(given, Iterable):
        raise TaskError(f"{what} is a list: {what}={example}, not {given!r}.")
    return list(given)


def _problem(value: Json, schema: Schema | None) -> str | None:
    if schema is not None:
        return schema.problem(value)
    if not isinstance(value, str):
        return f"text is wanted, not {type(value).__name__}"
    return None if value.strip() else "the text is empty"


__all__: Sequence[str] = ("Requirement", "SchemaError", "Task")
