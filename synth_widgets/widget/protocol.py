"""Every message on the wire between kernel and browser.

``js/src/protocol.gen.ts`` is made from these types by ``python -m synth_widgets.widget.typescript``; a test
holds the two together. Field names are the words of the records.

Front to kernel: `Hello` on every render, `Cmd` for each action, `Resync` after a gap, `Body` for whole samples, `Save`
for what a saved notebook would show. Kernel to front: `Snapshot` in pages, then `Delta` with rising revisions;
`Progress`, which may be lost; one `Reply` per `Cmd`; `Bodies`; `Saved`; `Notice`.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

PROTOCOL = 1
"""Raised when a message changes in a way that an older front end cannot read."""

HEAD = 300
"""Characters of a text that travel with a row; the rest comes on demand, as a body."""


# ---------------------------------------------------------------- rows of the browser's replica
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
    """One node of the tree. The root has no parent and an empty name."""

    id: str
    parent: str | None
    name: str
    guidance: str
    target: int | None


class JobRow(TypedDict):
    """One job as the run bar shows it. `note` says why it stopped, or what it could not do; `cost` is in words.

    `title`: what it makes; `headline`: how it ended; `paused`: it sends nothing now; `owed`: what `resume` would send.
    """

    id: str
    kind: str
    title: str
    headline: str
    models: list[str]
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
    """The studio's guidance: for every step, and per step."""

    all: str
    topics: str
    inputs: str
    outputs: str


class StudioView(TypedDict):
    """All that is neither task, topic, sample nor job. Sent whole when any of it changes.

    Spending asks first above `ask_above` model calls, for `ask_why`. A call for an output takes about `call_tokens` and
    `call_cost` US dollars, null when nobody knows. `cost`: spent so far, in words; `share`: of the `budget`, 0 to 1.

    `model_reason`: why it is this model, null when it was given in this kernel; `model_way`: how it is asked for JSON,
    null while nobody knows; `model_note`: what to know before trusting its texts. `undo`: what it would take back
    ("Reject 3"); `read_only`: why nothing can be changed here; `unsaved`: why the file takes nothing; or null.
    """

    model: str
    model_reason: str | None
    model_way: str | None
    model_note: str | None
    guidance: GuidanceView
    path: str
    session: str
    cost: str
    budget: float | None
    share: float | None
    ask_above: int
    ask_why: str
    call_tokens: int
    call_cost: float | None
    undo: str | None
    redo: str | None
    read_only: str | None
    unsaved: str | None


# ---------------------------------------------------------------- kernel to front
class Snapshot(TypedDict):
    """One page of the whole state at `rev`. The first carries everything but the samples that do not fit."""

    t: Literal["snapshot"]
    protocol: int
    epoch: str
    rev: int
    page: int
    pages: int
    studio: NotRequired[StudioView]
    task: NotRequired[TaskView]
    topics: NotRequired[list[TopicRow]]
    jobs: NotRequired[list[JobRow]]
    samples: list[SampleRow]


class PutSample(TypedDict):
    """Insert or replace a row."""

    op: Literal["sample"]
    row: SampleRow


class DropSample(TypedDict):
    """The sample is no longer visible."""

    op: Literal["-sample"]
    id: str


class PutTopic(TypedDict):
    """Insert or replace a node."""

    op: Literal["topic"]
    row: TopicRow


class DropTopic(TypedDict):
    """The node is no longer visible; its subtree and samples are dropped by operations of their own."""

    op: Literal["-topic"]
    id: str


class PutJob(TypedDict):
    """Insert or replace a job."""

    op: Literal["job"]
    row: JobRow


class PutStudio(TypedDict):
    """Replace the studio's own fields."""

    op: Literal["studio"]
    row: StudioView


class PutTask(TypedDict):
    """Replace the task by a newer version."""

    op: Literal["task"]
    row: TaskView


class Delta(TypedDict):
    """The state at `rev`, as changes to the state at `base`. A front end at another revision asks for a resync."""

    t: Literal["delta"]
    epoch: str
    base: int
    rev: int
    ops: list[PutSample | DropSample | PutTopic | DropTopic | PutJob | PutStudio | PutTask]


class Progress(TypedDict):
    """How a running job is doing, as `Job.progress` has it; `spent`: in all; `share`: of the budget. Lossy."""

    t: Literal["progress"]
    job: str
    step: Literal["topics", "inputs", "outputs"]
    done: int
    total: int
    failed: int
    tokens: int
    cost: str
    spent: str
    share: float | None
    rate: float
    eta: float | None
    topics: list[str]
    waiting: str | None


class WireError(TypedDict):
    """What went wrong and what to do, in words for a person."""

    message: str
    kind: str


class Reply(TypedDict):
    """The answer to the `Cmd` with this `rid`: `ok`, the method's result, or `error`."""

    t: Literal["reply"]
    rid: str
    ok: NotRequired[Any]
    error: NotRequired[WireError]


class EstimateView(TypedDict):
    """What a run would send, at least and at most, and bring; `figures` say it, with label and tooltip."""

    calls: list[int]
    prompt_tokens: list[int]
    completion_tokens: list[int]
    cost: list[float] | None
    topics: int
    samples: int
    figures: list[list[str]]


class Found(TypedDict):
    """What `search` replies: samples whose whole text has the words, as they were made; `more`: too many to list."""

    ids: list[str]
    more: bool


class VersionView(TypedDict):
    """One version of a sample, whole. `by` says who made it and how, `made` the calls behind it: labels and words.

    `raw` is what the model wrote, as far as it is held.
    """

    n: int
    origin: str
    input: Any
    output: Any
    reasoning: str | None
    problem: str | None
    created: float
    task_version: int
    by: str
    made: list[list[str]]
    raw: str | None


class Unfinished(TypedDict):
    """An edit that does not comply yet. `problem` says why."""

    input: Any
    output: Any
    problem: str


class SampleBody(TypedDict):
    """A whole sample, as the detail pane shows it. `version` and `proposal` (if empty, on its way) are numbers."""

    id: str
    version: int
    proposal: int | None
    unfinished: Unfinished | None
    stars: int | None
    ratings: dict[str, int]
    tags: list[str]
    versions: list[VersionView]


class Bodies(TypedDict):
    """The answer to `Body`. An id that is not there has no entry."""

    t: Literal["bodies"]
    rev: int
    samples: list[SampleBody]


class Saved(TypedDict):
    """The answer to `Save`, and the trait `_snapshot`: what a widget shows whose kernel does not answer."""

    t: Literal["saved"]
    at: float
    """When it was taken, in seconds since the epoch."""
    total: int
    """Samples in the studio; the page holds the first of them."""
    page: Snapshot | None
    """Null while there is nothing to show."""


class Notice(TypedDict):
    """Something to say to the person that no row or reply says."""

    t: Literal["notice"]
    level: Literal["info", "warn", "error"]
    text: str


# ---------------------------------------------------------------- front to kernel
class Hello(TypedDict):
    """Sent on every render. With the epoch and revision of a replica that is still held, or nulls.

    It is always answered: with a snapshot, or with a delta from `rev`, an empty one when nothing is missing.
    """

    t: Literal["hello"]
    epoch: str | None
    rev: int | None


class Cmd(TypedDict):
    """One action. `name` and `args` are those of the command table; `rid` is the front end's own, unique there."""

    t: Literal["cmd"]
    rid: str
    name: str
    args: dict[str, Any]


class Resync(TypedDict):
    """A delta did not fit onto `rev`: send what is missing, or everything."""

    t: Literal["resync"]
    rev: int | None


class Body(TypedDict):
    """Send these samples whole. At most 100 ids."""

    t: Literal["body"]
    ids: list[str]


class Save(TypedDict):
    """Send what a notebook that is saved now should show without a kernel."""

    t: Literal["save"]


ToFront = Snapshot | Delta | Progress | Reply | Bodies | Saved | Notice
ToKernel = Hello | Cmd | Resync | Body | Save
