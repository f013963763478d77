"""An analyst has a spreadsheet of real messages, half of them answered, and wants the other half answered too."""

# %% The spreadsheet, with the columns that it happens to have
import io

import pandas as pd

import synth_widgets as sw

SHEET = """ticket,message,label,area
17,Where is my parcel?,delivery,Delivery
18,I was charged twice.,billing,Billing
19,"The app says ""no account"".",,Account
20,Please stop the letters!,,Account
21,Refund me at once.,refunds,Billing
"""
sheet = pd.read_csv(io.StringIO(SHEET))

# %%
task = sw.Task(
    "Routing",
    "Name the department that must answer the message.",
    output_schema={
        "type": "object",
        "properties": {"department": {"enum": ["billing", "delivery", "account"]}},
        "required": ["department"],
    },
)
studio = sw.Studio(task, model="openai/gpt-6-luna")
studio

# %% Which column is what; topics that are not there are made
done = studio.add_samples(
    sheet.rename(columns={"area": "topic"}), input="message", output={"department": "label"}, tags="real"
)
done

# %% One label is none of ours: the row waits with its reason and its value, and is mended here
(wrong,) = done.reasons
print(done.reasons[wrong])
studio.edit(wrong, output={"department": "billing"})

# %% The model answers what has no answer yet
job = studio.generate_outputs()
await job

# %%
studio.keep(studio.to_pandas("all"))
df = studio.to_pandas(tags="real")
df[["topic", "input", "output.department"]]

# %%
assert (done.added, done.failed) == (4, 1)
assert 'department: "refunds" is not one of billing, delivery, account' in done.reasons[wrong]
assert job.wait().added == 2, "only the two messages without a label were sent"
assert list(df["input"]) == list(sheet["message"])
assert set(studio.topics.paths()) == {("Delivery",), ("Billing",), ("Account",)}
assert df.loc[wrong, "output.department"] == "billing"
