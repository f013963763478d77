"""The suites that `make test` runs: what each starts, and how its result is counted."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools.environment import PYTHON, ROOT, environment

BUILD = ROOT / "build" / "test"
Command = list[str]

CURATING = [
    f"tests/browser/test_{what}.py" for what in ("commands", "curate", "find", "hour", "many", "palette", "versions")
]
"""A suite of its own, so that two browsers can run side by side: what a person does with samples that are there."""
OTHER_VERSIONS = ("lowest", "newest")
"""Of what pyproject.toml allows; `make test` takes those of the lock."""


@dataclass(frozen=True)
class Counts:
    """How many tests of a suite ended how."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)


@dataclass(frozen=True)
class Failure:
    """A test that failed.

    Attributes:
        test: how pytest is asked for it.
        output: what pytest reported of it.
    """

    test: str
    output: str


@dataclass(frozen=True)
class Step:
    """One program of a suite.

    Attributes:
        command: the program and its arguments.
        folder: where it runs.
        variables: what its environment has besides.
        read: counts its tests from its output; ``None`` makes the step one test.
        failures: the tests that failed, once it has run.
    """

    command: Command
    folder: Path = ROOT
    variables: Mapping[str, str] = field(default_factory=dict)
    read: Callable[[str], Counts | None] = field(default=lambda _output: None)
    failures: Callable[[], list[Failure]] = field(default=list)


@dataclass(frozen=True)
class Suite:
    """A named list of steps. All of them run, even when an earlier one fails.

    Attributes:
        name: what it is called in the report.
        steps: makes the steps.
        again: makes the step that runs one failed test once more; ``None`` where a failed test has failed.
    """

    name: str
    steps: Callable[[], list[Step]]
    again: Callable[[str], Step] | None = None


def suites(*, slow: bool) -> list[Suite]:
    """Return every suite in the order of the report; `slow` adds the tests marked so, and the other versions."""
    everything = ["-m", "slow or not slow"] if slow else []

    def pytest(name: str, *arguments: str) -> Suite:
        return Suite(name, lambda: [pytest_step(name, *arguments, *everything)])

    def real(name: str, *arguments: str) -> Suite:
        """What a real kernel or browser has a part in: a failed test runs once more."""
        steps = pytest(name, *arguments).steps
        return Suite(name, steps, again=lambda test: pytest_step(f"{name}-again", test, *everything))

    return [
        Suite("lint", lint_steps),
        pytest("unit", "synth_widgets", "tests/unit"),
        pytest("contract", "tools", "tests/contract"),
        Suite("front end", front_end_steps),
        real("kernel", "tests/kernel"),
        pytest("stories", "tests/stories"),
        pytest("faults", "tests/faults"),
        pytest("fuzz", "tests/fuzz"),
        Suite("notebooks", notebook_steps, again=notebook_again),
        real("browser", "tests/browser", *(f"--ignore={path}" for path in CURATING)),
        real("curating", *CURATING),
        *(suite for versions in OTHER_VERSIONS if slow for suite in version_suites(versions)),
    ]


def lint_steps() -> list[Step]:
    """Ruff's rules, ruff's format, mypy."""
    python = str(PYTHON)
    return [
        Step([python, "-m", "ruff", "check", "."]),
        Step([python, "-m", "ruff", "format", "--check", "."]),
        Step([python, "-m", "mypy"]),
    ]


def pytest_step(
    name: str,
    *arguments: str,
    python: Path = PYTHON,
    folder: Path = ROOT,
    variables: Mapping[str, str] | None = None,
) -> Step:
    """Run pytest; counts and failures are read from the JUnit file that it writes."""
    junit = BUILD / f"{name}.xml"
    junit.unlink(missing_ok=True)
    family = ("-o", "junit_family=xunit1")  # it names each test's file
    command = [str(python), "-m", "pytest", "-q", f"--junitxml={junit}", *family, *arguments]
    return Step(command, folder, variables or {}, lambda _output: junit_counts(junit), lambda: junit_failures(junit))


def notebook_steps() -> list[Step]:
    """Run copies of the notebooks cell by cell; copies, so that their studio files stay out of the project."""
    copies = BUILD / "notebooks"
    shutil.rmtree(copies, ignore_errors=True)
    copies.mkdir(parents=True)
    for source in (ROOT / "notebooks").glob("*.ipynb"):
        shutil.copy(source, copies)
    return [notebook_step("notebooks", ".", copies)]


def notebook_again(test: str) -> Step:
    """Run the notebook of a failed cell once more: a cell needs those before it."""
    source = ROOT / "notebooks" / Path(test.partition("::")[0]).name
    again = BUILD / "notebooks-again"
    shutil.rmtree(again, ignore_errors=True)
    again.mkdir(parents=True)
    shutil.copy(source, again)
    return notebook_step("notebooks-again", source.name, again)


def notebook_step(name: str, what: str, folder: Path) -> Step:
    """Run the notebooks of a folder cell by cell."""
    return pytest_step(name, "--nbval-lax", "--nbval-current-env", what, folder=folder)


def front_end_steps() -> list[Step]:
    """The compiler, the linter and the tests that js/package.json names."""
    npm = shutil.which("npm", path=environment()["PATH"]) or "npm"
    js = ROOT / "js"
    return [
        Step([npm, "run", "--silent", "check"], js),
        Step([npm, "run", "--silent", "lint"], js),
        Step([npm, "run", "--silent", "test"], js, read=node_counts),
    ]


def version_suites(versions: str) -> list[Suite]:
    """Return the suites that hold with other versions than the lock's, in an environment of their own."""
    venv = ROOT / "build" / versions
    variables = {"SYNTH_VENV": str(venv.relative_to(ROOT))}
    set_up = [str(PYTHON), "-m", "tools.environment", "test", "--model", "--versions", versions]
    chosen = {
        "unit": ("synth_widgets", "tests/unit"),
        "contract": ("tools", "tests/contract"),
        "faults": ("tests/faults",),
        "browser": ("tests/browser/test_loop.py",),
    }

    def suite(name: str, arguments: tuple[str, ...]) -> Suite:
        python = venv / PYTHON.relative_to(PYTHON.parents[1])
        return Suite(name, lambda: [pytest_step(name, *arguments, python=python, variables=variables)])

    return [
        Suite(f"{versions} set-up", lambda: [Step(set_up, variables=variables)]),
        *(suite(f"{versions} {name}", arguments) for name, arguments in chosen.items()),
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


def junit_failures(path: Path) -> list[Failure]:
    """Return the tests that failed, or broke while they were set up or cleared away, with what was reported of them."""
    found: dict[str, list[str]] = {}
    for case in junit_cases(path):
        said = [part.text or "" for part in case if part.tag in ("failure", "error")]
        if said:
            found.setdefault(f"{case.get('file')}::{case.get('name')}", []).extend(said)
    return [Failure(test, "\n".join(said)) for test, said in found.items()]


def junit_cases(path: Path) -> Iterable[ET.Element]:
    """Return what a JUnit file says of each test."""
    return ET.parse(path).getroot().iter("testcase") if path.exists() else ()  # noqa: S314  (pytest wrote it)


def slowest(names: Iterable[str], most: int = 12) -> list[str]:
    """Return a line for each of the tests that took longest in these suites, if it took a second at least."""
    found = [
        (float(case.get("time", 0)), f"{name}: {case.get('name')}")
        for name in names
        for case in junit_cases(BUILD / f"{name}.xml")
    ]
    return [f"{seconds:7.1f} s {case}" for seconds, case in sorted(found, reverse=True)[:most] if seconds >= 1]


def node_counts(output: str) -> Counts | None:
    r"""Read the closing lines of node's test runner.

    >>> node_counts("# tests 5\n# pass 3\n# fail 1\n# skipped 1")
    Counts(passed=3, failed=1, skipped=1)
    """
    found = {word: int(number) for word, number in re.findall(r"^\S+ (pass|fail|skipped) (\d+)$", output, re.MULTILINE)}
    return Counts(found["pass"], found["fail"], found.get("skipped", 0)) if {"pass", "fail"} <= found.keys() else None
