"""The values that a studio is made of. All are frozen: state changes by replacing them."""

from __future__ import annotations

import os
import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from synth_widgets.text.shown import short_repr

Json = Any
"""A JSON value. As a sample's input or output, ``None`` means that there is none yet."""

Path = tuple[str, ...]
"""A topic's name: the names from the root down. ``()`` is the root."""

Status = Literal["pending", "draft", "kept", "rejected", "failed"]
Step = Literal["topics", "inputs", "outputs"]
Origin = Literal["generated", "edited", "regenerated", "own"]
JobStatus = Literal["running", "done", "cancelled", "stopped", "interrupted"]
Guided = Literal["all", "topics", "inputs", "outputs"]
"""What a text of guidance is for: one step, or each of them."""

Guidance = Mapping[Guided, str]
"""Free text that steers generation, by what it is for. What there is no text for has no key."""

STATUSES: tuple[Status, ...] = ("pending", "draft", "kept", "rejected", "failed")
STEPS: tuple[Step, ...] = ("topics", "inputs", "outputs")
GUIDED: tuple[Guided, ...] = ("all", *STEPS)
ROOT = "0000000000"
"""Id of the root topic, which every studio has."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_chance = random.Random(secrets.randbits(128))  # noqa: S311 - ids are to differ, not to be secret
_EMPTY: Mapping[str, Any] = MappingProxyType({})


def new_id() -> str:
    """Return ten random characters of Crockford's base 32 (50 bits).

    >>> len(new_id())
    10
    """
    bits = _chance.getrandbits(50)
    return (
        _PAIRS[bits >> 40]
        + _PAIRS[bits >> 30 & 1023]
        + _PAIRS[bits >> 20 & 1023]
        + _PAIRS[bits >> 10 & 1023]
        + _PAIRS[bits & 1023]
    )


if hasattr(os, "register_at_fork"):  # a child must not make its parent's ids again
    os.register_at_fork(after_in_child=lambda: _chance.seed(secrets.randbits(128)))


def new_session_id() -> str:
    """Return twelve random digits, the form of a session's id."""
    return f"{secrets.randbelow(10**12):012d}"


_MOST_TOKENS = 2**30
"""More tokens than this no answer has, and a file takes sums of them; an endpoint that says so is not believed."""


def token_count(count: object) -> int:
    """Return a count of tokens as an endpoint told it; 0 for what cannot be one.

    >>> token_count(12.0), token_count(-1), token_count(None), token_count("12")
    (12, 0, 0, 0)
    """
    return int(count) if isinstance(count, int | float) and 0 < count < _MOST_TOKENS else 0


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or many calls, as the endpoint counted them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def total(self) -> int:
        """All tokens, prompt and completion."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.prompt_tokens + other.prompt_tokens, self.completion_tokens + other.completion_tokens)


@dataclass(frozen=True, slots=True)
class Topic:
    """A node of the topic tree. Its identity is the id; its path follows from its ancestors."""

    id: str
    parent: str | None
    name: str
    guidance: Guidance = field(default_factory=dict)
    target: int | None = None
    removed: bool = False

    __repr__ = short_repr


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a sample's data.

    Attributes:
        n: 1, 2, … within the sample; 0 for a generated input that has no output yet.
        input, output: JSON values or text; ``None`` where there is none yet.
        problem: why this version does not comply, or ``None`` when it does.
        raw: the model's own words, where it does not comply.
        calls: ids of the calls that made it.
        created: seconds since the epoch.
    """

    n: int
    origin: Origin
    input: Json = None
    output: Json = None
    reasoning: str | None = None
    problem: str | None = None
    raw: str | None = None
    task_version: int = 1
    calls: tuple[str, ...] = ()
    created: float = 0.0

    __repr__ = short_repr


@dataclass(frozen=True, slots=True)
class Sample:
    """One piece of data under one topic: its versions, its status and what people said of it.

    `status` and `reason` are the sample's; `input` and `output` are those of its current version.

    Attributes:
        stars: overall, 1 to 5; ``ratings`` by requirement.
        current: number of the version that is shown and exported.
        proposal: number of a version that was made anew and waits for the person's choice.
        stale: whether the input was edited after the output was made.
        unfinished: an edit that does not comply yet: ``{"input": …, "output": …, "problem": …}``.
    """

    id: str
    topic: str
    session: str
    source: Literal["generated", "own"]
    status: Status
    reason: str | None = None
    tags: tuple[str, ...] = ()
    split: str | None = None
    stars: int | None = None
    ratings: Mapping[str, int] = field(default_factory=lambda: _EMPTY)
    current: int = 0
    proposal: int | None = None
    stale: bool = False
    unfinished: Json = None
    removed: bool = False
    seq: int = 0
    created: float = 0.0
    versions: tuple[Version, ...] = ()

    __repr__ = short_repr

    @property
    def version(self) -> Version:
        """The current version."""
        for version in reversed(self.versions):
            if version.n == self.current:
                return version
        raise ValueError(f"the sample {self.id} has no version {self.current}")

    def version_of(self, n: int | None) -> Version | None:
        """The version of this number, or ``None``."""
        if n is None:
            return None
        for version in reversed(self.versions):
            if version.n == n:
                return version
        return None

    @property
    def is_proposed(self) -> bool:
        """Whether a whole new version waits to be taken or declined."""
        if self.proposal is None:
            return False
        new = self.version_of(self.proposal)
        return new is not None and new.output is not None

    @property
    def input(self) -> Json:
        """Input of the current version, or ``None``."""
        return self.version.input

    @property
    def output(self) -> Json:
        """Output of the current version, or ``None``."""
        return self.version.output


@dataclass(frozen=True, slots=True)
class Call:
    """One call to a model, or one item's several answers together: the only ledger of cost.

    Attributes:
        mode: the structured output mode, as `Model` names it.
        prompt: name of the prompt style.
        guidance: what its job's own guidance said to the step.
        attempts: answers that were needed.
        cost: US dollars, or ``None`` where the price is not known.
        seconds: from sending to the last byte.
        raw: the model's own text. Kept in the file, and in memory only until it is written.
    """

    id: str
    job: str
    step: Step
    model: str
    mode: str = "text"
    prompt: str = "basic"
    guidance: str = ""
    params: Mapping[str, Json] = field(default_factory=lambda: _EMPTY)
    attempts: int = 1
    usage: Usage = Usage()
    cost: float | None = None
    seconds: float = 0.0
    raw: str | None = None

    __repr__ = short_repr


@dataclass(frozen=True, slots=True)
class Session:
    """One sitting of generation; its tag is on every sample it made.

    Attributes:
        id: ten letters and digits.
        guidance: what steers it, by what each text is for: ``topics``, ``inputs``, ``outputs`` or ``all``.
        tags: further tags of what it makes.
        models: name of the model of each step when it began.
        created: when it began, in seconds since 1970 (UTC).

    >>> Session("0123456789", tags=("pilot",)).tag
    'synthetic_session_0123456789'
    """

    id: str
    guidance: Guidance = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    models: Mapping[str, str] = field(default_factory=dict)  # of the few records that people hold, copy and pickle
    created: float = 0.0

    __repr__ = short_repr

    @property
    def tag(self) -> str:
        """``synthetic_session_<id>``."""
        return f"synthetic_session_{self.id}"


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One slot of a job: the durable unit of generation.

    Attributes:
        target: a topic's id (steps ``topics`` and ``inputs``) or a sample's (``outputs``, and ``inputs``
            of a failed sample that is made again in place).
        ordinal: 0, 1, … among the slots of the same job, step and target.
        level: for ``topics``, how many levels below the start this slot is; else 0.
    """

    job: str
    step: Step
    target: str
    ordinal: int
    level: int = 0

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells it from the job's other items."""
        return (self.step, self.target, self.ordinal)


@dataclass(frozen=True, slots=True)
class JobRecord:
    """What the file knows of a job.

    Attributes:
        args: the arguments of the method that started it, as JSON.
        note: why it stopped, or what it could not do, in words for a person.
        started, ended: seconds since the epoch.
        paused: whether a running job sends nothing new for now. The file does not keep it: a job ends with its kernel.
    """

    id: str
    kind: str
    args: Mapping[str, Json] = field(default_factory=lambda: _EMPTY)
    session: str = ""
    status: JobStatus = "running"
    planned: int = 0
    added: int = 0
    failed: int = 0
    dropped: int = 0
    usage: Usage = Usage()
    note: str | None = None
    started: float = 0.0
    ended: float | None = None
    paused: bool = False

    __repr__ = short_repr
