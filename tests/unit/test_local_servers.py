"""What answers on this machine is anybody's: what it says is bounded and checked, and who it is, is said first."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import synth_widgets as sw
from synth_widgets.errors import ModelError
from synth_widgets.llm import local_servers as servers
from synth_widgets.llm.providers import PROVIDERS, endpoint_of, provider_of
from synth_widgets.llm.socket_owner import owner_of
from synth_widgets.studio import default_model
from synth_widgets.studio.default_model import choosing
from tests.ports import bound_socket
from tests.tasks import PLAIN

SERVES = """
import encodings.idna, http.server, json, os, sys  # nobody else may read where they are
if len(sys.argv) > 1:
    os.setuid(int(sys.argv[1]))
class Lists(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
        self.wfile.write(json.dumps({"data": [{"id": "llama3.2"}]}).encode())
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Lists)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextlib.contextmanager
def served_by(user: int | None) -> Iterator[int]:
    """A server in a process of a user's, and its port."""
    command = [sys.executable, "-c", SERVES, *([] if user is None else [str(user)])]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


@contextlib.contextmanager
def saying(*pieces: bytes, every: float = 0.0) -> Iterator[str]:
    """A server that answers one request with these pieces, the last one for ever; and its address."""
    with bound_socket() as bound:
        bound.listen()

        def serve() -> None:
            with contextlib.suppress(OSError), bound.accept()[0] as asked:
                asked.recv(4096)
                for piece in pieces:
                    asked.sendall(piece)
                while every:
                    time.sleep(every)
                    asked.sendall(pieces[-1])

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/v1"


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key and no server, whatever runs on this machine."""
    for provider in PROVIDERS:
        for name in provider.keys:
            monkeypatch.delenv(name, raising=False)
    with bound_socket() as free:
        for name in servers.SERVERS:
            monkeypatch.setenv(f"{name.upper()}_API_BASE", f"http://127.0.0.1:{free.getsockname()[1]}/v1")
    monkeypatch.setattr(default_model, "_told", set())
    servers._listener.cache_clear()


def unnamed(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Ollama's own address, which nobody has to name, be a port."""
    real = endpoint_of

    def found(model: sw.Model) -> object:
        endpoint = real(model)
        if model.provider != "ollama":
            return endpoint
        return replace(endpoint, base=f"http://127.0.0.1:{port}/v1", own_host=True)

    monkeypatch.setattr(servers, "endpoint_of", found)


@pytest.mark.parametrize(
    "pieces",
    [[b"H"], [b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"], [b"HTTP/1.1 200 OK\r\n\r\n", b" "]],
    ids=["status", "heads", "body"],
)
def test_an_answer_that_drips_is_given_up_as_a_whole(pieces: list[bytes]) -> None:
    with saying(*pieces, every=0.05) as url:
        began = time.monotonic()
        assert servers.models_at(url, seconds=0.3) == []
        assert time.monotonic() - began < 10  # it would never end


ODD = [
    "", " ", "a b", "a\nb", "a\x1b]52;c;aGk=\x07", "a\u202eb", "a\u2028b", "a\u200bb", "x" * 201, "..",
    "local//tmp/x.gguf", "../x", "a/../b", "a/./b", "a//b", "//host/x", "a\\b", "http://evil/x", "a/", 7, None,
    ["a"], {"a": "b"}, True,
]  # fmt: skip
GOOD = [
    "llama3.2:3b-instruct-q4_K_M",
    "openai/gpt-oss-20b",
    "/models/Qwen3-8B",
    "hf.co/org/Model-GGUF:Q4_K_M",
    "モデル",
]


def test_a_server_names_its_models_in_print_and_each_stays_behind_the_server_s_name() -> None:
    body = json.dumps({"data": [{"id": told} for told in (*ODD, *GOOD)]}).encode()
    with saying(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body) as url:
        assert servers.models_at(url, seconds=10) == GOOD
    for name in GOOD:
        assert provider_of(f"ollama/{name}").name == "ollama"
        assert not sw.Model(f"ollama/{name}").loads_weights


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"data": {"a": 1}}', b'{"data": "abc"}', b"\xff", b'{"data": [1]}', b"{}", b"null", b'"data"'],
)
def test_what_is_no_list_of_models_is_none(body: bytes) -> None:
    with saying(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body) as url:
        assert servers.models_at(url, seconds=10) == []


def test_a_server_has_no_more_models_than_are_looked_at() -> None:
    body = json.dumps({"data": [{"id": f"m{n}"} for n in range(10_000)]}).encode()
    with saying(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body) as url:
        assert len(servers.models_at(url, seconds=10)) == servers.MOST_MODELS


linux = pytest.mark.skipif(sys.platform != "linux", reason="no other system tells whose process listens")
other_users = pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="root alone acts as others")


@linux
def test_who_answers_is_said_before_a_prompt_goes_there(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import pwd

    me = pwd.getpwuid(os.getuid()).pw_name
    with served_by(None) as port, caplog.at_level(logging.WARNING):
        unnamed(port, monkeypatch)
        for _ in range(2):
            with sw.Studio(PLAIN, path=":memory:") as studio:
                assert studio.model == "ollama/llama3.2"
                assert f"Ollama answers on this machine at 127.0.0.1:{port}, run by {me}" in repr(studio)
    [said] = [record.getMessage() for record in caplog.records if "No model was given" in record.getMessage()]
    assert "prompts go to ollama/llama3.2. Taken because no key is set, and Ollama answers on this machine at " in said
    assert f"127.0.0.1:{port}, run by {me}" in said


@linux
@other_users
def test_what_another_user_of_the_machine_serves_is_taken_only_when_it_is_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with served_by(61234) as port:
        unnamed(port, monkeypatch)
        choice = choosing({}).result(5)
        assert choice.model.name == "local"
        assert f"127.0.0.1:{port}, run by user 61234, another user of this machine" in choice.reason
        assert "model='ollama/llama3.2'" in choice.reason
        assert not caplog.records
        monkeypatch.undo()
        for provider in PROVIDERS:
            for name in provider.keys:
                monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("OLLAMA_API_BASE", f"http://127.0.0.1:{port}")
        choice = choosing({}).result(5)
        assert choice.model.name == "ollama/llama3.2"
        assert "run by user 61234" in choice.reason


@linux
@other_users
def test_what_a_file_names_is_not_asked_of_another_user_either(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "a.synth"
    sw.Studio(PLAIN, path=path, model="ollama/llama3.2").close()
    with served_by(61234) as port:
        unnamed(port, monkeypatch)
        with sw.Studio(path=path) as studio:
            assert studio.model == "ollama/llama3.2"
            with pytest.raises(ModelError, match=r"'ollama/llama3.2'.*run by user 61234, another user.*model=…"):
                studio.grow(depth=0, samples=1)
            studio.set_model("ollama/llama3.2")
            studio.estimate("grow", depth=0, samples=1)
            assert studio._core.models.of() == sw.Model("ollama/llama3.2")
    servers._listener.cache_clear()
    with served_by(None) as port:
        unnamed(port, monkeypatch)
        with sw.Studio(path=path) as studio:
            assert studio._core.models.of() == sw.Model("ollama/llama3.2")


@linux
@other_users
def test_what_the_system_s_own_users_serve_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with served_by(991) as port:
        unnamed(port, monkeypatch)
        choice = choosing({}).result(5)
        assert choice.model.name == "ollama/llama3.2"
        assert "run by user 991" in choice.reason


@linux
@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "0.0.0.0"),  # noqa: S104
                                              (socket.AF_INET6, "::1"), (socket.AF_INET6, "::")])  # fmt: skip
def test_the_owner_is_known_at_every_address_at_which_this_machine_reaches_itself(
    family: socket.AddressFamily, host: str
) -> None:
    with socket.socket(family) as listening:
        try:
            listening.bind((host, 0))
        except OSError:
            pytest.skip(f"there is no {host} here")
        listening.listen()
        owner = owner_of(listening.getsockname()[1])
        assert owner is not None
        assert not owner.is_stranger


def test_of_a_port_where_nobody_listens_nobody_is_the_owner() -> None:
    with bound_socket() as bound:
        assert owner_of(bound.getsockname()[1]) is None
