"""The suites that `make test` runs: what each starts, and how its result is counted."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tools.environment import PYTHON, ROOT, environment

BUILD = ROOT / "build" / "test"
Command = list[str]

CURATING = [f"tests/browser/test_{what}.py" for what in ("commands", "curate", "find", "many", "versions")]
"""A suite of its own, so that two browsers can run side by side: what a person does with samples that are there."""


@dataclass(frozen=True)
class Counts:
    """How many tests of a suite ended how."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)


@dataclass(frozen=True)
class Step:
    """One program of a suite. `read` counts its tests from its output; without it the step is one test."""

    command: Command
    folder: Path = ROOT
    read: Callable[[str], Counts | None] = field(default=lambda _output: None)


@dataclass(frozen=True)
class Suite:
    """A named list of steps. All of them run, even when an earlier one fails."""

    name: str
    steps: Callable[[], list[Step]]


def suites(*, slow: bool) -> list[Suite]:
    """Return every suite in the order of the report; `slow` adds the tests marked so."""
    everything = ["-m", "slow or not slow"] if slow else []

    def pytest(name: str, *arguments: str) -> Suite:
        return Suite(name, lambda: [pytest_step(name, *arguments, *everything)])

    return [
        Suite("lint", lint_steps),
        pytest("unit", "synth_widgets", "tests/unit"),
        pytest("contract", "tests/contract"),
        Suite("front end", front_end_steps),
        pytest("kernel", "tests/kernel"),
        pytest("stories", "tests/stories"),
        pytest("faults", "tests/faults"),
        Suite("notebooks", notebook_steps),
        pytest("browser", "tests/browser", *(f"--ignore={path}" for path in CURATING)),
        pytest("curating", *CURATING),
    ]


def lint_steps() -> list[Step]:
    """Ruff's rules, ruff's format, mypy."""
    python = str(PYTHON)
    return [
        Step([python, "-m", "ruff", "check", "."]),
        Step([python, "-m", "ruff", "format", "--check", "."]),
        Step([python, "-m", "mypy"]),
    ]


def pytest_step(name: str, *arguments: str) -> Step:
    """Run pytest and count from the JUnit file it writes."""
    junit = BUILD / f"{name}.xml"
    junit.unlink(missing_ok=True)
    command = [str(PYTHON), "-m", "pytest", "-q", f"--junitxml={junit}", *arguments]
    return Step(command, read=lambda _output: junit_counts(junit))


def notebook_steps() -> list[Step]:
    """Run copies of the notebooks cell by cell; copies, so that their studio files stay out of the project."""
    copies = BUILD / "notebooks"
    shutil.rmtree(copies, ignore_errors=True)
    copies.mkdir(parents=True)
    for source in (ROOT / "notebooks").glob("*.ipynb"):
        shutil.copy(source, copies)
    step = pytest_step("notebooks", "--nbval-lax", "--nbval-current-env", ".")
    return [Step(step.command, copies, step.read)]


def front_end_steps() -> list[Step]:
    """The compiler, the linter and the tests that js/package.json names."""
    npm = shutil.which("npm", path=environment()["PATH"]) or "npm"
    js = ROOT / "js"
    return [
        Step([npm, "run", "--silent", "check"], js),
        Step([npm, "run", "--silent", "lint"], js),
        Step([npm, "run", "--silent", "test"], js, read=node_counts),
    ]


def junit_counts(path: Path) -> Counts | None:
    """Read pytest's JUnit file; `None` where pytest ended before writing it.

    >>> junit_counts(Path("no such file"))
    """
    if not path.exists():
        return None
    total = Counts()
    for suite in ET.parse(path).getroot().iter("testsuite"):  # noqa: S314  (pytest wrote it a moment ago)
        ran, bad, skipped = (
            sum(int(suite.get(name, 0)) for name in names)
            for names in (("tests",), ("failures", "errors"), ("skipped",))
        )
        total += Counts(max(ran - bad - skipped, 0), bad, skipped)
    return total


def slowest(names: Iterable[str], most: int = 12) -> list[str]:
    """Return a line for each of the tests that took longest in these suites, if it took a second at least."""
    found = [
        (float(case.get("time", 0)), f"{name}: {case.get('name')}")
        for name in names
        if (path := BUILD / f"{name}.xml").exists()
        for case in ET.parse(path).getroot().iter("testcase")  # noqa: S314  (pytest wrote it a moment ago)
    ]
    return [f"{seconds:7.1f} s {case}" for seconds, case in sorted(found, reverse=True)[:most] if seconds >= 1]


def node_counts(output: str) -> Counts | None:
    r"""Read the closing lines of node's test runner.

    >>> node_counts("# tests 5\n# pass 3\n# fail 1\n# skipped 1")
    Counts(passed=3, failed=1, skipped=1)
    """
    found = {word: int(number) for word, number in re.findall(r"^\S+ (pass|fail|skipped) (\d+)$", output, re.MULTILINE)}
    return Counts(found["pass"], found["fail"], found.get("skipped", 0)) if {"pass", "fail"} <= found.keys() else None
