"""What stands where no kernel runs: a table without script for a page, and a piece of the state for a saved widget.

Both are made when a cell shows the widget, on the thread of that cell, and take milliseconds at any number of
samples. What a sample or a task says is shown as text, whatever is in it.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import islice
from pathlib import PurePath
from typing import Any

from synth_widgets.records import Sample
from synth_widgets.text.shown import shown
from synth_widgets.widget import rows
from synth_widgets.widget.host import Host, StateLike
from synth_widgets.widget.protocol import PROTOCOL, Saved, Snapshot
from synth_widgets.widget.replica import Cell, FieldView, GuidanceView, SampleRow, StudioView, TaskView, TopicRow

PAGE_SAMPLES = 50
PAGE_BYTES = 60_000
SAVED_SAMPLES = 100
SAVED_BYTES = 60_000
SAVED_HEAD = 160
"""Characters of a text in the saved state."""
TEXT = 2_000
"""Characters of the task's own texts in the saved state."""
FIRST = ("kept", "draft", "failed", "pending", "rejected")
"""Whose samples are shown first."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The samples to show of a state, kept ones first, and how many there are by status."""

    samples: Sequence[Sample]
    counts: Counter[str]

    @classmethod
    def of(cls, state: StateLike, limit: int = SAVED_SAMPLES) -> Shown:
        """Choose the samples to show. One pass over all of them, and one over as many as it takes to find enough."""
        present = tuple(state.samples.values())
        # All topics are visible in most studios: then half of the pass is spared.
        if state.hidden:
            present = tuple([s for s in present if state.is_visible(s)])
        counts: Counter[str] = Counter([s.status for s in present if not s.removed])
        found: list[Sample] = []
        for status in FIRST:
            wanted = min(counts[status], limit - len(found))
            found += islice((s for s in present if s.status == status and not s.removed), wanted)
        return cls(found, counts)


# ---------------------------------------------------------------- the page
# Two classes: stronger than what notebooks and pages made of them say of tables.
STYLE = """
.sw-static{--b:#e2e4e8;--s:#f7f7f8;--i:#f1f2f4;--f:#1a1c20;--m:#555b66;--k:#1a7340;--x:#b3261e;--y:#b06f00;background:#fff;
color:var(--f);border:1px solid #c8ccd3;border-radius:4px;overflow:auto;
font:13px/18px -apple-system,BlinkMacSystemFont,"Segoe UI",Helvetica,Arial,sans-serif}
@media(prefers-color-scheme:dark){.sw-static{--b:#303237;--s:#1e1f22;--i:#26282c;--f:#e6e7ea;--m:#aab0ba;--k:#6fcb8c;
--x:#ff938a;--y:#e8b75c;background:#18191b;border-color:#474a51}}
.sw-static.sw-static>div{display:flex;flex-wrap:wrap;gap:4px 24px;align-items:baseline;padding:12px 16px}
.sw-static.sw-static>div+div{border-top:1px solid var(--b)}
.sw-static.sw-static>div>:last-child{margin-left:auto}
.sw-static.sw-static span{color:var(--m)}
.sw-static.sw-static .n{color:var(--f);font-size:15px;font-weight:600}
.sw-static.sw-static table{width:100%;margin:0;border-collapse:collapse;border-spacing:0;font:inherit;color:inherit;
table-layout:fixed;border:0;border-block:1px solid var(--b)}
.sw-static.sw-static :is(th,td){padding:8px 12px;text-align:start;line-height:18px;
vertical-align:top;border:0;overflow-wrap:anywhere;
background:none;color:inherit;white-space:normal;max-width:none}
.sw-static.sw-static tr:nth-child(n){background:none;border:0}
.sw-static.sw-static tr+tr td{border-top:1px solid var(--b)}
.sw-static.sw-static th{background:var(--s);color:var(--m);font-weight:600;font-size:12px}
.sw-static.sw-static th:first-child{width:17%}.sw-static.sw-static th:last-child{width:88px}
.sw-static.sw-static td:first-child{color:var(--m);font-size:12px}
.sw-static.sw-static i{font-style:normal;background:var(--i);border-radius:3px;padding:0 5px;
margin-right:4px;font-size:12px}
.sw-static.sw-static code{font:12px/18px ui-monospace,Menlo,Consolas,monospace;background:none;color:inherit;
padding:0;white-space:pre-wrap}
.sw-static.sw-static .kept{color:var(--k)}.sw-static.sw-static .failed{color:var(--x)}
.sw-static.sw-static .stars{color:var(--y)}
"""


def static_page(host: Host, shown: Shown, *, now: float | None = None) -> str:
    """Return the studio as a piece of HTML without script: counts, and a table of the first samples.

    Args:
        host: what lives behind the studio.
        shown: the samples to show, and the counts.
        now: the time that it names, in seconds since the epoch.
    """
    task, state = host.task, host.store.state
    path = host.path
    total = shown.counts.total()
    counts = "".join(
        f'<span><b class="n">{shown.counts[status]:,}</b> {status}</span>' for status in FIRST if shown.counts[status]
    )
    lines = list(_within(_lines(shown.samples[:PAGE_SAMPLES], host, state), PAGE_BYTES - len(STYLE) - 4_000))
    when = time.strftime("%d %b %Y, %H:%M", time.localtime(now))
    name = PurePath(str(path)).name if path else None
    where = f' · <span dir="auto">{_name(name)}</span>' if name else ""
    code = f"sw.Studio(path={name!r})" if name else "studio.to_pandas()"
    head = (
        f'<div><b dir="auto">{_name(task.name)}</b><span>Read-only. Run the cell to go on.</span></div>'
        f"<div>{counts or '<span>No samples yet</span>'}<span>as of {when}{where}</span></div>"
    )
    if not lines:
        return f'<div class="sw-static"><style>{STYLE}</style>{head}</div>'
    order = ", kept ones first" if len(lines) < total else ""
    return (
        f'<div class="sw-static"><style>{STYLE}</style>{head}'
        "<table><thead><tr><th>Topic</th><th>Input</th><th>Output</th><th>Status</th></tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table>"
        f"<div><span>{len(lines):,} of {total:,} samples{order}</span>"
        f"<span>All of them are in <code>{_name(code, 300)}</code></span></div></div>"
    )


def _lines(samples: Iterable[Sample], host: Host, state: StateLike) -> Iterator[str]:
    cells = rows.Cells(host.task.input), rows.Cells(host.task.output)
    for sample in samples:
        row = rows.sample_row(sample, *cells, state.calls)
        path = " › ".join(names) if (names := _path(state, sample.topic)) else "All topics"
        stars = f"<br><span class='stars'>{'★' * row['stars']}{'☆' * (5 - row['stars'])}</span>" if row["stars"] else ""
        word = sample.status.capitalize()
        yield (
            f'<tr><td dir="auto">{_name(path, 300)}</td>{_cell(row["input"])}{_cell(row["output"])}'
            f'<td><span class="{sample.status}">{word}</span>{stars}</td></tr>'
        )


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "<td><span>none yet</span></td>"
    tags = "".join(f'<i dir="auto">{_name(tag)}</i>' for tag in cell["tags"])
    text = escape(cell["text"]) + ("…" if cell["more"] else "")
    words = f"<code>{text}</code>" if cell["raw"] else text
    return f'<td dir="auto">{tags}{"<br>" if tags and text else ""}{words}</td>'


def _name(text: str, limit: int = 200) -> str:
    """Return a name in one line, in which nothing hides and nothing turns what stands around it."""
    return escape(shown(text, limit))


def _within(pieces: Iterable[str], limit: int) -> Iterator[str]:
    """Yield pieces while all of them fit into so many bytes."""
    for piece in pieces:
        limit -= len(piece.encode())
        if limit < 0:
            return
        yield piece


# ---------------------------------------------------------------- the saved state
def saved_state(host: Host, shown: Shown, *, now: float | None = None) -> Saved:
    """Return the first samples with their topics, bounded to about 60 kB.

    Args:
        host: what lives behind the studio.
        shown: the samples to show, and the counts.
        now: when it is taken, in seconds since the epoch.
    """
    at, total = time.time() if now is None else now, shown.counts.total()
    if not shown.samples:
        return {"t": "saved", "at": at, "total": total, "page": None}
    state = host.store.state
    studio, task = _studio(rows.studio_view(host)), _task(rows.task_view(host.task, len(state.tasks), None))
    left = SAVED_BYTES - _size(studio) - _size(task)
    topics: dict[str, TopicRow] = {}
    samples: list[SampleRow] = []
    cells = rows.Cells(host.task.input), rows.Cells(host.task.output)
    for sample in shown.samples:
        row = _short(rows.sample_row(sample, *cells, state.calls))
        above = {i: _topic(state, i) for i in _lineage(state, sample.topic) if i not in topics}
        left -= _size(row) + sum(map(_size, above.values()))
        if left < 0:
            break
        topics |= above
        samples.append(row)
    page: Snapshot = {
        "t": "snapshot",
        "protocol": PROTOCOL,
        "epoch": "saved",
        "rev": 0,
        "page": 0,
        "pages": 1,
        "studio": studio,
        "task": task,
        "topics": list(topics.values()),
        "jobs": [],
        "samples": samples,
    }
    return {"t": "saved", "at": at, "total": total, "page": page}


def _studio(view: StudioView) -> StudioView:
    """Without what a saved notebook need not tell: guidance, and where the file lies."""
    nothing: GuidanceView = {"all": "", "topics": "", "inputs": "", "outputs": ""}
    return {**view, "guidance": nothing, "path": PurePath(view["path"]).name, "undo": None, "redo": None}


def _task(view: TaskView) -> TaskView:
    """Without schemas, which only an edit needs, and with long texts cut."""
    requirements = view["requirements"][:20]
    return {
        **view,
        "instruction": view["instruction"][:TEXT],
        "requirements": [{**r, "text": r["text"][:300], "name": r["name"][:300]} for r in requirements],
        "input": _fields(view["input"]),
        "output": _fields(view["output"]),
        "input_schema": None,
        "output_schema": None,
    }


def _fields(fields: list[FieldView]) -> list[FieldView]:
    return [{**f, "says": f["says"][:200]} for f in fields[:40]]


def _topic(state: StateLike, ident: str) -> TopicRow:
    row = rows.topic_row(state.topics[ident])
    row.pop("guidance", None)
    return {**row, "name": row["name"][:SAVED_HEAD]}


def _short(row: SampleRow) -> SampleRow:
    def cell(of: Cell | None) -> Cell | None:
        if of is None or len(of["text"]) <= SAVED_HEAD:
            return of
        return {**of, "text": of["text"][:SAVED_HEAD], "more": True}

    return {**row, "input": cell(row["input"]), "output": cell(row["output"]), "reason": (row["reason"] or "")[:300]}


def _lineage(state: StateLike, topic: str) -> list[str]:
    """Return a topic and those above it, the root first."""
    found: list[str] = []
    here: str | None = topic
    while here is not None:
        found.append(here)
        here = state.topics[here].parent
    return found[::-1]


def _path(state: StateLike, topic: str) -> list[str]:
    return [state.topics[i].name for i in _lineage(state, topic)[1:]]


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass"))  # halves that a file may hold
