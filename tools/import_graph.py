"""Who imports whom in the package, read from every import statement: late ones and those for types too.

``python -m tools.import_graph`` prints the rooms with what they import, every circle of modules, and every import that
goes upward; it ends with 1 if there is one of the last two. `tests/contract/test_imports.py` holds it.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "synth_widgets"

VALUES = {
    "task",
    "task_differences",
    "schema",
    "deferred",
    "jsonable",
    "pydantic_json",
    "records",
    "sample_status",
    "model",
    "errors",
    "money",
    "text",
    "collector",
    "fake_values",
    "messages",
}
LLM = {"llm", "llm.structured", "llm.transports", "llm.embedded", "llm.connect"}
BELOW_STUDIO = VALUES | LLM | {"engine", "own_code", "store", "curation", "generation", "runs", "exchange"}

ROOMS: dict[str, set[str]] = {
    **dict.fromkeys(VALUES, VALUES),
    "engine": VALUES,
    "own_code": VALUES | {"engine"},
    "store": VALUES,
    "curation": VALUES | {"store"},
    "llm": VALUES | {"engine"},
    "llm.structured": VALUES | {"llm"},
    "llm.transports": VALUES | {"llm", "llm.structured"},
    "llm.embedded": VALUES | {"llm", "llm.transports"},
    "llm.connect": VALUES | {"llm", "llm.transports", "llm.embedded"},
    "generation": VALUES | {"llm", "llm.structured"},
    "runs": VALUES | {"engine", "own_code", "store", "curation", "generation", "llm"},
    "exchange": VALUES | {"arguments", "store", "curation"},
    "widget": VALUES,
    "testing": VALUES | {"llm"},
    "arguments": VALUES,
    "studio": BELOW_STUDIO | {"arguments"},
    # The two doors: what a person imports, and what a person types in a terminal. Both only pass on.
    "__init__": BELOW_STUDIO | {"studio", "testing"},
    "__main__": VALUES | LLM | {"studio"},
}
"""Each room, a module or folder of the package or a part of one, and the rooms that it may import besides itself."""

WIDGET_DOORS = {("studio", "Studio.widget"), ("studio", "TYPE_CHECKING")}
"""Where `widget` is imported: inside the property that shows it, and for that property's type."""


@dataclass(frozen=True)
class Import:
    """One imported module: in which file and line, and inside what, if not at the module's top."""

    file: Path
    line: int
    module: str
    inside: str

    @property
    def source(self) -> str:
        """The module that imports."""
        return module_of(self.file)

    @property
    def room(self) -> str:
        """The room that imports."""
        return room_of(self.source)

    @property
    def target(self) -> str | None:
        """The room that is imported; `None` where it is not ours."""
        return room_of(self.module) if self.module.split(".")[0] == PACKAGE.name else None

    @property
    def goes_upward(self) -> bool:
        """Whether the room may not import this."""
        if self.target in {None, self.room} or ((self.room, self.inside) in WIDGET_DOORS and self.target == "widget"):
            return False
        return self.target not in ROOMS.get(self.room, set())

    def __str__(self) -> str:
        return f"{self.file.relative_to(PACKAGE.parent)}:{self.line} imports {self.module}"


def module_of(file: Path) -> str:
    """Return a file's module.

    >>> module_of(PACKAGE / "llm" / "__init__.py"), module_of(PACKAGE / "task.py")
    ('synth_widgets.llm', 'synth_widgets.task')
    """
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """Return the room that a module of ours stands in: the longest name of `ROOMS` that it begins with.

    >>> room_of("synth_widgets.llm.transports.sse"), room_of("synth_widgets.llm.completer"), room_of("synth_widgets")
    ('llm.transports', 'llm', '__init__')
    """
    parts = module.split(".")[1:]
    names = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((name for name in names if name in ROOMS), parts[0] if parts else "__init__")


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
            yield from (
                Import(file, getattr(child, "lineno", 0), module, ".".join(inside)) for module in modules_named(child)
            )
            yield from walk(child, inside)

    yield from walk(ast.parse(file.read_text(encoding="utf-8")), ())


def modules_named(node: ast.AST) -> list[str]:
    """Return the modules that an import statement or an `import_module("…")` call names.

    `from synth_widgets import task` names the module `synth_widgets.task`.
    """
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(module), names=names, level=0) if module.split(".")[0] == PACKAGE.name:
            return [f"{module}.{name.name}" if is_module(f"{module}.{name.name}") else module for name in names]
        case ast.ImportFrom(module=str(module), level=0):
            return [module]
        case ast.ImportFrom():
            return ["a relative import"]
        case ast.Call(func=ast.Attribute(attr="import_module") | ast.Name(id="import_module")):
            return [a.value for a in node.args[:1] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        case _:
            return []


def is_module(name: str) -> bool:
    """Whether the package has a module or folder of this full name."""
    path = PACKAGE.parent.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def everything() -> list[Import]:
    """Return the imports of the whole package."""
    return [each for file in sorted(PACKAGE.rglob("*.py")) for each in imports_of(file)]


def circles(imports: Iterable[Import]) -> list[list[str]]:
    """Return the groups of modules that import each other, directly or through others; types and late imports count.

    Tarjan's strongly connected components (SIAM J. Comput. 1 (2), 1972).
    """
    graph: dict[str, set[str]] = defaultdict(set)
    for each in imports:
        if each.target is not None and each.module != each.source:
            graph[each.source].add(each.module)
    return _components(graph)


def _components(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the strongly connected components of more than one node."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        order[node] = low[node] = len(order)
        stack.append(node)
        for following in sorted(graph.get(node, ())):
            if following not in order:
                visit(following)
                low[node] = min(low[node], low[following])
            elif following in stack:
                low[node] = min(low[node], order[following])
        if low[node] == order[node]:
            at = stack.index(node)
            if len(component := stack[at:]) > 1:
                found.append(sorted(component))
            del stack[at:]

    for node in sorted(graph):
        if node not in order:
            visit(node)
    return found


def main() -> int:
    """Print the graph; return 1 if it has a circle or an import that goes upward."""
    imports = everything()
    rooms: dict[str, set[str]] = defaultdict(set)
    for each in imports:
        if each.target is not None:
            rooms[each.room] |= {each.target} - {each.room}
    for room, targets in sorted(rooms.items()):
        print(f"{room:<16} -> {' '.join(sorted(targets - VALUES)) or '-'}{' + values' if targets & VALUES else ''}")
    upward = [each for each in imports if each.goes_upward]
    print(f"\n{len({each.source for each in imports})} modules, {len(imports)} imports")
    loops = circles(imports)
    print(f"{len(loops)} circles", *(f"\n  {' <-> '.join(loop)}" for loop in loops))
    print(f"{len(upward)} upward", *(f"\n  {each}" for each in upward))
    return 1 if loops or upward else 0


if __name__ == "__main__":
    sys.exit(main())
