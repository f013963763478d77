"""Run every benchmark under tests/bench, one after the other, and show what each prints.

Each prints its figure beside the peer or the limit it is compared with. A slow figure is no error here: the
exit code says only whether the benchmarks ran.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from tools.environment import PYTHON, ROOT, environment, find_browser


def main() -> int:
    """Run the benchmarks; with names, such as ``import``, only those."""
    failed = 0
    for name, said, code in run_benchmarks(sys.argv[1:]):
        print(f"== {name}\n{said}", flush=True)
        failed += code != 0
    return 1 if failed else 0


def run_benchmarks(only: list[str] | None = None) -> Iterator[tuple[str, str, int]]:
    """Yield (name, output, exit code) of each benchmark."""
    variables = environment()
    if browser := find_browser():
        variables["SYNTH_CHROMIUM"] = browser
    for path in sorted((ROOT / "tests" / "bench").glob("bench_*.py")):
        name = path.stem.removeprefix("bench_")
        if only and name not in only:
            continue
        done = subprocess.run(
            [PYTHON, "-m", f"tests.bench.{path.stem}"],
            cwd=ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        yield name, done.stdout, done.returncode


if __name__ == "__main__":
    sys.exit(main())
