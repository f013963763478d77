"""What must hold after any sequence of commands: undo and redo, deltas, the file, topping up."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import synth_widgets as sw
from synth_widgets.errors import StudioError
from synth_widgets.testing import ScriptedCompleter
from tests.replica import Peer
from tests.tasks import TRIAGE

NAMES = ("Billing", "Delivery", "billing", "Account")
PICK = st.integers(0, 30)
GUIDANCE = st.sampled_from((None, "", "Curt.", {"outputs": "Formal."}, {"all": "Kind.", "inputs": "Curt."}))

EDITS: dict[str, dict[str, Any]] = {
    "output": {"output": {"kind": "a", "note": "by hand"}},
    "input": {"input": "by hand"},
    "invalid": {"output": {"kind": "z"}},
    "both": {"input": "by another hand", "output": {"kind": "b", "note": "by another hand"}},
}
COMMANDS = st.one_of(
    st.tuples(st.just("add"), st.lists(st.sampled_from(NAMES), min_size=1, max_size=3)),
    st.tuples(st.just("remove"), PICK),
    st.tuples(st.just("rename"), PICK, st.sampled_from(NAMES)),
    st.tuples(st.sampled_from(("move", "merge")), PICK, PICK),
    st.tuples(st.just("set"), PICK, GUIDANCE, st.sampled_from((None, 1, 5))),
    st.tuples(st.just("guide"), st.text(max_size=5) | GUIDANCE),
    st.tuples(st.just("grow"), PICK, st.integers(0, 1), st.booleans()),
    st.tuples(st.sampled_from(("keep", "reject", "restore")), st.lists(PICK, min_size=1, max_size=4)),
    st.tuples(st.just("edit"), PICK, st.sampled_from(("output", "input", "invalid", "both"))),
    st.tuples(st.just("revert"), PICK, st.integers(0, 5)),
    st.tuples(st.just("rate"), PICK, st.sampled_from((None, 1, 5))),
    st.tuples(st.just("tag"), PICK, st.sampled_from(("hard", "bug"))),
    st.tuples(st.just("regenerate"), PICK, st.sampled_from(("output", "input"))),
    st.tuples(st.sampled_from(("accept", "decline")), st.lists(PICK, min_size=1, max_size=4)),
    st.tuples(st.sampled_from(("undo", "redo"))),
)
SEQUENCES = st.lists(COMMANDS, max_size=14)
LAWS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def perform(studio: sw.Studio, command: tuple[Any, ...]) -> None:
    """Do one command; those that fit nothing that is there do nothing."""
    paths = studio.topics.paths()
    ids = [sample.id for sample in studio.samples]
    match command:
        case ("add", names):
            studio.topics.add(tuple(names))
        case ("remove", n) if paths:
            studio.topics.remove(paths[n % len(paths)])
        case ("rename", n, name) if paths:
            path = paths[n % len(paths)]
            taken = {other[-1].casefold() for other in paths if other[:-1] == path[:-1] and other != path}
            if name.casefold() not in taken:
                studio.topics.rename(path, name)
        case (("move" | "merge") as verb, n, m) if paths:
            with suppress(StudioError):  # a taken name, or into itself
                getattr(studio.topics, verb)(paths[n % len(paths)], [(), *paths][m % (len(paths) + 1)])
        case ("set", n, guidance, target) if paths:
            studio.topics.set(paths[n % len(paths)], guidance=guidance, target=target)
        case ("guide", text):
            studio.set_guidance(text)
        case ("grow", n, depth, outputs):
            under = paths[n % len(paths)] if paths else ()
            studio.grow(under, depth=depth, topics=2, samples=2, outputs=outputs).wait(20)
        case ("undo",):
            studio.undo()
        case ("redo",):
            studio.redo()
        case _ if ids:
            review(studio, ids, command)


def review(studio: sw.Studio, ids: list[str], command: tuple[Any, ...]) -> None:
    """Do one command that is about samples."""
    match command:
        case ("edit", n, what):
            studio.edit(ids[n % len(ids)], **EDITS[what])
        case ("revert", n, which):
            versions = studio.samples[ids[n % len(ids)]].versions
            studio.revert(ids[n % len(ids)], versions[which % len(versions)].n)
        case ("rate", n, stars):
            studio.rate(ids[n % len(ids)], stars)
        case ("tag", n, tag):
            studio.tag(ids[n % len(ids)], tag)
        case ("regenerate", n, part):
            studio.regenerate(ids[n % len(ids)], part=part).wait(20)
        case (("keep" | "reject" | "restore" | "accept" | "decline") as verb, picks):
            getattr(studio, verb)(list({ids[n % len(ids)] for n in picks}))
        case _:
            pass


def visible(studio: sw.Studio) -> dict[str, Any]:
    """Return what a person sees of a studio, whatever the ids of versions and calls behind it."""
    state = studio._state
    return {
        "topics": {state.path(t.id): (t.guidance, t.target) for t in state.topics.values() if t.id not in state.hidden},
        "samples": {
            s.id: (
                *(state.path(s.topic), s.status, s.input, s.output, s.reason, s.tags, s.stars, s.stale),
                *(s.unfinished, s.is_proposed),
            )
            for s in state.visible_samples()
        },
        "guidance": studio.guidance,
    }


@pytest.fixture
def studio_in(tmp_path: Path):
    """Make studios, and close them in the end."""
    made: list[sw.Studio] = []

    def make(path: Path | str = ":memory:", model: Any = None, **kwargs: Any) -> sw.Studio:
        studio = sw.Studio(TRIAGE, path=path, model=model or ScriptedCompleter(), **kwargs)
        made.append(studio)
        return studio

    yield make
    for studio in made:
        studio.close()


@LAWS
@given(commands=SEQUENCES)
def test_undoing_everything_gives_the_start_and_redoing_everything_the_end(commands, studio_in):
    studio = studio_in()
    start = visible(studio)
    for command in commands:
        perform(studio, command)
    while studio.redo() is not None:
        pass
    end = visible(studio)
    while studio.undo() is not None:
        pass
    assert visible(studio) == start
    while studio.redo() is not None:
        pass
    assert visible(studio) == end
    studio.close()


TREES = st.recursive(
    st.just({}), lambda below: st.dictionaries(st.sampled_from(("A", "a", "B", "C")), below, max_size=3), max_leaves=8
)
TREE_COMMANDS = st.one_of(
    st.tuples(st.just("add"), st.lists(st.sampled_from(("A", "b", "C")), min_size=1, max_size=3)),
    st.tuples(st.just("remove"), PICK),
    st.tuples(st.just("rename"), PICK, st.sampled_from(("A", "B", "c"))),
    st.tuples(st.sampled_from(("move", "merge")), PICK, PICK),
    st.tuples(st.just("set"), PICK, GUIDANCE, st.sampled_from((None, 1, 5))),
    st.tuples(st.sampled_from(("undo", "redo"))),
)


@settings(LAWS, max_examples=200)
@given(tree=TREES, commands=st.lists(TREE_COMMANDS, min_size=1, max_size=10))
def test_whatever_is_done_to_a_tree_undoes_and_loses_no_sample(tree, commands, studio_in):
    studio = studio_in()
    studio.topics.load(tree)
    for number, path in enumerate([(), *studio.topics.paths()]):
        studio.add_samples([{"input": f"number {number}"}], topic=path)
    peer = Peer(studio._core, studio)
    peer.hello()
    everything = {sample.id for sample in studio.samples}
    for command in commands:
        before = visible(studio)
        perform(studio, command)
        names = [(*above, name.casefold()) for *above, name in studio.topics.paths()]
        assert len(names) == len(set(names))
        if command[0] == "merge":
            assert set(visible(studio)["samples"]) == set(before["samples"])
        if visible(studio) != before and command[0] not in {"undo", "redo"}:
            after = visible(studio)
            assert studio.undo().skipped == ()
            assert visible(studio) == before
            assert studio.redo().skipped == ()
            assert visible(studio) == after
    studio.flush()
    fresh = Peer(studio._core, studio)
    fresh.hello()
    assert peer.replica.visible() == fresh.replica.visible()
    assert everything == set(studio._state.samples)
    studio.close()


@LAWS
@given(commands=SEQUENCES)
def test_replayed_deltas_equal_a_fresh_snapshot(commands, studio_in):
    studio = studio_in()
    first = Peer(studio._core, studio)
    first.hello()
    for command in commands:
        perform(studio, command)
    studio.flush()
    second = Peer(studio._core, studio)
    second.hello()
    assert first.replica.gaps == 0
    assert first.replica.rev == second.replica.rev
    assert first.replica.visible() == second.replica.visible()
    studio.close()


@settings(LAWS, max_examples=30)
@given(commands=SEQUENCES)
def test_what_was_saved_and_opened_again_is_the_same(commands, studio_in, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "a.synth"
    studio = studio_in(path)
    for command in commands:
        perform(studio, command)
    before, undo = visible(studio), studio._state.next_undo()
    studio.close()
    again = studio_in(path)
    assert visible(again) == before
    assert again._state.next_undo() == undo
    while again.undo() is not None:
        pass
    assert visible(again)["samples"] == {}
    again.close()


@LAWS
@given(commands=SEQUENCES, depth=st.integers(0, 2), outputs=st.booleans())
def test_growing_twice_adds_nothing(commands, depth, outputs, studio_in):
    studio = studio_in()
    for command in commands:
        perform(studio, command)
    studio.grow(depth=depth, topics=2, samples=2, outputs=outputs).wait(20)
    once = visible(studio)
    result = studio.grow(depth=depth, topics=2, samples=2, outputs=outputs).wait(20)
    assert (result.added, result.failed, result.dropped) == (0, 0, 0)
    assert visible(studio) == once
    studio.close()


@settings(LAWS, max_examples=20)
@given(commands=SEQUENCES, more=SEQUENCES)
def test_commands_amid_running_jobs_leave_views_file_and_memory_the_same(commands, more, studio_in, tmp_path_factory):
    path = tmp_path_factory.mktemp("amid") / "a.synth"
    studio = studio_in(path, ScriptedCompleter(latency=0.004, chunk_delay=0.001, concurrency=2))
    first = Peer(studio._core, studio)
    first.hello()
    jobs = [studio.grow(depth=1, topics=2, samples=2)]
    for command in commands:
        perform(studio, command)
    if ids := [sample.id for sample in studio.samples]:
        jobs += [studio.regenerate(ids, part="input"), studio.regenerate(ids)]
    for command in more:
        perform(studio, command)
    for job in jobs:
        job.wait(20)
    studio.flush()
    second = Peer(studio._core, studio)
    second.hello()
    assert first.replica.gaps == 0
    assert first.replica.visible() == second.replica.visible()
    for sample in studio._state.samples.values():
        if sample.status in {"draft", "kept"}:
            assert TRIAGE.output_problem(sample.output) is None
        assert sample.status != "pending" or sample.output is None
    names = [(*above, name.casefold()) for *above, name in studio.topics.paths()]
    assert len(names) == len(set(names))
    before = visible(studio)
    studio.close()
    again = studio_in(path)
    assert visible(again) == before
    again.close()
