"""The commands with which a person edits, rates and makes anew, as the browser sends them."""

from __future__ import annotations

import json
import threading

import pytest

import synth_widgets as sw
from tests.replica import Peer
from tests.tasks import until


@pytest.fixture
def peer(open_studio):
    """A front end on a studio with two drafts; `ids` are theirs."""
    studio = open_studio()
    studio.grow(depth=0, samples=2).wait(10)
    found = Peer(studio._core, sw.Studio._of(studio._core))
    found.hello()
    found.studio, found.ids = studio, [s.id for s in studio.samples]
    return found


def row(peer, ident):
    return peer.replica.rows["sample"][ident]


def test_an_edit_is_answered_with_what_is_wrong_and_its_row_says_so(peer):
    first = peer.ids[0]
    assert peer.do("check", id=first, output={"kind": "z", "note": "n"})["ok"].keys() == {"output.kind"}
    assert peer.do("edit", id=first, output={"kind": "z", "note": "n"})["ok"].keys() == {first}
    assert row(peer, first)["unfinished"] is True
    assert peer.do("edit", id=first, output={"kind": "a", "note": "n"})["ok"] == {}
    assert ("unfinished" in row(peer, first), row(peer, first)["origin"]) == (False, "edited")
    assert peer.do("edit", id=first, input="By hand")["ok"] == {}
    assert row(peer, first)["stale"]


@pytest.mark.parametrize(
    ("name", "args", "words"),
    [
        ("edit", {}, "what to change"),
        ("edit", {"input": None}, "no input"),
        ("rate", {"ids": [], "stars": 3}, "Rate: ids"),
        ("rate", {"ids": None, "stars": 6}, "less than or equal to 5"),
        ("rate", {"ids": None, "requirements": {"nope": 1}}, "no requirement"),
        ("regenerate", {"ids": None, "part": "soul"}, "part"),
        ("export", {"path": "../x.jsonl"}, "path"),
        ("export", {"path": "x.exe"}, "path"),
        ("search", {"text": ""}, "text"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words_and_changes_nothing(peer, name, args, words):
    rev = peer.replica.rev
    if name == "edit":
        args = {"id": peer.ids[0], **args}
    elif args.get("ids", 0) is None:
        args = {**args, "ids": peer.ids}
    assert words in peer.do(name, **args)["error"]["message"]
    assert peer.replica.rev == rev


def test_stars_come_with_the_row_and_with_the_body(peer):
    assert "error" not in peer.do("rate", ids=peer.ids, stars=4)
    assert [row(peer, i)["stars"] for i in peer.ids] == [4, 4]
    peer.do("rate", ids=peer.ids, stars=None)
    assert [row(peer, i)["stars"] for i in peer.ids] == [None, None]


def test_a_kept_sample_made_anew_waits_for_the_choice(peer):
    first = peer.ids[0]
    peer.do("keep", ids=[first])
    assert "job" in peer.do("regenerate", ids=[first], guidance="shorter")["ok"]
    until(lambda: row(peer, first).get("proposal"))
    until(lambda: not peer.studio._core.jobs.runs)
    peer.bridge.receive({"t": "body", "ids": [first]})
    until(lambda: any(m["t"] == "bodies" for m in peer.messages))
    body = next(m for m in peer.messages if m["t"] == "bodies")["samples"][0]
    assert body["proposal"] == body["versions"][-1]["n"] != body["version"]
    assert body["versions"][-1]["origin"] == "regenerated"
    job = next(reversed(peer.replica.rows["job"].values()))
    assert (job["kind"], job["guidance"], job["models"]) == ("regenerate", "Outputs: shorter", ["scripted"])
    assert peer.do("accept", ids=[first])["ok"] == {}
    assert ("proposal" in row(peer, first), row(peer, first)["status"]) == (False, "kept")


def test_a_whole_sample_that_was_asked_for_before_a_change_is_not_older_than_its_row(peer):
    first, may_go_on = peer.ids[0], threading.Event()
    peer.do("keep", ids=[first])
    core = peer.studio._core
    core.store._journal.read(lambda _: may_go_on.wait(30))  # the disk is slow
    peer.bridge.receive({"t": "body", "ids": [first]})
    peer.bridge.receive({"t": "cmd", "rid": "r", "name": "regenerate", "args": {"ids": [first]}})
    until(lambda: core.state.samples[first].proposal)
    may_go_on.set()
    until(lambda: any(m["t"] == "bodies" for m in peer.messages))
    until(lambda: row(peer, first).get("proposal"))
    [bodies] = [m for m in peer.messages if m["t"] == "bodies"]
    [body] = bodies["samples"]
    assert body["proposal"] == body["versions"][-1]["n"] != body["version"]


def test_what_only_reads_does_not_wait_for_what_changes(peer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    peer.do("keep", ids=peer.ids)
    written = peer.do("export", path="kept.jsonl")["ok"]
    assert len((tmp_path / "kept.jsonl").read_text().splitlines()) == 2
    assert written == str(tmp_path / "kept.jsonl")
    found = peer.do("search", text=json.dumps(row(peer, peer.ids[0])["output"]["text"])[1:9])["ok"]
    assert peer.ids[0] in found["ids"]


def test_a_changed_task_is_sent_with_what_it_did(peer, open_studio):
    schema = {"type": "object", "properties": {"kind": {"enum": ["q"]}}, "required": ["kind"]}
    with pytest.warns(UserWarning, match="no longer comply"):
        peer.studio._core.change_task(sw.Task("Triage", "Sort the message.", output_schema=schema))
    assert peer.replica.task["version"] == 2
    assert "2 samples no longer comply" in peer.replica.task["changed"]
    assert {row(peer, i)["status"] for i in peer.ids} == {"failed"}
