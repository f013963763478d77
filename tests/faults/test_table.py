"""Whatever an endpoint does to a run, every sample that can be had is there, and none that does not comply."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.impossible import IMPOSSIBLE, impossible
from tests.faults.table import FAULTS, SAMPLES, TRANSPORTS, Cell, run


def _ways(fault: str, transport: str) -> list[str]:
    return [way for way in FAULTS[fault].ways if way not in TRANSPORTS[transport].without]


def _marks(fault: str, way: str, transport: str) -> tuple[pytest.MarkDecorator, ...]:
    """Mark a cell as one for the whole suite: litellm's other ways, and where it waits for seconds in vain."""
    known = impossible(fault, transport)
    is_another = transport.startswith("litellm") and way != _ways(fault, transport)[0]
    return (pytest.mark.slow,) if is_another or (known is not None and known.is_long) else ()


CELLS = [
    pytest.param(fault, way, transport, id=f"{fault}-{way}-{transport}", marks=_marks(fault, way, transport))
    for transport in TRANSPORTS
    for fault in FAULTS
    for way in _ways(fault, transport)
]
FEW = 40
WITHHELD = {
    "refuses": "the model refused to answer: ",
    "withholds": "the provider's content filter kept the answer back",
    "too large for a minute": "Request too large for `any`",
}
STOPPED = {"401": "The key was sent and not accepted", "redirects": "It redirects; give the final address"}
README = Path(__file__).resolve().parents[2] / "README.md"

# litellm's own warnings, at imports that it makes when it needs them: nothing that we could mend.
pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.mark.parametrize(("fault", "way", "transport"), CELLS)
def test_a_fault_costs_no_sample(fault: str, way: str, transport: str) -> None:
    _judge(run(fault, way, transport, FEW), FEW)


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "way", "transport"), CELLS)
def test_a_fault_costs_no_sample_of_two_hundred(fault: str, way: str, transport: str) -> None:
    _judge(run(fault, way, transport, SAMPLES), SAMPLES)


def test_what_litellm_makes_impossible_is_told_in_the_readme() -> None:
    _, _, rest = README.read_text(encoding="utf-8").partition("What litellm makes\nimpossible:")
    assert rest, "the README has the list"
    told = rest.removeprefix("\n\n").partition("\n\n")[0]
    listed = [line.removeprefix("- ") for line in told.splitlines()]
    assert sorted(listed) == sorted({line.told for line in IMPOSSIBLE})
    assert all(line.transport.startswith("litellm") and line.fault in FAULTS for line in IMPOSSIBLE)


def _judge(cell: Cell, samples: int) -> None:
    known = impossible(cell.fault, cell.transport)
    if known is None:
        _is_right(cell, samples)
        return
    try:
        _is_right(cell, samples)
    except AssertionError:
        pass
    else:
        pytest.fail(f"litellm has mended this: take it out of tests/faults/impossible.py and the README. {known}")
    assert any(known.seen in words for words in cell.seen), cell


def _is_right(cell: Cell, samples: int) -> None:
    if not FAULTS[cell.fault].is_final:
        assert (cell.came, cell.failed, cell.open, cell.drafts) == (samples, 0, 0, 0), cell
    elif cell.fault in WITHHELD:
        assert cell.came + cell.failed == samples, cell
        assert cell.failed > 0
        assert any(WITHHELD[cell.fault] in words for words in cell.seen), cell
    else:
        assert cell.failed == 0, "no access is no row's fault"
        assert cell.came < samples, "the endpoint took no more calls after the twentieth"
        assert cell.followed == [], "what is redirected goes nowhere, and the key with it"
        assert any(STOPPED[cell.fault] in words for words in cell.seen), cell
