"""Renew requirements/lock.txt: the newest versions of everything that the make targets install.

    python -m tools.lock

Nothing is written unless every Python that the package supports finds a ready-made wheel of each version, on Linux,
macOS and Windows, and unless every default model stands for another half year by the new version's price list.
"""

from __future__ import annotations

import re
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

from tools.environment import LOCK, ROOT, SetupError, run, say, uv

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = ("linux", "macos", "windows")
INPUTS = ("pyproject.toml", "requirements/lock.in")
HEAD = """\
# locked on {today}
# The versions that make demo, make lab, make test and .ci/run install, for Python {pythons}.
# Renewed by: make lock
"""


def main() -> int:
    """Renew the lock; return 1, with the reason, where that cannot be."""
    try:
        renew()
    except SetupError as error:
        print(f"lock: {LOCK.relative_to(ROOT)} stays as it is\n{error}", file=sys.stderr)
        return 1
    return 0


def renew() -> None:
    """Write the lock.

    Raises:
        SetupError: there is no uv, no set of versions, or no wheel for some Python.
    """
    program = uv()
    if program is None:
        raise SetupError("Only uv can write it.")
    today = datetime.now(UTC).date()
    with tempfile.TemporaryDirectory() as folder:
        compiled = Path(folder) / "lock.txt"
        say("the newest versions …")
        resolve = (program, "pip", "compile", "--quiet", "--output-file", compiled)
        universal = ("--universal", "--python-version", PYTHONS[0], "--extra", "test", "--upgrade", "--no-header")
        run(*resolve, *INPUTS, *universal, "--overrides", "requirements/overrides.txt")
        text = HEAD.format(today=today, pythons=f"{PYTHONS[0]} to {PYTHONS[-1]}") + compiled.read_text(encoding="utf-8")
        for python in PYTHONS:
            for system in PLATFORMS:
                say(f"wheels for Python {python} on {system} …")
                where = ("--python-version", python, "--python-platform", system)
                ready = ("--no-deps", "--only-binary", ":all:")
                run(program, "pip", "compile", "--quiet", "-o", Path(folder) / "found.txt", compiled, *where, *ready)
    old = LOCK.read_text(encoding="utf-8") if LOCK.exists() else ""
    LOCK.write_text(text, encoding="utf-8")
    for line in changes(old, text):
        print(line)


def pins(text: str) -> dict[str, str]:
    r"""Return the versions that a lock names, by package; those for other Pythons or systems follow one another.

    >>> pins("a==1.0\n    # via b\nb==2 ; python_version < '3.12'\nb==3 ; python_version >= '3.12'")
    {'a': '1.0', 'b': '2, 3'}
    """
    found: dict[str, str] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE):
        found[name] = f"{found[name]}, {version}" if name in found else version
    return found


def changes(old: str, new: str) -> list[str]:
    r"""Return a line for each package whose versions differ between two locks.

    >>> changes("a==1\nb==2", "a==1.1\nc==3")
    ['a 1 -> 1.1', 'b 2 -> gone', 'c new -> 3']
    """
    before, after = pins(old), pins(new)
    return [
        f"{name} {before.get(name, 'new')} -> {after.get(name, 'gone')}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def locked_on(text: str) -> date:
    """Return the date in a lock's head.

    >>> locked_on("# locked on 2026-11-29")
    datetime.date(2026, 11, 29)
    """
    found = re.match(r"# locked on (\d{4}-\d{2}-\d{2})$", text, re.MULTILINE)
    if found is None:
        raise ValueError("The lock does not begin with the line: # locked on YYYY-MM-DD")
    return date.fromisoformat(found[1])


if __name__ == "__main__":
    sys.exit(main())
