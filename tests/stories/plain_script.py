"""A nightly job without any notebook wants to top the dataset up and write the training file: python script.py."""

import sys

import synth_widgets as sw

task = sw.Task(
    "Nightly",
    "Say whether the message needs a person.",
    output_schema={"type": "object", "properties": {"person": {"type": "boolean"}}, "required": ["person"]},
)

with sw.Studio(task, path="nightly.synth", model="openai/gpt-6-luna") as studio:
    result = studio.grow(topics=3, samples=4).wait()
    if result.stopped:
        sys.exit(result.stopped)
    studio.keep([sample for sample in studio.samples if sample.status == "draft"])
    path = studio.export("nightly.jsonl")
    print(f"{result.added} new, {len(studio.to_pandas())} kept in {path}")

assert sum(1 for _ in open("nightly.jsonl", encoding="utf-8")) == 12
