"""The models that are taken by default, and those that the documents name, are there when a reader tries them.

What counts is the day in the lock's head, never today's: a check-out of then is as green as it was then.
"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from synth_widgets.llm.providers import PROVIDERS
from synth_widgets.money import lines_of, read_prices
from tools.default_models import (
    MONTHS,
    UNLISTED,
    default_models,
    ending,
    later,
    main,
    unlisted,
)
from tools.environment import ROOT
from tools.lock import LOCK, locked_on

READ = (
    "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/**/*.md", "notebooks/**/*.ipynb", "tests/stories/*.py",
    "synth_widgets/**/*.py", "js/src/**/*.ts*", "tools/*.py",
)  # fmt: skip
"""What people read, and copy names of models from."""
_NAMES = re.compile(rf"\b(?:{'|'.join(provider.name for provider in PROVIDERS)})/[\w.:/@-]*\w")


@pytest.fixture(scope="module")
def lock() -> str:
    return LOCK.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def prices(lock: str) -> Mapping[str, Any]:
    """The price list that the lock speaks of; another litellm's knows other models."""
    locked = re.search(r"^litellm==([\w.]+)", lock, re.MULTILINE)
    installed = importlib.metadata.version("litellm")
    if locked is not None and locked[1] != installed:
        pytest.skip(f"the lock has litellm {locked[1]}, and {installed} is installed")
    return read_prices()


def test_no_default_has_ended(lock: str, prices: Mapping[str, Any]) -> None:
    assert ending(default_models(), prices, locked_on(lock) + timedelta(days=1)) == []


def test_the_price_list_knows_each_default(prices: Mapping[str, Any]) -> None:
    assert unlisted(default_models(), prices) == []


def test_no_exception_outlives_its_reason(prices: Mapping[str, Any]) -> None:
    asked = [model for model in default_models() if model.partition("/")[0] in UNLISTED]
    assert asked
    assert [model for model in asked if any(lines_of(model, prices))] == []


@pytest.mark.parametrize("provider", ["openai", "anthropic", "gemini", "openrouter", "groq", "together_ai", "mistral"])
def test_where_one_default_goes_another_stands_ready(provider: str) -> None:
    names = next(line.defaults for line in PROVIDERS if line.name == provider)
    assert len(names) == len(set(names)) >= 2


def test_no_document_names_a_model_that_ends_within_the_time(lock: str, prices: Mapping[str, Any]) -> None:
    before = later(locked_on(lock), MONTHS)
    named = {path: set(_NAMES.findall(path.read_text(encoding="utf-8"))) for glob in READ for path in ROOT.glob(glob)}
    assert any("openai/" in name for names in named.values() for name in names)
    found = {str(path.relative_to(ROOT)): ending(sorted(names), prices, before) for path, names in named.items()}
    assert {path: ends for path, ends in found.items() if ends} == {}


def test_a_default_that_ends_is_named_and_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = default_models()[0]
    name = model.partition("/")[2]
    list_of_then = {name: {"litellm_provider": "openai", "deprecation_date": "2027-05-28"}}
    monkeypatch.setattr("tools.default_models.read_prices", lambda: list_of_then)
    assert main(["--as-of", "2026-11-29", "--months", "6"]) == 1
    said = capsys.readouterr().err
    assert f"{model} ends on 2027-05-28, before 2027-05-29" in said
    assert f"{default_models()[1]} is not in the price list" in said


@pytest.mark.parametrize("text", ["", "litellm==1.110.2\n", "# locked on 29 November\n", "# locked on 2026-13-01\n"])
def test_a_lock_without_a_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"locked on|month must be"):
        locked_on(text)


def test_the_day_is_the_lock_s() -> None:
    assert locked_on("# locked on 2026-11-29\nlitellm==1.110.2\n") == date(2026, 11, 29)
