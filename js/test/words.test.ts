import assert from "node:assert/strict";
import { test } from "node:test";
import { between, compact, dollars } from "../src/words";

test("an amount is told to the cent, a small one to two digits", () => {
  assert.deepEqual([0, 12.5, 0.0499, 0.00312, 0.05].map(dollars), [
    "$0.00",
    "$12.50",
    "$0.050",
    "$0.0031",
    "$0.05",
  ]);
});

test("a range is told by its ends, and by one where both read the same", () => {
  assert.equal(between([0.0021, 0.26], dollars), "$0.0021 – $0.26");
  assert.equal(between([12_100, 12_300], compact), "12 k");
});
