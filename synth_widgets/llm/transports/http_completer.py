"""What completers that ask over HTTP themselves have in common: the shared session, reading, refusals, no redirects."""

from __future__ import annotations

import asyncio
import functools
import re
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from synth_widgets.llm.completer import OnText, Request
from synth_widgets.llm.providers import Endpoint
from synth_widgets.llm.transports import failures, http_session
from synth_widgets.llm.transports.attempt import MAX_ANSWER, Attempt, Waits, aside
from synth_widgets.llm.transports.charsets import as_utf8, body_as_utf8, decoded
from synth_widgets.llm.transports.failures import Failure
from synth_widgets.llm.transports.reading import NoAnswerError, Reading, read_json
from synth_widgets.llm.transports.remote import RemoteCompleter, asked_by
from synth_widgets.llm.transports.sse import EventReader
from synth_widgets.model import Model

if TYPE_CHECKING:
    import aiohttp

_MAX_REFUSAL = 64 * 2**10
_AFTER_END = 0.2
_AFTER_FINISH = 10.0
"""Seconds for which more is waited for, such as the usage, after the model said that it has ended."""
_FIELD = re.compile(rb"(?:data|event|id|retry)?:")
"""How a line of server-sent events begins."""


@dataclass(slots=True)
class Post:
    """One request as it goes out.

    Attributes:
        url: where to.
        headers: those that the endpoint's format asks for, the key among them.
        body: JSON as UTF-8.
        params: the names of the sampling parameters in it, as the endpoint knows them.
    """

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes
    params: Iterable[str]


class HttpCompleter(RemoteCompleter):
    """Asks one model at an endpoint whose format a subclass knows, on one shared aiohttp session.

    Args:
        model: name, address, key and sampling parameters. The key is looked up at each call.
        session: an aiohttp session to use and to leave open; ``None`` takes the running loop's shared one.
        waits: how long to wait and how often to try.
        endpoint: overrides what `endpoint_of` finds for the model.

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
        super().__init__(model, waits=waits, endpoint=endpoint)
        self._given = session
        self._held: aiohttp.ClientSession | None = None

    @abstractmethod
    def post(self, endpoint: Endpoint, request: Request, *, stream: bool) -> Post:
        """Return a request as the endpoint takes it."""

    @abstractmethod
    def reading(self, request: Request) -> Reading:
        """Return what reads the answer to a request."""

    def attempt(self, endpoint: Endpoint, request: Request, on_text: OnText | None) -> Attempt:
        """Return one request, ready to be sent once."""
        return _HttpAttempt(self, endpoint, request, on_text)

    async def warm_up(self) -> None:
        """Load nothing: the first call opens its connection and is as quick as any."""

    async def close(self) -> None:
        """Give the shared session back; the last completer closes it. The completer may be used again."""
        held, self._held = self._held, None
        if held is not None:
            await http_session.release(held)

    @functools.cached_property
    def timeout(self) -> aiohttp.ClientTimeout:
        """How long connecting may take; for all else `_HttpAttempt.receive` has a timeout of its own."""
        import aiohttp

        return aiohttp.ClientTimeout(total=None, sock_connect=self.waits.connect)

    def session(self) -> aiohttp.ClientSession:
        """Return the session of the running loop, held from the first call until `close`."""
        if self._given is not None:
            return self._given
        if self._held is None or self._held.closed:
            self._held = http_session.acquire()
        return self._held


class _HttpAttempt(Attempt):
    """One POST."""

    def __init__(self, owner: HttpCompleter, endpoint: Endpoint, request: Request, on_text: OnText | None) -> None:
        super().__init__(request, on_text, owner.reading(request))
        self._owner = owner
        self._endpoint = endpoint

    async def receive(self) -> Failure | None:
        """Send the request and read what comes; return why it was refused, if it was."""
        owner, waits, stream = self._owner, self._owner.waits, self._on_text is not None
        now = asyncio.get_running_loop().time()
        post = owner.post(self._endpoint, self._request, stream=stream)
        headers = {
            "Content-Type": "application/json",
            "Accept": "text/event-stream" if stream else "application/json",
            **post.headers,
        }
        async with (
            asyncio.timeout_at(now + min(waits.silence, waits.total)) as patience,
            owner.session().post(
                post.url,
                data=post.body,
                headers=headers,
                allow_redirects=False,
                timeout=owner.timeout,
                proxy=http_session.proxy_for(post.url),
            ) as response,
        ):
            chunks = _Chunks(response, patience, silence=waits.silence, end=now + waits.total)
            if not 200 <= response.status < 300:
                return await self._refused(response, chunks, post)
            if not stream:
                await self._body(body_as_utf8(b"".join([chunk async for chunk in chunks]), response.charset))
                return None
            await self._events(as_utf8(chunks, response.charset))
            patience.reschedule(None)
            with suppress(TimeoutError):
                async with asyncio.timeout(_AFTER_END):
                    await response.content.read(1)  # the end of the body: the connection can be used again
        return None

    async def _events(self, chunks: AsyncIterator[bytes]) -> None:
        """Read a streamed answer, or one that comes whole although a stream was asked."""
        reader, head, whole = EventReader(), b"", False
        while (chunk := await self._next(chunks)) is not None:
            if whole or not _begun(head):
                head += chunk
                whole = _begun(head)[:1] in {b"{", b"<"}
                if whole or not _begun(head):
                    continue
                chunk = head  # the white space before the first event
            for data in reader.feed(chunk):
                await self._event(data)
                if self._reading.is_over:
                    return
        if whole:
            await self._body(head)
            return
        for data in reader.end():
            await self._event(data)
        if self._reading.finish is None:
            raise ConnectionResetError("the stream ended before the answer did")

    async def _event(self, data: str) -> None:
        self.hand_out(await aside(len(data), functools.partial(self._reading.raw_event, data)))

    async def _next(self, chunks: AsyncIterator[bytes]) -> bytes | None:
        """Return what comes next, or ``None`` at the end; once the model has ended, that is not waited for long."""
        if self._reading.finish in {None, "other"}:
            return await anext(chunks, None)
        try:
            async with asyncio.timeout(_AFTER_FINISH):
                return await anext(chunks, None)
        except TimeoutError:
            return None

    async def _body(self, body: bytes) -> None:
        """Read an answer that came whole: in a body, or in events that nobody asked for."""
        text, events = await aside(len(body), functools.partial(self._whole, body))
        self.hand_out(text)
        if events is None:
            return
        for event in events:
            await self._event(event)
        if self._reading.finish is None and not self._reading.is_over:
            raise ConnectionResetError("the stream ended before the answer did")

    def _whole(self, body: bytes) -> tuple[str, list[str] | None]:
        """Read a body; return its answer's text, or the data of the events that it has."""
        data, events = _parsed(body)
        return self._reading.whole(data) if events is None else "", events

    async def _refused(self, response: aiohttp.ClientResponse, chunks: _Chunks, post: Post) -> Failure:
        raw = b""
        async for chunk in chunks:
            raw += chunk
            if len(raw) >= _MAX_REFUSAL:
                break
        text = failures.redacted(decoded(raw[:_MAX_REFUSAL], response.charset), self._endpoint.key)
        return failures.from_status(
            response.status,
            response.headers,
            text,
            self._owner.address(self._endpoint),
            mode=asked_by(self._request),
            sent=post.params,
        )

    def failure(self, error: Exception) -> Failure | None:
        """Say what an exception of the connection means; ``None`` if it is none of its failures."""
        return failures.from_exception(error, self._endpoint.shown, key=self._endpoint.key)


def _begun(body: bytes) -> bytes:
    """Return a body from its first sign on, without the mark of its encoding."""
    return body.lstrip().removeprefix(b"\xef\xbb\xbf").lstrip()


def _events_in(body: bytes) -> list[str] | None:
    """Return the data of the events that a body has, or ``None`` where it is one answer."""
    if _FIELD.match(body):
        reader = EventReader()
        return [*reader.feed(body), *reader.end()]
    lines = [line for line in body.splitlines() if line.strip()]
    if len(lines) > 1 and all(map(_is_object, lines)):
        return [line.decode("utf-8", "replace") for line in lines]
    return None


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(read_json(line), dict)
    except NoAnswerError:
        return False


def _parsed(body: bytes) -> tuple[Any, list[str] | None]:
    """Return a body's JSON, or the data of the events that it has.

    A letter that is none costs that letter, not the answer.

    Raises:
        NoAnswerError: it is neither.
    """
    begun = _begun(body)
    try:
        return read_json(begun), None
    except NoAnswerError:
        if (events := _events_in(begun)) is not None:
            return None, events
        return read_json(begun.decode("utf-8", "replace")), None


class _Chunks:
    """What comes of a body, piece by piece: no more than an answer may have, and in time.

    Args:
        response: whose body is read.
        patience: the timeout under which that happens; the head of the answer and each piece move it.
        silence: seconds to wait for the next piece.
        end: when all has to be there, on the loop's clock.
    """

    def __init__(
        self, response: aiohttp.ClientResponse, patience: asyncio.Timeout, *, silence: float, end: float
    ) -> None:
        self._content = response.content
        self._patience = patience
        self._silence = silence
        self._end = end
        self._size = 0
        if not self._content.is_eof():
            self._move()

    def _move(self) -> None:
        self._patience.reschedule(min(asyncio.get_running_loop().time() + self._silence, self._end))

    def __aiter__(self) -> _Chunks:
        return self

    async def __anext__(self) -> bytes:
        chunk = await self._content.readany()
        if not chunk or self._content.at_eof():
            self._patience.reschedule(None)  # reading what came may take its time
        else:
            self._move()
        if not chunk:
            raise StopAsyncIteration
        self._size += len(chunk)
        if self._size > MAX_ANSWER:
            raise failures.TooLargeError(MAX_ANSWER)
        return chunk
