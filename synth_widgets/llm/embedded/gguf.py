"""Files of weights: whether one is one, and which words of its vocabulary steer the model. Nothing of it is run."""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any

MAGIC = b"GGUF"
_MOST_BYTES = 2**24
"""Of one text: a chat template has some thousand."""
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEXT, _ARRAY = 8, 9
_TOKENS, _TYPES, _TEMPLATE = "tokenizer.ggml.tokens", "tokenizer.ggml.token_type", "tokenizer.chat_template"
_STEERING = frozenset({2, 3})
"""Types of tokens: the unknown one, and those of control."""


def is_weights(path: Path) -> bool:
    """Whether a file begins as weights do. Nobody waits for it to be read: not for a pipe, not for a device.

    Raises:
        OSError: there is no ordinary file of that name, or it cannot be read.
        ValueError: it can be no name of a file.
    """
    opened = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise OSError(f"{path} is no ordinary file")
        return os.read(opened, len(MAGIC)) == MAGIC
    finally:
        os.close(opened)


def special_tokens(path: Path) -> list[str]:
    """Return the texts that a model takes for signs of who speaks, and not for what was said.

    llama.cpp reads them in a message too. They are those of control, and words in angle or square brackets that the
    chat template writes, whatever their type: some files have their ends of turns as ordinary ones.

    Raises:
        OSError: the file cannot be read.
        ValueError: it cannot be understood.
    """
    with path.open("rb") as file:
        told = dict(_metadata(file))
    tokens, types = told.get(_TOKENS), told.get(_TYPES)
    if not isinstance(tokens, list) or not isinstance(types, list):
        raise ValueError("it has no vocabulary")  # noqa: TRY004 - the file's fault, not the caller's
    templates = " ".join(str(value) for key, value in told.items() if key.startswith(_TEMPLATE))
    return [
        token
        for token, kind in zip_longest(tokens, types[: len(tokens)])
        if kind in _STEERING or (_is_bracketed(token) and token in templates)
    ]


def _is_bracketed(token: str) -> bool:
    return len(token) > 2 and (token[0], token[-1]) in {("<", ">"), ("[", "]")}


def _metadata(file: IO[bytes]) -> Iterator[tuple[str, Any]]:
    """Yield what stands before the weights: keys and values; of arrays of numbers that are not asked for, nothing."""
    if file.read(len(MAGIC)) != MAGIC:
        raise ValueError("it is no GGUF file")
    version, _, count = _unpack(file, "IQQ")
    if not 2 <= version < 2**16:
        raise ValueError(f"it has version {version} of its format")
    for _ in range(count):
        key = _text(file)
        [kind] = _unpack(file, "I")
        yield key, _array(file, key) if kind == _ARRAY else _text(file) if kind == _TEXT else _number(file, kind)


def _array(file: IO[bytes], key: str) -> list[Any]:
    kind, count = _unpack(file, "IQ")
    if kind == _TEXT:
        if key == _TOKENS:
            return [_text(file) for _ in range(count)]
        for _ in range(count):
            [length] = _unpack(file, "Q")
            _skip(file, length)
        return []
    if kind not in _NUMBERS:
        raise ValueError(f"{key} is an array of type {kind}")
    size = struct.calcsize(f"={_NUMBERS[kind]}") * count
    if key == _TYPES and size <= _MOST_BYTES:
        return list(_unpack(file, f"{count}{_NUMBERS[kind]}"))
    _skip(file, size)
    return []


def _number(file: IO[bytes], kind: int) -> Any:
    if kind not in _NUMBERS:
        raise ValueError(f"it has a value of type {kind}")
    return _unpack(file, _NUMBERS[kind])[0]


def _text(file: IO[bytes]) -> str:
    [length] = _unpack(file, "Q")
    if length > _MOST_BYTES:
        raise ValueError("it has a text without end")
    return _exactly(file, length).decode("utf-8", "replace")


def _skip(file: IO[bytes], length: int) -> None:
    """Go on behind some bytes; that the file ends before them is found by the next reading."""
    if length > 2**40:  # file systems have no such place
        raise ValueError("it ends too early")
    file.seek(length, os.SEEK_CUR)


def _unpack(file: IO[bytes], form: str) -> tuple[Any, ...]:
    return struct.unpack(f"={form}", _exactly(file, struct.calcsize(f"={form}")))


def _exactly(file: IO[bytes], length: int) -> bytes:
    read = file.read(length)
    if len(read) != length:
        raise ValueError("it ends too early")
    return read
