import assert from "node:assert/strict";
import { test } from "node:test";
import { argsOf, begin, isChanged } from "../src/editing";
import type { SampleBody, VersionView } from "../src/protocol.gen";
import { Making, Verdicts } from "../src/verdicts";
import { job, sample } from "./fixtures";

function version(n: number, output: unknown, raw: string | null = null): VersionView {
  const call = {
    model: "m",
    mode: "text",
    prompt: "basic",
    guidance: "",
    attempts: 1,
    prompt_tokens: 1,
    completion_tokens: 1,
    cost: null,
    seconds: 1,
    raw,
  };
  return {
    n,
    origin: "generated",
    input: "ask",
    output,
    reasoning: null,
    problem: null,
    created: 0,
    task_version: 1,
    calls: [call],
  };
}

function body(versions: VersionView[], unfinished: SampleBody["unfinished"] = null): SampleBody {
  const last = versions.at(-1)?.n ?? 0;
  return { id: "a", version: last, proposal: null, unfinished, stars: null, ratings: {}, tags: [], versions };
}

test("only the part that changed is sent", () => {
  const editing = begin(body([version(0, { n: 1 })]));
  assert.equal(argsOf(editing), null);
  assert.ok(!isChanged(editing));
  const next = { ...editing, now: { input: "ask", output: { n: 2 } } };
  assert.ok(isChanged(next));
  assert.deepEqual(argsOf(next), { id: "a", output: { n: 2 } });
});

test("an unfinished edit is gone on with and sent whole; the current values discard it", () => {
  const editing = begin(body([version(0, { n: 1 })], { input: "ask", output: { n: "x" }, problem: "n: …" }));
  assert.deepEqual(editing.now.output, { n: "x" });
  assert.ok(!isChanged(editing));
  assert.deepEqual(argsOf(editing), { id: "a", input: "ask", output: { n: "x" } });
  assert.deepEqual(argsOf(editing, editing.from), { id: "a", input: "ask", output: { n: 1 } });
});

test("an unfinished edit of the input of a sample without an output sends no output", () => {
  const editing = begin(body([version(0, null)], { input: "", output: null, problem: "empty" }));
  assert.deepEqual(argsOf(editing, editing.from), { id: "a", input: "ask" });
});

test("what a model wrote is there to be repaired", () => {
  assert.deepEqual(begin(body([version(0, null, '{"n": "one"}')])).now.output, { n: "one" });
  assert.equal(begin(body([version(0, null, "I cannot")])).now.output, "I cannot");
  assert.equal(begin(body([version(0, null)])).now.output, null);
});

test("a sample is being made again until its new version is there or its job has ended", () => {
  const row = sample("a", 0, "root", "kept");
  const making = new Making();
  making.put([row])("j");
  const jobs = new Map([["j", job("j", "running")]]);
  assert.ok(making.has(row, jobs));
  assert.ok(!making.has({ ...row, proposal: true }, jobs));
  assert.ok(!making.has({ ...row, version: 2 }, jobs));
  assert.ok(!making.has(row, new Map([["j", job("j", "done")]])));
  making.put([row])(null);
  assert.ok(!making.has(row, jobs));
});

test("an edit on its way decides nothing about the status", () => {
  const verdicts = new Verdicts();
  verdicts.put(["a"], "edit");
  verdicts.put(["b"], "keep");
  assert.ok(!verdicts.decides("a"));
  assert.ok(verdicts.decides("b"));
});
