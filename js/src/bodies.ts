import { signal } from "@preact/signals";
import type { SampleBody, SampleRow } from "./protocol.gen";

const LIMIT = 32 * 1024 * 1024;
const AT_ONCE = 100;
const PATIENCE = 10_000;

/** Whole samples, fetched when they are looked at and forgotten when 32 MB are full, the longest unused first. */
export class Bodies {
  /** Rises when a body came or went. */
  readonly at = signal(0);
  readonly #held = new Map<string, { body: SampleBody; size: number }>();
  readonly #asked = new Map<string, number>();
  readonly #stale = new Set<string>();
  #size = 0;
  #queue: string[] = [];
  readonly #send: (ids: string[]) => void;
  readonly #limit: number;

  constructor(send: (ids: string[]) => void, limit = LIMIT) {
    this.#send = send;
    this.#limit = limit;
  }

  /** The whole sample, if it is here and of the row's version. */
  of(row: SampleRow): SampleBody | null {
    const entry = this.#held.get(row.id);
    if (entry?.body.version !== row.version) return null;
    this.#held.delete(row.id);
    this.#held.set(row.id, entry);
    return entry.body;
  }

  /** Asks for the bodies of these rows that are not here and not on their way. */
  want(rows: readonly SampleRow[], now = Date.now()): void {
    for (const row of rows) {
      const here = this.of(row) && !this.#stale.has(row.id);
      if (here || now - (this.#asked.get(row.id) ?? Number.NEGATIVE_INFINITY) < PATIENCE) continue;
      this.#asked.set(row.id, now);
      if (this.#queue.push(row.id) === 1) queueMicrotask(() => this.#flush());
    }
  }

  put(bodies: readonly SampleBody[]): void {
    for (const body of bodies) {
      this.forget([body.id]);
      const size = 2 * JSON.stringify(body).length;
      this.#held.set(body.id, { body, size });
      this.#size += size;
    }
    for (const [id, entry] of this.#held) {
      if (this.#size <= this.#limit || this.#held.size === 1) break;
      this.#held.delete(id);
      this.#size -= entry.size;
    }
    this.at.value += 1;
  }

  /** What is here is shown on, but the next look fetches it again: a rating or a mark may be another one. */
  doubt(ids: Iterable<string> = this.#held.keys()): void {
    for (const id of ids) {
      if (!this.#held.has(id)) continue;
      this.#stale.add(id);
      this.#asked.delete(id);
    }
  }

  /** Drops what has changed, so that the next look fetches it again. */
  forget(ids: readonly string[]): void {
    for (const id of ids) {
      this.#asked.delete(id);
      this.#stale.delete(id);
      const entry = this.#held.get(id);
      if (!entry) continue;
      this.#held.delete(id);
      this.#size -= entry.size;
    }
  }

  clear(): void {
    this.#held.clear();
    this.#asked.clear();
    this.#stale.clear();
    this.#size = 0;
    this.at.value += 1;
  }

  #flush(): void {
    const ids = this.#queue;
    this.#queue = [];
    for (let start = 0; start < ids.length; start += AT_ONCE) this.#send(ids.slice(start, start + AT_ONCE));
  }
}
