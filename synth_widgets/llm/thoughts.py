"""A reasoning model's thoughts, where its endpoint leaves them in the text of the answer."""

from __future__ import annotations

import re

_THOUGHT = re.compile(r"\s*<think(ing)?>(?P<thought>.*?)(?:</think(?:ing)?>\s*|\Z)", re.DOTALL)


def apart(text: str) -> tuple[str, str | None]:
    """Return an answer's text without the thoughts before it, and the thoughts, or ``None`` where there are none.

    Thoughts that do not end are all there is: the answer was cut before it began.

    >>> apart("<think>Greet her by name.</think>Hello, Ada!")
    ('Hello, Ada!', 'Greet her by name.')
    >>> apart("<think>Greet her by")
    ('', 'Greet her by')
    >>> apart("Hello, Ada!")
    ('Hello, Ada!', None)
    """
    found = _THOUGHT.match(text)
    if found is None:
        return text, None
    return text[found.end() :], found["thought"].strip() or None
