"""Recipes from the arguments that a person gives: checked, and brought to one form."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, Literal

from synth_widgets.arguments import BEFORE_OUTPUTS, GuidanceLike, count_of, guidance_of
from synth_widgets.errors import StudioError
from synth_widgets.generation.examples import check_style
from synth_widgets.runs.plan import DEFAULT_TARGET, MOST_LEVELS, MOST_RESULTS, Recipe


def grow(
    under: str,
    *,
    depth: int,
    topics: int | Sequence[int],
    samples: int | None,
    outputs: bool,
    only: bool,
    guidance: GuidanceLike | None,
    prompt: str,
    thin: bool,
) -> Recipe:
    """Return the recipe of `Studio.grow`, whose signature says what is left out. ``under`` is a topic's id.

    Raises:
        StudioError: an argument is out of its bounds; the message names them.
    """
    levels_down = count_of(depth, "depth", least=0, most=MOST_LEVELS)
    depth = 0 if only or thin else levels_down
    samples = None if thin else samples
    each: Any = topics.tolist() if hasattr(topics, "tolist") else topics
    given = tuple(each) if isinstance(each, list | tuple) else (each,) * depth
    if 0 in given:
        raise StudioError("topics=0 is no number of topics to make. depth=0 makes none and fills those that are there.")
    levels = tuple(count_of(n, "topics") for n in given)
    if len(levels) < depth:
        raise StudioError(f"topics={topics!r} gives {len(levels)} levels, but depth={depth}. Give one number a level.")
    samples = None if samples is None else count_of(samples, "samples")
    check_size(levels[:depth], samples or DEFAULT_TARGET)
    return Recipe(
        "grow",
        under,
        depth,
        levels[:depth],
        samples,
        outputs=bool(outputs),
        only=bool(only),
        guidance=guidance_of(guidance, BEFORE_OUTPUTS),
        prompt=check_style(prompt),
        thin=bool(thin),
    )


def check_size(levels: Sequence[int], each: int) -> None:
    """Raise when topics on so many levels, with so many samples in each of the last, are too much for one job."""
    if prod(levels) * each > MOST_RESULTS:
        what = " × ".join(f"{n:,}" for n in (*levels, each))
        raise StudioError(
            f"{what} are more than {MOST_RESULTS:,} at once. Take fewer, or generate below one topic at a time."
        )


def topics(under: str, *, n: int, depth: int, leaves: bool, guidance: GuidanceLike | None) -> Recipe:
    """Return the recipe of `Studio.generate_topics`."""
    levels = (count_of(n, "n"),) * count_of(depth, "depth", most=MOST_LEVELS)
    check_size(levels, 1)
    told = guidance_of(guidance, BEFORE_OUTPUTS)
    return Recipe("topics", under, len(levels), levels, leaves=leaves, guidance=told)


def inputs(under: str, *, n: int, only: bool, guidance: GuidanceLike | None) -> Recipe:
    """Return the recipe of `Studio.generate_inputs`."""
    told = guidance_of(guidance, BEFORE_OUTPUTS)
    return Recipe("inputs", under, 0, samples=count_of(n, "n"), outputs=False, only=only, guidance=told)


def outputs(root: str, *, prompt: str, guidance: GuidanceLike | None) -> Recipe:
    """Return the recipe of `Studio.generate_outputs`."""
    return Recipe("outputs", root, 0, guidance=guidance_of(guidance, ("outputs",)), prompt=check_style(prompt))


def regenerate(root: str, *, part: str, prompt: str | None, guidance: GuidanceLike | None) -> Recipe:
    """Return the recipe of `Studio.regenerate`."""
    if part not in ("output", "input"):
        raise StudioError(f"part={part!r} is 'output', or 'input' (and then its output).")
    style = check_style(prompt or "basic")
    wanted: Literal["input", "output"] = "input" if part == "input" else "output"
    told = guidance_of(guidance, ("inputs",) if wanted == "input" else ("outputs",))
    return Recipe("regenerate", root, 0, guidance=told, prompt=style, part=wanted)
