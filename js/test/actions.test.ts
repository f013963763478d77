import assert from "node:assert/strict";
import { test } from "node:test";
import { signal } from "@preact/signals";
import { decide, run } from "../src/actions";
import type { SampleRow } from "../src/protocol.gen";
import { Toasts } from "../src/toast";
import { Verdicts } from "../src/verdicts";
import type { View } from "../src/view";
import { sample, studio } from "./fixtures";

/** A view of drafts a to e with the focus on a; what it sends is answered when the test says so. */
function setUp() {
  const rows = [..."abcde"].map((id, at) => sample(id, at, "root"));
  const all = new Map(rows.map((row) => [row.id, row]));
  const items = signal<SampleRow[]>(rows);
  const answers: ((ok: unknown) => void)[] = [];
  const shown: (() => void)[] = [];
  const said: string[] = [];
  const sent: [string, Record<string, unknown>][] = [];
  const toasts = new Toasts();
  const say = toasts.say.bind(toasts);
  toasts.say = (text, more) => {
    said.push(text);
    say(text, more);
    toasts.hold();
  };
  const view = {
    focus: signal<string | null>("a"),
    facet: signal("all"),
    selection: signal(new Set()),
    advances: signal(true),
    turnedAt: null,
    toasts,
    select: (ids: string[]) => {
      view.selection.value = new Set(ids);
    },
    targets: () => (view.selection.value.size > 0 ? [...view.selection.value] : [view.focus.value]),
    sampleOf: (id: string) => all.get(id),
    moveTo: (row: SampleRow | null) => {
      if (row) view.focus.value = row.id;
    },
    get focusedRow() {
      return all.get(view.focus.value ?? "");
    },
    get focused() {
      return signal({
        row: view.focusedRow,
        index: view.listing.value.items.indexOf(view.focusedRow as SampleRow),
      });
    },
    get listing() {
      return signal({ items: items.value });
    },
    replica: {
      samples: { all },
      studio: signal(studio),
      whenShown: (act: () => void) => shown.push(act),
    },
    line: {
      line: signal({ state: "ready" }),
      verdicts: new Verdicts(),
      cmd: (name: string, args: Record<string, unknown>) => {
        sent.push([name, JSON.parse(JSON.stringify(args))]);
        return new Promise((resolve) => answers.push(resolve));
      },
    },
  } as unknown as View;
  const answer = async (ok: unknown) => {
    answers.shift()?.(ok);
    await new Promise((done) => setTimeout(done));
    for (const act of shown.splice(0)) act();
    return view.focus.value;
  };
  const decided = (status: SampleRow["status"], ...ids: string[]) => {
    for (const id of ids) all.set(id, { ...(all.get(id) as SampleRow), status });
  };
  return { view, items, said, sent, answers, answer, decided };
}

test("undo and redo go to where it happened, one after the other", async () => {
  const { view, answer } = setUp();
  run(view, "undo");
  assert.equal(await answer({ sample: "c" }), "c");
  run(view, "undo");
  run(view, "undo");
  assert.equal(await answer({ sample: "d" }), "d");
  assert.equal(await answer({ sample: "b" }), "b");
  run(view, "redo");
  assert.equal(await answer({ sample: "d" }), "d");
  run(view, "redo");
  assert.equal(await answer({}), "d");
});

test("an undo that is answered late moves nobody who went on", async () => {
  const { view, answer } = setUp();
  run(view, "redo");
  void decide(view, "reject");
  assert.equal(view.focus.value, "b");
  assert.equal(await answer({ sample: "a" }), "b");
  run(view, "undo");
  assert.equal(await answer(null), "b");
  assert.equal(await answer({ sample: "a" }), "a");
});

test("what an undo brings back into the list is gone to once the list shows it", async () => {
  const { view, items, answers, answer } = setUp();
  const all = items.value;
  items.value = all.slice(0, 3);
  run(view, "undo");
  const told = answers.splice(0)[0];
  told?.({ sample: "e" });
  await new Promise((done) => setTimeout(done));
  assert.equal(view.focus.value, "a");
  items.value = all;
  assert.equal(await answer(null), "e");
});

test("a verdict that is refused leads back, but nobody who went on since", async () => {
  const { view, said, answer } = setUp();
  void decide(view, "keep");
  assert.equal(view.focus.value, "b");
  assert.equal(await answer({ a: "Too long" }), "a");
  assert.equal(said.at(-1), "Not kept: Too long");
  void decide(view, "keep");
  void decide(view, "keep");
  assert.equal(view.focus.value, "c");
  assert.equal(await answer({ a: "Too long" }), "c");
  assert.equal(await answer({}), "c");
});

test("a verdict on decided and undecided samples is about the undecided, and can be taken to the others", async () => {
  const { view, said, sent, answer, decided } = setUp();
  decided("rejected", "a", "b");
  view.select(["a", "b", "c", "d"]);
  void decide(view, "keep");
  assert.deepEqual(sent.at(-1), ["keep", { ids: ["c", "d"], only_undecided: true }]);
  assert.deepEqual(
    [..."abcd"].map((id) => view.line.verdicts.of(id)),
    [null, null, "keep", "keep"],
  );
  assert.equal(view.selection.value.size, 0);
  await answer({});
  assert.equal(said.at(-1), "Kept 2 · 2 decided left");
  assert.equal(view.toasts.now.value?.undo, true);
  run(view, "include");
  assert.deepEqual(sent.at(-1), ["keep", { ids: ["a", "b"] }]);
  await answer({});
  assert.equal(said.at(-1), "Kept 2");
  run(view, "include");
  assert.equal(sent.length, 2, "it was done");
});

test("the reason goes along when the decided ones are included", async () => {
  const { view, said, sent, answer, decided } = setUp();
  decided("kept", "a");
  view.select(["a", "b"]);
  void decide(view, "reject", view.targets(), "Too short");
  await answer({});
  assert.equal(said.at(-1), "Rejected 1: Too short · 1 decided left");
  run(view, "include");
  assert.deepEqual(sent.at(-1), ["reject", { ids: ["a"], reason: "Too short" }]);
});

test("one sample, and decided ones alone, are judged as they are given", async () => {
  const { view, said, sent, answer, decided } = setUp();
  decided("rejected", "a", "b");
  void decide(view, "keep", ["a"]);
  await answer({});
  view.select(["a", "b"]);
  void decide(view, "keep");
  await answer({});
  assert.deepEqual(sent, [
    ["keep", { ids: ["a"] }],
    ["keep", { ids: ["a", "b"] }],
  ]);
  assert.deepEqual(said, ["Kept 1", "Kept 2"]);
});

test("what is on its way counts as decided, and what another one decided meanwhile is told", async () => {
  const { view, said, sent, answers, answer } = setUp();
  void decide(view, "reject", ["a"]);
  view.select(["a", "b", "c"]);
  void decide(view, "keep");
  assert.deepEqual(sent.at(-1), ["keep", { ids: ["b", "c"], only_undecided: true }]);
  answers.shift()?.(null);
  await answer({ c: "is kept already" });
  assert.equal(said.at(-1), "Kept 1, not 1: is kept already · 1 decided left");
  assert.equal(view.line.verdicts.of("c"), null);
});

test("where the decided ones are kept already, there is nothing to include", async () => {
  const { view, said, answer, decided } = setUp();
  decided("kept", "a");
  view.select(["a", "b"]);
  void decide(view, "keep");
  await answer({});
  assert.equal(said.at(-1), "Kept 1 · 1 decided left");
  assert.equal(view.toasts.now.value?.include, null);
});
