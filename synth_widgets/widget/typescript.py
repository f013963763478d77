"""The wire and the command table, written as TypeScript.

``python -m synth_widgets.widget.typescript`` writes ``protocol.gen.ts`` and ``commands.gen.ts`` into ``js/src``,
so that kernel and browser cannot drift apart: a test compares the files with what this module makes.
"""

from __future__ import annotations

import ast
import inspect
import json
import logging
import types
from collections.abc import Sequence
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from pydantic import BaseModel

from synth_widgets.widget import commands, protocol, replica

SOURCES = Path(__file__).resolve().parents[2] / "js" / "src"
"""Where the files stand in a checkout; an installed package has none."""

_HEADER = "// Made by `python -m synth_widgets.widget.typescript`. Change the Python side, then run it again.\n"
_PLAIN: dict[Any, str] = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    type(None): "null",
    Any: "unknown",
    inspect.Parameter.empty: "unknown",
}

_log = logging.getLogger(__name__)


def spelled(annotation: Any) -> str:
    """A Python type in TypeScript.

    Raises:
        TypeError: the type has no counterpart on the wire.

    >>> spelled(list[str] | None)
    'string[] | null'
    >>> spelled(Literal["a", "b"])
    '"a" | "b"'
    >>> spelled(dict[Literal["a", "b"], int])
    'Partial<Record<"a" | "b", number>>'
    """
    while get_origin(annotation) in (Annotated, NotRequired, Required):
        annotation = get_args(annotation)[0]
    if is_typeddict(annotation) or (inspect.isclass(annotation) and issubclass(annotation, BaseModel)):
        return str(annotation.__name__)
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " | ".join(json.dumps(value) for value in arguments)
    inner = [spelled(each) for each in arguments]
    if origin in (Union, types.UnionType):
        return " | ".join(dict.fromkeys(inner))
    if origin is dict:
        record = f"Record<{inner[0]}, {inner[1]}>"
        return f"Partial<{record}>" if get_origin(arguments[0]) is Literal else record
    if origin is list:
        return f"({inner[0]})[]" if " | " in inner[0] else f"{inner[0]}[]"
    message = f"{annotation!r} has no spelling in TypeScript"
    raise TypeError(message)


def _comment(text: str | None, indent: str = "") -> str:
    if not text:
        return ""
    lines = inspect.cleandoc(text).replace("*/", "*\\/").splitlines()
    if len(lines) == 1:
        return f"{indent}/** {lines[0]} */\n"
    body = "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines)
    return f"{indent}/**\n{body}{indent} */\n"


def _field_docs(source: str) -> dict[str, dict[str, str]]:
    """The docstrings under fields, by class and field: they are not there at run time."""
    docs: dict[str, dict[str, str]] = {}
    for node in ast.parse(source).body:
        if not isinstance(node, ast.ClassDef):
            continue
        fields = docs.setdefault(node.name, {})
        for field, below in zip(node.body, node.body[1:], strict=False):
            named = isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
            said = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
            if named and said:
                fields[field.target.id] = str(below.value.value)  # type: ignore[attr-defined]
    return docs


def _interface(name: str, doc: str | None, fields: Sequence[tuple[str, bool, str, str | None]]) -> str:
    body = "".join(
        f"{_comment(said, '  ')}  {field}{'?' if optional else ''}: {spelling};\n"
        for field, optional, spelling, said in fields
    )
    return f"{_comment(doc)}export interface {name} {{\n{body}}}\n"


def protocol_ts() -> str:
    """The text of ``protocol.gen.ts``: every message of `protocol`, and the rows of `replica` that they carry."""
    docs = _field_docs(inspect.getsource(replica)) | _field_docs(inspect.getsource(protocol))
    parts = [_HEADER]
    parts.append(f"export const PROTOCOL = {protocol.PROTOCOL};\nexport const HEAD = {replica.HEAD};\n")
    for name, value in (vars(replica) | vars(protocol)).items():
        if not is_typeddict(value):
            continue
        hints = get_type_hints(value, include_extras=True)
        fields = [
            (field, get_origin(hint) is NotRequired, spelled(hint), docs.get(name, {}).get(field))
            for field, hint in hints.items()
        ]
        parts.append(_interface(name, value.__doc__, fields))
    for name in ("ToFront", "ToKernel"):
        members = get_args(getattr(protocol, name))
        parts.append(f"export type {name} = {' | '.join(member.__name__ for member in members)};\n")
    return "\n".join(parts)


def _args_interface(model: type[BaseModel]) -> str:
    hints = get_type_hints(model, include_extras=True)
    fields = [
        (field, not info.is_required(), spelled(hints[field]), None) for field, info in model.model_fields.items()
    ]
    if not fields:
        return f"{_comment(model.__doc__)}export type {model.__name__} = Record<string, never>;\n"
    return _interface(model.__name__, model.__doc__, fields)


def _line(command: commands.Command) -> str:
    """A command of the table; what it lacks at the end is left out."""
    c = command
    values: list[Any] = [c.name, c.label, c.icon, list(c.keys), c.pane, c.many, c.changes]
    defaults: tuple[Any, ...] = (False, False, "any", [], None)
    for default in defaults:
        if values[-1] != default:
            break
        values.pop()
    return json.dumps(values, ensure_ascii=False)


def commands_ts() -> str:
    """The text of ``commands.gen.ts``: the command table, and the arguments of what goes over the wire."""
    table = commands.COMMANDS
    models: dict[type[BaseModel], None] = {commands.Confirmed: None}
    models |= dict.fromkeys(command.args for command in table if command.args is not None)
    parts = [_HEADER]
    parts += [_args_interface(model) for model in models]
    wire = "".join(f"  {c.name}: {c.args.__name__};\n" for c in table if c.args is not None)
    parts.append(f"/** What each command that goes over the wire takes. */\nexport interface WireArgs {{\n{wire}}}\n")
    parts.append("export type WireName = keyof WireArgs;\n")
    names = " | ".join(json.dumps(c.name) for c in table)
    groups = spelled(get_type_hints(commands.Command)["group"])
    parts.append(f"export type CommandName = {names};\n")
    parts.append(f"export type Group = {groups};\nexport type Pane = {spelled(commands.Pane)};\n")
    parts.append(
        _interface(
            "Command",
            "One thing a person can do.",
            [
                ("name", False, "CommandName", None),
                ("label", False, "string", None),
                ("group", False, "Group", None),
                ("keys", False, "readonly string[]", None),
                ("pane", False, "Pane", None),
                ("icon", False, "string | null", None),
                ("many", False, "boolean", None),
                ("changes", False, "boolean", None),
            ],
        )
    )
    # By group, without names and without what most commands lack: a table of objects is three kilobytes longer.
    rows = ""
    for group in dict.fromkeys(c.group for c in table):
        lines = "".join(f"    {_line(c)},\n" for c in table if c.group == group)
        rows += f"  {group}: [\n{lines}  ],\n"
    parts.append(
        "type Line = [CommandName, string, (string | null)?, string[]?, Pane?, boolean?, boolean?];\n"
        f"const TABLE: Record<Group, Line[]> = {{\n{rows}}};\n"
    )
    parts.append(
        "export const COMMANDS: readonly Command[] = (Object.keys(TABLE) as Group[]).flatMap((group) =>\n"
        '  TABLE[group].map(([name, label, icon = null, keys = [], pane = "any", many = false, changes = false]) => '
        "({ name, label, group, keys, pane, icon, many, changes })),\n"
        ");\n"
    )
    return "\n".join(parts)


def files() -> dict[str, str]:
    """The generated files, by name."""
    return {"protocol.gen.ts": protocol_ts(), "commands.gen.ts": commands_ts()}


def main() -> None:
    """Write the files into the checkout."""
    for name, text in files().items():
        (SOURCES / name).write_text(text, encoding="utf-8")
        _log.info("wrote %s", SOURCES / name)


if __name__ == "__main__":
    main()
