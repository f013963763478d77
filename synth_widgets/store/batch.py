"""What one commit writes, and what it touched."""

from __future__ import annotations

from dataclasses import dataclass, field

from synth_widgets.records import Call, JobRecord, Json, Sample, Session, Topic, Version, WorkItem
from synth_widgets.store.state import Group
from synth_widgets.task import Task


@dataclass(slots=True)
class Batch:
    """The rows of one commit. Records are frozen, so they are serialised later, on the journal's thread.

    What most commits have none of is a tuple: thousands of them wait for the disk.

    Attributes:
        urgent: whether it is a person's, who waits, so that it is not held back to be gathered with others.
        settled: jobs of which no item is open any more.
        entries: log entries of the group, for undo.
        subtrees: topics that came or went, and with them all that is below.
        studio: whether something besides topics, samples and jobs changed.
    """

    rev: int
    at: float
    urgent: bool
    group: int | None = None
    topics: dict[str, Topic] = field(default_factory=dict)
    samples: dict[str, Sample] = field(default_factory=dict)
    versions: list[tuple[str, Version]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    sessions: tuple[Session, ...] = ()
    jobs: dict[str, JobRecord] = field(default_factory=dict)
    planned: tuple[WorkItem, ...] = ()
    finished: tuple[WorkItem, ...] = ()
    settled: tuple[str, ...] = ()
    settings: dict[str, Json] = field(default_factory=dict)
    tasks: tuple[tuple[int, Task], ...] = ()
    groups: tuple[Group, ...] = ()
    entries: list[list[Json]] = field(default_factory=list)
    subtrees: tuple[str, ...] = ()
    studio: bool = False
