"""Texts that break things, in every place that takes a text: what comes back is what went in.

Lone surrogates are the one exception: no file and no browser can hold them. They become U+FFFD when they come in.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import synth_widgets as sw
from synth_widgets.errors import StudioError
from synth_widgets.testing import ScriptedCompleter
from synth_widgets.text.normal import storable
from tests.naughty import LONG, NUL_IN_CSV, TEXTS, answer, name_of, nested, plain, tag_of, task
from tests.replica import Peer
from tests.tasks import PLAIN


def opened(of: sw.Task, path: Path | str = ":memory:") -> sw.Studio:
    return sw.Studio(of, path=path, model=ScriptedCompleter())


def filled(path: Path | str, of: sw.Task) -> sw.Studio:
    """Return a studio in which each text stands in each place."""
    studio = opened(of, path)
    studio.set_guidance(TEXTS["markup"], topics=TEXTS["line ends"], inputs=TEXTS["null byte"])
    for text in TEXTS.values():
        name = name_of(text)
        output = text if of.output is None else answer(text)
        rows = [{"input": text, "output": output}]
        studio.topics.add((name, f"below {name}"), guidance=text[:20_000])
        studio.add_samples(rows, topic=(name, f"below {name}"), status="kept", tags=[tag_of(text)])
        newest = list(studio.samples)[-1]
        studio.rate(newest, 4, requirements={each.name: 3 for each in of.requirements if each.name})
        if of.output is None:
            studio.edit(newest, output=f"{text}{text}"[:150_000])
    return studio


def seen(studio: sw.Studio) -> list[str]:
    return [
        plain([s.id, s.input, s.output, s.topic, s.tags, s.stars, s.status, [v.output for v in s.versions]])
        for s in studio.samples
    ]


def content(studio: sw.Studio) -> list[str]:
    return [plain([s.input, s.output, s.topic, s.tags, s.stars, s.status]) for s in studio.samples]


@pytest.fixture(scope="module", params=[PLAIN, task()], ids=["texts", "fields"])
def full(request: pytest.FixtureRequest) -> Iterator[sw.Studio]:
    with filled(":memory:", request.param) as studio:
        yield studio


def test_each_text_is_held_as_it_came(full: sw.Studio):
    for text, sample in zip(TEXTS.values(), full.samples, strict=True):
        assert sample.input == storable(text)
        assert sample.topic[0] == name_of(text)
        assert sample.tags == (tag_of(text),)
        expected = storable(f"{text}{text}"[:150_000]) if full.task.output is None else storable(answer(text))
        assert plain(sample.output) == plain(expected)


@pytest.mark.parametrize("of", [PLAIN, task()], ids=["texts", "fields"])
def test_a_file_opened_again_holds_every_text(of: sw.Task, tmp_path: Path):
    def told(studio: sw.Studio) -> Any:
        return seen(studio), studio.guidance, studio.topics.to_dict(), studio.task.name, studio.task.requirements

    with filled(tmp_path / "a.synth", of) as studio:
        before = told(studio)
    with sw.Studio(path=tmp_path / "a.synth", model=ScriptedCompleter()) as again:
        assert told(again) == before


@pytest.mark.parametrize("flatten", [True, False])
def test_a_frame_goes_out_and_back_without_a_change(full: sw.Studio, flatten: bool):
    rev = full._state.rev
    assert full.update(full.to_pandas(flatten=flatten)) == {}
    assert full._state.rev == rev


CSV = pytest.param("csv", marks=pytest.mark.skipif(not NUL_IN_CSV, reason="this pandas ends a text in CSV at a NUL"))


@pytest.mark.parametrize("ending", [CSV, "parquet"])
def test_a_table_on_disk_goes_out_and_back(full: sw.Studio, ending: str, tmp_path: Path):
    path = full.export(tmp_path / f"a.{ending}")
    read = (
        pd.read_parquet(path)
        if ending == "parquet"
        else pd.read_csv(path, index_col="id", dtype=str, keep_default_na=False)
    )
    assert full.update(read) == {}
    with opened(full.task) as fresh:
        fresh.add_samples(read, status="kept")
        assert content(fresh) == content(full)


def test_a_chat_line_is_one_line_whatever_it_holds(full: sw.Studio, tmp_path: Path):
    lines = Path(full.export(tmp_path / "a.jsonl")).read_bytes().split(b"\n")
    assert lines.pop() == b""
    assert len(lines) == len(TEXTS)
    messages = pd.read_json(tmp_path / "a.jsonl", lines=True, dtype=False)["messages"]
    assert [each[-2]["content"] for each in messages] == [storable(text) for text in TEXTS.values()]


def test_a_view_is_told_what_the_studio_holds(full: sw.Studio):
    peer = Peer(full._core, full)
    peer.hello()
    topics = {row["name"] for row in peer.replica.rows["topic"].values()}
    assert {name_of(text) for text in TEXTS.values()} <= topics
    for text, sample in zip(TEXTS.values(), full.samples, strict=True):
        assert peer.replica.rows["sample"][sample.id]["input"]["text"] == str(storable(text))[:300]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_model_may_write_it(text: str, open_studio):
    said = str(storable(text)).strip()
    model = ScriptedCompleter(answers=lambda request: text if request.step == "outputs" else None)
    with open_studio(model, PLAIN) as studio:
        studio.grow(depth=0, samples=1).wait(20)
        [sample] = studio.samples
        assert sample.status == "draft"
        assert sample.output == said
        studio.reject(sample, reason=text)
        assert studio.samples[sample.id].reason == said
        studio.undo()
        assert studio.samples[sample.id].status == "draft"


def test_what_is_too_deep_or_too_long_is_said_and_changes_nothing(open_studio):
    task = sw.Task("Deep", "Do.", output_schema={"type": "object", "properties": {"x": {}}})
    with open_studio(task=task) as studio:
        studio.add_samples([{"input": "a", "output": {"x": 1}}])
        [sample] = studio.samples
        rev = studio._state.rev
        for levels in (64, 900, 10_000):
            with pytest.raises(StudioError, match="deeper than 64 levels"):
                studio.edit(sample, output={"x": nested(levels)})
        with pytest.raises(StudioError, match="at most 500 characters"):
            studio.topics.add(LONG)
        with pytest.raises(StudioError, match="at most 100 characters"):
            studio.tag(sample, LONG)
        assert studio._state.rev == rev
        studio.edit(sample, output={"x": nested(63)})
        assert studio.samples[sample.id].output == {"x": nested(63)}
        assert studio.update(studio.to_pandas(status="all")) == {}
