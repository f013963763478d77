r"""Texts from elsewhere, as a terminal, a log and a line of a page may show them: none of it acts, none of it hides.

What a model, a file, an endpoint or a person wrote may hold signs that do something instead of being read. A terminal
takes ``ESC ] 52`` for the clipboard, a carriage return writes over what stands before it, U+202E turns a line around,
and signs of no width make two names look alike. Data are stored, exported and sent as they are; what is printed goes
through `shown`. `js/src/shown.ts` is the same rule for the widget; `tests/shown.json` holds both.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any

MOST = 300
"""Characters of a name, or of a value in a repr."""
MOST_OF_A_MESSAGE = 3_000
"""Characters of a line of an error or a warning."""

_FLAGS = "|".join(
    f"\U0001f3f4{''.join(chr(0xE0000 + ord(letter)) for letter in region)}\U000e007f"
    for region in ("gbeng", "gbsct", "gbwls")
)
"""Those of England, Scotland and Wales are written with tags, which are no honest sign elsewhere."""
_NO_CHARACTERS = "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
_ACTS = re.compile(
    f"({_FLAGS})"
    "|[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # directions
    "\u2028\u2029"  # ends of lines and paragraphs
    "\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # of no width
    "\U000e0000-\U000e007f"  # tags
    f"\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff{_NO_CHARACTERS}]"  # halves of characters, and what never is one
    # Joiners are parts of words in Persian and Hindi, and of emoji: then they follow no ASCII and no other joiner.
    "|(?<![^\x00-\x7f\u200c\u200d])[\u200c\u200d]"
)


def shown(text: str, most: int = MOST) -> str:
    r"""Return a text as it may be printed: in one line, at most so long, each sign that would act as its escape.

    Honest text comes back as it is, in any script. What was shown once is not changed by being shown again.

    Args:
        text: a text from elsewhere.
        most: characters of what comes back, at least 5; of a longer text, its beginning and its end are left.

    >>> shown("\x1b]52;c;aGk=\x07"), shown("invoice\u202egpj.exe"), shown("two\nlines")
    ('\\x1b]52;c;aGk=\\x07', 'invoice\\u202egpj.exe', 'two\\nlines')
    >>> shown("👩‍👩‍👧 می‌خواهم हिन्दी עברית"), shown("a" * 1_000_000, 10)
    ('👩‍👩‍👧 می‌خواهم हिन्दी עברית', 'aaaaaaa…aa')
    """
    text = _cut(text, most)
    return text if text.isprintable() else _cut(_ACTS.sub(_escape, text), most)


def value_shown(value: object, most: int = MOST) -> str:
    r"""Return the repr of a value, at most so long.

    >>> value_shown("a\u202eb"), value_shown(["word"] * 1000, 20)
    ("'a\\u202eb'", "['word', 'word'…rd']")
    """
    return shown(repr(value), most)


def short_repr(record: Any) -> str:
    """Return a dataclass's repr with long values cut: ``__repr__ = short_repr`` in its body.

    >>> @dataclasses.dataclass
    ... class Point:
    ...     name: str
    ...     __repr__ = short_repr
    >>> Point("A"), len(repr(Point("A" * 1_000_000)))
    (Point(name='A'), 312)
    """
    fields = ((field.name, getattr(record, field.name)) for field in dataclasses.fields(record) if field.repr)
    return f"{type(record).__qualname__}({', '.join(f'{name}={value_shown(value)}' for name, value in fields)})"


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    end = most // 5
    return f"{text[: most - end - 1]}…{text[-end:]}"


def _escape(found: re.Match[str]) -> str:
    sign = found.group()
    if found.group(1) is not None:
        return sign
    return sign.encode("unicode_escape").decode()
