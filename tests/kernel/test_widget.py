"""The studio in a real kernel: shown, spoken to while a cell runs, silent, and not stopped by Ctrl+C."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.kernel.harness import Cell, Comm, Kernel
from tests.replica import Replica

OPEN = """
import synth_widgets as sw
from synth_widgets.testing import ScriptedCompleter
task = sw.Task("Triage", "Sort the message.", output_schema={
    "type": "object", "properties": {"kind": {"enum": ["a", "b"]}, "note": {"type": "string"}},
    "required": ["kind", "note"]})
model = ScriptedCompleter()
studio = sw.Studio(task, path="a.synth", model=model)
job = studio.grow(topics=1, samples=3)
result = await job
"""
VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def shown(kernel: Kernel) -> tuple[Kernel, Comm, Cell]:
    """A kernel whose last cell shows a studio with three samples."""
    assert kernel.run(OPEN) == ""
    cell = kernel.finish(kernel.begin("studio"))
    assert cell.error is None
    return kernel, kernel.comm(cell.outputs[0][VIEW]["model_id"]), cell


def hello(comm: Comm) -> Replica:
    replica = Replica()
    comm.send({"t": "hello", "epoch": None, "rev": None})
    replica.take(comm.receive(lambda content: content["t"] == "snapshot"))
    return replica


def keep(comm: Comm, ids: list[str], *, rid: str, subshell: str | None = None) -> Any:
    message = {"t": "cmd", "rid": rid, "name": "keep", "args": {"ids": ids}}
    comm.send(message, subshell=subshell)
    return comm.receive(lambda content: content["t"] == "reply" and content["rid"] == rid)


def test_a_studio_on_the_last_line_is_the_widget_and_hello_brings_its_rows(shown) -> None:
    kernel, comm, cell = shown
    [bundle] = cell.outputs
    assert bundle[VIEW]["version_major"] == 2
    assert "<Studio 'Triage'" in bundle["text/plain"] or "text/plain" in bundle
    assert set(comm.state) >= {"_esm", "_css", "revision", "selected_ids", "height", "theme", "_snapshot"}
    assert "3 of 3 samples" in bundle["text/html"]
    replica = hello(comm)
    assert len(replica.rows["sample"]) == 3
    assert replica.task["name"] == "Triage"
    again = kernel.finish(kernel.begin("studio")).outputs[0][VIEW]["model_id"]
    assert again == comm.id, "one model a studio"


@pytest.mark.parametrize("way", ["subshell", "subshell after a cell has published"])
def test_a_verdict_is_answered_while_a_cell_runs(way: str, shown) -> None:
    kernel, comm, _cell = shown
    ids = list(hello(comm).rows["sample"])
    subshell = kernel.open_subshell()
    if "published" in way:
        kernel.run(f"studio.keep({ids[1]!r})")  # publishes a delta from a cell, as ipykernel 7.4's routing sees it
        comm.receive(lambda content: content["t"] == "delta" and content["ops"])
    assert kernel.run("print('_reply_subshell_id' in vars(studio.widget.comm))") == "False\n"
    with kernel.busy():
        assert keep(comm, ids[:1], rid="r1", subshell=subshell)["ok"] == {}
    assert json.loads(kernel.run("import json; print(json.dumps(list(studio.to_pandas().index)))"))[0] == ids[0]


def test_without_a_subshell_a_verdict_is_answered_when_the_cell_ends(shown) -> None:
    kernel, comm, _cell = shown
    ids = list(hello(comm).rows["sample"])
    busy = kernel.begin("import time; time.sleep(0.6)")
    assert keep(comm, ids, rid="r1")["ok"] == {}
    kernel.finish(busy)
    assert kernel.run("print(len(studio.to_pandas()))") == "3\n"


def test_the_engine_prints_nothing_whatever_goes_wrong(shown) -> None:
    kernel, comm, _cell = shown
    ids = list(hello(comm).rows["sample"])
    kernel.run("model._faults = lambda n, request: ZeroDivisionError('inside') if request.step == 'outputs' else None")
    failed = "while failing.status == 'running':\n    time.sleep(0.05)"
    cell = kernel.begin(f"import time\nfailing = studio.grow(topics=1, samples=5)\ntime.sleep(1)\n{failed}")
    comm.send({"t": "nonsense"})
    keep(comm, ids, rid="r1")
    done = kernel.finish(cell)
    assert (done.text, done.error) == ("", None)
    assert kernel.run("import gc; gc.collect(); None") == ""
    assert "stopped" in kernel.run("print(failing.status)")
    kernel.run("studio._core.store._journal.read(lambda db: db.execute('PRAGMA query_only=ON')).result(5); None")
    refused = kernel.finish(kernel.begin("studio.topics.add('B')"))
    assert "Not saved" in (refused.error or "")
    assert refused.text == ""
    kernel.run("studio._core.store._journal.read(lambda db: db.execute('PRAGMA query_only=OFF')).result(5); None")
    kernel.run("time.sleep(1.2); studio.flush(); studio.close()")


@pytest.mark.parametrize("waiting", ["await job", "job.wait()"])
def test_ctrl_c_ends_the_waiting_and_not_the_job(waiting: str, shown) -> None:
    kernel, _comm, _cell = shown
    kernel.run("model._latency = lambda request: 4 if request.step == 'topics' else 0")
    kernel.run("job = studio.grow(topics=2, samples=3)")
    cell = kernel.begin(f"print('in', flush=True)\n{waiting}")
    kernel.interrupt(cell)
    kernel.finish(cell)
    assert cell.error is not None
    assert "The job goes on; job.cancel() stops it" in cell.text
    assert kernel.run("print(job.status)") == "running\n"
    assert kernel.run("print((await job).stopped, len(studio.samples))") == "None 6\n"
