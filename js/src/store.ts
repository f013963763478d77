import { batch, type Signal, signal } from "@preact/signals";
import { whenDrawn } from "./events";
import type {
  Delta,
  JobRow,
  Progress,
  SampleRow,
  Snapshot,
  StudioView,
  TaskView,
  TopicRow,
} from "./protocol.gen";

export type Status = SampleRow["status"];
/** Samples by status; `starred` of those that count have stars, so many together. */
export type Counts = Record<Status | "stars", number> & { starred: number };

export const STATUSES: readonly Status[] = ["draft", "kept", "rejected", "failed", "pending"];

export function noCounts(): Counts {
  return { pending: 0, draft: 0, kept: 0, rejected: 0, failed: 0, starred: 0, stars: 0 };
}

/** What a delta brought, for those who show it. */
export interface News {
  /** Ids of rows that were born since the last delta: not those that an undo brings back. */
  added: string[];
  /** Ids of rows that were replaced or dropped. */
  touched: string[];
  /** Those of them whose whole sample may differ, not just its status. */
  remade: string[];
  /** Whether the kept samples, the dataset, are others now. */
  kept: boolean;
  /** Jobs that were running before and are not any more. */
  ended: JobRow[];
}

/** The samples of the replica, held per topic in the order of their birth, with counts by status. */
export class Samples {
  readonly all = new Map<string, SampleRow>();
  readonly #byTopic = new Map<string, SampleRow[]>();
  readonly #counts = new Map<string, Counts>();

  of(topic: string): readonly SampleRow[] {
    return this.#byTopic.get(topic) ?? [];
  }

  counts(topic: string): Counts | undefined {
    return this.#counts.get(topic);
  }

  /** Returns the row that was there before. */
  put(row: SampleRow): SampleRow | undefined {
    const before = this.all.get(row.id);
    if (before && before.topic === row.topic && before.seq === row.seq) {
      const rows = this.#rows(row.topic);
      rows[place(rows, row.seq)] = row;
      this.#count(before, -1);
    } else {
      if (before) this.drop(row.id);
      const rows = this.#rows(row.topic);
      const last = rows.at(-1);
      if (!last || last.seq < row.seq) rows.push(row);
      else rows.splice(place(rows, row.seq), 0, row);
    }
    this.#count(row, 1);
    this.all.set(row.id, row);
    return before;
  }

  drop(id: string): SampleRow | undefined {
    const row = this.all.get(id);
    if (!row) return undefined;
    this.all.delete(id);
    const rows = this.#rows(row.topic);
    const at = place(rows, row.seq);
    if (rows[at]?.id === id) rows.splice(at, 1);
    this.#count(row, -1);
    return row;
  }

  clear(): void {
    this.all.clear();
    this.#byTopic.clear();
    this.#counts.clear();
  }

  #rows(topic: string): SampleRow[] {
    const rows = this.#byTopic.get(topic) ?? [];
    if (rows.length === 0) this.#byTopic.set(topic, rows);
    return rows;
  }

  #count({ topic, status, stars }: SampleRow, by: 1 | -1): void {
    const counts = this.#counts.get(topic) ?? noCounts();
    this.#counts.set(topic, counts);
    counts[status] += by;
    if (!stars || (status !== "kept" && status !== "draft")) return;
    counts.starred += by;
    counts.stars += by * stars;
  }
}

/** Index of the first row whose `seq` is not below this one. */
function place(rows: readonly SampleRow[], seq: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle] as SampleRow).seq < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A verdict changes a status; work on a sample changes its version, or begins or ends outside of the reviewed states. */
function isRemade(before: SampleRow, after: SampleRow): boolean {
  const unmade = (status: Status) => status === "pending" || status === "failed";
  if (before.version !== after.version) return true;
  return before.status !== after.status && (unmade(before.status) || unmade(after.status));
}

/** By how much a snapshot grows between two looks of the views at it. */
const LOOK_AGAIN = 1.5;

/** Runs a function soon, at most once a frame. */
export type Schedule = (run: () => void) => void;

const nextFrame: Schedule = (run) => {
  whenDrawn(run);
};

/**
 * The browser's copy of the studio's state: one per model, shared by all views of it.
 * Rows change in place; `samplesAt`, `topicsAt` and `jobsAt` rise, at most once a frame, when they did.
 */
export class Replica {
  epoch: string | null = null;
  rev: number | null = null;
  readonly samples = new Samples();
  readonly topics = new Map<string, TopicRow>();
  /** When each topic was first heard of, so that one that an undo brings back has its old place. */
  readonly places = new Map<string, number>();
  readonly jobs = new Map<string, JobRow>();
  readonly studio: Signal<StudioView | null> = signal(null);
  readonly task: Signal<TaskView | null> = signal(null);
  readonly progress: Signal<ReadonlyMap<string, Progress>> = signal(new Map());
  readonly samplesAt = signal(0);
  readonly topicsAt = signal(0);
  readonly jobsAt = signal(0);
  /** Share of the snapshot's pages that have come, 1 when the replica is whole. */
  readonly loaded = signal(0);
  readonly listeners = new Set<(news: News) => void>();

  #then: (() => void)[] = [];
  #pages: Snapshot[] = [];
  #share = 0;
  /** So many pages have come when the views look at the rows again: each look costs them as much as all rows. */
  #due = 1;
  #held: Delta[] = [];
  #touched = { samples: false, topics: false, jobs: false };
  #scheduled = false;
  #newest = -1;
  readonly #schedule: Schedule;

  constructor(schedule: Schedule = nextFrame) {
    this.#schedule = schedule;
  }

  /** Whether a delta that does not fit is only waiting for the rest of a snapshot. */
  get assembling(): boolean {
    return this.#pages.length > 0;
  }

  /**
   * Takes a page. The first page carries the studio; the replica becomes whole with the last one. An empty replica
   * shows each page as it comes; one that shows something already is replaced at once, at the end. "gap": a delta that
   * came meanwhile does not fit onto it.
   */
  page(page: Snapshot): "taken" | "gap" {
    if (page.studio) {
      this.#pages = [];
      if (page.epoch !== this.epoch) this.#clear();
    } else if (this.#pages[0]?.rev !== page.rev || this.#pages[0]?.epoch !== page.epoch) {
      return "taken"; // a page of a snapshot that a newer one has overtaken
    }
    this.#pages.push(page);
    const last = this.#pages.length >= page.pages;
    if (this.rev === null) this.#fill(page);
    this.#share = last ? 1 : this.#pages.length / page.pages;
    if (page.studio) this.#due = 1;
    if (last || this.#pages.length >= this.#due) {
      this.#due = Math.ceil(this.#pages.length * LOOK_AGAIN);
      this.#touch("samples");
    }
    this.#touch(); // with the rows it speaks of: whole, but without its rows yet, a studio would look empty
    return last ? this.#complete() : "taken";
  }

  /** Applies a delta: "gap" when it starts where the replica is not, "stale" when it says nothing new. */
  delta(delta: Delta): "applied" | "gap" | "stale" | "held" {
    if (this.assembling) {
      this.#held.push(delta);
      return "held";
    }
    if (delta.epoch !== this.epoch || this.rev === null) return "gap";
    // A large change comes in several deltas, and only the last of them raises the revision.
    if (delta.base !== this.rev) return delta.rev <= this.rev ? "stale" : "gap";
    this.#apply(delta);
    return "applied";
  }

  setProgress(progress: Progress): void {
    this.progress.value = new Map(this.progress.value).set(progress.job, progress);
  }

  #clear(): void {
    this.epoch = null;
    this.rev = null;
    this.#held = [];
    this.samples.clear();
    this.topics.clear();
    this.places.clear();
    this.jobs.clear();
    this.#newest = -1;
    this.progress.value = new Map();
    this.#share = 0;
    this.loaded.value = 0;
    this.#touch("samples", "topics", "jobs");
  }

  #fill(page: Snapshot): void {
    if (page.studio) this.studio.value = page.studio;
    if (page.task) this.task.value = page.task;
    for (const row of page.topics ?? []) this.#putTopic(row);
    for (const row of page.jobs ?? []) this.jobs.set(row.id, row);
    for (const row of page.samples) {
      this.samples.put(row);
      this.#newest = Math.max(this.#newest, row.seq);
    }
    if (page.studio) this.#touch("topics", "jobs");
  }

  #complete(): "taken" | "gap" {
    const pages = this.#pages;
    const [first] = pages;
    if (!first) return "taken";
    if (this.rev !== null) {
      this.samples.clear();
      this.topics.clear();
      this.jobs.clear();
      for (const page of pages) this.#fill(page);
    }
    this.#pages = [];
    this.epoch = first.epoch;
    this.rev = first.rev;
    const held = this.#held;
    this.#held = [];
    return held.map((delta) => this.delta(delta)).includes("gap") ? "gap" : "taken";
  }

  #apply(delta: Delta): void {
    const news: News = { added: [], touched: [], remade: [], kept: false, ended: [] };
    let newest = this.#newest;
    for (const op of delta.ops) {
      switch (op.op) {
        case "sample": {
          const before = this.samples.put(op.row);
          if (before) news.touched.push(op.row.id);
          else if (op.row.seq > this.#newest) news.added.push(op.row.id);
          newest = Math.max(newest, op.row.seq);
          if (before && isRemade(before, op.row)) news.remade.push(op.row.id);
          const was = before?.status === "kept";
          const is = op.row.status === "kept";
          if (was !== is || (was && before?.version !== op.row.version)) news.kept = true;
          this.#touch("samples");
          break;
        }
        case "-sample":
          news.touched.push(op.id);
          news.remade.push(op.id);
          if (this.samples.drop(op.id)?.status === "kept") news.kept = true;
          this.#touch("samples");
          break;
        case "topic":
          this.#putTopic(op.row);
          this.#touch("topics");
          break;
        case "-topic":
          this.topics.delete(op.id);
          this.#touch("topics");
          break;
        case "job": {
          // One that stops at once is told of only when it has ended already.
          const before = this.jobs.get(op.row.id)?.status ?? "running";
          if (before === "running" && op.row.status !== "running") news.ended.push(op.row);
          this.jobs.set(op.row.id, op.row);
          this.#touch("jobs");
          break;
        }
        case "studio":
          this.studio.value = op.row;
          break;
        case "task":
          this.task.value = op.row;
          break;
      }
    }
    this.rev = delta.rev;
    this.#newest = newest;
    for (const listener of this.listeners) listener(news);
  }

  #putTopic(row: TopicRow): void {
    if (!this.places.has(row.id)) this.places.set(row.id, this.places.size);
    this.topics.set(row.id, row);
  }

  /** Does it together with the change of the rows that is on its way to the views, else at once. */
  whenShown(act: () => void): void {
    if (this.#scheduled) this.#then.push(act);
    else act();
  }

  #touch(...what: ("samples" | "topics" | "jobs")[]): void {
    for (const each of what) this.#touched[each] = true;
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#schedule(() => {
      this.#scheduled = false;
      const touched = this.#touched;
      this.#touched = { samples: false, topics: false, jobs: false };
      batch(() => {
        if (touched.samples) this.samplesAt.value += 1;
        if (touched.topics) this.topicsAt.value += 1;
        if (touched.jobs) this.jobsAt.value += 1;
        this.loaded.value = this.#share;
        for (const act of this.#then.splice(0)) act();
      });
    });
  }
}
