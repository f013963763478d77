"""Topics: what to ask, and when a name will do."""

from __future__ import annotations

from dataclasses import dataclass

from synth_widgets.generation.prompts import ITEMS, as_items, one_item, request, section
from synth_widgets.llm.completer import Mode, Request
from synth_widgets.records import Json, Path
from synth_widgets.task import Task

MAX_NAME = 120
SHOWN = 60
"""Names of siblings and cousins that a prompt lists at most."""

_ROLE = (
    "You plan a data set for a language-model task: a tree of topics that together cover the inputs which the task "
    "will meet."
)
_RULES = (
    "Name topics of two to five words. They lie on one level, do not overlap, and each gives rise to many different "
    "inputs; rare but important cases count. Name subjects and situations, never wordings or formats."
)


@dataclass(frozen=True, slots=True)
class TopicsAsk:
    """What is known when topics are asked for.

    Attributes:
        path: the topic to divide; ``()`` is the whole task.
        n: how many names are wanted.
        siblings: names that stand there already.
        cousins: names on the same level elsewhere, which are not to be repeated either.
    """

    task: Task
    path: Path
    n: int
    siblings: tuple[str, ...] = ()
    cousins: tuple[str, ...] = ()
    guidance: str = ""


def ask_list(ask: TopicsAsk, mode: Mode) -> Request:
    """Ask for several names in one call."""
    system = [
        _ROLE,
        *section("The task", ask.task.system()),
        *section("Guidance", ask.guidance),
        "",
        _RULES,
    ]
    taken = [*ask.siblings, *ask.cousins][-SHOWN:]
    user = [f"Divide this topic: {' > '.join(ask.path)}" if ask.path else "Divide the task's whole range of inputs."]
    user += [f"Already there, not to be repeated: {'; '.join(taken)}"] if taken else []
    user += [f"Give {ask.n} {'more ' if ask.siblings else ''}{'topic' if ask.n == 1 else 'topics'} as items."]
    return request(system, "\n".join(user), step="topics", mode=mode, schema=ITEMS)


_LETTERS = "BCDFGHLMPRSTWAEKNOVJIU"
_SMALL_TURNS = (
    ("Classify complaints of a garage's customers.", "Brakes"),
    ("Answer questions in a garden shop.", "Lawn mower"),
    ("Sort messages of hotel guests.", "Room keys"),
    ("Tag requests to a library.", "Opening hours"),
)


def ask_one(ask: TopicsAsk, mode: Mode, seed: int) -> Request:
    """Ask a small model for one name.

    Such a model repeats whatever names it is shown, so it is shown none of those that exist: the schema asks for
    another first letter each time instead.
    """
    letter = _LETTERS[seed % len(_LETTERS)]
    name = {"type": "string", "pattern": f"^{letter}[a-z]{{1,11}}( [a-z]{{1,11}}){{0,2}}$"}
    about = [ask.path[-1]] if ask.path else []
    asked = "\n".join([ask.task.instruction.split("\n")[0], *about, ask.guidance]).strip()
    return request(
        ["Name one topic for the task."],
        f"{asked}\nTopic:",
        step="topics",
        mode=mode,
        schema=one_item(name),
        turns=[(f"{task}\nTopic:", as_items(answer)) for task, answer in _SMALL_TURNS],
        params={"temperature": 0.8, "max_tokens": 24},
        seed=seed,
    )


def name_problem(value: Json) -> str | None:
    """Say why an answered item cannot be a topic's name, or ``None``."""
    if not isinstance(value, str):
        return f"a topic's name is text, not {type(value).__name__}"
    name = tidy(value)
    if not name:
        return "the name is empty"
    if len(name) > MAX_NAME:
        return f"the name has {len(name)} characters, at most {MAX_NAME} are allowed"
    return None


_LOOSE_ENDS = frozenset("a an and at by for from in of on or the to with".split())
"""Words on which a name that was cut short may end."""


def tidy(name: str) -> str:
    """Return a name on one line, without quotes, numbering, a full stop or a loose end.

    >>> tidy(' 3. "Late parcel." ')
    'Late parcel'
    >>> tidy("Fresh fruit and")
    'Fresh fruit'
    """
    line = name.strip().split("\n")[0].strip()
    number, dot, rest = line.partition(" ")
    if dot and rest and number.rstrip(".)").isdigit() and number[-1] in ".)":
        line = rest
    words = line.strip("\"'“”*-• ").rstrip(".").strip("\"'“”*").split()
    while len(words) > 1 and words[-1].casefold() in _LOOSE_ENDS:
        words.pop()
    return " ".join(words)
