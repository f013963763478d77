"""What completers of models elsewhere have in common: permits, retries and parameters, whatever the transport."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar

from synth_widgets.errors import AccessError, CallError, ModeRefusedError, RequestRefusedError, UnreachableError
from synth_widgets.llm.adaptive import FIRST
from synth_widgets.llm.completer import ITEMS_PER_CALL, MODES, Answer, Mode, OnText, Request, Verdict
from synth_widgets.llm.concurrency import Gate, Permit, gate_of
from synth_widgets.llm.pricing import price_at
from synth_widgets.llm.providers import Endpoint, endpoint_of, need_key, provider_of
from synth_widgets.llm.structured.modes import KnownModes, file_key, known_modes
from synth_widgets.llm.transports.attempt import Attempt, Waits
from synth_widgets.llm.transports.dialect import Dialect, Part, dialect_of, parts_of, without_count, without_system
from synth_widgets.llm.transports.failures import Address, Failure
from synth_widgets.llm.transports.openai_format import json_wish
from synth_widgets.model import Model
from synth_widgets.money import Price
from synth_widgets.text.normal import same
from synth_widgets.text.shown import shown, value_shown

log = logging.getLogger(__name__)

SILENT = 15.0
"""Seconds without a sign of a call's answer after which that is said."""
DOUBTFUL = 2
"""Errors of the server to one request after which the request may be what it stumbles over."""
MOST_IN_FLIGHT = 128
"""Calls in flight at most, where a model says nothing else; how many it is at a time, the endpoint decides."""


@dataclass(slots=True)
class _Tries:
    """What became of one request so far.

    Attributes:
        answered: requests that the endpoint has answered, when this one was refused last.
        count: how often it was tried.
        stumbled: how often the endpoint stumbled over it, for no clear reason.
        passed_by: how often it was refused although others were answered since the time before.
    """

    answered: int
    count: int = 0
    stumbled: int = 0
    passed_by: int = 0

    def add(self, outcome: Failure, answered: int) -> None:
        """Count a try without an answer. Nobody is passed by where there was no connection."""
        is_refusal = outcome.is_refusal or isinstance(outcome.error, AccessError)
        self.count += 1
        self.stumbled += outcome.unexplained
        self.passed_by += is_refusal and answered > self.answered
        self.answered = answered


@dataclass(slots=True)
class _Destination:
    """Where a completer's calls go, and what is known there, which it shares with others that ask there.

    Attributes:
        endpoint: the address and the key.
        modes: what is known of the structured output modes.
        dialect: what the endpoint does not take.
        key_checked: whether `need_key` found nothing wrong.
        gate: what limits the calls, of the loop that the latest one was on.
    """

    endpoint: Endpoint
    modes: KnownModes
    dialect: Dialect
    key_checked: bool = False
    gate: Gate | None = None


class RemoteCompleter(ABC):
    """Asks one model at an endpoint. The only owner of retries: transports try once.

    Args:
        model: name, address, key and sampling parameters. The key is looked up at each call.
        waits: how long to wait and how often to try.
        endpoint: overrides what `endpoint_of` finds for the model.

    Attributes:
        name: the model's name.
        provider: the line of the table of providers.
        most: calls in flight at most, together with every other completer of this model and loop.
        items_per_call: topics or inputs to ask for in one call.
        counts_streams: whether a stream has to be asked for its count of tokens, by ``stream_options``.

    Raises:
        ModelError: the provider is not served.
    """

    counts_streams: ClassVar[bool] = True

    def __init__(self, model: Model, *, waits: Waits | None = None, endpoint: Endpoint | None = None) -> None:
        self.provider = provider_of(model.name) if endpoint is None else endpoint.provider
        self.model = model
        self.name = model.name
        self.most = model.concurrency or MOST_IN_FLIGHT
        self._pausing = 0
        self._forced: tuple[Mode, ...] = tuple(mode for mode in MODES if mode == model.structured)
        """The structured output mode that the person named."""
        self.items_per_call = ITEMS_PER_CALL
        self.waits = waits or Waits()
        self.endpoint = endpoint
        self._wishes: deque[tuple[Mode, Mapping[str, Any], dict[str, Any]]] = deque(maxlen=8)
        self._latest: _Destination | None = None
        self._waiting: dict[object, str] = {}
        self._under_way: set[Attempt] = set()
        self._has_spoken = False
        """Whether an attempt that has ended brought text."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({value_shown(self.name)})"

    @abstractmethod
    def attempt(self, endpoint: Endpoint, request: Request, on_text: OnText | None) -> Attempt:
        """Return one request, ready to be sent once."""

    @abstractmethod
    async def warm_up(self) -> None:
        """Load what the first call needs, once."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of connections. The completer may be used again."""

    @property
    def concurrency(self) -> int:
        """Pieces of work to have under way: as many as the endpoint takes, beside those that wait to try again."""
        gate = None if self._latest is None else self._latest.gate
        return self._pausing + (gate.limit if gate is not None else min(self.most, FIRST))

    @property
    def known_modes(self) -> KnownModes:
        """What is known of this model's structured output modes, shared with every other completer of it."""
        return self._destination().modes

    @property
    def dialect(self) -> Dialect:
        """What the endpoint does not take, shared with every other completer of this model."""
        return (self._latest or self._destination()).dialect

    @property
    def notes(self) -> list[str]:
        """Sentences for a person on what is left out, or done otherwise, for this endpoint."""
        return self.dialect.notes

    def _destination(self) -> _Destination:
        """Return where calls go now: what is known there is looked up when that has changed."""
        endpoint, latest = self.endpoint or endpoint_of(self.model), self._latest
        if latest is None or (latest.endpoint is not endpoint and latest.endpoint != endpoint):
            latest = self._latest = _Destination(endpoint, known_modes(endpoint), dialect_of(endpoint))
            self._has_spoken = False
        return latest

    @property
    def modes_key(self) -> str:
        """The name under which a studio file remembers this model's mode."""
        return file_key(self.name, self.endpoint or endpoint_of(self.model))

    @property
    def modes(self) -> tuple[Mode, ...]:
        """The structured output modes, in the order to try them: the one that the person named, else what is known."""
        if self._forced:
            return self._forced
        destination = self._latest or self._destination()
        return destination.modes.order(destination.endpoint.provider.modes)

    def judged(self, mode: Mode, verdict: Verdict) -> None:
        """Take in what became of answers in a structured output mode; see `Completer`."""
        known = (self._latest or self._destination()).modes
        if verdict == "complied":
            known.worked(mode)
        elif verdict == "passed over":
            known.refused(mode)
        else:
            known.doubted(mode)

    @property
    def price(self) -> Price | None:
        """What the model costs where it is asked now, or ``None`` when unknown."""
        return price_at(self.model, self.endpoint or endpoint_of(self.model))

    @property
    def waiting(self) -> str | None:
        """What the latest retry waits for, or how long nothing came, in words for a person; ``None`` if all goes on."""
        if self._waiting or not self._under_way:
            return next(reversed(self._waiting.values()), None)
        name, silent = self.name, time.monotonic() - min(attempt.heard for attempt in self._under_way)
        return f"{name} has been silent for {silent:.0f} s; it may be busy" if silent >= SILENT else None

    async def complete(self, request: Request, on_text: OnText | None = None) -> Answer:
        """Answer one request; see `Completer.complete`.

        Raises:
            AccessError: the key, the model's name or the address is wrong, or a key is missing.
            ModeRefusedError: the endpoint does not take the structured output mode.
            RequestRefusedError: this request cannot be answered.
            UnreachableError: refusals (429), server errors or lost connections outlived every retry.
        """
        destination = self._destination()
        if not destination.key_checked:
            need_key(destination.endpoint, self.model)
            destination.key_checked = True
        await self.warm_up()
        try:
            with self._gate(destination).under(self.most):
                return await self._with_less(destination, request, on_text)
        except ModeRefusedError as error:
            mode = asked_by(request)
            destination.modes.refused(mode)
            if self.model.structured == mode:
                raise AccessError(f"{error} Take structured={mode!r} out of sw.Model({self.name!r}, …).") from error
            raise

    def address(self, endpoint: Endpoint) -> Address:
        """Return where calls go, in words that may be shown."""
        has_key = bool(endpoint.key) or not endpoint.provider.keys  # litellm reads what we do not know of
        provider = endpoint.provider
        default = f"{provider.name}/{provider.defaults[0]}" if provider.defaults and endpoint.own_host else None
        return Address(endpoint.shown, self.name, endpoint.key_source, has_key, default)

    def _gate(self, destination: _Destination) -> Gate:
        """Return what limits the calls to this model, for every studio of this process."""
        gate, endpoint = destination.gate, destination.endpoint
        if gate is None or gate.loop is not asyncio.get_running_loop():
            gate = destination.gate = gate_of(endpoint.base or endpoint.provider.name, endpoint.model, self.most)
        return gate

    async def _with_less(self, destination: _Destination, request: Request, on_text: OnText | None) -> Answer:
        """Ask without what the endpoint does not take. Refused for no clear reason, ask with less, and remember that.

        Raises:
            CallError: see `complete`; it is `unexplained` where the structured output mode may be the reason.
        """
        dialect, less = destination.dialect, destination.dialect.without

        def doubts() -> bool:
            return self._has_other_modes(request) or bool(dialect.to_try(self._parts(request, on_text, less), ""))

        try:
            answer = await self._without(less, destination, request, on_text, doubts)
        except (RequestRefusedError, UnreachableError) as error:
            if not error.unexplained:
                raise
            refusal = error
        else:
            dialect.took(self._parts(request, on_text, less))
            return answer
        return await self._with_even_less(refusal, less, destination, request, on_text)

    def _parts(self, request: Request, on_text: OnText | None, less: frozenset[Part]) -> list[Part]:
        """Return the parts of a request that could be done without, but for ``less``, which is left out already."""
        streams = on_text is not None and "stream" not in less
        had = parts_of(request, streams=streams, counts=self.counts_streams and self.takes("stream_options"))
        return [part for part in had if part not in less] if less else had

    async def _with_even_less(
        self,
        refusal: RequestRefusedError | UnreachableError,
        less: frozenset[Part],
        destination: _Destination,
        request: Request,
        on_text: OnText | None,
    ) -> Answer:
        """Ask without one of the parts that a request had, then without all, after a refusal for no clear reason.

        Args:
            refusal: what is raised where less is refused too, and no other reason for it is known.
            less: what the refused request was asked without.
            destination: where to ask.
            request: what to ask.
            on_text: takes the answer's text as it comes.
        """
        dialect = destination.dialect
        dialect.refused()
        for more in (tried := dialect.to_try(self._parts(request, on_text, less), str(refusal))):
            try:
                answer = await self._without(less | more, destination, request, on_text, lambda: True)
            except (RequestRefusedError, UnreachableError) as error:
                if not error.unexplained:
                    raise
            else:
                dialect.passed(more, self.name, sure=isinstance(refusal, RequestRefusedError))
                return answer
        if tried:
            dialect.in_vain()
        has_other_modes = self._has_other_modes(request)
        if isinstance(refusal, UnreachableError) and not has_other_modes:
            return await self._without(less, destination, request, on_text, lambda: False)
        refusal.unexplained = has_other_modes
        raise refusal

    async def _without(
        self,
        without: frozenset[Part],
        destination: _Destination,
        request: Request,
        on_text: OnText | None,
        doubts: Callable[[], bool],
    ) -> Answer:
        """Ask without parts of the request; see `_persist`."""
        if "system" in without:
            request = without_system(request)
        if "stream_options" in without:
            request = without_count(request)
        if "stream" not in without or on_text is None:
            return await self._persist(destination, request, on_text, doubts)
        answer = await self._persist(destination, request, None, doubts)
        if answer.text:
            on_text(answer.text)
        return answer

    def _has_other_modes(self, request: Request) -> bool:
        mode = asked_by(request)
        return mode != "text" and any(other != mode for other in self.modes)

    async def _persist(
        self,
        destination: _Destination,
        request: Request,
        on_text: OnText | None,
        doubts: Callable[[], bool],
    ) -> Answer:
        """Try until there is an answer or no sense in trying.

        An endpoint that has answered before is waited for, however long it takes: it is busy, or down for a while. One
        that never has is given up after some tries: it may be the wrong one. A request that is refused again and again
        while others are answered is the one that is meant.

        Args:
            destination: where to ask.
            request: what to ask.
            on_text: takes the answer's text as it comes.
            doubts: whether something may be asked otherwise if the server stumbles over this one.
        """
        adapted: set[str] = set()
        endpoint, gate = destination.endpoint, self._gate(destination)
        tried = _Tries(gate.answered)
        while True:
            with _SAYS_NOTHING if gate.is_well else self.saying(self._why_closed(endpoint, gate)):
                async with gate.permit(timed=on_text is None, first=tried.count > 0) as permit:
                    attempt = self.attempt(endpoint, request, on_text)
                    self._under_way.add(attempt)
                    try:
                        outcome = await attempt.run()
                    finally:
                        self._under_way.discard(attempt)
                        self._has_spoken |= attempt.has_spoken
                    if isinstance(outcome, Answer):
                        permit.passed()
                        return outcome
                    await _tell(permit, outcome)
            if outcome.param is not None and outcome.param not in adapted:
                adapted.add(outcome.param)
                self._adapt(outcome.param, str(outcome.error))
                continue
            tried.add(outcome, gate.answered)
            error = self._last_word(outcome, tried, doubts)
            if error is None or (isinstance(error, UnreachableError) and error.partial):
                # Of half an answer, too: whoever asks anew need not.
                await self._rest(destination, outcome, tried.count)
            if error is not None:
                raise error

    def _last_word(self, outcome: Failure, tried: _Tries, doubts: Callable[[], bool]) -> CallError | None:
        """Return what to raise if there is no sense in trying the same again, else ``None``."""
        most = min(self.waits.tries, outcome.tries or self.waits.tries)
        if outcome.unexplained and (not outcome.again or (tried.stumbled >= DOUBTFUL and doubts())):
            outcome.error.unexplained = True
            return outcome.error
        if outcome.is_passing and tried.passed_by >= self.waits.passed_by:
            told = f"{outcome.error} It said so {tried.count} times, while others were answered."
            return RequestRefusedError(told)
        is_awaited = self.waits.patient and outcome.is_passing and (tried.answered or self._speaks)
        if not outcome.again or (tried.count >= most and not is_awaited):
            return _with_tries(outcome, tried.count)
        if (outcome.after or 0.0) > self.waits.longest:
            return UnreachableError(f"{outcome.error} It asks to wait {outcome.after:.0f} s; resume asks it at once.")
        return None

    @property
    def _speaks(self) -> bool:
        """Whether an attempt brought text: the first answer may still be under way."""
        return self._has_spoken or any(attempt.has_spoken for attempt in self._under_way)

    async def _rest(self, destination: _Destination, outcome: Failure, tries: int) -> None:
        """Wait before the next try, and say so."""
        pause = self._pause(outcome, tries)
        with self.saying(_wait_words(destination.endpoint, outcome, pause)):
            self._pausing += 1
            try:
                await self._gate(destination).rest(pause)
            finally:
                self._pausing -= 1

    def probe(self) -> None:
        """Ask at once, though the endpoint asked to wait, or is away: a person wants to know. On the engine's loop."""
        self._gate(self._destination()).probe()

    def _why_closed(self, endpoint: Endpoint, gate: Gate) -> str | None:
        """Say why no call goes out, or return ``None``."""
        if gate.is_down:
            silent = f"{endpoint.who} has not answered for a minute"
            return f"{silent}; it is asked now and then, and all goes on when it is back"
        if (seconds := gate.closed_for) > 0:
            return f"{endpoint.who} asks to wait {seconds:.0f} s"
        return None

    def _pause(self, outcome: Failure, tries: int) -> float:
        """Seconds until the next try: what was asked plus up to a tenth, else full jitter."""
        chance = random.random()  # noqa: S311  (spreads retries, keeps no secret)
        if outcome.after is not None:
            return outcome.after * (1 + chance / 10) + chance * min(0.1, self.waits.first)
        return chance * min(self.waits.most, self.waits.first * 2.0 ** (tries - 1))

    def saying(self, words: str | None) -> AbstractContextManager[object]:
        """Show as `waiting` what goes on in the ``with`` block; ``None`` for nothing to say."""
        return _SAYS_NOTHING if words is None else _Saying(self._waiting, words)

    def _adapt(self, param: str, said: str) -> None:
        """Leave out or rename what the endpoint does not take, unless a call before this one was told the same.

        Raises:
            AccessError: the person asked for it in the model's own parameters.
            RequestRefusedError: it is the tools that the request offers, without which it is another request.
        """
        dialect = self.dialect
        if param == "max_tokens" and "max_completion_tokens" in said:
            dialect.limit = "max_completion_tokens"
        elif param in self.model.params:
            raise AccessError(f"{said} Take {param}= out of sw.Model({self.name!r}, …).")
        elif param in {"tools", "tool_choice"}:
            raise RequestRefusedError(said)
        elif param not in dialect.left_out:
            dialect.leave_out(param, self.name)
            log.info("%s does not take %s; it is left out", shown(self.name), shown(param))

    def json_wish(self, request: Request) -> dict[str, Any]:
        """Return the fields of a request that make its answer JSON; none where words alone do."""
        mode, schema = asked_by(request), request.schema
        if mode == "text" or schema is None:
            return {}
        for known_mode, known, told in self._wishes:  # thousands of requests have the same one
            if known_mode == mode and (known is schema or same(known, schema)):
                return told
        told = self.new_json_wish(schema, mode)
        self._wishes.append((mode, schema, told))
        return told

    def new_json_wish(self, schema: Mapping[str, Any], mode: Mode) -> dict[str, Any]:
        """Return the fields of a request that make its answer JSON, in the format of chat completions."""
        return json_wish(schema, mode, strict=self.provider.strict, strict_tool=self.provider.strict_tool)

    def takes(self, param: str) -> bool:
        """Whether a parameter may be sent: it was not refused before, or the person asks for it all the same."""
        return param in self.model.params or param not in self.dialect.left_out

    def params(self, endpoint: Endpoint, request: Request) -> dict[str, Any]:
        """Return the sampling parameters of a call, by the names that the endpoint knows."""
        told = {**self.model.params, **request.params}
        if request.seed is not None and endpoint.provider.seed:
            told.setdefault("seed", request.seed)
        limit = self.dialect.limit or (endpoint.provider.limit if endpoint.own_host else "max_tokens")
        if "max_tokens" in told and limit not in told:
            told[limit] = told.pop("max_tokens")
        return {name: value for name, value in told.items() if self.takes(name) and value is not None}


def asked_by(request: Request) -> Mode:
    """Return the structured output mode of a request; ``text`` where it asks for no JSON."""
    return request.mode if request.schema is not None else "text"


def offers_tools(request: Request) -> bool:
    """Whether a request offers the model tools of its own; where JSON is asked for by a tool, that is the only one."""
    return bool(request.params.get("tools")) and asked_by(request) != "tools"


_SAYS_NOTHING = nullcontext()


class _Saying:
    """Words among those that are shown, for the length of the ``with`` block."""

    def __init__(self, shown: dict[object, str], words: str) -> None:
        self._shown = shown
        self._words = words

    def __enter__(self) -> None:
        self._shown[self] = self._words

    def __exit__(self, *_: object) -> None:
        del self._shown[self]


async def _tell(permit: Permit, outcome: Failure) -> None:
    """Tell the limit how a call without an answer was taken."""
    if outcome.is_refusal:
        await permit.refused(outcome.after)
    elif outcome.again:
        permit.failed()


def _wait_words(endpoint: Endpoint, outcome: Failure, pause: float) -> str:
    who = endpoint.who
    seconds = f"{pause:.0f} s" if pause >= 1 else "less than a second"
    if outcome.after is not None:
        return f"{who} asks to wait {seconds} ({outcome.why})"
    return f"{who}: {outcome.why}; trying again in {seconds}"


def _with_tries(outcome: Failure, tries: int) -> CallError:
    error = outcome.error
    if isinstance(error, UnreachableError) and tries > 1:
        return UnreachableError(f"{error} Tried {tries} times.", error.partial)
    return error
