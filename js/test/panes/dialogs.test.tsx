import assert from "node:assert/strict";
import { test } from "node:test";
import { App } from "../../src/components/App";
import type { Popover } from "../../src/parts";
import { send } from "../../src/send";
import { job, sample, topic } from "../fixtures";
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
  models: ["openai/dear"],
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
  stage.type("Guidance for this run (optional)", "more about rye");
  stage.press("button", "Generate 6 samples");
  const [name, args] = stage.sent.at(-1) ?? [];
  assert.equal(name, "grow");
  assert.equal((args as { guidance: string }).guidance, "more about rye");
});

test("guidance for a run goes to the steps that the form says, and to none where none are made", async () => {
  const stage = opened("generate");
  await stage.wait(200);
  await stage.reply("estimate", ESTIMATE);
  assert.equal((stage.get("radio", "Topics and inputs") as HTMLInputElement).checked, true);
  stage.press("button", "Edge cases");
  assert.equal(stage.get("button", "Edge cases").getAttribute("aria-pressed"), "true");
  stage.press("button", "Edge cases");
  stage.type("Guidance for this run (optional)", "formal");
  stage.press("radio", "Outputs");
  stage.press("checkbox", /^Inputs only/);
  await stage.wait(200);
  await stage.reply("estimate", ESTIMATE);
  assert.match(stage.get("button", /^Generate 6 inputs/).title, /guidance is for outputs/);
  stage.press("checkbox", /^Inputs only/);
  await stage.wait(200);
  await stage.reply("estimate", ESTIMATE);
  stage.press("button", "Generate 6 samples");
  const [, args] = stage.sent.at(-1) ?? [];
  assert.deepEqual((args as { guidance: unknown }).guidance, { outputs: "formal" });
});

test("a topic's guidance is shown by what each text is for, and given whole", async () => {
  const set = { all: "kind", topics: "rye", inputs: "rye" };
  const stage = opened("topic", {
    topics: [topic("root", null), { ...topic("Bread", "root", 4), guidance: set }],
  });
  stage.change((view) => {
    view.close();
    view.pickTopic("Bread");
  });
  stage.change((view) => view.toggleOpen("topic"));
  const text = (what: string) =>
    stage.get("textbox", `Guidance for ${what}, here and below`) as HTMLTextAreaElement;
  assert.equal(text("every step").value, "kind");
  assert.equal(text("topics and inputs").value, "rye");
  assert.equal(text("outputs").value, "");
  stage.type("Guidance for topics and inputs, here and below", "wheat");
  stage.type("Guidance for outputs, here and below", "formal");
  stage.press("button", "Save");
  const guidance = { all: "kind", topics: "wheat", inputs: "wheat", outputs: "formal" };
  assert.deepEqual(stage.sent, [["set_topic", { path: ["Bread"], guidance }]]);
});

async function unconfirmed(stage: Stage, name: string): Promise<void> {
  await stage.fail(name, { message: "More than 5 calls.", kind: "UnconfirmedError", estimate: ESTIMATE });
}

test("what the kernel does not send unconfirmed is asked over the form, and sent again with what was seen", async () => {
  const stage = opened("generate");
  await stage.wait(200);
  await stage.reply("estimate", ESTIMATE);
  stage.type("Guidance for this run (optional)", "more about rye");
  stage.press("button", "Generate 6 samples");
  await unconfirmed(stage, "grow");
  const question = stage.get("dialog", "Confirm");
  assert.match(textOf(question), /Send 9 model calls\?.*More than 5 calls.*openai\/dear/);
  stage.press("button", /^Cancel/, question);
  assert.equal(stage.sent.filter(([name]) => name === "grow").length, 1);
  const wish = stage.get("textbox", "Guidance for this run (optional)") as HTMLTextAreaElement;
  assert.equal(wish.value, "more about rye");
  await stage.wait(0);
  stage.press("button", "Generate 6 samples");
  await unconfirmed(stage, "grow");
  stage.press("button", "Send 9 model calls", stage.get("dialog", "Confirm"));
  await stage.wait(0);
  const [name, args] = stage.sent.at(-1) ?? [];
  assert.equal(name, "grow");
  const { calls, cost, models } = ESTIMATE;
  assert.deepEqual((args as { confirmed: unknown }).confirmed, { calls, cost, models });
  await stage.reply("grow", { job: "j" });
  assert.equal(stage.all("dialog").length, 0);
});

test("a form that waits for its answer sends nothing twice", async () => {
  const stage = opened("generate");
  await stage.wait(200);
  await stage.reply("estimate", ESTIMATE);
  stage.press("button", "Generate 6 samples");
  stage.press("button", "Generate 6 samples");
  assert.equal(stage.sent.filter(([name]) => name === "grow").length, 1);
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

test("the list of jobs has each with its end, and says who is asked for what is left, and for what", async () => {
  const own_model = "openai/dear";
  const ended = { ...job("j", "interrupted"), title: "Outputs", done: 3, total: 9, owed: 6, own_model };
  const stage = opened("jobs", { jobs: [ended] });
  const dialog = stage.get("dialog", "Jobs");
  assert.match(textOf(dialog), /Outputs ?interrupted.*3 of 9.*6 left/);
  assert.equal(stage.sent[0]?.[0], "estimate_resume");
  await stage.reply("estimate_resume", ESTIMATE);
  assert.match(textOf(dialog), /Resume sends 9 model calls to openai\/dear/);
  assert.match(textOf(dialog), /It asks openai\/dear, which is not this studio’s model/);
  stage.press("button", "Resume 6", dialog);
  assert.equal(stage.sent.at(-1)?.[0], "resume");
});

test("a question is answered by Enter, and by leaving it, which sends nothing", async () => {
  const stage = opened("jobs");
  stage.change((view) => view.close());
  const ask = async () => {
    stage.change((view) => void send(view, "resume", {}));
    await unconfirmed(stage, "resume");
    return stage.get("dialog", "Confirm");
  };
  const sent = () => stage.sent.filter(([name]) => name === "resume").length;
  const left = await ask();
  stage.change(() => left.dispatchEvent(new Event("cancel")));
  await stage.wait(0);
  assert.deepEqual([stage.all("dialog").length, sent()], [0, 1]);
  stage.key(await ask(), "Enter", { repeat: true });
  assert.equal(sent(), 2);
  stage.key(stage.get("dialog", "Confirm"), "Enter");
  await stage.wait(0);
  assert.deepEqual([stage.all("dialog").length, sent()], [0, 3]);
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
