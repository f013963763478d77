"""Files that are opened, made, renamed or removed by their names alone: ordinary ones, with one name each.

A folder may come from anywhere, and what has the name of a log or of a draft in it may be a link to something
precious, a second name of it, a pipe that never answers, or a folder. Such a thing is never written through, followed,
read or removed: it is said what stands there, and it is left.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from pathlib import Path
from typing import BinaryIO

from synth_widgets.errors import FileError

_FLAGS = (
    getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
)
PRIVATE = 0o600
"""Mode of what is not whole yet."""


def check(path: Path) -> os.stat_result | None:
    """Look at what has a name, without following it; return nothing where nothing has it.

    Raises:
        FileError: it is a link, a second name of a file, a folder, a pipe or a device.
        OSError: it cannot be looked at.

    >>> check(Path("no-such-file")) is None
    True
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    _check(path, found)
    return found


def is_there(path: Path) -> bool:
    """Whether an ordinary file has a name.

    Raises:
        FileError: something else has it.
    """
    return check(path) is not None


def is_free(path: Path) -> bool:
    """Whether nothing at all has a name, not even a link that leads nowhere."""
    return not os.path.lexists(path)


def open_to_read(path: Path) -> BinaryIO:
    """Open an ordinary file.

    Raises:
        FileError: something else has the name.
        FileNotFoundError: nothing has it.
        OSError: it cannot be opened.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | _FLAGS)
    except OSError as error:
        if error.errno == errno.ELOOP:
            check(path)
        raise
    try:
        _check(path, os.fstat(descriptor))
    except BaseException:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def make(path: Path, mode: int = PRIVATE) -> int:
    """Make a file that nothing may have the name of, and return its descriptor.

    Raises:
        FileExistsError: something has the name.
        OSError: it cannot be made.
    """
    return os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | _FLAGS, mode)


def remove(path: Path) -> None:
    """Remove an ordinary file, if it is there.

    Raises:
        FileError: something else has the name.
        OSError: it cannot be removed.
    """
    if is_there(path):
        path.unlink(missing_ok=True)


def rename(path: Path, to: Path) -> None:
    """Give an ordinary file another name, which an ordinary file may have had.

    Raises:
        FileError: something else has one of the names.
        OSError: it cannot be renamed.
    """
    check(path)
    check(to)
    path.replace(to)


def usual_mode(folder: Path) -> int:
    """Return the mode that a new file gets in a folder.

    The process has its mask, and a folder may have rules of its own; asking for the mask means setting it, for all
    threads. So a file is made to see, empty, and removed.

    Raises:
        OSError: none can be made there.
    """
    probe = folder / f".{secrets.token_hex(8)}.part"
    descriptor = make(probe, 0o666)
    try:
        return stat.S_IMODE(os.fstat(descriptor).st_mode)
    finally:
        os.close(descriptor)
        probe.unlink(missing_ok=True)


def _check(path: Path, found: os.stat_result) -> None:
    if stat.S_ISLNK(found.st_mode):
        what = "a link"
    elif stat.S_ISDIR(found.st_mode):
        what = "a folder"
    elif not stat.S_ISREG(found.st_mode):
        what = "a pipe or a device"
    elif found.st_nlink > 1:
        what = "a file that has a second name elsewhere"
    else:
        return
    raise FileError(
        f"{path} is {what}, not an ordinary file of its own, and is left as it is. Move it away, then try again."
    )
