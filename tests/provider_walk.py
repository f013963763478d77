"""Asks every provider that litellm knows, and each of our own transports, an endpoint that means harm.

Run by `tests.unit.test_every_provider` in a process of its own, because it replaces how names are resolved:
``python -m tests.provider_walk`` prints a line of JSON for each call.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import resource
import socket
import sys
import time
import warnings
from contextvars import ContextVar
from typing import Any

from synth_widgets.errors import CallError, ModelError
from synth_widgets.llm import litellm_package
from synth_widgets.llm.completer import Request
from synth_widgets.llm.connect import completer_for
from synth_widgets.llm.providers import PROVIDERS
from synth_widgets.llm.transports.attempt import Waits
from synth_widgets.model import Model
from tests.hostile import Hostile, flooding, poor, redirecting, refusing

PROMPT, KEY, SECRET, COOKIE = "prompt-Zebra-7731", "sk-walk-Qx81mMxVb7Xy0pLw", "aws-Walk-Yz77kQ", "cookie-Kiwi"
ASK = Request([{"role": "user", "content": f"Say {PROMPT}."}])
WAITS = Waits(tries=1, first=0.01, connect=2.0, silence=4.0, total=6.0, patient=False)
HANGS = 20.0
"""Seconds after which a call has no limit that holds."""
AT_ONCE = 8
HERE = {None, "localhost", "127.0.0.1", "127.0.0.2", "::1"}
PARAMS: dict[str, dict[str, str]] = {
    "bedrock": {"aws_access_key_id": "AKIAWALK", "aws_secret_access_key": SECRET, "aws_region_name": "us-east-1"},
    "azure": {"api_version": "2024-10-21"},
    "watsonx": {"project_id": "walk", "token": KEY},
    "databricks": {},
}
PARAMS["sagemaker"] = PARAMS["bedrock"]

asking: ContextVar[str] = ContextVar("asking", default="")
foreign: dict[str, set[str]] = {}
"""By call, the names of other machines that were looked up."""
_resolve = socket.getaddrinfo


def resolve(host: Any, *args: Any, **kwargs: Any) -> Any:
    """Resolve names of this machine alone, and note the others: nobody else is reached."""
    name = host.decode() if isinstance(host, bytes) else host
    if name in HERE:
        return _resolve(host, *args, **kwargs)
    foreign.setdefault(asking.get(), set()).add(str(name))
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def names() -> list[str]:
    """Return the providers that are asked, the embedded model left out."""
    return sorted(litellm_package.providers() | {provider.name for provider in PROVIDERS})


async def ask(name: str, what: str, base: str, *, stream: bool) -> dict[str, Any]:
    """Ask one provider; return what became of it."""
    params = next((told for begin, told in PARAMS.items() if name.startswith(begin)), {})
    params = {key: value for key, value in params.items() if key != "token"}
    asking.set(call := f"{name} {what} {'stream' if stream else 'whole'}")
    began, text = time.perf_counter(), ""
    try:
        completer = completer_for(Model(f"{name}/any-{name}", api_base=base, api_key=f"{KEY}-{name}", **params))
        completer.waits = WAITS  # type: ignore[attr-defined]
        async with asyncio.timeout(HANGS):
            text = (await completer.complete(ASK, (lambda _: None) if stream else None)).text
        end = "answer"
    except (CallError, ModelError) as error:
        end = f"{type(error).__name__}: {error}"[:300]
    except BaseException as error:  # noqa: BLE001 - what slips through is what is looked for
        end = f"RAW {type(error).__name__}: {error}"[:300]
    return {"call": call, "end": end, "text": len(text), "seconds": time.perf_counter() - began}


async def walk(whats: list[str], only: list[str]) -> None:
    """Ask all of them, some at once, and print what became of it."""
    with (
        Hostile(poor, "127.0.0.2") as other,
        Hostile(redirecting(307, f"{other.url}/steal")) as moved,
        Hostile(redirecting(301, f"{other.url}/steal")) as gone,
        Hostile(flooding(b"  " * 2**15, 320, f"Set-Cookie: it={COOKIE}; Path=/")) as flood,
        Hostile(refusing("Retry-After: 999999999")) as busy,
    ):
        bases = {"307": moved, "301": gone, "blanks": flood, "429": busy}
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(name: str, what: str, *, stream: bool) -> None:
            async with turn:
                print(json.dumps(await ask(name, what, bases[what].url, stream=stream)), flush=True)  # noqa: T201

        calls = [(name, what, stream) for what in whats for name in only or names() for stream in (False, True)]
        began = asyncio.get_running_loop().create_task(_longest_hold())
        await asyncio.gather(*(one(name, what, stream=stream) for name, what, stream in calls))
        began.cancel()
        told = {
            "other": [_shown(came) for came in other.came],
            "came": sum(len(each.came) for each in bases.values()),
            "cookies": sum(COOKIE.encode() in came for each in bases.values() for came in each.came),
            "foreign": {call: sorted(hosts) for call, hosts in foreign.items()},
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "hold": _hold,
        }
        print(json.dumps(told), flush=True)  # noqa: T201


_hold = 0.0


async def _longest_hold() -> None:
    """Note for how long the loop did nothing else."""
    global _hold  # noqa: PLW0603 - one walk a process
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.01)
        _hold = max(_hold, time.perf_counter() - began)


def _shown(came: bytes) -> str:
    secrets = [secret for secret in (PROMPT, KEY, SECRET, COOKIE) if secret.encode() in came]
    return f"{came[:60]!r} with {secrets}"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    socket.getaddrinfo = resolve  # type: ignore[assignment]
    litellm_package.load("xinference/any")
    asyncio.run(walk(sys.argv[1].split(","), sys.argv[2:]))
    sys.stdout.flush()
    os._exit(0)  # whatever threads are left
