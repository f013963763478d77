"""What the status bar says of the line to the kernel and of the file is true, and no action gets lost without a word.

A kernel that is stopped as a process answers nobody, whatever front end and thread a message goes to: what is pressed
meanwhile waits, is counted, is listed, and is done in its order when the kernel goes on. A kernel that dies does none
of it, and the widget says how many. A file that takes no byte (a full disk) is said at once and mended without a hand.
"""

from __future__ import annotations

import re

from tests.browser.conftest import OpenNotebook, Shots
from tests.browser.lab import Notebook
from tests.browser.look import check_look
from tests.browser.widget import TASK, StudioView

OPEN = """from synth_widgets.testing import ScriptedCompleter

studio = sw.Studio(task, model=ScriptedCompleter())
if not studio.samples:
    await studio.grow(depth=0, samples=8)
studio"""
FULL = """import resource  # a file of this process cannot grow any more, as on a full disk

free = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1, free[1]))"""
ROOM = "resource.setrlimit(resource.RLIMIT_FSIZE, free)"
READ = """print(*[sample.status for sample in studio.samples])"""

LATER = """seconds => {
  const { now } = Date;
  Date.now = () => now.call(Date) + 1000 * seconds;
}"""
"""Sets the page's clock forward: a long silence need not be waited for."""


def opened(notebook: Notebook) -> StudioView[Notebook]:
    """Run the cells that open the studio; its view stands below the second."""
    notebook.run_cell(0)
    notebook.run_cell(1)
    view = StudioView(notebook, cell=1)
    view.until(lambda: view.by_status()["All"] == 8)
    return view


def says(view: StudioView[Notebook], words: str) -> None:
    """Wait for these words about the line or the file."""
    view.until(lambda: words in view.line().inner_text())


def test_nothing_pressed_is_lost_without_a_word(open_notebook: OpenNotebook, shots: Shots) -> None:
    notebook = open_notebook([TASK, OPEN, "studio", FULL, ROOM, READ])
    view = opened(notebook)
    notebook.run_cell(2)
    other = StudioView(notebook, cell=2)
    view.open_row(view.rows()[0].id)

    with notebook.kernel_stopped():
        view.press("ax")
        says(view, "Kernel busy, 2 actions queued")
        assert [row.queued for row in view.rows()][:3] == [True, True, False]
        view.button(re.compile("^Kernel busy")).click()
        waiting = view.root.get_by_role("dialog", name="Waiting").get_by_role("listitem")
        view.until(lambda: [item.split()[0] for item in waiting.all_inner_texts()] == ["Keep", "Reject"])
        shots(view.root, "busy-light")
        check_look(view, "light", "busy")
        view.press(["Escape"])
    says(view, "Saved")
    view.until(lambda: (view.by_status()["Kept"], view.by_status()["Rejected"]) == (1, 1))
    assert not any(row.queued for row in view.rows())

    view.grid.focus()
    with notebook.kernel_stopped():
        view.press("a")
        view.page.evaluate(LATER, 31)
        says(view, "No answer from the kernel")
    says(view, "Reconnected")
    view.until(lambda: view.by_status()["Kept"] == 2)
    view.page.evaluate(LATER, 6)
    says(view, "Saved")

    notebook.run_cell(3)
    view.grid.focus()
    view.press("a")
    says(view, "Not saved: ")
    says(other, "Not saved: ")
    notebook.run_cell(4)
    says(view, "Saved")
    view.until(lambda: view.by_status()["Kept"] == 3)
    assert notebook.run_cell(5).split() == ["kept", "rejected", "kept", "kept", *["draft"] * 4]


def test_a_kernel_that_ends_is_said_and_the_cells_bring_everything_back(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([TASK, OPEN, "studio", READ])
    view = opened(notebook)
    notebook.run_cell(2)
    old = StudioView(notebook, cell=2)
    view.open_row(view.rows()[0].id)
    view.press("ax")
    view.until(lambda: (old.by_status()["Kept"], old.by_status()["Rejected"]) == (1, 1))
    verdicts = [(row.id, row.input, row.output, row.status) for row in view.all_rows()]

    view.grid.focus()
    notebook.stop_kernel()  # killed while two actions wait for it
    view.press("aa")
    says(view, "Kernel busy, 2 actions queued")
    notebook.kill_kernel()
    for each in (view, old):
        says(each, "Kernel gone: 2 actions were not done")
    notebook.page.get_by_role("dialog", name=re.compile("Kernel Restarting")).get_by_role("button").click()
    assert [(row.id, row.input, row.output, row.status) for row in view.all_rows()] == verdicts

    for restart in (lambda: None, notebook.restart_kernel):
        restart()
        says(view, "Kernel gone")
        opened(notebook)
        says(view, "Saved")
        assert [(row.id, row.input, row.output, row.status) for row in view.all_rows()] == verdicts
        says(old, "Kernel gone")
        assert notebook.run_cell(3).split() == ["kept", "rejected", *["draft"] * 6]
