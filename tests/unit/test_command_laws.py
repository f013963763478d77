"""Any sequence of what a page may send: each command of the table is answered, and none leaves anything behind.

The commands and their arguments come from the table itself: one that is added to it is tried here from then on.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import synth_widgets as sw
from synth_widgets.errors import RunStoppedError
from synth_widgets.testing import ScriptedCompleter
from synth_widgets.widget.commands import COMMANDS, Command
from tests.naughty import TEXTS
from tests.replica import Peer
from tests.tasks import TRIAGE
from tests.unit.test_laws import EDITS, visible

LEFT_OUT = {"set_model": "the scripted model would be gone, and with it all that is generated"}
ON_THE_WIRE = {c.name: c for c in COMMANDS if c.method and c.args and c.name not in LEFT_OUT}
SEQUENCES = st.lists(st.tuples(st.sampled_from(sorted(ON_THE_WIRE)), st.integers(0, 2**32)), max_size=14)
LAWS = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

Make = Callable[[random.Random, sw.Studio], Any]


def text(chance: random.Random, _studio: sw.Studio) -> str:
    return chance.choice(["", "shorter", *(each for each in TEXTS.values() if len(each) < 1_000)])


def guidance(chance: random.Random, studio: sw.Studio) -> Any:
    return chance.choice([None, text(chance, studio), {"outputs": text(chance, studio)}, {"all": "a", "inputs": "b"}])


def path(chance: random.Random, studio: sw.Studio) -> list[str]:
    return list(chance.choice([(), ("Nowhere",), *studio.topics.paths()]))


def ids(chance: random.Random, studio: sw.Studio) -> list[str]:
    there = [sample.id for sample in studio.samples] or ["nowhere000"]
    return chance.sample(there, chance.randint(1, min(4, len(there))))


def job(chance: random.Random, studio: sw.Studio) -> str:
    return chance.choice(["nowhere000", *(each.id for each in studio.jobs)])


def one_of(*values: Any) -> Make:
    return lambda chance, _studio: chance.choice(values)


VALUES: dict[str, Make] = {
    "ids": ids,
    "id": lambda chance, studio: ids(chance, studio)[0],
    "reason": text,
    "guidance": guidance,
    "text": lambda chance, studio: text(chance, studio) or "a",
    "input": one_of("by hand", "by another hand"),
    "output": one_of(*(each["output"] for each in EDITS.values() if "output" in each)),
    "stars": one_of(None, 1, 5),
    "requirements": one_of({}, None),
    "part": one_of("input", "output"),
    "confirmed": one_of(None, {"calls": [9, 9], "cost": None, "models": ["scripted"]}),
    "n": one_of(0, 1, 2, 3),
    "status": one_of("kept", "all"),
    "replace": one_of(True, False),
    "paths": lambda chance, studio: [[*path(chance, studio), chance.choice(["Billing", "billing", "Delivery"])]],
    "path": path,
    "under": path,
    "to": path,
    "name": one_of("Billing", "BILLING", "Account"),
    "target": one_of(None, 2, 4),
    "depth": one_of(0, 1),
    "topics": one_of(1, 2),
    "samples": one_of(1, 3),
    "outputs": one_of(True, False),
    "only": one_of(True, False),
    "thin": one_of(True, False),
    "only_undecided": one_of(True, False),
    "job": job,
    "on": one_of(True, False),
    "format": one_of("tsv", "json", "python"),
    "budget": one_of(None, 0.5),
    "SetGuidance.all": text,
    "SetGuidance.topics": text,
    "SetGuidance.inputs": text,
    "SetGuidance.outputs": text,
    "Export.path": one_of("a.csv", "a.jsonl"),
}
"""What an argument may be, by its name; where two commands mean different things by one, with the arguments' name."""


def arguments(command: Command, chance: random.Random, studio: sw.Studio) -> dict[str, Any]:
    """Return arguments of a command, some of the optional ones left out."""
    assert command.args
    found = {}
    for name, about in command.args.model_fields.items():
        if about.is_required() or chance.random() < 0.5:
            make = VALUES.get(f"{command.args.__name__}.{name}") or VALUES[name]
            found[name] = make(chance, studio)
    return found


@pytest.fixture
def opened(tmp_path):
    made: list[sw.Studio] = []

    def make() -> sw.Studio:
        made.append(sw.Studio(TRIAGE, path=":memory:", model=ScriptedCompleter()))
        return made[-1]

    yield make
    for studio in made:
        studio.close()


def give_all(studio: sw.Studio, peer: Peer, commands: list[tuple[str, int]]) -> None:
    """Give the commands one after another; each is done, or refused with words for a person."""
    for name, seed in commands:
        args = arguments(ON_THE_WIRE[name], random.Random(seed), studio)
        reply = peer.do(name, **args)
        if error := reply.get("error"):
            assert error["kind"] not in {"Internal", "UnknownCommand"}, (name, args, error)
            assert error["message"]
    studio.cancel()
    for each in studio.jobs:
        with contextlib.suppress(RunStoppedError):
            each.wait(20)
    studio.flush()


@LAWS
@given(commands=SEQUENCES)
def test_whatever_a_page_sends_its_replica_is_the_state_and_all_of_it_can_be_undone(commands, opened):
    studio = opened()
    start = visible(studio)
    studio.grow(topics=2, samples=2).wait(20)
    peer = Peer(studio._core, studio)
    peer.hello()
    give_all(studio, peer, commands)
    fresh = Peer(studio._core, studio)
    fresh.hello()
    assert peer.replica.gaps == 0
    assert peer.replica.visible() == fresh.replica.visible()

    while studio.redo() is not None:
        pass
    end = visible(studio)
    while studio.undo() is not None:
        pass
    assert visible(studio) == start
    while studio.redo() is not None:
        pass
    assert visible(studio) == end
    studio.close()
