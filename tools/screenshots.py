"""The pictures of the README: the widget in JupyterLab, light and dark, with the studio of `tools.showcase`.

python -m tools.screenshots [folder]      # docs/images unless told otherwise
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import FLAGS
from tests.browser.lab import Notebook, write_notebook
from tests.browser.server import JupyterServer
from tools.environment import find_browser

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
Theme = Literal["light", "dark"]
THEMES: dict[Theme, Literal["JupyterLab Light", "JupyterLab Dark"]] = {
    "light": "JupyterLab Light",
    "dark": "JupyterLab Dark",
}
MAKE = """import synth_widgets as sw
from tools import showcase

studio = sw.Studio(showcase.TASK, model=showcase.model(latency={latency}))
"""
REVIEWED = MAKE.format(latency=0) + "showcase.reviewed(studio)"
RUNNING = MAKE.format(latency=1.2) + "studio.grow(depth=2, topics=(3, 3), samples=4)"


def take(browser: Browser, server: JupyterServer, theme: Theme, folder: Path) -> None:
    """Take the pictures of one theme: a review under way, and a generation that runs."""
    context = browser.new_context(viewport={"width": 1560, "height": 1040}, device_scale_factor=1, locale="en-US")
    path = server.root / theme / "notebook.ipynb"
    write_notebook(path, [REVIEWED, "studio", "studio.close()", "import os; os.remove(studio.path)", RUNNING, "studio"])
    notebook = Notebook(context.new_page(), server, "lab", path)
    notebook.open()
    notebook.set_theme(THEMES[theme])
    for cell, name in ((0, ""), (1, "review"), (2, ""), (3, ""), (4, ""), (5, "running")):
        notebook.run_cell(cell)
        if name:
            picture(notebook, cell, name, folder / f"{name}-{theme}.png")
    context.close()


def picture(notebook: Notebook, cell: int, name: str, path: Path) -> None:
    """Bring one widget into the state that its picture shows, and take it."""
    root = notebook.output(cell).locator(".sw-root")
    grid = root.get_by_role("grid")
    root.scroll_into_view_if_needed()
    seen = "The return arrived" if name == "review" else "think you billed me"
    grid.get_by_role("row").filter(has_text=seen).click()
    if name == "running":
        grid.get_by_text("Refund is nineteen days late").first.wait_for()
    path.parent.mkdir(parents=True, exist_ok=True)
    root.screenshot(path=path, animations="disabled")
    print(path)


def main(arguments: list[str]) -> int:
    """Take all pictures into a folder."""
    folder = Path(arguments[0]) if arguments else IMAGES
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        server = JupyterServer(Path(temporary))
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        try:
            for theme in THEMES:
                take(browser, server, theme, folder)
        finally:
            browser.close()
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
