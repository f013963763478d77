import assert from "node:assert/strict";
import { test } from "node:test";
import { aimed, clamp, growArgs, product, TEXTS, withLine } from "../src/plan";

test("levels become depth; none at all is the topic itself", () => {
  assert.deepEqual(growArgs({ topics: 4, subtopics: 3, samples: 8 }, [], null), {
    under: [],
    depth: 2,
    topics: [4, 3],
    samples: 8,
    guidance: null,
  });
  assert.equal(growArgs({ topics: 4, subtopics: 0, samples: 8 }, [], null).depth, 1);
  const here = growArgs({ topics: 0, subtopics: 3, samples: 8 }, ["A"], "short");
  assert.deepEqual(here, { under: ["A"], depth: 0, samples: 8, guidance: "short" });
});

test("guidance says what it is for, and none is none", () => {
  assert.equal(aimed(" short ", ""), "short");
  assert.deepEqual(aimed("formal", "outputs"), { outputs: "formal" });
  assert.deepEqual(aimed("kind", "all"), { all: "kind" });
  assert.equal(aimed(" \n", "all"), null);
});

test("a text is put below what is written, and taken away again", () => {
  assert.equal(withLine("", "a"), "a");
  assert.equal(withLine("mine \n", "a"), "mine\na");
  assert.equal(withLine("mine\na\nb", "a"), "mine\nb");
  for (const [, text] of TEXTS) assert.match(text, /\b[Ii]nputs?\b/, "topics are told it, too");
});

test("the product counts the leaves' samples", () => {
  assert.equal(product({ topics: 4, subtopics: 4, samples: 8 }), 128);
  assert.equal(product({ topics: 4, subtopics: 0, samples: 2 }), 8);
  assert.equal(product({ topics: 0, subtopics: 9, samples: 5 }), 5);
});

test("numbers stay in bounds", () => {
  assert.equal(clamp("samples", 0), 1);
  assert.equal(clamp("topics", -3), 0);
  assert.equal(clamp("samples", 1e9), 10_000);
});
