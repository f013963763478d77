"""Curating by hand in JupyterLab over the real kernel: edit in place, rate, make anew, compare, take.

What stands on the screen and what the next cell's DataFrame says must be the same at every step, an edit that does not
comply must neither be lost nor exported, and the letters of a text that is typed must be nobody's commands.
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
    items: list[str] = []
    order: str | None = None

def answer(request):
    if request.step != "outputs":
        return None
    asked = str(request.messages)
    short = "shorter" in asked
    about = "a parcel" if "parcel" in asked else "the lamp that came without its glass"
    return {"urgency": "high" if short else "low", "summary": f"{'In short: ' if short else ''}Asks about {about}."}

task = sw.Task("Triage", "Read a message, return its urgency and a summary.", output_schema=Ticket,
               requirements=[sw.Requirement("Never guess an order number.", name="orders")])
studio = sw.Studio(task, model=ScriptedCompleter(answers=answer))
await studio.grow(depth=0, samples=4)"""
TAKE = """import json, warnings
warnings.simplefilter("ignore")  # "0 of 4 kept"
df = studio.to_pandas(status="all", flatten=False)
print(json.dumps({"df": {i: [r.status, r.input, r.output, None if r.stars != r.stars else r.stars] for i, r in
                         df.astype(object).where(df.notna(), None).iterrows()},
                  "kept": {i: o for i, o in studio.to_pandas(flatten=False)["output"].items()}}))"""
NEXT_KEY_AFTER_D = """async root => {
  document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'd', bubbles: true, cancelable: true }));
  await Promise.resolve().then(() => 0);  // no frame is drawn before the next key of a quick hand
  return document.activeElement.getAttribute('aria-label');
}"""
LONG = "Axjudes 12345: a summary of so many words that sixty letters are not enough for it"
BEFORE = "Asks about the lamp that came without its glass."
PARCEL = "My parcel never came. Where is it?"


def open_studio(open_notebook: OpenNotebook) -> tuple[Notebook, StudioView[Notebook]]:
    notebook = open_notebook([OPEN, "studio", TAKE])
    notebook.run_cell(0)
    notebook.run_cell(1)
    view = StudioView(notebook, cell=1)
    view.until(lambda: len(view.rows()) == 4)
    return notebook, view


def told(notebook: Notebook) -> dict[str, Any]:
    """What Python says."""
    said: dict[str, Any] = json.loads(notebook.run_cell(2))
    return said


def field(view: StudioView[Notebook], name: str) -> Locator:
    return view.root.get_by_role("complementary", name="Edit the sample").get_by_label(name, exact=True)


def mark(view: StudioView[Notebook], sample: str) -> str:
    """What stands beside the status of a row."""
    return str(view.row(sample).get_by_role("gridcell").last.inner_text())


def undo_one(view: StudioView[Notebook], what: str) -> None:
    """Undo what is next, by key: it must be this."""
    view.until(lambda: f"Undo: {what}" in view.undo_label())
    view.press("u")
    view.root.get_by_text(re.compile(f"^Undone: {what}")).first.wait_for()


def test_an_edit_is_checked_as_it_is_typed_and_never_lost(open_notebook: OpenNotebook, shots: Shots) -> None:
    notebook, view = open_studio(open_notebook)
    sample = view.rows()[0].id
    view.open_row(sample)
    view.press("a")
    view.until(lambda: view.rows()[0].status == "Kept")
    view.open_row(sample)
    with notebook.cells_unchanged("an edit"):
        view.press("e")
        field(view, "urgency").select_option("high")
        view.press(["Control+Enter"])
        view.until(lambda: "Edited" in mark(view, sample) and "high" in view.rows()[0].output)
        view.until(lambda: view.undo_label() == "Undo: Edit 1 (U)")

        view.press("e")
        field(view, "summary").press("Control+a")
        view.page.keyboard.type(LONG)
        view.root.get_by_role("alert").filter(has_text=f"{len(LONG)} characters, at most 60 are allowed").wait_for()
        assert view.button(re.compile("^Save")).get_attribute("aria-disabled") == "true"
        shots(view.root, "edit-light")
        check_look(view, "light", "edit")
        view.press(["Escape"])
        view.until(lambda: "Unfinished" in mark(view, sample))
    assert view.rows()[0].status == "Kept"
    assert told(notebook)["kept"][sample]["summary"] == BEFORE

    view.button(re.compile("^Continue edit")).click()
    assert field(view, "summary").input_value() == LONG
    field(view, "summary").fill("Asks why.")
    view.button("Set: order").click()
    field(view, "order").fill("LM-204117")
    view.button("Set: items").click()
    view.button("Add to items").click()
    view.page.keyboard.type("lamp")
    view.page.keyboard.press("Enter")
    view.until(lambda: view.page.evaluate("document.activeElement.getAttribute('aria-label')") == "items 2")
    view.page.keyboard.type("glass")
    view.button(re.compile("^Save")).click()
    view.until(lambda: "Unfinished" not in mark(view, sample) and "Asks why." in view.rows()[0].output)
    assert told(notebook)["kept"] == {
        sample: {"urgency": "high", "summary": "Asks why.", "items": ["lamp", "glass"], "order": "LM-204117"}
    }


def test_an_edit_is_saved_when_another_sample_is_opened_and_discarded_when_the_person_says_so(
    open_notebook: OpenNotebook,
) -> None:
    notebook, view = open_studio(open_notebook)
    first, second = (row.id for row in view.rows()[:2])
    view.open_row(first)
    view.press("e")
    field(view, "summary").fill("Typed, then left.")
    view.open_row(second)
    view.until(lambda: "Edited" in mark(view, first))
    view.press("e")
    field(view, "summary").fill("Never mind.")
    view.button("Discard").click()
    view.root.get_by_role("complementary", name="Edit the sample").wait_for(state="detached")
    rows = told(notebook)["df"]
    assert rows[first][2]["summary"] == "Typed, then left."
    assert rows[second][2]["summary"] == BEFORE


def test_another_input_makes_the_output_stale_until_it_is_made_again(open_notebook: OpenNotebook) -> None:
    notebook, view = open_studio(open_notebook)
    sample = view.rows()[1].id
    view.open_row(sample)
    view.press("ae")
    view.open_row(sample)
    view.until(lambda: view.rows()[1].status == "Kept")
    view.press("e")
    field(view, "Input").fill(PARCEL)
    view.press(["Control+Enter"])
    view.until(lambda: "Stale (Shift+R)" in mark(view, sample))
    assert view.rows()[1].status == "Draft"
    view.sample.get_by_text("Output was made for the older input").wait_for()
    view.press(["Shift+r"])
    view.until(lambda: "Stale" not in mark(view, sample) and "a parcel" in view.rows()[1].output)
    assert told(notebook)["df"][sample][:3] == [
        "draft",
        PARCEL,
        {"urgency": "low", "summary": "Asks about a parcel."},
    ]


def test_stars_new_versions_and_undo(open_notebook: OpenNotebook, shots: Shots) -> None:
    notebook, view = open_studio(open_notebook)
    at_first = told(notebook)
    first, second, third, _ = (row.id for row in view.rows())
    view.grid.focus()
    view.open_row(first)
    view.press("4")
    view.row(first).get_by_role("img", name="4 of 5 stars").wait_for()
    orders = view.sample.get_by_role("radiogroup", name="Never guess an order number.")
    orders.get_by_role("radio", name="5 stars").click()
    orders.get_by_role("radio", name="5 stars", checked=True).wait_for()
    view.grid.focus()
    view.press("aa")
    view.until(lambda: view.by_status()["Kept"] == 2)

    view.open_row(first)
    view.press([" "])
    view.open_row(second)
    view.press([" ", "r"])
    asks = view.root.get_by_role("dialog", name="Regenerate")
    asks.get_by_text("2 model calls").wait_for()
    shots(view.root, "regenerate-light")
    check_look(view, "light", "regenerate")
    view.page.keyboard.type("shorter")
    view.press(["Enter"])
    view.until(lambda: "New version" in mark(view, first) and "New version" in mark(view, second))
    assert told(notebook)["kept"][first]["summary"] == BEFORE
    view.press(["Escape"])
    view.open_row(first)
    diff = view.root.get_by_role("region", name="Compare versions")
    assert view.root.evaluate(NEXT_KEY_AFTER_D) == "Compare versions"
    view.until(lambda: diff.locator("ins").all_inner_texts() == ["high", "In short: "])
    assert diff.locator("del").all_inner_texts() == ["low"]
    shots(view.root, "diff-light")
    check_look(view, "light", "diff")
    view.press(["ArrowRight"])
    view.until(lambda: str(view.root.locator(".sw-row--focus").get_attribute("id")).endswith(second))
    view.press(["ArrowLeft"])
    diff.wait_for(state="detached")
    view.until(lambda: "New version" not in mark(view, first) + mark(view, second))
    view.until(lambda: view.undo_label().startswith("Undo: Decline"))
    after = told(notebook)
    assert after["kept"][first]["summary"] == f"In short: {BEFORE}"
    assert after["kept"][second]["summary"] == BEFORE
    assert after["df"][first][3] == 4
    assert after["kept"].keys() == {first, second}
    assert third not in after["kept"]

    view.grid.focus()
    for what in ("Decline", "Take", "Regenerate", "Keep", "Keep", "Rate", "Rate"):
        undo_one(view, what)
    view.until(lambda: "Rate" not in view.undo_label() and view.by_status()["Draft"] == 4)
    assert told(notebook) == at_first
