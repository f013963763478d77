"""The ``format`` keyword: what jsonschema checks by itself, and times and addresses, for which it wants more packages.

Times as in RFC 3339 (https://www.rfc-editor.org/rfc/rfc3339), addresses as in RFC 3986
(https://www.rfc-editor.org/rfc/rfc3986). Every pattern here takes time in proportion to the text.

A pydantic class takes more than the formats in its own schema say: times without an offset, a blank for the T. So a
schema that came from a class also takes what pydantic reads as such a value.
"""

from __future__ import annotations

import datetime as dt
import functools
import ipaddress
import re
import urllib.parse
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import jsonschema

if TYPE_CHECKING:
    from pydantic_core import SchemaValidator

_TIME = re.compile(
    r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)(?:\.[0-9]+)?(?:z|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))",
    re.IGNORECASE,
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PLAIN = r"A-Za-z0-9._~!$&'()*+,;=\-"
"""Characters that stand for themselves everywhere in an address: unreserved ones and sub-delimiters."""
_URI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.\-]*:"
    rf"(?://(?:(?:[{_PLAIN}:]|%[0-9A-Fa-f]{{2}})*@)?(?:\[(?P<literal>[^\]]*)\]|(?:[{_PLAIN}]|%[0-9A-Fa-f]{{2}})*)"
    r"(?::[0-9]*)?(?=[/?#]|\Z)|(?!//))"
    rf"(?:[{_PLAIN}:@/]|%[0-9A-Fa-f]{{2}})*"
    rf"(?:\?(?:[{_PLAIN}:@/?]|%[0-9A-Fa-f]{{2}})*)?"
    rf"(?:#(?:[{_PLAIN}:@/?]|%[0-9A-Fa-f]{{2}})*)?"
)
_FUTURE = re.compile(rf"v[0-9A-Fa-f]+\.[{_PLAIN}:]+", re.IGNORECASE)


def is_date_time(text: object) -> bool:
    """Whether a text is a date and a time with its offset from UTC; what is no text is not looked at.

    >>> is_date_time("2026-02-28T23:59:30.5+01:00"), is_date_time("2026-02-30T00:00:00Z"), is_date_time("2026-02-28")
    (True, False, False)
    """
    if not isinstance(text, str):
        return True
    return text[10:11] in {"T", "t"} and _is_date(text[:10]) and is_time(text[11:])


def is_time(text: object) -> bool:
    """Whether a text is a time with its offset from UTC; what is no text is not looked at.

    >>> is_time("08:30:06Z"), is_time("08:30:06"), is_time("24:00:00Z"), is_time("01:29:60+01:30")
    (True, False, False, True)
    """
    if not isinstance(text, str):
        return True
    match = _TIME.fullmatch(text)
    if match is None:
        return False
    hours, minutes, seconds, sign, off_hours, off_minutes = match.groups()
    if seconds != "60":
        return True
    offset = 0 if sign is None else int(off_hours) * 60 + int(off_minutes)
    utc = int(hours) * 60 + int(minutes) - (offset if sign == "+" else -offset)
    return utc % (24 * 60) == 24 * 60 - 1  # leap seconds come at the end of a day


def is_uri(text: object) -> bool:
    """Whether a text is an address with its scheme; what is no text is not looked at.

    >>> is_uri("https://example.org/a?b=%20#c"), is_uri("mailto:ada@example.org"), is_uri("/a"), is_uri("a b:c")
    (True, True, False, False)
    """
    if not isinstance(text, str):
        return True
    match = _URI.fullmatch(text)
    if match is None:
        return False
    literal = match["literal"]
    return literal is None or _FUTURE.fullmatch(literal) is not None or _is_ipv6(literal)


def _is_date(text: str) -> bool:
    if _DATE.fullmatch(text) is None:
        return False
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_ipv6(text: str) -> bool:
    try:
        return ipaddress.IPv6Address(text).scope_id is None
    except ValueError:
        return False


OF_CLASSES = frozenset("date-time date time uuid uri ipv6".split())
"""Formats of which a class takes more than its schema says."""


@functools.cache
def checker(*, of_class: bool = False) -> jsonschema.FormatChecker:
    """Return what checks the formats that are checked at all; others say nothing.

    Args:
        of_class: whether a text also is what pydantic reads as one.
    """
    strict = jsonschema.FormatChecker(["date", "email", "ipv4", "ipv6", "uuid"])
    for name, check in (("date-time", is_date_time), ("time", is_time), ("uri", is_uri)):
        strict.checks(name)(check)
    if not of_class:
        return strict
    lenient = jsonschema.FormatChecker(["email"])
    for name in OF_CLASSES:
        lenient.checks(name)(functools.partial(_is_one_or_read_so, strict, name))
    return lenient


def _is_one_or_read_so(strict: jsonschema.FormatChecker, name: str, text: object) -> bool:
    return not isinstance(text, str) or strict.conforms(text, name) or _pydantic_reads(name, text)


def _pydantic_reads(name: str, text: str) -> bool:
    """Whether pydantic makes a value of a text, as it does for a field whose schema has this format."""
    return _is_made(ipaddress.IPv6Address, text) if name == "ipv6" else _readers()[name].isinstance_python(text)


@functools.cache
def _readers() -> Mapping[str, SchemaValidator]:
    from pydantic_core import SchemaValidator, core_schema  # most schemas are none of a class

    kinds: dict[str, core_schema.CoreSchema] = {
        "date": core_schema.date_schema(),
        "date-time": core_schema.datetime_schema(),
        "time": core_schema.time_schema(),
        "uri": core_schema.url_schema(),
        "uuid": core_schema.uuid_schema(),
    }
    return {name: SchemaValidator(kind) for name, kind in kinds.items()}


def _is_made(make: Callable[[str], object], text: str) -> bool:
    try:
        make(text)
    except ValueError:
        return False
    return True


_LOOSE_TIME = re.compile(
    r"(?P<clock>\d{1,2}:\d\d)(?P<seconds>:\d\d)?(?P<fraction>[.,]\d+)?\s?(?P<offset>z|utc|[+-]\d\d:?(?:\d\d)?)?",
    re.IGNORECASE | re.ASCII,
)
_LOOSE_DATE_TIME = re.compile(r"(?P<date>\d{4}-\d\d-\d\d)(?:(?P<between>[tT ])(?P<time>.+))?", re.ASCII)
_LONG = 200
"""Characters of a text that is not shown once more, put right."""
_LIKE = {
    "date": "2026-02-28",
    "date-time": "2026-02-28T08:30:00Z",
    "email": "ada@example.org",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "time": "08:30:00Z",
    "uri": "https://example.org/a",
    "uuid": "123e4567-e89b-42d3-a456-426614174000",
}


def advice(name: str, text: str) -> str:
    """Say what a text lacks to be of a format, and how it is written then.

    >>> advice("date-time", "2026-02-28 08:30:00")
    'the T between date and time and the offset from UTC are missing, as in 2026-02-28T08:30:00Z'
    >>> advice("date", "2026-02-28T00:00:00"), advice("time", "noon")
    ('a date alone is wanted, as in 2026-02-28', 'it is written as in 08:30:00Z')
    """
    lacks, right = _LACKS.get(name, _nothing)(text)
    if not lacks or len(right) > _LONG or not checker().conforms(right, name):
        return f"it is written as in {_LIKE[name]}" if name in _LIKE else ""
    return f"{lacks}, as in {right}"


def _nothing(_text: str) -> tuple[str, str]:
    return "", ""


def _missing(parts: list[str]) -> str:
    listed = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    return f"{listed} {'are' if len(parts) > 1 else 'is'} missing" if parts else ""


def _of_time(text: str) -> tuple[list[str], str]:
    """Return the parts that a time lacks, and the time with them."""
    match = _LOOSE_TIME.fullmatch(text)
    if match is None:
        return [], ""
    clock, seconds, offset = match["clock"].zfill(5), match["seconds"], match["offset"] or ""
    lacks = [*([] if seconds else ["the seconds"]), *([] if offset else ["the offset from UTC"])]
    digits = offset[1:].replace(":", "")
    offset = f"{offset[0]}{digits[:2]}:{digits[2:] or '00'}" if offset[:1] in {"+", "-"} else "Z"
    return lacks, f"{clock}{seconds or ':00'}{(match['fraction'] or '').replace(',', '.')}{offset}"


def _lacks_of_time(text: str) -> tuple[str, str]:
    lacks, right = _of_time(text)
    return _missing(lacks), right


def _lacks_of_date_time(text: str) -> tuple[str, str]:
    match = _LOOSE_DATE_TIME.fullmatch(text)
    if match is None:
        return "", ""
    if match["time"] is None:
        return "the time is missing", f"{text}T00:00:00Z"
    lacks, time = _of_time(match["time"])
    between = ["the T between date and time"] if match["between"] == " " else []
    return _missing([*between, *lacks]), f"{match['date']}T{time}"


def _lacks_of_date(text: str) -> tuple[str, str]:
    return ("a date alone is wanted" if text[10:11] in {"T", "t", " "} else ""), text[:10]


def _lacks_of_uuid(text: str) -> tuple[str, str]:
    try:
        right = str(uuid.UUID(text))
    except ValueError:
        return "", ""
    return ("the dashes are missing" if "-" not in text else "the digits alone are wanted"), right


def _lacks_of_uri(text: str) -> tuple[str, str]:
    quoted = urllib.parse.quote(text, safe="%/:=&?~#+!$,;'@()*[]")
    if ":" in text:
        return "blanks and letters outside ASCII are written with %", quoted
    return "the scheme is missing", f"https://{quoted.lstrip('/')}"


_LACKS: Mapping[str, Callable[[str], tuple[str, str]]] = {
    "date": _lacks_of_date,
    "date-time": _lacks_of_date_time,
    "time": _lacks_of_time,
    "uri": _lacks_of_uri,
    "uuid": _lacks_of_uuid,
}
