"""Files, answers, schemas and messages of a page with random harm: each ends in words for a person, and soon."""

from __future__ import annotations

import contextlib
import json
import logging
import random
import shutil
import socket
import sqlite3
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import synth_widgets as sw
from synth_widgets.errors import RunStoppedError, SynthError
from synth_widgets.fake_values import FakeValues
from synth_widgets.llm.transports.attempt import Waits
from synth_widgets.llm.transports.openai_http import OpenAICompleter
from synth_widgets.schema.request_schema import RequestSchema
from synth_widgets.store.columns import COLUMNS
from synth_widgets.testing import ScriptedCompleter
from synth_widgets.widget.commands import COMMANDS
from tests import hostile_schemas
from tests.fuzz import mutations
from tests.fuzz.conftest import Many
from tests.replica import Peer
from tests.tasks import TRIAGE, failing


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing is logged as an error: that is what is said of slips of ours."""
    yield
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert not errors, [record.getMessage() for record in errors]


# ------------------------------------------------------------ files
@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with something in every table."""
    path = tmp_path_factory.mktemp("whole") / "whole.synth"
    with sw.Studio(TRIAGE, path=path, model=ScriptedCompleter(faults=failing("outputs", "garbage"))) as studio:
        studio.grow(topics=2, samples=3).wait(20)
        ids = [sample.id for sample in studio.samples]
        studio.rate(ids[0], 4)
        studio.tag(ids[0], "hard")
        studio.keep(ids[1:3])
        studio.edit(ids[3], output={"kind": "?"})
        studio.regenerate(ids[1]).wait(20)
        studio.grow(depth=0, samples=4, model=ScriptedCompleter(latency=60))
        studio.flush()
    return path


def harmed(chance: random.Random, path: Path) -> None:
    """Change a studio file, or what lies beside it, at random."""
    if chance.random() < 0.5:
        path.write_bytes(mutations.bytes_of(chance, path.read_bytes()))
    else:
        with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(path)) as db:
            for _ in range(chance.randint(1, 4)):
                table = chance.choice([*COLUMNS, "log", "meta"])
                names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
                odd = (None, -1, 2**62, 1e300, b"\xff\x00", mutations.text_of(chance, {"a": [1]})[:100_000])
                value = chance.choice((*odd, *mutations.ODD_TEXTS)) if chance.random() < 0.9 else 0
                if isinstance(value, str):
                    value = value.encode("utf-8", "replace").decode()
                ids = [row[0] for row in db.execute(f"SELECT rowid FROM {table}")]  # noqa: S608 - our own names
                some = chance.sample(ids, min(len(ids), chance.choice((1, 1, 3, 1000))))
                column = chance.choice(names)
                with contextlib.suppress(sqlite3.Error):
                    if chance.random() < 0.15:
                        db.executemany(f"DELETE FROM {table} WHERE rowid=?", [(row,) for row in some])  # noqa: S608
                    else:
                        change = f"UPDATE {table} SET {column}=? WHERE rowid=?"  # noqa: S608
                        db.executemany(change, [(value, row) for row in some])
            db.commit()
    if chance.random() < 0.2:
        beside = path.with_name(path.name + chance.choice(("-wal", "-shm", "-journal", ".lock", "-wal.untold")))
        beside.write_bytes(mutations.bytes_of(chance, path.read_bytes()[: chance.choice((30, 5_000, 50_000))]))


def test_a_file_that_was_changed_at_random_is_said_to_be_damaged_or_works(whole: Path, tmp_path: Path, many: Many):
    with sw.Studio(path=shutil.copy(whole, tmp_path), model=ScriptedCompleter()) as studio:
        use(studio)  # what is loaded at the first use is loaded by then

    def case(chance: random.Random) -> None:
        folder = tmp_path / str(chance.random())
        folder.mkdir()
        path = Path(shutil.copy(whole, folder / "a.synth"))
        harmed(chance, path)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # it says what it found
                with contextlib.suppress(SynthError), sw.Studio(path=path, model=ScriptedCompleter()) as studio:
                    use(studio)
        finally:
            shutil.rmtree(folder)

    many(case)


def use(studio: sw.Studio) -> None:
    """Do with a studio what a person would; whatever is wrong is said in words."""
    peer = Peer(studio._core, sw.Studio._of(studio._core))
    peer.hello()
    repr(studio), repr(studio.topics), [repr(sample) for sample in studio.samples]
    for step in (
        lambda: studio.to_pandas("all"),
        studio.undo,
        studio.redo,
        lambda: studio.estimate("resume"),
        lambda: studio.keep([sample.id for sample in studio.samples]),
        lambda: studio.samples.find("a"),
        studio.flush,
    ):
        with contextlib.suppress(SynthError):
            step()


# ------------------------------------------------------------ answers
class Mangled:
    """An endpoint on loopback that answers whatever it is told, byte for byte."""

    def __init__(self) -> None:
        self.answer = b""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/v1"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(5)
                received = b""
                while b"\r\n\r\n" not in received:
                    received += connection.recv(65536)
                head, _, body = received.partition(b"\r\n\r\n")
                length = int(next(line for line in head.lower().split(b"\r\n") if b"content-length" in line).split()[1])
                while len(body) < length:
                    body += connection.recv(65536)
                connection.sendall(self.answer)

    def close(self) -> None:
        """Answer nobody any more."""
        self._listening.close()


@pytest.fixture
def mangled() -> Iterator[Mangled]:
    """The endpoint."""
    endpoint = Mangled()
    yield endpoint
    endpoint.close()


GOOD = {"category": "billing", "urgency": "low", "summary": "A bill."}


def answered(chance: random.Random) -> bytes:
    """Return a whole HTTP response that was one once."""
    said = mutations.text_of(chance, GOOD)
    message: dict[str, Any] = {"role": "assistant", "content": said}
    if chance.random() < 0.3:
        call = {"id": "c", "type": "function", "function": {"name": "answer", "arguments": said}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": chance.choice(("stop", "length", "error", None, 7))}
    usage = {"prompt_tokens": chance.choice(mutations.ODD_VALUES), "completion_tokens": 7}
    body = mutations.changed(chance, {"choices": [choice], "usage": usage})
    raw = json.dumps(body).encode("utf-8", "surrogatepass")
    if chance.random() < 0.3:
        raw = mutations.bytes_of(chance, raw)
    kind = chance.choice((b"application/json", b"text/event-stream", b"text/html; charset=utf-16", b"x/" + b"y" * 50))
    if chance.random() < 0.3:
        raw = b"".join(b"data: " + line + b"\n\n" for line in (raw, *raw.split(b","), b"[DONE]"))
    status = chance.choice((200, 200, 200, 200, 201, 204, 302, 400, 422, 500))
    head = b"HTTP/1.1 %d Fine\r\nContent-Type: %b\r\nContent-Length: %d\r\nConnection: close\r\n"
    more = chance.choice(
        (b"", b"", b"Retry-After: 999999999\r\n", b"Location: http://127.0.0.1:1/\r\n", b"Set-Cookie: a=b\r\n")
    )
    response = head % (status, kind, len(raw)) + more + b"\r\n" + raw
    return mutations.bytes_of(chance, response) if chance.random() < 0.15 else response


def test_an_answer_that_was_changed_at_random_is_a_row_or_a_reason(mangled: Mangled, many: Many):
    model = sw.Model("openai/any", api_base=mangled.url, api_key="sk-fuzz")
    waits = Waits(tries=1, first=0.0, most=0.0, connect=2, silence=2, total=4, patient=False)
    studio = sw.Studio(TRIAGE, path=":memory:", model=OpenAICompleter(model, waits=waits))

    def case(chance: random.Random) -> None:
        mangled.answer = answered(chance)
        studio.add_samples([{"input": f"I was billed twice, {chance.random()}."}], status="pending")
        job = studio.generate_outputs() if chance.random() < 0.8 else studio.generate_inputs(n=1)
        with contextlib.suppress(RunStoppedError):
            job.wait(60)
        for sample in studio.samples:
            assert sample.status != "draft" or studio.task.output.complies(sample.output)
            repr(sample)
        studio.reject([sample.id for sample in studio.samples])

    try:
        with steered(studio, many.slack):
            many(case, 3.0)  # an item is asked for three times
    finally:
        studio.close()


@contextlib.contextmanager
def steered(studio: sw.Studio, limit: float = 1.0) -> Iterator[None]:
    """Ask the engine again and again for its turn meanwhile, as a person who steers does: it is never held long."""
    engine, ended, waits = studio._core.engine, threading.Event(), [0.0]

    def ask() -> None:
        while not ended.wait(0.02):
            began = time.monotonic()
            engine.call(lambda: None)
            waits.append(time.monotonic() - began)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield
    finally:
        ended.set()
        asking.join()
    assert max(waits) < limit, f"the engine was held for {max(waits):.1f} s"


# ------------------------------------------------------------ the page
def message(chance: random.Random, ids: list[str]) -> Any:
    """Return what a page might send, changed at random."""
    command = chance.choice(COMMANDS)
    some = chance.sample(ids, min(len(ids), 2))
    args = {
        "ids": some, "id": some[0], "path": ["Billing"], "paths": [["Billing"], ["A", "B"]], "name": "Billing",
        "to": [], "guidance": {"all": "a"}, "text": "a", "output": {"category": "billing"}, "stars": 3, "n": 1,
        "under": [], "depth": 1, "topics": [2], "samples": 2, "budget": "$3", "reason": "b", "part": "input",
    }  # fmt: skip
    known = set(command.args.model_fields) if command.args else set()
    given = {name: each for name, each in args.items() if name in known or chance.random() < 0.02}
    kind = chance.choice(("cmd",) * 12 + ("hello", "resync", "body", "save", "other"))
    whole = {"t": kind, "rid": "any", "name": command.name, "args": given, "epoch": "e", "rev": 3, "ids": some}
    return mutations.changed(chance, whole) if chance.random() < 0.8 else mutations.value(chance)


def test_a_message_that_was_changed_at_random_is_answered_or_passed_over(many: Many):
    model = ScriptedCompleter()
    studio = sw.Studio(TRIAGE, path=":memory:", model=model)
    studio.grow(topics=2, samples=2).wait(20)
    peer = Peer(studio._core, sw.Studio._of(studio._core))
    peer.hello()

    def case(chance: random.Random) -> None:
        peer.bridge.receive(message(chance, [sample.id for sample in studio.samples] or ["nowhere000"]))
        reply = peer.do("search", text="a")
        while reply["rid"] != f"r{peer.number}":
            reply = peer.replies.get(timeout=30)
        assert "ok" in reply
        slips = [m for m in peer.messages if m["t"] == "reply" and m.get("error", {}).get("kind") == "Internal"]
        assert not slips
        peer.messages.clear()
        if chance.random() < 0.1:
            studio.cancel()
            for job in studio.jobs:
                with contextlib.suppress(RunStoppedError):
                    job.wait(20)
        if len(studio.samples) > 200:
            studio.topics.remove(chance.choice(studio.topics.paths()))

    try:
        many(case)
    finally:
        studio.close()


# ------------------------------------------------------------ schemas
def test_a_random_schema_is_refused_or_checks_any_value_soon(many: Many):
    def case(chance: random.Random) -> None:
        schema, value = next(hostile_schemas.schemas(chance.randrange(2**32)))
        with warnings.catch_warnings(), contextlib.suppress(SynthError):
            warnings.simplefilter("ignore", UserWarning)  # what may be misspelt
            task = sw.Task("Fuzz", "Answer.", output_schema=schema)
            with contextlib.suppress(SynthError):
                task.messages("a")
            output = task.output
            assert output is not None
            if chance.random() < 0.5:  # each may take some tenths of a second
                problem, problems = output.problem(value), output.problems(value)
                assert (problem is None) == (problems == {}), (problem, problems)
            else:
                RequestSchema.of(output.json).read(value, output.problem)
            for name in output.properties():
                output.describe(name)
            FakeValues(chance.randrange(100)).value(output.json)

    many(case, 2.0)  # a schema is made, and two checks of it may take some tenths of a second each
