"""Which providers can be asked, where they are, and which completer serves a model."""

from __future__ import annotations

import os
import urllib.parse
from dataclasses import dataclass, field
from typing import Literal

from synth_widgets.errors import AccessError, ModelError, nearest
from synth_widgets.llm.completer import Completer
from synth_widgets.models import Model


@dataclass(frozen=True, slots=True)
class Provider:
    """One line of the table: where a provider is and what its endpoint is particular about.

    Attributes:
        name: what stands before the slash in a model's name, spelled as litellm spells it.
        display: what people call it.
        base: address of its OpenAI-compatible endpoint.
        keys: environment variables that may hold its key, the usual one first. None: it needs no key.
        bases: environment variables that may hold another address.
        limit: how it calls the limit of an answer's length.
        strict: whether it takes ``strict: true`` only for OpenAI's subset of JSON Schema.
        seed: whether a seed makes its answers repeat.
    """

    name: str
    display: str
    base: str
    keys: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    strict: bool = True
    seed: bool = False


def _hosted(name: str, display: str, base: str, *more_keys: str) -> Provider:
    usual = name.upper()
    return Provider(name, display, base, (f"{usual}_API_KEY", *more_keys), (f"{usual}_API_BASE",))


def _own(name: str, display: str, base: str, *more_bases: str) -> Provider:
    usual = name.upper()
    return Provider(
        name, display, base, (f"{usual}_API_KEY",), (f"{usual}_API_BASE", *more_bases), strict=False, seed=True
    )


PROVIDERS: tuple[Provider, ...] = (
    Provider(
        "openai",
        "OpenAI",
        "https://api.openai.com/v1",
        ("OPENAI_API_KEY",),
        ("OPENAI_BASE_URL", "OPENAI_API_BASE"),
        limit="max_completion_tokens",
    ),
    _hosted("openrouter", "OpenRouter", "https://openrouter.ai/api/v1"),
    _hosted("groq", "Groq", "https://api.groq.com/openai/v1"),
    _hosted("together_ai", "Together AI", "https://api.together.xyz/v1", "TOGETHER_API_KEY", "TOGETHERAI_API_KEY"),
    _hosted("mistral", "Mistral", "https://api.mistral.ai/v1"),
    _hosted("deepseek", "DeepSeek", "https://api.deepseek.com/v1"),
    _hosted("xai", "xAI", "https://api.x.ai/v1"),
    _hosted("fireworks_ai", "Fireworks AI", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"),
    _hosted("cerebras", "Cerebras", "https://api.cerebras.ai/v1"),
    _hosted("perplexity", "Perplexity", "https://api.perplexity.ai", "PERPLEXITYAI_API_KEY"),
    _hosted("nvidia_nim", "NVIDIA NIM", "https://integrate.api.nvidia.com/v1"),
    _own("hosted_vllm", "vLLM", "http://localhost:8000/v1"),
    _own("ollama", "Ollama", "http://localhost:11434/v1"),
    _own("ollama_chat", "Ollama", "http://localhost:11434/v1", "OLLAMA_API_BASE"),
    _own("lm_studio", "LM Studio", "http://localhost:1234/v1"),
    _own("llamafile", "llamafile", "http://localhost:8080/v1"),
)
"""The providers that are served, in the order in which they are offered."""

_BY_NAME = {provider.name: provider for provider in PROVIDERS}
LOCAL = Provider("local", "the embedded model", "", strict=False, seed=True)
"""The embedded model; `synth_widgets.llm.local` knows its address."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one model is asked.

    Attributes:
        provider: the line of the table.
        base: address, without ``/chat/completions``.
        model: the name that the endpoint knows.
        own_host: whether the address is the provider's own, not one that a person gave.
        key_source: how a key can be given, in words.
        key: the key, or ``None``. It is in no repr.
    """

    provider: Provider
    base: str
    model: str
    own_host: bool
    key_source: str
    key: str | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Where requests go."""
        parts = urllib.parse.urlsplit(self.base)
        return urllib.parse.urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/chat/completions"))

    @property
    def shown(self) -> str:
        """The address without user, password and query: it may be shown."""
        parts = urllib.parse.urlsplit(self.base)
        host = parts.hostname or ""
        host = f"[{host}]" if ":" in host else host
        return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}{parts.path.rstrip('/')}"


def provider_of(name: str) -> Provider:
    """Return the line of the table for a model's name.

    Raises:
        ModelError: the name has no provider, or one that is not served.

    >>> provider_of("groq/llama-3.3-70b-versatile").display
    'Groq'
    """
    provider, slash, model = name.partition("/")
    if provider == "local":
        return LOCAL
    served = ", ".join(_BY_NAME)
    if not slash:
        written = f"'{name}/<name>'" if name in _BY_NAME else f"'openai/{name}'"
        raise ModelError(
            f"The model {name!r} does not say whose it is: write provider/name, such as {written}, or 'local' for "
            f"the embedded model.{nearest(name, [*_BY_NAME, 'local'])} Providers: {served}."
        )
    if provider not in _BY_NAME:
        raise ModelError(
            f"The provider {provider!r} of {name!r} is not served yet.{nearest(provider, _BY_NAME)} Served are: "
            f"{served}, and 'local'. Any other OpenAI-compatible endpoint: "
            f"sw.Model('openai/{model}', api_base='https://…/v1')."
        )
    if not model:
        raise ModelError(f"The model {name!r} has no name behind the slash: write '{provider}/<name>'.")
    return _BY_NAME[provider]


def endpoint_of(model: Model) -> Endpoint:
    """Find a model's address and key, as they are now.

    The address is ``api_base``; else the provider's usual environment variable (``OPENAI_BASE_URL``,
    ``OLLAMA_API_BASE``, …), because what is set in this kernel is the person's own; else the provider's host. The
    key is ``api_key``, else the provider's environment variable; a missing one is ``None`` here.

    Raises:
        ModelError: the provider is not served.
    """
    provider = provider_of(model.name)
    base = model.api_base or _environment(provider.bases)
    if base is not None and not base.startswith(("http://", "https://")):
        raise ModelError(f"The environment variable {provider.bases[0]} must begin with http:// or https://.")
    own_host = base is None
    base = (base or provider.base).rstrip("/")
    if provider.display == "Ollama" and not urllib.parse.urlsplit(base).path:
        base += "/v1"  # litellm's spelling of the address leaves it out
    name = model.name.partition("/")[2]
    if provider.name == "fireworks_ai" and own_host and "/" not in name:
        name = f"accounts/fireworks/models/{name}"
    variable = f"the environment variable {provider.keys[0]}, or api_key= of sw.Model" if provider.keys else ""
    key = model.api_key or _environment(provider.keys)
    return Endpoint(provider, base, name, own_host, variable, key.strip() if key else None)


def need_key(endpoint: Endpoint, model: Model) -> None:
    """Check that a key is there where one is needed: at a hosted provider's own address.

    Raises:
        AccessError: it is missing; the message names the environment variable.
    """
    hosted = endpoint.own_host and endpoint.base.startswith("https://")
    if hosted and not endpoint.key:
        raise AccessError(f"{model.name!r} needs a key of {endpoint.provider.display}: set {endpoint.key_source}.")


def completer_for(model: Model | str | Completer) -> Completer:
    """Return what answers for a model.

    A missing key raises at the first call, not here: a studio opens without one.

    Args:
        model: a name, a `Model`, or a completer, which is returned as it is.

    Raises:
        ModelError: the name has no provider, or one that is not served; the embedded model is not installed.
    """
    if isinstance(model, str):
        model = Model(model)
    if not isinstance(model, Model):
        if isinstance(model, Completer):
            return model
        raise ModelError(f"A model is a name, an sw.Model or a completer, not {type(model).__name__}.")
    if model.is_local:
        from synth_widgets.llm.local import LocalCompleter

        return LocalCompleter(model)
    from synth_widgets.llm.openai_http import OpenAICompleter

    return OpenAICompleter(model)


def _environment(names: tuple[str, ...]) -> str | None:
    return next((value for name in names if (value := os.environ.get(name, "").strip())), None)
