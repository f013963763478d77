"""What a person may hand to a method, brought to one form, with errors that say what is allowed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from synth_widgets.errors import StudioError, unknown_keywords
from synth_widgets.records import STEPS, Path
from synth_widgets.task import normalised_name
from synth_widgets.text.normal import storable

MAX_NAME = 500
MAX_DEPTH = 50
MAX_TAG = 100


def path_of(given: Any) -> Path:
    """Return a topic's path from a name, or a tuple or list of names.

    >>> path_of("Billing"), path_of(["Billing", " Refunds "]), path_of(())
    (('Billing',), ('Billing', 'Refunds'), ())
    """
    names = (given,) if isinstance(given, str) else given
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

    >>> ids_of("4k2a000000"), ids_of(["a", "b"])
    (['4k2a000000'], ['a', 'b'])
    """
    given = [given] if isinstance(given, str) else given
    if isinstance(given, list) and set(map(type, given)) <= {str}:
        return list(dict.fromkeys(given))
    index = getattr(given, "index", None)
    if hasattr(given, "columns"):
        return _index(index, "a frame")
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
    if wrong := next((value for value in values if not isinstance(value, str)), None):
        raise StudioError(f"A sample's id is text of ten characters, not {wrong!r}.")
    return list(dict.fromkeys(values))


def one_id(given: Any) -> str:
    """Return the id of one sample from its id or its value."""
    found = ids_of(given)
    if len(found) != 1:
        raise StudioError(f"One sample is wanted here, not {len(found)}.")
    return found[0]


def stars_of(given: Any) -> int | None:
    """Return stars from 1 to 5, or ``None`` for none."""
    return None if given is None else count_of(given, "stars", most=5)


def tags_of(given: Iterable[Any]) -> tuple[str, ...]:
    """Return tags: one word each, because other tools split at spaces.

    >>> tags_of(["bug-12", " hard "])
    ('bug-12', 'hard')
    """
    tags = []
    for tag in given:
        if not isinstance(tag, str) or len(tag.split()) != 1 or len(tag) > MAX_TAG:
            hint = f" Write {'-'.join(tag.split())!r}." if isinstance(tag, str) and len(tag.split()) > 1 else ""
            raise StudioError(f"A tag is one word of at most {MAX_TAG} characters, not {tag!r}.{hint}")
        tags.append(str(storable(tag)).strip())
    if not tags:
        raise StudioError("At least one tag is needed.")
    return tuple(dict.fromkeys(tags))


def _index(index: Any, what: str) -> list[str]:
    if index.name != "id":
        raise StudioError(
            f"The index of {what} must be the samples' ids, as to_pandas() gives it (its name is {index.name!r}, not "
            "'id'). Did reset_index() move it? set_index('id') brings it back."
        )
    return list(dict.fromkeys(str(value) for value in index))


def guidance_of(given: Any) -> dict[str, str]:
    """Return guidance by step from one text (for every step) or a dict."""
    if given is None:
        return {}
    if isinstance(given, str):
        return {"all": str(storable(given)).strip()}
    allowed = ("all", *STEPS)
    if not isinstance(given, dict) or not all(isinstance(text, str) for text in given.values()):
        raise StudioError(f"guidance is text, or a dict of texts with the keys {', '.join(allowed)}, not {given!r}.")
    if wrong := next((key for key in given if key not in allowed), None):
        raise unknown_keywords("guidance", {str(wrong): None}, allowed)
    return {key: str(storable(text)).strip() for key, text in given.items()}


def count_of(given: Any, what: str, *, least: int = 1, most: int = 10_000) -> int:
    """Return a whole number within bounds, or raise and name them."""
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
        raise StudioError(f"{what}={given!r} must be a whole number from {least} to {most:,}.")
    return given


def text_of(given: str | None) -> str:
    """Return guidance or a reason, without spaces around it; nothing for ``None``."""
    if given is not None and not isinstance(given, str):
        raise StudioError(f"Guidance and reasons are text, not {given!r}.")
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
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given < float("inf"):
        raise StudioError(f"budget={given!r} is an amount of US dollars, such as 1.50, or None for no cap.")
    return float(given)
