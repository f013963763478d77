"""Verdicts on many samples: Python acts on all it is given, and leaves what was decided before where that is asked."""

from __future__ import annotations

import pytest

import synth_widgets as sw
from synth_widgets.store.store import SLICE
from tests.replica import Peer
from tests.tasks import PLAIN


@pytest.fixture
def reviewed(open_studio):
    """A studio with a kept sample, one that was rejected for a reason, and two drafts; and their ids in this order."""
    studio = open_studio(task=PLAIN)
    ids = studio.add_samples([{"input": f"I am {n}.", "output": "Hello!"} for n in range(4)]).ids
    studio.keep(ids[0])
    studio.reject(ids[1], "Off topic")
    return studio, ids


def stands(studio: sw.Studio) -> list[tuple[str, str | None]]:
    return [(sample.status, sample.reason) for sample in studio.samples]


BEFORE = [("kept", None), ("rejected", "Off topic"), ("draft", None), ("draft", None)]


def test_python_acts_on_all_that_it_is_given(reviewed):
    studio, ids = reviewed
    assert studio.keep(ids) == {}
    assert stands(studio) == [("kept", None)] * 4
    assert studio.reject(ids, "Dull") is None
    assert stands(studio) == [("rejected", "Dull")] * 4


def test_where_it_is_asked_for_what_was_decided_stays_with_its_reason(reviewed):
    studio, ids = reviewed
    left = {ids[0]: "is kept already", ids[1]: "is rejected already"}
    assert studio.keep(ids, only_undecided=True) == left
    assert stands(studio) == [*BEFORE[:2], ("kept", None), ("kept", None)]
    assert studio.undo().label == "Keep 2"
    assert stands(studio) == BEFORE
    assert studio.reject(ids, "Dull", only_undecided=True) == left
    assert stands(studio) == [*BEFORE[:2], ("rejected", "Dull"), ("rejected", "Dull")]
    assert studio.undo().label == "Reject 2"
    assert stands(studio) == BEFORE


def test_what_was_decided_in_the_meantime_is_left_as_well(reviewed):
    studio, ids = reviewed
    peer = Peer(studio._core, sw.Studio._of(studio._core))
    peer.hello()
    studio.reject(ids[2], "By another hand")  # the page does not know it yet
    assert peer.do("keep", ids=ids[2:], only_undecided=True)["ok"] == {ids[2]: "is rejected already"}
    assert stands(studio)[2:] == [("rejected", "By another hand"), ("kept", None)]
    assert peer.do("reject", ids=ids, reason="Dull", only_undecided=True)["ok"].keys() == set(ids)
    assert peer.do("undo")["ok"]["label"] == "Keep 1", "what changed nothing is no step"
    assert peer.do("keep", ids=ids[:2])["ok"] == {}
    assert stands(studio)[:2] == [("kept", None)] * 2


def test_of_thousands_the_undecided_alone_are_one_step(open_studio):
    studio = open_studio(task=PLAIN)
    ids = studio.add_samples([{"input": f"I am {n}.", "output": "Hello!"} for n in range(3 * SLICE)]).ids
    studio.reject(ids[::3], "Off topic")
    assert studio.keep(ids, only_undecided=True).keys() == set(ids[::3])
    assert [sample.status for sample in studio.samples] == ["rejected", "kept", "kept"] * SLICE
    assert studio.undo().label == f"Keep {2 * SLICE}"
    assert [sample.status for sample in studio.samples] == ["rejected", "draft", "draft"] * SLICE
