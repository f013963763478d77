"""Forty JSON Schemas of the shapes that people bring: written by hand, by pydantic, by other tools, by standards."""

from __future__ import annotations

from typing import Any

Node = dict[str, Any]

TEXT: Node = {"type": "string"}
NUMBER: Node = {"type": "number"}
WHOLE: Node = {"type": "integer"}
FLAG: Node = {"type": "boolean"}


def fields(required: str = "", /, *, closed: bool = False, **properties: Any) -> Node:
    """An object; ``required`` names the properties that must be there, ``*`` all."""
    names = list(properties) if required == "*" else required.split()
    told: Node = {"type": "object", "properties": properties, "required": names}
    return {**told, "additionalProperties": False} if closed else told


def many(items: Any, **bounds: Any) -> Node:
    return {"type": "array", "items": items, **bounds}


def one(*values: Any) -> Node:
    return {"type": "string", "enum": list(values)}


def ref(name: str) -> Node:
    return {"$ref": f"#/$defs/{name}"}


def optional(part: Any) -> Node:
    """As pydantic writes ``X | None = None``."""
    return {"anyOf": [part, {"type": "null"}], "default": None}


ADDRESS = fields("street city", street=TEXT, city=TEXT, zip={"type": "string", "pattern": r"^\d{5}$"}, country=TEXT)
CARD = fields("kind number", kind={"const": "card"}, number={"type": "string", "pattern": "^[0-9]{12}$"})
TRANSFER = fields("kind iban", kind={"const": "transfer"}, iban=TEXT, note=TEXT)

SCHEMAS: dict[str, Node] = {
    "closed triage": fields("*", closed=True, category=one("billing", "delivery", "other"), summary=TEXT),
    "open triage": fields("*", category=one("billing", "delivery", "other"), urgent=FLAG),
    "no required at all": {"type": "object", "properties": {"title": TEXT, "pages": WHOLE}},
    "some optional": fields("name", name=TEXT, nickname=TEXT, age=WHOLE, newsletter=FLAG),
    "optional of every kind": fields(
        "id",
        id=WHOLE,
        a=NUMBER,
        b=many(TEXT),
        c=fields("x", x=TEXT),
        d=one("p", "q"),
        e={"const": 7},
        f={"type": "null"},
    ),
    "nullable by type list": fields(
        "*", closed=True, due={"type": ["string", "null"]}, n={"type": ["integer", "null"]}
    ),
    "nullable and optional": fields("", a={"type": ["string", "null"]}, b={"type": ["number", "null"], "minimum": 0}),
    "pydantic optional": fields("name", name=TEXT, manager=optional(TEXT), level=optional(WHOLE)),
    "nested three deep": fields("*", a=fields("*", b=fields("c", c=TEXT, d=WHOLE)), e=fields("", f=FLAG)),
    "lists of lists": fields("*", matrix=many(many(NUMBER, minItems=2, maxItems=3), minItems=1), tags=many(TEXT)),
    "invoice": fields(
        "number lines total",
        number={"type": "string", "pattern": r"^INV-\d{4}$"},
        lines=many(
            fields("sku amount", sku=TEXT, amount={**WHOLE, "minimum": 1, "maximum": 99}, price=NUMBER), minItems=1
        ),
        total={**NUMBER, "minimum": 0, "multipleOf": 0.5},
        currency=one("EUR", "USD", "JPY"),
    ),
    "formats that the mode knows": fields(
        "*", at={**TEXT, "format": "date-time"}, day={**TEXT, "format": "date"}, mail={**TEXT, "format": "email"}
    ),
    "formats that it does not": fields("*", link={**TEXT, "format": "uri"}, name={**TEXT, "format": "markdown"}),
    "identifiers": fields("id", id={**TEXT, "format": "uuid"}, host={**TEXT, "format": "hostname"}),
    "lengths": fields("*", code={**TEXT, "minLength": 3, "maxLength": 12}, text={**TEXT, "minLength": 90}),
    "numeric bounds": fields(
        "*",
        a={**WHOLE, "minimum": 1, "maximum": 5},
        b={**NUMBER, "exclusiveMinimum": 0, "exclusiveMaximum": 10},
        c={**WHOLE, "multipleOf": 5, "minimum": 5, "maximum": 50},
    ),
    "list bounds": fields(
        "*", top=many(TEXT, minItems=3, maxItems=3), own=many(one("a", "b", "c", "d"), uniqueItems=True, minItems=2)
    ),
    "patterns": fields(
        "*", sku={**TEXT, "pattern": "^[A-Z]{2}-[0-9]{3}(-x)?$"}, hex={**TEXT, "pattern": "^[0-9a-f]{6}$"}
    ),
    "a pattern that looks ahead": fields("*", word={**TEXT, "pattern": "(?:a|b|c)+"}, other=TEXT),
    "constants": fields("*", version={"const": 2}, kind={"const": "event"}, on={"const": True}, what=TEXT),
    "enums of several types": fields(
        "*", size={"enum": ["s", "m", 42]}, grade={"enum": [1, 2, 3]}, maybe={"enum": ["y", None]}
    ),
    "described": {
        **fields("*", mood={**TEXT, "description": "One word.", "title": "Mood", "examples": ["calm"]}),
        "title": "Answer",
        "description": "What the customer feels.",
        "$schema": "https://json-schema.org/draft/2020-12/schema",
    },
    "unicode names": fields(
        "größe 名前", **{"größe": one("klein", "groß"), "名前": TEXT, "prix (€)": NUMBER, "🙂": FLAG}
    ),
    "names with signs": fields("a.b", **{"a.b": TEXT, "$price": NUMBER, "x-y z": WHOLE, "@type": {"const": "Person"}}),
    "sixty properties": fields(
        " ".join(f"field_{n}" for n in range(40)),
        **{f"field_{n}": [TEXT, WHOLE, FLAG, NUMBER][n % 4] for n in range(60)},
    ),
    "definitions": {**fields("home", home=ref("address"), work=ref("address")), "$defs": {"address": ADDRESS}},
    "definitions of draft 7": {
        **fields("home", home={"$ref": "#/definitions/address"}, work={"$ref": "#/definitions/address"}),
        "definitions": {"address": ADDRESS},
    },
    "a reference into a property": fields("*", sender=ADDRESS, receiver={"$ref": "#/properties/sender"}),
    "references with words beside them": {
        **fields("kind", kind={**ref("kind"), "description": "The kind.", "default": "a"}, why=TEXT),
        "$defs": {"kind": one("a", "b")},
    },
    "reference at the top": {"$ref": "#/$defs/person", "$defs": {"person": fields("name", name=TEXT, age=WHOLE)}},
    "a tree": {
        **fields("name", name=TEXT, children=many({"$ref": "#"})),
        "description": "A part and its parts.",
    },
    "a linked list": {
        **fields("head", head=ref("node")),
        "$defs": {"node": fields("value", value=WHOLE, next=ref("node"))},
    },
    "an expression": {
        **fields("expression", expression=ref("expression")),
        "$defs": {
            "expression": {"anyOf": [ref("sum"), ref("number")]},
            "sum": fields("*", left=ref("expression"), right=ref("expression"), sign=one("+", "-")),
            "number": fields("*", value=NUMBER),
        },
    },
    "one of by a constant": fields("payment", payment={"oneOf": [CARD, TRANSFER]}, note=TEXT),
    "one of by definitions": {
        **fields(
            "payments",
            payments=many({"oneOf": [ref("transfer"), ref("card")], "discriminator": {"propertyName": "kind"}}),
        ),
        "$defs": {"card": CARD, "transfer": TRANSFER},
    },
    "one of at the top": {"oneOf": [CARD, TRANSFER]},
    "any of simple types": fields("*", value={"anyOf": [TEXT, NUMBER, many(TEXT)]}),
    "all of": fields(
        "*", person={"allOf": [fields("name", name=TEXT), fields("mail", mail={**TEXT, "format": "email"})]}
    ),
    "all of with a base": {
        "allOf": [ref("base"), fields("extra", extra=many(WHOLE, maxItems=3))],
        "$defs": {"base": fields("id", id=WHOLE, label=TEXT)},
    },
    "a map of scores": fields("scores", scores={"type": "object", "additionalProperties": NUMBER}, best=TEXT),
}
