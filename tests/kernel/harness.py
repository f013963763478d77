"""A real kernel, spoken to as a front end speaks: cells over the shell channel, widgets over their comms.

    kernel = Kernel.start(folder)
    kernel.run("import synth_widgets as sw; studio = sw.Studio(task); studio.widget")
    comm = kernel.comms[0]
    comm.send({"kind": "hello", ...})
    page = comm.receive(lambda content: content["kind"] == "snapshot")

One thread reads what the kernel publishes; every wait is for a condition, with a time-out that fails the test.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

from jupyter_client import BlockingKernelClient, KernelManager

Json = Any
T = TypeVar("T")
TIMEOUT = 30.0
"""Seconds that a wait lasts unless it is told otherwise: it only tells a hang."""
SLEEP = """import time
from pathlib import Path

print("in", flush=True)
while not Path("wake up").exists():
    time.sleep(0.02)"""


def without_ports(folder: str) -> dict[str, str]:
    """Return what makes a kernel manager speak over Unix sockets in a folder, whose path has to be short.

    Free TCP ports are looked for before the kernel takes them: of two that start at once, one may find its own taken.
    """
    return {"transport": "ipc", "ip": f"{folder}/s"}


class CellError(AssertionError):
    """A cell raised; the message is the kernel's traceback."""


@dataclass
class Cell:
    """One execution: what it printed, displayed and returned, and whether it is over."""

    code: str
    text: str = ""
    """Streams and plain-text results, in the order they came."""
    outputs: list[Mapping[str, Json]] = field(default_factory=list)
    """The MIME bundles it displayed or returned."""
    error: str | None = None
    done: bool = False


@dataclass
class Comm:
    """One comm that the kernel opened: a widget's model, as the browser sees it."""

    kernel: Kernel
    id: str
    target: str
    state: dict[str, Json]
    messages: list[tuple[Json, list[bytes]]] = field(default_factory=list)
    """Custom messages not yet taken by `receive`, with their buffers."""
    closed: bool = False

    def send(self, content: Json, *, buffers: list[bytes] | None = None, subshell: str | None = None) -> None:
        """Send a custom message, as `model.send` does in the browser.

        With `subshell`, it goes the way that JupyterLab sends it: to that subshell's thread.
        """
        data = {"method": "custom", "content": content}
        self.kernel.post("comm_msg", {"comm_id": self.id, "data": data}, buffers=buffers, subshell=subshell)

    def set(self, *, subshell: str | None = None, **state: Json) -> None:
        """Write traits, as `model.set` and `model.save_changes` do."""
        data = {"method": "update", "state": state, "buffer_paths": []}
        self.kernel.post("comm_msg", {"comm_id": self.id, "data": data}, subshell=subshell)

    def receive(self, wanted: Callable[[Json], bool] = lambda _content: True, timeout: float = TIMEOUT) -> Json:
        """Take the first custom message that is wanted, waiting for it; earlier ones stay."""

        def take() -> list[Json]:
            for position, (content, _buffers) in enumerate(self.messages):
                if wanted(content):
                    del self.messages[position]
                    return [content]
            return []

        return self.kernel.wait_for(take, timeout, lambda: f"a message on {self.target}; there were {self.messages}")[0]


class Kernel:
    """A kernel process and its client. Use it as a context manager, or call `shutdown`."""

    def __init__(
        self,
        manager: KernelManager,
        client: BlockingKernelClient,
        folder: Path,
        sockets: tempfile.TemporaryDirectory[str],
    ) -> None:
        self.folder = folder
        self._sockets = sockets
        self.manager = manager
        self.client = client
        self.comms: list[Comm] = []
        self._cells: dict[str, Cell] = {}
        self._news = threading.Condition()
        self._ended = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @classmethod
    def start(cls, folder: Path, *, env: Mapping[str, str] | None = None) -> Kernel:
        """Start a kernel whose working directory, profile and connection file are in `folder`."""
        private = {name: str(folder / ".jupyter" / name.lower()) for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR")}
        # Colours off: a traceback is compared as text.
        variables = {**os.environ, **private, "NO_COLOR": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1", **(env or {})}
        sockets = tempfile.TemporaryDirectory(prefix="kernel-")
        manager = KernelManager(
            connection_file=str(folder / ".jupyter" / "connection.json"), **without_ports(sockets.name)
        )
        Path(manager.connection_file).parent.mkdir(parents=True, exist_ok=True)
        manager.start_kernel(cwd=str(folder), env=variables)
        client = manager.client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=60)
        except BaseException:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
            manager.cleanup_resources()
            sockets.cleanup()
            raise
        kernel = cls(manager, client, folder, sockets)
        kernel.run("%colors NoColor")
        return kernel

    # ---------------------------------------------------------------- cells

    def run(self, code: str, timeout: float = TIMEOUT) -> str:
        """Run a cell to its end and return its text.

        Raises:
            CellError: the cell raised.
        """
        cell = self.finish(self.begin(code), timeout)
        if cell.error:
            raise CellError(f"{cell.code}\n{cell.text}{cell.error}")
        return cell.text

    def begin(self, code: str) -> Cell:
        """Send a cell and return at once: the kernel is busy with it while the test goes on."""
        with self._news:  # the reader waits until the cell is known
            cell = Cell(code)
            self._cells[self.client.execute(code, allow_stdin=False)] = cell
        return cell

    def finish(self, cell: Cell, timeout: float = TIMEOUT) -> Cell:
        """Wait for the end of a cell, whether it raised or not."""
        self.wait_for(lambda: cell.done, timeout, lambda: f"the end of the cell {cell.code!r}, so far {cell.text!r}")
        return cell

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Keep the kernel busy with a cell until the block ends."""
        cell = self.begin(SLEEP)
        self.wait_for(lambda: cell.text, TIMEOUT, lambda: "the cell's first word")
        yield
        assert not cell.done
        (self.folder / "wake up").touch()
        self.finish(cell)

    # ---------------------------------------------------------------- the process

    @property
    def pid(self) -> int:
        """The process id of the kernel."""
        return int(self.manager.provisioner.pid)  # type: ignore[attr-defined]

    def interrupt(self, cell: Cell) -> None:
        """Do what the stop button does, a moment after the cell's first word.

        In the middle of a print the signal may come where Python has to ignore an exception.
        """
        self.wait_for(lambda: cell.text, TIMEOUT, lambda: "the cell's first word")
        time.sleep(0.2)
        self.manager.interrupt_kernel()

    def kill(self) -> None:
        """End the process as a crash does: SIGKILL, nothing flushed. Then only `shutdown` is left to call."""
        self.manager.signal_kernel(9)
        deadline = time.monotonic() + TIMEOUT
        while self.manager.is_alive():
            assert time.monotonic() < deadline, "the killed kernel is still there"
            time.sleep(0.02)

    def open_subshell(self) -> str:
        """Open a subshell, the thread to which JupyterLab sends widget messages, and return its id."""
        self.client.control_channel.send(self.client.session.msg("create_subshell_request", {}))
        while True:
            reply = self.client.get_control_msg(timeout=TIMEOUT)
            if reply["msg_type"] == "create_subshell_reply":
                return str(reply["content"]["subshell_id"])

    def shutdown(self) -> None:
        """End the kernel and close every socket."""
        self._ended.set()
        self._reader.join(TIMEOUT)
        self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()
        self._sockets.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.shutdown()

    # ---------------------------------------------------------------- messages

    def comm(self, model_id: str) -> Comm:
        """Return the comm of a widget, by its `model_id`."""
        return next(comm for comm in self.comms if comm.id == model_id)

    def post(
        self, kind: str, content: Json, *, buffers: list[bytes] | None = None, subshell: str | None = None
    ) -> None:
        """Send any message on the shell channel."""
        message = self.client.session.msg(kind, content)
        if subshell:
            message["header"]["subshell_id"] = subshell
        self.client.session.send(self.client.shell_channel.socket, message, buffers=buffers)

    def wait_for(self, condition: Callable[[], T], timeout: float, what: Callable[[], str]) -> T:
        """Return `condition()` as soon as it is true; it is tried after each message from the kernel."""
        found: list[T] = []

        def holds() -> bool:
            found[:] = [condition()]
            return bool(found[0])

        with self._news:
            assert self._news.wait_for(holds, timeout), f"Waited {timeout:.0f} s for {what()}."
            return found[0]

    def _read(self) -> None:
        socket = self.client.iopub_channel.socket
        while not self._ended.is_set():
            # Straight from the socket: the client's own method would leave an event loop open in this thread.
            if not socket.poll(100):
                continue
            _identities, message = self.client.session.recv(socket, mode=0)
            if message is None:
                continue
            with self._news:
                self._take(message)
                self._news.notify_all()

    def _take(self, message: Mapping[str, Json]) -> None:
        """Put one published message where it belongs."""
        kind, content = message["msg_type"], message["content"]
        if kind == "comm_open":
            state = content["data"].get("state", {})
            self.comms.append(Comm(self, content["comm_id"], content["target_name"], dict(state)))
        elif kind in ("comm_msg", "comm_close"):
            comm = next((c for c in self.comms if c.id == content["comm_id"]), None)
            if comm is not None:
                self._take_comm(comm, kind, content["data"], [bytes(b) for b in message.get("buffers") or ()])
        elif cell := self._cells.get(message["parent_header"].get("msg_id", "")):
            self._take_output(cell, kind, content)

    @staticmethod
    def _take_comm(comm: Comm, kind: str, data: Json, buffers: list[bytes]) -> None:
        if kind == "comm_close":
            comm.closed = True
        elif data.get("method") == "custom":
            comm.messages.append((data["content"], buffers))
        elif data.get("method") in ("update", "echo_update"):
            comm.state.update(data["state"])

    @staticmethod
    def _take_output(cell: Cell, kind: str, content: Json) -> None:
        match kind:
            case "stream":
                cell.text += content["text"]
            case "execute_result" | "display_data":
                cell.outputs.append(content["data"])
                cell.text += content["data"].get("text/plain", "")
            case "error":
                cell.error = "\n".join(content["traceback"])
            case "status":
                cell.done = content["execution_state"] == "idle"
