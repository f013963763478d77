"""Run every suite and print one line for each; the exit code says whether all is well.

    python -m tools.run_tests            all suites
    python -m tools.run_tests unit lint  these
    python -m tools.run_tests --full     with the slow tests and the benchmarks, and a report that names the commit

Two suites run side by side, one per core. Browsers come last: they take more than a core each, and nothing that looks
at a clock runs beside them.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools.environment import ROOT, environment, find_browser
from tools.report import write_report
from tools.suites import BUILD, Counts, Step, Suite, slowest, suites

LIMIT = 15 * 60
"""Seconds after which a program counts as hanging."""

LANES = (
    (("unit",), ("lint", "front end", "stories", "faults", "contract")),
    (("browser",), ("curating", "kernel", "notebooks")),
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

    @property
    def failed(self) -> bool:
        """Whether the suite does not count as passed."""
        return bool(self.counts.failed)

    def __str__(self) -> str:
        c = self.counts
        said = f"{c.passed + c.failed:5} ran {c.passed:5} passed {c.failed:4} failed {c.skipped:4} skipped"
        return f"{'FAIL' if self.failed else 'ok':4} {self.name:10}{said} {self.seconds:7.1f} s {self.trouble}".rstrip()


def main() -> int:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(description="Run the test suites.")
    known = suites(slow=False)
    parser.add_argument("only", nargs="*", metavar="suite", help=", ".join(suite.name for suite in known))
    parser.add_argument("--full", action="store_true", help="slow tests and benchmarks too, with a report")
    chosen = parser.parse_args()
    # A shell lets what it starts in the background ignore Ctrl+C, and so would every program of the suites.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if unknown := set(chosen.only) - {suite.name for suite in known}:
        parser.error(f"no suite {', '.join(sorted(unknown))}; there are: {', '.join(s.name for s in known)}")
    BUILD.mkdir(parents=True, exist_ok=True)
    wanted = [suite for suite in suites(slow=chosen.full) if not chosen.only or suite.name in chosen.only]
    outcomes = run_all(wanted)
    for outcome in outcomes:
        if outcome.failed:
            show_failure(outcome)
    print()
    print("\n".join(["where the time goes:", *slowest(suite.name for suite in wanted), ""]))
    for outcome in outcomes:
        print(outcome)
    if chosen.full:
        print(f"report: {write_report(outcomes)}")
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
    counts, troubles, outputs = Counts(), [], []
    for step in suite.steps():
        code, output = run_step(step)
        outputs.append(f"$ {' '.join(step.command)}\n{output}")
        counted = step.read(output)
        if counted is None:
            counts += Counts(passed=1) if code == 0 else Counts(failed=1)
        else:
            # A suite that ran nothing, or ended badly without a failed test, has not passed.
            silent = code != 0 and not counted.failed
            troubles += [f"(exit code {code})"] if silent else []
            counts += counted + Counts(failed=int(silent))
    log.write_text("\n".join(outputs), encoding="utf-8")
    outcome = Outcome(suite.name, counts, time.monotonic() - started, log, " ".join(troubles))
    say(str(outcome))
    return outcome


def say(line: str) -> None:
    """Print a line in one piece: two lanes speak at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def run_step(step: Step) -> tuple[int, str]:
    """Run one program in a process group of its own; end the whole group when it takes too long."""
    variables = environment()
    if browser := find_browser():
        variables["SYNTH_CHROMIUM"] = browser
    with subprocess.Popen(
        step.command,
        cwd=step.folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        timer = threading.Timer(LIMIT, end_group, [process.pid])
        timer.daemon = True
        timer.start()
        output, _ = process.communicate()
        timer.cancel()
    return process.returncode, output


def end_group(leader: int) -> None:
    """Kill a program and whatever it started."""
    os.killpg(leader, signal.SIGKILL)


def show_failure(outcome: Outcome) -> None:
    """Print the end of a failed suite's output."""
    lines = outcome.log.read_text(encoding="utf-8").splitlines()
    print(f"\n{'-' * 20} {outcome.name}: {outcome.log.relative_to(ROOT)} {'-' * 20}")
    print("\n".join(lines[-150:]))


if __name__ == "__main__":
    sys.exit(main())
