"""Run every suite and print one line for each; the exit code says whether all is well.

    python -m tools.run_tests            all suites
    python -m tools.run_tests unit lint  these
    python -m tools.run_tests --full     with the slow tests, other versions and the benchmarks, and a report that names
                                         the commit

Two suites run side by side, one per core. Browsers come last: they take more than a core each, and nothing that looks
at a clock runs beside them. A failed test that has a real kernel or browser in it runs once more when all have ended.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from tools.environment import ROOT
from tools.report import write_report
from tools.second_run import MOST_AGAIN, MOST_FLAKY, flaky_tests, forget, shown
from tools.steps import run_step
from tools.suites import BUILD, OTHER_VERSIONS, Counts, Failure, Suite, slowest, suites, version_suites

LANES = (
    (("unit",), ("lint", "front end", "stories", "faults", "fuzz", "contract")),
    (("browser",), ("curating", "kernel", "notebooks")),
    tuple(tuple(suite.name for suite in version_suites(versions)) for versions in OTHER_VERSIONS),
)
"""What runs beside what: the lanes of a pair start together, the next pair when both have ended."""


@dataclass(frozen=True)
class Outcome:
    """What became of a suite, and where its full output is."""

    name: str
    counts: Counts
    seconds: float
    log: Path
    trouble: str = ""
    failures: list[Failure] = field(default_factory=list)
    flaky: list[Failure] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether the suite does not count as passed."""
        return bool(self.counts.failed)

    def forgiven(self, flaky: list[Failure]) -> Outcome:
        """Return the outcome with these of its failures counted as passed."""
        counts = self.counts + Counts(passed=len(flaky), failed=-len(flaky))
        return replace(self, counts=counts, flaky=flaky)

    def __str__(self) -> str:
        c = self.counts
        said = f"{c.passed + c.failed:5} ran {c.passed:5} passed {c.failed:4} failed {c.skipped:4} skipped"
        name = f"{self.name:10}" if len(self.name) <= 10 else f"{self.name:15}"
        return f"{'FAIL' if self.failed else 'ok':4} {name}{said} {self.seconds:7.1f} s {self.trouble}".rstrip()


def main() -> int:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(description="Run the test suites.")
    known = suites(slow=True)
    parser.add_argument("only", nargs="*", metavar="suite", help=", ".join(suite.name for suite in known))
    parser.add_argument("--full", action="store_true", help="slow tests, other versions, benchmarks, with a report")
    chosen = parser.parse_args()
    # A shell lets what it starts in the background ignore Ctrl+C, and so would every program of the suites.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if unknown := set(chosen.only) - {suite.name for suite in known}:
        parser.error(f"no suite {', '.join(sorted(unknown))}; there are: {', '.join(s.name for s in known)}")
    BUILD.mkdir(parents=True, exist_ok=True)
    forget()
    offered = suites(slow=chosen.full or bool(set(chosen.only) - {suite.name for suite in suites(slow=False)}))
    wanted = [suite for suite in offered if not chosen.only or suite.name in chosen.only]
    outcomes = run_again(wanted, run_all(wanted))
    for outcome in outcomes:
        if outcome.failed:
            show_failure(outcome)
    print()
    print("\n".join(["where the time goes:", *slowest(suite.name for suite in wanted), ""]))
    lines = [*map(str, outcomes), *flaky_lines(outcomes)]
    print("\n".join(lines))
    if chosen.full:
        print(f"report: {write_report(lines)}")
    total = sum((outcome.counts for outcome in outcomes), Counts())
    print(f"{total.passed} passed, {total.failed} failed" + (f", {total.skipped} skipped" if total.skipped else ""))
    return 1 if total.failed or not total.passed else 0


def run_all(wanted: list[Suite]) -> list[Outcome]:
    """Run the suites in their lanes and return the outcomes in the given order."""
    by_name = {suite.name: suite for suite in wanted}

    def run_lane(names: Sequence[str]) -> dict[str, Outcome]:
        return {name: run_suite(by_name[name]) for name in names if name in by_name}

    done: dict[str, Outcome] = {}
    for pair in LANES:
        with ThreadPoolExecutor(len(pair)) as pool:
            for lane in pool.map(run_lane, pair):
                done |= lane
    return [done[suite.name] for suite in wanted]


def run_suite(suite: Suite) -> Outcome:
    """Run a suite's steps, say its line, keep its output in build/test."""
    say(f"…    {suite.name}")
    log = BUILD / f"{suite.name.replace(' ', '-')}.log"
    started = time.monotonic()
    counts, troubles, outputs, failures = Counts(), [], [], []
    for step in suite.steps():
        code, output = run_step(step)
        outputs.append(f"$ {' '.join(step.command)}\n{output}")
        counted = step.read(output)
        failures += step.failures()
        if counted is None:
            counts += Counts(passed=1) if code == 0 else Counts(failed=1)
        else:
            # A suite that ran nothing, or ended badly without a failed test, has not passed.
            silent = code != 0 and not counted.failed
            troubles += [f"(exit code {code})"] if silent else []
            counts += counted + Counts(failed=int(silent))
    log.write_text("\n".join(outputs), encoding="utf-8")
    outcome = Outcome(suite.name, counts, time.monotonic() - started, log, " ".join(troubles), failures)
    say(str(outcome))
    return outcome


def run_again(wanted: list[Suite], outcomes: list[Outcome]) -> list[Outcome]:
    """Run failed tests of kernels and browsers once more, alone; return the outcomes with what passed then forgiven."""
    twice = [suite.again is not None for suite in wanted]
    failed = sum(len(outcome.failures) for outcome, again in zip(outcomes, twice, strict=True) if again)
    if not 0 < failed <= MOST_AGAIN:
        return outcomes
    say(f"…    {failed} failed, once more")
    flaky = [flaky_tests(suite, outcome.failures) for suite, outcome in zip(wanted, outcomes, strict=True)]
    if sum(map(len, flaky)) > MOST_FLAKY:
        return [replace(outcome, flaky=found) for outcome, found in zip(outcomes, flaky, strict=True)]
    return [outcome.forgiven(found) for outcome, found in zip(outcomes, flaky, strict=True)]


def flaky_lines(outcomes: list[Outcome]) -> list[str]:
    """Return the closing lines about tests that passed only when they ran once more."""
    found = [failure.test for outcome in outcomes for failure in outcome.flaky]
    lines = [f"flaky: {test}   ({shown(test)})" for test in found]
    return (
        [*lines, f"{len(found)} tests are flaky, {MOST_FLAKY} may be: none is forgiven"]
        if len(found) > MOST_FLAKY
        else lines
    )


def say(line: str) -> None:
    """Print a line in one piece: two lanes speak at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def show_failure(outcome: Outcome) -> None:
    """Print the end of a failed suite's output."""
    lines = outcome.log.read_text(encoding="utf-8").splitlines()
    print(f"\n{'-' * 20} {outcome.name}: {outcome.log.relative_to(ROOT)} {'-' * 20}")
    print("\n".join(lines[-150:]))


if __name__ == "__main__":
    sys.exit(main())
