import assert from "node:assert/strict";
import { test } from "node:test";
import { signal } from "@preact/signals";
import { decide, run } from "../src/actions";
import type { SampleRow } from "../src/protocol.gen";
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
  const view = {
    focus: signal<string | null>("a"),
    facet: signal("all"),
    selection: signal(new Set()),
    advances: signal(true),
    turnedAt: null,
    toasts: { say: (text: string) => said.push(text), warn: (text: string) => said.push(text) },
    targets: () => [view.focus.value],
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
      cmd: () => new Promise((resolve) => answers.push(resolve)),
    },
  } as unknown as View;
  const answer = async (ok: unknown) => {
    answers.shift()?.(ok);
    await new Promise((done) => setTimeout(done));
    for (const act of shown.splice(0)) act();
    return view.focus.value;
  };
  return { view, items, said, answers, answer };
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
