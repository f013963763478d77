"""Ways in which a studio file is taken away from the process that has it open; `older` is a copy of it from before."""

from __future__ import annotations

import shutil
from pathlib import Path

from synth_widgets.store import wal


def delete(path: Path, older: Path) -> None:
    path.unlink()


def delete_all(path: Path, older: Path) -> None:
    for name in (path, wal.log_of(path), wal.index_of(path)):
        name.unlink(missing_ok=True)


def rename(path: Path, older: Path) -> None:
    path.rename(path.with_name("moved.synth"))


def replace(path: Path, older: Path) -> None:
    shutil.copy2(older, path.with_name("draft"))
    path.with_name("draft").replace(path)


def restore(path: Path, older: Path) -> None:
    shutil.copy(older, path)


def synchronise(path: Path, older: Path) -> None:
    """What a client does that brings another machine's newer file, and takes what it does not know away."""
    delete_all(path, older)
    shutil.copy2(older, path)
