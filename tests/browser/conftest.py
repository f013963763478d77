"""One Jupyter server and one browser for the whole run; a fresh page, folder and kernel for each test.

`open_notebook` opens a notebook in JupyterLab; `open_everywhere` makes the test run in Notebook 7 too. An uncaught
exception or a console error in the page fails the test. Of a failed test, build/failures keeps a picture and a
trace (`playwright show-trace FILE`); with SYNTH_SNAPSHOTS=1 in the environment the trace has the page at each step,
which takes half of the time that a test takes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from tests.browser.lab import FRONT_ENDS, FrontEnd, Notebook, write_notebook
from tests.browser.server import JupyterServer
from tools.environment import find_browser
from tools.second_run import FAILURES, file_name

BUILD = Path(__file__).resolve().parents[2] / "build"
FLAGS = [
    "--no-sandbox",  # as root, as in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OpenNotebook = Callable[..., Notebook]
Shots = Callable[[Page | Locator, str], Path]
failed = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """A Jupyter server that serves JupyterLab and Notebook 7."""
    server = JupyterServer(tmp_path_factory.mktemp("jupyter"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A browser profile of the test's own; it is recorded, and the record kept if the test fails."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    context.tracing.start(snapshots=bool(os.environ.get("SYNTH_SNAPSHOTS")))
    yield context
    if request.node.stash.get(failed, False):
        folder = FAILURES / file_name(request.node.name)
        folder.mkdir(parents=True, exist_ok=True)
        for number, page in enumerate(context.pages):
            page.screenshot(path=folder / f"page-{number}.png")
        context.tracing.stop(path=folder / "trace.zip")
    context.close()


@pytest.fixture
def open_notebook(
    context: BrowserContext, jupyter: JupyterServer, request: pytest.FixtureRequest
) -> Iterator[OpenNotebook]:
    """A function that opens a notebook with the given cells, in JupyterLab unless `front_end` says otherwise."""
    opened: list[Notebook] = []

    def opener(cells: Sequence[str], front_end: FrontEnd = "lab", page: Page | None = None) -> Notebook:
        folder = jupyter.root / f"{file_name(request.node.name)}-{len(opened)}"
        path = folder / "notebook.ipynb"
        write_notebook(path, cells)
        notebook = Notebook(page or context.new_page(), jupyter, front_end, path)
        opened.append(notebook)
        notebook.open()
        return notebook

    yield opener
    jupyter.end_kernels()
    jupyter.reset_settings()
    errors = [error for notebook in opened for error in notebook.errors.unexpected()]
    assert not errors, "the page complained:\n" + "\n".join(errors)


@pytest.fixture(params=FRONT_ENDS)
def open_everywhere(open_notebook: OpenNotebook, request: pytest.FixtureRequest) -> OpenNotebook:
    """The same function, for a test that must hold in JupyterLab and in Notebook 7: it runs once in each."""
    return lambda cells, **more: open_notebook(cells, front_end=request.param, **more)


@pytest.fixture(scope="session")
def shots() -> Shots:
    """A function that keeps a picture of a page or an element as build/shots/<name>.png and returns its path."""

    def shoot(what: Page | Locator, name: str) -> Path:
        path = BUILD / "shots" / f"{file_name(name)}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        what.screenshot(path=path, animations="disabled")
        return path

    return shoot


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember on the test whether it failed, for `context`."""
    report = yield
    item.stash[failed] = item.stash.get(failed, False) or report.failed
    return report
