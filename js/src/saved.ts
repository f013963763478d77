import type { Cell, SampleRow, Snapshot, TaskView, TopicRow } from "./protocol.gen";
import { type Replica, STATUSES, type Status } from "./store";

/** The trait `_snapshot`: what is shown when no kernel answers. As `synth_widgets/widget/snapshot.py` makes it. */
export interface Saved {
  /** Seconds since the epoch. */
  at: number;
  /** Samples in the studio; the page holds the first of them. */
  total: number;
  page: Snapshot;
}

const BYTES = 60_000;
const MOST = 100;
const HEAD = 160;
const TEXT = 2000;

export function isSaved(value: unknown): value is Saved {
  const page = (value as Partial<Saved> | null)?.page;
  return page?.t === "snapshot" && Array.isArray(page.samples);
}

/** The first samples, kept ones first, with their topics; null while there is nothing to keep. */
export function savedState(replica: Replica, at: number): Saved | null {
  const studio = replica.studio.value;
  const task = replica.task.value;
  const { all } = replica.samples;
  if (!studio || !task || all.size === 0) return null;
  const nothing = { all: "", topics: "", inputs: "", outputs: "" };
  const page: Snapshot = {
    t: "snapshot",
    protocol: 1,
    epoch: "saved",
    rev: 0,
    page: 0,
    pages: 1,
    studio: {
      ...studio,
      guidance: nothing,
      path: studio.path.split(/[/\\]/).at(-1) ?? "",
      undo: null,
      redo: null,
    },
    task: shortTask(task),
    topics: [],
    jobs: [],
    samples: [],
  };
  let left = BYTES - size(page);
  const topics = new Map<string, TopicRow>();
  for (const row of first(all.values(), ["kept", ...STATUSES.filter((status) => status !== "kept")])) {
    const short = shortRow(row);
    const above = lineage(replica, row.topic).filter((topic) => !topics.has(topic.id));
    left -= size(short) + size(above);
    if (left < 0) break;
    for (const topic of above) topics.set(topic.id, topic);
    page.samples.push(short);
  }
  page.topics = [...topics.values()];
  return { at, total: all.size, page };
}

function first(rows: Iterable<SampleRow>, order: readonly Status[]): SampleRow[] {
  const found = new Map(order.map((status) => [status, [] as SampleRow[]]));
  for (const row of rows) {
    const same = found.get(row.status);
    if (same && same.length < MOST) same.push(row);
  }
  return [...found.values()].flat().slice(0, MOST);
}

function size(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

function shortCell(cell: Cell | null): Cell | null {
  return cell && cell.text.length > HEAD ? { ...cell, text: cell.text.slice(0, HEAD), more: true } : cell;
}

function shortRow(row: SampleRow): SampleRow {
  return {
    ...row,
    input: shortCell(row.input),
    output: shortCell(row.output),
    reason: row.reason?.slice(0, 300) ?? null,
  };
}

/** Without schemas, which only an edit needs, and with long texts cut. */
function shortTask(task: TaskView): TaskView {
  return {
    ...task,
    instruction: task.instruction.slice(0, TEXT),
    requirements: task.requirements.slice(0, 20).map((each) => ({ ...each, text: each.text.slice(0, 300) })),
    input_schema: null,
    output_schema: null,
    changed: null,
  };
}

function lineage(replica: Replica, id: string): TopicRow[] {
  const found: TopicRow[] = [];
  for (let row = replica.topics.get(id); row; row = replica.topics.get(row.parent ?? "")) {
    found.unshift({ ...row, name: row.name.slice(0, HEAD), guidance: "" });
  }
  return found;
}
