"""A job once more: its recipe with so many times as much, on top of what is there now."""

from __future__ import annotations

from dataclasses import replace

from synth_widgets.arguments import count_of
from synth_widgets.errors import StudioError
from synth_widgets.records import JobRecord
from synth_widgets.runs.plan import DEFAULT_TARGET, Recipe, recipe_of
from synth_widgets.store.state import State
from synth_widgets.studio.recipes import check_size

MOST = 100
"""Times that a job can be repeated in one go."""


def repeated(state: State, record: JobRecord, n: int) -> tuple[Recipe, tuple[str, ...]]:
    """Return what to make to repeat a job, and for which samples, where it is for some.

    Looks through all samples, so not for the engine's thread.

    Raises:
        StudioError: n is out of its bounds, the topic is gone, or the job made samples anew, which is done once a time.
        FileError: the file's arguments of the job cannot be.
    """
    n = count_of(n, "n", most=MOST)
    recipe = recipe_of(record, state)
    if recipe.under in state.hidden:
        raise StudioError("The topic that this job worked below was removed. Undo that, or generate elsewhere.")
    match recipe.kind:
        case "grow" if recipe.thin:  # what is thin now, up to the targets
            return recipe, ()
        case "grow":
            more = max(1, recipe.more) * n
            check_size(recipe.topics, more * (recipe.samples or DEFAULT_TARGET))
            return replace(recipe, more=more), ()
        case "topics":
            first, *below = recipe.topics
            check_size(more_topics := (first * n, *below), 1)
            return replace(recipe, topics=more_topics), ()
        case "inputs":
            check_size((), samples := (recipe.samples or 0) * n)
            return replace(recipe, samples=samples), ()
    if n > 1:
        raise StudioError("A job that made outputs for samples that were there is repeated once a time: n=1.")
    return recipe, _samples_of(state, record.id, only_open=recipe.kind == "outputs")


def _samples_of(state: State, job: str, *, only_open: bool) -> tuple[str, ...]:
    """Return the samples that a job asked a model about; ``only_open``: those that have no valid output yet."""
    calls = {ident for ident, call in tuple(state.calls.items()) if call.job == job}
    return tuple(
        sample.id
        for sample in state.visible_samples()
        if (not only_open or sample.status in {"pending", "failed"})
        and any(call in calls for version in sample.versions for call in version.calls)
    )
