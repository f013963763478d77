"""Texts from elsewhere in a terminal: nothing that is printed acts, hides or floods, whichever object is printed.

One studio holds hostile texts in each place that takes one. Every public object that it leads to is found by walking,
every public method is called with such texts, and whatever comes out as words is looked at.
"""

from __future__ import annotations

import ast
import copy
import html
import inspect
import json
import logging
import pickle
import re
import traceback
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.formatters import DisplayFormatter
from IPython.lib.pretty import pretty
from traitlets import HasTraits

import synth_widgets as sw
from synth_widgets import errors
from synth_widgets.errors import SynthError, UnreachableError
from synth_widgets.llm.completer import Answer, Request
from synth_widgets.messages import Conversation, Message, ToolCall
from synth_widgets.records import Call, JobRecord, Session, Topic, Usage, Version
from synth_widgets.runs.job import Progress, Result
from synth_widgets.testing import ScriptedCompleter
from synth_widgets.text.normal import storable
from synth_widgets.text.shown import shown
from tests.tasks import PLAIN

CASES = json.loads((Path(__file__).parents[1] / "shown.json").read_text(encoding="utf-8"))
HOSTILE = {case["what"]: case["text"] for case in CASES if case["text"] != case["shown"]}
ALL = "".join(HOSTILE.values())
LONG = "word" * 250_000
NUL = "\0"
MOST = 20_000
"""Characters that anything may print that is no list of many things."""


def is_fit(text: str) -> bool:
    """Whether a text does nothing in a terminal; what is fit is left as it is, line by line."""
    return all(shown(line, MOST) == line for line in text.split("\n"))


def check(text: str, what: object) -> None:
    assert len(text) <= MOST, f"{what}: {len(text)} characters"
    assert is_fit(text), f"{what}: {text!r}"


@pytest.mark.parametrize("case", CASES, ids=[case["what"] for case in CASES])
def test_each_text_is_shown_as_the_table_says(case: dict[str, str]):
    assert shown(case["text"]) == case["shown"]
    assert shown(case["shown"]) == case["shown"]


@given(st.text(st.characters(exclude_categories=[])), st.integers(5, 40))
def test_what_is_shown_is_one_short_line_and_stays_so(text: str, most: int):
    once = shown(text, most)
    assert len(once) <= most
    assert shown(once, most) == once
    assert len(once.splitlines()) <= 1
    assert not any("\x00" <= sign < " " or "\x7f" <= sign < "\xa0" or "\ud800" <= sign <= "\udfff" for sign in once)


@given(st.text(st.characters(categories=["L", "M", "N", "P", "S", "Zs"], exclude_characters="")))
def test_letters_marks_numbers_and_signs_of_any_script_are_not_changed(text: str):
    assert shown(text, 10_000) == text


# ---------------------------------------------------------------- what a studio leads to
class Hostile(ScriptedCompleter):
    """A model of this name whose answers, refusals and waits are hostile."""

    def __init__(self, text: str) -> None:
        super().__init__(name=f"openai/{text}", answers=lambda _: text)
        self.waiting = text
        self.text = text

    async def complete(self, request: Request, on_text: Any = None) -> Answer:
        if len(self.requests) > 2:
            raise UnreachableError(f"127.0.0.1 answered 500: {self.text}")
        return await super().complete(request, on_text)


def task_of(text: str) -> sw.Task:
    fields = {name: {"type": "string"} for name in (text[:20_000], "x", *(f"{text[:50]}{n}" for n in range(3)))}
    return sw.Task(
        f"Task {text}",
        text,
        requirements=[sw.Requirement(text, name=text), text],
        output_schema={"type": "object", "properties": fields},
        examples=[(text, {"x": text})],
    )


def filled(text: str, path: Path) -> sw.Studio:
    """Return a studio with the text in each place that takes it."""
    short = str(storable(text[:200]))
    file = path / f"{short.replace('/', '').replace(NUL, '')[:60]}.synth"
    studio = sw.Studio(task_of(text), path=file, model=Hostile(str(storable(text[:5_000]))))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        studio.set_guidance(text[:20_000], topics=text[:20_000])
        studio.new_session(guidance=text[:20_000], tags=["-".join(short.split())[:90]])
        name = " ".join(short.split())
        studio.topics.add((f"A {name}", f"B {name}"), guidance=text[:20_000])
        for status in ("draft", "kept"):
            rows = [{"input": f"{text} {status}", "output": {"x": text, "y": text}}]
            studio.add_samples(rows, topic=(f"A {name}",), status=status, tags=["-".join(short.split())[:90]])
        studio.add_samples([{"input": "wrong", "output": {"x": 1, text[:200]: 2}}])
        studio.reject(studio.samples[0], reason=text[:1_000])
        studio.add_samples([{"input": text}])
        ended(studio.generate_outputs())
        ended(studio.generate_inputs())
    for warning in caught:
        check(str(warning.message), "a warning")
    return studio


def ended(job: sw.Job) -> None:
    try:
        job.wait(20)
    except SynthError as error:
        check_error(error)


def check_error(error: BaseException) -> None:
    for words in (str(error), repr(error), "".join(traceback.format_exception_only(error))):
        check(words.removesuffix("\n"), type(error))


def reached(start: object) -> Iterator[object]:
    """Yield each object of ours that an object leads to, by its public attributes and what these hold."""
    seen: set[int] = set()
    held = [start]
    while held:
        thing = held.pop()
        if id(thing) in seen or isinstance(thing, str | bytes | int | float | type | None.__class__):
            continue
        seen.add(id(thing))
        if isinstance(thing, Mapping):
            held += [*thing.keys(), *thing.values()]
        elif isinstance(thing, list | tuple | set | frozenset):
            held += thing
        elif type(thing).__module__.startswith(("synth_widgets", "tests", "test_")):
            yield thing
            names = [] if isinstance(thing, HasTraits) else [name for name in dir(thing) if not name.startswith("_")]
            held += [value for name in names if not inspect.isroutine(value := getattr(thing, name, None))]
            if isinstance(thing, sw.Studio):
                held += list(thing.samples)
        hold.append(thing)


hold: list[object] = []
"""Keeps what was reached, so that no other object gets its id."""


def prints(thing: object) -> Iterator[str]:
    """Yield what a terminal, a log and a notebook show of an object."""
    yield from (repr(thing), str(thing), f"{thing}", pretty(thing), pretty([thing]), pretty({"a": (thing,)}))
    data, _ = DisplayFormatter().format(thing, include=None)
    yield from (str(value) for kind, value in data.items() if kind == "text/plain")


@pytest.fixture(scope="module", params=[ALL, LONG], ids=["all", "long"])
def hostile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sw.Studio]:
    with filled(request.param, tmp_path_factory.mktemp("hostile")) as studio:
        yield studio


def test_nothing_that_a_studio_leads_to_prints_what_acts(hostile: sw.Studio):
    kinds = set()
    for thing in reached(hostile):
        kinds.add(type(thing).__name__)
        for words in prints(thing):
            check(words, type(thing))
    assert {"Studio", "Samples", "Sample", "Version", "Topics", "Task", "Requirement", "Session", "Job"} <= kinds
    assert {"Result", "Progress", "Cost", "Usage", "Schema"} <= kinds


def test_the_static_page_is_free_of_what_acts_but_in_the_data(hostile: sw.Studio):
    data, _ = hostile._repr_mimebundle_()
    check(data["text/plain"], "text/plain")
    page = data["text/html"]
    for name in (hostile.task.name, Path(hostile.path).name):
        assert html.escape(shown(name, 200)) in page
    rows = page.partition("<tbody>")[2].partition("</tbody>")[0]
    assert is_fit(page.replace(rows, ""))
    topics = re.findall(r'<tr><td dir="auto">(.*?)</td>', rows, re.DOTALL)
    assert len(topics) == len(hostile.samples)
    assert all(map(is_fit, topics))


def test_values_that_people_make_print_nothing_that_acts():
    for text in (*HOSTILE.values(), ALL, LONG):
        for thing in (
            sw.Model(f"openai/{text}", api_base="http://127.0.0.1:9/v1", **{text: text}),
            sw.Requirement(text, name=text),
            task_of(text),
            Request([{"role": "user", "content": text}], params={text: text}),
            Answer(text, reasoning=text),
            ToolCall(text, text, text),
            Conversation().user(text).assistant(text),
            Message("user", text, extra={text: text}),
            Session("0123456789", {"all": text}, (text,), {text: text}),
            Result(1, 0, 0, Usage(), None, text, text),
            Progress(waiting=text),
            Version(1, "own", text, text, text, text, text, 1, (text,)),
            Topic("a", None, text, {"all": text}),
            Call("a", "b", "outputs", text, raw=text, guidance=text),
            JobRecord("a", "grow", {text: text}, note=text),
            ScriptedCompleter(name=text),
        ):
            for words in prints(thing):
                check(words, type(thing))


# ---------------------------------------------------------------- errors, warnings, logs
def test_every_error_of_ours_is_made_fit_in_one_place():
    families = [SynthError]
    for family in families:
        families += family.__subclasses__()
    assert {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SynthError)} <= {
        *families
    }
    for kind in families:
        assert kind.__str__ is SynthError.__str__, f"{kind.__name__} has words of its own"
        assert kind.__repr__ is SynthError.__repr__
        for text in (*HOSTILE.values(), ALL, LONG):
            error = kind(f"There is no {text}.")
            check_error(error)
            assert "\n" not in str(error)
            assert str(error).startswith("There is no ")
            assert str(error).endswith(".")
            for twin in (copy.copy(error), pickle.loads(pickle.dumps(error.with_traceback(None)))):  # noqa: S301 - ours
                assert str(twin) == str(error)
    assert str(SynthError("One.", "  two")) == "One.\n  two"


def test_every_public_method_refuses_in_words_that_do_not_act(hostile: sw.Studio, tmp_path: Path):
    text = hostile.task.name.removeprefix("Task ") if len(hostile.task.name) < 10_000 else LONG
    objects = (hostile, hostile.topics, hostile.samples, *hostile.jobs)
    refused = 0
    for thing in objects:
        for name in dir(thing):
            if name.startswith("_") or name in {"close", "export", "backup", "wait", "send", "throw"}:
                continue
            method = getattr(thing, name)
            if not inspect.isroutine(method):
                continue
            for args in ((text,), (text, text), ([text],), ({text: text},), (text, [text]), (LONG,)):
                refused += refusal(lambda method=method, args=args: method(*args))
    assert refused > 100


def refusal(call: Any) -> bool:
    """Call, and look at what is raised and warned of; whether it was."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            made = call()
            if isinstance(made, sw.Job):
                made.cancel()
                ended(made)
        except Exception as error:  # noqa: BLE001 - whatever it is, its words are looked at
            if isinstance(error, SynthError) or type(error).__module__ == "builtins":
                check_error(error)
            return True
        finally:
            for warning in caught:
                check(str(warning.message), "a warning")
    return False


def test_the_package_warns_in_one_place_alone():
    def calls(tree: ast.AST) -> set[str]:
        return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}

    package = Path(errors.__file__).parent
    warns = {
        file.name for file in package.rglob("*.py") if "warnings.warn" in calls(ast.parse(file.read_text("utf-8")))
    }
    assert warns == {"errors.py"}


@pytest.mark.parametrize("text", [ALL, LONG], ids=["all", "long"])
def test_files_that_cannot_be_are_refused_in_words_that_do_not_act(text: str, tmp_path: Path):
    for path in (tmp_path / text[:100], tmp_path / text, tmp_path / f"{text[:100]}/a.synth", text):
        assert refusal(lambda path=path: sw.Studio(path=path))
    with sw.Studio(PLAIN, path=":memory:", model=ScriptedCompleter()) as studio:
        studio.add_samples([{"input": "a", "output": "b"}], status="kept")
        for target in (tmp_path / text, tmp_path / f"{text[:50]}/a.csv", f"{text[:50]}.docx"):
            assert refusal(lambda target=target: studio.export(target))


def test_logs_hold_nothing_that_acts(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.DEBUG, "synth_widgets"), filled(ALL, tmp_path) as studio:
        studio.widget._bridge.receive({"t": ALL})
        studio.widget._bridge.receive({"t": "cmd", "rid": "1", "name": ALL, "args": {ALL: ALL}})
    for record in caplog.records:
        check(record.getMessage(), record.name)


def test_data_are_what_they_were(hostile: sw.Studio, tmp_path: Path):
    text = hostile.task.requirements[0].text
    assert hostile.samples[0].input == f"{text} draft"
    assert hostile.samples[0].output == {"x": text, "y": text}
    assert hostile.task.messages(text)[-1]["content"] == text
    frame = hostile.to_pandas(status="all")
    assert list(frame["input"]) == [sample.input for sample in hostile.samples]
    exported = Path(hostile.export(tmp_path / "a.jsonl")).read_text(encoding="utf-8")
    assert json.loads(exported.split("\n")[0])["messages"][1]["content"] == f"{text} kept"
