"""The browser's types and command table are made from the kernel's."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from synth_widgets.widget import commands, typescript


@pytest.mark.parametrize("name", ["protocol.gen.ts", "commands.gen.ts"])
def test_the_committed_file_is_what_python_says(name: str) -> None:
    committed = (typescript.SOURCES / name).read_text(encoding="utf-8")
    assert committed == typescript.files()[name], "run: python -m synth_widgets.widget.typescript"


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (str, "string"),
        (int | None, "number | null"),
        (int | float, "number"),
        (list[int | str], "(number | string)[]"),
        (dict[str, Any], "Record<string, unknown>"),
        (Literal["x"], '"x"'),
    ],
)
def test_a_type_is_spelled_in_typescript(annotation: object, expected: str) -> None:
    assert typescript.spelled(annotation) == expected


def test_a_type_without_a_spelling_is_refused() -> None:
    with pytest.raises(TypeError, match="no spelling"):
        typescript.spelled(set[int])


def test_optional_fields_are_marked() -> None:
    assert "  ok?: unknown;" in typescript.protocol_ts()
    assert "  reason?: string | null;" in typescript.commands_ts()


def test_every_command_is_in_the_table() -> None:
    text = typescript.commands_ts()
    assert all(f'    ["{command.name}", "{command.label}"' in text for command in commands.COMMANDS)


def test_no_key_means_two_things_in_one_pane() -> None:
    seen: dict[tuple[str, str], str] = {}
    for command in commands.COMMANDS:
        panes = ("grid", "tree") if command.pane == "any" else (command.pane,)
        for pane in panes:
            for key in command.keys:
                other = seen.setdefault((pane, key), command.name)
                assert other == command.name, f"{key} in {pane}: {other} and {command.name}"
