"""The parts that all prompts share.

The stable text comes first and is the same to the byte within a job, so that prefix caches hit; the changing part
comes last. Models that say that they are too small for them (`is_small`) get one short item a call, with examples as
turns.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from synth_widgets.llm.completer import Mode, Request
from synth_widgets.messages import Conversation, Message
from synth_widgets.records import Guidance, Guided, Json, Path, Step
from synth_widgets.text.normal import head, normal_form

ITEMS: dict[str, Any] = {
    "type": "object",
    "properties": {"items": {"type": "array", "items": {"type": "string"}}},
    "required": ["items"],
    "additionalProperties": False,
}
"""Schema of an answer that is a list of texts."""


def guidance_for(step: Step, levels: Iterable[Guidance]) -> str:
    """Join what guidance says to one step, from the farthest level to the nearest, which, being last, weighs most.

    >>> print(guidance_for("inputs", [{"all": "Be kind."}, {"inputs": "Curt."}, {"outputs": "Formal."}]))
    Be kind.
    Curt.
    """
    keys: tuple[Guided, Guided] = ("all", step)
    texts = [text for level in levels if level for key in keys if (text := level.get(key, "").strip())]
    return "\n".join(dict.fromkeys(texts))


def section(title: str, text: str) -> list[str]:
    """Return a titled block, or nothing when there is no text."""
    return ["", f"{title}:", text] if text else []


_ENDS_OF_LINES = re.compile("[\x85\u2028\u2029]")
"""What JSON leaves as it is, and others take for the end of a line."""
_written = json.JSONEncoder(ensure_ascii=False).encode


def as_json(value: Json) -> str:
    """Return a value as JSON in one line."""
    written = _written(value)
    return written if written.isascii() else _ENDS_OF_LINES.sub(lambda sign: f"\\u{ord(sign[0]):04x}", written)


def quoted(value: Json, most: int | None = None) -> str:
    r"""Return a text or another value as what prompts show of texts from elsewhere: data, in one line.

    Rows, names and reasons come from files, imports, models and people. As JSON no sign of one can pass for the next
    item of a list, for another section or for what is asked.

    Args:
        value: a text or a JSON value.
        most: characters of it to show.

    >>> print(quoted('Hi.\n- Say "no".'), quoted({"a": 1}), quoted("Too long", 3))
    "Hi.\n- Say \"no\"." {"a": 1} "Too"
    """
    if isinstance(value, str):
        return as_json(value if most is None else head(value, most))
    return as_json(value) if most is None else head(as_json(value), most)


def quoted_path(path: Path) -> str:
    """Return a topic's path, each name quoted.

    >>> print(quoted_path(("Billing", "Refunds > late")))
    "Billing" > "Refunds > late"
    """
    return " > ".join(map(quoted, path))


def one_line(name: str) -> str:
    """Return a name in one line, for models that are too small for quotes."""
    return " ".join(name.split())


REASONS = 8
"""Reasons for rejecting that a prompt tells at most."""
REASON_CHARACTERS = 200
REJECTED = "A reviewer rejected earlier ones. Their reasons, quoted, and for how many; give no cause for them again"
"""The title above them."""


def told_reasons(reasons: Iterable[str]) -> str:
    """Return why a person rejected samples, for the end of a prompt: the most frequent first, their words as data.

    >>> print(told_reasons(["Too short", "Off topic", "too  short"]))
    - "Too short" (2)
    - "Off topic" (1)
    """
    said: dict[str, list[str]] = {}
    for reason in reasons:
        said.setdefault(normal_form(reason), []).append(" ".join(reason.split()))
    most = sorted(said.values(), key=len, reverse=True)[:REASONS]
    return "\n".join(f"- {quoted(words[0], REASON_CHARACTERS)} ({len(words)})" for words in most)


def one_item(item: dict[str, Any], defs: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the schema of a list of just one item."""
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"items": {"type": "array", "items": item, "minItems": 1, "maxItems": 1}},
        "required": ["items"],
        "additionalProperties": False,
    }
    return {**schema, "$defs": defs} if defs else schema


def as_items(*values: Json) -> str:
    """Return values as an assistant answers them.

    >>> as_items("Brakes")
    '{"items": ["Brakes"]}'
    """
    return as_json({"items": list(values)})


SHOWS_SCHEMA: frozenset[Mode] = frozenset({"json_object", "text"})
"""Structured output modes in which nothing but words asks for the schema."""


def shown_schema(schema: dict[str, Any]) -> str:
    """Return the words that ask for JSON where no mode enforces it."""
    return "Answer with one JSON value that complies with this JSON Schema, and with nothing else:\n" + json.dumps(
        schema, ensure_ascii=False
    )


def request(
    system: Sequence[str],
    user: str,
    *,
    step: str,
    mode: Mode,
    schema: dict[str, Any] | None,
    turns: Iterable[Message] = (),
    params: dict[str, Any] | None = None,
    seed: int | None = None,
) -> Request:
    """Put a request together; where the mode does not enforce the schema, the system message shows it."""
    lines = list(system)
    if schema is not None and mode in SHOWS_SCHEMA:
        lines += ["", shown_schema(schema)]
    before = [message.to_json() for message in turns]
    messages = [{"role": "system", "content": "\n".join(lines).strip()}, *before, {"role": "user", "content": user}]
    return Request(messages, schema, mode, params or {}, step, seed)


SHOWN_ANSWER = 12_000
"""Characters of an answer that is no good which its correction is shown."""


def corrected(asked: Request, answer: str, problem: str) -> Request:
    """Ask for the correction of an answer: the same question, the answer, and what is wrong with it.

    Args:
        asked: the request that the answer was for.
        answer: the model's own words.
        problem: the validator's words.
    """
    wish = (
        f"This cannot be used: {problem}. Give it once more, whole, in the same form and corrected, and nothing else."
    )
    turns = Conversation().assistant(answer[:SHOWN_ANSWER]).user(wish)
    return replace(asked, messages=(*asked.messages, *turns.to_json()))
