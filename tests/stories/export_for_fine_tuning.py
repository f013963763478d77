"""An engineer wants the kept samples in the file that the fine-tuning service takes, and as tables for colleagues."""

# %%
import json

import pandas as pd

import synth_widgets as sw

task = sw.Task(
    "Order reader",
    "Read the order and return its items.",
    requirements=["Never invent an item."],
    output_schema={
        "type": "object",
        "properties": {"items": {"type": "array", "items": {"type": "string"}}, "express": {"type": "boolean"}},
        "required": ["items", "express"],
    },
)
studio = sw.Studio(task, model="openai/gpt-6-luna")
await studio.grow(topics=2, samples=5)
studio.keep(list(studio.samples)[:8])

# %% For the fine-tuning service: a line a sample, with the messages that the model will get
path = studio.export("train.jsonl")
print(open(path, encoding="utf-8").readline())

# %% For colleagues: tables
studio.export("train.csv")
studio.export("train.parquet")
studio.export("everything.csv", status="all")

# %% The table comes back as it was, also into another studio
with sw.Studio(task, path="copy.synth", model="openai/gpt-6-luna") as copy:
    done = copy.add_samples(pd.read_parquet("train.parquet"), status="kept")
    copied = copy.to_pandas()

# %%
lines = [json.loads(line) for line in open(path, encoding="utf-8")]
assert len(lines) == 8
for line, sample in zip(lines, list(studio.samples)[:8], strict=True):
    assert line["messages"][:2] == task.messages(sample.input)
    assert line["messages"][2]["role"] == "assistant"
    assert json.loads(line["messages"][2]["content"]) == sample.output
assert len(pd.read_csv("train.csv")) == 8
assert len(pd.read_csv("everything.csv")) == 10
assert done.added == 8
assert list(copied["output.items"]) == list(studio.to_pandas()["output.items"])
