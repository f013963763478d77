"""What benchmarks print: each figure beside what it is compared with, as a table or as lines of JSON.

    def measure() -> Iterator[Row]:
        yield Row("import", 0.41, 0.40, limit=1.15, unit="s", beside="import pandas, anywidget")

    if __name__ == "__main__":
        run(measure)

``python -m tests.bench.bench_import`` prints a table, the same with ``--json`` one line of JSON a figure.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        figure: what was measured.
        value: the measured value.
        reference: what it is compared with, measured in the same run; ``None``: the value itself has the limit.
        limit: what the ratio, or the value where there is no reference, should keep to.
        unit: of the value and the reference.
        beside: what the reference is.
        at_least: whether the limit is the least that is good; else it is the most.
    """

    figure: str
    value: float
    reference: float | None
    limit: float | None
    unit: str = ""
    beside: str = ""
    at_least: bool = False

    @property
    def ratio(self) -> float | None:
        """The value over the reference."""
        return self.value / self.reference if self.reference else None

    @property
    def passes(self) -> bool | None:
        """Whether the limit is kept; ``None`` where there is none."""
        measured = self.value if self.reference is None else self.ratio
        if self.limit is None or measured is None:
            return None
        return measured >= self.limit if self.at_least else measured <= self.limit


def show(rows: Iterable[Row]) -> None:
    """Print a table, each row as soon as it is measured."""
    print(f"{'figure':46}{'value':>12}{'beside':>12}{'ratio':>8}  limit")
    for row in rows:
        reference = "" if row.reference is None else f"{row.reference:.4g}"
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        verdict = {None: "", True: "pass", False: "FAIL"}[row.passes]
        limit = "" if row.limit is None else f"{'≥' if row.at_least else '≤'} {row.limit:g}"
        value = f"{row.value:.4g} {row.unit}".strip()
        print(f"{row.figure:46}{value:>12}{reference:>12}{ratio:>8}  {limit} {verdict}  {row.beside}", flush=True)


def run(measure: Callable[[], Iterable[Row]]) -> None:
    """Measure, and print a table, or with ``--json`` the rows as lines of JSON."""
    if "--json" not in sys.argv[1:]:
        show(measure())
        return
    for row in measure():
        print(json.dumps(asdict(row) | {"ratio": row.ratio, "passes": row.passes}), flush=True)
