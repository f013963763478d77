"""The ways in which an endpoint on loopback fails when it is told to.

Kinds of faults: ``status`` (with ``status``, ``headers``, ``message``, ``code``, ``param``), ``drop`` (the connection
breaks), ``hang`` (nothing comes), ``truncate``, ``invalid``, ``garbage``, ``chatter`` (as in `ScriptedCompleter`),
``refuse_schema``, ``refuse_tools`` and ``refuse_json_object`` (a 400 for that way of asking for JSON), ``ignore_tools``
(the answer comes as content although a tool must be called), ``plain`` (a whole answer although a stream was asked),
``error_event`` (a 200 that holds an error), ``unfinished`` (the stream ends without an end), ``filter`` (a refusal),
``withhold`` (the provider's content filter), ``empty``, ``repeat`` (the items of the list before), ``page`` (a 200
that is a web page), ``flood`` (an answer without end), ``think``, ``wrap`` and ``bad_end`` (see `tests.dressing`),
``own_shape`` (JSON that nobody asked for), ``handed_back`` (a 400 with the right answer inside, as Groq's).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass
class Rule:
    """One way to fail: for the next ``times`` requests (``None``: all), or each ``every``-th, from ``since`` on.

    With ``about``, which says from its texts what a request is about, the ``times`` are those of each such thing;
    ``None`` is never hit. With ``modes``, only requests that ask for JSON in these ways are hit.
    """

    kind: str
    times: int | None = None
    every: int = 1
    since: int = 0
    about: Callable[[str], object] | None = None
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = "told to fail"
    code: str | None = None
    param: str | None = None
    modes: tuple[str, ...] = ()
    after: int = 20  # characters that a drop or an error lets through
    hit: Counter[object] = field(default_factory=Counter)

    def applies(self, number: int, told: str) -> bool:
        thing = self.about(told) if self.about is not None else None
        if number % self.every or number < self.since or (self.about is not None and thing is None):
            return False
        if self.times is not None and self.hit[thing] >= self.times:
            return False
        self.hit[thing] += 1
        return True
