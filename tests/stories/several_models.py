"""A researcher wants to see three models side by side: a cheap one writes the inputs, two others the answers."""

# %% A model for each step
import synth_widgets as sw

task = sw.Task("Explainer", "Explain the word to a child in one sentence.")
studio = sw.Studio(task, model="openai/gpt-6-luna", models={"inputs": "groq/openai/gpt-oss-20b"})
studio.topics.add("Physics", "Music")
studio

# %% Inputs first, to be looked at before anything is paid for answers
await studio.grow(depth=0, samples=6, outputs=False)
words = list(studio.samples)
asked = studio.to_pandas("pending")
studio.reject(words[:2])

# %% Half of the answers by one model, half by another
rest = [sample.id for sample in words[2:]]
await studio.generate_outputs(rest[:5])
await studio.generate_outputs(rest[5:], model="mistral/mistral-small-latest")

# %%
studio.keep(rest)
df = studio.to_pandas()
df.groupby("model")["tokens"].agg(["count", "sum"])

# %%
assert len(df) == 10
assert df["model"].value_counts().to_dict() == {"openai/gpt-6-luna": 5, "mistral/mistral-small-latest": 5}
assert set(asked["model"]) == {"groq/openai/gpt-oss-20b"}, "the inputs"
