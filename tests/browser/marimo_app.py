"""A marimo notebook in a real browser: a server of its own, and the page that shows it.

with MarimoServer(tmp_path, APP, "run") as server:
    notebook = MarimoPage(page, server)
    view = StudioView(notebook, cell=1)
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Literal, Self

from playwright.sync_api import Locator, Page

from tests.browser.lab import BrowserErrors

START_SECONDS = 60
STOP_SECONDS = 10

Mode = Literal["run", "edit"]

SETTINGS = """[display]
theme = "system"

[runtime]
auto_instantiate = true

[save]
autosave = "off"
"""
"""The person's settings. marimo follows the system's theme, which a test can switch, and runs what it opens."""


class MarimoServer:
    """Shows a notebook as an app, or to be edited. `url` is its address, `folder` the kernel's working directory."""

    def __init__(self, folder: Path, app: str, mode: Mode) -> None:
        self.folder = folder
        self.log = folder / "marimo.log"
        (folder / "app.py").write_text(app, encoding="utf-8")
        settings = folder / "config" / "marimo" / "marimo.toml"
        settings.parent.mkdir(parents=True)
        settings.write_text(SETTINGS, encoding="utf-8")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "marimo", mode, "app.py", "--headless", "--no-token", "--no-sandbox"]
        private = {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CONFIG", "CACHE", "STATE", "DATA")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", str(port)],
                cwd=folder,
                env={**os.environ, **private, "MARIMO_SKIP_UPDATE_CHECK": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/health", timeout=5).close()  # noqa: S310  (our own loopback)
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"marimo did not start:\n{self.said()}")

    def said(self) -> str:
        """Return the end of what the server and the app's cells printed."""
        return self.log.read_text(encoding="utf-8")[-4000:]

    def stop(self) -> None:
        """End the server; the kernel of its page ends with it."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()


class MarimoPage:
    """The notebook in a page; a `StudioView` can look at its outputs."""

    def __init__(self, page: Page, server: MarimoServer) -> None:
        self.page = page
        self.errors = BrowserErrors(page)
        page.emulate_media(color_scheme="light")
        page.goto(server.url)

    def output(self, index: int) -> Locator:
        """Return what the cell of this number shows; cells that show nothing count too."""
        return self.page.locator(".marimo-cell").nth(index)

    def cells(self) -> list[str]:
        """Return the text of every cell that can be edited."""
        return self.page.locator(".marimo-cell .cm-content").all_inner_texts()

    def go_dark(self) -> None:
        """Let the system, and with it marimo, turn dark."""
        self.page.emulate_media(color_scheme="dark")
        self.page.wait_for_selector("body.dark", state="attached")


def free_port() -> int:
    """Return a port of the loopback interface that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
