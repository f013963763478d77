"""What the first cell of a notebook waits for and keeps in memory, over what pandas and anywidget cost anyway."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator

from tests.bench.table import Row, run

RUNS = 15
LIMIT = 1.15
OURS = "import synth_widgets as sw; sw.Task; sw.Studio"
THEIRS = "import pandas, anywidget"
TIMED = """import time; t = time.perf_counter()
{code}
import json, resource
print(json.dumps([time.perf_counter() - t, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000]))"""


def cost(code: str) -> tuple[float, float]:
    """Return the seconds that a fresh Python takes to run `code`, without its own start, and its memory in MB."""
    command = [sys.executable, "-c", TIMED.format(code=code)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    seconds, memory = json.loads(done.stdout)
    return seconds, memory


def measure() -> Iterator[Row]:
    """Measure both in turn, so that whatever else the machine does meets them alike."""
    for code in (OURS, THEIRS):
        cost(code)  # fills the file cache and writes the .pyc files
    pairs = [(cost(OURS), cost(THEIRS)) for _ in range(RUNS)]
    for place, (figure, unit) in enumerate((("import, Task, Studio", "s"), ("memory after it", "MB"))):
        ours, theirs = (statistics.median(each[place] for each in column) for column in zip(*pairs, strict=True))
        yield Row(figure, ours, theirs, LIMIT, unit, THEIRS)


if __name__ == "__main__":
    run(measure)
