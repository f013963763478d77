"""A piece of work: what one call is for."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field

from synth_widgets.llm.completer import Mode
from synth_widgets.money import Price
from synth_widgets.records import Step, Usage, WorkItem

ROUNDS = 3
"""How often what is missing or repeated is asked for anew."""
ANSWERS = 3
"""Answers an item may have before it has failed: the first, its correction, and a fresh one by the next way."""
UNREACHED = 2
"""Calls of one piece of work without any answer, each tried often, after which it is not asked for again."""
BROKEN_OFF = 5
"""The same where the answer breaks off in the middle: what had come by then is kept."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a step's calls go out. They change when another model takes over; calls under way keep theirs.

    Attributes:
        price: what a token costs, or ``None`` when nobody knows.
        kind: the kind of the calls, as the forecast tells them apart.
    """

    price: Price | None
    kind: Hashable


@dataclass(slots=True)
class Work:
    """What one call is for: open slots of one step and one target.

    Attributes:
        answer: 1 for the first answer, 2 and 3 for those after an invalid one.
        fault: the answer before this one and what is wrong with it, where it can be corrected.
        round: how often the slots were asked for because too few came.
        unreached: calls that got no answer.
        mode: the way in which the last answer was asked for.
        part: which of how many calls for this target.
        usage: tokens of the answers so far that were no good; ``cost``, ``seconds`` and ``raws`` are theirs too.
        call: id of the call that these answers make together, once there is one.
        terms: those of the call under way.
        reserved: US dollars set aside for it.
    """

    step: Step
    target: str
    slots: deque[WorkItem]
    answer: int = 1
    fault: tuple[str, str] | None = None
    round: int = 1
    unreached: int = 0
    mode: Mode = "text"
    part: tuple[int, int] = (1, 1)
    usage: Usage = Usage()
    cost: float | None = 0.0
    seconds: float = 0.0
    call: str = ""
    terms: Terms = Terms(None, None)
    reserved: float = 0.0
    raws: list[str] = field(default_factory=list)
    bad: list[tuple[str, str]] = field(default_factory=list)
    """Invalid items of the call under way: raw text and what is wrong."""
