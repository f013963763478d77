"""Someone without any data wants twenty inputs and answers for a plain-text task, with no topics at all."""

# %% The task is two sentences
import synth_widgets as sw

task = sw.Task("Polite replies", "Rewrite the message so that it is polite. Keep its meaning.")
studio = sw.Studio(task, model="openai/gpt-6-luna")
studio

# %% Twenty samples right at the root
job = studio.grow(depth=0, samples=20)
await job

# %% The cell again asks for nothing more
again = await studio.grow(depth=0, samples=20)
again

# %% Short ones go, the rest stays
df = studio.to_pandas("all")
studio.reject(df["input"].str.len() < 14, "too short")
studio.keep([sample for sample in studio.samples if sample.status == "draft"])

# %% What came of it
df = studio.to_pandas()
df[["input", "output"]]

# %%
assert len(studio.samples) == 20
assert again.added == 0
assert 0 < len(df) <= 20
assert set(df["topic"]) == {()}
assert df["input"].is_unique
