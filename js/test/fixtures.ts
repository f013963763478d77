import type { Model } from "../src/model";
import type {
  Delta,
  JobRow,
  SampleBody,
  SampleRow,
  Snapshot,
  StudioView,
  TaskView,
  ToFront,
  ToKernel,
  TopicRow,
} from "../src/protocol.gen";

export const task: TaskView = {
  name: "Task",
  instruction: "Do it",
  requirements: [],
  input: [],
  output: [],
  input_schema: null,
  output_schema: null,
  version: 1,
  changed: null,
};

export const studio: StudioView = {
  model: "local",
  model_reason: null,
  model_mode: null,
  model_note: null,
  guidance: { all: "", topics: "", inputs: "", outputs: "" },
  path: "task.synth",
  session: "204117358120",
  undo: null,
  redo: null,
  read_only: null,
  unsaved: null,
  cost: "",
  budget: null,
  share: null,
  models: ["local"],
  call_tokens: 0,
  call_cost: null,
};

export function topic(id: string, parent: string | null, target: number | null = null): TopicRow {
  return { id, parent, name: parent === null ? "" : id, target };
}

export function sample(
  id: string,
  seq: number,
  where: string,
  status: SampleRow["status"] = "draft",
): SampleRow {
  const cell = { tags: [], text: id, raw: false, more: false };
  return {
    id,
    seq,
    topic: where,
    status,
    input: cell,
    output: cell,
    reason: null,
    stars: null,
    session: "1",
    length: 2,
    version: 1,
    origin: "generated",
  };
}

export function body(id: string, version = 1): SampleBody {
  return {
    id,
    version,
    proposal: null,
    unfinished: null,
    stars: null,
    ratings: {},
    tags: [],
    versions: [],
  };
}

export function job(id: string, status: JobRow["status"]): JobRow {
  return {
    id,
    kind: "grow",
    title: "",
    headline: "",
    models: ["local"],
    own_model: null,
    guidance: "",
    started: 0,
    ended: null,
    status,
    paused: false,
    done: 0,
    total: 1,
    added: 0,
    failed: 0,
    dropped: 0,
    tokens: 0,
    cost: "",
    owed: 0,
    note: null,
  };
}

export function snapshot(
  rev: number,
  samples: SampleRow[],
  topics = [topic("root", null)],
  epoch = "e",
): Snapshot {
  return {
    t: "snapshot",
    protocol: 1,
    epoch,
    rev,
    page: 0,
    pages: 1,
    studio,
    task,
    topics,
    jobs: [],
    samples,
  };
}

export function delta(base: number, ops: Delta["ops"], epoch = "e"): Delta {
  return { t: "delta", epoch, base, rev: base + 1, ops };
}

export function put(row: SampleRow): Delta["ops"][number] {
  return { op: "sample", row };
}

/** A model without a kernel: it keeps what is sent, and the test answers. */
export class TestModel implements Model {
  readonly sent: ToKernel[] = [];
  readonly traits: Record<string, unknown> = {};
  saves = 0;
  broken = false;
  widget_manager?: unknown;
  readonly #listeners = new Map<string, ((message: never) => void)[]>();

  get(name: string): unknown {
    return this.traits[name];
  }
  set(name: string, value: unknown): void {
    this.traits[name] = value;
  }
  save_changes(): void {
    this.saves += 1;
  }
  send(message: unknown): void {
    if (this.broken) throw new Error("disposed");
    this.sent.push(message as ToKernel);
  }
  on(name: string, callback: (message: never) => void): void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), callback]);
  }
  off(name: string, callback: (message: never) => void): void {
    this.#listeners.set(
      name,
      (this.#listeners.get(name) ?? []).filter((each) => each !== callback),
    );
  }
  answer(message: ToFront): void {
    for (const listener of this.#listeners.get("msg:custom") ?? []) listener(message as never);
  }
}
