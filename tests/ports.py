"""Ports of this machine that nothing of this process had before.

What the package learns of an endpoint, such as that it answers and is worth waiting for, holds for its address to the
end of the process: a second server at the same address would be taken for the first.
"""

from __future__ import annotations

import socket
from contextlib import ExitStack

_had: set[int] = set()


def bound_socket(port: int = 0) -> socket.socket:
    """Return a socket bound to a port, or where none is named, to one that was not given away before."""
    with ExitStack() as passed_over:
        while True:
            bound = socket.socket()
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(("127.0.0.1", port))
            number = bound.getsockname()[1]
            if port or number not in _had:
                _had.add(number)
                return bound
            passed_over.enter_context(bound)
