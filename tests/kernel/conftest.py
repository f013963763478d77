"""A fresh kernel for each test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_core.utils import ensure_event_loop

from tests.kernel.harness import Kernel


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    """A kernel working in the test's own folder; it is ended however the test ends."""
    with Kernel.start(tmp_path) as started:
        yield started


@pytest.fixture(autouse=True, scope="session")
def closed_loop() -> Iterator[None]:
    """Close the event loop that jupyter_client's blocking calls keep in this thread."""
    yield
    ensure_event_loop().close()
