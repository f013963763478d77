"""How models and servers dress up an answer: with thoughts, in wrappings, with words for an end that is no good one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

DRAFT = "DRAFT"
"""Stands in what is no answer, and may stand in no row."""
_THOUGHTS = f'Perhaps {{"items": ["{DRAFT} one", "{DRAFT} two"]}}, or {{"kind": "a", "note": "{DRAFT}"}}? No.'
_THINKING = (
    "{}</think>\n\n{}",
    "<think>{}</think>{}<|im_end|>",
    "<Thinking time=3>{}</Thinking>\n{}",
    "\ufeff<seed:think>{}</seed:think>{}",
    "◁think▷{}◁/think▷{}",
    "<reasoning>{}</reasoning>{}</s>",
    "<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>final<|message|>{}<|return|>",
)
_WRAPPED = ('{{"answer": {}}}', '{{"name": "answer", "parameters": {}}}', '{{"answer": {{"value": {}}}}}')
_WRITTEN = (
    *_WRAPPED,
    "[{}]",
    '<tool_call>\n{{"name": "answer", "arguments": {}}}\n</tool_call>',
    "Here it is:\n{0}\nOnce more, in a fence:\n```json\n{0}\n```",
    'Unlike {{"kind": "?"}} this complies: {}',
)
_ENDS = ("error", "network_error", "abort", "whatever")


def dressed(kind: str | None, content: Any, number: int, *, as_arguments: bool) -> tuple[str, str] | None:
    """Return the text of an answer as a fault leaves it, and the word for its end; ``None`` for other faults.

    Args:
        kind: ``think``, ``wrap`` or ``bad_end``.
        content: what would be the right answer.
        number: which request it is: the forms take turns.
        as_arguments: whether it is sent as a tool's arguments, in which nobody thinks.
    """
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    if kind == "think" and not as_arguments:
        return _THINKING[number % len(_THINKING)].format(_THOUGHTS, text), "stop"
    if kind == "wrap":
        forms = _WRAPPED if as_arguments else _WRITTEN
        return forms[number % len(forms)].format(text), "stop"
    if kind == "bad_end":
        is_list = isinstance(content, Mapping) and "items" in content
        half = text[: len(text) // 2] if is_list else json.dumps({"kind": "a", "note": DRAFT})
        return half, _ENDS[number % len(_ENDS)]
    return None
