"""The embedded model's own process: llama.cpp's OpenAI-compatible server on a free loopback port.

`synth_widgets.llm.embedded.completer` starts this file by its path, so that nothing else of the package is loaded here.
The two processes say this to one another:

1. argv: the weights, the context's length in tokens, the threads, the parent's pid, the folder of xllamacpp;
2. stdin, first line: the key that requests must carry;
3. stdout, one line: ``{"url": …}`` once the model can answer.

The process ends when its stdin does, which happens however the parent dies, and when its parent is no longer the one
it had at the start.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from typing import Any

_ERRORS_ONLY = 1


def serve(weights: str, n_ctx: int, n_threads: int, key: str) -> Any:
    """Start the server in this process and return it; it serves as long as it is referred to."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = weights
    if hasattr(params, "hostnames"):
        params.hostnames = ["127.0.0.1"]
    else:  # before xllamacpp 2026.10
        params.hostname = "127.0.0.1"
    params.port = 0
    params.api_keys = [key]
    params.n_ctx = n_ctx
    params.n_parallel = 1
    params.cpuparams.n_threads = n_threads
    params.cpuparams_batch.n_threads = n_threads
    params.verbosity = _ERRORS_ONLY
    return xllamacpp.Server(params)


def _end_with_stdin() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)  # no clean-up: taking the server down has ended in SIGSEGV


def main(argv: list[str]) -> None:
    """Serve until the parent is gone."""
    weights, n_ctx, n_threads, parent, folder = argv
    sys.path.append(folder)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    said = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the library prints goes to stderr
    key = sys.stdin.buffer.readline().decode().strip()
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    try:
        server = serve(weights, int(n_ctx), int(n_threads), key)
    except Exception as error:  # noqa: BLE001  (whatever it is, the parent shows these words)
        time.sleep(0.5)  # what the library says of it comes from a thread of its own
        sys.exit(f"{type(error).__name__}: {error}")
    said.write(json.dumps({"url": str(server.listening_address)}) + "\n")
    said.flush()
    while os.name != "posix" or os.getppid() == int(parent):
        time.sleep(1.0)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
