"""How long the script takes to load; then 10,000 and 100,000 samples in JupyterLab, from first paint to a delta.

Measured in the page. Messages are noted as they arrive from the socket, before Lab looks at them, and what is on the
screen is noted one frame after it changed. Frames stand beside those of the same page before the widget was there.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, sync_playwright

from tests.bench.big_file import big_file
from tests.bench.table import Row, run
from tests.browser.conftest import FLAGS
from tests.browser.lab import Notebook, write_notebook
from tests.browser.server import JupyterServer
from tests.browser.widget import StudioView
from tools.environment import ROOT, find_browser

SCRIPT = ROOT / "synth_widgets" / "static" / "widget.js"
LOADS = 9
COUNTS = (10_000, 100_000)
FRAMES = 180
KEYS = 20
DELTAS = 160
PATIENCE = 120

OPEN = """import json, time
import synth_widgets as sw
studio = sw.Studio(path={path!r})
drafts = [s.id for s in studio.samples if s.status == "draft"]"""
# One after another, each a delta of its own, on rows that are in sight.
COMMIT = """sent = {{}}
for ident in {ids!r}:
    sent[ident] = time.time()
    studio.reject(ident)
    time.sleep(0.05)
print(json.dumps(sent))"""

# As anywidget does it; what has not ended after two seconds loses the messages that came meanwhile.
LOAD = """async (script) => {
  const traits = { theme: 'auto', height: 764, selected_ids: [], _commands: [] };
  const nothing = () => undefined;
  const model = { get: (name) => traits[name], on: nothing, off: nothing, set: nothing, save_changes: nothing };
  const address = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  const began = performance.now();
  const { default: define } = await import(address);
  const widget = await define();
  await widget.initialize({ model, signal: new AbortController().signal });
  return performance.now() - began;
}"""

CLOCK = """(() => {
  const seen = window.swSeen = { first: null, last: null, pages: 0, painted: null, long: [], rows: {} };
  const now = () => performance.timeOrigin + performance.now();
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', ({ data }) => {
        if (typeof data === 'string' || data instanceof Blob) return;
        const text = new TextDecoder().decode(data.slice(0, 3000));
        if (!/"t":\\s*"snapshot"/.test(text)) return;
        seen.last = now();
        seen.pages += 1;
        seen.first ??= seen.last;
      });
    }
  };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.long.push([performance.timeOrigin + entry.startTime, entry.duration]);
  }).observe({ type: 'longtask' });
  const look = () => {
    if (document.querySelector('[role=grid] [role=row][id*="-s-"]')) {
      requestAnimationFrame(() => { seen.painted = now(); });
    } else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  window.swFrames = async (count, step) => {
    const grid = step ? document.querySelector('[role=grid]') : null;
    const frame = () => new Promise(requestAnimationFrame);
    const times = [];
    let last = await frame();
    for (let n = 0; n < count; n += 1) {
      if (grid) grid.scrollTop += n % 30 === 29 ? 200 * step : step;
      const at = await frame();
      times.push(at - last);
      last = at;
    }
    if (grid) grid.scrollTop = 0;
    return times;
  };
  // When the page has drawn a second of frames on time, at the latest after half a minute.
  window.swRest = async () => {
    const late = performance.now() + 30_000;
    let calm = 0;
    let last = await new Promise(requestAnimationFrame);
    while (calm < 60 && last < late) {
      const at = await new Promise(requestAnimationFrame);
      calm = at - last < 25 ? calm + 1 : 0;
      last = at;
    }
    return now() - 1000;
  };
  // How long after an event the first frame is drawn in which the grid has changed.
  window.swAfter = (event) => {
    window.swDelay = null;
    const grid = document.querySelector('[role=grid]');
    addEventListener(event, (happened) => {
      const watch = new MutationObserver(() => {
        watch.disconnect();
        requestAnimationFrame(() => requestAnimationFrame((at) => { window.swDelay = at - happened.timeStamp; }));
      });
      watch.observe(grid, { subtree: true, childList: true, characterData: true, attributes: true });
    }, { capture: true, once: true });
  };
  // When each row first says another status than now, one frame later.
  window.swStatuses = (ids) => {
    seen.rows = {};
    const status = (id) => document.querySelector(`[role=grid] [id$="-s-${id}"] .sw-status`)?.innerText;
    const before = Object.fromEntries(ids.map((id) => [id, status(id)]));
    const look = () => {
      for (const id of ids) {
        const word = id in seen.rows ? before[id] : status(id);
        if (word !== undefined && word !== before[id]) seen.rows[id] = now();
      }
      if (Object.keys(seen.rows).length < ids.length) requestAnimationFrame(look);
    };
    look();
  };
})()"""


def p95(values: list[float]) -> float:
    """Return the value that 95 of 100 do not pass."""
    return statistics.quantiles(values, n=20)[-1]


def script_seconds(session: CDPSession) -> float:
    """Return how long the page's main thread has run scripts so far."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(m["value"] for m in metrics if m["name"] == "ScriptDuration"))


def starting(browser: Browser) -> Iterator[Row]:
    """Import the script and initialize a model, in pages that have seen neither."""
    script = SCRIPT.read_text(encoding="utf-8")
    times = []
    for _ in range(LOADS):
        page = browser.new_page()
        page.route("**/*", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
        page.goto("http://localhost")
        times.append(page.evaluate(LOAD, script))
        page.close()
    yield Row("import and initialize in a fresh page", statistics.median(times), None, 150, "ms")


def loading(view: StudioView, count: int, name: str) -> Iterator[Row]:
    """The first page on the screen, and the rest of them coming in."""
    view.until(lambda: sum(view.by_status().values()) >= count, PATIENCE)
    rest = view.page.evaluate("swRest()")
    seen = view.page.evaluate("swSeen")
    long = [length for at, length in seen["long"] if at >= seen["first"]]
    yield Row(f"{name}: painted after the first page", (seen["painted"] - seen["first"]) / 1000, None, 0.5, "s")
    yield Row(f"{name}: all rows after the first page", (seen["last"] - seen["first"]) / 1000, None, None, "s")
    yield Row(f"{name}: the page at rest after the last one", max(0.0, rest - seen["last"]) / 1000, None, None, "s")
    yield Row(f"{name}: longest task while they come", max(long, default=0.0), None, 200, "ms")


def using(view: StudioView, idle: list[float], name: str) -> Iterator[Row]:
    """Scroll, filter, a key."""
    page = view.page
    scrolled = page.evaluate("count => swFrames(count, 350)", FRAMES)
    yield Row(f"{name}: frame while scrolling", statistics.median(scrolled), statistics.median(idle), 1.1, "ms", "idle")
    yield Row(f"{name}: 95 of 100 of them", p95(scrolled), p95(idle), 1.5, "ms", "idle")
    delays = []
    for word in ("Kept", "Failed", "Draft", "All", "Draft", "All"):
        page.evaluate("swAfter('click')")
        view.root.get_by_role("group", name="Status").get_by_role("button", name=word).click()
        delays.append(delay(view))
    yield Row(f"{name}: a filter, click to paint", statistics.median(delays), None, 100, "ms")
    view.root.get_by_role("group", name="Status").get_by_role("button", name="Draft").click()
    view.grid.focus()
    delays = []
    for _ in range(KEYS):
        page.evaluate("swAfter('keydown')")
        view.press("a")
        delays.append(delay(view))
    yield Row(f"{name}: Keep, key to paint: median", statistics.median(delays), None, 50, "ms")
    yield Row(f"{name}: Keep, key to paint: 95 of 100", p95(delays), None, 100, "ms")


def delay(view: StudioView) -> float:
    """Wait for the frame that `swAfter` looks for, and return how long it took in milliseconds."""
    view.until(lambda: view.page.evaluate("swDelay") is not None)
    milliseconds: float = view.page.evaluate("swDelay")
    return milliseconds


def telling(view: StudioView, session: CDPSession, name: str) -> Iterator[Row]:
    """Changes that a cell makes, one after another, while their rows are in sight."""
    notebook = view.notebook
    view.root.get_by_role("group", name="Status").get_by_role("button", name="All").click()
    view.grid.evaluate("grid => { grid.scrollTop = 0; }")
    view.page.wait_for_timeout(500)
    rows = [row.id for row in view.rows() if row.status != "Rejected"][:6]
    began = script_seconds(session)
    view.page.wait_for_timeout(2000)
    idle = (script_seconds(session) - began) / 2
    source = COMMIT.format(ids=rows)
    view.page.evaluate("ids => swStatuses(ids)", rows)
    sent = json.loads(run_code(notebook, source).strip().splitlines()[-1])
    painted = view.page.evaluate("swSeen.rows")
    yield Row(
        f"{name}: commit to the row on screen", statistics.median(painted[i] - sent[i] * 1000 for i in rows),
        None, 150, "ms",
    )  # fmt: skip
    many = f"drafts[-{DELTAS}:]"
    began = script_seconds(session)
    run_code(notebook, f"for ident in {many}:\n    studio.reject(ident)\n    time.sleep(0.05)\nprint()")
    spent = script_seconds(session) - began - idle * DELTAS * 0.06
    yield Row(f"{name}: scripts of the page for a delta", spent / DELTAS * 1000, None, 4, "ms")


def run_code(notebook: Notebook, source: str) -> str:
    """Run code in the notebook's last cell."""
    last = len(notebook.cells_source()) - 1
    notebook.page.evaluate(
        "([at, source]) => jupyterapp.shell.currentWidget.content.widgets[at].model.sharedModel.setSource(source)",
        [last, source],
    )
    return notebook.run_cell(last)


def opened(browser: Browser, server: JupyterServer, file: Path, count: int) -> Iterator[Row]:
    """Measure one file in a page of its own."""
    name = f"{count:,} rows"
    page = browser.new_page(viewport={"width": 1600, "height": 1000})
    page.add_init_script(CLOCK)
    session: Any = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    path = server.root / f"widget-{count}" / "notebook.ipynb"
    write_notebook(path, [OPEN.format(path=str(file)), "studio", ""])
    notebook = Notebook(page, server, "lab", path)
    notebook.open()
    notebook.run_cell(0, PATIENCE)
    idle = page.evaluate("count => swFrames(count, 0)", FRAMES)
    notebook.run_cell(1)
    view = StudioView(notebook, cell=1)
    yield from loading(view, count, name)
    yield from using(view, idle, name)
    yield from telling(view, session, name)
    page.close()
    server.end_kernels()


def measure() -> Iterator[Row]:
    """Measure a file of each size."""
    with contextlib.ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory()))
        server = JupyterServer(folder)
        ending.callback(server.stop)
        playwright = ending.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        ending.callback(browser.close)
        yield from starting(browser)
        for count in COUNTS:
            yield from opened(browser, server, big_file(folder, count), count)


if __name__ == "__main__":
    run(measure)
