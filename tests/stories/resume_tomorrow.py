"""Someone's kernel dies in the middle of a long run, and tomorrow they want the rest without paying twice."""

# %% Today
import asyncio

import synth_widgets as sw

task = sw.Task("Support triage", "Sort the message.", output_schema={
    "type": "object", "properties": {"kind": {"enum": ["question", "complaint"]}}, "required": ["kind"],
})  # fmt: skip
studio = sw.Studio(task, model="openai/gpt-6-luna")
job = studio.grow(topics=4, samples=10)

# %% Some samples are there
while sum(sample.status == "draft" for sample in studio.samples) < 5:
    await asyncio.sleep(0.02)
seen = [sample.id for sample in studio.samples if sample.status == "draft"]
studio.keep(seen[:3])
print(*seen, file=open("seen.txt", "w"))

# %% [the kernel is killed]

# %% Tomorrow: the file knows the task, the model, and what was under way
import synth_widgets as sw

studio = sw.Studio(path="support-triage.synth")
before = {sample.id: sample for sample in studio.samples}
studio

# %% Only what is missing is sent
job = studio.resume()
await job

# %%
seen = open("seen.txt").read().split()
assert set(seen) <= before.keys(), "nothing that was seen is lost"
assert [before[ident].status for ident in seen[:3]] == ["kept"] * 3
assert {before[ident].status for ident in seen[3:]} == {"draft"}
assert sum(bool(sample.output) for sample in before.values()) < 40, "the run was half done"
assert studio.task.name == "Support triage"
assert len(studio.samples) == 40
assert {sample.status for sample in studio.samples} == {"draft", "kept"}
assert all(studio.samples[ident].output == sample.output for ident, sample in before.items() if sample.output)
