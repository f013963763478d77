"""Nobody goes through the live state: another thread may change it meanwhile. Who reads takes one reference first."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "synth_widgets"
LIVE = {"topics", "samples", "calls", "sessions", "jobs", "items", "settings", "groups", "hidden", "by_topic", "named"}
"""The collections of `State` that changes alter."""
VIEWS = {"values", "items", "keys"}
OWNERS = {"store/state.py", "store/changes.py", "store/loading.py"}
"""What alters or makes them, on the thread that owns them."""


def walks_of(file: Path) -> Iterator[str]:
    """Yield what a file goes through without having taken a copy."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension) and is_live(node.iter):
            yield f"{file.relative_to(PACKAGE)}:{node.iter.lineno} {ast.unparse(node.iter)}"


def is_live(node: ast.expr) -> bool:
    """Whether an expression is a live collection of a state, or a view of one."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in VIEWS:
        node = node.func.value
    if not isinstance(node, ast.Attribute) or node.attr not in LIVE:
        return False
    return ast.unparse(node.value).split(".")[-1] in {"state", "_state"}


def test_no_live_collection_of_the_state_is_gone_through() -> None:
    files = [file for file in PACKAGE.rglob("*.py") if str(file.relative_to(PACKAGE)) not in OWNERS]
    assert not [walk for file in sorted(files) for walk in walks_of(file)]


@pytest.mark.parametrize(
    ("code", "is_found"),
    [
        ("(t.name for t in state.topics.values())", True),
        ("for ident in self._core.state.samples: pass", True),
        ("[t for t in tuple(state.topics.values())]", False),
        ("{k: v for k, v in self._state.settings.items()}", True),
        ("for part in plan.items: pass", False),
    ],
)
def test_the_rule_finds_what_it_should(code: str, is_found: bool, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("tests.contract.test_live_state.PACKAGE", tmp_path)
    (tmp_path / "some.py").write_text(code, encoding="utf-8")
    assert bool(list(walks_of(tmp_path / "some.py"))) is is_found
