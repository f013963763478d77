"""What a process does that will be killed: a person and jobs work on a studio, as fast as they can."""

from __future__ import annotations

import contextlib
import json
import os
import random
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import synth_widgets as sw
import synth_widgets.studio.studio
from synth_widgets.store import journal, open_file
from synth_widgets.store.batch import Batch
from synth_widgets.store.store import Store
from synth_widgets.testing import ScriptedCompleter
from tests.kernel.killing import sample_told, topic_told
from tests.tasks import TRIAGE


class Log:
    """A file of lines that are there when the process is not."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND)

    def say(self, what: str, **about: Any) -> None:
        os.write(self._file, json.dumps({"what": what, **about}).encode() + b"\n")


def listened_to(log: Log) -> None:
    """Say of each store what its commits make, before they are queued, and what is told as saved."""
    write, publish, trouble = journal.Journal.write, Store._publish, Store._set_trouble

    def written(self: journal.Journal, batch: Batch) -> None:
        topics = {ident: topic_told(topic) for ident, topic in batch.topics.items()}
        samples = {ident: sample_told(sample) for ident, sample in batch.samples.items()}
        log.say("commit", rev=batch.rev, topics=topics, samples=samples)
        write(self, batch)

    def published(self: Store, rev: int) -> None:
        publish(self, rev)
        log.say("saved", rev=self.saved_rev)

    def troubled(self: Store, told: Any) -> None:
        if told is not None:
            log.say("trouble", text=told.text)
        trouble(self, told)

    journal.Journal.write, Store._publish, Store._set_trouble = written, published, troubled  # type: ignore[method-assign]


def work(path: str, log: str, seed: int, *, pause: float = 0.0, checkpoints: bool = True) -> None:
    """Work on a file until this process is killed, or is asked to end.

    Args:
        path: the file.
        log: where to say what becomes of it.
        seed: of what is done.
        pause: seconds between two actions.
        checkpoints: whether the log is brought into the file all the time, or only when it is asked for.
    """
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115
    journal.IDLE_SECONDS, open_file.LOG_BYTES = (0.01, 200_000) if checkpoints else (60.0, 10**9)
    out, chance = Log(log), random.Random(seed)
    listened_to(out)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        model = ScriptedCompleter(seed=seed, latency=lambda _request: chance.random() * 0.004, concurrency=4)
        studio = sw.Studio(TRIAGE, path=path, model=model)
    for warning in warned:
        out.say("trouble", text=str(warning.message))
    asked, is_still = Path(log).with_suffix(".ask"), False
    while True:
        if asked.exists():
            action = asked.read_text()
            asked.unlink()
            out.say("result", **result_of(studio, action))
            is_still = action == "settle" or (is_still and action != "go on")
            if action == "close":
                return
        if is_still:
            time.sleep(0.001)
            continue
        with contextlib.suppress(sw.SynthError):  # said by the store, or nothing to do it to
            act(studio, chance, jobs=checkpoints)  # the end of a job brings it in too
        if pause:
            time.sleep(pause)


def result_of(studio: sw.Studio, action: str) -> dict[str, Any]:
    """Do what was asked for, and tell what became of it."""
    try:
        match action.split(" ", 1):
            case ["add"]:
                studio.topics.add(f"Asked {time.monotonic_ns()}")
            case ["flush"]:
                studio.flush()
            case ["settle"]:
                for job in studio.jobs:
                    job.cancel()
                    job.wait()
                store = studio._core.store
                store._journal._do(store._journal._file.empty_log).result()
            case ["close"]:
                studio.close()
            case ["backup", target]:
                studio.backup(target)
    except sw.SynthError as error:
        return {"error": type(error).__name__, "text": str(error), "rev": studio._core.state.rev}
    return {"error": None, "text": "", "rev": studio._core.state.rev}


def act(studio: sw.Studio, chance: random.Random, *, jobs: bool) -> None:
    """Do one of the things that change a studio."""
    ids = [sample.id for sample in studio.samples]
    some = chance.sample(ids, min(len(ids), chance.choice((1, 1, 3, 20))))
    paths = studio.topics.paths() or [()]
    match chance.randrange(14):
        case 0 | 1 if jobs and len(ids) < 400 and not any(job.status == "running" for job in studio.jobs):
            studio.grow(chance.choice(paths)[:1], topics=3, samples=4)
        case 2 if len(ids) < 400:
            note = "x" * chance.choice((1, 100, 20_000))
            rows = [{"input": f"Row {chance.random()}", "output": {"kind": "a", "note": note}} for _ in range(5)]
            studio.add_samples(rows, topic=chance.choice(paths))
        case 3 | 4:
            studio.keep(some)
        case 5:
            studio.reject(some, reason="Too short.")
        case 6:
            studio.restore(some)
        case 7 if some:
            studio.edit(some[0], output={"kind": chance.choice("ab"), "note": f"edited {chance.random()}"})
        case 8:
            studio.rate(some, chance.randrange(1, 6))
        case 9:
            studio.undo()
        case 10:
            studio.redo()
        case 11 if len(paths) < 60:
            studio.topics.add((f"Topic {chance.randrange(10**9)}",))
        case 12 if len(paths) > 3 and paths[0]:
            studio.topics.remove(chance.choice(paths))
        case _:
            studio.flush()
