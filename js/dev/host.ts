import { COMMANDS } from "../src/commands.gen";
import type { Model } from "../src/model";
import type {
  Delta,
  JobRow,
  SampleRow,
  Snapshot,
  StudioView,
  TaskView,
  ToFront,
  ToKernel,
  TopicRow,
} from "../src/protocol.gen";
import { obey } from "./commands";
import { Curation } from "./curate";
import { id, leaves, STUDIO, sample, TASK, topics } from "./data";
import { history, jobRow } from "./jobs";

type Op = Delta["ops"][number];
type Listener = (...args: never[]) => void;
const PAGE = 2000;

/** A kernel in the page: the wire on data of its own. Answers after `delay` ms, never while `busy`. */
export class FakeKernel implements Model {
  delay = 15;
  busy = false;
  dead = false;
  studio: StudioView = structuredClone(STUDIO);
  task: TaskView = structuredClone(TASK);
  readonly sent: ToKernel[] = [];
  readonly traits: Record<string, unknown> = {
    theme: "auto",
    height: 764,
    revision: 0,
    selected_ids: [],
    _commands: COMMANDS.map(({ name, label, group, icon, keys, pane }) => [
      name,
      label,
      group,
      icon,
      keys,
      pane,
    ]),
  };
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly tree = new Map<string, TopicRow>();
  readonly samples = new Map<string, SampleRow>();
  readonly jobs = new Map<string, JobRow>();
  rev = 1;
  #seq = 0;
  #queue: ToKernel[] = [];
  /** What can be undone, the last at the end. */
  readonly done: { label: string; before: SampleRow[]; topics: TopicRow[] }[] = [];
  epoch = "e1";
  readonly curation = new Curation({
    task: this.task,
    row: (each) => this.samples.get(each),
    commit: (ops) => this.commit(ops),
    did: (label, before, ops) => {
      this.done.push({ label, before: [...before], topics: [] });
      this.commit([...ops, { op: "studio", row: { ...this.studio, undo: label, redo: null } }]);
    },
    job: (kind, total) => {
      const job = jobRow(kind, "running", { id: id(80_000 + this.rev), total });
      this.commit([{ op: "job", row: job }]);
      return job;
    },
  });

  constructor(rows = 0, target = 8) {
    for (const row of rows < 0 ? topics(target).slice(0, 1) : topics(target)) this.tree.set(row.id, row);
    const ends = leaves([...this.tree.values()]);
    const mix: SampleRow["status"][] = [
      "draft",
      "kept",
      "draft",
      "draft",
      "rejected",
      "kept",
      "draft",
      "draft",
      "failed",
      "pending",
    ];
    for (let seq = 0; seq < rows; seq += 1) {
      const topic = ends[Math.floor((seq * ends.length) / rows)];
      const status = mix[(seq * 7) % 10] ?? "draft";
      const row = sample(seq, topic?.id ?? "", status);
      this.samples.set(row.id, status === "rejected" ? { ...row, reason: "Too short" } : row);
    }
    this.#seq = Math.max(0, rows);
  }

  get(name: string): unknown {
    return this.traits[name];
  }
  set(name: string, value: unknown): void {
    this.traits[name] = value;
    this.#emit(`change:${name}`);
  }
  save_changes(): void {
    // the page has no other side for traits
  }
  on(name: string, callback: Listener): void {
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set.add(callback));
  }
  off(name: string, callback: Listener): void {
    this.#listeners.get(name)?.delete(callback);
  }
  send(message: unknown): void {
    if (this.dead) throw new Error("the kernel is gone");
    const own = structuredClone(message as ToKernel);
    this.sent.push(own);
    this.#queue.push(own);
    setTimeout(() => this.#work(), this.delay);
  }

  free(): void {
    this.busy = false;
    this.#work();
  }

  /** Sends to the page, as the kernel's outbox does. */
  post(message: ToFront): void {
    this.#emit("msg:custom", structuredClone(message));
  }

  /** Changes state and tells it. */
  commit(ops: Op[], { quiet = false } = {}): void {
    for (const op of ops) {
      if (op.op === "sample") this.samples.set(op.row.id, op.row);
      else if (op.op === "-sample") this.samples.delete(op.id);
      else if (op.op === "topic") this.tree.set(op.row.id, op.row);
      else if (op.op === "-topic") this.tree.delete(op.id);
      else if (op.op === "job") this.jobs.set(op.row.id, op.row);
      else if (op.op === "task") this.task = op.row;
      else this.studio = op.row;
    }
    const base = this.rev;
    this.rev += 1;
    if (!quiet) this.post({ t: "delta", epoch: this.epoch, base, rev: this.rev, ops });
  }

  setTask(part: Partial<TaskView>): void {
    this.commit([{ op: "task", row: { ...this.task, ...part } }]);
  }

  setStudio(part: Partial<StudioView>): void {
    this.commit([{ op: "studio", row: { ...this.studio, ...part } }]);
  }

  /** Streams a job: inputs first, then outputs, some failing. */
  stream(perLeaf = 8, every = 60, where?: string): void {
    const ends = where ? [where] : leaves([...this.tree.values()]).map((row) => row.id);
    const total = perLeaf * ends.length;
    const job = jobRow("grow", "running", { id: id(80_000 + this.rev), total });
    this.commit([{ op: "job", row: job }]);
    const made: SampleRow[] = [];
    let step = 0;
    const tick = setInterval(() => {
      const ops: Op[] = [];
      const topic = ends[step % ends.length] ?? id(1);
      if (made.length < total) {
        const row = sample(this.#seq, topic, "pending");
        this.#seq += 1;
        made.push(row);
        ops.push({ op: "sample", row });
      }
      const old = made[step - 6];
      if (old) {
        job.done += 1;
        const status = job.done % 9 === 0 ? "failed" : "draft";
        if (status === "failed") job.failed += 1;
        else job.added += 1;
        job.tokens += 508;
        ops.push({ op: "sample", row: sample(old.seq, old.topic, status) });
      }
      step += 1;
      const stopped = this.jobs.get(job.id)?.status !== "running";
      if (job.done >= total || stopped) {
        clearInterval(tick);
        const status = stopped ? "cancelled" : "done";
        ops.push({
          op: "job",
          row: { ...job, status, owed: total - job.done, note: stopped ? null : "3 repeats were dropped." },
        });
      }
      this.commit(ops);
      this.post({
        t: "progress",
        job: job.id,
        step: "outputs",
        done: job.done,
        total,
        failed: job.failed,
        tokens: job.tokens,
        cost: `$${(job.tokens * 8e-7).toFixed(4)}`,
        spent: "$0.19 of $1.00",
        share: 0.19,
        rate: 1000 / every,
        eta: ((total - job.done) * every) / 1000,
        topics: [topic, ends[(step + 3) % ends.length] ?? topic],
        waiting: null,
      });
    }, every);
  }

  /** Outputs for pending samples, one after another. */
  answer(rows: readonly SampleRow[], every = 80): void {
    const job: JobRow = {
      ...jobRow("outputs", "running"),
      id: id(80_000 + this.rev),
      total: rows.length,
    };
    this.commit([{ op: "job", row: job }]);
    let at = 0;
    const tick = setInterval(() => {
      const row = rows[at];
      if (row) this.commit([{ op: "sample", row: { ...sample(row.seq, row.topic, "draft"), version: 2 } }]);
      at += 1;
      const now = { ...job, done: at, added: at, tokens: 400 * at };
      if (at < rows.length) return;
      clearInterval(tick);
      this.commit([{ op: "job", row: { ...now, status: "done", ended: Date.now() / 1000 } }]);
    }, every);
  }

  /** The trait `_snapshot` of these samples. */
  saved(rows: number): unknown {
    const samples = [...this.samples.values()].slice(0, rows);
    const page = {
      t: "snapshot",
      protocol: 1,
      epoch: "saved",
      rev: 0,
      page: 0,
      pages: 1,
      studio: this.studio,
      task: this.task,
      topics: [...this.tree.values()],
      jobs: [],
      samples,
    };
    return { at: Date.now() / 1000 - 864_000, total: this.samples.size, page };
  }

  /** Jobs of before, of every kind and end. */
  history(): void {
    this.commit(history().map((row) => ({ op: "job", row })));
  }

  #emit(name: string, ...args: unknown[]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])])
      (listener as (...each: unknown[]) => void)(...args);
  }

  #work(): void {
    if (this.busy || this.dead) return;
    const queue = this.#queue;
    this.#queue = [];
    for (const message of queue) this.#receive(message);
  }

  #receive(message: ToKernel): void {
    switch (message.t) {
      case "hello":
      case "resync":
        this.#snapshot();
        break;
      case "body":
        this.post({
          t: "bodies",
          rev: this.rev,
          samples: message.ids
            .flatMap((each) => this.samples.get(each) ?? [])
            .map((row) => this.curation.body(row)),
        });
        break;
      case "cmd":
        obey(this, message);
        break;
    }
  }

  #snapshot(): void {
    const all = [...this.samples.values()];
    const pages = Math.max(1, Math.ceil(all.length / PAGE));
    for (let page = 0; page < pages; page += 1) {
      const samples = all.slice(page * PAGE, (page + 1) * PAGE);
      const base: Snapshot = {
        t: "snapshot",
        protocol: 1,
        epoch: this.epoch,
        rev: this.rev,
        page,
        pages,
        samples,
      };
      const first = {
        studio: this.studio,
        task: this.task,
        topics: [...this.tree.values()],
        jobs: [...this.jobs.values()],
      };
      this.post(page === 0 ? { ...base, ...first } : base);
    }
  }
}
