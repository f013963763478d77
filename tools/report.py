"""The report of `make test-full`: which commit, on what machine, what passed, how fast."""

from __future__ import annotations

import io
import os
import platform
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path

from tools.environment import PYTHON, ROOT, find_browser
from tools.run_bench import print_table

REPORT = ROOT / "build" / "test-full-report.md"
PACKAGES = ("anywidget", "ipykernel", "ipywidgets", "jupyterlab", "notebook", "pandas", "pydantic")


def write_report(lines: Iterable[object]) -> Path:
    """Write the report, given the suites' lines, and run the benchmarks for it; return its path within the project.

    Each part is written as soon as it is known: a run that is cut off leaves what it found.
    """
    REPORT.parent.mkdir(exist_ok=True)
    with REPORT.open("w", encoding="utf-8") as report:
        for part in _parts(lines):
            report.write(f"{part}\n")
            report.flush()
    return REPORT.relative_to(ROOT)


def _parts(lines: Iterable[object]) -> Iterator[str]:
    """Yield what the report says, the quick parts first."""
    yield f"""\
# Full test report

- commit: {commit()}
- when: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC
- machine: {platform.platform()}, {os.cpu_count()} cores
- Python {platform.python_version()}, {versions()}
- browser: {browser()}
"""
    yield "\n".join(["## Suites\n", "```text", *map(str, lines), "```\n"])
    with redirect_stdout(io.StringIO()) as benches:
        print_table()
    yield "\n".join(["## Benchmarks\n", "```text", benches.getvalue().rstrip(), "```\n"])
    yield "\n".join(["## Faults of an endpoint\n", *faults()])


def faults() -> list[str]:
    """Return the table of faults, ways and transports, line by line."""
    command = [str(PYTHON), "-m", "tests.faults.table"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return [line for line in done.stdout.splitlines() if line.startswith("|")]


def commit() -> str:
    """Return the commit that was tested, and whether files differed from it."""
    changed = said("git", "status", "--porcelain")
    return said("git", "rev-parse", "HEAD") + (" with uncommitted changes" if changed else "")


def versions() -> str:
    """Return the versions of the packages that the front ends live in."""
    asked = f"from importlib.metadata import version; print(*(f'{{n}} {{version(n)}}' for n in {PACKAGES!r}), sep=', ')"
    return said(str(PYTHON), "-c", asked)


def browser() -> str:
    """Return the browser's own words about its version."""
    found = find_browser()
    return said(found, "--version") if found else "Playwright's own"


def said(*command: str) -> str:
    """Return what a command prints, or that it failed."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else f"unknown ({command[0]} failed)"
