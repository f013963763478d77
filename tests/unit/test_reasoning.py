"""Thoughts of reasoning models never become data, in whichever form they come; what a person wrote of them stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import synth_widgets as sw
from synth_widgets.llm.completer import Request
from synth_widgets.llm.structured.extract import extract_json
from synth_widgets.llm.structured.item_stream import ItemStream
from synth_widgets.llm.structured.reasoning import Unthought, apart
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import PLAIN, TRIAGE, listed, until

HARMONY = "<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>final<|message|>{}<|return|>"
FORMS = [
    "<think>{}</think>\n\n{}",
    "{}</think>\n\n{}",
    "{}</thinking>{}",
    "<thinking>{}</thinking>{}",
    "<THINK>\n{}\n</Think>\n{}",
    '<think time="3 s" depth=2>{}</think>{}',
    "<think>{}</think >{}",
    "\ufeff<think>{}</think>{}",
    "\n \ufeff<think>{}</think>\n{}",
    "<seed:think>{}</seed:think>{}",
    "{}</seed:think>{}",
    "<thought>{}</thought>{}",
    "<thoughts>{}</thoughts>{}",
    "<reasoning>{}</reasoning>\n{}",
    "{}</reasoning>\n{}",
    "◁think▷{}◁/think▷{}",
    "{}◁/think▷{}",
    "[THINK]{}[/THINK]{}",
    "<|begin_of_thought|>{}<|end_of_thought|>\n<|begin_of_solution|>{}<|end_of_solution|>",
    "<|START_THINKING|>{}<|END_THINKING|><|START_RESPONSE|>{}<|END_RESPONSE|>",
    "<|channel>thought\n{}<channel|>{}<turn|>",
    "{}[BEGIN FINAL RESPONSE]{}[END FINAL RESPONSE]<|end|>",
    HARMONY,
    "<|start|>assistant" + HARMONY,
    "{}<|end|><|start|>assistant<|channel|>final<|message|>{}",
    "<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>final <|constrain|>json<|message|>{}",
    "<|channel|>analysis<|message|>{}<|end|><|start|>assistant to=functions.answer<|channel|>commentary<|message|>{}",
    "analysis{}assistantfinal{}",
    "<|im_start|>assistant\n<think>{}</think>{}<|im_end|>",
    "<think>{}</think>{}<|im_end|>\n",
    "{}</think>{}<|eot_id|>",
    "<think>{}</think>{}</s>",
    "<think>{}</think>{}<｜end▁of▁sentence｜>",
    "<think>{}</think>{}<end_of_turn><eos>",
    "<think>{}</think>\n<answer>\n{}\n</answer>",
    "<|think|>{}<|/think|>{}",
    "<antThinking>{}</antThinking>{}",
    "<scratchpad>{}</scratchpad>\n{}",
    "\u200b<think>{}</think>{}",
    "<think>{}</think>{}<|im_end|>\n<|im_start|>user\nAnd then?",
]
"""How thoughts and what follows them are told apart by models and servers."""


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("answer", ["Hello, Ada!", '{"kind": "a", "note": "x < y"}', "I <3 it.\n\nBye."])
def test_the_answer_is_what_follows_the_thoughts(form: str, answer: str) -> None:
    assert apart(form.format("Greet her.\nBy name?", answer)) == (answer, "Greet her.\nBy name?")


@pytest.mark.parametrize(
    ("text", "answer", "thought"),
    [
        ("<think></think>Hello", "Hello", None),
        ("<think/>Hello", "Hello", None),
        ("<think>a</think><think>b</think>Hello", "Hello", "a\n\nb"),
        ("<think>a<think>b</think>c</think>Hello", "Hello", "a<think>b\n\nc"),
        ("<think>cut", "", "cut"),
        ("<reasoning>cut", "", "cut"),
        ("◁think▷cut", "", "cut"),
        ("plan</think>", "", "plan"),
        ("plan</think>Hello.</think>", "Hello.", "plan"),
        ("a</think>b</think>Hello", "Hello", "a\n\nb"),
        ("Hello.<think>Was that right?</think>", "Hello.", "Was that right?"),
        ("Hello.\n<think>cut", "Hello.\n<think>cut", None),
        ("<|channel|>analysis<|message|>cut", "", "cut"),
        (
            "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>commentary<|message|>b<|end|>",
            "",
            "a\n\nb",
        ),
        ("Hello<|im_end|>", "Hello", None),
        ("Hello<|eot_id|><|im_end|>\n", "Hello", None),
        ("<s>Hello", "Hello", None),
        ("[/INST] Hello", "Hello", None),
        ("Hello<|eot_id|>assistant", "Hello", None),
        ("Hello<|endoftext|>Human: And then?", "Hello", None),
        ("<|assistant|>\nHello", "Hello", None),
        ("assistantfinalHello", "Hello", None),
        (
            "<reasoning>It is late.</reasoning><label>b</label>",
            "<reasoning>It is late.</reasoning><label>b</label>",
            None,
        ),
        ("<r><thought>a</thought></r>", "<r><thought>a</thought></r>", None),
        ("It was <s>old</s>", "It was <s>old</s>", None),
        ("Sort [THINKING] and a < b > c", "Sort [THINKING] and a < b > c", None),
        ("It ends with `</think>`, then the answer.", "It ends with `</think>`, then the answer.", None),
        ('{"a": "plan</think>Hello"}', '{"a": "plan</think>Hello"}', None),
        ('Sure: {"a": "</think>", "b": "<|im_end|>"} Bye.', 'Sure: {"a": "</think>", "b": "<|im_end|>"} Bye.', None),
        ('Or {"a": "draft</think>{"a": "b"}', '{"a": "b"}', 'Or {"a": "draft'),
    ],
)
def test_thoughts_of_every_shape(text: str, answer: str, thought: str | None) -> None:
    assert apart(text) == (answer, thought)


@pytest.mark.parametrize(
    "text",
    [
        "A turn ends with `<|im_end|>`, and the text with `<|endoftext|>`.",
        "Use `<|channel|>` and `<|message|>` here.",
        'Use "<|im_start|>" here, then “<|im_end|>”.',
        "Like so:\n```python\nstop = ['<|im_end|>', x]\n# <|channel|>final<|message|>\n```\nBye.",
        "New York [JFK] to Boston [BOS]",
        "[BOS] to [JFK]",
        "Canon [EOS]",
    ],
)
def test_a_token_that_is_shown_is_text(text: str) -> None:
    assert apart(text) == (text, None)
    assert apart(text + "<|im_end|>") == (text, None)
    assert apart(f"<|channel|>analysis<|message|>It`s so.<|end|><|channel|>final<|message|>{text}<|return|>") == (
        text,
        "It`s so.",
    )


def test_a_token_in_brackets_that_touches_the_text_is_none_of_it() -> None:
    assert apart("Hello.[EOS]") == apart("[BOS]Hello.") == apart("[INST]Hello.[/INST]") == ("Hello.", None)


@pytest.mark.parametrize(
    "text",
    [
        '```python\ntext = re.sub(r"<think>.*?</think>", "", text)\n```',
        'text = re.sub(r"<think>.*?</think>", "", text)',
        "Do so:\n\n```xml\n<think>\nplan\n</think>\n<answer>x</answer>\n```\nBye.",
        "Write `<think>plan</think>`, and no more.",
        "Use <thinking>your notes</thinking> in the prompt.",
        "Tags:\n\n| Tag | Use |\n|---|---|\n| <think> | opens |\n| </think> | closes |\n\nThat is all.",
    ],
)
def test_a_tag_that_is_shown_is_text(text: str) -> None:
    assert apart(text) == (text, None)
    assert apart(f"<think>Or\n```\nso?</think>{text}") == (text, "Or\n```\nso?")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('It\'s "a", I\'d say.</think>"Hello", it\'s', '"Hello", it\'s'),
        ("Or\n```\n{draft\n</think>\n```\nHello\n```", "```\nHello\n```"),
        ("Or\n```python\nx\n</think>\nSo:\n```python\ny\n```", "So:\n```python\ny\n```"),
        ("Hello.\n<think>Was it right?</think>\nBye.", "Hello.\n\nBye."),
    ],
)
def test_what_only_looks_as_if_it_were_shown_are_thoughts(text: str, answer: str) -> None:
    assert apart(text)[0] == answer


@pytest.mark.parametrize("answer", ['{"label": "a"}', '["a", "b"]', '```json\n{"label": "a"}\n```'])
def test_a_closing_tag_behind_a_whole_value_ends_no_thoughts(answer: str) -> None:
    for end in ("</think>", "\n</think>\n", "</reasoning>"):
        assert apart(answer + end) == (answer, None)
    assert apart(f"Or {answer}</think>") == ("", f"Or {answer}")


@pytest.mark.parametrize(
    "text", ["<response>\n<status>ok</status>\n</response>", "<answer>A</answer>\n<answer>B</answer>"]
)
def test_tags_of_an_answer_that_is_markup_stay(text: str) -> None:
    assert apart(text) == (text, None)


def asking(*texts: str, schema: dict[str, Any] | None = None) -> Request:
    return Request([{"role": "user", "content": text} for text in texts], schema)


@pytest.mark.parametrize("asked", [asking("What is </think>?"), asking("Hi", schema={"const": "<think>"})])
def test_who_asks_about_a_tag_may_be_answered_with_it(asked: Request) -> None:
    assert apart("The tag </think> ends them.", asked) == ("The tag </think> ends them.", None)
    assert apart("<think>Plan.</think>The tag </think> ends them.", asked) == ("The tag </think> ends them.", "Plan.")
    assert apart("plan</seed:think>It ends them.", asked) == ("It ends them.", "plan")


def test_what_spoiled_an_earlier_answer_does_not_spoil_the_next() -> None:
    spoiled = {"role": "assistant", "content": "plan</think>Hello.<|im_end|>"}
    asked = Request([{"role": "user", "content": "Hi"}, spoiled, {"role": "user", "content": "Another one."}])
    assert apart("plan</think>Hello, Ada!<|im_end|>", asked) == ("Hello, Ada!", "plan")


def test_tags_and_tokens_that_people_use_themselves_stay_where_they_are_asked_for() -> None:
    asked = asking("First your <reasoning>, then the <answer>. End with <|done|>.")
    text = "<reasoning>It is late.</reasoning><answer>late</answer><|done|>"
    assert apart(text, asked) == (text, None)
    assert apart("<answer>late</answer>", asked) == ("<answer>late</answer>", None)
    assert apart("<answer>late</answer>") == ("late", None)


MARKS = (
    "<think> </think> <reasoning> </reasoning> ◁/think▷ <|channel|> <|message|> final a { } [ ] : ``` <|im_end|> </s> "
    "<s> <answer> </answer> <|im_start|> \ufeff"
)
PIECES = st.lists(st.sampled_from([*MARKS.split(" "), '"', " ", "\n"]), max_size=14).map("".join)


@given(PIECES)
@example("plan</think>Hello.</think>")
def test_what_is_apart_stays_so(text: str) -> None:
    once = apart(text)[0]
    assert apart(once)[0] == once


CUTS = st.lists(st.integers(1, 12), min_size=1, max_size=30)


def fed(stream: Any, text: str, cuts: list[int]) -> list[Any]:
    found, at, turn = [], 0, 0
    while at < len(text):
        step = cuts[turn % len(cuts)]
        found.append(stream.feed(text[at : at + step]))
        at, turn = at + step, turn + 1
    return [*found, stream.end()]


@given(PIECES, CUTS)
@example('x</think>{"', [1])
@example("x</think> [ 1", [2])
def test_a_streamed_answer_is_the_same_however_it_is_cut(text: str, cuts: list[int]) -> None:
    assert "".join(fed(Unthought(), text, cuts)) == "".join(fed(Unthought(), text, [len(text) + 1]))


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=8)
@given(cuts=CUTS)
def test_drafts_in_thoughts_are_no_items(form: str, cuts: list[int]) -> None:
    draft = 'Perhaps {"items": ["draft", "{x"]}? Or ["y"], or\n```json\n["z"]\n```'
    text = form.format(draft, '{"items": ["one", "two"]}')
    found = [item.value for items in fed(ItemStream(), text, cuts) for item in items]
    assert found == ["one", "two"]


def test_a_list_comes_item_by_item_at_once_and_behind_thoughts_too() -> None:
    plain = ItemStream()
    assert [item.value for item in plain.feed('{"items": ["a", ')] == ["a"]
    after = ItemStream()
    assert after.feed("Perhaps ") == after.feed('["draft"]? No.</thi') == after.feed('nk>\n{"items"') == []
    assert [item.value for item in after.feed(': ["a", ')] == ["a"]


def test_json_is_read_behind_thoughts_with_drafts() -> None:
    for form in FORMS:
        assert extract_json(form.format('Or {"a": 1}?', '{"a": 2}')) == ({"a": 2}, None), form


# ---------------------------------------------------------------- in a studio, with a model of one's own


def kept(answer: Callable[[Request], Any], task: sw.Task = PLAIN, given: str = "I am Ada.") -> sw.Studio:
    studio = sw.Studio(task, path=":memory:", model=ScriptedCompleter(answers=answer))
    studio.add_samples([{"input": given}])
    studio.generate_outputs().wait(30)
    return studio


@pytest.mark.parametrize("form", ["{}</think>\n\n{}", HARMONY])
def test_a_text_is_kept_without_the_thoughts_which_are_its_reasoning(form: str) -> None:
    with kept(lambda _: form.format("plan…", "Hello.")) as studio:
        (sample,) = studio.samples
        assert (sample.output, sample.versions[-1].reasoning) == ("Hello.", "plan…")


def test_an_input_that_speaks_of_the_tag_is_answered_with_it() -> None:
    with kept(lambda _: "It ends at </think>, always.", given="What does </think> mean?") as studio:
        assert [sample.output for sample in studio.samples] == ["It ends at </think>, always."]


def test_thoughts_alone_are_asked_again() -> None:
    answers = iter(["plan</think>", "plan</think>Hello."])
    with kept(lambda _: next(answers)) as studio:
        assert [sample.output for sample in studio.samples] == ["Hello."]


def test_drafts_of_topics_and_inputs_never_become_rows() -> None:
    def answer(request: Request) -> str | None:
        if request.step == "outputs":
            return None
        good = json.dumps({"items": [f"Good {request.step} {n}" for n in range(2)]})
        return f'Perhaps {{"items": ["Draft one", "Draft two"]}}? No.\n</think>\n{good}'

    with sw.Studio(TRIAGE, path=":memory:", model=ScriptedCompleter(answers=answer)) as studio:
        studio.grow(topics=2, samples=2, outputs=False).wait(30)
        assert sorted(path[0] for path in studio.topics.paths() if path) == ["Good topics 0", "Good topics 1"]
        assert {sample.input for sample in studio.samples} == {"Good inputs 0", "Good inputs 1"}


@pytest.mark.parametrize("shape", ["{}", "```json\n{}\n```\n"])
@pytest.mark.parametrize("outputs", [False, True])
def test_a_draft_that_looked_like_the_answer_is_taken_back(shape: str, outputs: bool) -> None:
    def answer(request: Request) -> str | None:
        if request.step == "outputs":
            return None
        draft, final = (
            listed(f"{kind} {request.step} one", f"{kind} {request.step} two") for kind in ("Draft", "Good")
        )
        return f"{shape.format(draft)} No, better so.</think>\n{final}"

    with sw.Studio(TRIAGE, path=":memory:", model=ScriptedCompleter(answers=answer, chunk_delay=0.002)) as studio:
        assert studio.generate_topics(n=2).wait(30).added == 2
        assert sorted(studio.topics.paths()) == [("Good topics one",), ("Good topics two",)]
        studio.topics.remove("Good topics two")
        result = studio.grow(depth=0, samples=2, outputs=outputs).wait(30)
        assert {sample.input for sample in studio.samples} == {"Good inputs one", "Good inputs two"}
        assert result.failed == result.dropped == 0
        studio.undo()
        assert list(studio.samples) == []


def test_thoughts_alone_that_looked_like_an_answer_leave_no_rows() -> None:
    answers = iter([listed("Draft one", "Draft two") + " No.</think>", listed("Good one", "Good two")])
    with sw.Studio(TRIAGE, path=":memory:", model=ScriptedCompleter(answers=answers)) as studio:
        assert studio.generate_inputs(n=2).wait(30).added == 2
        assert sorted(sample.input for sample in studio.samples) == ["Good one", "Good two"]


def test_what_a_person_has_decided_meanwhile_stays() -> None:
    first = listed("Draft one", "Draft two")
    model = ScriptedCompleter(
        answers=[first + " No.</think>" + " " * 400 + listed("Good one", "Good two")], chunk_delay=0.02
    )
    with sw.Studio(TRIAGE, path=":memory:", model=model) as studio:
        job = studio.generate_inputs(n=2)
        until(lambda: len(studio.samples) > 0)
        studio.reject(next(iter(studio.samples)).id, reason="dull")
        job.wait(30)
        assert [s.input for s in studio.samples if s.status == "rejected"] == ["Draft one"]
        assert [s.input for s in studio.samples if s.status == "pending"] == ["Good one"]
