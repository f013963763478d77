"""What the pydantic classes of a task say of samples. They are the person's code: never run on the engine's thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from synth_widgets.curation.verdicts import version_problem
from synth_widgets.errors import OwnCodeError
from synth_widgets.own_code import OwnCode
from synth_widgets.records import Sample, Version
from synth_widgets.studio.current_task import CurrentTask
from synth_widgets.task import Task

VersionOf = Callable[[Sample], Version | None]


class Validators:
    """Asks the classes beside the engine, once about each version, and tells it what they said.

    They are asked also about what was checked when it came: a cell that is run again may have changed them.

    Args:
        current_task: whose classes.
        own_code: the threads that they run on.
        version_of: which version of a sample it is about.
    """

    def __init__(self, current_task: CurrentTask, own_code: OwnCode, version_of: VersionOf) -> None:
        self._current_task = current_task
        self._own_code = own_code
        self._task = current_task.value
        self._version_of = version_of
        self._said: dict[int, tuple[Version, str | None]] = {}
        """By identity, for a version never changes."""

    async def ask(self, samples: Callable[[], list[Sample]]) -> None:
        """Ask until all is known: meanwhile a sample may get another version, and the studio another task."""
        while unknown := self._unknown(samples()):
            task = self._task
            said = await self._own_code.each(partial(_objection, task), unknown)
            for version, words in zip(unknown, said, strict=True):
                self._said[id(version)] = version, str(words) if isinstance(words, OwnCodeError) else words

    def problem(self, version: Version) -> str | None:
        """Return what the classes object to in a version that was asked about, or ``None``."""
        return self._said[id(version)][1] if self._said else None

    def _unknown(self, samples: list[Sample]) -> list[Version]:
        if self._task is not self._current_task.value:
            self._task, self._said = self._current_task.value, {}
        found = [self._version_of(sample) for sample in samples]
        return [version for version in found if version is not None and id(version) not in self._said]


def _objection(task: Task, version: Version) -> str | None:
    said = version_problem(version, task) if task.may_be_long else None
    return said or task.model_problem(version.input, version.output)
