"""A page that hosts VS Code's widget manager over a real kernel, with the traits of a VS Code webview.

    with VSCodeHost(tmp_path) as host:
        notebook = VSCodePage(page, host)
        host.run("studio")
        view = StudioView(notebook, cell=0)

One thread runs a small web server: it serves the page and carries messages between its websocket and the kernel's
sockets. `run` sends a cell the way VS Code's extension does, from outside of the page.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import threading
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, Self, TypeVar

from aiohttp import web
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from playwright.sync_api import Locator, Page

from tests.browser.lab import BrowserErrors
from tests.kernel.harness import without_ports
from tools.environment import VSCODE_MANAGER

HERE = Path(__file__).parent / "vscode"
NBEXTENSIONS = Path(sys.prefix) / "share" / "jupyter" / "nbextensions"
SECONDS = 60
T = TypeVar("T")


class VSCodeHost:
    """A kernel and the web server that joins it to a page. `url` is the page's address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._sockets: set[web.WebSocketResponse] = set()
        self._readers: list[asyncio.Future[None]] = []
        self._pipes = tempfile.TemporaryDirectory(prefix="kernel-")
        self._manager = AsyncKernelManager(
            connection_file=str(folder / ".jupyter" / "connection.json"), **without_ports(self._pipes.name)
        )
        self._runner = web.AppRunner(web.Application(), shutdown_timeout=1)
        try:
            self._do(self._start())
        except BaseException:
            self.stop()
            raise

    def run(self, code: str) -> str:
        """Run a cell to its end and return what it printed; it raises what the cell raised."""
        return self._do(self._execute(code))

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS)

    async def _start(self) -> None:
        private = {name: str(self.folder / ".jupyter" / name.lower()) for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR")}
        Path(self._manager.connection_file).parent.mkdir(parents=True)
        await self._manager.start_kernel(cwd=str(self.folder), env={**os.environ, **private})
        self._client: AsyncKernelClient = self._manager.client()
        self._client.start_channels()
        await self._client.wait_for_ready(timeout=SECONDS)
        self._printed: dict[str, str] = {}
        self._ended: dict[str, asyncio.Future[None]] = {}
        self._readers = [asyncio.ensure_future(self._read(channel)) for channel in ("iopub", "shell")]
        app = self._runner.app
        app.router.add_get("/kernel", self._serve_kernel)
        for address, path in {"/": HERE / "page.html", "/ipywidgets.js": VSCODE_MANAGER}.items():
            app.router.add_get(address, _file(path))
        app.router.add_static("/nbextensions", NBEXTENSIONS)
        app.router.add_static("/", HERE)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/"

    async def _serve_kernel(self, request: web.Request) -> web.WebSocketResponse:
        """Carry what the page sends to the kernel, on its main shell."""
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        self._sockets.add(socket)
        async for frame in socket:
            asked = json.loads(frame.data)
            message = self._client.session.msg(asked["type"], asked["content"], metadata=asked["metadata"])
            message["msg_id"] = message["header"]["msg_id"] = asked["id"]
            self._client.shell_channel.send(message)
        self._sockets.discard(socket)
        return socket

    async def _read(self, channel: str) -> None:
        """Hand what the kernel says to every page, and to the cell that it is about."""
        read = self._client.get_iopub_msg if channel == "iopub" else self._client.get_shell_msg
        while True:
            message = await read(timeout=None)
            message.pop("buffers", None)
            if channel == "iopub":
                self._hear(message)
            text = json.dumps({**message, "channel": channel}, default=str)
            for socket in list(self._sockets):
                await socket.send_str(text)

    def _hear(self, message: Any) -> None:
        cell, content = message["parent_header"].get("msg_id", ""), message["content"]
        if cell not in self._ended:
            return
        match message["msg_type"]:
            case "stream":
                self._printed[cell] += content["text"]
            case "error":
                self._ended[cell].set_exception(AssertionError("\n".join(content["traceback"])))
            case "status" if content["execution_state"] == "idle" and not self._ended[cell].done():
                self._ended[cell].set_result(None)

    async def _execute(self, code: str) -> str:
        cell = self._client.execute(code, allow_stdin=False)
        self._printed[cell], self._ended[cell] = "", self._loop.create_future()
        await self._ended[cell]
        return self._printed[cell]

    async def _stop(self) -> None:
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
        for socket in list(self._sockets):
            await socket.close()
        await self._runner.cleanup()
        if self._manager.has_kernel:
            self._client.stop_channels()
        await self._manager.shutdown_kernel(now=True)
        await self._manager.cleanup_resources()
        self._pipes.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the kernel, the server and the thread."""
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        self._loop.close()


def _file(path: Path) -> Callable[[web.Request], Awaitable[web.FileResponse]]:
    """Return a handler that answers with a file."""

    async def answer(_request: web.Request) -> web.FileResponse:
        return web.FileResponse(path)

    return answer


class VSCodePage:
    """The webview; a `StudioView` can look at its outputs."""

    def __init__(self, page: Page, host: VSCodeHost) -> None:
        self.page = page
        self.host = host
        self.errors = BrowserErrors(page)
        # The package's own way to say that it starts.
        self.errors.allow(r"^console: (Load|Activating|Initializing|call activate in) ?ipywidgets8")
        page.goto(host.url)
        page.wait_for_function("window.swReady")

    def output(self, index: int) -> Locator:
        """Return the output of this number that holds a widget."""
        return self.page.locator(".output_container").nth(index)

    def go_dark(self) -> None:
        """Switch the colour theme, as VS Code does: the body's class and attributes change."""
        self.page.evaluate("""() => {
          document.body.className = 'vscode-dark';
          document.body.dataset.vscodeThemeKind = 'vscode-dark';
          document.body.dataset.vscodeThemeName = 'Dark Modern';
        }""")
