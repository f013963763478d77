"""Makes records quickly, for making them by the hundred thousand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, make_dataclass
from operator import attrgetter
from typing import Any, TypeVar

T = TypeVar("T")


def maker(kind: type[T]) -> Callable[..., T]:
    """Return a function that makes records of a frozen dataclass with slots, from all their fields in order.

    The class's own constructor writes each field through ``object.__setattr__``, which costs four times as much as
    all the rest. This makes an open record of the same layout, and then tells it what it is.

    >>> from synth_widgets.records import Usage
    >>> maker(Usage)(3, 4)
    Usage(prompt_tokens=3, completion_tokens=4)
    """
    names = [(field.name, Any) for field in fields(kind)]  # type: ignore[arg-type]
    open_kind = make_dataclass(f"Open{kind.__name__}", names, slots=True, eq=False)

    def make(*values: Any) -> T:
        record: Any = open_kind(*values)
        record.__class__ = kind
        made: T = record
        return made

    try:
        make(*(None for _ in names))
    except TypeError:
        return kind  # an interpreter that lays such objects out in another way
    return make


def replacer(kind: type[T]) -> Callable[..., T]:
    """Return what does `dataclasses.replace` for records of a class, in a quarter of the time.

    >>> from synth_widgets.records import Usage
    >>> replacer(Usage)(Usage(3, 4), completion_tokens=5)
    Usage(prompt_tokens=3, completion_tokens=5)
    """
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    places = {name: place for place, name in enumerate(names)}
    values_of, make = attrgetter(*names), maker(kind)

    def changed(record: T, **fields: Any) -> T:
        values = list(values_of(record))
        for name, value in fields.items():
            values[places[name]] = value
        return make(*values)

    return changed
