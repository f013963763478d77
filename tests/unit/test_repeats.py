"""Which inputs count as the same: short ones in any spelling, long ones to the letter."""

from __future__ import annotations

import pytest

from synth_widgets.text import normal
from synth_widgets.text.normal import LONG, normal_form


@pytest.mark.parametrize("wrap", [str, lambda text: {"text": text}])
def test_another_spelling_is_a_repeat_up_to_a_length_that_takes_no_time(wrap, monkeypatch):
    short, long = "The box was late. " * 3, "The box was late. " * (LONG // 10)
    assert normal_form(wrap(short)) == normal_form(wrap(short.replace(".", " !").replace("box", "BOX")))
    folded = []
    normalize = normal.unicodedata.normalize
    monkeypatch.setattr(
        normal.unicodedata, "normalize", lambda form, text: folded.append(text) or normalize(form, text)
    )
    assert normal_form(wrap(long)) == normal_form(wrap(long))
    assert normal_form(wrap(long)) != normal_form(wrap(long + "x"))
    assert not folded


def test_the_words_of_a_long_text_are_told_by_its_beginning():
    assert normal.word_count("one two " * LONG) == pytest.approx(2 * LONG, rel=0.01)
    assert normal.word_count({"a": "one two " * LONG, "b": "three"}) == pytest.approx(2 * LONG + 1, rel=0.01)
