"""What a row says of a sample besides its input and output: topic, tags, stars, split, status."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from synth_widgets.arguments import path_of, tags_of
from synth_widgets.errors import StudioError, nearest
from synth_widgets.intake.cells import is_missing, parsed, plain
from synth_widgets.intake.columns import Row
from synth_widgets.records import STATUSES, Path


def read(name: str, row: Row, label: Any) -> Any:
    """Return what a column of this name says in a row; a topic's missing path is the root's.

    Raises:
        StudioError: the cell holds nothing of the kind; the message names the row.

    >>> read("topic", {"topic": '["Billing", "Refunds"]'}, 0), read("stars", {"stars": 4.0}, 0)
    (('Billing', 'Refunds'), 4)
    """
    cell = row.get(name)
    turn, otherwise = _KNOWN[name]
    if is_missing(cell) or (isinstance(cell, str) and not cell.strip()):
        return otherwise
    try:
        return turn(cell)
    except (StudioError, ValueError) as error:
        raise StudioError(f"Row {label!r}, column {name!r}: {error}") from None


def _names(cell: Any) -> Any:
    """Return one name, or a list of them; JSON text of a list, as CSV holds it, counts as one."""
    if isinstance(cell, str):
        value = parsed(cell) if cell.startswith("[") else cell
        return value if isinstance(value, list) else cell
    return plain(cell)


def _path(cell: Any) -> Path:
    return path_of(_names(cell))


def _tags(cell: Any) -> tuple[str, ...]:
    names = _names(cell)
    words = [names] if isinstance(names, str) else names
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
    if cell not in STATUSES:
        raise StudioError(f"{cell!r} is no status.{nearest(str(cell), STATUSES)} Allowed: {', '.join(STATUSES)}.")
    return str(cell)


_KNOWN: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "topic": (_path, ()),
    "tags": (_tags, ()),
    "stars": (_stars, None),
    "split": (_split, None),
    "status": (_status, None),
}
