"""The main loop, as a person goes through it in Lab and Notebook 7: describe, generate, watch, judge, stop, take data.

It is what the package is for, so it is walked from the first cell to the last with a real kernel and real models: the
embedded one, which is slow enough to see rows come one by one, and an endpoint on loopback that writes its streams
slowly, so that a row which waited for the end of its answer would be noticed. At the end the frame holds what was
kept on the screen and nothing else, and the notebook's cells are as they were: no key that was meant for the widget
has reached them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.browser.conftest import OpenNotebook
from tests.browser.lab import FrontEnd
from tests.browser.widget import TASK, StudioView, endpoint_cell, outputs_asked
from tests.endpoint import Endpoint

TAKE = """import json
import jsonschema

df = studio.to_pandas(flatten=False)
for output in df["output"]:
    jsonschema.validate(output, Opinion.model_json_schema())
print(json.dumps({"ids": list(df.index), "status": sorted(set(df["status"])), "columns": list(studio.to_pandas())}))"""
LOCAL = """studio = sw.Studio(task, model="local")
studio"""


@contextmanager
def opening_cell(model: str) -> Iterator[tuple[str, Endpoint | None]]:
    """A cell that shows the studio on this model, and the endpoint behind it."""
    if model == "local":
        yield LOCAL, None
        return
    with Endpoint(latency=0.4, chunk_delay=0.05) as endpoint:
        yield endpoint_cell(endpoint), endpoint


@pytest.mark.parametrize(("model", "front_end"), [("local", "lab"), ("endpoint", "lab"), ("endpoint", "notebook")])
def test_a_person_gets_from_a_task_to_the_frame_of_what_they_kept(
    model: str, front_end: FrontEnd, open_notebook: OpenNotebook
) -> None:
    with opening_cell(model) as (cell, endpoint):
        notebook = open_notebook([TASK, cell, TAKE], front_end=front_end)
        notebook.run_cell(0)
        notebook.run_cell(1)
        view = StudioView(notebook, cell=1)
        written = notebook.cells()

        view.add_topic("Backpacks")
        view.watch_rows()
        view.grow(topics=2, subtopics=0, samples=3)
        view.until(view.rows)
        if endpoint is not None:
            streams = sum(bool(body.get("stream")) for body in endpoint.bodies)
            ended = sum(endpoint.statuses.values()) - outputs_asked(endpoint)  # at the most: those may be under way
            assert ended < streams, "the first row waited for the end of its answer"
        view.until_idle(90)
        assert_rows_came_while_it_ran(view, rows=6, one_by_one=endpoint is None)
        assert [node.split(",")[0] for node in topic_labels(view)][:2] == ["All topics", "Backpacks"]
        assert len(topic_labels(view)) == 3

        drafts = [row.id for row in view.rows() if row.status == "Draft"]
        assert len(drafts) >= 5, view.rows()  # of six; the embedded model may cut one off
        first = next(row for row in view.rows() if row.id == drafts[0])
        view.open_row(first.id)
        view.sample.get_by_text(first.input).wait_for()
        name = "local" if endpoint is None else "openai/test"
        view.sample.get_by_role("heading", name="Made by").wait_for()
        view.sample.get_by_role("definition").filter(has_text=name).wait_for()

        judge(view, drafts)
        kept = drafts[2:-1]
        stop_another_job(view)

        assert notebook.cells() == written
        told = json.loads(notebook.run_cell(2))
        assert sorted(told["ids"]) == sorted(kept)
        assert told["status"] == ["kept"]
        assert {"topic", "input", "output.about", "output.opinion"} <= set(told["columns"])


def topic_labels(view: StudioView) -> list[str]:
    return [str(node.get_attribute("aria-label")) for node in view.tree.get_by_role("treeitem").all()]


def assert_rows_came_while_it_ran(view: StudioView, *, rows: int, one_by_one: bool) -> None:
    """Every number of rows on the way was drawn, the last of them before the job ended."""
    watched = view.watched()
    counts = [number for number, running in watched if running]
    assert counts == sorted(counts), watched
    assert counts[-1] == rows, watched
    assert watched[-1] == (rows, False)
    if one_by_one:
        assert counts == list(range(rows + 1)), watched
    else:
        assert len(set(counts)) > 2, watched


def judge(view: StudioView, drafts: list[str]) -> None:
    """Reject two, keep the rest, each key on the sample that came up by itself; then take the last verdict back."""
    for number, sample in enumerate(drafts):
        assert view.focused() == sample
        view.press("x" if number < 2 else "a")
        if number < len(drafts) - 1:
            view.until(lambda sample=sample: view.focused() != sample)
    keeps = len(drafts) - 2
    view.until(lambda: view.by_status()["Kept"] == keeps and view.by_status()["Rejected"] == 2)
    view.until(lambda: view.undo_label() == "Undo: Keep 1 (U)")
    view.press("u")
    view.until(lambda: view.by_status()["Kept"] == keeps - 1)
    assert view.focused() == drafts[-1]
    assert next(row.status for row in view.rows() if row.id == drafts[-1]) == "Draft"


def stop_another_job(view: StudioView) -> None:
    """Ask for more, see a row of it, stop: it ends before its last row, and what came stays."""
    before = {row.id: row.status for row in view.all_rows()}
    view.choose_topic("Backpacks")
    view.grow(samples=20)
    view.until(lambda: any(row.id not in before for row in view.rows()))
    view.button("Stop").click()
    view.root.get_by_text("Stopped by you").wait_for()
    assert not view.running.is_visible()
    view.choose_topic("All topics")
    after = {row.id: row.status for row in view.all_rows()}
    assert before.items() <= after.items()
    assert len(before) < len(after) < len(before) + 20
