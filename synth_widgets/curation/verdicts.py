"""Verdicts: which changes they become, and which samples they do not fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from synth_widgets.curation.sample_action import Criteria, Decide, Decision
from synth_widgets.errors import UnknownIdError
from synth_widgets.records import Sample, Status, Version
from synth_widgets.sample_status import Event, status_after
from synth_widgets.store.changes import sample_change
from synth_widgets.store.state import State
from synth_widgets.task import Task


def find(state: State, ids: Iterable[str]) -> list[Sample]:
    """Return visible samples by id.

    Raises:
        UnknownIdError: one is not there; nothing was changed.
    """
    found = []
    for ident in ids:
        sample = state.samples.get(ident)
        if sample is None or not state.is_visible(sample):
            gone = " It was removed; studio.undo() may bring it back." if sample is not None else ""
            raise UnknownIdError(f"There is no sample {ident!r}.{gone}")
        found.append(sample)
    return found


DECIDED: frozenset[Status] = frozenset({"kept", "rejected"})


def of_undecided(decide: Decide) -> Decide:
    """Return what decides in the same way, but leaves samples as they are that are kept or rejected already."""

    def decide_undecided(samples: Sequence[Sample], criteria: Criteria) -> Decision:
        left = {sample.id: f"is {sample.status} already" for sample in samples if sample.status in DECIDED}
        decision = decide([sample for sample in samples if sample.id not in left], criteria)
        return Decision(decision.changes, {**left, **decision.refused})

    return decide_undecided


def keep(samples: Sequence[Sample], criteria: Criteria) -> Decision:
    """Keep what complies; refuse the rest."""
    changes, refused = [], {}
    for sample in samples:
        if (reason := _refusal(sample, criteria)) is None:
            changes.append(sample_change(sample, **status_after(Event.KEPT, sample, sample.version), stale=False))
        else:
            refused[sample.id] = reason
    return Decision(changes, refused)


def reject(samples: Sequence[Sample], _criteria: Criteria, *, reason: str | None) -> Decision:
    """Reject samples of any status."""
    events = ((sample, status_after(Event.REJECTED, sample, sample.version, reason=reason)) for sample in samples)
    return Decision([sample_change(sample, **standing) for sample, standing in events])


def restore(samples: Sequence[Sample], criteria: Criteria) -> Decision:
    """Take a verdict back: draft, or pending without an output, or failed where the version does not comply."""
    changes = []
    for sample in samples:
        if sample.status in DECIDED:
            problem = _problem(sample.version, criteria)
            standing = status_after(Event.RESTORED, sample, sample.version, problem=problem)
            changes.append(sample_change(sample, **standing))
    return Decision(changes)


def _refusal(sample: Sample, criteria: Criteria) -> str | None:
    if sample.unfinished is not None:
        return f"has an unfinished edit: {sample.unfinished.get('problem')}"
    if problem := _problem(sample.version, criteria):
        return f"does not comply: {problem}"
    return "has no output yet; generate_outputs() makes it" if sample.output is None else None


def _problem(version: Version, criteria: Criteria) -> str | None:
    """Say why a version does not comply; with the schemas, one that was checked under this very task still does."""
    is_known = version.problem is None and version.task_version == criteria.task_version and version.origin != "own"
    return criteria.check(version) if is_known else problem_by(version, criteria)


def problem_by(version: Version, criteria: Criteria) -> str | None:
    """Say why a version does not comply, or ``None``."""
    said = version.problem if criteria.is_whole else version_problem(version, criteria.task)
    return said or criteria.check(version)


def version_problem(version: Version, task: Task) -> str | None:
    """Say why a version does not comply with a task's schemas, or ``None``."""
    if version.problem is not None:
        return version.problem
    for part, problem in (("input", task.input_problem), ("output", task.output_problem)):
        value = version.input if part == "input" else version.output
        if value is not None and (said := problem(value)):
            return f"{part}: {said}"
    return None
