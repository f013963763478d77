"""An hour of review in JupyterLab, by keys alone: the frame must be what the person decided.

Drafts are kept, rejected, skipped, edited, rated, made anew, judged in batches and found again, and much of that is
undone and done again. After each key the focus must stand where it is expected: nobody loses their place. How quick it
is, `tests/bench/bench_hour.py` says beside its limits.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.big_file import big_file
from tests.browser.conftest import OpenNotebook
from tests.browser.hour import ACTS, ROWS, SHARES, cells_for, sit_down, stand_up


@pytest.mark.parametrize(("verdicts", "rows"), [(60, 2_000), pytest.param(600, ROWS, marks=pytest.mark.slow)])
def test_what_was_decided_by_keys_is_what_the_frame_says(
    verdicts: int, rows: int, open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    notebook = open_notebook(cells_for(big_file(tmp_path, rows, SHARES)))
    hour = sit_down(notebook, seed=verdicts)
    with notebook.cells_unchanged("the hour"):
        hour.play(verdicts)
    assert stand_up(hour) == {ident: want.told() for ident, want in hour.plan.want.items()}
    if verdicts == 600:
        assert len(hour.done) == len(ACTS), "something was never tried"
