"""The test endpoint in a process of its own, as the browser tests use it: controlled over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from synth_widgets.errors import AccessError, RequestRefusedError
from synth_widgets.llm.completer import Request
from synth_widgets.llm.transports.openai_http import OpenAICompleter
from synth_widgets.model import Model

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def running() -> Iterator[dict[str, str]]:
    command = [sys.executable, "-m", "tests.endpoint", "--latency", "0.01"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.terminate()


def control(url: str, path: str, value: Any = None) -> Any:
    data = None if value is None else json.dumps(value).encode()
    with urllib.request.urlopen(url.removesuffix("/v1") + path, data) as answer:  # noqa: S310  (loopback)
        return json.load(answer)


async def test_it_answers_fails_as_told_and_counts(running: dict[str, str]) -> None:
    url = running["url"]
    completer = OpenAICompleter(Model("openai/any", api_base=url, api_key=running["key"]))
    ask = Request([{"role": "user", "content": "Hello"}])
    control(url, "/settings", {"answers": ["scripted"]})
    assert (await completer.complete(ask)).text == "scripted"
    control(url, "/faults", [{"kind": "status", "status": 404, "times": 1}])
    with pytest.raises(AccessError):
        await completer.complete(ask)
    with pytest.raises(RequestRefusedError, match="content"):
        await completer.complete(Request([{"role": "user", "content": 3}], params={"top_k": 1}))
    await completer.close()
    stats = control(url, "/stats")
    # An unknown parameter was left out and the rest sent again; the message itself could not be mended.
    assert stats["statuses"] == {"200": 1, "404": 1, "400": 2}
    assert stats["in_flight"] == 0
    assert [body["messages"][0]["content"] for body in control(url, "/requests")] == ["Hello", "Hello"]
