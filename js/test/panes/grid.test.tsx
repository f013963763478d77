import assert from "node:assert/strict";
import { test } from "node:test";
import { Grid } from "../../src/components/Grid";
import type { SampleRow } from "../../src/protocol.gen";
import { job, put, sample, topic } from "../fixtures";
import { Stage, textOf } from "./stage";

const TOPICS = [topic("root", null), topic("Bread", "root", 4), topic("Knives", "root", 4)];
const draft = sample("a", 1, "Bread");
const ROWS: SampleRow[] = [
  { ...draft, input: { tags: ["urgent"], text: "My loaf is like putty", raw: false, more: false }, stars: 4 },
  { ...sample("b", 2, "Bread", "rejected"), reason: "Too short" },
  sample("c", 3, "Knives", "kept"),
  { ...sample("d", 4, "Knives", "pending"), output: null },
];
const draw = (rows = ROWS, more = {}) =>
  new Stage((view) => <Grid view={view} bar={false} />, { topics: TOPICS, samples: rows, ...more });
const rowOf = (stage: Stage, id: string) => stage.root.querySelector(`[id$="-s-${id}"]`) as HTMLElement;

test("a row has what a person decides by: texts, tags, status, stars, reason", () => {
  const stage = draw();
  assert.equal(stage.get("grid", "Samples").getAttribute("aria-rowcount"), "5");
  const first = textOf(rowOf(stage, "a"));
  for (const each of ["urgent", "My loaf is like putty", "Draft"]) assert.ok(first.includes(each), first);
  assert.ok(stage.get("img", "4 of 5 stars"));
  assert.match(textOf(rowOf(stage, "b")), /Rejected.*Too short/);
  assert.match(textOf(rowOf(stage, "d")), /No output yet.*Pending/);
  assert.match(textOf(stage.root), /Bread0 kept of 4/);
});

test("a press on a row puts the focus there, its box selects it, and the verbs act on the selection", () => {
  const stage = draw();
  stage.change(() => rowOf(stage, "c").click());
  assert.match(rowOf(stage, "c").className, /sw-row--focus/);
  assert.ok(stage.get("grid").getAttribute("aria-activedescendant")?.endsWith("-s-c"));
  stage.change(() => rowOf(stage, "a").querySelector<HTMLElement>("[role=checkbox]")?.click());
  assert.equal(rowOf(stage, "a").getAttribute("aria-selected"), "true");
  stage.press("button", /^Keep 1/);
  assert.deepEqual(stage.sent, [["keep", { ids: ["a"] }]]);
});

test("a status filters the list, and a list without rows says why and how to see them again", () => {
  const stage = draw();
  stage.press("button", "Kept1");
  assert.equal(stage.all("row", /./).length > 0, true);
  assert.equal(rowOf(stage, "a"), null);
  stage.press("button", "Failed0");
  assert.match(textOf(stage.root), /No failed samples/);
  stage.press("button", "Remove all filters");
  assert.ok(rowOf(stage, "a"));
});

test("while a job runs, an empty list shows rows to come", () => {
  const stage = draw([], { jobs: [job("j", "running")] });
  assert.ok(stage.all("img", "not there yet").length > 0);
});

test("failed samples stand under their reason, with one press to try them again", () => {
  const failed = ["x", "y"].map((id, at) => ({
    ...sample(id, 10 + at, "Bread", "failed"),
    output: null,
    reason: "the answer is no JSON",
  }));
  const stage = draw([...ROWS, ...failed]);
  stage.press("button", "Failed2");
  assert.match(textOf(stage.root), /The answer is no JSON2 samples/);
  stage.press("button", /^Retry 2/);
  assert.deepEqual(stage.sent, [["retry", { ids: ["x", "y"] }]]);
});

test("what the kernel commits redraws the row that it changes, and no other one", () => {
  const stage = draw();
  const before = ["a", "b", "c"].map((id) => rowOf(stage, id));
  const touched = new Set<Node>();
  const watch = new MutationObserver((records) => {
    for (const { target } of records) touched.add(target);
  });
  for (const row of before)
    watch.observe(row, { subtree: true, childList: true, attributes: true, characterData: true });
  stage.commit(put({ ...draft, status: "kept" }));
  for (const record of watch.takeRecords()) touched.add(record.target);
  watch.disconnect();
  assert.match(textOf(rowOf(stage, "a")), /Kept/);
  assert.equal(rowOf(stage, "a"), before[0]);
  const inside = before.map((row) => [...touched].some((node) => row.contains(node)));
  assert.deepEqual(inside, [true, false, false]);
});
