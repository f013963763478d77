"""A number that a browser only carries comes back as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import synth_widgets as sw
from synth_widgets.testing import ScriptedCompleter
from synth_widgets.widget.numbers import as_held
from tests.replica import Peer

VALUES: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def through_a_browser(value: Any) -> Any:
    """What JSON.parse and JSON.stringify make of a value: each number a double, whole ones without a point."""
    if isinstance(value, dict):
        return {k: through_a_browser(v) for k, v in value.items()}
    if isinstance(value, list):
        return [through_a_browser(v) for v in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    double = float(value)
    return int(double) if double.is_integer() and abs(double) < 1e21 else double


@given(VALUES)
def test_what_a_browser_sends_back_unchanged_is_unchanged(value: Any) -> None:
    assert json.dumps(as_held(through_a_browser(value), value)) == json.dumps(value)


@pytest.mark.parametrize(
    ("sent", "held"), [(1, True), (0, False), ("1", 1), (2, 1.0), ([1, 2], [1.5]), ({"a": 1}, {"b": 1.0}), (1, None)]
)
def test_what_was_typed_stays_as_it_was_typed(sent: Any, held: Any) -> None:
    assert json.dumps(as_held(sent, held)) == json.dumps(sent)


def test_an_edit_from_the_page_leaves_the_other_numbers_exact(open_studio: Any) -> None:
    schema = {"type": "object", "properties": {"id": {"type": "integer"}, "price": {"type": "number"}, "n": {}}}
    made = {"id": 12345678901234567891, "price": 2.0, "n": 1}
    model = ScriptedCompleter(answers=lambda request: made if request.step == "outputs" else None)
    studio = open_studio(model, sw.Task("Numbers", "Count.", output_schema=schema))
    studio.grow(depth=0, samples=1).wait()
    [sample] = studio.samples
    peer = Peer(studio._core, studio)
    assert peer.do("edit", id=sample.id, output={"id": 12345678901234567000, "price": 2, "n": 5})["ok"] == {}
    assert json.dumps(studio.samples[sample.id].output) == '{"id": 12345678901234567891, "price": 2.0, "n": 5}'
