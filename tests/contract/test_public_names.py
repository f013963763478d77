"""What a person meets has a public home, `synth_widgets` itself, and a docstring that says all and shows it running."""

from __future__ import annotations

import doctest
import inspect
import pkgutil
import subprocess
import sys
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

import synth_widgets as sw

PUBLIC = {
    "Answer",
    "Completer",
    "Cost",
    "Estimate",
    "Job",
    "Model",
    "Request",
    "Requirement",
    "Result",
    "Sample",
    "Session",
    "Studio",
    "SynthError",
    "Task",
}

PLANNED = {"models"}
"""Functions to come: a module of such a name would take its place as soon as somebody imports it."""

MADE_BY_A_STUDIO = {"Job"}
"""Classes that nobody makes by hand, whose constructors are not a person's."""


def test_the_public_names_are_these() -> None:
    assert set(sw.__all__) == PUBLIC | {"__version__"} == set(dir(sw))
    assert sw.__all__ == sorted(sw.__all__)


def test_no_module_takes_the_place_of_a_public_name() -> None:
    modules = {module.name for module in pkgutil.iter_modules(sw.__path__)}
    assert not modules & (PUBLIC | PLANNED)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_public_name_is_the_class_of_that_name(name: str) -> None:
    public = getattr(sw, name)
    assert inspect.isclass(public)
    assert public.__name__ == name


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_public_name_has_a_running_example(name: str) -> None:
    public = getattr(sw, name)
    (found,) = doctest.DocTestFinder(recurse=False).find(public, name, module=sys.modules[public.__module__])
    assert found.examples, f"sw.{name} has no example in its docstring"


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_the_docstring_of_a_public_name_says_what_it_holds_or_takes(name: str) -> None:
    public = getattr(sw, name)
    unsaid = [each for each in _parts(name, public) if each not in (inspect.getdoc(public) or "")]
    assert not unsaid, f"the docstring of sw.{name} does not name {unsaid}"


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_what_a_person_may_call_of_a_public_name_is_described_and_typed(name: str) -> None:
    for called, member in inspect.getmembers(getattr(sw, name), inspect.isfunction):
        if not called.startswith("_") and (member.__module__ or "").startswith("synth_widgets"):
            assert inspect.getdoc(member), f"sw.{name}.{called}"
            signature = inspect.signature(member)
            assert signature.return_annotation is not signature.empty, f"sw.{name}.{called}"


def test_importing_the_package_loads_none_of_its_modules() -> None:
    code = "import sys, synth_widgets; print(*(name for name in sys.modules if name.startswith('synth_widgets.')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not done.stdout.split()


def _parts(name: str, public: Any) -> list[str]:
    """Return the names that a docstring has to explain: a record's fields, else a constructor's arguments."""
    if is_dataclass(public):
        return [each.name for each in fields(public) if not each.name.startswith("_")]
    if name in MADE_BY_A_STUDIO or issubclass(public, Exception) or getattr(public, "_is_protocol", False):
        return []
    return [each for each in inspect.signature(public).parameters if each not in {"args", "kwargs"}]
