"""What a person does to samples, as a value: one shape for a verdict, a rating, a tag and the choice of a version."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from synth_widgets.records import Sample, Version
from synth_widgets.store.changes import SampleChanged
from synth_widgets.task import Task

VersionCheck = Callable[[Version], str | None]
"""Says why the person's own validators refuse a version, or ``None``; they ran on a worker before, see `Validators`."""


def no_objection(_version: Version) -> None:
    """Check nothing: the task has no validators of the person's own."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """What samples are judged by.

    Attributes:
        task: the task, whose schemas a version must comply with.
        task_version: its number.
        check: what the person's own validators said of a version.
        is_whole: whether ``check`` also says what the schemas say, because that may take long.
    """

    task: Task
    task_version: int
    check: VersionCheck = no_objection
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of samples.

    Attributes:
        changes: of those that change; ``None`` where one is already as it should be.
        refused: why the others stay as they are, by id.
    """

    changes: Sequence[SampleChanged | None]
    refused: Mapping[str, str] = field(default_factory=dict)


Decide = Callable[[Sequence[Sample], Criteria], Decision]
"""Decides what becomes of samples. Pure: it is called with some samples after the other, as they are then."""


@dataclass(frozen=True, slots=True)
class SampleAction:
    """One thing that a person does to samples: one step to undo.

    Attributes:
        label: names the step; ``{n}`` stands for how many samples were not refused.
        decide: what becomes of them.
        validated: which version of a sample the person's own validators are asked about beforehand; ``None``: none is.

    >>> SampleAction("Keep {n}", lambda samples, criteria: Decision([])).named(3)
    'Keep 3'
    """

    label: str
    decide: Decide
    validated: Callable[[Sample], Version | None] | None = None

    def named(self, n: int) -> str:
        """Return the step's name where it was about so many samples."""
        return self.label.format(n=n)
