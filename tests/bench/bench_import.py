"""How long the first cell of a notebook waits for us, over what it waits for pandas and anywidget anyway."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 15
LIMIT = 1.15
OURS = "import synth_widgets as sw; sw.Task; sw.Studio"
THEIRS = "import pandas, anywidget"


def seconds(code: str) -> float:
    """Return how long a fresh Python takes to run `code`, measured inside it: starting Python is no one's cost."""
    timed = f"import time; t = time.perf_counter(); {code}; print(time.perf_counter() - t)"
    done = subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> None:
    """Measure both in turn, so that whatever else the machine does meets them alike, and print the medians."""
    started = time.monotonic()
    for code in (OURS, THEIRS):
        seconds(code)  # fills the file cache and writes the .pyc files
    pairs = [(seconds(OURS), seconds(THEIRS)) for _ in range(RUNS)]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = ours / theirs
    print(f"{OURS:50}{ours * 1000:8.0f} ms, median of {RUNS} fresh processes")
    print(f"{THEIRS:50}{theirs * 1000:8.0f} ms")
    verdict = "pass" if ratio <= LIMIT else "FAIL"
    print(f"ratio {ratio:.2f}, limit {LIMIT}: {verdict}   (took {time.monotonic() - started:.0f} s)")


if __name__ == "__main__":
    main()
