import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT, fitting } from "../src/height";

test("a view is as high as asked for, as far as the window and the output let it", () => {
  assert.equal(fitting(600, 1000), 600);
  assert.equal(fitting(0, 2000), DEFAULT);
  assert.equal(fitting(900, 1000), 800);
  assert.equal(fitting(900, 1000, 541.5), 541);
});

test("a view is never too low to work in", () => {
  assert.equal(fitting(100, 1000), 420);
  assert.equal(fitting(600, 200), 420);
  assert.equal(fitting(600, 1000, 90), 420);
});
