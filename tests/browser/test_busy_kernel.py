"""A verdict and a Stop take effect while a cell of the notebook runs.

People train, wait and download in the cells below while a job runs above. JupyterLab sends the widget's messages to a
subshell of the kernel, a thread beside the cells; but ipykernel 7.4 ties each of them to the shell that published on
the comm last, so that one message sent by a cell would drag the person's clicks behind it. `StudioWidget` undoes that,
by a private attribute, and the engine answers on a thread of its own. Whether both still hold only a real Lab can
tell: the answers here must have come while the cell still sleeps.
"""

from __future__ import annotations

from tests.browser.conftest import OpenNotebook
from tests.browser.lab import Notebook
from tests.browser.widget import TASK, StudioView, endpoint_cell
from tests.endpoint import Endpoint

SLEEP = """import time
from pathlib import Path

print("in")
while not Path("wake up").exists():
    time.sleep(0.1)"""
PUBLISH = f"""studio.set_guidance("Short sentences.")  # a cell that publishes on the comm just before it sleeps
{SLEEP}"""


def sleep_in(notebook: Notebook, cell: int) -> None:
    """Start a cell that sleeps, and return when it does."""
    notebook.start_cell(cell)
    notebook.cell(cell).get_by_text("in", exact=True).wait_for()


def wake_up(notebook: Notebook) -> None:
    """End the cell that sleeps: it must have slept until now, or the answers say nothing."""
    assert not notebook.page.evaluate("window.synthRun.done")
    (notebook.folder / "wake up").touch()
    notebook.finish_cell()


def test_a_verdict_and_a_stop_are_answered_and_rows_arrive_while_a_cell_sleeps(open_everywhere: OpenNotebook) -> None:
    with Endpoint(latency=0.6, chunk_delay=0.02) as endpoint:
        notebook = open_everywhere([TASK, endpoint_cell(endpoint, concurrency=2), SLEEP])
        notebook.run_cell(0)
        notebook.run_cell(1)
        view = StudioView(notebook, cell=1)
        view.add_topic("Backpacks")
        view.choose_topic("Backpacks")
        view.grow(samples=120)
        view.until(lambda: view.by_status()["Draft"] >= 2)

        sleep_in(notebook, 2)
        before = view.by_status()
        draft = next(row for row in view.rows() if row.status == "Draft")
        view.open_row(draft.id)
        view.press("a")
        view.until(lambda: view.undo_label() == "Undo: Keep 1 (U)")
        view.until(lambda: not any(row.queued for row in view.rows()))
        view.until(lambda: view.line().inner_text().startswith("Saved"))
        view.until(lambda: view.by_status()["Kept"] == 1)
        view.until(lambda: view.by_status()["Draft"] >= before["Draft"] + 2)
        assert view.running.is_visible()
        view.button("Stop").click()
        view.root.get_by_text("Stopped by you").wait_for()
        wake_up(notebook)


def test_a_cell_that_publishes_before_it_sleeps_takes_no_click_along(open_notebook: OpenNotebook) -> None:
    with Endpoint() as endpoint:
        notebook = open_notebook([TASK, endpoint_cell(endpoint), PUBLISH])
        notebook.run_cell(0)
        notebook.run_cell(1)
        view = StudioView(notebook, cell=1)
        view.add_topic("Backpacks")
        view.choose_topic("Backpacks")
        view.grow(samples=4)
        view.until(lambda: view.by_status()["Draft"] == 4)
        view.open_row(view.rows()[0].id)
        sleep_in(notebook, 2)
        view.until(lambda: view.undo_label() == "Undo: Change guidance (U)")
        view.grid.focus()
        for keeps in (1, 2):  # the second: after the kernel's own answer to the first
            view.press("a")
            view.until(lambda keeps=keeps: view.by_status()["Kept"] == keeps)
            view.until(lambda: view.undo_label() == "Undo: Keep 1 (U)")
        wake_up(notebook)
