"""A sample's status is decided by the table in `synth_widgets/sample_status.py`: held by reading every module.

Elsewhere a status may be compared, filtered by, shown and read from a file. Where one is written, it comes from
`status_after`, as in ``sample_change(sample, **status_after(…))``. A job's status is something else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import pytest

from synth_widgets.records import STATUSES, JobStatus

PACKAGE = Path(__file__).resolve().parents[2] / "synth_widgets"
TABLE = PACKAGE / "sample_status.py"
JOBS = frozenset(get_args(JobStatus))
WRITERS = frozenset({"sample_change", "SampleChanged", "Sample", "replace"})
"""What writes fields of a sample, besides what a module makes with `replacer`."""
POSITION = 4
"""Where a status stands among the fields of a sample."""


@dataclass(frozen=True)
class Scope:
    """What is known of names where a piece of code stands.

    Attributes:
        values: what was assigned to a name.
        jobs: names that are annotated as a job's status.
        writers: names of functions that write fields.
        decides: whether what is returned is a sample's status.
    """

    values: Mapping[str, list[ast.expr]] = field(default_factory=dict)
    jobs: frozenset[str] = frozenset()
    writers: frozenset[str] = WRITERS
    decides: bool = False

    def inside(self, block: ast.AST) -> Scope:
        """Return the scope of a function, a class or a module that stands in this one."""
        values, jobs, writers = dict(self.values), set(self.jobs), set(self.writers)
        for node in _own(block):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    values[name] = [*values.get(name, []), value]
                    if isinstance(value, ast.Call) and _name(value.func) == "replacer":
                        writers.add(name)
                case ast.AnnAssign(target=ast.Name(id=name), annotation=kind, value=value):
                    values[name] = [*values.get(name, []), *([value] if value else [])]
                    jobs |= {name} if _is(kind, "JobStatus") else set()
                case ast.arg(arg=name, annotation=kind) if kind is not None and _is(kind, "JobStatus"):
                    jobs.add(name)
        decides = isinstance(block, ast.FunctionDef | ast.AsyncFunctionDef) and _is(block.returns, "Status")
        return Scope(values, frozenset(jobs), frozenset(writers), decides)

    def literals(self, value: ast.AST | None, seen: frozenset[str] = frozenset()) -> Iterator[str]:
        """Yield the statuses that a value may be: not those that it is only compared with, or looked up by."""
        match value:
            case ast.Constant(value=str(text)) if text in STATUSES:
                yield text
            case ast.Name(id=name) if name not in seen:
                for other in self.values.get(name, []):
                    yield from self.literals(other, seen | {name})
            case ast.IfExp(body=body, orelse=other):
                yield from self.literals(body, seen)
                yield from self.literals(other, seen)
            case ast.Subscript(value=inner):
                yield from self.literals(inner, seen)
            case ast.AST() if not isinstance(value, ast.Compare):
                for child in ast.iter_child_nodes(value):
                    yield from self.literals(child, seen)


def decisions(code: str) -> list[int]:
    """Return the lines of a module in which a sample's status is decided."""
    tree = ast.parse(code)
    return sorted(set(_decisions(tree, Scope().inside(tree))))


def _decisions(node: ast.AST, scope: Scope) -> Iterator[int]:
    for child in ast.iter_child_nodes(node):
        if _decides(child, scope):
            yield getattr(child, "lineno", 0)
        is_block = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda)
        yield from _decisions(child, scope.inside(child) if is_block else scope)


def _decides(node: ast.AST, scope: Scope) -> bool:
    match node:
        case ast.Call(func=function, args=args, keywords=keywords):
            written = [k.value for k in keywords if k.arg == "status"]
            if _name(function) in scope.writers:
                literals = list(scope.literals(args[POSITION])) if len(args) > POSITION else []
                return bool(literals) or not all(_is_of_a_job(value, scope) for value in written)
            if _name(function) in {"setattr", "__setattr__"}:
                written = args[-1:] if any(isinstance(a, ast.Constant) and a.value == "status" for a in args) else []
            elif _name(function) != "dict":
                return False
        case ast.Dict(keys=keys, values=values):
            written = [
                v for k, v in zip(keys, values, strict=True) if isinstance(k, ast.Constant) and k.value == "status"
            ]
        case ast.Assign(targets=targets, value=value):
            written = [value] if any(_is_status(target) for target in targets) else []
        case ast.AnnAssign(annotation=kind, value=ast.expr() as value):
            written = [value] if _is(kind, "Status") else []
        case ast.Return(value=ast.expr() as value):
            written = [value] if scope.decides else []
        case _:
            return False
    return any(True for value in written for _ in scope.literals(value))


def _own(block: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a block, but not those of functions and classes in it."""
    for child in ast.iter_child_nodes(block):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from _own(child)


def _name(function: ast.expr) -> str | None:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return None


def _is(kind: ast.expr | None, name: str) -> bool:
    """Whether an annotation is a type, or that or `None`."""
    match kind:
        case ast.Name(id=found):
            return found == name
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _is(left, name) or _is(right, name)
        case _:
            return False


def _is_status(target: ast.expr) -> bool:
    match target:
        case ast.Attribute(attr="status") | ast.Subscript(slice=ast.Constant(value="status")):
            return True
        case _:
            return False


def _is_of_a_job(value: ast.expr, scope: Scope) -> bool:
    match value:
        case ast.Constant(value=text):
            return text in JOBS
        case ast.Name(id=name):
            return name in scope.jobs
        case _:
            return False


def test_nothing_but_the_table_decides_a_samples_status() -> None:
    modules = [path for path in sorted(PACKAGE.rglob("*.py")) if path != TABLE]
    wrong = [
        f"{path.relative_to(PACKAGE.parent)}:{line} decides a sample's status; status_after(…) does"
        for path in modules
        for line in decisions(path.read_text(encoding="utf-8"))
    ]
    assert not wrong, "\n".join(wrong)


def test_what_is_written_is_told_from_a_jobs_status() -> None:
    assert JOBS.isdisjoint(STATUSES)


def test_the_status_stands_where_the_reader_looks_for_it() -> None:
    from synth_widgets.records import Sample

    assert list(Sample.__dataclass_fields__).index("status") == POSITION


@pytest.mark.parametrize(
    "code",
    [
        'sample_change(sample, status="kept", reason=None)',
        "sample_change(sample, status=other.status)",
        "changes.sample_change(sample, version=version, status=wanted, current=n)",
        'replace(sample, status="failed")',
        'def f(s, is_whole):\n  status = "draft" if is_whole else s.status\n  return replace(s, status=status)',
        "def f(sample: Sample, status: Status):\n  return replace(sample, status=status)",
        '_changed = replacer(Sample)\ndef f(sample):\n  return _changed(sample, status="draft")',
        'Sample("s", "t", "", "own", "draft")',
        'Sample("s", "t", "", "own", status=status)',
        'SampleChanged(sample.id, {"status": sample.status}, {"status": "kept"})',
        'fields = {"status": "draft", "reason": None}',
        'verdict = {"status": "draft"} if sample.status == "failed" else {}',
        'def f(fields):\n  status = "failed" if fields else "draft"\n  return {**fields, "status": status}',
        'fields["status"] = "pending"',
        'sample.status = "pending"',
        'fields = dict(status="draft")',
        'setattr(sample, "status", "kept")',
        'object.__setattr__(sample, "status", "kept")',
        'status: Status = "failed" if problem else "draft"',
        'class Row:\n  status: Status = "pending"',
        'def after(sample) -> Status:\n  return "draft" if sample.output else "pending"',
        'def after(sample) -> Status | None:\n  if sample.output:\n    return "draft"',
    ],
)
def test_the_reader_sees_every_way_to_decide_one(code: str) -> None:
    assert len(decisions(code)) == 1, code


@pytest.mark.parametrize(
    "code",
    [
        "sample_change(sample, **status_after(Event.KEPT, sample, sample.version), stale=False)",
        "standing = status_after(event, sample, version)\nsample_change(sample, version=version, **standing)",
        "Sample(new_id(), topic, session, 'own', **status_after(Event.OWN_ROW_ADDED, None, version))",
        'JobRecord(new_id(), "grow", status="done")',
        'replace(record, status="cancelled", note=None)',
        'class JobRecord:\n  status: JobStatus = "running"',
        "_changed = replacer(JobRecord)\ndef end(record, status: JobStatus):\n  return _changed(record, status=status)",
        'def end(record):\n  status: JobStatus = "done"\n  status = "stopped"\n  return replace(record, status=status)',
        'is_open = sample.status in {"pending", "failed"}',
        'DECIDED: frozenset[Status] = frozenset({"kept", "rejected"})',
        'STATUSES: tuple[Status, ...] = ("pending", "draft")',
        'kept = sum(s.status == "kept" for s in samples)',
        'studio.samples.filter(status="kept")\nselect(state, status=status)',
        'def filter(self, status: str | Iterable[str] = "kept"):\n  return select(self.state, status=status)',
        'row = {"id": sample.id, "status": sample.status}',
        'row = {"status": _one_of(*STATUSES)}',
        'row = {"word": "kept" if sample.status == "kept" else "open"}',
        'run.commit([change], kind="failed" if problem else "added")',
        'match wish:\n  case "kept":\n    keep(sample)',
    ],
)
def test_the_reader_passes_what_asks_the_table_or_is_about_something_else(code: str) -> None:
    assert decisions(code) == [], code
