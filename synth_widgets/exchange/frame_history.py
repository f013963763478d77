"""What frames of `to_pandas` showed, so that taking one back undoes nothing that happened since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from synth_widgets.records import Sample

KEPT = 8
"""Moments whose samples are remembered at least."""
ENTRIES = 500_000
"""Samples of all moments together up to which more are remembered; 100 bytes each. Of an older frame every difference
counts as the person's."""


class FrameHistory:
    """The samples of the newest frames, by the moment at which they were taken."""

    def __init__(self) -> None:
        self._by_moment: dict[str, dict[str, Sample]] = {}

    def remember(self, moment: str, samples: Iterable[Sample]) -> None:
        """Note the samples as they stand in a frame. They are frozen, so this costs a reference each."""
        known = self._by_moment.pop(moment, {})
        self._by_moment[moment] = {**known, **{s.id: s for s in samples}}
        while len(self._by_moment) > KEPT and sum(map(len, tuple(self._by_moment.values()))) > ENTRIES:
            self._by_moment.pop(next(iter(self._by_moment)), None)

    def at(self, moment: object) -> Mapping[str, Sample]:
        """Return the samples of a moment; none where it is not remembered."""
        return self._by_moment.get(moment, {}) if isinstance(moment, str) else {}
