"""Stop, pause and resume wait for no edit, verdict or disk; and whatever a command does, the next is answered."""

from __future__ import annotations

import threading

import pytest
from pydantic import BaseModel, field_validator

import synth_widgets as sw
from synth_widgets.store.journal import Journal
from synth_widgets.testing import ScriptedCompleter
from synth_widgets.widget import bridge
from tests.replica import Peer
from tests.tasks import PLAIN, until


@pytest.fixture
def gate():
    gate = threading.Event()
    yield gate
    gate.set()


@pytest.fixture
def busy(open_studio, gate):
    """A studio in which an edit is being checked until the gate opens, and its peer."""

    class Answer(BaseModel):
        text: str

        @field_validator("text")
        @classmethod
        def check(cls, value):
            if value == "slow":
                gate.wait(60)
            return value

    model = ScriptedCompleter(latency=lambda request: 3600 if request.step == "outputs" else 0)
    studio = open_studio(model, task=sw.Task("Slow", "Answer.", output_schema=Answer))
    studio.add_samples([{"input": "one", "output.text": "x"}, {"input": "two"}])
    peer = Peer(studio._core, studio._of(studio._core))
    peer.hello()
    return studio, peer, lambda: send(peer, "edit", id=studio.samples[0].id, output={"text": "slow"})


def send(peer, name, /, **args):
    peer.bridge.receive({"t": "cmd", "rid": name, "name": name, "args": args})


def waiting(peer):
    return [asked.command.name for asked in peer.bridge._commands]


def test_a_job_is_paused_and_stopped_while_an_edit_is_checked(busy):
    studio, peer, edit = busy
    job = studio.grow(depth=0, samples=3)
    edit()
    assert peer.do("pause", job=job.id)["ok"] == 1
    assert job.status == "paused"
    assert peer.do("resume")["ok"]["job"] == job.id
    assert job.status == "running"
    assert peer.do("set_budget", budget=None)["ok"] is None
    assert peer.do("cancel", job=job.id)["ok"] == 1
    assert job.wait(30).added == 0


def test_what_was_asked_for_before_everything_was_stopped_does_not_begin(busy, gate):
    studio, peer, edit = busy
    edit()
    send(peer, "grow", depth=0, samples=3)
    send(peer, "add_topics", paths=[["A"]])
    assert peer.do("cancel")["rid"] == "grow", "its reply comes first"
    assert peer.replies.get(timeout=30)["ok"] == 0
    gate.set()
    assert {peer.replies.get(timeout=30)["rid"] for _ in "ab"} == {"edit", "add_topics"}
    assert studio.jobs == []
    assert studio.topics.paths() == [("A",)]


def test_a_job_is_not_resumed_by_a_model_that_was_just_changed(busy, gate):
    studio, peer, edit = busy
    job = studio.grow(depth=0, samples=2)
    job.pause()
    edit()
    send(peer, "set_model", name="local")
    send(peer, "resume")
    until(lambda: waiting(peer) == ["set_model", "resume"])
    gate.set()
    assert {peer.replies.get(timeout=30)["rid"] for _ in "abc"} == {"edit", "set_model", "resume"}
    job.cancel()


def test_stop_is_answered_while_the_disk_takes_its_time(open_studio, tmp_path, monkeypatch, gate):
    save = Journal._save

    def slowly(journal, batches):
        gate.wait(60)
        return save(journal, batches)

    model = ScriptedCompleter(latency=3600)
    studio = open_studio(model, task=PLAIN, path=tmp_path / "a.synth")
    peer = Peer(studio._core, studio._of(studio._core))
    peer.hello()
    job = studio.grow(depth=0, samples=2)
    monkeypatch.setattr(Journal, "_save", slowly)
    studio._core.engine.call(lambda: studio._of(studio._core).topics.add("A"))
    assert peer.do("cancel")["ok"] == 1
    until(lambda: job.status == "cancelled")
    assert studio.cancel() <= 1, "it is over, though not on disk"
    assert studio.pause() <= 1
    gate.set()
    job.wait(30)


@pytest.mark.parametrize("broken", ["as_held", "_plain"])
def test_a_command_that_fails_inside_is_answered_and_so_is_the_next(broken, busy, gate, monkeypatch):
    studio, peer, _ = busy
    gate.set()
    ident = studio.samples[0].id

    def fails(*_values):
        raise ZeroDivisionError("inside")

    with monkeypatch.context() as patched:
        patched.setattr(bridge, broken, fails)
        said = peer.do("edit", id=ident, output={"text": "y"})
    assert said["error"]["kind"] == "Internal"
    assert "ZeroDivisionError: inside" in said["error"]["message"]
    assert peer.do("reject", ids=[ident])["ok"] is None


def test_a_command_that_is_given_up_inside_is_answered_and_so_is_the_next(busy, monkeypatch):
    studio, peer, _ = busy

    async def given_up(**_values):
        raise bridge.asyncio.CancelledError

    monkeypatch.setattr(peer.bridge.studio, "edit", given_up)
    ident = studio.samples[0].id
    assert peer.do("edit", id=ident, output={"text": "y"})["error"]["kind"] == "Cancelled"
    assert peer.do("reject", ids=[ident])["ok"] is None


def test_commands_that_wait_are_bounded_and_each_is_answered(busy, gate, monkeypatch):
    _studio, peer, edit = busy
    monkeypatch.setattr(bridge, "MOST_WAITING", 20)
    edit()
    until(lambda: not waiting(peer))
    for n in range(25):
        peer.bridge.receive({"t": "cmd", "rid": f"n{n}", "name": "tag", "args": {}})
        peer.bridge.receive({"t": "cmd", "rid": f"r{n}", "name": "undo", "args": {}})
    refused = [peer.replies.get(timeout=30) for _ in range(30)]
    assert sum(said["error"]["kind"] == "Busy" for said in refused) == 5
    assert any("20 actions wait to be worked on already" in said["error"]["message"] for said in refused)
    gate.set()
    assert len([peer.replies.get(timeout=30) for _ in range(21)]) == 21


def test_questions_are_bounded_and_each_is_answered(open_studio, monkeypatch, gate):
    monkeypatch.setattr(bridge, "MOST_READING", 3)
    studio = open_studio(task=PLAIN)
    peer = Peer(studio._core, studio._of(studio._core))

    async def look(text):
        return await studio._core.engine.on_worker(lambda: gate.wait(60))

    monkeypatch.setattr(peer.bridge.studio.samples, "find", look, raising=False)
    for n in range(5):
        peer.bridge.receive({"t": "cmd", "rid": f"n{n}", "name": "search", "args": {"text": "x"}})
    assert [peer.replies.get(timeout=30)["error"]["kind"] for _ in "ab"] == ["Busy", "Busy"]
    gate.set()
    assert all("ok" in peer.replies.get(timeout=30) for _ in "abc")


def test_closing_answers_the_command_that_is_under_way(busy, monkeypatch):
    studio, peer, _ = busy
    begun = threading.Event()

    async def for_ever(**_values):
        begun.set()
        await bridge.asyncio.sleep(3600)

    monkeypatch.setattr(peer.bridge.studio, "edit", for_ever)
    send(peer, "edit", id=studio.samples[0].id, output={"text": "y"})
    assert begun.wait(30)
    send(peer, "undo")
    studio.close()
    assert [peer.replies.get(timeout=30)["error"]["kind"] for _ in "ab"] == ["ClosedError", "ClosedError"]
