"""One aiohttp session per running loop and transport, shared by every completer that lives on it."""

from __future__ import annotations

import asyncio
import atexit
import functools
import time
import urllib.parse
import urllib.request
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from synth_widgets.llm.providers import is_loopback

if TYPE_CHECKING:
    import aiohttp


class _Shared:
    """A session and the number of completers that hold it."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session
        self.holders = 0


_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, _Shared] = WeakKeyDictionary()


def new_session(*, for_litellm: bool = False) -> aiohttp.ClientSession:
    """Open a session without a limit of connections: limits are per model, see `synth_widgets.llm.concurrency`.

    It keeps no cookies and reads no proxy settings; `proxy_for` does that.

    Args:
        for_litellm: whether litellm asks with it. It reads proxies from the environment by itself, so this one
            refuses them for loopback; and a redirect raises `RedirectedError`.
    """
    import aiohttp

    connector = (_connector_class() if for_litellm else aiohttp.TCPConnector)(limit=0, ttl_dns_cache=300)
    jar = aiohttp.DummyCookieJar()
    response = _response_class() if for_litellm else aiohttp.ClientResponse
    return aiohttp.ClientSession(connector=connector, cookie_jar=jar, trust_env=False, response_class=response)


@functools.cache
def _connector_class() -> type[aiohttp.TCPConnector]:
    import aiohttp

    class Connector(aiohttp.TCPConnector):
        """Goes to this machine straight, also where litellm took a proxy for it from the environment."""

        async def connect(self, req: aiohttp.ClientRequest, *args: Any, **kwargs: Any) -> aiohttp.connector.Connection:
            if req.proxy is not None and is_loopback(str(req.url)):
                req.proxy, req.proxy_headers = None, None
            return await super().connect(req, *args, **kwargs)

    return Connector


def acquire() -> aiohttp.ClientSession:
    """Return the running loop's session and hold it until `release`."""
    loop = asyncio.get_running_loop()
    shared = _shared.get(loop)
    if shared is None or shared.session.closed:
        shared = _shared[loop] = _Shared(new_session())
    shared.holders += 1
    return shared.session


async def release(session: aiohttp.ClientSession) -> None:
    """Give a session back; the last holder closes it."""
    loop = asyncio.get_running_loop()
    shared = _shared.get(loop)
    if shared is None or shared.session is not session:
        return
    shared.holders -= 1
    if shared.holders <= 0:
        del _shared[loop]
        await session.close()


class RedirectedError(Exception):
    """An endpoint redirects: nothing is sent on to where it points, because the key would go there too."""


_lasting: dict[asyncio.AbstractEventLoop, aiohttp.ClientSession] = {}


def lasting() -> aiohttp.ClientSession:
    """Return the running loop's session for litellm, whose clients keep it: open until the process ends.

    A redirect raises `RedirectedError`.
    """
    loop = asyncio.get_running_loop()
    for gone in [known for known in _lasting if known.is_closed()]:
        del _lasting[gone]
    if loop not in _lasting or _lasting[loop].closed:
        _lasting[loop] = new_session(for_litellm=True)
        atexit.register(_close_at_end, loop)
    return _lasting[loop]


@functools.cache
def _response_class() -> type[aiohttp.ClientResponse]:
    import aiohttp

    class Response(aiohttp.ClientResponse):
        """An answer that is never a redirect."""

        async def start(self, connection: aiohttp.connector.Connection) -> aiohttp.ClientResponse:
            await super().start(connection)
            if 300 <= self.status < 400:
                self.close()
                raise RedirectedError(str(self.status))
            return self

    return Response


def _close_at_end(loop: asyncio.AbstractEventLoop) -> None:
    session = _lasting.pop(loop, None)
    if session is not None and loop.is_running():
        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(session.close(), loop).result(1)


PROXY_SECONDS = 5.0
"""For how long a proxy is used without looking again whether the environment names another."""


def proxy_for(url: str) -> str | None:
    """Return the proxy that the environment names for a URL, or ``None``. Loopback never has one."""
    return None if is_loopback(url) else _proxy_of(url, time.monotonic() // PROXY_SECONDS)


@functools.lru_cache(64)  # reading the environment takes as long as all else that is ours of a request
def _proxy_of(url: str, _lately: float) -> str | None:
    parts = urllib.parse.urlsplit(url)
    if urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy
