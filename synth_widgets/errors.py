"""The one family of errors. Each message says what was given, what is allowed, and what to do."""

from __future__ import annotations

import difflib
import functools
import heapq
import inspect
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ParamSpec, TypeVar

from synth_widgets.text.shown import MOST_OF_A_MESSAGE, shown, value_shown

P = ParamSpec("P")
R = TypeVar("R")


class SynthError(Exception):
    """Base of every error this package raises on purpose. Its text says what was given, what is allowed, what to do.

    Each argument is a line of it. A line may quote anything, of any length: `shown` makes it fit to be printed, here
    and nowhere else.

    >>> import synth_widgets as sw
    >>> try:
    ...     sw.Model("openai/gpt-6-luna", temprature=0.8)
    ... except sw.SynthError as error:
    ...     print(error)
    Model takes temperature=, not temprature=.
    """

    def __str__(self) -> str:
        return "\n".join(shown(str(line), MOST_OF_A_MESSAGE) for line in self.args)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class TaskError(SynthError, ValueError):
    """A task was described in a way that cannot work."""


class SchemaError(TaskError):
    """A JSON Schema cannot be used; the message names the place inside it."""


class StudioError(SynthError, ValueError):
    """A studio was asked for something it does not have or cannot do."""


class UnconfirmedError(StudioError):
    """Much would have been sent to a model, and nobody has confirmed it; nothing was sent.

    Attributes:
        estimate: what it would be, a `synth_widgets.Estimate`; ``confirmed=`` takes it.
    """

    def __init__(self, message: str, estimate: Any = None) -> None:
        super().__init__(message)
        self.estimate = estimate


class UnknownIdError(StudioError, KeyError):
    """No sample, topic or job has this name; nothing was changed."""


class ReadOnlyError(StudioError):
    """The studio file is held by another process, so this one may only read it."""


class FileError(SynthError, OSError):
    """The studio file cannot be read or written; what was not written is still in memory."""


class ClosedError(StudioError):
    """The studio was closed, or belongs to the parent of this forked process."""


class OwnCodeError(SynthError):
    """Code of yours, such as a validator, took too long or could not be run."""


class ModelError(SynthError):
    """A model cannot be used as asked; the message says which line or command mends it."""


class RunStoppedError(SynthError):
    """A whole run had to stop (no access, full disk). What was finished is kept, in ``.result``."""

    def __init__(self, message: str, result: Any = None) -> None:
        super().__init__(message)
        self.result = result


class CallError(ModelError):
    """One call to a model failed in a way that is no answer.

    The subclasses say what follows from it: a run stops (`AccessError`), goes on in another mode
    (`ModeRefusedError`), or leaves the work pending (`UnreachableError`).

    Attributes:
        unexplained: whether the endpoint's words do not say what it refused: the same, asked otherwise, may pass.
    """

    unexplained: bool = False


class AccessError(CallError):
    """401, 403, 404: the key, the model's name or the address is wrong. Every further call would fail too."""


class ModelGoneError(AccessError):
    """The endpoint has no such model, or no longer. One that nobody chose gives way to the next default."""


class ModeRefusedError(CallError):
    """400 that speaks of the structured output mode: the endpoint does not take it."""


class RequestRefusedError(CallError):
    """400, 413, 422 for another reason: this one request cannot be answered; others may."""


class UnreachableError(CallError):
    """429, 5xx, a lost connection or a time-out that outlived every retry. The item stays pending.

    Attributes:
        partial: the text that had arrived before a streamed answer broke off.
    """

    def __init__(self, message: str, partial: str = "") -> None:
        super().__init__(message)
        self.partial = partial


MOST_COMPARED = 200
"""Names that are compared letter by letter: of more, those of about the same length."""


def nearest(given: str, allowed: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the closest allowed spelling, or an empty string.

    >>> nearest("tempratur", ["temperature", "top_p"])
    " Did you mean 'temperature'?"
    """
    names = list(allowed)
    if len(names) > MOST_COMPARED:
        names = heapq.nsmallest(MOST_COMPARED, names, key=lambda name: abs(len(name) - len(str(given))))
    close = difflib.get_close_matches(str(given), names, n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""


def unknown_keywords(where: str, given: Mapping[str, Any], allowed: Iterable[str]) -> TypeError:
    """Build the `TypeError` for keywords that ``where`` does not take, with the nearest right spelling."""
    allowed = list(allowed)
    name = next(iter(given))
    return TypeError(
        f"{where} has no keyword {value_shown(name)}.{nearest(name, allowed)} It takes: {', '.join(allowed)}."
    )


def suggesting(function: Callable[P, R]) -> Callable[P, R]:
    """Make an unknown keyword raise a `TypeError` that names the nearest right spelling."""
    parameters = inspect.signature(function).parameters.values()
    allowed = [p.name for p in parameters if p.kind in {p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD} and p.name != "self"]
    where = function.__qualname__.removesuffix(".__init__")
    for part in ("Generating.", "Curating.", "HandingOff."):
        where = where.replace(part, "Studio.")

    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        unknown = {name: value for name, value in kwargs.items() if name not in allowed}
        if unknown:
            raise unknown_keywords(where, unknown, allowed)
        return function(*args, **kwargs)

    return checked


def warn(text: str) -> None:
    """Warn at the line of the person's code that led here, however deep in this package it is noticed.

    As in an error, what the text quotes may be anything.
    """
    frame, level = inspect.currentframe(), 1
    while frame is not None and frame.f_globals.get("__name__", "").startswith("synth_widgets"):
        frame, level = frame.f_back, level + 1
    warnings.warn(shown(text, MOST_OF_A_MESSAGE), stacklevel=level)
