"""Completer for providers with a format of their own, through litellm, which is loaded at the first call."""

from __future__ import annotations

import asyncio
import copy
import os
import re
import urllib.parse
from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import Any

from synth_widgets.llm import litellm_package
from synth_widgets.llm.completer import Answer, OnText, Request
from synth_widgets.llm.providers import Endpoint
from synth_widgets.llm.transports import http_session
from synth_widgets.llm.transports.attempt import MAX_ANSWER, Attempt, Waits
from synth_widgets.llm.transports.failures import Failure, TooLargeError
from synth_widgets.llm.transports.litellm_failures import from_litellm
from synth_widgets.llm.transports.openai_format import ChatReading
from synth_widgets.llm.transports.remote import RemoteCompleter, asked_by, offers_tools
from synth_widgets.model import Model

LOADING = "loading litellm, once, for some seconds"
"""What is shown while the first call waits for it."""

_SECRET = re.compile(r"key|token|secret|password|credential", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z0-9]{6,}")
_MOST_PLAIN = 6
"""Values of so few characters are no secrets, and taking them out would leave little of a text."""


class LiteLLMCompleter(RemoteCompleter):
    """Asks one model of any provider that litellm knows.

    litellm makes the request and reads the answer; waiting, retrying, limits and structured output modes are ours, the
    same as for every other endpoint.

    Args:
        model: name, address, key and parameters, litellm's own among them (``aws_region_name=``, ``api_version=``).
        waits: how long to wait and how often to try.

    Raises:
        ModelError: litellm does not know the provider.
    """

    def __init__(self, model: Model, *, waits: Waits | None = None) -> None:
        super().__init__(model, waits=waits)
        self.litellm: Any = None

    async def warm_up(self) -> None:
        """Load litellm on a worker, so that the engine goes on meanwhile; `waiting` says so."""
        if self.litellm is None:
            if litellm_package.is_loaded():
                self.litellm = litellm_package.load(self.name)
                return
            with self.saying(LOADING):
                self.litellm = await asyncio.to_thread(litellm_package.load, self.name)

    async def complete(self, request: Request, on_text: OnText | None = None) -> Answer:
        """Answer one request; see `RemoteCompleter.complete`. litellm's log is silent about it."""
        with litellm_package.quietly():
            return await super().complete(request, on_text)

    def attempt(self, endpoint: Endpoint, request: Request, on_text: OnText | None) -> Attempt:
        """Return one request, ready to be sent once."""
        return _LiteLLMAttempt(self, endpoint, request, on_text)

    async def close(self) -> None:
        """Do nothing: litellm's clients share one session of the process, which other completers may use."""

    def secrets(self, endpoint: Endpoint) -> list[str | None]:
        """Return what nobody's words may carry on: keys given in code, and those that litellm reads itself."""
        given = [value for name, value in self.model.params.items() if _SECRET.search(name) and isinstance(value, str)]
        prefixes = (f"{endpoint.provider.name.upper()}_", "AWS_", "AZURE_")
        own = endpoint.provider.keys  # litellm may take another of them than we do
        read = [v for n, v in os.environ.items() if n in own or (n.startswith(prefixes) and _SECRET.search(n))]
        return [endpoint.key, *(text for text in (*given, *read) if len(text) > _MOST_PLAIN)]


class _LiteLLMAttempt(Attempt):
    """One ``litellm.acompletion``."""

    def __init__(self, owner: LiteLLMCompleter, endpoint: Endpoint, request: Request, on_text: OnText | None) -> None:
        super().__init__(request, on_text, ChatReading(offers_tools=offers_tools(request)))
        self._owner = owner
        self._endpoint = endpoint
        self._params = owner.params(endpoint, request)

    async def receive(self) -> None:
        """Send the request and read what comes, on litellm's own thread: what it does at once holds nobody else up."""
        pieces: asyncio.Queue[str | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def told(piece: str) -> None:
            loop.call_soon_threadsafe(pieces.put_nowait, piece)

        async with asyncio.timeout(self._owner.waits.total):
            asking = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._ask(told), litellm_package.loop()))
            try:
                if self._on_text is not None:
                    asking.add_done_callback(lambda _: pieces.put_nowait(None))
                    while (piece := await pieces.get()) is not None:
                        self.hand_out(piece)
                await asking
            finally:
                asking.cancel()

    async def _ask(self, told: Callable[[str], object]) -> None:
        """Do so on the running loop; ``told`` takes each piece of text as it comes."""
        from synth_widgets.llm.transports.bounded_httpx import bounded

        waits = self._owner.waits
        host = urllib.parse.urlsplit(self._endpoint.base).hostname if self._endpoint.base else None
        with bounded(MAX_ANSWER, waits.total, host=host, mark=_mark(self._request)):
            async with asyncio.timeout(waits.silence):
                answer = await self._owner.litellm.acompletion(**self._arguments())
            if self._on_text is None:
                self._reading.whole(_completion(answer))
                return
            size = 0
            async with aclosing(answer):
                while True:
                    async with asyncio.timeout(waits.silence):
                        chunk = await anext(answer, None)
                    if chunk is None:
                        break
                    piece = self._reading.event(_event(chunk, getattr(answer, "received_finish_reason", None)))
                    size += len(piece)
                    if size > MAX_ANSWER:
                        raise TooLargeError(MAX_ANSWER)
                    if piece:
                        told(piece)
            if self._reading.finish is None:
                raise ConnectionResetError("the stream ended before the answer did")

    def failure(self, error: Exception) -> Failure:
        """Say what an exception of litellm means."""
        owner, endpoint = self._owner, self._endpoint
        return from_litellm(
            error,
            owner.address(endpoint),
            mode=asked_by(self._request),
            sent=self._params,
            secrets=owner.secrets(endpoint),
        )

    def _arguments(self) -> dict[str, Any]:
        import httpx

        owner, endpoint, request = self._owner, self._endpoint, self._request
        told: dict[str, Any] = {
            "timeout": httpx.Timeout(owner.waits.silence, connect=owner.waits.connect),
            **self._params,
            "model": owner.name,
            "messages": [dict(message) for message in request.messages],
            "num_retries": 0,
            "max_retries": 0,
            "drop_params": False,
            "shared_session": http_session.lasting(),
            "no-log": True,
        }
        if endpoint.base:
            told["api_base"] = endpoint.base
        variable = endpoint.key_variable
        if owner.model.api_key or (variable and endpoint.key != os.environ.get(variable)):
            told["api_key"] = endpoint.key  # litellm would read a key from the environment as it was pasted there
        told |= copy.deepcopy(owner.json_wish(request))  # litellm changes schemas in place for some providers
        if self._on_text is not None:
            told["stream"] = True
            if owner.takes("stream_options") and "stream_options" not in request.params:
                told["stream_options"] = {"include_usage": True}
        return told


def _mark(request: Request) -> str:
    """Return the longest plain word of a request, by which its text is known however it is written down."""
    words = (word for message in request.messages for word in _WORD.findall(str(message.get("content") or "")))
    return max(words, key=len, default="")


def _completion(answer: Any) -> dict[str, Any]:
    """Return a whole answer of litellm as the body of a chat completion."""
    choices = [{"finish_reason": _end(c, c.message), "message": _message(c.message)} for c in answer.choices]
    return {"choices": choices, "usage": _usage(answer)}


def _event(chunk: Any, received: object) -> dict[str, Any]:
    """Return a piece of a streamed answer of litellm as the data of an event.

    Args:
        chunk: the piece.
        received: the provider's own word for the end, where the stream has it.
    """
    choices = [{"finish_reason": _end(c, c.delta, received), "delta": _message(c.delta)} for c in chunk.choices]
    return {"choices": choices, "usage": _usage(chunk)}


def _end(choice: Any, message: Any, received: object = None) -> object:
    """Return the provider's own word for the end of an answer: litellm makes ``stop`` of what it does not know."""
    if choice.finish_reason is None:
        return None
    of_choice, of_message = (getattr(each, "provider_specific_fields", None) or {} for each in (choice, message))
    own = of_choice.get("native_finish_reason") or of_message.get("stop_reason") or received
    return own or choice.finish_reason


def _message(message: Any) -> Mapping[str, Any]:
    names = ("content", "reasoning_content", "refusal", "parsed")
    extra = getattr(message, "provider_specific_fields", None) or {}  # where a refusal stood before 1.110.2
    found = {name: value for name in names if (value := getattr(message, name, None) or extra.get(name))}
    calls = [_tool_call(call) for call in getattr(message, "tool_calls", None) or ()]
    if (old := getattr(message, "function_call", None)) is not None:
        found["function_call"] = _function(old)
    return {"role": "assistant", "tool_calls": calls, **found}


def _tool_call(call: Any) -> Mapping[str, Any]:
    function = _function(getattr(call, "function", None))
    return {"index": getattr(call, "index", None), "id": getattr(call, "id", None), "function": function}


def _function(called: Any) -> Mapping[str, Any]:
    return {"name": getattr(called, "name", None), "arguments": getattr(called, "arguments", None)}


def _usage(answer: Any) -> Mapping[str, Any] | None:
    usage = getattr(answer, "usage", None)
    if usage is None:
        return None
    return {name: getattr(usage, name, None) for name in ("prompt_tokens", "completion_tokens")}
