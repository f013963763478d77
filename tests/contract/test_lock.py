"""Nobody else's release breaks us: what the make targets install is fixed, and is what runs here."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from importlib.metadata import requires, version

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from synth_widgets.__main__ import RUNTIME, WEIGHTS, Part
from tools.environment import BUILDERS, NODE
from tools.environment import WEIGHTS as WEIGHTS_PACKAGE
from tools.lock import LOCK, locked_on, pins

TEXT = LOCK.read_text(encoding="utf-8")


def needed(name: str, extras: frozenset[str], seen: set[tuple[str, frozenset[str]]]) -> Iterator[str]:
    """Yield the names of the packages that one needs here, and of those that they need."""
    if (name, extras) in seen:
        return
    seen.add((name, extras))
    yield name
    for line in requires(name) or ():
        requirement = Requirement(line)
        wanted = [{"extra": extra} for extra in (*extras, "")]
        if requirement.marker is None or any(requirement.marker.evaluate(each) for each in wanted):
            yield from needed(canonicalize_name(requirement.name), frozenset(requirement.extras), seen)


@pytest.mark.skipif("SYNTH_VENV" in os.environ, reason="this environment has other versions than the lock's")
def test_what_is_installed_is_what_the_lock_names() -> None:
    names = set(needed("synth-widgets", frozenset({"test"}), set())) - {"synth-widgets"}
    assert len(names) > 100
    locked = {canonicalize_name(name): versions for name, versions in pins(TEXT).items()}
    assert not names - locked.keys(), "the lock does not name them: make lock"
    other = {name: version(name) for name in names if version(name) not in locked[name]}
    assert not other, "other versions are installed than the lock names: remove .venv"


def test_the_lock_names_what_is_installed_besides() -> None:
    assert {*BUILDERS, NODE, WEIGHTS_PACKAGE, "uv"} <= pins(TEXT).keys()


def test_the_lock_has_a_date_and_no_address() -> None:
    assert locked_on(TEXT).year >= 2026
    assert not re.search(r"://|^-|@", TEXT, re.MULTILINE)


@pytest.mark.parametrize("part", [RUNTIME, WEIGHTS], ids=lambda part: part.package)
def test_what_the_local_command_installs_is_what_the_lock_names_with_a_hash_of_each_file(part: Part) -> None:
    told = part.requirements.read_text(encoding="utf-8")
    assert pins(told) == {part.package: pins(TEXT)[part.package]}
    first, *hashes = told.replace("\\\n", "").split()
    assert first == f"{part.package}=={pins(TEXT)[part.package][0]}"
    assert hashes
    assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", each) for each in hashes)


def test_every_line_of_the_lock_is_one_exact_version() -> None:
    lines = [line for line in TEXT.splitlines() if line and not line.lstrip().startswith("#")]
    assert lines
    assert not [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.!+]+( ; .+)?", line)]
