"""Tasks that many tests share, and what completers are told in them."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import synth_widgets as sw
from synth_widgets.llm.completer import Answer, OnText, Request
from synth_widgets.testing import ScriptedCompleter

T = TypeVar("T")

TRIAGE = sw.Task(
    "Triage",
    "Sort the message.",
    output_schema={
        "type": "object",
        "properties": {"kind": {"enum": ["a", "b"]}, "note": {"type": "string"}},
        "required": ["kind", "note"],
        "additionalProperties": False,
    },
)
PLAIN = sw.Task("Greeter", "Greet the person by name.")
TICKETS = sw.Task(
    "Tickets",
    "Answer the ticket.",
    input_schema={
        "type": "object",
        "properties": {"subject": {"type": "string"}, "urgent": {"type": "boolean"}},
        "required": ["subject", "urgent"],
    },
    output_schema={"type": "object", "properties": {"reply": {"type": "string"}}, "required": ["reply"]},
)


class Held(ScriptedCompleter):
    """Answers nothing before it is let go."""

    def __init__(self, **script: Any) -> None:
        super().__init__(**script)
        self.asked = threading.Event()
        self._may_answer = threading.Event()

    def let_go(self) -> None:
        self._may_answer.set()

    async def complete(self, request: Request, on_text: OnText | None = None) -> Answer:
        self.asked.set()
        await asyncio.to_thread(self._may_answer.wait, 30)
        return await super().complete(request, on_text)


def listed(*values: Any) -> str:
    """An answer of the steps that list items."""
    return json.dumps({"items": list(values)})


def steps(requests: list[Request]) -> list[str]:
    """The step of each request."""
    return [request.step for request in requests]


def failing(step: str, fault: Any, *, first: int = 1, times: int = 10**9) -> Any:
    """Faults for the calls of one step, from the `first` on, so many times."""
    seen = 0

    def fault_of(_number: int, request: Request) -> Any:
        nonlocal seen
        if request.step != step:
            return None
        seen += 1
        return fault if first <= seen < first + times else None

    return fault_of


def until(condition: Callable[[], T], seconds: float = 30.0) -> T:
    """Wait until something is true and return it; fail when it does not come true. The limit only tells a hang."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.005)
    return found


def in_background(act: Callable[[], T]) -> Future[T]:
    """Do something on a thread of its own, which keeps no process from ending."""
    result: Future[T] = Future()

    def run() -> None:
        try:
            result.set_result(act())
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits
            result.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return result


async def give_way() -> None:
    """Let the engine's other tasks run, then the thread that writes the file.

    A loop of ``sleep(0)`` alone gives the interpreter up for microseconds, too short for another thread to take it.
    """
    await asyncio.sleep(0)
    time.sleep(0.001)  # noqa: ASYNC251  (it is the engine's thread that is to pause)
