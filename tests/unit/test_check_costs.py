"""No schema and no value makes a check, or what walks a schema, take for ever, much memory, or a job with it."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import islice
from typing import Any

import pydantic
import pytest

import synth_widgets as sw
from synth_widgets.errors import SchemaError, SynthError
from synth_widgets.fake_values import FakeValues
from synth_widgets.runs.token_estimate import value_tokens
from synth_widgets.schema import budget, patterns
from synth_widgets.schema.request_schema import RequestSchema
from synth_widgets.schema.schema import Schema
from synth_widgets.schema.strict import ANTHROPIC, strict_schema
from synth_widgets.schema.validation import Compiled
from synth_widgets.testing import ScriptedCompleter
from tests.bench.holdup import watching
from tests.hostile_schemas import doubling, schemas

SELF = {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}}
HOSTILE: dict[str, dict[str, Any]] = {
    "all of, doubled": doubling("allOf", {"type": "integer"}),
    "any of, doubled": doubling("anyOf", {"type": "integer"}),
    "one of, doubled": doubling("oneOf", {"type": "integer"}),
    "fields, doubled": {
        **SELF,
        "$defs": {
            "A": {"$ref": "#/$defs/d0"},
            **{f"d{n}": {"properties": {x: {"$ref": f"#/$defs/d{n + 1}"} for x in "xy"}} for n in range(40)},
            "d40": {"type": "string"},
        },
    },
    "itself, a thousand times": {"type": "object", "properties": {f"p{n}": {"$ref": "#"} for n in range(1000)}},
    "itself or null": {**SELF, "$defs": {"A": {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}]}}},
    "all of itself": {**SELF, "$defs": {"A": {"allOf": [{"$ref": "#/$defs/A"}]}}},
    "lists of itself": {
        **SELF,
        "$defs": {"A": {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/A"}} for _ in range(100)]}},
    },
    "unevaluated, doubled": {
        **doubling("allOf", {"type": "object"}),
        "properties": {"a": {"$ref": "#/$defs/d0", "unevaluatedProperties": False}},
    },
    "many fields": {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(6000)}},
    "many values": {"type": "object", "properties": {"a": {"enum": [f"value {n}" for n in range(5000)]}}},
    "many booleans": {"type": "object", "allOf": [True] * 30_000},
    "a chain": {
        **SELF,
        "$defs": {
            "A": {"$ref": "#/$defs/d0"},
            **{f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(58)},
            "d58": {},
        },
    },
    "a percent sign": {**SELF, "properties": {"a": {"$ref": "#/$defs/100%25"}}, "$defs": {"100%": {"type": "string"}}},
}
VALUES = ({"a": 1}, {"a": "x"}, {"a": [[1], {"x": None}]}, {"a": {"x": {"y": {}}, "y": 1}}, {})


def walk(schema: dict[str, Any]) -> None:
    """Do with a schema whatever is done with one: each step ends with a result, or with an error of the package's."""
    known = Schema(schema)
    for value in VALUES:
        assert (known.problem(value) is None) == (known.problems(value) == {})
        RequestSchema.of(known.json).read(value, known.problem)
    for name in list(known.properties())[:5]:
        assert len(known.describe(name)) <= 2_000
    known.items()
    known.required()
    strict_schema(known.json)
    strict_schema(known.json, ANTHROPIC)
    value_tokens(known.json, known)
    FakeValues().value(known.json)
    sw.Task("T", "Do.", output_schema=schema)


def alone(call: str, *, seconds: float = 40, memory: int = 2) -> str:
    """Run a call in a process of its own, with a limit of time and one of gigabytes; return what it prints."""
    code = (
        f"import resource, warnings; resource.setrlimit(resource.RLIMIT_AS, ({memory} << 30,) * 2)\n"
        f"warnings.simplefilter('ignore')\nfrom tests.unit.test_check_costs import *\n{call}"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=seconds, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


ROOT = __file__.rpartition("/tests/")[0]


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_walks_a_hostile_schema_comes_to_an_end(name: str) -> None:
    alone(f"walk(HOSTILE[{name!r}])")


def test_what_doubles_forty_times_is_judged_rightly_where_it_says_the_same_each_time() -> None:
    schema = Schema(doubling("allOf", {"type": "integer"}))
    assert schema.problem({"a": 1}) is None
    assert schema.problem({"a": "x"}) == 'a: "x" is not of type integer'
    assert Schema(doubling("anyOf", {"type": "integer"})).problem({"a": 1}) is None
    assert Schema(doubling("anyOf", {"type": "integer"})).problem({"a": "x"})


def test_a_check_that_takes_too_long_is_the_reason_of_that_value_alone() -> None:
    heavy = {"type": "array", "items": {"allOf": [{"minimum": n} for n in range(5000)]}}
    schema = Schema({"type": "object", "properties": {"a": heavy}})
    assert schema.problem({"a": [9999] * 20_000}) == "the schema takes too long to check on this value"
    assert schema.problem({"a": [9999]}) is None
    with pytest.raises(budget.NotAtOnceError):
        budget.at_once(lambda: schema.problem({"a": [9999] * 100}))
    assert budget.together(lambda: schema.problem({"a": [9999] * 100})) is None


def test_all_that_an_answer_may_mean_shares_one_budget() -> None:
    schema = Compiled({"items": {"allOf": [{"minimum": n} for n in range(1000)]}})
    value = [9999] * 1100  # more than half of a budget

    def twice() -> list[str | None]:
        return [schema.problem(value), schema.problem(value)]

    assert twice() == [None, None]
    assert budget.together(twice) == [None, "the schema takes too long to check on this value"]


@pytest.mark.parametrize(
    "pattern",
    [
        "(?:(?:(?:a{50}){50}){50}){50}",
        "(?:" * 15 + "a" + "){2}" * 15,
        "(?:(?:(?:(?:a{50})(?#c){50})(?#c){50})(?#c){50})",
        "(?x)(?:(?:(?:(?:a{50}) {50}) {50})#c\n{50})",
        "(?:[]{100}){300}",
        "(?i)[" + "".join(map(chr, range(256, 19_000))) + "]",
        "(" * 5000 + ")" * 5000,
        "x" * 30_000,
        "(?:parcel){e<=3}",
        "a(?R)?b",
        "(?<n>a)(?&n)",
        r"\L<names>",
        "[" * 20_000,
    ],
    ids=range(13),
)
def test_a_pattern_that_takes_long_to_read_is_refused_before_it_is_read(pattern: str) -> None:
    said = alone(f"print(patterns.fault({pattern!r}))", seconds=20, memory=1)
    assert said.strip() != "None"
    with pytest.raises(SchemaError) as refused:
        Schema({"type": "object", "properties": {"a": {"pattern": pattern}}})
    assert "schema.properties.a" in str(refused.value) or "patterns" in str(refused.value)
    assert len(str(refused.value)) < 700


def test_a_thousand_patterns_are_refused_before_one_is_read() -> None:
    many = {f"^p{n}$": {} for n in range(10_000)}
    with pytest.raises(SchemaError, match="10,000 patterns"):
        Schema({"type": "object", "patternProperties": many})
    same = {f"p{n}": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"} for n in range(2000)}
    assert Schema({"type": "object", "properties": same}).problem({"p7": "2026-02-28"}) is None


OF_REAL_SHAPE = r"""
^.{1,2000}$ | [\s\S]{0,10000} | ^\S+@\S+\.\S+$ | ^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,63}$
^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$ | ^[0-9a-fA-F]{64}$ | ^sha256:[a-f0-9]{64}$
^https?://[^\s/$.?#].[^\s]*$ | ^(https?|ftp)://[\w.-]+(:\d+)?(/.*)?$ | ^/(?:[^/]+/)*[^/]*$ | ^\d{4}-\d{2}-\d{2}$
^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$ | ^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$ | ^P(?:\d+Y)?(?:\d+M)?(?:\d+D)?$
^\+?[1-9]\d{1,14}$ | ^\(?\d{3}\)?[-. ]?\d{3}[-. ]?\d{4}$ | ^[A-Z]{2}$ | ^[a-z]{2}(-[A-Z]{2})?$ | ^[A-Z]{3}$
^[a-z][a-z0-9_]{0,62}$ | ^[a-z0-9]+(?:-[a-z0-9]+)*$ | ^[A-Z][A-Za-z0-9]*$ | ^v?\d+\.\d+\.\d+(?:-[\w.]+)?(?:\+[\w.]+)?$
^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.|$)){4}$ | ^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$ | ^#(?:[0-9a-fA-F]{3}){1,2}$
^[A-Z]{2}\d{2}[A-Z0-9]{1,30}$ | ^\d{5}(-\d{4})?$ | ^[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$ | ^\d{3}-\d{2}-\d{4}$
^\$\d+(\.\d{2})?$ | ^-?\d+(?:\.\d+)?$ | ^(0|[1-9]\d*)$ | ^(?:yes|no|maybe)$ | ^(?i:true|false)$ | ^(?!\s*$).+
^\S(.*\S)?$ | ^[^<>]*$ | ^\p{L}[\p{L} '-]*$ | ^\p{Lu}\p{Ll}+$ | ^[\p{L}\p{N}\s.,!?-]{1,500}$
^(?<year>\d{4})-(?<month>\d{2})$ | ^(?P<code>[A-Z]+)-(?P<n>\d+)$ | ^ORD-\d{6,10}$ | ^[A-Z]{3}-\d{4}-[A-Z0-9]{6}$
^INV/\d{4}/\d{1,5}$ | ^(?=.*[A-Z])(?=.*\d)[A-Za-z\d@$!%*?&]{8,64}$ | ^[A-Za-z0-9+/]*={0,2}$
^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$ | ^data:image/(png|jpeg);base64,.+$
^[^\\/:*?"<>|]{1,255}$ | ^[\w,\s-]+\.[A-Za-z]{3,4}$ | ^(?:\w+\.)*\w+$ | ^x-[a-z-]+$ | ^[\u4e00-\u9fff]+$ | ^\u{1F600}$
^{{name}}$ | ^\{\{\w+\}\}$ | ^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?\s?)+$ | ^.{10,}(?<!\.)$
^(?:[a-z]{2,20}\s?){1,300}$
""".replace("\n", " | ")


def test_patterns_of_real_shape_are_read() -> None:
    real = [pattern for pattern in OF_REAL_SHAPE.strip(" |").split(" | ") if pattern.strip()]
    assert len(real) >= 60
    assert {pattern: fault for pattern in real if (fault := patterns.fault(pattern))} == {}


def test_numbers_of_any_size_are_divided_and_compared() -> None:
    schema = Schema({"type": "object", "properties": {"a": {"multipleOf": 1e-300}, "b": {"multipleOf": 1e300}}})
    assert schema.problem({"a": 10**4000, "b": 10**4000}) is None
    assert schema.problem({"a": 1e308}) is None
    assert schema.problem({"b": 10**4000 + 1})
    assert schema.problem({"a": 10**10_000}) is None, "nothing of it needs to be written"
    assert "cannot be checked" in (Schema({"type": "string"}).problem(10**10_000) or "")  # type: ignore[operator]


def test_what_a_check_raises_is_the_reason_of_that_value(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = Compiled({"type": "object"})
    for error in (
        MemoryError(),
        OverflowError("large"),
        ValueError("4300 digits"),
        UnicodeError("half"),
        KeyError("x"),
    ):

        def fails(_value: Any, _budget: Any, error: Exception = error) -> bool:
            raise error

        monkeypatch.setattr(compiled, "_predicate", fails)
        assert type(error).__name__ in (compiled.problem({}) or "")
        assert type(error).__name__ in compiled.problems({})[""]


class UnsayableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


class PanicError(BaseException):
    """As a library in another language raises."""


class Order(pydantic.BaseModel):
    text: str

    @pydantic.field_validator("text")
    @classmethod
    def judge(cls, text: str) -> str:
        if text == "unsayable":
            raise UnsayableError
        if text == "panic":
            raise PanicError
        return text


def test_whatever_the_persons_class_raises_fails_its_row_alone() -> None:
    answers = [{"text": word} for word in ("unsayable", "panic", "fine")]
    task = sw.Task("T", "Do.", output_schema=Order)
    with sw.Studio(task, path=":memory:", model=ScriptedCompleter()) as studio:
        studio.add_samples([{"input": "x", "output": {"text": "fine"}} for _ in answers])
        for sample, answer in zip(tuple(studio.samples), answers, strict=True):
            problem = studio.edit(sample, output=answer)
            assert bool(problem) == (answer["text"] != "fine"), answer
            studio.keep(sample)
        assert "kept" in {sample.status for sample in studio.samples}


def test_a_value_is_shown_without_writing_all_of_it() -> None:
    large = {"a": ["x" * 1000] * 8000}
    said = Schema({"type": "object", "allOf": [{"type": "string"}] * 2000, "properties": {"a": {}}}).problems(large)
    assert len(json.dumps(said)) < 1_000


def test_words_stay_short_where_thousands_of_values_are_allowed() -> None:
    schema = Schema({"type": "object", "properties": {"a": {"enum": [f"value {n}" for n in range(5000)]}}})
    assert len(schema.problem({"a": "x"}) or "") < 5_000


def test_hostile_schemas_by_chance_come_to_an_end() -> None:
    alone("by_chance(1, 150)", seconds=120)


def by_chance(seed: int, count: int) -> None:
    """Check so many values under schemas by chance; nothing but the package's own errors may come of it."""
    for schema, value in islice(schemas(seed), count):
        try:
            known = Schema(schema)
        except SynthError:
            continue
        problem = known.problem(value)
        assert problem is None or problem
        RequestSchema.of(known.json).read(value, known.problem)
        strict_schema(known.json)
        value_tokens(known.json, known)


def test_verdicts_under_a_schema_that_may_take_long_hold_up_nobody() -> None:
    heavy = {"type": "array", "items": {"allOf": [{"minimum": n} for n in range(5000)]}}
    task = sw.Task("T", "Do.", output_schema={"type": "object", "properties": {"a": heavy}})
    assert task.may_be_long
    with sw.Studio(task, path=":memory:", model=ScriptedCompleter()) as studio:
        studio.add_samples([{"input": "x", "output": {"a": [9999] * n}} for n in (1, 300)])
        with watching(studio) as watch:
            assert studio.keep(list(studio.samples)) == {}
            studio.restore(list(studio.samples))
        assert watch.held < 0.1
        assert {sample.status for sample in studio.samples} == {"draft"}


def test_what_is_too_deep_is_said_to_be_however_busy_the_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget.Budget, "words_seconds", 0.0)
    value: Any = {}
    for _ in range(3000):
        value = [value]
    tree = Compiled({"anyOf": [{"type": "object"}, {"type": "array", "items": {"$ref": "#"}}]})
    assert tree.problem(value) == "the value is nested too deeply"
