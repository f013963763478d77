"""The harness itself: what the other browser tests rely on."""

from __future__ import annotations

import pytest

from tests.browser.conftest import OpenNotebook, Shots

COUNTER = """
import anywidget, traitlets

class Counter(anywidget.AnyWidget):
    _esm = '''
    export default {
      render({ model, el }) {
        const button = document.createElement("button");
        const show = () => { button.textContent = `count ${model.get("count")}`; };
        button.onclick = () => { model.set("count", model.get("count") + 1); model.save_changes(); };
        model.on("change:count", show);
        show();
        el.append(button);
      }
    };
    '''
    count = traitlets.Int(0).tag(sync=True)

counter = Counter()
counter
"""


def test_a_widget_and_its_kernel_speak(open_everywhere: OpenNotebook, shots: Shots) -> None:
    notebook = open_everywhere(["print(1 + 1)", COUNTER, "counter.count"])
    notebook.run_all()
    assert notebook.cell_outputs(0).strip() == "2"
    button = notebook.output(1).get_by_role("button")
    button.click()
    notebook.page.wait_for_function("button => button.textContent === 'count 1'", arg=button.element_handle())
    while (counted := notebook.run_cell(2)) == "0":  # what the widget sends may come after the cell
        pass
    assert counted == "1"
    assert notebook.cells_source()[0] == "print(1 + 1)"
    assert shots(notebook.output(1), f"harness-{notebook.front_end}").exists()


def test_a_killed_kernel_comes_back_empty(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(["x = 1", "print('x' in globals())"])
    notebook.run_all()
    notebook.kill_kernel()
    assert notebook.run_cell(1).strip() == "False"
    notebook.run_cell(0)
    notebook.restart_kernel()
    assert notebook.run_cell(1).strip() == "False"


def test_a_running_cell_can_be_interrupted_and_a_page_reloaded(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(["import time; print('in'); time.sleep(60)", "print(2)"])
    notebook.start_cell(0)
    notebook.cell(0).get_by_text("in", exact=True).wait_for()
    notebook.interrupt_kernel()
    notebook.finish_cell()
    assert "KeyboardInterrupt" in notebook.cell_outputs(0)
    notebook.save()
    notebook.reload()
    assert notebook.run_cell(1).strip() == "2"


def test_a_cell_that_raises_fails_the_test(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(["1 / 0"])
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        notebook.run_all()


def test_a_page_that_complains_is_noticed(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([])
    notebook.page.evaluate("console.error('ours'); setTimeout(() => { throw new Error('loose') })")
    notebook.page.wait_for_function("() => true")
    assert [text for text in notebook.errors.unexpected() if "ours" in text or "loose" in text]
    notebook.errors.allow("ours|loose")
    assert notebook.errors.unexpected() == []


def test_the_theme_can_be_switched(open_notebook: OpenNotebook, shots: Shots) -> None:
    notebook = open_notebook([COUNTER])
    notebook.run_all()
    notebook.set_theme("JupyterLab Dark")
    assert shots(notebook.page, "harness-dark").exists()
