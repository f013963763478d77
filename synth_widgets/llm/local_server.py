"""The embedded model's own process: llama.cpp's OpenAI-compatible server on a free loopback port.

`synth_widgets.llm.local` starts this file by its path, so nothing else of the package is loaded here. The
talk with the parent is three lines long:

1. argv: the weights, the context's length in tokens, the number of threads, the parent's pid;
2. stdin, first line: the key that requests must carry;
3. stdout, one line: ``{"url": …}`` once the model can answer.

The process ends when its stdin does, which happens however the parent dies, and when its parent is another
process than at the start.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time

_QUIET = 1
"""llama.cpp's verbosity: errors only, so that stderr's last lines say why a start failed."""


def serve(weights: str, n_ctx: int, n_threads: int, key: str) -> str:
    """Start the server in this process and return its address, such as ``http://127.0.0.1:40123``."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = weights
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    params.n_ctx = n_ctx
    params.n_parallel = 1
    params.cpuparams.n_threads = n_threads
    params.cpuparams_batch.n_threads = n_threads
    params.verbosity = _QUIET
    params.ui = False
    global _server  # noqa: PLW0603  (the server stops when it is collected)
    _server = xllamacpp.Server(params)
    return str(_server.listening_address)


_server: object = None


def _end_with_stdin() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


def main(argv: list[str]) -> int:
    """Serve until the parent goes; return only if it is gone."""
    weights, n_ctx, n_threads, parent = argv[0], int(argv[1]), int(argv[2]), int(argv[3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    said = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    key = sys.stdin.buffer.readline().decode().strip()
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    url = serve(weights, n_ctx, n_threads, key)
    said.write(json.dumps({"url": url}) + "\n")
    said.flush()
    while os.name != "posix" or os.getppid() == parent:
        time.sleep(1.0)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
