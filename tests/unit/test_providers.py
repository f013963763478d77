"""A whole studio over each kind of provider; which model is taken when nobody gave one; what studios share."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import synth_widgets as sw
from synth_widgets.errors import ModelError, RunStoppedError
from synth_widgets.llm import litellm_package
from synth_widgets.llm import local_servers as servers
from synth_widgets.llm.providers import PROVIDERS, endpoint_of
from synth_widgets.studio.chosen_models import Completers
from synth_widgets.studio.default_model import choosing
from synth_widgets.testing import ScriptedCompleter
from synth_widgets.widget import rows
from tests.anthropic_endpoint import AnthropicEndpoint
from tests.gemini_endpoint import GeminiEndpoint
from tests.loopback import Loopback
from tests.ports import bound_socket
from tests.tasks import TICKETS, TRIAGE, until

# litellm's own warnings, at imports that it makes when it needs them: nothing that we could mend.
pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

KINDS: dict[str, tuple[type[Loopback], str]] = {
    "anthropic": (AnthropicEndpoint, "anthropic/claude-haiku-4-5"),
    "gemini": (GeminiEndpoint, "gemini/gemini-3.5-flash-lite"),
}
SECRET = "sk-ant-Zq81mMxVb7Xy0pLw"


@pytest.fixture(scope="module")
def _litellm() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        litellm_package.load("anthropic/claude-haiku-4-5")


@pytest.mark.usefixtures("_litellm")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("refuses", [False, True], ids=["schema", "text"])
def test_a_studio_grows_over_every_kind_of_provider(
    kind: str, refuses: bool, open_studio: Callable[..., sw.Studio], own_folder: Path
) -> None:
    server, name = KINDS[kind]
    with server(key=SECRET) as endpoint:
        if refuses:
            endpoint.fail("refuse_schema")
        model = sw.Model(name, api_base=endpoint.url, api_key=SECRET)
        studio = open_studio(model, TICKETS, path=own_folder / "s.synth")
        result = studio.grow(topics=2, samples=3).wait(60)
        assert (result.added, result.failed) == (6, 0)
        assert result.usage.prompt_tokens > 0 < result.usage.completion_tokens
        samples = list(studio.samples)
        assert {sample.status for sample in samples} == {"draft"}
        assert all(isinstance(sample.output["reply"], str) for sample in samples)
        assert studio.keep([sample.id for sample in samples]) == {}
        assert set(studio.to_pandas()["model"]) == {name}
        told = repr(studio) + repr(studio.jobs) + repr(samples)
        studio.close()
    files = b"".join(path.read_bytes() for path in own_folder.iterdir())
    assert SECRET not in told
    assert not any(SECRET[at : at + 8].encode() in files for at in range(len(SECRET) - 7))


@pytest.mark.usefixtures("_litellm")
@pytest.mark.parametrize("kind", KINDS)
def test_the_first_item_of_a_streamed_answer_is_a_row_before_the_answer_ends(
    kind: str, open_studio: Callable[..., sw.Studio]
) -> None:
    server, name = KINDS[kind]
    with server(chunk_delay=0.03) as endpoint:
        studio = open_studio(sw.Model(name, api_base=endpoint.url, api_key=endpoint.key))
        job = studio.generate_inputs(n=8)
        until(lambda: len(studio.samples) > 0)
        assert len(studio.samples) < 8
        assert endpoint.in_flight == 1
        job.cancel()
        job.wait(10)


@pytest.mark.usefixtures("_litellm")
@pytest.mark.parametrize("kind", KINDS)
def test_a_job_is_cancelled_within_half_a_second(kind: str, open_studio: Callable[..., sw.Studio]) -> None:
    server, name = KINDS[kind]
    took = []
    with server(latency=30) as endpoint:
        studio = open_studio(sw.Model(name, api_base=endpoint.url, api_key=endpoint.key))
        for number in range(1, 4):
            job = studio.generate_inputs(n=2)
            until(lambda number=number: len(endpoint.bodies) == number)
            began = time.perf_counter()
            job.cancel()
            assert job.wait(10).stopped
            took.append(time.perf_counter() - began)
    assert min(took) < 0.5


@pytest.mark.usefixtures("_litellm")
def test_studios_of_one_model_share_its_limit_and_its_connections(open_studio: Callable[..., sw.Studio]) -> None:
    with AnthropicEndpoint(latency=0.05) as endpoint:
        model = sw.Model("anthropic/claude-x", api_base=endpoint.url, api_key=endpoint.key, concurrency=4)
        studios = [open_studio(model) for _ in range(2)]
        jobs = [studio.grow(depth=0, samples=12) for studio in studios]
        assert [job.wait(30).added for job in jobs] == [12, 12]
        assert endpoint.peak == 4
        assert len(endpoint.connections) == 4


def test_a_wrong_key_stops_the_run_and_names_the_variable(
    open_studio: Callable[..., sw.Studio], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    studio = open_studio("anthropic/claude-haiku-4-5")
    with pytest.raises(RunStoppedError, match="ANTHROPIC_API_KEY"):
        studio.grow(depth=0, samples=1).wait(10)


# ------------------------------------------------------------ which model is taken
@contextmanager
def serving(*models: str, silent: bool = False) -> Iterator[str]:
    """A server that lists models as Ollama, LM Studio, vLLM and llamafile do, or accepts and stays silent."""

    class Lists(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if silent:
                time.sleep(2)
            body = json.dumps({"object": "list", "data": [{"id": model, "object": "model"} for model in models]})
            self.send_response(200 if self.path == "/v1/models" else 404)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Lists)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


@pytest.fixture
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key and no server, whatever runs on this machine."""
    for provider in PROVIDERS:
        for name in provider.keys:
            monkeypatch.delenv(name, raising=False)
    with bound_socket() as free:
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    for name in servers.SERVERS:
        monkeypatch.setenv(f"{name.upper()}_API_BASE", nobody)


@pytest.mark.usefixtures("_alone")
def test_without_a_model_the_first_provider_with_a_key_is_taken_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, own_folder: Path
) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "x" * 20)
    monkeypatch.setenv("GROQ_API_KEY", "y" * 20)
    with sw.Studio(TRIAGE, path=":memory:") as studio:
        assert studio.model == "gemini/gemini-3.5-flash-lite"
        assert "gemini/gemini-3.5-flash-lite (GEMINI_API_KEY is set)" in repr(studio)
    monkeypatch.setenv("OPENAI_API_KEY", "z" * 20)
    with sw.Studio(TRIAGE, path=":memory:") as studio:
        assert studio.model == "openai/gpt-6-luna"


@pytest.mark.usefixtures("_alone")
def test_without_a_key_a_server_on_this_machine_is_taken_with_a_model_that_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with serving("nomic-embed-text", "qwen3:8b") as url, serving(silent=True) as silent:
        monkeypatch.setenv("OLLAMA_API_BASE", silent)
        monkeypatch.setenv("LM_STUDIO_API_BASE", url)
        began = time.perf_counter()
        choice = choosing({}).result(2)
        assert time.perf_counter() - began < 1.0
        assert choice.model.name == "lm_studio/qwen3:8b"
        assert "LM Studio answers on this machine" in choice.reason


@pytest.mark.usefixtures("_alone")
def test_with_neither_the_embedded_model_is_taken() -> None:
    with sw.Studio(TRIAGE, path=":memory:") as studio:
        assert studio.model == "local"
        assert "no key is set, and no model server answers on this machine" in repr(studio)


def test_making_a_studio_and_choosing_its_model_loads_neither_litellm_nor_aiohttp(own_folder: Path) -> None:
    code = """
import sys, synth_widgets as sw
for model in (None, "anthropic/claude-haiku-4-5", "openai/gpt-6-luna"):
    studio = sw.Studio(sw.Task("T", "Do it."), path=":memory:", model=model)
    print(studio.model, studio, {"litellm", "aiohttp", "openai"} & set(sys.modules))
    studio.close()
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "PATH": "", "OPENAI_API_KEY": "x" * 20},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("set()") == 3
    assert "openai/gpt-6-luna (OPENAI_API_KEY is set)" in done.stdout


@pytest.mark.usefixtures("_alone")
def test_a_server_elsewhere_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_API_BASE", "http://gpu.example:11434")
    assert servers.answering() == []


@pytest.mark.usefixtures("_alone")
@pytest.mark.usefixtures("_alone")
@pytest.mark.parametrize("address", ["http://localhost:port", "http://[::1", "localhost:1234"])
def test_a_variable_that_holds_no_address_breaks_nothing_before_it_is_used(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LM_STUDIO_API_BASE", address)
    assert choosing({}).result(2).model.name == "local"
    with pytest.raises(ModelError, match="LM_STUDIO_API_BASE must hold an address"):
        endpoint_of(sw.Model("lm_studio/any"))


def test_the_files_last_model_comes_before_any_key(monkeypatch: pytest.MonkeyPatch, own_folder: Path) -> None:
    with sw.Studio(TRIAGE, path=own_folder / "s.synth", model="groq/x"):
        pass
    monkeypatch.setenv("OPENAI_API_KEY", "x" * 20)
    with sw.Studio(path=own_folder / "s.synth") as studio:
        assert studio.model == "groq/x"
        assert "groq/x (the file's last)" in repr(studio)


# ------------------------------------------------------------ what is kept open
async def test_completers_of_models_that_nobody_uses_are_closed() -> None:
    known = Completers()
    mine = ScriptedCompleter()
    one, two = known.of("openai/one"), known.of("openai/two")
    assert known.of("openai/one") is one
    assert known.of(mine) is mine
    await known.keep([sw.Model("openai/one")], used=[])
    assert known.of("openai/one") is one
    assert known.of("openai/two") is not two
    assert known.of(mine) is mine


@pytest.mark.usefixtures("_alone")
def test_the_widget_tells_why_a_model_was_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "y" * 20)
    with sw.Studio(TRIAGE, path=":memory:") as studio:
        assert rows.studio_view(studio._core)["model_reason"] == "GROQ_API_KEY is set"
        studio.set_model("openai/gpt-6-luna")
        assert rows.studio_view(studio._core)["model_reason"] is None
