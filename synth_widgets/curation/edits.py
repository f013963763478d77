"""A person's own words on samples: edits, stars, tags, and the choice between two versions; as changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from synth_widgets.curation.sample_action import Criteria, Decision
from synth_widgets.curation.verdicts import problem_by
from synth_widgets.errors import StudioError
from synth_widgets.jsonable import plain
from synth_widgets.records import Json, Sample, Version
from synth_widgets.sample_status import Event, status_after
from synth_widgets.store.changes import SampleChanged, sample_change
from synth_widgets.task import Task
from synth_widgets.text.normal import MAX_DEPTH, TooDeepError, same


class _Absent:
    """Stands for an argument that was left out, where ``None`` would be a value."""

    def __repr__(self) -> str:
        return "…"


ABSENT: Final[Any] = _Absent()


@dataclass(frozen=True, slots=True)
class Edit:
    """What a sample would hold after an edit.

    Attributes:
        input, output: whole values; ``None`` where there is none.
        new_input, new_output: whether they differ from the current version.
    """

    input: Json
    output: Json
    new_input: bool
    new_output: bool


def edit_of(sample: Sample, *, input: Json = ABSENT, output: Json = ABSENT) -> Edit:
    """Put an edit together: what was given, else what an unfinished edit holds, else the current version."""
    version = sample.version
    held: Mapping[str, Json] = sample.unfinished or {}
    new_input = held.get("input", version.input) if input is ABSENT else input
    new_output = held.get("output", version.output) if output is ABSENT else output
    return Edit(new_input, new_output, not same(new_input, version.input), not same(new_output, version.output))


def problem_of(edit: Edit, task: Task) -> str | None:
    """Say why an edit does not comply, or ``None``. Runs the person's validators: call it on a worker.

    A part that stays is checked too: the task may have changed since, and the new version vouches for all of it.
    """
    if not edit.new_input and not edit.new_output:
        return None
    if edit.input is None:
        return "input: there is none yet"
    for name, value, check in (("input", edit.input, task.input_problem), ("output", edit.output, task.output_problem)):
        if value is not None and (problem := check(value)):
            return f"{name}: {problem}"
    return task.model_problem(edit.input, edit.output)


def edit_change(
    sample: Sample, edit: Edit, problem: str | None, *, task_version: int, created: float
) -> SampleChanged | None:
    """Return the change that an edit is: a new version, or an unfinished edit beside the current one."""
    if problem is not None:
        unfinished = {"input": edit.input, "output": edit.output, "problem": problem}
        return sample_change(sample, unfinished=unfinished)
    if not edit.new_input and not edit.new_output:
        return sample_change(sample, unfinished=None)
    old = sample.version
    version = Version(
        sample.versions[-1].n + 1, "edited", edit.input, edit.output, task_version=task_version, calls=old.calls,
        created=created,
    )  # fmt: skip
    event = Event.INPUT_EDITED if edit.new_input or edit.output is None else Event.OUTPUT_EDITED
    return sample_change(
        sample,
        version=version,
        current=version.n,
        **status_after(event, sample, version),
        stale=_stale_after(sample, edit),
        unfinished=None,
    )


def _stale_after(sample: Sample, edit: Edit) -> bool:
    if edit.new_output or edit.output is None:
        return False
    return edit.new_input or sample.stale


def revert(samples: Sequence[Sample], criteria: Criteria, *, n: int) -> Decision:
    """Make a version of samples the current one again, where it complies.

    It is what an edit to the same values would be: another output leaves the status, another input makes a draft. An
    output that was carried over from another input comes back as what it was, a stale draft. A whole new version that
    waits is declined, because this one was chosen; an unfinished edit stays.

    Raises:
        StudioError: a sample has no such version.
    """
    changes, refused = [], {}
    for sample in samples:
        version = sample.version_of(n)
        if version is None:
            has = ", ".join(str(each.n) for each in sample.versions)
            raise StudioError(f"The sample {sample.id} has no version {n}. It has: {has}.")
        if n != sample.current and (reason := _refusal(sample, version, criteria)) is not None:
            refused[sample.id] = reason
        else:
            changes.append(_to_version(sample, version))
    return Decision(changes, refused)


def _refusal(sample: Sample, version: Version, criteria: Criteria) -> str | None:
    if version.output is None and sample.output is not None:
        return f"version {version.n} has no output"
    if problem := problem_by(version, criteria):
        return f"version {version.n} does not comply: {problem}"
    return None


def _to_version(sample: Sample, version: Version) -> SampleChanged | None:
    choice: dict[str, Json] = {"proposal": None} if sample.is_proposed else {}
    if version.n == sample.current:
        return sample_change(sample, **choice)
    stale = _is_carried_over(version, sample)
    is_output = version.output is not None and same(version.input, sample.input) and not stale
    standing = status_after(Event.OUTPUT_EDITED if is_output else Event.INPUT_EDITED, sample, version)
    return sample_change(sample, current=version.n, **standing, stale=stale, **choice)


def _is_carried_over(version: Version, sample: Sample) -> bool:
    """Whether a person changed the input alone, so that the output is still that of another one."""
    twins = [v for v in sample.versions if v.n < version.n and same(v.output, version.output)]
    is_edit = version.origin == "edited" and version.output is not None
    return is_edit and bool(twins) and not any(same(v.input, version.input) for v in twins)


def rate(
    samples: Sequence[Sample], _criteria: Criteria, *, stars: int | None, requirements: Mapping[str, int | None]
) -> Decision:
    """Give samples stars, overall and by requirement; ``None`` takes them back, ``ABSENT`` lets them be."""
    changes = []
    for sample in samples:
        ratings = {k: v for k, v in {**sample.ratings, **requirements}.items() if v is not None}
        overall = sample.stars if stars is ABSENT else stars
        changes.append(sample_change(sample, stars=overall, ratings=ratings))
    return Decision(changes)


def tag(
    samples: Sequence[Sample], _criteria: Criteria, *, add: Iterable[str] = (), remove: Iterable[str] = ()
) -> Decision:
    """Add tags to samples and take tags away."""
    new, gone = tuple(add), frozenset(remove)
    tags = ((s, tuple(dict.fromkeys(t for t in (*s.tags, *new) if t not in gone))) for s in samples)
    return Decision([sample_change(sample, tags=after) for sample, after in tags])


def accept(samples: Sequence[Sample], criteria: Criteria) -> Decision:
    """Make proposals the current versions, where they comply."""
    changes, refused = [], {}
    for sample in samples:
        new = sample.version_of(sample.proposal)
        if new is None or new.output is None:
            refused[sample.id] = "has no new version to take"
        elif problem := problem_by(new, criteria):
            refused[sample.id] = f"the new version does not comply: {problem}"
        else:
            standing = status_after(Event.PROPOSAL_ACCEPTED, sample, new)
            changes.append(sample_change(sample, current=new.n, proposal=None, stale=False, **standing))
    return Decision(changes, refused)


def decline(samples: Sequence[Sample], _criteria: Criteria) -> Decision:
    """Let proposals go; they stay among the versions."""
    return Decision([sample_change(sample, proposal=None) for sample in samples])


def plain_json(value: Json, what: str) -> Json:
    """Return a person's value as plain JSON whose texts can be stored, as `jsonable.plain` makes it.

    Raises:
        StudioError: it is none, or nested too deep.
    """
    try:
        return plain(value, strict=True)
    except TooDeepError:
        raise StudioError(f"The {what} is nested deeper than {MAX_DEPTH} levels.") from None
    except ValueError as error:
        raise StudioError(f"The {what} is not plain JSON: {error}.") from None
