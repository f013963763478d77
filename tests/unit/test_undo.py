"""Undo and redo: whose steps they turn, what they leave alone, and that they outlive a restart."""

from __future__ import annotations

from synth_widgets.testing import ScriptedCompleter
from tests.tasks import until


def grown(open_studio, **kwargs):
    studio = open_studio(**kwargs)
    studio.topics.add("A")
    studio.grow(depth=0, samples=2).wait(10)
    return studio, [s.id for s in studio.samples]


def statuses(studio):
    return [s.status for s in studio.samples]


def test_a_finished_job_is_one_step(open_studio):
    studio, _ids = grown(open_studio)
    assert studio.undo().label == "Generate"
    assert list(studio.samples) == []
    assert studio.redo().label == "Generate"
    assert statuses(studio) == ["draft", "draft"]
    assert studio.redo() is None
    while studio.undo() is not None:
        pass
    assert studio.topics.paths() == []


def test_undo_and_redo_say_which_sample_they_turned(open_studio):
    studio, ids = grown(open_studio)
    studio.keep(ids)
    studio.rate(ids[1], 4)
    studio.regenerate(ids[0]).wait(10)
    turned = [studio.undo().sample for _ in range(4)]
    assert turned == [ids[0], ids[1], None, None], "the one made anew, the one rated, two kept, two generated"
    assert [studio.redo().sample for _ in range(4)] == turned[::-1]


def test_a_running_job_is_skipped(open_studio):
    model = ScriptedCompleter(latency=lambda request: 60 if request.step == "outputs" else 0)
    studio = open_studio(model)
    studio.topics.add("A")
    job = studio.grow(depth=0, samples=2)
    until(lambda: len(studio.samples) == 2)
    assert studio.undo().label == "Add topic"
    assert studio.topics.paths() == []
    assert studio.undo() is None
    studio.redo()
    job.cancel()
    job.wait(30)
    assert [studio.undo().label for _ in range(2)] == ["Add topic", "Generate"], "what was made last goes first"


def test_a_jobs_commits_never_clear_redo_and_a_persons_do(open_studio):
    studio, ids = grown(open_studio)
    studio.keep(ids)
    studio.undo()
    studio.grow(depth=0, samples=3).wait(10)
    assert studio.redo().label == "Keep 2"
    assert [s.status for s in studio.samples if s.id in ids] == ["kept", "kept"]
    studio.undo()
    studio.reject(ids[0])
    assert studio.redo() is None
    assert studio.samples[ids[1]].status == "draft"


def test_fields_that_later_changes_took_over_are_left_and_reported(open_studio):
    studio, ids = grown(open_studio)
    studio.topics.set("A", guidance="first")
    model = ScriptedCompleter(latency=lambda request: 60 if request.step == "outputs" else 0)
    studio.topics.add("B")
    job = studio.grow("B", depth=0, samples=1, model=model)
    until(lambda: len(studio.samples) == 3)
    studio.reject([s.id for s in studio.samples], "all of them")
    job.cancel()
    job.wait(30)
    studio.restore(ids[:1])
    undone = studio.undo()
    assert (undone.label, undone.skipped) == ("Restore 1", ())
    entries = studio._core.engine.call(lambda: studio._core.store.entries(studio._state.next_undo())).result(30)
    studio.restore(ids[:1])
    reversal = studio._core.engine.call(
        lambda: studio._core.store.undo(entries, next(g for g in studio._state.groups.values() if "Reject" in g.label))
    )
    assert set(reversal.skipped) == {f"{ids[0]}.status", f"{ids[0]}.reason"}
    assert statuses(studio) == ["draft", "draft", "pending"]
    assert studio.samples[ids[0]].reason is None


def test_undoing_a_removal_whose_name_was_taken_leaves_it_removed_and_says_so(open_studio):
    model = ScriptedCompleter(answers=['{"items": ["Billing"]}'], latency=0.2)
    studio = open_studio(model)
    studio.topics.add("Billing")
    job = studio.generate_topics(n=1)  # its steps come after the removal, but its group before
    studio.topics.remove("billing")
    job.wait(10)
    undone = studio.undo()
    assert undone.label == "Remove “Billing”"
    assert undone.skipped == ("Billing (the name is taken)",)
    assert studio.topics.paths() == [("Billing",)]


def test_removing_a_topic_tells_how_many_kept_went_and_undo_brings_all_back(open_studio):
    studio, ids = grown(open_studio)
    studio.keep(ids[:1])
    assert studio.topics.remove("A") == 1
    assert len(studio.samples) == 0
    studio.undo()
    assert statuses(studio) == ["kept", "draft"]


def test_both_stacks_outlive_a_restart(open_studio, tmp_path):
    path = tmp_path / "a.synth"
    studio, ids = grown(open_studio, path=path)
    studio.keep(ids)
    studio.reject(ids[0])
    studio.undo()
    studio.close()
    again = open_studio(path=path)
    assert (again._state.next_undo().label, again._state.next_redo().label) == ("Keep 2", "Reject 1")
    again.redo()
    assert statuses(again) == ["rejected", "kept"]
    again.undo()
    again.undo()
    assert statuses(again) == ["draft", "draft"]
    again.topics.add("B")
    again.close()
    once_more = open_studio(path=path)
    assert once_more.redo() is None, "a person went another way"
    assert once_more.undo().label == "Add topic"
    assert once_more.undo().label == "Generate"


def test_settings_are_undone_like_anything_else(open_studio):
    studio = open_studio()
    studio.set_guidance("Short.", topics="Few.")
    studio.set_guidance(topics="Many.")
    studio.undo()
    assert (studio.guidance["all"], studio.guidance["topics"]) == ("Short.", "Few.")
    studio.undo()
    assert studio.guidance["all"] == ""


def test_what_changes_nothing_leaves_no_step(open_studio):
    studio, ids = grown(open_studio)
    studio.keep(ids)
    studio.keep(ids)
    studio.topics.add("A")
    studio.set_guidance("")
    assert studio.undo().label == "Keep 2"
