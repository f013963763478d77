"""The part of a studio in which a person judges, edits and rates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from synth_widgets.arguments import ids_of, one_id, stars_of, tags_of, text_of, whole_number
from synth_widgets.curation import edits, verdicts
from synth_widgets.curation.edits import ABSENT
from synth_widgets.curation.sample_action import SampleAction
from synth_widgets.errors import OwnCodeError, StudioError, nearest, suggesting
from synth_widgets.records import Json, Sample, Version
from synth_widgets.store.journal import now
from synth_widgets.store.state import State
from synth_widgets.studio.actions import Undone
from synth_widgets.studio.core import Core

T = TypeVar("T")


class Curating:
    """The reviewing methods of `Studio`, on the core that it shares."""

    _core: Core

    def _check_open(self) -> None:
        raise NotImplementedError

    # ------------------------------------------------------------ verdicts
    @suggesting
    def keep(self, ids: Any, *, only_undecided: bool = False) -> dict[str, str]:
        """Keep samples: they are the dataset. What does not comply stays as it is.

        Args:
            ids: one id, a list of ids, a frame of `to_pandas`, or a boolean Series indexed by id.
            only_undecided: leave those as they are that are kept or rejected already.

        Returns:
            Why samples were not kept, by id; empty when all were.

        Raises:
            UnknownIdError: an id is not there; nothing was changed.

        >>> import synth_widgets as sw
        >>> studio = sw.Studio(sw.Task("Greeter", "Greet."), path=":memory:", model="local")
        >>> first, second = studio.add_samples([{"input": f"I am {name}.", "output": "Hello!"} for name in "AB"]).ids
        >>> studio.reject(first, "No name")
        >>> studio.keep([first, second], only_undecided=True) == {first: "is rejected already"}
        True
        >>> studio.keep([first, second]), len(studio.to_pandas())
        ({}, 2)
        >>> studio.close()
        """
        decide = verdicts.of_undecided(verdicts.keep) if only_undecided else verdicts.keep
        return self._carry_out(self._ids(ids), SampleAction("Keep {n}", decide, _current), _refused)

    @suggesting
    def reject(self, ids: Any, reason: str | None = None, *, only_undecided: bool = False) -> dict[str, str] | None:
        """Reject samples of any status. They stay in the file and can be restored.

        Args:
            ids: samples as `keep` takes them.
            reason: why, if you like. It is shown beside them, and the next jobs that make inputs or outputs under
                their topic, or below it, tell the model: the most frequent reasons, quoted, with how many.
            only_undecided: leave those as they are that are kept or rejected already.

        Returns:
            With ``only_undecided``: why samples were left as they are, by id.

        Raises:
            UnknownIdError: an id is not there; nothing was changed.

        >>> import synth_widgets as sw
        >>> from synth_widgets.testing import ScriptedCompleter
        >>> studio = sw.Studio(sw.Task("Greeter", "Greet."), path=":memory:", model=ScriptedCompleter())
        >>> _ = studio.grow(depth=0, samples=1).wait()
        >>> studio.reject(studio.samples[0], "Too short")
        >>> studio.samples[0].status, studio.samples[0].reason
        ('rejected', 'Too short')
        >>> studio.close()
        """
        wanted, decide = self._ids(ids), partial(verdicts.reject, reason=text_of(reason) or None)
        if only_undecided:
            return self._carry_out(wanted, SampleAction("Reject {n}", verdicts.of_undecided(decide)), _refused)
        return self._carry_out(wanted, SampleAction("Reject {n}", decide), _nothing)

    def restore(self, ids: Any) -> None:
        """Take the verdict on kept or rejected samples back."""
        return self._carry_out(self._ids(ids), SampleAction("Restore {n}", verdicts.restore, _current), _nothing)

    def undo(self) -> Undone | None:
        """Take the newest action of a person, or finished job, back. ``None``: there was nothing to undo."""
        self._check_open()
        return self._core.act(self._core.actions.undo)

    def redo(self) -> Undone | None:
        """Make the last undone action again. ``None``: there was nothing to redo."""
        self._check_open()
        return self._core.act(self._core.actions.redo)

    # ------------------------------------------------------------ edits
    @suggesting
    def edit(self, id: Any, *, input: Json = ABSENT, output: Json = ABSENT) -> dict[str, str]:
        """Give a sample another input, another output, or both.

        What complies becomes a new version. An edited output leaves the status as it is; an edited input makes the
        sample a draft, and an output that was made for the older input stale, until it is made again or kept. What
        does not comply is held beside the version as an unfinished edit: nothing is lost, but the sample cannot be
        kept before the edit is finished, or discarded by giving the current values again.

        Args:
            id: the sample.
            input: a whole new value: text, a JSON value, or a pydantic instance.
            output: likewise.

        Returns:
            Why the edit is unfinished, by id; empty when it complies.

        Raises:
            UnknownIdError: the id is not there.
            StudioError: a value is no JSON, or none was given.

        >>> import synth_widgets as sw
        >>> from synth_widgets.testing import ScriptedCompleter
        >>> studio = sw.Studio(sw.Task("Greeter", "Greet."), path=":memory:", model=ScriptedCompleter())
        >>> _ = studio.grow(depth=0, samples=1).wait()
        >>> studio.edit(studio.samples[0], output="Good morning, Ada.")
        {}
        >>> studio.samples[0].output
        'Good morning, Ada.'
        >>> studio.close()
        """
        ident = self._one(id)
        given = {"input": input, "output": output}
        if all(value is ABSENT for value in given.values()):
            raise StudioError("edit() needs what to change: edit(id, output=…), edit(id, input=…), or both.")
        if empty := [part for part, value in given.items() if value is None]:
            raise StudioError(f"{empty[0]}=None is no {empty[0]}. Leave {empty[0]}= out to let it as it is.")
        values = {k: v if v is ABSENT else edits.plain_json(v, k) for k, v in given.items()}
        core = self._core

        async def act() -> dict[str, str]:
            core.store.check_writable()
            while True:
                sample, task = verdicts.find(core.state, [ident])[0], core.task
                edit = edits.edit_of(sample, **values)
                try:
                    problem = await core.facade.beside(partial(edits.problem_of, edit, task), by=task)
                except OwnCodeError as error:
                    problem = str(error)
                if sample is verdicts.find(core.state, [ident])[0] and task is core.task:
                    break  # else it, or the task, changed while it was looked at
            version = len(core.state.tasks)
            change = edits.edit_change(sample, edit, problem, task_version=version, created=now())
            core.store.commit([change], label="Edit 1")
            return {} if problem is None else {ident: problem}

        return core.act(act)

    @suggesting
    def check(self, id: Any = None, *, input: Json = ABSENT, output: Json = ABSENT) -> dict[str, str]:
        """Say what is wrong with values, by field (``{"output.urgency": "…"}``), without changing anything.

        Args:
            id: the sample they are meant for; only there to be named.
            input: a value as `edit` takes it.
            output: likewise.
        """
        if id is not None:
            self._one(id)
        task = self._core.task
        parts = [("input", input, task.input), ("output", output, task.output)]
        given = [(name, edits.plain_json(value, name), schema) for name, value, schema in parts if value is not ABSENT]

        def look() -> dict[str, str]:
            found: dict[str, str] = {}
            for name, value, schema in given:
                if schema is not None:
                    found |= {f"{name}.{k}" if k else name: v for k, v in schema.problems(value).items()}
                elif problem := (task.input_problem if name == "input" else task.output_problem)(value):
                    found[name] = problem
            return found

        return self._core.apart(look, by=task)

    def accept(self, ids: Any) -> dict[str, str]:
        """Take the new versions that `regenerate` made of kept samples. Returns why some could not, by id."""
        return self._carry_out(self._ids(ids), SampleAction("Take {n} new", edits.accept, _proposed), _refused)

    def decline(self, ids: Any) -> None:
        """Stay with the current versions; the new ones remain among `versions`."""
        return self._carry_out(self._ids(ids), SampleAction("Decline {n} new", edits.decline), _nothing)

    @suggesting
    def revert(self, id: Any, n: int) -> dict[str, str]:
        """Go back to a version of a sample, or on to a later one: it becomes the current one, and none is lost.

        The verdict follows the rules of an edit to the same values. Where only the output is another one, it stays;
        with another input the sample is a draft again. A version whose output was carried over from another input
        comes back as the stale draft that it was. A new version that waits for a choice is declined; an unfinished
        edit stays.

        Args:
            id: the sample.
            n: the version's number, as in ``studio.samples[id].versions``.

        Returns:
            Why the sample stays as it is, by id; empty when the version is the current one now. It stays when the
            version does not comply with the task as it is today, or has no output while the sample has one.

        Raises:
            UnknownIdError: the id is not there.
            StudioError: the sample has no such version.

        >>> import synth_widgets as sw
        >>> studio = sw.Studio(sw.Task("Greeter", "Greet."), path=":memory:", model="local")
        >>> _ = studio.add_samples([{"input": "I am Ada.", "output": "Hello, Ada."}])
        >>> sample = studio.samples[0]
        >>> studio.edit(sample, output="Good morning, Ada."), studio.revert(sample, sample.versions[0].n)
        ({}, {})
        >>> studio.samples[0].output
        'Hello, Ada.'
        >>> studio.close()
        """
        ident = self._one(id)
        number = whole_number(n)
        if number is None:
            raise StudioError(f"A version is named by its number, as in revert(id, 1), not {n!r}.")
        action = SampleAction(
            f"Go back to version {number}", partial(edits.revert, n=number), lambda sample: sample.version_of(number)
        )
        return self._carry_out([ident], action, _refused)

    # ------------------------------------------------------------ stars and tags
    @suggesting
    def rate(self, ids: Any, stars: int | None = ABSENT, requirements: Mapping[str, int | None] | None = None) -> None:
        """Give samples stars, 1 to 5, overall and by requirement; ``None`` takes them back.

        Args:
            ids: samples as `keep` takes them.
            stars: overall.
            requirements: stars by a requirement's name (its text, where it has no name).

        Raises:
            StudioError: stars out of bounds, or a requirement that the task does not have.
        """
        wanted = self._ids(ids)
        overall = stars if stars is ABSENT else stars_of(stars)
        known = [r.name or r.text for r in self._core.task.requirements]
        single = {name: stars_of(value) for name, value in (requirements or {}).items()}
        if wrong := [name for name in single if name not in known]:
            raise StudioError(
                f"The task has no requirement {wrong[0]!r}.{nearest(wrong[0], known)} "
                + (f"It has: {', '.join(map(repr, known))}." if known else "It has none.")
            )
        if overall is ABSENT and not single:
            raise StudioError("rate() needs stars, as in rate(ids, 4), or requirements={'…': 4}.")

        decide = partial(edits.rate, stars=overall, requirements=single)
        return self._carry_out(wanted, SampleAction("Rate {n}", decide), _nothing)

    def tag(self, ids: Any, *tags: str) -> None:
        """Add tags to samples. A tag is one word."""
        decide = partial(edits.tag, add=tags_of(tags))
        return self._carry_out(self._ids(ids), SampleAction("Tag {n}", decide), _nothing)

    def untag(self, ids: Any, *tags: str) -> None:
        """Take tags from samples."""
        decide = partial(edits.tag, remove=tags_of(tags))
        return self._carry_out(self._ids(ids), SampleAction("Untag {n}", decide), _nothing)

    # ------------------------------------------------------------ inside
    def _carry_out(self, ids: list[str], action: SampleAction, result: Callable[[dict[str, str]], T]) -> T:
        """Do something to samples, as one step. Return what is to be returned of why some stay as they are."""
        core = self._core

        async def act() -> T:
            return result(await core.sample_actions.carry_out(ids, action))

        return core.act(act)

    @property
    def _state(self) -> State:
        return self._core.state

    def _ids(self, given: Any) -> list[str]:
        self._check_open()
        return ids_of(given)

    def _one(self, given: Any) -> str:
        self._check_open()
        return one_id(given)


def _current(sample: Sample) -> Version:
    return sample.version


def _proposed(sample: Sample) -> Version | None:
    return sample.version_of(sample.proposal)


def _refused(refused: dict[str, str]) -> dict[str, str]:
    return refused


def _nothing(_refused: dict[str, str]) -> None:
    return None
