"""The package litellm: what it knows, read from its data files without importing it, and how it is loaded.

Importing it takes seconds and 200 MB, so that happens once, at the first call that needs it, on a worker.
"""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import json
import logging
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any

_SUPPORT = "provider_endpoints_support_backup.json"
_LIKE_OPENAI = "llms/openai_like/providers.json"
_NOWHERE_LISTED = frozenset(
    "a2a_agent aiohttp_openai bedrock_mantle gdc inception langflow modelscope nadir nano-gpt sagemaker_nova tencent "
    "text-completion-inception typesafe vertex_ai_beta".split()
)
"""Providers of chat models that its data files leave out; a test compares with the installed litellm."""


def folder() -> Path | None:
    """Return the folder of the installed package, or ``None``. Nothing is imported."""
    spec = importlib.util.find_spec("litellm")
    return Path(spec.origin).parent if spec is not None and spec.origin else None


@functools.cache
def providers() -> frozenset[str]:
    """Return the names of litellm's providers; none where it is not installed. Takes milliseconds, once.

    >>> {"anthropic", "gemini", "bedrock"} <= providers()
    True
    """
    package = folder()
    if package is None:
        return frozenset()
    support = _data(package / _SUPPORT).get("providers", {})
    return frozenset(support) | frozenset(_data(package / _LIKE_OPENAI)) | _NOWHERE_LISTED


def _data(path: Path) -> dict[str, Any]:
    """Return a data file's object; an empty one where this version of litellm has no such file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


_loading = threading.Lock()
_loaded: Any = None
_quiet: ContextVar[bool] = ContextVar("quiet", default=False)
_LOGGERS = ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy")
_OFFLINE = ("LITELLM_LOCAL_MODEL_COST_MAP", "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS")
"""Variables that keep litellm from fetching data files when it is imported and first used."""


def is_loaded() -> bool:
    """Whether `load` has done its work in this process."""
    return _loaded is not None


def load(model: str) -> Any:
    """Import litellm, make it quiet and local, and let it load its own parts. Blocks for seconds; for a worker thread.

    Nothing is fetched, printed or reported. What the person set in a litellm of their own stays, but for its
    "Give Feedback" lines. A ``.env`` file that happens to lie about is not read into this process.

    Args:
        model: the model that is about to be called.

    Returns:
        The module.
    """
    global _loaded  # noqa: PLW0603 - one module a process
    with _loading:
        if _loaded is None:
            for name in _OFFLINE:
                os.environ.setdefault(name, "True")
            mode = os.environ.get("LITELLM_MODE")
            os.environ["LITELLM_MODE"] = "PRODUCTION"
            try:
                import litellm
            finally:
                if mode is None:
                    del os.environ["LITELLM_MODE"]
                else:
                    os.environ["LITELLM_MODE"] = mode
            litellm.suppress_debug_info = True
            for name in _LOGGERS:
                logging.getLogger(name).addFilter(_is_heard)
            _rehearse(litellm, model)
            _loaded = litellm
        return _loaded


def _rehearse(litellm: Any, model: str) -> None:
    """Answer one call without asking anybody: litellm imports most of itself at its first call."""
    with quietly(), suppress(Exception):  # the real call says what is wrong
        litellm.completion(model, [{"role": "user", "content": "."}], mock_response=".", **{"no-log": True})


_own: tuple[int, asyncio.AbstractEventLoop] | None = None


_THREADS = 256
"""For providers that ask without ``await``: a few that do not answer leave room for all others."""


def loop() -> asyncio.AbstractEventLoop:
    """Return the loop on which litellm is called, in a daemon thread of its own, anew after a fork.

    Some of its providers ask without ``await``, and it reads answers for long at once: on the engine's loop each of
    these would hold up every studio.
    """
    global _own  # noqa: PLW0603 - one thread a process
    with _loading:
        if _own is None or _own[0] != os.getpid():
            _own = (os.getpid(), asyncio.new_event_loop())
            _own[1].set_default_executor(ThreadPoolExecutor(_THREADS, "synth-litellm-asks"))
            threading.Thread(target=_own[1].run_forever, name="synth-litellm", daemon=True).start()
        return _own[1]


@contextmanager
def quietly() -> Iterator[None]:
    """Keep litellm from logging the calls made in the ``with`` block, in this task and what it starts."""
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)


def _is_heard(_record: logging.LogRecord) -> bool:
    return not _quiet.get()
