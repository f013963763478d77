"""An answer's bytes in whichever charset its header names, as UTF-8."""

from __future__ import annotations

import codecs
from collections.abc import AsyncIterator

_AS_IT_IS = frozenset("utf-8 utf-8-sig ascii utf-7 idna punycode unicode-escape raw-unicode-escape".split())
"""Codecs of what is UTF-8 already, and some that are no charsets of texts."""


def decoded(body: bytes, charset: str | None) -> str:
    """Return a body as text: in UTF-8 if it is that, else in the charset that its header names.

    Servers say ``ISO-8859-1`` of UTF-8 because that was the default once; the other way round it cannot be mistaken.

    >>> decoded("für".encode("latin-1"), "ISO-8859-1"), decoded("für".encode(), "ISO-8859-1")
    ('für', 'für')
    """
    named = _named(charset)
    if named is None:
        return body.decode("utf-8", "replace")
    if _is_wide(named):
        return body.decode(named, "replace")
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode(named, "replace")


def body_as_utf8(body: bytes, charset: str | None) -> bytes:
    """Return a whole body as UTF-8; see `decoded`."""
    return body if _named(charset) is None else decoded(body, charset).encode()


def as_utf8(chunks: AsyncIterator[bytes], charset: str | None) -> AsyncIterator[bytes]:
    """Return a body that comes in chunks, cut anywhere, as UTF-8; see `decoded`."""
    named = _named(charset)
    return chunks if named is None else _recoded(chunks, named)


async def _recoded(chunks: AsyncIterator[bytes], named: str) -> AsyncIterator[bytes]:
    is_utf8 = not _is_wide(named)
    decoder = codecs.getincrementaldecoder("utf-8" if is_utf8 else named)("strict" if is_utf8 else "replace")
    async for chunk in chunks:
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError:  # up to here it was ASCII, which is the same in both
            held, _ = decoder.getstate()
            decoder = codecs.getincrementaldecoder(named)("replace")
            text = decoder.decode(held + chunk)
        yield text.encode()
    held, _ = decoder.getstate()
    yield held.decode(named, "replace").encode()


def _named(charset: str | None) -> str | None:
    """Return the codec of a charset, or ``None`` where it is UTF-8 or unknown."""
    if charset is None or charset.lower() == "utf-8":
        return None
    try:
        name = codecs.lookup(charset).name
        b"{}".decode(name, "ignore")
    except (LookupError, UnicodeError):  # unknown, or no charset of texts
        return None
    return None if name in _AS_IT_IS else name


def _is_wide(name: str) -> bool:
    """Whether a codec has more than a byte for what ASCII has one."""
    return name.startswith(("utf-16", "utf-32"))
