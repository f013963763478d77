import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { signal } from "@preact/signals";
import { STANDARD } from "../src/fields";
import { keepPlace } from "../src/place";
import type { View } from "../src/view";
import { sample, studio } from "./fixtures";

interface Page {
  store: Map<string, string>;
  refused: boolean;
}
const page: Page = { store: new Map(), refused: false };
const frames: (() => void)[] = [];
const shelf = () => {
  if (page.refused) throw new Error("SecurityError");
  return page.store;
};
Object.assign(globalThis, {
  window: new EventTarget(),
  requestAnimationFrame: (act: () => void) => frames.push(act),
  sessionStorage: {
    getItem: (key: string) => shelf().get(key) ?? null,
    setItem: (key: string, value: string) => shelf().set(key, value),
  },
});

beforeEach(() => {
  page.store.clear();
  page.refused = false;
  mock.timers.enable({ apis: ["setTimeout"] });
});
afterEach(() => mock.timers.reset());

/** As much of a view as its place takes, over a replica that is not there yet. */
function opened(path = "/data/task.synth") {
  const typed = signal("");
  const grid = {
    clientHeight: 400,
    scrollTop: 0,
    scrollTo: (_: number, top: number) => Object.assign(grid, { scrollTop: top }),
  };
  const rows = new Map(["a", "b", "c"].map((id, seq) => [id, sample(id, seq, "root")]));
  const root = Object.assign(new EventTarget(), { querySelector: () => grid });
  const view = {
    root,
    replica: { studio: signal<unknown>(null), loaded: signal(0), epoch: "e1" },
    line: { line: signal<unknown>({ state: "opening" }) },
    looking: {
      typed,
      for: (text: string) => {
        typed.value = text;
      },
    },
    facet: signal("all"),
    topic: signal<string | null>(null),
    picked: signal<Record<string, string[]>>({}),
    sort: signal(""),
    columns: signal(STANDARD),
    widths: signal({}),
    density: signal("grid"),
    advances: signal(true),
    folded: signal<ReadonlySet<string>>(new Set()),
    focus: signal<string | null>(null),
    selection: signal<ReadonlySet<string>>(new Set()),
    select: (ids: Iterable<string>) => {
      view.selection.value = new Set(ids);
    },
    sampleOf: (id: string) => rows.get(id),
  };
  const ending = new AbortController();
  keepPlace(view as unknown as View, ending.signal);
  const load = () => {
    view.replica.studio.value = { ...studio, path };
    view.replica.loaded.value = 1;
    for (const frame of frames.splice(0)) frame();
  };
  return { view, grid, load, end: () => ending.abort() };
}

function used() {
  const { view, grid, load, end } = opened();
  load();
  view.facet.value = "draft";
  view.topic.value = "t1";
  view.picked.value = { Stars: ["4", "5"] };
  view.sort.value = "-Words";
  view.columns.value = ["Input", "Topic"];
  view.widths.value = { Input: 300 };
  view.density.value = "focus";
  view.advances.value = false;
  view.folded.value = new Set(["t2"]);
  view.looking.for("refund");
  view.focus.value = "b";
  view.selection.value = new Set(["b", "gone"]);
  grid.scrollTop = 420;
  view.root.dispatchEvent(new Event("scroll"));
  return { view, grid, end };
}

test("what a view shows is there again when it is made anew, and what is gone is passed over", () => {
  const before = used();
  before.end();
  const { view, grid, load } = opened();
  assert.equal(view.facet.value, "all", "not before it is known which studio it is");
  load();
  for (const name of [
    "facet",
    "topic",
    "picked",
    "sort",
    "columns",
    "widths",
    "folded",
    "focus",
    "density",
    "advances",
  ] as const) {
    assert.deepEqual(view[name].value, before.view[name].value, name);
  }
  assert.equal(view.looking.typed.value, "refund");
  assert.deepEqual([...view.selection.value], ["b"]);
  assert.equal(grid.scrollTop, 420);
});

test("it is written a moment after a change, and when the page goes", () => {
  const { view } = used();
  assert.equal(page.store.size, 0);
  mock.timers.tick(500);
  assert.match([...page.store.values()].join(), /"-Words"/);
  view.sort.value = "Stars";
  window.dispatchEvent(new Event("pagehide"));
  assert.match([...page.store.values()].join(), /,"Stars",/);
});

test("each view of a studio has a place of its own, and each studio", () => {
  const first = opened("/data/two.synth");
  const second = opened("/data/two.synth");
  first.load();
  second.load();
  first.view.sort.value = "Stars";
  second.view.sort.value = "Model";
  first.end();
  second.end();
  const [again, other, third] = [
    opened("/data/two.synth"),
    opened("/data/two.synth"),
    opened("/data/other.synth"),
  ];
  for (const each of [again, other, third]) each.load();
  assert.deepEqual(
    [again, other, third].map((each) => each.view.sort.value),
    ["Stars", "Model", ""],
  );
});

test("another studio in memory begins anew", () => {
  const first = opened(":memory:");
  first.load();
  first.view.sort.value = "Stars";
  first.end();
  const same = opened(":memory:");
  same.load();
  assert.equal(same.view.sort.value, "Stars");
  same.end();
  const other = opened(":memory:");
  other.view.replica.epoch = "e2";
  other.load();
  assert.equal(other.view.sort.value, "");
});

test("what a person does while rows still come is not taken back", () => {
  used().end();
  const { view, grid, load } = opened();
  view.root.dispatchEvent(new Event("wheel"));
  view.replica.studio.value = { ...studio, path: "/data/task.synth" };
  grid.scrollTop = 70;
  view.root.dispatchEvent(new Event("wheel"));
  load();
  assert.equal(grid.scrollTop, 70);
});

test("what was saved for a page without a kernel keeps no place", () => {
  const { view, load, end } = opened();
  view.line.line.value = { state: "saved" };
  load();
  view.sort.value = "Stars";
  end();
  assert.equal(page.store.size, 0);
});

for (const [what, text] of Object.entries({
  "no JSON": "{",
  "of another time": '[0, ["all"], 5, null, 5, "x", [], 7]',
  "no list": '{"sort": "Stars"}',
  nothing: "null",
})) {
  test(`a place that is ${what} is no error`, () => {
    page.store.set("synth_widgets 1 /data/odd.synth", text);
    const { view, load, end } = opened("/data/odd.synth");
    load();
    assert.deepEqual([view.sort.value, view.facet.value, view.columns.value], ["", "all", STANDARD]);
    assert.deepEqual(view.picked.value, {});
    end();
  });
}

test("storage that is refused is no error", () => {
  page.refused = true;
  const { view, load, end } = opened("/data/private.synth");
  load();
  view.sort.value = "Stars";
  mock.timers.tick(500);
  end();
  assert.equal(view.sort.value, "Stars");
});
