import assert from "node:assert/strict";
import { test } from "node:test";
import { dollars } from "../src/words";

test("an amount is told to the cent, a small one to two digits", () => {
  assert.deepEqual([0, 12.5, 0.0499, 0.00312, 0.05].map(dollars), [
    "$0.00",
    "$12.50",
    "$0.050",
    "$0.0031",
    "$0.05",
  ]);
});
