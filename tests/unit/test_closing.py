"""A studio that closes, or that nobody holds any more, ends alone: others wait for nothing, and nothing is left."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest

import synth_widgets as sw
from synth_widgets.errors import ModelError, StudioError
from synth_widgets.store.open_file import OpenFile
from synth_widgets.studio import registry
from synth_widgets.studio.models import Models
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import PLAIN, in_background, until


@pytest.fixture
def gate():
    gate = threading.Event()
    yield gate
    gate.set()


@pytest.fixture
def slow_file(tmp_path, monkeypatch, gate):
    """A path whose disk takes what was written only when the gate opens."""
    path, empty = tmp_path / "slow.synth", OpenFile.empty_log

    def slowly(file):
        if file.path == path:
            gate.wait(60)
        empty(file)

    monkeypatch.setattr(OpenFile, "empty_log", slowly)
    return path


def journals():
    return sum(thread.name == "synth-journal" for thread in threading.enumerate())


# ---------------------------------------------------------------- closing
def test_others_go_on_open_and_close_while_one_is_closed(open_studio, slow_file, tmp_path, gate):
    other = open_studio(task=PLAIN)
    slow = sw.Studio(PLAIN, path=slow_file, model=ScriptedCompleter())
    slow.topics.add("A")
    closing = in_background(slow.close)
    until(lambda: slow._core.closed)
    assert in_background(lambda: other.topics.add("B")).result(30) == [("B",)]
    third = in_background(lambda: sw.Studio(PLAIN, path=tmp_path / "third.synth", model="local")).result(30)
    in_background(third.close).result(30)
    assert not closing.done()
    gate.set()
    closing.result(30)
    with sw.Studio(path=slow_file, model="local") as again:
        assert again.topics.paths() == [("A",)]


def test_who_opens_a_file_that_is_being_closed_gets_it_when_it_is_free(slow_file, gate):
    slow = sw.Studio(PLAIN, path=slow_file, model=ScriptedCompleter())
    slow.topics.add("A")
    closing = in_background(slow.close)
    until(lambda: slow._core.closed)
    opening = in_background(lambda: sw.Studio(path=slow_file, model="local"))
    gate.set()
    closing.result(30)
    with opening.result(30) as again:
        assert (again.read_only, again.topics.paths()) == (None, [("A",)])


def test_a_script_that_ends_closes_all_side_by_side(tmp_path, monkeypatch):
    both = threading.Barrier(2, timeout=30)
    empty, met = OpenFile.empty_log, []

    def together(file):
        if file.path not in met:
            met.append(file.path)
            both.wait()
        empty(file)

    studios = [sw.Studio(PLAIN, path=tmp_path / f"{n}.synth", model=ScriptedCompleter()) for n in range(2)]
    cores = {core.path: core for core in (studio._core for studio in studios)}
    monkeypatch.setattr(registry, "_cores", cores)
    monkeypatch.setattr(registry, "_memory_cores", set())
    monkeypatch.setattr(OpenFile, "empty_log", together)
    registry._close_all()
    assert len(met) == 2
    assert not both.broken
    assert not list(tmp_path.glob("*.lock"))


def test_a_file_that_was_opened_for_nothing_is_free_again(tmp_path, monkeypatch):
    def fails(_core, _models):
        raise StudioError("no such model")

    with monkeypatch.context() as patched:
        patched.setattr(Models, "set", fails)
        with pytest.raises(StudioError, match="no such model"):
            sw.Studio(PLAIN, path=tmp_path / "a.synth", model=ScriptedCompleter())
    assert not list(tmp_path.glob("*.lock"))
    with sw.Studio(PLAIN, path=tmp_path / "a.synth", model=ScriptedCompleter()) as again:
        assert again.read_only is None


# ---------------------------------------------------------------- forgotten
def test_twenty_forgotten_studios_in_memory_leave_neither_threads_nor_their_state():
    gc.collect()
    before = journals()
    states = []
    for _ in range(20):
        studio = sw.Studio(PLAIN, path=":memory:", model=ScriptedCompleter())
        studio.grow(depth=0, samples=3).wait(30)
        studio.keep([sample.id for sample in studio.samples])
        states.append(weakref.ref(studio._state))
        del studio
    until(lambda: journals() <= before)
    until(lambda: not any(state() for state in states))


def test_a_job_that_runs_a_view_of_the_topics_and_a_jobs_handle_hold_a_studio_in_memory():
    def begun():
        studio = sw.Studio(PLAIN, path=":memory:", model=ScriptedCompleter(latency=0.05))
        studio.topics.add("A")
        return studio.grow(depth=0, samples=4), studio.topics, weakref.ref(studio._core)

    job, topics, core = begun()
    gc.collect()
    assert job.wait(30).added == 4
    assert topics.add("B") == [("B",)]
    assert job.repeat().wait(30).added == 8
    del topics
    gc.collect()
    assert core() is not None
    del job
    until(lambda: gc.collect() is not None and core() is None)


def test_a_widget_holds_a_studio_in_memory_until_it_is_closed():
    def shown():
        studio = sw.Studio(PLAIN, path=":memory:", model=ScriptedCompleter())
        studio.topics.add("A")
        return studio.widget, weakref.ref(studio._core)

    widget, core = shown()
    gc.collect()
    assert core() is not None
    widget.close()
    del widget
    until(lambda: gc.collect() is not None and core() is None)


def test_a_widget_that_was_closed_is_made_anew(open_studio):
    studio = open_studio(task=PLAIN)
    first = studio.widget
    first.close()
    second = studio.widget
    assert second is not first
    assert studio.widget is second
    until(lambda: len(studio._core.on_progress) == 1)


def test_a_forgotten_studio_with_a_file_goes_on(tmp_path):
    path = tmp_path / "a.synth"
    studio = sw.Studio(PLAIN, path=path, model=ScriptedCompleter())
    studio.topics.add("A")
    core = weakref.ref(studio._core)
    del studio
    gc.collect()
    with sw.Studio(path=path) as again:
        assert again._core is core()
        assert again.topics.paths() == [("A",)]


def test_a_model_that_cannot_be_used_leaves_no_studio_behind():
    gc.collect()
    before = journals()
    with pytest.raises(ModelError):
        sw.Studio(PLAIN, path=":memory:", model="nobody/knows")
    gc.collect()
    until(lambda: journals() <= before)
