"""Endpoints that mean harm: what they ask for and send is bounded on each transport."""

from __future__ import annotations

import asyncio
import copy
import gzip
import pickle
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

import synth_widgets as sw
from synth_widgets.engine import engine
from synth_widgets.errors import AccessError, CallError, ModelError, UnreachableError
from synth_widgets.llm.adaptive import CLOSED, WINDOW, AdaptiveLimit
from synth_widgets.llm.completer import Request
from synth_widgets.llm.concurrency import Gate
from synth_widgets.llm.connect import completer_for
from synth_widgets.llm.pricing import may_bill, price_for
from synth_widgets.llm.providers import endpoint_of, is_loopback
from synth_widgets.llm.transports.attempt import Waits
from synth_widgets.llm.transports.failures import asked_wait
from synth_widgets.model import Model
from tests.hostile import Behave, Hostile, flooding, head, refusing

pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
ASK = Request([{"role": "user", "content": "Label this"}])
WAITS = Waits(tries=1, first=0.01, connect=5.0, silence=20.0, total=30.0, patient=False)
TRANSPORTS = ("openai/any", "anthropic/any", "xinference/any", "bedrock/any", "azure/any")
HERE = (
    "127.1 0x7f000001 0x7F.1 2130706433 0177.0.0.1 127.0.0.1. [::1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::1%25lo] "
    "localhost. LOCALHOST api.localhost 0.0.0.0 0 [::] ip6-localhost LocalHost.LocalDomain"
).split()
ELSEWHERE = "127.0.0.1.example.org localhost.example.org 128.0.0.1 10.0.0.1 1.2.3.4 api.openai.com notlocalhost".split()


def model(name: str, base: str) -> Model:
    params = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "s" * 20, "aws_region_name": "us-east-1"}
    told = params if name.startswith("bedrock") else {"api_version": "2024-10-21"} if name.startswith("azure") else {}
    return Model(name, api_base=base, api_key="sk-Zq81mMxVb7Xy0pLw", **told)


def ask(name: str, behave: Behave, on_text: Callable[[str], None] | None = None, waits: Waits = WAITS) -> Any:
    with Hostile(behave) as endpoint:
        return asked(model(name, endpoint.url), ASK, on_text, waits)


def asked(model: Model, request: Request, on_text: Callable[[str], None] | None = None, waits: Waits = WAITS) -> Any:
    completer = completer_for(model)
    completer.waits = waits  # type: ignore[attr-defined]

    async def complete() -> Any:
        try:
            return await completer.complete(request, on_text)
        finally:
            await completer.close()

    return engine().call(complete)


@pytest.mark.parametrize("name", TRANSPORTS)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_without_end_is_cut_off(name: str, stream: bool, packed: bool) -> None:
    chunk, how = (gzip.compress(b" " * 2**24), ["Content-Encoding: gzip"]) if packed else (b"  " * 2**15, [])
    with pytest.raises(CallError, match=r"more than 8 MiB|Checksum"):
        ask(name, flooding(chunk, 400, *how), (lambda _: None) if stream else None)


@pytest.mark.parametrize("name", ["xinference/any", "azure/any"])
def test_an_answer_packed_as_nobody_asked_for_is_not_unpacked(name: str) -> None:
    with pytest.raises(UnreachableError, match="compressed as 'zstd'"):
        ask(name, flooding(b"x" * 100, 1, "Content-Encoding: zstd"))


@pytest.mark.parametrize("name", ["openai/any", "anthropic/any"])
def test_a_stream_of_nothing_is_no_answer(name: str) -> None:
    with pytest.raises(UnreachableError):
        ask(name, flooding(b"", 1), lambda _: None)


@pytest.mark.parametrize("name", TRANSPORTS[:3])
def test_signs_of_life_for_ever_end_when_the_time_is_over(name: str) -> None:
    quick = Waits(tries=1, silence=20.0, total=1.5, patient=False)
    with pytest.raises(UnreachableError, match="did not answer in time"):
        ask(name, flooding(b": still here\n\n", 10**6, pause=0.05), lambda _: None, quick)


@pytest.mark.parametrize(
    "body",
    [b"[" * 10**5, b'{"choices": [{"index": ' + b"9" * 10**6 + b"}]}", b'{"error": {"code": "' + b"9" * 5000 + b'"}}'],
    ids=["nested", "digits", "a code of digits"],
)
@pytest.mark.parametrize("name", ["openai/any", "anthropic/any", "xinference/any"])
def test_odd_json_is_an_error_of_the_endpoint(name: str, body: bytes) -> None:
    with pytest.raises(CallError):
        ask(name, flooding(body, 1))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "9" * 30}, 1e9),
        ({"Retry-After": "9" * 5000}, 1e9),
        ({"retry-after-ms": "9" * 30}, 1e6),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, 1e9),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "NaN"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "Fri, 99 Foo 99999999999 99:99:99"}, None),
        ({"Retry-After": "," * 10**5}, None),
    ],
)
def test_what_an_endpoint_asks_to_wait_is_a_number_or_nothing(headers: Mapping[str, str], seconds: object) -> None:
    assert asked_wait(headers, now=1.7e9) == seconds


def test_whatever_an_endpoint_asks_a_model_is_closed_for_two_minutes_at_most() -> None:
    limit = AdaptiveLimit(64)
    for _ in range(2 * WINDOW):
        limit.refused(limit.begin(0.0), 1.0, 999_999_999.0)
    assert 1.0 < limit.closed_until <= 1.0 + CLOSED


def test_a_wait_of_years_is_told_and_not_waited_for() -> None:
    with pytest.raises(UnreachableError, match="asks to wait 999999999 s; resume asks it at once"):
        ask("openai/any", refusing("Retry-After: 999999999"), waits=Waits(tries=4, patient=True))


async def test_a_persons_wish_opens_what_an_endpoint_closed_and_ends_what_waits() -> None:
    gate = Gate(4)
    resting = asyncio.create_task(gate.rest(3600))
    for _ in range(2 * WINDOW):
        gate.refused(gate.begin(), 3600.0)
    assert gate.closed_for > 60
    assert not gate.try_enter()
    waiting = asyncio.create_task(gate.enter(first=False))
    await asyncio.sleep(0)
    gate.probe()
    async with asyncio.timeout(5):
        await asyncio.gather(resting, waiting)


def test_resume_asks_at_once_what_waits(open_studio: Any) -> None:
    calls = 0

    async def behave(writer: asyncio.StreamWriter, _: bytes) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            writer.write(head(429, "Retry-After: 100") + b'{"error": {"message": "too many"}}')
        else:
            writer.write(head() + b'{"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}')

    with Hostile(behave) as endpoint:
        studio = open_studio(Model("openai/any", api_base=endpoint.url), sw.Task("Greeter", "Greet."))
        studio.add_samples([{"input": "I am Ada."}], status="pending")
        job = studio.generate_outputs()
        for _ in range(600):
            if "asks to wait" in (job.progress.waiting or ""):
                break
            engine().call(lambda: asyncio.sleep(0.02))
        assert "asks to wait 1" in job.progress.waiting
        studio.resume()
        assert job.wait(30).added == 1


@pytest.mark.parametrize("host", HERE)
def test_this_machine_is_known_in_every_spelling(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"http://{host}:8000/v1"
    assert is_loopback(url)
    assert price_for(Model("openai/any", api_base=url)).source == "runs on this machine"  # type: ignore[union-attr]
    assert not may_bill(Model("openai/any", api_base=url))


@pytest.mark.parametrize("host", ELSEWHERE)
def test_other_machines_are_not_taken_for_this_one(host: str) -> None:
    assert not is_loopback(f"http://{host}:8000/v1")


@pytest.mark.parametrize("name", TRANSPORTS)
def test_no_proxy_is_asked_for_another_spelling_of_this_machine(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
    with Hostile(refusing()) as endpoint, Hostile(refusing()) as proxy:
        for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(variable, f"http://me:hunter2secret@127.0.0.1:{proxy.port}")
        with pytest.raises(CallError) as caught:
            asked(model(name, f"http://0x7f000001:{endpoint.port}"), ASK)
        assert "hunter2" not in str(caught.value)
        assert proxy.came == []
        assert len(endpoint.came) == 1


@pytest.mark.parametrize(
    "base",
    "http://%31%32%37.0.0.1/v1 http://１２７.0.0.1/v1 http://127。0。0。1/v1 http://ⓛocalhost/v1 "
    "http://api.example\\@127.0.0.1/v1 http://127.0.0.1:80:90/v1".split(),
)
def test_an_address_that_is_read_in_several_ways_is_refused(base: str) -> None:
    with pytest.raises(ModelError, match="api_base= is an address"):
        Model("openai/any", api_base=base)


@pytest.mark.parametrize("name", ["replicate/any", "bytez/any"])
def test_a_prompt_goes_nowhere_but_to_the_address_that_was_given(name: str) -> None:
    with Hostile(refusing()) as endpoint:
        given = Model(name, api_base=endpoint.url, api_key="sk-Zq81mMxVb7Xy0pLw")
        with pytest.raises(AccessError, match=r"would send this to api\.\w+\.com, not to http://127\.0\.0\.1:\d+"):
            asked(given, Request([{"role": "user", "content": "A long-winded question"}]))


def test_no_key_is_in_a_pickle_and_a_copy_keeps_it() -> None:
    asked = Model("openai/any", api_base="http://localhost:1/v1", api_key="sk-Zq81mMxVb7Xy0pLw")
    endpoint = endpoint_of(asked)
    assert b"Zq81" not in pickle.dumps(endpoint)
    assert pickle.loads(pickle.dumps(endpoint)).key is None  # noqa: S301 - our own
    assert copy.deepcopy(endpoint).key == copy.copy(endpoint).key == asked.api_key == copy.deepcopy(asked).api_key
    for holder in (asked, completer_for(asked)):
        with pytest.raises(TypeError, match="not pickled, because its key would be in it"):
            pickle.dumps(holder)


async def test_a_persons_own_httpx_is_left_alone() -> None:
    async def packed(writer: asyncio.StreamWriter, _: bytes) -> None:
        writer.write(head(200, "Content-Encoding: gzip", "Set-Cookie: a=b") + gzip.compress(b'{"a": 1}'))

    with pytest.raises(CallError):
        await asyncio.to_thread(ask, "azure/any", refusing())
    with Hostile(packed) as endpoint:
        async with httpx.AsyncClient() as client:
            answer = await client.get(endpoint.url)
            assert (answer.json(), dict(client.cookies)) == ({"a": 1}, {"a": "b"})
