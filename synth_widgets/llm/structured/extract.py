"""How JSON is read out of a model's answer, however it was asked for and whatever it is wrapped in. Pure.

`synth_widgets.llm.structured.modes` has the modes to ask in; `synth_widgets.llm.structured.item_stream` reads a list
while it streams. All that is looked at is bounded: a model that loops may fill megabytes. What is longer than `SLOW`
belongs on a worker even so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from synth_widgets.llm.completer import Request
from synth_widgets.llm.structured.item_stream import SLOW, Item, ItemStream
from synth_widgets.llm.structured.json_text import VALUE_START, balanced, first, parse_json
from synth_widgets.llm.structured.modes import TOOL
from synth_widgets.llm.structured.reasoning import apart
from synth_widgets.llm.structured.repair import mended
from synth_widgets.records import Json
from synth_widgets.text.normal import identity, storable

__all__ = ["SLOW", "Item", "ItemStream", "extract_json", "fitting", "is_json", "listed", "parse_json"]

Check = Callable[[Json], tuple[Json, str | None]]
"""Returns a value as it would be kept, and what is wrong with it, or ``None``."""

_FENCE = "```"
_LANGUAGE = re.compile(r"[\w-]*+[ \t]*+\n?+")
_BULLET = re.compile(r"^(?P<indent>[ \t]*)(?:[-*•–]|\(?\d{1,3}[.)])[ \t]+(?P<text>\S.*)$")
_INTRO = re.compile(r"[:：][*_\s]*\Z")
_DECLINES = re.compile(r"\b(?:can(?:['’]?t|not| not)|won['’]t|unable)\b", re.IGNORECASE)
_NUMBERED = re.compile(r"\D*\d{1,3}")

_NOT_MENDED = ("the key", "NaN", "Infinity", "-Infinity", "the number", "nested", "half of", "the JSON is cut off")
"""How reasons begin that mending must not pass over."""
_MOST_FENCES = 16
_MOST_VALUES = 100
"""Values amid chatter, whole or broken, that are looked at."""
_MOST_CHECKED = 24
_MOST_LAYERS = 6
_MOST_INNER = 64
_MOST_ITEMS = 1_000
_ENVELOPE = frozenset("name arguments parameters input type id function".split())
"""What a call of a tool has, written as text; its name is the tool's."""


_REFUSES = frozenset("error errors refusal".split())
_REMARKS = frozenset("message detail details note notes reason reasoning thought status warning language count".split())
"""Names of what a model says beside a list, or in the place of one."""


def _anything(value: Json) -> tuple[Json, str | None]:
    return value, None


def extract_json(
    text: str, check: Check = _anything, request: Request | None = None, fields: Iterable[str] = ()
) -> tuple[Any, str | None]:
    """Find the JSON value in a model's answer.

    Looked for in this order: the whole text; the contents of code fences; balanced values amid chatter, where a list of
    bare numbers (``[1]``) counts only if there is nothing else; the same places for JSON that is almost right
    (`synth_widgets.llm.structured.repair`). Where values do not comply, the same is looked for inside of them: in a
    list of one, under a title, in a tool's call that was written as text. If exactly one value complies, that is the
    answer.

    Args:
        text: what the model wrote.
        check: says whether a value complies.
        request: what it was asked.
        fields: the names that are declared for the value's properties: what has one of them is no wrapping.

    Returns:
        ``(value, None)``; or what is wrong: ``(None, reason)`` if there is no JSON, it is cut off, or it is refused (a
        key twice, NaN or Infinity, nested too deep), ``(value, problem)`` if it does not comply, and a reason if
        several different values do.

    >>> extract_json('Sure! {"a": [1, 2]} Anything else?')
    ({'a': [1, 2]}, None)
    >>> extract_json('{"a": ')
    (None, 'the JSON is cut off')
    >>> extract_json('{"a": 1} or {"a": 2}')
    (None, 'the answer holds several values that differ; one is wanted')
    """
    text = apart(text, request)[0].strip().removeprefix("\ufeff")
    if not text:
        return None, "the answer is empty"
    choice = _Choice(check, fields)
    value, why = parse_json(text)
    if why is None:
        choice.look([value])
        return choice.result
    for values, reason in _tiers(text, why):
        choice.look(values)
        if choice.is_made:
            return choice.result
        why = reason
    return choice.result if choice.has_any else (None, why)


def is_json(text: str) -> bool:
    """Whether a text is one JSON value and nothing else, but for a code fence around it."""
    text = text.strip()
    inside = next(_fences(text), "") if text.startswith(_FENCE) and text.endswith(_FENCE) else text
    return inside[:1] in {"{", "["} and parse_json(inside)[1] is None


def fitting(value: Json, check: Check, fields: Iterable[str] = ()) -> tuple[Json, str | None]:
    """Return a value, or the only one inside of it that complies, and what is wrong with it, or ``None``.

    >>> fitting({"topic": "Brakes"}, lambda value: (value, None if isinstance(value, str) else "text is wanted"))
    ('Brakes', None)
    """
    choice = _Choice(check, fields)
    choice.look([value])
    return choice.result


def listed(
    text: str,
    check: Check,
    request: Request | None = None,
    fields: Iterable[str] = (),
    *,
    was_cut: bool = False,
) -> list[Item]:
    r"""Return the items of an answer that has no list under ``"items"``: under another key, one a line, or bullets.

    Args:
        text: what the model wrote.
        check: says whether a value complies as an item.
        request: what it was asked.
        fields: as for `extract_json`.
        was_cut: whether it has no end; bullets may be a plan then.

    Returns:
        Those that comply and those that do not; none, if there is no list of which one complies, or several are.

    >>> is_text = lambda value: (value, None if isinstance(value, str) else "text is wanted")
    >>> [item.value for item in listed('{"topics": ["Brakes", "Tyres"]}', is_text)]
    ['Brakes', 'Tyres']
    >>> [item.value for item in listed("Here they are:\n- Brakes\n- Tyres", is_text)]
    ['Brakes', 'Tyres']
    """
    text = apart(text, request)[0].strip().removeprefix("\ufeff")
    fields = frozenset(fields)
    lists: list[list[Json]]
    value, reason = parse_json(text)
    for values, _ in [([value], None)] if reason is None else _tiers(text, reason, lines=True):
        lists = [found for value in values for found in _lists(value, check, fields)]
        if not any(_one_complies(found, check, fields) for found in lists):
            is_one = len(values) == 1
            lists = [[part for part in values if not isinstance(part, dict) or _may_be_item(part, fields, is_one)]]
        if items := _only(lists, check, fields):
            return items
    return [] if was_cut else _only([_bullets(text)], check, fields)


def _tiers(text: str, why: str, *, lines: bool = False) -> Iterator[tuple[Sequence[Json], str | None]]:
    """Yield the values of a text that is not JSON itself, those that are surest first, and why there are not more.

    Args:
        text: where they are looked for.
        why: why the whole text is not JSON.
        lines: whether each line may be a value.
    """
    reason: str | None = why
    if lines and len(values := _by_line(text)) > 1:
        yield values, None
        return
    fences = list(islice(_fences(text), _MOST_FENCES))
    for fence in fences if lines else ():
        yield _by_line(fence), reason
    yield [value for value, error in map(parse_json, fences) if error is None], reason
    values, reason = _amid(text, why)
    yield values, reason
    if reason is None or reason.startswith(_NOT_MENDED):
        return
    whole = text[max(0, text.find("{")) : text.rfind("}") + 1]
    almost = (mended(part) for part in dict.fromkeys((*fences[:2], text, whole)))
    yield next(([storable(value)] for value in almost if value is not None), []), reason


def _fences(text: str) -> Iterator[str]:
    """Yield what stands in code fences."""
    at = text.find(_FENCE)
    while at >= 0 and (end := text.find(_FENCE, at + len(_FENCE))) >= 0:
        held = text[at + len(_FENCE) : end]
        language = _LANGUAGE.match(held)
        yield (held[language.end() :] if language else held).strip()
        at = text.find(_FENCE, end + len(_FENCE))


def _amid(text: str, reason: str) -> tuple[list[Json], str | None]:
    """Return the values amid chatter, and why there is none of them, or what was wrong with the first."""
    if not any(bracket in text for bracket in "{["):
        return [], "there is no JSON in the answer"
    values: list[Json] = []
    spare: list[Json] = []
    fault: str | None = None
    seen: set[str] = set()
    for start, end in islice(_candidates(text), _MOST_VALUES):
        raw = text[start:end]
        if raw in seen:
            continue
        seen.add(raw)
        value, error = (None, "the JSON is cut off") if end is None else parse_json(raw)
        if error is not None:
            fault = fault or error
        elif isinstance(value, list) and all(isinstance(v, int | float) for v in value):
            spare.append(value)
        else:
            values.append(value)
    if values or spare:
        return values or spare[:1], fault
    return [], fault or (reason if text[0] in "{[" else "there is no JSON in the answer")


def _candidates(text: str) -> Iterator[tuple[int, int | None]]:
    """Yield where values begin and end, one behind the other; ``None`` for one that does not end.

    What stands inside a value is no answer, be the value as broken as it may.
    """
    at = 0
    while (start := first(VALUE_START, text, at)) is not None:
        end = balanced(text, start.start())
        yield start.start(), end
        if end is None:
            return
        at = end


class _Choice:
    """Finds the one value that complies, among some or inside of them."""

    def __init__(self, check: Check, fields: Iterable[str] = ()) -> None:
        self._check = check
        self._fields = frozenset(fields)
        self._checked = 0
        self._found: list[Json] = []
        self._poor: list[Json] = []
        """What complies although it has none of the fields: a wrapping may, where no field must be there."""
        self._first: tuple[Json, str] | None = None

    @property
    def has_any(self) -> bool:
        """Whether there was any value."""
        return self.is_made or self._first is not None

    @property
    def is_made(self) -> bool:
        """Whether a value complies, or several do."""
        return bool(self._found or self._poor)

    @property
    def result(self) -> tuple[Json, str | None]:
        """The value that complies; else what is wrong with the first, or that several do."""
        found = self._found or self._poor
        if len(found) > 1 and len(set(map(identity, found))) > 1:
            return None, "the answer holds several values that differ; one is wanted"
        return (found[0], None) if found else self._first or (None, "there is no JSON in the answer")

    def look(self, values: Sequence[Json]) -> None:
        """Look among values of the same rank, and inside of those that do not comply."""
        for layer in range(_MOST_LAYERS):
            inner: list[Json] = []
            for value in values:
                if not self._complies(value, is_inner=layer > 0):
                    inner += islice(self._inside(value), _MOST_INNER)
            if self._found or not inner:
                return
            values = inner[:_MOST_INNER]

    def _complies(self, value: Json, *, is_inner: bool) -> bool:
        """Whether a value complies; note it, or what is wrong with the first."""
        if self._checked >= _MOST_CHECKED or (is_inner and self._is_poor(value)):
            return False
        self._checked += 1
        kept, problem = self._check(value)
        if problem is not None:
            self._first = self._first or (kept, problem)
            return False
        is_poor = self._is_poor(value)
        (self._poor if is_poor else self._found).append(kept)
        return not is_poor

    def _is_poor(self, value: Json) -> bool:
        return bool(self._fields) and isinstance(value, dict) and bool(value) and self._fields.isdisjoint(value)

    def _inside(self, value: Json) -> Iterable[Json]:
        """Return what a value may be the wrapping of."""
        if isinstance(value, dict):
            return _arguments(value) or (value.values() if self._fields.isdisjoint(value) else ())
        if isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:
            held, error = parse_json(value.strip())
            return () if error is not None else (held,)
        return value if isinstance(value, list) else ()


def _arguments(value: dict[str, Json]) -> list[Json]:
    """Return the arguments of a call of the tool that was written as text; of anything else nothing."""
    is_call = value.get("name") == TOOL and value.keys() <= _ENVELOPE
    return [value[name] for name in ("arguments", "parameters", "input") if name in value] if is_call else []


def _refuses(value: dict[str, Json]) -> bool:
    return any(key.lower() in _REFUSES and part for key, part in value.items())


def _may_be_item(value: dict[str, Json], fields: frozenset[str], is_one: bool) -> bool:
    """Whether an object may be an item: not if it holds a list, or says why there is none."""
    if fields or "items" in value:
        return "items" not in value
    is_remark = _refuses(value) or (is_one and len(value) == 1 and _REMARKS.issuperset(map(str.lower, value)))
    held = value.values()
    return (
        not is_remark
        and not any(isinstance(part, list) for part in held)
        and all(_may_be_item(part, fields, is_one) for part in held if isinstance(part, dict))
    )


def _only_list(value: dict[str, Json]) -> list[Json]:
    """Return the only list of an object, if it has words beside it and they are no item whose part the list is."""
    lists = [part for part in value.values() if isinstance(part, list) and part]
    if len(lists) != 1 or _refuses(value) or any(isinstance(part, dict) for part in value.values()):
        return []
    beside = {key.lower() for key, part in value.items() if part is not lists[0]}
    return lists[0] if len(lists[0]) > 1 or beside <= _REMARKS else []


def _lists(value: Json, check: Check, fields: frozenset[str]) -> Iterator[list[Json]]:
    """Yield the lists that may be meant: the value itself, or those inside of it with no item beside them."""
    level = [value]
    for _ in range(_MOST_LAYERS):
        inner: list[Json] = []
        for each in level:
            if isinstance(each, list):
                yield each[:_MOST_ITEMS]
                inner += each if len(each) == 1 else ()
            elif isinstance(each, dict) and (given := _arguments(each)):
                inner += given
            elif isinstance(each, dict) and fields.isdisjoint(each):
                held = list(each.values())[:_MOST_ITEMS]
                if not fields and (only := _only_list(each)):
                    inner.append(only)
                elif len(held) > 1 and all(map(_NUMBERED.fullmatch, each)):
                    yield held
                elif all(isinstance(part, list) or check(part)[1] for part in held[:_MOST_CHECKED]):
                    inner += held
            elif isinstance(each, str) and each.lstrip()[:1] in {"{", "["}:
                written, error = parse_json(each.strip())
                inner += [] if error is not None else [written]
        level = inner[:_MOST_INNER]


def _only(lists: Iterable[list[Json]], check: Check, fields: frozenset[str]) -> list[Item]:
    """Return the items of the only list of which one complies."""
    able = [found for found in lists if _one_complies(found, check, fields)]
    if not able or (len(able) > 1 and len(set(map(identity, able))) > 1):
        return []
    return [Item(json.dumps(value, ensure_ascii=False), value) for value in able[0]]


def _one_complies(found: list[Json], check: Check, fields: frozenset[str]) -> bool:
    return any(fitting(value, check, fields)[1] is None for value in found[:_MOST_CHECKED])


def _by_line(text: str) -> list[Json]:
    """Return the values of a text that has one in each line; else nothing."""
    values: list[Json] = []
    for line in islice(filter(None, map(str.strip, text.splitlines())), _MOST_ITEMS):
        value, error = parse_json(line.removesuffix(","))
        if error is not None:
            return []
        values.append(value)
    return values


def _bullets(text: str) -> list[Json]:
    """Return the texts of a list with bullets or numbers; nothing, if other lines stand between them.

    No more than one line may stand before them, which announces them: what is said at length may be a plan, or a
    refusal with what the model would do instead.
    """
    lines = [line for line in islice(text.splitlines(), _MOST_ITEMS) if line.strip()]
    found = [_BULLET.match(line.rstrip()) for line in lines]
    places = [at for at, bullet in enumerate(found) if bullet is not None]
    is_list = len(places) > 1 or len(lines) == 1
    if not places or not is_list or places[-1] - places[0] + 1 != len(places):
        return []
    if places[0] > 1 or (places[0] == 1 and (not _INTRO.search(lines[0]) or _DECLINES.search(lines[0]))):
        return []
    indents = {bullet["indent"] for bullet in found[places[0] or 1 :] if bullet is not None}
    if len(indents) > 1:
        return []  # a list in a list; of the first line of all the indent is gone
    return [_unquoted(bullet["text"].strip()) for bullet in found if bullet is not None]


def _unquoted(text: str) -> str:
    text = text[2:-2] if len(text) > 4 and text.startswith("**") and text.find("**", 2) == len(text) - 2 else text
    is_quoted = len(text) > 2 and text[0] + text[-1] in {'""', "''", "“”", "``"}
    return text[1:-1] if is_quoted and text[0] not in text[1:-1] else text
