import assert from "node:assert/strict";
import { test } from "node:test";
import type { ComponentChild } from "preact";
import { Detail } from "../../src/components/Detail";
import { Diff } from "../../src/components/Diff";
import { openEdit } from "../../src/editing";
import type { SampleBody, Snapshot, VersionView } from "../../src/protocol.gen";
import type { View } from "../../src/view";
import { body, sample, task, topic } from "../fixtures";
import { Stage, textOf } from "./stage";

const ORDER = {
  type: "object",
  properties: { urgency: { enum: ["low", "high"] }, answer: { type: "string" } },
  required: ["urgency", "answer"],
};
const GIVEN: Partial<Snapshot> = {
  task: {
    ...task,
    input_schema: { type: "string" },
    output_schema: ORDER,
    requirements: [{ name: "polite", text: "Stays polite", priority: "p1" }],
  },
  topics: [topic("root", null), topic("Bread", "root")],
  samples: [{ ...sample("a", 1, "Bread"), version: 2, proposal: true }, sample("b", 2, "Bread", "kept")],
};

function version(n: number, answer: string, by = "local"): VersionView {
  return {
    n,
    origin: n === 1 ? "generated" : "edited",
    input: "Is it done at 96 °C?",
    output: { urgency: "low", answer },
    reasoning: null,
    problem: null,
    created: 1_700_000_000,
    task_version: 1,
    by,
    made: [["Model", "local"]],
    raw: null,
  };
}

const WHOLE: SampleBody = {
  ...body("a", 2),
  proposal: 3,
  versions: [version(1, "Yes."), version(2, "Yes, it is done.", "you"), version(3, "Yes, it is baked.")],
};

function draw(part: (view: View) => ComponentChild = (view) => <Detail view={view} />): Stage {
  const stage = new Stage(part, GIVEN);
  stage.change((view) => {
    view.focus.value = "a";
  });
  stage.bodies(WHOLE);
  return stage;
}

test("the sample is shown whole: input, output by field, rating, where it comes from", () => {
  const stage = draw();
  const text = textOf(stage.root);
  for (const each of [
    "Bread",
    "Is it done at 96 °C?",
    "urgency",
    "Yes, it is done.",
    "Stays polite",
    "Versions",
  ])
    assert.ok(text.includes(each), `${each} in ${text}`);
});

test("its verdicts act on it alone", () => {
  const stage = draw();
  stage.change((view) => view.select(["b"]));
  stage.press("button", "Keep");
  assert.deepEqual(stage.sent, [["keep", { ids: ["a"] }]]);
});

test("stars are given overall and by each requirement", () => {
  const stage = draw();
  const [overall, polite] = [stage.get("radiogroup", "Overall"), stage.get("radiogroup", "Stays polite")];
  stage.change(() => overall.querySelectorAll("button")[3]?.click());
  stage.change(() => polite.querySelectorAll("button")[1]?.click());
  assert.deepEqual(stage.sent, [
    ["rate", { ids: ["a"], stars: 4 }],
    ["rate", { ids: ["a"], stars: 4, requirements: { polite: 2 } }],
  ]);
});

test("a failed sample shows why, and what the model wrote as text", () => {
  const raw = "<b>Sure!</b> here it is";
  const stage = new Stage((view) => <Detail view={view} />, {
    ...GIVEN,
    samples: [{ ...sample("f", 1, "Bread", "failed"), output: null, reason: "the answer is no JSON" }],
  });
  stage.bodies({ ...body("f"), versions: [{ ...version(1, ""), output: null, raw }] });
  assert.match(textOf(stage.root), /The answer is no JSON/);
  assert.equal(stage.root.querySelector("pre")?.textContent, raw);
  assert.equal(stage.root.querySelector("pre b"), null);
});

test("an edit has a control for each field; what is typed is saved as a new version", async () => {
  const stage = draw();
  stage.change((view) => openEdit(view));
  await stage.wait(0);
  assert.ok(stage.get("complementary", "Edit the sample"));
  stage.type("answer", "Yes, at 96 °C.");
  assert.ok(stage.get("button", "Discard"));
  await stage.wait(200);
  assert.deepEqual(stage.sent.at(-1), [
    "check",
    { id: "a", output: { urgency: "low", answer: "Yes, at 96 °C." } },
  ]);
  await stage.reply("check", { "output.answer": "Needs a full sentence" });
  assert.match(textOf(stage.root), /Needs a full sentence/);
  assert.equal(stage.get("textbox", "answer").getAttribute("aria-invalid"), "true");
  stage.type("answer", "Yes, it is done at 96 °C.");
  await stage.wait(200);
  await stage.reply("check", {});
  assert.doesNotMatch(textOf(stage.root), /Needs a full sentence/);
  stage.key(stage.get("textbox", "answer"), "Enter", { ctrlKey: true });
  assert.deepEqual(stage.sent.at(-1), [
    "edit",
    { id: "a", output: { urgency: "low", answer: "Yes, it is done at 96 °C." } },
  ]);
});

test("two versions stand side by side with what differs marked, and one press takes one", async () => {
  const stage = draw((view) => (view.comparing.value ? <Diff view={view} /> : null));
  stage.change((view) => {
    view.comparing.value = {};
  });
  assert.ok(stage.get("region", "Compare versions"));
  const changed = (tag: string) => [...stage.root.querySelectorAll(tag)].map(textOf);
  assert.deepEqual(changed("del"), ["done"]);
  assert.deepEqual(changed("ins"), ["baked"]);
  stage.press("button", /^Take 3/);
  await stage.wait(0);
  assert.deepEqual(stage.sent, [["accept", { ids: ["a"] }]]);
});

test("where no sample is, the pane says what one will have", () => {
  const stage = new Stage((view) => <Detail view={view} />, { ...GIVEN, samples: [] });
  assert.match(textOf(stage.get("complementary", "No sample chosen")), /Do it/);
});
