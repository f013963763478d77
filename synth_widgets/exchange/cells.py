"""Cells of a person's frame or records that are text where the schema wants something else."""

from __future__ import annotations

import json
from typing import Any

from synth_widgets.exchange.literals import literal
from synth_widgets.jsonable import plain
from synth_widgets.records import Json

MISSING = frozenset(
    ["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
     "NULL", "NaN", "NaT", "None", "n/a", "nan", "null"]
)  # fmt: skip
"""How tables write that there is nothing, and what ``pd.read_csv`` and ``pd.read_excel`` take for that."""
_BOOLEANS = {"true": True, "false": False}


def parsed(text: str) -> Json:
    """Return the value that a text spells, in JSON, as Python writes it or as a spreadsheet does, else the text.

    >>> parsed('{"a": 1}'), parsed("TRUE"), parsed("('a', 'b')"), parsed("good")
    ({'a': 1}, True, ['a', 'b'], 'good')
    """
    bare = text.strip()
    if bare.casefold() in _BOOLEANS:
        return _BOOLEANS[bare.casefold()]
    try:
        return plain(json.loads(bare, parse_constant=_refuse))
    except (ValueError, RecursionError):
        pass
    try:
        return plain(literal(bare))
    except ValueError:
        return text


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")
