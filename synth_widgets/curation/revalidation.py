"""Revalidation: samples are checked under a changed task, and those whose status follows from it change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from synth_widgets.curation.verdicts import version_problem
from synth_widgets.records import Sample, Version
from synth_widgets.sample_status import Event, status_after
from synth_widgets.store.changes import SampleChanged, sample_change
from synth_widgets.task import Task


@dataclass(frozen=True, slots=True)
class Validation:
    """What a changed task says of a version: why it does not comply, or ``None`` when it does."""

    version: Version
    problem: str | None


def revalidate(samples: Iterable[Sample], task: Task) -> dict[str, Validation]:
    """Return, by id, the samples whose status a changed task changes. Runs the person's validators: on a worker."""
    validations: dict[str, Validation] = {}
    for sample in samples:
        if sample.status in {"kept", "draft"} or (sample.status == "failed" and sample.output is not None):
            version = sample.version
            problem = version_problem(version, task) or task.model_problem(version.input, version.output)
            if status_after(Event.TASK_CHANGED, sample, version, problem=problem)["status"] != sample.status:
                validations[sample.id] = Validation(version, problem)
    return validations


def status_change(sample: Sample, validation: Validation, task: Task) -> SampleChanged | None:
    """Return the change that `revalidate` asks for; a version that came since is checked by the schemas alone."""
    is_same = sample.version is validation.version
    problem = validation.problem if is_same else version_problem(sample.version, task)
    return sample_change(sample, **status_after(Event.TASK_CHANGED, sample, sample.version, problem=problem))
