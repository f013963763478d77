"""What a pydantic class reads: its instances as JSON under the names, and in the forms, that its JSON Schema has.

``model_dump`` is for readers of an answer: other names (serialization aliases, or the fields' own), without excluded
fields, with asterisks for secrets, in whatever form a serializer gives. What is stored here must be taken by the
schema, and be read again.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from synth_widgets.records import Json
from synth_widgets.text.normal import TooDeepError

_MASK = "**********"
"""What pydantic shows of a secret."""
Inner = Callable[[Any], Json]
"""Turns the value of a field into plain JSON; a `ValueError` says that it is none by itself."""


def written(instance: Any, inner: Inner) -> Json:
    """Return what the class of an instance reads.

    Args:
        instance: of a pydantic class, a dataclass, or whatever has ``model_dump``.
        inner: see `Inner`.

    Raises:
        ValueError: a field has no form in JSON; the message names it.

    >>> import pydantic
    >>> from synth_widgets.jsonable import plain
    >>> class Note(pydantic.BaseModel):
    ...     text: str = pydantic.Field(alias="noteText")
    ...     key: pydantic.SecretStr = pydantic.Field(exclude=True)
    >>> plain(Note(noteText="Hello", key="k-1"))
    {'noteText': 'Hello', 'key': 'k-1'}
    """
    cls = type(instance)
    fields = _fields(cls)
    if fields is None:
        if dataclasses.is_dataclass(cls):
            return {f.name: inner(getattr(instance, f.name)) for f in dataclasses.fields(cls)}
        return inner(instance.model_dump(mode="json"))
    by_name: dict[str, Json] = {}
    for name, field in fields.items():
        if not hasattr(instance, name):
            raise ValueError(f"{cls.__name__}.{name} has no value")
        value = getattr(instance, name)
        as_json, is_read = _field_as_json(cls, name, value, inner)
        if as_json is None and not is_read and name not in getattr(instance, "__pydantic_fields_set__", fields):
            continue  # None as the default of a field that takes none: the class fills it in again
        by_name[_name(cls, name, field)] = as_json
    if set(fields) == {"root"} and hasattr(cls, "__pydantic_root_model__") and cls.__pydantic_root_model__:
        return by_name["root"]
    extra: Mapping[str, Any] = getattr(instance, "model_extra", None) or {}
    return {**by_name, **{name: inner(value) for name, value in extra.items()}}


def _field_as_json(cls: type, name: str, value: Any, inner: Inner) -> tuple[Json, bool]:
    """Return a field's value as JSON, and whether the class makes the same value of it."""
    adapter = _adapter(cls, name)
    candidates: list[Json] = []
    why: Exception | None = None
    for is_own in (True, False):
        try:
            candidates.append(inner(value if is_own else adapter.dump_python(value, mode="json", round_trip=True)))
        except TooDeepError:
            raise
        except Exception as error:  # noqa: BLE001 - a person's serializer may raise anything
            why = error
            continue
        if adapter is None or _reads(adapter, candidates[-1], value):
            return candidates[-1], True
    if not candidates or _MASK in json.dumps(candidates[0]):
        raise ValueError(f"{cls.__name__}.{name} has no form in JSON{_hint(value)}") from why
    return candidates[0], False


def _hint(value: Any) -> str:
    if isinstance(value, bytes):
        return ": its bytes are no text. model_config = {'ser_json_bytes': 'base64', 'val_json_bytes': 'base64'} helps"
    return f": {type(value).__name__} is no JSON value"


def _reads(adapter: Any, as_json: Json, value: Any) -> bool:
    try:
        return bool(adapter.validate_json(json.dumps(as_json)) == value)
    except Exception:  # noqa: BLE001 - a person's type may raise anything
        return False


@functools.lru_cache(maxsize=1000)
def _adapter(cls: type, name: str) -> Any:
    """Return what reads and writes a field as its declaration says; ``None`` where it cannot be had apart."""
    import pydantic

    field = (_fields(cls) or {})[name]
    declared: Any = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
    for config in (getattr(cls, "model_config", None) or getattr(cls, "__pydantic_config__", None), None):
        try:
            return pydantic.TypeAdapter(declared, config=config)
        except Exception:  # noqa: BLE001, S112 - a class of its own takes no config; a name may be of a function's inside
            continue
    return None


def _fields(cls: type) -> Mapping[str, Any] | None:
    """Return the fields of a pydantic model or dataclass, or ``None`` where it is neither."""
    fields = cls.__dict__.get("__pydantic_fields__", getattr(cls, "__pydantic_fields__", None))
    return fields if fields is not None else getattr(cls, "model_fields", None)


def _name(cls: type, name: str, field: Any) -> str:
    """Return the name that a field has in the JSON Schema of its class."""
    alias = field.validation_alias
    config = getattr(cls, "model_config", None) or getattr(cls, "__pydantic_config__", None) or {}
    if alias is None or config.get("validate_by_alias") is False:
        return name
    if isinstance(alias, str):
        return alias
    paths = alias.convert_to_aliases() if hasattr(alias, "choices") else [alias.convert_to_aliases()]
    return next((str(path[0]) for path in paths if len(path) == 1), name)
