"""The status of a sample, and what each event makes of it: the one table of transitions.

A status says what a person decided (``kept``, ``rejected``) or, where nobody has, what the version that the sample
shows is worth: ``failed`` when it does not comply with the task, ``pending`` without an output, else ``draft``. A kept
sample has an output that complies. Which version a sample shows is decided elsewhere (``curation``); every module that
changes a status asks this one for it:

>>> from synth_widgets.records import Version
>>> status_after(Event.OWN_ROW_ADDED, None, Version(1, "own", input="I am Ada.", output="Hello!"))
{'status': 'draft', 'reason': None}
>>> status_after(Event.ANSWERS_FAILED, None, Version(1, "generated", problem="input: it is too short"))
{'status': 'failed', 'reason': 'input: it is too short'}
"""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal, TypedDict

from synth_widgets.records import STATUSES, Sample, Status, Version


class Event(Enum):
    """What may happen to a sample."""

    INPUT_GENERATED = "a model made its input"
    OUTPUT_GENERATED = "a model made an output that complies"
    OUTPUT_REGENERATED = "a model made another output, and the status is still the one that it had when it was asked"
    ANSWERS_FAILED = "no answer of a model complied"
    OWN_ROW_ADDED = "a person added a row"
    INPUT_EDITED = "a person gave it another input, or went back to one"
    OUTPUT_EDITED = "a person gave it another output alone, or went back to one"
    KEPT = "a person kept it"
    REJECTED = "a person rejected it"
    RESTORED = "a person took the verdict back"
    PROPOSAL_ACCEPTED = "a person took the new version that waited"
    TASK_CHANGED = "its version was checked under a changed task"
    UNDONE = "undo or redo brought another status or version back, perhaps one without the other"


Outcome = Status | Literal["same", "own", "if fit"] | None
"""What an event makes of a status.

* a status: this one; an event that the version does not fit is refused.
* ``same``: the one before, with its reason.
* ``own``: the one that the version has of itself, as `own_status` says.
* ``if fit``: the one before, with its reason, where the version fits it; else ``own``.
* ``None``: the event cannot happen to such a sample.
"""

TABLE: Final[dict[Event, tuple[Outcome, Outcome, Outcome, Outcome, Outcome, Outcome]]] = {
    # to a sample that is     not there    pending     draft       kept        rejected    failed
    Event.INPUT_GENERATED:    ("pending",  "same",     "same",     "same",     "same",     "pending"),
    Event.OUTPUT_GENERATED:   (None,       "draft",    "same",     "same",     "same",     "draft"),
    Event.OUTPUT_REGENERATED: (None,       "draft",    "draft",    "same",     "draft",    "draft"),
    Event.ANSWERS_FAILED:     ("failed",   "failed",   "same",     "same",     "same",     "failed"),
    Event.OWN_ROW_ADDED:      ("own",      None,       None,       None,       None,       None),
    Event.INPUT_EDITED:       (None,       "own",      "own",      "own",      "own",      "own"),
    Event.OUTPUT_EDITED:      (None,       "draft",    "same",     "same",     "same",     "draft"),
    Event.KEPT:               (None,       "kept",     "kept",     "kept",     "kept",     "kept"),
    Event.REJECTED:           (None,       "rejected", "rejected", "rejected", "rejected", "rejected"),
    Event.RESTORED:           (None,       "same",     "same",     "own",      "own",      "same"),
    Event.PROPOSAL_ACCEPTED:  (None,       "draft",    "same",     "same",     "same",     "draft"),
    Event.TASK_CHANGED:       (None,       "same",     "if fit",   "if fit",   "same",     "if fit"),
    Event.UNDONE:             (None,       "if fit",   "if fit",   "if fit",   "same",     "same"),
}  # fmt: skip
"""The transitions: after a sample that the event makes, the statuses before stand in the order of `STATUSES`.

A reason goes with its status: a failed sample has the problem of its version, a rejected one the person's reason, and
the others have none.
"""


class Standing(TypedDict):
    """A status and its reason, as the fields of a sample."""

    status: Status
    reason: str | None


def status_after(
    event: Event, sample: Sample | None, version: Version, *, problem: str | None = None, reason: str | None = None
) -> Standing:
    """Return the status that follows from an event, and its reason.

    Args:
        event: what happens.
        sample: as it is before; ``None`` where the event makes it.
        version: the one that the sample shows afterwards.
        problem: why that version does not comply with the task as it is now. What the version itself says of it, from
            the time when it was made, counts without.
        reason: why a person rejects the sample.

    Raises:
        ValueError: the event cannot happen to such a sample, or not with such a version.
    """
    problem = problem or version.problem
    own = own_status(version, problem)
    outcome = TABLE[event][0 if sample is None else 1 + STATUSES.index(sample.status)]
    if outcome == "if fit":
        outcome = "same" if sample is not None and _fits(sample.status, own) else "own"
    status: Status | None
    match outcome:
        case "same" if sample is not None:
            return {"status": sample.status, "reason": sample.reason}
        case "same":
            status = None
        case "own":
            status = own
        case _:
            status = outcome
    if status is None or not _fits(status, own):
        was = "not there yet" if sample is None else sample.status
        raise ValueError(f"{event.name} cannot happen to a sample that is {was}, with a version that is {own}.")
    return {"status": status, "reason": {"failed": problem, "rejected": reason}.get(status)}


def own_status(version: Version, problem: str | None) -> Status:
    """Return the status that a version has of itself, while no person decides.

    >>> own_status(Version(1, "generated", input="I am Ada."), None)
    'pending'
    """
    return "failed" if problem else "pending" if version.output is None else "draft"


def _fits(status: Status, own: Status) -> bool:
    """Whether a sample may have a status, of whose version ``own`` is the status of itself."""
    return status in {own, "rejected"} or (status, own) == ("kept", "draft")
