"""Whatever an endpoint does to a run, every sample that can be had is there, and none that does not comply."""

from __future__ import annotations

import pytest

from tests.faults.table import FAULTS, SAMPLES, TRANSPORTS, Cell, run

CELLS = [
    pytest.param(fault, way, transport, id=f"{fault}-{way}-{transport}")
    for transport in TRANSPORTS
    for fault in FAULTS
    for way in FAULTS[fault].ways
    if way not in TRANSPORTS[transport].without
]
FEW = 40
WITHHELD = {
    "refuses": "the model refused to answer: ",
    "withholds": "the provider's content filter kept the answer back",
}

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


def _judge(cell: Cell, samples: int) -> None:
    if not FAULTS[cell.fault].is_final:
        assert (cell.came, cell.failed, cell.open) == (samples, 0, 0), cell
    elif cell.fault in WITHHELD:
        assert cell.came + cell.failed == samples, cell
        assert cell.failed > 0
        assert any(WITHHELD[cell.fault] in words for words in cell.seen)
    else:
        assert cell.failed == 0, "no access is no row's fault"
        assert cell.came < samples, "the endpoint took no more calls after the twentieth"
        assert any("The key was sent and not accepted" in words for words in cell.seen)
