import assert from "node:assert/strict";
import { test } from "node:test";
import { pathsIn } from "../src/paste";

test("a topic a line, a comma belongs to the name", () => {
  assert.deepEqual(pathsIn("Bread, rolls\nKnives\r\n\n  \nTea"), [["Bread, rolls"], ["Knives"], ["Tea"]]);
});

test("indentation nests, whatever its width, and comes back", () => {
  const text = "Garden\n  Pests\n      Slugs\n  Water\nKitchen\n\tBread";
  assert.deepEqual(pathsIn(text), [
    ["Garden"],
    ["Garden", "Pests"],
    ["Garden", "Pests", "Slugs"],
    ["Garden", "Water"],
    ["Kitchen"],
    ["Kitchen", "Bread"],
  ]);
});

test("bullets and numbers are dropped, hyphens inside are not", () => {
  assert.deepEqual(pathsIn("- One\n* Two\n3. Three\n4) Four-door\n2nd"), [
    ["One"],
    ["Two"],
    ["Three"],
    ["Four-door"],
    ["2nd"],
  ]);
});

test("everything goes below the chosen topic", () => {
  assert.deepEqual(pathsIn("A\n B", ["Top"]), [
    ["Top", "A"],
    ["Top", "A", "B"],
  ]);
});
