"""The package litellm is used by what it documents: its next release may change everything else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "synth_widgets"
SET = {"suppress_debug_info"}
"""What of litellm is set: its documented switches."""
READ = {"acompletion", "completion", *SET}
"""What of litellm is used."""


def slips(code: str) -> Iterator[str]:
    """Yield what a module does with litellm beyond what is documented."""
    tree = ast.parse(code)
    if "litellm" not in code:
        return
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (a.name for a in names if a.name.startswith("litellm."))
            case ast.ImportFrom(module=str(module)) if module.partition(".")[0] == "litellm":
                yield module
            case ast.Constant(value=str(text)) if text.startswith(("litellm.", "_")) and text.isprintable():
                if text.replace(".", "").replace("_", "").isalnum():
                    yield text
            case ast.Attribute(value=value, attr=name, ctx=context) if _is_litellm(value):
                if name not in READ or (isinstance(context, ast.Store | ast.Del) and name not in SET):
                    yield f"litellm.{name}"
            case ast.Call(func=ast.Name(id="setattr" | "delattr" | "repr" | "eval" as name)):
                yield name
            case ast.Attribute(attr="literal_eval" as name):
                yield name


def _is_litellm(node: ast.expr) -> bool:
    """Whether an expression is the module: its name, or where a completer keeps it."""
    return (isinstance(node, ast.Name) and node.id == "litellm") or (
        isinstance(node, ast.Attribute) and node.attr == "litellm"
    )


def test_nothing_private_of_litellm_is_used_or_replaced() -> None:
    files = [path for path in sorted((PACKAGE / "llm").rglob("*.py")) if "litellm" in path.name]
    assert len(files) >= 3
    found = [f"{path.name}: {slip}" for path in files for slip in slips(path.read_text(encoding="utf-8"))]
    assert found == []


def test_nobody_else_touches_it() -> None:
    for path in sorted(PACKAGE.rglob("*.py")):
        if "litellm" not in path.name:
            names = [
                node.names for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Import)
            ]
            assert "litellm" not in {alias.name for each in names for alias in each}, path


@pytest.mark.parametrize(
    "code",
    [
        "import litellm.utils",
        "from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler",
        "importlib.import_module('litellm.utils')",
        "sys.modules.get('litellm._internal_context')",
        "litellm.utils.function_setup()",
        "litellm.acompletion = mine",
        "self.litellm.response_cost_calculator = mine",
        "setattr(litellm, name, mine)",
        "told = {'model': litellm, '_skip_mcp_handler': True}",
        "getattr(litellm_stream, '_hidden_params')",
        "ast.literal_eval(str(litellm_error))",
    ],
)
def test_the_reader_sees_every_slip(code: str) -> None:
    assert list(slips(code)) != []
