"""``studio.samples``: the samples as values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from synth_widgets.core import Core
from synth_widgets.records import STATUSES, Json, Path, Sample, Status, Version
from synth_widgets.store.review import find
from synth_widgets.store.state import State
from synth_widgets.text.normal import compact


@dataclass(frozen=True, slots=True)
class SampleView:
    """One sample as it stood when it was read. It does not change; read it again to see what happened since.

    Attributes:
        topic: the path of its topic.
        input, output: of the current version; ``None`` where there is none yet.
        reason: why it failed, or was rejected.
        versions: all states of its data, the oldest first.
    """

    id: str
    topic: Path
    input: Json
    output: Json
    status: Status
    stars: int | None
    tags: tuple[str, ...]
    reason: str | None
    split: str | None
    session: str
    versions: tuple[Version, ...]

    def __repr__(self) -> str:
        reason = f" ({self.reason})" if self.reason else ""
        return f"<Sample {self.id} {self.status}{reason}: {compact(self.input)} -> {compact(self.output)}>"


class Samples:
    """The samples of a studio, in the order they were made. Iterate over them, or ask for one by id or position."""

    def __init__(self, core: Core) -> None:
        self._core = core

    @property
    def _state(self) -> State:
        return self._core.store.state

    def __iter__(self) -> Iterator[SampleView]:
        state = self._state
        return (_view(state, sample) for sample in state.visible_samples())

    def __getitem__(self, ident: str | int) -> SampleView:
        if isinstance(ident, int):
            return _view(self._state, self._state.visible_samples()[ident])
        return _view(self._state, find(self._state, [ident])[0])

    def __contains__(self, ident: object) -> bool:
        sample = self._state.samples.get(ident) if isinstance(ident, str) else None
        return sample is not None and self._state.is_visible(sample)

    def __len__(self) -> int:
        return len(self._state.visible_samples())

    def __repr__(self) -> str:
        counts: dict[str, int] = dict.fromkeys(STATUSES, 0)
        for sample in self._state.visible_samples():
            counts[sample.status] += 1
        said = ", ".join(f"{n} {status}" for status, n in counts.items() if n)
        return f"<{len(self)} samples{': ' + said if said else ''}>"


def _view(state: State, sample: Sample) -> SampleView:
    version = sample.version
    return SampleView(
        sample.id, state.path(sample.topic), version.input, version.output, sample.status, sample.stars, sample.tags,
        sample.reason, sample.split, sample.session, sample.versions,
    )  # fmt: skip
