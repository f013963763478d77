"""A job of any size is planned in parts: it can be stopped between two of them, and owes all of it in the end."""

from __future__ import annotations

import asyncio
import inspect
from collections import Counter

import pytest

from synth_widgets.errors import AccessError, RunStoppedError
from synth_widgets.records import ROOT
from synth_widgets.runs import plan, repeats
from synth_widgets.runs.plan import SLICE, Recipe
from synth_widgets.store.changes import JobChanged, TopicAdded
from synth_widgets.store.store import Store
from synth_widgets.testing import ScriptedCompleter
from synth_widgets.text.normal import normal_form
from tests.replica import Peer
from tests.tasks import PLAIN, in_background, until

MANY = 4 * SLICE
HOUR = 3600


@pytest.fixture
def commits(monkeypatch):
    """How many items each commit of a job planned and finished."""
    seen: list[tuple[int, int]] = []
    commit = Store.commit

    def noted(store, changes, **kwargs):
        changes = list(changes)
        jobs = [change for change in changes if isinstance(change, JobChanged)]
        seen.append((sum(len(job.planned) for job in jobs), sum(len(job.finished) for job in jobs)))
        return commit(store, changes, **kwargs)

    monkeypatch.setattr(Store, "commit", noted)
    return seen


def slow_studio(open_studio, **kwargs):
    return open_studio(ScriptedCompleter(latency=HOUR), task=PLAIN, **kwargs)


def owed(studio, job):
    return len(studio._state.items.get(job.id, {}))


def waiting(studio, n):
    """Add so many pending samples."""
    studio.add_samples([{"input": f"I am number {i}."} for i in range(n)], status="pending")


def test_a_great_plan_is_committed_in_parts_and_whole_when_the_call_returns(open_studio, commits, tmp_path):
    path = tmp_path / "a.synth"
    studio = slow_studio(open_studio, path=path)
    studio.topics.add(("A",), ("B",), target=3)
    commits.clear()
    job = studio.grow(depth=0, samples=MANY // 2 + 7)
    assert owed(studio, job) == MANY + 14
    assert max(planned for planned, _ in commits) <= 2 * SLICE
    assert [studio._state.find((name,)).target for name in "AB"] == [MANY // 2 + 7] * 2
    studio.close()
    again = open_studio(ScriptedCompleter(), task=PLAIN, path=path)
    assert sum(map(len, again._state.items.values())) == MANY + 14
    job = again.resume()
    until(lambda: again._core.jobs.runs[job.id].progress.total == MANY + 14)
    job.cancel()
    job.wait(30)


def test_outputs_and_new_versions_of_many_samples_are_planned_in_parts(open_studio, commits):
    studio = slow_studio(open_studio)
    waiting(studio, MANY)
    commits.clear()
    job = studio.generate_outputs()
    assert owed(studio, job) == MANY
    job.cancel()
    job.wait(30)
    job = studio.regenerate(studio.samples)
    assert owed(studio, job) == MANY
    assert max(planned for planned, _ in commits) <= SLICE


def test_a_job_is_stopped_while_it_is_planned_and_owes_nothing(open_studio, tmp_path, commits):
    path = tmp_path / "a.synth"
    studio = slow_studio(open_studio, path=path)
    handle = studio._of(studio._core)

    async def begin_and_stop():
        starting = asyncio.ensure_future(handle.grow(depth=0, samples=9 * SLICE))
        while not studio._core.jobs.runs:
            await asyncio.sleep(0)
        assert handle.cancel() == 1
        return await starting

    job = studio._core.engine.call(begin_and_stop)
    job.wait(30)
    assert job.status == "cancelled"
    assert 0 < sum(planned for planned, _ in commits) < 9 * SLICE
    assert owed(studio, job) == 0
    assert max(finished for _, finished in commits) == 0, "what is given up is not counted out"
    studio.close()
    again = open_studio(task=PLAIN, path=path)
    assert not any(again._state.items.values())
    assert again.resume().wait(30).added == 0


def test_a_job_that_cannot_go_on_owes_also_what_was_not_planned_yet(open_studio):
    studio = open_studio(ScriptedCompleter(faults=lambda *_: AccessError("no key")), task=PLAIN)
    job = studio.grow(depth=0, samples=9 * SLICE)
    with pytest.raises(RunStoppedError):
        job.wait(30)
    assert owed(studio, job) == 9 * SLICE


def test_what_two_jobs_find_missing_is_planned_once(open_studio):
    studio = slow_studio(open_studio)
    handle = studio._of(studio._core)

    async def both():
        starting = [asyncio.ensure_future(_awaited(handle.grow(depth=0, samples=MANY))) for _ in "ab"]
        return await asyncio.gather(*starting)

    jobs = studio._core.engine.call(both)
    assert sorted(owed(studio, job) for job in jobs) == [0, MANY]


def owing_in_three_leaves(open_studio, path):
    """Return a studio whose file has a job that was interrupted with all of its work before it: in parts too."""
    studio = slow_studio(open_studio, path=path)
    studio.topics.add("A", "B", "C")
    studio.grow(depth=0, samples=MANY // 3)
    studio.close()
    return slow_studio(open_studio, path=path)


def all_owed(studio):
    return sum(map(len, studio._state.items.values()))


@pytest.mark.parametrize("steps", [1, 4])
def test_what_a_job_owes_is_not_resumed_while_another_plans_to_see_to_it(open_studio, tmp_path, steps):
    studio = owing_in_three_leaves(open_studio, tmp_path / "a.synth")
    handle, wanted = studio._of(studio._core), all_owed(studio)

    async def grow_and_resume():
        growing = asyncio.ensure_future(handle.grow(depth=0, samples=MANY // 3))
        for _ in range(steps):
            await asyncio.sleep(0)
        return await asyncio.gather(growing, _awaited(handle.resume()))

    job, _ = studio._core.engine.call(grow_and_resume)
    assert (owed(studio, job), all_owed(studio)) == (wanted, wanted)


def test_paused_jobs_go_on_at_once_while_another_is_planned_and_a_stop_drops_the_rest(open_studio, tmp_path):
    studio = owing_in_three_leaves(open_studio, tmp_path / "a.synth")
    handle = studio._of(studio._core)
    paused = studio.generate_inputs("A", n=1)
    paused.pause()

    async def grow_and_resume():
        growing = asyncio.ensure_future(handle.grow("B", depth=0, samples=9 * SLICE))
        while len(studio._core.jobs.runs) < 2:
            await asyncio.sleep(0)
        resuming = asyncio.ensure_future(_awaited(handle.resume()))
        assert paused.status == "running"
        await asyncio.sleep(0)
        handle.cancel()
        return await asyncio.gather(growing, resuming)

    job, resumed = studio._core.engine.call(grow_and_resume)
    job.wait(30)
    assert (job.status, resumed.status) == ("cancelled", "cancelled")
    assert [j.status for j in studio._state.jobs.values()].count("interrupted") == 1


@pytest.mark.parametrize("steps", [1, 3])
def test_what_a_job_owes_that_stops_while_another_counts_on_it_stays_owed(open_studio, steps):
    studio = slow_studio(open_studio)
    studio.topics.add("A", "B", "C")
    handle, first = studio._of(studio._core), studio.grow(depth=0, samples=SLICE // 2)

    async def grow_and_fail():
        growing = asyncio.ensure_future(handle.grow(depth=0, samples=2 * MANY))
        for _ in range(steps):
            await asyncio.sleep(0)
        run = studio._core.jobs.runs[first.id]
        run._fault = AccessError("no key")
        run._wake.set()
        return await growing

    studio._core.engine.call(grow_and_fail)
    until(lambda: first.status == "stopped")
    assert all_owed(studio) == 6 * MANY
    assert owed(studio, first) == 3 * SLICE // 2


async def _awaited(job):
    return await job if inspect.iscoroutine(job) else job  # a job is awaited to its end


def test_targets_alone_are_set_in_one_step_however_many(open_studio):
    studio = open_studio(task=PLAIN)
    studio.topics.add(*[f"T{n}" for n in range(900)], target=1)
    rows = [{"input": f"{n} {i}", "output": "x", "topic": (f"T{n}",)} for n in range(900) for i in range(2)]
    studio.add_samples(rows)
    assert studio.grow(depth=0, samples=2).wait(30).added == 0
    assert {studio._state.find((f"T{n}",)).target for n in range(900)} == {2}
    assert studio.undo().label == "Set targets"
    assert {studio._state.find((f"T{n}",)).target for n in range(900)} == {1}


def test_no_part_of_a_plan_is_longer_than_the_others_wait_whatever_it_finds(open_studio):
    studio = open_studio(task=PLAIN)
    studio.topics.add(*[f"T{n}" for n in range(300)])
    waiting(studio, MANY)
    state = studio._state
    ids = tuple(state.samples)
    for recipe, samples in (
        (Recipe("grow", ROOT, 0, samples=50), ()),
        (Recipe("grow", ROOT, 1, (3000,), samples=5), ()),
        (Recipe("grow", ROOT, 0, samples=MANY, only=True), ()),
        (Recipe("grow", ROOT, 0, thin=True, samples=None), ()),
        (Recipe("inputs", ROOT, 0, samples=40), ()),
        (Recipe("topics", ROOT, 1, (40,), leaves=True), ()),
        (Recipe("outputs", ROOT, 0), ids),
        (Recipe("regenerate", ROOT, 0), ids),
    ):
        parts = list(plan.parts(state, recipe, "job", samples))
        assert max(len(part.items) for part in parts) <= 2 * SLICE
        assert max(len(part.targets) for part in parts) <= SLICE
        items = [item for part in parts for item in part.items]
        assert len({item.key for item in items}) == len(items)
        counted = [
            (slots.step, slots.target, n) for slots in plan.tally(state, recipe, samples) for n in slots.ordinals
        ]
        assert [item.key for item in items] == counted, "an estimate counts what is planned"


def test_open_slots_are_counted_as_they_come_and_go(open_studio, tmp_path):
    path = tmp_path / "a.synth"
    studio = open_studio(ScriptedCompleter(latency=0.02, concurrency=1), task=PLAIN, path=path)
    job = studio.grow(topics=3, samples=30, outputs=False)
    until(lambda: job.progress.done > 20)
    job.pause()
    until(lambda: not studio._core.jobs.runs[job.id]._calls)

    def counted(studio):
        items = studio._state.items[job.id].values()
        return Counter((item.step, item.target) for item in items if item.step != "outputs")

    assert +studio._state.items[job.id]._slots == counted(studio)
    assert counted(studio).total() > 20
    studio.close()
    again = open_studio(task=PLAIN, path=path)
    assert +again._state.items[job.id]._slots == counted(again)
    assert len(again._state.items[job.id]) == len(tuple(again._state.items[job.id].values()))


def test_many_calls_whose_topic_was_removed_are_given_up_in_parts(open_studio, commits):
    studio = slow_studio(open_studio)
    studio.topics.add("A", "B")
    job = studio.generate_inputs("A", n=3 * SLICE)
    studio.topics.remove("A")
    job.wait(30)
    assert (job.status, owed(studio, job)) == ("done", 0)
    assert max(finished for _, finished in commits) <= SLICE + 8


def test_the_widget_starts_a_great_job_and_stops_it(open_studio):
    studio = slow_studio(open_studio)
    waiting(studio, MANY)
    peer = Peer(studio._core, studio._of(studio._core))
    peer.hello()
    seen = peer.do("generate_outputs")["error"]["estimate"]
    confirmed = {name: seen[name] for name in ("calls", "cost", "models")}
    started = peer.do("generate_outputs", confirmed=confirmed)["ok"]["job"]
    assert peer.replica.rows["job"][started]["owed"] == MANY
    assert peer.do("cancel", job=started)["ok"] == 1
    until(lambda: peer.replica.rows["job"][started]["owed"] == 0)


def test_a_job_that_is_looked_up_when_all_is_stopped_does_not_begin(open_studio):
    studio = open_studio(task=PLAIN)
    waiting(studio, 3)
    handle, before = studio._of(studio._core), studio.generate_inputs(n=1)
    before.wait(30)

    async def stopped_behind(start):
        starting = asyncio.ensure_future(start())
        await asyncio.sleep(0)
        handle.cancel()
        return await starting

    for start in (handle.generate_outputs, lambda: handle.regenerate(studio.samples[0].id), before.repeat):
        job = studio._core.engine.call(lambda start=start: stopped_behind(start))
        assert (job.status, job.wait(30).added) == ("cancelled", 0)
    assert len(studio.jobs) == 1
    assert studio.generate_outputs().wait(30).added == 4


def test_reading_for_repeats_does_not_hold_up_a_stop(open_studio, monkeypatch):
    studio = slow_studio(open_studio)
    engine = studio._core.engine
    never = asyncio.Event()

    async def for_ever(_function):
        await never.wait()

    monkeypatch.setattr(engine, "on_worker", for_ever)
    job = studio.grow(depth=0, samples=1)
    job.cancel()
    job.wait(30)
    assert job.status == "cancelled"
    assert studio._core.jobs._repeats._users == 0
    assert not studio._core.jobs._repeats.are_read


def test_inputs_are_read_for_repeats_before_new_ones_are_asked_for_and_not_for_outputs(open_studio, monkeypatch):
    studio = open_studio(task=PLAIN)
    studio.topics.add("A")
    waiting(studio, 3)
    read = []
    monkeypatch.setattr(repeats, "normal_form", lambda value: read.append(value) or normal_form(value))
    assert studio.generate_outputs().wait(30).added == 3
    assert not read
    assert studio.generate_inputs(n=2).wait(30).added == 2
    assert len(read) >= 3 + 2


def test_an_estimate_counts_what_would_be_planned_and_makes_no_item(open_studio, monkeypatch):
    studio = open_studio(task=PLAIN)
    studio.topics.add("A", "B")
    waiting(studio, 3)
    made = []
    monkeypatch.setattr(plan, "_item", lambda *fields: made.append(fields))
    assert studio.estimate("generate_inputs", n=5000).samples == 10_000
    assert studio.estimate("generate_outputs").samples == 3
    assert studio.estimate("grow", depth=1, topics=4, samples=10).samples == 40
    assert not made


def topics_only():
    """A model that answers for topics alone: what follows from them is planned, and waits."""
    return ScriptedCompleter(latency=lambda request: 0.0 if request.step == "topics" else HOUR)


def test_what_follows_from_new_topics_is_planned_in_parts_and_expected_from_the_start(open_studio, commits):
    studio, each, totals = open_studio(topics_only(), task=PLAIN), SLICE + 500, set()
    job = studio.grow(topics=3, samples=each)
    progress = studio._core.jobs.runs[job.id].progress
    until(lambda: progress.total)

    def is_planned():
        totals.add(progress.total)
        return owed(studio, job) == 3 * each

    until(is_planned)
    assert totals == {3 * each}
    assert max(planned for planned, _ in commits) == SLICE
    assert Counter(item.target for item in studio._state.items[job.id].values()) == {
        topic.id: each for topic in studio._state.visible_children(ROOT)
    }
    job.cancel()
    job.wait(30)
    assert owed(studio, job) == 0


def test_what_is_being_planned_below_a_new_topic_is_not_missing(open_studio, monkeypatch):
    studio, each, second = open_studio(topics_only(), task=PLAIN), SLICE + 500, []
    commit = Store.commit

    def meanwhile(store, changes, **kwargs):
        changes = list(changes)
        if not second and any(isinstance(change, TopicAdded) for change in changes):
            second.append(in_background(lambda: studio.grow(topics=3, samples=each)))
        return commit(store, changes, **kwargs)

    monkeypatch.setattr(Store, "commit", meanwhile)
    first = studio.grow(topics=3, samples=each)
    until(lambda: second)
    other = second[0].result(30)
    until(lambda: not studio._core.jobs.runs[first.id].planner.is_busy)
    assert (owed(studio, first), owed(studio, other)) == (3 * each, 0)
    first.cancel()
    first.wait(30)


@pytest.mark.parametrize("depth", [0, 1], ids=["its own plan", "below new topics"])
def test_a_job_that_is_interrupted_before_all_of_it_is_planned_says_so(open_studio, tmp_path, depth):
    studio, leaves, each = open_studio(topics_only(), task=PLAIN, path=tmp_path / "a.synth"), 40, 10_000
    if depth == 0:
        studio.topics.add(*[f"Topic {n}" for n in range(leaves)])
    starting = in_background(lambda: studio.grow(depth=depth, topics=leaves, samples=each))
    until(lambda: any(len(items) > SLICE for items in tuple(studio._state.items.values())))
    studio.close()
    job = studio._state.jobs[starting.result(30).id]
    assert len(studio._state.items[job.id]) < leaves * each
    assert job.status == "interrupted"
    assert "before all of it was planned" in job.note
