"""Numbers that went through a browser: it knows only doubles, and writes 1.0 as 1."""

from __future__ import annotations

from synth_widgets.records import Json


def as_held(sent: Json, held: Json) -> Json:
    """Return what a browser sent, with the numbers of `held` where the browser could not tell them apart.

    So an edit of one field leaves the numbers of all others exact.

    >>> as_held({"id": 9007199254740992, "price": 1, "n": 3}, {"id": 9007199254740993, "price": 1.0, "n": 2})
    {'id': 9007199254740993, 'price': 1.0, 'n': 3}
    """
    if isinstance(sent, dict) and isinstance(held, dict):
        return {name: as_held(value, held[name]) if name in held else value for name, value in sent.items()}
    if isinstance(sent, list) and isinstance(held, list):
        known = [as_held(*pair) for pair in zip(sent, held, strict=False)]
        return known + sent[len(known) :]
    return held if _is_number(sent) and _is_number(held) and _double(sent) == _double(held) else sent


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _double(value: Json) -> float | None:
    """Return the double that a browser makes of a number; ``None``: it is too large for one."""
    try:
        return float(value)
    except OverflowError:
        return None
