"""What a completer of one's own says of an answer, whatever it is: a file takes it, and opens again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import synth_widgets as sw
from synth_widgets.llm.completer import Answer, OnText, Request
from synth_widgets.records import Usage
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import TICKETS


class Counting(ScriptedCompleter):
    """A completer that counts in its own way."""

    def __init__(self, **said: Any) -> None:
        super().__init__()
        self.said = said

    async def complete(self, request: Request, on_text: OnText | None = None) -> Answer:
        """Answer one request, and say of it what is to be said."""
        return replace(await super().complete(request, on_text), **self.said)


@pytest.mark.parametrize(
    ("said", "usage", "seconds"),
    [
        ({"usage": Usage(-1, 5)}, Usage(0, 5), 0.0),
        ({"usage": Usage(10.5, 3)}, Usage(10, 3), 0.0),
        ({"usage": Usage(None, "3")}, Usage(0, 0), 0.0),
        ({"usage": Usage(10**12, 7)}, Usage(0, 7), 0.0),
        ({"usage": Usage(float("nan"), float("inf")), "seconds": 2}, Usage(0, 0), 2.0),
        ({"usage": Usage(1, 1), "seconds": float("nan")}, Usage(1, 1), 0.0),
        ({"usage": Usage(1, 1), "seconds": float("inf")}, Usage(1, 1), 0.0),
        ({"usage": Usage(1, 1), "seconds": -1.0}, Usage(1, 1), 0.0),
        ({"usage": Usage(1, 1), "seconds": None}, Usage(1, 1), 0.0),
    ],
    ids=repr,
)
def test_a_file_with_whatever_was_counted_opens_again(
    said: dict[str, Any], usage: Usage, seconds: float, tmp_path: Path
):
    path = tmp_path / "a.synth"
    with sw.Studio(TICKETS, path=path, model=Counting(**said)) as studio:
        result = studio.grow(depth=0, samples=2).wait(20)
        assert result.added == 2
    with sw.Studio(path=path, model=ScriptedCompleter()) as again:
        calls = list(again._core.state.calls.values())
    assert {call.step for call in calls} == {"inputs", "outputs"}
    assert {call.usage for call in calls} == {usage}
    assert {call.seconds for call in calls} == {seconds}
