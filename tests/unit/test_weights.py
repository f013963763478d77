"""Weights are loaded where code or a person named them, never because a studio file does."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sqlite3
import struct
import sys
from pathlib import Path

import pytest

import synth_widgets as sw
from synth_widgets.errors import AccessError, ModelError
from synth_widgets.llm.completer import Request
from synth_widgets.llm.embedded import completer as embedded
from synth_widgets.llm.embedded.completer import LocalCompleter
from synth_widgets.llm.embedded.control_tokens import as_said, pattern_of
from synth_widgets.llm.embedded.gguf import special_tokens
from synth_widgets.model import Model
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import PLAIN

SAID = [{"role": "user", "content": "Say hello."}]
IN_FILES = ["local//tmp/evil.gguf", "local/evil.gguf", "local/~/evil.gguf", "vllm/evil/model", "petals/evil/model"]
"""Names of models that are loaded on this machine: by llama.cpp, and by two packages that litellm imports."""


def named_by_file(path: Path, step: str, name: str) -> None:
    """Let a studio file name a model, as if it could be had by its name alone."""
    with sw.Studio(PLAIN, path=path, model=ScriptedCompleter()) as studio:
        studio.topics.add("A")
    named = json.dumps({step: {"name": name, "in_code": False}})
    with sqlite3.connect(path) as db:
        db.execute("INSERT OR REPLACE INTO settings VALUES ('models', ?)", (named,))
    db.close()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The models that were connected to."""
    names: list[str] = []

    def connect(model: Model) -> ScriptedCompleter:
        if not isinstance(model, Model):
            return model
        names.append(model.name)
        return ScriptedCompleter()

    monkeypatch.setattr("synth_widgets.llm.connect.completer_for", connect)
    return names


@pytest.mark.parametrize("name", IN_FILES)
@pytest.mark.parametrize("step", ["default", "topics", "inputs", "outputs"])
def test_weights_that_a_file_names_are_not_loaded_and_the_person_is_asked_to_give_them(
    step: str, name: str, tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-nobody")
    named_by_file(tmp_path / "a.synth", step, name)
    with sw.Studio(path=tmp_path / "a.synth") as studio:
        with pytest.raises(ModelError, match=f"'{name}'.*models?="):
            studio.grow("A", topics=2, samples=2).wait(10)
        assert name not in asked
        assert repr(studio)
        assert studio._core.accounts.usual_call()


def interrupted(path: Path, name: str) -> None:
    """Leave a file in which a job is pending whose own model is this one."""
    with sw.Studio(PLAIN, path=path, model=ScriptedCompleter()) as studio:
        studio.add_samples([{"input": "One"}])
        studio.generate_outputs(model=ScriptedCompleter(latency=30))
    with sqlite3.connect(path) as db:
        [(ident, args)] = db.execute("SELECT id, args FROM jobs").fetchall()
        told = json.dumps({**json.loads(args), "model": name, "in_code": False})
        db.execute("UPDATE jobs SET args=? WHERE id=?", (told, ident))
    db.close()


@pytest.mark.parametrize("name", IN_FILES)
def test_a_job_of_a_file_does_not_go_on_with_weights_that_the_file_names(
    name: str, tmp_path: Path, asked: list[str]
) -> None:
    interrupted(tmp_path / "a.synth", name)
    with sw.Studio(path=tmp_path / "a.synth", model=ScriptedCompleter()) as studio:
        with pytest.raises(ModelError, match=f"'{name}'.*model="):
            studio.resume()
        assert name not in asked
        studio.set_model(name)
        assert studio.resume().wait(10).added == 1
        assert asked == [name]


def test_weights_that_code_or_a_person_names_are_taken_and_are_named_again_in_the_next_kernel(
    tmp_path: Path, asked: list[str]
) -> None:
    path = tmp_path / "a.synth"
    with sw.Studio(PLAIN, path=path, model="local/mine.gguf") as studio:
        studio.grow(depth=0, samples=1).wait(10)
        studio.set_model("local/typed.gguf")
        studio.grow(depth=0, samples=2).wait(10)
        assert asked == ["local/mine.gguf", "local/typed.gguf"]
    with sw.Studio(path=path) as studio:
        assert studio.model == "local/typed.gguf"
        with pytest.raises(ModelError, match=r"typed\.gguf"):
            studio.grow(depth=0, samples=3).wait(10)
        studio.set_model("local/typed.gguf")
        assert studio.grow(depth=0, samples=3).wait(10).added == 1


def test_the_embedded_model_itself_is_had_by_its_name(tmp_path: Path, asked: list[str]) -> None:
    named_by_file(tmp_path / "a.synth", "default", "local")
    with sw.Studio(path=tmp_path / "a.synth") as studio:
        assert studio.grow(depth=0, samples=1).wait(10).added == 1
        assert asked == ["local"]


def odd_files(folder: Path) -> dict[str, str]:
    """Return what may stand behind ``local/`` and is no file of weights, with what is to be said of it."""
    (folder / "text.gguf").write_text("no weights at all")
    (folder / "empty.gguf").touch()
    (folder / "folder.gguf").mkdir()
    (folder / "dangling.gguf").symlink_to(folder / "nowhere")
    os.mkfifo(folder / "fifo.gguf")
    with (folder / "huge.gguf").open("wb") as huge:
        huge.truncate(2**40)
    return {
        f"{folder}/text.gguf": "GGUF",
        f"{folder}/empty.gguf": "GGUF",
        f"{folder}/huge.gguf": "GGUF",
        f"{folder}/folder.gguf": "no file",
        f"{folder}/fifo.gguf": "no file",
        f"{folder}/dangling.gguf": "no file",
        f"{folder}/{'x' * 300}.gguf": "no file",
        "/dev/zero": "no file",
        f"file://{folder}/text.gguf": "no file",
        r"\\host\share\x.gguf": "no file",
        "~nobody-of-this-name/x.gguf": "no file",
        "with\0nul": "no file",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="its files are others")
async def test_only_an_ordinary_file_of_weights_is_handed_to_the_parser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded.subprocess, "Popen", lambda *_, **__: pytest.fail("it was handed over"))
    for given, words in odd_files(tmp_path).items():
        completer = LocalCompleter(Model(f"local/{given}"))
        with pytest.raises(AccessError, match=words):
            await asyncio.wait_for(completer.complete(Request(SAID)), 10)
        await completer.close()


def text(words: str) -> bytes:
    return struct.pack("<Q", len(words.encode())) + words.encode()


def weights(tokens: list[str], types: list[int], template: str) -> bytes:
    """A file of weights without weights, as llama.cpp's own tools write them."""
    entries = [
        ("general.name", 8, text("mine")),
        ("general.size", 10, struct.pack("<Q", 7)),
        ("tokenizer.ggml.merges", 9, struct.pack("<IQ", 8, 2) + text("a b") + text("c d")),
        ("tokenizer.ggml.scores", 9, struct.pack("<IQ2f", 6, 2, 0.5, 1.5)),
        ("tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, len(tokens)) + b"".join(map(text, tokens))),
        ("tokenizer.ggml.token_type", 9, struct.pack(f"<IQ{len(types)}i", 5, len(types), *types)),
        ("tokenizer.chat_template", 8, text(template)),
    ]
    head = b"GGUF" + struct.pack("<IQQ", 3, 0, len(entries))
    return head + b"".join(text(key) + struct.pack("<I", kind) + value for key, kind, value in entries)


def test_control_tokens_are_those_of_the_file_and_what_its_template_writes_in_brackets(tmp_path: Path) -> None:
    tokens = ["<unk>", "<|turn|>", "user", "<|user|>", "<b>", "[INST]", "  ", "Ġa"]
    file = tmp_path / "mine.gguf"
    file.write_bytes(weights(tokens, [2, 3, 1, 4, 4, 1, 4, 1], "{{ '<|user|>user  [INST]' }}"))
    assert special_tokens(file) == ["<unk>", "<|turn|>", "<|user|>", "[INST]"]


def test_a_file_of_weights_that_ends_early_or_lies_is_told_and_nothing_is_waited_for(tmp_path: Path) -> None:
    whole, file = weights(["<s>", "a"], [3, 1], "t"), tmp_path / "cut.gguf"
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="it "):
            special_tokens(file)
    for place in range(4, len(whole)):
        file.write_bytes(whole[:place] + b"\xff" * 8 + whole[place + 8 :])
        with contextlib.suppress(ValueError):
            assert isinstance(special_tokens(file), list)


@pytest.mark.parametrize("said", ["<|a|>", "<<|a|>|a|>", "<|a|><|a|>", "<|a|>x>b|>", "x<|a<|a|>|>", "<|a|a|>"])
def test_no_control_token_is_left_however_they_overlap(said: str) -> None:
    tokens = ["<|a|>", "|>", "|a|>", "<|a|><", ">b|>", "<|"]
    told = as_said(said, pattern_of(tokens))
    assert not [token for token in tokens if token in told]
    assert told.replace("\u200b", "") == said
