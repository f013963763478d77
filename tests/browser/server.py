"""A Jupyter server of our own: private folders, no token, JupyterLab and Notebook 7 side by side."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psutil

START_SECONDS = 60
STOP_SECONDS = 10

PRIVATE = {
    "IPYTHONDIR": "ipython",
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "JUPYTERLAB_SETTINGS_DIR": "settings",
    "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
}
"""What must not be shared with the person's own Jupyter, nor with another run."""

SETTINGS = {
    # No question about news over the page.
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # Every cell is in the page, on screen or not.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}


class JupyterServer:
    """A running server. `root` is the folder it serves, `url` its address without a slash at the end."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "notebooks"
        self.root.mkdir(parents=True)
        self.log = folder / "server.log"
        self._settings = folder / "settings"
        variables = dict(os.environ)
        for name, part in PRIVATE.items():
            (folder / part).mkdir()
            variables[name] = str(folder / part)
        self.reset_settings()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root"),
                    *("--ip=127.0.0.1", "--port=0", f"--ServerApp.root_dir={self.root}"),
                    *("--IdentityProvider.token=", "--ServerApp.password=", "--ServerApp.disable_check_xsrf=True"),
                    "--LabApp.expose_app_in_browser=True",
                    "--JupyterNotebookApp.expose_app_in_browser=True",
                    # A crash is noticed at once, not after the usual three seconds.
                    "--KernelRestarter.time_to_dead=0.5",
                ],
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self.url = self._wait_until_ready(folder / "runtime")
        except BaseException:
            self.stop()
            raise

    def _wait_until_ready(self, runtime: Path) -> str:
        """Return the address once the server answers; it writes it to a file named after its pid."""
        info = runtime / f"jpserver-{self.process.pid}.json"
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                self.url = json.loads(info.read_text(encoding="utf-8"))["url"].rstrip("/")
                self.request("GET", "/api/status")
            except (OSError, ValueError):
                time.sleep(0.05)
            else:
                return self.url
        raise RuntimeError(f"Jupyter did not start:\n{self.log.read_text(encoding='utf-8')[-4000:]}")

    def request(self, method: str, path: str, body: object = None) -> Any:
        """Call the server's REST interface and return its JSON."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)  # noqa: S310  (our own loopback)
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            said = answer.read()
        return json.loads(said) if said else None

    def kernel_pid(self, kernel_id: str) -> int:
        """Return the process id of a kernel: the child whose command line names its connection file."""
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                if any(f"kernel-{kernel_id}" in argument for argument in child.cmdline()):
                    return int(child.pid)
        raise LookupError(f"no process for kernel {kernel_id}")

    def kill_kernel(self, kernel_id: str) -> None:
        """Crash a kernel and return when the server has started it anew, as it does for a person."""
        crashed = self.kernel_pid(kernel_id)
        os.kill(crashed, signal.SIGKILL)
        self.wait_for_another(kernel_id, crashed)

    def wait_for_another(self, kernel_id: str, before: int) -> None:
        """Return when a kernel has another process than the one before."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(LookupError):
                if self.kernel_pid(kernel_id) != before:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"Jupyter did not start kernel {kernel_id} anew")

    def stop_kernel(self, kernel_id: str) -> None:
        """Halt a kernel's process."""
        os.kill(self.kernel_pid(kernel_id), signal.SIGSTOP)

    def go_on(self, kernel_id: str) -> None:
        """Let a halted kernel go on."""
        os.kill(self.kernel_pid(kernel_id), signal.SIGCONT)

    def end_kernels(self) -> None:
        """End every session, so that one test's kernels take no time from the next."""
        for session in self.request("GET", "/api/sessions"):
            try:
                self.request("DELETE", f"/api/sessions/{session['id']}")
            except urllib.error.HTTPError as error:
                if error.code != 404:  # gone since the list was read
                    raise

    def reset_settings(self) -> None:
        """Put the front end's settings back: a theme that a test chose is kept by the server."""
        shutil.rmtree(self._settings)
        for plugin, values in SETTINGS.items():
            file = self._settings / f"{plugin}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(values), encoding="utf-8")

    def stop(self) -> None:
        """End the server with all its kernels."""
        everyone = psutil.Process(self.process.pid).children(recursive=True) if self.process.poll() is None else []
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for child in everyone:
            if child.is_running():
                child.kill()
