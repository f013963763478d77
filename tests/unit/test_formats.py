"""Formats of texts: which are one, and that no package that jsonschema would like is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from synth_widgets.schemas import Schema

ROOT = Path(__file__).parents[2]
WANTED_BY_JSONSCHEMA = (
    "fqdn idna isoduration jsonpointer rfc3339_validator rfc3986_validator rfc3987 rfc3987_syntax "
    "uri_template webcolors"
)
BARE = f"""
import sys
for name in {WANTED_BY_JSONSCHEMA.split()!r}:
    sys.modules[name] = None
from synth_widgets.schemas import Schema
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
