"""What the browser is told of money: estimate, what is spent while a job runs and after it, and when to ask first."""

from __future__ import annotations

import pytest

import synth_widgets as sw
from synth_widgets.money import Price, in_dollars
from synth_widgets.testing import ScriptedCompleter
from synth_widgets.widget import rows
from tests.replica import Peer
from tests.tasks import PLAIN

PRICE = Price(1e-5, 4e-5, "a test")


def peer_of(studio: sw.Studio) -> Peer:
    peer = Peer(studio._core, sw.Studio._of(studio._core))
    peer.hello()
    return peer


def grown(peer: Peer, studio: sw.Studio) -> None:
    peer.do("grow", under=[], depth=1, topics=2, samples=3)
    studio.jobs[-1].wait(10)
    studio.flush()


def test_a_run_tells_what_it_costs_and_the_bar_what_was_spent(open_studio):
    studio = open_studio(ScriptedCompleter(price=PRICE, latency=0.05), task=PLAIN)
    peer = peer_of(studio)
    assert peer.replica.studio["cost"] == ""
    estimate = peer.do("estimate", under=[], depth=1, topics=2, samples=3)["ok"]
    assert 0 < estimate["cost"][0] < estimate["cost"][1]
    assert 0 < estimate["prompt_tokens"][0] < estimate["prompt_tokens"][1]
    grown(peer, studio)
    words = in_dollars(studio.cost.dollars)
    progress = [message for message in peer.messages if message["t"] == "progress"]
    assert progress[-1]["spent"] == words
    assert progress[-1]["cost"].startswith(f"{words} of about $0.")
    assert next(iter(peer.replica.rows["job"].values()))["cost"] == words
    assert peer.replica.studio["cost"] == words
    state = studio._core.state
    body = rows.body(next(iter(state.samples.values())), state.calls, {})
    assert "tokens · $0.0" in dict(body["versions"][-1]["made"])["Usage"]


def test_a_budget_stands_beside_what_was_spent_of_it(open_studio):
    studio = open_studio(ScriptedCompleter(price=PRICE), task=PLAIN, budget=5)
    peer = peer_of(studio)
    assert peer.replica.studio["cost"] == "$0.00 of $5.00"
    grown(peer, studio)
    assert peer.replica.studio["cost"] == f"{in_dollars(studio.cost.dollars)} of $5.00"


def test_an_unknown_cost_is_said_and_a_free_one_is_not(open_studio):
    for price, words in ((None, "cost unknown"), (Price(0.0, 0.0, "mine"), "")):
        studio = open_studio(ScriptedCompleter(price=price), task=PLAIN)
        peer = peer_of(studio)
        grown(peer, studio)
        assert peer.replica.studio["cost"] == words
        assert next(iter(peer.replica.rows["job"].values()))["cost"] == words


def test_what_an_output_takes_is_told_before_and_after_the_first_ones(open_studio):
    studio = open_studio(ScriptedCompleter(price=PRICE), task=PLAIN)
    told = peer_of(studio).replica.studio
    assert told["call_tokens"] > 0
    assert told["call_cost"] > 0
    studio.grow(depth=1, topics=3, samples=10).wait(20)
    told, outputs = peer_of(studio).replica.studio, studio.costs("step")["outputs"]
    assert told["call_tokens"] == pytest.approx(outputs.usage.total / 30, abs=1)
    assert told["call_cost"] == pytest.approx(outputs.dollars / 30, rel=0.1)
    unknown = peer_of(open_studio(ScriptedCompleter(), task=PLAIN)).replica.studio
    assert unknown["call_cost"] is None
