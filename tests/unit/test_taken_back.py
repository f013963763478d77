"""What was made of a draft in a model's thoughts is taken back whole, once the answer behind it shows what it was."""

from __future__ import annotations

import asyncio

import pytest

from synth_widgets.llm.completer import Answer, Request
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import PLAIN, listed, until


class SilentAfter(ScriptedCompleter):
    """Answers so many calls, and no more."""

    def __init__(self, calls: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self._calls = calls

    async def complete(self, request: Request, on_text=None) -> Answer:
        if len(self.requests) >= self._calls:
            self.requests.append(request)
            await asyncio.sleep(3600)
        return await super().complete(request, on_text)


def test_what_a_draft_held_is_owed_again(open_studio, tmp_path):
    model = SilentAfter(1, answers=[listed("Draft one", "Draft two") + " No.</think>" + listed("Good one")])
    studio = open_studio(model, PLAIN, path=tmp_path / "a.synth")
    job = studio.generate_inputs(n=2)
    until(lambda: len(model.requests) == 2)
    assert len(studio._state.open_items(job.id)) == 1
    until(lambda: (job.progress.done, job.progress.total) == (1, 2))
    studio.close()
    again = open_studio(path=tmp_path / "a.synth", task=None)
    assert again.resume().wait(10).added == 2
    first, second = [s.input for s in again.samples]
    assert first == "Good one" != second


def test_what_the_answer_has_in_common_with_the_draft_is_no_repeat(open_studio):
    draft, final = '{"items":["One","Two"]}', '{"items": ["One.", "two"]}'
    model = ScriptedCompleter(answers=[f"{draft} Fine.</think>{final}"])
    studio = open_studio(model, PLAIN)
    result = studio.generate_inputs(n=2).wait(10)
    assert (result.added, result.dropped, len(model.requests)) == (2, 0, 1)
    assert [s.input for s in studio.samples] == ["One.", "two"]


def test_an_input_that_is_made_anew_is_the_answers_not_the_drafts(open_studio):
    def answer(request: Request) -> str:
        return "Hello." if request.step == "outputs" else listed("Draft") + " No.</think>" + listed("Good")

    studio = open_studio(ScriptedCompleter(answers=answer, chunk_delay=0.002), PLAIN)
    ids = studio.add_samples([{"input": "old", "output": "Hi."}]).ids
    assert studio.regenerate(ids, part="input").wait(10).added == 1
    [sample] = studio.samples
    assert (sample.input, sample.output, [v.input for v in sample.versions]) == (
        "Good",
        "Hello.",
        ["old", "Good", "Good"],
    )


@pytest.mark.parametrize("made", ["draft", "failed"])
def test_an_output_that_a_draft_got_counts_no_more(open_studio, made):
    def answer(request: Request) -> str:
        if request.step == "outputs":
            is_good = made == "draft" or "Good" in str(request.messages)
            return '{"kind": "a", "note": "n"}' if is_good else "No JSON."
        return listed("Draft one", "Draft two") + " " * 300 + " No.</think>" + listed("Good one", "Good two")

    model = ScriptedCompleter(
        answers=answer, latency=lambda request: 0.0, chunk_delay=0.02, modes=("text",), items_per_call=2
    )
    studio = open_studio(model)
    job = studio.grow(depth=0, samples=2)
    until(lambda: [s.status for s in studio.samples] == [made] * 2)
    result = job.wait(20)
    assert [(s.input, s.status) for s in studio.samples] == [("Good one", "draft"), ("Good two", "draft")]
    assert (result.added, result.failed, result.dropped) == (2, 0, 0)
    assert (job.progress.done, job.progress.total, job.progress.failed) == (2, 2, 0)


def test_rows_below_a_topic_of_a_draft_count_no_more(open_studio):
    def answer(request: Request) -> str | None:
        if request.step != "topics":
            return None
        return listed("Draft one", "Draft two") + " " * 300 + " No.</think>" + listed("Good one", "Good two")

    studio = open_studio(ScriptedCompleter(answers=answer, chunk_delay=0.02, chunk=32), PLAIN)
    job = studio.grow(topics=2, samples=1)
    until(lambda: [s.topic for s in studio.samples if s.status == "draft"] == [("Draft one",), ("Draft two",)])
    result = job.wait(20)
    assert {(s.topic, s.status) for s in studio.samples} == {(("Good one",), "draft"), (("Good two",), "draft")}
    assert (result.added, result.failed, result.dropped) == (2, 0, 0)
    assert (job.progress.done, job.progress.total) == (2, 2)


def test_a_draft_that_a_person_wrote_in_stays(open_studio):
    text = listed("Draft one") + " " * 300 + " No.</think>" + listed("Good one")
    studio = open_studio(ScriptedCompleter(answers=[text], chunk_delay=0.02), PLAIN)
    job = studio.generate_inputs(n=1)
    until(lambda: len(studio.samples) == 1)
    studio.edit(studio.samples[0].id, input="By hand")
    job.wait(20)
    assert [s.input for s in studio.samples] == ["By hand"]
