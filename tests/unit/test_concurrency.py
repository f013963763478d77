"""How many calls are in flight, against a real endpoint: walls, an endpoint that goes away, one that is closed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from synth_widgets.errors import UnreachableError
from synth_widgets.llm import concurrency
from synth_widgets.llm.completer import Request
from synth_widgets.llm.concurrency import Gate
from synth_widgets.llm.transports.attempt import Waits
from synth_widgets.llm.transports.openai_http import OpenAICompleter
from synth_widgets.model import Model
from tests.endpoint import Endpoint

ASK = Request([{"role": "user", "content": "Hello"}])
QUICK = Waits(tries=3, first=0.01, most=0.02)


def completer(endpoint: Endpoint, waits: Waits = QUICK, **model: Any) -> OpenAICompleter:
    return OpenAICompleter(Model("openai/any", api_base=endpoint.url, api_key=endpoint.key, **model), waits=waits)


async def test_a_wall_is_found_and_every_call_has_its_answer() -> None:
    with Endpoint(latency=0.02) as endpoint:
        endpoint.wall, endpoint.asks_to_wait = 12, "0.1"
        model = completer(endpoint)
        answers = await asyncio.gather(*(model.complete(ASK) for _ in range(800)))
        await model.close()
        assert all(answer.text for answer in answers)
        assert len(endpoint.bodies) == 800
        assert endpoint.statuses[429] < 0.25 * 800  # half of them while the wall is looked for


async def test_a_ceiling_is_never_passed() -> None:
    with Endpoint(latency=0.01) as endpoint:
        model = completer(endpoint, concurrency=5)
        await asyncio.gather(*(model.complete(ASK) for _ in range(60)))
        await model.close()
        assert endpoint.peak == 5


async def test_an_endpoint_that_never_answered_is_given_up_and_one_that_did_is_waited_for() -> None:
    with Endpoint() as endpoint:
        model = completer(endpoint)
        endpoint.fail("status", status=429, headers={"Retry-After": "0.01"}, times=5)
        with pytest.raises(UnreachableError, match="Tried 3 times"):
            await model.complete(ASK)
        endpoint.rules.clear()
        assert (await model.complete(ASK)).text
        endpoint.fail("status", status=429, headers={"Retry-After": "0.01"}, times=20)
        assert (await model.complete(ASK)).text
        await model.close()


async def test_an_endpoint_in_the_midst_of_its_first_answer_is_no_wrong_address() -> None:
    with Endpoint(chunk_delay=0.01, chunk=2) as endpoint:
        model, pieces = completer(endpoint), []
        first = asyncio.create_task(model.complete(ASK, pieces.append))
        while not pieces:
            await asyncio.sleep(0.001)
        endpoint.fail("page", times=2)
        assert (await model.complete(ASK, lambda _: None)).text
        assert (await first).text
        await model.close()


async def test_an_endpoint_that_is_down_is_asked_by_one_call_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concurrency, "DOWN_SECONDS", 0.1)
    monkeypatch.setattr(concurrency, "PROBE_SECONDS", 0.1)
    with Endpoint() as endpoint:
        model = completer(endpoint)
        assert (await model.complete(ASK)).text
        endpoint.fail("status", status=503)
        calls = [asyncio.create_task(model.complete(ASK)) for _ in range(10)]
        while not (model.waiting or "").startswith(f"{endpoint.url.split('/')[2]} has not answered"):
            await asyncio.sleep(0.01)
        gate = model._destination().gate
        assert gate is not None
        while gate.in_flight:  # what was sent before it was down
            await asyncio.sleep(0.01)
        loop, before = asyncio.get_running_loop(), endpoint.statuses[503]
        began = loop.time()
        while endpoint.statuses[503] < before + 5:
            await asyncio.sleep(0.01)
        assert loop.time() - began > 0.3, "the first of five may come at once, but between the others are 0.1 s"
        endpoint.rules.clear()
        assert all(answer.text for answer in await asyncio.gather(*calls))
        assert model.waiting is None
        await model.close()


async def test_the_lowest_ceiling_of_those_who_ask_holds_for_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concurrency, "LINGER_SECONDS", 0.05)
    with Endpoint(latency=0.01) as endpoint:
        careful, other = completer(endpoint, concurrency=2), completer(endpoint)
        await asyncio.gather(*(model.complete(ASK) for _ in range(20) for model in (careful, other)))
        assert endpoint.peak == 2
        await asyncio.sleep(0.2)
        await asyncio.gather(*(other.complete(ASK) for _ in range(60)))
        assert endpoint.peak > 20, "who asks for less asks no more"
        await careful.close()
        await other.close()


async def test_what_an_endpoint_takes_is_not_forgotten_under_a_lower_ceiling() -> None:
    gate = Gate(128)
    gate._limit.limit = 100
    gate._limit._is_starting = False
    with gate.under(128):
        with gate.under(2):
            assert gate.limit == 2
        gate._lift(2)
        assert gate.limit == 100


async def test_an_idle_time_after_a_failed_call_is_no_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(4)
    clock = Clock(gate.loop.time())
    monkeypatch.setattr(gate, "loop", clock)
    async with gate.permit() as permit:
        permit.passed()
    async with gate.permit() as permit:
        permit.failed()
    clock.now += 3600
    assert not gate.is_down
    async with gate.permit() as permit:
        assert not gate.is_down
        permit.failed()
    assert not gate.is_down, "one call in an hour"
    for _ in range(8):
        clock.now += 10
        async with gate.permit() as permit:
            permit.failed()
    assert gate.is_down
    clock.now += 3600
    assert not gate.is_down, "nobody knows, after an hour"
    async with asyncio.timeout(5), gate.permit(), gate.permit():
        assert not gate.is_down


class Clock:
    """A loop whose time a test moves; all else is the running loop's."""

    def __init__(self, now: float) -> None:
        self.now = now

    def time(self) -> float:
        return self.now

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio.get_running_loop(), name)


async def test_a_gate_that_is_closed_opens_by_itself() -> None:
    gate = Gate(4)
    async with gate.permit() as permit:
        for _ in range(30):
            gate.refused(permit._ticket, 0.05)
    assert gate.closed_for > 0
    async with gate.permit():
        assert gate.closed_for == 0
