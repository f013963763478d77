"""Every command of the one table does what it says, by each of its keys and by mouse, and leaves the notebook alone.

The table drives keys, buttons, the help sheet and the kernel's checks; what it promises must hold in JupyterLab, which
listens to keys while they bubble, and in Notebook 7, which listens before the widget can stop them: there a leaked key
once deleted the cell. So the notebook's cells are compared after every single command, and the focus must still be in
the widget, or the next key would be the notebook's.
"""

from __future__ import annotations

import re

import pytest

from synth_widgets.widget.commands import BY_NAME
from tests.browser import commands
from tests.browser import commands_elsewhere as elsewhere
from tests.browser.commands import (
    Line,
    button,
    check_and_extend,
    in_dialog,
    verdict,
    wheel,
)
from tests.browser.conftest import OpenNotebook
from tests.browser.lab import FRONT_ENDS, FrontEnd, Notebook
from tests.browser.stage import MORE, OPEN, Stage
from tests.browser.widget import TASK, StudioView

LINES: dict[str, Line] = {
    "keep": Line(lambda s: s.status() == "Kept" and s.more_than("Kept"), verdict("Keep")),
    "reject": Line(lambda s: s.status() == "Rejected" and s.more_than("Rejected"), verdict("Reject")),
    "reject_because": Line(lambda s: s.dialog("Reject because").is_visible(), button("Reject because…")),
    "include": Line(
        lambda s: s.more_than("Kept") and s.more_than("Rejected", -1),
        button("Include them"),
        before=commands.decided_is_left,
    ),
    "restore": Line(
        lambda s: s.status() == "Draft" and s.more_than("Draft"), verdict("Restore"), before=lambda s: s.keep_one()
    ),
    "skip": Line(lambda s: s.place() > s.at and s.status() == "Draft", verdict("Skip")),
    "auto_advance": Line(commands.is_switched, commands.offer("Auto-advance"), before=commands.advance_found),
    "edit": Line(lambda s: s.editor().is_visible(), button("Edit (")),
    "edit_here": Line(
        lambda s: s.view.grid.get_by_role("complementary", name="Edit the sample").is_visible(),
        mouse=lambda s: s.view.row(s.focus).get_by_role("gridcell").nth(2).dblclick(),
    ),
    "regenerate": Line(lambda s: s.dialog("Regenerate").is_visible(), button("Regenerate (")),
    "check": Line(commands.says_what_is_wrong, mouse=commands.type_too_much, before=commands.edit_open),
    "remake": Line(
        lambda s: "Stale" not in s.mark() and s.view.undo_label().startswith("Undo: Regenerate"),
        lambda s: s.view.sample.get_by_role("button", name=re.compile(r"^Regenerate(?! \()")),  # of the note
        before=commands.output_is_stale,
    ),
    "compare": Line(lambda s: s.versions().is_visible(), button("Compare"), before=commands.has_a_new_version),
    "left_version": Line(
        commands.other_versions, mouse=commands.choose_oldest("Left"), before=commands.compares_one_of_four
    ),
    "right_version": Line(
        commands.other_versions, mouse=commands.choose_oldest("Right"), before=commands.compares_one_of_four
    ),
    "revert": Line(
        lambda s: s.view.undo_label().startswith("Undo: Go back to version"),
        commands.choice("Go back to"),
        before=commands.compares_two_edits,
    ),
    "accept": Line(commands.chose("Take"), commands.choice("Take"), before=commands.compares),
    "decline": Line(commands.chose("Decline"), commands.choice("Stay"), before=commands.compares),
    "rate": Line(commands.is_rated, lambda s: s.star(4), before=commands.on_a_sample_with_two_stars),
    "stars": Line(
        lambda s: s.stars_by_requirement().evaluate("stars => stars.contains(document.activeElement)"),
        mouse=lambda s: s.stars_by_requirement().get_by_role("radio").nth(3).click(),
    ),
    "retry": Line(lambda s: s.status() == "Draft", verdict("Retry"), before=lambda s: s.on("Failed")),
    "undo": Line(lambda s: s.more_than("Kept", -1), button("Undo"), before=lambda s: s.keep_one()),
    "redo": Line(lambda s: s.more_than("Kept"), button("Redo"), before=commands.undone_once),
    "next": Line(lambda s: s.place() == s.at + 1, button("Next (")),
    "previous": Line(lambda s: s.place() == s.at - 1, button("Previous (")),
    "page_down": Line(lambda s: s.place() > s.at + 2, mouse=wheel(900), before=commands.stands_in_the_middle),
    "page_up": Line(lambda s: 0 < s.place() < s.at - 2, mouse=wheel(-900), before=commands.stands_in_the_middle),
    "first": Line(lambda s: 2 <= s.place() < s.at - 2, mouse=wheel(-9000), before=commands.stands_in_the_middle),
    "last": Line(lambda s: s.place() > s.counts["All"] - 8, mouse=wheel(9000), before=commands.stands_in_the_middle),
    "select": Line(lambda s: s.selected() == 1, lambda s: s.view.row(s.focus).get_by_role("checkbox")),
    "select_down": Line(lambda s: s.selected() == 2, mouse=check_and_extend(1)),
    "select_up": Line(lambda s: s.selected() == 2, mouse=check_and_extend(-1)),
    "select_all": Line(
        lambda s: s.selected() == s.counts["All"],
        lambda s: s.view.root.get_by_role("checkbox", name="Select all that the filter shows"),
    ),
    "copy": Line(
        commands.says("Copied 1 sample as a table"),
        mouse=commands.pick("Copy as a table"),
        before=commands.nothing_said,
    ),
    "copy_json": Line(commands.says("Copied 1 sample as JSON"), button("Copy as JSON"), before=commands.nothing_said),
    "copy_python": Line(
        commands.says("Copied 1 sample as Python"),
        commands.offer("Copy as Python"),
        before=commands.python_found,
    ),
    "density": Line(lambda s: not s.view.grid.is_visible(), button("One sample at a time")),
    "newest": Line(
        lambda s: s.view.focused() not in s.ids,
        lambda s: s.view.root.get_by_role("button", name="new below"),
        before=commands.new_rows_out_of_sight,
    ),
    "find": Line(
        lambda s: s.searchbox().evaluate("field => field === document.activeElement"),
        mouse=lambda s: s.searchbox().click(),
    ),
    "search": Line(commands.only_the_far_one, mouse=commands.type_far_word),
    "filter": Line(lambda s: s.dialog("Filters").is_visible(), button("Filters (")),
    "unfilter": Line(
        lambda s: s.view.by_status()["All"] == s.counted and not button("Remove the filter")(s).is_visible(),
        in_dialog("Filters", "Remove all filters"),
        before=commands.filters_set,
    ),
    "sort": Line(lambda s: s.dialog("Sort").is_visible(), button("Sort")),
    "columns": Line(lambda s: s.dialog("Columns").is_visible(), button("Columns")),
    "tree": Line(
        lambda s: s.view.tree.evaluate("tree => tree === document.activeElement"),
        mouse=lambda s: s.topic("All topics").click(),
    ),
    "generate": Line(lambda s: s.dialog("Generate").is_visible(), button("Generate")),
    "grow": Line(lambda s: s.more_than("All"), in_dialog("Generate", r"Generate 1 sample"), before=commands.plan_open),
    "estimate": Line(
        lambda s: s.dialog("Generate").locator(".sw-est").inner_text() not in {s.text, "…"},
        button("More: Samples"),
        before=commands.plan_open,
    ),
    "generate_outputs": Line(
        lambda s: s.view.by_status()["Pending"] == 0,
        button("Generate 1 output"),
        before=commands.one_is_pending,
    ),
    "estimate_repeat": Line(
        lambda s: s.dialog("Jobs").get_by_role("button", name=re.compile("^Generate 1 sample")).is_visible(),
        in_dialog("Jobs", "Repeat"),
        before=elsewhere.jobs_open,
    ),
    "repeat": Line(lambda s: s.more_than("All"), in_dialog("Jobs", "Generate 1 sample"), before=elsewhere.repeat_open),
    "pause": Line(lambda s: s.running_paused(), button("Pause"), before=commands.job_runs),
    "cancel": Line(lambda s: not s.view.running.is_visible(), button("Stop"), before=commands.job_runs),
    "resume": Line(
        lambda s: s.view.by_status()["Draft"] > s.counts["Draft"], button("Resume"), before=commands.job_was_refused
    ),
    "add_topics": Line(
        lambda s: s.topic(s.text).count() == 1,
        button("Add a topic"),
        before=elsewhere.in_tree,
        after=elsewhere.type_name,
    ),
    "remove_topic": Line(
        lambda s: s.topic(s.text).count() == 0, mouse=elsewhere.topic_menu("Remove"), before=elsewhere.on_own_topic
    ),
    "rename_topic": Line(
        lambda s: s.topic(s.text).count() == 1,
        mouse=elsewhere.topic_menu("Rename"),
        before=elsewhere.on_own_topic,
        after=elsewhere.type_new_name,
    ),
    "set_topic": Line(
        lambda s: ", 0 of 7 samples" in str(s.topic(s.text).get_attribute("aria-label")),
        mouse=elsewhere.topic_menu("Guidance and target"),
        before=elsewhere.on_own_topic,
        after=elsewhere.type_target,
    ),
    "move_topic": Line(
        lambda s: s.topic(s.text).get_attribute("aria-level") == "3",
        mouse=elsewhere.drag_to("Lamps"),
        before=elsewhere.on_own_topic,
        after=elsewhere.put_on_lamps,
    ),
    "merge_topic": Line(
        lambda s: s.topic(s.text).count() == 0 and s.view.undo_label().startswith(f"Undo: Merge “{s.text}”"),
        mouse=elsewhere.topic_menu("Merge into"),
        before=elsewhere.on_own_topic,
        after=elsewhere.put_on_lamps,
    ),
    "set_guidance": Line(elsewhere.guidance_is_saved, in_dialog("Guidance", "Save"), before=elsewhere.guidance_typed),
    "jobs": Line(lambda s: s.dialog("Jobs").is_visible(), button("Jobs")),
    "export": Line(lambda s: s.dialog("Export").is_visible(), button("Export")),
    "palette": Line(lambda s: s.dialog("Commands").is_visible(), button("Commands (")),
    "help": Line(lambda s: s.dialog("Keys").is_visible(), button("Keys (")),
    # Nothing is generated after it: there is no price for a budget to count by.
    "set_budget": Line(
        lambda s: s.view.root.get_by_title("Set a budget").inner_text().endswith(f" of ${s.number}.00"),
        in_dialog("Budget", "Save"),
        before=elsewhere.budget_typed,
    ),
    # The last one: the studio has another model then.
    "set_model": Line(
        lambda s: s.view.root.get_by_role("button", name=f"Model: {s.text}").is_visible(),
        in_dialog("Model", "Save"),
        before=elsewhere.model_typed,
    ),
}

NOT_IN_THE_PAGE = {"estimate_resume": "it is asked where a job has ended early, so that Resume says what it sends"}
"""Commands that no gesture gives, and why."""


def test_every_command_of_the_table_is_tried() -> None:
    assert LINES.keys() | NOT_IN_THE_PAGE.keys() == BY_NAME.keys()
    assert not LINES.keys() & NOT_IN_THE_PAGE.keys()


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_every_command_works_and_leaves_the_cells_alone(front_end: FrontEnd, open_notebook: OpenNotebook) -> None:
    """Each command once: the commands take turns with the front ends, and with their keys and the mouse."""
    stage = set_up(open_notebook([TASK, OPEN, "studio", MORE], front_end=front_end))
    for number, (name, line) in enumerate(LINES.items()):
        turn, which = divmod(number, len(FRONT_ENDS))
        if FRONT_ENDS[which] == front_end:
            ways = line.ways(BY_NAME[name].keys)
            way = ways[turn % len(ways)]
            try_out(stage, line, way, f"{name} by {way}")


@pytest.mark.slow
def test_every_command_works_by_key_and_by_mouse_in_each_front_end(open_everywhere: OpenNotebook) -> None:
    stage = set_up(open_everywhere([TASK, OPEN, "studio", MORE]))
    for name, line in LINES.items():
        for way in line.ways(BY_NAME[name].keys):
            try_out(stage, line, way, f"{name} by {way}")


def set_up(notebook: Notebook) -> Stage:
    for cell in range(3):
        notebook.run_cell(cell)
    return Stage(notebook, StudioView(notebook, cell=2), more=3)


def try_out(stage: Stage, line: Line, way: str, what: str) -> None:
    stage.reset()
    line.before(stage)
    stage.remember()
    with stage.notebook.cells_unchanged(what):
        line.give(stage, way)
        line.after(stage)
        try:
            stage.view.until(lambda: line.then(stage))
        except AssertionError as error:
            raise AssertionError(f"{what}: {error}") from error
    assert stage.focus_is_inside(), f"{what} took the focus out of the widget"
