"""How many tokens a call may take, before any was answered: from the texts it sends and the form of its answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from synth_widgets.curation.new_versions import base_of
from synth_widgets.llm.completer import Request
from synth_widgets.money import tokens_in
from synth_widgets.records import ROOT, Json, Sample, Step, Usage, Version
from synth_widgets.runs.request_builder import RequestBuilder
from synth_widgets.sample_status import Event, status_after
from synth_widgets.schema.schema import Schema
from synth_widgets.task import as_text

Range = tuple[float, float]
"""From, to."""

COUNTING = (0.75, 1.3)
"""A tokenizer's count, as a share of ours."""
MESSAGE = (0, 6)
"""Tokens that a message takes besides its text."""
NAME: Range = (3, 10)
SENTENCE: Range = (4, 80)
TEXT: Range = (6, 400)
THOUGHTS = 1500
"""Tokens that a model may think before it answers."""
BYTES_A_TOKEN = 4
DEEPEST = 8
MOST_PARTS = 5_000
"""Parts of a schema that are gone into."""
LOOKED_AT = 5
"""Samples whose prompts are measured."""


def call_tokens(
    builder: RequestBuilder, step: Step, slots: int, samples: Sequence[Sample] = (), *, thinks: bool = False
) -> tuple[Usage, Usage]:
    """Return what one call of a step for so many items takes, at least and at most.

    Args:
        builder: writes the requests that are measured.
        step: the step.
        slots: topics or inputs that the call asks for; 1 for outputs.
        samples: some of those that the outputs are for; without any, a sample is made up.
        thinks: whether the model may think before it answers.
    """
    shown, hidden = (_requests(builder, step, slots, samples, mode) for mode in ("text", "json_schema"))
    least, most = (
        sum(_sent(request, share, extra) for request in requests) / len(requests)
        for requests, share, extra in zip((hidden, shown), COUNTING, MESSAGE, strict=True)
    )
    low, high = _answer(builder, step, slots)
    if step == "outputs" and not samples and not builder.task.examples:
        most += input_tokens(builder)[1]
    limit = min([int(r.params["max_tokens"]) for r in hidden if "max_tokens" in r.params], default=None)
    high = high * COUNTING[1] + (THOUGHTS if thinks else 0)
    if limit is not None:
        low, high = min(low, limit), min(high, limit)
    return Usage(round(least), round(low * COUNTING[0])), Usage(round(most), round(high))


def own_tokens(builder: RequestBuilder, step: Step, target: str) -> int:
    """Return about how many tokens of a request are its own: those of its sample, and of the guidance that holds there.

    Other requests of the step may be far shorter, also all that were measured.
    """
    sample = builder.state.samples.get(target)
    texts = [builder.guidance(step, target if sample is None else sample.topic)]
    if sample is not None:
        base = base_of(sample)
        texts += [as_text(value) for value in (base.input, base.output) if value is not None]
    return sum(len(text.encode(errors="replace")) for text in texts) // BYTES_A_TOKEN


def _sent(request: Request, share: float, extra: int) -> float:
    return sum(extra + share * tokens_in(str(message["content"])) for message in request.messages)


def _requests(builder: RequestBuilder, step: Step, slots: int, samples: Sequence[Sample], mode: Any) -> list[Request]:
    topic = builder.recipe.under if builder.recipe.under in builder.state.topics else ROOT
    if step == "topics":
        return [builder.topics(topic, slots, 0).request(mode)]
    if step == "inputs":
        return [builder.inputs(topic, slots, (1, 1), 0).request(mode)]
    some = samples[:: max(1, len(samples) // LOOKED_AT)][:LOOKED_AT] or [_made_up(builder, topic)]
    return [builder.output(sample, 0).request(mode) for sample in some]


def _made_up(builder: RequestBuilder, topic: str) -> Sample:
    given = builder.task.examples[0][0] if builder.task.examples else ""
    version = Version(0, "generated", input=given)
    standing = status_after(Event.INPUT_GENERATED, None, version)
    return Sample("", topic, "", "generated", **standing, versions=(version,))


def _answer(builder: RequestBuilder, step: Step, slots: int) -> Range:
    if step == "topics":
        each = NAME
    elif step == "inputs":
        each = input_tokens(builder)
    else:
        return _like([answer for _, answer in builder.task.pairs]) or _by_schema(builder.task.output, TEXT)
    return 6 + slots * (each[0] + 2), 8 + slots * (each[1] + 3)


def input_tokens(builder: RequestBuilder) -> Range:
    """Return the tokens of one input, at least and at most."""
    return _like([given for given, _ in builder.task.examples]) or _by_schema(builder.task.input, SENTENCE)


def _like(values: Sequence[Json]) -> Range | None:
    """Return the tokens of a text that is like these, ``None`` where there are none."""
    sizes = [tokens_in(as_text(value)) for value in values if value is not None]
    return (min(sizes) * 0.7, max(sizes) * 2.0) if sizes else None


def _by_schema(schema: Schema | None, text: Range) -> Range:
    return text if schema is None else value_tokens(schema.json, schema)


def value_tokens(node: Any, schema: Schema) -> Range:
    """Return the tokens of a JSON value that complies with a node of a schema, at least and at most."""
    return _tokens(node, _Walk(schema), 0)


class _Walk:
    """A way through a schema that may contain itself a thousand times over.

    Attributes:
        schema: the schema.
        left: parts that are still gone into.
    """

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.left = MOST_PARTS


def _tokens(node: Any, walk: _Walk, depth: int) -> Range:
    walk.left -= 1
    if depth > DEEPEST or walk.left < 0 or not isinstance(node, Mapping):
        return 1, 20
    node = walk.schema.resolve(node)
    if "const" in node or "enum" in node:
        sizes = [tokens_in(json.dumps(value)) for value in node.get("enum", [node.get("const")])]
        return min(sizes, default=1), max(sizes, default=1)
    for key in ("anyOf", "oneOf"):
        if isinstance(node.get(key), list) and node[key]:
            parts = [_tokens(part, walk, depth + 1) for part in node[key]]
            return min(low for low, _ in parts), max(high for _, high in parts)
    kind = "object" if "properties" in node else node.get("type")
    if kind in {"object", "array"}:
        return (_object_tokens if kind == "object" else _array_tokens)(node, walk, depth)
    return (1, 4) if kind in {"integer", "number", "boolean", "null"} else _text_tokens(node)


def _text_tokens(node: Mapping[str, Any]) -> Range:
    most = min(SENTENCE[1] * 2, _count(node, "maxLength", 10**6) / 3)
    return min(SENTENCE[0], most), max(most, _count(node, "minLength", 0) / 3)


def _array_tokens(node: Mapping[str, Any], walk: _Walk, depth: int) -> Range:
    low, high = _tokens(node.get("items"), walk, depth + 1)
    least = _count(node, "minItems", 0)
    return 2 + least * (low + 1), 2 + _count(node, "maxItems", max(6, least)) * (high + 1)


def _object_tokens(node: Mapping[str, Any], walk: _Walk, depth: int) -> Range:
    required = node.get("required") or ()
    least = most = 2.0
    for name, part in (node.get("properties") or {}).items():
        low, high = _tokens(part, walk, depth + 1)
        key = tokens_in(str(name)) + 3
        least += key + low if name in required else 0
        most += key + high
    return least, most


def _count(node: Mapping[str, Any], key: str, default: int) -> int:
    value = node.get(key)
    return min(int(value), 10_000) if isinstance(value, int | float) else default
