"""Python's search for garbage, kept away while many values are made at once."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

MADE = 500
"""Records that are made one by one, after which they are put among the old: about 15,000 values."""
_made = 0


def made(count: int) -> None:
    """Say that so many records were made that stay. For the engine's thread.

    Ten thousand of them would bring a search through everything, again and again while a job runs, and it holds every
    thread. So they are put among the old ones in time; garbage that is made meanwhile is found, as ever, while young.
    """
    global _made  # noqa: PLW0603 - there is one collector a process
    _made += count
    if _made >= MADE:
        _made = 0
        if gc.isenabled():
            settle()


def settle() -> None:
    """Put what is young among the old, without a look at each."""
    if not gc.get_freeze_count():  # these two together move what is new among the old
        gc.freeze()
        gc.unfreeze()


@contextmanager
def collector_off(*, stays: bool) -> Iterator[None]:
    """Make many values without a search for garbage every few hundred of them, which can take half of the time.

    Args:
        stays: whether they live on. Then they are put among the old ones at the end, without a look at each. Values
            that are gone by then leave no trace: they bring no search through everything nearer, which holds every
            thread for a third of a second when 100,000 samples are open.

    >>> with collector_off(stays=False):
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
            if stays:
                settle()


def let_go(*containers: list[Any] | dict[Any, Any] | set[Any] | deque[Any]) -> None:
    """Empty containers that nobody else holds, bit by bit. For a worker.

    Freed in one go, a million records hold every thread, the engine's too, for a fifth of a second; between two of
    them another thread may have its turn.

    >>> numbers, by_name = [1, 2, 3], {"a": 1}
    >>> let_go(numbers, by_name)
    >>> numbers, by_name
    ([], {})
    """
    for container in containers:
        take = container.popitem if isinstance(container, dict) else container.pop
        while container:
            take()
