"""Ten people and what they want, each in the cells that they would type, in a real kernel.

A story is a script with ``# %%`` before each cell; a cell may await. ``# %% [the kernel is killed]`` ends the process
as a crash does, and another one goes on. The models' names are real ones; the addresses lead to `tests.endpoint`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.endpoint import Endpoint
from tests.kernel.harness import Kernel

FOLDER = Path(__file__).parent
SCRIPT = FOLDER / "plain_script.py"
STORIES = sorted(p for p in FOLDER.glob("*.py") if p.name not in {"conftest.py", SCRIPT.name, Path(__file__).name})
KILLED = "[the kernel is killed]"
ANSWERED = 25
"""Where a kernel is killed: the requests that are answered before, so that its run is half done."""
WARNED = "Warning:"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint(latency=0.02) as endpoint:
        yield endpoint


@pytest.fixture
def models(endpoint: Endpoint) -> dict[str, str]:
    """The environment in which every model that a story names answers from this machine."""
    variables = {f"{name}_API_KEY": endpoint.key for name in ("OPENAI", "GROQ", "MISTRAL")}
    variables |= {f"{name}_API_BASE": endpoint.url for name in ("GROQ", "MISTRAL")}
    return {**variables, "OPENAI_BASE_URL": endpoint.url}


def cells(story: Path) -> list[tuple[str, str]]:
    """Return the title and the code of each cell; what stands before the first one has no title."""
    pieces = re.split(r"^# %% ?(.*)$", story.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [("", pieces[0]), *zip(pieces[1::2], pieces[2::2], strict=True)]


@pytest.mark.parametrize("story", STORIES, ids=lambda path: path.stem)
def test_a_story_comes_true(story: Path, tmp_path: Path, models: dict[str, str], endpoint: Endpoint) -> None:
    kernel = Kernel.start(tmp_path, env=models)
    told = cells(story)
    if any(title == KILLED for title, _ in told):
        endpoint.fail("hang", since=ANSWERED)
    try:
        for title, code in told:
            if title == KILLED:
                kernel.kill()
                endpoint.rules.clear()
                kernel.shutdown()
                kernel = Kernel.start(tmp_path, env=models)
            elif code.strip():
                said = kernel.run(code)
                assert WARNED not in said, f"{title or 'the first cell'} warned: {said}"
    finally:
        kernel.shutdown()


def test_the_plain_script_comes_true_twice(tmp_path: Path, models: dict[str, str]) -> None:
    for new in (12, 0):
        done = subprocess.run(
            [sys.executable, "-W", "error", str(SCRIPT)], cwd=tmp_path, env={**os.environ, **models},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"{new} new, 12 kept in {tmp_path / 'nightly.jsonl'}\n"


def test_there_are_ten_and_each_says_who_wants_what_and_is_linked() -> None:
    everyone = [*STORIES, SCRIPT]
    assert len(everyone) == 10
    readme = (FOLDER.parents[1] / "README.md").read_text(encoding="utf-8")
    for story in everyone:
        first = story.read_text(encoding="utf-8").splitlines()[0]
        assert re.fullmatch(r'"""[A-Z].* wants? .*\."""', first), f"{story.name} begins with who wants what"
        assert f"(tests/stories/{story.name})" in readme, f"{story.name} is not linked from the README"
