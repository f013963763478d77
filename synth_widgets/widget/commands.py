"""The one table of commands: buttons, keys, the palette, the help sheet and the kernel's checks all read it.

``js/src/commands.gen.ts`` is made from it by ``python -m synth_widgets.widget.typescript``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from synth_widgets.records import Guided

Pane = Literal["any", "grid", "tree", "diff"]
Text = Annotated[str, Field(max_length=20_000)]
Name = Annotated[str, Field(min_length=1, max_length=500)]
Names = Annotated[list[Name], Field(max_length=50)]
Id = Annotated[str, Field(pattern=r"^[0-9a-z]{10}$")]
Stars = Annotated[int, Field(ge=1, le=5)]
Count = Annotated[int, Field(ge=1, le=10_000)]
Guidance = Text | dict[Guided, Text] | None
"""One text, for the steps that the method says, or texts by what each is for."""


def _typed(given: Any) -> Any:
    """Return the number that was typed, ``None`` for nothing; other text as it is, for the method to say what is wrong.

    >>> _typed(" $1,200.50"), _typed("8"), _typed(""), _typed("a few")
    (1200.5, 8, None, 'a few')
    """
    if not isinstance(given, str):
        return given
    text = given.strip().removeprefix("$").replace(",", "")
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            pass
    return text or None


Typed = Annotated[int | float | Annotated[str, Field(max_length=100)] | None, BeforeValidator(_typed)]


class Args(BaseModel):
    """Arguments of a command. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class NoArgs(Args):
    """For commands that take nothing."""


class Confirmed(Args):
    """What a person has seen and confirmed of an estimate: calls and US dollars, at least and at most; who is asked."""

    calls: Annotated[list[Annotated[int, Field(ge=0, le=10**9)]], Field(min_length=2, max_length=2)]
    cost: Annotated[list[Annotated[float, Field(ge=0, le=1e9)]], Field(min_length=2, max_length=2)] | None
    models: Annotated[list[Annotated[str, Field(max_length=1_000)]], Field(max_length=50)]


class Spends(Args):
    """Arguments of a command that may send calls to a model: above some, only what was confirmed is sent."""

    confirmed: Confirmed | None = None


class Ids(Args):
    """Samples, by id."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=200_000)]


class VerdictArgs(Ids):
    """Samples that are judged; whether those that are kept or rejected already stay as they are."""

    only_undecided: bool = False


class RejectArgs(VerdictArgs):
    """Samples that are rejected, and why."""

    reason: Text | None = None


class EditArgs(Args):
    """One sample and its new input, output or both; what is left out stays."""

    id: Id
    input: Any = None
    output: Any = None


class RateArgs(Ids):
    """Samples and their stars, null to take them back; stars by requirement beside them."""

    stars: Stars | None = None
    requirements: Annotated[dict[Name, Stars | None], Field(max_length=100)] | None = None


class Copy(Ids):
    """Samples to give as one text."""

    format: Literal["tsv", "json", "python"] = "tsv"


class Regenerate(Ids, Spends):
    """Samples to make again, which part of them, and how it should differ."""

    part: Literal["input", "output"] = "output"
    guidance: Guidance = None


class Revert(Args):
    """One sample and the number of the version to go back to."""

    id: Id
    n: Annotated[int, Field(ge=0, le=1_000_000)]


class Search(Args):
    """Words to look for in the whole text of all samples."""

    text: Annotated[str, Field(min_length=1, max_length=1_000)]


class Export(Args):
    """A file beside the notebook, its format by its ending, which samples it takes, and whether one may be replaced."""

    path: Annotated[str, Field(pattern=r"^[^/\\\x00-\x1f]{1,200}\.(jsonl|csv|parquet)$")]
    status: Literal["kept", "draft", "all"] = "kept"
    replace: bool = False


class AddTopics(Args):
    """Paths from the root, each a list of names; missing ancestors are made."""

    paths: Annotated[list[Annotated[Names, Field(min_length=1)]], Field(min_length=1, max_length=5_000)]


class TopicPath(Args):
    """One topic, by path."""

    path: Names


class RenameTopic(TopicPath):
    """A topic and its new name."""

    name: Name


class TopicTo(TopicPath):
    """A topic, and the one below which, or into which, it goes."""

    to: Names


class SetTopic(TopicPath):
    """A topic's guidance or target, as it was typed; what is empty or null is taken away, what is left out stays."""

    guidance: Guidance = None
    target: Typed = None


class Grow(Spends):
    """The arguments of `Studio.grow`, for generation and for the estimate before it."""

    under: Names = []
    depth: Annotated[int, Field(ge=0, le=5)] = 1
    topics: Count | Annotated[list[Count], Field(max_length=5)] = 8
    samples: Count | None = 8
    outputs: bool = True
    only: bool = False
    thin: bool = False
    guidance: Guidance = None


class Again(Args):
    """A job, and how many times as much of it."""

    job: Id
    n: Annotated[int, Field(ge=1, le=100)] = 1


class Repeat(Again, Spends):
    """A job that is started once more."""


class Estimate(Grow):
    """What `grow` with these arguments would send."""


class GenerateOutputs(Spends):
    """Pending or failed samples to answer; null: every pending one."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=200_000)] | None = None


class Resume(Spends):
    """What is pending of jobs that ended early."""


class CancelArgs(Args):
    """A job's id; null cancels every running one."""

    job: Id | None = None


class PauseArgs(CancelArgs):
    """A job's id, null for every running one, and whether it pauses or goes on."""

    on: bool = True


class SetGuidance(Args):
    """The studio's guidance; what is left out stays."""

    all: Text | None = None
    topics: Text | None = None
    inputs: Text | None = None
    outputs: Text | None = None


class SetModel(Args):
    """A model's name. Never an address or a key: those come from this kernel's code."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class SetBudget(Args):
    """US dollars, as they were typed; empty or null for no cap."""

    budget: Typed


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a person can do.

    Attributes:
        name: its name on the wire.
        label: the verb on its button.
        group: its heading in the help sheet.
        method: the `Studio` method behind it; ``None`` for what only the view does.
        args: what the method's arguments must look like.
        keys: each a key as ``KeyboardEvent.key`` names it, with ``Mod+`` (Ctrl or ⌘), ``Shift+`` before it.
        pane: where the keys hold.
        icon: name of its icon.
        reads: whether it changes nothing, so that it need not wait for the commands before it, nor they for it.
        in_turn: whether, although it reads, it must see what the commands before it did.
        many: whether it acts on each of the selected samples, and so may be offered for all that the filter shows.
        leads: whether, without a method, it leads to a command that changes something.
        steers: whether it steers jobs, or caps what they spend: it is carried out at once, ahead of edits and verdicts
            that wait, none of which it depends on.
    """

    name: str
    label: str
    group: Literal["Review", "Move", "Select", "Topics", "Generate", "Everywhere"]
    method: str | None = None
    args: type[Args] | None = None
    keys: tuple[str, ...] = ()
    pane: Pane = "any"
    icon: str | None = None
    reads: bool = False
    in_turn: bool = False
    many: bool = False
    leads: bool = False
    steers: bool = False

    @property
    def changes(self) -> bool:
        """Whether it cannot be given where nothing can be changed."""
        return self.leads or (self.method is not None and not self.reads)


COMMANDS: tuple[Command, ...] = (
    Command("keep", "Keep", "Review", "keep", VerdictArgs, ("a",), "grid", "kept", many=True),
    Command("reject", "Reject", "Review", "reject", RejectArgs, ("x",), "grid", "rejected", many=True),
    Command(
        "reject_because",
        "Reject because…",
        "Review",
        None,
        None,
        ("Shift+x",),
        "grid",
        "rejected",
        many=True,
        leads=True,
    ),
    Command("include", "Include the decided ones", "Review", None, None, ("i",), "grid", "check", leads=True),
    Command("restore", "Restore", "Review", "restore", Ids, (), "grid", "draft", many=True),
    Command("skip", "Skip", "Review", None, None, ("s",), "grid", "skip"),
    Command("auto_advance", "Auto-advance to the next draft", "Review", None, None, (), "grid", "down"),
    Command("edit", "Edit", "Review", "edit", EditArgs, ("e",), "grid", "edit"),
    Command("edit_here", "Edit in the grid", "Review", None, None, ("Enter", "F2"), "grid", "edit"),
    Command("check", "Check", "Review", "check", EditArgs, reads=True),
    Command("regenerate", "Regenerate", "Review", "regenerate", Regenerate, ("r",), "grid", "regenerate", many=True),
    Command(
        "remake", "Regenerate at once", "Review", None, None, ("Shift+r",), "grid", "regenerate", many=True, leads=True
    ),
    Command("retry", "Retry", "Review", "generate_outputs", GenerateOutputs, (), "grid", "regenerate", many=True),
    Command("rate", "Rate", "Review", "rate", RateArgs, ("1", "2", "3", "4", "5", "0"), "grid", "star", many=True),
    Command("stars", "Rate by the next requirement", "Review", None, None, ("*",), "grid", "star"),
    Command("compare", "Compare versions", "Review", None, None, ("d",), "grid", "diff"),
    Command("decline", "Keep the left version", "Review", "decline", Ids, ("ArrowLeft",), "diff", "left"),
    Command("accept", "Keep the right version", "Review", "accept", Ids, ("ArrowRight",), "diff", "right"),
    Command("left_version", "Older or newer on the left", "Review", None, None, ("[", "]"), "diff", "left"),
    Command("right_version", "Older or newer on the right", "Review", None, None, ("{", "}"), "diff", "right"),
    Command("revert", "Go back to a version", "Review", "revert", Revert),
    Command("undo", "Undo", "Everywhere", "undo", NoArgs, ("u", "Mod+z"), "any", "undo"),
    Command("redo", "Redo", "Everywhere", "redo", NoArgs, ("Shift+u", "Mod+Shift+z"), "any", "redo"),
    Command("next", "Next sample", "Move", None, None, ("j", "ArrowDown"), "grid", "down"),
    Command("previous", "Previous sample", "Move", None, None, ("k", "ArrowUp"), "grid", "up"),
    Command("page_down", "A page down", "Move", None, None, ("PageDown",), "grid", "down"),
    Command("page_up", "A page up", "Move", None, None, ("PageUp",), "grid", "up"),
    Command("first", "First sample", "Move", None, None, ("Home",), "grid", "up"),
    Command("last", "Last sample", "Move", None, None, ("End",), "grid", "down"),
    Command("select", "Select the sample", "Select", None, None, (" ",), "grid", "check"),
    Command("select_down", "Extend down", "Select", None, None, ("Shift+ArrowDown", "Shift+j"), "grid", "down"),
    Command("select_up", "Extend up", "Select", None, None, ("Shift+ArrowUp", "Shift+k"), "grid", "up"),
    Command("select_all", "All that the filter shows", "Select", None, None, ("Mod+a",), "grid", "check"),
    Command(
        "copy",
        "Copy as a table",
        "Select",
        "samples.as_text",
        Copy,
        ("Mod+c",),
        "grid",
        "copy",
        reads=True,
        in_turn=True,
        many=True,
    ),
    Command("copy_json", "Copy as JSON", "Select", None, None, (), "grid", "copy", many=True),
    Command("copy_python", "Copy as Python", "Select", None, None, (), "grid", "copy", many=True),
    Command("density", "One sample at a time", "Move", None, None, ("f",), "grid", "card"),
    Command("newest", "Go to the new samples", "Move", None, None, ("n",), "grid", "down"),
    Command("find", "Find", "Move", None, None, ("/",), "any", "search"),
    Command("search", "Find", "Move", "samples.find", Search, reads=True),
    Command("filter", "Filters", "Move", None, None, ("Shift+f",), "any", "filter"),
    Command("unfilter", "Remove all filters", "Move", None, None, (), "any", "x"),
    Command("sort", "Sort", "Move", None, None, (), "any", "sort"),
    Command("columns", "Columns", "Move", None, None, (), "any", "columns"),
    Command("tree", "Topics", "Move", None, None, ("t",), "any", "tree"),
    Command("generate", "Generate", "Generate", None, None, ("g",), "any", "play", leads=True),
    Command("grow", "Generate", "Generate", "grow", Grow),
    Command("estimate", "Estimate", "Generate", "estimate", Estimate, reads=True),
    Command("generate_outputs", "Generate outputs", "Generate", "generate_outputs", GenerateOutputs, (), "any", "play"),
    Command("jobs", "Jobs", "Generate", None, None, (), "any", "queued"),
    Command("repeat", "Generate again", "Generate", "repeat", Repeat),
    Command("estimate_repeat", "Estimate", "Generate", "estimate_repeat", Again, reads=True),
    Command("pause", "Pause or go on", "Generate", "pause", PauseArgs, (), "any", "pause", steers=True),
    Command("cancel", "Stop", "Generate", "cancel", CancelArgs, (), "any", "stop", steers=True),
    Command("resume", "Resume", "Generate", "resume", Resume, (), "any", "play", steers=True),
    Command("estimate_resume", "Estimate", "Generate", "estimate_resume", NoArgs, reads=True),
    Command("add_topics", "Add topic", "Topics", "topics.add", AddTopics, ("+",), "tree", "plus"),
    Command("rename_topic", "Rename", "Topics", "topics.rename", RenameTopic, ("F2",), "tree", "edit"),
    Command("set_topic", "Guidance and target", "Topics", "topics.set", SetTopic, ("e",), "tree", "guidance"),
    Command("move_topic", "Move under …", "Topics", "topics.move", TopicTo, ("m",), "tree", "right"),
    Command("merge_topic", "Merge into …", "Topics", "topics.merge", TopicTo, ("Shift+m",), "tree", "diff"),
    Command("remove_topic", "Remove", "Topics", "topics.remove", TopicPath, ("Delete",), "tree", "trash"),
    Command("set_guidance", "Guidance", "Generate", "set_guidance", SetGuidance, (), "any", "guidance"),
    Command("set_model", "Model", "Generate", "set_model", SetModel, (), "any", "model"),
    Command("set_budget", "Budget", "Generate", "set_budget", SetBudget, (), "any", "budget", steers=True),
    Command("export", "Export", "Everywhere", "export", Export, (), "any", "export", reads=True, in_turn=True),
    Command("palette", "Commands", "Everywhere", None, None, ("Mod+k",), "any", "prompt"),
    Command("help", "Keys", "Everywhere", None, None, ("?",), "any", "help"),
)

BY_NAME = {command.name: command for command in COMMANDS}
