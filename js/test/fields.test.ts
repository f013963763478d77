import assert from "node:assert/strict";
import { test } from "node:test";
import { ordering, type Picked, passing, said, tally } from "../src/fields";
import type { SampleRow } from "../src/protocol.gen";
import { isRow, list } from "../src/rows";
import { Samples } from "../src/store";
import { inOrder } from "../src/topics";
import { sample, topic } from "./fixtures";

const row = (seq: number, more: Partial<SampleRow> = {}): SampleRow => ({
  ...sample(`s${seq}`, seq, "root"),
  ...more,
});
const rows = [
  row(0, { stars: 5, length: 50, model: "big", tags: ["hard", "seen"], origin: "edited" }),
  row(1, { stars: 4, length: 12, model: "small" }),
  row(2, { length: 41, model: "big", tags: ["hard"], stale: true, session: "2" }),
  row(3, { stars: 2, length: 9, origin: "own", unfinished: true, proposal: true }),
  row(4, { length: 40, model: "small", status: "failed", reason: "output: it is missing" }),
];

function found(picked: Picked): number[] {
  const passes = passing(picked);
  return rows.filter((each) => passes?.(each) ?? true).map((each) => each.seq);
}

test("several values of a facet are or, several facets are and", () => {
  assert.deepEqual(found({ Stars: ["4", "5"] }), [0, 1]);
  assert.deepEqual(found({ Stars: ["None"] }), [2, 4]);
  assert.deepEqual(found({ Stars: ["4", "5"], Model: ["big"] }), [0]);
  assert.deepEqual(found({ Tags: ["seen", "hard"], Words: ["over 40"] }), [0, 2]);
  assert.deepEqual(found({ Words: ["over 40"] }), [0, 2]);
  assert.deepEqual(found({ Words: ["up to 10", "over 40"] }), [0, 2, 3]);
  assert.deepEqual(found({ Mark: ["Edited", "Stale output"] }), [0, 2]);
  assert.deepEqual(found({ Mark: ["New version"] }), [3]);
  assert.deepEqual(found({ Reason: ["output: it is missing"] }), [4]);
  assert.deepEqual(found({ Session: ["2"] }), [2]);
  assert.deepEqual(found({ Tags: ["None"], Model: ["None"] }), [3]);
});

test("nothing picked passes all without a look at a row, and what is no facet cuts nothing", () => {
  assert.equal(passing({}), null);
  assert.equal(passing({ Stars: [] }), null);
  assert.deepEqual(found({ Colour: ["red"] }), [0, 1, 2, 3, 4]);
});

test("a value counts what a pick would show: the other facets count, its own does not", () => {
  const counts = (picked: Picked) =>
    Object.fromEntries(tally(rows, picked).map(([facet, values]) => [facet, Object.fromEntries(values)]));
  assert.deepEqual(counts({}).Stars, { 2: 1, 4: 1, 5: 1, None: 2 });
  const some = counts({ Model: ["big"], Stars: ["5"] });
  assert.deepEqual(some.Model, { big: 1, small: 0, None: 0 });
  assert.deepEqual(some.Stars, { 2: 0, 4: 0, 5: 1, None: 1 });
  assert.deepEqual(some.Tags, { hard: 1, None: 0, seen: 1 });
  for (const [facet, values] of tally(rows, {})) {
    for (const [value, number] of values)
      assert.equal(found({ [facet]: [value] }).length, number, `${facet} ${value}`);
  }
});

test("values stand in order, numbers as numbers", () => {
  const words = tally(rows, {})
    .find(([facet]) => facet === "Words")?.[1]
    .map(([value]) => value);
  assert.deepEqual(words?.slice(0, 4), ["over 10", "over 20", "over 40", "up to 10"]);
});

test("picked stars up to five are said by the least", () => {
  assert.equal(said(["5", "4"]), "4+");
  assert.equal(said(["5"]), "5");
  assert.equal(said(["4", "3"]), "3, 4");
  assert.equal(said(["over 40"]), "over 40");
});

const sorted = (sort: string, given = rows) => ordering(sort)?.(given).map((each) => each.seq);

test("rows are sorted by a field, and as they were made where it is the same", () => {
  assert.deepEqual(sorted("-Created"), [4, 3, 2, 1, 0]);
  assert.deepEqual(sorted("Created"), [0, 1, 2, 3, 4]);
  assert.deepEqual(sorted("-Stars"), [0, 1, 3, 2, 4]);
  assert.deepEqual(sorted("Stars"), [2, 4, 3, 1, 0]);
  assert.deepEqual(sorted("-Words"), [0, 2, 4, 1, 3]);
  assert.deepEqual(sorted("Model"), [3, 0, 2, 1, 4]);
  assert.deepEqual(sorted("-Status"), [0, 1, 2, 3, 4]);
  assert.equal(ordering(""), null);
  assert.deepEqual(sorted("-Colour"), [0, 1, 2, 3, 4], "as they were made");
});

test("a row that gets stars stays where it was; a new one finds its place", () => {
  const order = ordering("Stars");
  const ids = (given: SampleRow[]) => order?.(given).map((each) => each.id);
  assert.deepEqual(ids([row(0, { stars: 3 }), row(1), row(2)]), ["s1", "s2", "s0"]);
  assert.deepEqual(ids([row(0, { stars: 3 }), row(1, { stars: 5 }), row(2), row(3)]), [
    "s1",
    "s2",
    "s3",
    "s0",
  ]);
});

test("sorted otherwise the list has no groups, and tabs count what the facets leave", () => {
  const held = new Samples();
  for (const each of rows) held.put(each);
  const nodes = inOrder([topic("root", null)], new Map());
  const passes = passing({ Model: ["small", "None"] });
  assert.ok(passes);
  const listing = list(nodes, 0, 1, held, "draft", () => passes, ordering("-Created"));
  assert.deepEqual(
    listing.items.map((each) => isRow(each) && each.seq),
    [3, 1],
  );
  assert.deepEqual([listing.groups, listing.rows], [[], 2]);
  assert.deepEqual([listing.counts?.draft, listing.counts?.kept, listing.counts?.failed], [2, 0, 1]);
});

test("ten thousand rows are filtered, sorted and counted in milliseconds", () => {
  const many = Array.from({ length: 10_000 }, (_, seq) =>
    row(seq, {
      stars: seq % 6 || null,
      length: (seq * 37) % 200,
      model: `m${seq % 3}`,
      tags: [`t${seq % 9}`],
    }),
  );
  const passes = passing({ Stars: ["4", "5"], Words: ["over 40"] });
  assert.ok(passes);
  const took = (act: () => unknown) => {
    act();
    const start = performance.now();
    act();
    return performance.now() - start;
  };
  const order = ordering("-Words");
  const times = [took(() => many.filter(passes)), took(() => order?.(many)), took(() => tally(many, {}))];
  assert.ok(Math.max(...times) < 300, `${times} ms`); // some ms, 10 and 20 on two slow cores
});
