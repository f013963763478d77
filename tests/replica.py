"""A reference front end: keeps the state that the wire's messages describe, and nothing else."""

from __future__ import annotations

import queue
from typing import Any

from synth_widgets.widget.bridge import Bridge


class Replica:
    """What a browser would hold after the messages it was sent."""

    def __init__(self) -> None:
        self.epoch: str | None = None
        self.rev: int | None = None
        self.studio: dict[str, Any] = {}
        self.task: dict[str, Any] = {}
        self.rows: dict[str, dict[str, dict[str, Any]]] = {"topic": {}, "sample": {}, "job": {}}
        self.gaps = 0

    def take(self, message: dict[str, Any]) -> None:
        """Apply a snapshot page or a delta; other messages change nothing."""
        if message["t"] == "snapshot":
            self._page(message)
        elif message["t"] == "delta":
            if message["epoch"] != self.epoch or message["base"] != self.rev:
                self.gaps += 1
                return
            for op in message["ops"]:
                self._apply(op)
            self.rev = message["rev"]

    def _page(self, page: dict[str, Any]) -> None:
        if page["page"] == 0:
            self.rows = {"topic": {}, "sample": {}, "job": {}}
            self.studio, self.task = page["studio"], page["task"]
            self.rows["topic"] = {row["id"]: row for row in page["topics"]}
            self.rows["job"] = {row["id"]: row for row in page["jobs"]}
        self.rows["sample"] |= {row["id"]: row for row in page["samples"]}
        self.epoch, self.rev = page["epoch"], page["rev"]

    def _apply(self, op: dict[str, Any]) -> None:
        kind = op["op"]
        if kind == "studio":
            self.studio = op["row"]
        elif kind == "task":
            self.task = op["row"]
        elif kind.startswith("-"):
            self.rows[kind[1:]].pop(op["id"], None)
        else:
            self.rows[kind][op["row"]["id"]] = op["row"]

    def visible(self) -> dict[str, Any]:
        """Return what a person would see, but for the jobs, of which a snapshot tells only those that matter."""
        rows = {"topics": self.rows["topic"], "samples": self.rows["sample"]}
        return {"studio": self.studio, "task": self.task, **rows}


class Peer:
    """A bridge with a replica at its other end, without a comm between. It waits so many seconds at most."""

    def __init__(self, core: Any, studio: Any, *, wait: float = 30) -> None:
        self._wait = wait
        self.replica = Replica()
        self.replies: queue.Queue[dict[str, Any]] = queue.Queue()
        self.messages: list[dict[str, Any]] = []
        self._snapshots: queue.Queue[None] = queue.Queue()
        self.number = 0
        self.bridge: Bridge = core.engine.call(lambda: Bridge(core, studio, self._hear))

    def _hear(self, message: dict[str, Any]) -> None:
        self.messages.append(message)
        self.replica.take(message)
        if message["t"] == "reply":
            self.replies.put(message)
        if message["t"] == "snapshot" and message["page"] == message["pages"] - 1:
            self._snapshots.put(None)

    def hello(self) -> None:
        """Say hello as a new view, and wait for the whole snapshot."""
        self.bridge.receive({"t": "hello", "epoch": None, "rev": None})
        self._snapshots.get(timeout=self._wait)

    def do(self, name: str, /, **args: Any) -> dict[str, Any]:
        """Send a command and wait for its reply."""
        self.number += 1
        self.bridge.receive({"t": "cmd", "rid": f"r{self.number}", "name": name, "args": args})
        return self.replies.get(timeout=self._wait)
