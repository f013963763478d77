import assert from "node:assert/strict";
import { test } from "node:test";
import { App } from "../../src/components/App";
import { job, sample, studio, topic } from "../fixtures";
import { Stage, textOf } from "./stage";

const draw = (given?: object) => new Stage((view) => <App view={view} />, given);

/** The guidance of the last command. */
function guidanceSent(stage: Stage): unknown {
  const [, args] = stage.sent.at(-1) ?? [];
  return (args as { guidance?: unknown } | undefined)?.guidance;
}

test("before anything was made, the widget shows what to press first, and sends it", () => {
  const stage = draw({ studio: { ...studio, model_note: "A small model for trying out." } });
  const first = stage.get("region", "Samples");
  assert.match(textOf(first), /Generate your first samples.*A small model for trying out\./);
  assert.match(textOf(first), /= 128 samples/);
  stage.press("button", "Try 8 first");
  const [name, args] = stage.sent.at(-1) ?? [];
  assert.equal(name, "grow");
  assert.deepEqual((args as { topics: number[]; samples: number }).topics, [4]);
  const { guidance } = args as { guidance: string | null };
  assert.equal(guidance, null, "what nobody wrote or chose is not sent");
  assert.equal((args as { samples: number }).samples, 2);
});

test("the first guidance is empty, with texts to choose from that are sent as they stand there", () => {
  const stage = draw({ studio });
  const field = stage.get("textbox", "Guidance for this run (optional)") as HTMLTextAreaElement;
  assert.equal(field.value, "");
  stage.press("button", "Lengths");
  stage.press("button", "Other languages");
  stage.press("button", "Lengths");
  assert.equal(field.value, "One input in four is in another language, as a native speaker would write it.");
  stage.press("button", "Try 8 first");
  assert.deepEqual(guidanceSent(stage), field.value);
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
