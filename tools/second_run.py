"""A failed test that has a real kernel or browser in it runs once more, alone: if it passes then, it is flaky.

What is flaky is named and kept, so that it can be mended: both outputs, and the picture and trace of a browser. More
than two flaky tests are no chance any more: then none of them counts as passed.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from tools.environment import ROOT
from tools.steps import run_step
from tools.suites import Failure, Suite

FAILURES = ROOT / "build" / "failures"
"""Where the browser's suites leave the picture and trace of a failed test, in a folder of its name."""
FLAKY = ROOT / "build" / "flaky"
MOST_FLAKY = 2
MOST_AGAIN = 10
"""Failed tests of one run that are run again at most: where more have failed, something is broken."""


def flaky_tests(suite: Suite, failures: Iterable[Failure]) -> list[Failure]:
    """Run each failed test of a suite once more; return those that passed, after keeping what there is of them."""
    if suite.again is None:
        return []
    passed: dict[str, bool] = {}
    flaky: list[Failure] = []
    for failure in failures:
        step = suite.again(failure.test)
        key = " ".join(step.command)  # the cells of a notebook have one step
        if key not in passed:
            code, output = run_step(step)
            passed[key] = code == 0
            if passed[key]:
                keep(failure, output)
        if passed[key]:
            flaky.append(failure)
    return flaky


def keep(failure: Failure, output: str) -> None:
    """Keep both outputs of a flaky test, and what a browser left of its first run."""
    folder = FLAKY / file_name(failure.test)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "first.txt").write_text(failure.output, encoding="utf-8")
    (folder / "second.txt").write_text(output, encoding="utf-8")
    left = FAILURES / file_name(failure.test.rpartition("::")[2])
    if left.is_dir():
        shutil.copytree(left, folder, dirs_exist_ok=True)


def forget() -> None:
    """Remove what an earlier run of the suites kept."""
    for folder in (FAILURES, FLAKY):
        shutil.rmtree(folder, ignore_errors=True)


def file_name(text: str) -> str:
    """Return text that is safe as a file's name and in an address.

    >>> file_name("test_keys[lab]")
    'test_keys-lab'
    """
    return re.sub(r"[^\w.]+", "-", text).strip("-")


def shown(test: str) -> Path | str:
    """Return where what was kept of a flaky test is, from the project's folder."""
    folder = FLAKY / file_name(test)
    return folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder
