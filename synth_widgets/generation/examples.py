"""Which examples a prompt style shows."""

from __future__ import annotations

from typing import Literal, get_args

from synth_widgets.errors import StudioError, nearest
from synth_widgets.messages import Conversation
from synth_widgets.task import Task, as_text

Style = Literal["basic", "few_shot"]
FEW = 4
FEW_FOR_SMALL = 8


def check_style(style: str) -> Style:
    """Return the prompt style, or raise with the styles there are."""
    if style not in get_args(Style):
        raise StudioError(
            f"prompt={style!r} is no prompt style.{nearest(style, get_args(Style))} "
            f"Styles: {', '.join(get_args(Style))}."
        )
    return style  # type: ignore[return-value]


def turns_for(task: Task, style: Style, *, small_model: bool) -> Conversation:
    """Return the task's own pairs as turns: for ``few_shot``, and always for models too small to do without."""
    if style == "basic" and not small_model:
        return Conversation()
    most = FEW_FOR_SMALL if small_model else FEW
    turns = Conversation()
    for input, output in task.pairs[:most]:
        turns = turns.user(as_text(input)).assistant(as_text(output))
    return turns
