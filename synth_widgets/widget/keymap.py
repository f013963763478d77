"""Which keys give which command: those of the table, but for what a person chose otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from synth_widgets.errors import StudioError, nearest
from synth_widgets.widget.commands import BY_NAME, COMMANDS, Command

Keymap = dict[str, list[str]]

_NAMED = (
    *("Enter", "Delete", "Backspace", "Home", "End", "PageUp", "PageDown", "Insert"),
    *("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"),
    *(f"F{n}" for n in range(1, 13)),
)
_CHORD = re.compile(rf"(Mod\+)?(Shift\+)?({'|'.join(_NAMED)}|[^\x00-\x1f\x7f])")
_EXAMPLE = 'keymap = {"keep": "k", "next": ["j", "ArrowDown"], "skip": []}'
IN_ORDER = {
    "rate": (6, "1 to 5 stars and none"),
    "left_version": (2, "an older and a newer one"),
    "right_version": (2, "an older and a newer one"),
}
"""Commands whose chords mean something else each: how many there are, and what they stand for."""


def checked(given: Any) -> Keymap:
    """Return a keymap as lists of chords.

    A chord is spelled as the help sheet's table spells it: a key as ``KeyboardEvent.key`` names it, letters small,
    with ``Mod+`` (Ctrl or ⌘) and ``Shift+`` before it.

    Args:
        given: chords by a command's name: one, a list of them, or none to take the command's keys away.

    Raises:
        StudioError: a command or a chord that is none, or two commands with one chord in the same place.

    >>> checked({"keep": "k", "previous": ["p", "ArrowUp"], "skip": None})
    {'keep': ['k'], 'previous': ['p', 'ArrowUp'], 'skip': []}
    """
    if not isinstance(given, Mapping):
        raise StudioError(f"A keymap gives chords by a command's name, as in {_EXAMPLE}, not {given!r}.")
    keymap = {_command(name): _chords(name, chords) for name, chords in given.items()}
    taken: dict[tuple[str, str], Command] = {}
    for command in COMMANDS:
        for chord in keys_of(command, keymap):
            for pane in ("grid", "tree", "diff") if command.pane == "any" else (command.pane,):
                other = taken.setdefault((pane, chord), command)
                if other is not command:
                    free = command if other.name in keymap else other
                    raise StudioError(
                        f"The chord {chord!r} would mean both {other.name!r} and {command.name!r}. Give one of them "
                        f"another chord in the same keymap, or none: {{{free.name!r}: []}}."
                    )
    return keymap


def keys_of(command: Command, keymap: Keymap) -> list[str]:
    """Return the chords that give a command."""
    return keymap.get(command.name, list(command.keys))


def table(keymap: Keymap) -> list[list[Any]]:
    """Return what a person can give, for the front end: name, label, group, icon, chords, pane, many, changes."""
    return [
        [c.name, c.label, c.group, c.icon, keys_of(c, keymap), c.pane, c.many, c.changes]
        for c in COMMANDS
        if c.keys or c.icon
    ]


def _command(name: Any) -> str:
    known = [c.name for c in COMMANDS if c.keys or c.icon]
    if name not in BY_NAME:
        raise StudioError(f"There is no command {name!r}.{nearest(str(name), known)} There are: {', '.join(known)}.")
    return str(name)


def _chords(name: str, given: Any) -> list[str]:
    if given is not None and not isinstance(given, str | list | tuple):
        raise StudioError(f"The chords of {name!r} are text or a list of texts, not {given!r}.")
    chords = [given] if isinstance(given, str) else list(given or ())
    for chord in chords:
        if not isinstance(chord, str) or not _CHORD.fullmatch(chord) or chord != _small(chord):
            raise StudioError(
                f"{chord!r} is no chord for {name!r}. A chord is a character or a key's name ({', '.join(_NAMED[:4])}, "
                "ArrowUp, F2 …), letters small, with Mod+ or Shift+ before it: 'k', 'Shift+k', 'Mod+Enter'."
            )
    number, meaning = IN_ORDER.get(name, (len(chords), ""))
    if len(chords) not in {0, number}:
        raise StudioError(f"{name!r} takes {number} chords, for {meaning}, not {len(chords)}.")
    return chords


def _small(chord: str) -> str:
    """Return the chord with its letter small."""
    *modifiers, key = [chord] if len(chord) == 1 else chord.rsplit("+", 1)
    return "+".join([*modifiers, key.lower() if len(key) == 1 else key])
