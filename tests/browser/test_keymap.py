"""Keys that a person chose in a cell hold in the widget at once, on its buttons too; those they replace do nothing."""

from __future__ import annotations

from tests.browser.conftest import OpenNotebook
from tests.browser.widget import StudioView

OPEN = """import synth_widgets as sw
from synth_widgets.testing import ScriptedCompleter

studio = sw.Studio(sw.Task("Greeter", "Greet."), model=ScriptedCompleter())
await studio.grow(depth=0, samples=4)"""
REMAP = 'studio.widget.keymap = {"keep": "k", "previous": ["ArrowUp"], "reject": "Shift+q", "rate": []}'


def test_a_chosen_key_holds_at_once(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([OPEN, "studio", REMAP])
    notebook.run_cell(0)
    notebook.run_cell(1)
    view = StudioView(notebook, cell=1)
    view.until(lambda: len(view.rows()) == 4)
    notebook.run_cell(2)
    keep = view.sample.get_by_role("toolbar", name="Verdict").get_by_role("button", name="Keep")
    view.until(lambda: keep.inner_text().split() == ["Keep", "K"])
    view.grid.focus()
    with notebook.cells_unchanged("the chosen keys"):
        view.press(["a", "x", "4", "k"])
        view.until(lambda: view.by_status()["Kept"] == 1)
        view.press(["Shift+Q"])
        view.until(lambda: view.by_status()["Rejected"] == 1)
    assert view.by_status()["Draft"] == 2
    assert view.root.get_by_role("img", name="4 of 5 stars").count() == 0
