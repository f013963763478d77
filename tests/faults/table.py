"""What endpoints do to a person's run, and what is left of it: faults x ways of asking for JSON x transports.

    python -m tests.faults.table               all of it, 200 samples a cell, as a table
    python -m tests.faults.table drop page     only these faults

A fault hits what a request is about (a list under a topic, the output of an input) twice at most, unless it is no
answer at all, or no patience mends it. A cell is a whole studio: topics, inputs and outputs over HTTP.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import synth_widgets as sw
from synth_widgets.errors import RunStoppedError
from synth_widgets.llm import litellm_package
from synth_widgets.llm.transports.anthropic_http import AnthropicCompleter
from synth_widgets.llm.transports.attempt import Waits
from synth_widgets.llm.transports.openai_http import OpenAICompleter
from synth_widgets.llm.transports.remote import RemoteCompleter
from synth_widgets.llm.transports.via_litellm import LiteLLMCompleter
from synth_widgets.model import STRUCTURED
from tests.anthropic_endpoint import AnthropicEndpoint
from tests.dressing import DRAFT
from tests.endpoint import Endpoint
from tests.faults.impossible import OWN_FORMAT, impossible
from tests.loopback import Loopback
from tests.tasks import TRIAGE

SAMPLES = 200
TOPICS = 5
FOUND_OUT = "auto"
WAYS = tuple(way for way in STRUCTURED if way != FOUND_OUT)


@dataclass(frozen=True)
class Transport:
    """Who asks whom.

    Attributes:
        completer: what asks.
        model: the name of what is asked.
        endpoint: who answers, in the format that is asked in.
        without: the ways of asking for JSON that the format does not have, or that show nothing more.
        again: what a call that is asked again may take besides, in answered ones.
    """

    completer: type[RemoteCompleter]
    model: str
    endpoint: type[Loopback]
    without: tuple[str, ...] = ()
    again: float = 0.0

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways of asking for JSON."""
        return tuple(way for way in WAYS if way not in self.without)


LITELLM_AGAIN = 2.0
"""A failed call of bare litellm takes 8 ms of CPU, an answered one 4; ours take too little to be allowed for."""
TRANSPORTS = {
    "direct": Transport(OpenAICompleter, "openai/any", Endpoint),
    "anthropic": Transport(AnthropicCompleter, "anthropic/any", AnthropicEndpoint, ("json_object",)),
    "litellm": Transport(LiteLLMCompleter, "xinference/any", Endpoint, again=LITELLM_AGAIN),
    OWN_FORMAT: Transport(
        LiteLLMCompleter,
        "anthropic/claude-haiku-4-5",
        AnthropicEndpoint,
        ("json_schema", "json_object", "text"),
        again=LITELLM_AGAIN,
    ),
}
WAITS = Waits(first=0.002, most=0.01, silence=0.5, total=10.0)
"""Waits that tests need not sit out."""
ASKED_WAIT = 0.05
"""Seconds that the endpoint asks to wait, where it asks."""
CLEAN = "none"
KEPT = "nothing: half an answer is kept"
SLOWER = 1.6
"""How much longer than the clean run one with a fault may take, apart from waits asked for and litellm's calls."""
NEEDED = 1 / 3
"""The share of calls that a fault can make be asked again; more would be our doing."""

_TOPIC = re.compile(r"^Topic: (.+)$", re.MULTILINE)
_PART = re.compile(r"^This is part (\d+) of", re.MULTILINE)
_TASK, _SCHEMA = "Sort the message.", "Answer with one JSON"


def about(told: str) -> str:
    """Say what a request is about: a part of the list under a topic, the output of an input, or the topics."""
    if (topic := _TOPIC.search(told)) is not None:
        part = _PART.search(told)
        return f"{topic[1]} {part[1] if part else ''}"
    if not told.startswith(_TASK):
        return "topics"
    lines = [line for line in told.splitlines()[1:] if line and not line.startswith("{")]
    return next((line for line in lines if not line.startswith(_SCHEMA)), "outputs")


def unlucky(told: str) -> str | None:
    """Say what a request is about, for one thing in seven; ``None`` for the others."""
    thing = about(told)
    return thing if zlib.crc32(thing.encode()) % 7 == 0 else None


def listed(told: str) -> str | None:
    """Say which list a request asks for; ``None`` if none."""
    return about(told) if _TOPIC.search(told) else None


@dataclass(frozen=True)
class Fault:
    """How an endpoint misbehaves.

    Attributes:
        install: tells the endpoint.
        is_final: whether what it hits is lost, whatever is done: a refusal, a wrong key.
        waits: seconds that the endpoint asks to wait in all, at most; a fault that only slows down has its own too.
        ways: the ways of asking in which it can happen.
    """

    install: Callable[[Loopback], None]
    is_final: bool = False
    waits: float = 0.0
    ways: tuple[str, ...] = WAYS


def twice(kind: str, **how: Any) -> Callable[[Loopback], None]:
    """Hit one thing in seven, twice."""
    return lambda endpoint: endpoint.fail(kind, about=unlucky, times=2, **how)


def sometimes(kind: str, **how: Any) -> Callable[[Loopback], None]:
    """Hit every tenth request."""
    return lambda endpoint: endpoint.fail(kind, every=10, **how)


def refusing(*kinds: str) -> Callable[[Loopback], None]:
    """Take none of these ways of asking for JSON."""

    def install(endpoint: Loopback) -> None:
        for kind in kinds:
            endpoint.fail(kind)

    return install


def setting(**attributes: Any) -> Callable[[Loopback], None]:
    """Change how the endpoint is."""

    def install(endpoint: Loopback) -> None:
        for name, value in attributes.items():
            setattr(endpoint, name, value() if callable(value) else value)

    return install


def unshown(told: str) -> str | None:
    """Tell requests apart whose texts do not show the schema."""
    return None if _SCHEMA in told else "a schema that nobody sees"


def odd_words(endpoint: Loopback) -> None:
    """Take neither a schema nor a tool, in words that nobody knows."""
    endpoint.fail("status", status=422, message="Unsupported feature: constrained decoding", modes=("json_schema",))
    endpoint.fail("status", status=400, message="That is not how it is done here.", modes=("tools",))


def too_large(endpoint: Loopback) -> None:
    """Refuse one thing in seven as too large, whenever it is asked, with the status of a passing refusal."""
    said = "Request too large for `any` on tokens per minute (TPM): Limit 6000, Requested 7425."
    endpoint.fail("status", status=429, message=said, code="rate_limit_exceeded", about=unlucky)


def redirecting(endpoint: Loopback) -> None:
    """Point to another host from the twentieth request on."""
    endpoint.fail("status", status=302, headers={"Location": endpoint.elsewhere}, since=20)


def busy(headers: dict[str, str]) -> Callable[[Loopback], None]:
    """Refuse every tenth request with 429."""
    return sometimes("status", status=429, headers=headers, message="too many requests")


IN_A_MOMENT = "Thu, 01 Jan 1970 00:00:01 GMT"

FAULTS: dict[str, Fault] = {
    CLEAN: Fault(lambda _: None),
    "refuses the schema": Fault(refusing("refuse_schema"), ways=(FOUND_OUT,)),
    "refuses all but words": Fault(refusing("refuse_schema", "refuse_tools", "refuse_json_object"), ways=(FOUND_OUT,)),
    "ignores the tool": Fault(refusing("ignore_tools"), ways=("tools",)),
    "streams slowly": Fault(setting(chunk_delay=0.001), waits=3.0),
    "chatters": Fault(twice("chatter"), ways=("text",)),
    "cuts off": Fault(twice("truncate")),
    "thinks aloud": Fault(refusing("think"), ways=("json_schema", "json_object", "text", FOUND_OUT)),
    "wraps the answer": Fault(refusing("wrap")),
    "ends, but not well": Fault(twice("bad_end")),
    "violates the schema": Fault(twice("invalid")),
    "answers no JSON": Fault(twice("garbage")),
    "answers nothing": Fault(twice("empty")),
    "repeats itself": Fault(twice("repeat")),
    "ignores the schema and answers JSON": Fault(
        lambda endpoint: endpoint.fail("own_shape", about=unshown), ways=(FOUND_OUT,)
    ),
    "refuses the schema in words of its own": Fault(odd_words, ways=(FOUND_OUT,)),
    "stumbles over the schema": Fault(
        lambda endpoint: endpoint.fail("status", message="Grammar compilation failed", modes=("json_schema",)),
        waits=0.5,
        ways=(FOUND_OUT,),
    ),
    "hands the answer back in a refusal": Fault(refusing("handed_back"), ways=(FOUND_OUT,)),
    "takes no system text": Fault(setting(takes_system=False), ways=(FOUND_OUT,)),
    "takes no streams": Fault(setting(takes_streams=False), waits=1.0, ways=(FOUND_OUT,)),
    "too large for a minute": Fault(too_large, is_final=True, ways=(FOUND_OUT,)),
    "pings in the stream": Fault(setting(pings=True, passing=201), ways=(FOUND_OUT,)),
    "another charset": Fault(setting(charset="iso-8859-1"), ways=(FOUND_OUT,)),
    "withholds": Fault(lambda endpoint: endpoint.fail("withhold", about=unlucky), is_final=True),
    "refuses": Fault(lambda endpoint: endpoint.fail("filter", about=unlucky), is_final=True),
    "429, seconds": Fault(busy({"Retry-After": str(ASKED_WAIT)}), waits=2.0),
    "429, milliseconds": Fault(busy({"retry-after-ms": str(1000 * ASKED_WAIT)}), waits=2.0),
    "429, a date": Fault(busy({"Retry-After": IN_A_MOMENT}), waits=2.0),
    "429, unsaid": Fault(busy({}), waits=2.0),
    "a wall at 8": Fault(setting(wall=8, asks_to_wait=str(ASKED_WAIT)), waits=6.0),
    "8 at a time": Fault(setting(desks=lambda: asyncio.Semaphore(8)), waits=3.0),
    "500": Fault(twice("status", status=500)),
    "drops": Fault(twice("drop")),
    "an error in the answer": Fault(twice("error_event")),
    "ends too early": Fault(twice("unfinished")),
    "hangs": Fault(lambda endpoint: endpoint.fail("hang", every=25, times=8), waits=8 * WAITS.silence),
    "a web page": Fault(lambda endpoint: endpoint.fail("page", every=10, since=5)),
    "web pages for lists": Fault(lambda endpoint: endpoint.fail("page", about=listed, times=3)),
    "redirects": Fault(redirecting, is_final=True),
    "401": Fault(lambda endpoint: endpoint.fail("status", status=401, since=20), is_final=True),
}


@dataclass
class Cell:
    """What came of one run.

    Attributes:
        came: samples with an output that complies.
        failed, open: samples without one: that have failed, and that are still owed.
        drafts: samples and topics with what was never the answer.
        asked: requests that the endpoint was sent.
        again: of these, those beyond what a clean run sends.
        followed: those that came to where the endpoint redirected them; whether the key came, too.
        seconds: how long it took.
        seen: what a person was told: what was waited for, why rows failed, how it ended.
    """

    fault: str
    way: str
    transport: str
    came: int = 0
    failed: int = 0
    open: int = 0
    drafts: int = 0
    asked: int = 0
    again: int = 0
    followed: list[bool] = field(default_factory=list)
    seconds: float = 0.0
    seen: list[str] = field(default_factory=list)


def run(fault: str, way: str, transport: str, samples: int = SAMPLES) -> Cell:
    """Grow a data set over an endpoint with a fault."""
    asked = TRANSPORTS[transport]
    cell = Cell(fault, way, transport)
    with asked.endpoint(latency=0.004, chunk=400) as endpoint:
        FAULTS[fault].install(endpoint)
        told = sw.Model(asked.model, api_base=endpoint.url, api_key=endpoint.key, structured=way, concurrency=32)
        completer = asked.completer(told, waits=WAITS)
        with sw.Studio(TRIAGE, path=":memory:", model=completer) as studio:
            began = time.perf_counter()
            job = studio.grow(topics=TOPICS, samples=samples // TOPICS)
            waited: Counter[str] = Counter()
            while job.status == "running":
                waited[re.sub(r"\d+(\.\d+)?", "n", job.progress.waiting or "")] += 1
                time.sleep(0.005)
            try:
                stopped = job.wait(60).stopped
            except RunStoppedError as error:
                stopped = error.result.stopped
            cell.seconds = time.perf_counter() - began
            for sample in studio.samples:
                if sample.status == "draft":
                    assert TRIAGE.output_problem(sample.output) is None, "what does not comply is never kept"
            status = Counter(sample.status for sample in studio.samples)
            cell.came, cell.failed, cell.open = status["draft"], status["failed"], status["pending"]
            texts = [path[-1] for path in studio.topics.paths()]
            texts += [f"{sample.input} {sample.output}" for sample in studio.samples if sample.status == "draft"]
            cell.drafts = sum(DRAFT in text for text in texts)
            reasons = Counter(sample.reason for sample in studio.samples if sample.status == "failed")
            note = studio._state.jobs[job.id].note
            cell.seen = [
                *(f"waits: {words}" for words, _ in waited.most_common(3) if words),
                *(f"row: {reason}" for reason, _ in reasons.most_common(2)),
                *([f"end: {stopped or note}"] if stopped or note else []),
                *([KEPT] if cell.drafts else []),
            ]
        lists = -(-(samples // TOPICS) // completer.items_per_call) * TOPICS
        cell.asked = sum(endpoint.statuses.values()) + endpoint.broken_off
        cell.followed = endpoint.followed
        cell.again = max(0, cell.asked - (1 + lists + samples))
    return cell


def cells(faults: list[str], samples: int = SAMPLES) -> Iterator[tuple[Cell, Cell]]:
    """Run each fault in each way over each transport; yield the cell and the clean one of its way and transport."""
    litellm_package.load("xinference/any")
    for transport, asked in TRANSPORTS.items():
        for way in (*asked.ways, FOUND_OUT):
            run(CLEAN, way, transport, 40)
            clean = twice(CLEAN, way, transport, samples)
            for name in faults:
                if way in FAULTS[name].ways:
                    yield (clean if name == CLEAN else twice(name, way, transport, samples)), clean


def twice(name: str, way: str, transport: str, samples: int) -> Cell:
    """Run a cell two times: return the one that got less, with the seconds of the quicker one."""
    runs = [run(name, way, transport, samples) for _ in range(2)]
    cell = min(runs, key=lambda each: each.came)
    cell.seconds = min(each.seconds for each in runs)
    return cell


def verdict(cell: Cell, clean: Cell, samples: int = SAMPLES) -> str:
    """Say whether a cell is as it should be: all samples, in the time that is allowed; or what litellm cannot do."""
    fault = FAULTS[cell.fault]
    if (known := impossible(cell.fault, cell.transport)) is not None:
        return "impossible" if any(known.seen in words for words in cell.seen) else "NOT AS LISTED"
    if not fault.is_final and cell.came < samples:
        return "LOST"
    if cell.drafts:
        return "FALSE"
    again = TRANSPORTS[cell.transport].again * min(cell.again / clean.asked, NEEDED)
    allowed = (SLOWER + again) * clean.seconds + fault.waits
    return "ok" if cell.seconds <= allowed or fault.is_final else "SLOW"


def main() -> int:
    """Print the table; return how many cells are not as they should be."""
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # clients that hang up are what is tried here
    faults = sys.argv[1:] or list(FAULTS)
    bad = 0
    show("fault", "way", "transport", "came", "failed", "owed", "asked again", "s", "clean s", "", "a person is told")
    show(*["---"] * 11)
    for cell, clean in cells(faults):
        said = verdict(cell, clean)
        bad += said not in {"ok", "impossible"}
        took = f"{cell.seconds:.2f}", f"{clean.seconds:.2f}"
        kept = cell.came, cell.failed, cell.open, cell.again
        show(cell.fault, cell.way, cell.transport, *kept, *took, said, "; ".join(cell.seen).replace("|", "/"))
    return bad


def show(*columns: object) -> None:
    """Print a line of the table as soon as it is known."""
    print("| " + " | ".join(str(column) for column in columns) + " |", flush=True)  # noqa: T201  (its one output)


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
