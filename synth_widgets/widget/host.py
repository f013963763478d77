"""What the widget needs from a studio. It knows no more of it than this."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Protocol

from synth_widgets.engine import Engine
from synth_widgets.records import Call, JobRecord, Sample, Topic
from synth_widgets.task import Task


class GroupLike(Protocol):
    """Something that undo or redo would turn."""

    @property
    def label(self) -> str: ...


class StateLike(Protocol):
    """The state, to read."""

    topics: dict[str, Topic]
    samples: dict[str, Sample]
    calls: dict[str, Call]
    jobs: dict[str, JobRecord]
    items: Mapping[str, Mapping[Any, Any]]
    settings: Mapping[str, Any]
    hidden: set[str]
    rev: int

    def is_visible(self, sample: Sample) -> bool: ...
    def visible_samples(self) -> list[Sample]: ...
    def next_undo(self) -> GroupLike | None: ...
    def next_redo(self) -> GroupLike | None: ...


class CommitLike(Protocol):
    """What a commit touched, as it stood right after it. ``None``: no longer visible."""

    @property
    def rev(self) -> int: ...
    @property
    def topics(self) -> Mapping[str, Topic | None]: ...
    @property
    def samples(self) -> Mapping[str, Sample | None]: ...
    @property
    def jobs(self) -> Mapping[str, JobRecord]: ...
    @property
    def owed(self) -> Mapping[str, int]: ...
    @property
    def studio(self) -> bool: ...


class StoreLike(Protocol):
    """The store, to hear of commits and to wait for the disk."""

    epoch: str
    held_by: str | None
    trouble: str | None

    @property
    def state(self) -> StateLike: ...
    def listen(self, listener: Callable[[Sequence[Any]], None]) -> Callable[[], None]: ...
    def saved(self, rev: int | None = None) -> Future[None]: ...
    def raw(self, calls: Iterable[str]) -> Future[dict[str, str | None]]: ...


class JobLike(Protocol):
    """A running job's handle."""

    id: str

    @property
    def progress(self) -> Any: ...


class Host(Protocol):
    """What lives behind all studios of one file."""

    engine: Engine
    path: Any
    task: Task
    session: Any
    closed: bool
    on_progress: list[Callable[[Any], None]]
    on_close: list[Callable[[], None]]

    @property
    def store(self) -> StoreLike: ...
    def model_name(self, step: str = "default") -> str: ...
