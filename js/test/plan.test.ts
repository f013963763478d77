import assert from "node:assert/strict";
import { test } from "node:test";
import { clamp, growArgs, product } from "../src/plan";

test("levels become depth; none at all is the topic itself", () => {
  assert.deepEqual(growArgs({ topics: 4, subtopics: 3, samples: 8 }, [], " "), {
    under: [],
    depth: 2,
    topics: [4, 3],
    samples: 8,
    guidance: null,
  });
  assert.equal(growArgs({ topics: 4, subtopics: 0, samples: 8 }, [], "").depth, 1);
  const here = growArgs({ topics: 0, subtopics: 3, samples: 8 }, ["A"], "short");
  assert.deepEqual(here, { under: ["A"], depth: 0, samples: 8, guidance: "short" });
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
