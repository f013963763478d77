"""Exported files: where one may be written, and how it comes into being whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path as FilePath
from typing import IO, Any

from synth_widgets.arguments import file_path_of
from synth_widgets.errors import FileError

_SQLITE = b"SQLite format 3\0"


def target_of(given: Any) -> FilePath:
    """Return where an export goes, as an absolute path, or raise when nothing may be written there."""
    path = FilePath(os.path.abspath(file_path_of(given, "train.jsonl")))  # noqa: PTH100 - links stay as given
    try:
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
    if path.exists():
        raise FileError(f"{path} is there already. Choose another name, or export again to replace it.")


def write_whole(path: FilePath, write: Callable[[IO[bytes]], None]) -> None:
    """Write a file beside its place and move it there when it is whole; what stood there stays until then.

    Raises:
        FileError: the place cannot be written; nothing has changed there.
    """
    target = path.resolve()  # a link goes on pointing to the file
    draft = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with draft.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, draft)
        draft.replace(target)
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise _unwritable(path, error) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _is_studio_file(path: FilePath) -> bool:
    if ".synth" in path.name.lower():  # with the helpers that SQLite and the lock keep beside it
        return True
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def _unwritable(path: FilePath, error: OSError) -> FileError:
    return FileError(f"{path} cannot be written: {error.strerror or error}. Choose another path.")
