"""Whether a write-ahead log belongs to the studio file beside it.

SQLite joins the two by their names alone: it applies what stands in ``a.synth-wal`` to whatever ``a.synth`` is, and
where a killed process left the one and somebody restored an older copy of the other, pages of two states are mixed.
So every transaction writes down where it leads and where it starts from (`Moment`, a row of table ``meta``). The first
transaction of a log then says to which state of the file it was added, and the file says which state it is in.

The formats that are read here: https://www.sqlite.org/fileformat2.html (sections 1.6 and 4) and
https://www.sqlite.org/walformat.html.
"""

from __future__ import annotations

import json
import os
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

from synth_widgets.store import ordinary

KEY = "moment"
"""The row of ``meta`` that holds a `Moment`."""
LOOKS = 5
"""Times that a log is looked at before it is called foreign, where somebody may write it meanwhile."""
_HEADER, _FRAME, _LEAF = 32, 24, 0x0A
_MAGIC = {0x377F0682, 0x377F0683}
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")


class Position(NamedTuple):
    """A state that the file was in: the opening that wrote it, and its revision. No opening: an older release's."""

    epoch: str
    rev: int


@dataclass(frozen=True, slots=True)
class Moment:
    """What a transaction writes down of itself.

    Attributes:
        at: the position that it leads to.
        before: the position that it starts from.
        file: inode of the studio file; 0 where there is none.
        log: inode of its write-ahead log.
    """

    at: Position
    before: Position
    file: int = 0
    log: int = 0

    def text(self) -> str:
        """Return it as the file holds it."""
        return json.dumps([*self.at, *self.before, self.file, self.log])

    @classmethod
    def of(cls, text: str) -> Moment | None:
        """Return the moment of a text, or ``None`` when it is none."""
        try:
            epoch, rev, former, former_rev, file, log = json.loads(text)
        except (ValueError, TypeError, RecursionError):
            return None
        if not (isinstance(epoch, str) and isinstance(former, str)):
            return None
        if not all(type(number) is int for number in (rev, former_rev, file, log)):
            return None
        return cls(Position(epoch, rev), Position(former, former_rev), file, log)


@dataclass(frozen=True, slots=True)
class Log:
    """What a write-ahead log says of itself.

    Attributes:
        first: the moment of its first transaction; ``None`` when another program or an older release wrote it.
        positions: where its transactions lead to.
        page: number of the page that holds the moments.
    """

    first: Moment | None
    positions: frozenset[Position] = frozenset()
    page: int = 2
    page_size: int = 4096


def log_of(path: Path) -> Path:
    """Return the name that SQLite gives the write-ahead log of a file."""
    return path.with_name(path.name + "-wal")


def index_of(path: Path) -> Path:
    """Return the name that SQLite gives the index of that log."""
    return path.with_name(path.name + "-shm")


def journal_of(path: Path) -> Path:
    """Return the name that SQLite gives the rollback journal of a file."""
    return path.with_name(path.name + "-journal")


def is_journal(path: Path) -> bool:
    """Whether there is a rollback journal that SQLite would take for the half of a change."""
    try:
        with ordinary.open_to_read(path) as file:
            return file.read(1) not in {b"", b"\0"}
    except FileNotFoundError:
        return False


def names_another(journal: Path) -> bool:
    """Whether a rollback journal names the journal of a change to several files, which SQLite removes at its end."""
    try:
        with ordinary.open_to_read(journal) as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - len(_JOURNAL_MAGIC)))
            return file.tell() > 0 and file.read() == _JOURNAL_MAGIC
    except FileNotFoundError:
        return False


def salt(path: Path) -> bytes:
    """Return what tells a write-ahead log from the one before it was begun anew; nothing if it is empty."""
    try:
        with ordinary.open_to_read(path) as file:
            return file.read(_HEADER)[16:24]
    except FileNotFoundError:
        return b""


def read_log(path: Path) -> Log | None:
    """Read a write-ahead log; ``None`` when it holds no whole transaction, so that there is nothing to apply.

    Raises:
        FileError: something else has its name.
    """
    try:
        with ordinary.open_to_read(path) as file:
            header = file.read(_HEADER)
            if len(header) < _HEADER:
                return None
            magic, _version, size, _sequence = struct.unpack(">4I", header[:16])
            size = 65536 if size == 1 else size
            if magic not in _MAGIC or size & (size - 1) or not 512 <= size <= 65536:
                return None
            return _read_frames(file, size, header[16:24])
    except FileNotFoundError:
        return None


def _read_frames(file: BinaryIO, size: int, salt: bytes) -> Log | None:
    first: Moment | None = None
    page = 0
    positions: set[Position] = set()
    last: Position | None = None
    is_whole = False
    for number, is_last, content in _frames(file, size, salt):
        if not is_whole or number == page:
            rows = leaf_rows(content)
            if KEY in rows and "rev" in rows:
                page = number
                moment = _moment(rows)
                last = moment.at if moment is not None else None
                if not is_whole:
                    first = moment
        if is_last:
            is_whole = True
            if first is None:
                return Log(None, page_size=size)
            if last is not None:
                positions.add(last)
    return Log(first, frozenset(positions), page, size) if is_whole else None


def _frames(file: BinaryIO, size: int, salt: bytes) -> Iterator[tuple[int, bool, bytes]]:
    """Yield the frames of a log: page number, whether it ends a transaction, the page."""
    while len(head := file.read(_FRAME)) == _FRAME and head[8:16] == salt:
        content = file.read(size)
        if len(content) < size:
            return
        number, size_after = struct.unpack(">2I", head[:8])
        if number == 0:  # no page has it, and a hole in the file is full of it
            return
        yield number, size_after > 0, content


def _moment(rows: dict[str, str]) -> Moment | None:
    """Return the moment of a page, unless an older release has written since: it counts on, and leaves the row."""
    moment = Moment.of(rows[KEY])
    return moment if moment is not None and str(moment.at.rev) == rows["rev"] else None


def position(rows: dict[str, str]) -> Position | None:
    """Return the position that rows of table ``meta`` tell."""
    if KEY in rows and "rev" in rows and (moment := _moment(rows)) is not None:
        return moment.at
    try:
        return Position("", int(rows.get("rev", 0)))
    except ValueError:
        return None


def position_in(file: int, page: int, size: int) -> Position | None:
    """Return the position that a studio file itself is in, whatever log lies beside it; ``None``: it tells none.

    Args:
        file: a descriptor of the file.
        page: number of the page that holds the moment.
        size: bytes of a page.
    """
    if os.fstat(file).st_size <= (page - 1) * size:
        return Position("", 0) if os.fstat(file).st_size <= size else None
    rows = leaf_rows(page_in(file, page, size))
    return position(rows) if rows else None


def page_in(file: int, page: int, size: int) -> bytes:
    """Return a page of a studio file itself."""
    os.lseek(file, (page - 1) * size, os.SEEK_SET)
    return os.read(file, size)


Verdict = Literal["none", "belongs", "foreign", "unknown"]


def verdict(log: Path, file: int) -> Verdict:
    """Say whether a log belongs to an open studio file.

    It does when the file is in the state that the log starts from, or in one that the log leads to (a part of it was
    brought into the file already); unless the file has another inode than it had and the log has not: then the file
    was exchanged beside it. ``unknown``: another program or an older release wrote the log.
    """
    found = read_log(log)
    if found is None:
        return "none"
    if os.fstat(file).st_size == 0 and (found.first is None or found.first.before != Position("", 0)):
        return "foreign"
    if found.first is None:
        return "unknown"
    here = position_in(file, found.page, found.page_size)
    was_exchanged = os.fstat(file).st_ino != found.first.file and log.lstat().st_ino == found.first.log
    is_of_it = here is not None and (here == found.first.before or here in found.positions)
    return "belongs" if is_of_it and not was_exchanged else "foreign"


def verdict_beside_a_writer(log: Path, file: int) -> Verdict:
    """Say what `verdict` does, where somebody may write both: a log brought in between two looks is not foreign."""
    for _ in range(LOOKS):
        if (found := verdict(log, file)) != "foreign":
            break
        time.sleep(0.01)
    return found


def fetch_log(path: Path, file: int) -> Path | None:
    """Give a studio file that was renamed the log that stayed behind under its old name; return that name.

    Only a log whose own file is gone, and which says itself that it belongs to this one.
    """
    log = log_of(path)
    if (beside := ordinary.check(log)) is not None and beside.st_size:
        return None
    with suppress(OSError):
        for other in path.parent.glob("*-wal"):
            owner = other.with_name(other.name.removesuffix("-wal"))
            if other != log and ordinary.is_free(owner) and _says_it_is_of(other, file):
                ordinary.check(index_of(owner))
                ordinary.rename(other, log)
                ordinary.remove(index_of(owner))
                return other
    return None


def _says_it_is_of(log: Path, file: int) -> bool:
    """Whether a log, of whatever name, says itself that it belongs to an open studio file; others' are passed over."""
    with suppress(OSError):
        if verdict(log, file) == "belongs":
            found = read_log(log)
            return found is not None and found.first is not None and found.first.file == os.fstat(file).st_ino
    return False


def set_aside(path: Path, log: Path | None = None) -> Path:
    """Move the write-ahead log of a file out of SQLite's way, and return where it is kept."""
    number = 1
    while not ordinary.is_free(kept := path.with_name(f"{path.name}-wal.aside{'' if number == 1 else f'-{number}'}")):
        number += 1
    ordinary.check(index_of(path))
    ordinary.rename(log or log_of(path), kept)
    ordinary.remove(index_of(path))
    return kept


def untold_of(path: Path) -> Path:
    """Return the name of a log that was moved out of the way by a process that has not yet said so."""
    return path.with_name(path.name + "-wal.untold")


# ---------------------------------------------------------------- a page
def leaf_rows(page: bytes) -> dict[str, str]:
    """Return the texts of a page of table ``meta``, by key; of any other page, nothing or nonsense.

    >>> leaf_rows(bytes(4096))
    {}
    """
    if not page or page[0] != _LEAF:
        return {}
    rows: dict[str, str] = {}
    space = len(page)
    with suppress(IndexError, ValueError, struct.error):
        (count,) = struct.unpack_from(">H", page, 3)
        for place in struct.unpack_from(f">{min(count, len(page) // 4)}H", page, 8):
            length, start = _varint(page, place)
            space -= length
            if space < 0:
                return {}  # cells over one another: a page of them would be read thousands of times
            key, value = _texts(page[start : start + length])
            rows[key] = value
    return rows


def _texts(record: bytes) -> tuple[str, str]:
    """Return the two texts of a record; raise `ValueError` when it holds anything else."""
    ends, here = _varint(record, 0)
    lengths = []
    while here < ends:
        kind, here = _varint(record, here)
        if kind < 13 or kind % 2 == 0:
            raise ValueError(kind)
        lengths.append((kind - 13) // 2)
    first, second = lengths
    if ends + first + second > len(record):
        raise ValueError(lengths)
    return record[ends : ends + first].decode(), record[ends + first : ends + first + second].decode()


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """Return a number of SQLite's variable length, and where the next thing stands."""
    value = 0
    for offset in range(9):
        byte = data[place + offset]
        if offset == 8:
            return value << 8 | byte, place + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, place + offset + 1
    raise ValueError(place)
