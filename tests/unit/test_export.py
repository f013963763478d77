"""Exported files: what stands in them, and that they are whole or not there."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import sys
import threading
import warnings
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

import synth_widgets as sw
from synth_widgets.errors import FileError, StudioError
from tests.replica import Peer
from tests.tasks import PLAIN, TICKETS, TRIAGE

NASTY = "=1+1,\"a\"\r\n\u2028\u2029\x85 é🎉\t'b'"


@pytest.fixture
def studio(open_studio):
    """Two kept samples and a draft of a task with schemas."""
    studio = open_studio(task=TICKETS)
    rows = [
        {"input": {"subject": NASTY, "urgent": True}, "output": {"reply": "On its way."}, "topic": ("A", "B > C")},
        {"input": {"subject": "Hello", "urgent": False}, "output": {"reply": NASTY, "extra": [1]}, "topic": ()},
    ]
    studio.add_samples(rows, status="kept", tags=["own"])
    studio.add_samples([{"input": {"subject": "Later", "urgent": False}, "output": {"reply": "Soon."}}])
    return studio


def test_chat_lines_are_the_tasks_messages_and_the_output(studio):
    path = studio.export("train.jsonl")
    assert path == str(Path("train.jsonl").absolute())
    data = Path(path).read_bytes()
    assert data.endswith(b"\n")
    assert len(data.decode().splitlines()) == 2, "no character inside a text ends a line for any reader"
    kept = [s for s in studio.samples if s.status == "kept"]
    for line, sample in zip(data.split(b"\n"), kept, strict=False):
        example = json.loads(line)
        assert list(example) == ["messages"]
        assert [m["role"] for m in example["messages"]] == ["system", "user", "assistant"]
        assert all(isinstance(m["content"], str) and m["content"] for m in example["messages"])
        assert example["messages"][:-1] == studio.task.messages(sample.input)
        assert json.loads(example["messages"][-1]["content"]) == sample.output
    assert "🎉".encode() in data


def test_text_outputs_stand_as_they_are(open_studio):
    studio = open_studio(task=PLAIN)
    studio.add_samples([{"input": "I am Ada.", "output": "Hello,\nAda!"}], status="kept")
    line = Path(studio.export("a.jsonl")).read_text(encoding="utf-8")
    assert json.loads(line)["messages"][-1] == {"role": "assistant", "content": "Hello,\nAda!"}


def test_samples_without_an_output_are_left_out_of_chat_and_that_is_said(studio):
    studio.add_samples([{"input": {"subject": "New", "urgent": True}}], status="pending")
    with pytest.warns(UserWarning, match="1 of 4 samples have no output") as caught:
        path = studio.export("a.jsonl", status="all")
    assert caught[0].filename == __file__
    assert len(Path(path).read_text(encoding="utf-8").splitlines()) == 3
    assert len(pd.read_csv(studio.export("a.csv", status="all"))) == 4


def test_filters_and_the_default_are_those_of_to_pandas(studio):
    def size(**filters):
        return len(pd.read_csv(studio.export("a.csv", **filters)))

    assert size() == 2
    assert size(status="all") == 3
    assert size(status="draft") == 1
    assert size(topic="A") == 1
    assert size(tags="own", status="all") == 2
    with pytest.raises(TypeError, match=r"Studio.export has no keyword 'topics'.*Did you mean 'topic'"):
        studio.export("a.csv", topics="A")
    with pytest.raises(StudioError, match="Did you mean 'kept'"):
        studio.export("a.csv", status="keep")


def test_csv_has_the_columns_of_the_frame_and_nested_values_as_json(studio):
    with Path(studio.export("a.csv")).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    frame = studio.to_pandas()
    assert list(rows[0]) == ["id", *frame.columns]
    assert [row["id"] for row in rows] == list(frame.index)
    assert rows[0]["input.subject"] == NASTY, "a text is never changed, whatever a spreadsheet may make of it"
    assert json.loads(rows[0]["topic"]) == ["A", "B > C"]
    assert json.loads(rows[1]["output.*extra"]) == {"extra": [1]}
    assert rows[0]["output.*extra"] == ""
    assert rows[0]["input.urgent"] == "True"


def test_parquet_keeps_types_and_names_the_task(studio):
    path = studio.export("a.parquet")
    frame, back = studio.to_pandas(), pd.read_parquet(path)
    assert list(back.index) == list(frame.index)
    assert back.index.name == "id"
    assert back.attrs["task"] == "Tickets"
    assert [tuple(topic) for topic in back["topic"]] == list(frame["topic"])
    assert list(back["input.subject"]) == list(frame["input.subject"])
    assert str(back["input.urgent"].dtype) == "boolean"
    assert str(back["created"].dt.tz) == "UTC"
    about = json.loads(pq.read_schema(path).metadata[b"synth_widgets"])
    assert about["output_schema"] == TICKETS.output.json
    assert "path" not in about


def test_an_empty_selection_warns_and_leaves_a_file_that_says_so(open_studio):
    studio = open_studio(task=TICKETS)
    with pytest.warns(UserWarning, match="no samples yet, so the file is empty"):
        assert Path(studio.export("a.jsonl")).read_bytes() == b""
    studio.add_samples([{"input": {"subject": "s", "urgent": True}, "output": {"reply": "r"}}])
    with pytest.warns(UserWarning, match=r"0 of 1 kept, so the file is empty.*export\(status='all'\)") as caught:
        empty = pd.read_csv(studio.export("a.csv"), index_col="id")
    assert caught[0].filename == __file__
    assert list(empty.columns) == list(studio.to_pandas("all").columns)
    with pytest.warns(UserWarning, match="0 of 1"):
        none = studio.export("a.parquet")
    full = studio.export("b.parquet", status="all")
    assert pq.read_schema(none).equals(pq.read_schema(full)), "the types do not depend on the rows"


def test_a_format_is_named_or_follows_from_the_ending(studio):
    assert json.loads(Path(studio.export("train.txt", format="chat")).read_text(encoding="utf-8").splitlines()[0])
    assert pq.read_table(studio.export("A.PARQUET")).num_rows == 2
    for call, words in (
        (lambda: studio.export("a.jsnl"), r"Did you mean '.jsonl'.*\.csv \(csv\)"),
        (lambda: studio.export("a"), "not clear from its ending"),
        (lambda: studio.export("a.csv", format="parket"), "Did you mean 'parquet'"),
        (lambda: studio.export(""), "file's name"),
        (lambda: studio.export(3), "file's name"),
    ):
        with pytest.raises(StudioError, match=words):
            call()


def test_what_cannot_be_written_is_said_and_nothing_changes(studio, tmp_path, open_studio):
    (tmp_path / "folder.csv").mkdir()
    studio_file = tmp_path / "other.synth"
    open_studio(task=PLAIN, path=studio_file).close()
    copy = tmp_path / "copy.csv"
    copy.write_bytes(studio_file.read_bytes())
    before = copy.read_bytes()
    for path, words in (
        (tmp_path / "folder.csv", "is a folder"),
        (tmp_path / "missing" / "a.csv", "no folder"),
        (copy, "studio file"),
        (tmp_path / "other.synth", "studio file"),
        (tmp_path / "other.synth-wal", "studio file"),
        ("a\0b.csv", "cannot be written"),
        ("a" * 300 + ".csv", "cannot be written"),
    ):
        with pytest.raises(FileError, match=words):
            studio.export(path, format="csv")
    assert copy.read_bytes() == before
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.csv")
        with pytest.raises(FileError, match="no ordinary file"):
            studio.export(tmp_path / "pipe.csv")


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_a_write_that_fails_leaves_the_old_file_and_no_half_one(studio, tmp_path, monkeypatch, ending):
    path = tmp_path / f"a.{ending}"
    path.write_text("yesterday's", encoding="utf-8")

    def full(_fd):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(FileError, match="No space left on device"):
            studio.export(path)
    assert path.read_text(encoding="utf-8") == "yesterday's"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_link_and_the_files_rights_stay(studio, tmp_path):
    real = tmp_path / "real.csv"
    real.write_text("", encoding="utf-8")
    real.chmod(0o640)
    link = tmp_path / "link.csv"
    link.symlink_to(real)
    assert studio.export(link) == str(link)
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert len(pd.read_csv(real)) == 2


def test_parquet_without_pyarrow_names_the_extra(studio, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(StudioError, match=r'pip install "synth-widgets\[parquet\]"'):
        studio.export("a.parquet")
    assert not Path("a.parquet").exists()


def test_on_the_engines_thread_a_worker_writes(studio):
    names = []

    async def export():
        result = studio.export("a.jsonl", status="draft")
        assert asyncio.iscoroutine(result)
        names.append(threading.current_thread().name)
        return await result

    with warnings.catch_warnings(record=True) as caught:
        path = studio._core.engine.call(export)
    assert not caught
    assert names == ["synth-engine"]
    assert len(Path(path).read_text(encoding="utf-8").splitlines()) == 1


def test_no_key_stands_in_an_export(open_studio):
    model = sw.Model("openai/any", api_base="http://127.0.0.1:9/v1", api_key="sk-very-secret")
    studio = open_studio(model, TRIAGE)
    studio.add_samples([{"input": "x", "output": {"kind": "a", "note": "n"}}], status="kept")
    for name in ("a.jsonl", "a.csv", "a.parquet"):
        assert b"very-secret" not in Path(studio.export(name)).read_bytes()


def test_the_widgets_buttons_export_and_search(studio, tmp_path):
    peer = Peer(studio._core, studio)
    reply = peer.do("export", path="from-widget.jsonl", status="all")
    assert reply["ok"] == str(tmp_path / "from-widget.jsonl"), "beside the notebook: the kernel's own folder"
    assert len((tmp_path / "from-widget.jsonl").read_text(encoding="utf-8").splitlines()) == 3
    (tmp_path / "folder.csv").mkdir()
    error = peer.do("export", path="folder.csv")["error"]
    assert (error["kind"], "is a folder" in error["message"]) == ("FileError", True)
    (tmp_path / "mine.csv").write_text("precious")
    error = peer.do("export", path="mine.csv")["error"]
    assert (error["kind"], "is there already" in error["message"]) == ("FileError", True)
    assert (tmp_path / "mine.csv").read_text() == "precious"
    assert "ok" in peer.do("export", path="mine.csv", status="all", replace=True)
    assert (tmp_path / "mine.csv").read_text() != "precious"
    assert "home folder" in peer.do("export", path="~nobody.csv")["error"]["message"]
    later = [s.id for s in studio.samples if s.input["subject"] == "Later"]
    assert peer.do("search", text="LATER soon")["ok"] == {"ids": later, "more": False}


def test_an_export_right_behind_a_verdict_on_many_has_all_of_them(open_studio, tmp_path):
    studio = open_studio(None, PLAIN)
    studio.add_samples([{"input": f"In {n}.", "output": "Out."} for n in range(3_000)])
    peer = Peer(studio._core, studio)
    ids = [s.id for s in studio.samples]
    peer.bridge.receive({"t": "cmd", "rid": "k", "name": "keep", "args": {"ids": ids}})
    first, second = peer.do("export", path="all.jsonl"), peer.replies.get(timeout=30)
    path = next(reply["ok"] for reply in (first, second) if reply["rid"] != "k")
    assert len(Path(path).read_text(encoding="utf-8").splitlines()) == 3_000
