"""Cells of a person's frame or records as plain JSON: numpy, pandas and pydantic values too."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import json
import math
import pathlib
import uuid
from collections.abc import Mapping
from typing import Any

from synth_widgets.records import Json
from synth_widgets.text.normal import MAX_DEPTH, storable

MAX_BITS = 13_000
"""Of a whole number: Python writes none of more than 4,300 digits, so that one would keep everything from the file."""


def is_missing(cell: Any) -> bool:
    """Whether a cell holds nothing: ``None``, NaN, ``pd.NA`` or ``NaT``.

    >>> is_missing(float("nan")), is_missing(""), is_missing([])
    (True, False, False)
    """
    if cell is None or type(cell).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(cell, float) and math.isnan(cell)


def plain(cell: Any) -> Json:
    """Return a cell as plain JSON, with texts that can be stored; what is missing as ``None``.

    Times become ISO 8601 text, pydantic instances their fields, arrays and sets lists.

    Raises:
        ValueError: it is no JSON value; the message says what it is.

    >>> plain((1, float("nan"), dt.date(2026, 1, 2), decimal.Decimal("2.50")))
    [1, None, '2026-01-02', 2.5]
    """
    return storable(_plain(cell, 0))


def _plain(cell: Any, depth: int) -> Json:
    if depth > MAX_DEPTH:
        raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")
    if is_missing(cell):
        return None
    value: Json
    match cell:
        case enum.Enum():
            value = _plain(cell.value, depth + 1)
        case bool() | int():
            if cell.bit_length() > MAX_BITS:
                raise ValueError("a number has thousands of digits")
            value = int(cell) if type(cell) is not bool else cell
        case str():
            value = str(cell)
        case float() if not math.isinf(cell):
            value = float(cell)
        case dict() | Mapping():
            value = {_key(key): _plain(inner, depth + 1) for key, inner in cell.items()}
        case list() | tuple() | set() | frozenset():
            value = [_plain(inner, depth + 1) for inner in cell]
        case _:
            value = _other(cell, depth + 1)
    return value


def _other(cell: Any, depth: int) -> Json:
    """Return what pydantic, numpy, pandas and the standard library know besides JSON's own types."""
    if hasattr(cell, "model_dump") and not isinstance(cell, type):
        return _plain(cell.model_dump(mode="json"), depth)
    match cell:
        case dt.date() | dt.time():
            return cell.isoformat()
        case decimal.Decimal() if cell.is_finite() and cell.adjusted() < MAX_BITS / 4:
            return int(cell) if cell == cell.to_integral_value() else float(cell)
        case uuid.UUID() | pathlib.PurePath():
            return str(cell)
        case _:
            return _array(cell, depth)


def _array(cell: Any, depth: int) -> Json:
    """Return a numpy array as a list, a numpy scalar as its value."""
    kind = getattr(getattr(cell, "dtype", None), "kind", "")
    if kind == "M" and not getattr(cell, "shape", ()):
        import pandas as pd

        return _plain(pd.Timestamp(cell), depth)
    if kind and kind in "biufUOT" and hasattr(cell, "tolist"):
        return _plain(cell.tolist(), depth)
    named = str(cell) if isinstance(cell, float | decimal.Decimal) else type(cell).__name__
    raise ValueError(f"{named} is no JSON value")


def _key(key: Any) -> str:
    if isinstance(key, bool) or not isinstance(key, str | int):
        raise ValueError(f"{key!r} is no name of a field")  # noqa: TRY004 - told as any other unfit value
    return str(key)


def parsed(text: str) -> Json:
    """Return the JSON value that a text spells, ``True`` and ``False`` as Python does among them, else the text.

    >>> parsed('{"a": 1}'), parsed("True"), parsed("good")
    ({'a': 1}, True, 'good')
    """
    if text in {"True", "False"}:
        return text == "True"
    try:
        value = json.loads(text, parse_constant=_refuse)
        return plain(value)
    except (ValueError, RecursionError):
        return text


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")
