"""What a person may hand to a method, brought to one form, with errors that say what is allowed."""

from __future__ import annotations

import numbers
import operator
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any

from synth_widgets.errors import FileError, StudioError, unknown_keywords
from synth_widgets.records import GUIDED, Guided, Path
from synth_widgets.task import normalised_name
from synth_widgets.text.normal import storable

MAX_NAME = 500
MAX_DEPTH = 50
MAX_TAG = 100
GuidanceLike = str | Mapping[str, str]
"""Guidance as a person gives it: one text, or texts by the keys ``all``, ``topics``, ``inputs`` and ``outputs``."""
BEFORE_OUTPUTS: tuple[Guided, ...] = ("topics", "inputs")
"""What one text is for where samples are asked for: how inputs should be is nothing to tell the one who answers."""


def path_of(given: Any) -> Path:
    """Return a topic's path from a name, or a tuple, list or array of names.

    >>> path_of("Billing"), path_of(["Billing", " Refunds "]), path_of(())
    (('Billing',), ('Billing', 'Refunds'), ())
    """
    names = given.tolist() if hasattr(given, "tolist") else given
    names = (names,) if isinstance(names, str) else names
    if not isinstance(names, tuple | list) or not all(isinstance(n, str) for n in names):
        raise StudioError(f"A topic is named by its path, such as ('Billing', 'Refunds'), not {given!r}.")
    if len(names) > MAX_DEPTH:
        raise StudioError(f"A topic's path has at most {MAX_DEPTH} names, not {len(names)}.")
    return tuple(name_of(n) for n in names)


def name_of(given: Any) -> str:
    """Return a topic's name with single spaces, or raise when it is empty or too long."""
    if not isinstance(given, str) or not normalised_name(given):
        raise StudioError(f"A topic's name is text that is not empty, not {given!r}.")
    name = " ".join(str(storable(given)).split())
    if len(name) > MAX_NAME:
        raise StudioError(f"A topic's name has at most {MAX_NAME} characters; this one has {len(name):,}.")
    return name


def ids_of(given: Any) -> list[str]:
    """Return sample ids from one id, several, a frame of `to_pandas`, or a boolean Series indexed by id.

    A frame may be one row of it, or another library's, with the column ``id``.

    >>> ids_of("4k2a000000"), ids_of(["a", "b"])
    (['4k2a000000'], ['a', 'b'])
    """
    given = [given] if isinstance(given, str) else [str(given.name)] if is_row(given) else given
    if isinstance(given, list) and set(map(type, given)) <= {str}:
        return list(dict.fromkeys(given))
    index = getattr(given, "index", None)
    if (names := getattr(given, "column_names", getattr(given, "columns", None))) is not None:
        return _index(index, "a frame") if hasattr(given, "iloc") else _column(given, list(names))
    if hasattr(given, "dtype") and hasattr(given, "to_numpy") and not callable(index) and index is not None:
        if str(given.dtype) in {"bool", "boolean"}:
            return _index(given[given.fillna(value=False).astype(bool)].index, "a boolean Series")
        return list(dict.fromkeys(str(value) for value in given))
    if hasattr(given, "id") and isinstance(given.id, str):
        return [given.id]
    if not isinstance(given, Iterable):
        raise StudioError(f"Samples are named by id, a list of ids, or a frame of to_pandas(), not {given!r}.")
    values: list[Any] = [getattr(value, "id", value) for value in given]
    if any(isinstance(value, bool) for value in values) or str(getattr(given, "dtype", "")) in {"bool", "boolean"}:
        raise StudioError(
            "A bare list of booleans does not say which samples it means. Use a Series whose index is the ids: "
            "studio.keep(df['stars'] > 3)."
        )
    if wrong := [value for value in values if not isinstance(value, str)]:
        raise StudioError(f"A sample's id is text of ten characters, not {wrong[0]!r}.")
    return list(dict.fromkeys(values))


def is_row(given: Any) -> bool:
    """Whether this is one row of a frame of `to_pandas`, as ``df.loc[id]`` gives it."""
    heads = getattr(given, "index", None)
    if not hasattr(given, "to_frame") or heads is None or callable(heads):
        return False
    return any(str(head).partition(".")[0] in {"input", "output", "topic", "status", "stars", "tags"} for head in heads)


def one_id(given: Any) -> str:
    """Return the id of one sample from its id or its value."""
    found = ids_of(given)
    if len(found) != 1:
        raise StudioError(f"One sample is wanted here, not {len(found)}.")
    return found[0]


def stars_of(given: Any) -> int | None:
    """Return stars from 1 to 5, or ``None`` for none."""
    return None if given is None else count_of(given, "stars", most=5)


def tags_of(given: str | Iterable[Any], *, least: int = 1) -> tuple[str, ...]:
    """Return tags from one or several, ``least`` of them: one word each, because other tools split at spaces.

    >>> tags_of(["bug-12", " hard "]), tags_of("one")
    (('bug-12', 'hard'), ('one',))
    """
    tags = []
    if isinstance(given, Mapping) or not isinstance(given, Iterable):
        raise StudioError(f"Tags are words, such as ['bug-12', 'hard'], not {given!r}.")
    for tag in [given] if isinstance(given, str) else given:
        if not isinstance(tag, str) or len(tag.split()) != 1 or len(tag) > MAX_TAG:
            hint = f" Write {'-'.join(tag.split())!r}." if isinstance(tag, str) and len(tag.split()) > 1 else ""
            raise StudioError(f"A tag is one word of at most {MAX_TAG} characters, not {tag!r}.{hint}")
        tags.append(str(storable(tag)).strip())
    if len(tags) < least:
        raise StudioError("At least one tag is needed.")
    return tuple(dict.fromkeys(tags))


def _column(table: Any, names: list[Any]) -> list[str]:
    """Return the ids of another library's table."""
    if "id" not in names:
        raise StudioError(f"A table needs the column 'id' with the samples' ids; its columns: {names!r}.")
    column = table["id"]
    lists = [getattr(column, name) for name in ("to_list", "to_pylist") if hasattr(column, name)]
    if hasattr(column, "fetchall"):  # DuckDB's, which is a table again
        return list(dict.fromkeys(str(value) for (value,) in column.fetchall()))
    return list(dict.fromkeys(str(value) for value in (lists[0]() if lists else column)))


def _index(index: Any, what: str) -> list[str]:
    if index.name != "id":
        raise StudioError(
            f"The index of {what} must be the samples' ids, as to_pandas() gives it (its name is {index.name!r}, not "
            "'id'). Did reset_index() move it? set_index('id') brings it back."
        )
    return list(dict.fromkeys(str(value) for value in index))


def guidance_of(given: Any, text_for: Sequence[Guided], *, clears: bool = False) -> dict[Guided, str]:
    """Return guidance by what it is for.

    Args:
        given: texts by key, one text, or ``None`` for none.
        text_for: what one text is for.
        clears: whether empty texts stay, because they take away what is there.

    Raises:
        StudioError: it is neither text nor a dict of texts.
        TypeError: a key that there is not.

    >>> guidance_of("Curt.", BEFORE_OUTPUTS), guidance_of({"outputs": "Formal.", "all": ""}, ("all",))
    ({'topics': 'Curt.', 'inputs': 'Curt.'}, {'outputs': 'Formal.'})
    """
    if given is None:
        return {}
    by_key = dict.fromkeys(text_for, given) if isinstance(given, str) else given
    if not isinstance(by_key, Mapping) or not all(isinstance(text, str) for text in by_key.values()):
        raise StudioError(f"guidance is text, or a dict of texts with the keys {', '.join(GUIDED)}, not {given!r}.")
    if unknown := {str(key): None for key in by_key if key not in GUIDED}:
        raise unknown_keywords("guidance", unknown, GUIDED)
    texts = {key: str(storable(by_key[key])).strip() for key in GUIDED if key in by_key}
    return {key: text for key, text in texts.items() if text or clears}


def whole_number(given: Any) -> int | None:
    """Return a whole number, Python's or numpy's, as Python's; ``None`` for anything else, and for a truth value.

    >>> whole_number(3), whole_number(True), whole_number(3.0)
    (3, None, None)
    """
    if type(given).__name__ in {"bool", "bool_"}:  # Python's or numpy's
        return None
    try:
        return operator.index(given)
    except TypeError:
        return None


def count_of(given: Any, what: str, *, least: int = 1, most: int = 10_000) -> int:
    """Return a whole number within bounds, Python's or numpy's, as Python's; or raise and name them.

    >>> count_of(3, "n")
    3
    """
    count = whole_number(given)
    if count is None or not least <= count <= most:
        raise StudioError(f"{what}={given!r} must be a whole number from {least} to {most:,}.")
    return count


def file_path_of(given: Any, example: str) -> FilePath:
    """Return the path of a file, with ``~`` as the home folder, or raise when it is none.

    Args:
        given: what a person gave.
        example: a path of that kind, for the message.

    Raises:
        StudioError: it is no path.
        FileError: no file can have it.

    >>> file_path_of("data/a.csv", "a.csv").name
    'a.csv'
    """
    text = os.fspath(given) if isinstance(given, os.PathLike) else given
    if not isinstance(text, str) or not text.strip():
        hint = f" Decode it: {os.fsdecode(text)!r}." if isinstance(text, bytes) and text else ""
        raise StudioError(f"A file's name is text or a Path, such as {example!r}, not {given!r}.{hint}")
    if "\0" in text:
        raise FileError(f"{text!r} cannot be written or read: no file's name holds a null character.")
    try:
        os.fsencode(text)
        return FilePath(text).expanduser()
    except UnicodeEncodeError:
        raise FileError(f"{text!r} cannot be written or read: it holds half a character.") from None
    except RuntimeError:
        raise FileError(f"{text!r} cannot be written or read: there is no home folder of that name.") from None


def text_of(given: str | None) -> str:
    """Return a reason, without spaces around it; nothing for ``None``."""
    if given is not None and not isinstance(given, str):
        raise StudioError(f"A reason is text, not {given!r}.")
    return str(storable(given or "")).strip()


def budget_of(given: object) -> float | None:
    """Return a cap on spending in US dollars, or ``None`` for no cap.

    Raises:
        StudioError: it is no amount.

    >>> budget_of(1), budget_of(None)
    (1.0, None)
    """
    if given is None:
        return None
    if isinstance(given, numbers.Real) and not isinstance(given, bool) and 0 <= float(given) < float("inf"):
        return float(given)
    raise StudioError(f"budget={given!r} is an amount of US dollars, such as 1.50, or None for no cap.")
