"""What a row says of a sample besides its input and output: topic, tags, stars, split, status."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from synth_widgets.arguments import path_of, tags_of
from synth_widgets.errors import StudioError, nearest
from synth_widgets.exchange.rows import Row, parsed
from synth_widgets.jsonable import is_missing, plain
from synth_widgets.records import STATUSES, Path

IsTopic = Callable[[str], bool]
"""Whether there is a topic of this name, with none above it."""
_LIKE_A_PATH = re.compile(r"""\s*[(\[]\s*['"]""")


def read(name: str, row: Row, label: Any, is_topic: IsTopic) -> Any:
    """Return what a column of this name says in a row; a topic's missing path is the root's.

    Args:
        name: the column's.
        row: the cells.
        label: what the row is called in a message.
        is_topic: see `IsTopic`; a text that may be the name of one or the path of another is neither, but an error.

    Raises:
        StudioError: the cell holds nothing of the kind; the message names the row.

    >>> read("topic", {"topic": "('Billing', 'Refunds')"}, 0, lambda name: False)
    ('Billing', 'Refunds')
    >>> read("stars", {"stars": 4.0}, 0, lambda name: False)
    4
    """
    cell = row.get(name)
    if is_missing(cell) or (isinstance(cell, str) and not cell.strip()):
        return () if name in {"topic", "tags"} else None
    try:
        return _path(cell, is_topic) if name == "topic" else _KNOWN[name](cell)
    except (StudioError, ValueError) as error:
        raise StudioError(f"Row {label!r}, column {name!r}: {error}") from None


def _path(cell: Any, is_topic: IsTopic) -> Path:
    """Return the path that a cell names: one name, names, or the text that a file has for them.

    That text is what Python, JSON or numpy write for a list: ``('Billing', 'Refunds')``.
    """
    if not isinstance(cell, str):
        return path_of(plain(cell))
    names = _listed_in(cell)
    if names is None and not _LIKE_A_PATH.match(cell):
        return path_of(cell)
    if names is None or not all(isinstance(name, str) for name in names):
        raise StudioError(
            f"{cell!r} may be a name or a path, but no path is written like this. Give a tuple: {(cell,)!r}, or "
            "('Billing', 'Refunds')."
        )
    if is_topic(cell):
        raise StudioError(
            f"{cell!r} is the name of a topic here, and what tables make of the path {tuple(names)!r}. Give a tuple: "
            f"{(cell,)!r} or {tuple(names)!r}."
        )
    return path_of(names)


def _listed_in(text: str) -> list[Any] | None:
    """Return the list that a text is, as Python, JSON or numpy write one of texts, or ``None`` where it is none."""
    value = parsed(text) if text.strip()[:1] in {"(", "["} else None
    if isinstance(value, list) and (not value or any(isinstance(name, str) for name in value)):
        return value
    return None


def _tags(cell: Any) -> tuple[str, ...]:
    value = _listed_in(cell) if isinstance(cell, str) else plain(cell)
    words = [cell] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(words, list):
        raise StudioError(f"tags are words, not {cell!r}.")
    return tags_of(words) if words else ()


def _stars(cell: Any) -> int:
    value = parsed(cell) if isinstance(cell, str) else plain(cell)
    if isinstance(value, bool) or not isinstance(value, int | float) or value not in {1, 2, 3, 4, 5}:
        raise StudioError(f"stars are whole numbers from 1 to 5, not {cell!r}.")
    return int(value)


def _split(cell: Any) -> str:
    value = plain(cell)
    if not isinstance(value, str):
        raise StudioError(f"a split is named by text, not {cell!r}.")
    return value.strip()


def _status(cell: Any) -> str:
    value = plain(cell)
    if value not in STATUSES:
        raise StudioError(f"{cell!r} is no status.{nearest(str(cell), STATUSES)} Allowed: {', '.join(STATUSES)}.")
    return str(value)


_KNOWN: dict[str, Callable[[Any], Any]] = {"tags": _tags, "stars": _stars, "split": _split, "status": _status}
