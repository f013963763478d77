"""Completer for Anthropic's Messages API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from synth_widgets.errors import RequestRefusedError
from synth_widgets.llm.completer import Mode, Request
from synth_widgets.llm.providers import BEARER, Endpoint
from synth_widgets.llm.transports import anthropic_format as wire
from synth_widgets.llm.transports.http_completer import HttpCompleter, Post
from synth_widgets.llm.transports.remote import offers_tools
from synth_widgets.money import longest_answer

_MOST = 16_000
"""Tokens of an answer where nobody says how many: of more, the API wants the answer streamed."""
_LEAST = 4_096
"""The same for a model that the price list does not know: no model has a lower limit."""


class AnthropicCompleter(HttpCompleter):
    """Asks one model of Anthropic's, or of a gateway that speaks its format. Its arguments are `HttpCompleter`'s."""

    counts_streams = False

    def post(self, endpoint: Endpoint, request: Request, *, stream: bool) -> Post:
        """Return a request to ``/v1/messages``."""
        params = self.params(endpoint, request)
        wish = self.json_wish(request)
        try:
            conversation = request.conversation
        except ValueError as error:
            raise RequestRefusedError(f"The request cannot be sent: {error}.") from None
        told = wire.body(endpoint.model, conversation, params, stream=stream, wish=wish)
        headers = {"anthropic-version": wire.VERSION, **_key(endpoint)}
        return Post(endpoint.url(wire.PATH), headers, told, [*params, *params.get("output_config", ())])

    def reading(self, request: Request) -> wire.MessageReading:
        """Return what reads one message."""
        return wire.MessageReading(offers_tools=offers_tools(request))

    def new_json_wish(self, schema: Mapping[str, Any], mode: Mode) -> dict[str, Any]:
        """Return the fields of a request that make its answer JSON."""
        return wire.json_wish(schema, mode)

    def params(self, endpoint: Endpoint, request: Request) -> dict[str, Any]:
        """Return the parameters of a call by the API's names; ``max_tokens``, which it needs, is always there."""
        told = wire.own_names(super().params(endpoint, request))
        if isinstance(output := told.get("output_config"), Mapping):
            told["output_config"] = {name: value for name, value in output.items() if self.takes(name)}
        limit = min(longest_answer(self.name) or _LEAST, _MOST)
        return {"max_tokens": limit, **{name: value for name, value in told.items() if self.takes(name)}}


def _key(endpoint: Endpoint) -> dict[str, str]:
    if not endpoint.key:
        return {}
    if endpoint.key_variable == BEARER:
        return {"Authorization": f"Bearer {endpoint.key}"}
    return {"x-api-key": endpoint.key}
