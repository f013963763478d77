"""What litellm and the packages behind it ask over httpx: bounded, and sent nowhere else than where it was meant for.

They make clients of their own, in many places, and no setting reaches all of them. So httpx's two ``send`` methods,
through which everything goes, look whether the call at hand is one of ours (`bounded`); any other call passes as ever.
"""

from __future__ import annotations

import asyncio
import functools
import threading
import time
import urllib.request
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http.cookiejar import CookieJar
from typing import Any
from weakref import WeakKeyDictionary

import httpx

from synth_widgets.llm.providers import is_loopback
from synth_widgets.llm.transports.failures import AstrayError, OddEncodingError, TooLargeError
from synth_widgets.llm.transports.http_session import RedirectedError

PIECE = 2**13
"""Bytes that are handed on at once: whoever reads them does so before anything else has its turn."""
_COMPRESSED = {"gzip": zlib.MAX_WBITS | 32, "x-gzip": zlib.MAX_WBITS | 32, "deflate": zlib.MAX_WBITS}


class Bounds:
    """What one call may still take, over all requests that are made for it.

    Args:
        most: bytes of its answers, as they come and as they unpack.
        seconds: from now on.
        host: where alone a request with ``mark`` in it may go; ``None``: litellm knows where.
        mark: a part of what is asked.
    """

    def __init__(self, most: int, seconds: float, host: str | None, mark: str) -> None:
        self._most = most
        self._host = host
        self._mark = mark.encode()
        self._end = time.monotonic() + seconds
        self._came = self._unpacked = 0

    def end(self) -> None:
        """Let no further byte come: the call is over, whatever thread may still read for it."""
        self._end = float("-inf")

    def check_request(self, request: httpx.Request) -> None:
        """Look where a request goes.

        Raises:
            TimeoutError: the time is over.
            AstrayError: it has what is asked in it, and goes elsewhere.
        """
        self.check()
        if self._host in {None, request.url.host} or not self._mark:
            return
        try:
            content = request.content
        except httpx.RequestNotRead:
            content = self._mark  # nobody can tell
        if self._mark in content:
            raise AstrayError(request.url.host)

    def check(self, *, came: int = 0, unpacked: int = 0) -> None:
        """Count bytes.

        Raises:
            TimeoutError: the time is over.
            TooLargeError: they are too many.
        """
        self._came += came
        self._unpacked += unpacked
        if time.monotonic() > self._end:
            raise TimeoutError
        if max(self._came, self._unpacked) > self._most:
            raise TooLargeError(self._most)


_bounds: ContextVar[Bounds | None] = ContextVar("bounds", default=None)


@contextmanager
def bounded(most: int, seconds: float, *, host: str | None = None, mark: str = "") -> Iterator[None]:
    """Hold what is asked over httpx in the ``with`` block to bounds, in this task and in what it starts.

    No redirect is followed, no cookie kept, no proxy asked for what is on this machine, and answers are unpacked by us:
    no few bytes become many.

    Args:
        most: bytes of all answers together.
        seconds: for which they may come.
        host: where alone ``mark`` may go; ``None``: anywhere.
        mark: a part of what is asked; requests without it, such as those for a token, may go elsewhere.
    """
    _watch()
    bounds = Bounds(most, seconds, host, mark)
    token = _bounds.set(bounds)
    try:
        yield
    finally:
        _bounds.reset(token)
        bounds.end()


class _Unpacked:
    """Takes the bytes of an answer as they come and yields them unpacked, in pieces, all counted."""

    def __init__(self, bounds: Bounds, encoding: str) -> None:
        self._bounds = bounds
        self._encoding = encoding
        self._unpacker = zlib.decompressobj(_COMPRESSED[encoding]) if encoding in _COMPRESSED else None
        self._begun = False

    def pieces(self, came: bytes) -> Iterator[bytes]:
        self._bounds.check(came=len(came))
        pieces: Iterator[bytes]
        if self._unpacker is None:
            pieces = (came[at : at + PIECE] for at in range(0, len(came), PIECE))
        else:
            pieces = self._unpack(self._unpacker, came)
        for piece in pieces:
            self._bounds.check(unpacked=len(piece))
            yield piece

    def _unpack(self, unpacker: Any, came: bytes) -> Iterator[bytes]:
        if not self._begun and came:
            self._begun = True
            if self._encoding == "deflate" and came[0] & 0xF != 8:  # without the header that RFC 9110 wants
                unpacker = self._unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            while came and not unpacker.eof:
                yield unpacker.decompress(came, PIECE)
                came = unpacker.unconsumed_tail
        except zlib.error:
            raise httpx.DecodingError("the answer cannot be unpacked") from None


class _Stream(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, unpacked: _Unpacked) -> None:
        self._stream = stream
        self._unpacked = unpacked

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for came in self._stream:
            for piece in self._unpacked.pieces(came):
                yield piece
                await asyncio.sleep(0)  # others have their turn, however much came at once

    async def aclose(self) -> None:
        await self._stream.aclose()


class _BlockingStream(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, unpacked: _Unpacked) -> None:
        self._stream = stream
        self._unpacked = unpacked

    def __iter__(self) -> Iterator[bytes]:
        for came in self._stream:
            yield from self._unpacked.pieces(came)

    def close(self) -> None:
        self._stream.close()


_installing = threading.Lock()
_is_watching = False


def _watch() -> None:
    """Put the look at `_bounds` before httpx's ``send`` methods, once a process."""
    global _is_watching  # noqa: PLW0603 - one httpx a process
    with _installing:
        if not _is_watching:
            httpx.AsyncClient.send = _watched(httpx.AsyncClient.send)  # type: ignore[method-assign]
            httpx.Client.send = _watched_blocking(httpx.Client.send)  # type: ignore[method-assign]
            _is_watching = True


def _watched(ask: Any) -> Any:
    @functools.wraps(ask)
    async def send(self: httpx.AsyncClient, request: httpx.Request, *, stream: bool = False, **how: Any) -> Any:
        if (bounds := _bounds.get()) is None:
            return await ask(self, request, stream=stream, **how)
        bounds.check_request(request)
        client = _direct(asyncio.get_running_loop()) if _would_go_astray(request) else self
        request.headers["Accept-Encoding"] = "gzip, deflate"
        with _no_cookies(client.cookies.jar):
            response = await ask(client, request, **{**how, "stream": True, "follow_redirects": False})
        try:
            response.stream = _Stream(response.stream, _Unpacked(bounds, _encoding(response)))
            if not stream:
                await response.aread()
        except BaseException:
            await response.aclose()
            raise
        return response

    return send


def _watched_blocking(ask: Any) -> Any:
    @functools.wraps(ask)
    def send(self: httpx.Client, request: httpx.Request, *, stream: bool = False, **how: Any) -> Any:
        if (bounds := _bounds.get()) is None:
            return ask(self, request, stream=stream, **how)
        bounds.check_request(request)
        client = _direct_blocking() if _would_go_astray(request) else self
        request.headers["Accept-Encoding"] = "gzip, deflate"
        with _no_cookies(client.cookies.jar):
            response = ask(client, request, **{**how, "stream": True, "follow_redirects": False})
        try:
            response.stream = _BlockingStream(response.stream, _Unpacked(bounds, _encoding(response)))
            if not stream:
                response.read()
        except BaseException:
            response.close()
            raise
        return response

    return send


def _encoding(response: httpx.Response) -> str:
    """Return how an answer's bytes are packed, and take that out of its headers: httpx is not to unpack it.

    Raises:
        RedirectedError: the answer is a redirect.
        OddEncodingError: it is packed as nobody asked for.
    """
    if 300 <= response.status_code < 400:
        raise RedirectedError(str(response.status_code))
    encoding = response.headers.pop("Content-Encoding", "").strip().lower()
    if encoding not in {"", "identity", *_COMPRESSED}:
        raise OddEncodingError(encoding[:20])
    return encoding


@contextmanager
def _no_cookies(jar: CookieJar) -> Iterator[None]:
    """Leave a client's cookies as they were."""
    had = list(jar)
    try:
        yield
    finally:
        if len(jar) != len(had) or list(jar) != had:
            jar.clear()
            for cookie in had:
                jar.set_cookie(cookie)


def _would_go_astray(request: httpx.Request) -> bool:
    """Whether a request to this machine may go to the proxy that the environment names."""
    if not is_loopback(str(request.url)):
        return False
    proxies = urllib.request.getproxies()
    return bool(proxies.get(request.url.scheme) or proxies.get("all"))


_direct_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()


def _direct(loop: asyncio.AbstractEventLoop) -> httpx.AsyncClient:
    """Return a loop's client that knows no proxy."""
    if loop not in _direct_clients:
        _direct_clients[loop] = httpx.AsyncClient(trust_env=False)
    return _direct_clients[loop]


@functools.cache
def _direct_blocking() -> httpx.Client:
    return httpx.Client(trust_env=False)
