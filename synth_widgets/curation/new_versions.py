"""Where a new version goes: it becomes the current one, waits as a proposal, or only joins the history.

A sample that has an output is never made worse by a call: until a whole, valid version is there, it stays as it is.
"""

from __future__ import annotations

from synth_widgets.records import Sample, Version
from synth_widgets.sample_status import Event, status_after
from synth_widgets.store.changes import SampleChanged, sample_change


def base_of(sample: Sample) -> Version:
    """Return the version whose input the next output is for: one that waits for its output, else the current one."""
    new = sample.version_of(sample.proposal)
    return new if new is not None and new.output is None else sample.version


def input_change(sample: Sample, version: Version) -> SampleChanged | None:
    """Return the change that a new input of an existing sample is."""
    if sample.output is not None:
        return sample_change(sample, version=version, proposal=version.n)  # waits for its output
    standing = status_after(Event.INPUT_GENERATED, sample, version)
    return sample_change(sample, version=version, current=version.n, **standing)


def output_change(sample: Sample, at_request: Sample, version: Version) -> SampleChanged | None:
    """Return the change that an answer is.

    Args:
        sample: the sample as it is now; a person may have decided on it or edited it while the model wrote.
        at_request: the sample as it was when the model was asked.
        version: what came; with a problem when it does not comply.
    """
    is_open = sample.status in {"pending", "failed"}
    is_regenerated = at_request.output is not None
    if version.problem is not None and not (is_open and not is_regenerated and sample.current == at_request.current):
        waiting = sample.proposal == at_request.proposal and base_of(at_request) is not at_request.version
        return sample_change(sample, version=version, **({"proposal": None} if waiting else {}))
    if version.problem is not None:
        standing = status_after(Event.ANSWERS_FAILED, sample, version)
        return sample_change(sample, version=version, current=version.n, **standing)
    if is_regenerated and (sample.status == "kept" or sample.current != at_request.current):
        return sample_change(sample, version=version, proposal=version.n)
    event = (
        Event.OUTPUT_REGENERATED if is_regenerated and sample.status == at_request.status else Event.OUTPUT_GENERATED
    )
    standing = status_after(event, sample, version)
    return sample_change(sample, version=version, current=version.n, proposal=None, stale=False, **standing)


def without_output(sample: Sample | None) -> SampleChanged | None:
    """Return the change that it is when no output comes: a new input that waits for one does so no longer."""
    if sample is None or base_of(sample) is sample.version:
        return None
    return sample_change(sample, proposal=None)
