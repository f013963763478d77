"""What faults of an endpoint cost: 2,000 outputs over an endpoint that takes 50 ms, clean, faulty, and with a wall.

Ours is a whole studio, as in `bench_throughput`; the bare client sends the same bodies from the same thread, waits as
long as a 429 asks and asks again for what was cut. The wall: 256 calls may be in flight, and the endpoint takes 64.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import urllib.request
from collections.abc import Iterator

import aiohttp

import synth_widgets as sw
from synth_widgets.llm.transports.reading import read_json
from tests.bench.bench_throughput import (
    IN_FLIGHT,
    LATENCY,
    SAMPLES,
    asked,
    bare_run,
    serving,
    studio_run,
    sw_engine_loop,
)
from tests.bench.table import Row, run

CEILING = 256
RUNS = 7
MODULE = "tests.bench.quick_endpoint"


def counts(url: str) -> tuple[int, int]:
    """Return how many requests an endpoint has answered and refused so far."""
    with urllib.request.urlopen(url) as response:  # noqa: S310  (loopback)
        told = json.load(response)
    return told["answered"], told["refused"]


class Bare:
    """A client with plain retries."""

    def __init__(self, endpoint: dict[str, str]) -> None:
        messages, wanted = asked()
        self.body = json.dumps({"model": "any", "messages": messages, "response_format": wanted}).encode()
        self.headers = {"Content-Type": "application/json", "Authorization": f"Bearer {endpoint['key']}"}
        self.url = f"{endpoint['url']}/chat/completions"
        self.session: aiohttp.ClientSession | None = None

    async def ask(self) -> str:
        """Ask until there is a whole answer."""
        if self.session is None:
            self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        while True:
            async with self.session.post(self.url, data=self.body, headers=self.headers) as response:
                answer = read_json(await response.read())
            if response.status == 429:
                await asyncio.sleep(float(response.headers["Retry-After"]))
            elif answer["choices"][0]["finish_reason"] == "stop":
                return str(answer["choices"][0]["message"]["content"])

    def close(self) -> None:
        """Close the connections."""
        if self.session is not None:
            asyncio.run_coroutine_threadsafe(self.session.close(), sw_engine_loop()).result()


def compare(name: str, *faults: str, limit: float, at_least: bool = False) -> Iterator[Row]:
    """Run ours and the bare client in turn at an endpoint with faults."""
    with serving(MODULE, str(LATENCY), *faults) as endpoint:
        model = sw.Model("openai/any", api_base=endpoint["url"], api_key=endpoint["key"], concurrency=IN_FLIGHT)
        bare = Bare(endpoint)
        studio_run(model, IN_FLIGHT)
        bare_run(bare.ask, IN_FLIGHT, sw_engine_loop())
        ours, theirs, cost = [], [], []
        for _ in range(RUNS):
            rate, cpu = studio_run(model, SAMPLES, unlucky=SAMPLES // 200)
            ours.append(rate)
            cost.append(cpu)
            theirs.append(bare_run(bare.ask, SAMPLES, sw_engine_loop())[0])
        bare.close()
    rate, reference = statistics.median(ours), statistics.median(theirs)
    if at_least:
        yield Row(f"{name}: outputs a second", rate, reference, limit, "1/s", "bare, plain retries", at_least=True)
        yield Row(f"{name}: CPU a sample", 1000 * statistics.median(cost), None, 0.8, "ms")
    else:
        took = SAMPLES / rate, SAMPLES / reference
        yield Row(f"{name}: 2,000 outputs", *took, limit, "s", "bare, plain retries")


def wall() -> Iterator[Row]:
    """Let 256 calls at an endpoint that takes 64."""
    with serving(MODULE, str(LATENCY), "--wall", str(IN_FLIGHT)) as endpoint:
        model = sw.Model("openai/any", api_base=endpoint["url"], api_key=endpoint["key"], concurrency=CEILING)
        rate, _ = studio_run(model, SAMPLES)
        answered, refused = counts(endpoint["url"])
    share = refused / (answered + refused)
    yield Row("a wall at 64 of 256: share of refused calls", share, None, 0.15)
    yield Row("a wall at 64 of 256: outputs a second", rate, IN_FLIGHT / LATENCY, None, "1/s", "64 at once, 50 ms each")


def measure() -> Iterator[Row]:
    """Measure all three."""
    yield from compare("clean", limit=0.85, at_least=True)
    yield from compare("10 % 429, 10 % cut", "--busy", "10", "--cut", "10", limit=1.6)
    yield from wall()


if __name__ == "__main__":
    run(measure)
