"""Studios for unit tests: closed in the end, whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import synth_widgets as sw
from synth_widgets.llm.structured import modes
from synth_widgets.llm.transports import dialect
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import TRIAGE


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Know of no model how it is asked: another test's endpoint may have had the same port."""
    monkeypatch.setattr(modes, "_known", {})
    monkeypatch.setattr(dialect, "_known", {})


@pytest.fixture
def open_studio() -> Iterator[Callable[..., sw.Studio]]:
    """Open a studio, in memory unless a path is given, with a scripted model unless another one is."""
    opened: list[sw.Studio] = []

    def open_(model: Any = None, task: sw.Task | None = TRIAGE, *, path: Any = ":memory:", **kwargs: Any) -> sw.Studio:
        studio = sw.Studio(task, path=path, model=ScriptedCompleter() if model is None else model, **kwargs)
        opened.append(studio)
        return studio

    yield open_
    for studio in opened:
        studio.close()
