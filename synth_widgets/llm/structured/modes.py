"""Which structured output mode works, for each model at each endpoint: found out once, known to the whole process."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from synth_widgets.llm.completer import MODES, Mode
from synth_widgets.llm.providers import Endpoint

TOOL = "answer"
"""The name of the tool whose arguments are the answer, and of the schema."""
IN_WORDS: Mapping[Mode, str] = {
    "json_schema": "the endpoint's JSON schema mode",
    "tools": "a tool that must be called",
    "json_object": "the endpoint's JSON mode, with the schema shown in the prompt",
    "text": "plain text, with the schema shown in the prompt",
}
"""The modes as people read of them."""


class KnownModes:
    """What is known of one model at one endpoint. All its completers share it.

    Attributes:
        working: a mode that brought what complies, or that a studio file remembers; ``None``: not known yet.

    >>> known = KnownModes()
    >>> known.order(MODES)
    ('json_schema', 'tools', 'json_object', 'text')
    >>> known.refused("json_schema")
    >>> known.worked("tools")
    >>> known.order(MODES)
    ('tools', 'json_object', 'text')
    """

    def __init__(self) -> None:
        self.working: Mode | None = None
        self._refused: set[Mode] = set()
        self._worked: set[Mode] = set()

    def order(self, offered: Iterable[Mode]) -> tuple[Mode, ...]:
        """Return the modes to try: the working one and those after it, then those before it; none that was refused."""
        left = tuple([mode for mode in offered if mode not in self._refused])
        at = left.index(self.working) if self.working in left else 0
        return (*left[at:], *left[:at]) if at else left

    def worked(self, mode: Mode) -> None:
        """Note that an answer came that complies. Who once works is not left because another works too."""
        self._worked.add(mode)
        if self.working is None and mode not in self._refused:  # else a call that was sent before the refusal came
            self.working = mode

    def refused(self, mode: Mode) -> None:
        """Note that the endpoint does not take a mode. If it was the working one, the others are tried again."""
        if mode == "text":
            return  # there is no other mode behind it
        self._refused.add(mode)
        if self.working == mode:
            self.working = None

    def doubted(self, mode: Mode) -> None:
        """Note that a request was refused in a mode, and passed in the next. A mode that ever worked is kept."""
        if mode not in self._worked:
            self.refused(mode)

    def recall(self, mode: object) -> None:
        """Take over what a studio file remembers, as long as nothing is known. What is no mode is passed over."""
        known = next((each for each in MODES if each == mode), None)
        if known is not None and self.working is None and not self._refused:
            self.working = known


_known: dict[tuple[str, str], KnownModes] = {}


def known_modes(endpoint: Endpoint) -> KnownModes:
    """Return what this process knows of a model at an endpoint."""
    return _known.setdefault((endpoint.base or endpoint.provider.name, endpoint.model), KnownModes())


def file_key(name: str, endpoint: Endpoint) -> str:
    """Return the name under which a studio file remembers a mode: it tells addresses apart without naming one.

    Args:
        name: the model's name, as the person wrote it.
        endpoint: where it is asked.
    """
    if endpoint.own_host:
        return name
    return f"{name} @{hashlib.sha256(endpoint.base.encode()).hexdigest()[:12]}"
