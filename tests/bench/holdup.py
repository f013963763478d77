"""Watches how long the engine is held: by one callback of its loop, and by all that keeps the loop from its next one.

The benchmark gives the figures; with ``--where`` stderr tells where the engine's thread was in its longest callback.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import time
import traceback
from asyncio.events import Handle
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import synth_widgets as sw

BEAT = 0.002
"""Seconds between two beats, and between two looks at where the engine is."""


@dataclass
class Watch:
    """What was seen, in seconds.

    Attributes:
        held: CPU time of the engine's thread in its longest callback: what no other work of the engine could interrupt.
        late: by how much the latest beat came too late, as a clock shows it: other threads, and other processes of a
            busy machine, count too.
        collected: CPU time of the longest search for garbage, on whatever thread: every thread waits for it.
        where: the lines at which the longest callback was seen.
    """

    held: float = 0.0
    late: float = 0.0
    collected: float = 0.0
    where: str = ""


@contextmanager
def watching(studio: sw.Studio) -> Iterator[Watch]:
    """Watch the engine for as long as something is done."""
    engine, watch = studio._core.engine, Watch()
    run, collecting, seen = Handle._run, 0.0, ""
    is_over = threading.Event()

    def timed(handle: Handle) -> Any:
        nonlocal seen
        if not engine.is_current:
            return run(handle)
        seen, started = "", time.thread_time()
        try:
            return run(handle)
        finally:
            if (took := time.thread_time() - started) > watch.held:
                watch.held, watch.where = took, seen

    def collects(phase: str, _info: Any) -> None:
        nonlocal collecting
        if phase == "start":
            collecting = time.thread_time()
        else:
            watch.collected = max(watch.collected, time.thread_time() - collecting)

    async def beat() -> None:
        while True:
            last = time.perf_counter()
            await asyncio.sleep(BEAT)
            watch.late = max(watch.late, time.perf_counter() - last - BEAT)

    def look() -> None:
        nonlocal seen
        while not is_over.wait(BEAT):
            frame = sys._current_frames().get(engine._thread.ident or 0)
            lines = [f"{f.f_code.co_qualname}:{n}" for f, n in traceback.walk_stack(frame)]
            if not any(line.startswith("BaseSelectorEventLoop._run_once") and len(lines) < 9 for line in lines[:2]):
                seen = f"{seen} | {' < '.join(lines[:6])}"[-1500:]

    beating = engine.call(lambda: engine.spawn(beat()))
    gc.callbacks.append(collects)
    Handle._run = timed  # type: ignore[method-assign,assignment]
    if "--where" in sys.argv:
        threading.Thread(target=look, daemon=True).start()
    try:
        yield watch
    finally:
        is_over.set()
        Handle._run = run  # type: ignore[method-assign]
        gc.callbacks.remove(collects)
        engine.call(beating.cancel)
        if "--where" in sys.argv:
            figures = (f"{name} {seconds * 1000:.1f} ms" for name, seconds in vars(watch).items() if name != "where")
            print(f"{', '.join(figures)}: {watch.where}", file=sys.stderr)
