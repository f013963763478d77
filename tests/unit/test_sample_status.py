"""The table of a sample's status: each event at each status has an outcome or is refused, and which ones there are."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from synth_widgets.records import STATUSES, Sample, Status, Version
from synth_widgets.sample_status import TABLE, Event, own_status, status_after

INPUT = Version(1, "generated", input="in")
WHOLE = Version(1, "generated", input="in", output="out")
WRONG = Version(1, "generated", input="in", problem="output: it is too long")
VERSIONS = {"pending": INPUT, "draft": WHOLE, "failed": WRONG}
"""A version for each status that a version has of itself."""
REASONS: dict[Status, str | None] = {"failed": "output: it was no JSON", "rejected": "Dull"}


def standing(status: Status) -> Sample:
    """Return a sample of a status, with a reason where such a sample has one."""
    version = VERSIONS[{"kept": "draft", "rejected": "draft"}.get(status, status)]
    return Sample("s", "t", "", "own", status, REASONS.get(status), current=1, versions=(version,))


def outcomes(event: Event, before: Status | None, **given: str) -> set[Status]:
    """Return what a status may become by an event, whatever the version; a version that does not fit is refused."""
    found: set[Status] = set()
    for version in VERSIONS.values():
        try:
            found.add(status_after(event, standing(before) if before else None, version, **given)["status"])
        except ValueError:
            continue
    return found


def test_the_table_has_every_event_and_every_status():
    assert set(TABLE) == set(Event)
    assert {len(row) for row in TABLE.values()} == {1 + len(STATUSES)}
    assert all("same" != row[0] != "if fit" for row in TABLE.values()), "what is not there has no status to stay at"


@pytest.mark.parametrize(("event", "before"), [*product(Event, (None, *STATUSES))])
def test_each_event_at_each_status_has_an_outcome_or_is_refused(event, before):
    outcome = TABLE[event][0 if before is None else 1 + STATUSES.index(before)]
    assert bool(outcomes(event, before)) == (outcome is not None)


@pytest.mark.parametrize(("event", "before", "own"), [*product(Event, (None, *STATUSES), VERSIONS)])
def test_a_status_that_changes_fits_its_version_and_a_reason_its_status(event, before, own):
    sample = standing(before) if before else None
    try:
        after = status_after(event, sample, VERSIONS[own], reason="Off topic")
    except ValueError:
        return
    if sample is not None and after["status"] == before and after["reason"] == sample.reason:
        return
    fitting = {"rejected", own} | ({"kept"} if own == "draft" else set())
    assert after["status"] in fitting
    assert after["reason"] == {"failed": WRONG.problem, "rejected": "Off topic"}.get(after["status"])


RULES: dict[Event, tuple[str, ...]] = {
    Event.INPUT_GENERATED: ("pending", "draft", "kept", "rejected", "pending"),
    Event.OUTPUT_GENERATED: ("draft", "draft", "kept", "rejected", "draft"),
    Event.OUTPUT_REGENERATED: ("draft", "draft", "kept", "draft", "draft"),
    Event.ANSWERS_FAILED: ("failed", "draft", "kept", "rejected", "failed"),
    Event.INPUT_EDITED: ("pending draft failed",) * 5,
    Event.OUTPUT_EDITED: ("draft", "draft", "kept", "rejected", "draft"),
    Event.KEPT: ("kept",) * 5,
    Event.REJECTED: ("rejected",) * 5,
    Event.RESTORED: ("pending", "draft", "pending draft failed", "pending draft failed", "failed"),
    Event.PROPOSAL_ACCEPTED: ("draft", "draft", "kept", "rejected", "draft"),
    Event.TASK_CHANGED: ("pending", "pending draft failed", "pending kept failed", "rejected", "pending draft failed"),
    Event.UNDONE: ("pending draft failed", "pending draft failed", "pending kept failed", "rejected", "failed"),
}
"""By event, what may follow from pending, draft, kept, rejected, failed: written out, without the table's own words."""


@pytest.mark.parametrize("event", RULES)
def test_from_each_status_those_can_be_reached_that_the_rules_name(event):
    reached = tuple(outcomes(event, before) for before in STATUSES)
    assert reached == tuple(set(statuses.split()) for statuses in RULES[event])


@pytest.mark.parametrize("event", Event)
def test_a_sample_begins_pending_failed_or_as_a_draft(event):
    begins = {
        Event.INPUT_GENERATED: {"pending"},
        Event.ANSWERS_FAILED: {"failed"},
        Event.OWN_ROW_ADDED: {"pending", "draft", "failed"},
    }
    assert outcomes(event, None) == begins.get(event, set())


@pytest.mark.parametrize("before", STATUSES)
def test_only_what_complies_and_has_an_output_is_kept(before):
    sample = standing(before)
    assert status_after(Event.KEPT, sample, WHOLE) == {"status": "kept", "reason": None}
    for version, problem in ((INPUT, None), (WRONG, None), (WHOLE, "output: it is out of date")):
        with pytest.raises(ValueError, match="KEPT cannot happen"):
            status_after(Event.KEPT, sample, version, problem=problem)


def test_the_verdict_taken_back_shows_what_the_version_is_worth():
    rejected = standing("rejected")
    assert status_after(Event.RESTORED, rejected, WRONG) == {"status": "failed", "reason": WRONG.problem}
    assert status_after(Event.RESTORED, rejected, INPUT) == {"status": "pending", "reason": None}
    assert status_after(Event.RESTORED, rejected, WHOLE) == {"status": "draft", "reason": None}
    late = status_after(Event.RESTORED, standing("kept"), WHOLE, problem="output: no longer")
    assert late == {"status": "failed", "reason": "output: no longer"}


def test_a_task_that_changes_takes_no_verdict_back_that_still_holds_and_no_rejection():
    assert status_after(Event.TASK_CHANGED, standing("kept"), WHOLE) == {"status": "kept", "reason": None}
    assert status_after(Event.TASK_CHANGED, standing("rejected"), WRONG) == {"status": "rejected", "reason": "Dull"}
    again = status_after(Event.TASK_CHANGED, replace(standing("failed"), versions=(WHOLE,)), WHOLE)
    assert again == {"status": "draft", "reason": None}
    still = status_after(Event.TASK_CHANGED, standing("failed"), WHOLE, problem="output: another fault")
    assert still == {"status": "failed", "reason": REASONS["failed"]}, "it failed before, and says of what"


def test_who_rejects_again_gives_the_reason_anew():
    after = status_after(Event.REJECTED, standing("rejected"), WHOLE, reason="Off topic")
    assert after == {"status": "rejected", "reason": "Off topic"}


@pytest.mark.parametrize(("own", "version"), [*VERSIONS.items()])
def test_of_itself_a_version_is_pending_a_draft_or_failed(own, version):
    assert own_status(version, version.problem) == own
