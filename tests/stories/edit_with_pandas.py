"""A data scientist edits fifty samples faster in pandas than by hand, and wants them back where they came from."""

# %%
import synth_widgets as sw

task = sw.Task(
    "Reviews",
    "Judge the product review.",
    output_schema={
        "type": "object",
        "properties": {"opinion": {"enum": ["good", "bad"]}, "stars": {"type": "integer", "minimum": 1, "maximum": 5}},
        "required": ["opinion", "stars"],
    },
)
studio = sw.Studio(task, model="openai/gpt-6-luna")
await studio.grow(topics=5, samples=10)

# %% All of them as a frame
df = studio.to_pandas("all")

# %% What is bad has at most two stars, what is good at least four; the shortest reviews go
df.loc[df["output.opinion"] == "bad", "output.stars"] = 1
df.loc[df["output.opinion"] == "good", "output.stars"] = 5
df["status"] = "kept"
df.loc[df["input"].str.len().nsmallest(5).index, "status"] = "rejected"

# %% Meanwhile somebody rates a sample in the widget
first = df.index[0]
studio.rate(first, 4)

# %% Back with it: one step, and nothing else is touched
reasons = studio.update(df)
studio

# %% A value that the schema does not allow is said, and the sample keeps the one it had
odd = studio.to_pandas().head(1)
odd["output.stars"] = 11
told = studio.update(odd)
told

# %%
assert reasons == {}
assert len(studio.to_pandas()) == 45
assert len(studio.to_pandas("rejected")) == 5
assert set(studio.to_pandas()["output.stars"]) <= {1, 5}
assert studio.samples[first].stars == 4
assert "11" in told[odd.index[0]]
assert studio.samples[odd.index[0]].output["stars"] in {1, 5}

# %% Two steps back, and all is as the model made it
studio.undo()
studio.undo()
assert set(studio.to_pandas("all")["status"]) == {"draft"}
