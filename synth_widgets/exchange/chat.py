"""The samples as chat fine-tuning data: what OpenAI, and most that train chat models, read.

One line a sample: ``{"messages": [system, user, assistant]}``, the messages of ``task.messages(input)`` and the
output after them. The format: https://platform.openai.com/docs/api-reference/fine-tuning/chat-input
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import IO, Any

from synth_widgets.records import Sample
from synth_widgets.store.state import State
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
    return {"messages": task.conversation(input).assistant(as_text(output)).to_json()}


def write(_state: State, task: Task, samples: Sequence[Sample], file: IO[bytes]) -> None:
    """Write a line of UTF-8 for each sample."""
    for sample in samples:
        text = json.dumps(storable(example(task, sample.input, sample.output)), ensure_ascii=False)
        file.write(_LINE_ENDS.sub(lambda end: f"\\u{ord(end[0]):04x}", text).encode() + b"\n")
