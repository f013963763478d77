"""Outputs a second, and the CPU that each costs the person's kernel, over what a bare client reaches.

2,000 structured outputs at an endpoint that takes 50 ms, 64 in flight, in a process of its own. Ours is a whole studio:
plan, prompts, retries, validation, the journal on disk, and a front end attached that takes every delta. The bare
client sends the same bodies from the same process and parses the answers. Then the same through litellm over litellm
called bare, and how soon the first of eight streamed items is a row.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp

import synth_widgets as sw
from synth_widgets.llm import litellm_package
from synth_widgets.llm.transports.openai_format import json_wish
from synth_widgets.testing import ScriptedCompleter
from tests.bench.table import Row, run
from tests.replica import Peer
from tests.tasks import TRIAGE

SAMPLES = 2_000
THROUGH_LITELLM = 800
IN_FLIGHT = 64
LATENCY = 0.05
RUNS = 7


@contextmanager
def serving(module: str, *arguments: str) -> Iterator[dict[str, str]]:
    """Run an endpoint in a process of its own; yield what it says of itself."""
    command = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        told: dict[str, str] = json.loads(process.stdout.readline())
        yield told
    finally:
        process.kill()
        process.communicate()


def studio_run(model: sw.Model, samples: int, *, unlucky: int = 0) -> tuple[float, float]:
    """Return samples a second, and CPU seconds a sample, of a studio that makes so many outputs.

    Args:
        model: what is asked.
        samples: how many.
        unlucky: of these, how many at most may meet a fault three times running, and fail.
    """
    with tempfile.TemporaryDirectory() as folder:
        models = {"inputs": ScriptedCompleter(), "outputs": model}
        with sw.Studio(TRIAGE, path=Path(folder) / "bench.synth", models=models) as studio:
            studio.generate_inputs(n=samples).wait()
            peer = Peer(studio._core, studio._of(studio._core))
            peer.hello()
            began, cpu = time.perf_counter(), time.process_time()
            result = studio.generate_outputs().wait()
            seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
            assert result.added + result.failed == samples, result
            assert result.failed <= unlucky, result
            assert peer.replica.gaps == 0
            return samples / seconds, cpu / samples


def bare_run(ask: Callable[[], Awaitable[str]], samples: int, loop: asyncio.AbstractEventLoop) -> tuple[float, float]:
    """Return the same for a client that only asks, with so many tasks as calls may be in flight."""

    async def worker(todo: Iterator[int]) -> None:
        for _ in todo:
            json.loads(await ask())

    async def everything() -> None:
        todo = iter(range(samples))
        await asyncio.gather(*(worker(todo) for _ in range(IN_FLIGHT)))

    began, cpu = time.perf_counter(), time.process_time()
    asyncio.run_coroutine_threadsafe(everything(), loop).result()
    return samples / (time.perf_counter() - began), (time.process_time() - cpu) / samples


def asked() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the messages and the response format that a studio sends for an output of this task."""
    scripted = ScriptedCompleter()
    with sw.Studio(TRIAGE, path=":memory:", model=scripted) as studio:
        studio.grow(depth=0, samples=1).wait()
    request = scripted.requests[-1]
    assert request.schema is not None
    wish = json_wish(request.schema, "json_schema", strict=True)
    return [dict(message) for message in request.messages], wish["response_format"]


def medians(runs: list[tuple[float, float]]) -> tuple[float, float]:
    """Return the medians of samples a second and CPU seconds a sample."""
    rates, costs = zip(*runs, strict=True)
    return statistics.median(rates), statistics.median(costs)


def compare(
    name: str, model: sw.Model, samples: int, ask: Callable[[], Awaitable[str]], *, least: float, beside: str
) -> Iterator[Row]:
    """Run ours and the bare client in turn, so that whatever else the machine does meets them alike."""
    loop = sw_engine_loop()
    studio_run(model, IN_FLIGHT)  # opens connections and imports
    bare_run(ask, IN_FLIGHT, loop)
    runs = [(studio_run(model, samples), bare_run(ask, samples, loop)) for _ in range(RUNS)]
    rate, cost = medians([ours for ours, _ in runs])
    bare_rate, bare_cost = medians([bare for _, bare in runs])
    yield Row(f"{name}: outputs a second", rate, bare_rate, least, "1/s", beside, at_least=True)
    cpu_limit = 0.8 if least < 0.9 else None
    yield Row(f"{name}: CPU a sample", cost * 1000, None, cpu_limit, "ms", f"{beside}: {bare_cost * 1000:.2f} ms")


def sw_engine_loop() -> asyncio.AbstractEventLoop:
    """Return the loop that studios use: the bare client runs on the same thread as they do."""
    from synth_widgets.engine import engine

    return engine().loop


def direct(endpoint: dict[str, str], name: str = "direct", provider: str = "openai") -> Iterator[Row]:
    """Ours over a bare aiohttp client that sends the body of chat completions: Anthropic's is of the same size."""
    messages, wanted = asked()
    body = json.dumps({"model": "any", "messages": messages, "response_format": wanted}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {endpoint['key']}"}
    held: list[aiohttp.ClientSession] = []

    async def ask() -> str:
        if not held:
            held.append(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
        async with held[0].post(f"{endpoint['url']}/chat/completions", data=body, headers=headers) as response:
            text: str = (await response.json())["choices"][0]["message"]["content"]
            return text

    model = sw.Model(f"{provider}/any", api_base=endpoint["url"], api_key=endpoint["key"], concurrency=IN_FLIGHT)
    yield from compare(name, model, SAMPLES, ask, least=0.85, beside="bare aiohttp")
    asyncio.run_coroutine_threadsafe(held[0].close(), sw_engine_loop()).result()


def through_litellm(endpoint: dict[str, str]) -> Iterator[Row]:
    """Ours through litellm over litellm called bare, with the same settings."""
    litellm = litellm_package.load("xinference/any")
    messages, wanted = asked()

    async def ask() -> str:
        answer = await litellm.acompletion(
            "xinference/any",
            messages,
            api_base=endpoint["url"],
            api_key=endpoint["key"],
            response_format=wanted,
            num_retries=0,
            max_retries=0,
        )
        text: str = answer.choices[0].message.content
        return text

    model = sw.Model("xinference/any", api_base=endpoint["url"], api_key=endpoint["key"], concurrency=IN_FLIGHT)
    yield from compare("litellm", model, THROUGH_LITELLM, ask, least=0.9, beside="bare litellm")


def first_row(name: str, model: sw.Model) -> Row:
    """How soon the first of eight items of one streamed call is a row at the front end, over the whole call."""
    shares = []
    for _ in range(RUNS):
        with sw.Studio(TRIAGE, path=":memory:", model=model) as studio:
            peer = Peer(studio._core, studio._of(studio._core))
            peer.hello()
            began = time.perf_counter()
            job = studio.generate_inputs(n=8)
            while not peer.replica.rows["sample"]:
                time.sleep(0.002)
            first = time.perf_counter() - began
            assert job.wait(60).failed == 0
            shares.append((first, time.perf_counter() - began))
    first, whole = (statistics.median(column) for column in zip(*shares, strict=True))
    return Row(f"{name}: first of 8 streamed rows", first, whole, 0.25, "s", "the whole call")


def measure() -> Iterator[Row]:
    """Measure all, the direct way first: litellm is not loaded then."""
    slow = ("--chunk-delay", "0.05")  # forty tokens a second
    with serving("tests.bench.quick_endpoint", str(LATENCY)) as endpoint:
        yield from direct(endpoint)
        yield from direct(endpoint, "anthropic", "anthropic")
        with serving("tests.endpoint", *slow) as streams:
            model = sw.Model("openai/any", api_base=streams["url"], api_key=streams["key"])
            yield first_row("direct", model)
        yield from through_litellm(endpoint)
    with serving("tests.endpoint", *slow) as streams:
        model = sw.Model("xinference/any", api_base=streams["url"], api_key=streams["key"])
        yield first_row("litellm", model)
    with serving("tests.anthropic_endpoint", *slow) as streams:
        model = sw.Model("anthropic/claude-haiku-4-5", api_base=streams["url"], api_key=streams["key"])
        yield first_row("anthropic", model)


if __name__ == "__main__":
    run(measure)
