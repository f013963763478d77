"""The sittings of one studio file: what is generated carries the tag of the one that is on."""

from __future__ import annotations

from synth_widgets.records import STEPS, Guidance, Session, new_session_id
from synth_widgets.store.changes import SessionAdded
from synth_widgets.store.journal import now
from synth_widgets.store.store import Store
from synth_widgets.studio.models import Models


class Sessions:
    """The sittings of one studio file.

    Attributes:
        current: the one that is on; ``None`` before the first generation.
    """

    def __init__(self, store: Store, models: Models) -> None:
        self._store = store
        self._models = models
        self.current: Session | None = None

    def begin(self, guidance: Guidance, tags: tuple[str, ...]) -> Session:
        """Begin a sitting now. On the engine's thread."""
        models: dict[str, str] = {step: self._models.name(step) for step in STEPS}
        session = Session(new_session_id(), guidance, tags, models, now())
        self._store.commit([SessionAdded(session)], actor="system")
        self.current = session
        return session
