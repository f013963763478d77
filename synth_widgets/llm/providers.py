"""Which providers can be asked, where they are, and which transport serves a model: one table."""

from __future__ import annotations

import functools
import ipaddress
import os
import re
import socket
import urllib.parse
from dataclasses import dataclass, field, fields
from typing import Literal

from synth_widgets.errors import AccessError, ModelError, nearest
from synth_widgets.llm import litellm_package
from synth_widgets.llm.completer import MODES, Mode
from synth_widgets.model import Model, bare_key, is_address, key_problem, pasted

Transport = Literal["openai", "anthropic", "litellm"]
"""Who makes the requests: we, in one of two formats, or the package litellm."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One line of the table: where a provider is and what its endpoint is particular about.

    Attributes:
        name: what stands before the slash in a model's name, spelled as litellm spells it.
        display: what people call it.
        base: its address; empty where litellm knows it.
        keys: environment variables that may hold its key, the usual one first. None: it needs no single key.
        bases: environment variables that may hold another address.
        defaults: what is taken when nobody chose a model and a key of this provider is there: cheap ones, in the order
            to try them, the next one where the one before is gone. `make lock` looks up when they end.
        needs: how access is given where it is not by one key, in words.
        limit: how it calls the limit of an answer's length.
        transport: who asks it: `synth_widgets.llm.transports.openai_http`, `.anthropic_http`, or, where it has a format
            of its own, `.via_litellm`.
        strict: whether it takes ``strict: true`` only for OpenAI's subset of JSON Schema.
        strict_tool: whether a tool may say ``strict: true``, too.
        seed: whether a seed makes its answers repeat.
        modes: its structured output modes, in the order to try them. What its models take of them, the calls find out;
            left out is what it takes without doing it, or for no model at all.
    """

    name: str
    display: str
    base: str
    keys: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    defaults: tuple[str, ...] = ()
    needs: str | None = None
    transport: Transport = "openai"
    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    strict: bool = True
    strict_tool: bool = True
    seed: bool = False
    modes: tuple[Mode, ...] = MODES


def _hosted(
    name: str, display: str, base: str, defaults: tuple[str, ...], *more_keys: str, modes: tuple[Mode, ...] = MODES
) -> Provider:
    keys, bases = (f"{name.upper()}_API_KEY", *more_keys), (f"{name.upper()}_API_BASE",)
    return Provider(name, display, base, keys, bases, defaults, modes=modes)


def _own(name: str, display: str, base: str, *more_bases: str, modes: tuple[Mode, ...] = MODES) -> Provider:
    usual = name.upper()
    keys, bases = (f"{usual}_API_KEY",), (f"{usual}_API_BASE", *more_bases)
    return Provider(name, display, base, keys, bases, strict=False, seed=True, modes=modes)


def _litellm(
    name: str,
    display: str,
    defaults: tuple[str, ...] = (),
    *keys: str,
    needs: str | None = None,
    has_key: bool = True,
) -> Provider:
    """Return a line without an address; a tool of it never says ``strict``, by which others mean another subset."""
    usual = name.upper()
    keys, bases = (keys or (f"{usual}_API_KEY",), (f"{usual}_API_BASE",)) if has_key else ((), ())
    return Provider(name, display, "", keys, bases, defaults, needs, transport="litellm", strict_tool=False)


def _accounts(name: str, display: str, needs: str) -> Provider:
    return _litellm(name, display, needs=needs, has_key=False)


_NO_TOOLS: tuple[Mode, ...] = ("json_schema", "json_object", "text")
"""A server that takes no named tool as ``tool_choice``, or passes it over."""
_NO_JSON_MODE: tuple[Mode, ...] = ("json_schema", "tools", "text")
_SCHEMA_ONLY: tuple[Mode, ...] = ("json_schema", "text")

BEARER = "ANTHROPIC_AUTH_TOKEN"
"""The variable whose value goes out as a bearer token, not as ``x-api-key``."""
_AWS = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or AWS_PROFILE), AWS_REGION_NAME; and pip install boto3"
_GOOGLE = "VERTEXAI_PROJECT and VERTEXAI_LOCATION, gcloud's login; and pip install google-cloud-aiplatform"
_AZURE = "AZURE_API_KEY, AZURE_API_BASE and AZURE_API_VERSION, or api_key=, api_base= and api_version= of sw.Model"

PROVIDERS: tuple[Provider, ...] = (
    # Asked directly, by the OpenAI-compatible format where nothing else is said.
    Provider(
        "openai",
        "OpenAI",
        "https://api.openai.com/v1",
        ("OPENAI_API_KEY",),
        ("OPENAI_BASE_URL", "OPENAI_API_BASE"),
        ("gpt-6-luna", "gpt-5.6-luna", "gpt-6.1-terra"),
        limit="max_completion_tokens",
    ),
    Provider(
        "anthropic",
        "Anthropic",
        "https://api.anthropic.com",
        ("ANTHROPIC_API_KEY", BEARER),
        ("ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"),
        ("claude-haiku-5-5", "claude-haiku-4-5"),
        transport="anthropic",
        modes=_NO_JSON_MODE,
    ),
    Provider(
        "gemini",
        "Google Gemini",
        "https://generativelanguage.googleapis.com/v1beta/openai",
        ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        ("GEMINI_API_BASE",),
        ("gemini-3.5-flash-lite", "gemini-3.8-flash"),
        strict_tool=False,
    ),
    _hosted(
        "openrouter",
        "OpenRouter",
        "https://openrouter.ai/api/v1",
        ("openai/gpt-6-luna", "google/gemini-3.5-flash-lite"),
    ),
    _hosted("groq", "Groq", "https://api.groq.com/openai/v1", ("openai/gpt-oss-20b", "openai/gpt-oss-120b")),
    _hosted(
        "together_ai",
        "Together AI",
        "https://api.together.xyz/v1",
        ("openai/gpt-oss-120b", "zai-org/GLM-5.3-Flash"),
        "TOGETHER_API_KEY",
        "TOGETHERAI_API_KEY",
    ),
    _hosted("mistral", "Mistral", "https://api.mistral.ai/v1", ("mistral-small-latest", "ministral-14b-latest")),
    _hosted(
        "deepseek",
        "DeepSeek",
        "https://api.deepseek.com/v1",
        ("deepseek-flash", "deepseek-v4-pro"),
        modes=("tools", "json_object", "text"),
    ),
    _hosted("xai", "xAI", "https://api.x.ai/v1", ()),
    _hosted(
        "fireworks_ai",
        "Fireworks AI",
        "https://api.fireworks.ai/inference/v1",
        ("glm-5p3-flash", "deepseek-v4p1-flash"),
        "FIREWORKS_API_KEY",
    ),
    _hosted("cerebras", "Cerebras", "https://api.cerebras.ai/v1", ("gpt-oss-120b", "qwen-3.8-27b")),
    _hosted(
        "perplexity",
        "Perplexity",
        "https://api.perplexity.ai",
        ("sonar", "sonar-pro"),
        "PERPLEXITYAI_API_KEY",
        modes=_SCHEMA_ONLY,
    ),
    _hosted("nvidia_nim", "NVIDIA NIM", "https://integrate.api.nvidia.com/v1", ()),
    _own("hosted_vllm", "vLLM", "http://localhost:8000/v1"),
    _own("ollama", "Ollama", "http://localhost:11434/v1", modes=_NO_TOOLS),
    _own("ollama_chat", "Ollama", "http://localhost:11434/v1", "OLLAMA_API_BASE", modes=_NO_TOOLS),
    _own("lm_studio", "LM Studio", "http://localhost:1234/v1", modes=_SCHEMA_ONLY),
    _own("llamafile", "llamafile", "http://localhost:8080/v1", modes=_NO_TOOLS),
    # Asked through litellm. Any other provider that litellm knows goes the same way, without a line here.
    _litellm("cohere_chat", "Cohere", ("command-r7b-12-2024", "command-r-08-2024"), "COHERE_API_KEY"),
    _litellm("cohere", "Cohere", (), "COHERE_API_KEY"),
    _litellm("deepinfra", "DeepInfra", ("openai/gpt-oss-20b", "openai/gpt-oss-120b")),
    _litellm("sambanova", "SambaNova", ("gpt-oss-120b", "Meta-Llama-3.3-70B-Instruct")),
    _litellm("novita", "Novita AI", ("openai/gpt-oss-20b", "openai/gpt-oss-120b")),
    _litellm("nebius", "Nebius AI Studio"),
    _litellm("moonshot", "Moonshot AI"),
    _litellm("dashscope", "Alibaba Model Studio"),
    _litellm("huggingface", "Hugging Face", (), "HUGGINGFACE_API_KEY", "HF_TOKEN"),
    _litellm("replicate", "Replicate", (), "REPLICATE_API_KEY", "REPLICATE_API_TOKEN"),
    _litellm("azure_ai", "Azure AI Foundry"),
    _accounts("azure", "Azure OpenAI", _AZURE),
    _accounts("bedrock", "Amazon Bedrock", _AWS),
    _accounts("sagemaker_chat", "Amazon SageMaker", _AWS),
    _accounts("vertex_ai", "Google Vertex AI", _GOOGLE),
)
"""The providers with something to say of them, in the order in which `model=None` looks for a key."""

_LOOPBACK = frozenset(
    "localhost localhost.localdomain localhost4 localhost6 localhost6.localdomain6 ip6-localhost ip6-loopback".split()
)
_NUMBERS = re.compile(r"(0x[0-9a-f]+|\d+)(\.(0x[0-9a-f]+|\d+)){0,3}")
"""What a resolver takes for an IPv4 address in one of its old spellings."""
_UNBOUNDED = {"aiohttp_openai": "The same endpoint is asked by sw.Model('openai/{model}', api_base='https://…/v1')."}
"""Providers that litellm asks by connections that nobody else can bound, and what to write instead."""
_BY_NAME = {provider.name: provider for provider in PROVIDERS}
_SOME = "openai, anthropic, gemini, openrouter, mistral, ollama, local, and others that litellm knows"
"""Those that a message names: all would be a wall of words."""
LOCAL = Provider("local", "the embedded model", "", strict=False, seed=True, modes=("json_schema",))
"""The embedded model; `synth_widgets.llm.embedded.completer` knows its address."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one model is asked.

    Attributes:
        provider: the line of the table.
        base: address, without the path of the call (``/chat/completions``, ``/v1/messages``); empty where litellm
            knows it.
        model: the name that the endpoint knows.
        own_host: whether the address is the provider's own, not one that a person gave.
        key_source: how a key can be given, in words.
        key: the key, or ``None``. It is in no repr and in no pickle: `endpoint_of` finds it anew.
        key_variable: the environment variable that held the key; ``None`` where it was given in code, or is missing.
    """

    provider: Provider
    base: str
    model: str
    own_host: bool
    key_source: str
    key: str | None = field(default=None, repr=False)
    key_variable: str | None = None

    def __copy__(self) -> Endpoint:
        return self

    def __deepcopy__(self, _memo: object) -> Endpoint:
        return self

    def __getstate__(self) -> list[object]:
        return [None if each.name == "key" else getattr(self, each.name) for each in fields(self)]

    def url(self, path: str) -> str:
        """Return where a call goes; a query that the address has stays behind the path."""
        return _url(self.base, path)

    @property
    def shown(self) -> str:
        """The address without user, password and query, or who is asked: it may be shown."""
        return _shown(self.base) if self.base else self.provider.display

    @property
    def who(self) -> str:
        """Who answers: the provider at its own address, else the host that is asked."""
        is_own = self.own_host or not self.base or self.provider is LOCAL
        return self.provider.display if is_own else _shown(self.base).split("/")[2]


@functools.lru_cache(64)  # asked for at each call
def _url(base: str, path: str) -> str:
    parts = urllib.parse.urlsplit(base)
    return urllib.parse.urlunsplit(parts._replace(path=parts.path.rstrip("/") + path))


@functools.lru_cache(64)
def _shown(base: str) -> str:
    parts = urllib.parse.urlsplit(base)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}{parts.path.rstrip('/')}"


@functools.lru_cache(64)
def provider_of(name: str) -> Provider:
    """Return the line of the table for a model's name.

    Raises:
        ModelError: the name has no provider, or one that is not served.

    >>> provider_of("groq/openai/gpt-oss-120b").display
    'Groq'
    """
    provider, slash, model = name.partition("/")
    if provider == "local":
        return LOCAL
    if not slash:
        known = provider in _BY_NAME or provider in litellm_package.providers()
        written = f"'{name}/<name>'" if known else f"'openai/{name}'"
        raise ModelError(
            f"The model {name!r} does not say whose it is: write provider/name, such as {written}, or 'local' for "
            f"the embedded model.{nearest(name, [*_BY_NAME, 'local'])} Providers are {_SOME}."
        )
    found = _BY_NAME.get(provider)
    if provider in _UNBOUNDED:
        raise ModelError(
            f"{name!r} is not served: litellm asks {provider} over connections that follow redirects and take answers "
            f"without end. {_UNBOUNDED[provider].format(model=model)}"
        )
    if found is None and provider in litellm_package.providers():
        found = _litellm(provider, provider, has_key=False)
    if found is None:
        raise ModelError(
            f"There is no provider {provider!r}, of which {name!r} speaks."
            f"{nearest(provider, [*_BY_NAME, *sorted(litellm_package.providers())])} Providers are {_SOME}. "
            f"An OpenAI-compatible endpoint of another name: sw.Model('openai/{model}', api_base='https://…/v1')."
        )
    if "://" in model:  # some providers would take it for the address that their key goes to
        raise ModelError(f"The model {name!r} has an address in its name: give it as api_base= of sw.Model.")
    if not model:
        raise ModelError(f"The model {name!r} has no name behind the slash: write '{provider}/<name>'.")
    return found


def endpoint_of(model: Model) -> Endpoint:
    """Find a model's address and key, as they are now.

    The address is ``api_base``; else the provider's usual environment variable (``OPENAI_BASE_URL``,
    ``OLLAMA_API_BASE``, …), because what is set in this kernel is the person's own; else the provider's host. The
    key is ``api_key``, else the provider's environment variable; a missing one is ``None`` here.

    Raises:
        ModelError: the provider is not served.
    """
    provider = provider_of(model.name)
    bases = () if model.api_base else tuple([os.environ.get(name, "") for name in provider.bases])
    keys = () if model.api_key else tuple([os.environ.get(name, "") for name in provider.keys])
    return _endpoint(model.name, model.api_base, model.api_key, bases=bases, keys=keys)


@functools.lru_cache(64)  # asked for at each call
def _endpoint(
    name: str, api_base: str | None, api_key: str | None, *, bases: tuple[str, ...], keys: tuple[str, ...]
) -> Endpoint:
    """Return an endpoint; ``bases`` and ``keys`` are what the provider's environment variables hold, if it matters."""
    provider = provider_of(name)
    base_variable, base_found = (None, None) if api_base else _set_one(provider.bases, bases)
    base = api_base or base_found
    if api_base is None and base is not None and not is_address(base):
        raise ModelError(
            f"The environment variable {base_variable} must hold an address, such as 'http://localhost:8000/v1'."
        )
    own_host = base is None
    base = _as_asked(provider, (base or provider.base).rstrip("/"))
    model = name.partition("/")[2]
    if provider.name == "fireworks_ai" and own_host and "/" not in model:
        model = f"accounts/fireworks/models/{model}"
    variable, key_found = (None, None) if api_key else _set_one(provider.keys, keys)
    key = api_key or key_found
    return Endpoint(provider, base, model, own_host, _key_source(provider), bare_key(key) if key else None, variable)


def _as_asked(provider: Provider, base: str) -> str:
    """Return an address in our spelling: litellm and the providers' own packages spell some in other ways.

    >>> _as_asked(provider_of("anthropic/any"), "https://gateway.example/v1")
    'https://gateway.example'
    >>> _as_asked(provider_of("gemini/any"), "https://generativelanguage.googleapis.com/v1beta")
    'https://generativelanguage.googleapis.com/v1beta/openai'
    >>> _as_asked(provider_of("openai/any"), "http://localhost:8000/v1/chat/completions")
    'http://localhost:8000/v1'
    """
    if provider.transport == "anthropic":
        return base.removesuffix("/messages").removesuffix("/v1")
    if provider.transport == "openai":
        base = base.removesuffix("/chat/completions")
    if provider.name == "gemini" and base.endswith("/v1beta"):
        return f"{base}/openai"
    if provider.display == "Ollama" and not urllib.parse.urlsplit(base).path:
        return f"{base}/v1"
    return base


def _key_source(provider: Provider) -> str:
    if provider.needs:
        return provider.needs
    if provider.keys:
        return f"the environment variable {provider.keys[0]}, or api_key= of sw.Model"
    return f"the environment variables that litellm reads for {provider.name}, or api_key= of sw.Model"


@functools.lru_cache(64)  # asked for at each call
def is_loopback(url: str) -> bool:
    """Whether a URL's host is this machine, in whichever spelling a resolver takes.

    >>> is_loopback("http://localhost:11434/v1"), is_loopback("http://127.1:80"), is_loopback("http://[::ffff:7f00:1]")
    (True, True, True)
    >>> is_loopback("https://api.openai.com/v1"), is_loopback("http://127.0.0.1.example.org")
    (False, False)
    """
    host = (urllib.parse.urlsplit(url).hostname or "").rstrip(".")
    if host in _LOOPBACK or host.endswith(".localhost"):
        return True
    address = ip_address(host)
    return address is not None and (address.is_loopback or address.is_unspecified)


def ip_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that a URL's host spells, as a resolver reads it; ``None`` for a name.

    >>> ip_address("0x7f000001"), ip_address("0177.0.0.1"), ip_address("::ffff:10.0.0.1"), ip_address("a.example")
    (IPv4Address('127.0.0.1'), IPv4Address('127.0.0.1'), IPv4Address('10.0.0.1'), None)
    """
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        if not _NUMBERS.fullmatch(host):
            return None
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))
        except OSError:
            return None
    return getattr(address, "ipv4_mapped", None) or address


def need_key(endpoint: Endpoint, model: Model) -> None:
    """Check that a key is there where one is needed: at a hosted provider's own address; and that it may be one.

    Raises:
        AccessError: it is missing, or is none; the message names the environment variable.
    """
    if endpoint.key and (wrong := key_problem(endpoint.key)) is not None:
        source = f"the environment variable {endpoint.key_variable}" if endpoint.key_variable else "api_key="
        raise AccessError(f"What {source} holds cannot be a key: {wrong}.")
    hosted = endpoint.own_host and not endpoint.base.startswith("http://") and endpoint.provider.keys
    if hosted and not endpoint.key:
        raise AccessError(f"{model.name!r} needs a key of {endpoint.provider.display}: set {endpoint.key_source}.")


def _set_one(names: tuple[str, ...], values: tuple[str, ...]) -> tuple[str | None, str | None]:
    """Return the first of some environment variables that holds something, and what it holds."""
    pairs = ((name, pasted(value)) for name, value in zip(names, values, strict=True))
    return next(((name, value) for name, value in pairs if value), (None, None))
