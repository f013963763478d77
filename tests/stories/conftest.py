"""The stories are cells, not modules: `test_stories` runs them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_core.utils import ensure_event_loop

collect_ignore = [path.name for path in Path(__file__).parent.glob("*.py") if not path.name.startswith("test_")]


@pytest.fixture(autouse=True, scope="session")
def closed_loop() -> Iterator[None]:
    """Close the event loop that jupyter_client's blocking calls keep in this thread."""
    yield
    ensure_event_loop().close()
