"""Values of Python, numpy, pandas and pydantic as plain JSON."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import math
import pathlib
from collections.abc import Mapping
from typing import Any

from synth_widgets import pydantic_json
from synth_widgets.records import Json
from synth_widgets.text.normal import MAX_DEPTH, TooDeepError, storable

MAX_BITS = 13_000
"""Of a whole number: Python writes none of more than 4,300 digits, so that one would keep everything from the file."""


def is_missing(value: Any) -> bool:
    """Whether a value says that there is none: ``None``, NaN, ``pd.NA`` or ``NaT``.

    >>> is_missing(float("nan")), is_missing(""), is_missing([])
    (True, False, False)
    """
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(value, float) and math.isnan(value)


def plain(value: Any, *, strict: bool = False) -> Json:
    """Return a value as plain JSON, with texts that can be stored.

    Times become ISO 8601 text, arrays lists, dataclasses objects, and instances of pydantic classes what their class
    reads, under the names that its JSON Schema has.

    Args:
        value: anything.
        strict: refuse what tables use for want of something better: NaN, NA and NaT, which are ``None`` otherwise, and
            sets, which are lists in any order.

    Raises:
        ValueError: it is no JSON value; the message says what it is.

    >>> plain((1, float("nan"), dt.date(2026, 1, 2), decimal.Decimal("2.50")))
    [1, None, '2026-01-02', 2.5]
    """
    return storable(_plain(value, 0, strict))


def _plain(value: Any, depth: int, strict: bool) -> Json:
    if value is None or (not strict and is_missing(value)):
        return None
    if isinstance(value, enum.Enum):
        return _plain(value.value, depth, strict)
    if isinstance(value, str | int | float):
        return _scalar(value)
    if depth >= MAX_DEPTH:
        raise TooDeepError(f"it is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, Mapping):
        fields = {_key(key): _plain(inner, depth + 1, strict) for key, inner in value.items()}
        if len(fields) < len(value):
            raise ValueError("two of its keys are one name in JSON, such as 1 and '1'")
        return fields
    if isinstance(value, list | tuple) or (isinstance(value, set | frozenset) and not strict):
        return [_plain(inner, depth + 1, strict) for inner in value]
    return _other(value, depth + 1, strict)


def _scalar(value: str | float) -> Json:
    """Return a text, number or truth value of Python's own, whatever class it was made of."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        if value.bit_length() > MAX_BITS:
            raise ValueError("a number has thousands of digits")
        return int(value)
    if not math.isfinite(value):
        raise ValueError(f"{value} is no JSON value")
    return float(value)


def _other(value: Any, depth: int, strict: bool) -> Json:
    """Return what pydantic, numpy, pandas and the standard library know besides JSON's own types."""
    if not isinstance(value, type) and (hasattr(value, "model_dump") or dataclasses.is_dataclass(value)):
        return pydantic_json.written(value, lambda inner: _plain(inner, depth, strict))
    import uuid  # which looks the machine up as it is loaded: not for a first cell

    match value:
        case dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta() | uuid.UUID() | pathlib.PurePath():
            import pydantic_core

            text: Json = pydantic_core.to_jsonable_python(value)  # Python has no function for a duration in ISO 8601
            return text
        case decimal.Decimal() if value.is_finite() and value.adjusted() < MAX_BITS / 4:
            return _number(value)
        case _ if hasattr(value, "get_secret_value"):  # pydantic's, whose text is asterisks
            secret = value.get_secret_value()
            return _plain(_decoded(secret) if isinstance(secret, bytes) else secret, depth, strict)
        case _:
            return _array(value, depth, strict)


def _number(value: decimal.Decimal) -> Json:
    if value == value.to_integral_value():
        return int(value)
    if decimal.Decimal(repr(float(value))) != value:
        raise ValueError(f"{value} has more digits than a number in JSON keeps here; give it as text")
    return float(value)


def _decoded(secret: bytes) -> str:
    try:
        return secret.decode()
    except UnicodeDecodeError:
        raise ValueError("bytes that are no text are no JSON value") from None


def _array(value: Any, depth: int, strict: bool) -> Json:
    """Return a numpy array as a list, a numpy scalar as its value."""
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if kind == "M" and not getattr(value, "shape", ()):
        import pandas as pd

        return _plain(pd.Timestamp(value), depth, strict)
    if kind and kind in "biufUOTM" and hasattr(value, "tolist"):
        return _plain(value.tolist() if kind != "M" else list(value), depth, strict)
    named = str(value) if isinstance(value, float | decimal.Decimal) else type(value).__name__
    raise ValueError(f"{named} is no JSON value")


def _key(key: Any) -> str:
    key = key.value if isinstance(key, enum.Enum) else key
    if isinstance(key, str):
        return str.__str__(key)
    if isinstance(key, int) and not isinstance(key, bool):
        return str(int(key))
    if isinstance(key, dt.date):
        return key.isoformat()
    import uuid

    if isinstance(key, uuid.UUID):
        return str(key)
    raise ValueError(f"{key!r} is no name of a field")
