"""The tree by hand: merge, move, guidance and targets, and what a running job does meanwhile."""

from __future__ import annotations

from itertools import pairwise

import pytest

from synth_widgets import errors
from synth_widgets.errors import StudioError, UnknownIdError
from synth_widgets.store.store import SLICE
from synth_widgets.testing import ScriptedCompleter
from tests.replica import Peer
from tests.tasks import PLAIN, give_way, until


def rows(*texts: str) -> list[dict[str, str]]:
    return [{"input": text, "output": f"About {text}."} for text in texts]


def test_a_merge_takes_samples_and_subtopics_over_and_makes_one_of_those_of_one_name(open_studio):
    studio = open_studio(task=PLAIN)
    studio.topics.load(
        {"Returns": {"Late": {"Parcels": {}}}, "Refunds": {"LATE": {"parcels": {}, "Mail": {}}, "Part": {}}}
    )
    studio.topics.set("Returns", guidance="Curt.", target=7)
    studio.topics.set("Refunds", guidance="Long.", target=3)
    studio.add_samples(rows("one"), topic="Refunds")
    studio.add_samples(rows("two"), topic=("Refunds", "LATE", "parcels"))
    studio.add_samples(rows("three"), topic=("Returns", "Late"))
    before = studio.topics.to_dict(), [s.topic for s in studio.samples]

    assert studio.topics.merge("Refunds", "Returns") == ("Returns",)
    assert studio.topics.to_dict() == {"Returns": {"Late": {"Parcels": {}, "Mail": {}}, "Part": {}}}
    assert [s.topic for s in studio.samples] == [("Returns",), ("Returns", "Late", "Parcels"), ("Returns", "Late")]
    stays = studio._state.find(("Returns",))
    assert (stays.guidance, stays.target) == ({"topics": "Curt.", "inputs": "Curt."}, 7)

    assert studio.undo().label == "Merge “Refunds” into “Returns”"
    assert (studio.topics.to_dict(), [s.topic for s in studio.samples]) == before
    studio.redo()
    assert len(studio.topics) == 5


def test_a_merge_into_the_parent_keeps_a_child_of_the_same_name_and_undoes(open_studio):
    studio = open_studio(task=PLAIN)
    studio.topics.load({"A": {"B": {"B": {"C": {}}}}})
    studio.add_samples(rows("outer"), topic=("A", "B"))
    studio.add_samples(rows("inner"), topic=("A", "B", "B"))
    studio.topics.merge(("A", "B"), "A")
    assert studio.topics.to_dict() == {"A": {"B": {"C": {}}}}
    assert [s.topic for s in studio.samples] == [("A",), ("A", "B")]
    assert studio.undo().skipped == ()
    assert studio.topics.to_dict() == {"A": {"B": {"B": {"C": {}}}}}
    assert studio.redo().skipped == ()
    assert [s.topic for s in studio.samples] == [("A",), ("A", "B")]


def test_a_topic_is_merged_into_the_root_and_no_topic_into_itself(open_studio):
    studio = open_studio(task=PLAIN)
    studio.topics.load({"A": {"B": {}}})
    for path, into in (("A", "A"), ("A", ("A", "B")), ((), "A")):
        with pytest.raises(StudioError, match="cannot be merged into"):
            studio.topics.merge(path, into)
    with pytest.raises(UnknownIdError, match="There is no topic"):
        studio.topics.merge("A", "Nowhere")
    assert studio.topics.merge("A", ()) == ()
    assert studio.topics.to_dict() == {"B": {}}


def test_a_merge_of_many_samples_is_one_step_and_other_commands_have_their_turn(open_studio, monkeypatch):
    studio = open_studio(task=PLAIN)
    studio.topics.add("A", "B")
    studio.add_samples(rows(*map(str, range(1500))), topic="A")
    peer = Peer(studio._core, studio)
    peer.hello()
    engine, store = studio._core.engine, studio._core.store
    turns, before_each, commit = 0, [], store.commit

    async def want() -> None:
        nonlocal turns
        while True:
            await give_way()
            turns += 1

    def noting(*arguments, **keywords):
        before_each.append(turns)
        return commit(*arguments, **keywords)

    monkeypatch.setattr(store, "commit", noting)
    wanting = engine.call(lambda: engine.spawn(want()))
    studio.topics.merge("A", "B")
    engine.call(wanting.cancel)
    assert len(before_each) >= 1500 / SLICE
    assert all(one < later for one, later in pairwise(before_each)), "a turn between any two slices"
    studio.flush()
    assert {s.topic for s in studio.samples} == {("B",)}
    assert len(peer.replica.rows["sample"]) == 1500
    assert list(studio.topics) == [("B",)]
    studio.undo()
    assert {s.topic for s in studio.samples} == {("A",)}
    assert studio.undo().label == "Add 1,500 samples"


def test_what_a_job_makes_for_a_topic_that_is_merged_goes_over_and_nothing_is_lost(open_studio):
    studio = open_studio(ScriptedCompleter(latency=0.02, chunk_delay=0.002, concurrency=3), PLAIN)
    studio.topics.load({"A": {"X": {}}, "B": {"X": {}}})
    job = studio.grow("A", depth=0, samples=60)
    until(lambda: len(studio.samples) > 10)
    studio.topics.merge("A", "B")
    result = job.wait(20)
    hidden = [s for s in studio._state.samples.values() if not studio._state.is_visible(s)]
    assert len(hidden) <= 24, "what was in the air for the topic that went, and no more"
    assert result.failed == 0
    assert {s.topic for s in studio.samples} == {("B", "X")}
    assert not [s for s in studio.samples if s.status == "pending"], "inputs that went over got their outputs"


def test_guidance_and_target_are_taken_away_by_none_and_left_alone_by_nothing(open_studio):
    studio = open_studio(task=PLAIN)
    studio.topics.add("A", guidance="Curt.", target=4)
    studio.topics.set("A")
    topic = studio._state.find(("A",))
    assert (topic.guidance, topic.target) == ({"topics": "Curt.", "inputs": "Curt."}, 4)
    studio.topics.set("A", target=None)
    studio.topics.set("A", guidance=None)
    topic = studio._state.find(("A",))
    assert (topic.guidance, topic.target) == ({}, None)
    for wrong in (0, 8.5, "few", True):
        with pytest.raises(StudioError, match="must be a whole number from 1 to 10,000"):
            studio.topics.set("A", target=wrong)


def test_a_move_onto_a_taken_name_says_what_would_do(open_studio):
    studio = open_studio(task=PLAIN)
    studio.topics.load({"A": {"X": {}}, "x": {}})
    with pytest.raises(StudioError, match=r"There is a topic 'X' under A already. merge\(\) makes one of the two."):
        studio.topics.move("x", "A")
    with pytest.raises(StudioError, match="A cannot be moved under A > X, which lies inside it"):
        studio.topics.move("A", ("A", "X"))


def test_what_is_typed_for_a_target_or_a_budget_is_read_and_what_is_none_is_told(open_studio):
    studio = open_studio(task=PLAIN)
    studio.topics.add("A")
    peer = Peer(studio._core, studio._of(studio._core))
    peer.hello()

    def target() -> int | None:
        return studio._state.find(("A",)).target

    assert peer.do("set_topic", path=["A"], target=" 1,200 ")["ok"] is None
    assert target() == 1200
    assert "'many' must be a whole number" in peer.do("set_topic", path=["A"], target="many")["error"]["message"]
    assert target() == 1200
    peer.do("set_topic", path=["A"], target="", guidance="Curt.")
    assert (target(), studio._state.find(("A",)).guidance) == (None, {"topics": "Curt.", "inputs": "Curt."})
    assert peer.do("move_topic", path=["A"], to=["A"])["error"]["kind"] == "StudioError"
    studio.topics.add("B")
    assert peer.do("merge_topic", path=["A"], to=["B"])["ok"] == ["B"]

    peer.do("set_budget", budget="$2.50")
    assert studio.budget == 2.5
    until(lambda: peer.replica.studio["budget"] == 2.5)
    assert peer.replica.studio["cost"] == "$0.00 of $2.50"
    assert "such as 1.50" in peer.do("set_budget", budget="a lot")["error"]["message"]
    peer.do("set_budget", budget="")
    assert studio.budget is None
    until(lambda: peer.replica.studio["share"] is None)


def test_only_leaves_under_half_of_their_target_are_filled(open_studio):
    model = ScriptedCompleter()
    studio = open_studio(model, PLAIN)
    studio.topics.add("Full", "Half", "Thin", "Free")
    for name, target, there in (("Full", 4, 4), ("Half", 4, 2), ("Thin", 4, 1), ("Free", None, 0)):
        studio.topics.set(name, target=target)
        if there:
            studio.add_samples(rows(*(f"{name} {n}" for n in range(there))), topic=name)
    assert studio.estimate("grow", thin=True).samples == 3
    assert studio.grow(thin=True).wait(10).added == 3
    counts = {name: studio._state.counts(studio._state.find((name,)).id)["draft"] for name in ("Half", "Thin", "Free")}
    assert counts == {"Half": 2, "Thin": 4, "Free": 0}
    sent = len(model.requests)
    assert studio.grow(thin=True).wait(10).added == 0
    assert len(model.requests) == sent


def test_a_wrong_path_in_a_great_tree_is_told_the_nearest_where_it_ends_without_a_look_at_all(open_studio, monkeypatch):
    studio = open_studio(task=PLAIN)
    studio.topics.add(*[(f"Area {n % 3}", f"Topic number {n}") for n in range(1200)])
    compared = []
    matches = errors.difflib.get_close_matches

    def counted(word, names, **kwargs):
        compared.append(len(names))
        return matches(word, names, **kwargs)

    monkeypatch.setattr(errors.difflib, "get_close_matches", counted)
    for wrong, right in (
        (("Area 1", "Topik number 1"), "'Area 1 > Topic number 1'"),
        (("Area 8",), "'Area \\d'"),
        (("Arae 1", "Topic number 1"), "'Area 1'"),
    ):
        with pytest.raises(UnknownIdError, match=f"Did you mean {right}"):
            studio.topics.rename(wrong, "x")
    assert max(compared) <= errors.MOST_COMPARED
