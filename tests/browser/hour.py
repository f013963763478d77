"""An hour of review, played by keys alone in the real widget, and what it must come to.

An `Hour` presses the keys in a page, predicts after each where the focus must stand, and lets its `Plan` follow. It
never looks at the page to learn what happened: where the two part, the test says so.
"""

from __future__ import annotations

import inspect
import json
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.bench.big_file import Shares
from tests.browser.lab import Notebook
from tests.browser.plan import Plan, Step
from tests.browser.widget import StudioView

ROWS = 10_000
SHARES: Shares = (("kept", 76), ("draft", 8), ("rejected", 9), ("failed", 4), ("pending", 3))
"""Of a file in which most is judged already: from one draft to the next it is a dozen rows."""


def anew(text: str, wish: str) -> dict[str, Any]:
    """What the scripted model answers to an input, and to a wish that it should differ."""
    summary = f"Anew {zlib.crc32(text.encode())} {wish}".strip()
    return {
        "category": "other",
        "urgency": "low",
        "needs_person": False,
        "confidence": 0.5,
        "summary": summary,
        "steps": [],
    }


OPEN = """import json, re, zlib
from pathlib import Path
from typing import Any

import synth_widgets as sw
from synth_widgets.testing import ScriptedCompleter

ANEW
def answer(request):
    wish = re.search(r"wish [0-9]+$", str(request.messages[-1]["content"]))
    again = str(request.messages[-1]["content"]).startswith("Answer the same input once more")
    return anew(request.messages[-3 if again else -1]["content"], wish.group() if wish else "")

def told(frame):
    rows = frame.astype(object).where(frame.notna(), None)
    return {i: [r.status, r.input, r.output, r.stars] for i, r in rows.iterrows()}

studio = sw.Studio(path=PATH, model=ScriptedCompleter(answers=answer))
Path("start.json").write_text(json.dumps(told(studio.to_pandas(status="all", flatten=False))))
""".replace("ANEW", inspect.getsource(anew))
TAKE = """df = studio.to_pandas(status="all", flatten=False)
Path("end.json").write_text(json.dumps(told(df)))"""

CLOCK = """(() => {
  const keys = window.swKeys = [];
  addEventListener('keydown', ({ key, target, timeStamp, shiftKey, ctrlKey }) => {
    if (['Shift', 'Control'].includes(key)) return;
    const typed = key.length === 1 && !ctrlKey && /INPUT|TEXTAREA/.test(target.tagName);
    const name = (ctrlKey ? 'Ctrl+' : '') + (shiftKey && key.length > 1 ? 'Shift+' : '') + key;
    const note = () => keys.push([typed ? 'a letter in a field' : name, performance.now() - timeStamp]);
    requestAnimationFrame(() => requestAnimationFrame(note));
  }, true);
})()"""
"""Notes for each key how long it takes until the second frame after it, in milliseconds."""

STANDS = """([root, id]) => new Promise((done) => {
  const look = (left) => {
    const grid = root.querySelector('[role=grid]');
    const now = grid?.getAttribute('aria-activedescendant')?.split('-s-')[1];
    const ready = document.activeElement === grid;
    if ((now === id && ready) || left === 0) done(ready ? now : `${now}, but the keys go elsewhere`);
    else requestAnimationFrame(() => look(left - 1));
  };
  look(300);
})"""
"""Which sample has the focus, as soon as it is the one expected and the grid has the keys; else after five seconds."""

DETAIL = ("Tab",) * 4
"""From the first field of the form, category, to the summary; the confidence is one before it."""


@dataclass
class Hour:
    """A person with a keyboard in front of one view."""

    view: StudioView[Notebook]
    plan: Plan
    random: random.Random
    focus: str
    done: dict[str, int] = field(default_factory=dict)
    """How often the person did what."""
    wishes: int = 0

    def play(self, verdicts: int) -> None:
        """Work until so many of the drafts are judged, from the top."""
        self.view.grid.focus()
        self.press("Home")
        drafts = {i for i, want in self.plan.want.items() if want.status == "draft"}
        acts, weights = zip(*ACTS, strict=True)
        while sum(self.plan.want[i].status in {"kept", "rejected"} for i in drafts) < verdicts:
            if self.plan.want[self.focus].status != "draft":
                self.skip()
            act = self.random.choices(acts, weights)[0]
            self.done[act.__name__] = self.done.get(act.__name__, 0) + 1
            act(self)
            self.stands()
        self.settled()

    # ------------------------------------------------------------ keys
    def press(self, *keys: str) -> None:
        """Press keys, one after another."""
        self.view.press(keys)

    def type(self, text: str) -> None:
        """Type over what the field holds."""
        self.press("Control+a")
        self.view.page.keyboard.type(text)

    # ------------------------------------------------------------ what must be seen
    def stands(self) -> None:
        """Wait until the focus stands where it must."""
        seen = self.view.page.evaluate(STANDS, [self.view.root.element_handle(), self.focus])
        assert seen == self.focus, f"after {self.done}: the focus is at {seen}, not at {self.focus}"

    def settled(self) -> None:
        """Wait until the tabs count what the plan counts."""
        self.view.until(lambda: self.view.by_status() == self.plan.counts())

    # ------------------------------------------------------------ verdicts
    def verdict(self, key: str) -> None:
        """Judge the sample in focus; the next draft comes up."""
        label, status = {"a": ("Keep", "kept"), "x": ("Reject", "rejected")}[key]
        self.press(key)
        self.plan.do(label, self.plan.changed([self.focus], status=status))
        self.focus = self.plan.next_draft(self.focus)

    def keep(self) -> None:
        self.verdict("a")

    def reject(self) -> None:
        self.verdict("x")

    def skip(self) -> None:
        self.press("s")
        self.focus = self.plan.next_draft(self.focus)
        self.stands()

    def rate(self) -> None:
        stars = self.random.randint(1, 5)
        self.press(str(stars))
        self.plan.do("Rate", self.plan.changed([self.focus], stars=stars))
        self.keep()

    def quick_hand(self) -> None:
        """Verdicts as fast as the keys go, and one of them taken back at once."""
        for _ in range(4):
            self.verdict(self.random.choice("aax"))
        self.press("u")
        self.turned(self.plan.undos, self.plan.redos)

    def select(self) -> list[str]:
        """Select the sample in focus and some below, by Shift and the arrow."""
        start = self.plan.at[self.focus]
        chosen = self.plan.order[start : start + self.random.randint(2, 5)]
        self.press(*["Shift+ArrowDown"] * (len(chosen) - 1))
        self.focus = chosen[-1]
        self.stands()
        return chosen

    def batch(self) -> None:
        judged = self.plan.judged(self.select())
        if self.random.random() < 0.6:
            self.press("a")
            self.plan.do("Keep", self.plan.changed(self.plan.keepable(judged), status="kept"))
        else:
            self.press("x")
            self.plan.do("Reject", self.plan.changed(judged, status="rejected"))

    def batch_rate(self) -> None:
        chosen, stars = self.select(), self.random.randint(1, 5)
        self.press(str(stars), "Escape")
        self.plan.do("Rate", self.plan.changed(chosen, stars=stars))

    # ------------------------------------------------------------ edits
    def edit(self) -> None:
        """Change one field of the output in its form, and keep it in the same breath."""
        field_, keys, value = self.random.choice(
            [
                ("category", (), self.random.choice(("billing", "delivery", "account", "returns", "quality"))),
                ("needs_person", DETAIL[:2], not self.plan.want[self.focus].output["needs_person"]),
                ("confidence", DETAIL[:3], round(self.random.random(), 2)),
                ("summary", DETAIL, f"Said in {self.random.randint(10, 99)} words, by hand: émigré “q”."),
            ]
        )
        self.open_form()
        self.press(*keys)
        if field_ == "category":
            self.press(value[0])
        elif field_ == "needs_person":
            self.press(" ")
        else:
            self.type(str(value))
        self.save(output={**self.plan.want[self.focus].output, field_: value})
        self.keep()

    def open_form(self) -> None:
        self.press("e")
        self.view.root.get_by_role("complementary", name="Edit the sample").wait_for()

    def save(self, **values: Any) -> None:
        self.press("Control+Enter")
        self.stands()
        self.plan.do("Edit", self.plan.changed([self.focus], **values))

    def sweep(self) -> None:
        """Mark some drafts by a word in their summary, find the word, and judge all that the filter shows."""
        self.wishes += 1
        word, marked = f"quince{self.wishes:04d}", []
        for _ in range(3):
            if self.plan.want[self.focus].status != "draft" or self.focus in marked:
                break
            self.open_form()
            self.press(*DETAIL)
            self.type(f"Later: {word}.")
            self.save(output={**self.plan.want[self.focus].output, "summary": f"Later: {word}."})
            marked.append(self.focus)
            self.skip()
        self.press("/")
        self.type(word)
        many = [str(len(marked)), "of", f"{len(self.plan.want):,}"]
        self.view.until(lambda: self.view.root.locator(".sw-nofm").inner_text().split() == many)
        self.press("Enter", "Control+a", "x")
        self.focus = min(marked, key=self.plan.at.__getitem__)
        self.plan.do("Reject", self.plan.changed(marked, status="rejected"))
        self.stands()
        self.press("/", "Escape", "Escape")
        self.stands()

    # ------------------------------------------------------------ made anew
    def can_make(self) -> bool:
        """Whether Undo will tell when the job has ended: it names another step now. A job keeps what redo would do."""
        if self.plan.redos or (self.plan.undos and self.plan.undos[-1][0] == "Regenerate"):
            return False
        self.view.until(lambda: not self.view.undo_label().startswith("Undo: Regenerate"))  # in the page, too
        return True

    def made(self, ids: list[str], wish: str) -> None:
        """Wait until these samples have their new versions, and let the plan follow."""
        self.view.until(lambda: self.view.undo_label().startswith("Undo: Regenerate"))
        changes = {}
        for ident in ids:
            want = self.plan.want[ident]
            output = anew(want.input, wish)
            kept = want.status == "kept"
            changes[ident] = replace(want, **({"new": output} if kept else {"output": output, "status": "draft"}))
        self.plan.do("Regenerate", changes, by_job=True)

    def ask(self) -> str:
        """Open the popover and type how it should differ."""
        self.wishes += 1
        self.press("r")
        self.view.root.get_by_role("dialog", name="Regenerate").wait_for()
        self.view.page.keyboard.type(f"wish {self.wishes}")
        self.press("Enter")
        return f"wish {self.wishes}"

    def regenerate(self) -> None:
        if self.can_make():
            self.made([self.focus], self.ask())
            self.stands()
            self.verdict("a")

    def remake(self) -> None:
        """Another input by hand, then its output by one key."""
        if not self.can_make():
            return
        text = f"Written by hand, number {self.random.randint(1, 10**6)}."
        self.open_form()
        self.press("Shift+Tab")
        self.type(text)
        self.save(input=text, status="draft")
        self.press("Shift+R")
        self.made([self.focus], "")

    def regenerate_many(self) -> None:
        """New versions of a selection: drafts take them, kept ones wait for the person to choose side by side."""
        if not self.can_make():
            return
        chosen = self.select()
        whole = [i for i in chosen if self.plan.want[i].status not in {"failed", "pending"}]
        self.made(whole, self.ask())
        self.press("Escape")
        self.choose([i for i in whole if self.plan.want[i].new is not None])

    def propose(self) -> None:
        """A new version of a kept sample nearby, and the choice."""
        if not self.can_make():
            return
        start = self.plan.at[self.focus]
        near = next((n for n in range(1, 12) if self.plan.want[self.plan.order[start - n]].status == "kept"), None)
        if near is None or start < near:
            return
        self.press(*["ArrowUp"] * near)
        self.focus = self.plan.order[start - near]
        self.stands()
        self.made([self.focus], self.ask())
        self.choose([self.focus])

    def choose(self, waiting: list[str]) -> None:
        """Take or decline the new versions side by side, by the arrows. Others that wait, too, are left for later."""
        versions = self.view.root.get_by_role("region", name="Compare versions")
        for ident in waiting:
            steps = self.plan.at[ident] - self.plan.at[self.focus]
            self.press(*["ArrowDown" if steps > 0 else "ArrowUp"] * abs(steps))
            self.focus = ident
            self.stands()
            self.press("d")
            new = self.plan.want[ident].new
            versions.locator("ins").first.wait_for()
            takes = self.random.random() < 0.5
            self.press("ArrowRight" if takes else "ArrowLeft")
            taken = {"output": new} if takes else {}
            self.plan.do("Take" if takes else "Decline", self.plan.changed([ident], new=None, **taken))
            row = self.view.row(ident)
            self.view.until(lambda row=row: not row.get_by_text("New version").count())
            if versions.is_visible():
                self.press("Escape")
            versions.wait_for(state="detached")
            self.focus = self.view.focused()
            self.stands()

    # ------------------------------------------------------------ undo
    def turned(self, source: list[Step], target: list[Step]) -> None:
        """Undo and redo go to where it happened, if that is one place."""
        self.focus = self.plan.turn(source, target) or self.focus
        self.stands()

    def undo(self) -> None:
        """Take some steps back, and do some of them again."""
        back = min(self.random.randint(1, 4), len(self.plan.undos))
        for _ in range(back):
            self.press(self.random.choice(("u", "Control+z")))
            self.turned(self.plan.undos, self.plan.redos)
        for _ in range(self.random.randint(0, back)):
            self.press(self.random.choice(("Shift+U", "Control+Shift+Z")))
            self.turned(self.plan.redos, self.plan.undos)
        self.settled()


ACTS: tuple[tuple[Callable[[Hour], None], int], ...] = (
    (Hour.keep, 48),
    (Hour.reject, 24),
    (Hour.skip, 6),
    (Hour.rate, 8),
    (Hour.edit, 4),
    (Hour.quick_hand, 2),
    (Hour.undo, 3),
    (Hour.batch, 3),
    (Hour.batch_rate, 1),
    (Hour.sweep, 1),
    (Hour.regenerate, 2),
    (Hour.remake, 1),
    (Hour.regenerate_many, 1),
    (Hour.propose, 2),
)


def sit_down(notebook: Notebook, seed: int) -> Hour:
    """Open the file of the notebook's cells, and wait until all its rows are there."""
    notebook.run_cell(0)
    notebook.page.evaluate(CLOCK)
    notebook.run_cell(1)
    view = StudioView(notebook, cell=1)
    plan = Plan(rows_of(notebook, "start.json"))
    view.until(lambda: view.by_status() == plan.counts())
    return Hour(view, plan, random.Random(seed), focus=plan.order[0])


def cells_for(file: Path) -> list[str]:
    """Return the cells: open the file, show it, take the frame."""
    return [OPEN.replace("PATH", repr(str(file))), "studio", TAKE]


def stand_up(hour: Hour) -> dict[str, list[Any]]:
    """Take the frame in the next cell, and return its rows."""
    hour.view.notebook.run_cell(2)
    return rows_of(hour.view.notebook, "end.json")


def rows_of(notebook: Notebook, name: str) -> dict[str, list[Any]]:
    """Return what a cell wrote: status, input, output and stars by id, in the order of the grid."""
    rows: dict[str, list[Any]] = json.loads((notebook.folder / name).read_text(encoding="utf-8"))
    return rows
