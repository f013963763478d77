"""Every message on the wire between kernel and browser.

``js/src/protocol.gen.ts`` is made from these types by ``python -m synth_widgets.widget.typescript``; a test
holds the two together. Field names are the words of the records; the rows that messages carry are in ``replica.py``.

Front to kernel: `Hello` on every render, `Cmd` for each action, `Resync` after a gap, `Body` for whole samples, `Save`
for what a saved notebook would show. Kernel to front: `Snapshot` in pages, then `Delta` with rising revisions;
`Progress`, which may be lost; one `Reply` per `Cmd`; `Bodies`; `Saved`; `Notice`.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from synth_widgets.widget.replica import JobRow, SampleRow, StudioView, TaskView, TopicRow

PROTOCOL = 2
"""Raised when a message changes in a way that an older front end cannot read."""


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


class EstimateView(TypedDict):
    """What a run would send, at least and at most, and bring; `figures` say it, with label and tooltip."""

    calls: list[int]
    prompt_tokens: list[int]
    completion_tokens: list[int]
    cost: list[float] | None
    topics: int
    samples: int
    models: list[str]
    figures: list[list[str]]


class WireError(TypedDict):
    """What went wrong and what to do, in words for a person.

    `estimate`: nothing was sent, for a person has to confirm this first. The command is sent again with it then.
    """

    message: str
    kind: str
    estimate: NotRequired[EstimateView]


class Reply(TypedDict):
    """The answer to the `Cmd` with this `rid`: `ok`, the method's result, or `error`."""

    t: Literal["reply"]
    rid: str
    ok: NotRequired[Any]
    error: NotRequired[WireError]


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
    """The answer to `Body`. An id that is not there has no entry; none is older than a row that was sent before."""

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
