"""A model's name and how to reach it."""

from __future__ import annotations

import copy
import difflib
import re
import urllib.parse
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NoReturn

from synth_widgets.errors import ModelError, nearest
from synth_widgets.money import Price
from synth_widgets.text.normal import same, storable
from synth_widgets.text.shown import shown, value_shown

STRUCTURED = ("auto", "json_schema", "tools", "json_object", "text")
"""Structured output modes that `Model` takes. ``auto`` tries the others in this order."""


class Model:
    """A name and how to reach it.

    Args:
        name: ``provider/model`` as litellm spells it (``"openai/gpt-6-luna"``, ``"anthropic/claude-haiku-5-5"``,
            ``"ollama/llama3.2"``), or ``"local"`` for the embedded model.
        api_base: address of the endpoint, when it is not the provider's own.
        api_key: key for it. Without one, the provider's environment variable is read at call time. A key
            stays in this process's memory; it is never written, shown or logged.
        structured: how JSON is asked for: by the provider's schema mode (``"json_schema"``), by a tool that must be
            called (``"tools"``), by its JSON mode (``"json_object"``), by words alone (``"text"``), or by the first of
            these that works (``"auto"``).
        concurrency: calls in flight at most; ``None`` takes 128, and 1 for ``"local"``. Below that their number
            follows what the endpoint takes: it begins at 32 and learns from refusals and from latency. Where several
            ask the same model at once, the lowest holds for all of them.
        input_cost_per_token, output_cost_per_token: US dollars a token, for a model whose price no list knows or that
            has another one here; both or none. They are for the account of costs and are not sent.
        params: sampling parameters sent with each call, such as ``temperature=0.8`` or ``max_tokens=600``, and
            what a provider's access takes besides a key, such as ``aws_region_name=`` or ``api_version=``.

    Raises:
        ModelError: an argument cannot be right.

    >>> Model("openai/gpt-6-luna", temperature=0.8)
    Model('openai/gpt-6-luna', temperature=0.8)
    """

    __slots__ = ("_api_key", "api_base", "concurrency", "name", "params", "price", "structured")

    def __init__(
        self,
        name: str,
        *,
        api_base: str | None = None,
        api_key: str | None = None,
        structured: str = "auto",
        concurrency: int | None = None,
        input_cost_per_token: float | None = None,
        output_cost_per_token: float | None = None,
        **params: Any,
    ) -> None:
        if not isinstance(name, str) or not name.strip():
            raise ModelError(f"A model's name is text such as 'openai/gpt-6-luna' or 'local', not {name!r}.")
        if structured not in STRUCTURED:
            raise ModelError(
                f"structured={structured!r} is no structured output mode.{nearest(structured, STRUCTURED)} "
                f"Allowed: {', '.join(STRUCTURED)}."
            )
        concurrency, input_cost_per_token, output_cost_per_token = map(
            _pythons, (concurrency, input_cost_per_token, output_cost_per_token)
        )
        params = {name: _pythons(value) for name, value in params.items()}
        if concurrency is not None and (type(concurrency) is not int or not 1 <= concurrency <= 1024):
            raise ModelError(f"concurrency={concurrency!r} must be a whole number from 1 to 1024.")
        if api_base is not None:
            api_base = pasted(api_base) if isinstance(api_base, str) else api_base
            if not is_address(api_base):
                like = "api_base= is an address such as 'http://localhost:8000/v1'"
                raise ModelError(f"{like}; what was given {_no_address(api_base)}.")
        if api_key is not None and not isinstance(api_key, str):
            raise ModelError(f"api_key= is text, not {type(api_key).__name__}.")
        api_key = bare_key(api_key) if api_key else None
        if api_key and (wrong := key_problem(api_key)) is not None:
            raise ModelError(f"api_key= cannot be a key: {wrong}.")
        _check_params(params)
        self.name = str(storable(name)).strip()
        self.api_base = api_base.rstrip("/") if api_base else None
        self.structured = structured
        self.concurrency = concurrency
        self.price = _price(input_cost_per_token, output_cost_per_token)
        self.params: Mapping[str, Any] = MappingProxyType(dict(params))
        self._api_key = api_key or None

    @property
    def provider(self) -> str:
        """What stands before the first slash; ``"local"`` for the embedded model."""
        return self.name.split("/", 1)[0]

    @property
    def is_local(self) -> bool:
        """Whether this is the embedded model."""
        return self.provider == "local"

    @property
    def is_small(self) -> bool:
        """Whether this is the embedded model with the weights of its package; weights of one's own may be of any size.

        >>> Model("local").is_small, Model("local/~/weights/my-8b.gguf").is_small
        (True, False)
        """
        return self.is_local and not self.name.partition("/")[2]

    @property
    def loads_weights(self) -> bool:
        """Whether this machine is to load weights that the name says: a file, or what vLLM and Petals find by a name.

        Who names weights runs a parser over them, or even code in them. So no file's word is taken for such a name.

        >>> Model("local/my-8b.gguf").loads_weights, Model("vllm/org/model").loads_weights, Model("local").loads_weights
        (True, True, False)
        """
        return self.provider in _LOADERS and not self.is_small

    @property
    def api_key(self) -> str | None:
        """The key given here, or ``None``."""
        return self._api_key

    def __repr__(self) -> str:
        parts = [value_shown(self.name)]
        parts += [f"api_base={value_shown(_without_secrets(self.api_base))}"] if self.api_base else []
        parts += ["api_key='…'"] if self._api_key else []
        parts += [f"structured={self.structured!r}"] if self.structured != "auto" else []
        parts += [f"concurrency={self.concurrency}"] if self.concurrency else []
        if self.price is not None:
            parts += [f"input_cost_per_token={self.price.prompt}", f"output_cost_per_token={self.price.completion}"]
        params = ((shown(k), v) for k, v in self.params.items())
        parts += [f"{k}={value_shown(v)}" if isinstance(v, int | float) else f"{k}=…" for k, v in params]
        return f"Model({', '.join(parts)})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Model):
            return NotImplemented
        mine, others = ({s: getattr(model, s) for s in self.__slots__} for model in (self, other))
        return same({**mine, "params": dict(self.params)}, {**others, "params": dict(other.params)})

    def __hash__(self) -> int:
        return hash((self.name, self.api_base, self._api_key))

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError(f"A model is not pickled, because its key would be in it: make sw.Model({self.name!r}) anew.")

    def __copy__(self) -> Model:
        twin = object.__new__(Model)
        for slot in self.__slots__:
            setattr(twin, slot, getattr(self, slot))
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Model:
        twin = copy.copy(self)
        twin.params = MappingProxyType(copy.deepcopy(dict(self.params), memo))
        return twin


_LOADERS = ("local", "vllm", "petals")
"""Providers whose models are loaded on this machine: the embedded model's runtime, and two packages that litellm
imports into this process. Not ``hosted_vllm``, which is a server."""


def _pythons(value: Any) -> Any:
    """Return a number of numpy as Python's, and anything else as it is: what is sent is JSON."""
    return value.item() if hasattr(value, "dtype") and hasattr(value, "item") and not value.shape else value


def _price(prompt: float | None, completion: float | None) -> Price | None:
    """Return the price that was given, or ``None`` where none was."""
    given = {"input_cost_per_token": prompt, "output_cost_per_token": completion}
    for name, cost in given.items():
        if cost is not None and (isinstance(cost, bool) or not isinstance(cost, int | float) or not 0 <= cost < 1):
            raise ModelError(f"{name}={cost!r} is a price in US dollars a token, such as 2.5e-07.")
    if prompt is None and completion is None:
        return None
    if prompt is None or completion is None:
        missing = next(name for name, cost in given.items() if cost is None)
        raise ModelError(f"A price has two parts: give {missing}= too.")
    return Price(float(prompt), float(completion), "given in code")


def _check_params(params: Mapping[str, Any]) -> None:
    """Raise for parameters that no call could take as they are meant."""
    if decided := [p for p in params if p in _DECIDED]:
        raise ModelError(f"Model does not take {decided[0]}=: {_DECIDED[decided[0]]}.")
    if misspelt := [p for p in params if _MISSPELT.search(p)]:
        right = "api_key" if "key" in misspelt[0] or "token" in misspelt[0] else "api_base"
        raise ModelError(f"Model takes {right}=, not {misspelt[0]}=.")
    for given in params.keys() - set(_SAMPLING):
        if close := difflib.get_close_matches(given, _SAMPLING, n=1, cutoff=0.9):
            raise ModelError(f"Model takes {close[0]}=, not {given}=.")
    for param in ("temperature", "top_p", "max_tokens"):
        if not isinstance(params.get(param, 0), int | float):
            raise ModelError(f"{param}={params[param]!r} must be a number.")


_MISSPELT = re.compile(
    r"^(base_?url|api_?url|url|endpoint)$|^(?!(aws|azure|vertex|watsonx|oci)_)(\w*_)?(api_?key|api_?token|key|token)$"
)
"""Spellings of other libraries for what has a name of its own here. Not ``max_tokens``, not ``aws_session_token``."""


_SAMPLING = (
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
    "max_completion_tokens",
    "presence_penalty",
    "frequency_penalty",
    "reasoning_effort",
)
"""Names that a slip must not turn into something else: some providers ignore what they do not know."""


_DECIDED = {
    "messages": "each call has its own, made from the task",
    "model": "it is the first argument",
    "n": "each call asks for one answer",
    "response_format": "each call asks for the task's schema; how, structured= says",
    "stream": "what is shown while it comes is streamed",
    "stream_options": "what is shown while it comes is streamed",
    "tools": "a call brings a tool of its own where structured= says so",
    "tool_choice": "a call brings a tool of its own where structured= says so",
}
"""What each call decides for itself, and why."""


def is_address(text: object) -> bool:
    """Whether a text is an HTTP address with a host.

    >>> is_address("http://localhost:8000/v1"), is_address("http://[::1"), is_address("localhost:8000")
    (True, False, False)
    """
    if not isinstance(text, str) or not text.startswith(("http://", "https://")) or _NO_ADDRESS.search(text):
        return False
    try:
        parts = urllib.parse.urlsplit(text)
        return _is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        return False


def _is_host(host: str) -> bool:
    """Whether every reader of an address takes the same host from it: what is shown is what is asked."""
    if not host or ("%" in host and ":" not in host):
        return False
    return host.isascii() or host.encode("idna").decode("idna") == host


_NO_ADDRESS = re.compile(r"[\s\x00-\x1f\x7f\\]")
_AROUND = " \t\r\n\v\f\u00a0\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\"'`“”„‘’‚«»"
_BEFORE_KEY = re.compile(
    r"(((export |set )?[A-Z][A-Z0-9_]*(KEY|TOKEN)\s*=|(?i:(authorization|x-api-key|api-key)\s*:)|(?i:bearer\s))"
    r"[\s\"'`]*)+"
)
"""What is copied along with a key: the variable that it is set in, the header that it goes out in."""


def pasted(text: str) -> str:
    r"""Return a text without what comes along when it is copied: blanks, quotes, line breaks, marks that nobody sees.

    >>> pasted(" 'http://localhost:8000/v1'\n")
    'http://localhost:8000/v1'
    """
    return text.strip(_AROUND)


def bare_key(text: str) -> str:
    r"""Return a key without what was copied along with it.

    >>> bare_key("Bearer sk-1234\n"), bare_key("export OPENAI_API_KEY='sk-1234'")
    ('sk-1234', 'sk-1234')
    """
    text = pasted(text)
    before = _BEFORE_KEY.match(text)
    return pasted(text[before.end() :]) if before else text


def key_problem(key: str) -> str | None:
    r"""Say why a text cannot be a key, without showing it, or return ``None``.

    >>> key_problem("sk-12\n34")
    'it has a line break in it: copy the key alone, whole and in one line'
    """
    wrong = re.search(r"[^\x21-\x7e]", key)
    if wrong is None:
        return None
    sign = wrong.group()
    what = "a line break" if sign in "\r\n" else "a blank" if sign.isspace() else _sign(sign)
    return f"it has {what} in it: copy the key alone, whole and in one line"


def _sign(sign: str) -> str:
    return f"the sign {sign!r}, which no key has," if sign.isprintable() else f"the invisible sign {sign!r}"


def _no_address(given: object) -> str:
    """Say what is wrong with what was given as an address, without showing what may be secret in it."""
    if not isinstance(given, str):
        return f"is {type(given).__name__}"
    if wrong := _NO_ADDRESS.search(given):
        return "has a backslash in it" if wrong[0] == "\\" else "has a blank in it"
    if any(not sign.isascii() for sign in given):
        return "has a sign in its host that is read in several ways; write the host as it is asked, in plain letters"
    return "lacks 'http://' or 'https://' before it" if is_address(f"http://{given}") else "is none"


def _without_secrets(url: str) -> str:
    """Return an address without the user, password and query that may stand in it."""
    shown = re.sub(r"//[^/?#]*@", "//…@", url)
    return re.sub(r"\?.*", "?…", shown)
