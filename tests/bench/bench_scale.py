"""100,000 samples in one file: open, give away, show, judge, take back, estimate; how long the engine's thread is held.

Opening and `to_pandas` stand beside `pandas.read_json` of the same samples as JSON lines, each in a process of its
own. All times are CPU time, which other programs disturb least; a hold of the engine is the CPU time of its thread
between two turns of a task that always wants one.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import synth_widgets as sw
from synth_widgets.widget.bridge import Bridge
from synth_widgets.widget.snapshot import Shown as Seen
from synth_widgets.widget.snapshot import saved_state, static_page
from tests.bench.big_file import AREAS, ISSUES, SAMPLES, big_file
from tests.bench.table import Row, run

RUNS = 3
JUDGED = 10_000
TOPICS = 2_000
IDLE = 0.001
"""CPU seconds of the engine's thread in a twentieth of a second below which it has nothing to do."""
READ_JSON = "pandas.read_json"
START = """
import json, resource, sys, time
import pandas as pd
import synth_widgets as sw
from tests.bench.big_file import TASK  # as in a notebook: task and schema are made before a studio is
pd.DataFrame({"text": pd.Series(["pyarrow is loaded"], dtype="str")})
def memory():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 1e6
at, began = memory(), time.process_time()
"""
OPEN = """
studio = sw.Studio(TASK, path=sys.argv[1])
opened, took = memory() - at, time.process_time() - began
began = time.process_time()
frame = studio.to_pandas("all")
print(json.dumps([took, time.process_time() - began, opened]))
"""
READ = """
frame = pd.read_json(sys.argv[2], lines=True)
print(json.dumps([time.process_time() - began, memory() - at]))
"""


@dataclass(frozen=True)
class Shown:
    """A sample as its JSON would have it."""

    id: str
    topic: tuple[str, ...]
    input: Any
    output: Any
    status: str
    reason: str | None
    stars: int | None
    tags: tuple[str, ...]
    session: str


def fresh(code: str, *files: Path) -> list[float]:
    """Run code in a fresh process and return the numbers that it prints."""
    done = subprocess.run([sys.executable, "-c", START + code, *map(str, files)], capture_output=True, check=True)
    numbers: list[float] = json.loads(done.stdout)
    return numbers


def opening(file: Path, lines: Path) -> Iterator[Row]:
    """Open and `to_pandas` in turn with `pandas.read_json` of the same; the best of each."""
    pairs = [(fresh(OPEN, file, lines), fresh(READ, file, lines)) for _ in range(RUNS)]
    opened = min(ours[0] for ours, _ in pairs)
    given = min(ours[1] for ours, _ in pairs)
    read = min(theirs[0] for _, theirs in pairs)
    yield Row("open 100,000 samples", opened, read, 1, "s", READ_JSON)
    yield Row("to_pandas of all of them", given, read, 1, "s", READ_JSON)
    yield Row("both, one after the other", opened + given, read, None, "s", READ_JSON)
    yield Row("memory of the open file", pairs[0][0][2], pairs[0][1][1], 1, "MB", READ_JSON)


def write_lines(file: Path, lines: Path) -> int:
    """Write the samples of a file as JSON lines of what `to_pandas` gives; return the bytes of their whole JSON."""
    with sw.Studio(path=file) as studio:
        frame = studio.to_pandas("all").reset_index()
        frame["created"] = frame["created"].astype("str")
        frame.to_json(lines, orient="records", lines=True, force_ascii=False)
        return sum(len(json.dumps(asdict(sample), ensure_ascii=False).encode()) for sample in shown(studio))


def shown(studio: sw.Studio) -> Iterator[Shown]:
    """Yield the samples with what a person calls their data."""
    for s in studio.samples:
        yield Shown(s.id, s.topic, s.input, s.output, s.status, s.reason, s.stars, s.tags, s.session)


@contextmanager
def turns(studio: sw.Studio) -> Iterator[list[float]]:
    """Give the list of how much CPU time of the engine's thread went by between the turns of one task."""
    engine = studio._core.engine
    seen: list[float] = []

    async def want() -> None:
        last = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            seen.append(now - last)
            last = now

    task = engine.call(lambda: engine.spawn(want()))
    try:
        yield seen
    finally:
        engine.call(task.cancel)


def settle(studio: sw.Studio) -> None:
    """Wait until all is written and the widget was told of it: that goes on when a call has returned."""
    studio.flush()
    used, before = studio._core.engine.call(time.thread_time), 0.0
    while used - before > IDLE:
        time.sleep(0.05)
        used, before = studio._core.engine.call(time.thread_time), used


def held(studio: sw.Studio, act: Callable[[], Any]) -> tuple[float, float]:
    """Do something; return the longest hold of the engine, and the CPU seconds of the process that it took."""
    settle(studio)
    began = time.process_time()
    act()
    settle(studio)
    spent = time.process_time() - began
    with turns(studio) as seen:
        act()
    return max(seen), spent


def showing(studio: sw.Studio, whole: int) -> Iterator[Row]:
    """What the engine does for a widget that is opened: kernel cost, bytes, holds."""
    sizes: list[int] = []
    whole_snapshot = threading.Event()

    def send(message: Any) -> None:
        """Do what a comm does with a message, and keep nothing of it."""
        sizes.append(len(json.dumps(message, ensure_ascii=False, allow_nan=False).encode()))
        if message["t"] == "snapshot" and message["page"] == message["pages"] - 1:
            whole_snapshot.set()

    core = studio._core
    bridge = core.engine.call(lambda: Bridge(core, studio._of(core), send))

    def hello() -> None:
        sizes.clear()
        whole_snapshot.clear()
        bridge.receive({"t": "hello", "epoch": None, "rev": None})
        whole_snapshot.wait(120)

    longest, spent = held(studio, hello)
    yield Row("bytes on the wire a sample", sum(sizes) / SAMPLES, whole / SAMPLES, 1, "B", "its JSON")
    yield Row("kernel cost of a row shown", spent / SAMPLES * 1000, None, 0.5, "ms")
    yield Row("engine held by a snapshot, at most", longest * 1000, None, 10, "ms")


def without_kernel(studio: sw.Studio) -> Iterator[Row]:
    """What a cell that shows the widget makes for a page, and a notebook, that have no kernel."""
    host, took = studio._core, []
    for _ in range(RUNS):
        began = time.process_time()
        seen = Seen.of(host.store.state)
        static_page(host, seen)
        saved_state(host, seen)
        took.append(time.process_time() - began)
    yield Row("static view and saved state", min(took) * 1000, None, 50, "ms")


def estimating(studio: sw.Studio) -> Iterator[Row]:
    """What a widget asks before it generates the outputs of all that have none."""
    engine = studio._core.engine
    longest, spent = held(studio, lambda: engine.call(lambda: studio.estimate("generate_outputs", model="local")))
    pending = sum(s.status == "pending" for s in studio.samples)
    yield Row(f"estimate for {pending:,} outputs: kernel cost", spent * 1000, None, None, "ms")
    yield Row("estimate: engine held, at most", longest * 1000, None, 10, "ms")


def judging(studio: sw.Studio) -> Iterator[Row]:
    """Verdicts on ten thousand samples, undo, topics by the thousand, and two topics made one."""
    drafts = [s.id for s in studio.samples if s.status == "draft"][:JUDGED]
    first, second = ((AREAS[0], f"{issue} {AREAS[0].lower()}") for issue in ISSUES[:2])
    merged = sum(s.topic == first for s in studio.samples)

    def there_and_back(act: Callable[[], Any]) -> Callable[[], None]:
        def both() -> None:
            act()
            studio.undo()

        return both

    for figure, act, count in (
        ("keep 10,000, undo", there_and_back(lambda: studio.keep(drafts)), JUDGED),
        ("reject 10,000, undo", there_and_back(lambda: studio.reject(drafts, "dull")), JUDGED),
        (
            "add 2,000 topics, undo",
            there_and_back(lambda: studio.topics.add(*[(f"Area {n % 40}", f"Issue {n}") for n in range(TOPICS)])),
            TOPICS,
        ),
        (f"merge a topic of {merged:,}, undo", there_and_back(lambda: studio.topics.merge(first, second)), merged),
    ):
        longest, spent = held(studio, act)
        yield Row(f"{figure}: kernel cost of each", spent / count * 1000, None, 0.5, "ms")
        yield Row(f"{figure}: engine held, at most", longest * 1000, None, 10, "ms")


def measure() -> Iterator[Row]:
    """Make the file, then measure; in this process nothing of the size was opened, and freed, before."""
    with tempfile.TemporaryDirectory() as folder:
        file, lines = big_file(Path(folder)), Path(folder) / "samples.jsonl"
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
            whole = apart.submit(write_lines, file, lines).result()
        yield from opening(file, lines)
        with sw.Studio(path=file) as studio:
            yield from showing(studio, whole)
            yield from judging(studio)
            yield from without_kernel(studio)
            yield from estimating(studio)


if __name__ == "__main__":
    run(measure)
