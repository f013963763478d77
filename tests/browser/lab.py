"""A notebook open in a real browser, in JupyterLab or Notebook 7, and what a test does with it.

    def test_something(open_notebook):
        notebook = open_notebook(["import synth_widgets as sw", "studio"])
        notebook.run_all()
        notebook.output(1).get_by_role("button", name="Generate").click()

Waits are for conditions that JupyterLab itself tells; there is no fixed sleep.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import nbformat
from playwright.sync_api import ConsoleMessage, Locator, Page
from playwright.sync_api import Error as PlaywrightError

from tests.browser.server import JupyterServer

FrontEnd = Literal["lab", "notebook"]
FRONT_ENDS: tuple[FrontEnd, ...] = ("lab", "notebook")

SECONDS = 60
"""How long a wait lasts at most, unless told otherwise."""

READY = """async () => {
  await jupyterapp.restored;
  const { context } = jupyterapp.shell.currentWidget;
  await context.ready;
  await context.sessionContext.ready;
  await context.sessionContext.session.kernel.info;
}"""

# `void`: the page keeps the promise. Awaiting it from outside can last for ever.
RUN = """([command, args]) => {
  window.synthRun = { done: false, error: null };
  void jupyterapp.commands.execute(command, args)
    .catch((error) => { window.synthRun.error = String(error); })
    .finally(() => { window.synthRun.done = true; });
}"""

HARMLESS = (
    # Jupyter asks for files that need not exist, such as a workspace that is about to be made.
    re.compile(r"Failed to load resource: the server responded with a status of 404"),
    # Lab's debugger, when the kernel restarts.
    re.compile(r"Could not restore the debugger state: Canceled future"),
    # Notebook 7.6 raises these in its own bundle each time it opens a notebook.
    re.compile(r"^uncaught: TypeError: .* \(reading 'schema'\)\n\s+at .*/static/notebook/notebook_core"),
    re.compile(r"^uncaught: Error: Command 'filebrowser:open-path' not registered\.\n\s+at .*/static/notebook/"),
)
"""Errors that Jupyter itself makes in a healthy page."""


class BrowserErrors:
    """What the page complained about: uncaught exceptions and `console.error`."""

    def __init__(self, page: Page) -> None:
        self.seen: list[str] = []
        self._allowed: list[re.Pattern[str]] = list(HARMLESS)
        page.on("pageerror", lambda error: self.seen.append(f"uncaught: {error.stack}"))
        page.on("console", self._on_console)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            where = message.location
            self.seen.append(f"console: {message.text} ({where.get('url', '')}:{where.get('lineNumber', '')})")

    def allow(self, pattern: str) -> None:
        """Expect errors that match: a test that kills the kernel says so here."""
        self._allowed.append(re.compile(pattern))

    def unexpected(self) -> list[str]:
        """Return the errors that nobody allowed."""
        return [text for text in self.seen if not any(pattern.search(text) for pattern in self._allowed)]


class Notebook:
    """An open notebook. `page` is Playwright's page, for everything that has no method here."""

    def __init__(self, page: Page, server: JupyterServer, front_end: FrontEnd, path: Path) -> None:
        self.page = page
        self.server = server
        self.front_end = front_end
        self.path = path
        self.errors = BrowserErrors(page)

    @property
    def folder(self) -> Path:
        """The notebook's folder, which is the kernel's working directory too."""
        return self.path.parent

    def open(self) -> None:
        """Load the page and wait until the kernel answers."""
        inside = self.path.relative_to(self.server.root).as_posix()
        # A workspace of its own: Lab would reopen what another test had open.
        start = f"/lab/workspaces/{self.folder.name}/tree/" if self.front_end == "lab" else "/notebooks/"
        self.page.goto(f"{self.server.url}{start}{inside}", wait_until="domcontentloaded")
        self._wait_until_ready()

    def reload(self) -> None:
        """Load the page again, as a person who presses F5; the kernel goes on."""
        self.page.reload(wait_until="domcontentloaded")
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        self._wait("() => window.jupyterapp?.shell?.currentWidget?.context?.sessionContext")
        self.page.evaluate(READY)

    def save(self) -> None:
        """Save the notebook and wait until its file is written."""
        self._command("docmanager:save")

    # ---------------------------------------------------------------- cells

    def run_all(self, seconds: float = SECONDS) -> None:
        """Run every cell and wait for the end of the last; a cell that raises fails the test."""
        self._command("notebook:run-all-cells", seconds)
        self._raise_cell_errors(range(len(self.cells_source())))

    def run_cell(self, index: int, seconds: float = SECONDS) -> str:
        """Run one cell, wait for its end, and return its text; it fails the test if the cell raises."""
        self.start_cell(index)
        self._finish(seconds, f"cell {index}")
        self._raise_cell_errors([index])
        return self.cell_outputs(index)

    def start_cell(self, index: int) -> None:
        """Run one cell and return at once; `finish_cell` waits for it."""
        self._panel("panel => { panel.content.activeCellIndex = argument; panel.content.deselectAll(); }", index)
        self.page.evaluate(RUN, ["notebook:run-cell", {}])

    def finish_cell(self, seconds: float = SECONDS) -> None:
        """Wait for the end of the cell that `start_cell` started, whether it raised or not."""
        self._finish(seconds, "the running cell")

    def cell_outputs(self, index: int) -> str:
        """Return a cell's streams, plain-text results and tracebacks, as text."""
        return "".join(_text_of(output) for output in self._outputs(index))

    def cells_source(self) -> list[str]:
        """Return the text of every cell: to see that typing in a widget left them alone."""
        return list(self._panel("panel => panel.content.widgets.map(cell => cell.model.sharedModel.getSource())"))

    def cells(self) -> list[list[Any]]:
        """Return every cell's id, type, text and number of execution, in their order."""
        return list(
            self._panel(
                """panel => panel.content.widgets.map(({ model }) => [
                  model.id, model.type, model.sharedModel.getSource(), model.executionCount ?? null])"""
            )
        )

    @contextmanager
    def cells_unchanged(self, what: str) -> Iterator[None]:
        """Check that what is done here neither runs a cell nor changes, adds, moves or removes one."""
        before = self.cells()
        yield
        assert self.cells() == before, f"{what} changed the notebook's cells"

    def cell(self, index: int) -> Locator:
        """Return a cell's element."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def output(self, index: int) -> Locator:
        """Return the element of a cell's output area, where its widget is."""
        return self.cell(index).locator(".jp-Cell-outputArea")

    # ---------------------------------------------------------------- kernel and look

    @property
    def kernel_id(self) -> str:
        """The server's name for this notebook's kernel."""
        return str(self._panel("panel => panel.context.sessionContext.session.kernel.id"))

    def kill_kernel(self) -> None:
        """Crash the kernel with SIGKILL and return when the server has started it anew."""
        self.server.kill_kernel(self.kernel_id)
        self._wait_until_kernel_answers()

    def stop_kernel(self) -> None:
        """Halt the kernel's process: it answers nobody until it goes on, or is killed."""
        self.server.stop_kernel(self.kernel_id)

    @contextmanager
    def kernel_stopped(self) -> Iterator[None]:
        """Halt the kernel's process while something is done here."""
        self.stop_kernel()
        try:
            yield
        finally:
            self.server.go_on(self.kernel_id)

    def restart_kernel(self) -> None:
        """Restart the kernel, as the menu does, and wait until it answers.

        What Jupyter promises is not waited for: where its question to the starting kernel is lost, it is never kept.
        """
        before = self.server.kernel_pid(self.kernel_id)
        self._panel("panel => { panel.context.sessionContext.session.kernel.restart().catch(() => {}); }")
        self.server.wait_for_another(self.kernel_id, before)
        self._wait_until_kernel_answers()

    def interrupt_kernel(self) -> None:
        """Do what the stop button does."""
        self.server.request("POST", f"/api/kernels/{self.kernel_id}/interrupt")

    def set_theme(self, name: Literal["JupyterLab Light", "JupyterLab Dark"]) -> None:
        """Switch the theme and wait until the page wears it."""
        self._command("apputils:change-theme", arguments={"theme": name})
        light = "true" if name.endswith("Light") else "false"
        self.page.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached")

    def _wait_until_kernel_answers(self) -> None:
        """Ask the kernel who it is until it says so: a question to a starting kernel may be lost."""
        self._wait("""() => {
          const { kernel } = jupyterapp.shell.currentWidget.context.sessionContext.session;
          const answer = kernel.requestKernelInfo().then(() => kernel.status === 'idle', () => false);
          const patience = new Promise((done) => setTimeout(() => done(false), 1000));
          return Promise.race([answer, patience]);
        }""")

    # ---------------------------------------------------------------- how

    def _panel(self, function: str, argument: object = None) -> Any:
        """Call a function of the page's notebook panel; `argument` is in its scope."""
        return self.page.evaluate(f"argument => ({function})(jupyterapp.shell.currentWidget)", argument)

    def _outputs(self, index: int) -> list[dict[str, Any]]:
        return list(self._panel("panel => panel.content.widgets[argument].model.outputs?.toJSON() ?? []", index))

    def _command(self, name: str, seconds: float = SECONDS, arguments: dict[str, str] | None = None) -> None:
        """Run one of Jupyter's commands to its end."""
        self.page.evaluate(RUN, [name, arguments or {}])
        self._finish(seconds, name)

    def _finish(self, seconds: float, what: str) -> None:
        try:
            self._wait("() => window.synthRun.done", seconds)
        except PlaywrightError as error:
            outputs = [self.cell_outputs(i)[-500:] for i in range(len(self.cells_source()))]
            raise AssertionError(f"{what} did not end in {seconds:.0f} s; the cells said {outputs}") from error
        assert not (said := self.page.evaluate("window.synthRun.error")), f"{what}: {said}"

    def _wait(self, condition: str, seconds: float = SECONDS) -> None:
        self.page.wait_for_function(condition, timeout=seconds * 1000)

    def _raise_cell_errors(self, indexes: Sequence[int]) -> None:
        for index in indexes:
            for output in self._outputs(index):
                assert output["output_type"] != "error", f"cell {index} raised\n{_text_of(output)}"


def write_notebook(path: Path, cells: Sequence[str]) -> None:
    """Write a notebook with these code cells."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def _text_of(output: dict[str, Any]) -> str:
    match output["output_type"]:
        case "stream":
            text = output["text"]
        case "error":
            text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output["traceback"]))
        case _:
            text = output.get("data", {}).get("text/plain", "")
    return text if isinstance(text, str) else "".join(text)
