"""Where no kernel runs, a person still sees their data, and is told that it is a picture of then.

Three ways lead there. A page made of a notebook (nbconvert, GitHub) shows the text/html part of the output: a table
without script, whatever the samples say. A host that kept the widget's state draws our bundle with nobody behind it:
after three seconds without an answer it shows the saved state, read-only. And if a kernel answers after all, its state
takes that place. (The hosts' own player of saved states, html-manager, is not installed here; the second page below
does what it does: it gives the bundle a model whose messages reach nobody.)
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import BrowserContext, Page

import synth_widgets as sw
from synth_widgets.testing import ScriptedCompleter
from tests.browser.conftest import Shots

STATIC = Path(sw.__file__).parent / "static"
EVIL = "<script>window.evil = 1</script><img src=x onerror='window.evil = 1'>"

PAGE = """<!doctype html><meta charset="utf-8"><title>saved</title><style>CSS</style><main></main>
<script type="module">
const listeners = new Map();
const model = {
  traits: TRAITS,
  sent: [],
  get: (name) => model.traits[name],
  set: (name, value) => { model.traits[name] = value; },
  save_changes: () => {},
  send: (message) => { model.sent.push(message); },
  on: (name, call) => listeners.set(name, [...(listeners.get(name) ?? []), call]),
  off: () => {},
};
window.model = model;
window.answer = (message) => (listeners.get("msg:custom") ?? []).forEach((call) => call(message));
const source = new Blob([SOURCE], { type: "text/javascript" });
const { default: define } = await import(URL.createObjectURL(source));
const widget = await define();
const { signal } = new AbortController();
await widget.initialize?.({ model, signal });
await widget.render({ model, el: document.querySelector("main"), signal });
</script>"""


@pytest.fixture
def studio() -> Iterator[sw.Studio]:
    task = sw.Task(f"Letters {EVIL}", "Answer the letter.")
    studio = sw.Studio(task, path=":memory:", model=ScriptedCompleter())
    studio.topics.add("Backpacks", f"Coffee {EVIL}")
    studio.grow(depth=0, samples=3).wait(20)
    studio.keep([sample.id for sample in studio.samples][:2])
    yield studio
    studio.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert not errors
    assert page.evaluate("window.evil") is None, "a sample's text was run"


def saved_page(traits: dict[str, Any]) -> str:
    script, style = ((STATIC / name).read_text(encoding="utf-8") for name in ("widget.js", "widget.css"))
    parts = {"SOURCE": script, "TRAITS": traits}
    whole = PAGE.replace("CSS", style)
    for name, value in parts.items():
        whole = whole.replace(name, json.dumps(value).replace("</", "<\\/"), 1)
    return whole


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_made_of_the_notebook_shows_the_samples_without_a_script(
    scheme: Any, studio: sw.Studio, page: Page, shots: Shots, tmp_path: Path
) -> None:
    data, metadata = studio._repr_mimebundle_()
    output = nbformat.v4.new_output("display_data", data=data, metadata=metadata)
    cell = nbformat.v4.new_code_cell("studio", outputs=[output])
    body, _ = HTMLExporter(embed_images=False).from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    path = tmp_path / "notebook.html"
    path.write_text(body, encoding="utf-8")
    page.route("http*://**", lambda route: route.abort())
    page.emulate_media(color_scheme=scheme)
    page.goto(path.as_uri(), wait_until="domcontentloaded")
    table = page.locator(".sw-static")
    said = table.inner_text()
    total = len(list(studio.samples))
    assert f"{total} of {total} samples" in said
    assert "2 kept" in said
    assert "Read-only. Run the cell to go on." in said
    assert EVIL in said
    assert table.locator("script, img").count() == 0
    shots(table, f"static-{scheme}")


def test_a_saved_widget_whose_kernel_never_answers_shows_what_was_saved(
    studio: sw.Studio, page: Page, shots: Shots
) -> None:
    studio._repr_mimebundle_()
    traits = {name: getattr(studio.widget, name) for name in ("theme", "height", "_commands", "_snapshot")}
    page.set_content(saved_page(traits))
    root = page.locator(".sw-root")
    root.get_by_text("No kernel. As of").wait_for()
    total = len(list(studio.samples))
    page.wait_for_function("total => document.querySelectorAll('.sw-row').length === total", arg=total)
    assert root.locator(".sw-nofm").inner_text().split() == [str(total), "of", str(total)]
    assert EVIL in page.locator(".sw-tree").inner_text()
    generate = root.get_by_role("button", name="Generate", exact=False).last
    assert generate.get_attribute("aria-disabled") == "true"
    page.locator(".sw-row").first.click()
    page.keyboard.press("x")
    root.get_by_text("Read-only. Run the cell to go on.").first.wait_for()
    assert not page.evaluate("model.sent.some((message) => message.t === 'cmd')")
    shots(root, "saved-without-kernel")


def test_a_kernel_that_answers_late_takes_the_place_of_what_was_saved(studio: sw.Studio, page: Page) -> None:
    studio._repr_mimebundle_()
    saved = studio.widget._snapshot
    page.set_content(saved_page({"theme": "light", "height": 764, "_snapshot": saved}))
    root = page.locator(".sw-root")
    root.get_by_text("No kernel. As of").wait_for()
    now = {**saved["page"], "epoch": "live", "rev": 9, "samples": saved["page"]["samples"][:1]}
    page.evaluate("answer", now)
    root.get_by_text("Saved", exact=True).or_(root.get_by_text("In memory")).first.wait_for()
    page.wait_for_function("document.querySelectorAll('.sw-row').length === 1")
