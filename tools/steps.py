"""Run one program of a suite, and end it when nothing comes of it any more."""

from __future__ import annotations

import os
import select
import signal
import subprocess

from tools.environment import environment, find_browser
from tools.suites import Step

STALLED = 330.0
"""Seconds without a word after which a program counts as hanging. pytest and node say something at the end of each
test; pytest itself ends after five minutes in one, and then says where that was."""


def run_step(step: Step, stalled: float = STALLED) -> tuple[int, str]:
    """Run one program in a process group of its own; return its exit code and what it said.

    However long it takes, it goes on as long as something comes of it: after `stalled` seconds without a word the whole
    group is ended, and its output says so.
    """
    variables = {**environment(), **step.variables}
    if browser := find_browser():
        variables["SYNTH_CHROMIUM"] = browser
    try:
        process = subprocess.Popen(
            step.command,
            cwd=step.folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return 127, str(error)
    with process:
        output, end = bytearray(), b""
        while process.stdout:
            ready, _, _ = select.select([process.stdout], [], [], stalled)
            if not ready:
                os.killpg(process.pid, signal.SIGKILL)
                end = f"\nstopped: no test ended, and not a word came, for {stalled:.0f} s".encode()
                break
            chunk = os.read(process.stdout.fileno(), 2**16)
            if not chunk:
                break
            output += chunk
    return process.returncode, (output + end).decode(errors="replace")
