"""The topic tree and the running jobs in JupyterLab: everything that can be done with them, by keyboard and by mouse.

What the tree shows after each step is compared with what the next cell's studio says in the end, undo brings each step
back, and a topic that is dragged takes nothing with it into the notebook's cells.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Locator

from tests.browser.conftest import OpenNotebook, Shots
from tests.browser.lab import Notebook
from tests.browser.look import check_look
from tests.browser.widget import StudioView

OPEN = """import json
import synth_widgets as sw
from synth_widgets.money import Price
from synth_widgets.testing import ScriptedCompleter

wait = 0.0
model = ScriptedCompleter(latency=lambda request: wait, concurrency=2, price=Price(1e-6, 4e-6, "a list"))
studio = sw.Studio(sw.Task("Support", "Answer a customer's message."), model=model)
studio.topics.load({"Billing": {"Refunds": {"Partial": {}}, "Invoices": {}}, "Returns": {"refunds": {"Late": {}}}})
await studio.grow("Billing", depth=0, samples=2)
await studio.grow("Returns", depth=0, samples=2)
studio.rate([s.id for s in studio.samples if s.topic[0] == "Billing"], 4)
studio.rate(studio.samples[0].id, 5)"""
SLOW = "wait = 0.4"
TELL = """print(json.dumps({"tree": studio.topics.to_dict(), "samples": [s.topic for s in studio.samples],
  "budget": studio.budget, "in_flight": model.in_flight,
  "returns": sum(s.topic[0] == "Returns" and s.status == "draft" for s in studio.samples),
  "jobs": [[j.kind, j.status] for j in studio.jobs],
  "set": [[t.name, {**t.guidance}, t.target]
          for t in studio._state.subtree("0000000000") if t.guidance or t.target]}))"""
ITEMS = """tree => [...tree.querySelectorAll('[role=treeitem]')]
  .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
  .map(node => '  '.repeat(node.ariaLevel - 1) + node.ariaLabel.split(',')[0])"""


class Hand:
    """A person at the tree."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook
        self.view = StudioView(notebook, cell=1)

    def told(self) -> dict[str, Any]:
        """Return what the studio says in the next cell."""
        found: dict[str, Any] = json.loads(self.notebook.run_cell(3))
        return found

    def tree(self) -> list[str]:
        found: list[str] = self.view.tree.evaluate(ITEMS)
        return found

    def item(self, name: str) -> Locator:
        return self.view.tree.get_by_role("treeitem", name=re.compile(f"^{name},"))

    def pick(self, name: str) -> None:
        """Click a topic: it has the focus then, and the tree the keys."""
        self.item(name).click()

    def menu(self, word: str) -> None:
        """Press a line of the topic's menu."""
        self.view.root.get_by_role("button", name="Topic menu").click()
        self.view.root.get_by_role("dialog", name="Topic").get_by_role("button", name=re.compile(f"^{word}")).click()

    def until_tree(self, *lines: str) -> None:
        try:
            self.view.until(lambda: self.tree() == list(lines))
        except AssertionError as error:
            raise AssertionError(f"the tree shows {self.tree()}") from error

    def undo(self, *lines: str) -> None:
        self.view.press("u")
        self.until_tree(*lines)

    def dialog(self, name: str) -> Locator:
        return self.view.root.get_by_role("dialog", name=name, exact=True)


START = (
    "All topics", "  Billing", "    Refunds", "      Partial", "    Invoices", "  Returns", "    refunds", "      Late",
)  # fmt: skip


@pytest.fixture
def hand(open_notebook: OpenNotebook) -> Hand:
    notebook = open_notebook([OPEN, "studio", SLOW, TELL])
    notebook.run_cell(0)
    notebook.run_cell(1)
    found = Hand(notebook)
    found.until_tree(*START)
    return found


def test_topics_are_moved_merged_and_set_by_keys(hand: Hand) -> None:
    view = hand.view
    with hand.notebook.cells_unchanged("keys in the tree"):
        hand.pick("Invoices")
        view.press(["m", "End", "Enter"])  # the last one: Late
        moved = (*START[:4], "  Returns", "    refunds", "      Late", "        Invoices")
        hand.until_tree(*moved)
        view.until(lambda: hand.item("Invoices").get_attribute("aria-selected") == "true")
        hand.undo(*START)

        hand.pick("Billing")
        view.press(["m", "ArrowDown", "Enter"])  # into itself
        view.until(lambda: "which lies inside it" in view.root.inner_text())
        hand.until_tree(*START)
        view.press(["m", "Escape", "Enter"])  # back to the samples: nothing is held any more
        view.until(lambda: view.grid.evaluate("grid => grid === document.activeElement"))

        hand.pick("Returns")
        view.press(["Shift+M", "Home", "ArrowDown", "Enter"])
        merged = ("All topics", "  Billing", "    Refunds", "      Partial", "      Late", "    Invoices")
        hand.until_tree(*merged)
        assert view.by_status()["All"] == 6
        assert view.undo_label().startswith("Undo: Merge “Returns” into “Billing”")

        hand.pick("Refunds")
        view.press("e")
        form = hand.dialog("Topic")
        form.get_by_label("Guidance for topics and inputs, here and below").fill("Curt, with typing errors.")
        form.get_by_label("Samples wanted").fill("a few")
        view.press(["Enter"])
        form.get_by_role("alert").wait_for()
        assert "target='a few' must be a whole number" in form.inner_text()
        form.get_by_label("Samples wanted").fill("12")
        view.press(["Enter"])
        form.wait_for(state="detached")
        assert view.tree.evaluate("tree => tree === document.activeElement"), "the keys are the tree's again"
        view.until(lambda: "has guidance" in str(hand.item("Refunds").get_attribute("aria-label")))
        view.press("e")
        form.get_by_label("Samples wanted").fill("")
        view.press(["Enter"])
        form.wait_for(state="detached")
    told = hand.told()
    assert told["tree"] == {"Billing": {"Refunds": {"Partial": {}, "Late": {}}, "Invoices": {}}}
    assert ["Refunds", dict.fromkeys(("topics", "inputs"), "Curt, with typing errors."), None] in told["set"]
    assert sorted(map(tuple, told["samples"])) == sorted(
        [("Billing", "Refunds", leaf) for leaf in ("Partial", "Late")] * 2 + [("Billing", "Invoices")] * 2
    )
    for _ in range(3):
        hand.pick("Billing")
        view.press("u")
    hand.until_tree(*START)


def test_topics_are_dragged_and_changed_from_their_menu(hand: Hand, shots: Shots) -> None:
    view = hand.view
    with hand.notebook.cells_unchanged("the mouse in the tree"):
        hand.item("Invoices").drag_to(hand.item("Returns"))
        moved = (*START[:4], "  Returns", "    Invoices", "    refunds", "      Late")
        hand.until_tree(*moved)
        hand.item("Returns").drag_to(hand.item("Late"))  # into itself: nothing takes it
        hand.until_tree(*moved)
        hand.item("Invoices").drag_to(hand.notebook.cell(0))  # and nowhere else either
        hand.until_tree(*moved)
        hand.item("Invoices").drag_to(hand.item("All topics"))
        hand.until_tree(*START[:4], "  Invoices", "  Returns", "    refunds", "      Late")

        hand.pick("refunds")
        view.root.get_by_role("button", name="Topic menu").click()
        shots(view.root, "tree-menu")
        view.press(["Escape"])
        hand.menu("Merge into")
        shots(view.root, "tree-held")
        hand.item("Partial").click()
        hand.until_tree(*START[:4], "        Late", "  Invoices", "  Returns")

        hand.pick("Late")
        hand.menu("Move under")
        hand.item("Invoices").click()
        hand.until_tree(*START[:4], "  Invoices", "    Late", "  Returns")

        hand.pick("Returns")
        hand.menu("Rename")
        view.press([*"Sent back", "Enter"])
        hand.item("Sent back").wait_for()
        hand.menu("Guidance and target")
        form = hand.dialog("Topic")
        form.get_by_label("Samples wanted").fill("40")
        shots(view.root, "tree-topic")
        form.get_by_role("button", name="Save").click()
        view.until(lambda: ", 0 of 40 samples" in str(hand.item("Sent back").get_attribute("aria-label")))
        view.until(lambda: hand.item("Sent back").get_by_text("thin").is_visible())
        check_look(view, "light", "tree")
        shots(view.root, "tree-thin")

        view.button(re.compile("^Fill 1 thin")).click()
        plan = hand.dialog("Generate")
        assert plan.get_by_role("radio", name="1 thin").is_checked()
        shots(view.root, "tree-fill")
        plan.get_by_role("button", name=re.compile("^Generate 40 samples")).click()
        view.until(lambda: ", 40 of 40 samples" in str(hand.item("Sent back").get_attribute("aria-label")))
        hand.pick("Sent back")
        hand.menu("Remove")
        hand.until_tree(*START[:4], "  Invoices", "    Late")
    assert "Sent back" not in hand.told()["tree"]


def test_stars_are_averaged_up_the_tree(hand: Hand) -> None:
    def rated(name: str) -> str:
        return str(hand.item(name).get_attribute("aria-label")).partition("rated ")[2]

    assert [rated(name) for name in ("All topics", "Billing", "Partial", "Invoices", "Returns")] == [
        "4.3", "4.3", "4.5", "4.0", "",
    ]  # fmt: skip
    hand.pick("Partial")
    hand.view.press(["Enter", "x"])  # what is rejected does not count
    hand.view.until(lambda: rated("Partial") in {"4.0", "5.0"})


def test_a_job_pauses_goes_on_and_stops_and_another_one_beside_it(hand: Hand, shots: Shots) -> None:
    view, root = hand.view, hand.view.root
    hand.notebook.run_cell(2)
    hand.pick("Returns")
    view.grow(samples=40)
    view.button("Pause").click()
    view.button("Resume").wait_for()
    root.get_by_text("Paused", exact=True).wait_for()
    view.until(lambda: hand.told()["in_flight"] == 0)
    view.until(lambda: view.by_status()["Draft"] == hand.told()["returns"])  # what was under way is shown
    stood = view.by_status()
    view.page.wait_for_timeout(900)
    assert view.by_status() == stood
    shots(root, "run-paused")
    check_look(view, "light", "paused")
    assert hand.told()["jobs"][-1] == ["grow", "paused"]
    hand.notebook.reload()
    view = hand.view = StudioView(hand.notebook, cell=1)
    hand.notebook.run_cell(1)
    view.root.get_by_text("Paused", exact=True).wait_for()
    view.button("Resume").click()
    view.until(lambda: view.by_status()["Draft"] > stood["Draft"])
    view.choose_topic("Invoices")
    view.grow(samples=40)
    view.root.get_by_text("2 running").wait_for()
    view.button("Pause all").click()
    view.button("Resume all").wait_for()
    view.root.get_by_role("button", name="Jobs").first.click()
    shots(view.root, "run-jobs")
    jobs = hand.dialog("Jobs").get_by_role("listitem")
    assert jobs.filter(has_text="paused").count() == 2
    jobs.first.get_by_role("button", name="Resume").click()
    view.until(lambda: jobs.filter(has_text="paused").count() == 1)
    view.press(["Escape"])
    view.button("Stop all").click()
    view.until_idle()
    assert [status for _, status in hand.told()["jobs"][-2:]] == ["cancelled", "cancelled"]


def test_a_budget_is_set_raised_and_lifted_and_what_it_stopped_goes_on(hand: Hand, shots: Shots) -> None:
    view, root = hand.view, hand.view.root
    form = hand.dialog("Budget")

    def set_to(text: str) -> None:
        root.get_by_title("Set a budget").click()
        form.get_by_label("US dollars").fill(text)
        view.press(["Enter"])

    set_to("little")
    form.get_by_role("alert").wait_for()
    assert "budget='little' is an amount of US dollars" in form.inner_text()
    form.get_by_label("US dollars").fill("$0.005")
    form.get_by_role("button", name="Save").click()
    form.wait_for(state="detached")
    root.get_by_text(re.compile(r"of \$0\.0050$")).wait_for()
    hand.pick("Returns")
    view.grow(samples=60)
    resume = view.button(re.compile(r"^Resume \d+"))
    resume.wait_for()
    assert "budget of $0.0050 would be passed" in root.inner_text()
    shots(root, "budget-spent")
    root.get_by_title("Set a budget").click()
    shots(root, "budget")
    view.press(["Escape"])
    set_to("100")
    root.get_by_text(re.compile(r"of \$100\.00$")).wait_for()
    resume.click()
    view.until(lambda: ", 60 of 60 samples" in str(hand.item("Returns").get_attribute("aria-label")))
    assert hand.told()["budget"] == 100
    set_to("")
    view.until(lambda: " of $" not in root.get_by_title("Set a budget").inner_text())
    assert hand.told()["budget"] is None


def test_a_job_is_repeated_so_many_times_with_its_estimate_in_sight(hand: Hand, shots: Shots) -> None:
    view = hand.view
    before = view.by_status()["All"]
    view.root.get_by_role("button", name="Jobs").first.click()
    job = hand.dialog("Jobs").get_by_role("listitem").first
    job.get_by_role("button", name="Repeat").press("Enter")
    job.get_by_role("button", name="Generate 2 samples").wait_for()
    job.get_by_role("spinbutton", name="Times").fill("3")
    again = job.get_by_role("button", name="Generate 6 samples")
    again.wait_for()
    assert "model call" in str(again.get_attribute("title"))
    shots(view.root, "job-repeat")
    again.click()
    view.until(lambda: view.by_status()["All"] == before + 6)
    view.until(lambda: ", 8 of 8 samples" in str(hand.item("Late").get_attribute("aria-label")))
