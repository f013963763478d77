import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { CommandError, Connection } from "../src/transport";
import { body, delta, put, sample, snapshot, TestModel } from "./fixtures";

let model: TestModel;
let line: Connection;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: 1_000_000 });
  model = new TestModel();
  line = new Connection(model, new AbortController().signal, (run) => run());
  line.hello();
  model.answer(snapshot(1, [sample("a", 0, "root")]));
  model.sent.length = 0;
});

const rid = (at: number) => (model.sent[at] as { rid: string }).rid;
const state = () => line.line.value;

test("each reply reaches its own command", async () => {
  const first = line.cmd("keep", { ids: ["a"] });
  const second = line.cmd("undo", {});
  model.answer({ t: "reply", rid: rid(1), ok: "second" });
  model.answer({ t: "reply", rid: "someone else's", ok: "lost" });
  model.answer({ t: "reply", rid: rid(0), error: { message: "No.", kind: "refused" } });
  assert.equal(await second, "second");
  await assert.rejects(first, (error) => error instanceof CommandError && error.kind === "refused");
});

test("a gap asks once for what is missing", () => {
  model.answer(delta(7, []));
  model.answer(delta(8, []));
  assert.deepEqual(model.sent, [{ t: "resync", rev: 1 }]);
  model.answer(snapshot(9, []));
  model.answer(delta(20, []));
  assert.equal(model.sent.length, 2);
});

test("a render says what is held already", () => {
  line.hello();
  assert.deepEqual(model.sent, [{ t: "hello", epoch: "e", rev: 1 }]);
});

test("a hello that a host dropped is said again", () => {
  const lonely = new TestModel();
  new Connection(lonely, new AbortController().signal).hello();
  mock.timers.tick(3500);
  assert.equal(lonely.sent.length, 2);
});

test("a kernel that lets actions wait is busy, then silent, then back", () => {
  void line.cmd("keep", { ids: ["a"] });
  void line.cmd("undo", {});
  void line.cmd("estimate", {});
  assert.equal(state().state, "open");
  mock.timers.tick(1500);
  assert.deepEqual(state(), { state: "busy", queued: 2 });
  mock.timers.tick(30_000);
  assert.deepEqual(state(), { state: "silent", queued: 2 });
  for (const at of [0, 1, 2]) model.answer({ t: "reply", rid: rid(at), ok: null });
  assert.equal(state().state, "back");
  mock.timers.tick(6000);
  assert.equal(state().state, "open");
});

test("a kernel that streams while it lets actions wait is busy, not silent", () => {
  void line.cmd("keep", { ids: ["a"] });
  for (let rev = 1; rev < 50; rev += 1) {
    model.answer(delta(rev, []));
    mock.timers.tick(1000);
  }
  assert.equal(state().state, "busy");
});

test("a kernel that is gone says how many actions were not done", async () => {
  const lost = line.cmd("keep", { ids: ["a"] });
  model.broken = true;
  const last = line.cmd("undo", {});
  await assert.rejects(lost, /kernel is gone/);
  await assert.rejects(last, /kernel is gone/);
  assert.deepEqual(state(), { state: "gone", lost: 2 });
  model.answer(snapshot(1, [], undefined, "other"));
  assert.equal(state().state, "back");
});

test("a restarting kernel is gone, where the host shows it", () => {
  const slots: ((sender: unknown, status: string) => void)[] = [];
  const watched = new TestModel();
  watched.widget_manager = {
    kernel: { status: "idle", statusChanged: { connect: (slot: never) => slots.push(slot) } },
  };
  const other = new Connection(watched, new AbortController().signal);
  slots[0]?.(null, "busy");
  assert.equal(other.line.value.state, "opening");
  slots[0]?.(null, "restarting");
  assert.equal(other.line.value.state, "gone");
});

test("the revision is written when the dataset changed, at most twice a second", () => {
  mock.timers.tick(1000);
  for (let rev = 1; rev < 11; rev += 1) {
    model.answer(delta(rev, [put(sample("a", 0, "root", rev % 2 ? "kept" : "draft"))]));
    mock.timers.tick(100);
  }
  mock.timers.tick(1000);
  assert.ok(model.saves >= 2 && model.saves <= 4, String(model.saves));
  assert.equal(model.traits.revision, 11);
  model.answer(delta(11, [put(sample("b", 1, "root"))]));
  mock.timers.tick(1000);
  assert.equal(model.traits.revision, 11);
});

test("a verdict shows at once, and the kernel's word takes its place", () => {
  line.verdicts.put(["a"], "keep");
  assert.equal(line.verdicts.of("a"), "keep");
  model.answer(delta(1, [put(sample("a", 0, "root", "kept"))]));
  assert.equal(line.verdicts.of("a"), null);
});

test("a verdict stays on its row until the views look at the kernel's word, and a newer one longer", () => {
  const frames: (() => void)[] = [];
  const slow = new TestModel();
  const later = new Connection(slow, new AbortController().signal, (run) => frames.push(run));
  later.hello();
  slow.answer(snapshot(1, [sample("a", 0, "root"), sample("b", 1, "root")]));
  for (const frame of frames.splice(0)) frame();
  later.verdicts.put(["a", "b"], "keep");
  slow.answer(delta(1, [put(sample("a", 0, "root", "kept")), put(sample("b", 1, "root", "kept"))]));
  later.verdicts.put(["b"], "reject");
  assert.equal(later.verdicts.of("a"), "keep"); // no view has drawn the row as kept yet
  for (const frame of frames.splice(0)) frame();
  assert.equal(later.verdicts.of("a"), null);
  assert.equal(later.verdicts.of("b"), "reject");
});

test("a verdict that the kernel took outlives its reply until the delta comes, but not for ever", () => {
  line.verdicts.put(["a"], "keep").taken();
  mock.timers.tick(1000);
  assert.equal(line.verdicts.of("a"), "keep");
  mock.timers.tick(1000);
  assert.equal(line.verdicts.of("a"), null);
});

test("bodies are asked for once, in one message, and again after work on them", async () => {
  const row = sample("a", 0, "root");
  line.bodies.want([row, sample("b", 1, "root")]);
  line.bodies.want([row]);
  await Promise.resolve();
  assert.deepEqual(model.sent, [{ t: "body", ids: ["a", "b"] }]);
  model.answer({ t: "bodies", rev: 1, samples: [body("a")] });
  assert.deepEqual(line.bodies.of(row), body("a"));
  const remade = { ...row, version: 2 };
  model.answer(delta(1, [put(remade)]));
  assert.equal(line.bodies.of(remade), null);
  line.bodies.want([remade]);
  await Promise.resolve();
  assert.deepEqual(model.sent.at(-1), { t: "body", ids: ["a"] });
});

test("a whole sample is asked for again after a snapshot: what has changed meanwhile is not told", async () => {
  const row = sample("a", 0, "root");
  model.answer({ t: "bodies", rev: 1, samples: [body("a")] });
  const proposed = { ...row, proposal: true };
  model.answer(snapshot(5, [proposed]));
  assert.deepEqual(line.bodies.of(proposed), body("a"), "it is shown on until then");
  line.bodies.want([proposed]);
  await Promise.resolve();
  assert.deepEqual(model.sent, [{ t: "body", ids: ["a"] }]);
});

test("questions that the front end asks by itself are no actions that wait", () => {
  void line.cmd("search", { text: "x" });
  void line.cmd("estimate", {});
  mock.timers.tick(2000);
  assert.equal(state().state, "open");
  void line.cmd("keep", { ids: ["a"] });
  assert.deepEqual(
    line.waiting().map((action) => action.name),
    ["keep"],
  );
});

test("what was not done is known by name when the kernel is gone, and forgotten when it is back", async () => {
  const kept = line.cmd("keep", { ids: ["a"] });
  void line.cmd("search", { text: "x" }).catch(() => undefined);
  model.broken = true;
  const undone = line.cmd("undo", {});
  await assert.rejects(kept);
  await assert.rejects(undone);
  assert.deepEqual(
    line.waiting().map(({ name, args }) => ({ name, args })),
    [
      { name: "keep", args: { ids: ["a"] } },
      { name: "undo", args: {} },
    ],
  );
  model.broken = false;
  model.answer(snapshot(1, [], undefined, "other"));
  assert.deepEqual(line.waiting(), []);
});

const saved = (rows = [sample("s", 0, "root", "kept")]) => ({
  at: 900,
  total: 7,
  page: snapshot(0, rows, undefined, "saved"),
});

test("where no kernel answers, what was saved shows, until one does", () => {
  const alone = new TestModel();
  alone.traits._snapshot = saved();
  const other = new Connection(alone, new AbortController().signal, (run) => run());
  other.hello();
  mock.timers.tick(2000);
  assert.equal(other.line.value.state, "opening");
  mock.timers.tick(1500);
  assert.deepEqual(other.line.value, { state: "saved", at: 900, total: 7, kernel: false });
  assert.deepEqual([...other.replica.samples.all.keys()], ["s"]);
  alone.answer(delta(4, [], "e"));
  assert.deepEqual(alone.sent.at(-1), { t: "resync", rev: null });
  alone.answer(snapshot(5, [sample("a", 0, "root")]));
  assert.equal(other.line.value.state, "open");
  assert.deepEqual([...other.replica.samples.all.keys()], ["a"]);
});

test("a line that breaks at the first word shows what was saved, too", () => {
  const dead = new TestModel();
  dead.broken = true;
  dead.traits._snapshot = saved();
  const other = new Connection(dead, new AbortController().signal, (run) => run());
  other.hello();
  assert.equal(other.line.value.state, "saved");
});

test("without a saved state an unanswered hello is an opening, then a silence", () => {
  const lonely = new TestModel();
  lonely.traits._snapshot = {};
  const other = new Connection(lonely, new AbortController().signal);
  other.hello();
  mock.timers.tick(5000);
  assert.equal(other.line.value.state, "opening");
  mock.timers.tick(30_000);
  assert.equal(other.line.value.state, "silent");
  assert.equal(lonely.sent.length, 3, "a hello and two more");
});

test("the state is saved when nothing has happened for some seconds, where the host has a kernel to save for", () => {
  const watched = new TestModel();
  watched.widget_manager = { kernel: { status: "idle" } };
  const other = new Connection(watched, new AbortController().signal, (run) => run());
  other.hello();
  watched.answer(snapshot(1, [sample("a", 0, "root")]));
  const asked = () => watched.sent.filter((message) => (message as { t: string }).t === "save").length;
  watched.answer({ t: "saved", ...saved() });
  assert.equal(watched.traits._snapshot, undefined, "another tab asked for it");
  for (let rev = 1; rev < 4; rev += 1) {
    watched.answer(delta(rev, [put(sample(`n${rev}`, rev, "root", "kept"))]));
    mock.timers.tick(3000);
  }
  assert.equal(asked(), 0);
  mock.timers.tick(3000);
  assert.equal(asked(), 1);
  watched.answer({ t: "saved", ...saved() });
  assert.deepEqual(watched.traits._snapshot, { t: "saved", ...saved() });
  model.answer(delta(1, [put(sample("b", 1, "root", "kept"))]));
  mock.timers.tick(9000);
  assert.ok(
    !JSON.stringify(model.sent).includes("save"),
    "no kernel is shown here, as in a reactive notebook",
  );
});
