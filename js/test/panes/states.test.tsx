import assert from "node:assert/strict";
import { test } from "node:test";
import { App } from "../../src/components/App";
import { job, sample, studio, topic } from "../fixtures";
import { Stage, textOf } from "./stage";

const draw = (given?: object) => new Stage((view) => <App view={view} />, given);

test("before anything was made, the widget shows what to press first, and sends it", () => {
  const stage = draw({ studio: { ...studio, model_note: "A small model for trying out." } });
  const first = stage.get("region", "Samples");
  assert.match(textOf(first), /Generate your first samples.*A small model for trying out\./);
  assert.match(textOf(first), /= 128 samples/);
  stage.press("button", "Try 8 first");
  const [name, args] = stage.sent.at(-1) ?? [];
  assert.equal(name, "grow");
  assert.deepEqual((args as { topics: number[]; samples: number }).topics, [4]);
  assert.equal((args as { samples: number }).samples, 2);
});

test("before the kernel has answered, the widget says that it opens", () => {
  assert.match(textOf(draw().root), /Opening/);
});

test("what a person does while the kernel is busy counts at once and is listed as waiting", () => {
  const given = { topics: [topic("root", null), topic("Bread", "root")], samples: [sample("a", 1, "Bread")] };
  const stage = draw(given);
  stage.press("button", "Keep");
  stage.change((view) => {
    view.line.line.value = { state: "busy", queued: 1 };
  });
  assert.match(textOf(stage.get("alert", /Kernel busy/)), /Kernel busy, 1 action queued/);
  assert.match(textOf(stage.get("row", /queued/)), /Keep/);
  stage.press("button", /^Kernel busy/);
  assert.match(textOf(stage.get("dialog", "Waiting").querySelector("li") as Element), /Keep/);
});

test("while a job runs, its bar stands above the rows, and the rest can be used", () => {
  const running = { ...job("j", "running"), title: "Inputs", done: 1, total: 8 };
  const stage = draw({ jobs: [running] });
  assert.ok(stage.get("group", "Job: Inputs"));
  assert.ok(stage.get("grid", "Samples"));
  assert.equal(stage.all("region", "Samples").length, 1);
});
