"""The whole loop by keys alone, from the Tab that enters the widget to the file that is written.

At 100 %, and at 200 %, which to a page is a window of half the size: there the panes come one at a time. What the keys
reach must be in sight when they reach it, with a ring around it, and nothing may be cut off or lie below another part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import OpenNotebook, Shots
from tests.browser.lab import Notebook
from tests.browser.look import COVERED, SIDEWAYS, check_look
from tests.browser.test_accessible import OPEN
from tests.browser.widget import StudioView

TAKE = """df = studio.to_pandas()
print(df[["output.summary", "stars"]].to_csv())"""

WHERE = """root => {
  const now = root.getRootNode().activeElement;
  if (!root.contains(now)) return null;
  const { top, bottom, left, right } = now.getBoundingClientRect();
  const marked = (element) => {
    const { outlineStyle, boxShadow } = getComputedStyle(element);
    return outlineStyle !== 'none' || boxShadow !== 'none';
  };
  return {
    name: now.getAttribute('aria-label') ?? (now.labels?.[0]?.innerText || now.innerText || ''),
    role: now.getAttribute('role') ?? now.tagName,
    inSight: bottom > 0 && top < innerHeight && right > 0 && left < innerWidth,
    ring: marked(now) || marked(now.parentElement) || now.hasAttribute('aria-activedescendant'),
  };
}"""
"""What has the focus: whether it is in sight, and whether one sees that it has it."""


def tab_to(view: StudioView[Notebook], name: str, *, back: bool = False, most: int = 80) -> None:
    """Press Tab until the control of this name has the focus; each one on the way must be in sight, with its ring."""
    for _ in range(most):
        view.press(["Shift+Tab" if back else "Tab"])
        now = view.root.evaluate(WHERE)
        if now is None:
            continue
        assert now["inSight"], f"Tab went out of sight, to {now}"
        assert now["ring"], f"nobody sees that the focus is at {now}"
        if re.match(name, now["name"].strip()):
            return
    raise AssertionError(f"Tab does not reach {name!r}")


@pytest.fixture(params=[1, 2], ids=["100%", "200%"])
def zoomed(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page as it is at this zoom: half the window has twice the pixels."""
    zoom = request.param
    context = browser.new_context(viewport={"width": 1280 // zoom, "height": 900 // zoom}, device_scale_factor=zoom)
    yield context.new_page()
    context.close()


def test_the_whole_loop_by_keyboard_alone(open_notebook: OpenNotebook, zoomed: Page, shots: Shots) -> None:
    size = zoomed.viewport_size
    assert size
    notebook = open_notebook([OPEN, "studio", TAKE], page=zoomed)
    zoomed.evaluate("void jupyterapp.commands.execute('application:toggle-left-area')")
    notebook.run_cell(0)
    notebook.run_cell(1)
    view = StudioView(notebook, cell=1)
    # In so narrow a window JupyterLab may leave the kernel's name below its toolbar, on top of the notebook.
    zoomed.add_style_tag(content=".jp-NotebookPanel-toolbar { overflow: hidden; }")
    zoomed.set_viewport_size(size)
    zoomed.wait_for_function("size => innerWidth === size", arg=size["width"])
    view.root.get_by_role("heading", name="Generate your first samples").wait_for()

    def look(name: str) -> None:
        shots(view.page, f"loop-{size['width']}-{name}")
        check_look(view, "light", name)
        assert not (wide := view.root.evaluate(SIDEWAYS)), f"{name}: {wide}"
        assert not (covered := view.root.evaluate(COVERED)), f"{name}: {covered}"

    look("empty")
    notebook.cell(1).focus()
    tab_to(view, "Triage")
    tab_to(view, "Try 8 first")
    view.press(["Enter"])
    view.until(lambda: view.by_status().get("Draft") == 8)
    view.until_idle()
    look("made")
    loop(view, look)
    said = notebook.run_cell(2)
    assert re.search(r"By hand\.,4\n", said), said
    assert (notebook.folder / "triage.jsonl").exists()


def loop(view: StudioView[Notebook], look: Callable[[str], None]) -> None:
    """Walk, rate, keep, reject, undo, edit, regenerate, compare, find, export: the focus never leaves the widget."""
    view.press(["j", "j", "k", "4", "a", "x", "a"])
    view.until(lambda: (view.by_status()["Kept"], view.by_status()["Rejected"]) == (2, 1))
    view.press("u")
    view.until(lambda: view.by_status()["Kept"] == 1)
    view.press(["Shift+U"])
    view.until(lambda: view.by_status()["Kept"] == 2)

    view.press(["Home", "j", "e"])
    view.root.get_by_role("complementary", name="Edit the sample").wait_for()
    tab_to(view, "summary")
    view.press(["Control+a"])
    view.page.keyboard.type("By hand.")
    look("edit")
    view.press(["Control+Enter"])
    view.until(lambda: view.undo_label() == "Undo: Edit 1 (U)")

    view.press("r")
    view.root.get_by_role("dialog", name="Regenerate").wait_for()
    look("regenerate")
    view.page.keyboard.type("shorter")
    view.press(["Enter"])
    view.until(lambda: view.undo_label().startswith("Undo: Regenerate"))
    view.press("d")
    versions = view.root.get_by_role("region", name="Compare versions")
    versions.locator("ins").first.wait_for()
    look("compare")
    view.press(["ArrowRight"])
    view.until(lambda: view.undo_label().startswith("Undo: Take 1"))
    view.press("u")
    view.until(lambda: view.undo_label().startswith("Undo: Regenerate"))

    view.press("/")
    view.page.keyboard.type("by HAND")
    view.press(["Enter", "Control+a"])
    view.root.get_by_role("toolbar", name="Selected samples").get_by_text("1 selected").wait_for()
    look("found")
    view.press(["Escape", "/", "Escape", "Escape"])

    for key, name in (("g", "Generate"), ("?", "Keys")):
        view.press(key)
        view.root.get_by_role("dialog", name=re.compile(name)).wait_for()
        look(name)
        view.press(["Escape"])
    tab_to(view, "Export", back=True)
    view.press(["Enter"])
    export = view.root.get_by_role("dialog", name="Export")
    look("export")
    tab_to(view, "Export 2")
    view.press(["Enter"])
    export.get_by_text("Wrote 2 samples").wait_for()
    view.press(["Escape"])
    assert view.root.evaluate("root => root.contains(document.activeElement)")
