"""The front end that is shipped is the one in js/: built anew it has the same bytes, and it keeps its budget."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from tools.environment import environment

ROOT = Path(__file__).resolve().parents[2]
JS = ROOT / "js"
STATIC = ROOT / "synth_widgets" / "static"
MAP = JS / "widget.js.map"
SIZES = json.loads((JS / "size.json").read_text(encoding="utf-8"))
LIMITS = SIZES["limits"]
"""Of each shipped file, in bytes: the script is sent with every widget and kept in saved notebooks."""
STEP = 10_000
"""Bytes that a file may be off what is recorded: beyond it the record is renewed, and says why."""


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The front end built from a copy of js/, so that the files of the checkout are left alone."""
    if not (JS / "node_modules").is_dir():
        pytest.fail("The front end's packages are missing: python -m tools.environment test --node")
    copy = tmp_path_factory.mktemp("checkout")
    shutil.copytree(JS, copy / "js", ignore=shutil.ignore_patterns("node_modules", ".out"))
    (copy / "js" / "node_modules").symlink_to(JS / "node_modules", target_is_directory=True)
    variables = environment()  # where Node may have been installed
    npm = shutil.which("npm", path=variables["PATH"]) or "npm"
    done = subprocess.run(
        [npm, "run", "build"], cwd=copy / "js", env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return copy / "synth_widgets" / "static"


@pytest.mark.parametrize("name", LIMITS)
def test_the_shipped_file_is_what_the_sources_build(name: str, built: Path) -> None:
    same = (built / name).read_bytes() == (STATIC / name).read_bytes()
    assert same, f"synth_widgets/static/{name} is not what js/ builds: run make build-js and commit it"


def test_nothing_else_is_shipped(built: Path) -> None:
    assert sorted(p.name for p in STATIC.iterdir()) == sorted(LIMITS) == sorted(p.name for p in built.iterdir())


@pytest.mark.parametrize("name", LIMITS)
def test_the_shipped_file_keeps_its_limits(name: str) -> None:
    content = (STATIC / name).read_bytes()
    assert len(content) <= LIMITS[name]["raw"]
    assert len(gzip.compress(content)) <= LIMITS[name]["gzip"]


@pytest.mark.parametrize("name", LIMITS)
def test_ten_kilobytes_more_are_recorded_with_their_reason(name: str) -> None:
    size, recorded = (STATIC / name).stat().st_size, SIZES["recorded"][name]
    renew = f"{name} has {size} bytes, js/size.json says {recorded}: write the size there, and why, in this commit"
    assert abs(size - recorded) <= STEP, renew
    assert SIZES["why"].strip()


def test_the_map_is_of_the_shipped_script(built: Path) -> None:
    assert (built.parents[1] / "js" / MAP.name).read_bytes() == MAP.read_bytes(), "run make build-js and commit the map"


def test_the_map_is_in_the_sdist_and_not_in_the_wheel(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (sdist,), (wheel,) = tmp_path.glob("*.tar.gz"), tmp_path.glob("*.whl")
    with tarfile.open(sdist) as packed:
        held = packed.extractfile(f"{sdist.name.removesuffix('.tar.gz')}/js/{MAP.name}")
        assert held is not None
        assert held.read() == MAP.read_bytes()
    with zipfile.ZipFile(wheel) as packed_wheel:
        names = packed_wheel.namelist()
    assert "synth_widgets/static/widget.js" in names
    assert not [name for name in names if name.endswith(".map")]


def test_the_bundle_loads_nothing_from_elsewhere() -> None:
    script, style = ((STATIC / name).read_text(encoding="utf-8") for name in LIMITS)
    # esbuild puts what it could not bundle at the top; the rest would be import("…").
    assert not re.search(r"^import\b|[^\w.$]import\(", script), "the script imports something"
    assert not re.search(r"@import|url\((?!['\"]?(data:|#))", style), "the style loads something"


def test_the_front_end_says_the_version_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    package, lock = (
        json.loads((JS / name).read_text(encoding="utf-8")) for name in ("package.json", "package-lock.json")
    )
    assert project["version"] == package["version"] == lock["version"]


def test_the_lock_file_is_of_the_package_file() -> None:
    package, lock = (
        json.loads((JS / name).read_text(encoding="utf-8")) for name in ("package.json", "package-lock.json")
    )
    assert lock["packages"][""].get("devDependencies") == package.get("devDependencies")
    assert lock["packages"][""].get("dependencies") == package.get("dependencies")


def test_the_lock_file_names_no_registry() -> None:
    packages = json.loads((JS / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert not [name for name, package in packages.items() if "resolved" in package and not package.get("link")]
    assert not re.search(r"https?://[^\"]*registry", (JS / "package-lock.json").read_text(encoding="utf-8"))
