"""The widget works in marimo as it does in JupyterLab, in an app and in a notebook that is edited.

marimo is another world: it draws a widget inside a shadow root, where the page's style sheets do not reach and events
wear other targets; it resets buttons, has no `--jp-*` variables, and its editor takes single keys as commands. It
shows what a cell ends in by rules of its own, so that `studio` must be enough there too. And it runs cells by
themselves: what reads the widget's value must run again when a sample was kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.conftest import Shots
from tests.browser.look import check_look
from tests.browser.marimo_app import MarimoPage, MarimoServer, Mode
from tests.browser.widget import LEAKED, StudioView

APP = """import marimo

app = marimo.App(width="full")


@app.cell
def _():
    import marimo as mo
    import synth_widgets as sw
    from synth_widgets.testing import ScriptedCompleter

    return ScriptedCompleter, mo, sw


@app.cell
def _(ScriptedCompleter, sw):
    task = sw.Task("Review reader", "Read a customer's review of a product. Answer with what it is about.")
    studio = sw.Studio(task, model=ScriptedCompleter())
    studio
    return (studio,)


@app.cell
def _(mo, studio):
    widget = mo.ui.anywidget(studio.widget)
    widget
    return (widget,)


@app.cell
def _(mo, studio, widget):
    widget.value
    mo.md(f"kept: {len(studio.to_pandas())}")
    return


if __name__ == "__main__":
    app.run()
"""

HIDDEN = """root => {
  const output = root.getRootNode().host.closest('.output-area');
  return Math.max(0, output.scrollHeight - output.clientHeight);
}"""


@contextmanager
def opened(folder: Path, context: BrowserContext, mode: Mode) -> Iterator[MarimoPage]:
    """Serve the notebook and open it."""
    page = context.new_page()
    page.add_init_script(LEAKED)
    with MarimoServer(folder, APP, mode) as server:
        notebook = MarimoPage(page, server)
        yield notebook
        assert not notebook.errors.unexpected(), server.said()


@pytest.mark.parametrize("mode", ["run", "edit"])
def test_a_studio_is_shown_and_reviewed_in_marimo(
    mode: Mode, tmp_path: Path, context: BrowserContext, shots: Shots
) -> None:
    with opened(tmp_path, context, mode) as notebook:
        view = StudioView(notebook, cell=1)
        view.root.get_by_role("heading", name="Generate your first samples").wait_for()
        if mode == "edit":
            notebook.page.locator(".marimo-cell .cm-content").nth(3).wait_for()
        cells = notebook.cells()
        assert len(cells) == (4 if mode == "edit" else 0)

        view.add_topic("Backpacks", "Coffee machines")
        view.grow(topics=2, subtopics=0, samples=3)
        view.until(lambda: view.by_status()["Draft"] == 6)
        view.until_idle()
        first = view.rows()[0]
        view.open_row(first.id)
        view.sample.get_by_role("heading", name="Made by").wait_for()
        view.press("jkax")
        view.until(lambda: (view.by_status()["Kept"], view.by_status()["Rejected"]) == (1, 1))
        view.press("u")
        view.until(lambda: view.by_status()["Rejected"] == 0)
        view.press(["?"])
        view.root.get_by_role("dialog", name="Keys").wait_for()
        view.press(["Escape", "Shift+U"])
        view.until(lambda: view.by_status()["Rejected"] == 1)
        notebook.page.get_by_text("kept: 1").wait_for()

        second = StudioView(notebook, cell=2)
        second.until(lambda: [row.status for row in second.rows()] == [row.status for row in view.rows()])
        assert view.root.evaluate(HIDDEN) == 0, "marimo cuts its lower edge off"

        view.plan()
        shots(notebook.page, f"marimo-{mode}-light")
        check_look(view, "light", "marimo")
        notebook.go_dark()
        view.root.and_(notebook.page.locator("[data-sw-theme=dark]")).wait_for()
        shots(notebook.page, f"marimo-{mode}-dark")
        check_look(view, "dark", "marimo")

        assert notebook.page.evaluate("window.swLeaked") == []
        assert notebook.cells() == cells
