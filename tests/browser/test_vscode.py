"""The widget works under VS Code's widget manager, in a page with the traits of its webview.

VS Code itself is no part of the suite; what makes it different is. It loads widgets by a manager of its own
(`@vscode/jupyter-ipywidgets8`), sends their messages to the kernel's main thread, where they wait for a running cell,
injects light JupyterLab colours and a white background into dark themes too, styles `code` and `kbd`, gives buttons
key handlers, and takes every key that reaches the window for the notebook.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import BrowserContext

from tests.browser.conftest import Shots
from tests.browser.look import check_look
from tests.browser.vscode_host import VSCodeHost, VSCodePage
from tests.browser.widget import TASK, StudioView

OPEN = """from synth_widgets.testing import ScriptedCompleter

studio = sw.Studio(task, model=ScriptedCompleter())
studio"""


def test_a_studio_is_shown_and_reviewed_under_vs_codes_widget_manager(
    tmp_path: Path, context: BrowserContext, shots: Shots
) -> None:
    with VSCodeHost(tmp_path) as host:
        notebook = VSCodePage(context.new_page(), host)
        host.run(TASK)
        host.run(OPEN)
        view = StudioView(notebook, cell=0)
        view.root.get_by_role("heading", name="Generate your first samples").wait_for()
        view.add_topic("Backpacks", "Coffee machines")
        view.grow(topics=2, subtopics=0, samples=3)
        view.until(lambda: view.by_status()["Draft"] == 6)
        view.until_idle()
        view.open_row(view.rows()[0].id)
        view.sample.get_by_role("heading", name="Made by").wait_for()
        view.press("jkax")
        view.until(lambda: (view.by_status()["Kept"], view.by_status()["Rejected"]) == (1, 1))
        view.press("u")
        view.until(lambda: view.by_status()["Rejected"] == 0)
        view.press(["?"])
        view.root.get_by_role("dialog", name="Keys").wait_for()
        view.press(["Escape", "Shift+U"])
        view.until(lambda: view.by_status()["Rejected"] == 1)
        assert host.run("print(studio.to_pandas()['status'].tolist())").strip() == "['kept']"

        view.plan()
        shots(notebook.page, "vscode-light")
        check_look(view, "light", "vscode")
        notebook.go_dark()
        view.root.and_(notebook.page.locator("[data-sw-theme=dark]")).wait_for()
        shots(notebook.page, "vscode-dark")
        check_look(view, "dark", "vscode")
        assert notebook.page.evaluate("window.swLeaked") == []
        assert not notebook.errors.unexpected()
