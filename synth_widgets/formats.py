"""The ``format`` keyword: what jsonschema checks by itself, and times and addresses, for which it wants more packages.

Times as in RFC 3339 (https://www.rfc-editor.org/rfc/rfc3339), addresses as in RFC 3986
(https://www.rfc-editor.org/rfc/rfc3986). Every pattern here takes time in proportion to the text.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import re

import jsonschema

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
    found = _TIME.fullmatch(text)
    if found is None:
        return False
    hours, minutes, seconds, sign, off_hours, off_minutes = found.groups()
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
    found = _URI.fullmatch(text)
    if found is None:
        return False
    literal = found["literal"]
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


def checker() -> jsonschema.FormatChecker:
    """Return what checks the formats that are checked at all; others say nothing."""
    made = jsonschema.FormatChecker(["date", "email", "ipv4", "ipv6", "uuid"])
    for name, check in (("date-time", is_date_time), ("time", is_time), ("uri", is_uri)):
        made.checks(name)(check)
    return made
