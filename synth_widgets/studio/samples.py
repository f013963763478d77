"""``studio.samples``: the samples as values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, SupportsIndex, TypedDict, overload

from synth_widgets.arguments import ids_of
from synth_widgets.curation.verdicts import find
from synth_widgets.errors import StudioError, nearest, suggesting
from synth_widgets.exchange import clipboard
from synth_widgets.records import STATUSES, Json, Path, Status, Version
from synth_widgets.records import Sample as SampleRecord
from synth_widgets.store.state import State
from synth_widgets.studio.core import Core
from synth_widgets.studio.selecting import selection
from synth_widgets.text.normal import compact, copied
from synth_widgets.text.shown import shown

MOST_FOUND = 10_000


class Found(TypedDict):
    """Samples by id, in the order they were made, and whether there are more than could be listed."""

    ids: list[str]
    more: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample as it stood when it was read. It does not change; read it again to see what happened since.

    Attributes:
        id: ten letters and digits, by which the methods of a studio take it.
        topic: the path of its topic, a tuple of names; ``()`` for the root.
        input, output: of the current version, as plain JSON values; ``None`` where there is none yet.
        status: ``pending``, ``draft``, ``kept``, ``rejected`` or ``failed``.
        stars: overall, 1 to 5, or ``None``.
        ratings: stars by requirement.
        tags: its tags, one word each.
        reason: why it failed, or was rejected; else ``None``.
        split: name of its split, or ``None``.
        session: id of the session that made it.

    >>> import synth_widgets as sw
    >>> studio = sw.Studio(sw.Task("Greeter", "Greet."), path=":memory:", model="local")
    >>> _ = studio.add_samples([{"input": "I am Ada.", "output": "Hello, Ada!"}], topic="Introductions")
    >>> sample = studio.samples[0]
    >>> sample.topic, sample.output, sample.status, len(sample.versions)
    (('Introductions',), 'Hello, Ada!', 'draft', 1)
    >>> studio.close()
    """

    id: str
    topic: Path
    input: Json
    output: Json
    status: Status
    stars: int | None
    ratings: Mapping[str, int]
    tags: tuple[str, ...]
    reason: str | None
    split: str | None
    session: str
    _versions: tuple[Version, ...]

    @property
    def versions(self) -> tuple[Version, ...]:
        """All states of its data, the oldest first."""
        return tuple(replace(v, input=copied(v.input), output=copied(v.output)) for v in self._versions)

    def __repr__(self) -> str:
        reason = f" ({shown(self.reason)})" if self.reason else ""
        data = " -> ".join(shown(compact(value)) for value in (self.input, self.output))
        return f"<Sample {self.id} {self.status}{reason}: {data}>"


class Samples:
    """The samples of a studio, in the order they were made. Iterate over them, or ask by id, position or slice."""

    def __init__(self, core: Core) -> None:
        self._core = core

    @property
    def _state(self) -> State:
        return self._core.store.state

    def __iter__(self) -> Iterator[Sample]:
        state = self._state
        return (_view(state, sample) for sample in state.visible_samples())

    @overload
    def __getitem__(self, ident: str | SupportsIndex) -> Sample: ...
    @overload
    def __getitem__(self, ident: slice) -> list[Sample]: ...
    def __getitem__(self, ident: str | SupportsIndex | slice) -> Sample | list[Sample]:
        """Return a sample by its id or position, or those of a slice: ``studio.samples[:5]``."""
        state = self._state
        if isinstance(ident, slice):
            return [_view(state, sample) for sample in state.visible_samples()[ident]]
        if isinstance(ident, str):
            return _view(state, find(state, [ident])[0])
        try:
            return _view(state, state.visible_samples()[ident])
        except TypeError:
            raise StudioError(
                f"samples[…] takes an id, a position or a slice, not {ident!r}. For several ids, filters or a frame: "
                "studio.samples.filter(…), studio.to_pandas(…)."
            ) from None

    def __contains__(self, ident: object) -> bool:
        sample = self._state.samples.get(ident) if isinstance(ident, str) else None
        return sample is not None and self._state.is_visible(sample)

    def __len__(self) -> int:
        return len(self._state.visible_samples())

    @suggesting
    def filter(
        self,
        status: str | Iterable[str] = "kept",
        *,
        session: str | None = None,
        topic: Any = None,
        tags: str | Iterable[str] | None = None,
        split: str | None = None,
        min_stars: int | None = None,
    ) -> list[Sample]:
        """Return the samples that pass all filters, in the order they were made.

        The words and what they are when left out are those of `Studio.to_pandas`. What comes back can be given to
        every method that takes ids: ``studio.reject(studio.samples.filter("draft", topic="Billing"))``.

        Args:
            status: one status, several, or ``"all"``; kept samples when it is left out.
            session: id or tag of a session.
            topic: path; samples at and below it.
            tags: tags that a sample must all have.
            split: name of a split.
            min_stars: fewest stars, 1 to 5.

        Raises:
            StudioError: a filter is of the wrong kind, or names a status or a topic that is none.

        >>> import synth_widgets as sw
        >>> from synth_widgets.testing import ScriptedCompleter
        >>> studio = sw.Studio(sw.Task("Greeter", "Greet."), path=":memory:", model=ScriptedCompleter())
        >>> rows = [{"input": "I am Ada.", "output": "Hello, Ada!"}, {"input": "I am Bob.", "output": "Hm."}]
        >>> _ = studio.add_samples(rows, topic="Introductions")
        >>> studio.rate(studio.samples[0].id, 5)
        >>> studio.keep(studio.samples.filter("draft", topic="Introductions", min_stars=4))
        {}
        >>> studio.samples.filter()
        [<Sample ... kept: "I am Ada." -> "Hello, Ada!">]
        >>> studio.close()
        """
        from synth_widgets.exchange import frames

        state = self._state
        select = selection(
            state, status=status, session=session, topic=topic, tags=tags, split=split, min_stars=min_stars
        )
        samples = select()
        frames.warn_when_empty(state, samples, status, "list", "samples.filter")
        return [_view(state, sample) for sample in samples]

    def find(self, text: str) -> Found:
        """Look for words in the whole text of all samples.

        A sample is found when each word stands somewhere in its input or output, as a part of a word too, whatever
        the case. Names of fields are not looked at.

        Args:
            text: words, with spaces between them.

        Returns:
            ``{"ids": […], "more": False}``: at most 10,000 ids, and whether there are more.

        >>> import synth_widgets as sw
        >>> from synth_widgets.testing import ScriptedCompleter
        >>> studio = sw.Studio(sw.Task("Greeter", "Greet."), path=":memory:", model=ScriptedCompleter())
        >>> _ = studio.add_samples([{"input": "I am Ada.", "output": "Hello, Ada!"}, {"input": "I am Bob."}])
        >>> [studio.samples[ident].input for ident in studio.samples.find("hello ADA")["ids"]]
        ['I am Ada.']
        >>> studio.close()
        """
        if not isinstance(text, str) or not text.strip():
            raise StudioError(f"find() takes words to look for, not {text!r}.")
        words = text.casefold().split()
        state = self._state

        def look() -> Found:
            ids: list[str] = []
            for sample in state.visible_samples():
                version = sample.version
                whole = "\n".join((*_texts(version.input), *_texts(version.output))).casefold()
                if all(word in whole for word in words):
                    if len(ids) == MOST_FOUND:
                        return {"ids": ids, "more": True}
                    ids.append(sample.id)
            return {"ids": ids, "more": False}

        return self._core.apart(look)

    def as_text(self, ids: Any, format: clipboard.Format = "tsv") -> str:
        r"""Return samples as a text to paste elsewhere; the widget's Copy is this.

        ``"tsv"`` is a table for spreadsheets, with the columns of `Studio.to_pandas` for input and output. A cell with
        tabs, line breaks or quotes is quoted. A text that begins with ``=``, ``+``, ``-`` or ``@`` gets an apostrophe
        before it, with which spreadsheets say that a cell is text: no words of a model are run as a formula.
        ``"json"`` is a list of ``{"input": …, "output": …}``, ``"python"`` the same list as a literal.

        Args:
            ids: one id, a list of ids, a frame of `to_pandas`, or a boolean Series indexed by id.
            format: ``"tsv"``, ``"json"`` or ``"python"``.

        Raises:
            UnknownIdError: an id is not there.
            StudioError: there is no such format, or it would be more than 5,000,000 characters.

        >>> import synth_widgets as sw
        >>> from synth_widgets.testing import ScriptedCompleter
        >>> studio = sw.Studio(sw.Task("Greeter", "Greet."), path=":memory:", model=ScriptedCompleter())
        >>> added = studio.add_samples([{"input": "I am Ada.", "output": "=Hello!"}])
        >>> studio.samples.as_text(added.ids)
        "input\toutput\r\nI am Ada.\t'=Hello!\r\n"
        >>> print(studio.samples.as_text(added.ids, "python"))
        [
            {'input': 'I am Ada.', 'output': '=Hello!'}
        ]
        >>> studio.close()
        """
        if format not in clipboard.FORMATS:
            allowed = ", ".join(map(repr, clipboard.FORMATS))
            raise StudioError(
                f"There is no format {format!r}.{nearest(str(format), clipboard.FORMATS)} Allowed: {allowed}."
            )
        samples, task = find(self._state, ids_of(ids)), self._core.task
        return self._core.apart(lambda: clipboard.as_text(samples, task, format))

    def __repr__(self) -> str:
        counts: dict[str, int] = dict.fromkeys(STATUSES, 0)
        for sample in self._state.visible_samples():
            counts[sample.status] += 1
        said = ", ".join(f"{n} {status}" for status, n in counts.items() if n)
        return f"<{len(self)} samples{': ' + said if said else ''}>"


def _view(state: State, sample: SampleRecord) -> Sample:
    version = sample.version
    return Sample(
        sample.id, state.path(sample.topic), copied(version.input), copied(version.output), sample.status, sample.stars,
        dict(sample.ratings), sample.tags, sample.reason, sample.split, sample.session,
        sample.versions,
    )  # fmt: skip


def _texts(value: Json) -> Iterator[str]:
    """Yield the texts and numbers in a value, as a person reads them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif value is not None:
        yield compact(value)
