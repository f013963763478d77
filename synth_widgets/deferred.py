"""A package that another one loads at its own import, though hardly anybody ever needs it, loaded at its first use."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

_one_at_a_time = threading.RLock()


@contextmanager
def deferring(package: str, function: str, *, until_loaded: str) -> Iterator[None]:
    """Let a ``with`` block import something without a package from which it takes one function at once.

    What takes the function gets one that loads the package when it is called, so that nothing is missing later: it is
    only slow then instead of now. JupyterLab brings ``rfc3987_syntax``, which builds a grammar in more than a second as
    it is imported; jsonschema imports it for addresses with letters of all scripts, whichever formats are asked for.

    Args:
        package: what is not to be loaded; nothing happens where it is not installed, or loaded already.
        function: what is taken from it.
        until_loaded: what takes it; nothing happens where it is loaded already.
    """
    with _one_at_a_time:
        if {package, until_loaded} & sys.modules.keys() or importlib.util.find_spec(package) is None:
            yield
            return
        sys.modules[package] = stand_in = _StandIn(package, function)
        try:
            yield
        finally:
            if sys.modules.get(package) is stand_in:
                del sys.modules[package]


class _StandIn(ModuleType):
    """Looks like the package to what takes a function from it."""

    def __init__(self, package: str, function: str) -> None:
        super().__init__(package)

        def late(*args: Any, **kwargs: Any) -> Any:
            return getattr(importlib.import_module(package), function)(*args, **kwargs)

        setattr(self, function, late)
