"""What a model costs where it is asked: the price given in code, this machine's, or the provider's own."""

from __future__ import annotations

import urllib.parse

from synth_widgets.llm.completer import Completer
from synth_widgets.llm.providers import Endpoint, endpoint_of, ip_address, is_loopback
from synth_widgets.model import Model
from synth_widgets.money import FREE, Price, price_of


def price_at(model: Model, endpoint: Endpoint) -> Price | None:
    """Return what a model costs at an endpoint, or ``None`` when unknown.

    What answers on this machine is free, whatever its name. The list's price of a name holds at the provider's own
    address alone: behind another one may be anybody.

    >>> model = Model("openai/gpt-6-luna", api_base="http://localhost:8000/v1")
    >>> price_at(model, endpoint_of(model)).source
    'runs on this machine'
    """
    if model.price is not None:
        return model.price
    if model.is_local or (is_loopback(endpoint.base) and not _is_passed_on(model)):
        return FREE
    if not endpoint.own_host and endpoint.base != endpoint.provider.base:
        return None
    return price_of(model.name) or price_of(f"{endpoint.provider.name}/{endpoint.model}")


def price_for(model: str | Model | Completer) -> Price | None:
    """Return the price of a model as a person gives it; a completer of their own may have one as ``price``.

    Raises:
        ModelError: the provider is not served.

    >>> price_for("local")
    Price(prompt=0.0, completion=0.0, source='runs on this machine')
    """
    model = Model(model) if isinstance(model, str) else model
    if not isinstance(model, Model):
        price = getattr(model, "price", None)
        return price if isinstance(price, Price) else None
    return price_at(model, endpoint_of(model))


def may_bill(model: str | Model | Completer) -> bool:
    """Whether a model of unknown price may cost money: it is asked outside of this machine and its network.

    >>> may_bill("openai/gpt-6-luna"), may_bill(Model("openai/own", api_base="http://192.168.1.7/v1"))
    (True, False)
    """
    model = Model(model) if isinstance(model, str) else model
    if not isinstance(model, Model) or model.is_local:
        return False
    base = endpoint_of(model).base
    return not base or not (is_loopback(base) or _is_private(base)) or _is_passed_on(model)


def _is_passed_on(model: Model) -> bool:
    """Whether a server on this machine hands what it is asked on to its maker's, as Ollama does for its cloud models.

    Source: https://docs.ollama.com/cloud
    """
    return model.provider in {"ollama", "ollama_chat"} and model.name.endswith(("-cloud", ":cloud"))


def _is_private(base: str) -> bool:
    host = urllib.parse.urlsplit(base).hostname or ""
    address = ip_address(host)
    if address is None:
        return "." not in host or host.endswith((".local", ".internal"))
    return address.is_private
