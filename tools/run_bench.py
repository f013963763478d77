"""Run every benchmark under tests/bench and print one table: each figure beside what it is compared with.

    python -m tools.run_bench               all of them
    python -m tools.run_bench import scale  only these

A slow figure is no error here: the exit code says only whether the benchmarks ran.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields

from tests.bench.table import Row, show
from tools.environment import PYTHON, ROOT, environment, find_browser

FIELDS = {field.name for field in fields(Row)}


def main() -> int:
    """Run the benchmarks; with names, such as ``import``, only those."""
    return print_table(sys.argv[1:])


def print_table(only: Sequence[str] = ()) -> int:
    """Print each figure as soon as it is measured; return how many benchmarks could not be run."""
    broken: list[str] = []
    show(_rows(only, broken))
    print("".join(f"\n{said}" for said in broken), end="")
    return len(broken)


def _rows(only: Sequence[str], broken: list[str]) -> Iterator[Row]:
    """Yield the rows of each benchmark; what one says that fails is added to `broken`."""
    variables = environment()
    if browser := find_browser():
        variables["SYNTH_CHROMIUM"] = browser
    for path in sorted((ROOT / "tests" / "bench").glob("bench_*.py")):
        name = path.stem.removeprefix("bench_")
        if only and name not in only:
            continue
        command = [str(PYTHON), "-m", f"tests.bench.{path.stem}", "--json"]
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as running:
            said: list[str] = []
            for line in running.stdout or ():
                if (row := _row(line)) is not None:
                    yield row
                else:
                    said.append(line)
        if running.returncode != 0:
            broken.append(f"bench_{name} ended with {running.returncode} and said:\n{''.join(said[-40:])}")


def _row(line: str) -> Row | None:
    """Return the row that a line of JSON describes; other lines are words."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    if not isinstance(found, dict) or "figure" not in found:
        return None
    return Row(**{name: value for name, value in found.items() if name in FIELDS})


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
