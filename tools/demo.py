"""Run a notebook headless and show what it makes while it works.

    python -m tools.demo                              notebooks/quickstart.ipynb
    python -m tools.demo notebooks/another.ipynb

It runs a copy in build/demo, which is emptied first, and ends with the topic tree and the DataFrame of the studio
file that the notebook left there.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tools.environment import ROOT

FOLDER = ROOT / "build" / "demo"
STATUSES = {"pending": "pending", "draft": "drafts", "kept": "kept", "rejected": "rejected", "failed": "failed"}


def main() -> int:
    """Run the notebook that the command line names."""
    parser = argparse.ArgumentParser(description="Run a notebook and show what it makes.")
    parser.add_argument("notebook", nargs="?", type=Path, default=ROOT / "notebooks" / "quickstart.ipynb")
    source = parser.parse_args().notebook
    if not source.is_file():
        print(f"There is no {source}.", file=sys.stderr)
        return 2
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    copy = Path(shutil.copy(source, FOLDER))
    print(f"Running {source.name} in {shown(FOLDER)}")
    started = time.monotonic()
    with progress(FOLDER) as say:
        trouble = run_notebook(copy, say)
    if trouble:
        print(f"\nThe notebook stopped: {trouble}\nWhat ran is in {shown(copy)}", file=sys.stderr)
        return 1
    print(f"Done in {time.monotonic() - started:.0f} s\n")
    for file in sorted(FOLDER.glob("*.synth")):
        show_studio(file)
    print(f"executed notebook: {shown(copy)}")
    for file in sorted(FOLDER.glob("*.synth")):
        print(f"studio file:       {shown(file)}")
    print("The same, live: make lab")
    return 0


def run_notebook(path: Path, say: Progress) -> str | None:
    """Run a notebook in its own folder and save it with its outputs; return what stopped it, if anything did."""
    notebook = nbformat.read(path, as_version=4)
    code_cells = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]

    def on_cell_start(cell: Any, cell_index: int) -> None:
        if cell.cell_type == "code":
            say.cell(code_cells.index(cell_index) + 1, len(code_cells), headline(cell.source))

    client = NotebookClient(
        notebook,
        timeout=900,
        kernel_name="python3",
        extra_arguments=["--IPKernelApp.log_level=ERROR"],  # its warning about unencrypted TCP is no news on loopback
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_start=on_cell_start,
    )
    try:
        client.execute()
    except CellExecutionError as error:
        return f"{error.ename}: {error.evalue}"
    finally:
        nbformat.write(notebook, path)
    return None


def headline(source: str) -> str:
    r"""Return the line of a cell that says most: its first that is no import and no comment.

    >>> headline("import synth_widgets as sw\ntask = sw.Task(\n    'A')")
    'task = sw.Task('
    """
    lines = [line.rstrip() for line in source.splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(("import ", "from ", "#", "%"))]
    return (telling or lines or [""])[0][:80]


class Progress:
    """Prints which cell runs, and what the studio file holds whenever that has changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._said = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._started = time.monotonic()

    def cell(self, number: int, total: int, line: str) -> None:
        """Say that a cell begins."""
        self._say(f"cell {number} of {total}: {line}")

    def _watch(self) -> None:
        while not self._ended.wait(1):
            self._counts()

    def _counts(self) -> None:
        for file in self._folder.glob("*.synth"):
            if (said := counts(file)) and said != self._said:
                self._said = said
                self._say(f"  {said}")

    def _say(self, text: str) -> None:
        print(f"{time.monotonic() - self._started:5.0f} s  {text}", flush=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Say the last counts and stop watching."""
        self._ended.set()
        self._thread.join()
        self._counts()


@contextlib.contextmanager
def progress(folder: Path) -> Iterator[Progress]:
    """Watch the studio files of a folder."""
    watching = Progress(folder)
    watching.start()
    try:
        yield watching
    finally:
        watching.stop()


def counts(file: Path) -> str:
    """Return what a studio file holds, as ``topics 6, samples 12: 9 drafts, 3 pending``; empty while it is made."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=0.2)) as database:
            (topics,) = database.execute(
                "SELECT count(*) FROM topics WHERE parent IS NOT NULL AND NOT removed"
            ).fetchone()
            found = dict(database.execute("SELECT status, count(*) FROM samples WHERE NOT removed GROUP BY status"))
    except sqlite3.Error:
        return ""
    parts = ", ".join(f"{found[status]} {word}" for status, word in STATUSES.items() if found.get(status))
    return f"topics {topics}, samples {sum(found.values())}" + (f": {parts}" if parts else "")


def show_studio(file: Path) -> None:
    """Print a studio's topic tree and the frame of its kept samples, or of all where none is kept."""
    import pandas as pd

    import synth_widgets as sw

    studio = sw.Studio(path=file)
    try:
        status = "kept" if any(sample.status == "kept" for sample in studio.samples) else "all"
        frame = studio.to_pandas(status=status)
        print(f"{studio.task.name}\n{studio.topics!r}\n")
        told = [c for c in frame.columns if str(c).split(".")[0] in ("topic", "input", "output", "status")]
        with pd.option_context("display.width", 160, "display.max_columns", 8, "display.max_colwidth", 48):
            print(f"studio.to_pandas(status={status!r}), {len(told)} of its {len(frame.columns)} columns")
            print(f"{frame[told]}\n")
    finally:
        studio.close()


def shown(path: Path) -> str:
    """Return a path as one would type it from the project's folder."""
    return str(path.relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main())
