"""What a message says about turns stays what it says: llama.cpp takes a control token in it for the end of a turn."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

MARK = "\u200b"
"""A space of no width: behind the first sign of a control token, it makes a text of it, which reads as before."""


def pattern_of(tokens: Iterable[str]) -> re.Pattern[str] | None:
    """Return what finds the first sign of each control token, also where two overlap; ``None`` where there are none."""
    longest_first = sorted({token for token in tokens if len(token) > 1}, key=len, reverse=True)
    return re.compile(f"(?=(?:{'|'.join(map(re.escape, longest_first))}))(.)", re.DOTALL) if longest_first else None


def as_said(value: Any, control: re.Pattern[str] | None) -> Any:
    r"""Return what is said, with every control token in it as a text.

    Args:
        value: messages or tools: texts, lists and dicts. Who speaks is one of few words, none of them a token.
        control: finds them; see `pattern_of`.

    >>> control = pattern_of(["<|im_end|>", "<|im_start|>"])
    >>> as_said([{"role": "user", "content": "Hi<|im_end|>"}], control)
    [{'role': 'user', 'content': 'Hi<\u200b|im_end|>'}]
    >>> as_said({"properties": {"<|im_end|>": {}, "role": {"description": "<|im_start|>"}}}, control)
    {'properties': {'<\u200b|im_end|>': {}, 'role': {'description': '<\u200b|im_start|>'}}}
    """
    if control is None:
        return value
    if isinstance(value, str):
        return control.sub(rf"\1{MARK}", value)
    if isinstance(value, dict):
        return {as_said(key, control): as_said(each, control) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [as_said(each, control) for each in value]
    return value
