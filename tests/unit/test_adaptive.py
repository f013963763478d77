"""The adaptive limit against simulated endpoints: how much gets through, and how often it is refused."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from synth_widgets.llm.adaptive import FIRST, AdaptiveLimit

Server = Callable[[float, int], tuple[float, bool]]
"""From the time and the calls in flight: seconds until the answer, and whether it is a refusal."""


@dataclass
class Outcome:
    seconds: float
    asked: int
    refused: int
    peak: int
    limit: int

    @property
    def share(self) -> float:
        return self.refused / self.asked


def simulate(server: Server, *, calls: int = 2000, most: int = 256, wait: float = 1.0) -> Outcome:
    """Send calls through a limit to a server, on a simulated clock; what is refused comes again after a wait."""
    limit = AdaptiveLimit(most)
    events: list[tuple[float, int, str, object]] = []
    now, number, done, asked, refused, taken, there, peak = 0.0, 0, 0, 0, 0, 0, 0, 0
    ready = calls
    chance = random.Random(7)
    while done < calls:
        while ready and taken < limit.limit and now >= limit.closed_until:
            ready, taken, there, asked, number = ready - 1, taken + 1, there + 1, asked + 1, number + 1
            peak = max(peak, there)
            ticket = limit.begin(now)
            seconds, is_refusal = server(now, there)
            heapq.heappush(events, (now + seconds, number, "refused" if is_refusal else "passed", ticket))
        if ready and now < limit.closed_until:
            number += 1
            heapq.heappush(events, (limit.closed_until, number, "open", None))
        now, _, what, ticket = heapq.heappop(events)
        if what == "again":
            ready += 1
        elif what == "free":
            taken -= 1
        elif what == "passed":
            done, taken, there = done + 1, taken - 1, there - 1
            limit.passed(ticket, now)  # type: ignore[arg-type]
        elif what == "refused":
            refused, there = refused + 1, there - 1
            limit.refused(ticket, now, wait)  # type: ignore[arg-type]
            heapq.heappush(events, (now + limit.pace, number + 1, "free", None))
            heapq.heappush(events, (now + wait * (1 + chance.random() / 10), number + 2, "again", None))
            number += 2
    return Outcome(now, asked, refused, peak, limit.limit)


def steady(now: float, flying: int) -> tuple[float, bool]:
    return 0.05, False


def walled(wall: int) -> Server:
    return lambda now, flying: (0.05, False) if flying <= wall else (0.002, True)


def sporadic(share: float) -> Server:
    chance = random.Random(3)
    return lambda now, flying: (0.002, True) if chance.random() < share else (0.05, False)


def queueing(places: int) -> Server:
    free = [0.0] * places

    def server(now: float, flying: int) -> tuple[float, bool]:
        start = max(now, heapq.heappop(free))
        heapq.heappush(free, start + 0.05)
        return start + 0.05 - now, False

    return server


def test_without_refusals_it_doubles_up_to_the_ceiling():
    outcome = simulate(steady, most=64)
    assert (outcome.peak, outcome.refused) == (64, 0)
    assert outcome.seconds < 1.1 * 2000 * 0.05 / 64


def test_sporadic_refusals_cut_nothing():
    outcome = simulate(sporadic(0.10), most=64)
    assert outcome.limit == 64
    assert outcome.seconds < 1.6 * 2000 * 0.05 / 64 + 3.3  # one in a thousand waits its second three times


@pytest.mark.parametrize("wall", [16, 64, 200])
def test_a_wall_is_found_and_few_calls_are_refused_at_it(wall):
    outcome = simulate(walled(wall), most=256, wait=0.5)
    assert outcome.share < 0.15
    assert outcome.seconds < 1.6 * 2000 * 0.05 / wall + 1


def test_an_endpoint_that_takes_nothing_for_a_while_is_left_alone_as_long_as_it_asked():
    outcome = simulate(lambda now, flying: (0.05, False) if now > 5 else (0.002, True), wait=2.0, calls=500)
    assert outcome.refused < 5 * FIRST
    assert outcome.seconds < 5 + 2.2 + 500 * 0.05 / 8


def test_a_server_that_queues_is_not_flooded():
    outcome = simulate(queueing(16), most=256)
    assert outcome.peak <= 2 * FIRST
    assert outcome.seconds < 1.1 * 2000 * 0.05 / 16


def test_answers_from_before_a_cut_do_not_cut_twice():
    limit = AdaptiveLimit(64)
    old = [limit.begin(0.0) for _ in range(200)]
    for ticket in old:
        limit.refused(ticket, 0.1, 1.0)
    assert limit.limit == FIRST // 2


def test_a_lower_ceiling_holds_at_once_and_a_higher_one_lets_it_grow():
    limit = AdaptiveLimit(64)
    limit.set_most(4)
    assert limit.limit == 4
    limit.set_most(128)
    assert limit.limit == FIRST
