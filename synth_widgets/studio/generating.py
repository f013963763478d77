"""The part of a studio that generates: each method starts a job, or says what one would send."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from synth_widgets.arguments import GuidanceLike, budget_of, ids_of, path_of
from synth_widgets.curation import verdicts
from synth_widgets.errors import ClosedError, StudioError, UnknownIdError, nearest, suggesting, unknown_keywords
from synth_widgets.records import ROOT, JobRecord
from synth_widgets.runs.estimate import Estimate
from synth_widgets.runs.job import Job
from synth_widgets.runs.plan import DEFAULT_TARGET
from synth_widgets.store.state import State
from synth_widgets.studio import recipes
from synth_widgets.studio.chosen_models import ModelLike, is_in_code, model_name
from synth_widgets.studio.core import Core
from synth_widgets.studio.spending_gate import Confirmation, Work
from synth_widgets.studio.topics import find_topic

Confirmed = Estimate | Mapping[str, Any] | None
"""What a person has confirmed: an `Estimate`; in the widget, see `Confirmation.of`."""


class Generating:
    """The generating methods of `Studio`, on the core that it shares."""

    _core: Core
    _open: bool

    @suggesting
    def grow(
        self,
        under: Any = (),
        *,
        depth: int = 1,
        topics: int | Sequence[int] = 8,
        samples: int | None = DEFAULT_TARGET,
        outputs: bool = True,
        only: bool = False,
        model: ModelLike | None = None,
        guidance: GuidanceLike | None = None,
        prompt: str = "basic",
        thin: bool = False,
        budget: float | None = None,
        confirmed: Confirmed = None,
    ) -> Job:
        """Top up: topics, then inputs under each leaf, then their outputs, all overlapping.

        Running it again asks only for what is missing: topics and samples that are there count (rejected ones do
        not), pending ones are completed, failed ones are made again in place.

        Args:
            under: path of the topic to work below.
            depth: levels of topics below it; 0 makes none.
            topics: children on each level: one number, or one a level.
            samples: samples for each leaf, which becomes its target; ``None`` takes each leaf's target, else 8.
            outputs: whether inputs get outputs; without, they stay pending for review.
            only: work at the topic itself, not at its leaves.
            model: another model for this call.
            guidance: guidance for this call; it weighs most. A text is for topics and inputs; a dict says what each is
                for, with the keys ``topics``, ``inputs``, ``outputs``, and ``all`` for every step.
            prompt: prompt style of the outputs: ``basic`` or ``few_shot`` (the task's own pairs).
            thin: only the leaves that have less than half of their target, each up to it; ``depth``, ``topics`` and
                ``samples`` then say nothing.
            budget: US dollars that this job may cost. It stops before the call that would pass them; what is open
                remains pending, and ``resume(budget=…)`` goes on.
            confirmed: what `estimate` says of this call, where you were asked to confirm it: much is not sent to a
                model that the studio file alone names.

        Returns:
            The running job: ``await`` it in a notebook, ``.wait()`` in a script, or let it run.

        Raises:
            StudioError: an argument is out of its bounds, or there is a budget and a price is not known.
            UnconfirmedError: it would send much to a model that only the studio file names.
        """
        work = self._grow(
            under,
            depth=depth,
            topics=topics,
            samples=samples,
            outputs=outputs,
            only=only,
            guidance=guidance,
            prompt=prompt,
            thin=thin,
        )
        return self._start(work, model=model, budget=budget, confirmed=confirmed)

    @suggesting
    def generate_topics(
        self, under: Any = (), *, n: int = 8, depth: int = 1, leaves: bool = False, model: ModelLike | None = None,
        guidance: GuidanceLike | None = None, budget: float | None = None,
        confirmed: Confirmed = None,
    ) -> Job:  # fmt: skip
        """Make ``n`` more topics below a topic (or below each of its leaves), and below each new one to ``depth``.

        ``guidance`` and ``confirmed`` are what they are in `grow`.
        """
        work = self._topics(under, n=n, depth=depth, leaves=leaves, guidance=guidance)
        return self._start(work, model=model, budget=budget, confirmed=confirmed)

    @suggesting
    def generate_inputs(
        self, under: Any = (), *, n: int = 8, only: bool = False, model: ModelLike | None = None,
        guidance: GuidanceLike | None = None, budget: float | None = None,
        confirmed: Confirmed = None,
    ) -> Job:  # fmt: skip
        """Make ``n`` more inputs under each leaf at or below a topic (``only``: right at it). They stay pending.

        ``guidance`` and ``confirmed`` are what they are in `grow`.
        """
        work = self._inputs(under, n=n, only=only, guidance=guidance)
        return self._start(work, model=model, budget=budget, confirmed=confirmed)

    @suggesting
    def generate_outputs(
        self, ids: Any = None, *, prompt: str = "basic", model: ModelLike | None = None,
        guidance: GuidanceLike | None = None, budget: float | None = None,
        confirmed: Confirmed = None,
    ) -> Job:  # fmt: skip
        """Make the outputs of pending samples, all or by id; failed ones among the ids are made again in place.

        A text as ``guidance`` is for the outputs; ``confirmed`` is what it is in `grow`.
        """
        look = partial(self._outputs, ids, prompt=prompt, guidance=guidance)
        return self._start_for(look, model=model, budget=budget, confirmed=confirmed)

    @suggesting
    def regenerate(
        self, ids: Any, *, part: str = "output", guidance: GuidanceLike | None = None, model: ModelLike | None = None,
        prompt: str | None = None, budget: float | None = None,
        confirmed: Confirmed = None,
    ) -> Job:  # fmt: skip
        """Make samples anew: one, several, or all that a frame names.

        The new version becomes the current one, as a draft. Of a kept sample it becomes a proposal: the sample
        stays as it is until `accept` or `decline`. Where no valid version comes, nothing changes.

        Args:
            ids: samples as `keep` takes them.
            part: ``"output"``, or ``"input"``: another input, and then its output.
            guidance: how the new one should differ, such as ``"shorter, less formal"``. A text is for the part that
                is made, a dict says what each is for, as in `grow`.
            model: another model for this call.
            prompt: prompt style of the outputs.
            budget: US dollars that this job may cost.
            confirmed: as in `grow`.

        Returns:
            The running job.
        """
        look = partial(self._again, ids, part=part, prompt=prompt, guidance=guidance)
        return self._start_for(look, model=model, budget=budget, confirmed=confirmed)

    @suggesting
    def resume(self, *, budget: float | None = None, confirmed: Confirmed = None) -> Job:
        """Make what is pending of interrupted and stopped jobs, and nothing else. Opening a file sends nothing.

        Interrupted is a job whose kernel or studio ended, stopped one that could not go on (no access, no answer, its
        budget). Paused jobs go on too. Of a job that was cancelled nothing is pending; `grow` tops up where it left
        off.

        Args:
            budget: US dollars that each of them may cost, what it has cost already included; ``None``: as before.
            confirmed: as in `grow`; ``studio.estimate("resume")`` says what it would send.

        Returns:
            The newest of those jobs; one that is done at once when nothing is pending.

        Raises:
            UnconfirmedError: it would send much to a model that only the studio file names.
        """
        self._check_open()
        cap, confirmation = budget_of(budget), Confirmation.of(confirmed)
        return self._core.act(lambda: self._core.jobs.resume(cap, confirmation))

    def cancel(self, job: str | None = None) -> int:
        """Cancel one running job by id, or all; return how many. What is finished stays.

        Of a job that was cancelled nothing is pending, and `resume` leaves it alone. One that stops by itself, at its
        budget or because its endpoint does not answer, says why in `Result.stopped`.

        >>> import synth_widgets as sw
        >>> from synth_widgets.testing import ScriptedCompleter
        >>> studio = sw.Studio(sw.Task("Greeter", "Greet."), path=":memory:", model=ScriptedCompleter(latency=60))
        >>> job = studio.grow(depth=0, samples=20)
        >>> studio.cancel(), job.wait().added, job.status
        (1, 0, 'cancelled')
        >>> studio.close()
        """
        return self._steer(job, self._core.jobs.cancel)

    def pause(self, job: str | None = None, *, on: bool = True) -> int:
        """Let one running job by id, or all, send nothing new; return how many. What is under way is finished.

        ``on=False`` lets them go on, as does `resume`. A job that is paused when the kernel ends is interrupted.

        >>> import synth_widgets as sw
        >>> from synth_widgets.testing import ScriptedCompleter
        >>> slow = ScriptedCompleter(latency=0.05)
        >>> studio = sw.Studio(sw.Task("Greeter", "Greet."), path=":memory:", model=slow)
        >>> job = studio.grow(depth=0, samples=20)
        >>> studio.pause(), job.status
        (1, 'paused')
        >>> studio.pause(on=False), job.wait().added
        (1, 20)
        >>> studio.close()
        """
        return self._steer(job, partial(self._core.jobs.pause, on=on))

    def repeat(self, job: Job | str, n: int = 1, *, confirmed: Confirmed = None) -> Job:
        """Start a job once more, with the same arguments, on top of what is there now.

        * of `grow`: ``n`` times the samples that it asked for in each leaf, whose target grows with them; topics that
          are missing are made.
        * of `generate_topics` and `generate_inputs`: ``n`` times as many more.
        * of `generate_outputs`: its samples that have no output yet; of `regenerate`: its samples. Once a time.

        Args:
            job: a job, or its id.
            n: how many times as much.
            confirmed: as in `grow`.

        Returns:
            The new job.

        Raises:
            UnconfirmedError: it would send much to a model that only the studio file names.
            UnknownIdError: there is no such job.
            StudioError: ``n`` is out of its bounds, or the topic that it worked below was removed.

        >>> import synth_widgets as sw
        >>> from synth_widgets.testing import ScriptedCompleter
        >>> studio = sw.Studio(sw.Task("Greeter", "Greet."), path=":memory:", model=ScriptedCompleter())
        >>> job = studio.grow(topics=2, samples=3)
        >>> job.wait().added, studio.repeat(job, 2).wait().added, job.repeat().wait().added
        (6, 12, 6)
        >>> studio.close()
        """
        return self._core.jobs.repeat(self._job(job), n, Confirmation.of(confirmed))

    def estimate(self, method: str = "grow", *arguments: Any, **keywords: Any) -> Estimate:
        """Say what a call of a generating method with these arguments would send and cost, before it is made.

        Tokens and cost are ranges: a guess from the texts at first; once a step has given ten answers, what those took.

        Args:
            method: ``grow``, ``generate_topics``, ``generate_inputs``, ``generate_outputs``, ``regenerate``,
                ``repeat`` or ``resume``.
            arguments: what the method would be given.
            keywords: likewise.

        >>> import synth_widgets as sw
        >>> from synth_widgets.testing import ScriptedCompleter
        >>> studio = sw.Studio(sw.Task("Greeter", "Greet."), path=":memory:", model=ScriptedCompleter())
        >>> studio.estimate("grow", topics=4, samples=8)
        Estimate(calls=(37, 110), prompt_tokens=(...), completion_tokens=(...), cost=None, topics=4, samples=32, ...)
        >>> studio.close()
        """
        works: dict[str, Callable[..., Work | list[Work]]] = {
            "grow": self._grow,
            "generate_topics": self._topics,
            "generate_inputs": self._inputs,
            "generate_outputs": self._outputs,
            "regenerate": self._again,
            "repeat": self._more,
            "resume": self._core.jobs.work_of_resume,
        }
        if method not in works:
            raise StudioError(f"estimate() knows {', '.join(works)}, not {method!r}.{nearest(str(method), works)}")
        self._check_open()
        call = self._call_of(method, arguments, keywords)
        model = call.pop("model", None)
        budget_of(call.pop("budget", None))
        call.pop("confirmed", None)

        def look() -> Estimate:
            found = works[method](**call)
            some = found if isinstance(found, list) else [found]
            return self._core.jobs.gate.estimate([_of_call(each, model, None) for each in some])

        return self._core.apart(look)

    def estimate_repeat(self, job: Job | str, n: int = 1) -> Estimate:
        """Say what `repeat` with these arguments would send and cost."""
        return self.estimate("repeat", job, n)

    def estimate_resume(self) -> Estimate:
        """Say what `resume` would send and cost."""
        return self.estimate("resume")

    def _call_of(self, method: str, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> dict[str, Any]:
        """Return all arguments of a method by name, those that are left out too: its signature is the one list."""
        signature = inspect.signature(getattr(self, method))
        if unknown := {name: value for name, value in keywords.items() if name not in signature.parameters}:
            raise unknown_keywords(f"Studio.{method}", unknown, signature.parameters)
        call = signature.bind(*arguments, **keywords)
        call.apply_defaults()
        return call.arguments

    # ------------------------------------------------------------ recipes, for a job or for its estimate
    def _grow(self, under: Any, **arguments: Any) -> Work:
        return Work(recipes.grow(self._topic(under), **arguments))

    def _topics(self, under: Any, *, n: int, depth: int, leaves: bool, guidance: GuidanceLike | None) -> Work:
        return Work(recipes.topics(self._topic(under), n=n, depth=depth, leaves=leaves, guidance=guidance))

    def _inputs(self, under: Any, *, n: int, only: bool, guidance: GuidanceLike | None) -> Work:
        return Work(recipes.inputs(self._topic(under), n=n, only=only, guidance=guidance))

    def _outputs(self, ids: Any, *, prompt: str, guidance: GuidanceLike | None) -> Work:
        self._check_open()
        if ids is None:
            chosen = [s for s in self._state.visible_samples() if s.status == "pending"]
        else:
            chosen = verdicts.find(self._state, ids_of(ids))
            if done := [s for s in chosen if s.status not in {"pending", "failed"}]:
                raise StudioError(
                    f"{len(done)} of the {len(chosen)} samples have an output already (such as {done[0].id!r}, "
                    f"{done[0].status}). Give pending or failed ones; regenerate() makes others anew."
                )
        return Work(recipes.outputs(ROOT, prompt=prompt, guidance=guidance), tuple(s.id for s in chosen))

    def _again(self, ids: Any, *, part: str, prompt: str | None, guidance: GuidanceLike | None) -> Work:
        self._check_open()
        chosen = verdicts.find(self._state, ids_of(ids))
        recipe = recipes.regenerate(ROOT, part=part, prompt=prompt, guidance=guidance)
        return Work(recipe, tuple(s.id for s in chosen))

    def _more(self, job: Job | str, n: int) -> Work:
        return self._core.jobs.work_of_repeat(self._job(job), n)

    # ------------------------------------------------------------ inside
    @property
    def _state(self) -> State:
        return self._core.state

    def _check_open(self) -> None:
        if not self._open:
            raise ClosedError("This studio is closed. Make it again: studio = sw.Studio(…).")

    def _topic(self, path: Any) -> str:
        self._check_open()
        return find_topic(self._state, path_of(path)).id

    def _job(self, job: Job | str) -> JobRecord:
        self._check_open()
        ident = job.id if isinstance(job, Job) else job
        if (record := self._state.jobs.get(ident)) is None:
            raise UnknownIdError(f"There is no job {ident!r}.")
        return record

    def _steer(self, job: str | None, do: Callable[[str | None], int]) -> int:
        """Steer one running job, or all; return how many. Nobody waits for the disk or for edits to cancel a job."""
        self._check_open()
        return self._core.engine.call(lambda: do(job if job is None else self._job(job).id))

    def _start_for(
        self, look: Callable[[], Work], *, model: ModelLike | None, budget: float | None, confirmed: Confirmed
    ) -> Job:
        """Start a job for samples that are looked up first: never on the engine's thread, for they may be many."""
        core, cancellations, confirmation = self._core, self._core.jobs.cancellations, Confirmation.of(confirmed)
        looked_up = None if core.engine.is_current else look()

        async def start() -> Job:
            work = await core.engine.on_worker(look) if looked_up is None else looked_up
            return await core.jobs.start(_of_call(work, model, budget), confirmation, cancellations=cancellations)

        return core.act(start)

    def _start(self, work: Work, *, model: ModelLike | None, budget: float | None, confirmed: Confirmed) -> Job:
        wanted, confirmation = _of_call(work, model, budget), Confirmation.of(confirmed)
        return self._core.act(lambda: self._core.jobs.start(wanted, confirmation))


def _of_call(work: Work, model: ModelLike | None, budget: float | None) -> Work:
    """Return work with what every generating method takes."""
    cap = budget_of(budget)
    recipe = work.recipe if cap is None else replace(work.recipe, budget=cap)
    if model is None:
        return replace(work, recipe=recipe)
    recipe = replace(recipe, model=model_name(model), in_code=is_in_code(model))
    return replace(work, recipe=recipe, model=model, is_model_of_file=False)
