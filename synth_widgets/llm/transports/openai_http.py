"""Completer for OpenAI-compatible endpoints."""

from __future__ import annotations

from synth_widgets.llm.completer import Request
from synth_widgets.llm.providers import Endpoint
from synth_widgets.llm.transports.attempt import Waits
from synth_widgets.llm.transports.http_completer import HttpCompleter, Post
from synth_widgets.llm.transports.openai_format import ChatReading, body
from synth_widgets.llm.transports.remote import offers_tools

__all__ = ["OpenAICompleter", "Waits"]


class OpenAICompleter(HttpCompleter):
    """Asks one model at an endpoint that speaks OpenAI's chat completions. Its arguments are `HttpCompleter`'s."""

    def post(self, endpoint: Endpoint, request: Request, *, stream: bool) -> Post:
        """Return a request to ``/chat/completions``."""
        params = self.params(endpoint, request)
        if stream and self.takes("stream_options") and "stream_options" not in request.params:
            params["stream_options"] = {"include_usage": True}
        wish = self.json_wish(request)
        headers = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
        told = body(endpoint.model, request, params, stream=stream, wish=wish)
        return Post(endpoint.url("/chat/completions"), headers, told, params)

    def reading(self, request: Request) -> ChatReading:
        """Return what reads one chat completion."""
        return ChatReading(offers_tools=offers_tools(request))
