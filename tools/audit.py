"""What is known of the weak points of the locked packages, by pip-audit and by npm audit, and what we say to each.

An entry of requirements/audit.toml explains why one does not concern us, and until when that counts. Where a service
gives no answer nothing was audited: that is never taken for a clean one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tools.environment import ROOT, SetupError, environment, npm, run, say
from tools.lock import pins

EXPLAINED = ROOT / "requirements" / "audit.toml"
PATIENCE = 300
"""Seconds that a tool may take."""


class NotAuditedError(Exception):
    """A tool gave no answer, or none for some packages; the message says why.

    Attributes:
        findings: what it did tell.
    """

    def __init__(self, words: str, findings: Iterable[Finding] = ()) -> None:
        super().__init__(words)
        self.findings = list(findings)


@dataclass(frozen=True)
class Finding:
    """A weak point of a package: the ids that it goes by, the usual one first, and what it is."""

    package: str
    ids: tuple[str, ...]
    words: str


@dataclass(frozen=True)
class Explanation:
    """Why a weak point does not concern us, and the last day on which that counts."""

    id: str
    package: str
    why: str
    until: date


def audit(program: Path, folder: Path, versions: str, today: date) -> str:
    """Audit what a lock and js/package-lock.json name; return what the lock's head is to say of it.

    Args:
        program: uv.
        folder: for the tool's own environment.
        versions: a lock.
        today: explanations are held against it.

    Raises:
        SetupError: something is found that nobody has explained, or whose explanation has run out.
    """
    findings: list[Finding] = []
    lacking: list[str] = []
    tools: dict[str, Callable[[], list[Finding]]] = {
        "pip-audit": lambda: _of_python(program, folder, versions),
        "npm audit": _of_npm,
    }
    for name, tool in tools.items():
        say(f"{name} …")
        try:
            findings += tool()
        except (NotAuditedError, SetupError) as error:
            lacking.append(name)
            findings += getattr(error, "findings", ())
            print(f"lock: NOT AUDITED by {name}: {error}", file=sys.stderr)
    told = explanations(EXPLAINED.read_text(encoding="utf-8"))
    if wrong := unexplained(findings, told, today):
        raise SetupError("\n".join([*wrong, f"Renew what has them, or say in {EXPLAINED.name} why they are nothing."]))
    if lacking:
        return f"NOT AUDITED on {today} by {' and '.join(lacking)}, which gave no answer"
    if idle := unneeded(findings, told):
        print("\n".join(idle))
    return f"audited on {today} by {' and '.join(tools)}: nothing that requirements/audit.toml does not explain"


def explanations(text: str) -> list[Explanation]:
    """Return the entries of requirements/audit.toml.

    Raises:
        SetupError: an entry lacks something.
    """
    entries = tomllib.loads(text).get("explained", [])
    try:
        told = [Explanation(**entry) for entry in entries]
    except TypeError as error:
        raise SetupError(f"{EXPLAINED.name}: an entry has id, package, why and until: {error}") from None
    for each in told:
        if not each.why.strip() or type(each.until) is not date:
            raise SetupError(f"{EXPLAINED.name}: {each.id} needs a reason, and a date such as 2027-01-31")
    return told


def unexplained(findings: Iterable[Finding], told: Iterable[Explanation], today: date) -> list[str]:
    """Return a line for each weak point that is not explained today."""
    told, wrong = list(told), []
    for each in findings:
        mine = [one for one in told if one.id in each.ids and one.package == each.package]
        if not any(one.until >= today for one in mine):
            since = f" (explained until {max(one.until for one in mine)})" if mine else ""
            wrong.append(f"{each.package}: {each.ids[0]}{since}: {each.words}")
    return wrong


def unneeded(findings: Iterable[Finding], told: Iterable[Explanation]) -> list[str]:
    """Return a line for each explanation of what is not found any more."""
    found = {(each.package, ident) for each in findings for ident in each.ids}
    return [f"{EXPLAINED.name}: {one.id} of {one.package} can go" for one in told if (one.package, one.id) not in found]


def python_findings(text: str) -> list[Finding]:
    """Return what pip-audit tells in JSON.

    Raises:
        NotAuditedError: it tells nothing, or passed packages over: it ends well where a service knows none of them.
    """
    told = _json(text)
    dependencies = told.get("dependencies")
    if not isinstance(dependencies, list) or not dependencies:
        raise NotAuditedError("it lists no packages")
    findings = [
        Finding(each["name"], (weak["id"], *weak.get("aliases", ())), _short(weak.get("description", "")))
        for each in dependencies
        for weak in each.get("vulns", ())
    ]
    if skipped := [each["skip_reason"] for each in dependencies if "skip_reason" in each]:
        words = f"{len(skipped)} of {len(dependencies)} packages were passed over: {skipped[0]}"
        raise NotAuditedError(words, findings)
    return findings


def npm_findings(text: str) -> list[Finding]:
    """Return what npm audit tells in JSON.

    Raises:
        NotAuditedError: it tells nothing, but what went wrong.
    """
    told = _json(text)
    if not isinstance(told.get("vulnerabilities"), dict) or "auditReportVersion" not in told:
        raise NotAuditedError(
            _short(str(told.get("message") or told.get("error") or f"status {told.get('statusCode')}"))
        )
    return list(
        dict.fromkeys(
            Finding(weak["name"], (weak["url"].rpartition("/")[2], str(weak["source"])), _short(weak["title"]))
            for each in told["vulnerabilities"].values()
            for weak in each["via"]
            if isinstance(weak, dict)  # a text names another package that has it
        )
    )


def _json(text: str) -> dict[str, Any]:
    """Return the object that a tool has printed."""
    try:
        told = json.loads(text[text.index("{") :])
    except ValueError:
        raise NotAuditedError(_short(text.strip().rpartition("\n")[2]) or "it said nothing") from None
    if not isinstance(told, dict):
        raise NotAuditedError(_short(text))
    return told


def _short(words: str) -> str:
    return " ".join(words.split())[:200]


def _of_python(program: Path, folder: Path, versions: str) -> list[Finding]:
    """Ask pip-audit, in an environment of its own, about every version that a lock names, for whatever system."""
    tools, locked = folder / "audit", folder / "audit.txt"
    locked.write_text(versions, encoding="utf-8")
    run(program, "venv", "--quiet", tools)
    python = tools / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    run(program, "pip", "install", "--quiet", "--python", python, "--constraint", locked, "pip-audit")
    findings: list[Finding] = []
    named = pins(versions)
    for at in range(max(map(len, named.values()))):  # it takes one version of a package at a time
        lines = [f"{name}=={all_of[at]}" for name, all_of in named.items() if at < len(all_of)]
        locked.write_text("\n".join(lines), encoding="utf-8")
        options = ("--format", "json", "--no-deps", "--disable-pip", "--progress-spinner", "off")
        findings += python_findings(_said(python, "-m", "pip_audit", "--requirement", locked, *options))
    return list(dict.fromkeys(findings))


def _of_npm() -> list[Finding]:
    return npm_findings(_said(npm(), "audit", "--json", cwd=ROOT / "js"))


def _said(*command: str | Path, cwd: Path = ROOT) -> str:
    """Return what a tool prints; its exit code says only whether it found something."""
    try:
        ran = subprocess.run(
            list(map(str, command)),
            cwd=cwd,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotAuditedError(_short(str(error))) from None
    return ran.stdout if ran.stdout.strip() else ran.stderr
