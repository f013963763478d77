"""What a person does while something else is under way: nothing is lost, and nothing is kept that does not comply."""

from __future__ import annotations

import asyncio
import threading

import pytest

import synth_widgets as sw
from synth_widgets.errors import AccessError, FileError
from synth_widgets.studio import actions
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import PLAIN, TRIAGE, Held, in_background, listed, until

NUMBER = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
TEXT = {"type": "object", "properties": {"n": {"type": "string"}}, "required": ["n"]}
ROW = {"input": "I am Ada.", "output": "Hello, Ada!"}


@pytest.fixture
def added(open_studio):
    studio = open_studio(task=PLAIN)
    studio.add_samples([ROW])
    return studio, studio.samples[0].id


def together(studio, *acts):
    """Do several things on the engine's thread, so that none waits for another one."""
    handle = sw.Studio._of(studio._core)

    async def all_of_them():
        return await asyncio.gather(*(act(handle) for act in acts))

    return studio._core.engine.call(all_of_them)


def held_back(monkeypatch, core):
    """Let nothing leave the workers until the event is set."""
    gate = threading.Event()
    on_worker = core.engine.on_worker

    async def waiting(function):
        def slow():
            result = function()
            assert gate.wait(10)
            return result

        return await on_worker(slow)

    monkeypatch.setattr(core.engine, "on_worker", waiting)
    return gate


def test_two_edits_at_once_are_both_there(added):
    studio, ident = added
    together(studio, lambda s: s.edit(ident, input="I am Bob."), lambda s: s.edit(ident, output="Hello, Bob!"))
    assert (studio.samples[ident].input, studio.samples[ident].output) == ("I am Bob.", "Hello, Bob!")


def test_an_edit_is_checked_under_the_task_that_holds_when_it_is_made(open_studio, tmp_path, monkeypatch):
    path = tmp_path / "a.synth"
    studio = open_studio(task=sw.Task("Count", "Count.", output_schema=NUMBER), path=path)
    studio.add_samples([{"input": "one", "output": {"n": 1}}], status="kept")
    ident = studio.samples[0].id
    gate = held_back(monkeypatch, studio._core)
    edited = in_background(lambda: studio.edit(ident, output={"n": 2}))
    until(lambda: studio._core.engine._workers is not None)
    changed = in_background(
        lambda: studio._core.change_task(sw.Task("Count", "Count.", output_schema={**NUMBER, **TEXT}))
    )
    until(lambda: len(studio._state.tasks) == 2)
    gate.set()
    with pytest.warns(UserWarning, match="no longer"):
        changed.result(10)
    assert list(edited.result(10)) == [ident]
    assert studio.samples[ident].status == "failed"


def test_what_is_kept_while_a_changed_task_is_judged_fails_as_well(open_studio, monkeypatch):
    from synth_widgets.curation import revalidation

    studio = open_studio(task=sw.Task("Count", "Count.", output_schema=NUMBER))
    studio.add_samples([{"input": "one", "output": {"n": 1}}, {"input": "two", "output": {"n": 2}}])
    first, second = [s.id for s in studio.samples]
    studio.reject(first)
    judged = revalidation.revalidate

    def meanwhile(samples, task):
        found = judged(samples, task)
        monkeypatch.setattr(revalidation, "revalidate", judged)
        studio.restore(first)
        studio.keep(first)
        studio.edit(second, input="deux")
        return found

    monkeypatch.setattr(revalidation, "revalidate", meanwhile)
    with pytest.warns(UserWarning, match="2 samples no longer comply"):
        studio._core.change_task(sw.Task("Count", "Count.", output_schema=TEXT))
    assert [s.status for s in studio.samples] == ["failed", "failed"]
    studio.undo()
    assert studio.samples[first].status == "kept"


def test_what_a_person_does_during_a_redo_makes_it_none(open_studio):
    studio = open_studio(task=PLAIN)
    studio.topics.add("A")
    studio.topics.add("B")
    studio.topics.move("A", "B")
    studio.undo()

    async def move(handle):
        await asyncio.sleep(0)
        handle.topics.move("B", "A")

    redone, _ = together(studio, lambda s: s.redo(), move)
    assert redone is None
    assert studio.topics.paths() == [("A",), ("A", "B")]
    assert studio.undo().label == "Move “B”"
    assert studio.topics.paths() == [("A",), ("B",)]


def test_undoing_an_edit_never_leaves_a_kept_sample_that_does_not_comply(open_studio):
    many = actions.SLICE + 5
    model = ScriptedCompleter(faults=lambda _n, request: "garbage" if request.step == "outputs" else None)
    studio = open_studio(model, task=TRIAGE)
    studio.grow(depth=0, samples=1).wait(10)
    failed = studio.samples[0].id
    studio.add_samples([{"input": f"{n}", "output": {"kind": "a", "note": "x"}} for n in range(many)])
    ids = [s.id for s in studio.samples if s.id != failed]

    async def edit(handle):
        until_begun = studio._state
        while not any(s.status == "kept" for s in until_begun.samples.values()):
            await asyncio.sleep(0)
        assert handle.edit(failed, output={"kind": "b", "note": "by hand"}) == {}  # nothing that it waits for

    core = studio._core
    core.engine.on_worker, before = _at_once, core.engine.on_worker  # so that the edit fits between two slices
    try:
        together(studio, lambda s: s.keep([*ids, failed]), edit)
    finally:
        core.engine.on_worker = before
    assert studio.samples[failed].status == "kept"
    studio.undo()
    assert (studio.samples[failed].output, studio.samples[failed].status) == (None, "failed")


async def _at_once(function):
    return function()


def test_a_removed_topic_that_is_filled_meanwhile_comes_back_with_unique_names(open_studio):
    model = ScriptedCompleter(answers=[listed("refunds", "Fees")], chunk_delay=0.02)
    studio = open_studio(model, task=PLAIN)
    studio.topics.add(("Billing", "Refunds"))
    job = studio.generate_topics("Billing", n=2)
    until(lambda: model.in_flight == 1)
    studio.topics.remove("Billing")
    job.wait(10)
    studio.undo()
    assert studio.topics.paths() == [("Billing",), ("Billing", "Refunds"), ("Billing", "Fees")]


def test_an_input_that_is_edited_while_its_output_is_written_gets_its_own(open_studio):
    model = Held()
    studio = open_studio(model, task=PLAIN)
    studio.add_samples([{"input": "I am Ada."}], status="pending")
    job = studio.generate_outputs()
    assert model.asked.wait(30)
    studio.edit(studio.samples[0], input="I am Bob.")
    model.let_go()
    result = job.wait(10)
    assert (result.added, studio.samples[0].status, studio.samples[0].input) == (1, "draft", "I am Bob.")
    assert "I am Bob." in str(model.requests[-1].messages)


def test_nothing_is_asked_for_when_a_connection_breaks_after_the_last_item(open_studio):
    class Breaking(ScriptedCompleter):
        async def complete(self, request, on_text=None):
            answer = await super().complete(request, on_text)
            if request.step == "inputs":
                raise sw.errors.UnreachableError("the line broke", answer.text)
            return answer

    model = Breaking()
    studio = open_studio(model, task=PLAIN)
    result = studio.grow(depth=0, samples=3).wait(10)
    assert result.added == 3
    assert [r.step for r in model.requests].count("inputs") == 1


def test_what_an_endpoint_says_never_blocks_the_file(open_studio, tmp_path):
    path = tmp_path / "a.synth"
    model = ScriptedCompleter(faults={1: AccessError("no access \ud83d")})
    studio = open_studio(model, task=PLAIN, path=path)
    with pytest.raises(sw.errors.RunStoppedError):
        studio.grow(depth=0, samples=1).wait(10)
    studio.flush()
    assert studio._core.store.trouble is None


def test_closing_waits_for_the_whole_of_an_action(open_studio, tmp_path):
    path = tmp_path / "a.synth"
    studio = open_studio(task=PLAIN, path=path)
    studio.add_samples([{"input": f"{n}", "output": "x"} for n in range(5 * actions.SLICE)])
    ids = [s.id for s in studio.samples]
    kept = in_background(lambda: studio.keep(ids))
    until(lambda: any(s.status == "kept" for s in studio._state.samples.values()))
    studio.close()
    assert kept.result(10) == {}
    again = open_studio(task=PLAIN, path=path)
    assert {s.status for s in again.samples} == {"kept"}


def test_who_waits_for_the_disk_hears_that_it_was_closed(open_studio, tmp_path, monkeypatch):
    studio = open_studio(task=PLAIN, path=tmp_path / "a.synth")
    store = studio._core.store
    monkeypatch.setattr(store._journal, "lost", lambda: "the disk took too long")
    monkeypatch.setattr(store, "_publish", lambda _rev: None)
    waiting = studio._core.engine.call(lambda: _waiter(store))
    with pytest.raises(FileError):
        studio.close()
    with pytest.raises(FileError):
        waiting.result(5)


def _waiter(store):
    store.state.rev += 1
    return store.saved()


def test_an_output_that_two_ended_jobs_owe_is_paid_once(open_studio, tmp_path):
    path = tmp_path / "a.synth"
    slow = ScriptedCompleter(latency=lambda request: 30.0 if request.step == "outputs" else 0.0)
    studio = open_studio(slow, task=PLAIN, path=path)
    studio.grow(depth=0, samples=2)
    until(lambda: slow.in_flight == 2)
    studio.close()
    studio = open_studio(slow, task=PLAIN, path=path)
    studio.generate_outputs()
    until(lambda: slow.in_flight == 2)
    studio.close()
    model = ScriptedCompleter(latency=0.05)
    studio = open_studio(model, task=PLAIN, path=path)
    studio.resume()
    for job in studio.jobs:
        job.wait(10)
    assert len(model.requests) == 2
    assert {s.status for s in studio.samples} == {"draft"}


def test_a_wrong_topic_is_told_the_nearest_while_topics_come(added, monkeypatch):
    from synth_widgets.studio import selecting

    studio, _ = added
    studio.topics.add("Billing")

    def slowly(_name, known):
        names = iter(known)
        next(names, None)
        studio.topics.add("Refunds")
        return f" {len(list(names))} more"

    monkeypatch.setattr(selecting, "nearest", slowly)
    with pytest.raises(sw.errors.StudioError, match="There is no topic"):
        studio.to_pandas("all", topic="Biling")
