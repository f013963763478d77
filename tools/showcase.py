"""A studio that looks like a real one: what the pictures of the README show.

No model is asked: a `ScriptedCompleter` answers from the table beside this file, so that pictures repeat.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import synth_widgets as sw
from synth_widgets.llm.completer import Request
from synth_widgets.testing import ScriptedCompleter

TASK = sw.Task(
    "Support triage",
    "Read a customer's message; return its category, its urgency and a one-line summary.",
    requirements=["Never invent an order number."],
    output_schema={
        "type": "object",
        "properties": {
            "category": {"enum": ["billing", "delivery", "account", "product"]},
            "urgency": {"enum": ["low", "normal", "high"]},
            "summary": {"type": "string", "maxLength": 120},
        },
        "required": ["category", "urgency", "summary"],
        "additionalProperties": False,
    },
)

Row = tuple[str, str, str, str]
TREE: dict[str, dict[str, list[Row]]] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
"""Topics, their subtopics, and under these: input, category, urgency, summary."""
ANSWERS = {text: (a, b, c) for topics in TREE.values() for rows in topics.values() for text, a, b, c in rows}


def _answer(request: Request) -> Any:
    asked = str(request.messages[-1]["content"])
    if request.step == "topics":
        name = next((name for name in TREE if f"topic: {name}" in asked), None)
        return {"items": list(TREE[name] if name else TREE)}
    if request.step == "inputs":
        return {"items": [row[0] for topics in TREE.values() for name, rows in topics.items() if name in asked
                          for row in rows]}  # fmt: skip
    if asked not in ANSWERS:
        return {"category": "billing", "urgency": "high", "summary": "Double charge; refund one before Friday."}
    category, urgency, summary = ANSWERS[asked]
    if "somebody else's medication" in asked and "Answer the same" not in asked:
        return {"category": "pharmacy", "urgency": "high", "summary": summary}  # breaks the schema: a failed row
    return {"category": category, "urgency": urgency, "summary": summary}


def model(latency: float = 0.0) -> ScriptedCompleter:
    """Return the model that answers from the table; ``latency`` is seconds an output."""
    return ScriptedCompleter(
        answers=_answer, name="openai/gpt-6-luna", concurrency=4,
        latency=lambda request: latency if request.step == "outputs" else latency / 8,
    )  # fmt: skip


def reviewed(studio: sw.Studio) -> None:
    """Grow the tree and judge half of it, as a person would have."""
    for name, topics in TREE.items():
        studio.topics.add(*((name, topic) for topic in topics))
        for topic, rows in topics.items():
            studio.topics.set((name, topic), target=max(len(rows), 4))
            studio.grow((name, topic), depth=0, samples=len(rows)).wait(60)
    drafts = [s.id for s in studio.samples if s.status == "draft"]
    kept = [i for n, i in enumerate(drafts) if n % 5 in {0, 1, 3}][:14]
    studio.keep(kept)
    studio.reject(drafts[2], "too vague")
    studio.rate(kept[:6], 4)
    studio.rate(kept[1], 5)
    edited = studio.samples[kept[4]]
    studio.edit(edited, output={**edited.output, "summary": "Refund to a new account; the old one is closed."})
    studio.regenerate(kept[0], guidance="shorter").wait(60)
