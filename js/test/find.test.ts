import assert from "node:assert/strict";
import { test } from "node:test";
import { Finder, fold, pieces, wordsIn } from "../src/find";
import type { SampleRow } from "../src/protocol.gen";
import { sample } from "./fixtures";

const row = (text: string, more: Partial<SampleRow> = {}): SampleRow => ({
  ...sample("a", 0, "root"),
  input: { tags: [], text, raw: false, more: false },
  ...more,
});

function found(finder: Finder, rows: readonly SampleRow[], query: string): number[] {
  const words = wordsIn(query);
  finder.ask(words);
  return rows.flatMap((each, index) => (finder.finds(each, words) ? [index] : []));
}

test("case and accents do not count, and every word must stand somewhere", () => {
  assert.equal(fold("ÉTÉ à Łódź"), "ete a łodz");
  const rows = [
    row("Où est ma CRÈME brûlée?"),
    row("creme caramel"),
    row("Wo ist der Brenner?", { reason: "Too short" }),
  ];
  const finder = new Finder();
  assert.deepEqual(found(finder, rows, "creme"), [0, 1]);
  assert.deepEqual(found(finder, rows, "creme BRULEE"), [0]);
  assert.deepEqual(found(finder, rows, "crem"), [0, 1]);
  assert.deepEqual(found(finder, rows, "too brenner"), [2]);
  assert.deepEqual(found(finder, rows, ""), [0, 1, 2]);
});

test("a narrower question asks only what the one before found, and a wider one asks all again", () => {
  const finder = new Finder();
  const rows = [row("alpha beta"), row("alpha"), row("beta")];
  assert.deepEqual(found(finder, rows, "al"), [0, 1]);
  assert.deepEqual(found(finder, rows, "alp be"), [0]);
  assert.deepEqual(found(finder, rows, "be"), [0, 2]);
});

test("a row that was replaced is looked at again", () => {
  const finder = new Finder();
  assert.deepEqual(found(finder, [row("alpha")], "alpha"), [0]);
  assert.deepEqual(found(finder, [row("beta")], "alpha"), []);
});

test("matches are marked where they stand in the text, accents, wide letters and overlaps included", () => {
  assert.deepEqual(pieces("Über alles", ["uber"]), ["", "Über", " alles"]);
  assert.deepEqual(pieces("e\u0301te\u0301 x", ["ete"]), ["", "e\u0301te\u0301", " x"]);
  assert.deepEqual(pieces("😀 salt, Salt", ["salt"]), ["😀 ", "salt", ", ", "Salt", ""]);
  assert.deepEqual(pieces("banana", ["ana", "nan"]), ["b", "anan", "a"]);
  assert.deepEqual(pieces("<b>x</b>", ["b"]), ["<", "b", ">x</", "b", ">"]);
  assert.deepEqual(pieces("nothing", ["x"]), ["nothing"]);
});

test("a hundred thousand rows are asked in milliseconds", () => {
  const rows = Array.from({ length: 100_000 }, (_, index) =>
    row(`${"lorem ipsum dolor ".repeat(15)}${index}`),
  );
  const finder = new Finder();
  found(finder, rows, "zzz");
  const start = performance.now();
  assert.deepEqual(found(finder, rows, "99999"), [99_999]);
  const took = performance.now() - start;
  assert.ok(took < 1000, `${took} ms`); // about 40 on two slow cores
});
