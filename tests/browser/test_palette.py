"""Reviewing in bulk and one by one in JupyterLab: the palette, focus density, reasons for rejecting, copying.

Whatever can be given by a few letters must do what its key does, on as many samples as its line says; what a person
has decided without once looking at a list must be what the next cell's DataFrame says; and what is pasted elsewhere
must be what was copied.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator

from tests.browser.conftest import OpenNotebook, Shots
from tests.browser.lab import Notebook
from tests.browser.look import check_look
from tests.browser.widget import StudioView

SAMPLES = 12
OPEN = """from typing import Literal

import synth_widgets as sw
from pydantic import BaseModel
from synth_widgets.testing import ScriptedCompleter

class Ticket(BaseModel):
    urgency: Literal["low", "high"]
    summary: str

task = sw.Task("Triage", "Read a message, return its urgency and a summary.", output_schema=Ticket,
               requirements=["Never guess an order number."])
model = ScriptedCompleter()
studio = sw.Studio(task, model=model)
said = {"Billing": ["Twice", "Too late", "=1+1"], "Delivery": ["Lost\\tin\\nthe post", 'A "gift"', "Wet"]}
for topic, texts in said.items():
    studio.add_samples([{"input": f"{text}, number {n}.", "output.urgency": "high", "output.summary": text}
                        for text in texts for n in (1, 2)], topic=topic)"""
TOLD = """import json
print(json.dumps([[s.id, s.status, s.reason, s.input, s.output] for s in studio.samples]))"""
ON_TOP = """dialog => {
  const { left, top } = dialog.getBoundingClientRect();
  return dialog.contains(document.elementFromPoint(left + 9, top + 9));
}"""
SENT = """await studio.grow("Billing", depth=0, samples=9)
print(json.dumps([r.messages[-1]["content"] for r in model.requests if r.step == "inputs"][-1]))"""


@pytest.fixture
def opened(open_notebook: OpenNotebook) -> tuple[Notebook, StudioView[Notebook]]:
    notebook = open_notebook([OPEN, "studio", TOLD, SENT])
    notebook.run_cell(0)
    notebook.run_cell(1)
    view = StudioView(notebook, cell=1)
    view.until(lambda: len(view.rows()) == SAMPLES)
    return notebook, view


def told(notebook: Notebook) -> list[list[Any]]:
    """Return what Python says: id, status, reason, input, output."""
    said: list[list[Any]] = json.loads(notebook.run_cell(2))
    return said


def statuses(notebook: Notebook) -> list[str]:
    return [status for _, status, *_ in told(notebook)]


def palette(view: StudioView[Notebook]) -> Locator:
    return view.root.get_by_role("dialog", name="Commands")


def offers(view: StudioView[Notebook]) -> list[str]:
    """Return the words of the lines that are offered, without key caps."""
    return [text.split("\n")[0] for text in palette(view).get_by_role("option").all_inner_texts()]


def give(view: StudioView[Notebook], letters: str, under: str, label: str) -> None:
    """Open the palette by key, type, and go down to a line below a heading; leave it to Enter."""
    view.press(["Control+k"])
    palette(view).get_by_role("combobox").wait_for()
    view.page.keyboard.type(letters)
    lines = palette(view).locator("[role=listbox] > *").all_inner_texts()
    at = next(n for n, text in enumerate(lines) if text == under)
    line = next(n for n, text in enumerate(lines) if n > at and text.split("\n")[0] == label)
    before = [text for text in lines[:line] if text not in headings(view)]
    view.press(["ArrowDown"] * len(before) + ["Enter"])
    palette(view).wait_for(state="detached")


def headings(view: StudioView[Notebook]) -> list[str]:
    return palette(view).locator("h3").all_inner_texts()


def test_the_palette_is_modal_over_the_page_and_goes_with_its_widget(
    opened: tuple[Notebook, StudioView[Notebook]],
) -> None:
    notebook, view = opened
    focused = "page => page.ownerDocument.activeElement.closest('[role=grid], [role=dialog], dialog')?.ariaLabel"
    with notebook.cells_unchanged("presses beside the palette"):
        for leave in ("key", "press"):
            view.grid.focus()
            view.press(["Control+k"])
            palette(view).get_by_role("combobox").wait_for()
            assert palette(view).evaluate("dialog => dialog.open && dialog.matches(':modal')")
            assert view.root.evaluate(focused) == "Commands"
            assert palette(view).evaluate(ON_TOP), "something of the notebook lies on it"
            if leave == "key":
                view.press(["Escape"])
            else:
                view.page.mouse.click(5, 5)  # the notebook's menu, which must not open
            palette(view).wait_for(state="detached")
            assert view.root.evaluate(focused) == "Samples"
            assert view.page.locator(".lm-Menu").count() == 0
    view.press(["?"])
    view.root.get_by_role("dialog", name="Keys").wait_for()
    notebook.output(1).evaluate("output => { output.style.display = 'none'; }")
    view.page.wait_for_function("document.querySelector('dialog') === null")


def test_every_command_is_found_by_a_few_letters_and_esc_gives_the_focus_back(
    opened: tuple[Notebook, StudioView[Notebook]], shots: Shots
) -> None:
    notebook, view = opened
    with notebook.cells_unchanged("the palette"):
        view.tree.get_by_role("treeitem", name=re.compile("^Billing")).click()
        had = view.page.evaluate("document.activeElement.className")
        view.press(["Control+k"])
        palette(view).get_by_role("option", name="Keep, This sample").wait_for()
        assert headings(view)[:2] == ["This sample", "All 6 that the filter shows"]
        shots(view.root, "palette-whole-light")
        check_look(view, "light", "palette")
        view.page.keyboard.type("topics")
        assert "Add topic" in offers(view)
        view.press(["Control+a"])
        view.page.keyboard.type("re")
        assert offers(view)[:2] == ["Reject", "Reject because…"]
        assert palette(view).get_by_role("status").inner_text().startswith(f"{len(offers(view))} of ")
        assert palette(view).locator("mark").first.inner_text() == "Re"
        redo = palette(view).get_by_role("option", name="Redo")
        assert redo.get_attribute("aria-disabled") == "true"
        assert "nothing to redo" in redo.inner_text()
        shots(view.root, "palette-light")
        view.press(["Escape"])
        palette(view).wait_for(state="detached")
        assert view.page.evaluate("document.activeElement.className") == had

        view.root.get_by_role("button", name="Commands (Ctrl+K)").click()
        view.page.keyboard.type("deliv")
        palette(view).get_by_role("option", name="Delivery").click()
        view.until(lambda: view.by_status()["All"] == 6 and "Delivery" in view.root.locator(".sw-tree").inner_text())
        view.grid.focus()
        give(view, "keep", "This sample", "Keep")
        view.until(lambda: view.by_status()["Kept"] == 1)
        view.press("/")
        view.press(["Control+k"])
        view.page.keyboard.type("undo")
        view.press(["Enter"])
        view.until(lambda: view.by_status()["Kept"] == 0)


def test_all_that_the_filter_shows_is_judged_at_once_and_taken_back_at_once(
    opened: tuple[Notebook, StudioView[Notebook]],
) -> None:
    notebook, view = opened
    at_first = told(notebook)
    view.choose_topic("Billing")
    view.grid.focus()
    for letters, label, status in (("keep", "Keep", "Kept"), ("reject", "Reject", "Rejected")):
        give(view, letters, "All 6 that the filter shows", label)
        view.until(lambda status=status: view.by_status()[status] == 6)
        view.root.get_by_text(f"{status} 6").first.wait_for()
        view.root.get_by_role("button", name="Undo U").wait_for()
    assert statuses(notebook) == ["rejected"] * 6 + ["draft"] * 6
    view.grid.focus()
    give(view, "restore", "All 6 that the filter shows", "Restore")
    view.until(lambda: view.by_status()["Draft"] == 6)
    give(view, "regen", "All 6 that the filter shows", "Regenerate")
    view.root.get_by_role("dialog", name="Regenerate").get_by_text("6 model calls").wait_for()
    view.press(["Escape", "Escape"])
    for _ in range(3):
        view.press("u")
    view.until(lambda: view.by_status()["Draft"] == 6 and view.undo_label().startswith("Undo: Add"))
    assert told(notebook) == at_first


def test_what_was_decided_before_stays_until_it_is_included(
    opened: tuple[Notebook, StudioView[Notebook]], shots: Shots
) -> None:
    """All that the filter shows is judged by key and by the palette: rejected rows keep their reasons."""
    notebook, view = opened
    why = view.root.get_by_role("dialog", name="Reject because")
    ids = [row.id for row in view.rows()]
    view.choose_topic("Billing")
    view.open_row(ids[0])
    with notebook.cells_unchanged("verdicts on a mixed selection"):
        view.press([" ", "j", " ", "Shift+x"])
        why.get_by_role("option", name="Too short").wait_for()
        view.press("1")
        view.until(lambda: view.by_status()["Rejected"] == 2)
        view.grid.focus()
        view.press(["Control+a"])
        foot = view.root.get_by_role("toolbar", name="Selected samples")
        assert foot.get_by_role("button", name="Keep 4").get_attribute("title") == (
            "2 that you decided about stay as they are"
        )
        view.press("a")
        view.root.get_by_text("Kept 4 · 2 decided left").first.wait_for()
        include = view.root.get_by_role("button", name="Include them")
        include.wait_for()
        shots(view.root, "decided-left-light")
        check_look(view, "light", "decided-left")
        view.row(ids[0]).get_by_text("Too short").wait_for()
        view.row(ids[1]).get_by_text("Too short").wait_for()
        view.grid.focus()
        view.press("i")
        view.until(lambda: view.by_status()["Kept"] == 6)
        view.until(lambda: view.undo_label() == "Undo: Keep 2 (U)")
        view.press("u")
        view.until(lambda: view.by_status()["Rejected"] == 2)
        view.until(lambda: view.undo_label() == "Undo: Keep 4 (U)")
    assert [(status, reason) for _, status, reason, *_ in told(notebook)[:6]] == [
        *[("rejected", "Too short")] * 2,
        *[("kept", None)] * 4,
    ]
    with notebook.cells_unchanged("a verdict by the palette on all that the filter shows"):
        view.choose_topic("All topics")
        view.grid.focus()
        give(view, "reject", "All 12 that the filter shows", "Reject")
        view.root.get_by_text("Rejected 6 · 6 decided left").first.wait_for()
        assert view.by_status()["Kept"] == 4
        include.click()
        view.until(lambda: view.by_status()["Rejected"] == 12)
    assert statuses(notebook) == ["rejected"] * 12


def test_ten_samples_are_reviewed_one_at_a_time_by_keys_alone(
    opened: tuple[Notebook, StudioView[Notebook]], shots: Shots
) -> None:
    notebook, view = opened
    ids = [ident for ident, *_ in told(notebook)]
    with notebook.cells_unchanged("a review"):
        view.grid.focus()
        view.press(["Home", "f"])
        view.until(lambda: not view.grid.is_visible())
        view.sample.get_by_text("high", exact=True).wait_for()
        shots(view.root, "focus-light")
        check_look(view, "light", "focus")
        view.sample.focus()
        for at, key in enumerate("axaxasaxaa"):
            view.sample.get_by_text(re.compile(rf"number {at % 2 + 1}\.")).wait_for()
            view.press(key)
        view.until(lambda: (view.by_status()["Kept"], view.by_status()["Rejected"]) == (6, 3))
        view.press("kkk")
        view.press("1")
        view.sample.get_by_role("radio", name="1 star", checked=True).wait_for()
        view.press("u")
        view.press("f")
        view.grid.wait_for()
        assert view.row(view.focused()).is_visible()
    expected = {"a": "kept", "x": "rejected", "s": "draft"}
    assert statuses(notebook) == [*(expected[key] for key in "axaxasaxaa"), "draft", "draft"]
    assert ids == [ident for ident, *_ in told(notebook)]


def test_one_at_a_time_shows_what_is_selected_and_rows_where_there_is_no_sample(
    opened: tuple[Notebook, StudioView[Notebook]], shots: Shots
) -> None:
    _, view = opened
    view.root.get_by_role("button", name="One sample at a time (F)").click()
    view.until(lambda: view.sample.evaluate("pane => pane === document.activeElement"))
    view.press([" ", "j", " "])
    view.root.get_by_role("toolbar", name="Selected samples").get_by_text("2 selected").wait_for()
    view.press("x")
    view.until(lambda: view.by_status()["Rejected"] == 2)
    view.show("Kept")
    view.grid.wait_for()
    view.show("All")
    view.until(lambda: not view.grid.is_visible())
    view.sample.get_by_role("region", name="Sample text").click()
    view.press(["Shift+x"])
    view.root.get_by_role("dialog", name="Reject because").wait_for()
    view.press(["Escape", "Enter"])
    view.root.get_by_role("complementary", name="Edit the sample").wait_for()
    shots(view.root, "focus-edit-light")
    check_look(view, "light", "focus-edit")
    view.press(["Escape"])
    view.page.set_viewport_size({"width": 1250, "height": 900})
    shots(view.root, "focus-medium-light")
    check_look(view, "light", "focus-medium")
    view.page.set_viewport_size({"width": 860, "height": 900})
    view.grid.wait_for()
    view.grid.focus()
    view.press("f")
    view.sample.wait_for()
    view.press(["Control+k"])
    palette(view).wait_for()
    shots(view.root, "palette-narrow-light")
    check_look(view, "light", "palette-narrow")
    view.press(["Escape", "f"])
    view.grid.wait_for()


def test_a_verdict_goes_on_to_the_next_draft_unless_that_is_switched_off(
    opened: tuple[Notebook, StudioView[Notebook]],
) -> None:
    _, view = opened
    view.grid.focus()
    view.press(["Home"])
    first = view.focused()
    give(view, "auto", "Review", "Auto-advance to the next draft")
    view.press("a")
    view.until(lambda: view.by_status()["Kept"] == 1)
    assert view.focused() == first
    view.press(["Control+k"])
    view.page.keyboard.type("auto")
    assert "off" in palette(view).get_by_role("option").first.inner_text()
    view.press(["Enter", "x"])
    view.until(lambda: view.by_status()["Rejected"] == 1)
    assert view.focused() != first
    view.press("?")
    view.root.get_by_role("dialog", name="Keys").get_by_text("Auto-advance to the next draft: on").wait_for()


def test_reasons_are_given_by_a_digit_or_in_words_and_the_next_generation_is_told(
    opened: tuple[Notebook, StudioView[Notebook]], shots: Shots
) -> None:
    notebook, view = opened
    why = view.root.get_by_role("dialog", name="Reject because")
    ids = [row.id for row in view.rows()]
    view.open_row(ids[0])
    with notebook.cells_unchanged("reasons"):
        view.press(["Shift+x"])
        why.get_by_role("option", name="Too short").wait_for()
        shots(view.root, "reasons-light")
        check_look(view, "light", "reasons")
        view.press(["2"])
        view.row(ids[0]).get_by_text("Off topic").wait_for()
        view.root.get_by_text("Rejected 1: Off topic").first.wait_for()
        assert view.focused() == ids[1]
        view.press([" ", "j", " ", "Shift+x"])
        why.get_by_text("Reject 2 samples because").wait_for()
        assert why.get_by_role("option").first.inner_text().startswith("Off topic")
        view.page.keyboard.type("Sounds like <b>me</b>")
        view.press(["Enter"])
        view.row(ids[1]).get_by_text("Sounds like <b>me</b>").wait_for()
        view.open_row(ids[3])
        view.sample.get_by_role("button", name="Reject because… (Shift+X)").click()
        assert why.get_by_role("option").first.inner_text().startswith("Sounds like <b>me</b>")
        why.get_by_role("option", name="Off topic").click()
        view.until(lambda: view.by_status()["Rejected"] == 4)
        view.open_row(ids[3])
        view.sample.get_by_text("Off topic").wait_for()
    reasons = [reason for _, _, reason, *_ in told(notebook)]
    assert reasons[:5] == ["Off topic", "Sounds like <b>me</b>", "Sounds like <b>me</b>", "Off topic", None]
    assert '- "Off topic" (2)\n- "Sounds like <b>me</b>" (2)' in json.loads(notebook.run_cell(3))


def test_what_is_copied_is_what_is_pasted(
    opened: tuple[Notebook, StudioView[Notebook]], context: BrowserContext
) -> None:
    notebook, view = opened
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    values = [{"input": given, "output": output} for *_, given, output in told(notebook)]

    def clipboard(said: str) -> str:
        view.root.get_by_text(f"Copied {said}").first.wait_for()
        return str(view.page.evaluate("navigator.clipboard.readText()"))

    view.grid.focus()
    with notebook.cells_unchanged("copying"):
        view.press(["Home", "Control+a", "Control+c"])
        head, *rows = csv.reader(io.StringIO(clipboard("12 samples as a table"), newline=""), "excel-tab")
        assert head == ["input", "output.urgency", "output.summary"]
        assert [[v.removeprefix("'") for v in row] for row in rows] == [
            [v["input"], v["output"]["urgency"], v["output"]["summary"]] for v in values
        ]
        assert {"'=1+1"} == {row[2] for row in rows if row[2].startswith("'")}
        give(view, "json", "12 selected samples", "Copy as JSON")
        assert json.loads(clipboard("12 samples as JSON")) == values
        give(view, "python", "12 selected samples", "Copy as Python")
        assert ast.literal_eval(clipboard("12 samples as Python")) == values
        view.press(["Escape", "Home"])
        view.sample.get_by_role("button", name="Copy as JSON").click()
        assert json.loads(clipboard("1 sample as JSON")) == values[:1]
        view.sample.get_by_text("Twice, number 1.").select_text()
        view.sample.focus()
        view.press(["Control+c"])
        view.until(lambda: view.page.evaluate("navigator.clipboard.readText()") == "Twice, number 1.")
