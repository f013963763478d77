"""What an exception of litellm means, as a `Failure`. Pure; litellm is not imported."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from synth_widgets.errors import AccessError, ModeRefusedError, RequestRefusedError, UnreachableError
from synth_widgets.llm.completer import Mode
from synth_widgets.llm.transports import failures
from synth_widgets.llm.transports.failures import Address, AstrayError, Failure, OddEncodingError, TooLargeError
from synth_widgets.llm.transports.http_session import RedirectedError
from synth_widgets.llm.transports.reading import NoAnswerError, StreamError

_PREFIX = re.compile(r"^(?:litellm\.\w+:\s*|\w+(?:Exception|Error)(?: \w+)*\s*-\s*|\w+Error:\s+)+")
_NOT_INSTALLED = re.compile(r"No module named|pip install")
_NO_CREDENTIALS = re.compile(
    r"(locate|load|find|default|missing) credentials|credentials (were )?not found", re.IGNORECASE
)
_NO_STATUS = {"APIConnectionError", "APIResponseValidationError"}
"""What litellm raises when something breaks inside it; their status is made up."""
_OURS = (StreamError, NoAnswerError, TooLargeError, TimeoutError, ConnectionResetError)
_BOUNDS = (TooLargeError, OddEncodingError, AstrayError)
"""What we raise below litellm, whatever it makes of that."""
_SHOWN = 300
_MOST_READ = 64 * 2**10
"""Characters of an exception's words that are looked at: a provider may answer with any page."""


def from_litellm(
    error: Exception, address: Address, *, mode: Mode, sent: Iterable[str], secrets: Iterable[str | None]
) -> Failure:
    """Read what a call through litellm raised.

    Args:
        error: the exception.
        address: where the call went.
        mode: how the request asked for JSON; ``text`` if it did not.
        sent: the names of the sampling parameters that were sent.
        secrets: keys that may not be carried on in anybody's words.
    """
    causes = list(_causes(error))
    own = error if isinstance(error, _OURS) else next((cause for cause in causes if isinstance(cause, _BOUNDS)), None)
    ours = failures.from_exception(own, address.shown) if own is not None else None
    if ours is not None:
        return ours
    text = failures.redacted(_words(error), *secrets)
    said = _sentence(text)
    if type(error).__name__ == "UnsupportedParamsError":
        return _unsupported(said, address, sent)
    found = _unsent(said, causes, address) or _lost(error, causes, address) or _unread(error, said, address)
    if found is not None:
        return found
    status = getattr(error, "status_code", 500)
    return failures.from_status(status, _headers(error), text, address, mode=mode, sent=sent)


def _unsent(said: str, causes: Iterable[BaseException], address: Address) -> Failure | None:
    """Say why every call would fail before an answer, if that is so."""
    how = f"It takes {address.key_source.rstrip('.')}."
    if any(isinstance(cause, RedirectedError) for cause in causes):
        return Failure(AccessError(f"{address.shown}, asked for {address.model!r}: {failures.REDIRECTED}"))
    if _NOT_INSTALLED.search(said):
        return Failure(AccessError(f"{address.model!r} needs a package that is not installed: {said} {how}"))
    if "Provider NOT provided" in said:
        return Failure(AccessError(f"litellm does not know the provider of {address.model!r}."))
    if _NO_CREDENTIALS.search(said):
        return Failure(AccessError(f"{address.model!r}: {said} {how}"))
    return None


def _unread(error: Exception, said: str, address: Address) -> Failure | None:
    """Say that litellm made nothing of what came, if it has no status of the provider."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and 400 <= status < 600 and type(error).__name__ not in _NO_STATUS:
        return None
    told = f"{address.shown}: litellm cannot read the answer for {address.model!r}: {said}"
    return Failure(UnreachableError(told), again=True, why="no answer", tries=3)


def _causes(error: BaseException | None) -> Iterator[Exception]:
    """Yield the exception and what it came from, the outermost first."""
    seen: set[int] = set()
    queue: list[BaseException | None] = [error]
    while queue:
        cause = queue.pop(0)
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        if isinstance(cause, Exception):
            yield cause
        queue += [cause.__cause__, cause.__context__]


def _unsupported(said: str, address: Address, sent: Iterable[str]) -> Failure:
    """Say what to leave out: of some parameters litellm itself knows that a provider does not take them."""
    told = f"{address.shown}, for {address.model!r}: {said.partition('To drop')[0].strip()}"
    listed = re.search(r"\[(.*?)\]", said)
    names = re.findall(r"[\w]+", listed[1]) if listed else []
    if {"response_format", "tools", "tool_choice"} & set(names):
        return Failure(ModeRefusedError(told))
    return Failure(RequestRefusedError(told), param=next((name for name in names if name in set(sent)), None))


def _lost(error: Exception, causes: Iterable[BaseException], address: Address) -> Failure | None:
    """Say what broke the connection, or ``None`` if that is not it."""
    if type(error).__name__ == "Timeout":
        return failures.from_connection(TimeoutError(), address.shown)
    status = getattr(error, "status_code", 500)
    if isinstance(status, int) and status < 500:
        return None
    found = (failures.from_connection(cause, address.shown) for cause in causes)
    lost = next((failure for failure in found if failure is not None), None)
    if lost is None and any(type(cause).__module__.startswith("httpx") and _is_transport(cause) for cause in causes):
        return failures.from_connection(ConnectionResetError(), address.shown)
    return lost


def _is_transport(cause: BaseException) -> bool:
    return any(kind.__name__ == "TransportError" for kind in type(cause).__mro__)


def _headers(error: Exception) -> Mapping[str, str]:
    """Return the headers of the provider's answer: where litellm puts them, else in the answer that it hands on."""
    response = getattr(error, "response", None)
    found = getattr(error, "litellm_response_headers", None) or getattr(response, "headers", None)
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, Mapping) else {}


def _words(error: Exception) -> str:
    """Return the provider's answer where litellm hands it on, else what litellm says without prefix and traceback."""
    body = getattr(error, "body", None)
    if isinstance(body, Mapping) and body:
        return json.dumps(body, ensure_ascii=False, default=str)
    words = str(getattr(error, "message", "") or error)[:_MOST_READ].partition("\nTraceback")[0].strip()
    return _PREFIX.sub("", words).strip() or type(error).__name__


def _sentence(words: str) -> str:
    words = words[:_SHOWN]
    return words if words.endswith((".", "!", "?")) else f"{words}."
