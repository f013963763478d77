import assert from "node:assert/strict";
import { test } from "node:test";
import { indexOf, list, sameShape } from "../src/rows";
import { Samples } from "../src/store";
import { inOrder } from "../src/topics";
import { sample, topic } from "./fixtures";

function studio() {
  const samples = new Samples();
  const nodes = inOrder(
    [topic("0", null), topic("a", "0"), topic("b", "0")],
    new Map([
      ["a", 1],
      ["b", 2],
    ]),
  );
  for (let seq = 1; seq <= 6; seq += 1) samples.put(sample(`s${seq}`, seq, seq % 2 ? "a" : "b"));
  return { samples, all: () => list(nodes, 0, nodes.length, samples, "all") };
}

test("a verdict leaves the shape of the list, a new row does not", () => {
  const { samples, all } = studio();
  const before = all();
  samples.put(sample("s3", 3, "a", "kept"));
  assert.ok(sameShape(before, all()));
  samples.put(sample("s7", 7, "a"));
  assert.ok(!sameShape(before, all()));
});

test("the list of all rows has the rows of each topic below its line", () => {
  const { all } = studio();
  const { items, groups, rows } = all();
  assert.deepEqual(
    items.map((item) => ("seq" in item ? item.id : item.key)),
    [...["t:a", "s1", "s3", "s5"], ...["t:b", "s2", "s4", "s6"]],
  );
  assert.deepEqual([groups, rows], [[0, 4], 6]);
});

test("a row is found where it stood and where it moved to", () => {
  const listing = studio().all();
  assert.equal(indexOf(listing, "s5", 3), 3);
  assert.equal(indexOf(listing, "s5", 6), 3);
  assert.equal(indexOf(listing, "gone", 3), -1);
});
