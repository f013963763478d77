"""Opens harmful files in a process of bounded memory and says what came of it: one line of JSON for each kind.

python -m tests.unit.harmful_opening <folder> <kind> …
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import json
import resource
import shutil
import signal
import socket
import stat
import sys
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import synth_widgets as sw
from synth_widgets.errors import SynthError
from synth_widgets.store.lock import FileLock
from synth_widgets.testing import ScriptedCompleter
from tests.bench.big_file import big_file
from tests.harmful_files import HARM, elsewhere, honest

ADDRESS_SPACE = 3 << 30
LONGEST = 30
"""Seconds of one kind."""
SLACK_SECONDS = 1.0
SLACK_BYTES = 24 << 20
SENTENCE = 30
"""Characters of a message that says something."""
OWN = {f"a.synth{end}" for end in ("", "-wal", "-shm", "-journal")}
"""What an opening may change."""
SMALLEST = 200
"""Samples of the smallest honest file that is measured."""


class Silent(ScriptedCompleter):
    """Notes that it was asked."""

    asked = 0

    async def complete(self, request: Any, on_text: Any = None) -> Any:
        Silent.asked += 1
        return await super().complete(request, on_text)


connections: list[object] = []


def refuse(self: socket.socket, address: object) -> None:
    connections.append(address)
    raise OSError("no network here")


def look(folder: Path) -> dict[str, str]:
    """Return what lies in a folder: of each name what it is, and its content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        about = path.lstat()
        if stat.S_ISREG(about.st_mode):
            content = f"{about.st_nlink} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        else:
            content = str(path.readlink()) if path.is_symlink() else ""
        found[str(path.relative_to(folder))] = f"{stat.S_IFMT(about.st_mode)} {content}"
    return found


@contextlib.contextmanager
def held(path: Path) -> Iterator[bool]:
    """Hold a file as another kernel does, so that it can only be read."""
    lock = FileLock(path)
    try:
        reason = lock.acquire()
    except OSError:
        yield False
        return
    try:
        yield reason is None
    finally:
        lock.release()


def use(studio: sw.Studio, copy: Path, *, to_write: bool) -> None:
    """Do with a file what people do: whatever fails says so in words."""
    reading = (lambda: repr(studio) + repr(studio.topics) + repr(studio.samples[:3]), studio.to_pandas)
    writing = (
        studio.undo,
        studio.redo,
        lambda: studio.tag(studio.samples[0].id, "seen"),
        studio.flush,
        lambda: studio.backup(copy),
    )
    for action in (*reading, *writing) if to_write else reading:
        with contextlib.suppress(SynthError):
            action()


@contextlib.contextmanager
def weighed(*, to_write: bool) -> Iterator[list[int]]:
    """Yield a list that has, in the end, the most bytes that a ``with`` block took.

    Opening to write is weighed as the system does it, with what SQLite takes; opening to read as Python does it, which
    is exact, and slow.
    """
    took: list[int] = []
    gc.collect()
    if to_write:
        Path("/proc/self/clear_refs").write_text("5")
        before = resident("VmRSS")
    else:
        tracemalloc.start()
    try:
        yield took
    finally:
        if to_write:
            took.append(resident("VmHWM") - before)
        else:
            took.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()


def resident(name: str) -> int:
    """Return what the system says that the process has, or had at most, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(name))


def measured(path: Path, *, to_write: bool) -> tuple[float, int]:
    """Return the seconds and the bytes that opening a file takes."""
    started = time.process_time()
    with weighed(to_write=to_write) as took:
        studio = sw.Studio(path=path, model=Silent())
    seconds = time.process_time() - started
    studio.close()
    return seconds, took[0]


class Peers:
    """Honest files by size, and what opening them takes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[tuple[int, bool], tuple[float, int]] = {}

    def of(self, size: int, *, to_write: bool) -> tuple[float, int]:
        count = SMALLEST
        while count * 2000 < size:
            count *= 2
        if (count, to_write) not in self._known:
            self._known[count, to_write] = measured(big_file(self._folder, count), to_write=to_write)
        return self._known[count, to_write]


@dataclass
class Trial:
    """One kind, opened in one way."""

    kind: str
    base: Path
    room: Path
    peers: Peers
    wrong: list[str] = field(default_factory=list)
    said: list[str | None] = field(default_factory=list)

    def run(self, *, to_write: bool) -> None:
        shutil.rmtree(self.room, ignore_errors=True)
        path = self.room / "here" / "a.synth"
        path.parent.mkdir(parents=True)
        shutil.copy(self.base, path)
        outside = elsewhere(path).parent
        HARM[self.kind](path)
        size = sum(p.stat().st_size for p in path.parent.iterdir() if p.is_file() and not p.is_symlink())
        is_own = not path.is_symlink()
        before, around = look(path.parent), look(outside)
        with contextlib.nullcontext(True) if to_write else held(path) as can:
            if not can:
                return
            reason = self.open(path, size, to_write=to_write)
        after = look(path.parent)
        if is_own and look(outside) != around:
            self.wrong.append("something elsewhere changed")
        changed = {name for name, was in before.items() if after.get(name) != was}
        if changed and (reason is not None or not changed <= OWN):
            self.wrong.append(f"{sorted(changed)} changed")
        self.said.append(reason)

    def open(self, path: Path, size: int, *, to_write: bool) -> str | None:
        """Open a file and use it; return why that cannot be."""
        seconds, peak = self.peers.of(size, to_write=to_write)
        started = time.process_time()
        took: list[int] = []
        try:
            with weighed(to_write=to_write) as took:
                studio = sw.Studio(path=path, model=Silent())
        except SynthError as error:
            return str(error)
        except BaseException as error:  # noqa: BLE001 - it is what is looked for
            self.wrong.append(f"raised {error!r:.300}")
            return None
        finally:
            since = time.process_time() - started
            if to_write and since > 2 * seconds + SLACK_SECONDS:
                self.wrong.append(f"took {since:.2f} s, an honest file of {size:,} bytes {seconds:.2f} s")
            if took[0] > 2 * peak + SLACK_BYTES:
                self.wrong.append(f"took {took[0] >> 20} MB, an honest file of {size:,} bytes {peak >> 20} MB")
        try:
            use(studio, self.room / "copy.synth", to_write=to_write)
        except BaseException as error:  # noqa: BLE001 - as above
            self.wrong.append(f"in use: {error!r:.300}")
        if studio._core.jobs.runs:
            self.wrong.append("a job runs")
        try:
            studio.close()
        except SynthError as error:
            self.wrong.append(f"at the end: {error}")
        return None


def tried(kind: str, folder: Path, base: Path, peers: Peers) -> dict[str, Any]:
    """Open a kind to be written and to be read; return what came of it."""
    trial = Trial(kind, base, folder / "room", peers)
    for to_write in (True, False):
        trial.run(to_write=to_write)
    if any(reason is not None and len(reason) < SENTENCE for reason in trial.said):
        trial.wrong.append("no clear text")
    if Silent.asked or connections:
        trial.wrong.append(f"a model was asked {Silent.asked} times, or {connections}")
    return {"kind": kind, "opened": trial.said[0] is None, "wrong": trial.wrong, "said": trial.said}


def main() -> None:
    folder, *kinds = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    socket.socket.connect = refuse  # type: ignore[method-assign, assignment]
    base = Path(folder) / "base.synth"
    honest(base)
    Silent.asked = 0
    with sw.Studio(path=base, model=Silent()) as studio:
        studio.to_pandas()  # what is imported for it is no part of what a file takes
    gc.collect()
    gc.freeze()  # what is there is gone through no more
    peers = Peers(Path(folder))
    for kind in kinds:
        signal.alarm(LONGEST)  # it ends the process, whatever runs
        print(json.dumps(tried(kind, Path(folder), base, peers)), flush=True)  # noqa: T201 - for the test


if __name__ == "__main__":
    main()
