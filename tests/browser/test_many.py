"""Many samples at once, in a real Lab: inputs first and outputs after, find, judge what was found, take it to a file.

What the front end finds at once stands in the heads that it holds; what the kernel finds in whole texts joins later.
Both must lead to the same verdicts in the kernel, and the file that is written must hold what the screen counted.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

from tests.browser.conftest import OpenNotebook, Shots
from tests.browser.look import check_look
from tests.browser.widget import StudioView

PLAIN = """import synth_widgets as sw
from synth_widgets.testing import ScriptedCompleter

task = sw.Task("Letters", "Answer the letter in one sentence.")
studio = sw.Studio(task, model=ScriptedCompleter(latency=0.02))
studio"""


def pending_first(open_notebook: OpenNotebook) -> StudioView:
    """Open a studio and generate eight inputs without their outputs."""
    notebook = open_notebook([PLAIN])
    notebook.run_cell(0)
    view = StudioView(notebook, cell=0)
    view.add_topic("Backpacks", "Kettles")
    popover = view.plan(topics=2, subtopics=0, samples=4)
    popover.get_by_role("checkbox", name=re.compile("^Inputs only")).check()
    popover.get_by_role("button", name=re.compile(r"^Generate 8 inputs")).click()
    view.until(lambda: view.by_status()["Pending"] == 8)
    view.until_idle()
    return view


def test_inputs_are_reviewed_before_their_outputs_are_paid_for(open_notebook: OpenNotebook, shots: Shots) -> None:
    view = pending_first(open_notebook)
    view.open_row(view.rows()[0].id)
    view.sample.get_by_role("button", name=re.compile("^Generate 1")).wait_for()
    shots(view.root, "pending-light")
    check_look(view, "light", "pending")
    view.press("x")
    view.until(lambda: view.by_status()["Rejected"] == 1)
    view.button(re.compile("^Generate 7 outputs")).click()
    view.until(lambda: view.by_status()["Draft"] == 7)
    view.until_idle()
    assert view.by_status()["Pending"] == 0
    view.show("Rejected")
    view.sample.get_by_text("No output").wait_for()
    view.show("All")

    view.button("Jobs").click()
    jobs = view.root.get_by_role("dialog", name="Jobs")
    said = [item.splitlines()[0] for item in jobs.get_by_role("listitem").all_inner_texts()]
    assert said == ["Outputs", "Topics and samples"]
    assert "7 of 7" in jobs.inner_text()
    shots(view.root, "jobs-light")
    check_look(view, "light", "jobs")


def test_what_is_found_is_judged_together_and_written_to_a_file(open_notebook: OpenNotebook, shots: Shots) -> None:
    view = pending_first(open_notebook)
    view.button(re.compile("^Generate 8 outputs")).click()
    view.until(lambda: view.by_status()["Draft"] == 8)
    view.until_idle()
    word = max(view.rows()[0].input.rstrip(".").split(), key=len)
    wanted = [row.id for row in view.all_rows() if word.casefold() in f"{row.input} {row.output}".casefold()]
    assert wanted

    view.open_row(view.rows()[0].id)
    view.press("/")
    field = view.root.get_by_role("searchbox")
    field.press_sequentially(word.upper())
    view.until(lambda: [row.id for row in view.all_rows()] == wanted)
    assert view.root.locator(".sw-nofm").inner_text().split() == [str(len(wanted)), "of", "8"]
    assert view.grid.locator("mark").first.inner_text().casefold() == word.casefold()
    assert view.by_status()["All"] == len(wanted)

    field.press("Enter")
    assert view.focused() == wanted[0]
    view.page.keyboard.press("Control+a")
    view.press("a")
    view.until(lambda: view.by_status()["Kept"] == len(wanted))
    view.press("/")
    field.press("Escape")
    view.until(lambda: view.by_status()["All"] == 8)
    assert view.by_status()["Kept"] == len(wanted)

    field.press_sequentially("no such word")  # Esc has emptied the field and stayed in it
    view.root.get_by_text("No samples hold “no such word”.").wait_for()
    view.button("Clear the search").first.click()
    view.until(lambda: view.by_status()["All"] == 8)

    view.button("Export").click()
    export = view.root.get_by_role("dialog", name="Export")
    assert export.get_by_role("textbox").input_value() == "letters.jsonl"
    export.get_by_role("button", name="csv").click()
    export.get_by_role("button", name=f"Export {len(wanted)}", exact=True).click()
    export.get_by_text(f"Wrote {len(wanted)} sample").wait_for()
    shots(view.root, "export-light")
    check_look(view, "light", "export")
    path = Path(export.locator("code").inner_text())
    assert path.name == "letters.csv"
    with path.open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(wanted)
