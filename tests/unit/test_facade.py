"""Work of a caller who is not async: waited for elsewhere, and begun at once on the engine's own thread."""

from __future__ import annotations

import asyncio
import inspect

import pytest

from tests.tasks import PLAIN


@pytest.fixture
def core(open_studio):
    return open_studio(task=PLAIN)._core


async def _one():
    return 1


async def _one_later():
    await asyncio.sleep(0)
    return 1


@pytest.mark.parametrize("work", [lambda: 1, _one, _one_later])
def test_elsewhere_the_result_is_waited_for(core, work):
    assert core.act(work) == 1


def test_on_the_engines_thread_what_needs_no_others_turn_is_returned(core):
    assert core.engine.call(lambda: [core.act(lambda: 1), core.act(_one)]) == [1, 1]


def test_on_the_engines_thread_the_rest_of_what_waits_is_awaited(core):
    steps = []

    async def work():
        steps.append("begun")
        await asyncio.sleep(0)
        steps.append("gone on")
        return await core.engine.on_worker(lambda: 2)

    async def caller():
        rest = core.act(work)
        assert inspect.iscoroutine(rest)
        assert steps == ["begun"]
        return await rest

    assert core.engine.call(caller) == 2
    assert steps == ["begun", "gone on"]


def test_an_error_is_raised_where_it_comes(core):
    async def fails():
        raise ZeroDivisionError

    async def fails_later():
        await asyncio.sleep(0)
        raise ZeroDivisionError

    async def caller():
        with pytest.raises(ZeroDivisionError):
            core.act(fails)
        rest = core.act(fails_later)
        with pytest.raises(ZeroDivisionError):
            await rest

    core.engine.call(caller)


def test_who_awaits_the_rest_and_is_cancelled_cancels_it(core):
    ends = []

    async def work():
        try:
            await asyncio.Event().wait()
        finally:
            ends.append("cancelled")

    async def caller():
        waiting = asyncio.ensure_future(core.act(work))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    core.engine.call(caller)
    assert ends == ["cancelled"]
