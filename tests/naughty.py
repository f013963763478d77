"""Texts and names that break what is not careful with them, by what they are. They may only stand there."""

from __future__ import annotations

import io
import json
from typing import Any

import pandas as pd

import synth_widgets as sw
from synth_widgets.text.normal import storable

LONG = "w" * 100_000
NUL_IN_CSV = list(pd.read_csv(io.StringIO('text\n"a\0b"\n'))["text"]) == ["a\0b"]
"""Whether this pandas reads a text in CSV to its end: before 3.1 it ended at the first NUL."""


def nested(levels: int) -> Any:
    """Return lists in one another.

    >>> nested(3)
    [[[]]]
    """
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


TEXTS = {
    "markup": "<script>window.evil=1</script><img src=x onerror='window.evil=2'><svg/onload=window.evil=3>",
    "end of a tag": "</textarea></title></style></script><iframe srcdoc='<script>parent.evil=4</script>'>",
    "attribute": '" autofocus onfocus="window.evil=5" x=\'` onmouseover=window.evil=6',
    "link": "[press](javascript:window.evil=7) javascript:window.evil=8 data:text/html,<script>evil</script>",
    "image": "![x](http://127.0.0.1:9/evil.png) <link rel=stylesheet href=//127.0.0.1:9/evil.css> http://127.0.0.1:9/",
    "template": "${window.evil=9} {{constructor.constructor('window.evil=10')()}} #{7*7} <%= 7*7 %> {0} %s %n",
    "style": "</style><style>*{display:none}</style> expression(evil) url(//127.0.0.1:9/evil)",
    "entities": "&lt;b&gt; &amp;amp; &#0; &#x202e; &nbsp;",
    "comment": "--><!-- ]]> <![CDATA[ <?php",
    "formula": '=HYPERLINK("http://127.0.0.1:9/","press")',
    "formula with plus": "+1+cmd|' /C calc'!A0",
    "formula with at": "@SUM(1,2)",
    "formula behind a tab": "\t=1+1",
    "minus": "-",
    "controls": "a\x01b\x07c\x08d\x0ee\x1b[31mf\x7fg\x9bh",
    "null byte": "before\x00after",
    "line ends": "one\r\ntwo\rthree\u2028four\u2029five\x0bsix\x0cseven\x85eight",
    "spaces": "\u00a0\u2003 \u200b\u200d\ufeffa \u3000",
    "tabs": "\ta\t\tb\n\n\n  c  ",
    "bidi override": "\u202eelif eht esare \u202c and \u2066isolated\u2069 \u2067\u061c",
    "bidi left open": "\u202e\u2067\u202b all of this runs backwards",
    "mixed directions": "الطرد متوقف, order PK-889310, זה לא כאן",
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇺🇳 ☺︎☺️ 1️⃣",
    "marks upon marks": "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘" + "a" + "\u0301" * 200,
    "widest letters": "﷽𒐫꧅⸻" * 3,
    "not normal": "Å Å Å ﬁ ½ İstanbul ß ẞ",
    "lone surrogates": "\ud800 alone \udfff \ud83d",
    "outside of everything": "\U0010ffff \ufffe \ufdd0 \U000e0041",
    "long word": LONG,
    "long line of words": "word " * 4_000,
    "many lines": "line\n" * 3_000,
    "looks like JSON": '{"a": [1, {"b": null}], "__proto__": {"evil": 1}}',
    "cut JSON": '{"a": [1, "',
    "looks like a number": "1e999",
    "a number with zeros": "007",
    "looks like nothing": "null",
    "not a number": "NaN",
    "looks true": "True",
    "quotes": '"\' `` ´ “” «» \\ \\n \\u0041 """',
    "statement": "'); DROP TABLE samples; --",
    "prototype": "__proto__",
    "constructor": "constructor",
    "method": "hasOwnProperty",
    "path": "../../../../etc/passwd",
    "dot": ".",
    "slash": "/",
    "backslash": "\\",
    "dotted": "a.b[0].c",
    "ours": "output.*extra",
    "separator": " > ",
}

NAMES = (
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "hasOwnProperty",
    "length",
    "then",
    "",
    " ",
    ".",
    "..",
    "/",
    "a.b",
    "a b",
    "a[0]",
    "*extra",
    "id",
    "topic",
    "output",
    "status",
    "$ref",
    "$defs",
    "<b onmouseover=window.evil=11>",
    "'\"`",
    "é",
    "é",
    "🏳️‍🌈",
    "\u202egnorw",
    "null\x00byte",
    "line\nend",
    "=1+1",
    "n" * 300,
)
"""Names of fields in a schema."""


def task() -> sw.Task:
    """Return a task whose every name and text is one of these."""
    return sw.Task(
        f"Naughty {TEXTS['markup']}",
        "\n".join(TEXTS[name] for name in ("markup", "template", "bidi left open", "emoji", "link")),
        requirements=[
            sw.Requirement(TEXTS["attribute"], name="__proto__"),
            sw.Requirement(TEXTS["bidi override"], name="constructor"),
            sw.Requirement(TEXTS["marks upon marks"], name=TEXTS["markup"]),
            sw.Requirement(LONG[:5_000]),
        ],
        output_schema={
            "type": "object",
            "properties": {
                "choice": {"enum": [*shown(), None, 0, False, {"a": 1}]},
                **{name: {"type": "string"} for name in NAMES},
            },
            "required": ["choice"],
        },
    )


def shown() -> list[str]:
    """Return the texts that are short enough for a list to choose from; a surrogate alone is no text in JSON."""
    return [text for name, text in TEXTS.items() if len(text) < 1_000 and name != "lone surrogates"]


def answer(text: str) -> dict[str, Any]:
    """Return an output of the task that says this in some field, and all of its names."""
    choices = shown()
    choice = text if text in choices else choices[0]
    return {
        "choice": choice,
        **{name: text if len(text) < 1_000 else text[:50] for name in NAMES},
        "__proto__": text,
        "undeclared": text[:50],
    }


def plain(value: Any) -> Any:
    """Return a value as JSON text, so that what is like another is not taken for it."""
    return json.dumps(value, sort_keys=True)


def name_of(text: str) -> str:
    """Return what a text is as a topic's name: single spaces, not too long."""
    return " ".join(str(storable(text)).split())[:400].strip()


def tag_of(text: str) -> str:
    """Return what a text is as a tag: one word, not too long."""
    return "-".join(str(storable(text)).split())[:90]
