"""What a job makes one by one does not bring a search for garbage through all that is there."""

from __future__ import annotations

import gc

import pytest

from synth_widgets import collector
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import PLAIN


@pytest.fixture
def searches(monkeypatch):
    """The generations that were searched from now on."""
    monkeypatch.setattr(collector, "_made", 0)
    gc.collect()
    seen: list[int] = []
    gc.callbacks.append(heard := lambda phase, info: seen.append(info["generation"]) if phase == "start" else None)
    yield seen
    gc.callbacks.remove(heard)


def generation_of(value):
    return next(n for n in range(3) if any(each is value for each in gc.get_objects(generation=n)))


def test_what_stays_is_put_among_the_old_when_it_is_many():
    collector._made = 0
    new: list[int] = []
    collector.made(collector.MADE - 1)
    assert generation_of(new) < 2
    collector.made(1)
    assert generation_of(new) == 2


def test_who_froze_what_is_there_finds_it_as_it_was():
    gc.freeze()
    try:
        collector._made = 0
        collector.made(collector.MADE)
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()


def test_a_job_of_thousands_of_samples_brings_no_search_through_everything(open_studio, searches):
    studio = open_studio(ScriptedCompleter(concurrency=64), task=PLAIN)
    assert studio.grow(topics=20, samples=150).wait(60).added == 3000
    assert searches, "the young are searched as ever"
    assert 2 not in searches
