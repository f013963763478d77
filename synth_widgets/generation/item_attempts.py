"""One answer with a list of items: each is checked and handed on as soon as it is whole, while the rest comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

from synth_widgets.errors import CallError, OwnCodeError
from synth_widgets.generation.attempts import (
    Attempts,
    Checked,
    Fault,
    ModeNotTaken,
    Refused,
    clean,
    counted,
    is_chance,
    patiently,
)
from synth_widgets.generation.item_reader import ItemReader
from synth_widgets.generation.mode_choice import ModeChoice
from synth_widgets.generation.objections import Elsewhere, Objection
from synth_widgets.llm.completer import Answer, Completer, Mode, Request
from synth_widgets.llm.structured.extract import SLOW
from synth_widgets.llm.structured.item_stream import Item
from synth_widgets.records import Json
from synth_widgets.schema import budget
from synth_widgets.text.normal import storable

T = TypeVar("T")


class ListQuestion(Checked, Protocol):
    """A question for several items.

    Attributes:
        n: how many are wanted.
    """

    @property
    def n(self) -> int:
        """See above."""
        ...

    def request(self, mode: Mode) -> Request:
        """Return the request in a mode."""
        ...

    def read_item(self, value: Json, number: int) -> tuple[Json, str | None]:
        """Return an item as it is stored, and what is wrong with it, or ``None``. Pure.

        Args:
            value: the item.
            number: which item of the answer it is, from 1.
        """
        ...

    def listed(self, text: str, request: Request, *, was_cut: bool) -> list[Item]:
        """Return the items of an answer that is no list of them in the form that was asked for. Pure."""
        ...


class ItemSink(Protocol):
    """Takes the items of an answer."""

    @property
    def wants_more(self) -> bool:
        """Whether more items are wanted."""
        ...

    def take(self, raw: str, value: Json, text: str) -> None:
        """Take an item that complies.

        Args:
            raw: the item as the model wrote it.
            value: the item.
            text: the answer so far.
        """
        ...

    def take_back(self, drafts: set[str]) -> None:
        """Give back items that were a draft in the model's thoughts, by their raw texts."""
        ...


@dataclass(frozen=True, slots=True)
class ItemsAnswer:
    """An answer whose items are all taken or refused.

    Attributes:
        found: how many items it has.
        invalid: the raw texts of those that do not comply, and what is wrong with each.
    """

    answer: Answer
    found: int
    invalid: list[tuple[str, str]]

    @property
    def is_chance(self) -> bool:
        """Whether an answer without items says nothing of the next one."""
        return is_chance(self.answer)

    @property
    def none(self) -> str:
        """Why there are no items, for a person."""
        has_text = bool(self.answer.text.strip())
        was_cut = "the answer was cut at max_tokens" if self.answer.finish == "length" else None
        return (
            self.answer.withheld
            or self.answer.called
            or was_cut
            or ("the answer has no list of items" if has_text else "the answer is empty")
        )

    def fault(self, invalid: list[tuple[str, str]]) -> Fault | None:
        """Return what is to be corrected: some invalid items, or the whole answer where it has no items."""
        if self.found:
            faults = "; ".join(f"item {n}: {problem}" for n, (_, problem) in enumerate(invalid, 1))
            return Fault(f'{{"items": [{", ".join(raw for raw, _ in invalid)}]}}', faults)
        can_mend = bool(self.answer.text.strip()) and self.answer.finish in {"stop", "other"}
        return Fault(self.answer.text, self.none) if can_mend else None


@dataclass(slots=True)
class ItemAttempt:
    """One answer with items, asked for and read.

    Args:
        request: what is asked, as `Attempts` has it.
        question: says which items are good.
        sink: takes them.
        on_worker: where long texts are read.
    """

    request: Request
    question: ListQuestion
    sink: ItemSink
    on_worker: Elsewhere = asyncio.to_thread
    _invalid: list[tuple[str, str]] = field(default_factory=list)
    _complied: int = 0
    _open: list[asyncio.Task[None]] = field(default_factory=list)
    """Checks under way, beside the call."""
    _heard: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text of a streamed answer so far."""
        return "".join(self._heard)

    async def ask(
        self,
        attempts: Attempts,
        completer: Completer,
        modes: ModeChoice,
        *,
        streams: bool = True,
        arrived: Callable[[Answer], object] = lambda _: None,
    ) -> ItemsAnswer | Refused | ModeNotTaken:
        """Ask, and hand each item on as soon as it is whole.

        Args:
            attempts: those of this question.
            completer: who is asked.
            modes: the choice of modes that all questions to this completer share.
            streams: whether items are read while the answer comes.
            arrived: hears of the answer as soon as it has ended: it is paid for, whatever comes of it.

        Raises:
            CallError: the endpoint cannot be used or reached, or the answer broke off; items may have been taken.
        """
        reader = ItemReader(self.request, asked=self.question.n, wanted=lambda: self.sink.wants_more, take=self._take)
        self._heard = reader.heard
        try:
            answer = counted(await completer.complete(self.request, reader.on_text if streams else None))
            arrived(answer)
            answer = await patiently(self.on_worker, len(answer.text), partial(clean, answer, self.request))
            await reader.finish(self.on_worker, answer)
            await self._checked()
            await self._without_drafts(reader)
            await self._in_other_shapes(answer, reader)
        except CallError as error:
            self._give_up()
            if (refusal := attempts.refused(error, self.question, modes)) is None:
                raise
            return refusal
        except BaseException:
            self._give_up()
            raise
        attempts.tried = modes.judged(attempts.tried, self.request, answer, complied=self._complied > 0)
        return ItemsAnswer(answer, reader.found, self._invalid)

    async def _without_drafts(self, reader: ItemReader) -> None:
        """Give back what was a draft in thoughts that could not be told from an answer, and take the answer's."""
        drafts, items = await reader.drafts(self.on_worker)
        if drafts:
            self.sink.take_back(drafts)
            self._invalid = [(raw, problem) for raw, problem in self._invalid if raw not in drafts]
            reader.take(items)
        await self._checked()

    async def _in_other_shapes(self, answer: Answer, reader: ItemReader) -> None:
        """Take the items of an answer that has none, or none that complies, where they should be."""
        if len(self._invalid) < reader.found or answer.finish in {"refusal", "filter"}:
            return
        was_cut = answer.finish == "length"
        text = answer.text.rpartition("\n")[0] if was_cut else answer.text  # nobody knows whether the last one is whole

        def read() -> list[Item]:
            items = self.question.listed(text, self.request, was_cut=was_cut)
            known = [item.read().value for item in reader.handed]
            is_same = known and [item.value for item in items[: len(known)]] == known
            return [] if is_same else items

        if items := await patiently(self.on_worker, len(text), read):
            self._invalid.clear()
            reader.take(items)
            await self._checked()

    def _take(self, item: Item, text: str, number: int) -> None:
        """Check an item, and hand it on if it is good."""

        def read() -> tuple[Json, str | None]:
            whole = item.read()
            if whole.error is not None:
                return None, whole.error
            return self.question.read_item(storable(whole.value), number)

        if len(item.raw) <= SLOW:
            try:
                result = budget.at_once(read)
            except budget.NotAtOnceError:
                pass
            else:
                self._sort(item, text, *result)
                return
        on_worker = partial(self.on_worker, partial(budget.together, read))
        self._beside(on_worker, lambda result: self._sort(item, text, *result))

    def _sort(self, item: Item, text: str, value: Json, problem: str | None) -> None:
        if problem is not None:
            self._invalid.append((item.raw, problem))
            return
        self._complied += 1
        if self.question.objection is None:
            self.sink.take(item.raw, value, text)
            return

        def settle(objection: str | None) -> None:
            if objection is None:
                self.sink.take(item.raw, value, text)
            else:
                self._invalid.append((item.raw, objection))

        self._beside(partial(_said, self.question.objection, value), settle)

    def _beside(self, work: Callable[[], Awaitable[T]], then: Callable[[T], None]) -> None:
        """Go on with the answer while something is found out."""

        async def wait() -> None:
            then(await work())

        self._open.append(asyncio.get_running_loop().create_task(wait()))

    async def _checked(self) -> None:
        """Wait until all items so far are taken or refused."""
        while pending := [task for task in self._open if not task.done()]:  # what was read may be asked about
            await asyncio.gather(*pending)

    def _give_up(self) -> None:
        """Take nothing more."""
        for task in self._open:
            task.cancel()


async def _said(objection: Objection, value: Json) -> str | None:
    try:
        return await objection(value)
    except OwnCodeError as error:
        return str(error)
