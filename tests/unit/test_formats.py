"""Formats of texts: which are one, and that no package that jsonschema would like is needed."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pandas as pd
import pydantic
import pytest

import synth_widgets as sw
from synth_widgets import task_differences
from synth_widgets.schema.request_schema import RequestSchema
from synth_widgets.schema.schema import Schema
from synth_widgets.testing import ScriptedCompleter

ROOT = Path(__file__).parents[2]
WANTED_BY_JSONSCHEMA = (
    "fqdn idna isoduration jsonpointer rfc3339_validator rfc3986_validator rfc3987 rfc3987_syntax "
    "uri_template webcolors"
)
BARE = f"""
import sys
for name in {WANTED_BY_JSONSCHEMA.split()!r}:
    sys.modules[name] = None
from synth_widgets.schema.schema import Schema
for name, right, wrong in (
    ("date-time", "2026-01-02T03:04:05Z", "yesterday"),
    ("time", "03:04:05Z", "noon"),
    ("uri", "https://example.org", "here"),
    ("date", "2026-01-02", "02.01.2026"),
    ("email", "ada@example.org", "ada"),
    ("ipv4", "127.0.0.1", "1"),
    ("ipv6", "::1", "1"),
    ("uuid", "12345678-1234-1234-1234-123456789abc", "1"),
):
    schema = Schema({{"type": "object", "properties": {{"a": {{"type": "string", "format": name}}}}}})
    assert schema.problem({{"a": right}}) is None, name
    assert schema.problem({{"a": wrong}}) is not None, name
"""


def test_formats_are_checked_where_none_of_the_optional_packages_is_there():
    ran = subprocess.run([sys.executable, "-c", BARE], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    ("form", "text", "is_one"),
    [
        ("date-time", "1963-06-19T08:30:06.283185Z", True),
        ("date-time", "1963-06-19t08:30:06z", True),
        ("date-time", "1990-12-31T15:59:60-08:00", True),
        ("date-time", "1990-12-31T15:59:60+08:00", False),
        ("date-time", "1998-12-31T23:58:60Z", False),
        ("date-time", "2024-02-29T00:00:00Z", True),
        ("date-time", "2023-02-29T00:00:00Z", False),
        ("date-time", "1963-06-19T08:30:06", False),
        ("date-time", "1963-06-19 08:30:06Z", False),
        ("date-time", "2013-350T01:01:01Z", False),
        ("date-time", "1963-06-19T08:30:06Z\n", False),
        ("date-time", "1963-06-1৪T00:00:00Z", False),
        ("time", "08:30:06-08:00", True),
        ("time", "08:30:06+24:00", False),
        ("time", "8:30:06Z", False),
        ("time", "08:30:60Z", False),
        ("time", "00:29:60+00:30", True),
        ("uri", "http://foo.bar/?q=Test%20URL-encoded%20stuff", True),
        ("uri", "http://-.~_!$&'()*+,;=:%40:80%2f::::::@example.com", True),
        ("uri", "ldap://[2001:db8::7]/c=GB?objectClass?one", True),
        ("uri", "urn:oasis:names:specification:docbook:dtd:xml:4.1.2", True),
        ("uri", "tel:+1-816-555-1212", True),
        ("uri", "file:///etc/hosts", True),
        ("uri", "http://[v1.a:b]/", True),
        ("uri", "//foo.bar/?baz=qux#quux", False),
        ("uri", "abc", False),
        ("uri", "http:// shouldfail.com", False),
        ("uri", ":// should fail", False),
        ("uri", "bar,baz:foo", False),
        ("uri", "http://a/%zz", False),
        ("uri", "http://example.com:port/", False),
        ("uri", "http://[::g]/", False),
        ("uri", "http://[fe80::1%25eth0]/", False),
        ("uri", "http://münchen.de/", False),
        ("uri", "https://example.org/<a>", False),
        ("uri", "https://example.org\n", False),
    ],
)
def test_what_is_one(form, text, is_one):
    schema = Schema({"type": "object", "properties": {"a": {"format": form}}})
    assert (schema.problem({"a": text}) is None) == is_one
    assert schema.problem({"a": 3}) is None, "only texts are looked at"


def test_a_long_text_takes_no_long_time():
    schema = Schema({"type": "object", "properties": {"a": {"format": "uri"}}})
    assert schema.problem({"a": "http://" + "a:" * 100_000 + "\n"}) is not None


class Event(pydantic.BaseModel):
    at: dt.datetime | None = None
    day: dt.date | None = None
    t: dt.time | None = None
    ident: uuid.UUID | None = None
    link: pydantic.HttpUrl | None = None
    host: ipaddress.IPv6Address | None = None
    took: dt.timedelta | None = None


TEXTS = [
    *(
        "2026-02-28T08:30:00Z",
        "2026-02-28T08:30:00",
        "2026-02-28 08:30:00",
        "2026-02-28 08:30",
        "2026-02-28T08:30:00.5+0100",
    ),
    *(
        "2026-02-28",
        "2026-02-28T00:00:00",
        "2026-02-28 00:00:00",
        "2026-02-28T00:00:00.000000000",
        "2026-02-30",
        "28.2.2026",
    ),
    *("08:30:00", "08:30", "08:30:00Z", "08:30:00.25", "24:00:00", "8:30", "noon", "", "1740731400", "P1DT2H", "1 day"),
    *("12345678123412341234123456789abc", "12345678-1234-1234-1234-123456789abc", "urn:uuid:1", "{x}"),
    *(
        "https://example.org/a b",
        "http://münchen.de/",
        "example.org",
        "https://",
        "/a",
        "fe80::1%eth0",
        "::1",
        "1.2.3.4",
    ),
]
"""Texts of which pydantic takes some for each of the fields."""


@pytest.mark.parametrize("name", Event.model_fields)
def test_what_a_persons_class_takes_its_schema_takes_too(name):
    task = sw.Task("T", "Do.", output_schema=Event)
    again = sw.Task.from_json(json.loads(json.dumps(task.to_json())))
    taken = [text for text in TEXTS if task.model_problem("x", {name: text}) is None]
    assert len(taken) >= 2
    for checked in (task, again):
        assert [text for text in taken if checked.output_problem({name: text})] == []


def test_what_is_no_time_at_all_is_refused_without_the_class_too():
    task = sw.Task.from_json(sw.Task("T", "Do.", output_schema=Event).to_json())
    assert task.output.model is None
    for name in ("at", "day", "t", "ident", "link", "host"):
        for text in ("soon", "", "2026-02-30T08:30:00"):
            assert task.output_problem({name: text}) is not None, (name, text)


@pytest.mark.filterwarnings("ignore:The task changed")
def test_rows_that_a_class_takes_stand_and_stay_when_the_file_is_opened_without_it(open_studio, tmp_path):
    path = tmp_path / "a.synth"
    rows = pd.DataFrame(
        {
            "input": ["a", "b"],
            "at": ["2026-02-28 08:30:00", "2026-02-28T08:30:00"],
            "t": ["08:30:00", "08:30"],
            "day": [pd.Timestamp("2026-02-28"), pd.Timestamp("2026-03-01")],
        }
    )
    studio = open_studio(task=sw.Task("Events", "Read it.", output_schema=Event), path=path)
    studio.add_samples(rows, output=["at", "t", "day"], status="kept")
    assert [sample.status for sample in studio.samples] == ["kept", "kept"]
    studio.close()
    alone = open_studio(task=None, path=path)
    ident = alone.samples[0].id
    assert alone.keep(ident) == {}
    assert alone.edit(ident, output={"at": "2026-02-28 09:30:00"}) == {}
    assert "time" in alone.edit(ident, output={"at": "soon"})[ident]
    alone.close()
    again = open_studio(task=sw.Task("Events", "Read it.", output_schema=Event), path=path)
    assert len(again._state.tasks) == 1, "it is the same task"


def test_answers_of_a_model_are_taken_as_the_class_takes_them(open_studio):
    answers = [{"at": "2026-02-28 08:30:00", "t": "08:30"}] * 2
    studio = open_studio(
        ScriptedCompleter(answers=lambda r: answers.pop() if r.step == "outputs" else None),
        sw.Task("Events", "Read it.", output_schema=Event),
    )
    assert studio.grow(topics=1, samples=2).wait(30).failed == 0
    assert {sample.output["at"] for sample in studio.samples} == {"2026-02-28 08:30:00"}


def test_null_that_strict_mode_put_there_goes_also_beside_a_time_as_the_class_takes_it():
    class Call(pydantic.BaseModel):
        at: dt.datetime
        note: str = ""

    class Mail(pydantic.BaseModel):
        sent: dt.datetime
        note: str = ""

    class Out(pydantic.BaseModel):
        what: Call | Mail

    schema = Schema(Out)
    answer = {"what": {"sent": "2026-02-28 08:30:00", "note": None}}
    assert RequestSchema.of(schema.json).read(answer, schema.problem) == (
        {"what": {"sent": "2026-02-28 08:30:00"}},
        None,
    )


def test_how_formats_are_read_is_part_of_the_task():
    of_class = sw.Task("T", "Do.", output_schema=Event)
    by_hand = sw.Task("T", "Do.", output_schema=Event.model_json_schema())
    assert of_class != by_hand
    assert task_differences.differences(by_hand, of_class) == ["output formats as a class reads them"]
    assert task_differences.differences(of_class, by_hand) == ["output formats as the standard has them"]
    assert by_hand.output_problem({"at": "2026-02-28T08:30:00"}) is not None


def test_a_class_in_which_it_makes_no_difference_is_stored_as_ever():
    class Plain(pydantic.BaseModel):
        mail: str = pydantic.Field(json_schema_extra={"format": "email"})

    assert "of_class" not in sw.Task("T", "Do.", output_schema=Plain).to_json()


@pytest.mark.parametrize(
    ("form", "text", "words"),
    [
        ("date-time", "2026-02-28T08:30:00", "the offset from UTC is missing, as in 2026-02-28T08:30:00Z"),
        (
            "date-time",
            "2026-02-28 08:30:00+01:00",
            "the T between date and time is missing, as in 2026-02-28T08:30:00+01:00",
        ),
        (
            "date-time",
            "2026-02-28 08:30",
            "the T between date and time, the seconds and the offset from UTC are missing, as in 2026-02-28T08:30:00Z",
        ),
        ("date-time", "2026-02-28", "the time is missing, as in 2026-02-28T00:00:00Z"),
        ("date-time", "2026-02-30T08:30:00", "it is written as in 2026-02-28T08:30:00Z"),
        ("date-time", "soon", "it is written as in 2026-02-28T08:30:00Z"),
        ("time", "08:30:00", "the offset from UTC is missing, as in 08:30:00Z"),
        ("time", "8:30", "the seconds and the offset from UTC are missing, as in 08:30:00Z"),
        ("date", "2026-02-28T00:00:00", "a date alone is wanted, as in 2026-02-28"),
        ("date", "28.2.2026", "it is written as in 2026-02-28"),
        (
            "uuid",
            "123e4567e89b42d3a456426614174000",
            "the dashes are missing, as in 123e4567-e89b-42d3-a456-426614174000",
        ),
        ("uri", "example.org/a", "the scheme is missing, as in https://example.org/a"),
        ("uri", "http://a/b c", "blanks and letters outside ASCII are written with %, as in http://a/b%20c"),
        ("email", "ada", "it is written as in ada@example.org"),
    ],
)
def test_a_schema_written_by_hand_says_what_is_missing(form, text, words):
    schema = Schema({"type": "object", "properties": {"a": {"type": "string", "format": form}}})
    assert schema.problem({"a": text}) == f'a: "{text}" is no {form}: {words}'
    assert schema.problems({"a": text}) == {"a": f'"{text}" is no {form}: {words}'}


LAZY = """
import sys
from importlib.metadata import version
import synth_widgets as sw
task = sw.Task("T", "Do.", output_schema={"type": "object", "properties": {"at": {"type": "string", "format": "uri"}}})
assert task.output_problem({"at": "https://example.org"}) is None
assert task.output_problem({"at": "here"}) is not None
assert "jsonschema" in sys.modules
assert "rfc3987_syntax" not in sys.modules, "it was loaded"
import jsonschema
checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
if "iri" in checker.checkers:
    assert checker.conforms("https://exämple.org", "iri")
    assert not checker.conforms("a b", "iri")
    assert sys.modules["rfc3987_syntax"].COUNTED == [("iri", "https://exämple.org"), ("iri", "a b")]
else:
    assert tuple(map(int, version("jsonschema").split(".")[:2])) < (4, 25), "which takes it for iri"
import rfc3987_syntax
assert rfc3987_syntax.is_valid_syntax("iri", "x:y")
"""
FAKE = """
COUNTED = []
def is_valid_syntax(term, value):
    COUNTED.append((term, value))
    return " " not in value
"""


def test_the_grammar_that_jsonschema_would_build_at_its_import_is_built_when_somebody_asks_for_it(tmp_path):
    (tmp_path / "rfc3987_syntax.py").write_text(FAKE, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-c", LAZY],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
