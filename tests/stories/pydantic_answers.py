"""A developer has a pydantic model in production and wants test data that it takes without a change."""

# %% The model as it stands in the application
from typing import Literal

from pydantic import BaseModel, field_validator

import synth_widgets as sw


class Triage(BaseModel):
    category: Literal["billing", "delivery", "account"]
    urgent: bool
    summary: str

    @field_validator("summary")
    @classmethod
    def one_line(cls, text: str) -> str:
        if "\n" in text:
            raise ValueError("a summary is one line")
        return text


# %% It is the output schema
task = sw.Task("Triage", "Sort the customer's message.", output_schema=Triage)
studio = sw.Studio(task, model="openai/gpt-6-luna")
studio

# %%
job = studio.grow(topics=3, samples=4)
await job

# %% A hand-made case beside the generated ones, and one that the model class would not take
ours = studio.add_samples(
    [
        {"input": "Where is my parcel?", "output": Triage(category="delivery", urgent=False, summary="Parcel missing")},
        {"input": "Call me!", "output": {"category": "account", "urgent": True, "summary": "Wants\na call"}},
    ],
    tags="edge-case",
)
ours

# %% Only what complies can be kept
refused = studio.keep(studio.to_pandas("all"))
df = studio.to_pandas()
df[["input", "output.category", "output.urgent", "output.summary"]]

# %%
assert (ours.added, ours.failed) == (1, 1)
assert list(refused) == list(ours.reasons)
assert "a summary is one line" in refused[ours.ids[1]]
assert len(df) == 13
assert all(Triage.model_validate(sample.output) for sample in studio.samples if sample.status == "kept")
assert str(df["output.urgent"].dtype) == "boolean"
