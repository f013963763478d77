"""What comes from files, models and the network: it is bounded, and no secret of it is shown."""

from __future__ import annotations

import sqlite3
import subprocess
import sys

import pytest

import synth_widgets as sw
from synth_widgets.errors import FileError, ModelError
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import PLAIN

DAMAGE = {
    "a topic that is its own parent": "UPDATE topics SET parent=id",
    "a topic without its parent": "UPDATE topics SET parent='nowhere000'",
    "a sample without a version": "DELETE FROM versions",
    "a sample without a topic": "UPDATE samples SET topic='nowhere000'",
    "an unknown status": "UPDATE samples SET status='glorious'",
    "a task that is none": "UPDATE tasks SET task='{}'",
}


@pytest.mark.parametrize("statement", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_file_is_said_to_be_damaged(statement, tmp_path):
    path = tmp_path / "a.synth"
    with sw.Studio(PLAIN, path=path, model=ScriptedCompleter()) as studio:
        studio.grow(topics=2, samples=2).wait(10)
    with sqlite3.connect(path) as db:
        db.execute(statement)
    db.close()
    with pytest.raises(FileError, match="damaged"):
        sw.Studio(path=path)
    assert not (tmp_path / "a.synth.lock").exists()


def test_no_secret_of_a_model_is_shown():
    model = sw.Model(
        "openai/x",
        api_base="https://me:secret@example.org/v1",
        api_key="sk-secret",
        extra_headers={"Authorization": "Bearer secret"},
        temperature=0.5,
    )
    assert "secret" not in repr(model)
    assert "temperature=0.5" in repr(model)


@pytest.mark.parametrize("name", ["apikey", "api_token", "openai_api_key", "key", "base_url"])
def test_other_spellings_of_a_key_or_an_address_are_refused(name):
    with pytest.raises(ModelError, match="Model takes api_"):
        sw.Model("openai/x", **{name: "sk-secret"})


def test_no_part_of_an_address_is_shown_that_may_be_secret():
    model = sw.Model("openai/x", api_base="https://me:se@cret@example.org/v1?key=secret")
    assert repr(model) == "Model('openai/x', api_base='https://…@example.org/v1?…')"


@pytest.mark.parametrize(
    "given",
    [
        {"api_base": "sk-secret"},
        {"api_base": "http://[::1"},
        {"api_base": "http://localhost:http/v1"},
        {"api_base": 7},
        {"api_base": ""},
        {"api_key": b"sk-secret"},
        {"concurrency": "4"},
        {"concurrency": 2.5},
        {"stream": True},
        {"n": 3},
    ],
    ids=str,
)
def test_what_cannot_work_is_refused_at_once_and_nothing_of_it_is_shown(given):
    with pytest.raises(ModelError) as refused:
        sw.Model("openai/x", **given)
    assert "secret" not in str(refused.value)


def test_a_lone_surrogate_never_keeps_the_file_from_being_saved(tmp_path):
    path = tmp_path / "a.synth"
    with sw.Studio(PLAIN, path=path, model=ScriptedCompleter()) as studio:
        studio.topics.add("A\ud800")
        studio.set_guidance("\ud83d")
        studio.grow(depth=0, samples=1, guidance="\udfff").wait(10)
        studio.flush()
    with sw.Studio(path=path) as again:
        assert len(again.samples) == 1


SCRIPT = """
import synth_widgets as sw
studio = sw.Studio(sw.Task("Exit", "Say hello."), path="exit.synth", model="local")
{rest}
"""


def run(rest: str, folder) -> subprocess.CompletedProcess[str]:
    code = SCRIPT.format(rest=rest)
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_script_that_closes_nothing_ends_in_silence(tmp_path):
    done = run("studio.grow(depth=0, samples=1).wait(50)", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_script_that_ends_before_its_job_says_so_and_loses_nothing(tmp_path):
    done = run("studio.grow(depth=0, samples=50)", tmp_path)
    assert done.returncode == 0
    assert "studio.resume() makes the rest" in done.stderr
    with sw.Studio(path=tmp_path / "exit.synth", model=ScriptedCompleter()) as studio:
        assert studio.resume().wait(20).stopped is None
        assert len(studio.samples) == 50


def test_kept_samples_that_a_changed_task_no_longer_takes_are_warned_of(tmp_path):
    def task(field: str) -> sw.Task:
        schema = {"type": "object", "properties": {field: {"type": "string"}}, "required": [field]}
        return sw.Task("Changing", "Answer.", output_schema=schema)

    path = tmp_path / "a.synth"
    with sw.Studio(task("old"), path=path, model=ScriptedCompleter()) as studio:
        studio.grow(depth=0, samples=2).wait(10)
        studio.keep([s.id for s in studio.samples])
    with pytest.warns(UserWarning, match="2 samples no longer comply"):
        studio = sw.Studio(task("new"), path=path, model=ScriptedCompleter())
    studio.undo()
    with pytest.warns(UserWarning, match="2 of the 2 samples were kept under an older version"):
        studio.to_pandas()
    studio.close()
