"""A product owner wants data for every corner of support, and knows better than the model how customers write."""

# %% Some topics are known, the model is to find the others
import synth_widgets as sw

task = sw.Task("Support answers", "Answer the customer's message in two friendly sentences.")
studio = sw.Studio(task, model="openai/gpt-6-luna", guidance="The shop sells bicycles.")
studio.topics.add("Billing", ("Delivery", "Customs"))
studio

# %% Guidance for one topic and all below it
studio.topics.set("Delivery", guidance="Customers are angry and write without commas.")

# %% Before anything is spent: what would be sent?
studio.estimate("grow", depth=2, topics=[3, 2], samples=2)

# %% Three topics, two below each, two samples under each of those
job = studio.grow(depth=2, topics=[3, 2], samples=2)
await job

# %% One topic is not wanted after all; undo would bring it back
studio.topics.remove("Billing")
studio.topics

# %% Only delivery, with all below it
studio.keep(studio.to_pandas("all", topic="Delivery"))
df = studio.to_pandas(topic="Delivery")

# %%
assert len(studio.topics.paths()) == 2 * 3, "two topics are left, with two below each"
assert job.wait().added == 12
assert len(df) == 4
assert {path[0] for path in df["topic"]} == {"Delivery"}
assert ("Delivery", "Customs") in set(df["topic"])
