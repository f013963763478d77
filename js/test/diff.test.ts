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

/** Numbers below a bound, the same ones each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
}

const VOCABULARY = [
  "a",
  "an",
  "b",
  "lamp",
  "lámp",
  "Lamp",
  "parcel",
  "東",
  "京",
  "،",
  ".",
  "\n",
  "👩‍👧",
  "  ",
  "12",
];

/** The length of the longest list of words that both have, in their order: by the book, for short texts. */
function inCommon(a: string, b: string): number {
  const [first, second] = [a, b].map((text) => diffWords(text, "").map((piece) => piece.text)) as [
    string[],
    string[],
  ];
  const rows = first.map(() => second.map(() => 0));
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0;
  first.forEach((word, i) => {
    second.forEach((other, j) => {
      (rows[i] as number[])[j] = word === other ? at(i - 1, j - 1) + 1 : Math.max(at(i - 1, j), at(i, j - 1));
    });
  });
  return at(first.length - 1, second.length - 1);
}

test("whatever the texts are, the pieces are both of them, and as much as can be is the same", () => {
  const below = numbers(7);
  for (let round = 0; round < 400; round += 1) {
    const [before, after] = [0, 0].map(() =>
      Array.from({ length: below(14) }, () => VOCABULARY[below(VOCABULARY.length)]).join(below(2) ? " " : ""),
    ) as [string, string];
    const pieces = diffWords(before, after);
    for (const [kind, text] of [
      ["del", before],
      ["ins", after],
    ] as const) {
      assert.equal(
        sideOf(pieces, kind)
          .map((piece) => piece.text)
          .join(""),
        text,
      );
    }
    const same = pieces.filter((piece) => piece.kind === "same").length;
    assert.equal(same, inCommon(before, after), JSON.stringify([before, after]));
  }
});

test("long texts are compared by words within a frame or two, and what is all new counts as replaced", () => {
  const below = numbers(3);
  const words = Array.from({ length: 4000 }, () => `word${below(900)}`);
  const long = words.join(" ");
  const edited = words
    .flatMap((word, at) => (at % 40 === 7 ? [`new${at}`] : at % 40 === 9 ? [] : [word]))
    .join(" ");
  assert.ok(long.length > 20_000);
  const timed = (after: string) => {
    const started = performance.now();
    const pieces = diffWords(long, after);
    assert.ok(performance.now() - started < 300, `${performance.now() - started} ms`);
    return pieces;
  };
  const few = timed(edited);
  assert.equal(few.filter((piece) => piece.kind === "ins" && piece.text !== " ").length, 100);
  assert.equal(few.filter((piece) => piece.kind === "same" && piece.text !== " ").length, 3800);
  const other = timed(Array.from({ length: 4000 }, () => `other${below(900)}`).join("\t"));
  assert.ok(other.every((piece) => piece.kind !== "same"));
  const spaced = timed(Array.from({ length: 4000 }, () => `other${below(900)}`).join(" "));
  const mixed = timed(Array.from({ length: 4000 }, () => `word${below(900)}`).join("\t"));
  assert.ok(mixed.every((piece) => piece.kind !== "same"));
  const side = sideOf(spaced, "ins").map((piece) => piece.text);
  assert.equal(side.join("").split(" ").length, 4000);
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
