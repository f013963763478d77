"""What would send much is asked first, wherever it is pressed; Esc sends nothing and leaves all as it was."""

from __future__ import annotations

import re

from tests.browser.conftest import OpenNotebook, Shots
from tests.browser.test_states import look
from tests.browser.widget import TASK, StudioView

MANY = """from synth_widgets.money import Price
from synth_widgets.testing import ScriptedCompleter

model = ScriptedCompleter(price=Price(5e-6, 2e-5, ""), latency=60, name="openai/gpt-5.4")
studio = sw.Studio(task, model=model)
studio.add_samples([{"input": f"Review number {n}: it broke."} for n in range(300)], status="pending")
studio"""
SENT = "print(len(model.requests))"


def test_what_sends_much_is_asked_first_from_the_palette_and_from_a_form(
    open_notebook: OpenNotebook, shots: Shots
) -> None:
    notebook = open_notebook([TASK, MANY, SENT])
    for cell in range(2):
        notebook.run_cell(cell)
    view = StudioView(notebook, cell=1)
    question = view.root.get_by_role("dialog", name="Confirm")
    view.open_row(view.rows()[0].id)
    view.page.keyboard.press("Control+k")
    view.page.keyboard.type("Generate outputs")
    view.page.keyboard.press("Enter")
    question.get_by_role("heading", name="Send 300 model calls?").wait_for()
    assert re.search(r"More than|may cost more", question.inner_text())
    assert "openai/gpt-5.4" in question.inner_text()
    look(view, "confirm", shots)
    view.press("x")  # the keys of what lies below are not given meanwhile
    view.press(["Escape"])
    question.wait_for(state="detached")
    assert view.by_status()["Rejected"] == 0

    popover = view.plan(samples=20)
    popover.get_by_role("textbox", name="Guidance for this run").fill("in the voice of a pirate")
    popover.get_by_role("button", name=re.compile(r"^Generate [\d,]+ samples")).click()
    question.wait_for()
    shots(view.root, "confirm-over-a-form")
    question.get_by_role("button", name=re.compile("^Cancel")).click()
    question.wait_for(state="detached")
    assert popover.get_by_role("textbox", name="Guidance for this run").input_value() == "in the voice of a pirate"
    view.press(["Escape"])
    popover.wait_for(state="detached")
    assert notebook.run_cell(2).strip() == "0"

    view.root.get_by_role("button", name=re.compile("^Generate 300 outputs")).first.click()
    question.wait_for()
    view.press(["Enter"])
    view.running.wait_for()
    question.wait_for(state="detached")
    view.button("Stop").click()
    view.until_idle()
