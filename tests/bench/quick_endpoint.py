"""An endpoint that costs next to nothing: the same answer to everything, after a fixed wait.

It speaks chat completions, and Anthropic's Messages API at ``/v1/messages``.

``python -m tests.bench.quick_endpoint 0.05`` prints its address and serves until its stdin ends. ``--busy 10`` refuses
each tenth request with 429 and asks for a second, ``--cut 10`` ends each tenth answer in its middle, ``--wall 64``
refuses what comes on top of 64 requests at once, and ``--bytes 8000000`` makes its answers long. ``GET /v1`` tells how
many requests were answered, and refused.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import Any

ANSWER = json.dumps({"kind": "a", "note": "The parcel is late, and the customer asks where it is."})


def _response(status: str, body: dict[str, Any], *headers: str) -> bytes:
    data = json.dumps(body).encode()
    head = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(data)}", *headers, "", ""]
    return "\r\n".join(head).encode() + data


def _completion(text: str, finish: str) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    usage = {"prompt_tokens": 60, "completion_tokens": 20, "total_tokens": 80}
    told = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "any"}
    return _response("200 OK", {**told, "choices": [choice], "usage": usage})


def _big(size: int) -> bytes:
    """Return a completion whose answer is of so many bytes."""
    text = "The parcel is late, and the customer asks where it is. "
    return _completion(json.dumps({"kind": "a", "note": text * (size // len(text))}), "stop")


WHOLE = _completion(ANSWER, "stop")
CUT = _completion(ANSWER[: len(ANSWER) // 2], "length")
MESSAGE = _response(
    "200 OK",
    {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "any",
        "content": [{"type": "text", "text": ANSWER}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 60, "output_tokens": 20},
    },
)
REFUSED = _response(
    "429 Too Many Requests", {"error": {"message": "slow down", "type": "requests", "code": "busy"}}, "Retry-After: 1"
)


class Desk:
    """What all connections share: how they answer, and the counts."""

    def __init__(self, told: argparse.Namespace) -> None:
        self.told = told
        self.whole = _big(told.bytes) if told.bytes else WHOLE
        self.number = self.answered = self.refused = self.in_flight = 0

    def takes(self) -> bool:
        """Count a request; tell whether it is worked on."""
        self.number += 1
        told = self.told
        if (told.busy and self.number % told.busy == 0) or (told.wall and self.in_flight >= told.wall):
            self.refused += 1
            return False
        self.in_flight += 1
        return True

    def answer(self, *, message: bool) -> bytes:
        """Return what a request that was worked on gets, as a message of Anthropic's or as a chat completion."""
        self.in_flight -= 1
        self.answered += 1
        if message:
            return MESSAGE
        return CUT if self.told.cut and self.answered % self.told.cut == 0 else self.whole


class Answering(asyncio.Protocol):
    """One connection: whatever is asked, the answer comes after the wait."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.buffer = b""
        self.loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (head := self.buffer.find(b"\r\n\r\n")) >= 0:
            lines = self.buffer[:head].lower().split(b"\r\n")
            length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
            if len(self.buffer) < head + 4 + length:
                return
            self.buffer = self.buffer[head + 4 + length :]
            if lines[0].startswith(b"get "):
                counts = {"answered": self.desk.answered, "refused": self.desk.refused}
                self.transport.write(_response("200 OK", counts))
            elif self.desk.takes():
                self.loop.call_later(self.desk.told.latency, self.answer, b"/v1/messages" in lines[0])
            else:
                self.transport.write(REFUSED)

    def answer(self, message: bool) -> None:
        data = self.desk.answer(message=message)
        if not self.transport.is_closing():
            self.transport.write(data)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("latency", type=float)
    for name in ("--busy", "--cut", "--wall", "--bytes"):
        parser.add_argument(name, type=int, default=0)
    desk = Desk(parser.parse_args())
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Answering(desk), "127.0.0.1", 0, backlog=512)
    print(json.dumps({"url": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", "key": "none"}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
