import assert from "node:assert/strict";
import { test } from "node:test";
import { signal } from "@preact/signals";
import { comparable, compare, isNew, keepSide, otherVersion, pairOf, putVersion } from "../src/compare";
import type { SampleBody, SampleRow, VersionView } from "../src/protocol.gen";
import { Making, Verdicts } from "../src/verdicts";
import type { View } from "../src/view";
import { body, sample } from "./fixtures";

function version(n: number, origin = "regenerated", output: unknown = `answer ${n}`): VersionView {
  return {
    n,
    origin,
    input: "ask",
    output,
    reasoning: null,
    problem: null,
    created: 0,
    task_version: 1,
    by: "",
    made: [],
    raw: null,
  };
}

interface Setting {
  numbers: number[];
  current: number;
  proposal?: number;
  status?: SampleRow["status"];
}

/** A view of one sample with these versions, and what it sends. */
function setUp({ numbers, current, proposal, status = "draft" }: Setting) {
  const row: SampleRow = {
    ...sample("a", 0, "root", status),
    version: current,
    origin: "regenerated",
    proposal: proposal !== undefined,
  };
  const whole: SampleBody = {
    ...body("a", current),
    proposal: proposal ?? null,
    versions: numbers.map((n) => version(n)),
  };
  const sent: [string, unknown][] = [];
  const said: string[] = [];
  const at = signal(1); // none is here at 0
  const samples = new Map([["a", row]]);
  const view = {
    comparing: signal({}),
    keys: { named: (name: string) => ({ keys: name === "left_version" ? ["[", "]"] : ["{", "}"] }) },
    focusedRow: row,
    sampleOf: (id: string) => samples.get(id),
    toasts: { say: (text: string) => said.push(text), warn: () => undefined },
    focusOn: () => undefined,
    focused: signal({ row, index: 0 }),
    listing: signal({ items: [row] }),
    replica: { samples: { all: samples }, studio: signal({ read_only: null }) },
    line: {
      line: signal({ state: "ready" }),
      bodies: { at, of: () => (at.value > 0 ? whole : null) },
      verdicts: new Verdicts(),
      making: new Making(),
      cmd: (name: string, args: unknown) => {
        sent.push([name, args]);
        return new Promise(() => undefined);
      },
    },
  } as unknown as View;
  const sides = () => pairOf(view, row)?.map((each) => each.n);
  return { view, row, samples, sent, said, sides, at };
}

globalThis.requestAnimationFrame ??= () => 0;

test("what is and what was before stand side by side, after going back what came later", () => {
  assert.deepEqual(setUp({ numbers: [1, 2, 3], current: 3 }).sides(), [2, 3]);
  assert.deepEqual(setUp({ numbers: [1, 2, 3], current: 1 }).sides(), [1, 2]);
  assert.equal(setUp({ numbers: [1], current: 1 }).sides(), undefined);
});

test("what is new stands on the right: a proposal also when an edit came after it", () => {
  const { view, row, sides } = setUp({ numbers: [1, 2, 3], current: 3, proposal: 2, status: "kept" });
  assert.ok(isNew(view, row));
  assert.deepEqual(sides(), [3, 2]);
});

test("a draft that was made anew stands beside what it was, until a person has decided", async () => {
  const { view, row, sides } = setUp({ numbers: [1, 2, 3], current: 3 });
  assert.ok(!isNew(view, row));
  view.line.making.put([{ ...row, version: 1 }])("job");
  assert.ok(isNew(view, row));
  assert.deepEqual(sides(), [1, 3]);
  keepSide(view, 1);
  await null;
  assert.ok(!isNew(view, row));
  assert.equal(view.comparing.value, null);
});

test("each side has a key for the older version and one for the newer, and stops at the ends", () => {
  const { view, sides } = setUp({ numbers: [1, 2, 3], current: 3 });
  const pressed = [..."[[{]]]}}"].map((chord) => {
    otherVersion(view, "[]".includes(chord) ? 0 : 1, chord);
    return sides();
  });
  assert.deepEqual(pressed, [
    [1, 3],
    [1, 3],
    [1, 2],
    [2, 2],
    [3, 2],
    [3, 2],
    [3, 3],
    [3, 3],
  ]);
  putVersion(view, 0, 1);
  assert.deepEqual(sides(), [1, 3]);
});

test("the key of a side gives the command that makes its version the current one", async () => {
  const chosen = async (setting: Setting, side: number, pair?: [number, number]) => {
    const { view, sent } = setUp(setting);
    if (pair) view.comparing.value = { id: "a", pair };
    keepSide(view, side);
    await null;
    return sent;
  };
  const draft: Setting = { numbers: [1, 2, 3], current: 3 };
  const kept: Setting = { numbers: [1, 2, 3], current: 2, proposal: 3, status: "kept" };
  assert.deepEqual(await chosen(draft, 0), [["revert", { id: "a", n: 2 }]]);
  assert.deepEqual(await chosen(draft, 1), []);
  assert.deepEqual(await chosen(kept, 0), [["decline", { ids: ["a"] }]]);
  assert.deepEqual(await chosen(kept, 1), [["accept", { ids: ["a"] }]]);
  assert.deepEqual(await chosen(kept, 0, [1, 3]), [["revert", { id: "a", n: 1 }]]);
});

test("a key before the versions are here waits for them, and is forgotten when the comparison is closed", async () => {
  const kept: Setting = { numbers: [1, 2], current: 1, proposal: 2, status: "kept" };
  const early = async (between: (view: View) => void) => {
    const { view, sent, at } = setUp(kept);
    at.value = 0;
    keepSide(view, 1);
    await null;
    assert.deepEqual(sent, []);
    between(view);
    at.value = 1;
    await null;
    at.value = 2;
    await null;
    return sent;
  };
  assert.deepEqual(await early(() => undefined), [["accept", { ids: ["a"] }]]);
  const reopened = (view: View) => {
    view.comparing.value = null;
    view.comparing.value = {};
  };
  assert.deepEqual(await early(reopened), []);
});

test("a new version can be compared in the frame in which it comes, before the list shows it", () => {
  const { view, row, samples, said } = setUp({ numbers: [1], current: 1, status: "kept" });
  const isComparing = () => {
    view.comparing.value = null;
    compare(view);
    return view.comparing.value !== null;
  };
  assert.ok(!isComparing());
  assert.deepEqual(said, ["There is only this version."]);
  samples.set("a", { ...row, proposal: true });
  assert.ok(isComparing());
  assert.equal(said.length, 1);
});

test("an input that waited for its output is nothing to compare", () => {
  const whole = { ...body("a", 1), versions: [version(0, "generated", null), version(1)] };
  assert.deepEqual(
    comparable(whole).map((each) => each.n),
    [1],
  );
  assert.deepEqual(comparable(null), []);
});
