"""One writer a file: an operating-system lock beside it, with who holds it and since when."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path
from typing import IO

if os.name == "nt":  # pragma: no cover - Windows
    import msvcrt

    def _try_lock(handle: IO[str]) -> bool:
        try:
            handle.seek(1 << 20)  # beyond the text, so that others can still read who holds it
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(handle: IO[str]) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


class FileLock:
    """The lock of a studio file, held from `acquire` to `release` or to the end of the process.

    It is a file of its own (``<name>.lock``), because locking a SQLite file from outside breaks SQLite's own locks.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.with_name(path.name + ".lock")
        self._handle: IO[str] | None = None

    def acquire(self) -> str | None:
        """Take the lock. Return ``None``, or who holds it and since when."""
        while True:
            handle = self.path.open("a+", encoding="utf-8")
            if not _try_lock(handle):
                with handle:
                    return self._holder(handle)
            if self._is_current(handle):
                break
            handle.close()  # the former holder removed it between our open and our lock
        handle.seek(0)
        handle.truncate()
        json.dump({"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}, handle)
        handle.flush()
        self._handle = handle
        return None

    def release(self) -> None:
        """Give the lock back and remove its file."""
        if self._handle is not None:
            handle, self._handle = self._handle, None
            if os.name == "nt":  # pragma: no cover - Windows removes no open file
                handle.close()
                self.path.unlink(missing_ok=True)
            else:
                self.path.unlink(missing_ok=True)
                handle.close()

    def _is_current(self, handle: IO[str]) -> bool:
        try:
            return os.path.samestat(os.fstat(handle.fileno()), self.path.stat())
        except FileNotFoundError:
            return False

    @staticmethod
    def _holder(handle: IO[str]) -> str:
        handle.seek(0)
        try:
            held = json.loads(handle.read(1000))
            since = time.strftime("%d %b %H:%M", time.localtime(float(held["since"])))
            return f"process {int(held['pid'])} on {str(held['host'])[:80]}, since {since}"
        except (ValueError, KeyError, TypeError):
            return "another process"
