import { signal } from "@preact/signals";
import type { JobRow, SampleRow } from "./protocol.gen";

export type Verb = "keep" | "reject" | "restore" | "retry" | "edit" | "accept" | "decline" | "revert";

/** What a person rated and the kernel has not said yet. */
export interface Rated {
  stars: number | null;
  requirements: Readonly<Record<string, number | null>>;
}

interface Entry<What> {
  what: What;
  at: number;
}

/** Verbs after which a sample is decided about, and those after which it is not. */
const DECIDED: Readonly<Record<string, boolean>> = { keep: true, reject: true, restore: false, retry: false };

/** Whether a person has decided about a row, by what is on its way to the kernel, else by its status. */
export function isDecided(verdicts: Verdicts, row: SampleRow): boolean {
  return DECIDED[verdicts.of(row.id) ?? ""] ?? ["kept", "rejected"].includes(row.status);
}

/** How long what the kernel took is shown while its delta has not come. */
const GRACE = 1500;

/** What is on its way to the kernel: the rows show it at once, and lose it when the truth has come. */
export class Verdicts<What = Verb> {
  /** Rises when an entry came or went. */
  readonly at = signal(0);
  readonly #entries = new Map<string, Entry<What>>();

  of(id: string): What | null {
    return this.#entries.get(id)?.what ?? null;
  }

  /** Whether the row's new status is known before the kernel says it. */
  decides(id: string): boolean {
    return String(this.of(id)) in DECIDED;
  }

  /** Returns what takes these entries back, at once or a little later, when their delta is late. */
  put(ids: readonly string[], what: What): { refused: (ids: readonly string[]) => void; taken: () => void } {
    const entry: Entry<What> = { what, at: Date.now() };
    for (const id of ids) this.#entries.set(id, entry);
    this.at.value += 1;
    return {
      refused: (which) => this.#drop(which, entry),
      taken: () => void setTimeout(() => this.#drop(ids, entry), GRACE),
    };
  }

  /** For rows that the kernel has spoken about: returns what takes back what is on its way until now. */
  heard(ids: readonly string[]): () => void {
    const spoken = this.#entries.size === 0 ? [] : ids.filter((id) => this.#entries.has(id));
    const entries = spoken.map((id) => this.#entries.get(id));
    return () => {
      spoken.forEach((id, at) => {
        this.#drop([id], entries[at]);
      });
    };
  }

  #drop(ids: readonly string[], entry: Entry<What> | undefined): void {
    const own = ids.filter((id) => this.#entries.get(id) === entry);
    for (const id of own) this.#entries.delete(id);
    if (own.length > 0) this.at.value += 1;
  }

  clear(): void {
    this.#entries.clear();
    this.at.value += 1;
  }
}

interface Made {
  row: SampleRow;
  /** The job that makes it, once it is known; null when there is none. */
  by: { job?: string | null };
}

/** Samples that are being made again: until their new version is there, or the job that makes it has ended. */
export class Making {
  /** Rises when samples were added or their job is known. */
  readonly at = signal(0);
  readonly rows = new Map<string, Made>();

  /** Returns what names their job. */
  put(rows: readonly SampleRow[]): (job: string | null) => void {
    const by: Made["by"] = {};
    for (const row of rows) this.rows.set(row.id, { row, by });
    this.at.value += 1;
    return (job) => {
      by.job = job;
      this.at.value += 1;
    };
  }

  /** The version that was there before, of a draft whose new one was not decided about. */
  before(row: SampleRow): number | null {
    const version = this.rows.get(row.id)?.row.version ?? row.version;
    const isNew = row.status === "draft" && row.origin === "regenerated" && row.version > version;
    return isNew ? version : null;
  }

  /** Its new version stays: there is nothing more to decide. */
  drop(id: string): void {
    this.rows.delete(id);
    this.at.value += 1;
  }

  has(row: SampleRow, jobs: ReadonlyMap<string, JobRow>): boolean {
    const made = this.rows.get(row.id);
    if (!made || made.by.job === null) return false;
    const job = jobs.get(made.by.job ?? "");
    const ended = job !== undefined && job.status !== "running";
    return !ended && row.version === made.row.version && row.proposal === made.row.proposal;
  }
}
