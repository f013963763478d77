"""A studio file of many samples, as months of work would leave it: written by the journal, in seconds.

    path = big_file(folder, 100_000)

One hundred topics under ten, eight sessions of one job each, messages of about 300 and answers of 300 to 600 bytes,
the ledger with every call and its raw text, the log with every change, so that all of it can be undone.
"""

from __future__ import annotations

import itertools
import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import synth_widgets as sw
from synth_widgets.records import ROOT, Call, JobRecord, Sample, Session, Status, Topic, Usage, Version
from synth_widgets.store.batch import Batch
from synth_widgets.store.journal import Journal
from synth_widgets.store.open_file import Trouble
from synth_widgets.store.state import Group
from synth_widgets.text.normal import compact

SAMPLES = 100_000
SESSIONS = 8
A_CALL = 8
"""Inputs that one call brings."""
BATCH = 5_000
"""Samples a transaction."""
BEGAN = 1_760_000_000.0
Shares = tuple[tuple[Status, int], ...]
STATUSES: Shares = (("kept", 45), ("draft", 40), ("rejected", 8), ("failed", 4), ("pending", 3))
"""How many of a hundred samples have which status."""
STARS = (None, None, 3, 4, 5)
TASK = sw.Task(
    "Support triage",
    "Read a customer's message; return its category, its urgency, whether a person must answer, and a summary.",
    requirements=["Never invent an order number.", "The summary is one or two sentences."],
    output_schema={
        "type": "object",
        "properties": {
            "category": {"enum": ["billing", "delivery", "account", "returns", "quality", "other"]},
            "urgency": {"enum": ["low", "normal", "high"]},
            "needs_person": {"type": "boolean"},
            "confidence": {"type": "number"},
            "summary": {"type": "string"},
            "steps": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["category", "urgency", "needs_person", "confidence", "summary", "steps"],
        "additionalProperties": False,
    },
)
AREAS = "Billing Delivery Account Returns Quality Warranty Shipping Payment Website Store".split()
ISSUES = "late wrong missing broken double unclear blocked refused lost slow".split()
WORDS = (
    "the a my your order parcel invoice card account address password came never twice again still since week "
    "Monday yesterday box broken late early paid charged refund wrong colour size left right screen battery lid "
    "please could would you tell me why how when nobody answers e-mail phone number customer asks wants help with "
    "and but because after before without for in at on it is was has does not now very quite only also café née"
).split()


def big_file(folder: Path, count: int = SAMPLES, statuses: Shares = STATUSES) -> Path:
    """Write a file of so many samples into a folder, once, and return its path."""
    path = folder / f"big-{count}.synth"
    if not path.exists():
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        _write(unfinished, count, statuses)
        unfinished.rename(path)
    return path


def _write(path: Path, count: int, statuses: Shares) -> None:
    journal = Journal(path, on_saved=lambda _rev: None, on_trouble=_complain)
    for batch in _batches(count, statuses):
        journal.write(batch)
        journal.read(lambda _db: None).result()  # one after another: nothing is held twice
    if (lost := journal.close(60)) is not None:
        raise OSError(lost)


def _complain(trouble: Trouble | None) -> None:
    if trouble is not None:
        raise OSError(trouble.text)


def _batches(count: int, statuses: Shares) -> Iterator[Batch]:
    random_ = random.Random(count)
    first = Batch(1, BEGAN, urgent=True)
    areas = [Topic(f"area{n:06d}", ROOT, name) for n, name in enumerate(AREAS)]
    leaves = [
        Topic(f"leaf{n:06d}", area.id, f"{issue} {area.name.lower()}", target=count // 100)
        for n, (area, issue) in enumerate(itertools.product(areas, ISSUES))
    ]
    first.topics = {topic.id: topic for topic in (Topic(ROOT, None, ""), *areas, *leaves)}
    first.tasks = ((1, TASK),)
    model = {"default": {"name": "openai/gpt-6-luna", "in_code": False}}
    first.settings = {"models": model, "guidance": {"all": "Write as real customers do."}}
    models = dict.fromkeys(("topics", "inputs", "outputs"), "openai/gpt-6-luna")
    first.sessions = tuple(Session(f"{n:012d}", {}, (), models, _at(n, 0)) for n in range(SESSIONS))
    each, batches = -(-count // SESSIONS), -(-count // BATCH)
    jobs = [
        JobRecord(
            f"job{n:07d}", "grow", {"samples": count // 100}, f"{n:012d}", "done", each, each, 0, 0,
            Usage(each * 400, each * 150), None, _at(n, 0), _at(n, 1),
        )
        for n in range(SESSIONS)
    ]  # fmt: skip
    first.jobs = {job.id: job for job in jobs}
    first.groups = tuple(
        Group(n + 1, "job", "Generate", job.id, made=2 + n * batches // SESSIONS) for n, job in enumerate(jobs)
    )
    yield first
    for rev, start in enumerate(range(0, count, BATCH), start=2):
        numbers = range(start, min(start + BATCH, count))
        session = start * SESSIONS // count
        batch = Batch(rev, _at(session, 0), urgent=True, group=session + 1)
        for number in numbers:
            _sample(random_, batch, number, session, leaves[number * 100 // count], statuses=statuses)
        yield batch


def _sample(random_: random.Random, batch: Batch, number: int, session: int, topic: Topic, *, statuses: Shares) -> None:
    """Add one sample: its input, which came with seven others, and its output, from a call of its own."""
    ident, job, at = f"{number:010d}", f"job{session:07d}", _at(session, number / SAMPLES)
    asked, answered = f"in{number // A_CALL:08d}", f"out{number:07d}"
    text = _sentences(random_, 200, 400)
    given = Version(0, "generated", text, None, calls=(asked,), created=at)
    versions = [given]
    status = _status(random_, statuses)
    if number % A_CALL == 0:
        batch.calls.append(
            Call(asked, job, "inputs", "openai/gpt-6-luna", "schema", params={"temperature": 1.0},
                 usage=Usage(420, 640), cost=0.0014, seconds=4.2, raw=json.dumps({"items": [text] * A_CALL}))
        )  # fmt: skip
    if status != "pending":
        output = _output(random_)
        raw = json.dumps(output)
        problem = 'confidence: "sure" is not of type number' if status == "failed" else None
        versions.append(
            Version(1, "generated", text, None if problem else output, None, problem, raw if problem else None,
                    calls=(asked, answered), created=at + 2)
        )  # fmt: skip
        batch.calls.append(
            Call(answered, job, "outputs", "openai/gpt-6-luna", "schema", params={"temperature": 1.0},
                 usage=Usage(380, 150), cost=0.0004, seconds=1.7, raw=raw)
        )  # fmt: skip
    sample = Sample(
        ident, topic.id, f"{session:012d}", "generated", status, versions[-1].problem,
        (f"synthetic_session_{session:012d}",), stars=random_.choice(STARS) if status == "kept" else None,
        current=versions[-1].n, seq=number + 1, created=at, versions=tuple(versions),
    )  # fmt: skip
    batch.samples[ident] = sample
    batch.versions += [(ident, version) for version in versions]
    batch.entries.append(["sample", ident, {"removed": True}, {"removed": False}])
    if status != "pending":
        before = {"current": 0, "status": "pending", "reason": None}
        batch.entries.append(["sample", ident, before, {"current": 1, "status": status, "reason": sample.reason}])


def _output(random_: random.Random) -> dict[str, Any]:
    return {
        "category": random_.choice(("billing", "delivery", "account", "returns", "quality", "other")),
        "urgency": random_.choice(("low", "normal", "high")),
        "needs_person": random_.random() < 0.3,
        "confidence": round(random_.random(), 3),
        "summary": _sentences(random_, 90, 230),
        "steps": [_sentences(random_, 25, 60) for _ in range(random_.randrange(1, 4))],
    }


def _sentences(random_: random.Random, least: int, most: int) -> str:
    length = random_.randrange(least, most)
    return " ".join(random_.choices(WORDS, k=length // 5)).capitalize()[:length] + random_.choice((".", "!", "?"))


def _status(random_: random.Random, statuses: Shares) -> Status:
    return cast(Status, random_.choices([s for s, _ in statuses], [weight for _, weight in statuses])[0])


def _at(session: int, share: float) -> float:
    return BEGAN + 86_400.0 * (session + share)


if __name__ == "__main__":
    started = time.perf_counter()
    made = big_file(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else SAMPLES)
    print(f"{made}: {made.stat().st_size / 1e6:.0f} MB in {time.perf_counter() - started:.1f} s", compact(TASK.name))
