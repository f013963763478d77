"""Renew requirements/lock.txt: the newest versions of everything that the make targets install.

With it go the hashes of what ``python -m synth_widgets local`` installs.

    python -m tools.renew_lock

Nothing is written unless every Python that the package supports finds a ready-made wheel of each version, on Linux,
macOS and Windows, unless each default model stays for another half year by the price list that is locked then, and
unless what is known of the packages' weak points is explained (`tools/audit.py`). Where no service tells these, the
lock says in its head that it was not audited.
"""

from __future__ import annotations

import json
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from synth_widgets.__main__ import RUNTIME, WEIGHTS, Part
from synth_widgets.money import FILE as PRICES
from tools.audit import audit
from tools.default_models import MONTHS, problems
from tools.environment import ROOT, SetupError, run, say, uv
from tools.lock import LOCK, changes, pins

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = ("linux", "macos", "windows")
INPUTS = ("pyproject.toml", "requirements/lock.in")
HEAD = """\
# locked on {today}
# What make demo, make lab, make test and .ci/run install, for Python {pythons}. Renewed by: make lock
# {audited}
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
    """Write the lock, and say what has changed.

    Raises:
        SetupError: there is no uv, no set of versions, no wheel for some Python, a weak point that nobody has
            explained, or a default model that ends.
    """
    program = uv()
    if program is None:
        raise SetupError("Only uv can write it.")
    today = datetime.now(UTC).date()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        versions = resolved(program, folder)
        audited = audit(program, folder, versions, today)
        head = HEAD.format(today=today, pythons=f"{PYTHONS[0]} to {PYTHONS[-1]}", audited=audited)
        text = head + versions
        check_models(program, folder, text, today)
        hashes = {part: hashed(program, folder, part, text) for part in (RUNTIME, WEIGHTS)}
    for part, told in hashes.items():
        part.requirements.write_text(told, encoding="utf-8")
    old = LOCK.read_text(encoding="utf-8") if LOCK.exists() else ""
    LOCK.write_text(text, encoding="utf-8")
    print("\n".join(changes(old, text) or ["no version has changed"]))


def resolved(program: Path, folder: Path) -> str:
    """Return the newest versions that go together, one a line, once each Python and system was found to have them."""
    compiled = folder / "lock.txt"
    say("the newest versions …")
    options = ("--universal", "--python-version", PYTHONS[0], "--extra", "test", "--upgrade", "--no-header")
    overrides = ("--overrides", "requirements/overrides.txt")
    run(program, "pip", "compile", "--quiet", *INPUTS, *options, *overrides, "--output-file", compiled)
    for python in PYTHONS:
        for system in PLATFORMS:
            say(f"wheels for Python {python} on {system} …")
            where = ("--python-version", python, "--python-platform", system)
            ready = ("--no-deps", "--only-binary", ":all:", "--output-file", folder / "ready.txt")
            run(program, "pip", "compile", "--quiet", compiled, *where, *ready)
    return compiled.read_text(encoding="utf-8")


def hashed(program: Path, folder: Path, part: Part, text: str) -> str:
    """Return the version of a package that a lock names, with the hashes of all its files."""
    say(f"the hashes of {part.package} …")
    asked, locked, told = (folder / name for name in ("part.in", "locked.txt", "hashed.txt"))
    asked.write_text(part.package, encoding="utf-8")
    locked.write_text(text, encoding="utf-8")
    options = ("--universal", "--python-version", PYTHONS[0], "--no-deps", "--generate-hashes", "--no-header")
    run(program, "pip", "compile", "--quiet", asked, "--constraint", locked, *options, "--no-annotate", "-o", told)
    return told.read_text(encoding="utf-8")


def check_models(program: Path, folder: Path, text: str, today: date) -> None:
    """Look the default models up in the price list of the litellm that a lock names."""
    [version] = pins(text)["litellm"]
    say(f"the default models, in the price list of litellm {version} …")
    run(program, "pip", "install", "--quiet", "--no-deps", "--target", folder, f"litellm=={version}")
    prices: dict[str, Any] = json.loads((folder / "litellm" / PRICES).read_text(encoding="utf-8"))
    if wrong := problems(prices, today, MONTHS):
        raise SetupError("\n".join(wrong))


if __name__ == "__main__":
    sys.exit(main())
