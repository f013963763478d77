"""What the package litellm makes impossible, cell by cell: told in the README, not worked around.

A release that mends one fails `tests/faults/test_table.py` until its line here, and the README's, are gone.
"""

from __future__ import annotations

from dataclasses import dataclass

OWN_FORMAT = "litellm, own format"
"""Providers that litellm asks in a format of their own (Bedrock, Vertex AI, …): Anthropic's stands for all of them."""


@dataclass(frozen=True)
class Impossible:
    """A cell that cannot come right, in whichever way JSON is asked for.

    Attributes:
        fault, transport: which one.
        seen: what a person is told instead.
        told: what the README says of it.
        is_long: whether it takes seconds, because litellm waits where nothing comes.
    """

    fault: str
    transport: str
    seen: str
    told: str
    is_long: bool = False


_CHARSET = "an answer in another charset than UTF-8, which its header names: litellm cannot read it, and the job stops"
_EMPTY = (
    "a web page instead of a streamed list: litellm makes an empty answer of it, and after three its rows have failed"
)

IMPOSSIBLE = (
    Impossible("web pages for lists", "litellm", "the answer is empty", _EMPTY),
    Impossible("web pages for lists", OWN_FORMAT, "the answer is empty", _EMPTY),
    Impossible("another charset", "litellm", "can't decode byte", _CHARSET),
    Impossible("another charset", OWN_FORMAT, "can't decode byte", _CHARSET, is_long=True),
    Impossible(
        "pings in the stream",
        OWN_FORMAT,
        "the answer is empty",
        "a streamed list with events that are no JSON, in a format of the provider's: litellm makes it an empty one",
    ),
    Impossible(
        "ends, but not well",
        OWN_FORMAT,
        "half an answer is kept",
        "an answer that ends with an error which litellm does not know, in a format of the provider's own: litellm "
        "calls it a good end, and what complies of it is kept",
    ),
)


def impossible(fault: str, transport: str) -> Impossible | None:
    """Return why a cell cannot be right, or ``None``."""
    return next((line for line in IMPOSSIBLE if (line.fault, line.transport) == (fault, transport)), None)
