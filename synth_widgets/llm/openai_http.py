"""Completer for OpenAI-compatible endpoints, on one shared aiohttp session."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from synth_widgets.errors import AccessError, UnreachableError
from synth_widgets.llm import failures, session
from synth_widgets.llm.catalog import Endpoint, endpoint_of, need_key, provider_of
from synth_widgets.llm.completer import ITEMS_PER_CALL, Answer, Mode, OnText, Request
from synth_widgets.llm.failures import Failure, Place
from synth_widgets.llm.limiter import gate
from synth_widgets.llm.sse import EventReader
from synth_widgets.llm.wire import Reading, body, read_json
from synth_widgets.models import Model

if TYPE_CHECKING:
    import aiohttp

log = logging.getLogger(__name__)

MAX_ANSWER = 8 * 2**20
"""Bytes that an endpoint may send for one answer."""

_MAX_REFUSAL = 64 * 2**10
_AFTER_END = 0.2


@dataclass(frozen=True, slots=True)
class Waits:
    """How long to wait and how often to try. All times are in seconds.

    Attributes:
        tries: attempts for one request at most.
        first: the wait after the first failure is a random part of this; it doubles with each failure.
        most: such a wait is never longer.
        longest: a ``Retry-After`` above this is not waited for.
        connect: to open a connection.
        silence: between two pieces of an answer, and before the first.
        total: for one attempt.
    """

    tries: int = 6
    first: float = 1.0
    most: float = 20.0
    longest: float = 120.0
    connect: float = 15.0
    silence: float = 300.0
    total: float = 900.0


class OpenAICompleter:
    """Asks one model at an endpoint that speaks OpenAI's chat completions.

    Args:
        model: name, address, key and sampling parameters. The key is looked up at each call.
        session: an aiohttp session to use and to leave open; ``None`` takes the running loop's shared one.
        waits: how long to wait and how often to try.
        endpoint: overrides what `endpoint_of` finds for the model.

    Attributes:
        name: the model's name.
        concurrency: calls in flight at most, together with every other completer of this model and loop.
        items_per_call: topics or inputs to ask for in one call.
        modes: ways to ask for JSON, in the order to try them.
        notes: sentences for a person on what had to be left out for this endpoint.

    Raises:
        ModelError: the provider is not served.
    """

    def __init__(
        self,
        model: Model,
        *,
        session: aiohttp.ClientSession | None = None,
        waits: Waits | None = None,
        endpoint: Endpoint | None = None,
    ) -> None:
        if endpoint is None:
            provider_of(model.name)
        self.model = model
        self.name = model.name
        self.concurrency = model.concurrency or 16
        self.items_per_call = ITEMS_PER_CALL
        self.modes: tuple[Mode, ...] = ("json_schema", "text")
        self.waits = waits or Waits()
        self.notes: list[str] = []
        self.endpoint = endpoint
        self._given = session
        self._held: aiohttp.ClientSession | None = None
        self._left_out: set[str] = set()
        self._limit_name: str | None = None
        self._waiting: dict[object, str] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    @property
    def waiting(self) -> str | None:
        """What the latest retry waits for, in words for a person; ``None`` while nothing waits."""
        return next(reversed(self._waiting.values()), None)

    async def complete(self, request: Request, on_text: OnText | None = None) -> Answer:
        """Answer one request; see `Completer.complete`.

        Raises:
            AccessError: the key, the model's name or the address is wrong, or a key is missing.
            ModeRefusedError: the endpoint does not take a JSON schema.
            RequestRefusedError: this request cannot be answered.
            UnreachableError: refusals (429), server errors or lost connections outlived every retry.
        """
        endpoint = self.endpoint or endpoint_of(self.model)
        need_key(endpoint, self.model)
        async with gate(endpoint.base, endpoint.model, self.concurrency).slot():
            return await self._persist(endpoint, request, on_text)

    async def close(self) -> None:
        """Give the shared session back; the last completer closes it. The completer may be used again."""
        held, self._held = self._held, None
        if held is not None:
            await session.release(held)

    async def _persist(self, endpoint: Endpoint, request: Request, on_text: OnText | None) -> Answer:
        """Try until there is an answer or no sense in trying."""
        tries = 0
        while True:
            outcome = await _Attempt(self, endpoint, request, on_text).run()
            if isinstance(outcome, Answer):
                return outcome
            if outcome.param is not None and self._adapt(outcome.param, str(outcome.error)):
                continue
            tries += 1
            if not outcome.again or tries >= min(self.waits.tries, outcome.tries or self.waits.tries):
                raise _with_tries(outcome, tries)
            pause = self._pause(outcome, tries)
            if (outcome.after or 0.0) > self.waits.longest:
                raise UnreachableError(f"{outcome.error} It asks to wait {outcome.after:.0f} s.")
            with self._wait_for(endpoint, outcome, pause):
                await asyncio.sleep(pause)

    def _pause(self, outcome: Failure, tries: int) -> float:
        """Seconds until the next try: what was asked plus up to a tenth, else full jitter."""
        chance = random.random()  # noqa: S311  (spreads retries, keeps no secret)
        if outcome.after is not None:
            return outcome.after * (1 + chance / 10) + chance * min(0.1, self.waits.first)
        return chance * min(self.waits.most, self.waits.first * 2.0 ** (tries - 1))

    @contextmanager
    def _wait_for(self, endpoint: Endpoint, outcome: Failure, pause: float) -> Iterator[None]:
        who = endpoint.provider.display
        if outcome.after is not None:
            words = f"{who} asks to wait {pause:.0f} s ({outcome.why})"
        else:
            words = f"{who}: {outcome.why}; trying again in {pause:.0f} s"
        mark = object()
        self._waiting[mark] = words
        try:
            yield
        finally:
            del self._waiting[mark]

    def _adapt(self, param: str, said: str) -> bool:
        """Leave out or rename what the endpoint does not take; tell whether that changes anything.

        Raises:
            AccessError: the person asked for it in the model's own parameters.
        """
        if param == "max_tokens" and "max_completion_tokens" in said and self._limit_name is None:
            self._limit_name = "max_completion_tokens"
            return True
        if param in self.model.params:
            raise AccessError(f"{said} Take {param}= out of sw.Model({self.name!r}, …).")
        if param in self._left_out:
            return False
        self._left_out.add(param)
        self.notes.append(f"{self.name} does not take {param}; it is left out.")
        log.info("%s does not take %s; it is left out", self.name, param)
        return True

    def params(self, endpoint: Endpoint, request: Request, *, stream: bool) -> dict[str, Any]:
        """Return the sampling parameters of a call, by the names that the endpoint knows."""
        told = {**self.model.params, **request.params}
        if request.seed is not None and endpoint.provider.seed:
            told.setdefault("seed", request.seed)
        if stream:
            told["stream_options"] = {"include_usage": True}
        limit = self._limit_name or (endpoint.provider.limit if endpoint.own_host else "max_tokens")
        if "max_tokens" in told and limit not in told:
            told[limit] = told.pop("max_tokens")
        return {name: value for name, value in told.items() if name not in self._left_out and value is not None}

    def session(self) -> aiohttp.ClientSession:
        """Return the session of the running loop, held from the first call until `close`."""
        if self._given is not None:
            return self._given
        if self._held is None or self._held.closed:
            self._held = session.acquire()
        return self._held


class _Attempt:
    """One request sent once."""

    def __init__(self, owner: OpenAICompleter, endpoint: Endpoint, request: Request, on_text: OnText | None) -> None:
        self._owner = owner
        self._endpoint = endpoint
        self._request = request
        self._on_text = on_text
        self._reading = Reading()
        self._handed_out = False

    async def run(self) -> Answer | Failure:
        """Return the answer, or why there is none. Only cancelling and `on_text` raise."""
        began = time.perf_counter()
        failure: Failure | None = None
        async with aclosing(self._pieces()) as pieces:
            while failure is None:
                try:
                    piece = await anext(pieces, None)
                except Exception as error:  # noqa: BLE001  (each kind is told apart there; unknown ones are raised)
                    failure = self._lost(error)
                    continue
                if piece is None:
                    break
                if isinstance(piece, Failure):
                    failure = piece
                elif self._on_text is not None and piece:
                    self._handed_out = True
                    self._on_text(piece)
        if failure is not None and failure.salvage is None:
            return self._after_text(failure)
        read = self._reading
        text = read.text if failure is None or failure.salvage is None else failure.salvage
        return Answer(text, read.outcome, read.reasoning, read.usage, time.perf_counter() - began)

    def _after_text(self, failure: Failure) -> Failure:
        """Once text was handed out nothing is tried again: the caller has used it."""
        if not self._handed_out:
            return failure
        return replace(failure, error=UnreachableError(str(failure.error), self._reading.text), again=False, param=None)

    async def _pieces(self) -> AsyncGenerator[str | Failure, None]:
        """Send the request and yield the content as it comes, or one `Failure`."""
        import aiohttp

        owner, endpoint = self._owner, self._endpoint
        stream = self._on_text is not None
        params = owner.params(endpoint, self._request, stream=stream)
        waits = owner.waits
        limits = aiohttp.ClientTimeout(total=waits.total, sock_connect=waits.connect, sock_read=waits.silence)
        async with owner.session().post(
            endpoint.url,
            data=body(endpoint.model, self._request, params, stream=stream, strict=endpoint.provider.strict),
            headers=_headers(endpoint, stream=stream),
            allow_redirects=False,
            timeout=limits,
            proxy=session.proxy_for(endpoint.url),
        ) as response:
            if response.status != 200:
                yield await self._refused(response, params)
                return
            chunks = _bounded(response)
            if not stream:
                yield self._reading.whole(read_json(b"".join([chunk async for chunk in chunks])))
                return
            async for piece in self._events(chunks):
                yield piece
            with suppress(TimeoutError):
                async with asyncio.timeout(_AFTER_END):
                    await response.content.read(1)  # the end of the body: the connection can be used again

    async def _events(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
        """Yield the content of a streamed answer, or of one that comes whole although a stream was asked."""
        reader, head, whole = EventReader(), b"", False
        async for chunk in chunks:
            if whole or not head.strip():
                head += chunk
                whole = head.lstrip()[:1] == b"{"
                chunk = head  # noqa: PLW2901  (the white space before the first event)
            if whole or not chunk.strip():
                continue
            for data in reader.feed(chunk):
                if data.strip() == "[DONE]":
                    return
                yield self._reading.event(read_json(data))
        if whole:
            yield self._reading.whole(read_json(head))
            return
        for data in reader.end():
            if data.strip() != "[DONE]":
                yield self._reading.event(read_json(data))
        if self._reading.finish is None:
            raise ConnectionResetError("the stream ended before the answer did")

    async def _refused(self, response: aiohttp.ClientResponse, params: dict[str, Any]) -> Failure:
        raw = await response.content.read(_MAX_REFUSAL)
        text = failures.redacted(raw.decode("utf-8", "replace"), self._endpoint.key)
        structured = self._request.mode == "json_schema" and self._request.schema is not None
        return failures.from_status(
            response.status, response.headers, text, self._place(), structured=structured, sent=params
        )

    def _place(self) -> Place:
        endpoint = self._endpoint
        return Place(endpoint.shown, self._owner.name, endpoint.key_source, bool(endpoint.key))

    def _lost(self, error: Exception) -> Failure:
        """Say what an exception of the connection means; raise it again if it is none of its failures."""
        failure = failures.from_exception(error, self._endpoint.shown, key=self._endpoint.key)
        if failure is None:
            raise error
        if self._reading.finish is not None and failure.again:
            return replace(failure, salvage=self._reading.text)  # whole but for its usage
        return failure


def _headers(endpoint: Endpoint, *, stream: bool) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "Accept": "text/event-stream" if stream else "application/json"}
    return headers | ({"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {})


async def _bounded(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > MAX_ANSWER:
            raise failures.TooLargeError(MAX_ANSWER)
        yield chunk


def _with_tries(outcome: Failure, tries: int) -> Exception:
    error = outcome.error
    if isinstance(error, UnreachableError) and tries > 1:
        return UnreachableError(f"{error} Tried {tries} times.", error.partial)
    return error
