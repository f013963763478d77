"""Model servers that answer on this machine: which models they have, asked without aiohttp and past any proxy."""

from __future__ import annotations

import concurrent.futures
import functools
import http.client
import json
import re
import socket
import threading
import time
import urllib.parse
from contextlib import suppress
from dataclasses import dataclass

from synth_widgets.errors import ModelError
from synth_widgets.llm.providers import Endpoint, endpoint_of, is_loopback
from synth_widgets.llm.socket_owner import Owner, owner_of
from synth_widgets.model import Model

SERVERS = ("ollama", "lm_studio", "hosted_vllm", "llamafile")
"""Lines of the catalog that are asked, the first that answers wins."""

PATIENCE = 0.25
"""Seconds that all of them together may take."""

_OWN = {*SERVERS, "ollama_chat"}
_LOOK_AGAIN = 5.0
"""Seconds for which it is remembered who listens at a port."""
MOST_MODELS = 200
"""Models of a server that are looked at."""

_NAME = re.compile(r"/?(?!\.\.?(?:/|$))[^\s/\\]+(?:/(?!\.\.?(?:/|$))[^\s/\\]+)*")
"""What a server may call a model: ``llama3.2:3b``, ``openai/gpt-oss-20b``, or the folder that vLLM loaded it from."""
_MOST_CHARACTERS = 200
_NO_CHAT = re.compile(r"embed|rerank|whisper|tts|bge-|clip", re.IGNORECASE)
_MOST_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Server:
    """A server on this machine that answers and has a model.

    Attributes:
        model: the model, such as ``"ollama/llama3.2"``.
        address: where it answers, such as ``"localhost:11434"``.
        owner: whose process it is; ``None`` where that cannot be told.
        is_named: whether a variable of the environment names the address.
    """

    model: str
    address: str
    owner: Owner | None
    is_named: bool

    @property
    def is_strangers(self) -> bool:
        """Whether another user of this machine answers, at an address that nobody named."""
        return self.owner is not None and self.owner.is_stranger and not self.is_named

    @property
    def who(self) -> str:
        """Who answers, in words for a person."""
        return f"{self.address}, run by {self.owner.name}" if self.owner is not None else self.address


def answering() -> list[Server]:
    """Return the servers on this machine that answer, in the order to take them, within 0.3 seconds.

    Nothing but the list of its models is asked of a server, without a key.
    """
    asked = [(name, *_asked(name)) for name in SERVERS]
    concurrent.futures.wait([future for _, _, future in asked], PATIENCE)
    found: list[Server] = []
    for name, endpoint, future in asked:
        models = future.result() if future.done() else []
        model = next((model for model in models if not _NO_CHAT.search(model)), None)
        if model is not None and endpoint is not None:
            parts = urllib.parse.urlsplit(endpoint.base)
            port = parts.port or 80
            owner = owner_of(port)
            found.append(Server(f"{name}/{model}", f"{parts.hostname}:{port}", owner, not endpoint.own_host))
    return found


def stranger_at(model: Model) -> Owner | None:
    """Return the other user of this machine who answers for a model, at an address that nobody named; else ``None``."""
    if model.provider not in _OWN:
        return None
    endpoint = endpoint_of(model)
    if not endpoint.own_host or not is_loopback(endpoint.base):
        return None
    owner = _listener(urllib.parse.urlsplit(endpoint.base).port or 80, int(time.monotonic() / _LOOK_AGAIN))
    return owner if owner is not None and owner.is_stranger else None


@functools.lru_cache(8)
def _listener(port: int, _when: int) -> Owner | None:
    """Return who listens at a port; the second argument changes when it is time to look again."""
    return owner_of(port)


def _asked(name: str) -> tuple[Endpoint | None, concurrent.futures.Future[list[str]]]:
    """Ask a server on a thread of its own: one that accepts and stays silent holds nobody up."""
    future: concurrent.futures.Future[list[str]] = concurrent.futures.Future()
    try:
        endpoint = endpoint_of(Model(f"{name}/any"))
    except ModelError:  # a variable with an address that is none; it is said when the provider is used
        endpoint = None
    if endpoint is None or not is_loopback(endpoint.base):
        future.set_result([])
        return None, future
    base = endpoint.base
    asking = threading.Thread(target=lambda: future.set_result(models_at(base)), name=f"ask-{name}", daemon=True)
    asking.start()
    return endpoint, future


def models_at(base: str, *, seconds: float = PATIENCE) -> list[str]:
    """Return the models that an OpenAI-compatible endpoint lists; none where nobody answers like one.

    Args:
        base: the endpoint's address, without ``/models``.
        seconds: how long all of it may take, however it comes in pieces.

    Returns:
        The first names, those that can be one: what a server answers is anybody's text.
    """
    parts = urllib.parse.urlsplit(base)
    connection = http.client.HTTPConnection(parts.hostname or "localhost", parts.port, timeout=seconds)
    late: threading.Timer | None = None
    try:
        connection.connect()
        late = threading.Timer(seconds, _hang_up, (connection.sock,))
        late.start()
        connection.request("GET", f"{parts.path}/models", headers={"Accept": "application/json"})
        response = connection.getresponse()
        listed = json.loads(response.read(_MOST_BYTES)) if response.status == 200 else {}
        return [name for model in listed["data"][:MOST_MODELS] if _is_name(name := model["id"])]
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError, RecursionError):
        return []
    finally:
        if late is not None:
            late.cancel()
        connection.close()


def _hang_up(connected: socket.socket) -> None:
    with suppress(OSError):  # it has ended by itself
        connected.shutdown(socket.SHUT_RDWR)


def _is_name(told: object) -> bool:
    r"""Whether a model may be called so: in print, and no address, nor a way out of what a name stands behind.

    >>> [_is_name(told) for told in ("qwen/qwen3-8b", "/models/llama", "local//x", "../x", "http://x", "a\u202eb")]
    [True, True, False, False, False, False]
    """
    return (
        isinstance(told, str)
        and len(told) <= _MOST_CHARACTERS
        and told.isprintable()
        and _NAME.fullmatch(told) is not None
    )
