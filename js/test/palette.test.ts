import assert from "node:assert/strict";
import { test } from "node:test";
import { reasonsOf } from "../src/components/Palette";
import { byReason } from "../src/rows";
import type { View } from "../src/view";
import { sample } from "./fixtures";

/** A view whose replica has rejected samples for these reasons, and a kept and a failed one that say something, too. */
function viewWith(...reasons: (string | null)[]): View {
  const rows = reasons.map((reason, at) => ({ ...sample(`s${at}`, at, "root", "rejected"), reason }));
  rows.push({ ...sample("kept", 98, "root", "kept"), reason: "Kept" });
  rows.push({ ...sample("failed", 99, "root", "failed"), reason: "Failed" });
  return { replica: { samples: { all: new Map(rows.map((row) => [row.id, row])) } } } as unknown as View;
}

test("the reasons to choose from are this file's most frequent ones, then stock ones, nine at most", () => {
  const stock = reasonsOf(viewWith());
  assert.deepEqual(stock.slice(0, 2), ["Too short", "Off topic"]);
  assert.deepEqual(reasonsOf(viewWith("Rude", "Off topic", null, "Off topic")), [
    "Off topic",
    "Rude",
    ...stock.filter((reason) => reason !== "Off topic"),
  ]);
  const many = Array.from({ length: 12 }, (_, at) => `Reason ${at}`);
  assert.deepEqual(reasonsOf(viewWith(...many)), many.slice(0, 9));
});

test("rows are grouped by the reason of one status, the largest group first", () => {
  const rows = [...viewWith("a", "b", "b", null).replica.samples.all.values()];
  const sizes = byReason([rows.slice(0, 2), rows.slice(2)], "rejected").map(([reason, of]) => [
    reason,
    of.length,
  ]);
  assert.deepEqual(sizes, [
    ["b", 2],
    ["a", 1],
    ["", 1],
  ]);
});
