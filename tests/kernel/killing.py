"""Processes that work on a studio file and are killed, and what they said before they were.

One process that has loaded everything forks the others, so that each is there in milliseconds. A process writes two
kinds of lines to a file, which outlives it: what each commit makes of the records, before it is queued, and what its
listeners hear of: what a person has been told as saved.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synth_widgets.store.state import State

ROOT = Path(__file__).parents[2]
TIMEOUT = 30.0
"""Seconds after which a wait fails: it only tells a hang."""
FORKING = """
import json, os, signal, sys, warnings
import tests.kernel.killed_studio as killed_studio
from synth_widgets import money
money.read_prices()

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
print("ready", flush=True)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        killed_studio.work(**json.loads(line))
        os._exit(0)
    print(child, flush=True)
"""


def records(state: State) -> dict[str, dict[str, Any]]:
    """Return what must not be lost of a state: each topic and sample, as a commit tells it."""
    return {
        "topics": {ident: topic_told(topic) for ident, topic in state.topics.items() if topic.parent is not None},
        "samples": {ident: sample_told(sample) for ident, sample in state.samples.items()},
    }


def topic_told(topic: Any) -> list[Any]:
    return [topic.parent, topic.name, topic.removed]


def sample_told(sample: Any) -> list[Any]:
    outputs = [[version.n, version.input, version.output] for version in sample.versions]
    return [sample.topic, sample.status, sample.stars, list(sample.tags), sample.current, sample.removed, outputs]


@dataclass
class Said:
    """What processes said so far.

    Attributes:
        commits: what the commits made of records, by revision.
        told: the highest revision that was told as saved.
        troubles: what they said that keeps the file from being written, and what they warned of.
        results: what became of the actions that they were asked to do.
    """

    commits: dict[int, dict[str, dict[str, Any]]] = field(default_factory=dict)
    told: int = 0
    troubles: list[str] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)

    def at(self, rev: int) -> dict[str, dict[str, Any]]:
        """Return what the records were at a revision."""
        found: dict[str, dict[str, Any]] = {"topics": {}, "samples": {}}
        for number in sorted(self.commits):
            if number <= rev:
                for table, changed in self.commits[number].items():
                    found[table].update(changed)
        return found


class Worker:
    """A process that works on a studio file until it is killed."""

    def __init__(self, pid: int, log: Path) -> None:
        self.pid = pid
        self.log = log
        self.said = Said()
        self._read = 0

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self.wait_for(lambda: not self.is_running)

    @property
    def is_running(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def listen(self) -> Said:
        """Read what it has said by now; a line that the kill cut off was not said."""
        with self.log.open("rb") as file:
            file.seek(self._read)
            whole, _, _ = file.read().rpartition(b"\n")
        self._read += len(whole) + 1 if whole else 0
        for line in whole.splitlines():
            told = json.loads(line)
            match told.pop("what"):
                case "commit":
                    self.said.commits[told.pop("rev")] = told
                case "saved":
                    self.said.told = max(self.said.told, told["rev"])
                case "trouble":
                    self.said.troubles.append(told["text"])
                case "result":
                    self.said.results.append(told)
        return self.said

    def ask(self, action: str) -> dict[str, Any]:
        """Let it do something now, and return what became of it."""
        before = len(self.listen().results)
        draft = self.log.with_suffix(".draft")
        draft.write_text(action)
        draft.rename(self.log.with_suffix(".ask"))
        self.wait_for(lambda: len(self.listen().results) > before)
        return self.said.results[-1]

    def wait_for(self, condition: Callable[[], Any]) -> None:
        deadline = time.monotonic() + TIMEOUT
        while not condition():
            assert time.monotonic() < deadline, "it did not come true"
            time.sleep(0.002)


class Workers:
    """The process that forks the others."""

    def __init__(self) -> None:
        command = [sys.executable, "-W", "error::UserWarning", "-c", FORKING]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"
        self._started: list[Worker] = []

    def start(self, path: Path, log: Path, **about: Any) -> Worker:
        """Let a process open a studio file and work on it; what it says goes to a file."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        log.touch()
        self._process.stdin.write(json.dumps({"path": str(path), "log": str(log), **about}) + "\n")
        self._process.stdin.flush()
        worker = Worker(int(self._process.stdout.readline()), log)
        self._started.append(worker)
        return worker

    def end(self) -> None:
        for worker in self._started:
            if worker.is_running:
                worker.kill()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(TIMEOUT)
        self._process.stdout.close()
