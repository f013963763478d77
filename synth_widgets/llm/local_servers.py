"""Model servers that answer on this machine: which models they have, asked without aiohttp and past any proxy."""

from __future__ import annotations

import concurrent.futures
import http.client
import json
import re
import threading
import urllib.parse

from synth_widgets.errors import ModelError
from synth_widgets.llm.providers import endpoint_of, is_loopback
from synth_widgets.model import Model

SERVERS = ("ollama", "lm_studio", "hosted_vllm", "llamafile")
"""Lines of the catalog that are asked, the first that answers wins."""

PATIENCE = 0.25
"""Seconds that all of them together may take."""

_NO_CHAT = re.compile(r"embed|rerank|whisper|tts|bge-|clip", re.IGNORECASE)
_MOST_BYTES = 2**20


def first_model() -> str | None:
    """Return a model that a server on this machine has, such as ``"ollama/llama3.2"``, within 0.3 seconds.

    Nothing but the list of its models is asked of a server, without a key.
    """
    asked = [(name, _asked(name)) for name in SERVERS]
    concurrent.futures.wait([future for _, future in asked], PATIENCE)
    for name, future in asked:
        models = future.result() if future.done() else []
        if (model := next((model for model in models if not _NO_CHAT.search(model)), None)) is not None:
            return f"{name}/{model}"
    return None


def _asked(name: str) -> concurrent.futures.Future[list[str]]:
    """Ask a server on a thread of its own: one that accepts and stays silent holds nobody up."""
    future: concurrent.futures.Future[list[str]] = concurrent.futures.Future()
    try:
        base = endpoint_of(Model(f"{name}/any")).base
    except ModelError:  # a variable with an address that is none; it is said when the provider is used
        base = ""
    if not is_loopback(base):
        future.set_result([])
        return future
    asking = threading.Thread(target=lambda: future.set_result(models_at(base)), name=f"ask-{name}", daemon=True)
    asking.start()
    return future


def models_at(base: str, *, seconds: float = PATIENCE) -> list[str]:
    """Return the models that an OpenAI-compatible endpoint lists; none where nobody answers like one.

    Args:
        base: the endpoint's address, without ``/models``.
        seconds: how long to wait for each piece.
    """
    parts = urllib.parse.urlsplit(base)
    connection = http.client.HTTPConnection(parts.hostname or "localhost", parts.port, timeout=seconds)
    try:
        connection.request("GET", f"{parts.path}/models", headers={"Accept": "application/json"})
        response = connection.getresponse()
        listed = json.loads(response.read(_MOST_BYTES)) if response.status == 200 else {}
        return [str(model["id"]) for model in listed["data"] if model["id"]]
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
        return []
    finally:
        connection.close()
