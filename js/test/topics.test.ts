import assert from "node:assert/strict";
import { test } from "node:test";
import { noCounts } from "../src/store";
import { average, inOrder, isWithin, type Node, rollUp, shapeBelow, thinOnes, unfolded } from "../src/topics";
import { topic } from "./fixtures";

const ROWS = [
  topic("root", null),
  topic("b", "root"),
  topic("a", "root", 8),
  topic("b2", "b", 8),
  topic("b1", "b", 4),
];
const PLACES = new Map(ROWS.map((row, index) => [row.id, index]));
const nodes = inOrder(ROWS, PLACES);
const draft = (number: number) => ({ ...noCounts(), draft: number });

test("topics come depth first, siblings as they were made", () => {
  assert.deepEqual(
    nodes.map((node) => node.id),
    ["root", "b", "b2", "b1", "a"],
  );
  assert.deepEqual(
    nodes.map((node) => node.level),
    [0, 1, 2, 2, 1],
  );
  assert.deepEqual(nodes[3]?.path, ["b", "b1"]);
  assert.deepEqual([nodes[3]?.place, nodes[3]?.siblings], [2, 2]);
  assert.equal(nodes[1]?.end, 4);
});

test("a topic that comes back has its old place", () => {
  const back = [...ROWS.filter((row) => row.id !== "b"), topic("b", "root")];
  assert.deepEqual(
    inOrder(back, PLACES).map((node) => node.id),
    nodes.map((node) => node.id),
  );
});

test("counts and targets add up to the root", () => {
  const counts = new Map([
    ["b1", { ...draft(2), kept: 1 }],
    ["a", { ...draft(3), failed: 1 }],
  ]);
  const totals = rollUp(nodes, (id) => counts.get(id));
  assert.deepEqual(totals.get("root"), { ...noCounts(), draft: 5, kept: 1, failed: 1, target: 20 });
  assert.equal(totals.get("b")?.target, 12);
});

test("stars are averaged over all below, and nothing is said where nothing is rated", () => {
  const counts = new Map([
    ["b1", { ...draft(3), starred: 2, stars: 9 }],
    ["b2", { ...draft(1), starred: 1, stars: 2 }],
  ]);
  const totals = rollUp(nodes, (id) => counts.get(id));
  assert.equal(average(totals.get("b") ?? noCounts()), "3.7");
  assert.equal(average(totals.get("a") ?? noCounts()), "");
});

test("a topic lies within itself and what is above it, not within its namesakes elsewhere", () => {
  const [root, b, b2, , a] = nodes as [Node, Node, Node, Node, Node];
  assert.ok(isWithin(b2, b) && isWithin(b, b) && isWithin(b, root));
  assert.ok(!isWithin(b, b2) && !isWithin(a, b));
});

test("an inner topic's own target counts only with samples of its own", () => {
  const rows = [topic("root", null), topic("x", "root", 8), topic("y", "x", 8)];
  const tree = inOrder(rows, new Map());
  assert.equal(rollUp(tree, () => undefined).get("root")?.target, 8);
  assert.equal(rollUp(tree, (id) => (id === "x" ? draft(1) : undefined)).get("root")?.target, 16);
});

test("thin is a leaf with less than half of its target", () => {
  const totals = rollUp(nodes, (id) => (id === "a" ? draft(3) : id === "b2" ? draft(4) : undefined));
  assert.deepEqual(
    thinOnes(nodes, totals).map((node) => node.id),
    ["b1", "a"],
  );
});

test("what is inside a folded topic is not shown", () => {
  assert.deepEqual(
    unfolded(nodes, new Set(["b"])).map((node) => node.id),
    ["root", "b", "a"],
  );
});

test("the steppers begin with the tree as it is, and with more once it is full", () => {
  assert.deepEqual(
    shapeBelow(nodes, 0, () => undefined),
    { topics: 2, subtopics: 2, samples: 8 },
  );
  assert.deepEqual(
    shapeBelow(nodes, 0, () => draft(8)),
    { topics: 2, subtopics: 2, samples: 16 },
  );
  assert.deepEqual(
    shapeBelow(nodes, 3, () => undefined),
    { topics: 0, subtopics: 0, samples: 4 },
  );
});
