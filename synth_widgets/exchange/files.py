"""Exported files: where one may be written, and how it comes into being whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path as FilePath
from typing import IO, Any

from synth_widgets.arguments import file_path_of
from synth_widgets.errors import FileError
from synth_widgets.store import ordinary

_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""What turns the direction of the letters around it."""
_SQLITE = b"SQLite format 3\0"


def target_of(given: Any, *, follows: bool = True) -> FilePath:
    """Return where an export goes, as an absolute path, or raise when nothing may be written there.

    Args:
        given: what a person gave.
        follows: whether a link may stand there, which leads to the file that is meant. Code says where it leads;
            who gives a name in a page does not see it.

    Raises:
        FileError: it is a folder, a studio file, no ordinary file, or in no folder; or a link that is not followed.
        StudioError: it is no path.
    """
    path = FilePath(os.path.abspath(file_path_of(given, "train.jsonl")))  # noqa: PTH100 - links stay as given
    try:
        if not follows:
            _check_name(path)
        if path.is_dir():
            raise FileError(f"{path} is a folder. Name a file in it, such as {str(path / 'train.jsonl')!r}.")
        if path.exists() and not path.is_file():
            raise FileError(f"{path} is no ordinary file.")
        if not path.parent.is_dir():
            raise FileError(f"There is no folder {path.parent}. Make it first, or choose another path.")
        if _is_studio_file(path):
            raise FileError(f"{path} is a studio file, which an export would destroy. Choose another name.")
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise _unwritable(path, error) from None
    return path


def check_free(path: FilePath) -> None:
    """Raise when something stands there."""
    if os.path.lexists(path):
        raise FileError(f"{path} is there already. Choose another name, or export again to replace it.")


def write_whole(path: FilePath, write: Callable[[IO[bytes]], None], *, follows: bool = True) -> None:
    """Write a file beside its place and move it there when it is whole; what stood there stays until then.

    Until then nobody else may read it. Then it has the mode of what stood there, or the one that new files get.

    Args:
        path: the place.
        write: writes the content.
        follows: whether a link may stand there, which goes on pointing to the file.

    Raises:
        FileError: the place cannot be written; nothing has changed there.
    """
    target = path.resolve() if follows else path
    draft = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with os.fdopen(ordinary.make(draft), "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        former = target.stat() if follows and target.exists() else ordinary.check(target)
        draft.chmod(ordinary.usual_mode(target.parent) if former is None else stat.S_IMODE(former.st_mode))
        draft.replace(target)
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise _unwritable(path, error) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _check_name(path: FilePath) -> None:
    """Raise when a name from a page does not read as it is, or is that of something else than a file."""
    if any(letter in _MARKS or unicodedata.category(letter) in {"Cc", "Zl", "Zp"} for letter in path.name):
        raise FileError(f"{path.name!a} has characters that are not seen as they are. Choose another name.")
    ordinary.check(path)


def _is_studio_file(path: FilePath) -> bool:
    if ".synth" in path.name.lower():  # with the helpers that SQLite and the lock keep beside it
        return True
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def _unwritable(path: FilePath, error: OSError) -> FileError:
    return FileError(f"{path} cannot be written: {error.strerror or error}. Choose another path.")
