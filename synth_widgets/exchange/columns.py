"""Which columns make up an input or an output, and how a row of them is read."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from synth_widgets.curation.edits import ABSENT
from synth_widgets.errors import StudioError, nearest
from synth_widgets.exchange.frames import extra_of
from synth_widgets.exchange.rows import MISSING, Row, head_of, parsed
from synth_widgets.jsonable import plain
from synth_widgets.records import Json
from synth_widgets.schema.schema import Schema

Spec = Hashable | Sequence[Hashable] | Mapping[str, Hashable] | None
"""Names of columns as a person gives them; a tuple may be the name of one column with several header rows."""


@dataclass(frozen=True, slots=True)
class Field:
    """How the cells of one field are read.

    Attributes:
        kinds: the JSON types that it may have; ``None`` where its declaration does not say.
        may_be_empty: whether an empty text is one of its values.
    """

    kinds: frozenset[str] | None
    may_be_empty: bool

    @classmethod
    def of(cls, node: Mapping[str, Any], schema: Schema | None) -> Field:
        """Return the field of a declaration."""
        kinds = _kinds(node, schema)
        return cls(
            None if kinds is None else frozenset(kinds), "" in node.get("enum", [""]) and not node.get("minLength")
        )

    def read(self, cell: Any) -> Json:
        """Return a cell's value: text is read as JSON, 3.0 as 3 and 1 as true where the declaration wants it."""
        value = plain(cell)
        if self.kinds is None or value is None:
            return value
        if isinstance(value, str):
            if "string" not in self.kinds:
                value = None if value.strip() in MISSING else parsed(value)
            elif not value and not self.may_be_empty:
                return None  # CSV's way to write what is missing
        if isinstance(value, int | float) and not isinstance(value, bool) and "number" not in self.kinds:
            if "integer" in self.kinds:
                return int(value) if value == int(value) else value
            if "boolean" in self.kinds and value in {0, 1}:
                return bool(value)
        return value


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one part of a sample.

    Attributes:
        part: ``input`` or ``output``.
        schema: the part's schema; ``None`` for plain text.
        whole: the column that holds the whole value, where one does.
        fields: columns by the field they hold.
        extra: the column with an object of undeclared fields.
        names: all columns that are read.
    """

    part: str
    schema: Schema | None
    whole: Hashable | None = None
    fields: Mapping[str, Hashable] = field(default_factory=dict)
    extra: Hashable | None = None
    names: frozenset[Hashable] = field(init=False, default=frozenset())
    _plan: tuple[tuple[str, Hashable, Field, bool], ...] = field(init=False, repr=False, default=())

    def __post_init__(self) -> None:
        declared = self.schema.properties() if self.schema else {}
        required = self.schema.required() if self.schema else frozenset()
        plan = []
        for name, column in self.fields.items():
            declaration = Field.of(declared.get(name, {}), self.schema)
            plan.append((name, column, declaration, name in required and "null" in (declaration.kinds or ())))
        object.__setattr__(self, "_plan", tuple(plan))
        object.__setattr__(self, "names", frozenset({*self.fields.values(), self.whole, self.extra} - {None}))

    def read(self, row: Row) -> Json:
        """Return the part of one row, or ``None`` where there is none.

        Raises:
            ValueError: a cell is no JSON value.
        """
        if self.whole is not None:
            return whole_value(row.get(self.whole), self.schema)
        value = {name: cell for name, cell in self.cells(row).items() if cell is not ABSENT}
        extra = self.undeclared(row)
        return {**value, **extra} if extra or any(v is not None for v in value.values()) else None

    def cells(self, row: Row) -> dict[str, Json]:
        """Return the fields of one row; where a cell is missing ``ABSENT``, or ``None`` if the field must be there."""
        values: dict[str, Json] = {}
        for name, column, declaration, must_be in self._plan:
            value = declaration.read(row.get(column))
            values[name] = ABSENT if value is None and not must_be else value
        return values

    def undeclared(self, row: Row) -> dict[str, Json]:
        """Return the undeclared fields of one row."""
        extra = plain(row.get(self.extra)) if self.extra is not None else None
        extra = parsed(extra) if isinstance(extra, str) and extra else extra
        if extra and not isinstance(extra, dict):
            raise ValueError(f"{self.extra!r} holds an object of further fields, not {extra!r}")
        return extra or {}


def columns_of(part: str, spec: Spec, schema: Schema | None, names: Collection[Hashable]) -> Columns | None:
    """Say which of the columns that are there make up a part; ``None`` where none does.

    Args:
        part: ``input`` or ``output``.
        spec: one column for the whole value, several for its fields, a dict of fields and their columns, or
            ``None`` for the columns as `to_pandas` names them. Columns are named by their head, whatever that is: a
            text, a number, a tuple where there are several header rows.
        schema: the part's schema; ``None`` for plain text.
        names: of all columns.

    Raises:
        StudioError: a column is not there, or text was to be made of several.
    """
    if spec is None:
        return _by_name(part, schema, names)
    if _is_one(spec, names):
        return Columns(part, schema, whole=_head(part, spec, names))
    if not isinstance(spec, Iterable):
        raise _missing(part, spec, names)
    columns = list(spec.items()) if isinstance(spec, Mapping) else [(_last(name), name) for name in spec]
    if schema is None:
        raise StudioError(f"The task's {part} is plain text: name the one column that holds it, {part}='…'.")
    if not columns:
        raise StudioError(f"{part}={spec!r} names no column.")
    return Columns(part, schema, fields={field: _head(part, name, names) for field, name in columns})


def _is_one(spec: Any, names: Collection[Hashable]) -> bool:
    """Whether this is the name of one column, not of several."""
    return isinstance(spec, str) or (isinstance(spec, Hashable) and head_of(spec) in names)


def _last(name: Hashable) -> str:
    """Return the field that a column is for: under several header rows, what the lowest says."""
    levels = [level for level in name if head_of((level,)) != ""] if isinstance(name, tuple) else []
    return str(levels[-1] if levels else name)


def _by_name(part: str, schema: Schema | None, names: Collection[Hashable]) -> Columns | None:
    prefix = f"{part}."
    fields = {n.removeprefix(prefix): n for n in names if isinstance(n, str) and n.startswith(prefix)}
    if part in names:
        if fields:
            raise StudioError(f"There are both {part!r} and {next(iter(fields.values()))!r}. Say which: {part}=….")
        return Columns(part, schema, whole=part)
    if not fields:
        return None
    if schema is None:
        raise StudioError(
            f"The task's {part} is plain text, but there are columns such as {next(iter(fields.values()))!r}. Name the "
            f"one that holds it: {part}='…'."
        )
    extra = fields.pop(extra_of(schema.properties()), None)
    return Columns(part, schema, fields=fields, extra=extra)


def _head(part: str, name: Hashable, names: Collection[Hashable]) -> Hashable:
    """Return the name of a column that is there, or raise."""
    head = head_of(name) if isinstance(name, Hashable) else None
    if head in names:
        return head
    raise _missing(part, name, names)


def _missing(part: str, name: object, names: Collection[Hashable]) -> StudioError:
    return StudioError(
        f"{part}= names the column {name!r}, which is not there.{nearest(str(name), map(str, names))} "
        f"Columns: {listed(names)}."
    )


def no_input(schema: Schema | None, names: Sequence[Hashable]) -> StudioError:
    """Return what to say where no column is the input: which one it may be."""
    texts = [name for name in names if isinstance(name, str)]
    alike = difflib.get_close_matches("input", texts, n=1)
    hint = repr(alike[0]) if alike else "'…'" if texts or not names else repr(names[0])
    if schema is not None and (required := schema.required()) and required <= set(texts):
        hint = repr(sorted(required))
    return StudioError(
        f"Which column is the input? None is called 'input'; there are: {listed(names)}. Name it: "
        f"add_samples(data, input={hint}, output=…)."
    )


def of_each_row(name: str, value: str) -> StudioError:
    """Return what to say where a topic or tags for all rows have the name of a column: what may be meant, and how."""
    one = {"topic": ("a topic", f"topic=({value!r},)"), "tags": ("a tag", f"tags=[{value!r}]")}[name]
    return StudioError(
        f"{name}={value!r} names {one[0]} for all rows, but there is a column of that name, too. For each row's own, "
        f"call the column {name!r}: data.rename(columns={{{value!r}: {name!r}}}). For all rows, write {one[1]}."
    )


def listed(columns: Iterable[Hashable]) -> str:
    r"""Name columns so that blanks and characters that cannot be seen show.

    >>> print(listed(["input", "output ", "\ufeffid"]))
    'input', 'output ', '\ufeffid'
    """
    return ", ".join(map(repr, columns)) or "none"


def whole_value(cell: Any, schema: Schema | None) -> Json:
    """Return a whole input or output from its cell; JSON text is read where the schema does not take it as text."""
    value = plain(cell)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if schema is not None and isinstance(value, str) and schema.problem(value) is not None:
        return parsed(value)
    return value


def _kinds(node: Mapping[str, Any], schema: Schema | None, depth: int = 0) -> set[str] | None:
    """Return the JSON types that a field may have; ``None`` where its declaration does not say."""
    kind = node.get("type")
    if isinstance(kind, str):
        return {kind}
    if isinstance(kind, list):
        return set(kind)
    if "const" in node:
        return {_kind_of(node["const"])}
    if isinstance(node.get("enum"), list):
        return {_kind_of(option) for option in node["enum"]}
    for options in (node.get("anyOf"), node.get("oneOf")):
        if isinstance(options, list) and depth < 10:
            each = [_kinds(schema.resolve(o) if schema else o, schema, depth + 1) for o in options]
            return None if any(kinds is None for kinds in each) else {k for kinds in each for k in kinds or ()}
    return None


def _kind_of(value: Json) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null", list: "array"}
    return names.get(type(value), "object")
