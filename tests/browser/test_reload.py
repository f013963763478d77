"""What a person has seen is there again: after F5, after a cell run again, in a second view, after a killed kernel.

Rows reach the page only once they are in the file, and a page keeps nothing of its own: so whatever happened, the
widget must come back with the same samples under the same verdicts. After a kernel that died in the middle of a job
(out of memory, say) nothing is lost that was on the screen, and going on pays only for what is missing.
"""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext

from tests.browser.conftest import OpenNotebook
from tests.browser.lab import Notebook
from tests.browser.widget import TASK, StudioView, endpoint_cell, outputs_asked
from tests.endpoint import Endpoint

EMPTY_EVER = """new MutationObserver(() => {
  window.swEmptyEver ||= document.querySelector('.sw-empty') !== null;
}).observe(document, { childList: true, subtree: true })"""


def reviewed(notebook: Notebook) -> StudioView:
    """Run the cells, make four samples, keep one and reject one."""
    notebook.run_cell(0)
    notebook.run_cell(1)
    view = StudioView(notebook, cell=1)
    view.add_topic("Backpacks")
    view.choose_topic("Backpacks")
    view.grow(samples=4)
    view.until(lambda: view.by_status()["Draft"] == 4)
    view.until_idle()
    view.open_row(view.rows()[0].id)
    view.press("ax")
    view.until(lambda: (view.by_status()["Kept"], view.by_status()["Rejected"]) == (1, 1))
    return view


def verdicts(view: StudioView) -> list[tuple[str, str, str, str]]:
    return [(row.id, row.input, row.output, row.status) for row in view.all_rows()]


def test_a_reloaded_page_and_a_cell_run_again_show_the_same_rows_and_verdicts(open_everywhere: OpenNotebook) -> None:
    with Endpoint() as endpoint:
        notebook = open_everywhere([TASK, endpoint_cell(endpoint)])
        view = reviewed(notebook)
        before = verdicts(view)
        notebook.save()
        notebook.page.add_init_script(EMPTY_EVER)
        notebook.reload()
        view.until(lambda: verdicts(view) == before)
        assert not notebook.page.evaluate("window.swEmptyEver"), "it was taken for an empty studio on the way"
        view.open_row(before[2][0])
        view.press("a")
        view.until(lambda: view.by_status()["Kept"] == 2)
        now = verdicts(view)
        notebook.run_cell(1)
        view.until(lambda: verdicts(view) == now)
        assert outputs_asked(endpoint) == 4


def test_a_verdict_in_one_view_shows_in_the_other_whatever_each_filters(open_notebook: OpenNotebook) -> None:
    with Endpoint() as endpoint:
        notebook = open_notebook([TASK, endpoint_cell(endpoint), "studio"])
        first = reviewed(notebook)
        notebook.run_cell(2)
        second = StudioView(notebook, cell=2)
        second.until(lambda: verdicts(second) == verdicts(first))
        third = first.rows()[2].id
        first.open_row(third)
        first.press("a")
        second.until(lambda: second.by_status()["Kept"] == 2)
        assert verdicts(second) == verdicts(first)
        second.show("Kept")
        first.show("Draft")
        second.until(lambda: [row.status for row in second.rows()] == ["Kept", "Kept"])
        assert [row.status for row in first.rows()] == ["Draft"]
        second.open_row(third)
        second.press("u")
        first.until(lambda: third in {row.id for row in first.rows()})
        assert third not in {row.id for row in second.rows()}
        for view in (first, second):
            view.show("All")
        second.until(lambda: len(second.rows()) == 4)
        assert verdicts(second) == verdicts(first)


def test_a_second_tab_on_the_notebook_shows_the_same_and_hears_of_every_verdict(
    open_notebook: OpenNotebook, context: BrowserContext
) -> None:
    with Endpoint() as endpoint:
        notebook = open_notebook([TASK, endpoint_cell(endpoint)])
        first = reviewed(notebook)
        notebook.save()
        tab = Notebook(context.new_page(), notebook.server, "lab", notebook.path)
        tab.open()
        second = StudioView(tab, cell=1)
        second.until(lambda: verdicts(second) == verdicts(first))
        ident = second.rows()[2].id
        second.open_row(ident)
        second.press("a")
        second.until(lambda: second.by_status()["Kept"] == 2)
        first.page.bring_to_front()  # what is behind is hardly drawn
        first.until(lambda: verdicts(first) == verdicts(second))
        assert not tab.errors.unexpected()


def test_a_kernel_killed_in_the_middle_loses_no_row_and_pays_for_none_twice(open_notebook: OpenNotebook) -> None:
    planned, concurrency = 48, 3
    with Endpoint(latency=0.3, chunk_delay=0.005) as endpoint:
        notebook = open_notebook([TASK, endpoint_cell(endpoint, concurrency=concurrency)])
        notebook.run_cell(0)
        notebook.run_cell(1)
        view = StudioView(notebook, cell=1)
        view.add_topic("Backpacks", "Coffee machines")
        view.grow(topics=2, subtopics=0, samples=planned // 2)
        view.until(lambda: view.by_status()["Draft"] >= 6)
        endpoint.latency = 60.0  # so that calls are in flight at the kill, and none is answered just before it
        view.open_row(next(row.id for row in view.rows() if row.status == "Draft"))
        view.press("ax")
        view.until(lambda: (view.by_status()["Kept"], view.by_status()["Rejected"]) == (1, 1))
        view.until(lambda: endpoint.in_flight == concurrency)
        shown = {row.id: row for row in view.all_rows()}
        made = sum(row.status != "Pending" for row in shown.values())
        notebook.kill_kernel()
        asked = outputs_asked(endpoint)
        streams = len(endpoint.bodies) - asked
        view.until(lambda: "Kernel gone" in view.line().inner_text())
        notebook.page.get_by_role("dialog", name=re.compile("Kernel Restarting")).get_by_role("button").click()
        assert made < planned
        view.until(lambda: endpoint.broken_off == concurrency)
        endpoint.latency = 0.3

        notebook.run_cell(0)
        notebook.run_cell(1)
        view.root.get_by_text("A job was interrupted").wait_for()
        back = {row.id: row for row in view.all_rows()}
        for ident, row in shown.items():
            assert back[ident].input == row.input
            # what was pending may have been answered and written in the moment before the kill
            assert back[ident].status == row.status or (row.status, back[ident].status) == ("Pending", "Draft")
        assert outputs_asked(endpoint) == asked, "opening a file sends nothing"

        view.button(re.compile(r"^Resume \d+")).click()
        view.until(lambda: view.by_status()["All"] == planned and view.by_status()["Pending"] == 0)
        view.until_idle()
        after = {row.id: row for row in view.all_rows()}
        assert len(after) == planned
        assert {ident: after[ident].status for ident in shown if shown[ident].status in {"Kept", "Rejected"}} == {
            ident: row.status for ident, row in shown.items() if row.status in {"Kept", "Rejected"}
        }
        # Asked a second time is only what was in flight, or answered in the moment between two writes of the file.
        there = sum(row.status != "Pending" for row in back.values())
        assert there >= made
        assert outputs_asked(endpoint) - asked == planned - there
        assert asked - endpoint.broken_off - there <= concurrency, "answers that had come were not in the file"
        assert len(endpoint.bodies) - outputs_asked(endpoint) - streams <= planned - len(back)
