"""What each command of the one table does in the page: how it is given by mouse, and what must then be true.

Its keys are not told here: they are read from the table itself, so that a new key is tried at once. A command without
a key is given by keyboard alone by going to its control and pressing Enter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from playwright.sync_api import Locator

from tests.browser.stage import FAR, NEAREST, Stage

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
    return lambda stage: stage.dialog(dialog).get_by_role("button", name=re.compile(f"^{word}")).first


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
        stage.view.until(lambda: abs(stage.view.grid.evaluate(NEAREST, y) - y) < 70)  # the rows of that place are drawn
        stage.view.page.mouse.click(x, stage.view.grid.evaluate(NEAREST, y))

    return turn


def check_and_extend(by: int) -> Do:
    """Tick the row in focus and shift-click the box of its neighbour."""

    def extend(stage: Stage) -> None:
        boxes = {row.at: row.id for row in stage.view.rows()}
        for at, modifiers in ((stage.at, None), (stage.at + by, ["Shift"])):
            stage.view.row(boxes[at]).get_by_role("checkbox").click(modifiers=modifiers)

    return extend


def every_row_was_seen(stage: Stage) -> bool:
    """Whether nothing new is left out of sight; the next of it is gone to."""
    unseen = stage.view.root.get_by_role("button", name=re.compile("new (below|above)"))
    if unseen.count() == 0:
        return True
    stage.view.press(["n"])
    return False


def new_rows_out_of_sight(stage: Stage) -> None:
    stage.view.until(lambda: every_row_was_seen(stage))
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
    if stage.view.running.is_visible():  # a job that another command has paused
        stage.view.button(re.compile("^Stop")).first.click()
        stage.view.until_idle()
    stage.view.choose_topic("Refused")
    stage.view.grow(samples=stage.number)
    button("Resume")(stage).wait_for()


def plan_open(stage: Stage) -> None:
    stage.view.choose_topic("Backpacks")
    popover = stage.view.plan(samples=stage.has("Backpacks") + 1)
    popover.get_by_role("button", name=re.compile(r"^Generate 1 sample")).wait_for()
    stage.text = popover.locator(".sw-est").inner_text()


def one_is_pending(stage: Stage) -> None:
    stage.view.choose_topic("Headphones")
    popover = stage.view.plan(samples=stage.has("Headphones") + 1)
    popover.get_by_role("checkbox", name=re.compile("^Inputs only")).check()
    popover.get_by_role("button", name=re.compile(r"^Generate 1 input")).click()
    stage.view.until(lambda: stage.view.by_status()["Pending"] == 1)
    stage.view.until_idle()


def edit_open(stage: Stage) -> None:
    stage.on("Draft")
    stage.view.press("e")
    stage.editor().wait_for()


def type_too_much(stage: Stage) -> None:
    stage.editor().get_by_label("remark", exact=True).fill("x" * 201)


def says_what_is_wrong(stage: Stage) -> bool:
    alert = stage.editor().get_by_role("alert").filter(has_text="201 characters, at most 200 are allowed")
    return alert.is_visible()


def output_is_stale(stage: Stage) -> None:
    edit_open(stage)
    stage.focus = stage.view.focused()
    stage.editor().get_by_label("Input", exact=True).fill(f"Something else, number {stage.number}.")
    stage.view.press(["Control+Enter"])
    stage.view.until(lambda: "Stale (Shift+R)" in stage.mark())
    stage.view.open_row(stage.focus)


def decided_is_left(stage: Stage) -> None:
    """Keep a draft together with a sample that was rejected before, which stays as it is."""
    stage.on("Draft")
    rejected, before = stage.view.focused(), stage.view.by_status()
    stage.view.press("x")
    stage.view.until(lambda: stage.view.by_status()["Rejected"] == before["Rejected"] + 1)
    stage.view.open_row(rejected)
    stage.view.press([" "])
    stage.on("Draft")
    stage.view.press([" ", "a"])
    stage.view.until(lambda: stage.view.by_status()["Kept"] == before["Kept"] + 1)
    button("Include them")(stage).wait_for()


def has_a_new_version(stage: Stage) -> None:
    stage.keep_one()
    stage.focus = stage.view.focused()
    stage.view.press(["Shift+R"])
    stage.view.until(lambda: "New version" in stage.mark())
    button("Compare")(stage).wait_for()


def compares(stage: Stage) -> None:
    has_a_new_version(stage)
    stage.view.press("d")
    stage.versions().wait_for()


def choice(word: str) -> Callable[[Stage], Locator]:
    """Return the button of this word below the two versions."""
    return lambda stage: stage.versions().get_by_role("button", name=re.compile(f"^{word}"))


def chose(what: str) -> Callable[[Stage], bool]:
    """Return whether a version was chosen: nothing waits any more, and the choice can be undone."""
    return lambda stage: "New version" not in stage.mark() and stage.view.undo_label().startswith(f"Undo: {what} 1")


def edited(stage: Stage, *remarks: str) -> None:
    """Edit a draft's output so many times: each edit is a version."""
    stage.on("Draft")
    sample = stage.view.focused()
    for remark in remarks:
        stage.view.open_row(sample)
        stage.view.press("e")
        stage.editor().get_by_label("remark", exact=True).fill(f"{remark}, number {stage.number}.")
        stage.view.press(["Control+Enter"])
        stage.view.until(lambda: f"{remark}, number {stage.number}." in stage.view.row(sample).inner_text())  # noqa: B023
    stage.view.open_row(sample)
    button("Compare")(stage).wait_for()
    stage.view.press("d")
    stage.view.until(lambda: len(stage.sides()) == 2)


def compares_two_edits(stage: Stage) -> None:
    edited(stage, "First", "Second")


def compares_one_of_four(stage: Stage) -> None:
    """Bring the last but one of four versions to both sides."""
    edited(stage, "First", "Second", "Third")
    left = stage.sides()[0]
    stage.view.press("{")
    stage.view.until(lambda: stage.sides() == [left, left])
    stage.text = left


def choose_oldest(side: str) -> Do:
    """Choose the oldest version for a side, in the list of its head."""
    return lambda stage: stage.versions().get_by_role("combobox", name=f"{side} version").select_option(index=0)


def other_versions(stage: Stage) -> bool:
    """Whether a side has the version before or after the one that stood there, by mouse the oldest."""
    options = stage.versions().get_by_role("combobox").first.locator("option").all()
    numbers = [str(option.get_attribute("value")) for option in options]
    was, oldest = stage.text, numbers[0]
    before, after = (numbers[numbers.index(was) + by] for by in (-1, 1))
    expected = {"[": [[before, was]], "]": [[after, was]], "{": [[was, before]], "}": [[was, after]]}
    return stage.sides() in expected.get(stage.way, [[oldest, was], [was, oldest]])


def offer(label: str) -> Callable[[Stage], Locator]:
    """Return the first line of the palette that begins so."""
    return lambda stage: stage.dialog("Commands").get_by_role("option", name=re.compile(f"^{label}")).first


def look_for(stage: Stage, words: str) -> None:
    """Type into the palette: Enter gives what stands first then."""
    stage.view.press(["Control+k"])
    stage.dialog("Commands").get_by_role("combobox").fill(words)


def pick(label: str) -> Do:
    """Open the palette by mouse, and press a line."""

    def pressed(stage: Stage) -> None:
        button("Commands (")(stage).click()
        offer(label)(stage).click()

    return pressed


def says(words: str) -> Callable[[Stage], bool]:
    """Return whether the status bar says so now; what is read out may still be what was said before."""
    return lambda stage: stage.view.root.get_by_title(words).is_visible()


def nothing_said(stage: Stage) -> None:
    stage.on("Draft")
    stage.view.press(["Escape"])
    stage.view.until(lambda: not says("Copied")(stage))


def python_found(stage: Stage) -> None:
    nothing_said(stage)
    look_for(stage, "copy as py")


def advance_found(stage: Stage) -> None:
    look_for(stage, "auto")
    stage.text = "off" if offer("Auto-advance")(stage).inner_text().endswith("on") else "on"


def is_switched(stage: Stage) -> bool:
    return says(f"Auto-advance is {stage.text}")(stage)


def type_far_word(stage: Stage) -> None:
    stage.searchbox().click()
    stage.view.page.keyboard.type(FAR)


def only_the_far_one(stage: Stage) -> bool:
    rows = stage.view.rows()
    return len(rows) == 1 and "Monday" in rows[0].input and "full text" in stage.view.root.inner_text()


def filters_set(stage: Stage) -> None:
    stage.counted = stage.view.by_status()["All"]
    stage.view.choose_topic("Headphones")
    stage.view.show("Draft")
    button("Filters")(stage).click()
    stage.dialog("Filters").get_by_role("checkbox", name=re.compile("^up to 160")).check()
    stage.view.until(lambda: button("Remove the filter Words: up to 160")(stage).is_visible())
