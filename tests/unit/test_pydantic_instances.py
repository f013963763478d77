"""Instances of pydantic classes as examples, own rows and edits: what is stored, the class reads again."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import decimal
import enum
import uuid
from typing import Annotated, Any

import pydantic
import pydantic.alias_generators
import pytest

import synth_widgets as sw
from synth_widgets.errors import StudioError
from synth_widgets.jsonable import plain


class Colour(enum.Enum):
    RED = "red"


class Part(pydantic.BaseModel):
    part_no: int = pydantic.Field(alias="partNo")


@dataclasses.dataclass
class Box:
    width: int


class Aliased(pydantic.BaseModel):
    order_no: int = pydantic.Field(alias="orderNo")
    parts: list[Part] = []
    by_name: dict[str, Part] = {}


class Generated(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(alias_generator=pydantic.alias_generators.to_camel)
    order_no: int
    nested_part: Part


class Renamed(pydantic.BaseModel):
    for_reading: int = pydantic.Field(validation_alias="in", serialization_alias="out")
    either: int = pydantic.Field(validation_alias=pydantic.AliasChoices("first", "second"))
    way: int = pydantic.Field(validation_alias=pydantic.AliasChoices(pydantic.AliasPath("deep", 0), "flat"))


class Excluded(pydantic.BaseModel):
    shown: int
    hidden: int = pydantic.Field(exclude=True)

    @pydantic.computed_field
    @property
    def doubled(self) -> int:
        return self.shown * 2


class Closed(Excluded):
    model_config = pydantic.ConfigDict(extra="forbid")


class Inside(pydantic.BaseModel):
    data: pydantic.Json[list[int]]
    any_data: pydantic.Json[Any]


class Secret(pydantic.BaseModel):
    key: pydantic.SecretStr
    raw_key: pydantic.SecretBytes


class Bytes(pydantic.BaseModel):
    text: bytes
    coded: pydantic.Base64Bytes


class BytesOfAnyKind(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")
    data: bytes


class Serialized(pydantic.BaseModel):
    at: dt.datetime
    price: decimal.Decimal

    @pydantic.field_serializer("at")
    def as_number(self, value: dt.datetime) -> float:
        return value.timestamp()

    @pydantic.field_serializer("price")
    def as_words(self, value: decimal.Decimal) -> str:
        return f"{value} €"


class Shaped(pydantic.BaseModel):
    a: int

    @pydantic.model_serializer
    def as_text(self) -> str:
        return f"Shaped({self.a})"


class Kinds(pydantic.BaseModel):
    colour: Colour
    by_colour: dict[Colour, int]
    ident: uuid.UUID
    lasts: dt.timedelta
    day: dt.date
    clock: dt.time
    link: pydantic.HttpUrl
    exact: decimal.Decimal
    few: set[int]
    pair: tuple[int, str]
    box: Box


class Sloppy(pydantic.BaseModel):
    must: int
    may: int = None  # type: ignore[assignment]
    or_none: int | None = None


class Extra(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    known: int


class Constrained(pydantic.BaseModel):
    word: Annotated[str, pydantic.StringConstraints(to_upper=True)]


Root = pydantic.RootModel[dict[str, Part]]

DATA: list[tuple[pydantic.BaseModel, Any]] = [
    (
        Aliased(orderNo=1, parts=[Part(partNo=2)], by_name={"a": Part(partNo=3)}),
        {"orderNo": 1, "parts": [{"partNo": 2}], "by_name": {"a": {"partNo": 3}}},
    ),
    (Generated(orderNo=1, nestedPart=Part(partNo=2)), {"orderNo": 1, "nestedPart": {"partNo": 2}}),
    (Renamed(**{"in": 1, "first": 2, "flat": 3}), {"in": 1, "first": 2, "flat": 3}),
    (Excluded(shown=1, hidden=2), {"shown": 1, "hidden": 2}),
    (Closed(shown=1, hidden=2), {"shown": 1, "hidden": 2}),
    (Inside(data="[1, 2]", any_data='{"a": 1}'), {"data": "[1,2]", "any_data": '{"a":1}'}),
    (Secret(key="open", raw_key=b"sesame"), {"key": "open", "raw_key": "sesame"}),
    (
        Bytes(text="é".encode(), coded=base64.b64encode(b"\xff\x00")),
        {"text": "é", "coded": base64.b64encode(b"\xff\x00").decode()},
    ),
    (BytesOfAnyKind(data=b"\xff"), {"data": "_w=="}),
    (
        Serialized(at=dt.datetime(2026, 1, 2, tzinfo=dt.UTC), price=decimal.Decimal("2.50")),
        {"at": "2026-01-02T00:00:00+00:00", "price": 2.5},
    ),
    (Shaped(a=1), {"a": 1}),
    (
        Kinds(
            colour=Colour.RED, by_colour={Colour.RED: 1}, ident=uuid.UUID(int=1), lasts=dt.timedelta(hours=1),
            day=dt.date(2026, 1, 2), clock=dt.time(8, 30, tzinfo=dt.UTC), link="https://example.org/a",
            exact=decimal.Decimal("0.1234567890123456789"), few={1}, pair=(1, "a"), box=Box(3),
        ),
        {
            "colour": "red", "by_colour": {"red": 1}, "ident": str(uuid.UUID(int=1)), "lasts": "PT1H",
            "day": "2026-01-02", "clock": "08:30:00+00:00", "link": "https://example.org/a",
            "exact": "0.1234567890123456789", "few": [1], "pair": [1, "a"], "box": {"width": 3},
        },
    ),
    (Sloppy(must=1), {"must": 1, "or_none": None}),
    (Extra(known=1, other=[1, {"a": None}]), {"known": 1, "other": [1, {"a": None}]}),
    (Constrained(word="a"), {"word": "A"}),
    (Root({"a": Part(partNo=1)}), {"a": {"partNo": 1}}),
]  # fmt: skip

instances = pytest.mark.parametrize(("instance", "form"), DATA, ids=lambda value: type(value).__name__)


@instances
def test_an_instance_is_stored_as_its_schema_takes_it_and_its_class_reads_it(instance, form, open_studio):
    cls = type(instance)
    task = sw.Task("Any", "Do.", input_schema=cls, output_schema=cls, examples=[(instance, instance)])
    assert task.examples == ((form, form),)
    assert cls.model_validate(form) == instance
    studio = open_studio(task=task)
    done = studio.add_samples([{"input": instance, "output": instance}, {"input": instance}])
    assert (done.added, done.failed) == (2, 0), done.reasons
    one, two = studio.samples
    assert (one.input, one.output) == (form, form)
    assert studio.edit(two, output=instance) == {}
    assert studio.samples[two.id].output == form
    assert studio.check(input=instance, output=instance) == {}


def test_a_cell_of_one_field_may_be_an_instance(open_studio):
    class Whole(pydantic.BaseModel):
        inner: Aliased

    studio = open_studio(task=sw.Task("Any", "Do.", output_schema=Whole))
    done = studio.add_samples([{"input": "a", "output.inner": Aliased(orderNo=1)}])
    assert done.reasons == {}
    assert studio.samples[0].output == {"inner": {"orderNo": 1, "parts": [], "by_name": {}}}


def test_a_secret_is_never_stored_as_asterisks():
    with pytest.raises(ValueError, match=r"Secret\.raw_key has no form in JSON"):
        plain(Secret(key="a", raw_key=b"\xff"))


def test_bytes_that_are_no_text_are_refused_with_what_helps(open_studio):
    class Raw(pydantic.BaseModel):
        data: bytes

    bad = Raw(data=b"\xff")
    task = sw.Task("Any", "Do.", output_schema=Raw)
    studio = open_studio(task=task)
    done = studio.add_samples([{"input": "a", "output": bad}])
    assert "Raw.data has no form in JSON" in next(iter(done.reasons.values()))
    assert "val_json_bytes" in next(iter(done.reasons.values()))
    with pytest.raises(StudioError, match=r"not plain JSON: Raw\.data has no form.*ser_json_bytes"):
        studio.edit(studio.samples[0], output=bad)
    with pytest.raises(sw.errors.TaskError, match=r"Raw\.data has no form"):
        sw.Task("Any", "Do.", output_schema=Raw, examples=[("a", bad)])


def test_dataclasses_of_pydantic_have_the_names_of_their_schema():
    @pydantic.dataclasses.dataclass
    class Old:
        order_no: Annotated[int, pydantic.Field(alias="orderNo")]

    assert plain(Old(orderNo=1)) == {"orderNo": 1}


def test_a_field_without_a_value_and_two_keys_of_one_name_are_refused():
    class In(pydantic.BaseModel):
        text: str

    with pytest.raises(ValueError, match=r"In\.text has no value"):
        plain(In.model_construct())
    with pytest.raises(ValueError, match="two of its keys"):
        plain({"1": 1, 1: 2})
