"""A reasoning model's thoughts, where its endpoint leaves them in the text of the answer: the one rule for all of it.

Whole answers go through `apart`, streamed ones through `Unthought`, whatever is read out of them afterwards. Tokens
that a server should have kept to itself, at the beginning and the end, are taken off with them.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain

from synth_widgets.llm.completer import Request
from synth_widgets.llm.structured.json_text import VALUE_START, balanced, each, first, parse_json
from synth_widgets.llm.structured.quoted import Quoted

_TAG = re.compile(
    r"(?=<[\w/|]|◁|\[)(?:"  # looked at first, for it is quick
    r"<(?P<slash>/)?(?P<name>(?:\w{1,20}:)?(?:(?:ant)?think(?:ing)?|thoughts?|reasoning|scratchpad|reflection)"
    r"(?:_process)?)(?P<more>/|\s[^<>]{0,200})?>"
    r"|◁/?think(?:ing)?▷|<\|/?think(?:ing)?\|>"
    r"|(?-i:\[/?THINK\])"
    r"|<\|(?:begin|start|end)_(?:of_)?(?:thought|thinking)\|>"
    r"|<\|channel>thought\b|<channel\|>"
    r"|(?-i:\[BEGIN FINAL RESPONSE\]))",
    re.IGNORECASE,
)
"""Where thoughts begin and end: for most models and Seed; Kimi; Magistral; OpenThinker and Cohere; Gemma; Apriel."""
_ENDING = ("</", "◁/", "[/", "<|/", "<|end", "<channel", "[begin")
_SHARED = frozenset({"thought", "reasoning", "scratchpad", "reflection"})
"""Names that people give to tags of their own, too: such are thoughts at the beginning only, if no markup follows."""
_MARKUP = re.compile(r"\s*<(?!(?:answer|response|final_answer|final)>)[A-Za-z]")
_IS_INSIDE = re.compile(r"[\w,;(/&]\Z")
"""How the words before a tag end if it stands in the midst of their sentence."""

_CHANNEL = re.compile(r"<\|(start|end|message|channel|constrain|return|call)\|>")
"""The tokens of gpt-oss's format: https://cookbook.openai.com/articles/openai-harmony."""
_FINAL = re.compile(r"<\|channel\|>\s{0,9}final\b[^<]{0,99}(?:<\|constrain\|>[^<]{0,99})?<\|message\|>", re.IGNORECASE)
_BARE = ("analysis", "assistantfinal")
"""What is left of its channels where a server drops the tokens and leaves the words between them."""
_ENDS = re.compile(rf"{_TAG.pattern}|<\|message\|>|{_BARE[1]}", re.IGNORECASE)
"""Where it may be that thoughts have ended."""

_SPECIAL = r"<\|[A-Za-z]\w{0,39}\|>|<｜[^｜<>\s]{1,39}｜>|<(?:bos|eos|pad|start_of_turn|end_of_turn)>|<turn\|>"
_FIRST = re.compile(
    r"\s*(?P<mark><\|im_start\|>\s*assistant\b|<\|start_header_id\|>\s*assistant\s*<\|end_header_id\|>|"
    rf"<start_of_turn>\s*model\b|{_SPECIAL}|<s>|\[/INST\]|(?-i:\[(?:BOS|INST)\](?=\w)))\s*",
    re.IGNORECASE,
)
_LAST = re.compile(
    rf"\s*(?P<mark>{_SPECIAL}|</s>|\[END FINAL RESPONSE\]|\[/INST\]|(?-i:(?<=[\w.!?])\[(?:EOS|INST)\]))"
    r"\s*(?:assistant\s*)?\Z",
    re.IGNORECASE,
)
"""What stands in brackets may be a word: it is no token unless it touches the text."""
_OTHERS_TURN = re.compile(
    r"(?=<[|se｜]|</s>)"  # looked at first, for it is quick
    r"(?:<\|(?:im_end|eot_id|eom_id|endoftext|end_of_text|end_of_turn|endofturn|im_start|start_header_id|user|system)\|>"
    r"|<(?:start|end)_of_turn>|<｜(?:end▁of▁sentence|User)｜>|</s>\s{0,9}(?:<s>\s{0,9})?\[INST\])",
    re.IGNORECASE,
)
"""Where the answer is over: a model that did not stop goes on with what somebody else might say."""
_FENCE = re.compile(r"```[\w-]{0,40}[ \t]*\n")
_ELEMENT = re.compile(r"<[A-Za-z]")
_WRAP = re.compile(r"\s*<(?P<name>answer|response|final_answer|final)>")
_SIGNS = ("<", "\ufeff", "◁", "THINK]", "OS]", "INST]", "FINAL RESPONSE]", _BARE[1])
"""What one of is in everything of the above."""

_BLANK = "\ufeff\u200b\u2060 \t\r\n"
_LONGEST = 260
"""Characters that a tag has at most."""
_MOST_BROKEN = 8
"""Values without an end or that are no JSON after which none is looked for: each may cost a look at all of the text."""
_MOST_ROUNDS = 4
_MOST_TOKENS = 8
_MOST_LOOKS = 64


def apart(text: str, request: Request | None = None) -> tuple[str, str | None]:
    r"""Return an answer's text without the thoughts around it, and the thoughts, or ``None`` where there are none.

    A closing tag without an opening one (that stood in the prompt) ends thoughts too, unless the request speaks of
    such a tag, or the tag stands in quotes or inside of a JSON value: then it is text. Thoughts that do not end are all
    there is: the answer was cut before it began.

    Args:
        text: what the model wrote.
        request: what it was asked; ``None`` where unknown.

    >>> apart("<think>Greet her by name.</think>Hello, Ada!")
    ('Hello, Ada!', 'Greet her by name.')
    >>> apart("Greet her by name.</think>\n\nHello, Ada!<|im_end|>")
    ('Hello, Ada!', 'Greet her by name.')
    >>> apart("<think>Greet her by")
    ('', 'Greet her by')
    >>> apart("Hello, Ada!")
    ('Hello, Ada!', None)
    >>> apart("</think> ends it.", Request([{"role": "user", "content": "What is </think> for?"}]))
    ('</think> ends it.', None)
    """
    return _apart(text, _Asked(request))


class Unthought:
    """An answer without its thoughts, while it streams.

    What begins as JSON or a code fence is handed on at once: thoughts begin with words. Anything else may be thoughts
    whose opening tag stood in the prompt, with drafts in them: it is held back until they end, or the answer does.

    Args:
        request: as for `apart`.

    >>> answer = Unthought()
    >>> answer.feed('["a", "b"]')
    '["a", "b"]'
    >>> answer = Unthought()
    >>> answer.feed('Perhaps ["a"]? No.</think>'), answer.feed(' ["b"]'), answer.end()
    ('', '["b"]', '')
    """

    def __init__(self, request: Request | None = None) -> None:
        self._asked = _Asked(request)
        self._held: list[str] | None = []
        """What has come so far; ``None`` from when all is handed on."""
        self._are_words = False
        """Whether it began with words, or a tag."""
        self._tail = ""
        """The end of what is held, in which no thoughts have ended."""
        self._looked = 0
        """Up to here of all that is held, none have."""
        self._waits = False
        """Whether thoughts may have ended, and what follows has not come."""
        self._looks = 0

    def feed(self, chunk: str) -> str:
        """Take the next piece of the answer; return what is certainly no thought of all that has come."""
        if self._held is None:
            return chunk
        self._held.append(chunk)
        if not self._are_words:
            chunk = "".join(self._held).lstrip(_BLANK)
            self._held = [chunk]
            is_answer = _begins_answer(chunk)
            if is_answer:
                return self._released(chunk)
            if is_answer is None:
                return ""
            self._are_words = True
        if self._waits and not chunk.strip(_BLANK):
            return ""
        self._tail += chunk
        if self._looks >= _MOST_LOOKS or not (self._waits or first(_ENDS, self._tail)):
            self._tail = self._tail[-_LONGEST:]
            return ""
        return self._look()

    def end(self) -> str:
        """Say that the answer is over; return what is left of it."""
        held, self._held = self._held, None
        return "" if held is None else _apart("".join(held), self._asked)[0]

    def _look(self) -> str:
        """Look whether an answer begins behind one of the ends of thoughts that have come."""
        text = "".join(self._held or ())
        self._held, self._waits, self._looks = [text], False, self._looks + 1
        for end in each(_ENDS, text, self._looked):
            follows = text[end.end() : end.end() + _LONGEST].lstrip(_BLANK)
            is_answer = _begins_answer(follows)
            if is_answer is None:
                self._looked, self._waits = end.start(), True
                return ""
            self._looked = end.end()
            begun = text.find(follows[0], end.end()) + 1
            if is_answer and _apart(text[:begun], self._asked, is_whole=False)[0] == follows[0]:
                return self._released(text[begun - 1 :])
            if is_answer:
                self._looks += 1
        self._tail = text[self._looked :][-_LONGEST:]
        return ""

    def _released(self, text: str) -> str:
        self._held = None
        return text


def _begins_answer(text: str) -> bool | None:
    """Whether a text begins as JSON or a code fence do; ``None``: too early to tell.

    >>> _begins_answer('["a"'), _begins_answer("[THINK]"), _begins_answer("[")
    (True, False, None)
    """
    if text[:1] in {"{", "["}:
        follows = text[1:].lstrip()
        return (follows[0] in ('"}' if text[0] == "{" else '"{[]-0123456789')) if follows else None
    if text[:1] == "`":
        return text.startswith("```") if len(text) > 2 else None
    return False if text else None


def _apart(text: str, asked: _Asked, *, is_whole: bool = True) -> tuple[str, str | None]:
    """See `apart`. What is not whole yet may be inside of a JSON value that has not ended."""
    if not _may_have_any(text):
        return text, None
    thoughts: list[str] = []
    for _ in range(_MOST_ROUNDS):
        before, bare = text, text.lstrip(_BLANK)
        text = text if text[: len(text) - len(bare)].isspace() else bare
        text = _without_tokens(_final(text, asked, thoughts), asked)
        text = _without_wrap(_untagged(text, asked, thoughts, is_whole=is_whole), asked)
        if text == before:
            break
    return text, "\n\n".join(filter(None, map(str.strip, thoughts))) or None


def _may_have_any(text: str) -> bool:
    """Whether a second look is worth its time: most answers have nothing of it."""
    for sign in _SIGNS:  # noqa: SIM110 - an expression takes three times as long, three times an answer
        if sign in text:
            return True
    return False


class _Asked:
    """What the request itself speaks of. Looked up when an answer has something of the kind, which few have."""

    def __init__(self, request: Request | None) -> None:
        self._request = request

    @functools.cached_property
    def _words(self) -> str:
        """All that the model was told, but for its last answer: it may be what is to be replaced or corrected."""
        if self._request is None:
            return ""
        conversation = self._request.conversation
        last = next((message for message in reversed(conversation) if message.role == "assistant"), None)
        texts = [message.text for message in conversation if message is not last]
        return "\n".join([*texts, json.dumps(self._request.schema, ensure_ascii=False)])

    @functools.cached_property
    def _small(self) -> str:
        return self._words.lower()

    @functools.cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of tags that the request speaks of."""
        return frozenset(map(_kind, _TAG.finditer(self._words)))

    def holds(self, mark: str) -> bool:
        """Whether the request speaks of a tag or token."""
        return mark.lower() in self._small


class _Values:
    """Says which places are inside of a JSON value; they are asked for from first to last."""

    def __init__(self, text: str, *, is_whole: bool) -> None:
        self._text = text
        self._is_whole = is_whole
        self._at = 0
        self._begins: int | None = None
        """Where the next value may begin from there on, once it was looked for."""
        self._ends = 0
        self._broken = 0

    def around(self, place: int) -> bool:
        """Whether a place is inside of a value."""
        while place >= self._ends and self._broken < _MOST_BROKEN:
            if self._begins is None:
                found = first(VALUE_START, self._text, max(self._at, self._ends))
                self._begins = len(self._text) if found is None else found.start()
            if self._begins >= place:
                return False
            self._at, self._begins = self._begins, None
            end = balanced(self._text, self._at)
            if end is not None and parse_json(self._text[self._at : end])[1] is None:
                self._ends = end
            elif not self._is_whole:
                self._ends = len(self._text)
            else:
                self._at, self._broken = self._at + 1, self._broken + 1
        return place < self._ends

    def skip(self, place: int) -> None:
        """Say that what comes before a place is no part of the answer."""
        self._at = max(self._at, place)
        self._begins = self._begins if self._begins is None or self._begins >= place else None


def _kind(tag: re.Match[str]) -> str:
    """Return what an opening tag and its closing one have in common."""
    name = tag["name"]
    if name is not None:
        return name.lower().replace("thinking", "think").replace("thoughts", "thought")
    return next((kind for kind in ("channel", "FINAL", "<|") if kind in tag[0]), tag[0][0])


def _final(text: str, asked: _Asked, thoughts: list[str]) -> str:
    """Return what gpt-oss says in its final channel, or to a tool; any other text as it is."""
    begins, ends = _BARE
    if ends in text and text.lstrip().startswith((begins, ends)) and not asked.holds(ends):
        thought, _, text = text.partition(ends)
        thoughts.append(thought.strip()[len(begins) :])
        return text
    tokens = _tokens(text) if "<|channel|>" in text or "<|message|>" in text else None
    begun = next(tokens, None) if tokens is not None else None
    if tokens is None or begun is None or asked.holds(begun[0]):
        return text
    if _Values(text, is_whole=True).around(begun.start()):
        return text
    parts = list(_between(text, chain([begun], tokens)))
    if not any(kind == "message" for kind, _ in parts) and begun[1] != "channel":
        return text
    thoughts.append(text[: begun.start()])
    final = call = None
    header = ""
    for kind, words in parts:
        if kind != "message":
            before = header[:_LONGEST] if kind in {"channel", "constrain"} else ""
            header = f"{before} {words[:_LONGEST]}" if kind in {"start", "channel", "constrain"} else ""
            continue
        names = header.split()
        if {"user", "system", "developer", "tool"} & set(names[:1]):
            break
        if "to=" in header:
            call = words if call is None else call
        elif {"analysis", "commentary"} & set(names):
            thoughts.append(words)
        else:
            final = words
    return final if final is not None else call or ""


def _tokens(text: str) -> Iterator[re.Match[str]]:
    """Yield the tokens of gpt-oss's format, unless the text only speaks of them."""
    start = 0
    if _CHANNEL.match(text, len(text) - len(text.lstrip())):  # they are real up to the answer
        final = first(_FINAL, text)
        start = len(text) if final is None else final.end()
    quoted = Quoted(text, start)
    return (token for token in each(_CHANNEL, text) if token.start() < start or not quoted.holds(token))


def _between(text: str, tokens: Iterable[re.Match[str]]) -> Iterator[tuple[str, str]]:
    """Yield the name of each token, and the words up to the next."""
    token: re.Match[str] | None = None
    for following in tokens:
        if token is not None:
            yield token[1], text[token.end() : following.start()]
        token = following
    if token is not None:
        yield token[1], text[token.end() :]


def _without_tokens(text: str, asked: _Asked) -> str:
    """Take off what a server should have kept to itself, before and behind the answer."""
    values, quoted = _Values(text, is_whole=True), Quoted(text)
    begins = _begins(text)
    for turn in each(_OTHERS_TURN, text, begins):
        is_text = turn.start() <= begins or asked.holds(turn[0]) or quoted.holds(turn)
        if not is_text and not values.around(turn.start()):
            text = text[: turn.start()]
            break
    for _ in range(_MOST_TOKENS):
        last = _LAST.search(text, max(0, len(text) - _LONGEST))
        if last is None or asked.holds(last["mark"]) or (last["mark"] == "</s>" and "<s>" in text):
            break  # what is struck out ends so, too
        text = text[: last.start()]
    for _ in range(_MOST_TOKENS):
        lead = _FIRST.match(text)
        is_one = lead is not None and not asked.holds(lead["mark"]) and not _TAG.match(text, lead.start("mark"))
        if lead is None or not is_one or (lead["mark"] == "<s>" and "</s>" in text):
            break
        text = text[lead.end() :]
    return text


def _without_wrap(text: str, asked: _Asked) -> str:
    """Return what stands in a tag around all of the answer, unless that is one of several, or all is markup."""
    begin = _WRAP.match(text)
    if begin is None or asked.holds(f"<{begin['name']}>"):
        return text
    held, end = text[begin.end() :].rstrip(), f"</{begin['name']}>"
    inside = held.removesuffix(end).strip()
    is_more = _ELEMENT.match(inside) is not None or f"<{begin['name']}>" in inside or end in inside
    return inside if held.endswith(end) and not is_more else text


def _untagged(text: str, asked: _Asked, thoughts: list[str], *, is_whole: bool) -> str:
    """Return a text without what stands between tags, or before a closing one alone."""
    values, quoted = _Values(text, is_whole=is_whole), Quoted(text, is_whole=is_whole)
    kept: list[str] = []
    found: list[str] = []
    opened: re.Match[str] | None = None
    at = seen = shown = 0
    is_alone = has_words = False
    markup: set[str] = set()
    codes: set[tuple[int, int] | None] = set()
    for tag in each(_TAG, text):
        is_end = tag[0].lower().startswith(_ENDING)
        if opened is not None:
            if is_end and _kind(tag) == _kind(opened):
                found.append(text[opened.end() : tag.start()])
                at = seen = tag.end()
                opened, is_alone = None, False
                values.skip(at)
                quoted.skip(at)
            continue
        has_words = has_words or bool(text[seen : tag.start()].strip(_BLANK))
        seen = tag.end()
        is_lead, kind = not has_words and not is_end, _kind(tag)
        if kind in _SHARED and not is_end and (has_words or _is_markup(text, tag)):
            markup.add(kind)
        shown = max(shown, 0 if is_lead or is_end else _inside_of_sentence(text, tag))
        is_shown = tag.start() < shown or kind in markup or kind in asked.kinds or _is_quoted(tag, quoted, codes)
        if (not is_lead or kind in _SHARED) and (is_shown or values.around(tag.start())):
            has_words = True
            continue
        kept.append(text[at : tag.start()])
        if is_end:
            found.append("".join(kept))
            kept, is_alone, has_words = [], True, False
            values.skip(tag.end())
            quoted.skip(tag.end())
        elif tag["more"] != "/":
            opened, at = tag, tag.start()
            continue
        at = tag.end()
    if opened is not None and not has_words:
        found.append(text[opened.end() :])
        at = len(text)
    rest = "".join([*kept, text[at:]])
    said = [thought for thought in found if thought.strip()]
    if is_alone and not rest.strip() and (len(said) > 1 or (said and _is_value(said[0]))):
        rest = said.pop()  # the end of thoughts that is said, or said once more, behind the answer
    thoughts += said
    return rest.strip(_BLANK) if at else text


def _is_value(text: str) -> bool:
    """Whether a text is one JSON value and nothing else, but for a code fence around it."""
    text = text.strip()
    if (fence := _FENCE.match(text)) is not None and text.endswith("```"):
        text = text[fence.end() : -3].strip()
    return text[:1] in {"{", "["} and parse_json(text)[1] is None


def _is_markup(text: str, tag: re.Match[str]) -> bool:
    """Whether what stands in a tag is followed by another one, as in an answer that is all markup."""
    end = text.find(f"</{tag['name']}>", tag.end())
    return end >= 0 and _MARKUP.match(text, end + len(tag["name"]) + 3) is not None


def _begins(text: str) -> int:
    """Return the place behind the tokens at the beginning."""
    at = 0
    for _ in range(_MOST_TOKENS):
        lead = _FIRST.match(text, at)
        if lead is None:
            break
        at = lead.end()
    return at


def _is_quoted(tag: re.Match[str], quoted: Quoted, codes: set[tuple[int, int] | None]) -> bool:
    """Whether a tag is shown only: not the end, on a line of its own, of thoughts that left a fence open."""
    if not quoted.holds(tag):
        return False
    code, is_end = quoted.fence(tag), tag[0].lower().startswith(_ENDING)
    if not is_end:
        codes.add(code)
    return code is None or code in codes or not is_end or not quoted.has_line(tag)


def _inside_of_sentence(text: str, tag: re.Match[str]) -> int:
    """Return where a pair of tags ends that stands in the midst of a sentence; else 0."""
    if not _IS_INSIDE.search(text[max(0, tag.start() - 9) : tag.start()].rstrip(" ")):
        return 0
    rest = text[tag.end() : tag.end() + 4 * _LONGEST].partition("\n")[0]
    end = next((other for other in _TAG.finditer(rest) if other[0].lower().startswith(_ENDING)), None)
    if end is None or _kind(end) != _kind(tag) or not rest[end.end() :].strip():
        return 0
    return tag.end() + end.end()
