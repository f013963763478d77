"""Much is not sent to a model before a person has confirmed it: one gate for the widget, and for what a file names."""

from __future__ import annotations

import inspect
import json
import shutil
import sqlite3
from pathlib import Path

import pydantic
import pytest

import synth_widgets as sw
from synth_widgets.errors import RunStoppedError, StudioError, UnconfirmedError, UnreachableError
from synth_widgets.llm.providers import PROVIDERS
from synth_widgets.money import Price
from synth_widgets.records import ROOT
from synth_widgets.runs.plan import Recipe
from synth_widgets.studio import models as studio_models
from synth_widgets.studio.spending_gate import Work
from synth_widgets.testing import ScriptedCompleter
from synth_widgets.widget.commands import COMMANDS, Confirmed, Spends
from tests.replica import Peer
from tests.tasks import PLAIN, failing

CHEAP, DEAR = Price(1e-7, 1e-7, "a test"), Price(1e-2, 1e-2, "a test")


def peer_of(studio: sw.Studio) -> Peer:
    peer = Peer(studio._core, sw.Studio._of(studio._core))
    peer.hello()
    return peer


def echoed(error: dict) -> dict:
    """What the widget sends back of what it showed."""
    return {name: error["estimate"][name] for name in ("calls", "cost", "models")}


SPENDING = {
    "grow": {"under": [], "depth": 0, "samples": 300},
    "generate_outputs": {"ids": None},
    "retry": {},
    "regenerate": {},
    "repeat": {},
    "resume": {},
}


def test_every_command_that_sets_a_job_to_work_is_among_these():
    jobs = [n for n, m in inspect.getmembers(sw.Studio, inspect.isfunction) if m.__annotations__.get("return") == "Job"]
    assert {c.name for c in COMMANDS if c.method in jobs and not c.reads} == SPENDING.keys()
    assert all(c.args and issubclass(c.args, Spends) for c in COMMANDS if c.name in SPENDING)
    assert all("confirmed" in inspect.signature(getattr(sw.Studio, name)).parameters for name in jobs)


@pytest.mark.parametrize("command", SPENDING)
def test_the_widget_sends_no_more_than_200_calls_unless_they_were_confirmed(open_studio, command):
    stopped = failing("outputs", UnreachableError("away"), first=1)
    model = ScriptedCompleter(price=CHEAP, faults=stopped if command == "resume" else None, concurrency=1)
    studio = open_studio(model, task=PLAIN)
    if command == "resume":
        with pytest.raises(RunStoppedError):
            studio.grow(depth=0, samples=300).wait(20)
    elif command == "repeat":
        studio.grow(depth=0, samples=4).wait(20)
    elif command != "grow":
        studio.add_samples([{"input": f"input {n}"} for n in range(300)])
    if command == "regenerate":
        studio.generate_outputs().wait(20)
    ids = [sample.id for sample in studio.samples]
    of_samples = {"retry": {"ids": ids}, "regenerate": {"ids": ids}}
    of_job = {"repeat": {"job": studio.jobs[-1].id, "n": 100} if studio.jobs else {}}
    args = {**SPENDING[command], **of_samples.get(command, {}), **of_job.get(command, {})}
    before, peer = len(model.requests), peer_of(studio)

    error = peer.do(command, **args)["error"]
    assert error["kind"] == "UnconfirmedError"
    assert "More than 200 model calls" in error["message"]
    assert error["estimate"]["calls"][0] > 200
    assert error["estimate"]["models"] == [model.name]
    assert len(model.requests) == before

    for less in ({"calls": [200, 400]}, {"cost": [0.0, 0.0]}, {"models": ["another/model"]}):
        again = peer.do(command, **args, confirmed={**echoed(error), **less})
        assert again["error"]["kind"] == "UnconfirmedError"
    assert len(model.requests) == before
    assert "ok" in peer.do(command, **args, confirmed=echoed(error))
    studio.cancel()


@pytest.mark.parametrize(
    ("model", "samples", "why"),
    [
        (ScriptedCompleter(), 8, None),
        ("local", 8, None),
        ("ollama/gpt-oss:120b-cloud", 1, "There is no known price for ollama/gpt-oss:120b-cloud"),
        ("openai/nobody-knows-it", 1, "There is no known price for openai/nobody-knows-it"),
        (sw.Model("openai/mine", api_base="http://192.168.1.7/v1"), 8, None),
        (sw.Model("openai/gpt-5.4-mini", api_base="https://elsewhere.example/v1"), 1, "There is no known price"),
        (ScriptedCompleter(price=DEAR), 8, "It may cost more than $1.00"),
        (ScriptedCompleter(price=CHEAP), 8, None),
        (ScriptedCompleter(price=CHEAP), 200, "More than 200 model calls"),
        ("local", 200, "More than 200 model calls"),
    ],
)
def test_it_is_asked_for_many_calls_a_high_cost_or_an_unknown_price(open_studio, monkeypatch, model, samples, why):
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.delenv("OPENAI_API_BASE", raising=False)
    studio = open_studio(model, task=PLAIN)
    gate, work = studio._core.jobs.gate, studio._grow((), **GROW, samples=samples)
    assert (gate._look([work], is_code=False)[1] or "").startswith(why or "")
    assert (gate._look([work], is_code=False)[1] is None) == (why is None)


GROW = {"depth": 0, "topics": 1, "outputs": True, "only": False, "guidance": None, "prompt": "basic", "thin": False}


def test_code_that_names_its_model_is_never_asked(open_studio):
    studio = open_studio(ScriptedCompleter(price=DEAR), task=PLAIN)
    assert studio.grow(depth=0, samples=250).wait(20).added == 250


# ------------------------------------------------------------ a file names the model
class Reached(ScriptedCompleter):
    """Stands for a model that is had by its name alone, as one of a file is."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name, price=DEAR if "dear" in name else CHEAP)


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> dict[str, Reached]:
    """Names of models reach completers that are written down here."""
    made: dict[str, Reached] = {}

    def completer_of(name: str) -> Reached:
        return made.setdefault(name, Reached(name))

    real = studio_models.Models.of
    monkeypatch.setattr("synth_widgets.llm.connect.completer_for", lambda model: completer_of(model.name))
    monkeypatch.setattr(
        "synth_widgets.llm.pricing.price_for",
        lambda model: completer_of(model if isinstance(model, str) else model.name).price,
    )
    assert real is studio_models.Models.of
    return made


def named(path: Path, name: str) -> None:
    """Have a file name this model, as one that is had by its name alone."""
    with sqlite3.connect(path) as db:
        models = json.dumps({"default": {"name": name, "in_code": False}})
        db.execute("UPDATE settings SET value=? WHERE key='models'", (models,))
    db.close()


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    """A file that shows a cheap model and holds an interrupted job of a dear one, for 400 outputs."""
    path = tmp_path / "a.synth"
    with sw.Studio(PLAIN, path=path, model=ScriptedCompleter()) as studio:
        studio.add_samples([{"input": f"input {n}"} for n in range(400)])
        studio.generate_outputs(model=ScriptedCompleter(latency=60))
        studio.flush()
    named(path, "openai/cheap")
    with sqlite3.connect(path) as db:
        db.execute("UPDATE jobs SET args=json_set(args, '$.model', 'openai/dear', '$.in_code', json('false'))")
    db.close()
    return path


def test_a_job_of_a_file_that_asks_another_model_does_not_resume_unasked(sent, reached):
    with sw.Studio(path=sent) as studio:
        peer = peer_of(studio)
        error = peer.do("resume")["error"]
        assert error["message"].startswith("openai/dear is not this studio's model")
        assert error["estimate"]["models"] == ["openai/dear"]
        assert error["estimate"]["calls"][0] == 400
        assert error["estimate"]["cost"][1] > 100
        assert peer.do("estimate_resume")["ok"]["models"] == ["openai/dear"]
        with pytest.raises(UnconfirmedError, match="400 model calls to 'openai/dear'"):
            studio.resume()
        assert all(not each.requests for each in reached.values())
        assert studio.resume(confirmed=studio.estimate("resume")).wait(20).added == 400
        assert len(reached["openai/dear"].requests) == 400


@pytest.mark.parametrize("command", ["grow", "generate_inputs", "generate_outputs", "regenerate", "repeat"])
def test_much_is_not_sent_to_a_model_that_only_the_file_names(sent, reached, command):
    with sqlite3.connect(sent) as db:
        db.execute("UPDATE settings SET value=replace(value, 'cheap', 'dear') WHERE key='models'")
        if command == "repeat":
            recipe = '{"kind": "inputs", "under": "0000000000", "depth": 0, "samples": 700, "model": "openai/dear"}'
            db.execute("UPDATE jobs SET args=?", (recipe,))
    db.close()
    with sw.Studio(path=sent) as studio:
        ids = [sample.id for sample in studio.samples]
        arguments = {
            "grow": ((), {"depth": 0, "samples": 700}),
            "generate_inputs": ((), {"n": 700}),
            "generate_outputs": ((), {}),
            "regenerate": ((ids,), {}),
            "repeat": ((next(iter(studio._core.state.jobs)),), {}),
        }
        given, named = arguments[command]
        with pytest.raises(UnconfirmedError, match="which only the studio file names") as refused:
            getattr(studio, command)(*given, **named)
        assert refused.value.estimate.models == ("openai/dear",)
        assert not any(each.requests for each in reached.values())
        getattr(studio, command)(*given, **named, confirmed=studio.estimate(command, *given, **named))
        studio.cancel()
        if command in {"grow", "generate_inputs"}:
            getattr(studio, command)(*given, **named, model="openai/dear")
            studio.cancel()


def test_a_little_is_sent_to_the_model_of_a_file_as_ever(sent, reached):
    with sw.Studio(path=sent) as studio:
        assert studio.generate_inputs(n=8).wait(10).added == 8
    assert len(reached["openai/cheap"].requests) == 1


def test_a_file_with_a_job_that_cannot_be_read_tells_what_the_others_would_send(sent, reached, tmp_path):
    shutil.copy(sent, path := tmp_path / "b.synth")
    with sqlite3.connect(path) as db:
        db.execute("UPDATE jobs SET args='{}'")
    db.close()
    with sw.Studio(path=path) as studio:
        assert studio.estimate("resume").calls == (0, 0)


# ------------------------------------------------------------ a file that says too little of what it takes
LONG = "word " * 40_000


def test_forged_calls_of_a_file_do_not_make_it_spend_more_than_what_is_sent_unasked(tmp_path, reached):
    path = tmp_path / "a.synth"
    with sw.Studio(PLAIN, path=path, model=ScriptedCompleter()) as studio:
        studio.grow(depth=0, samples=12).wait(20)
        studio.add_samples([{"input": f"{n} {LONG}"} for n in range(60)], status="pending")
    named(path, "openai/dear")
    with sqlite3.connect(path) as db:
        db.execute("UPDATE calls SET model='openai/dear', prompt_tokens=1, completion_tokens=0")
    db.close()
    with sw.Studio(path=path) as studio:
        assert studio.estimate("generate_outputs").cost[1] < 1, "what the file says of its calls is believed"
        result = studio.generate_outputs().wait(20)
        assert "than was foreseen" in result.stopped
        assert not reached["openai/dear"].requests, "each alone costs more"


def test_what_was_confirmed_is_a_cap(open_studio):
    model = ScriptedCompleter(price=DEAR)
    studio = open_studio(model, task=PLAIN)
    studio.add_samples([{"input": "Hi" if n % 60 == 0 else LONG} for n in range(300)], status="pending")
    peer = peer_of(studio)
    seen = echoed(peer.do("generate_outputs")["error"])
    assert "ok" in peer.do("generate_outputs", confirmed=seen)
    result = studio.jobs[-1].wait(30)
    assert "than was foreseen" in result.stopped
    assert result.cost < 1.3 * seen["cost"][1]


def test_the_guidance_of_a_jobs_own_session_is_in_what_resume_is_said_to_take(sent, reached):
    with sqlite3.connect(sent) as db:
        db.execute("UPDATE sessions SET guidance=?", (f'{{"outputs": "{LONG}"}}',))
    db.close()
    with sw.Studio(path=sent) as studio:
        assert studio.estimate("resume").prompt_tokens[0] > 400 * 20_000


def test_a_model_of_a_price_of_nothing_is_free_and_one_that_costs_next_to_nothing_is_not(open_studio):
    work = [Work(Recipe("grow", ROOT, 0, samples=1_000))]
    for price, asks in ((Price(0.0, 0.0, "mine"), False), (Price(0.0, 1e-12, "a list"), True)):
        gate = open_studio(ScriptedCompleter(price=price), task=PLAIN)._core.jobs.gate
        assert (gate._look(work, is_code=True)[1] is not None) == asks


def test_who_was_looked_at_is_who_is_asked(sent, reached):
    with sw.Studio(path=sent) as studio:
        gate = studio._core.jobs.gate
        look = gate._look

        def look_and_change(works, **how):
            found = look(works, **how)
            studio._core.models.set({"default": sw.Model("openai/dear")})
            return found

        gate._look = look_and_change
        peer = peer_of(studio)
        assert peer.do("grow", under=[], depth=0, samples=420, outputs=False)["error"]["estimate"]["models"] == [
            "openai/dear"
        ]
        assert not any(each.requests for each in reached.values())


def test_a_model_that_somebody_gives_for_all_steps_is_before_one_of_the_file_for_a_step(sent, reached):
    with sqlite3.connect(sent) as db:
        step = '{"outputs": {"name": "openai/dear", "in_code": false}}'
        db.execute("UPDATE settings SET value=? WHERE key='models'", (step,))
    db.close()
    with sw.Studio(path=sent, model="openai/cheap") as studio:
        studio.grow(depth=0, samples=402).wait(20)
        assert not reached.get("openai/dear") or not reached["openai/dear"].requests


def test_a_default_that_a_file_has_moved_on_is_one_that_the_file_names(sent, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-nobody")
    [openai] = [provider for provider in PROVIDERS if provider.name == "openai"]
    second = openai.defaults[1]
    with sqlite3.connect(sent) as db:
        db.execute("DELETE FROM settings")
        moved = json.dumps({"openai": f"openai/{second}"})
        db.execute("INSERT INTO settings VALUES('default_models', ?)", (moved,))
    db.close()
    with sw.Studio(path=sent) as studio:
        assert studio.model == f"openai/{second}"
        assert studio._core.models.is_of_file("outputs")


def test_what_a_page_confirms_is_bounded():
    good = {"calls": [1, 2], "cost": [0.0, 1.0], "models": ["a"]}
    assert Confirmed.model_validate(good).cost == [0.0, 1.0]
    for wrong in ({"cost": [0.0, float("inf")]}, {"cost": [float("nan"), 1.0]}, {"calls": [10**30, 10**30]}):
        with pytest.raises(pydantic.ValidationError):
            Confirmed.model_validate({**good, **wrong})


def test_what_is_no_estimate_confirms_nothing(open_studio):
    studio = open_studio(ScriptedCompleter(), task=PLAIN)
    for wrong in (True, 300, "yes", {"calls": 300}, {"calls": [1, 2], "cost": "free", "models": []}):
        with pytest.raises(StudioError, match="confirmed= takes what studio"):
            studio.grow(depth=0, samples=1, confirmed=wrong)
