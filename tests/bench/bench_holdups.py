"""What could hold a person up: how soon Stop is answered, and how long the engine is held by one thing.

Validators that sleep, answers of 8 MB, plans of a million items, a disk that takes a second to empty its log, ten open
studios. Stop is measured as the widget gives it, from its message to the reply, and to the end of the job. Held is the
CPU time of the engine's longest callback, as is that of a search for garbage, which holds every thread; how late the
loop came by the clock tells of waits too, but also of other processes. `--where` says on stderr where it was held.
"""

from __future__ import annotations

import gc
import json
import queue
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pydantic import BaseModel, field_validator

import synth_widgets as sw
from synth_widgets.runs.job import Job
from synth_widgets.store.open_file import OpenFile
from synth_widgets.testing import ScriptedCompleter
from synth_widgets.widget.bridge import Bridge
from tests.bench.bench_throughput import serving
from tests.bench.holdup import Watch, watching
from tests.bench.table import Row, run
from tests.tasks import PLAIN, TRIAGE, in_background, until

STOP, HELD = 0.5, 10.0
"""Seconds until Stop is answered, and milliseconds for which the engine is held, at most."""
HOUR = 3600.0
IN_FLIGHT = 64
SLEEP = 2.0
"""Seconds that a validator sleeps."""
BIG = 8_000_000
"""Bytes of an answer."""
LOOPING = '{"a":} ' * 150_000
"""A megabyte that a model got lost in."""
LEAVES, EACH = 100, 10_000
STUDIOS = 10


class Asleep(BaseModel):
    """An answer whose check takes long."""

    text: str

    @field_validator("text")
    @classmethod
    def slow(cls, value: str) -> str:
        time.sleep(SLEEP)
        return value


SLOW = sw.Task("Slow", "Answer.", output_schema=Asleep)


class View:
    """A widget's kernel side, with a browser that does what a comm does with a message."""

    def __init__(self, studio: sw.Studio) -> None:
        self.replies: queue.Queue[Any] = queue.Queue()
        core = studio._core
        self.bridge = core.engine.call(lambda: Bridge(core, studio._of(core), self._hear))
        self.bridge.receive({"t": "hello", "epoch": None, "rev": None})

    def _hear(self, message: Any) -> None:
        json.dumps(message, ensure_ascii=False, allow_nan=False).encode()
        if message["t"] == "reply":
            self.replies.put(message)

    def send(self, name: str, **args: Any) -> None:
        """Send a command."""
        self.bridge.receive({"t": "cmd", "rid": name, "name": name, "args": args})

    def answered(self, name: str) -> float:
        """Send a command; return the seconds until its reply, whatever else is answered meanwhile."""
        began = time.perf_counter()
        self.send(name)
        while (reply := self.replies.get(timeout=120))["rid"] != name:
            pass
        assert "ok" in reply, reply
        return time.perf_counter() - began


def stopped(view: View, job: Job) -> tuple[float, float]:
    """Stop everything; return the seconds until that is answered, and until the job has ended."""
    began = time.perf_counter()
    answered = view.answered("cancel")
    until(lambda: job.status == "cancelled", 120)
    return answered, time.perf_counter() - began


def rows(what: str, watch: Watch, stop: tuple[float, float] | None = None) -> Iterator[Row]:
    """Return what was seen as rows."""
    if stop is not None:
        yield Row(f"{what}: Stop answered", stop[0], None, STOP, "s")
        yield Row(f"{what}: stopped", stop[1], None, STOP, "s")
    yield Row(f"{what}: engine held, at most", watch.held * 1000, None, HELD, "ms")
    yield Row(f"{what}: search for garbage, at most", watch.collected * 1000, None, HELD, "ms")
    yield Row(f"{what}: loop late, by the clock", watch.late * 1000, None, None, "ms")


def asleep(_folder: Path) -> Iterator[Row]:
    """Stop a job whose answers' checks sleep, behind an edit whose check does; undo in another studio meanwhile."""
    what = f"validators that sleep {SLEEP:g} s"
    model = ScriptedCompleter(answers=lambda _request: {"text": "x"}, concurrency=IN_FLIGHT)
    with sw.Studio(SLOW, path=":memory:", model=model) as studio, sw.Studio(PLAIN, path=":memory:") as other:
        studio.add_samples([{"input": f"{n}"} for n in range(IN_FLIGHT)], status="pending")
        ids = [sample.id for sample in studio.samples]
        other.topics.add("A")
        view = View(studio)
        with watching(studio) as watch:
            job = studio.generate_outputs()
            until(lambda: len(model.requests) == IN_FLIGHT)
            for ident in ids[:3]:
                view.send("edit", id=ident, output={"text": "y"})
            time.sleep(0.2)
            began = time.perf_counter()
            other.undo()
            undone = time.perf_counter() - began
            stop = stopped(view, job)
        yield from rows(what, watch, stop)
        yield Row(f"{what}: another studio's undo", undone, None, STOP, "s")


def big_answers(_folder: Path) -> Iterator[Row]:
    """Take in answers of 8 MB: as a text, as an item of a list, over HTTP; and one in which a model got lost."""
    note = "The parcel is late. " * (BIG // 20)
    item, output = json.dumps({"items": [note]}), json.dumps({"kind": "a", "note": note})

    def of(request: Any) -> str:
        return item if request.step == "inputs" else output

    for what, answers in (("answers of 8 MB", of), ("a megabyte of broken JSON", lambda _request: LOOPING)):
        model = ScriptedCompleter(answers=answers, chunk=65_536)
        with sw.Studio(TRIAGE, path=":memory:", model=model) as studio:
            view = View(studio)
            with watching(studio) as watch:
                studio.grow(depth=0, samples=2).wait()
            yield from rows(what, watch)
            assert view.answered("cancel") < 60
    with serving("tests.bench.quick_endpoint", "0.01", "--bytes", str(BIG)) as endpoint:
        model_ = sw.Model("openai/any", api_base=endpoint["url"], api_key=endpoint["key"])
        with sw.Studio(TRIAGE, path=":memory:", model=model_) as studio:
            studio.add_samples([{"input": f"{n}"} for n in range(5)], status="pending")
            studio.generate_outputs([studio.samples[0].id]).wait()  # it loads what it needs
            with watching(studio) as watch:
                studio.generate_outputs().wait()
            yield from rows("answers of 8 MB over HTTP", watch)


def million(folder: Path) -> Iterator[Row]:
    """Plan a million items; stop that when it has begun, and when it is done; close, and resume."""
    what = f"a plan of {LEAVES * EACH:,} items"
    model = ScriptedCompleter(latency=HOUR, concurrency=IN_FLIGHT)
    file = folder / "million.synth"

    def open_() -> sw.Studio:
        return sw.Studio(PLAIN, path=file, model=model)

    with open_() as studio:
        studio.topics.add(*[f"Topic {n}" for n in range(LEAVES)])
        view = View(studio)
        with watching(studio) as watch:
            view.send("grow", depth=0, samples=EACH)
            until(lambda: any(run.progress.total > 50_000 for run in studio._core.jobs.runs.values()))
            stop = stopped(view, studio.jobs[-1])
        yield from rows(f"{what}, begun", watch, stop)
        with watching(studio) as watch:
            began = time.perf_counter()
            studio.estimate("generate_inputs", n=EACH)
            yield Row(f"{what}: estimate", time.perf_counter() - began, None, None, "s")
        yield from rows(f"{what}, estimated", watch)
        with watching(studio) as watch:
            began = time.perf_counter()
            job = studio.generate_inputs(n=EACH)
            yield Row(f"{what}: planned and on disk", time.perf_counter() - began, None, None, "s")
            until(lambda: model.in_flight == IN_FLIGHT)
            stop = stopped(view, job)
            job.wait()
        yield from rows(what, watch, stop)
        studio.generate_inputs(n=EACH)
    with open_() as studio:
        view = View(studio)
        with watching(studio) as watch:
            job = studio.resume()
            until(lambda: model.in_flight == IN_FLIGHT)
            stop = stopped(view, job)
        yield from rows(f"{what}, resumed", watch, stop)


def leaves(folder: Path) -> Iterator[Row]:
    """Plan a million items below the topics that a model names, all of them in one answer."""
    model = ScriptedCompleter(
        latency=lambda request: 0.0 if request.step == "topics" else HOUR,
        items_per_call=LEAVES,
        concurrency=IN_FLIGHT,
    )
    with sw.Studio(PLAIN, path=folder / "leaves.synth", model=model) as studio:
        view = View(studio)
        with watching(studio) as watch:
            job = studio.grow(topics=LEAVES, samples=EACH)
            until(lambda: len(studio._state.items.get(job.id, ())) == LEAVES * EACH, 120)
            stop = stopped(view, job)
        yield from rows(f"{LEAVES * EACH:,} items below new topics", watch, stop)


@contextmanager
def slow_disk() -> Iterator[None]:
    """Let each emptying of a file's log take a second."""
    empty = OpenFile.empty_log

    def slowly(file: OpenFile) -> None:
        time.sleep(1.0)
        empty(file)

    with patch.object(OpenFile, "empty_log", slowly):
        yield


def disk(folder: Path) -> Iterator[Row]:
    """Stop a job, and close a studio, on a disk that takes a second to empty a log."""
    what = "a disk that takes a second"
    with slow_disk(), ExitStack() as stack:
        studios = []
        for n in range(3):
            model = ScriptedCompleter(latency=0.05)
            studios.append(stack.enter_context(sw.Studio(PLAIN, path=folder / f"disk{n}.synth", model=model)))
        first, second, third = studios
        views = [View(studio) for studio in studios]
        with watching(first) as watch:
            job = first.grow(depth=0, samples=5_000)
            other = second.grow(depth=0, samples=5_000)
            until(lambda: job.progress.done > 50)
            stop = stopped(views[0], job)
            closing, undone = in_background(first.close), 0.0
            while not closing.done():
                third.topics.add("A")
                began = time.perf_counter()
                assert third.undo() is not None
                undone = max(undone, time.perf_counter() - began)
            other.cancel()
        yield from rows(what, watch, stop)
        yield Row(f"{what}: undo while one closes, at most", undone, None, STOP, "s")


def ten(folder: Path) -> Iterator[Row]:
    """Ten studios at work, each with a view; one is stopped, and all are closed."""
    what = f"{STUDIOS} studios at work"
    with ExitStack() as stack:
        studios = [
            stack.enter_context(
                sw.Studio(TRIAGE, path=folder / f"ten{n}.synth", model=ScriptedCompleter(latency=0.05, seed=n))
            )
            for n in range(STUDIOS)
        ]
        views = [View(studio) for studio in studios]
        with watching(studios[0]) as watch:
            jobs = [studio.grow(topics=20, samples=200) for studio in studios]
            until(lambda: all(job.progress.done > 100 for job in jobs), 120)
            stop = stopped(views[0], jobs[0])
        yield from rows(what, watch, stop)
        with watching(studios[0]) as watch:
            for studio in studios:
                studio.close()
        yield from rows(f"{what}, closed", watch)


def measure() -> Iterator[Row]:
    """Measure all, or the scenes that the command line names."""
    chosen = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    with tempfile.TemporaryDirectory() as folder:
        for scene in (asleep, big_answers, million, leaves, disk, ten):
            if scene.__name__ in chosen or not chosen:
                yield from scene(Path(folder))
            gc.collect()  # what one leaves is none of the next one's


if __name__ == "__main__":
    run(measure)
