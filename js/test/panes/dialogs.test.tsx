import assert from "node:assert/strict";
import { test } from "node:test";
import { App } from "../../src/components/App";
import type { Popover } from "../../src/parts";
import { job, sample, studio, topic } from "../fixtures";
import { Stage, textOf } from "./stage";

const GIVEN = {
  topics: [topic("root", null), topic("Bread", "root", 4)],
  samples: [sample("a", 1, "Bread", "kept"), sample("b", 2, "Bread")],
};

function opened(name: Popover, given = {}): Stage {
  const stage = new Stage((view) => <App view={view} />, { ...GIVEN, ...given });
  stage.change((view) => view.toggleOpen(name));
  return stage;
}

const ESTIMATE = {
  calls: [9, 12],
  prompt_tokens: [900, 1200],
  completion_tokens: [300, 600],
  cost: null,
  topics: 0,
  samples: 6,
  figures: [
    ["6", "samples", ""],
    ["9–12", "model calls", ""],
  ],
};

test("Generate shows what it would take before it sends, and then sends what stands there", async () => {
  const stage = opened("generate");
  const dialog = stage.get("dialog", "Generate");
  assert.match(textOf(dialog), /1 leaf topic now/);
  await stage.wait(200);
  assert.equal(stage.sent[0]?.[0], "estimate");
  await stage.reply("estimate", ESTIMATE);
  assert.match(textOf(dialog), /9–12/);
  stage.type("Guidance for this call (optional)", "more about rye");
  stage.press("button", "Generate 6 samples");
  const [name, args] = stage.sent.at(-1) ?? [];
  assert.equal(name, "grow");
  assert.equal((args as { guidance: string }).guidance, "more about rye");
});

test("where spending asks, the first press shows the calls and the second sends", async () => {
  const stage = opened("generate", { studio: { ...studio, ask_above: 5, ask_why: "More than 5 calls" } });
  await stage.wait(200);
  await stage.reply("estimate", ESTIMATE);
  stage.press("button", "Generate 6 samples");
  assert.match(textOf(stage.get("alert", /More than/)), /More than 5 calls\. Press once more/);
  assert.ok(!stage.sent.some(([name]) => name === "grow"));
  stage.press("button", "Generate 6 samples: 9 model calls");
  assert.equal(stage.sent.at(-1)?.[0], "grow");
});

test("guidance that is typed is saved for its step alone", async () => {
  const stage = opened("guidance");
  const save = stage.get("button", "Save");
  assert.equal(save.title, "Nothing is changed");
  stage.type("Outputs", "Be brief");
  stage.press("button", "Save");
  assert.deepEqual(stage.sent, [["set_guidance", { outputs: "Be brief" }]]);
  await stage.reply("set_guidance", null);
  assert.equal(stage.all("dialog").length, 0);
});

test("an export is named, counted, and says where it is", async () => {
  const stage = opened("export");
  stage.type("File, beside the notebook", "../up.jsonl");
  assert.match(stage.get("button", "Export 1").title, /without a folder/);
  stage.type("File, beside the notebook", "bread.csv");
  stage.press("button", "Export 1");
  assert.deepEqual(stage.sent, [["export", { path: "bread.csv", status: "kept", replace: false }]]);
  await stage.reply("export", "/home/me/bread.csv");
  assert.match(textOf(stage.get("dialog", "Export")), /Wrote 1 sample to \/home\/me\/bread\.csv/);
});

test("the list of jobs has each with its end, and goes on with what is left", () => {
  const ended = { ...job("j", "interrupted"), title: "Outputs", done: 3, total: 9, owed: 6 };
  const stage = opened("jobs", { jobs: [ended] });
  const dialog = stage.get("dialog", "Jobs");
  assert.match(textOf(dialog), /Outputs ?interrupted.*3 of 9.*6 left/);
  stage.press("button", "Resume 6", dialog);
  assert.equal(stage.sent[0]?.[0], "resume");
});

test("the keys stand in a dialog of their own over the widget, which Close closes", () => {
  const stage = opened("help");
  const dialog = stage.get("dialog", "Keys");
  assert.match(textOf(dialog), /Undo/);
  stage.press("button", "Close (Esc)");
  assert.equal(stage.all("dialog").length, 0);
});

test("a command is found by a few letters and run by Enter", () => {
  const stage = opened("palette");
  const field = stage.get("combobox", "Find a command or a topic") as HTMLInputElement;
  stage.change(() => {
    field.value = "guid";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  assert.match(stage.all("option")[0]?.getAttribute("aria-label") ?? "", /^(?:Set guidance|Guidance)/);
  stage.key(field, "Enter");
  assert.equal(stage.view.open.value, "guidance");
});
