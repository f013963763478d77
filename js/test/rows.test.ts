import assert from "node:assert/strict";
import { test } from "node:test";
import type { SampleRow } from "../src/protocol.gen";
import {
  CARD,
  cardHeight,
  type Group,
  indexOf,
  isRow,
  keyOf,
  list,
  nextUndecided,
  rowAt,
  rowsBefore,
  rowsOf,
} from "../src/rows";
import { noCounts, Samples } from "../src/store";
import { inOrder } from "../src/topics";
import { sample, topic } from "./fixtures";

const rows = [topic("root", null), topic("a", "root"), topic("b", "root")];
const nodes = inOrder(rows, new Map(rows.map((row, index) => [row.id, index])));

function samples(): Samples {
  const held = new Samples();
  held.put(sample("b1", 1, "b", "draft"));
  held.put(sample("a2", 2, "a", "kept"));
  held.put(sample("a0", 0, "a", "draft"));
  held.put({ ...sample("b3", 3, "b", "failed"), reason: "rare" });
  held.put({ ...sample("a4", 4, "a", "failed"), reason: "often" });
  held.put({ ...sample("a5", 5, "a", "failed"), reason: "often" });
  return held;
}
const none = () => false;
const all = list(nodes, 0, 3, samples(), "all");

test("rows stand under their topic, in tree order, then by birth", () => {
  assert.deepEqual(all.items.map(keyOf), ["t:a", "a0", "a2", "a4", "a5", "t:b", "b1", "b3"]);
  assert.equal(all.rows, 6);
});

test("a filter leaves no group without rows", () => {
  assert.deepEqual(list(nodes, 0, 3, samples(), "kept").items.map(keyOf), ["t:a", "a2"]);
  assert.deepEqual(list(nodes, 2, 3, samples(), "all").items.map(keyOf), ["t:b", "b1", "b3"]);
});

test("failed rows stand under their reason, the most frequent first", () => {
  assert.deepEqual(list(nodes, 0, 3, samples(), "failed").items.map(keyOf), [
    "r:often",
    "a4",
    "a5",
    "r:rare",
    "b3",
  ]);
});

test("positions count rows, not group lines", () => {
  assert.equal(rowsBefore(all, indexOf(all, "a0")), 0);
  assert.equal(rowsBefore(all, indexOf(all, "b1")), 4);
});

test("moving stops at the ends and steps over group lines", () => {
  assert.equal(rowAt(all, indexOf(all, "a5"), 1)?.id, "b1");
  assert.equal(rowAt(all, indexOf(all, "a2"), 100)?.id, "b3");
  assert.equal(rowAt(all, indexOf(all, "a0"), -1), null);
  assert.equal(rowAt(all, -1, 1)?.id, "a0");
});

test("the next undecided sample is the next draft, then from the top", () => {
  assert.equal(nextUndecided(all, indexOf(all, "a0"), "all", none)?.id, "b1");
  assert.equal(nextUndecided(all, indexOf(all, "b1"), "all", none)?.id, "a0");
});

test("a sample whose verdict is on its way is decided", () => {
  assert.equal(
    nextUndecided(all, indexOf(all, "a0"), "all", (id) => id === "b1"),
    null,
  );
});

test("under a status tab the next one is of that status", () => {
  const failed = list(nodes, 0, 3, samples(), "failed");
  assert.equal(nextUndecided(failed, indexOf(failed, "a5"), "failed", none)?.id, "b3");
});

test("a card is as high as what it shows", () => {
  const cell = (text: string, tags: string[] = []) => ({ tags, text, raw: false, more: false });
  const height = (input: string, output: string | null, tags: string[] = []) =>
    cardHeight(
      { ...sample("a", 0, "root"), input: cell(input), output: output === null ? null : cell(output, tags) },
      60,
    );
  const long = "word ".repeat(40);
  assert.equal(height(long, long, ["tag"]), CARD);
  assert.equal(height("short", long, ["tag"]), CARD - 18);
  assert.equal(height("short", "short", ["tag"]), CARD - 36);
  assert.equal(height("short", "short"), CARD - 36 - 19);
  assert.equal(height("字".repeat(40), null), CARD - 18);
});

test("with words to look for, the tabs count what is found and a group holds its own rows", () => {
  const held = new Samples();
  const status = ["draft", "kept", "draft", "failed"] as const;
  for (const [seq, each] of status.entries()) held.put(sample(`s${seq}`, seq, seq < 2 ? "a" : "b", each));
  const wanted = () => (row: SampleRow) => row.id !== "s0";
  const listing = list(nodes, 0, nodes.length, held, "draft", wanted);
  assert.deepEqual(
    listing.items.filter(isRow).map((row) => row.id),
    ["s2"],
  );
  assert.deepEqual(listing.counts, { ...noCounts(), draft: 1, kept: 1, failed: 1 });
  const all = list(nodes, 0, nodes.length, held, "all");
  const group = all.items[all.groups[1] as number] as Group;
  assert.deepEqual(
    rowsOf(all, group).map((row) => row.id),
    ["s2", "s3"],
  );
});
