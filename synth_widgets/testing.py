"""A completer without a model, for tests: this package's and yours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from synth_widgets.errors import UnreachableError
from synth_widgets.fake_values import FakeValues
from synth_widgets.llm.completer import ITEMS_PER_CALL, Answer, Finish, Mode, OnText, Request
from synth_widgets.messages import Message
from synth_widgets.money import Price
from synth_widgets.records import Usage
from synth_widgets.text.shown import value_shown

Fault = Literal["invalid", "garbage", "truncate", "chatter", "drop"] | Exception | type[Exception]
"""What can go wrong with one call.

``invalid``: JSON that breaks the schema (in a list: its first item does). ``garbage``: no JSON. ``truncate``: cut
in the middle, with finish ``length``. ``chatter``: the right answer amid other words and in a code fence. ``drop``:
the connection breaks after half of the text. An exception is raised before any text.
"""

Faults = Mapping[int, Fault] | Callable[[int, Request], Fault | None]


class ScriptedCompleter:
    """Answers by the request's schema, or by a script, always the same for the same seed.

    Without ``answers`` each answer is valid under the request's schema, and no topic, input or other text comes
    twice. It stands where a model does: ``sw.Studio(task, model=ScriptedCompleter())``.

    Args:
        seed: another seed, other values.
        latency: seconds before the first text of an answer, or a function of the request.
        chunk_delay: seconds between the pieces of a streamed answer.
        chunk: characters of such a piece.
        faults: the calls that go wrong: ``{3: "truncate"}`` for the third, or a function of the call's number
            (from 1) and the request.
        answers: texts (or JSON values, or a `Message` that calls tools) to answer with, one a call, before those made
            by schema; or a function that makes each, and returns ``None`` for those to be made by schema.
        name, concurrency, items_per_call, modes: as every completer has them.
        is_small: whether it gets the prompts of a model too small for the ordinary ones.
        price: what its tokens cost; without one, that is unknown.

    Attributes:
        requests: every request so far, in the order they came.
        in_flight, peak: calls now, and at most at once.
        waiting: always ``None``: nothing is retried.
        closed: whether `close` was called.

    >>> import asyncio
    >>> schema = {"type": "object", "properties": {"tone": {"enum": ["kind"]}}, "required": ["tone"]}
    >>> model = ScriptedCompleter(answers=["first"], faults={3: "truncate"})
    >>> request = Request([{"role": "user", "content": "Hello"}], schema=schema)
    >>> [asyncio.run(model.complete(request)).text for _ in range(3)]
    ['first', '{"tone": "kind"}', '{"tone":']
    >>> len(model.requests)
    3
    """

    waiting: str | None = None

    def __init__(
        self,
        *,
        seed: int = 0,
        latency: float | Callable[[Request], float] = 0.0,
        chunk_delay: float = 0.0,
        chunk: int = 8,
        faults: Faults | None = None,
        answers: Iterable[Any] | Callable[[Request], Any] = (),
        name: str = "scripted",
        concurrency: int = 16,
        items_per_call: int = ITEMS_PER_CALL,
        modes: tuple[Mode, ...] = ("json_schema", "text"),
        is_small: bool = False,
        price: Price | None = None,
    ) -> None:
        self.name = name
        self.concurrency = concurrency
        self.items_per_call = items_per_call
        self.modes = modes
        self.is_small = is_small
        self.price = price
        self.requests: list[Request] = []
        self.in_flight = 0
        self.peak = 0
        self.closed = False
        self._fakes = FakeValues(seed)
        self._latency = latency
        self._chunk_delay = chunk_delay
        self._chunk = chunk
        self._faults = faults or {}
        self._answer_by = answers if callable(answers) else None
        self._script = iter(() if callable(answers) else answers)

    def __repr__(self) -> str:
        return f"ScriptedCompleter({value_shown(self.name)})"

    async def complete(self, request: Request, on_text: OnText | None = None) -> Answer:
        """Answer one request, after the latency; with ``on_text``, in pieces.

        Raises:
            UnreachableError: the script says ``drop``; ``partial`` is what was handed out.
            Exception: the one that the script names for this call.
        """
        self.requests.append(request)
        number = len(self.requests)
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            return await self._answer(number, request, on_text)
        finally:
            self.in_flight -= 1

    async def close(self) -> None:
        """Note that it was closed. It goes on answering."""
        self.closed = True

    async def _answer(self, number: int, request: Request, on_text: OnText | None) -> Answer:
        fault = self._faults(number, request) if callable(self._faults) else self._faults.get(number)
        seconds = self._latency(request) if callable(self._latency) else self._latency
        await asyncio.sleep(seconds)
        if isinstance(fault, Exception):
            raise fault
        if isinstance(fault, type):
            raise fault(f"scripted for call {number}")
        content = self._content(request)
        calls = content.tool_calls if isinstance(content, Message) else ()
        text, finish = spoil(content.text if isinstance(content, Message) else content, fault)
        if calls and finish == "stop":
            finish = "tool_calls"
        if on_text is not None:
            for at in range(0, len(text), self._chunk):
                if at and self._chunk_delay:
                    await asyncio.sleep(self._chunk_delay)
                on_text(text[at : at + self._chunk])
        if fault == "drop":
            raise UnreachableError("The scripted connection broke.", partial=text if on_text else "")
        asked = sum(len(message.text) for message in request.conversation)
        usage = Usage(asked // 4 + 1, len(text) // 4 + 1)
        return Answer(text, finish, usage=usage, seconds=seconds, tool_calls=calls)

    def _content(self, request: Request) -> Any:
        """The next answer as text, or as a value that is to become JSON."""
        if self._answer_by is not None and (answer := self._answer_by(request)) is not None:
            return answer
        for answer in self._script:
            return answer
        if request.schema is None:
            return self._fakes.name() if request.step == "topics" else self._fakes.sentence()
        return fake_value(self._fakes, request.schema, names=request.step == "topics", some=self.items_per_call)


def fake_value(fakes: FakeValues, schema: Mapping[str, Any], *, names: bool = False, some: int = 8) -> Any:
    """Return a value that fits a schema; a list under ``items`` without bounds gets ``some`` elements.

    >>> fake_value(FakeValues(), {"type": "object", "properties": {"items": {"type": "array"}}}, names=True, some=2)
    {'items': ['Warm contract', 'Flat recipe']}
    """
    items = schema.get("properties", {}).get("items")
    if not isinstance(items, Mapping):
        return fakes.value(schema, names=names, some=some)
    rest = {name: sub for name, sub in schema["properties"].items() if name != "items"}
    value = fakes.value({**schema, "properties": rest, "required": list(rest)}, root=schema, names=names)
    return {**value, "items": fakes.value(items, root=schema, names=names, some=some)}


def spoil(content: Any, fault: object) -> tuple[str, Finish]:
    """Return the answer's text as a fault leaves it, and why it ends.

    Args:
        content: text, or a value that becomes JSON.
        fault: one of the words of `Fault`; anything else changes nothing.

    >>> spoil({"a": 1}, "truncate")
    ('{"a"', 'length')
    """
    if fault == "garbage":
        return "I am sorry, as a script I would rather talk about the weather", "stop"
    if fault == "invalid":
        content = _invalid(content)
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    if fault == "chatter":
        return f"Sure, here it is:\n```json\n{text}\n```\nAnything else?", "stop"
    if fault in {"truncate", "drop"}:
        return text[: (len(text) + 1) // 2], "length"
    return text, "stop"


def _invalid(content: Any) -> Any:
    wrong = {"wrong": [None]}
    if isinstance(content, dict) and isinstance(content.get("items"), list):
        return {**content, "items": [wrong, *content["items"][1:]]}
    return {**dict.fromkeys(content, wrong)} if isinstance(content, dict) and content else [wrong]
