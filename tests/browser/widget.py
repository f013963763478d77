"""The studio's widget in a page, by what a person sees: roles, labels and words.

view = StudioView(notebook, cell=0)
view.grow(topics=2, samples=3)
view.until(lambda: len(view.rows()) == 6)
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from playwright.sync_api import Locator, Page

from tests.endpoint import Endpoint

SECONDS = 30
"""How long a condition is waited for, unless told otherwise."""

TASK = """from typing import Literal

import synth_widgets as sw
from pydantic import BaseModel

class Opinion(BaseModel):
    about: Literal["price", "quality", "delivery", "service"]
    opinion: Literal["good", "bad", "mixed"]

def pair(text, about, opinion):
    return text, Opinion(about=about, opinion=opinion)

task = sw.Task(
    "Review reader",
    "Read a customer's review of a product. Answer with what it is about and whether it is good or bad.",
    output_schema=Opinion,
    examples=[
        pair("The sound is great, but the left ear stopped working after a week.", "quality", "mixed"),
        pair("It came two weeks late and the box was open.", "delivery", "bad"),
        pair("Cheap, and it does everything I need.", "price", "good"),
        pair("They answered my e-mail within an hour and sent a new lid.", "service", "good"),
        pair("The zip broke on the first day.", "quality", "bad"),
    ],
)"""

ROWS = """root => [...root.querySelectorAll('[role=row][id]')].map(row => {
  const [, input, output, status] = row.querySelectorAll('[role=gridcell]');
  const word = status.querySelector('.sw-status');
  return {
    id: row.id.split('-s-')[1], input: input.innerText, output: output.innerText, status: word.innerText,
    at: Number(row.getAttribute('aria-rowindex')), queued: status.innerText.includes('queued'),
  };
}).sort((a, b) => a.at - b.at)"""

ALL_ROWS = """async root => {
  const drawn = ROWS;
  const grid = root.querySelector('[role=grid]');
  const frame = () => new Promise(requestAnimationFrame);
  const found = new Map();
  if (!grid?.clientHeight) return [];
  const stood = grid.scrollTop;
  for (let top = 0; top === 0 || top < grid.scrollHeight; top += grid.clientHeight / 2) {
    grid.scrollTop = top;
    await frame();
    await frame();
    for (const row of drawn(root)) found.set(row.id, row);
  }
  grid.scrollTop = stood;
  await frame();
  await frame();
  return [...found.values()].sort((a, b) => a.at - b.at);
}""".replace("ROWS", ROWS)

LEAKED = """window.swLeaked = [];
window.addEventListener('keydown', (event) => { if (!event.ctrlKey) window.swLeaked.push(event.key); });"""
"""For `Page.add_init_script`: notes the keys that reach the window, where a host would take them."""

WATCH = """root => {
  const seen = window.swSeen = [];
  const look = () => {
    const rows = Number(root.querySelector('[role=grid]')?.getAttribute('aria-rowcount') ?? 1) - 1;
    const now = { rows, running: root.querySelector('[role=progressbar]') !== null };
    const last = seen.at(-1);
    if (!last || last.rows !== now.rows || last.running !== now.running) seen.push(now);
    if (window.swSeen === seen) requestAnimationFrame(look);
  };
  look();
}"""

WATCHED = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  await frame();
  await frame();
  return window.swSeen;
}"""


class Host(Protocol):
    """A page that shows the outputs of cells, whichever front end made it."""

    page: Page

    def output(self, index: int) -> Locator:
        """Return the element in which a cell's widget is."""
        ...


HostType = TypeVar("HostType", bound=Host)


@dataclass(frozen=True)
class Row:
    """A row of the grid as it is drawn. `status` is the word that stands there."""

    id: str
    input: str
    output: str
    status: str
    at: int
    queued: bool


def endpoint_cell(endpoint: Endpoint, *, concurrency: int = 4) -> str:
    """Return a cell that opens the task's studio on an endpoint and shows it; it stands below `TASK`."""
    return f"""studio = sw.Studio(task, model=sw.Model(
    "openai/test", api_base={endpoint.url!r}, api_key={endpoint.key!r}, concurrency={concurrency}))
studio"""


def outputs_asked(endpoint: Endpoint) -> int:
    """Return how many outputs were asked for: what is asked for without a stream."""
    return sum(not body.get("stream") for body in list(endpoint.bodies))


class StudioView(Generic[HostType]):
    """One view of a studio: the widget in the output of a cell."""

    def __init__(self, notebook: HostType, cell: int) -> None:
        self.notebook = notebook
        self.page = notebook.page
        self.page.set_viewport_size({"width": 1600, "height": 1000})  # room for all three panes
        self.root = notebook.output(cell).get_by_role("group", name="Synthetic data studio")
        self.tree = self.root.get_by_role("tree")
        self.grid = self.root.get_by_role("grid")
        self.sample = self.root.get_by_role("complementary", name="Sample")
        self.running = self.root.get_by_role("progressbar")

    # ---------------------------------------------------------------- see
    def rows(self) -> list[Row]:
        """Return the rows that are drawn, from the top: those in sight and some around them."""
        found: list[dict[str, Any]] = self.root.evaluate(ROWS)
        return [Row(**row) for row in found]

    def all_rows(self) -> list[Row]:
        """Scroll through the grid and return all its rows, from the top."""
        found: list[dict[str, Any]] = self.root.evaluate(ALL_ROWS)
        return [Row(**row) for row in found]

    def by_status(self) -> dict[str, int]:
        """Return how many samples each tab above the grid counts, by its word.

        An empty studio has no tabs: they come with its first samples, and are waited for.
        """
        tabs = self.root.get_by_role("group", name="Status").get_by_role("button")
        tabs.first.wait_for()
        return {word: int(number.replace(",", "")) for word, number in (tab.split() for tab in tabs.all_inner_texts())}

    def focused(self) -> str:
        """Return the id of the sample in focus."""
        return str(self.grid.get_attribute("aria-activedescendant")).partition("-s-")[2]

    def undo_label(self) -> str:
        """Return what Undo would undo: `Undo: Keep 1 (U)`."""
        return str(self.root.get_by_role("button", name=re.compile("^Undo")).first.get_attribute("aria-label"))

    def line(self) -> Locator:
        """Return the words about the connection and the file, at the left of the status bar."""
        return self.root.locator(".sw-conn")

    def watch_rows(self) -> None:
        """Begin to note, frame by frame, how many rows there are and whether a job runs."""
        self.root.evaluate(WATCH)

    def watched(self) -> list[tuple[int, bool]]:
        """Return what `watch_rows` noted up to now: rows, and whether a job was running."""
        return [(each["rows"], each["running"]) for each in self.page.evaluate(WATCHED)]

    def until(self, holds: Callable[[], object], seconds: float = SECONDS) -> None:
        """Wait until something holds; the page goes on meanwhile."""
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {seconds:.0f} s; the widget says\n{self.root.inner_text()[:3000]}")
            self.page.evaluate("() => new Promise((done) => setTimeout(done, 30))")

    def until_idle(self, seconds: float = SECONDS) -> None:
        """Wait for the end of the running job."""
        self.running.wait_for(state="detached", timeout=seconds * 1000)

    # ---------------------------------------------------------------- do
    def button(self, name: str | re.Pattern[str]) -> Locator:
        """Return a button by its exact label, or by a pattern."""
        return self.root.get_by_role("button", name=name, exact=isinstance(name, str))

    def add_topic(self, *names: str) -> None:
        """Add topics below the chosen one by typing their names in the tree."""
        self.button("Add a topic (+)").click()
        field = self.root.get_by_role("textbox", name="Name of the new topic")
        for name in names:
            field.fill(name)
            field.press("Enter")
        field.press("Escape")
        for name in names:
            self.tree.get_by_role("treeitem", name=name).wait_for()

    def show(self, status: str) -> None:
        """Press the tab of a status."""
        self.root.get_by_role("group", name="Status").get_by_role("button", name=re.compile(f"^{status}")).click()

    def choose_topic(self, name: str) -> None:
        """Click a topic of the tree."""
        self.tree.get_by_role("treeitem", name=re.compile(f"^{re.escape(name)},")).click()

    def plan(self, **shape: int) -> Locator:
        """Open the Generate popover and set its steppers, `samples=3`; return the popover."""
        self.root.get_by_role("toolbar", name="Studio").get_by_role("button", name=re.compile("^Generate")).click()
        popover = self.root.get_by_role("dialog", name="Generate")
        labels = {"topics": "Topics", "subtopics": "Subtopics in each", "samples": re.compile("^Samples")}
        for part, value in shape.items():
            popover.get_by_label(labels[part], exact=True).and_(popover.get_by_role("spinbutton")).fill(str(value))
        return popover

    def grow(self, **shape: int) -> None:
        """Generate by hand, from the popover. A short job may have ended when this returns."""
        popover = self.plan(**shape)
        popover.get_by_role("button", name=re.compile(r"^Generate \d+ sample")).click()
        popover.wait_for(state="detached")

    def row(self, sample: str) -> Locator:
        """Return a sample's row."""
        return self.root.locator(f"[id$='-s-{sample}']")

    def open_row(self, sample: str) -> None:
        """Scroll to a sample's row, as far as it is drawn, and click it."""
        self.row(sample).click()

    def show_row(self, at: int) -> None:
        """Scroll the grid until the row of this index is drawn, as a hand at the wheel does."""
        self.grid.evaluate("(grid, at) => { grid.scrollTop = Math.max(0, (at - 5)) * 70; }", at)
        self.until(lambda: any(row.at == at for row in self.rows()))

    def press(self, keys: str | Sequence[str]) -> None:
        """Press keys, one after another, where the focus is."""
        for key in keys:
            self.page.keyboard.press(key)
