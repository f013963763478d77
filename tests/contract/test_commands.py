"""What the front end may send is what the methods behind its commands take: their signatures are the one list."""

from __future__ import annotations

import inspect
from operator import attrgetter
from typing import Any

import pydantic
import pytest

import synth_widgets as sw
from synth_widgets.errors import StudioError
from synth_widgets.testing import ScriptedCompleter
from synth_widgets.widget.commands import BY_NAME, COMMANDS, AddTopics, Args, Command, Grow, TopicPath

BY_KEYWORD = [c for c in COMMANDS if c.method and c.args and not issubclass(c.args, TopicPath | AddTopics)]
"""Commands whose arguments the bridge hands on by name."""


def parameters_of(command: Command) -> dict[str, inspect.Parameter]:
    studio = sw.Studio(sw.Task("Greeter", "Greet."), path=":memory:", model=ScriptedCompleter())
    method = "grow" if command.method == "estimate" else command.method  # which takes what grow does
    parameters = dict(inspect.signature(attrgetter(method or "")(studio)).parameters)
    studio.close()
    return parameters


@pytest.mark.parametrize("command", BY_KEYWORD, ids=lambda command: command.name)
def test_a_command_takes_what_its_method_does(command: Command) -> None:
    parameters = parameters_of(command)
    assert command.args is not None
    assert command.args.model_fields.keys() <= parameters.keys()
    needed = {name for name, each in parameters.items() if each.default is each.empty}
    assert {name for name, each in command.args.model_fields.items() if each.is_required()} >= needed


def test_what_is_left_out_of_grow_is_the_same_for_a_command() -> None:
    parameters = parameters_of(BY_NAME["grow"])
    defaults = {name: parameters[name].default for name in Grow.model_fields}
    assert {**Grow().model_dump(), "under": tuple(Grow().under)} == defaults


@pytest.mark.parametrize(
    ("least", "most"),
    [({"depth": 0}, {"depth": 5}), ({"topics": 1}, {"topics": 10_000}), ({"samples": 1}, {"samples": 10_000})],
)
def test_the_bounds_of_grow_are_the_same_for_a_command(least: dict[str, int], most: dict[str, int]) -> None:
    with sw.Studio(sw.Task("Greeter", "Greet."), path=":memory:", model=ScriptedCompleter()) as studio:
        for bound, step in ((least, -1), (most, 1)):
            small: dict[str, Any] = {"topics": 1, "samples": 1, **bound}
            beyond = {**small, **{name: value + step for name, value in bound.items()}}
            assert _fits(Grow, small)
            assert not _fits(Grow, beyond)
            studio.estimate("grow", **small)
            with pytest.raises(StudioError):
                studio.estimate("grow", **beyond)


def _fits(model: type[Args], values: dict[str, Any]) -> bool:
    try:
        model.model_validate(values)
    except pydantic.ValidationError:
        return False
    return True
