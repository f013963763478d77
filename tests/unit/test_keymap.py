"""Keys that a person chose take the place of the table's, and what cannot hold is refused with what to do."""

from __future__ import annotations

import pytest

import synth_widgets as sw
from synth_widgets.errors import StudioError
from synth_widgets.testing import ScriptedCompleter
from synth_widgets.widget.commands import COMMANDS
from synth_widgets.widget.keymap import checked, table


def keys(keymap: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: chords for name, _label, _group, _icon, chords, *_ in table(keymap)}


def test_the_keys_of_the_table_do_not_meet_one_another() -> None:
    assert checked({c.name: list(c.keys) for c in COMMANDS})["keep"] == ["a"]


def test_a_chosen_key_takes_the_place_of_the_tables() -> None:
    assert keys(checked({"keep": "k", "previous": None}))["keep"] == ["k"]
    assert keys({})["keep"] == ["a"]


@pytest.mark.parametrize(
    ("keymap", "said"),
    [
        ({"kep": "k"}, "Did you mean 'keep'"),
        ({"keep": "K"}, "letters small"),
        ({"keep": "Ctrl+k"}, "Mod"),
        ({"keep": 7}, "not 7"),
        ({"keep": "x"}, "both 'keep' and 'reject'.*{'reject': ..}"),
        ({"tree": "Delete"}, "both 'tree' and 'remove_topic'"),
        ({"rate": ["1", "2"]}, "6 chords"),
        ({"left_version": ","}, "2 chords, for an older and a newer one, not 1"),
        (["keep"], "by a command's name"),
    ],
)
def test_what_cannot_hold_is_refused(keymap: object, said: str) -> None:
    with pytest.raises(StudioError, match=said):
        checked(keymap)


def test_one_key_may_mean_something_in_each_pane() -> None:
    assert checked({"add_topics": "a"}) == {"add_topics": ["a"]}


def test_the_widget_tells_its_front_end_and_keeps_the_keys_it_had_when_the_new_ones_cannot_hold() -> None:
    studio = sw.Studio(sw.Task("Greeter", "Greet."), path=":memory:", model=ScriptedCompleter())
    widget = studio.widget
    widget.keymap = {"keep": "k", "previous": ["ArrowUp"]}
    assert dict(keys({}), keep=["k"], previous=["ArrowUp"]) == {
        line[0]: line[4] for line in widget.get_state()["_commands"]
    }
    with pytest.raises(StudioError):
        widget.keymap = {"keep": "x"}
    assert widget.keymap == {"keep": ["k"], "previous": ["ArrowUp"]}
    studio.close()
