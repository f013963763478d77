import assert from "node:assert/strict";
import { test } from "node:test";
import { signal } from "@preact/signals";
import { cellOf, columnsOf, putColumn, tracks, widen } from "../src/columns";
import { STANDARD } from "../src/fields";
import type { View } from "../src/view";
import { sample } from "./fixtures";

function viewOf(columns: readonly string[] = STANDARD): View {
  const nodeOf = () => ({ path: ["Billing", "Refunds"] });
  return { columns: signal(columns), widths: signal({}), narrow: signal(false), nodeOf } as unknown as View;
}

const heads = (widths: readonly number[]) =>
  widths.map((width) => ({ getBoundingClientRect: () => ({ width }) })) as unknown as Element[];

test("columns are shown, hidden and moved; without any the standard ones are there", () => {
  const view = viewOf();
  putColumn(view, "Topic", 3);
  assert.deepEqual(columnsOf(view), ["Input", "Output", "Status", "Topic"]);
  putColumn(view, "Topic", 0);
  assert.deepEqual(columnsOf(view), ["Topic", "Input", "Output", "Status"]);
  putColumn(view, "Topic", -1);
  assert.deepEqual(columnsOf(view)[0], "Topic");
  putColumn(view, "Output");
  assert.deepEqual(columnsOf(view), ["Topic", "Input", "Status"]);
  for (const name of columnsOf(view)) putColumn(view, name);
  assert.deepEqual(columnsOf(view), STANDARD);
});

test("cards show what is standard, and a column that there is no more is passed over", () => {
  const view = viewOf(["Colour", "Words"]);
  assert.deepEqual(columnsOf(view), ["Words"]);
  view.narrow.value = true;
  assert.deepEqual(columnsOf(view), STANDARD);
});

test("what one column gets its neighbour gives, down to the least width", () => {
  const view = viewOf(["Input", "Output", "Status"]);
  assert.equal(tracks(view), "34px minmax(0,342fr) minmax(0,300fr) minmax(0,104px)");
  widen(view, heads([300, 200, 100]), 0, 50);
  assert.deepEqual(view.widths.value, { Input: 350, Output: 150, Status: 100 });
  assert.equal(tracks(view), "34px minmax(0,350fr) minmax(0,150fr) minmax(0,100fr)");
  widen(view, heads([350, 150, 100]), 0, 500);
  assert.deepEqual(view.widths.value, { Input: 452, Output: 48, Status: 100 });
  widen(view, heads([452, 48, 100]), 1, -30);
  assert.deepEqual(view.widths.value, { Input: 452, Output: 48, Status: 100 });
});

test("a column of its own says what the row has", () => {
  const row = { ...sample("a", 0, "t"), tags: ["hard", "seen"], stars: 4 };
  const cells = ["Topic", "Tags", "Stars", "Model", "Words"].map((name) => cellOf(viewOf(), row, name));
  assert.deepEqual(cells, ["Billing › Refunds", "hard, seen", "4", "", "2"]);
});
