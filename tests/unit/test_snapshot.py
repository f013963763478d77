"""What stands where no kernel runs: text whatever is in it, bounded, quick, and true about how much it shows."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest

import synth_widgets as sw
from synth_widgets.money import UsualCall
from synth_widgets.records import ROOT, Sample, Topic, Version
from synth_widgets.store.state import State
from synth_widgets.widget import rows
from synth_widgets.widget.snapshot import (
    PAGE_BYTES,
    PAGE_SAMPLES,
    SAVED_BYTES,
    SAVED_SAMPLES,
    Shown,
    saved_state,
    static_page,
)
from tests.replica import Peer
from tests.tasks import until

EVIL = "</td></table><script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;"


class Tags(HTMLParser):
    """Collects what a browser would make of a page: its elements, their attributes, its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def host_of(task: sw.Task, topics: dict[str, Topic], samples: list[Sample]) -> Any:
    state = State()
    state.tasks.append(task)
    for topic in topics.values():
        state.put_topic(topic)
    for sample in samples:
        state.put_sample(sample)
    store = SimpleNamespace(state=state, read_only=None, trouble=None)
    return SimpleNamespace(
        task=task,
        store=store,
        path="/somewhere/of/mine/triage.synth",
        session=None,
        closed=False,
        model_name=lambda _step="default": "local",
        model_reason=None,
        model_mode=None,
        asks=lambda: (200, ""),
        accounts=SimpleNamespace(
            usual_call=lambda: UsualCall(0, None),
            spent=lambda: "$0.19",
            share=lambda: None,
            budget=SimpleNamespace(cap=None),
        ),
    )


def shown_of(host: Any) -> Shown:
    return Shown.of(host.store.state)


def sample(n: int, text: str, *, topic: str = "b", status: Any = "draft", output: Any = "an answer") -> Sample:
    versions = (Version(n=1, origin="generated", input=text, output=output),)
    return Sample(f"{n:010d}", topic, "s", "generated", status, current=1, versions=versions, seq=n)


TASK = sw.Task("Triage", "Answer.")
TOPICS = {"a": Topic("a", ROOT, "Billing"), "b": Topic("b", "a", "Refunds")}


@pytest.fixture
def filled() -> Any:
    return host_of(TASK, TOPICS, [sample(n, f"question {n}", status="kept" if n >= 4 else "draft") for n in range(6)])


def test_the_page_names_counts_time_and_the_first_samples_kept_ones_first(filled: Any) -> None:
    page = Tags(static_page(filled, shown_of(filled), now=1_795_000_000))
    assert "2 kept" in page.text
    assert "4 draft" in page.text
    assert "6 of 6 samples" in page.text
    assert time.strftime("%d %b %Y, %H:%M", time.localtime(1_795_000_000)) in page.text
    assert "Billing › Refunds" in page.text
    assert page.text.index("question 4") < page.text.index("question 0")


def test_what_a_sample_a_topic_or_a_task_says_stays_text() -> None:
    host = host_of(
        sw.Task(f"Task {EVIL}", "Answer."),
        {"b": Topic("b", ROOT, EVIL)},
        [sample(1, EVIL, output='{"a": "' + EVIL)],
    )
    page = static_page(host, shown_of(host))
    seen = Tags(page)
    assert seen.names <= {"div", "style", "span", "b", "table", "thead", "tbody", "tr", "th", "td", "code", "br", "i"}
    assert seen.attributes <= {"class", "dir"}
    assert seen.text.count("<script>alert(1)</script>") == 4
    assert not re.search(r"url\(|@import|https?:", page)


def test_long_texts_keep_both_within_their_bounds_and_say_what_is_missing() -> None:
    task = sw.Task("Long", "i" * 15_000, requirements=["r" * 2000 + str(n) for n in range(30)])
    topics = {f"t{n}": Topic(f"t{n}", ROOT, "t" * 400 + str(n)) for n in range(30)}
    samples = [sample(n, "ü" * 5000, topic=f"t{n % 30}", output="<" * 5000) for n in range(300)]
    host = host_of(task, topics, samples)
    shown = shown_of(host)
    page, saved = static_page(host, shown), saved_state(host, shown)
    assert len(page.encode()) <= PAGE_BYTES
    assert len(json.dumps(saved, ensure_ascii=False).encode()) <= SAVED_BYTES + 1_000
    lines = page.count("<tr>") - 1
    assert 0 < lines < 50
    assert f"{lines} of 300 samples, kept ones first" in page
    assert saved["total"] == 300
    assert 0 < len(saved["page"]["samples"]) <= 100


def test_the_saved_state_is_a_page_of_a_snapshot_that_tells_no_folder(filled: Any) -> None:
    saved = saved_state(filled, shown_of(filled), now=12.5)
    page = saved["page"]
    assert saved["at"] == 12.5
    assert (page["t"], page["page"], page["pages"]) == ("snapshot", 0, 1)
    assert {t["name"] for t in page["topics"]} == {"", "Billing", "Refunds"}
    assert {s["topic"] for s in page["samples"]} <= {t["id"] for t in page["topics"]}
    assert "/somewhere" not in json.dumps(saved)
    assert "/somewhere" not in static_page(filled, shown_of(filled))


def test_removed_samples_and_topics_are_neither_counted_nor_shown() -> None:
    gone = {**TOPICS, "a": Topic("a", ROOT, "Billing", removed=True), "c": Topic("c", ROOT, "Other")}
    removed = replace(sample(8, "taken away", topic="c"), removed=True)
    host = host_of(TASK, gone, [sample(1, "question"), sample(2, "elsewhere", topic="c"), removed])
    shown = shown_of(host)
    assert shown.counts.total() == 1
    page = static_page(host, shown)
    assert "elsewhere" in page
    assert "question" not in page
    assert "taken away" not in page


def test_an_empty_studio_saves_nothing_and_has_a_short_page() -> None:
    host = host_of(TASK, {}, [])
    assert saved_state(host, shown_of(host), now=3.0) == {"t": "saved", "at": 3.0, "total": 0, "page": None}
    assert "No samples yet" in static_page(host, shown_of(host))


def test_showing_a_widget_gives_the_page_and_sets_the_saved_state(open_studio) -> None:
    studio = open_studio()
    studio.topics.add("Backpacks")
    studio.grow(depth=0, samples=3).wait(10)
    data, _ = studio._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "3 of 3 samples" in data["text/html"]
    assert studio.widget._snapshot["total"] == 3
    studio.reject([s.id for s in studio.samples][:1])
    data, _ = studio._repr_mimebundle_()
    assert "1 rejected" in Tags(data["text/html"]).text


def test_of_many_samples_only_those_that_are_shown_become_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    host = host_of(TASK, TOPICS, [sample(n, "question", status=("draft", "kept")[n % 2]) for n in range(5_000)])
    made: list[str] = []
    row_of = rows.sample_row

    def noting(one: Sample, *arguments: Any, **keywords: Any) -> Any:
        made.append(one.id)
        return row_of(one, *arguments, **keywords)

    monkeypatch.setattr(rows, "sample_row", noting)
    shown = shown_of(host)
    static_page(host, shown)
    saved_state(host, shown)
    assert shown.counts == {"draft": 2_500, "kept": 2_500}
    assert len(made) <= PAGE_SAMPLES + SAVED_SAMPLES


def test_what_a_saved_notebook_would_show_comes_when_the_page_asks_for_it(open_studio) -> None:
    studio = open_studio()
    studio.grow(depth=0, samples=3).wait(10)
    first, *others = [s.id for s in studio.samples]
    studio.keep(others)
    peer = Peer(studio._core, studio)
    peer.bridge.receive({"t": "save"})
    [saved] = until(lambda: [m for m in peer.messages if m["t"] == "saved"])
    assert saved["total"] == 3
    assert [row["id"] for row in saved["page"]["samples"]] == [*others, first], "kept ones first"
