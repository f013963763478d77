"""The studio on which each command of the one table is tried, and how it stood before the command was given."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from playwright.sync_api import Locator

from tests.browser.lab import Notebook
from tests.browser.widget import StudioView

OPEN = """from typing import Annotated

from pydantic import Field
from synth_widgets import testing
from synth_widgets.errors import AccessError
from synth_widgets.fake_values import FakeValues

fakes = FakeValues(7)
glitches = True

def answer(request):
    made = testing.fake_value(fakes, request.schema, names=request.step == "topics")
    if request.step == "inputs" and "Glitches" in str(request.messages):
        return {**made, "items": [f"Glitch: {item}" for item in made["items"]]}
    return made

refused = 0

def fault(number, request):
    global refused
    if request.step == "inputs" and "Refused" in str(request.messages):
        refused += 1
        return AccessError("Not now.") if refused % 2 else None
    # The outputs below Glitches fail at first, and are good when they are asked for again.
    return "garbage" if glitches and request.step == "outputs" and "Glitch: " in str(request.messages) else None

def latency(request):
    return 60 if "Slow" in str(request.messages) else 0

class Remark(Opinion):
    remark: Annotated[str, Field(max_length=200)]

task = sw.Task("Review reader", "Read a review, return what it is about.", output_schema=Remark,
               requirements=["Say nothing that the review does not say.", "Write plain English."])
studio = sw.Studio(task, model=testing.ScriptedCompleter(answers=answer, faults=fault, latency=latency))
studio.topics.add("Backpacks", "Coffee machines", "Glitches", "Headphones", "Lamps", "Refused", "Slow")
for topic, samples in {"Backpacks": 8, "Coffee machines": 8, "Glitches": 4, "Headphones": 8, "Lamps": 4}.items():
    await studio.grow(topic, depth=0, samples=samples)
glitches = False
long = {"input": "It came on a Monday. " * 40 + "The word is marmalade.", "output.about": "price",
        "output.opinion": "good", "output.remark": "A long one."}
studio.add_samples([long], topic="Lamps")"""
FAR = "marmalade"
"""A word that only the kernel finds: it stands behind the heads that the page holds."""

MORE = """lamps = sum(sample.topic == ("Lamps",) for sample in studio.samples)
await studio.grow("Lamps", depth=0, samples=lamps + 2)"""

NEAREST = """(grid, y) => [...grid.querySelectorAll('[role=row][id]')]
  .map(row => { const { top, height } = row.getBoundingClientRect(); return top + height / 2; })
  .sort((a, b) => Math.abs(a - y) - Math.abs(b - y))[0]"""

STANDS = """root => {
  const focus = root.querySelector('[role=grid]')?.getAttribute('aria-activedescendant') ?? '';
  const tabs = [...root.querySelectorAll('[role=group][aria-label=Status] button')]
    .map(tab => tab.innerText.split(/\\s+/))
    .filter(([, number]) => number);  // none while versions are compared
  return {
    focus: focus.split('-s-')[1] ?? '',
    at: Number(root.querySelector(`[id="${focus}"]`)?.getAttribute('aria-rowindex') ?? -1),
    counts: Object.fromEntries(tabs.map(([word, number]) => [word, Number(number.replace(',', ''))])),
  };
}"""
FIND = """async (root, status) => {
  const grid = root.querySelector('[role=grid]');
  const frame = () => new Promise(requestAnimationFrame);
  const inSight = (row) => {
    const [line, box] = [row.getBoundingClientRect(), grid.getBoundingClientRect()];
    return line.top >= box.top + 28 && line.bottom <= box.bottom;  // below the heads of the columns
  };
  for (let top = 0; top === 0 || top < grid.scrollHeight; top += grid.clientHeight / 2) {
    grid.scrollTop = top;
    await frame();
    await frame();
    const found = [...grid.querySelectorAll(`[role=row][id]:has(.sw-status--${status})`)]
      .filter((row) => Number(row.ariaRowIndex) > 2 && inSight(row))
      .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex);
    if (found.length > 0) return found[0].id.split('-s-')[1];
  }
  return null;
}"""
LEFT_OVER = """root => ({
  open: root.querySelector('dialog, [role=dialog], [aria-label="Selected samples"], [role=tree] input, .sw-tree--held, '
    + '[aria-label="Edit the sample"], [aria-label="Compare versions"]') !== null,
  edit: root.querySelector('[aria-label="Edit the sample"]') !== null,
  alone: getComputedStyle(root.querySelector('[role=grid]') ?? root).visibility === 'hidden',
  words: (root.querySelector('[role=searchbox]')?.value ?? '') !== '',
  topic: root.querySelector('[role=treeitem]')?.getAttribute('aria-selected') !== 'true',
})"""


@dataclass
class Stage:
    """A studio in an open notebook, and how it stood before the command was given."""

    notebook: Notebook
    view: StudioView[Notebook]
    more: int
    """The cell that generates two more samples, below all others."""
    focus: str = ""
    at: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    text: str = ""
    """What the line itself wants to remember."""
    counted: int = 0
    """How many samples there were in all."""
    way: str = ""
    """The way in which the command was given."""
    number: int = 0
    """Another one each time, for names that must be new."""

    def remember(self) -> None:
        """Note how things stand."""
        seen = self.view.root.evaluate(STANDS)
        self.counts, self.focus, self.at = seen["counts"], seen["focus"], seen["at"]

    # ------------------------------------------------------------ see
    def status(self, sample: str | None = None) -> str:
        """Return the status of a sample, of the one that was in focus unless another is named."""
        return next((row.status for row in self.view.rows() if row.id == (sample or self.focus)), "")

    def place(self) -> int:
        """Return at which row the focus is."""
        return int(self.view.root.evaluate(STANDS)["at"])

    def more_than(self, word: str, by: int = 1) -> bool:
        """Whether so many samples more than before have a status."""
        return self.view.by_status()[word] == self.counts[word] + by

    def selected(self) -> int:
        """Return how many samples are selected."""
        said = self.view.root.get_by_role("toolbar", name="Selected samples").get_by_role("status")
        return int(re.sub(r"\D", "", said.inner_text())) if said.count() else 0

    def mark(self) -> str:
        """Return what stands beside the status of the sample that was in focus."""
        return str(self.view.row(self.focus).locator("[role=gridcell]").last.inner_text())

    def searchbox(self) -> Locator:
        """Return the field in which words to look for are typed."""
        return self.view.root.get_by_role("searchbox")

    def versions(self) -> Locator:
        """Return the pane in which two versions stand side by side."""
        return self.view.root.get_by_role("region", name="Compare versions")

    def running_paused(self) -> bool:
        """Whether the run bar says that the job is paused."""
        return self.view.root.get_by_text("Paused", exact=True).is_visible()

    def topic(self, name: str) -> Locator:
        """Return a topic of the tree."""
        return self.view.tree.get_by_role("treeitem", name=re.compile(f"^{re.escape(name)},"))

    def editor(self) -> Locator:
        """Return the pane in which a sample is edited."""
        return self.view.root.get_by_role("complementary", name="Edit the sample")

    def star(self, number: int) -> Locator:
        """Return the button that gives so many stars to the sample in focus."""
        stars = self.view.sample.get_by_role("radiogroup", name="Overall")
        return stars.get_by_role("radio", name=re.compile(f"^{number} star"))

    def stars_by_requirement(self) -> Locator:
        """Return the stars of the task's first requirement, of the sample in focus."""
        return self.view.sample.get_by_role("radiogroup", name=re.compile("^Say nothing"))

    def sides(self) -> list[str]:
        """Return the numbers of the versions that stand side by side."""
        return [str(side.input_value()) for side in self.versions().get_by_role("combobox").all()]

    def dialog(self, name: str) -> Locator:
        """Return an open popover or dialog."""
        return self.view.root.get_by_role("dialog", name=name, exact=True)

    def focus_is_inside(self) -> bool:
        """Whether the next key would go to the widget, not to the notebook."""
        return bool(self.view.root.evaluate("root => root.contains(document.activeElement)"))

    # ------------------------------------------------------------ do
    def reset(self) -> None:
        """Close what is open, select nothing, show all samples from the top."""
        self.number += 1
        for _ in range(5):  # a field, its pane, the selection, each by an Esc of its own
            left = self.view.root.evaluate(LEFT_OVER)
            if not left["open"]:
                break
            discard = self.editor().get_by_role("button", name="Discard")
            if left["edit"] and discard.is_visible():
                discard.click()
            else:
                self.view.press(["Escape"])
        if left["alone"]:
            self.view.press("f")
            self.view.grid.wait_for()
        if left["words"]:
            self.searchbox().fill("")
        if left["topic"]:
            self.topic("All topics").click()
        self.view.grid.focus()
        self.view.press(["Home"])

    def on(self, status: str) -> None:
        """Go to the first sample of a status but the very first one: there is another row above and below it."""
        found = self.view.root.evaluate(FIND, status.lower())
        assert found, f"no {status} sample is left"
        self.view.open_row(found)

    def has(self, topic: str) -> int:
        """Return how many samples the tree counts below a topic."""
        return int(re.sub(r".*, (\d+).*", r"\1", str(self.topic(topic).get_attribute("aria-label"))))

    def keep_one(self) -> None:
        """Keep a sample and stay on it."""
        self.on("Draft")
        sample, kept = self.view.focused(), self.view.by_status()["Kept"]
        self.view.press("a")
        self.view.until(lambda: self.view.by_status()["Kept"] == kept + 1)
        self.view.until(lambda: self.view.undo_label().startswith("Undo: Keep 1"))
        self.view.open_row(sample)
