"""The widget for who hears it instead of seeing it, or sees it badly.

axe looks at every state that the widget can be brought into: nothing serious may be found, in any theme. And no control
may lie where it cannot be brought into sight, or below another one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import OpenNotebook
from tests.browser.lab import Notebook
from tests.browser.look import COVERED, SETTLED
from tests.browser.test_states import narrow
from tests.browser.widget import StudioView

AXE = Path(__file__).resolve().parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"
OPEN = """from typing import Annotated, Literal

import synth_widgets as sw
from pydantic import BaseModel, Field
from synth_widgets.errors import AccessError
from synth_widgets.fake_values import FakeValues
from synth_widgets.money import Price
from synth_widgets.testing import ScriptedCompleter, fake_value

class Order(BaseModel):
    number: str
    items: list[str] = []

class Ticket(BaseModel):
    urgency: Literal["low", "high"]
    answered: bool
    summary: Annotated[str, Field(max_length=60)]
    order: Order | None = None

fakes = FakeValues(3)

def answer(request):
    made = fake_value(fakes, request.schema, names=request.step == "topics")
    return {**made, "summary": "Shorter."} if "shorter" in str(request.messages) else made

def fault(number, request):
    if request.step == "inputs" and "Refused" in str(request.messages):
        return AccessError("The key was refused.")
    return "garbage" if request.step == "outputs" and "Failing" in str(request.messages) else None

slow = 0.0
task = sw.Task("Triage", "Read a message, return its urgency and a summary.", output_schema=Ticket,
               requirements=["Never guess an order number."])
model = ScriptedCompleter(answers=answer, faults=fault, price=Price(5e-7, 2e-6, ""), latency=lambda _request: slow)
studio = sw.Studio(task, model=model, guidance="Write as people do.")"""
FILL = """for name in ("Billing", "Delivery"):
    studio.topics.add((name, "Late"), (name, "Early"))
    await studio.grow(name, depth=0, samples=4)
studio.topics.add("Refused")
text = "Failing: " + "why " * 20
studio.add_samples([{"input": text}])
await studio.generate_outputs()
refused = studio.grow("Refused", depth=0, samples=1)"""
SLOW = """slow = 60
job = studio.grow("Billing", depth=0, samples=9)"""

SERIOUS = """(root, rules) => axe.run(root, { resultTypes: ['violations'], ...(rules && { runOnly: rules }) })
  .then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, any, all }) =>
      `${id}: ${html.slice(0, 160)} ${[...any, ...all].map(({ message }) => message).join('; ').slice(0, 160)}`)))"""
WEAR = "(root, theme) => { root.dataset.swTheme = theme; }"

State = tuple[str, Callable[[StudioView[Notebook]], object], Callable[[StudioView[Notebook]], object]]


def opened(open_notebook: OpenNotebook, *cells: str) -> StudioView[Notebook]:
    notebook = open_notebook([OPEN, "studio", *cells])
    notebook.run_cell(0)
    notebook.run_cell(1)
    view = StudioView(notebook, cell=1)
    view.page.evaluate(AXE.read_text(encoding="utf-8"))
    return view


def close(view: StudioView[Notebook]) -> None:
    """Close what is open."""
    view.press(["Escape"])
    view.root.get_by_role("dialog").wait_for(state="detached")


def popover(name: str) -> State:
    """Return the state in which a popover of the top bar is open."""

    def show(view: StudioView[Notebook]) -> None:
        bar = view.root.get_by_role("toolbar", name="Studio")
        bar.get_by_role("button", name=re.compile(f"^{name}")).first.click()
        view.root.get_by_role("dialog").wait_for()

    return name, show, close


def by_key(name: str, *keys: str) -> State:
    """Return the state in which the dialog is open that these keys open on a draft."""

    def show(view: StudioView[Notebook]) -> None:
        view.show("Draft")
        view.grid.focus()
        view.press(["Home", *keys])
        view.root.get_by_role("dialog").wait_for()

    return name, show, close


def one_at_a_time(view: StudioView[Notebook]) -> None:
    """Change between the grid and one sample, large."""
    view.show("Draft")
    view.grid.focus()
    view.press("f")
    view.page.evaluate("() => new Promise(requestAnimationFrame)")


def go_to(status: str) -> Callable[[StudioView[Notebook]], None]:
    def go(view: StudioView[Notebook]) -> None:
        view.show(status)
        view.sample.wait_for()

    return go


def select_some(view: StudioView[Notebook]) -> None:
    view.grid.focus()
    view.press(["Home", "Shift+ArrowDown", "Shift+ArrowDown"])


def edit(view: StudioView[Notebook]) -> None:
    """Open the form and make one field invalid."""
    view.show("Draft")
    view.grid.focus()
    view.press(["Home", "e"])
    form = view.root.get_by_role("complementary", name="Edit the sample")
    form.get_by_label("summary", exact=True).fill("x" * 61)
    form.get_by_role("alert").wait_for()


def discard(view: StudioView[Notebook]) -> None:
    view.button("Discard").click()
    view.show("All")


def compare(view: StudioView[Notebook]) -> None:
    """Keep one, make it anew, and lay the two side by side."""
    view.show("Draft")
    view.grid.focus()
    view.press(["Home", "a"])
    view.until(lambda: view.by_status()["Kept"] == 1)
    view.show("Kept")
    view.grid.focus()
    view.press(["Home", "Shift+R"])
    view.root.get_by_text("New version").first.wait_for()
    view.press(["d"])
    view.root.get_by_role("region", name="Compare versions").locator("ins").first.wait_for()


def decline(view: StudioView[Notebook]) -> None:
    view.press(["ArrowLeft"])
    view.root.get_by_role("region", name="Compare versions").wait_for(state="detached")
    view.show("All")


def regenerate(view: StudioView[Notebook]) -> None:
    view.show("Draft")
    view.grid.focus()
    view.press(["Home", "r"])
    view.root.get_by_role("dialog", name="Regenerate").wait_for()


def name_topic(view: StudioView[Notebook]) -> None:
    view.choose_topic("Billing")
    view.press(["+"])
    view.root.get_by_role("textbox", name="Name of the new topic").wait_for()


def leave_topic(view: StudioView[Notebook]) -> None:
    view.press(["Escape"])
    view.choose_topic("All topics")


def search(view: StudioView[Notebook]) -> None:
    view.show("All")
    view.grid.focus()
    view.press(["/"])
    view.page.keyboard.type("no such word")
    view.root.get_by_text("No samples hold").wait_for()


def search_nothing(view: StudioView[Notebook]) -> None:
    view.press(["Escape", "Escape"])


STATES: tuple[State, ...] = (
    ("review", go_to("All"), lambda _view: None),
    ("selected", select_some, lambda view: view.press(["Escape"])),
    ("failed", go_to("Failed"), go_to("All")),
    ("edit", edit, discard),
    ("diff", compare, decline),
    ("regenerate", regenerate, close),
    ("name of a topic", name_topic, leave_topic),
    ("nothing found", search, search_nothing),
    by_key("palette", "Control+k"),
    by_key("filters", "Shift+F"),
    by_key("reason", "Shift+X"),
    ("focus", one_at_a_time, lambda view: view.press("f")),
    *map(popover, ("Triage", "Model", "Guidance", "Jobs", "Keys", "Export", "Generate")),
)


Examine = Callable[[StudioView[Notebook], str], None]


@pytest.fixture(params=[("dark",), pytest.param(("contrast", "contrast-light"), marks=pytest.mark.slow)], ids="-".join)
def examine(request: pytest.FixtureRequest) -> Examine:
    """Let axe look at a state in the theme that it wears, and at its colours in other themes."""

    def look(view: StudioView[Notebook], name: str) -> None:
        found = view.root.evaluate(SERIOUS)
        now = view.root.get_attribute("data-sw-theme")
        for theme in request.param:
            view.root.evaluate(WEAR, theme)
            view.root.evaluate(SETTLED)
            found += [f"{theme}: {each}" for each in view.root.evaluate(SERIOUS, ["color-contrast"])]
        view.root.evaluate(WEAR, now)
        view.root.evaluate(SETTLED)
        assert not found, f"{name}: " + "\n".join(found)

    return look


def test_axe_finds_nothing_serious_in_any_state(open_notebook: OpenNotebook, examine: Examine) -> None:
    view = opened(open_notebook, FILL, SLOW)
    view.root.get_by_role("heading", name="Generate your first samples").wait_for()
    examine(view, "empty")
    view.notebook.run_cell(2)
    view.until(lambda: view.by_status()["Failed"] == 1)
    for name, show, leave in STATES:
        show(view)
        examine(view, name)
        assert not (covered := view.root.evaluate(COVERED)), f"{name}: {covered}"
        leave(view)
    view.notebook.run_cell(3)
    view.running.wait_for()
    examine(view, "running")
    narrow(view.notebook)
    for pane in ("Topics", "Samples", "Sample"):
        view.root.get_by_role("tab", name=pane, exact=True).click()
        examine(view, f"narrow {pane}")
    view.button(re.compile("^Stop")).first.click()
    view.until(lambda: not view.running.is_visible())
