"""The samples as chat fine-tuning data: what OpenAI, and most that train chat models, read.

One line a sample: ``{"messages": [system, user, assistant]}``, the messages of ``task.messages(input)`` and the
output after them. The format: https://platform.openai.com/docs/api-reference/fine-tuning/chat-input
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from synth_widgets.records import Sample
from synth_widgets.task import Task, as_text
from synth_widgets.text.normal import storable

_LINE_ENDS = re.compile("[\x85\u2028\u2029]")
"""What some readers take for the end of a line although JSON allows it in a text."""


def example(task: Task, input: Any, output: Any) -> dict[str, Any]:
    """Return one training example: the messages that the model will get, and what it should answer.

    >>> from synth_widgets.task import Task
    >>> [m["content"] for m in example(Task("Greeter", "Greet."), "I am Ada.", {"n": 1})["messages"]]
    ['Greet.', 'I am Ada.', '{"n": 1}']
    """
    return {"messages": [*task.messages(input), {"role": "assistant", "content": as_text(output)}]}


def lines(task: Task, samples: Iterable[Sample]) -> Iterator[bytes]:
    """Yield a line of UTF-8 for each sample that has an output."""
    for sample in samples:
        version = sample.version
        if version.output is not None:
            text = json.dumps(storable(example(task, version.input, version.output)), ensure_ascii=False)
            yield _LINE_ENDS.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode() + b"\n"
