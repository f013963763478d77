import assert from "node:assert/strict";
import { test } from "node:test";
import "../../src/attributes";
import { App } from "../../src/components/App";
import type { Popover } from "../../src/parts";
import type { SampleRow } from "../../src/protocol.gen";
import { body, job, sample, studio, task, topic } from "../fixtures";
import { Stage, textOf } from "./stage";

const ACTS = "\u202e\x1b[31m\x07name\u2028\u200b\u2069";
const FIT = "\\u202e\\x1b[31m\\x07name\\u2028\\u200b\\u2069";
/** Where data stand as they are, each in a block or an isolate of its own. */
const DATA =
  ".sw-reqs, .sw-cell-in, .sw-cell-out, .sw-text, .sw-raw, dt, dd, .sw-tag, textarea, .sw-clamp, .sw-still";

function row(id: string, seq: number, status: SampleRow["status"]): SampleRow {
  const cell = { tags: [ACTS], text: ACTS, raw: false, more: false };
  return {
    ...sample(id, seq, "t", status),
    input: cell,
    output: cell,
    reason: ACTS,
    model: ACTS,
    tags: [ACTS],
  };
}

function everywhere(): Stage {
  const stage = new Stage((view) => <App view={view} />, {
    studio: {
      ...studio,
      model: ACTS,
      path: `/a/${ACTS}`,
      undo: `Remove “${ACTS}”`,
      redo: ACTS,
      cost: "$1.00",
    },
    task: {
      ...task,
      name: ACTS,
      instruction: ACTS,
      changed: ACTS,
      requirements: [{ name: ACTS, text: ACTS, priority: "p1" }],
      output: [{ name: ACTS, says: ACTS, required: true }],
    },
    topics: [topic("root", null), { ...topic("t", "root", 9), name: ACTS, guidance: { all: ACTS } }],
    samples: [row("a", 1, "failed"), row("b", 2, "rejected"), row("c", 3, "draft")],
    jobs: [
      {
        ...job("j", "stopped"),
        title: ACTS,
        headline: ACTS,
        note: ACTS,
        guidance: ACTS,
        models: [ACTS],
        owed: 1,
      },
    ],
  });
  const version = {
    n: 1,
    origin: "regenerated",
    input: ACTS,
    output: ACTS,
    reasoning: ACTS,
    problem: ACTS,
    created: 0,
    task_version: 1,
    by: ACTS,
    made: [["Model", ACTS]],
    raw: ACTS,
  };
  for (const id of ["a", "b", "c"]) {
    const unfinished = { input: ACTS, output: ACTS, problem: ACTS };
    stage.bodies({ ...body(id), unfinished, tags: [ACTS], versions: [version, { ...version, n: 2 }] });
  }
  return stage;
}

/** Texts and attributes of the page in which something acts, outside of the data. */
function acting(stage: Stage): string[] {
  const fit = (text: string | null) => !/[\p{Cc}\u202e\u2028\u200b]/u.test((text ?? "").replaceAll("\n", ""));
  const found: string[] = [];
  for (const element of stage.root.querySelectorAll("*")) {
    for (const name of ["title", "aria-label"]) {
      if (!fit(element.getAttribute(name)))
        found.push(`${element.className} ${name}: ${element.getAttribute(name)}`);
    }
    if (element.closest(DATA)) continue;
    for (const node of element.childNodes) {
      if (node.nodeType === 3 && !fit(node.textContent)) found.push(`${element.outerHTML.slice(0, 200)}`);
    }
  }
  return found;
}

const POPOVERS: Popover[] = [
  "generate",
  "model",
  "guidance",
  "task",
  "help",
  "export",
  "jobs",
  "regenerate",
  "topics",
  "topic",
  "budget",
  "filter",
  "sort",
  "columns",
  "palette",
  "reasons",
];

test("names, reasons and words of an endpoint stand in every bar, pane and menu with their escapes", () => {
  const stage = everywhere();
  stage.change((view) => view.pickTopic("t"));
  for (const id of ["a", "b", "c"]) {
    stage.change((view) => {
      view.focus.value = id;
    });
    assert.deepEqual(acting(stage), []);
  }
  for (const open of POPOVERS) {
    stage.change((view) => {
      view.open.value = open;
    });
    assert.deepEqual(acting(stage), [], open);
  }
  assert.ok(textOf(stage.get("tree", "Topics")).includes(FIT));
  assert.ok(stage.all("button", `Model: ${FIT}`).length === 1);
});

test("a running job's waits, a toast, an empty list and a topic that is held do so, too", () => {
  const stage = everywhere();
  stage.commit({ op: "job", row: { ...job("k", "running"), title: ACTS } });
  stage.answer({
    t: "progress",
    job: "k",
    step: "outputs",
    done: 0,
    total: 2,
    failed: 0,
    tokens: 0,
    cost: "",
    spent: "",
    share: null,
    rate: 0,
    eta: null,
    topics: [],
    waiting: ACTS,
  });
  assert.ok(textOf(stage.root).includes(FIT));
  stage.change((view) => {
    view.pickTopic("t");
    view.lifted.value = { node: view.node() as NonNullable<ReturnType<typeof view.node>>, merges: false };
    view.looking.for(ACTS);
    view.toasts.warn(`It is ${ACTS}`);
  });
  assert.deepEqual(acting(stage), []);
  assert.ok(textOf(stage.root).includes(`It is ${FIT.replace("\\u2069", "\u2069")}`)); // isolates may be ours
});
