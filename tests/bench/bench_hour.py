"""An hour of review by keys alone, with 10,000 rows in JupyterLab: verdicts a second, and how soon a key is painted.

Measured in the page: from the keydown to the second frame after it, for each key of 600 verdicts with their edits,
stars, batches, new versions and undos. It is played as fast as the page follows.
"""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.bench.big_file import big_file
from tests.bench.table import Row, run
from tests.browser.conftest import FLAGS
from tests.browser.hour import ROWS, SHARES, cells_for, sit_down
from tests.browser.lab import Notebook, write_notebook
from tests.browser.server import JupyterServer
from tools.environment import find_browser

VERDICTS = 600
OFTEN = 5
"""A key that was pressed less often has no figure of its own."""


def measure() -> Iterator[Row]:
    """Play the hour once."""
    with contextlib.ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory()))
        server = JupyterServer(folder)
        ending.callback(server.stop)
        playwright = ending.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        ending.callback(browser.close)
        path = server.root / "hour" / "notebook.ipynb"
        write_notebook(path, cells_for(big_file(folder, ROWS, SHARES)))
        notebook = Notebook(browser.new_page(), server, "lab", path)
        notebook.open()
        hour = sit_down(notebook, seed=VERDICTS)
        began = time.perf_counter()
        hour.play(VERDICTS)
        seconds = time.perf_counter() - began
        yield from figures(notebook.page.evaluate("swKeys"), VERDICTS / seconds)


def figures(keys: list[tuple[str, float]], rate: float) -> Iterator[Row]:
    """Yield the rows: all keys together, then the slowest by itself."""
    by_key: dict[str, list[float]] = defaultdict(list)
    for key, milliseconds in keys:
        by_key[key].append(milliseconds)
    slowest, times = max(by_key.items(), key=lambda each: (len(each[1]) >= OFTEN, statistics.median(each[1])))
    name = f"an hour, {ROWS:,} rows"
    yield Row(f"{name}: verdicts", rate, None, 3, "a s", at_least=True)
    yield Row(f"{name}: key to paint: median", statistics.median(t for _, t in keys), None, 50, "ms")
    yield Row(f"{name}: 95 of 100", statistics.quantiles([t for _, t in keys], n=20)[-1], None, 100, "ms")
    yield Row(f"{name}: slowest key, {slowest}", statistics.median(times), None, None, "ms")


if __name__ == "__main__":
    run(measure)
