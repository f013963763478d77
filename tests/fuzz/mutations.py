"""Random changes to bytes, texts and JSON values, the same for the same seed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

ODD_TEXTS = (
    "", "\x00", "\ud800", "\u202e", "\u2028", "\x1b]0;x\x07", "__proto__", "null", "NaN", "-0", "1e999", "{", "[", '"',
    "<|im_end|>", "</think>", "```json", "data: [DONE]", "../../x", "a" * 5_000, "%s%n", "🜚" * 50,
)  # fmt: skip
ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**31, 2**53 + 1, 2**64, 10**30, -0.0, 0.1, 1e308, [], {}, "", [[]], {"": {}},
)  # fmt: skip
SIGNS = b'{}[]":,\\\n\r\t \x00\xff\xed\xa0\x80<>|0123456789eE-+tfnu'


def bytes_of(chance: random.Random, whole: bytes) -> bytes:
    """Return bytes with a few random changes: flipped bits, other signs, pieces cut out, doubled or moved."""
    data = bytearray(whole)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data) + 1)
        n = min(len(data) - at, chance.choice((1, 1, 2, 8, 100, 5_000)))
        match chance.randrange(6):
            case 0 if at < len(data):
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                data[at : at + n] = bytes(chance.choice(SIGNS) for _ in range(n))
            case 2:
                del data[at : at + n]
            case 3:
                data[at:at] = data[at : at + n] * chance.choice((1, 1, 50))
            case 4:
                data[at:at] = chance.choice(ODD_TEXTS).encode("utf-8", "surrogatepass")
            case _:
                del data[at:]
                data += bytes_of_any(chance, chance.randrange(200)) if chance.random() < 0.3 else b""
    return bytes(data)


def bytes_of_any(chance: random.Random, length: int) -> bytes:
    """Return so many random bytes."""
    return bytes(chance.choice(SIGNS) for _ in range(length))


def value(chance: random.Random, depth: int = 4) -> Any:
    """Return a random JSON value."""
    if depth == 0 or chance.random() < 0.4:
        return chance.choice(ODD_VALUES) if chance.random() < 0.6 else chance.choice(ODD_TEXTS)
    if chance.random() < 0.5:
        return [value(chance, depth - 1) for _ in range(chance.randrange(4))]
    return {chance.choice(ODD_TEXTS)[:40]: value(chance, depth - 1) for _ in range(chance.randrange(4))}


def changed(chance: random.Random, whole: Any) -> Any:
    """Return a JSON value in which some parts are others, are gone, or are there twice."""
    if chance.random() < 0.08:
        return value(chance)
    if isinstance(whole, dict):
        parts = {key: changed(chance, part) for key, part in whole.items() if chance.random() > 0.06}
        if chance.random() < 0.1:
            parts[chance.choice(ODD_TEXTS)] = value(chance)
        return parts
    if isinstance(whole, list):
        parts_of_list = [changed(chance, part) for part in whole if chance.random() > 0.06]
        return parts_of_list * chance.choice((1,) * 20 + (2, 30))
    return whole


def deep(chance: random.Random) -> str:
    """Return JSON nested deeper than anybody needs, whole or not."""
    levels = chance.choice((70, 900, 5_000, 100_000))
    opening, closing = chance.choice((("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")))
    return opening * levels + "1" + closing * chance.choice((0, levels))


def text_of(chance: random.Random, whole: Any) -> str:
    """Return JSON text of a value that was changed, or no JSON at all."""
    make: Callable[[], str] = chance.choice(
        (
            lambda: json.dumps(changed(chance, whole)),
            lambda: bytes_of(chance, json.dumps(whole).encode()).decode("utf-8", "surrogateescape"),
            lambda: deep(chance),
            lambda: chance.choice(ODD_TEXTS) * chance.choice((1, 10, 10_000)),
            lambda: json.dumps(whole) + json.dumps(value(chance)),
            lambda: "9" * chance.choice((10, 5_000, 200_000)),
        )
    )
    return make()
