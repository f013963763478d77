"""Who answers at a port of this machine: on a shared one, anybody may listen where a well-known server would."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_LISTENS = "0A"
_FIRST_PERSON = 1000
"""Users below it are the system's: an administrator set their programs up, as Ollama's installer does."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The user whose processes listen at a port.

    Attributes:
        name: the user's name, or number where there is none.
        is_stranger: whether it is neither the user of this process nor the system.
    """

    name: str
    is_stranger: bool


def owner_of(port: int) -> Owner | None:
    """Return who listens at a port of this machine, a stranger if one of several is; ``None`` where none can be told.

    Linux alone tells it, without asking anybody.
    """
    users: set[int] = set()
    for table in _TABLES:
        try:
            with Path(table).open(encoding="ascii") as lines:
                users |= listening(lines, port)
        except (OSError, ValueError):
            continue
    owners = sorted(map(_owner, users), key=lambda owner: not owner.is_stranger)
    return owners[0] if owners else None


def listening(lines: Iterable[str], port: int) -> set[int]:
    """Return the users who listen at a port where this machine reaches itself, by a table of the kernel's.

    >>> listening(["sl local_address", "0: 0100007F:2CAA 00000000:0000 0A 0:0 00:0 00000000  1001 0 5 1"], 11434)
    {1001}
    """
    users = set()
    for line in lines:
        words = line.split()
        if len(words) > 7 and words[3] == _LISTENS:
            address, _, number = words[1].partition(":")
            if int(number, 16) == port and _is_this_machine(address):
                users.add(int(words[7]))
    return users


def _is_this_machine(address: str) -> bool:
    """Whether an address is a loopback one or stands for all; the kernel writes it in numbers of four bytes."""
    parts = [bytes.fromhex(address[at : at + 8]) for at in range(0, len(address), 8)]
    told = ipaddress.ip_address(b"".join(part[::-1] if sys.byteorder == "little" else part for part in parts))
    told = getattr(told, "ipv4_mapped", None) or told
    return told.is_loopback or told.is_unspecified


def _owner(user: int) -> Owner:
    import pwd

    try:
        name = pwd.getpwuid(user).pw_name
    except KeyError:
        name = f"user {user}"
    return Owner(name, is_stranger=user >= _FIRST_PERSON and user != os.getuid())
