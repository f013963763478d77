"""What an endpoint's refusal means: whether to try again, after how long, and which error to raise. Pure."""

from __future__ import annotations

import email.utils
import itertools
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from synth_widgets.errors import (
    AccessError,
    CallError,
    ModelGoneError,
    ModeRefusedError,
    RequestRefusedError,
    UnreachableError,
)
from synth_widgets.llm.completer import Mode
from synth_widgets.llm.providers import is_loopback
from synth_widgets.llm.transports.openai_format import error_fields, failed_generation
from synth_widgets.llm.transports.reading import NoAnswerError, StreamError

_PASSING = {408, 409, 425, 429}
_TOO_MUCH = {429, 503, 529}
_INVALID = {400, 422}
_BROKEN = {500, 501}
"""What servers answer that stumble over a part of a request, such as a schema."""
_BUSY = re.compile(r"overload|unavailable|try again|capacity|rate limit|too many", re.IGNORECASE)
"""What they say of themselves, not of the request; litellm makes such an answer of Anthropic's 529."""
_SHOWN = 300
_FORMAT_WORDS = re.compile(
    r"response_?(format|mime_?type|(json_?)?schema)|json_?(schema|object)|output_?(format|config)|input_schema|"
    r"\bschemas?\b|additionalProperties|structured|guided|grammar|json mode",
    re.IGNORECASE,
)
_MODE_WORDS: Mapping[Mode, re.Pattern[str]] = {
    "json_schema": _FORMAT_WORDS,
    "tools": re.compile(rf"\btools?\b|tool[_ -]?(choice|call|use)|function|{_FORMAT_WORDS.pattern}", re.IGNORECASE),
    "json_object": _FORMAT_WORDS,
}
"""What a refusal speaks of that is about the structured output mode."""
_NOT_MADE = re.compile(r"support|implement|requires? --|not enabled", re.IGNORECASE)
"""How servers say in a 500 that they cannot do what was asked: it will not pass."""
_TOO_LONG = re.compile(r"context[_ ](length|window|size)|maximum context|(prompt|input) is too long", re.IGNORECASE)
"""What a request that is too long is told, sometimes with a count of the tokens in its functions."""
_TOO_LARGE = re.compile(r"request (is )?too large|tokens must be reduced", re.IGNORECASE)
"""What a request is told that is larger than all that may be asked for in a minute: no wait helps it."""
_LIMIT = re.compile(
    r"\blimit\W{0,3}(\d[\d,_]{0,15})\b.{0,80}?\brequested\W{0,3}(\d[\d,_]{0,15})", re.IGNORECASE | re.DOTALL
)
"""How OpenAI and Groq tell the limit of a minute, and what the request would have taken of it."""
_NO_KEY = re.compile(r"API key not valid|API_KEY_INVALID", re.IGNORECASE)
"""Google says of a wrong key that the request is invalid."""
_NO_BALANCE = re.compile(r"credit balance is too low", re.IGNORECASE)
"""Anthropic says of an empty account that the request is invalid, too."""
_FILTERED = re.compile(r"content[_ ]filter|requires moderation|\bflagged\b", re.IGNORECASE)
"""How a request is refused for what it, or its answer, says: Azure's code, Anthropic's words, OpenRouter's."""
_RETRY_DELAY = re.compile(r'"retryDelay"\s*:\s*"(\d{1,9}(?:\.\d{0,9})?)s"')
"""Where Google says how long to wait: in the body, as ``google.rpc.RetryInfo``."""
_LONGEST_DATE = 64
_FOR_EVER = 1e9
"""Seconds that are as good as any above."""
_NO_CREDIT = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
_MASKED = re.compile(r"(?<![\w-])[\w-]*+(?:\*{3,}+[\w-]*+)+")
"""A word with three asterisks or more in a row; two are Markdown's, or Python's.

No part of a word is tried as the beginning of one: a page of nonsense takes no time."""
_NOT_TAKEN = re.compile(
    r"unsupported|not support|n't support|unknown|unrecognized|not permitted|extra_forbidden|deprecated"
)

_GONE_CODES = {"model_not_found", "model_not_available", "model_decommissioned", "model_deprecated", "invalid_model"}
"""OpenAI and Cerebras; Together; Groq; Mistral and Perplexity. Some of them come with a 400."""
_GONE_WORDS = re.compile(
    r"\bmodels?\b.{0,200}?(not (be )?found|not exist|no longer|deprecated|decommissioned|retired|removed|discontinued|"
    r"not available|unavailable|shut ?down|end of life)|\b(no such|unknown|invalid) model\b|no endpoints found for",
    re.IGNORECASE | re.DOTALL,
)
"""What is said of a model that is not there. An address that is wrong gets words that speak of no model."""
_NOT_EXIST = re.compile(r"\bmodel not exist\b|is not a valid model", re.IGNORECASE)
"""How DeepSeek and OpenRouter say it, with a 400. Other words are not looked at there: a 400 is about anything."""
_NAMES_MODEL = re.compile(r"\s*model:", re.IGNORECASE)
"""How Anthropic's ``not_found_error`` names a model that it does not have; it says nothing else."""

_ADVICE = {404: "Check the model's name, and api_base= if you set it: it usually ends in /v1."}
REDIRECTED = "It redirects; give the final address as api_base= of sw.Model."


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one attempt brought no answer.

    Attributes:
        error: what to raise if this was the last attempt.
        again: whether another attempt may succeed.
        after: seconds that the endpoint asks to wait, or ``None``.
        why: a few words for a person, such as ``"429"`` or ``"connection lost"``.
        param: the sampling parameter that the endpoint does not take, if that is the reason.
        tries: attempts at most, where fewer than usual make sense.
        salvage: text that the endpoint hands back inside its refusal.
        is_refusal: whether the endpoint refused because it had too much to do.
        is_passing: whether it says nothing of this request: the endpoint is busy, broken or away.
        unexplained: whether the words do not say what was refused; it may be how the request was asked.
    """

    error: CallError
    again: bool = False
    after: float | None = None
    why: str = ""
    param: str | None = None
    tries: int | None = None
    salvage: str | None = None
    is_refusal: bool = False
    is_passing: bool = False
    unexplained: bool = False


@dataclass(frozen=True, slots=True)
class Address:
    """Where a call went, in words that may be shown: no key, no credentials of an address.

    Attributes:
        shown: the endpoint's address without user, password and query.
        model: the model as the person wrote it.
        key_source: how to give a key, such as ``"the environment variable OPENAI_API_KEY"``.
        has_key: whether a key was sent.
        default: a model that is taken there when nobody chose one, as it would be written, or ``None``.
    """

    shown: str
    model: str
    key_source: str
    has_key: bool
    default: str | None = None


class TooLargeError(Exception):
    """An endpoint sent more bytes for one answer than are read."""


class AstrayError(Exception):
    """What is asked was to go to another host than the one that was given."""


class OddEncodingError(Exception):
    """An answer is compressed in a way that nobody asked for."""


def from_status(
    status: int, headers: Mapping[str, str], text: str, address: Address, *, mode: Mode, sent: Iterable[str]
) -> Failure:
    """Read an answer whose status says that it is none.

    Args:
        status: the HTTP status.
        headers: the answer's headers, found without regard to case.
        text: the answer's body, with every key already taken out (see `redacted`).
        address: where the call went.
        mode: how the request asked for JSON; ``text`` if it did not.
        sent: the names of the sampling parameters that were sent.
    """
    fields = error_fields(text)
    said = str(fields.get("message") or text.strip() or "no reason given")[:_SHOWN]
    code = str(fields.get("code") or fields.get("type") or "")
    stop = "" if said.endswith((".", "!", "?")) else "."
    told = f"{address.shown} answered {status} for {address.model!r}: {said}{stop}"
    known = _by_words(status, fields, told, address, mode)
    if known is not None:
        return known
    if status in _PASSING or status >= 500:
        after = asked_wait(headers, time.time(), text)
        much = status in _TOO_MUCH
        return Failure(
            UnreachableError(told),
            again=True,
            after=after,
            why=str(status),
            is_refusal=much,
            is_passing=much,
            unexplained=status in _BROKEN and not _BUSY.search(said),
        )
    is_gone = _is_gone(status, {code, str(fields.get("type"))}, said)
    advice = _advice(401 if status == 400 and _NO_KEY.search(text) else 404 if is_gone else status, address)
    if advice is not None:
        kind, instead = (ModelGoneError, _default_there(address)) if is_gone else (AccessError, "")
        return Failure(kind(f"{told} {advice}{instead}"))
    unexplained = status in _INVALID and not _TOO_LONG.search(said)
    return Failure(RequestRefusedError(told), param=_not_taken(text, fields, sent), unexplained=unexplained)


def _by_words(status: int, fields: Mapping[str, object], told: str, address: Address, mode: Mode) -> Failure | None:
    """Read a refusal whose words say more than its status, or return ``None``."""
    code, said = str(fields.get("code") or fields.get("type") or ""), str(fields.get("message") or told)[: 2 * _SHOWN]
    if code in _NO_CREDIT or status == 402 or (status == 400 and _NO_BALANCE.search(said)):
        return Failure(AccessError(f"{told} The account behind {address.key_source} has no credit left for this."))
    if status in {400, 403} and _FILTERED.search(f"{said} {code}"):
        return Failure(RequestRefusedError(f"the provider's content filter kept the answer back: {told}"))
    if (generation := failed_generation(fields)) is not None:
        return Failure(RequestRefusedError(told), salvage=generation)
    if _is_about(mode, status, f"{said} {code} {fields.get('param')}"):
        return Failure(ModeRefusedError(told))
    if (status in _PASSING or status >= 500) and _is_too_large(said):
        return Failure(RequestRefusedError(told))
    return None


def _is_too_large(said: str) -> bool:
    """Whether a refusal with a passing status is about the request itself: no wait makes it smaller.

    >>> _is_too_large("on tokens per min: Limit 6000, Requested 7425"), _is_too_large("Limit 6000, Requested 12")
    (True, False)
    """
    if _TOO_LARGE.search(said) or _TOO_LONG.search(said):
        return True
    told = _LIMIT.search(said)
    return told is not None and int(re.sub(r"\D", "", told[2])) > int(re.sub(r"\D", "", told[1]))


def _advice(status: int, address: Address) -> str | None:
    """Say what to do where every further call would fail too, or return ``None``."""
    if status in {401, 403}:
        sent_key = f"The key was sent and not accepted: check {address.key_source}."
        return sent_key if address.has_key else f"No key was sent: set {address.key_source}."
    return _ADVICE.get(status) or (REDIRECTED if 300 <= status < 400 else None)


def _default_there(address: Address) -> str:
    """Name the model that is taken there when nobody chose one, if it is another."""
    if address.default in {None, address.model}:
        return ""
    return f" {address.default!r} is what is taken there when no model is given."


def _is_about(mode: Mode, status: int, said: str) -> bool:
    """Whether a refusal is about the structured output mode."""
    words = _MODE_WORDS.get(mode)
    if words is None or not words.search(said) or _TOO_LONG.search(said):
        return False
    return status in {400, 404, 422} or (status in {500, 501} and _NOT_MADE.search(said) is not None)


def _is_gone(status: int, codes: Iterable[str], said: str) -> bool:
    """Whether a refusal says that the model is not there, or no longer; not one that speaks of an address or a key.

    >>> _is_gone(404, {"not_found_error"}, "model: claude-2.0"), _is_gone(404, set(), "404 page not found")
    (True, False)
    """
    if status in {404, 410}:
        by_name = "not_found_error" in codes and _NAMES_MODEL.match(said) is not None
        return by_name or not _GONE_CODES.isdisjoint(codes) or _GONE_WORDS.search(said) is not None
    return status in {400, 422} and (not _GONE_CODES.isdisjoint(codes) or _NOT_EXIST.search(said) is not None)


def _not_taken(text: str, fields: Mapping[str, object], sent: Iterable[str]) -> str | None:
    """Return the sampling parameter that a refusal speaks of, if it says that the endpoint does not take it."""
    if not _NOT_TAKEN.search(text.lower()):
        return None
    names = sorted(sent, key=len, reverse=True)
    if fields.get("param") in names:
        return str(fields["param"])
    return next((name for name in names if re.search(rf"\b{re.escape(name)}\b", text)), None)


def from_exception(error: Exception, shown: str, *, key: str | None = None) -> Failure | None:
    """Read what a connection raised; ``None`` for what is none of its failures.

    Args:
        error: raised by aiohttp, the system, or the reading of the answer.
        shown: the endpoint's address, for a person.
        key: the key that was sent, which the endpoint's words may not carry on.
    """
    if isinstance(error, StreamError):
        return _from_stream(error, shown, key)
    if isinstance(error, NoAnswerError):
        if error.is_json:
            return Failure(UnreachableError(f"{shown}: {error}."), again=True, why="no answer", tries=3)
        hint = "Check api_base=: it usually ends in /v1."
        told = f"{shown} answered with something that is no chat completion: {error}. {hint}"
        return Failure(AccessError(told), again=True, why="no chat completion", tries=1, is_passing=True)
    return _out_of_bounds(error, shown) or from_connection(error, shown)


def _out_of_bounds(error: Exception, shown: str) -> Failure | None:
    """Say which bound of ours an answer, or a request of litellm's, did not keep; ``None`` for anything else."""
    if isinstance(error, TooLargeError):
        return Failure(RequestRefusedError(f"{shown} sent an answer of more than {error.args[0] // 2**20} MiB."))
    if isinstance(error, AstrayError):
        told = f"litellm would send this to {error.args[0]}, not to {shown}: it takes no api_base= for this provider."
        return Failure(AccessError(f"{told} Nothing was sent. Take api_base= out of sw.Model, or its variable away."))
    if isinstance(error, OddEncodingError):
        told = f"{shown} sent an answer that is compressed as {error.args[0]!r}, which nobody asked for."
        return Failure(UnreachableError(told), again=True, why="an answer in an odd encoding", tries=2)
    return None


def _from_stream(error: StreamError, shown: str, key: str | None) -> Failure:
    said = redacted(str(error), key)[:_SHOWN]
    told = f"{shown} broke off with an error: {said}"
    if error.generation is not None:
        return Failure(RequestRefusedError(told), salvage=error.generation)
    if (error.status in _PASSING or error.status >= 500) and not _is_too_large(said):
        unexplained = error.status in _BROKEN and not _BUSY.search(said)
        return Failure(UnreachableError(told), again=True, why="error in the answer", unexplained=unexplained)
    unexplained = error.status in _INVALID and not _TOO_LONG.search(said)
    return Failure(RequestRefusedError(told), unexplained=unexplained)


def from_connection(error: BaseException, shown: str) -> Failure | None:
    """Read what aiohttp or the system raised; ``None`` for anything else."""
    import aiohttp

    if isinstance(error, aiohttp.InvalidURL):
        return Failure(AccessError(f"{shown} is not an address: check api_base=."))
    if isinstance(error, aiohttp.ClientSSLError):
        return Failure(AccessError(f"{shown} cannot prove its identity (TLS certificate)."))
    if not isinstance(error, aiohttp.ClientError | OSError):
        return None
    told, why, tries = f"The connection to {shown} broke ({type(error).__name__}).", "connection lost", None
    if isinstance(error, TimeoutError):
        told, why = f"{shown} did not answer in time.", "no answer in time"
    elif isinstance(error, aiohttp.ClientConnectorError):
        told, why = f"{shown} cannot be reached: {error.os_error.strerror or error.os_error}.", "no connection"
        if is_loopback(shown):
            told, tries = f"{told} Is it running?", 2
    return Failure(UnreachableError(told), again=True, why=why, tries=tries, is_passing=why == "no connection")


def asked_wait(headers: Mapping[str, str], now: float, text: str = "") -> float | None:
    """Return the seconds that a refusal asks to wait, from ``retry-after-ms``, ``Retry-After`` or Google's words.

    Args:
        headers: the answer's headers; ``Retry-After`` holds seconds or an HTTP date.
        now: seconds since the epoch, against which a date is measured.
        text: the answer's body.

    >>> asked_wait({"Retry-After": "1.5"}, now=0.0)
    1.5
    >>> asked_wait({"Retry-After": "Thu, 01 Jan 1970 00:00:20 GMT"}, now=5.0)
    15.0
    >>> asked_wait({}, now=0.0, text='{"error": {"details": [{"retryDelay": "37s"}]}}')
    37.0
    """
    found = {name.lower(): value.strip() for name, value in headers.items()}
    if (seconds := _number(found.get("retry-after-ms"))) is not None:
        return seconds / 1000
    asked = found.get("retry-after")
    if (seconds := _number(asked)) is not None:
        return seconds
    if asked is None:
        return float(said[1]) if (said := _RETRY_DELAY.search(text)) else None
    try:
        return min(max(0.0, email.utils.parsedate_to_datetime(asked[:_LONGEST_DATE]).timestamp() - now), _FOR_EVER)
    except (ValueError, OverflowError, TypeError, LookupError, OSError):
        return None


def _number(value: str | None) -> float | None:
    if value is None or not re.fullmatch(r"[0-9]+(\.[0-9]*)?", value):
        return None
    return min(float(value), _FOR_EVER)


def redacted(text: str, *keys: str | None) -> str:
    """Take keys out of an endpoint's words, whole, shortened or masked with asterisks.

    >>> redacted("Incorrect API key provided: sk-12***cd.", "sk-1234abcd")
    'Incorrect API key provided: ….'
    """
    for key in filter(None, keys):
        text = _without(text, key)
    return _MASKED.sub("…", text)


_SECRET = 8
"""Characters from which on a key is taken out wherever it stands; a shorter one, or a plain word, as a whole word."""
_MARKS = (16, 12, _SECRET)
"""Characters of a key's beginning, or end, by which it is known."""
_SHORTENED = re.compile(r"(?<![\w-])([\w-]*+)(?:…|\.{2,}+)([\w-]*+)")
_LEAST_SHOWN = 3
"""Characters of a key beside the dots that stand for the others."""


def _without(text: str, key: str) -> str:
    """Take a key and parts of it out of a text, and no word that only looks a little like it."""
    if len(key) < _SECRET or not _is_mark(key):
        return re.sub(rf"(?<!\w){re.escape(key)}(?!\w)", "…", text)
    text = text.replace(key, "…")
    for size in _MARKS:
        if len(key) < size + _LEAST_SHOWN:
            continue
        if _is_mark(begin := key[:size]):
            text = re.sub(rf"(?<![\w-]){re.escape(begin)}[\w*.…-]*+", "…", text)
        if _is_mark(end := key[-size:]):
            text = re.sub(rf"{re.escape(end)}(?![\w-])", "…", text)

    def shortened(found: re.Match[str]) -> str:
        begins = len(found[1]) >= _LEAST_SHOWN and key.startswith(found[1])
        ends = len(found[2]) >= _LEAST_SHOWN and key.endswith(found[2])
        return "…" if begins or ends else found[0]

    return _SHORTENED.sub(shortened, text)


def _is_mark(part: str) -> bool:
    """Whether a part of a key is no word: letters and digits are mixed, or capitals and small letters are."""
    letters = [sign for sign in part if sign.isalpha()]
    has_digits = any(sign.isdigit() for sign in part)
    inside = any(a.islower() and b.isupper() for a, b in itertools.pairwise(part))
    return bool(letters) and (has_digits or inside)
