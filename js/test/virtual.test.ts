import assert from "node:assert/strict";
import { test } from "node:test";
import { Lines, scrollTo } from "../src/virtual";

test("a hundred thousand lines of mixed heights stand where their sum says", () => {
  const size = (index: number) => (index % 9 === 0 ? 28 : 70);
  const lines = new Lines(100_000, size);
  let sum = 0;
  for (let index = 0; index < lines.count; index += 1) {
    if (index % 997 === 0 || index === lines.count - 1) {
      assert.deepEqual(lines.line(index), { index, start: sum, end: sum + size(index) });
      assert.equal(lines.at(sum), index);
      assert.equal(lines.at(sum + size(index) - 1), index);
    }
    sum += size(index);
  }
  assert.equal(lines.height, sum);
});

test("what is drawn is what reaches into sight, and a few more, within the list", () => {
  const lines = new Lines(100, () => 70);
  const indexes = (top: number, bottom: number, more: number) =>
    lines.between(top, bottom, more).map((line) => line.index);
  assert.deepEqual(indexes(140, 275, 0), [2, 3]);
  assert.deepEqual(indexes(0, 100, 2), [0, 1, 2, 3]);
  assert.deepEqual(indexes(6930, 9999, 2), [97, 98, 99]);
  assert.deepEqual(indexes(9999, 9999, 0), [99]);
  assert.deepEqual(new Lines(0, () => 70).between(0, 500, 6), []);
  assert.equal(new Lines(0, () => 70).line(0), null);
});

test("a line is brought into sight with the least movement, or to the top", () => {
  const box = { clientHeight: 528, scrollTop: 1000 };
  const scroll = (start: number, options?: Parameters<typeof scrollTo>[2]) => {
    scrollTo(box as HTMLElement, { start, end: start + 70 }, options);
    return box.scrollTop;
  };
  assert.equal(scroll(1200, { head: 28 }), 1000);
  assert.equal(scroll(930), 930);
  assert.equal(scroll(1400, { head: 28 }), 970);
  assert.equal(scroll(1100, { where: "start" }), 1100);
});
