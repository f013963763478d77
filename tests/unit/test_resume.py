"""What an ended job still owes: who makes it, with which model, and that it is made once."""

from __future__ import annotations

import pytest

import synth_widgets as sw
from synth_widgets.errors import AccessError, ModelError, ModeRefusedError, RunStoppedError
from synth_widgets.llm.completer import Answer, Request
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import PLAIN, TRIAGE, steps, until


class Refusing(ScriptedCompleter):
    """Refuses every call with an error of the given kind."""

    def __init__(self, error: Exception, **kwargs) -> None:
        super().__init__(**kwargs)
        self.error: Exception | None = error

    async def complete(self, request: Request, on_text=None) -> Answer:
        if self.error is not None and (not isinstance(self.error, ModeRefusedError) or request.mode == "json_schema"):
            self.requests.append(request)
            raise self.error
        return await super().complete(request, on_text)


def test_a_job_is_resumed_by_the_model_that_it_was_started_with(open_studio):
    studio_model, other = ScriptedCompleter(), Refusing(AccessError("401: the key is wrong"))
    studio = open_studio(studio_model, task=PLAIN)
    with pytest.raises(RunStoppedError, match="the key is wrong"):
        studio.grow(depth=0, samples=3, model=other).wait(10)
    other.error = None
    assert studio.resume().wait(10).added == 3
    assert studio_model.requests == []


def test_many_calls_that_refuse_the_mode_at_once_all_go_on_by_the_next_way(open_studio):
    model = Refusing(ModeRefusedError("no response_format here"), latency=0.02, modes=("json_schema", "text"))
    studio = open_studio(model, task=TRIAGE)
    result = studio.grow(depth=0, samples=24).wait(10)
    assert (result.added, result.failed, result.stopped) == (24, 0, None)


def test_a_refused_call_of_grow_leaves_what_others_owe(open_studio):
    model = Refusing(AccessError("401"))
    studio = open_studio(model, task=PLAIN)
    with pytest.raises(RunStoppedError):
        studio.grow(depth=0, samples=4).wait(10)
    with pytest.raises(ModelError):
        studio.grow(depth=0, samples=4, model="nobody/knows")
    model.error = None
    assert studio.resume().wait(10).added == 4
    assert steps(model.requests).count("outputs") == 4


def test_a_model_with_an_address_is_not_reopened_at_the_providers_own_host(tmp_path):
    path = tmp_path / "a.synth"
    model = sw.Model("openai/mine", api_base="http://127.0.0.1:9/v1")
    with sw.Studio(PLAIN, path=path, model=model):
        pass
    with sw.Studio(path=path) as again:
        assert again.model == "openai/mine"
        with pytest.raises(ModelError, match=r"openai/mine.*no\s+file keeps"):
            again.grow(depth=0, samples=1)


def test_no_more_than_a_million_samples_are_asked_for_at_once(open_studio):
    studio = open_studio(task=PLAIN)
    with pytest.raises(sw.SynthError, match="more than 1,000,000"):
        studio.grow(depth=5, topics=10_000, samples=10_000)
    studio.set_guidance("It goes on.")
    assert studio.guidance["all"] == "It goes on."


def interrupted(path, *, at: str) -> None:
    """Leave a file with an interrupted job that still owes three items of a step."""
    slow = ScriptedCompleter(latency=lambda request: 60 if request.step == at else 0)
    with sw.Studio(PLAIN, path=path, model=slow) as studio:
        studio.grow(depth=0, samples=3)
        until(lambda: at in steps(slow.requests))


def test_what_a_job_owes_is_asked_for_in_lists_as_it_was_planned(tmp_path):
    path = tmp_path / "a.synth"
    slow = ScriptedCompleter(latency=lambda request: 60 if request.step == "inputs" else 0)
    with sw.Studio(PLAIN, path=path, model=slow) as studio:
        studio.grow(depth=1, topics=5, samples=16)
        until(lambda: steps(slow.requests).count("inputs") == 10)
    model = ScriptedCompleter()
    with sw.Studio(PLAIN, path=path, model=model) as studio:
        assert studio.resume().wait(30).added == 80
    assert steps(model.requests).count("inputs") == 10


def test_taking_over_what_is_owed_without_making_anything_is_no_step_to_undo(tmp_path):
    path = tmp_path / "a.synth"
    interrupted(path, at="inputs")
    with sw.Studio(PLAIN, path=path, model=ScriptedCompleter()) as studio:
        studio.generate_inputs(n=3).wait(10)
        studio.topics.set((), guidance="short")
        studio.undo()
        before = (studio._state.next_undo(), studio._state.next_redo())
        assert before[1] is not None
        assert studio.grow(depth=0, samples=3, outputs=False).wait(10).added == 0
        assert not any(studio._state.items.values()), "what was owed is seen to"
        assert (studio._state.next_undo(), studio._state.next_redo()) == before


def test_a_job_that_was_undone_and_goes_on_has_its_name_in_undo(tmp_path):
    path = tmp_path / "a.synth"
    interrupted(path, at="outputs")
    with sw.Studio(PLAIN, path=path, model=ScriptedCompleter()) as studio:
        assert studio.undo().label == "Generate"
        studio.resume().wait(10)
        assert all(group.label for group in studio._state.groups.values())
