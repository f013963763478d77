"""Samples are found again: by facets, sorted, in columns of one's own; and the place is found again after a reload.

What the grid shows, what its filters count and what `studio.samples.filter` returns must be the same samples, whoever
asks. A person who reloads the page, or restarts the kernel and runs the cells again, goes on where they were.
"""

from __future__ import annotations

import contextlib
import json
import re
from typing import Any

from playwright.sync_api import FloatRect, Locator

from tests.browser.conftest import OpenNotebook, Shots
from tests.browser.lab import Notebook
from tests.browser.look import check_look
from tests.browser.widget import TASK, StudioView

OPEN = """from synth_widgets.testing import ScriptedCompleter

studio = sw.Studio(task, model=ScriptedCompleter())
if len(studio.samples) == 0:
    studio.topics.add(("Audio", "Headphones"), ("Audio", "Speakers"), "Kettles")
    await studio.grow(depth=0, samples=12)
    drafts = [s.id for s in studio.samples]
    studio.rate(drafts[::3], 5)
    studio.rate(drafts[1::3], 4)
    studio.rate(drafts[2::6], 2)
    studio.tag(drafts[::4], "hard")
    studio.keep(drafts[:5])
    about = {"output.about": "price", "output.opinion": "good"}
    studio.add_samples([{"input": "word " * 50 + str(n), **about} for n in range(4)], topic="Kettles", tags=["long"])"""
SELECTED = """import json
print(json.dumps(studio.widget.selected_ids))"""
KEEP = """kept = len(studio.samples.filter())
studio.keep(studio.widget.selected_ids)
print(len(studio.samples.filter()) - kept)"""
CELLS = [TASK, OPEN, "studio", SELECTED, KEEP, ""]


def opened(notebook: Notebook) -> StudioView[Notebook]:
    for cell in range(3):
        notebook.run_cell(cell)
    view = StudioView(notebook, cell=2)
    view.until(lambda: view.by_status()["All"] == 40)
    return view


def menu(view: StudioView[Notebook], name: str) -> Locator:
    """Open a menu of the filter bar."""
    view.button(re.compile(f"^{name}")).click()
    return view.root.get_by_role("dialog", name=name, exact=True)


def pick(menu: Locator, facet: str, value: str) -> None:
    menu.get_by_role("group", name=facet, exact=True).get_by_role("checkbox", name=re.compile(f"^{value} ")).click()


def n_of_m(view: StudioView[Notebook]) -> str:
    return " ".join(view.root.locator(".sw-nofm").inner_text().split())


def filtered(notebook: Notebook, words: str) -> list[str]:
    """Return the ids that `samples.filter` finds in Python, in the notebook's last cell."""
    source = f"import json; print(json.dumps([s.id for s in studio.samples.filter({words})]))"
    notebook.page.evaluate(
        "([at, source]) => jupyterapp.shell.currentWidget.content.widgets[at].model.sharedModel.setSource(source)",
        [5, source],
    )
    found: list[str] = json.loads(notebook.run_cell(5))
    return found


def ids(view: StudioView[Notebook]) -> list[str]:
    return [row.id for row in view.all_rows()]


def heads(view: StudioView[Notebook]) -> list[str]:
    return view.root.get_by_role("columnheader").all_inner_texts()[1:]


def head(view: StudioView[Notebook], name: str) -> Locator:
    return view.root.get_by_role("columnheader", name=name, exact=True)


def box_of(view: StudioView[Notebook], name: str) -> FloatRect:
    box = head(view, name).bounding_box()
    assert box
    return box


def drag(view: StudioView[Notebook], name: str, at: float, by: float) -> None:
    """Press the mouse so many pixels from the start of a head, and move it aside."""
    box, mouse = box_of(view, name), view.page.mouse
    y = box["y"] + box["height"] / 2
    mouse.move(box["x"] + at, y)
    mouse.down()
    mouse.move(box["x"] + at + by, y, steps=5)
    mouse.up()


def test_facets_leave_what_python_finds_by_the_same_words(open_notebook: OpenNotebook, shots: Shots) -> None:
    notebook = open_notebook(CELLS)
    view = opened(notebook)
    filters = menu(view, "Filters")
    pick(filters, "Stars", "4")
    pick(filters, "Stars", "5")
    view.until(lambda: n_of_m(view) == "24 of 40")
    shots(view.root, "filters-light")
    check_look(view, "light", "filters")
    pick(filters, "Tags", "hard")
    assert sorted(ids(view)) == sorted(filtered(notebook, "'all', min_stars=4, tags='hard'"))
    view.grid.focus()
    counts = view.by_status()
    assert counts["All"] == len(ids(view)) < 24
    assert counts["Kept"] == len(filtered(notebook, "min_stars=4, tags='hard'"))

    view.choose_topic("Audio")
    view.show("Draft")
    wanted = filtered(notebook, "'draft', topic='Audio', min_stars=4, tags='hard'")
    view.until(lambda: sorted(ids(view)) == sorted(wanted))
    chips = view.root.get_by_role("button", name=re.compile("^Remove the filter"))
    said = [str(chip.get_attribute("aria-label"))[18:] for chip in chips.all()]
    assert said == ["Topic: Audio", "Status: Draft", "Stars: 4+", "Tags: hard"]
    chips.nth(3).focus()
    view.press(["Enter"])
    view.until(lambda: chips.count() == 3)
    assert sorted(ids(view)) == sorted(filtered(notebook, "'draft', topic='Audio', min_stars=4"))
    chips.nth(0).click()
    view.until(lambda: chips.count() == 2)
    assert sorted(ids(view)) == sorted(filtered(notebook, "'draft', min_stars=4"))

    view.grid.focus()
    view.press(["Shift+F"])
    filters = view.root.get_by_role("dialog", name="Filters")
    filters.get_by_role("button", name="Remove all filters").click()
    view.until(lambda: n_of_m(view) == "40 of 40")
    long = filtered(notebook, "'all', tags='long'")
    pick(filters, "Words", "over 40")
    view.until(lambda: sorted(ids(view)) == sorted(long))
    view.press(["Escape"])
    assert view.grid.evaluate("grid => grid === document.activeElement")
    view.show("Rejected")
    view.root.get_by_text("No rejected samples pass the filters.").wait_for()
    view.root.get_by_role("button", name="Remove all filters").click()
    view.until(lambda: n_of_m(view) == "40 of 40")


def test_what_is_selected_reaches_the_next_cell(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    view = opened(notebook)
    assert json.loads(notebook.run_cell(3)) == []
    pick(menu(view, "Filters"), "Tags", "long")
    view.press(["Escape", "Control+a"])
    chosen = ids(view)
    assert len(chosen) == 4
    view.until(lambda: sorted(json.loads(notebook.run_cell(3))) == sorted(chosen))
    assert notebook.run_cell(4).strip() == "4"
    view.until(lambda: view.by_status()["Kept"] == 4)


def test_the_list_is_sorted_and_a_star_moves_no_row(open_notebook: OpenNotebook, shots: Shots) -> None:
    notebook = open_notebook(CELLS)
    view = opened(notebook)
    by_topic = ids(view)
    made = filtered(notebook, "'all'")
    best = set(filtered(notebook, "'all', min_stars=5"))
    sort = menu(view, "Sort")
    sort.get_by_role("radio", name="Created").click()
    view.until(lambda: ids(view) == made[::-1])
    assert view.root.locator(".sw-grid [role=row] b").count() == 0, "no lines of topics"
    assert "Kettles" in view.row(view.rows()[0].id).locator("[role=gridcell]").last.inner_text()
    sort.get_by_role("radio", name="Created").click()
    view.until(lambda: ids(view) == made)
    sort.get_by_role("radio", name="Stars").click()
    view.until(lambda: set(ids(view)[: len(best)]) == best)
    shots(view.root, "sorted-light")
    view.press(["Escape"])
    check_look(view, "light", "sorted")
    at = view.rows()[0].id
    view.open_row(at)
    view.press("1")
    view.until(lambda: view.row(at).get_by_role("img", name="1 of 5 stars").is_visible())
    assert view.rows()[0].id == at == view.focused()
    menu(view, "Sort").get_by_role("radio", name="Topic").click()
    view.until(lambda: ids(view) == by_topic)


def test_the_grid_has_the_columns_that_a_person_wants(open_notebook: OpenNotebook, shots: Shots) -> None:
    view = opened(open_notebook(CELLS))
    columns = menu(view, "Columns")
    for name in ("Words", "Tags"):
        columns.get_by_role("checkbox", name=name).click()
    columns.get_by_role("checkbox", name="Output").click()
    view.until(lambda: heads(view) == ["Input", "Status", "Words", "Tags"])
    shots(view.root, "columns-light")
    view.press(["Escape"])
    check_look(view, "light", "columns")
    menu(view, "Sort").get_by_role("radio", name="Words").click()
    view.press(["Escape"])
    cells = view.grid.locator("[role=row][id]").first.get_by_role("gridcell")
    view.until(lambda: cells.all_inner_texts()[3:] == ["53", "long"])

    before = box_of(view, "Words")["width"]
    drag(view, "Words", box_of(view, "Words")["width"] - 1, by=40)
    view.until(lambda: abs(box_of(view, "Words")["width"] - before - 40) < 6)
    head(view, "Words").focus()
    view.press(["ArrowLeft", "ArrowLeft"])
    view.until(lambda: abs(box_of(view, "Words")["width"] - before - 8) < 6)
    assert heads(view) == ["Input", "Status", "Words", "Tags"], "a drag of the line moves no column"
    drag(view, "Tags", 20, by=box_of(view, "Input")["x"] - box_of(view, "Tags")["x"])
    view.until(lambda: heads(view) == ["Tags", "Input", "Status", "Words"])
    head(view, "Tags").focus()
    view.press(["Shift+ArrowRight"])
    view.until(lambda: heads(view) == ["Input", "Tags", "Status", "Words"])
    view.page.wait_for_timeout(100)
    view.press(["Shift+ArrowRight"])
    view.until(lambda: heads(view) == ["Input", "Status", "Tags", "Words"])
    assert view.root.evaluate("root => root.contains(document.activeElement)")


PLACE = """root => ({
  heads: [...root.querySelectorAll('[role=columnheader]')].slice(1).map((head) => head.innerText),
  widths: [...root.querySelectorAll('[role=columnheader]')].slice(1)
    .map((head) => Math.round(40 * head.clientWidth / (head.parentElement.clientWidth - 34))),
  chips: [...root.querySelectorAll('[aria-label^="Remove the filter"]')].map((chip) => chip.ariaLabel),
  words: root.querySelector('[role=searchbox]').value,
  folded: [...root.querySelectorAll('[role=treeitem][aria-expanded=false]')].map((node) => node.ariaLabel),
  focus: root.querySelector('[role=grid]').getAttribute('aria-activedescendant')?.split('-s-')[1],
  top: root.querySelector('[role=grid]').scrollTop,
  selected: [...root.querySelectorAll('[role=row][aria-selected=true]')].map((row) => row.id.split('-s-')[1]).sort(),
  shown: root.querySelector('.sw-nofm').innerText,
})"""


def comes_back(view: StudioView[Notebook], place: dict[str, Any]) -> None:
    view.grid.wait_for()
    with contextlib.suppress(AssertionError):
        view.until(lambda: view.root.evaluate(PLACE) == place)
    assert view.root.evaluate(PLACE) == place


def test_the_place_is_kept_over_a_reload_and_a_restart_of_the_kernel(open_everywhere: OpenNotebook) -> None:
    notebook = open_everywhere(CELLS)
    view = opened(notebook)
    filters = menu(view, "Filters")
    for value in ("4", "5", "None"):
        pick(filters, "Stars", value)
    view.press(["Escape"])
    view.show("Draft")
    view.root.get_by_role("searchbox").fill("e")
    view.tree.get_by_role("treeitem", name=re.compile("^Audio,")).locator(".sw-tw, [role=presentation]").first.click()
    menu(view, "Sort").get_by_role("radio", name="Words").click()
    view.press(["Escape"])
    columns = menu(view, "Columns")
    columns.get_by_role("checkbox", name="Words").click()
    view.press(["Escape"])
    head(view, "Input").focus()
    view.press(["ArrowRight", "ArrowRight"])
    view.show_row(10)
    rows = {row.at: row.id for row in view.rows()}
    view.open_row(rows[10])
    view.row(rows[11]).get_by_role("checkbox").click()
    view.row(rows[12]).get_by_role("checkbox").click()
    view.grid.evaluate("grid => { grid.scrollTop += 35; }")
    view.page.wait_for_timeout(600)
    before = view.root.evaluate(PLACE)
    assert before["words"] == "e"
    assert before["top"] > 100
    assert len(before["selected"]) == 2
    assert before["folded"]
    assert len(before["chips"]) == 2

    notebook.save()
    notebook.reload()
    comes_back(view, before)

    notebook.restart_kernel()
    for cell in range(3):
        notebook.run_cell(cell)
    comes_back(view, before)
    view.until(lambda: sorted(json.loads(notebook.run_cell(3))) == before["selected"])
