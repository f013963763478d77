"""Versions in JupyterLab over the real kernel: compared, gone back to, made anew in a batch; edits in the grid; stars.

Old and new must stand side by side for each sample of the batch, whether the new one waits (of a kept sample) or
counts already (of a draft), and the same two keys must decide. What the keys decided is what the next cell gets.
"""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Locator

from tests.browser.conftest import OpenNotebook, Shots
from tests.browser.lab import Notebook
from tests.browser.look import check_look
from tests.browser.widget import StudioView

OPEN = """from typing import Annotated, Literal

import synth_widgets as sw
from pydantic import BaseModel, Field
from synth_widgets.testing import ScriptedCompleter

class Ticket(BaseModel):
    urgency: Literal["low", "high"]
    summary: Annotated[str, Field(max_length=60)]

def answer(request):
    if request.step != "outputs":
        return None
    short = "shorter" in str(request.messages)
    return {"urgency": "high" if short else "low", "summary": "Asks why." if short else "Asks about the lamp."}

task = sw.Task("Triage", "Read a message, return its urgency and a summary.", output_schema=Ticket,
               requirements=[sw.Requirement("Never guess an order number.", name="orders"), "Write plain English."])
studio = sw.Studio(task, model=ScriptedCompleter(answers=answer))
await studio.grow(depth=0, samples=4)
first = studio.samples[0]
for summary in ("Asks about a red lamp.", "Asks about a red lamp in a box."):
    studio.edit(first, output={"urgency": "low", "summary": summary})"""
TAKE = """import json
print(json.dumps({s.id: [s.status, s.output["summary"], dict(s.ratings), s.stars] for s in studio.samples}))"""
SUMMARIES = ["Asks about the lamp.", "Asks about a red lamp.", "Asks about a red lamp in a box."]


def open_studio(open_notebook: OpenNotebook) -> tuple[Notebook, StudioView[Notebook]]:
    notebook = open_notebook([OPEN, "studio", TAKE])
    notebook.run_cell(0)
    notebook.run_cell(1)
    view = StudioView(notebook, cell=1)
    view.until(lambda: len(view.rows()) == 4)
    return notebook, view


def told(notebook: Notebook) -> dict[str, list[Any]]:
    """What Python says: status, summary, ratings and stars by sample."""
    said: dict[str, list[Any]] = json.loads(notebook.run_cell(2))
    return said


def mark(view: StudioView[Notebook], sample: str) -> str:
    """What stands beside the status of a row."""
    return str(view.row(sample).get_by_role("gridcell").last.inner_text())


def versions(view: StudioView[Notebook]) -> Locator:
    return view.root.get_by_role("region", name="Compare versions")


def sides(view: StudioView[Notebook]) -> list[str]:
    """The versions that stand side by side, as their heads say."""
    chosen = "selects => selects.map(select => select.selectedOptions[0].text.split(' · ')[0])"
    said: list[str] = versions(view).locator("select").evaluate_all(chosen)
    return said


def test_any_two_versions_are_compared_and_one_of_them_is_gone_back_to(
    open_notebook: OpenNotebook, shots: Shots
) -> None:
    notebook, view = open_studio(open_notebook)
    sample = view.rows()[0].id
    view.open_row(sample)
    view.button("Compare").wait_for()
    with notebook.cells_unchanged("comparing"):
        view.press("d")
        view.until(lambda: sides(view) == ["Version 2", "Version 3"])
        assert versions(view).locator("ins").all_inner_texts() == [" in a box"]
        view.press("[")
        view.until(lambda: sides(view) == ["Version 1", "Version 3"])
        assert versions(view).locator("del").all_inner_texts() == ["the"]
        view.press("{")
        view.until(lambda: sides(view) == ["Version 1", "Version 2"])
        assert versions(view).locator("ins").all_inner_texts() == ["a red"]
        shots(view.root, "versions-light")
        check_look(view, "light", "versions")
        view.press(["ArrowLeft"])
        versions(view).wait_for(state="detached")
        view.until(lambda: SUMMARIES[0] in view.rows()[0].output)
    assert told(notebook)[sample][:2] == ["draft", SUMMARIES[0]]
    view.root.get_by_text("Back to version 1").first.wait_for()
    view.grid.focus()
    view.press("u")
    view.until(lambda: SUMMARIES[2] in view.rows()[0].output)

    # By mouse: a version of the list against the current one, another one on the right, back to that.
    view.sample.get_by_role("listitem").last.get_by_role("button").click()
    view.until(lambda: sides(view) == ["Version 1", "Version 3"])
    versions(view).get_by_role("combobox", name="Right version").select_option(index=1)
    view.until(lambda: sides(view) == ["Version 1", "Version 2"])
    versions(view).get_by_role("button", name="Go back to 2").click()
    view.until(lambda: SUMMARIES[1] in view.rows()[0].output)
    assert told(notebook)[sample][:2] == ["draft", SUMMARIES[1]]


def test_old_and_new_of_a_whole_batch_are_chosen_between_by_two_keys(open_notebook: OpenNotebook, shots: Shots) -> None:
    notebook, view = open_studio(open_notebook)
    kept, first, second, third = (row.id for row in [view.rows()[1], view.rows()[0], *view.rows()[2:]])
    view.open_row(kept)
    view.press("a")
    view.until(lambda: view.by_status()["Kept"] == 1)
    with notebook.cells_unchanged("a batch"):
        view.press(["Control+a", "r"])
        view.root.get_by_role("dialog", name="Regenerate").get_by_text("4 model calls").wait_for()
        view.page.keyboard.type("shorter")
        view.press(["Enter"])
        for sample in (kept, first, second, third):
            view.until(lambda: "New version" in mark(view, sample))  # noqa: B023
        view.press(["Escape", "Home", "d"])
        versions(view).get_by_text("1 of 4").wait_for()
        view.until(lambda: sides(view) == ["Version 3", "Version 4"])
        shots(view.root, "batch-light")
        view.press(["ArrowLeft"])  # the first: its old version again
        view.until(lambda: sides(view) == ["Version 1", "Version 2"])
        versions(view).get_by_role("button", name="Take 2").wait_for()
        view.press(["ArrowRight"])  # the kept one: its new version
        versions(view).get_by_role("button", name="Go back to 1").wait_for()
        view.press(["ArrowRight"])  # a draft: its new version stays
        view.until(lambda: versions(view).get_by_text("1 of 1").is_visible())
        view.press(["ArrowLeft"])
        versions(view).wait_for(state="detached")
        view.until(lambda: "New version" not in "".join(mark(view, row.id) for row in view.rows()))
        view.until(lambda: view.undo_label().startswith("Undo: Go back to version 1"))
    said = {sample: row[:2] for sample, row in told(notebook).items()}
    assert said == {
        first: ["draft", SUMMARIES[2]],
        kept: ["kept", "Asks why."],
        second: ["draft", "Asks why."],
        third: ["draft", SUMMARIES[0]],
    }
    view.grid.focus()
    view.press("u")
    view.root.get_by_text(re.compile("^Undone: Go back to version 1")).first.wait_for()
    view.until(lambda: "New version" in mark(view, third))
    assert told(notebook)[third][1] == "Asks why."


def test_a_cell_is_edited_on_its_place_left_unfinished_and_gone_on_with(
    open_notebook: OpenNotebook, shots: Shots
) -> None:
    notebook, view = open_studio(open_notebook)
    first, second = (row.id for row in view.rows()[1:3])
    editor = view.grid.get_by_role("complementary", name="Edit the sample")
    with notebook.cells_unchanged("editing in the grid"):
        view.row(first).get_by_role("gridcell").nth(1).dblclick()
        place, over = view.row(first).bounding_box(), editor.bounding_box()
        assert place
        assert over
        assert abs(place["y"] - over["y"]) < 3
        assert view.page.evaluate("document.activeElement.getAttribute('aria-label')") == "Input"
        shots(view.root, "edit-here-light")
        check_look(view, "light", "edit-here")
        view.press(["Control+a"])
        view.page.keyboard.type("My parcel never came.")
        view.press(["Control+Enter"])
        editor.wait_for(state="detached")
        view.until(lambda: "Stale (Shift+R)" in mark(view, first))
        assert view.focused() == second

        view.press(["Enter"])
        editor.get_by_label("summary", exact=True).fill("x" * 61)
        editor.get_by_role("alert").filter(has_text="61 characters, at most 60 are allowed").wait_for()
        view.press(["Control+Enter"])
        assert editor.is_visible()
        view.press(["Escape"])
        view.until(lambda: "Unfinished" in mark(view, second))
        view.press("a")
        view.root.get_by_role("alert").filter(has_text="Not kept: has an unfinished edit").wait_for()
        view.open_row(second)
        view.press(["F2"])
        view.until(lambda: editor.get_by_label("summary", exact=True).input_value() == "x" * 61)
        editor.get_by_label("summary", exact=True).fill("Asks about glass.")
        editor.get_by_role("button", name=re.compile("^Save")).click()
        view.until(lambda: "Edited" in mark(view, second))
    rows = told(notebook)
    assert rows[second][:2] == ["draft", "Asks about glass."]
    view.open_row(first)
    view.press(["Shift+r"])
    view.until(lambda: "Stale" not in mark(view, first))


def test_requirements_are_rated_without_the_mouse(open_notebook: OpenNotebook) -> None:
    notebook, view = open_studio(open_notebook)
    first, second = (row.id for row in view.rows()[:2])
    with notebook.cells_unchanged("rating"):
        view.open_row(first)
        view.press("4*2*5j*1")
        view.row(first).get_by_role("img", name="4 of 5 stars").wait_for()
        orders = view.sample.get_by_role("radiogroup", name="Never guess an order number.")
        orders.get_by_role("radio", name="1 star", checked=True).wait_for()
        assert view.focused() == second
    ratings = {"orders": 2, "Write plain English.": 5}
    view.until(lambda: [row[2:] for row in list(told(notebook).values())[:2]] == [[ratings, 4], [{"orders": 1}, None]])
    view.grid.focus()
    view.press("uu")
    view.until(lambda: [row[2:] for row in list(told(notebook).values())[:2]] == [[{"orders": 2}, 4], [{}, None]])
