"""Every state a person meets can be read, in Lab's light and dark theme and in a narrow column.

The theme is switched while each state stands there, as a person does at dusk.

The pictures in build/shots are for eyes. What the tests hold is what a picture would show at a glance: the widget
wears the notebook's theme, each text on it stands out from what is behind it (WCAG AA: 4.5 to 1), nothing sticks out
of the widget, and a state says what it is for: the empty one what to press, a failed sample why and what the model
wrote.
"""

from __future__ import annotations

import json
import re
from typing import Literal

from tests.browser.conftest import OpenNotebook, Shots
from tests.browser.lab import Notebook
from tests.browser.look import Theme, check_look
from tests.browser.widget import TASK, StudioView

LAB_THEMES: dict[Theme, Literal["JupyterLab Light", "JupyterLab Dark"]] = {
    "light": "JupyterLab Light",
    "dark": "JupyterLab Dark",
}
SCRIPTED = r"""import itertools, json
from synth_widgets.money import Price
from synth_widgets.testing import ScriptedCompleter

TOPICS = ["Backpacks", "Coffee machines", "Headphones", "Rain jackets", "Desk lamps", "Cast iron pans"]
REVIEWS = [
    "The straps dig into my shoulders after an hour, and one buckle came off on the first trip.",
    "Arrived two days early, packed well. The colour is a bit darker than in the pictures, but I like it.",
    "Too expensive for what it is. My old one was half the price and did the same.",
    "I wrote to them about a missing screw and got a whole bag of them two days later. Great people!",
    "Works. Nothing special, but it works, and I have used it every single day since March.",
    "the box was open and the manual was in a language i cannot read",
    "Best thing I bought this year. It is quiet, it is quick, and it cleans itself.",
    "It leaks. I tightened everything twice and it still leaks, all over the kitchen counter.",
    "Good sound for the price, but the cable is far too short for a desk.",
    "Ordered in June, came in August. Nobody answered my three e-mails in the meantime.",
    "Kept me dry for four hours on the coast of Norway. Cannot ask for more than that.",
    "The switch broke after a week. They sent a new one at once, and that one broke as well.",
]
made = {"topics": itertools.cycle(TOPICS), "inputs": (
    text if turn == 0 else f"{text} (bought again, number {turn + 1})" for turn in itertools.count() for text in REVIEWS
)}
about = itertools.cycle(["quality", "delivery", "price", "service", "quality"])
opinion = itertools.cycle(["bad", "good", "mixed"])
outputs = itertools.count(1)

def answer(request):
    if request.step == "outputs":
        return {"about": next(about), "opinion": next(opinion)}
    return {"items": [next(made[request.step]) for _ in range(4)]}

def fault(number, request):
    return FAULT if request.step == "outputs" else None

def latency(request):  # after the first four there is time to look
    return LATER if request.step == "outputs" and next(outputs) > 4 else 0.05

model = ScriptedCompleter(answers=answer, faults=fault, name="scripted", latency=latency, price=Price(5e-7, 2e-6, ""))
studio = sw.Studio(task, model=model)"""


def opened(
    open_notebook: OpenNotebook, *, later: float = 0.05, fault: str = "None", more: str = ""
) -> StudioView[Notebook]:
    """Open a notebook with an empty studio in its third cell, and perhaps one more below it."""
    scripted = SCRIPTED.replace("FAULT", fault).replace("LATER", str(later))
    notebook = open_notebook([TASK, scripted, "studio", *([more] if more else [])])
    for cell in range(3):
        notebook.run_cell(cell)
    return StudioView(notebook, cell=2)


def look(view: StudioView[Notebook], name: str, shots: Shots) -> None:
    """Look at a state in the theme that the notebook has, then in the other: keep a picture, check it."""
    now = theme_of(view)
    other: Theme = "light" if now == "dark" else "dark"
    for theme in (now, other):
        if theme != theme_of(view):
            view.notebook.set_theme(LAB_THEMES[theme])
            view.until(lambda theme=theme: theme_of(view) == theme)
        shots(view.root, f"{name}-{theme}")
        check_look(view, theme, name)


def theme_of(view: StudioView[Notebook]) -> Theme:
    return "dark" if view.root.get_attribute("data-sw-theme") == "dark" else "light"


def test_each_state_of_a_generation_wears_each_theme_and_can_be_read(open_notebook: OpenNotebook, shots: Shots) -> None:
    view = opened(open_notebook, later=6)
    view.root.get_by_role("heading", name="Generate your first samples").wait_for()
    view.root.get_by_role("button", name=re.compile(r"^Generate 128 samples")).wait_for()
    view.root.get_by_text("model calls").wait_for()
    view.until(lambda: "…" not in view.root.locator(".sw-est").inner_text())
    look(view, "empty", shots)

    view.add_topic("Backpacks", "Coffee machines")
    popover = view.plan(topics=4, subtopics=0, samples=4)
    view.until(lambda: "…" not in popover.inner_text())
    assert re.search(r"cost\s*\$0\.\d+ – \$0\.\d+", popover.inner_text()), "before it is sent"
    look(view, "generate", shots)

    popover.get_by_role("button", name=re.compile(r"^Generate 16 samples")).click()
    view.until(lambda: 4 <= view.by_status()["Draft"] == int(view.running.get_attribute("aria-valuenow") or 0) < 16)
    assert re.search(r"tokens · \$0\.\d+", view.root.inner_text()), "what the job costs so far"
    look(view, "running", shots)

    view.until_idle()
    view.open_row(view.rows()[0].id)
    view.press("aaxa")
    view.until(lambda: (view.by_status()["Kept"], view.by_status()["Rejected"]) == (3, 1))
    view.sample.get_by_role("heading", name="Made by").wait_for()
    assert re.search(r"tokens · \$0\.\d+ · ", view.sample.inner_text()), "what the sample's calls cost"
    spent = view.root.get_by_title("Set a budget").inner_text()
    assert re.fullmatch(r"\$0\.\d+", spent)
    look(view, "review", shots)
    shots(view.page, "review-in-lab")

    view.press("?")
    view.root.get_by_role("dialog", name=re.compile("Keys")).wait_for()
    look(view, "help", shots)


SENT = """texts = ["differ much in length", "Formal, please."]
print(json.dumps([sorted({r.step for r in model.requests if text in str(r.messages)}) for text in texts]))"""


def test_guidance_is_what_a_person_wrote_or_chose_and_goes_to_the_steps_that_the_form_says(
    open_notebook: OpenNotebook, shots: Shots
) -> None:
    view = opened(open_notebook, more=SENT)
    words = view.root.get_by_role("textbox", name="Guidance for this run")
    assert words.input_value() == ""
    view.button("Lengths").click()
    view.button("Edge cases").click()
    view.button("Edge cases").click()
    assert view.button("Lengths").get_attribute("aria-pressed") == "true"
    look(view, "empty-guided", shots)
    view.root.get_by_role("button", name="Try 8 first").click()
    view.until(lambda: view.by_status()["Draft"] == 8)
    view.until_idle()

    popover = view.plan(samples=3)
    assert words.input_value() == ""
    words.fill("Formal, please.")
    popover.get_by_role("radio", name="Outputs").check()
    look(view, "generate-guided", shots)
    popover.get_by_role("button", name=re.compile(r"^Generate \d+ samples")).click()
    view.until(lambda: view.by_status()["Draft"] > 8)
    view.until_idle()
    assert json.loads(view.notebook.run_cell(3)) == [["inputs", "topics"], ["outputs"]]
    view.button("Jobs").click()
    view.root.get_by_text("Outputs: Formal, please.").wait_for()


def test_a_failed_sample_shows_its_reason_and_what_the_model_wrote(open_notebook: OpenNotebook, shots: Shots) -> None:
    view = opened(open_notebook, fault='"garbage" if number % 2 else "invalid"')
    view.add_topic("Backpacks")
    view.choose_topic("Backpacks")
    view.grow(samples=4)
    view.until(lambda: view.by_status()["Failed"] == 4)
    view.until_idle()
    view.root.get_by_role("group", name="Status").get_by_role("button", name=re.compile("^Failed")).click()
    view.open_row(view.rows()[0].id)
    view.sample.get_by_role("heading", name="What the model wrote").wait_for()
    view.sample.locator("pre").first.wait_for()
    said = view.sample.inner_text()
    assert "as a script I would rather talk about the weather" in said or '"wrong"' in said
    reason = view.sample.locator(".sw-note").inner_text()
    assert len(reason) > 10
    assert reason.casefold() in view.grid.inner_text().casefold()
    assert view.sample.get_by_role("button", name=re.compile("^Retry")).is_visible()
    look(view, "failed", shots)


def test_in_a_narrow_column_one_pane_at_a_time_holds_everything(open_notebook: OpenNotebook, shots: Shots) -> None:
    view = opened(open_notebook)
    narrow(view.notebook)
    view.root.get_by_role("tab", name="Topics").wait_for()
    view.until(lambda: 380 <= (view.root.bounding_box() or {})["width"] <= 440)
    look(view, "narrow-empty", shots)
    view.root.get_by_role("tab", name="Topics").click()
    view.add_topic("Backpacks", "Coffee machines")
    look(view, "narrow-topics", shots)
    view.grow(topics=2, subtopics=0, samples=3)
    view.until(lambda: view.root.get_by_role("tab", name="Samples").get_attribute("aria-selected"))
    view.root.get_by_role("tab", name="Samples").click()
    view.until(lambda: view.by_status()["Draft"] == 6)
    view.until_idle()
    look(view, "narrow-samples", shots)
    first = view.rows()[0]
    view.open_row(first.id)
    view.sample.get_by_text(first.input).wait_for()
    view.sample.get_by_role("heading", name="Made by").wait_for()
    look(view, "narrow-sample", shots)


def narrow(notebook: Notebook) -> None:
    """Make the notebook's column about as wide as a phone."""
    notebook.page.evaluate("void jupyterapp.commands.execute('application:toggle-left-area')")
    notebook.page.set_viewport_size({"width": 536, "height": 1000})


BREAK = """() => {
  const times = Intl.DateTimeFormat.prototype;
  const format = Object.getOwnPropertyDescriptor(times, 'format');
  window.swMend = () => Object.defineProperty(times, 'format', format);
  Object.defineProperty(times, 'format', { configurable: true, get() { throw new Error('no such calendar'); } });
}"""
"""The pane of a sample says when its versions were made, and cannot any more until `swMend` is called."""


def test_a_pane_that_cannot_be_drawn_says_so_while_the_others_work_on(
    open_notebook: OpenNotebook, shots: Shots
) -> None:
    view = opened(open_notebook)
    view.notebook.errors.allow("no such calendar")
    view.add_topic("Backpacks")
    view.choose_topic("Backpacks")
    view.grow(samples=4)
    view.until(lambda: view.by_status()["Draft"] == 4)
    view.until_idle()
    first, second, *_ = view.rows()
    view.open_row(first.id)
    view.sample.get_by_role("heading", name="Made by").wait_for()
    view.page.evaluate(BREAK)
    view.press("j")
    failure = view.root.get_by_role("alert", name="The sample cannot be shown")
    failure.get_by_text("Error: no such calendar").wait_for()
    view.press("a")
    view.until(lambda: view.by_status()["Kept"] == 1)
    assert next(row for row in view.rows() if row.id == second.id).status == "Kept"
    look(view, "pane-failed", shots)

    failure.get_by_role("button", name="Copy details").click()
    view.root.get_by_text("Copied the details").wait_for()
    view.page.evaluate("swMend()")
    failure.get_by_role("button", name="Draw again").click()
    view.sample.get_by_role("heading", name="Made by").wait_for()
    assert failure.count() == 0
