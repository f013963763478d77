"""A team works on one dataset in two sittings, with another aim each time, and wants to tell them apart later."""

# %% The first sitting
import synth_widgets as sw

task = sw.Task("Small talk", "Answer in one friendly sentence.")
studio = sw.Studio(task, model="openai/gpt-6-luna")
studio.topics.add("Weather", "Food")
await studio.grow(depth=0, samples=3)
first = studio.session

# %% The second: what is made from now on follows its guidance and carries its tag
second = studio.new_session(guidance="Only rude messages.", tags=["rude"])
await studio.grow(depth=0, samples=5)

# %% Each by itself
studio.keep(studio.to_pandas("all"))
studio.to_pandas(session=second.id)["input"]

# %%
assert [session.id for session in studio.sessions] == [first.id, second.id]
assert len(studio.to_pandas(session=first.id)) == 6
assert len(studio.to_pandas(session=second.tag)) == 4
assert len(studio.to_pandas(tags="rude")) == 4
assert len(studio.to_pandas()) == 10
