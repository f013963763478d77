"""The widget's kernel side: every command is answered, after its delta; nothing a browser sends does harm."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import synth_widgets as sw
from synth_widgets.testing import ScriptedCompleter
from synth_widgets.widget.commands import BY_NAME
from synth_widgets.widget.outbox import DELTA_BYTES, PAGE_ROWS
from tests.replica import Peer
from tests.tasks import PLAIN, failing, until


def peer_of(studio: sw.Studio, *, hello: bool = True) -> Peer:
    peer = Peer(studio._core, sw.Studio._of(studio._core))
    if hello:
        peer.hello()
    return peer


def settle(studio: sw.Studio) -> None:
    """Wait until the bridge has done all that it was handed."""
    studio._core.engine.call(lambda: None)
    studio.flush()


def sent(peer: Peer, kind: str) -> list[dict[str, Any]]:
    return [message for message in peer.messages if message["t"] == kind]


@pytest.fixture
def grown(open_studio):
    studio = open_studio()
    studio.topics.add("A")
    studio.grow(depth=0, samples=3).wait(10)
    return studio, [s.id for s in studio.samples]


# ---------------------------------------------------------------- commands
DEEP: list[Any] = []
for _ in range(5000):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("name", "args", "words"),
    [
        ("explode", {}, "no command 'explode'"),
        ("skip", {}, "no command 'skip'"),
        (None, {}, "no command None"),
        ("keep", {"ids": []}, "Keep: ids"),
        ("keep", {"ids": ["'; DROP"]}, "Keep: ids.0"),
        ("keep", {"ids": "all"}, "valid list"),
        ("keep", {"ids": ["0123456789"]}, "There is no sample '0123456789'"),
        ("keep", [1, 2], "Keep"),
        ("keep", "x", "Keep"),
        ("keep", DEEP, "nested too deeply"),
        ("reject", {"ids": ["0123456789"], "reason": "x" * 20_001}, "at most 20000"),
        ("undo", {"really": True}, "not permitted"),
        ("add_topics", {"paths": [["A"], []]}, "paths.1"),
        ("add_topics", {"paths": [["  "]]}, "not empty"),
        ("rename_topic", {"path": ["A"], "name": ""}, "name"),
        ("remove_topic", {"path": ["Nowhere"]}, "There is no topic"),
        ("remove_topic", {"path": []}, "root cannot be removed"),
        ("grow", {"depth": 6}, "less than or equal to 5"),
        ("grow", {"depth": 2, "topics": [3]}, "1 levels"),
        ("grow", {"samples": "8"}, "samples"),
        ("set_model", {"name": "nobody/knows"}, "'nobody'"),
        ("cancel", {"job": "0123456789"}, "There is no job"),
    ],
)
def test_a_bad_command_gets_an_answer_in_words_and_changes_nothing(name, args, words, grown):
    studio, _ids = grown
    peer, rev = peer_of(studio), studio._state.rev
    peer.bridge.receive({"t": "cmd", "rid": "bad", "name": name, "args": args})
    reply = peer.replies.get(timeout=30)
    assert reply["rid"] == "bad"
    assert words in reply["error"]["message"]
    assert studio._state.rev == rev


def test_what_is_no_message_is_passed_over(grown, caplog):
    studio, ids = grown
    peer = peer_of(studio)
    before = len(peer.messages)
    junk = [None, 3, [], "hello", {}, {"t": "shutdown"}, {"t": ["x"]}, {"t": "body", "ids": "all"}, {"t": "cmd"}]
    junk += [{"t": "cmd", "rid": "r" * 5000, "name": "keep", "args": {"ids": ids}}, {"t": "cmd", "rid": 7}]
    for message in junk:
        peer.bridge.receive(message)
    settle(studio)
    assert len(peer.messages) == before
    assert peer.do("keep", ids=ids)["ok"] == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=True),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    ("ids", "path", "paths", "name", "guidance", "under", "depth", "topics", "job", "all", "samples")
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(BY_NAME)), args=st.dictionaries(KEYS, JSON, max_size=3))
def test_whatever_arguments_come_there_is_one_reply_and_no_inner_error(name, args, open_studio):
    studio = open_studio()
    peer = peer_of(studio)
    reply = peer.do(name, **args)
    assert ("ok" in reply) != ("error" in reply)
    assert reply.get("error", {}).get("kind") != "Internal", reply
    json.dumps(peer.messages).encode()
    studio.close()


def test_a_reply_follows_the_delta_of_its_command(grown):
    studio, ids = grown
    peer = peer_of(studio)
    for name, args in (("keep", {"ids": ids}), ("add_topics", {"paths": [["B"]]}), ("undo", {}), ("redo", {})):
        peer.do(name, **args)
        kinds = [message["t"] for message in peer.messages]
        assert kinds[-2:] == ["delta", "reply"], kinds
        assert peer.replica.rev == studio._state.rev
    assert {row["status"] for row in peer.replica.rows["sample"].values()} == {"kept"}


def test_commands_are_done_in_the_order_they_came(grown):
    studio, ids = grown
    peer = peer_of(studio)
    for ident in ids:
        peer.do("keep", ids=[ident])
    for n in range(3):
        peer.bridge.receive({"t": "cmd", "rid": f"u{n}", "name": "undo", "args": {}})
    replies = [peer.replies.get(timeout=30) for _ in range(3)]
    assert [reply["rid"] for reply in replies] == ["u0", "u1", "u2"]
    assert [reply["ok"]["label"] for reply in replies] == ["Keep 1"] * 3
    assert {s.status for s in studio.samples} == {"draft"}


def test_every_button_does_what_its_method_does(open_studio):
    studio = open_studio()
    peer = peer_of(studio)
    assert peer.do("estimate", under=[], depth=1, topics=2, samples=2)["ok"]["samples"] == 4
    started = peer.do("grow", under=[], depth=1, topics=2, samples=2)["ok"]
    assert started["status"] in {"running", "done"}
    until(lambda: studio.jobs[-1].status == "done")
    settle(studio)
    ids = [s.id for s in studio.samples]
    path = list(studio.topics.paths()[0])
    assert peer.do("keep", ids=ids)["ok"] == {}
    assert peer.do("reject", ids=ids[:1], reason="dull")["ok"] is None
    assert studio.samples[ids[0]].reason == "dull"
    peer.do("restore", ids=ids[:1])
    assert peer.do("set_topic", path=path, guidance="Short.", target=3)["ok"] is None
    assert peer.do("rename_topic", path=path, name="New")["ok"] == ["New"]
    assert peer.do("remove_topic", path=["New"])["ok"] == 1
    assert len(peer.replica.rows["sample"]) == 2
    peer.do("undo")
    assert peer.do("set_guidance", outputs="Curt.")["ok"] is None
    assert studio.guidance["outputs"] == "Curt."
    assert peer.do("resume")["ok"]["status"] == "done"
    assert peer.do("cancel", job=None)["ok"] == 0
    assert peer.do("set_model", name="ollama/any")["ok"] is None
    assert peer.replica.studio["model"] == "ollama/any"
    second = peer_of(studio)
    assert second.replica.visible() == peer.replica.visible()


def test_retry_makes_a_failed_row_again_in_place(open_studio):
    studio = open_studio(ScriptedCompleter(faults=failing("outputs", "garbage", times=3)))
    studio.topics.add("A")
    studio.grow(depth=0, samples=1).wait(10)
    peer = peer_of(studio)
    [row] = peer.replica.rows["sample"].values()
    assert (row["status"], row["output"]["raw"]) == ("failed", True)
    assert "weather" in row["output"]["text"]
    peer.do("retry", ids=[row["id"]])
    until(lambda: peer.replica.rows["sample"][row["id"]]["status"] == "draft")


def test_a_stop_right_behind_a_start_stops(open_studio):
    model = ScriptedCompleter(latency=60)
    studio = open_studio(model)
    peer = peer_of(studio)
    peer.bridge.receive({"t": "cmd", "rid": "1", "name": "grow", "args": {}})
    peer.bridge.receive({"t": "cmd", "rid": "2", "name": "cancel", "args": {}})
    replies = {reply["rid"]: reply for reply in (peer.replies.get(timeout=30) for _ in range(2))}
    assert replies.keys() == {"1", "2"}
    until(lambda: all(job.status == "cancelled" for job in studio.jobs))
    assert (replies["1"]["ok"]["status"], model.requests) == ("cancelled", []) or studio.jobs


@pytest.mark.parametrize("begun", [False, True], ids=["that waits", "that is under way"])
def test_a_stop_drops_a_resume_behind_a_change_of_the_model(open_studio, begun):
    studio = open_studio()
    peer, has_begun, may_end = peer_of(studio), threading.Event(), asyncio.Event()

    async def takes_long(**_args):
        has_begun.set()
        await may_end.wait()

    def ask(rid, command, **args):
        peer.bridge.receive({"t": "cmd", "rid": rid, "name": command, "args": args})

    peer.bridge.studio.set_model = takes_long
    ask("1", "set_model", name="ollama/a")
    assert not begun or has_begun.wait(30)
    ask("2", "resume")
    ask("3", "cancel")
    replies = {reply["rid"]: reply for reply in (peer.replies.get(timeout=30) for _ in range(2))}
    assert replies["2"]["error"]["kind"] == "Stopped"
    assert "ok" in replies["3"]
    studio._core.engine.call(may_end.set)
    assert "ok" in peer.replies.get(timeout=30)


def test_a_closed_studio_answers_that_it_is_closed(grown):
    studio, ids = grown
    peer = peer_of(studio)
    studio.close()
    assert "closed" in peer.replica.studio["read_only"]
    assert "closed" in peer.do("keep", ids=ids)["error"]["message"]
    assert "closed" in peer.do("undo")["error"]["message"]
    fresh = peer_of(studio)
    assert len(fresh.replica.rows["sample"]) == 3


# ---------------------------------------------------------------- replicas
def test_a_hello_with_the_current_revision_gets_an_empty_delta_and_another_one_a_snapshot(grown):
    studio, ids = grown
    peer = peer_of(studio)
    epoch, rev = peer.replica.epoch, peer.replica.rev
    peer.messages.clear()
    peer.bridge.receive({"t": "hello", "epoch": epoch, "rev": rev})
    settle(studio)
    assert [(m["t"], m["base"], m["rev"], m["ops"]) for m in peer.messages] == [("delta", rev, rev, [])]
    for message in (
        {"t": "hello", "epoch": "another", "rev": rev},
        {"t": "hello", "epoch": epoch, "rev": rev - 1},
        {"t": "hello", "epoch": [], "rev": {}},
        {"t": "resync", "rev": rev - 1},
        {"t": "resync", "rev": None},
    ):
        peer.messages.clear()
        peer.bridge.receive(message)
        assert until(lambda: sent(peer, "snapshot"))[0]["rev"] == rev
        settle(studio)
    studio.keep(ids)
    settle(studio)
    assert peer.replica.gaps == 0


def test_a_long_snapshot_comes_in_pages_and_what_happens_meanwhile_is_not_lost(open_studio):
    studio = open_studio(ScriptedCompleter(items_per_call=100, concurrency=64), PLAIN)
    count = 2 * PAGE_ROWS + 10
    studio.generate_inputs(n=count, only=True).wait(30)
    core = studio._core
    peer = peer_of(studio, hello=False)
    ids = [s.id for s in studio.samples]

    def hello_and_changes() -> None:
        """All in one turn of the engine: the snapshot is being sent while the changes are committed."""
        peer.bridge._receive({"t": "hello", "epoch": None, "rev": None})
        peer.bridge.studio.reject(ids[0])
        core.engine.loop.call_soon(lambda: peer.bridge.studio.reject(ids[1:3]))
        core.engine.loop.call_later(0.001, lambda: peer.bridge.studio.topics.add("Late"))

    core.engine.call(hello_and_changes)
    until(lambda: any(t["name"] == "Late" for t in peer.replica.rows["topic"].values()))
    settle(studio)
    pages = sent(peer, "snapshot")
    assert [page["page"] for page in pages] == [0, 1, 2]
    assert {len(page["samples"]) for page in pages} == {PAGE_ROWS, 10}
    assert len({(page["rev"], page["epoch"], page["pages"]) for page in pages}) == 1
    assert peer.replica.gaps == 0
    assert peer.replica.visible() == peer_of(studio).replica.visible()
    assert [peer.replica.rows["sample"][i]["status"] for i in ids[:4]] == ["rejected"] * 3 + ["pending"]


def test_two_views_that_say_hello_at_once_both_get_everything(grown):
    studio, _ids = grown
    peer = peer_of(studio, hello=False)
    peer.hello(), peer.hello()
    assert len(sent(peer, "snapshot")) == 2
    assert len(peer.replica.rows["sample"]) == 3


def test_a_large_change_comes_in_chunks_that_fit(open_studio):
    studio = open_studio(ScriptedCompleter(items_per_call=100, concurrency=64), PLAIN)
    studio.generate_inputs(n=1500, only=True).wait(30)
    peer = peer_of(studio)
    peer.messages.clear()
    assert peer.do("reject", ids=[s.id for s in studio.samples])["ok"] is None
    deltas = sent(peer, "delta")
    assert len(deltas) > 1
    assert all(len(json.dumps(delta)) < DELTA_BYTES * 1.1 for delta in deltas)
    assert peer.replica.gaps == 0
    assert {row["status"] for row in peer.replica.rows["sample"].values()} == {"rejected"}
    assert len(peer.replica.rows["sample"]) == 1500


def test_bodies_bring_whole_samples_and_the_models_own_words(open_studio):
    long = "word " * 2000
    model = ScriptedCompleter(answers=['{"items": ["One?", "Two?"]}', long, "\n"], faults=failing("outputs", None))
    model.concurrency = 1
    studio = open_studio(model, PLAIN)
    studio.topics.add("A")
    studio.grow(depth=0, samples=2, guidance="Long.").wait(10)
    peer = peer_of(studio)
    first, second = [s.id for s in studio.samples]
    row = peer.replica.rows["sample"][first]
    assert (len(row["output"]["text"]), row["output"]["more"]) == (300, True)
    peer.bridge.receive({"t": "body", "ids": [first, second, "nothing000", 7, None]})
    [bodies] = until(lambda: sent(peer, "bodies"))
    by_id = {body["id"]: body for body in bodies["samples"]}
    assert set(by_id) == {first, second}
    version = by_id[first]["versions"][-1]
    assert version["output"] == long.strip()
    assert version["by"] == "generated by scripted"
    assert dict(version["made"])["Guidance"] == "Long."
    assert version["raw"] == long
    assert by_id[first]["tags"] == [studio.session.tag]


def test_a_view_hears_when_the_file_refuses_and_when_it_takes_again(open_studio, tmp_path):
    studio = open_studio(path=tmp_path / "a.synth")
    peer = peer_of(studio)
    journal = studio._core.store._journal
    journal.read(lambda db: db.execute("PRAGMA query_only=ON")).result(30)
    reply = peer.do("add_topics", paths=[["A"]])
    assert "Not saved" in reply["error"]["message"]
    until(lambda: peer.replica.studio["unsaved"])
    fresh = peer_of(studio)
    assert fresh.replica.studio["unsaved"]
    assert [t["name"] for t in fresh.replica.rows["topic"].values() if t["name"]] == ["A"]
    journal.read(lambda db: db.execute("PRAGMA query_only=OFF")).result(30)
    until(lambda: peer.replica.studio["unsaved"] is None)
    settle(studio)
    for replica in (peer.replica, fresh.replica):
        assert [t["name"] for t in replica.rows["topic"].values() if t["name"]] == ["A"]
        assert replica.gaps == 0


def test_a_view_that_says_hello_just_as_the_file_begins_to_refuse_is_answered(open_studio, tmp_path):
    studio = open_studio(path=tmp_path / "a.synth")
    peer = peer_of(studio, hello=False)
    studio._core.store._journal.read(lambda db: db.execute("PRAGMA query_only=ON")).result(30)

    def change_and_hello() -> None:
        peer.bridge.studio.topics.add("A")
        peer.bridge._receive({"t": "hello", "epoch": None, "rev": None})

    studio._core.engine.call(change_and_hello)
    until(lambda: sent(peer, "snapshot"))
    until(lambda: peer.replica.studio.get("unsaved"))
    studio._core.store._journal.read(lambda db: db.execute("PRAGMA query_only=OFF")).result(30)
    until(lambda: studio._core.store.trouble is None)


def test_a_view_that_cannot_be_reached_harms_nobody_else(grown, caplog):
    studio, ids = grown
    broken, whole = peer_of(studio), peer_of(studio)

    def gone(_message: Any) -> None:
        raise OSError("socket closed")

    broken.bridge._send = gone
    assert studio.keep(ids) == {}
    assert {row["status"] for row in whole.replica.rows["sample"].values()} == {"kept"}
    assert studio.grow(depth=0, samples=5).wait(10).added == 2
    assert len(whole.replica.rows["sample"]) == 5


NAUGHTY = [
    "null\0byte",
    "half \ud83d",
    "<script>alert(1)</script>",
    "a" * 100_000,
    "\u202eright to left",
    "e\u0301 \U0001d4b3\r\n",
    "{",
]


@pytest.mark.parametrize("text", NAUGHTY)
def test_naughty_text_goes_through_the_file_and_over_the_wire(text, open_studio, tmp_path):
    path = tmp_path / "a.synth"
    model = ScriptedCompleter(answers=[json.dumps({"items": [text, "other"]}), text, text])
    studio = open_studio(model, PLAIN, path=path)
    studio.topics.add("A")
    studio.grow(depth=0, samples=2).wait(10)
    peer = peer_of(studio)
    ids = [s.id for s in studio.samples]
    assert peer.do("reject", ids=ids, reason=text[:1000])["ok"] is None
    assert peer.do("set_guidance", all=text[:1000])["ok"] is None
    assert "ok" in peer.do("add_topics", paths=[[text[:400]]])
    peer.bridge.receive({"t": "body", "ids": ids})
    until(lambda: sent(peer, "bodies"))
    json.dumps(peer.messages, ensure_ascii=False).encode()
    before = [(s.input, s.output, s.reason, s.topic) for s in studio.samples]
    paths = studio.topics.paths()
    studio.close()
    again = open_studio(None, PLAIN, path=path)
    assert [(s.input, s.output, s.reason, s.topic) for s in again.samples] == before
    assert again.topics.paths() == paths
