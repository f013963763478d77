"""What a person does to thousands of samples: one step, all or nothing, and others have their turn meanwhile."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given

import synth_widgets as sw
from synth_widgets.errors import UnknownIdError
from synth_widgets.studio import actions
from synth_widgets.testing import ScriptedCompleter
from tests.replica import Peer
from tests.tasks import PLAIN, give_way
from tests.unit.test_laws import LAWS, SEQUENCES, perform, studio_in, visible

ROOT = Path(__file__).parents[2]
MANY = 5 * actions.SLICE
KILLED = f"""
import os, signal, sys
import synth_widgets as sw
task = sw.Task("Greeter", "Greet the person by name.")
studio = sw.Studio(task, path=sys.argv[1])
studio.add_samples([{{"input": f"I am {{n}}.", "output": "Hello!"}} for n in range({MANY})])
ids = [s.id for s in studio.samples]
seen = 0
def heard(commits):
    global seen
    seen += len(commits)
    if seen >= 2:
        os.kill(os.getpid(), signal.SIGKILL)
studio._core.store.listen(heard)
studio.keep(ids)
"""

__all__ = ["studio_in"]


@pytest.fixture
def many(open_studio):
    studio = open_studio(ScriptedCompleter(), PLAIN)
    studio.add_samples([{"input": f"I am {n}.", "output": "Hello!"} for n in range(MANY)])
    return studio, [s.id for s in studio.samples]


def statuses(studio: sw.Studio) -> set[str]:
    return {s.status for s in studio.samples}


def seen_during(studio: sw.Studio, act) -> set[int]:
    """Do something, and return how many samples were drafts whenever another task of the engine had its turn."""
    engine = studio._core.engine
    seen: set[int] = set()

    async def other() -> None:
        while True:
            await give_way()
            seen.add(sum(s.status == "draft" for s in studio._state.samples.values()))

    task = engine.call(lambda: engine.spawn(other()))
    try:
        act()
    finally:
        engine.post(task.cancel)
    return seen - {0, MANY}


def test_thousands_of_verdicts_are_one_step_and_others_have_their_turn_between_them(many):
    studio, ids = many
    between = {n * actions.SLICE for n in range(1, MANY // actions.SLICE)}
    for act, after in (
        (lambda: studio.keep(ids), "kept"),
        (studio.undo, "draft"),
        (studio.redo, "kept"),
        (lambda: studio.restore(ids), "draft"),
        (lambda: studio.reject(ids, "dull"), "rejected"),
        (lambda: studio.restore(ids), "draft"),
    ):
        assert seen_during(studio, act) == between
        assert statuses(studio) == {after}
    assert studio._state.next_undo().label == f"Restore {MANY}"
    assert [studio.undo().label for _ in range(4)] == [
        f"{verb} {MANY}" for verb in ("Restore", "Reject", "Restore", "Keep")
    ]
    assert statuses(studio) == {"draft"}


def test_an_unknown_id_among_thousands_changes_nothing(many):
    studio, ids = many
    step = studio._state.next_undo()
    with pytest.raises(UnknownIdError, match="nothing000"):
        studio.keep([*ids, "nothing000"])
    assert statuses(studio) == {"draft"}
    assert studio._state.next_undo() == step


def test_what_cannot_be_kept_is_told_and_the_step_is_named_after_the_rest(many):
    studio, ids = many
    studio.add_samples([{"input": "Nobody answers."}], status="pending")
    last = list(studio.samples)[-1].id
    refused = studio.keep([*ids, last])
    assert list(refused) == [last]
    assert studio.undo().label == f"Keep {MANY}"


def test_a_view_hears_of_all_slices_and_then_has_its_reply(many):
    studio, ids = many
    peer = Peer(studio._core, sw.Studio._of(studio._core))
    peer.hello()
    assert peer.do("keep", ids=ids)["ok"] == {}
    assert {row["status"] for row in peer.replica.rows["sample"].values()} == {"kept"}
    assert peer.do("undo")["ok"]["label"] == f"Keep {MANY}"
    assert {row["status"] for row in peer.replica.rows["sample"].values()} == {"draft"}
    assert peer.replica.gaps == 0


def test_an_undo_that_comes_meanwhile_waits_for_the_whole_step(many):
    studio, ids = many
    core = studio._core

    async def both() -> None:
        handle = sw.Studio._of(core)
        await asyncio.gather(handle.keep(ids), handle.undo())

    core.engine.call(both)
    assert statuses(studio) == {"draft"}
    assert studio.redo().label == f"Keep {MANY}"
    assert statuses(studio) == {"kept"}


def test_a_kill_between_slices_leaves_those_that_were_on_disk_and_they_can_be_undone(open_studio, tmp_path):
    path = tmp_path / "a.synth"
    ran = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=ROOT, capture_output=True, check=False)
    assert ran.returncode == -signal.SIGKILL, ran.stderr.decode()
    studio = open_studio(ScriptedCompleter(), PLAIN, path=path)
    assert len(studio.samples) == MANY
    kept = sum(s.status == "kept" for s in studio.samples)
    assert kept >= actions.SLICE
    assert kept % actions.SLICE == 0
    assert studio.undo().label == f"Keep {MANY}"
    assert statuses(studio) == {"draft"}


@LAWS
@given(commands=SEQUENCES)
def test_in_slices_of_two_the_laws_hold_as_well(commands, studio_in, monkeypatch, tmp_path_factory):
    monkeypatch.setattr(actions, "SLICE", 2)
    path = tmp_path_factory.mktemp("sliced") / "a.synth"
    studio = studio_in(path)
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
    again = studio_in(path)
    assert visible(again) == end
    again.close()
