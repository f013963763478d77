"""No prompt, token or key goes to another host than the one asked, whichever provider is asked, and bounds hold."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from synth_widgets.errors import ModelError
from synth_widgets.llm import litellm_package
from synth_widgets.llm.providers import provider_of

ROOT = Path(__file__).resolve().parents[2]
TOKENS = {"iam.cloud.ibm.com", "ngw.devices.sberbank.ru", "huggingface.co", "graph.microsoft.com"}
"""Where litellm gets a token, a chat to write into, or how a model takes its prompt. No prompt goes there."""


def walk(whats: str, folder: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Ask every provider; return what became of each call, and of all."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.provider_walk", whats],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(folder), "AWS_EC2_METADATA_DISABLED": "true"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return lines[:-1], lines[-1]


def check(calls: list[dict[str, Any]], told: dict[str, Any], kinds: int) -> None:
    """Check what must hold whatever the endpoint did."""
    assert len(calls) >= 2 * kinds * 150
    assert told["other"] == []
    assert told["cookies"] == 0
    assert told["came"] >= kinds * 150  # the walk reaches most of them; the others want access of another kind
    assert [call for call in calls if call["end"].startswith("RAW")] == []
    assert [call for call in calls if call["text"]] == []
    assert {host for hosts in told["foreign"].values() for host in hosts} <= TOKENS
    assert told["megabytes"] < 1500


def test_a_redirect_is_followed_by_none(own_folder: Path) -> None:
    calls, told = walk("307", own_folder)
    check(calls, told, 1)


@pytest.mark.slow
def test_floods_and_endless_waits_end_within_bounds(own_folder: Path) -> None:
    calls, told = walk("301,blanks,429", own_folder)
    check(calls, told, 3)
    flooded = [call["end"] for call in calls if " blanks " in call["call"]]
    assert sum("more than 8 MiB" in end for end in flooded) > 100


@pytest.mark.skipif(not litellm_package.providers(), reason="litellm is not installed")
def test_what_cannot_be_bounded_is_refused_with_what_to_write_instead() -> None:
    with pytest.raises(ModelError, match=r"not served: .* follow redirects.*sw\.Model\('openai/any', api_base="):
        provider_of("aiohttp_openai/any")
