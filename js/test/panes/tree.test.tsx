import assert from "node:assert/strict";
import { test } from "node:test";
import { Tree } from "../../src/components/Tree";
import { sample, topic } from "../fixtures";
import { Stage, textOf } from "./stage";

const TOPICS = [
  topic("root", null),
  topic("Bread", "root"),
  topic("Sourdough", "Bread", 4),
  topic("Knives", "root", 4),
];
const SAMPLES = [sample("a", 1, "Sourdough", "kept"), sample("b", 2, "Sourdough"), sample("c", 3, "Knives")];
const draw = () => new Stage((view) => <Tree view={view} />, { topics: TOPICS, samples: SAMPLES });

test("the tree tells each topic's level and its kept and draft samples of those that are wanted", () => {
  const stage = draw();
  const items = stage.all("treeitem");
  assert.deepEqual(
    items.map((each) => [each.getAttribute("aria-level"), each.getAttribute("aria-label")?.split(":")[0]]),
    [
      ["1", "All topics, 3 of 8 samples"],
      ["2", "Bread, 2 of 4 samples"],
      ["3", "Sourdough, 2 of 4 samples"],
      ["2", "Knives, 1 of 4 samples"],
    ],
  );
  assert.match(textOf(stage.get("treeitem", /^Knives/)), /thin/);
  assert.doesNotMatch(textOf(stage.get("treeitem", /^Sourdough/)), /thin/);
});

test("a press on a topic shows its samples alone; the arrows fold it", () => {
  const stage = draw();
  stage.press("treeitem", /^Bread/);
  assert.equal(stage.get("treeitem", /^Bread/).getAttribute("aria-selected"), "true");
  assert.equal(stage.view.listing.value.rows, 2);
  stage.key(stage.get("tree", "Topics"), "ArrowLeft");
  assert.equal(stage.get("treeitem", /^Bread/).getAttribute("aria-expanded"), "false");
  assert.equal(stage.all("treeitem", /^Sourdough/).length, 0);
});

test("a new topic is named in the tree and sent by Enter", () => {
  const stage = draw();
  stage.press("treeitem", /^Bread/);
  stage.press("button", /^Add a topic/);
  const field = stage.root.querySelector("input") as HTMLInputElement;
  field.value = "Rye";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  stage.key(field, "Enter");
  assert.deepEqual(stage.sent, [["add_topics", { paths: [["Bread", "Rye"]] }]]);
});

test("thin topics are filled from the tree's foot", () => {
  const stage = draw();
  stage.press("button", "Fill 1 thin");
  assert.equal(stage.view.open.value, "generate");
  assert.equal(stage.view.where, "thin");
});

test("where no topic is, the tree says what makes one", () => {
  const stage = new Stage((view) => <Tree view={view} />, {});
  assert.match(textOf(stage.root), /No topics yet/);
  assert.ok(stage.get("button", "Add topic"));
});
