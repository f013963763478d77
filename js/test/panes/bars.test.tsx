import assert from "node:assert/strict";
import { test } from "node:test";
import { RunBar } from "../../src/components/RunBar";
import { StatusBar } from "../../src/components/StatusBar";
import { TaskBanner } from "../../src/components/TaskBanner";
import { TopBar } from "../../src/components/TopBar";
import { job, sample, studio, task, topic } from "../fixtures";
import { Stage, textOf } from "./stage";

const TOPICS = [topic("root", null), topic("Bread", "root", 4)];

test("the top bar names the task, the model and what undo would take back, and gives the commands", () => {
  const given = { studio: { ...studio, undo: "Reject 3", cost: "$0.04 of $1.00", share: 0.04, budget: 1 } };
  const stage = new Stage((view) => <TopBar view={view} plain={false} />, given);
  assert.ok(stage.get("toolbar", "Studio"));
  assert.ok(stage.get("button", "Task"));
  assert.ok(stage.get("button", "Model: local"));
  assert.ok(stage.get("button", "$0.04 of $1.00"));
  assert.equal(stage.get("button", /^Redo/).getAttribute("aria-disabled"), "true");
  assert.equal(stage.get("button", /^Redo/).title, "Nothing to redo");
  stage.press("button", /^Undo: Reject 3/);
  assert.deepEqual(stage.sent, [["undo", {}]]);
  stage.press("button", "Generate");
  assert.equal(stage.view.open.value, "generate");
});

test("before the kernel has answered, and where a file is held by another, the top bar says why nothing can be sent", () => {
  const early = new Stage((view) => <TopBar view={view} plain={false} />);
  assert.equal(early.get("button", "Generate").title, "The kernel has not answered yet.");
  const held = { studio: { ...studio, read_only: "another kernel has it open" } };
  const stage = new Stage((view) => <TopBar view={view} plain={false} />, held);
  const generate = stage.get("button", "Generate");
  assert.equal(generate.title, "Read-only: another kernel has it open");
  stage.press("button", "Generate");
  assert.equal(stage.view.open.value, null);
});

test("the run bar tells how far a job is and cancels it", () => {
  const running = { ...job("j", "running"), title: "Outputs", done: 3, total: 12 };
  const stage = new Stage((view) => <RunBar view={view} />, { jobs: [running] });
  const bar = stage.get("group", "Job: Outputs");
  assert.match(textOf(bar), /3 of 12/);
  stage.press("button", /^Stop/);
  assert.equal(stage.sent[0]?.[0], "cancel");
});

test("the status bar tells the truth about the line, and how many samples are kept", () => {
  const rows = [sample("a", 1, "Bread", "kept"), sample("b", 2, "Bread")];
  const stage = new Stage((view) => <StatusBar view={view} />, { topics: TOPICS, samples: rows });
  assert.match(textOf(stage.root), /Saved ?task\.synth/);
  assert.match(textOf(stage.root), /1 kept in ?studio\.to_pandas\(\)/);
  stage.change((view) => {
    view.line.line.value = { state: "busy", queued: 2 };
  });
  assert.match(textOf(stage.get("alert", /Kernel busy/)), /Kernel busy, 2 actions queued/);
  stage.change((view) => {
    view.line.line.value = { state: "gone", lost: 1 };
  });
  assert.match(textOf(stage.root), /Kernel gone: 1 action was not done/);
  stage.change((view) => view.toasts.say("Rejected 1 sample", { undo: true }));
  stage.change((view) => {
    view.line.line.value = { state: "open" };
  });
  stage.press("button", "Undo");
  assert.deepEqual(stage.sent, [["undo", {}]]);
});

test("what a changed task did is said once", () => {
  const changed = "The output has a new field. 3 samples do not comply any more.";
  const stage = new Stage((view) => <TaskBanner view={view} />, { task: { ...task, version: 2, changed } });
  assert.match(textOf(stage.get("status")), /3 samples do not comply/);
  stage.press("button", /^Close|^Dismiss|^Hide/);
  assert.equal(stage.all("status").length, 0);
});
