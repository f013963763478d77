"""Records as the browser's replica holds them: short, and safe to show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from synth_widgets.money import Cost
from synth_widgets.records import STEPS, Call, JobRecord, Json, Sample, Session, Topic, Version
from synth_widgets.schema.schema import Schema
from synth_widgets.task import Task
from synth_widgets.text.normal import word_count
from synth_widgets.widget import origin
from synth_widgets.widget.figures import TITLES, headline
from synth_widgets.widget.host import Host
from synth_widgets.widget.protocol import SampleBody, Unfinished, VersionView
from synth_widgets.widget.replica import HEAD, Cell, FieldView, JobRow, SampleRow, StudioView, TaskView, TopicRow

TAG = 40
"""Characters of a tag."""
TAGS = 6
SESSION_TAG = "synthetic_session_"
"""Begins the tag that says again which session made a sample."""
LOCAL_NOTE = (
    "The embedded model is small: it shows how the studio works, without a key. Its texts are of demonstration "
    "quality, not training data."
)


class Cells:
    """Makes cells of one part of the samples, input or output, by its schema."""

    def __init__(self, schema: Schema | None) -> None:
        properties = schema.properties() if schema is not None else {}
        self._enums = [name for name, node in properties.items() if "enum" in node or "const" in node]
        self._flags = [name for name, node in properties.items() if node.get("type") == "boolean"]

    def cell(self, value: Json) -> Cell | None:
        """Show a value: enums, and booleans that are true, as tags; then the longest text."""
        if value is None:
            return None
        if not isinstance(value, dict):
            return text_cell(value if isinstance(value, str) else _json(value), raw=not isinstance(value, str))
        tags = [_short(value[name]) for name in self._enums if value.get(name) is not None]
        tags += [name for name in self._flags if value.get(name) is True]
        rest = {k: v for k, v in value.items() if k not in self._enums and k not in self._flags}
        texts = [v for v in rest.values() if isinstance(v, str)]
        cell = text_cell(max(texts, key=len), raw=False) if texts else text_cell(_json(rest) if rest else "", raw=True)
        cell["tags"] = [tag[:TAG] for tag in tags[:TAGS]]
        return cell


def text_cell(text: str, *, raw: bool) -> Cell:
    """Show a text's head."""
    head = text[:HEAD]
    return {"tags": [], "text": head, "raw": raw or head.lstrip()[:1] in {"{", "["}, "more": len(text) > HEAD}


def sample_row(sample: Sample, inputs: Cells, outputs: Cells, calls: Mapping[str, Call]) -> SampleRow:
    """Return the grid's row of a sample."""
    version = sample.version
    output = outputs.cell(version.output)
    if output is None and version.raw:
        output = text_cell(version.raw, raw=True)
    row: SampleRow = {
        "id": sample.id,
        "seq": sample.seq,
        "topic": sample.topic,
        "status": sample.status,
        "input": inputs.cell(version.input),
        "output": output,
        "reason": sample.reason,
        "stars": sample.stars,
        "session": sample.session,
        "length": word_count(version.input) + word_count(version.output),
        "version": version.n,
        "origin": version.origin,
    }
    if version.calls and (call := calls.get(version.calls[-1])) is not None:
        row["model"] = call.model
    if tags := [tag for tag in sample.tags if not tag.startswith(SESSION_TAG)]:
        row["tags"] = tags
    if sample.stale:
        row["stale"] = True
    if sample.unfinished is not None:
        row["unfinished"] = True
    if sample.is_proposed:
        row["proposal"] = True
    return row


def topic_row(topic: Topic) -> TopicRow:
    """Return the tree's node of a topic."""
    row: TopicRow = {"id": topic.id, "parent": topic.parent, "name": topic.name, "target": topic.target}
    if topic.guidance:
        row["guidance"] = dict(topic.guidance)
    return row


def guidance_words(guidance: Mapping[str, str]) -> str:
    """Say in a line what guidance there is, and what for.

    >>> guidance_words({"topics": "Curt.", "inputs": "Curt.", "outputs": "Formal."})
    'Topics, inputs: Curt. · Outputs: Formal.'
    """
    steps: dict[str, list[str]] = {}
    for key, text in guidance.items():
        steps.setdefault(text, []).append("every step" if key == "all" else key)
    return " · ".join(f"{', '.join(names).capitalize()}: {text}" for text, names in steps.items())


def job_row(job: JobRecord, owed: int, session: Session | None, cost: Cost) -> JobRow:
    """Return the run bar's row of a job, which ran in a session."""
    own = job.args.get("model")
    asked = [own] if own else (session.models if session else {}).values()
    return {
        "id": job.id,
        "kind": job.kind,
        "title": TITLES.get(job.kind, job.kind),
        "headline": headline(job, owed),
        "models": list(dict.fromkeys(map(str, asked))),
        "own_model": str(own) if own else None,
        "guidance": guidance_words(job.args.get("guidance") or {}),
        "started": job.started,
        "ended": job.ended,
        "status": job.status,
        "paused": job.paused,
        "done": job.added + job.failed,
        "total": job.planned,
        "added": job.added,
        "failed": job.failed,
        "dropped": job.dropped,
        "tokens": job.usage.total,
        "cost": cost.words,
        "owed": owed,
        "note": job.note,
    }


def body(sample: Sample, calls: Mapping[str, Call], raws: Mapping[str, str | None]) -> SampleBody:
    """Return a whole sample, with where each version came from."""
    return {
        "id": sample.id,
        "version": sample.current,
        "proposal": sample.proposal,
        "unfinished": _unfinished(sample),
        "stars": sample.stars,
        "ratings": dict(sample.ratings),
        "tags": list(sample.tags),
        "versions": [_version(v, calls, raws) for v in sample.versions],
    }


def _unfinished(sample: Sample) -> Unfinished | None:
    edit = sample.unfinished
    if edit is None:
        return None
    return {"input": edit.get("input"), "output": edit.get("output"), "problem": edit.get("problem", "")}


def _version(version: Version, calls: Mapping[str, Call], raws: Mapping[str, str | None]) -> VersionView:
    made_by = [calls[c] for c in version.calls if c in calls]
    return {
        "n": version.n,
        "origin": version.origin,
        "input": version.input,
        "output": version.output,
        "reasoning": version.reasoning,
        "problem": version.problem,
        "created": version.created,
        "task_version": version.task_version,
        "by": origin.by(version, made_by),
        "made": origin.made(made_by),
        "raw": version.raw or (raws.get(made_by[-1].id) if made_by else None),
    }


def studio_view(host: Host) -> StudioView:
    """Return all that is neither task, topic, sample nor job."""
    state = host.store.state
    undo, redo = state.next_undo(), state.next_redo()
    model = host.model_name()
    guidance = state.settings.get("guidance") or {}
    call = host.accounts.usual_call()
    return {
        "model": model,
        "models": list(dict.fromkeys(map(host.model_name, STEPS))),
        "model_reason": host.model_reason,
        "model_mode": host.model_mode,
        "model_note": LOCAL_NOTE if model == "local" else None,
        "guidance": {
            "all": guidance.get("all", ""),
            "topics": guidance.get("topics", ""),
            "inputs": guidance.get("inputs", ""),
            "outputs": guidance.get("outputs", ""),
        },
        "path": str(host.path or ":memory:"),
        "session": host.session.id if host.session else "",
        "cost": host.accounts.spent(),
        "budget": host.accounts.budget.cap,
        "share": host.accounts.share(),
        "call_tokens": call.tokens,
        "call_cost": call.cost,
        "undo": undo.label if undo else None,
        "redo": redo.label if redo else None,
        "read_only": "this studio is closed; run the cell again" if host.closed else host.store.read_only,
        "unsaved": host.store.trouble,
    }


def task_view(task: Task, version: int, changed: str | None) -> TaskView:
    """Describe a version of a task for a person, and what it changed."""
    return {
        "name": task.name,
        "instruction": task.instruction,
        "requirements": [{"name": r.name or r.text, "text": r.text, "priority": r.priority} for r in task.requirements],
        "input": _fields(task.input),
        "output": _fields(task.output),
        "input_schema": task.input.json if task.input else None,
        "output_schema": task.output.json if task.output else None,
        "version": version,
        "changed": changed,
    }


def _fields(schema: Schema | None) -> list[FieldView]:
    if schema is None:
        return []
    required = schema.required()
    return [
        {"name": name, "says": schema.describe(name), "required": name in required}
        for name, node in schema.properties().items()
    ]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _short(value: Json) -> str:
    return value if isinstance(value, str) else _json(value)
