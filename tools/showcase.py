"""A studio that looks like a real one: what the pictures of the README show.

No model is asked: a `ScriptedCompleter` answers from the tables below, so that the pictures are the same each time.
"""

from __future__ import annotations

from typing import Any

import synth_widgets as sw
from synth_widgets.llm.completer import Request
from synth_widgets.testing import ScriptedCompleter

TASK = sw.Task(
    "Support triage",
    "Read a customer's message; return its category, its urgency and a one-line summary.",
    requirements=["Never invent an order number."],
    output_schema={
        "type": "object",
        "properties": {
            "category": {"enum": ["billing", "delivery", "account", "product"]},
            "urgency": {"enum": ["low", "normal", "high"]},
            "summary": {"type": "string", "maxLength": 120},
        },
        "required": ["category", "urgency", "summary"],
        "additionalProperties": False,
    },
)

Row = tuple[str, str, str, str]
TREE: dict[str, dict[str, list[Row]]] = {
    "Billing": {
        "Charged twice": [
            ("My card shows two charges of 48.90 from the same evening. I only ordered once. Please send one of them "
             "back before my rent is due on Friday.", "billing", "high", "Two charges for one order; refund by Friday."),
            ("hi, think you billed me 2x?? screenshot attached, same amount same day", "billing", "normal",
             "Suspects a double charge and sends a screenshot."),
            ("I was charged again for the bundle I had already paid for in September. This is the second time, and "
             "the last agent told me it could not happen again.", "billing", "high",
             "Charged again for a paid bundle; it happened before."),
            ("Two identical bookings on my statement, one cent apart. Is one of them a currency conversion?", "billing",
             "low", "Asks whether a second booking comes from currency conversion."),
        ],
        "Refund not arrived": [
            ("The return arrived at your warehouse nineteen days ago and I am still waiting for my money.", "billing",
             "normal", "Refund is nineteen days late after a return."),
            ("Your mail says “refunded”, my bank says no. Who is right?", "billing", "normal",
             "Mail confirms a refund that the bank does not show."),
            ("I closed the account the refund was meant for. Can you send it to the new one instead?", "billing",
             "high", "Refund must go to a new bank account."),
            ("Still nothing. I have now written four times and get the same text back every time. A real person, "
             "please.", "billing", "high", "Fourth message about a refund; wants a person."),
        ],
        "Invoice needed": [
            ("Our accounting needs the invoice with our VAT number on it, the one in the app leaves it out.", "billing",
             "low", "Needs an invoice with the VAT number."),
            ("Could I get all invoices of last year in one file? It is for my tax return, due at the end of the month.",
             "billing", "normal", "Wants all of last year's invoices for taxes."),
        ],
    },
    "Delivery": {
        "Late parcel": [
            ("Tracking has said “arriving today” for six days. I took Thursday off for nothing.", "delivery", "normal",
             "Parcel is six days late; tracking does not move."),
            ("The parcel was meant for my daughter's birthday tomorrow. Is there any way to pick it up at the depot "
             "tonight?", "delivery", "high", "Needs a late parcel for tomorrow; asks for pick-up."),
            ("No hurry, just wondering whether the lamp is still on its way.", "delivery", "low",
             "Asks whether the lamp is on its way."),
            ("Third delivery attempt “failed because nobody was home”. I work from home. I was home.", "delivery",
             "high", "Three failed deliveries although somebody was home."),
        ],
        "Wrong item": [
            ("I ordered the left-hand shear and got the right-hand one. The box even says left.", "delivery", "normal",
             "Got the right-hand instead of the left-hand shear."),
            ("You sent me somebody else's medication. Their name and address are on the label. What do I do with it?",
             "delivery", "high", "Received another person's medication."),
            ("Colour is sand instead of stone. I can live with it if you take ten percent off.", "delivery", "low",
             "Wrong colour; would keep it for a discount."),
        ],
        "Damaged on arrival": [
            ("One of the six glasses is cracked, the others are fine. Do I have to send all of them back?", "delivery",
             "low", "One of six glasses is cracked; asks about the return."),
            ("The screen has a line across it, the carton looks as if somebody stood on it. Photos below.", "delivery",
             "normal", "Screen damaged in transport, with photos."),
        ],
    },
    "Account": {
        "Cannot sign in": [
            ("Reset mail never comes. Yes, I looked in spam. Yes, twice.", "account", "normal",
             "Password reset mail does not arrive."),
            ("I lost the phone with the codes on it and my shop is closed until I am back in. Every hour costs me "
             "orders.", "account", "high", "Locked out after losing the code phone; losing orders."),
            ("It says my account does not exist but I can see the charge for it on my card.", "account", "high",
             "Account is gone but still charged."),
        ],
        "Delete my data": [
            ("Please delete everything you have about me and confirm it in writing.", "account", "normal",
             "Asks for deletion of all data, confirmed in writing."),
            ("My mother passed away in May. How do we close her account? I have the certificate.", "account", "normal",
             "Wants to close the account of a deceased person."),
        ],
    },
    "Product": {
        "Does not fit": [
            ("The bracket is 2 mm too wide for the rail that your own site recommends with it.", "product", "normal",
             "Bracket does not fit the recommended rail."),
            ("size 41 feels like a 39, exchange?", "product", "low", "Shoes run small; asks to exchange."),
        ],
        "Stopped working": [
            ("It smells of burning when it is plugged in. I have unplugged it. Can I keep using the charger?",
             "product", "high", "Charger smells of burning; asks whether it is safe."),
            ("Worked for exactly the length of the warranty plus one week. I admire the engineering.", "product", "low",
             "Broke one week after the warranty ended."),
        ],
    },
}  # fmt: skip
ANSWERS = {text: (a, b, c) for topics in TREE.values() for rows in topics.values() for text, a, b, c in rows}


def _answer(request: Request) -> Any:
    asked = str(request.messages[-1]["content"])
    if request.step == "topics":
        name = next((name for name in TREE if f"topic: {name}" in asked), None)
        return {"items": list(TREE[name] if name else TREE)}
    if request.step == "inputs":
        return {"items": [row[0] for topics in TREE.values() for name, rows in topics.items() if name in asked
                          for row in rows]}  # fmt: skip
    if asked not in ANSWERS:
        return {"category": "billing", "urgency": "high", "summary": "Double charge; refund one before Friday."}
    category, urgency, summary = ANSWERS[asked]
    if "somebody else's medication" in asked and "Answer the same" not in asked:
        return {"category": "pharmacy", "urgency": "high", "summary": summary}  # breaks the schema: a failed row
    return {"category": category, "urgency": urgency, "summary": summary}


def model(latency: float = 0.0) -> ScriptedCompleter:
    """Return the model that answers from the tables; ``latency`` is seconds an output."""
    return ScriptedCompleter(
        answers=_answer, name="openai/gpt-5-mini", concurrency=4,
        latency=lambda request: latency if request.step == "outputs" else latency / 8,
    )  # fmt: skip


def reviewed(studio: sw.Studio) -> None:
    """Grow the tree and judge half of it, as a person would have."""
    for name, topics in TREE.items():
        studio.topics.add(*((name, topic) for topic in topics))
        for topic, rows in topics.items():
            studio.topics.set((name, topic), target=max(len(rows), 4))
            studio.grow((name, topic), depth=0, samples=len(rows)).wait(60)
    drafts = [s.id for s in studio.samples if s.status == "draft"]
    kept = [i for n, i in enumerate(drafts) if n % 5 in {0, 1, 3}][:14]
    studio.keep(kept)
    studio.reject(drafts[2], "too vague")
    studio.rate(kept[:6], 4)
    studio.rate(kept[1], 5)
    edited = studio.samples[kept[4]]
    studio.edit(edited, output={**edited.output, "summary": "Refund to a new account; the old one is closed."})
    studio.regenerate(kept[0], guidance="shorter").wait(60)
