"""The rows that the browser holds a replica of: what it shows of samples, topics, jobs, the task and the studio."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from synth_widgets.records import Guided

HEAD = 300
"""Characters of a text that travel with a row; the rest comes on demand, as a body."""


class Cell(TypedDict):
    """What a grid cell shows of one JSON value: its short fields as tags, then its longest text.

    `raw`: it is JSON or a model's raw words, to be set in mono; `more`: it was cut at `HEAD` characters.
    """

    tags: list[str]
    text: str
    raw: bool
    more: bool


class SampleRow(TypedDict):
    """One row of the grid. `topic` is a topic's id; `seq` orders rows by their birth. What is not there is not sent.

    `model`: of the last call behind the version; `tags`: those of people; `length`: words of input and output.
    `stale`: the input was edited after the output was made; an `unfinished` edit, or a new version, waits (`proposal`).
    """

    id: str
    seq: int
    topic: str
    status: Literal["pending", "draft", "kept", "rejected", "failed"]
    input: Cell | None
    output: Cell | None
    reason: str | None
    stars: int | None
    session: str
    model: NotRequired[str]
    tags: NotRequired[list[str]]
    length: int
    version: int
    origin: Literal["generated", "edited", "regenerated", "own"]
    stale: NotRequired[bool]
    unfinished: NotRequired[bool]
    proposal: NotRequired[bool]


class TopicRow(TypedDict):
    """One node of the tree. The root has no parent and an empty name; `guidance`: its texts by what each is for."""

    id: str
    parent: str | None
    name: str
    guidance: NotRequired[dict[Guided, str]]
    target: int | None


class JobRow(TypedDict):
    """One job as the run bar shows it. `note` says why it stopped, or what it could not do.

    `title`: what it makes; `headline`: how it ended; `paused`: it sends nothing now; `owed`: what `resume` would send.
    `cost` and `guidance` are in words. `own_model`: who is asked instead of the studio's models, or null.
    """

    id: str
    kind: str
    title: str
    headline: str
    models: list[str]
    own_model: str | None
    guidance: str
    started: float
    ended: float | None
    status: Literal["running", "done", "cancelled", "stopped", "interrupted"]
    paused: bool
    done: int
    total: int
    added: int
    failed: int
    dropped: int
    tokens: int
    cost: str
    owed: int
    note: str | None


class FieldView(TypedDict):
    """One declared property, described for a person: ``urgency``, ``low, normal, high``."""

    name: str
    says: str
    required: bool


class TaskView(TypedDict):
    """The task, described for a person. `input` and `output` are empty lists for plain text, their schemas null.

    `changed`: what this version changed and what that did to the samples, or null when it was changed in no way here.
    """

    name: str
    instruction: str
    requirements: list[RequirementView]
    input: list[FieldView]
    output: list[FieldView]
    input_schema: Any
    output_schema: Any
    version: int
    changed: str | None


class RequirementView(TypedDict):
    """One requirement with its priority, p0 most important; `name` is its key in ratings."""

    name: str
    text: str
    priority: str


class GuidanceView(TypedDict):
    """The studio's guidance: for every step, and for single ones."""

    all: str
    topics: str
    inputs: str
    outputs: str


class StudioView(TypedDict):
    """All that is neither task, topic, sample nor job. Sent whole when any of it changes.

    A call for an output takes about `call_tokens` and `call_cost` US dollars, null when unknown. `cost`: spent so far,
    in words; `share`: of the `budget`, 0 to 1.

    `models`: who answers the steps; `model_reason`: why it is this model, null when it was given in this kernel;
    `model_mode`: how it is asked for JSON, null while unknown; `model_note`: what to know before trusting its texts.
    `undo`: what it would take back ("Reject 3"); `read_only`: why nothing can be changed here; `unsaved`: why the file
    takes nothing; or null.
    """

    model: str
    models: list[str]
    model_reason: str | None
    model_mode: str | None
    model_note: str | None
    guidance: GuidanceView
    path: str
    session: str
    cost: str
    budget: float | None
    share: float | None
    call_tokens: int
    call_cost: float | None
    undo: str | None
    redo: str | None
    read_only: str | None
    unsaved: str | None
