"""Which inputs count as the same: short ones in any spelling, long ones to the letter."""

from __future__ import annotations

import time

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


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2+2", "2-2"),
        ("2 * 2", "2 / 2"),
        ("2*2", "2**2"),
        ("Is 5 > 3?", "Is 5 < 3?"),
        ("5 >= 3", "5 != 3"),
        ("C++ help", "C# help"),
        ("C++", "C"),
        ("$5", "€5"),
        ("5 %", "5"),
        ("-5", "5"),
        ("-$5", "$5"),
        ("Grade A-", "Grade A"),
        ("My parcel is here 🙂", "My parcel is here 🙁"),
        ("👍", "👎"),
        ("20 °C", "20 C"),
        ("कि", "का"),
        ("ที่", "ทา"),
    ],
)
def test_a_sign_that_says_something_makes_another_input(one, other):
    assert normal_form(one) != normal_form(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("the e-mail: late", "The e mail - late!"),
        ("**late** and *lost*", "late and lost"),
        ("# Late\n\nthe box\n- and more", "late the box and more"),
        ("2+2 = 4", "2 + 2\n=  4."),
        ("−5 – 10", "-5 - 10"),
        ("5%", "5 %"),
        ("GPT-4", "gpt 4"),
        ("naïve ❤️", "nai\u0308ve ❤"),
    ],
)
def test_a_sign_that_sets_off_or_joins_words_makes_none(one, other):
    assert normal_form(one) == normal_form(other)


@pytest.mark.parametrize("part", ["!=", "- ", "+", "* ", "1 * ", "=-", "e-", "\u0301"])
def test_signs_in_a_row_are_gone_through_once(part):
    began = time.process_time()
    normal_form((part * LONG)[:LONG])
    assert time.process_time() - began < 2
