import assert from "node:assert/strict";
import { test } from "node:test";
import { diffWords, flatten, lines, sideOf } from "../src/diff";

const shown = (before: string, after: string) => {
  const pieces = diffWords(before, after);
  const side = (kind: "del" | "ins") =>
    sideOf(pieces, kind)
      .map((piece) => (piece.kind === "same" ? piece.text : `[${piece.text}]`))
      .join("");
  return [side("del"), side("ins")];
};

test("what changed is marked by words, on its own side", () => {
  assert.deepEqual(shown("asks whether shipping was deducted.", "asks if shipping was deducted."), [
    "asks [whether] shipping was deducted.",
    "asks [if] shipping was deducted.",
  ]);
  assert.deepEqual(shown("the same", "the same"), ["the same", "the same"]);
  assert.deepEqual(shown("", "new"), ["", "[new]"]);
});

test("words that changed side by side are one mark", () => {
  assert.deepEqual(shown("it is lower than paid;", "it is €45.60 too high;"), [
    "it is [lower than paid];",
    "it is [€45.60 too high];",
  ]);
});

test("each side holds its whole text, in any script", () => {
  for (const [before, after] of [
    ["Starter füttern, zweimal täglich", "Starter einmal füttern"],
    ["私は東京に住んでいます", "私は京都に住んでいます"],
    ["كيف أشحذ سكين", "كيف أغسل سكين مطبخ"],
    ["a 👩‍👧 b", "a 👩 b"],
  ] as const) {
    const pieces = diffWords(before, after);
    const text = (kind: "del" | "ins") =>
      sideOf(pieces, kind)
        .map((piece) => piece.text)
        .join("");
    assert.equal(text("del"), before);
    assert.equal(text("ins"), after);
  }
  assert.deepEqual(shown("私は東京に", "私は京都に")[0], "私は[東]京に");
});

test("texts too long to compare count as replaced", () => {
  const long = "word ".repeat(4000);
  const pieces = diffWords(long, `${long}more`);
  assert.deepEqual(new Set(pieces.map((piece) => piece.kind)), new Set(["del", "ins"]));
});

test("fields are compared by path; what is only on one side is not there on the other", () => {
  const before = { a: 1, order: { id: "x", items: ["l", "m"] }, rows: [{ n: 1 }] };
  assert.deepEqual(flatten(before), [
    ["a", "1"],
    ["order.id", "x"],
    ["order.items", "l, m"],
    ["rows.1.n", "1"],
  ]);
  assert.deepEqual(lines({ a: 1, b: null }, { b: null, c: {} }), [
    { name: "a", before: "1", after: null },
    { name: "b", before: "null", after: "null" },
    { name: "c", before: null, after: "{}" },
  ]);
  assert.deepEqual(lines("old", "new"), [{ name: "", before: "old", after: "new" }]);
});
