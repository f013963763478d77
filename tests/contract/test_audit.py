"""A lock with a weak point that nobody explained is not written, and what nobody looked at is not called clean."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tools import audit as audits
from tools.audit import EXPLAINED, Finding, NotAuditedError, explanations, npm_findings, python_findings, unexplained
from tools.environment import SetupError
from tools.lock import LOCK

TODAY = date(2026, 12, 1)
WEAK = Finding("jinja2", ("PYSEC-2019-217", "CVE-2019-10906", "GHSA-462w-v97r-4m45"), "The sandbox can be left.")
PYTHON = {
    "dependencies": [
        {
            "name": "jinja2",
            "version": "2.10",
            "vulns": [
                {
                    "id": WEAK.ids[0],
                    "fix_versions": ["2.10.1"],
                    "aliases": list(WEAK.ids[1:]),
                    "description": "The sandbox\ncan be left.",
                }
            ],
        },
        {"name": "idna", "version": "3.20", "vulns": []},
    ],
    "fixes": [],
}
"""What pip-audit 2 prints of one package that has a weak point, and of one that has none."""
PASSED_OVER = {
    "dependencies": [
        {"name": "jinja2", "skip_reason": "Dependency not found on PyPI and could not be audited: jinja2 (3.1.6)"},
        {"name": "idna", "skip_reason": "Dependency not found on PyPI and could not be audited: idna (3.11)"},
    ],
    "fixes": [],
}
"""What it printed, and ended well with, where the index has no page of each version."""
NPM = {
    "auditReportVersion": 2,
    "vulnerabilities": {
        "minimist": {
            "name": "minimist",
            "severity": "critical",
            "via": [
                {
                    "source": 1097678,
                    "name": "minimist",
                    "dependency": "minimist",
                    "title": "Prototype Pollution in minimist",
                    "url": "https://github.com/advisories/GHSA-xvch-5gv4-984h",
                    "severity": "critical",
                    "range": "<0.2.4",
                }
            ],
            "effects": ["mkdirp"],
        },
        "mkdirp": {"name": "mkdirp", "severity": "critical", "via": ["minimist"], "effects": []},
    },
    "metadata": {"vulnerabilities": {"critical": 2, "total": 2}},
}
REFUSED = {"message": "405 Method Not Allowed - POST", "method": "POST", "statusCode": 405, "body": "", "error": {}}
"""What npm audit prints where the registry answers no such question."""
ENTRY = '[[explained]]\nid = "{id}"\npackage = "{package}"\nwhy = "No template is ours."\nuntil = {until}\n'


def entry(ident: str = WEAK.ids[0], package: str = "jinja2", until: str = "2026-12-31") -> str:
    return ENTRY.format(id=ident, package=package, until=until)


def test_what_the_tools_tell_is_read() -> None:
    assert python_findings(f"a warning\n{json.dumps(PYTHON)}") == [WEAK]
    [found] = npm_findings(json.dumps(NPM))
    assert found == Finding("minimist", ("GHSA-xvch-5gv4-984h", "1097678"), "Prototype Pollution in minimist")
    clean = {"auditReportVersion": 2, "vulnerabilities": {}}
    assert npm_findings(json.dumps(clean)) == []


def test_what_was_passed_over_or_refused_is_not_audited_whatever_the_tool_s_exit_code() -> None:
    with pytest.raises(NotAuditedError, match="2 of 2 packages were passed over: Dependency not found"):
        python_findings(json.dumps(PASSED_OVER))
    half: dict[str, Any] = {"dependencies": [*PYTHON["dependencies"], PASSED_OVER["dependencies"][0]]}
    with pytest.raises(NotAuditedError, match="1 of 3") as raised:
        python_findings(json.dumps(half))
    assert raised.value.findings == [WEAK]
    with pytest.raises(NotAuditedError, match="405 Method Not Allowed"):
        npm_findings(json.dumps(REFUSED))
    for nothing in (
        "",
        "Traceback …\nrequests.exceptions.ConnectionError: no name",
        "[]",
        "{}",
        '{"dependencies": []}',
    ):
        for read in (python_findings, npm_findings):
            with pytest.raises(NotAuditedError):
                read(nothing)


@pytest.mark.parametrize(
    ("text", "is_explained"),
    [
        ("", False),
        (entry(), True),
        (entry("GHSA-462w-v97r-4m45"), True),
        (entry(package="markupsafe"), False),
        (entry("PYSEC-2019-218"), False),
        (entry(until="2026-12-01"), True),
        (entry(until="2026-11-30"), False),
        (entry(until="2026-11-30") + entry("CVE-2019-10906"), True),
    ],
)
def test_a_weak_point_is_explained_by_its_id_and_package_until_a_day(text: str, is_explained: bool) -> None:
    assert (unexplained([WEAK], explanations(text), TODAY) == []) is is_explained


@pytest.mark.parametrize("text", [entry().replace("why", "reason"), entry().replace("No template is ours.", " "),
                                  entry(until='"soon"'), entry() + "more = 1\n"])  # fmt: skip
def test_an_explanation_says_all_that_it_has_to(text: str) -> None:
    with pytest.raises(SetupError, match=r"audit\.toml"):
        explanations(text)


def audited(monkeypatch: pytest.MonkeyPatch, python: Any, node: Any, text: str, tmp_path: Path) -> str:
    """Audit with tools that print this."""
    monkeypatch.setattr(audits, "_of_python", lambda *_: python_findings(json.dumps(python)))
    monkeypatch.setattr(audits, "_of_npm", lambda: npm_findings(json.dumps(node)))
    file = tmp_path / "audit.toml"
    file.write_text(text, encoding="utf-8")
    monkeypatch.setattr(audits, "EXPLAINED", file)
    return audits.audit(tmp_path, tmp_path, "", TODAY)


def test_an_unexplained_weak_point_keeps_the_lock_as_it_is_also_where_the_other_tool_gave_no_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clean = {"auditReportVersion": 2, "vulnerabilities": {}}
    for node in (clean, REFUSED):
        with pytest.raises(SetupError, match=r"jinja2: PYSEC-2019-217: The sandbox can be left"):
            audited(monkeypatch, PYTHON, node, "", tmp_path)
    assert audited(monkeypatch, PYTHON, clean, entry(), tmp_path).startswith("audited on 2026-12-01")


def test_a_lock_that_nobody_looked_at_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = audited(monkeypatch, PASSED_OVER, REFUSED, "", tmp_path)
    assert said == "NOT AUDITED on 2026-12-01 by pip-audit and npm audit, which gave no answer"
    told = capsys.readouterr().err
    assert "NOT AUDITED by pip-audit: 2 of 2 packages were passed over" in told
    assert "NOT AUDITED by npm audit: 405 Method Not Allowed" in told


def test_the_lock_says_whether_it_was_audited_and_each_explanation_can_be_read() -> None:
    [line] = [line for line in LOCK.read_text(encoding="utf-8").splitlines() if "audited on" in line.casefold()]
    assert re.fullmatch(r"# (audited|NOT AUDITED) on \d{4}-\d\d-\d\d by .+", line)
    explanations(EXPLAINED.read_text(encoding="utf-8"))
