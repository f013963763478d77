"""The harness itself: what the other kernel tests rely on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.kernel.harness import CellError, Kernel

ECHO = """
import anywidget, traitlets

class Echo(anywidget.AnyWidget):
    _esm = "export default {}"
    count = traitlets.Int(3).tag(sync=True)

echo = Echo()
echo.on_msg(lambda widget, content, buffers: widget.send({"heard": content, "bytes": len(b"".join(buffers))}))
print(echo.model_id)
"""


def test_a_cell_gives_its_text_and_its_outputs(kernel: Kernel, tmp_path: Path) -> None:
    assert kernel.run("import os; print(os.getcwd())").strip() == str(tmp_path)
    cell = kernel.finish(kernel.begin("1 + 1"))
    assert cell.outputs[0]["text/plain"] == "2"
    with pytest.raises(CellError, match="ZeroDivisionError"):
        kernel.run("1 / 0")


def test_a_widget_hears_and_answers(kernel: Kernel) -> None:
    comm = kernel.comm(kernel.run(ECHO).strip())
    assert comm.target == "jupyter.widget"
    assert comm.state["count"] == 3
    comm.send({"say": "hello"}, buffers=[b"1234"])
    assert comm.receive() == {"heard": {"say": "hello"}, "bytes": 4}
    comm.set(count=5)
    assert kernel.run("print(echo.count)").strip() == "5"


def test_a_subshell_answers_while_a_cell_runs(kernel: Kernel) -> None:
    comm = kernel.comm(kernel.run(ECHO).strip())
    # ipykernel 7.4 prefers the thread that last published on a comm, here the main one, which opened it.
    kernel.run("vars(echo.comm).pop('_reply_subshell_id', None)")
    subshell = kernel.open_subshell()
    with kernel.busy():
        comm.send({"say": "now"}, subshell=subshell)
        assert comm.receive()["heard"] == {"say": "now"}


def test_an_interrupt_ends_a_running_cell(kernel: Kernel) -> None:
    cell = kernel.begin("print('in', flush=True)\nimport time\ntime.sleep(60)")
    kernel.interrupt(cell)
    assert "KeyboardInterrupt" in (kernel.finish(cell).error or "")


def test_a_killed_kernel_is_gone(kernel: Kernel) -> None:
    pid = kernel.pid
    assert str(pid) == kernel.run("import os; print(os.getpid())").strip()
    kernel.kill()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
