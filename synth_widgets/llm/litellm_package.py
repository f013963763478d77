"""The package litellm: what it knows, read from its data files without importing it, and how it is loaded.

Importing it takes seconds and 200 MB, so that happens once, at the first call that needs it, on a worker.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import json
import logging
import os
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import datetime
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


@contextmanager
def quietly() -> Iterator[None]:
    """Keep litellm from logging the calls made in the ``with`` block, in this task and what it starts.

    Its record of each call, with the price that it looks up for it, costs more time than all that is ours.
    """
    token, unlogged = _quiet.set(True), _is_internal()
    inner = unlogged.set(True) if unlogged is not None else None
    try:
        yield
    finally:
        _quiet.reset(token)
        if unlogged is not None and inner is not None:
            unlogged.reset(inner)


def _is_internal() -> ContextVar[bool] | None:
    """Return the variable under which litellm keeps no record of a call; ``None`` where there is none, or none yet."""
    return getattr(sys.modules.get("litellm._internal_context"), "is_internal_call", None)


def unpriced(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call with a record of its own, which looks up no price.

    litellm makes one for each call and looks its price up several times, which takes a fifth of the call's CPU time;
    what calls cost is `synth_widgets.money`'s to say. Where this version knows no such record, nothing is added.
    """
    try:
        utils: Any = importlib.import_module("litellm.utils")
        named = {**arguments, "litellm_call_id": str(uuid.uuid4())}
        record, told = utils.function_setup("acompletion", utils.Rules(), datetime.now(), **named)  # noqa: DTZ005
        record.response_cost_calculator = _no_price
    except Exception:  # noqa: BLE001 - what is wrong with the arguments, the call itself says
        return arguments
    return {**told, "litellm_logging_obj": record}


def _no_price(*_: Any, **__: Any) -> None:
    return None


def _is_heard(_record: logging.LogRecord) -> bool:
    return not _quiet.get()
