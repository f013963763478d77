"""Whether a cell that comes back is what stood there: as pandas hands it back, or a file or another library does.

A file of text has no lists and no missing values, a spreadsheet no line ends of two characters, Arrow no objects with
different fields. What they make of a cell that nobody touched must not become an edit.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from synth_widgets.exchange.rows import MISSING, parsed
from synth_widgets.jsonable import is_missing, plain
from synth_widgets.records import Json
from synth_widgets.text.normal import compact

MOST_IN_A_CELL = 32_767
"""Characters that a cell of a spreadsheet holds; longer text is cut."""
_ERRORS = frozenset(["#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"])
_UNITS = (1, 1e3, 1e6, 1e9)
"""In which a time may be counted, by what a second has of them."""


def untouched(new: Any, old: Any) -> bool:
    """Whether two cells are the same at a glance; others are read to know."""
    if new is old:
        return True
    if type(new) is not type(old):
        return type(old) is int and type(new) is float and _is_as_float(new, old)
    return bool(new == old) if isinstance(old, str | int | float | tuple) else is_missing(old)


def _is_as_float(new: float, old: int) -> bool:
    """Whether a whole number became this float, which may have lost digits."""
    try:
        return new == float(old)
    except OverflowError:
        return False


def alike(a: Json, b: Json) -> bool:
    """Whether two values are the same but for what a frame's types do to numbers: 3 is 3.0, and True is not 1."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, int | float) and isinstance(b, int | float):
        whole, other = (a, b) if isinstance(a, int) else (b, a)
        return a == b or (isinstance(whole, int) and isinstance(other, float) and _is_as_float(other, whole))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(value, b[key]) for key, value in a.items())
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(alike, a, b))
    return type(a) is type(b) and bool(a == b)


def is_same(new: Any, old: Any) -> bool:
    """Whether a table that was given ``old`` may hand back ``new``.

    Args:
        new: the cell that came back.
        old: the cell of the frame that was taken.

    >>> is_same("('Billing',)", ("Billing",)), is_same(7, "007"), is_same("8", 7), is_same(float("nan"), "N/A")
    (True, True, False, True)
    """
    if is_missing(new):
        return is_missing(old) or (isinstance(old, str) and _reads_as_nothing(old))
    if is_missing(old):
        return isinstance(new, str) and new.strip() in MISSING
    if isinstance(old, str):
        return _is_same_text(new, old)
    return _is_same_time(new, old) if isinstance(old, dt.datetime) else _is_same_json(new, old)


def is_clear(new: Any, old: Any) -> bool:
    """Whether what is the same is so beyond doubt; not where a person who changed the cell may have left it like this.

    >>> is_clear("('Billing',)", ("Billing",)), is_clear(7, "007"), is_clear(7, "7"), is_clear("None", None)
    (True, False, True, False)
    """
    if is_missing(old):
        return not (isinstance(new, str) and new.strip())
    if isinstance(old, str):
        if is_missing(new):
            return not old.strip()
        return len(new) == len(old) or "\r" in old if isinstance(new, str) else str(new) == old
    if isinstance(old, int | float) and not isinstance(old, bool):
        number = _number(new) if isinstance(new, str) else _plain_number(new)
        return number is None or _is_close(number, old)
    return True


def in_short(old: Any) -> str:
    """Return a few words of a cell, for a message."""
    return compact(plain(old), 30)


def _reads_as_nothing(text: str) -> bool:
    """Whether a table that holds this text may come back without it: a word for nothing, a formula, an error."""
    return text.strip() in MISSING or text in _ERRORS or (text.startswith("=") and len(text) > 1)


def _is_same_text(new: Any, old: str) -> bool:
    if isinstance(new, str):
        return (
            _ends(new) == _ends(old)
            or (len(new) >= MOST_IN_A_CELL and _ends(old).startswith(_ends(new)))
            or ("\0" in old and new == old.partition("\0")[0])
        )
    if isinstance(new, bool) or type(new).__name__ in {"bool", "bool_"}:
        return old.strip().casefold() == str(new).casefold()
    number = _number(old)
    if number is not None and (value := _plain_number(new)) is not None:
        return _is_same_number(value, number)
    return _is_same_time(new, old)


def _is_same_json(new: Any, old: Any) -> bool:
    number = None if isinstance(old, bool) or not isinstance(old, int | float) else _plain_number(new)
    if number is not None:
        return _is_same_number(number, old)
    try:
        was = plain(old)
        now = parsed(new) if isinstance(new, str) else plain(new)
    except ValueError:
        return False
    return _is_same_value(now, was, is_text=isinstance(new, str)) or _is_same_time(new, was)


def _ends(text: str) -> str:
    """Return a text with one kind of line ends: spreadsheets and CSV readers know no others."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _is_same_value(new: Json, old: Json, *, is_text: bool) -> bool:
    """Compare two JSON values as a table hands them back: 3 may be 3.0; in Arrow, all objects have all fields."""
    if isinstance(old, bool) or isinstance(new, bool):
        return new is old or (type(new) in {int, float} and new in {0, 1} and bool(new) is old)
    if isinstance(old, int | float) and isinstance(new, int | float):
        return _is_same_number(new, old)
    if isinstance(old, dict) and isinstance(new, dict):
        more = [new[name] for name in new.keys() - old.keys()]
        return (
            old.keys() <= new.keys()
            and all(_is_same_value(new[name], value, is_text=is_text) for name, value in old.items())
            and all(value is None and not is_text for value in more)
        )
    if isinstance(old, list) and isinstance(new, list):
        return len(new) == len(old) and all(
            _is_same_value(a, b, is_text=is_text) for a, b in zip(new, old, strict=True)
        )
    if isinstance(old, str) and isinstance(new, str):
        return _ends(new) == _ends(old)
    return new is None and old is None


def _is_same_number(new: float, old: float) -> bool:
    """Whether a number is another one, or what is left of it when it is written with fewer digits."""
    try:
        if _is_close(new, old):
            return True
        if isinstance(old, int):  # of more than 15 digits, spreadsheets make a double
            return abs(old) >= 10**15 and float(new) == new and math.isclose(new, old, rel_tol=1e-14)
        left = (float(f"{old:.15g}"), float(f"{old:.10g}"), round(old, 10))  # the latter two are of `to_json`
        return any(math.isclose(new, number, rel_tol=1e-15) for number in left)
    except OverflowError:
        return False


def _is_close(new: float, old: float) -> bool:
    """Whether two numbers are the same: whole ones exactly, while readers of text miss the last digit of a double."""
    return new == old or (not (isinstance(new, int) and isinstance(old, int)) and math.isclose(new, old, rel_tol=1e-15))


def _plain_number(value: Any) -> int | float | None:
    """Return a number of Python, numpy or decimal as Python's."""
    if isinstance(value, float):
        return float(value)  # infinite ones too, which are no JSON
    try:
        number = plain(value)
    except ValueError:
        return None
    return number if isinstance(number, int | float) and not isinstance(number, bool) else None


def _number(text: str) -> int | float | None:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return None


def _is_same_time(new: Any, old: Any) -> bool:
    """Whether one of two cells is a time, and the other the same one, to the millisecond, however it is written."""
    if not any(isinstance(cell, dt.date) for cell in (new, old)):
        return False
    return any(abs(a - b) <= 0.001 for a in _seconds(new) for b in _seconds(old))


def _seconds(cell: Any) -> list[float]:
    """Return the seconds since the epoch that a cell may mean; a time of no zone is one in UTC."""
    if isinstance(cell, str):
        try:
            cell = dt.datetime.fromisoformat(cell.strip())
        except ValueError:
            cell = _number(cell)
    if isinstance(cell, dt.date) and not isinstance(cell, dt.datetime):
        cell = dt.datetime(cell.year, cell.month, cell.day, tzinfo=dt.UTC)
    if isinstance(cell, dt.datetime):
        return [(cell if cell.tzinfo else cell.replace(tzinfo=dt.UTC)).timestamp()]
    number = None if cell is None or isinstance(cell, list | dict) else _plain_number(cell)
    return [] if number is None else [number / unit for unit in _UNITS]
