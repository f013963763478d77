"""What people hand to methods: numbers of numpy, slices, jobs as coroutines, paths of every kind."""

from __future__ import annotations

import ast
import asyncio
import copy
import pickle
from pathlib import Path

import numpy as np
import pytest

import synth_widgets as sw
from synth_widgets.errors import FileError, StudioError
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import PLAIN, TRIAGE

PACKAGE = Path(sw.__file__).parent


def test_whole_numbers_of_numpy_are_whole_numbers(open_studio, tmp_path):
    path = tmp_path / "a.synth"
    studio = open_studio(path=path)
    one, two = np.int64(1), np.uint8(2)
    studio.topics.add("A", target=two)
    studio.topics.set("A", target=np.int16(3))
    studio.grow(depth=one, topics=np.array([2]), samples=two).wait(30)
    studio.generate_topics(n=two, depth=one).wait(30)
    studio.generate_inputs("A", n=one).wait(30)
    studio.grow("A", depth=0, samples=np.int8(4)).repeat(one).wait(30)
    studio.rate(studio.samples[np.int64(0)], np.int64(4))
    studio.revert(studio.samples[0], np.int32(studio.samples[0].versions[-1].n))
    assert (studio.samples[0].stars, type(studio.samples[0].stars)) == (4, int)
    assert len(studio.samples.filter("all", min_stars=np.int64(4))) == 1
    for budget in (np.int64(3), np.float32(3)):
        studio.set_budget(budget)
        assert (studio.budget, type(studio.budget)) == (3.0, float)
    studio.close()
    again = open_studio(path=path)
    assert again.samples[0].stars == 4
    for wrong in (True, np.bool_(True), 2.0, "2", np.float64(2)):
        with pytest.raises(StudioError, match="whole number"):
            again.rate(again.samples[0], wrong)
        with pytest.raises(StudioError, match="named by its number"):
            again.revert(again.samples[0], wrong)


def test_numbers_of_numpy_describe_a_model():
    price = {"input_cost_per_token": np.float32(0.5), "output_cost_per_token": np.float64(0.25)}
    given = sw.Model(
        "openai/any", concurrency=np.int64(4), max_tokens=np.int32(9), temperature=np.float32(0.5), **price
    )
    same = sw.Model(
        "openai/any", concurrency=4, max_tokens=9, temperature=0.5, input_cost_per_token=0.5, output_cost_per_token=0.25
    )
    assert given == same
    assert [type(value) for value in given.params.values()] == [int, float]
    with pytest.raises(sw.errors.ModelError, match="whole number"):
        sw.Model("openai/any", concurrency=np.bool_(True))


def test_samples_are_sliced_like_a_list(open_studio):
    studio = open_studio(task=PLAIN)
    studio.add_samples([{"input": text} for text in "abcde"])
    listed = list(studio.samples)
    for part in (slice(0, 2), slice(None), slice(-2, None), slice(None, None, -2), slice(9, 12)):
        assert studio.samples[part] == listed[part]
    studio.reject(studio.samples[:2])
    assert [s.status for s in studio.samples] == ["rejected"] * 2 + ["pending"] * 3
    with pytest.raises(StudioError, match=r"an id, a position or a slice, not \('A',\)"):
        studio.samples[("A",)]
    with pytest.raises(IndexError):
        studio.samples[5]


async def test_a_job_goes_wherever_a_coroutine_goes(open_studio):
    studio = open_studio()
    job = studio.grow(depth=0, samples=3)
    first, second = asyncio.create_task(job), asyncio.create_task(job)
    async with asyncio.TaskGroup() as group:
        third = group.create_task(job)
    results = [await first, await second, third.result(), *await asyncio.gather(job, job)]
    assert [await asyncio.wait_for(job, 30), await job] == results[:2]
    assert {result.added for result in results} == {3}
    assert len(results) == 5


def test_a_job_is_run_like_a_coroutine_and_waiting_can_be_given_up(open_studio):
    studio = open_studio(ScriptedCompleter(latency=0.05))
    assert asyncio.run(studio.grow(depth=0, samples=2)).added == 2

    async def give_up():
        job = studio.grow(depth=0, samples=4)
        job.pause()
        task = asyncio.create_task(job)
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert job.status == "paused"
        job.resume()
        return await asyncio.create_task(job)

    assert asyncio.run(give_up()).stopped is None


def test_what_people_hold_is_copied_and_pickled(open_studio):
    model = sw.Model("openai/any", api_key="sk-1", stop=["a"], temperature=0.5)
    twin = copy.deepcopy(model)
    assert (twin == model, twin.api_key, twin is model) == (True, "sk-1", False)
    twin.params["stop"].append("b")
    assert model.params["stop"] == ["a"]
    assert copy.deepcopy([model, model])[0] == model
    studio = open_studio()
    result = studio.grow(depth=0, samples=1).wait(30)
    added = studio.add_samples([{"input": "x"}])
    for value in (result, added, studio.session, studio.samples[0], studio.samples[0].versions, studio.cost, TRIAGE):
        assert copy.deepcopy(value) == value
        assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301


@pytest.mark.parametrize("tags", [None, 3, {"hard": True}])
def test_what_is_no_tags_of_a_session_is_said(tags, open_studio):
    studio = open_studio()
    with pytest.raises(StudioError, match="Tags are words"):
        studio.new_session(tags=tags)
    assert studio.new_session(tags=()).id == studio.session.id


BAD_PATHS = [
    ("a\0b.synth", "null character"),
    ("a\ud83d.synth", "half a character"),
    ("~nobody-of-this-name/a.synth", "home folder"),
    (b"a.synth", r"text or a Path.*Decode it: 'a\.synth'"),
    ("", "text or a Path"),
    (" ", "text or a Path"),
    (3, "text or a Path"),
    (Path("folder"), "is a folder. Name a file in it"),
    ("n" * 300 + ".synth", "cannot be opened|cannot be read|too long"),
]


@pytest.mark.parametrize(("path", "words"), BAD_PATHS, ids=lambda value: ascii(value)[:20])
@pytest.mark.parametrize("task", [PLAIN, None], ids=["task", "no task"])
def test_a_path_that_no_file_can_have_is_said(path, words, task, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    with pytest.raises((StudioError, FileError), match=words) as error:
        sw.Studio(task, path=path, model=ScriptedCompleter())
    assert isinstance(error.value, sw.errors.SynthError)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize(("path", "words"), BAD_PATHS[:7], ids=lambda value: ascii(value)[:20])
def test_an_export_says_the_same(path, words, open_studio):
    studio = open_studio(task=PLAIN)
    studio.add_samples([{"input": "a", "output": "b"}], status="kept")
    with pytest.raises((StudioError, FileError), match=words):
        studio.export(path, format="csv")


def test_two_tasks_of_one_file_name_are_told_how_to_live_beside_one_another(open_studio, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    open_studio(task=sw.Task("C++ help", "Help."), path=None).close()
    other = sw.Task("C# help", "Help.")
    with pytest.raises(StudioError, match=r"belongs to the task 'C\+\+ help', not 'C# help'") as error:
        open_studio(task=other, path=None)
    assert "Both names give this file name" in str(error.value)
    assert "path='c-help-2.synth'" in str(error.value)
    assert "leave path= out" not in str(error.value)
    open_studio(task=other, path="c-help-2.synth").close()
    with pytest.raises(StudioError, match=r"path='c-help-3\.synth'"):
        open_studio(task=sw.Task("C help", "Help."), path=None)
    with pytest.raises(StudioError, match=r"leave path= out: then it is greeter\.synth"):
        open_studio(task=PLAIN, path="c-help.synth")


def test_what_was_looked_for_and_counts_as_false_is_found():
    wrong = []
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.If | ast.IfExp | ast.While) and isinstance(node.test, ast.NamedExpr):
                call = node.test.value
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "next":
                    wrong.append(f"{file.relative_to(PACKAGE.parent)}:{node.lineno}")
    assert not wrong, f"An empty text, 0 or None would not be seen. Make a list, and take its first: {wrong}"
