"""What each command of the one table does in the page: how it is given by mouse, and what must then be true.

Its keys are not told here: they are read from the table itself, so that a new key is tried at once. A command without
a key is given by keyboard alone by going to its control and pressing Enter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from playwright.sync_api import Locator

from tests.browser.lab import Notebook
from tests.browser.widget import StudioView

OPEN = """from synth_widgets import testing
from synth_widgets.errors import AccessError
from synth_widgets.llm.invent import Inventor

inventor = Inventor(7)
glitches = True

def answer(request):
    made = testing.invent(inventor, request.schema, names=request.step == "topics")
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

studio = sw.Studio(task, model=testing.ScriptedCompleter(answers=answer, faults=fault, latency=latency))
studio.topics.add("Backpacks", "Coffee machines", "Glitches", "Headphones", "Lamps", "Refused", "Slow")
for topic, samples in {"Backpacks": 8, "Coffee machines": 8, "Glitches": 4, "Headphones": 8, "Lamps": 4}.items():
    await studio.grow(topic, depth=0, samples=samples)
glitches = False"""
MORE = """lamps = sum(sample.topic == ("Lamps",) for sample in studio.samples)
await studio.grow("Lamps", depth=0, samples=lamps + 2)"""

NEAREST = """(grid, y) => [...grid.querySelectorAll('[role=row][id]')]
  .map(row => { const { top, height } = row.getBoundingClientRect(); return top + height / 2; })
  .sort((a, b) => Math.abs(a - y) - Math.abs(b - y))[0]"""

STANDS = """root => {
  const focus = root.querySelector('[role=grid]')?.getAttribute('aria-activedescendant') ?? '';
  const tabs = [...root.querySelectorAll('[role=group][aria-label=Status] button')]
    .map(tab => tab.innerText.split(/\\s+/));
  return {
    focus: focus.split('-s-')[1] ?? '',
    at: Number(root.querySelector(`[id="${focus}"]`)?.getAttribute('aria-rowindex') ?? -1),
    counts: Object.fromEntries(tabs.map(([word, number]) => [word, Number(number.replace(',', ''))])),
  };
}"""
IS_OPEN = "root => root.querySelector('[role=dialog], .sw-selected, .sw-name-in, .sw-edit') !== null"


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
        said = self.view.root.locator(".sw-selected")
        return int(re.sub(r"\D", "", said.inner_text())) if said.count() else 0

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
        for _ in range(4):  # a field, its pane, the selection, each by an Esc of its own
            if self.view.root.evaluate(IS_OPEN):
                self.view.press(["Escape"])
        if self.topic("All topics").get_attribute("aria-selected") != "true":
            self.topic("All topics").click()
        self.view.grid.focus()
        self.view.press(["Home"])

    def on(self, status: str) -> None:
        """Go to the first sample of a status but the very first one: there is another row above and below it."""
        for rows in (self.view.rows, self.view.all_rows):
            for row in rows()[1:]:
                if row.status == status:
                    self.view.show_row(row.at)
                    self.view.open_row(row.id)
                    return
        raise AssertionError(f"no {status} sample is left")

    def keep_one(self) -> None:
        """Keep a sample and stay on it."""
        self.on("Draft")
        sample, kept = self.view.focused(), self.view.by_status()["Kept"]
        self.view.press("a")
        self.view.until(lambda: self.view.by_status()["Kept"] == kept + 1)
        self.view.until(lambda: self.view.undo_label().startswith("Undo: Keep 1"))
        self.view.open_row(sample)


Do = Callable[[Stage], object]


@dataclass(frozen=True)
class Line:
    """How one command is tried.

    Attributes:
        then: what must be true when it is done.
        control: what the mouse presses, and the keyboard where the command has no key.
        mouse: what the mouse does where it is more than a press.
        before: brings the widget to where the command makes sense, the focus in the right pane.
        after: what is typed once the command has opened a field.
    """

    then: Callable[[Stage], object]
    control: Callable[[Stage], Locator] | None = None
    mouse: Do | None = None
    before: Do = lambda stage: stage.on("Draft")
    after: Do = lambda _stage: None

    def ways(self, keys: Sequence[str]) -> list[str]:
        """Return the ways in which the command can be given: its keys, by control, by mouse."""
        return [*keys, *(["Enter on its control"] if self.control and not keys else []), "mouse"]

    def give(self, stage: Stage, way: str) -> None:
        """Give the command in one of its ways."""
        stage.way = way
        if way == "mouse" and self.mouse:
            self.mouse(stage)
        elif way == "mouse":
            assert self.control, "neither a control nor something else for the mouse is named"
            self.control(stage).click()
        elif way == "Enter on its control":
            assert self.control
            self.control(stage).focus()
            stage.view.press(["Enter"])
        else:
            stage.view.press([chord(way)])


def chord(key: str) -> str:
    """Return a key of the command table as Playwright spells it.

    >>> chord("Mod+Shift+z"), chord(" "), chord("Shift+u"), chord("Mod+a"), chord("+")
    ('Control+Shift+Z', 'Space', 'Shift+U', 'Control+a', '+')
    """
    if key in {" ", "+"}:
        return {" ": "Space"}.get(key, key)
    *modifiers, last = key.split("+")
    last = last.upper() if "Shift" in modifiers and len(last) == 1 else last
    return "+".join([*("Control" if m == "Mod" else m for m in modifiers), last])


# ---------------------------------------------------------------- what the lines do
def verdict(word: str) -> Callable[[Stage], Locator]:
    """Return the button of this word below the sample."""
    pattern = re.compile(f"^{word}")
    return lambda stage: stage.view.sample.get_by_role("toolbar", name="Verdict").get_by_role("button", name=pattern)


def button(name: str) -> Callable[[Stage], Locator]:
    """Return the button whose label begins so."""
    pattern = re.compile(f"^{re.escape(name)}")
    return lambda stage: stage.view.root.get_by_role("button", name=pattern).first


def in_dialog(dialog: str, word: str) -> Callable[[Stage], Locator]:
    """Return a dialog's button."""
    return lambda stage: stage.dialog(dialog).get_by_role("button", name=re.compile(f"^{word}"))


def stands_in_the_middle(stage: Stage) -> None:
    stage.view.show_row(14)
    stage.view.open_row(next(row.id for row in stage.view.rows() if row.at == 14))


def on_a_sample_with_two_stars(stage: Stage) -> None:
    stage.on("Draft")
    if stage.star(2).get_attribute("aria-checked") != "true":
        stage.star(2).click()
    stage.view.until(lambda: stage.star(2).get_attribute("aria-checked") == "true")
    stage.view.grid.focus()


def is_rated(stage: Stage) -> bool:
    """Whether the sample has the stars of the key that was pressed; by mouse it gets four, and 0 takes them away."""
    stars = 4 if stage.way == "mouse" else int(stage.way)
    checked = [stage.star(number).get_attribute("aria-checked") == "true" for number in range(1, 6)]
    return checked == [number == stars for number in range(1, 6)]


def undone_once(stage: Stage) -> None:
    stage.keep_one()
    kept = stage.view.by_status()["Kept"]
    stage.view.press("u")
    stage.view.until(lambda: stage.view.by_status()["Kept"] == kept - 1)


def wheel(by: int) -> Do:
    """Turn the wheel over the grid and click the row that comes to lie in its middle."""

    def turn(stage: Stage) -> None:
        box = stage.view.grid.bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        stage.view.page.mouse.move(x, y)
        end = "grid => Math.min(Math.max(0, grid.scrollTop + BY), grid.scrollHeight - grid.clientHeight)"
        goal = stage.view.grid.evaluate(end.replace("BY", str(by)))
        stage.view.page.mouse.wheel(0, by)
        stage.view.until(lambda: abs(stage.view.grid.evaluate("grid => grid.scrollTop") - goal) < 2)
        stage.view.page.mouse.click(x, stage.view.grid.evaluate(NEAREST, y))

    return turn


def check_and_extend(by: int) -> Do:
    """Tick the row in focus and shift-click the box of its neighbour."""

    def extend(stage: Stage) -> None:
        boxes = {row.at: row.id for row in stage.view.rows()}
        for at, modifiers in ((stage.at, None), (stage.at + by, ["Shift"])):
            stage.view.row(boxes[at]).get_by_role("checkbox").click(modifiers=modifiers)

    return extend


def new_rows_out_of_sight(stage: Stage) -> None:
    stage.view.press(["Home"])
    stage.ids = {row.id for row in stage.view.all_rows()}
    stage.notebook.run_cell(stage.more)
    stage.view.grid.focus()
    stage.view.until(lambda: stage.view.by_status()["All"] == len(stage.ids) + 2)


def job_runs(stage: Stage) -> None:
    stage.view.choose_topic("Slow")
    stage.view.grow(samples=stage.number)
    stage.view.running.wait_for()


def job_was_refused(stage: Stage) -> None:
    stage.view.choose_topic("Refused")
    stage.view.grow(samples=stage.number)
    button("Resume")(stage).wait_for()


def plan_open(stage: Stage) -> None:
    stage.view.choose_topic("Backpacks")
    has = int(re.sub(r".*, (\d+).*", r"\1", str(stage.topic("Backpacks").get_attribute("aria-label"))))
    popover = stage.view.plan(samples=has + 1)
    popover.get_by_role("button", name=re.compile(r"^Generate 1 sample")).wait_for()
    stage.text = popover.locator(".sw-est").inner_text()


def in_tree(stage: Stage) -> None:
    stage.text = f"Topic {stage.number}"
    stage.topic("All topics").click()


def on_own_topic(stage: Stage) -> None:
    in_tree(stage)
    stage.view.add_topic(stage.text)
    stage.view.choose_topic(stage.text)


def type_name(stage: Stage) -> None:
    stage.view.root.get_by_role("textbox", name="Name of the new topic").fill(stage.text)
    stage.view.press(["Enter", "Escape"])


def type_new_name(stage: Stage) -> None:
    stage.text = f"{stage.text} renamed"
    stage.view.root.get_by_role("textbox", name="New name").fill(stage.text)
    stage.view.press(["Enter"])


def guidance_typed(stage: Stage) -> None:
    stage.text = f"Guidance number {stage.number}"
    button("Guidance")(stage).click()
    stage.dialog("Guidance").get_by_role("textbox", name="Every step").fill(stage.text)


def guidance_is_saved(stage: Stage) -> bool:
    button("Guidance")(stage).click()
    said = stage.dialog("Guidance").get_by_role("textbox", name="Every step").input_value()
    stage.view.press(["Escape"])
    return said == stage.text


def model_typed(stage: Stage) -> None:
    stage.text = f"ollama/number-{stage.number}"
    button("Model")(stage).click()
    stage.dialog("Model").get_by_role("textbox", name="Another model").fill(stage.text)
