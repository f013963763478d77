"""Texts that break things stand in the widget as text, in every place where one can stand, and do nothing.

The names of fields, the values to choose from, topics, guidance, requirements, tags, reasons, inputs and outputs of
one studio are markup that would run, characters that reverse or end a line, words of 100,000 letters, `__proto__`. No
script of theirs runs, nothing is asked of the network, nothing sticks out of the widget, and what is typed arrives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

import synth_widgets as sw
from synth_widgets.testing import ScriptedCompleter
from synth_widgets.text.normal import storable
from synth_widgets.text.shown import shown as escaped
from tests.browser.conftest import OpenNotebook, Shots
from tests.browser.lab import Notebook
from tests.browser.look import SIDEWAYS, check_look
from tests.browser.test_states import narrow
from tests.browser.widget import StudioView
from tests.naughty import TEXTS, answer, name_of, shown, tag_of, task

OPEN = """import json
import synth_widgets as sw
from synth_widgets.testing import ScriptedCompleter
studio = sw.Studio(path={path!r}, model=ScriptedCompleter())"""
TAKE = """frame = studio.to_pandas(status="all", flatten=False)
json.dump([frame["output"].to_dict(), studio.topics.paths(), studio.guidance], open("end.json", "w"))"""
TYPED = {
    "__proto__": "constructor",
    "constructor": "markup",
    "<b onmouseover=window.evil=11>": "attribute",
    "a.b": "bidi left open",
    "toString": "quotes",
    "*extra": "looks like JSON",
}
"""What is typed into which field."""

NAMES_IN_TREE = """async root => {
  const tree = root.querySelector('[role=tree]');
  const frame = () => new Promise(requestAnimationFrame);
  const found = new Set();
  for (let top = 0; top === 0 || top < tree.scrollHeight; top += tree.clientHeight / 2) {
    tree.scrollTop = top;
    await frame();
    await frame();
    for (const name of tree.querySelectorAll('[role=treeitem] [dir=auto]')) found.add(name.textContent);
  }
  tree.scrollTop = 0;
  await frame();
  await frame();
  return [...found];
}"""


def filled(path: Path) -> dict[str, str]:
    """Write the studio file; return the texts by the id of the sample that holds each."""
    by_id: dict[str, str] = {}

    def again(request: Any) -> Any:
        said = str(request.messages[-1]["content"])
        return answer(TEXTS["template"]) if "once more" in said else answer(said)

    def fault(number: int, request: Any) -> Any:
        return "garbage" if "fails <" in str(request.messages) else None

    with sw.Studio(task(), path=path, model=ScriptedCompleter(answers=again, faults=fault)) as studio:
        studio.set_guidance(TEXTS["markup"], topics=TEXTS["line ends"], inputs=TEXTS["bidi left open"])
        for text in TEXTS.values():
            studio.topics.add((name_of(text), f"below {name_of(text)}"), guidance=text[:20_000], target=3)
            row = {"input": text, "output": answer(text)}
            studio.add_samples([row], topic=(name_of(text), f"below {name_of(text)}"), tags=[tag_of(text)])
            by_id[list(studio.samples)[-1].id] = text
        first, second, third, *_ = by_id
        studio.keep([first, second])
        studio.regenerate([first, second], guidance=TEXTS["markup"]).wait(30)
        studio.reject(third, reason=TEXTS["markup"])
        last = list(studio.samples)[-1].topic
        studio.add_samples([{"input": "bare", "output": {"choice": TEXTS["markup"]}}], topic=last)
        studio.add_samples([{"input": f"fails {TEXTS['markup']}"}])
        studio.generate_outputs().wait(30)
    return by_id


class Watch:
    """What a page did that no text of a sample may make it do."""

    def __init__(self, page: Page, own: str) -> None:
        self.did: list[str] = []
        page.on("dialog", lambda dialog: (self.did.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: self._request(request.url, own))
        page.on("popup", lambda popup: self.did.append(f"popup {popup.url}"))
        self._page = page

    def _request(self, url: str, own: str) -> None:
        if not url.startswith((own, "blob:", "data:image", "data:font", "data:application")) or "evil" in url:
            self.did.append(f"request {url[:200]}")

    def nothing(self) -> bool:
        """Whether nothing of the kind happened so far."""
        assert not self.did
        assert self._page.evaluate("window.evil") is None, "a text was run"
        return True


def holds(part: Locator, text: str) -> bool:
    """Whether a text stands there, letter for letter, as text."""
    return str(storable(text)) in str(part.evaluate("element => element.textContent"))


def test_texts_that_break_things_only_stand_there(open_notebook: OpenNotebook, shots: Shots, tmp_path: Path) -> None:
    path = tmp_path / "naughty.synth"
    by_id = filled(path)
    notebook = open_notebook([OPEN.format(path=str(path)), "studio", TAKE])
    watch = Watch(notebook.page, notebook.server.url)
    notebook.run_cell(0)
    notebook.run_cell(1)
    view = StudioView(notebook, cell=1)
    view.until(lambda: view.by_status()["All"] == len(TEXTS) + 2)

    def look(name: str) -> None:
        shots(view.root, f"naughty-{name}")
        watch.nothing()
        assert not (wide := view.root.evaluate(SIDEWAYS)), f"{name}: {wide}"
        check_look(view, "light", name)

    assert {escaped(name_of(text), 500) for text in TEXTS.values()} <= set(view.root.evaluate(NAMES_IN_TREE))
    assert by_id.keys() <= {row.id for row in view.all_rows()}
    look("grid")
    walk(view, by_id)
    watch.nothing()
    look("detail")
    compared(view, by_id, look)
    popovers(view, look)
    typed(view, by_id, look)
    narrow(notebook)
    for pane in ("Topics", "Samples", "Sample"):
        view.root.get_by_role("tab", name=pane, exact=True).click()
        look(f"narrow-{pane}")
    notebook.run_cell(2)
    outputs, topics, guidance = json.loads((notebook.folder / "end.json").read_text(encoding="utf-8"))
    first = next(iter(by_id))
    expected = {**answer(by_id[first]), **{name: TEXTS[what] for name, what in TYPED.items()}}
    assert outputs[first] == json.loads(json.dumps(expected))
    assert [name_of(by_id[first]), f"{TEXTS['emoji']}!"] in topics
    assert guidance["outputs"] == TEXTS["template"]


def walk(view: StudioView[Notebook], by_id: dict[str, str]) -> None:
    """Go through all samples: row and detail hold the text, and nothing is too wide."""
    view.grid.focus()
    view.press(["Home"])
    for _ in range(len(by_id) + 2):
        sample = view.focused()
        if sample in by_id:
            view.until(lambda sample=sample: holds(view.sample, by_id[sample]))
            assert holds(view.row(sample), by_id[sample][:40])
            assert holds(view.sample.locator("dd").first, answer(by_id[sample])["choice"])
        assert not (wide := view.root.evaluate(SIDEWAYS)), f"{by_id.get(sample, '')[:40]!r}: {wide}"
        view.press("j")


def compared(view: StudioView[Notebook], by_id: dict[str, str], look: Callable[[str], None]) -> None:
    """Two versions side by side, and a sample that failed with what the model wrote."""
    view.press(["Home", "j", "d"])  # below the failed one, which has no topic
    diff = view.root.get_by_role("region", name="Compare versions")
    diff.locator("del").first.wait_for()
    assert holds(diff, TEXTS["template"])
    assert holds(diff, TEXTS["markup"])
    look("diff")
    view.press(["Escape"])
    diff.wait_for(state="detached")
    look("kept")
    view.show("Failed")
    view.sample.get_by_role("heading", name="What the model wrote").wait_for()
    look("failed")
    view.show("All")


def popovers(view: StudioView[Notebook], look: Callable[[str], None]) -> None:
    """Open each popover and dialog: what stands in it is text."""
    held = {
        "Task": (TEXTS["bidi override"], TEXTS["attribute"], TEXTS["link"]),
        "Guidance": (),
        "Model": (),
        "Jobs": (TEXTS["markup"],),
        "Export": (),
        "Generate": (),
    }
    for name, texts in held.items():
        view.grid.focus()
        opener(view, name).click()
        dialog = view.root.get_by_role("dialog").first
        dialog.wait_for()
        for text in texts:
            assert holds(dialog, text), f"{name} does not hold {text!r}"
        look(f"popover-{name}")
        view.press(["Escape"])
        dialog.wait_for(state="detached")


def opener(view: StudioView[Notebook], name: str) -> Locator:
    """Return the button that opens a popover."""
    bar = view.root.get_by_role("toolbar", name="Studio")
    return bar.get_by_role("button", name=re.compile("^Naughty" if name == "Task" else f"^{name}")).first


def typed(view: StudioView[Notebook], by_id: dict[str, str], look: Callable[[str], None]) -> None:
    """Edit fields, name a topic and set guidance by hand, with texts that break things."""
    form = view.root.get_by_role("complementary", name="Edit the sample")
    view.grid.focus()
    view.press(["End", "e"])
    for name in ("__proto__", "constructor", "toString"):
        form.get_by_role("button", name=f"Set: {name}", exact=True).wait_for()
    view.press(["Escape", "Home", "j", "e"])
    form.get_by_role("button", name="Remove: toString").wait_for()
    options = form.locator("select option").all_text_contents()
    assert len(options) == len(shown()) + 4
    for text, option in zip(shown(), options, strict=False):
        assert option in {text, json.dumps(text, ensure_ascii=False)}  # quoted where it would be no text without
    for name, what in TYPED.items():
        form.get_by_label(name, exact=True).fill(TEXTS[what])
    look("edit")
    view.press(["Control+Enter"])
    form.wait_for(state="detached")
    view.tree.get_by_role("treeitem").nth(1).click()
    view.add_topic(f"{TEXTS['emoji']}!")
    opener(view, "Guidance").click()
    dialog = view.root.get_by_role("dialog", name="Guidance")
    dialog.get_by_role("textbox", name="Outputs").fill(TEXTS["template"])
    dialog.get_by_role("button", name=re.compile("^Save")).click()
    dialog.wait_for(state="detached")
