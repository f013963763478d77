"""A pydantic class says no where JSON Schema cannot: at each verdict, on a worker, with the class as it is now."""

from __future__ import annotations

import threading

import pytest
from pydantic import BaseModel, create_model, field_validator

import synth_widgets as sw
from synth_widgets.testing import ScriptedCompleter

asked: list[tuple[int, str]] = []
"""Each number that a class was asked about, and the thread on which."""


def class_of(allowed):
    """A class that allows these numbers, which its JSON Schema does not tell."""

    class Count(BaseModel):
        n: int

        @field_validator("n")
        @classmethod
        def among(cls, value):
            asked.append((value, threading.current_thread().name))
            if value not in allowed:
                raise ValueError(f"{value} is none of ours")
            return value

    return Count


def task_of(model):
    return sw.Task("Count", "Count.", output_schema=model)


@pytest.fixture
def open_counts(open_studio, tmp_path):
    """A function that opens the same file under a class that allows some numbers; its first samples are 1 and 2."""

    def open_counts(allowed, outputs=()):
        model = ScriptedCompleter(answers=lambda request: {"n": rest.pop(0)} if request.step == "outputs" else None)
        rest = list(outputs)
        return open_studio(model, task=task_of(class_of(allowed)), path=tmp_path / "count.synth")

    return open_counts


def ids(studio):
    return [sample.id for sample in studio.samples]


REFUSED = "output: n: Value error, 2 is none of ours"


def test_what_the_class_refuses_now_is_not_kept(open_counts):
    open_counts({1, 2}, [1, 2]).grow(depth=0, samples=2).wait(10)
    studio = open_counts({1})
    one, two = ids(studio)
    asked.clear()
    assert studio.keep([one, two]) == {two: f"does not comply: {REFUSED}"}
    assert [s.status for s in studio.samples] == ["kept", "draft"]
    assert {n for n, _ in asked} == {1, 2}
    assert all(thread.startswith("synth-worker") for _, thread in asked)


def test_what_the_class_refuses_now_fails_when_a_verdict_is_taken_back(open_counts):
    studio = open_counts({1, 2}, [1, 2])
    studio.grow(depth=0, samples=2).wait(10)
    studio.keep(ids(studio))
    studio = open_counts({1})
    studio.restore(ids(studio))
    assert [(s.status, s.reason) for s in studio.samples] == [("draft", None), ("failed", REFUSED)]


def test_a_new_version_is_taken_and_an_old_one_taken_back_only_if_the_class_likes_it(open_counts):
    studio = open_counts({1, 2}, [1, 2])
    studio.grow(depth=0, samples=1).wait(10)
    studio.keep(ids(studio))
    studio.regenerate(ids(studio)).wait(10)
    studio = open_counts({1})
    (ident,) = ids(studio)
    assert studio.accept(ident) == {ident: f"the new version does not comply: {REFUSED}"}
    two = studio.samples[ident].versions[-1].n
    assert studio.revert(ident, two) == {ident: f"version {two} does not comply: {REFUSED}"}
    assert studio.samples[ident].output == {"n": 1}


def test_a_changed_task_asks_the_class(open_counts, open_studio, tmp_path):
    studio = open_counts({1, 2}, [1, 2])
    studio.grow(depth=0, samples=2).wait(10)
    more = create_model("Count", __base__=class_of({1}), note=(str | None, None))
    with pytest.warns(UserWarning, match="1 sample no longer complies"):
        open_studio(None, task=task_of(more), path=tmp_path / "count.synth")
    assert [s.status for s in studio.samples] == ["draft", "failed"]


def test_a_frame_does_not_get_around_the_class(open_counts):
    studio = open_counts({1, 2}, [1, 2])
    studio.grow(depth=0, samples=2).wait(10)
    studio = open_counts({1})
    df = studio.to_pandas("all")
    df["status"] = "kept"
    assert list(studio.update(df)) == [ids(studio)[1]]


def test_many_are_asked_slice_by_slice_as_one_step(open_counts):
    studio = open_counts(range(1000))
    studio.add_samples([{"input": f"number {n}", "output.n": n} for n in range(450)])
    studio = open_counts(range(440))
    assert len(studio.keep(ids(studio))) == 10
    assert sum(s.status == "kept" for s in studio.samples) == 440
    assert studio.undo().label == "Keep 440"
    assert all(s.status == "draft" for s in studio.samples)


def test_a_frame_that_the_studio_overtook_is_looked_at_again_and_not_on_the_engine(open_counts):
    class Meddling:
        """Allows all numbers; the first time it is asked, the person rates the sample."""

        studio = None

        def __contains__(self, number):
            studio, self.studio = self.studio, None
            if studio is not None:
                studio.rate(ids(studio), 3)
            return True

    meddling = Meddling()
    studio = open_counts(meddling, [1])
    studio.grow(depth=0, samples=1).wait(10)
    df = studio.to_pandas("all")
    df["output.n"] = 5
    meddling.studio = studio
    asked.clear()
    assert studio.update(df) == {}
    assert (studio.samples[0].output, studio.samples[0].stars) == ({"n": 5}, 3)
    assert [thread.startswith("synth-worker") for _, thread in asked] == [False, True]
    assert all("engine" not in thread for _, thread in asked)


def test_the_class_of_the_inputs_is_asked_about_each_that_a_model_writes(open_studio):
    given = iter([[1, 2, 3], [4], [5]])
    model = ScriptedCompleter(
        answers=lambda request: {"items": [{"n": n} for n in next(given)]} if request.step == "inputs" else "fine"
    )
    studio = open_studio(model, task=sw.Task("Count", "Count.", input_schema=class_of({1, 3, 5})))
    asked.clear()
    studio.grow(depth=0, samples=3).wait(10)
    assert sorted(sample.input["n"] for sample in studio.samples) == [1, 3, 5]
    assert sorted(n for n, _ in asked) == [1, 2, 3, 4, 5]
    assert all(thread.startswith("synth-worker") for _, thread in asked)
    said = [request.messages[-1]["content"] for request in model.requests if request.step == "inputs"]
    assert "2 is none of ours" in said[1]
