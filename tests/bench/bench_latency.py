"""How long a person waits until a verdict is on disk: a Keep from the widget in JupyterLab, idle and under a busy cell.

Measured in the page, from the command's message on the kernel's comm to its reply, which follows the write to the
file. The widget shows the verdict at once; this is how long it may have to be taken back.
"""

from __future__ import annotations

import contextlib
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.bench.table import Row, run
from tests.browser.conftest import FLAGS
from tests.browser.lab import Notebook, write_notebook
from tests.browser.server import JupyterServer
from tests.browser.widget import TASK, StudioView, endpoint_cell
from tests.endpoint import Endpoint
from tools.environment import find_browser

AIM = 0.1
RUNS = 20
SLEEP = """import time
print("in")
time.sleep(60)"""

# Lab keeps its sockets to itself, so the two messages are noted where they pass: as they are sent and as they arrive.
CLOCK = """(() => {
  const sent = new Map();
  window.swTimes = [];
  const text = (data) => typeof data === 'string' ? data : new TextDecoder().decode(data);
  const asked = /"t":\\s*"cmd","rid":\\s*"([^"]+)","name":\\s*"keep"/;
  const answered = /"t":\\s*"reply",\\s*"rid":\\s*"([^"]+)"/;
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', ({ data }) => {
        const at = performance.now();
        const rid = data instanceof Blob ? undefined : answered.exec(text(data))?.[1];
        if (sent.has(rid)) window.swTimes.push(at - sent.get(rid));
      });
    }
    send(data) {
      const rid = asked.exec(text(data))?.[1];
      if (rid !== undefined) sent.set(rid, performance.now());
      super.send(data);
    }
  };
})()"""


def keep(view: StudioView) -> list[float]:
    """Press A so many times, each when the one before was answered, and return the seconds that the answers took."""
    view.page.evaluate("window.swTimes.length = 0")
    view.grid.focus()
    for number in range(1, RUNS + 1):
        view.press("a")
        view.until(lambda number=number: view.page.evaluate("window.swTimes.length") == number)
    return [milliseconds / 1000 for milliseconds in view.page.evaluate("window.swTimes")]


def rows(name: str, seconds: list[float]) -> Iterator[Row]:
    """Yield median and 95th percentile of the answers."""
    yield Row(f"Keep, {name}: median", statistics.median(seconds), None, None, "s")
    yield Row(f"Keep, {name}: 95 of 100", statistics.quantiles(seconds, n=20)[-1], None, AIM, "s")


def measure() -> Iterator[Row]:
    """Measure in one notebook: first with an idle kernel, then while a cell sleeps."""
    with contextlib.ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory()))
        endpoint = ending.enter_context(Endpoint())
        server = JupyterServer(folder)
        ending.callback(server.stop)
        playwright = ending.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        ending.callback(browser.close)
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.add_init_script(CLOCK)
        path = server.root / "latency" / "notebook.ipynb"
        write_notebook(path, [TASK, endpoint_cell(endpoint), SLEEP])
        notebook = Notebook(page, server, "lab", path)
        notebook.open()
        notebook.run_cell(0)
        notebook.run_cell(1)
        view = StudioView(notebook, cell=1)
        view.add_topic("Backpacks")
        view.choose_topic("Backpacks")
        view.grow(samples=2 * RUNS + 5)
        view.until(lambda: view.by_status()["Draft"] == 2 * RUNS + 5)
        view.until_idle()
        yield from rows("idle kernel", keep(view))
        notebook.start_cell(2)
        notebook.cell(2).get_by_text("in", exact=True).wait_for()
        yield from rows("while a cell sleeps", keep(view))
        if page.evaluate("window.synthRun.done"):
            sys.exit("the cell ended before the last answer: its figures say nothing")
        notebook.interrupt_kernel()
        notebook.finish_cell()


if __name__ == "__main__":
    run(measure)
