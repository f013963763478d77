import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { named, said, shown } from "../src/shown";

const cases: { what: string; text: string; shown: string }[] = JSON.parse(
  readFileSync("../tests/shown.json", "utf8"),
);

test("each text is shown as the table says, which Python reads too, and stays so", () => {
  assert.ok(cases.length > 30);
  for (const { what, text, shown: fit } of cases) {
    assert.equal(shown(text), fit, what);
    assert.equal(shown(fit), fit, what);
  }
});

test("a long name keeps its beginning and its end", () => {
  assert.equal(shown("a".repeat(1_000_000), 10), "aaaaaaa…aa");
  assert.equal(shown("\x1b".repeat(400)).length, 500);
});

test("a name that runs from right to left is isolated in a sentence, and no name ends that", () => {
  assert.equal(named("Refunds"), "Refunds");
  assert.equal(named("שלום"), "\u2068שלום\u2069");
  assert.equal(named("שלום\u2069\u202e"), "\u2068שלום\\u2069\\u202e\u2069");
});

test("a sentence of ours keeps its lines and its isolates, and nothing else that acts", () => {
  assert.equal(
    said(`Moved “${named("שלום")}”\nto \u202e\x1b[31m`),
    "Moved “\u2068שלום\u2069”\nto \\u202e\\x1b[31m",
  );
});
