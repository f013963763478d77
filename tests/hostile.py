"""Endpoints on loopback that mean harm: raw bytes, whatever format is asked for, and all that came to them."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Awaitable, Callable
from typing import Self

Behave = Callable[[asyncio.StreamWriter, bytes], Awaitable[None]]
"""Answers one request, whose head and body are given."""


class Hostile:
    """A server in a thread of its own that answers with whatever bytes it is told to.

    Attributes:
        host, port: where it listens.
        came: each request's head and body.
    """

    def __init__(self, behave: Behave, host: str = "127.0.0.1") -> None:
        self.behave = behave
        self.host = host
        self.port = 0
        self.came: list[bytes] = []
        self._loop = asyncio.new_event_loop()
        self._writers: list[asyncio.StreamWriter] = []
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        starting = asyncio.start_server(self._answer, self.host, 0, limit=2**24)
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0.01)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            await self._talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        size = re.search(rb"content-length:\s*(\d+)", head, re.IGNORECASE)
        body = await reader.readexactly(int(size[1])) if size else b""
        if re.search(rb"transfer-encoding:\s*chunked", head, re.IGNORECASE):
            body = await reader.readuntil(b"0\r\n\r\n")
        self.came.append(head + body)
        await self.behave(writer, head + body)
        await writer.drain()


def head(status: int = 200, *lines: str, kind: str = "application/json") -> bytes:
    """Return an answer's head; the body ends with the connection."""
    told = [f"HTTP/1.1 {status} Fine", f"Content-Type: {kind}", "Connection: close", *lines]
    return ("\r\n".join(told) + "\r\n\r\n").encode()


async def poor(writer: asyncio.StreamWriter, _: bytes) -> None:
    """Answer that there is nothing."""
    writer.write(head() + b"{}")


def redirecting(status: int, to: str) -> Behave:
    """Redirect with a cookie."""

    async def behave(writer: asyncio.StreamWriter, _: bytes) -> None:
        writer.write(head(status, f"Location: {to}", "Set-Cookie: it=cookie-Kiwi; Path=/", "Content-Length: 0"))

    return behave


def flooding(chunk: bytes, times: int, *lines: str, kind: str | None = None, pause: float = 0.0) -> Behave:
    """Send a chunk again and again, in events where the request asks for some."""

    async def behave(writer: asyncio.StreamWriter, asked: bytes) -> None:
        streams = re.search(rb'"stream":\s*true', asked)
        writer.write(head(200, *lines, kind=kind or ("text/event-stream" if streams else "application/json")))
        for _ in range(times):
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(pause)

    return behave


def refusing(*lines: str) -> Behave:
    """Refuse with 429."""

    async def behave(writer: asyncio.StreamWriter, _: bytes) -> None:
        writer.write(head(429, *lines, "Set-Cookie: it=cookie-Kiwi; Path=/") + b'{"error": {"message": "too many"}}')

    return behave
