"""What requirements/lock.txt says: which version of each package the make targets install, and since when."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

LOCK = Path(__file__).resolve().parents[1] / "requirements" / "lock.txt"


def pins(text: str) -> dict[str, list[str]]:
    r"""Return the versions that a lock names, by package: mostly one, else those for some Pythons or systems.

    >>> pins("a==1.0\n    # via b\nb==2 ; python_version < '3.12'\nb==3 ; python_version >= '3.12'")
    {'a': ['1.0'], 'b': ['2', '3']}
    """
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE):
        found.setdefault(name, []).append(version)
    return found


def changes(old: str, new: str) -> list[str]:
    r"""Return a line for each package whose versions differ between two locks.

    >>> changes("a==1\nb==2", "a==1.1\nc==3")
    ['a 1 -> 1.1', 'b 2 -> gone', 'c new -> 3']
    """
    before, after = pins(old), pins(new)
    return [
        f"{name} {', '.join(before.get(name, ['new']))} -> {', '.join(after.get(name, ['gone']))}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def locked_on(text: str) -> date:
    r"""Return the day on which a lock was made, which its first line tells.

    Raises:
        ValueError: it does not.

    >>> locked_on("# locked on 2026-11-29\nlitellm==1.110.2\n")
    datetime.date(2026, 11, 29)
    """
    first = text.partition("\n")[0]
    told = re.fullmatch(r"# locked on (\d{4}-\d{2}-\d{2})", first.strip())
    if told is None:
        raise ValueError(f"The lock begins with a line such as '# locked on 2026-11-29', not with {first!r}.")
    return date.fromisoformat(told[1])
