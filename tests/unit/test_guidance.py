"""Guidance: which steps a text reaches, by where it was given or by its key; older files keep what they meant."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import synth_widgets as sw
from synth_widgets.errors import FileError, StudioError
from synth_widgets.store import rows
from synth_widgets.store.lock import FileLock
from synth_widgets.testing import ScriptedCompleter
from tests.replica import Peer
from tests.tasks import PLAIN, until

WORD = "Mention the card code."
NEAR, EVERY = {"topics", "inputs"}, {"topics", "inputs", "outputs"}
BY_KEY = {"all": "For all.", "topics": "For topics.", "inputs": "For inputs.", "outputs": "For outputs."}
OLD = Path(__file__).parent / "files" / "format-1.synth"
"""A studio file as releases before guidance by step wrote it; ``OLD_TEXTS`` are in it."""
OLD_TEXTS = {
    "studio": "Old: the studio's",
    "outputs": "Old: the studio's for outputs",
    "session": "Old: the session's",
    "topic": "Old: the topic's",
    "job": "Old: the job's",
}

Give = Callable[[sw.Studio, Any], object]


def fill(studio: sw.Studio, **kwargs: Any) -> None:
    """Make a topic below A, inputs and outputs there."""
    studio.grow("A", depth=1, topics=1, samples=2, **kwargs).wait(20)


def told(model: ScriptedCompleter, *texts: str, since: int = 0) -> dict[str, set[str]]:
    """Return the steps whose requests hold each of the texts."""
    sent = [(request.step, str(request.messages)) for request in model.requests[since:]]
    return {text: {step for step, said in sent if text in said} for text in texts}


def then_fill(give: Give) -> Give:
    """Return what gives guidance that stays, and then generates by all three steps."""

    def both(studio: sw.Studio, guidance: Any) -> None:
        give(studio, guidance)
        fill(studio)

    return both


STAY: dict[str, Give] = {
    "topics.set": then_fill(lambda studio, guidance: studio.topics.set("A", guidance=guidance)),
    "new_session": then_fill(lambda studio, guidance: studio.new_session(guidance=guidance)),
    "set_guidance": then_fill(lambda studio, guidance: studio.set_guidance(guidance)),
    "Studio": then_fill(lambda studio, guidance: sw.Studio(PLAIN, path=studio.path, guidance=guidance).close()),
}
CALLS: dict[str, Give] = {
    "grow": lambda studio, guidance: fill(studio, guidance=guidance),
    "generate_topics": lambda studio, guidance: studio.generate_topics("A", n=1, guidance=guidance).wait(20),
    "generate_inputs": lambda studio, guidance: studio.generate_inputs("A", n=1, guidance=guidance).wait(20),
    "generate_outputs": lambda studio, guidance: studio.generate_outputs(guidance=guidance).wait(20),
    "regenerate": lambda studio, guidance: studio.regenerate(drafts(studio), guidance=guidance).wait(20),
    "regenerate, input": lambda studio, guidance: studio.regenerate(
        drafts(studio), part="input", guidance=guidance
    ).wait(20),
}
REACHED = {
    "topics.set": NEAR,
    "new_session": NEAR,
    "set_guidance": EVERY,
    "Studio": EVERY,
    "grow": NEAR,
    "generate_topics": {"topics"},
    "generate_inputs": {"inputs"},
    "generate_outputs": {"outputs"},
    "regenerate": {"outputs"},
    "regenerate, input": {"inputs"},
}
MADE = {**dict.fromkeys(REACHED, EVERY), "generate_topics": {"topics"}, "generate_inputs": {"inputs"}} | {
    "generate_outputs": {"outputs"},
    "regenerate": {"outputs"},
    "regenerate, input": {"inputs", "outputs"},
}
"""The steps that are asked at all."""


def drafts(studio: sw.Studio) -> list[str]:
    return [sample.id for sample in studio.samples if sample.status == "draft"]


@pytest.fixture
def there(request, open_studio, tmp_path):
    """A studio with the topic A, a draft and a pending sample, and its model; how much it was asked for that."""
    model = ScriptedCompleter(items_per_call=1 if "small" in request.node.name else 8)
    studio = open_studio(model, PLAIN, path=tmp_path / "a.synth")
    studio.topics.add("A")
    studio.grow("A", depth=0, samples=1).wait(20)
    studio.generate_inputs("A", n=1).wait(20)
    return studio, model, len(model.requests)


@pytest.mark.parametrize("_model", ["large", "small"])
@pytest.mark.parametrize("where", REACHED)
def test_one_text_reaches_the_steps_it_is_for_and_no_other(where, _model, there):
    studio, model, before = there
    (STAY | CALLS)[where](studio, WORD)
    assert told(model, WORD, since=before) == {WORD: REACHED[where]}
    assert {request.step for request in model.requests[before:]} == MADE[where]


@pytest.mark.parametrize("where", REACHED)
def test_a_dict_says_what_each_text_is_for(where, there):
    studio, model, before = there
    (STAY | CALLS)[where](studio, BY_KEY)
    made = MADE[where]
    said = told(model, *BY_KEY.values(), since=before)
    assert said == {text: made if key == "all" else made & {key} for key, text in BY_KEY.items()}


def test_a_topics_guidance_holds_below_it_and_is_replaced_as_a_whole(open_studio):
    model = ScriptedCompleter()
    studio = open_studio(model, PLAIN)
    studio.topics.add(("A", "B"), "C", guidance=WORD)
    studio.topics.set("A", guidance={"outputs": "Formal."})
    studio.grow(("A", "B"), depth=1, topics=1, samples=1).wait(20)
    assert told(model, WORD, "Formal.") == {WORD: NEAR, "Formal.": {"outputs"}}
    studio.topics.set(("A", "B"), guidance="Curt.")
    studio.topics.set("A", guidance=None)
    before = len(model.requests)
    studio.grow(("A", "B"), depth=0, samples=1, only=True).wait(20)
    assert told(model, WORD, "Formal.", "Curt.", since=before) == {WORD: set(), "Formal.": set(), "Curt.": {"inputs"}}


@pytest.mark.parametrize("where", REACHED)
def test_what_is_no_guidance_is_refused_in_words_and_nothing_is_sent(where, open_studio):
    model = ScriptedCompleter()
    studio = open_studio(model, PLAIN)
    studio.topics.add("A")
    for guidance, error, words in (
        (7, StudioError, "guidance is text, or a dict of texts with the keys all, topics, inputs, outputs, not 7"),
        (["Curt."], StudioError, "guidance is text, or a dict"),
        ({"inputs": 7}, StudioError, "guidance is text, or a dict"),
        ({"input": "Curt."}, TypeError, "Did you mean 'inputs'"),
        ({"": "Curt."}, TypeError, "It takes: all, topics, inputs, outputs"),
    ):
        with pytest.raises(error, match=words):
            (STAY | CALLS)[where](studio, guidance)
    assert not model.requests


def test_texts_of_the_studio_are_set_one_by_one(open_studio):
    studio = open_studio(task=PLAIN, guidance={"all": "Be kind.", "outputs": "Formal."})
    studio.set_guidance({"inputs": " Curt. ", "outputs": ""})
    assert studio.guidance == {"all": "Be kind.", "topics": "", "inputs": "Curt.", "outputs": ""}
    studio.set_guidance("Be brief.", topics="Few.")
    assert studio.guidance == {"all": "Be brief.", "topics": "Few.", "inputs": "Curt.", "outputs": ""}
    studio.undo()
    assert studio.guidance["all"] == "Be kind."


def test_guidance_is_the_same_after_reopening_and_so_is_what_undo_brings_back(open_studio, tmp_path):
    path = tmp_path / "a.synth"
    studio = open_studio(task=PLAIN, path=path)
    studio.topics.add("A", guidance="First.")
    studio.topics.set("A", guidance={"outputs": "Second."})
    session = studio.new_session(guidance={"all": "Third."})
    studio.close()
    model = ScriptedCompleter()
    again = open_studio(model, PLAIN, path=path)
    assert [each.guidance for each in again.sessions] == [session.guidance] == [{"all": "Third."}]
    fill(again)
    assert told(model, "First.", "Second.") == {"First.": set(), "Second.": {"outputs"}}
    again.undo()  # the job
    again.undo()
    before = len(model.requests)
    fill(again)
    assert told(model, "First.", "Second.", since=before) == {"First.": NEAR, "Second.": set()}


def test_a_resumed_job_goes_on_with_its_own_guidance(open_studio, tmp_path):
    path = tmp_path / "a.synth"
    slow = ScriptedCompleter(latency=lambda request: 60 if request.step == "outputs" else 0)
    studio = open_studio(slow, PLAIN, path=path)
    studio.grow(depth=0, samples=2, guidance={"outputs": "Formal.", "inputs": "Curt."})
    until(lambda: any(request.step == "outputs" for request in slow.requests))
    studio.close()
    model = ScriptedCompleter()
    open_studio(model, PLAIN, path=path).resume().wait(20)
    assert told(model, "Formal.", "Curt.") == {"Formal.": {"outputs"}, "Curt.": set()}


# ---------------------------------------------------------------- files of an earlier release
@pytest.fixture
def old(tmp_path):
    return Path(shutil.copy(OLD, tmp_path / "old.synth"))


@pytest.fixture
def open_old(old, open_studio):
    """Open the file of an earlier release, which is said once."""

    def open_(model: Any = None) -> sw.Studio:
        with pytest.warns(UserWarning, match="written by an earlier release"):
            return open_studio(model, None, path=old)

    return open_


def test_what_a_file_of_an_earlier_release_says_is_told_at_every_step_as_it_was_then(open_old):
    model = ScriptedCompleter(concurrency=1)
    studio = open_old(model)
    assert studio.guidance == {
        "all": OLD_TEXTS["studio"], "topics": "", "inputs": "", "outputs": OLD_TEXTS["outputs"]
    }  # fmt: skip
    assert [session.guidance for session in studio.sessions] == [{"all": OLD_TEXTS["session"]}]
    assert studio.resume().wait(20).added == 2, "what the killed kernel owed"
    said = told(model, *OLD_TEXTS.values())
    assert said.pop(OLD_TEXTS["outputs"]) == {"outputs"}
    assert all(steps == {"outputs"} for steps in said.values()), "outputs alone were owed"
    before = len(model.requests)
    fill(studio)
    assert told(model, OLD_TEXTS["topic"], OLD_TEXTS["studio"], since=before) == {
        OLD_TEXTS["topic"]: EVERY,
        OLD_TEXTS["studio"]: EVERY,
    }
    statuses = sorted(sample.status for sample in studio.samples if sample.topic == ("B",))
    assert statuses == ["kept", "rejected"]
    again = studio.repeat(studio.jobs[0])
    again.wait(20)
    assert told(model, OLD_TEXTS["job"], since=before)[OLD_TEXTS["job"]] == {"inputs", "outputs"}


def test_what_undo_brings_back_from_an_earlier_release_is_what_stood_there(open_old):
    studio = open_old()
    topic = studio._state.find(("A",))
    assert topic.guidance == {"all": OLD_TEXTS["topic"]}
    while (undone := studio.undo()) is not None and undone.label != "Change “A”":
        pass
    assert not undone.skipped
    assert studio._state.find(("A",)).guidance == {"all": "Old: what stood there before"}
    studio.redo()
    assert studio._state.find(("A",)).guidance == {"all": OLD_TEXTS["topic"]}


def test_a_file_of_an_earlier_release_is_brought_up_once_and_opens_again(old, open_old, open_studio):
    seen = []
    for open_ in (open_old, lambda: open_studio(task=None, path=old)):
        studio = open_()
        seen.append([(t.name, t.guidance) for t in studio._state.topics.values()])
        studio.close()
        db = sqlite3.connect(old)
        assert db.execute("PRAGMA user_version").fetchone() == (rows.FORMAT,)
        db.close()
    assert seen[0] == seen[1]


def test_a_file_of_an_earlier_release_that_can_only_be_read_is_left_as_it_is(old, open_old):
    holder = FileLock(old)
    assert holder.acquire() is None
    before = old.read_bytes()
    studio = open_old()
    assert studio.read_only
    assert studio._state.find(("A",)).guidance == {"all": OLD_TEXTS["topic"]}
    assert studio.guidance["all"] == OLD_TEXTS["studio"]
    studio.close()
    assert old.read_bytes() == before
    holder.release()


def test_a_damaged_file_of_an_earlier_release_is_said_and_left_as_it_is(old, open_studio):
    db = sqlite3.connect(old)
    db.execute("UPDATE jobs SET args='[]'")
    db.commit()
    db.close()
    with pytest.raises(FileError, match=r"of an earlier release.*It is\s+as it was"):
        open_studio(task=None, path=old)
    db = sqlite3.connect(old)
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    assert db.execute("SELECT guidance FROM topics WHERE name='A'").fetchone() == (OLD_TEXTS["topic"],)
    db.close()


@pytest.mark.parametrize("wrong", ["Curt.", "[]", '{"input": "Curt."}', '{"inputs": 7}', None])
@pytest.mark.parametrize("update", ["UPDATE topics SET guidance=?", "UPDATE sessions SET guidance=?"])
def test_guidance_that_is_none_is_a_damaged_file(update, wrong, open_studio, tmp_path):
    path = tmp_path / "a.synth"
    studio = open_studio(task=PLAIN, path=path)
    studio.topics.add("A")
    studio.new_session(guidance="Curt.")
    studio.close()
    db = sqlite3.connect(path)
    db.execute(update, (wrong,))
    db.commit()
    db.close()
    with pytest.raises(FileError, match="damaged"):
        open_studio(task=PLAIN, path=path)


# ---------------------------------------------------------------- over the wire
def test_the_widget_gives_guidance_as_python_does_and_tells_what_each_text_is_for(open_studio):
    model = ScriptedCompleter()
    studio = open_studio(model, PLAIN)
    peer = Peer(studio._core, sw.Studio._of(studio._core))
    peer.hello()
    peer.do("add_topics", paths=[["A"]])
    assert "error" not in peer.do("set_topic", path=["A"], guidance={"inputs": "Curt.", "outputs": ""})
    [row] = [row for row in peer.replica.rows["topic"].values() if row["name"] == "A"]
    assert row["guidance"] == {"inputs": "Curt."}
    for guidance in (WORD, {"outputs": "Formal."}):
        peer.do("grow", under=["A"], depth=1, topics=len(model.requests) + 1, samples=1, guidance=guidance)
        until(lambda: studio.jobs[-1].status == "done")
    assert told(model, WORD, "Formal.") == {WORD: NEAR, "Formal.": {"outputs"}}
    until(lambda: len(peer.replica.rows["job"]) == 2 and peer.replica.rows["topic"])
    said = [job["guidance"] for job in peer.replica.rows["job"].values()]
    assert said == [f"Topics, inputs: {WORD}", "Outputs: Formal."]
    assert "guidance" in peer.do("grow", under=["A"], guidance={"outcome": "x"})["error"]["message"]
    peer.do("set_topic", path=["A"], guidance=None)
    [row] = [row for row in peer.replica.rows["topic"].values() if row["name"] == "A"]
    assert "guidance" not in row


def test_a_sample_tells_the_guidance_of_the_calls_behind_it(open_studio):
    studio = open_studio(task=PLAIN)
    studio.grow(depth=0, samples=1, guidance={"inputs": "Curt.", "outputs": "Formal."}).wait(20)
    [sample] = studio.samples
    calls = [studio._state.calls[ident] for ident in sample.versions[-1].calls]
    assert [(call.step, call.guidance) for call in calls] == [("inputs", "Curt."), ("outputs", "Formal.")]
