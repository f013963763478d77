"""A kernel killed in the middle of a job loses nothing that a person could have seen, and pays for nothing twice."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.harness import Comm, Kernel
from tests.replica import Replica

ROOT = Path(__file__).parents[2]
OPEN = """
import synth_widgets as sw
task = sw.Task("Triage", "Sort the message.", output_schema={
    "type": "object", "properties": {"kind": {"enum": ["a", "b"]}, "note": {"type": "string"}},
    "required": ["kind", "note"], "additionalProperties": False})
model = sw.Model("openai/any", api_base=URL, api_key=KEY, concurrency=4, input_cost_per_token=1e-6,
                 output_cost_per_token=4e-6)
studio = sw.Studio(task, path="a.synth", model=model)
studio
"""


class Server:
    """The endpoint in a process of its own, so that it outlives the kernel."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.endpoint", "--latency", "0.05", "--chunk-delay", "0.001"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        told = json.loads(self.process.stdout.readline())
        self.url, self.key = told["url"], told["key"]

    def get(self, what: str) -> Any:
        with urllib.request.urlopen(self.url.removesuffix("/v1") + what, timeout=10) as answer:  # noqa: S310  (ours)
            return json.load(answer)

    def answers_after(self, seconds: float) -> None:
        """Let each answer that is begun from now on take so long."""
        body = json.dumps({"latency": seconds}).encode()
        url = self.url.removesuffix("/v1") + "/settings"
        asked = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310  (ours)
        urllib.request.urlopen(asked, timeout=10).close()  # noqa: S310

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def server() -> Iterator[Server]:
    started = Server()
    yield started
    started.end()


def opened(kernel: Kernel, server: Server) -> Comm:
    """Open the studio in a kernel and return its widget's comm."""
    kernel.run(OPEN.replace("URL", repr(server.url)).replace("KEY", repr(server.key)))
    return kernel.comms[-1]


def seen(comm: Comm, replica: Replica) -> Replica:
    """Let a replica take all that came over a comm so far."""
    while comm.messages:
        replica.take(comm.messages.pop(0)[0])
    return replica


SPENT = """
import json
from synth_widgets.records import Usage
state = studio._core.state
lines = sum((call.usage for call in state.calls.values()), Usage())
jobs = sum((job.usage for job in state.jobs.values()), Usage())
told = [[each.prompt_tokens, each.completion_tokens] for each in (studio.cost.usage, lines, jobs)]
print(json.dumps({"tokens": told, "dollars": studio.cost.dollars, "unknown": studio.cost.unknown}))
"""


def spent(kernel: Kernel) -> tuple[list[int], float, int]:
    """Return what the studio says that its calls took: tokens, dollars, calls of unknown cost."""
    told = json.loads(kernel.run(SPENT))
    assert told["tokens"][0] == told["tokens"][1] == told["tokens"][2], "sums, calls and jobs agree"
    return told["tokens"][0], told["dollars"], told["unknown"]


def step_of(body: dict[str, Any]) -> str:
    last = body["messages"][-1]["content"]
    return "topics" if "Divide" in last else "inputs" if "as items" in last else "outputs"


def test_what_was_seen_is_there_after_a_kill_and_only_the_rest_is_sent(tmp_path: Path, server: Server) -> None:
    replica = Replica()
    with Kernel.start(tmp_path) as kernel:
        comm = opened(kernel, server)
        comm.send({"t": "hello", "epoch": None, "rev": None})
        kernel.run("job = studio.grow(topics=3, samples=8)")

        def half_way() -> bool:
            drafts = [row for row in seen(comm, replica).rows["sample"].values() if row["status"] == "draft"]
            return len(drafts) >= 8

        kernel.wait_for(half_way, 30, lambda: "some finished samples")
        server.answers_after(60)  # so that it is killed before the end, however late that comes
        kernel.kill()
        server.answers_after(0.05)
    seen(comm, replica)
    assert replica.gaps == 0
    before = {row["id"]: row["status"] for row in replica.rows["sample"].values()}
    assert "draft" in before.values()
    assert len(before) < 24 or "pending" in before.values(), "it was killed before the end"

    sent = [step_of(body) for body in server.get("/requests")]
    folder = tmp_path / "again"
    folder.mkdir()
    (folder / "a.synth").symlink_to(tmp_path / "a.synth")
    with Kernel.start(folder) as kernel:
        comm = opened(kernel, server)
        statuses = json.loads(kernel.run("import json; print(json.dumps({s.id: s.status for s in studio.samples}))"))
        assert set(before) <= set(statuses), "every row that was seen is there"
        assert all(statuses[ident] == "draft" for ident, status in before.items() if status == "draft")
        assert len(server.get("/requests")) == len(sent), "opening sends nothing"
        billed = server.get("/stats")["billed"]
        tokens, dollars, unknown = spent(kernel)
        assert all(0 < known <= paid for known, paid in zip(tokens, billed, strict=True))
        assert dollars == pytest.approx((tokens[0] + 4 * tokens[1]) / 1e6)
        assert unknown <= 3, "streams that the kill cut"

        comm.send({"t": "hello", "epoch": None, "rev": None})
        page = comm.receive(lambda content: content["t"] == "snapshot")
        assert page["jobs"][-1]["status"] == "interrupted"
        assert page["jobs"][-1]["owed"] > 0

        kernel.run("result = studio.resume().wait(60); print(result.added, result.failed, result.stopped)")
        assert kernel.run("print(len(studio.samples), {s.status for s in studio.samples})") == "24 {'draft'}\n"
        assert kernel.run("print(len({s.id for s in studio.samples}), studio.resume().status)") == "24 done\n"
        since = [now - then for now, then in zip(server.get("/stats")["billed"], billed, strict=True)]
        all_tokens, all_dollars, still_unknown = spent(kernel)
        assert [now - then for now, then in zip(all_tokens, tokens, strict=True)] == since, "each call once"
        assert all_dollars - dollars == pytest.approx((since[0] + 4 * since[1]) / 1e6)
        assert still_unknown == unknown
    later = [step_of(body) for body in server.get("/requests")][len(sent) :]
    pending = 24 - sum(status == "draft" for status in statuses.values())
    assert later.count("outputs") == pending, "each missing output once, and none that was there"
    assert later.count("topics") == 0
    assert later.count("inputs") <= 3
