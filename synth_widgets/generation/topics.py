"""Topics: what to ask, and when a name will do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from synth_widgets.generation.prompts import ITEMS, as_items, one_item, one_line, quoted, quoted_path, request, section
from synth_widgets.llm.completer import Mode, Request
from synth_widgets.llm.structured.extract import fitting, listed
from synth_widgets.llm.structured.item_stream import Item
from synth_widgets.messages import Conversation
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
class TopicsQuestion:
    """Asks for children of a topic; see `synth_widgets.generation.item_attempts.ListQuestion`.

    Attributes:
        path: the topic to divide; ``()`` is the whole task.
        n: how many names are wanted.
        siblings: names that stand there already.
        cousins: names on the same level elsewhere, which are not to be repeated either.
        small_model: whether the model is too small for a list; it is asked for one name.
        seed: tells such requests apart.
        key: tells questions apart.
    """

    task: Task
    path: Path
    n: int
    siblings: tuple[str, ...] = ()
    cousins: tuple[str, ...] = ()
    guidance: str = ""
    small_model: bool = False
    seed: int = 0
    key: str = ""

    @property
    def takes_corrections(self) -> bool:
        """Whether the model can mend its answer; a small one repeats it."""
        return not self.small_model

    @property
    def objection(self) -> None:
        """Nothing: names are nobody's code's business."""
        return

    def request(self, mode: Mode) -> Request:
        """Return the request in a structured output mode."""
        return ask_one(self, mode, self.seed) if self.small_model else ask_list(self, mode)

    def read_item(self, value: Json, number: int) -> tuple[Json, str | None]:
        """Return an item as a name, whatever it is wrapped in, and what is wrong with it, or ``None``."""
        as_name = partial(read, place=len(self.siblings) + number, is_small=self.small_model)
        return fitting(value, as_name)

    def listed(self, text: str, request: Request, *, was_cut: bool) -> list[Item]:
        """Return the names that an answer has in another form than was asked for."""
        return listed(text, read, request, was_cut=was_cut)


def ask_list(ask: TopicsQuestion, mode: Mode) -> Request:
    """Ask for several names in one call."""
    system = [
        _ROLE,
        *section("The task", ask.task.system()),
        *section("Guidance", ask.guidance),
        "",
        _RULES,
    ]
    taken = [*ask.siblings, *ask.cousins][-SHOWN:]
    user = [f"Divide this topic: {quoted_path(ask.path)}" if ask.path else "Divide the task's whole range of inputs."]
    user += [f"Already there, not to be repeated: {'; '.join(map(quoted, taken))}"] if taken else []
    user += [f"Give {ask.n} {'more ' if ask.siblings else ''}{'topic' if ask.n == 1 else 'topics'} as items."]
    return request(system, "\n".join(user), step="topics", mode=mode, schema=ITEMS)


SMALL_WORDS = 3
"""Words that a small model's name has at most."""
_LOOSE_ENDS = frozenset("a an and at by for from in of on or the to with".split())
"""Words on which a name that was cut short may end."""
_LETTERS = "BCDFGHLMPRSTWAEKNOVJIU"
_SMALL_TURNS = (
    Conversation()
    .user("Classify complaints of a garage's customers.\nTopic:")
    .assistant(as_items("Brakes"))
    .user("Answer questions in a garden shop.\nTopic:")
    .assistant(as_items("Lawn mower"))
    .user("Sort messages of hotel guests.\nTopic:")
    .assistant(as_items("Room keys"))
    .user("Tag requests to a library.\nTopic:")
    .assistant(as_items("Opening hours"))
)


def ask_one(ask: TopicsQuestion, mode: Mode, seed: int) -> Request:
    """Ask a small model for one name.

    Such a model repeats whatever names it is shown, so it is shown none of those that exist: the schema asks for
    another first letter each time instead.
    """
    letter = _LETTERS[seed % len(_LETTERS)]
    name = {"type": "string", "pattern": f"^{letter}[a-z]{{1,11}}( [a-z]{{1,11}}){{0,{SMALL_WORDS - 1}}}$"}
    about = [one_line(ask.path[-1])] if ask.path else []
    asked = "\n".join([ask.task.instruction.split("\n")[0], *about, ask.guidance]).strip()
    return request(
        ["Name one topic for the task."],
        f"{asked}\nTopic:",
        step="topics",
        mode=mode,
        schema=one_item(name),
        turns=_SMALL_TURNS,
        params={"temperature": 0.8, "max_tokens": 24},
        seed=seed,
    )


def read(value: Json, *, place: int = 0, is_small: bool = False) -> tuple[Json, str | None]:
    """Return an answered item as a topic's name, and what is wrong with it, or ``None``.

    Args:
        value: the item.
        place: the highest number that it may have in a numbered list; a higher one belongs to the name.
        is_small: whether `ask_one` asked for it: there a name ends after three words, so that a longer one was cut.

    >>> read("2) Cannot sign in", place=2), read("24. Dezember", place=2)
    (('Cannot sign in', None), ('24. Dezember', None))
    >>> read("Fresh fruit and", is_small=True)
    ('Fresh fruit', None)
    """
    if not isinstance(value, str):
        return value, f"a topic's name is text, not {type(value).__name__}"
    name = tidy(value, place)
    if is_small:
        name = _without_loose_end(name)
    if not name.strip(_MARKS):
        return name, "the name is empty"
    if len(name) > MAX_NAME:
        return name, f"the name has {len(name)} characters, at most {MAX_NAME} are allowed"
    return name, None


_MARKS = " .,:;-–*•_#`\"'“”‘’«»"
_BULLET = re.compile(r"(?:[-–*•]|#+|(?P<number>\d{1,3})[.)])\s+(?=\S)")
"""What stands before a line of a list."""
_PAIRS = [tuple(pair) for pair in ('""', "“”", "„“", "‘’", "«»", "``", "''", "**", "__")]
_ABBREVIATED = frozenset("inc ltd co corp etc jr sr dr st no".split())


def tidy(name: str, place: int = 0) -> str:
    """Return a name on one line, without what an answer puts around it: a bullet, a number, quotes, a full stop.

    What belongs to the name stays: every word, signs that stand in no pair, numbers beyond its place in the list.

    >>> tidy(' 3. "Late parcel." ', 3), tidy("**Vitamin A**"), tidy("'90s music")
    ('Late parcel', 'Vitamin A', "'90s music")
    >>> tidy("-5 °C storage"), tidy("Acme Inc."), tidy("Moving to the U.S.")
    ('-5 °C storage', 'Acme Inc.', 'Moving to the U.S.')
    """
    line, before = " ".join(name.strip().split("\n")[0].split()), ""
    while line != before:
        before = line
        line = _without_stop(_without_quotes(_without_bullet(line, place))).strip()
    return line


def _without_bullet(line: str, place: int) -> str:
    """Return a line without the bullet or the number of a list."""
    found = _BULLET.match(line)
    return line if found is None or int(found["number"] or 0) > place else line[found.end() :]


def _without_quotes(line: str) -> str:
    """Return a line without the pair of marks that it stands in as a whole."""
    for start, end in _PAIRS:
        if len(line) > 2 and line[0] == start and line[-1] == end:
            mark, inner = f"[{start}{end}]", line[1:-1]
            if not re.search(rf"(?<!\w){mark}|{mark}(?!\w)", inner.strip(start + end)):  # else it is no one pair
                return inner
    return line


def _without_stop(line: str) -> str:
    """Return a line without its full stop, unless that belongs to the last word."""
    last = line.rpartition(" ")[2][:-1]
    is_end = line.endswith(".") and "." not in last and last.casefold() not in _ABBREVIATED
    return line[:-1] if is_end else line


def _without_loose_end(name: str) -> str:
    """Return a name that was cut after its third word without the words that want another one behind them."""
    words = name.split()
    was_cut = len(words) >= SMALL_WORDS
    while was_cut and len(words) > 1 and words[-1].casefold() in _LOOSE_ENDS:
        words.pop()
    return " ".join(words)
