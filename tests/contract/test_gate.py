"""What the gate makes of tests that fail now and then, fail always, or hang."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from tools import run_tests, second_run, suites
from tools.run_tests import flaky_lines, run_again, run_suite
from tools.steps import run_step
from tools.suites import Counts, Step, Suite, pytest_step

NOW_AND_THEN = """
import pytest
from pathlib import Path

@pytest.mark.parametrize("name", {names})
def test_now_and_then(name):
    seen = Path(f"seen-{{name}}")
    if not seen.exists():
        seen.touch()
        raise AssertionError("the first run of " + name)
"""
ALWAYS = """
def test_never():
    print("not this time either")
    assert False
"""


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the runs of this test leave their files."""
    folder = tmp_path / "build"
    folder.mkdir()
    for module in (suites, run_tests):
        monkeypatch.setattr(module, "BUILD", folder)
    monkeypatch.setattr(second_run, "FLAKY", folder / "flaky")
    monkeypatch.setattr(second_run, "FAILURES", folder / "failures")
    return folder


def suite_of(folder: Path, source: str, *, again: bool = True) -> Suite:
    (folder / "test_it.py").write_text(source, encoding="utf-8")

    def step(name: str, what: str) -> Step:
        variables = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # they take most of the time
        return pytest_step(name, what, python=Path(sys.executable), folder=folder, variables=variables)

    return Suite("it", lambda: [step("it", "test_it.py")], (lambda test: step("it-again", test)) if again else None)


def test_a_test_that_passes_when_it_runs_once_more_is_named_and_kept(build: Path, tmp_path: Path) -> None:
    suite = suite_of(tmp_path, NOW_AND_THEN.format(names=["a"]))
    left = build / "failures" / "test_now_and_then-a"
    left.mkdir(parents=True)
    (left / "page-0.png").write_bytes(b"a picture")
    first = run_suite(suite)
    assert first.failed
    [outcome] = run_again([suite], [first])
    assert not outcome.failed
    assert outcome.counts == Counts(passed=1)
    [line] = flaky_lines([outcome])
    assert line.startswith("flaky: test_it.py::test_now_and_then[a] ")
    kept = build / "flaky" / "test_it.py-test_now_and_then-a"
    assert "the first run of a" in (kept / "first.txt").read_text(encoding="utf-8")
    assert "1 passed" in (kept / "second.txt").read_text(encoding="utf-8")
    assert (kept / "page-0.png").read_bytes() == b"a picture"


def test_a_test_that_fails_twice_has_failed(build: Path, tmp_path: Path) -> None:
    suite = suite_of(tmp_path, ALWAYS)
    [outcome] = run_again([suite], [run_suite(suite)])
    assert outcome.counts == Counts(failed=1)
    assert flaky_lines([outcome]) == []
    assert not (build / "flaky").exists()


def test_more_than_two_flaky_tests_are_named_and_none_is_forgiven(build: Path, tmp_path: Path) -> None:
    suite = suite_of(tmp_path, NOW_AND_THEN.format(names=["a", "b", "c"]))
    [outcome] = run_again([suite], [run_suite(suite)])
    assert outcome.counts == Counts(failed=3)
    lines = flaky_lines([outcome])
    assert [line.startswith("flaky: ") for line in lines] == [True, True, True, False]
    assert "none is forgiven" in lines[-1]


def test_a_suite_without_a_kernel_or_browser_is_never_run_twice(build: Path, tmp_path: Path) -> None:
    suite = suite_of(tmp_path, NOW_AND_THEN.format(names=["a"]), again=False)
    [outcome] = run_again([suite], [run_suite(suite)])
    assert outcome.failed
    twice = {suite.name for suite in suites.suites(slow=True) if suite.again is not None}
    assert twice == {"kernel", "notebooks", "browser", "curating"}


def test_a_suite_is_stopped_when_nothing_comes_of_it_not_when_it_is_long(tmp_path: Path) -> None:
    speaks = "import time\nfor n in range(8): print(n, flush=True); time.sleep(0.25)"
    code, output = run_step(Step([sys.executable, "-c", speaks], tmp_path), stalled=1.5)
    assert (code, output.split()) == (0, list("01234567"))
    silent = "import time; print('begun', flush=True); time.sleep(600)"
    code, output = run_step(Step([sys.executable, "-c", silent], tmp_path), stalled=1.5)
    assert code == -signal.SIGKILL
    assert output.startswith("begun\n")
    assert "stopped: no test ended" in output


def test_a_program_that_is_not_there_has_failed(tmp_path: Path) -> None:
    code, output = run_step(Step(["no-such-program"], tmp_path))
    assert code != 0
    assert "no-such-program" in output
