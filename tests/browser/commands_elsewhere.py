"""What the commands of topics, jobs and settings do in the page; those of samples are in ``commands.py``."""

from __future__ import annotations

from tests.browser.commands import Do, button, in_dialog
from tests.browser.stage import Stage


def in_tree(stage: Stage) -> None:
    stage.text = f"Topic {stage.number}"
    stage.topic("All topics").click()


def on_own_topic(stage: Stage) -> None:
    in_tree(stage)
    stage.view.add_topic(stage.text)
    stage.view.choose_topic(stage.text)


def topic_menu(word: str) -> Do:
    """Press a line of the chosen topic's menu."""

    def press(stage: Stage) -> None:
        button("Topic menu")(stage).click()
        in_dialog("Topic", word)(stage).click()

    return press


def drag_to(name: str) -> Do:
    """Drag the topic on which the line stands onto another one."""
    return lambda stage: stage.topic(stage.text).drag_to(stage.topic(name))


def put_on_lamps(stage: Stage) -> None:
    """Where a topic is lifted, put it down: by mouse with a click, by keys with Enter."""
    if stage.way == "mouse" and stage.view.root.locator(".sw-tree--held").count():
        stage.topic("Lamps").click()
    elif stage.way != "mouse":
        items = "tree => [...tree.querySelectorAll('[role=treeitem]')].map(item => item.ariaLabel.split(',')[0])"
        names = stage.view.tree.evaluate(items)
        stage.view.press([*["ArrowUp"] * (names.index(stage.text) - names.index("Lamps")), "Enter"])


def type_target(stage: Stage) -> None:
    stage.dialog("Topic").get_by_role("textbox", name="Samples wanted").fill("7")
    stage.view.press(["Enter"])


def jobs_open(stage: Stage) -> None:
    """One sample was made at a topic of its own, and the list of jobs is open."""
    on_own_topic(stage)
    stage.view.grow(samples=1)
    stage.view.until(lambda: stage.has(stage.text) == 1)
    stage.view.until_idle()
    stage.topic("All topics").click()
    button("Jobs")(stage).click()
    stage.dialog("Jobs").wait_for()


def repeat_open(stage: Stage) -> None:
    jobs_open(stage)
    in_dialog("Jobs", "Repeat")(stage).click()
    in_dialog("Jobs", "Generate 1 sample")(stage).wait_for()
    stage.counts = stage.view.by_status()


def budget_typed(stage: Stage) -> None:
    stage.view.root.get_by_title("Set a budget").click()
    stage.dialog("Budget").get_by_role("textbox", name="US dollars").fill(str(stage.number))


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
    if stage.dialog("Guidance").is_visible():  # until the kernel has answered
        return False
    button("Guidance")(stage).click()
    said = stage.dialog("Guidance").get_by_role("textbox", name="Every step").input_value()
    stage.view.press(["Escape"])
    return said == stage.text


def model_typed(stage: Stage) -> None:
    stage.text = f"ollama/number-{stage.number}"
    button("Model")(stage).click()
    stage.dialog("Model").get_by_role("textbox", name="Another model").fill(stage.text)
