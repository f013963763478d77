"""Make synthetic data for LLM work in a notebook, and throw out the bad half.

>>> import synth_widgets as sw
>>> task = sw.Task("Greeter", "Greet the person by name.")
>>> studio = sw.Studio(task, path=":memory:", model="local")
>>> studio.close()
"""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synth_widgets.errors import SynthError
    from synth_widgets.llm.completer import Answer, Completer, Request
    from synth_widgets.model import Model
    from synth_widgets.money import Cost
    from synth_widgets.records import Session
    from synth_widgets.runs.estimate import Estimate
    from synth_widgets.runs.job import Job, Result
    from synth_widgets.studio.samples import Sample
    from synth_widgets.studio.studio import Studio
    from synth_widgets.task import Requirement, Task

logging.getLogger(__name__).addHandler(logging.NullHandler())  # else warnings land in whatever cell ran last

__version__ = "0.1.0"
__all__ = [
    "Answer",
    "Completer",
    "Cost",
    "Estimate",
    "Job",
    "Model",
    "Request",
    "Requirement",
    "Result",
    "Sample",
    "Session",
    "Studio",
    "SynthError",
    "Task",
    "__version__",
]

_HOMES = {
    "Answer": "llm.completer",
    "Completer": "llm.completer",
    "Cost": "money",
    "Estimate": "runs.estimate",
    "Job": "runs.job",
    "Model": "model",
    "Request": "llm.completer",
    "Requirement": "task",
    "Result": "runs.job",
    "Sample": "studio.samples",
    "Session": "records",
    "Studio": "studio.studio",
    "SynthError": "errors",
    "Task": "task",
}


def __getattr__(name: str) -> Any:
    """Load a public name on first use, so that importing the package costs next to nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
